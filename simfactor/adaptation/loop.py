"""Calibrate, generate, train on, and again until the gap no longer falls: one call, resumable."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from tqdm import tqdm

from simfactor.adaptation.adapted import Status
from simfactor.adaptation.calibrate import FEWEST as FEWEST_FITTED
from simfactor.adaptation.closed import ClosedGap, Round, kept_of
from simfactor.adaptation.door import (
    calibrated_heads,
    check_numbers,
    check_out,
    check_reads,
    check_search,
    target_images,
)
from simfactor.adaptation.gap import FEWEST as FEWEST_COMPARED
from simfactor.adaptation.jackknife import Estimate
from simfactor.adaptation.parts import FEWEST as FEWEST_TAUGHT
from simfactor.adaptation.parts import all_among, split_pictures
from simfactor.adaptation.pictures import Pictures, check_source
from simfactor.adaptation.rounds import ENCODER, SPACE, Loop, played, seed_of
from simfactor.adaptation.yardstick import Yardstick
from simfactor.data import FactorDataset
from simfactor.encoders import FactorEncoder
from simfactor.encoders.checkpoint import check_same
from simfactor.encoders.pretrained import weights_digest
from simfactor.errors import SimfactorError
from simfactor.factors import save_space
from simfactor.frames import Byte
from simfactor.json_files import read_json, write_json
from simfactor.provenance import commit, versions
from simfactor.render import StudioSpec
from simfactor.render.renderer import parse_renderer

RECIPE, RESULT = "recipe.json", "close_gap.json"


def close_gap(
    encoder: FactorEncoder,
    source: FactorDataset,
    target: Pictures,
    out: str | Path,
    *,
    factors: str | Iterable[str] = "nuisance",
    rounds: int = 3,
    count: int = 2000,
    budget: int = 300,
    pictures: int = 128,
    epochs: int = 5,
    batch_size: int = 64,
    learning_rate: float = 1e-3,
    tolerance: float = 1.3,
    seed: int = 0,
    progress: bool = True,
) -> ClosedGap:
    """Calibrate the simulator to unlabelled pictures and train an encoder on there, as long as that helps.

    Every round calibrates the whole space of the source with the encoder of the round before
    (:func:`simfactor.adaptation.calibrate_space`), draws ``count`` images of what was found, and trains the
    encoder on with them and as many of the source. A quarter of the target, 20 pictures at least, is never
    learned from: the gap between these and a round's images, in features of the *first* encoder, decides. The
    loop ends when the gap does not fall by more than the standard error of its fall, when an encoder is
    refused, or after ``rounds``. An encoder is refused if its mean error on images of its space that no
    training saw is greater than the first encoder's, or if it reads a task factor of the source worse than
    ``tolerance`` times before.

    The same call again goes on where it was stopped, with more ``rounds``, too. Ctrl-C loses the part that is
    being made. One seed gives the same result, on a CPU with the same number of threads to the bit.

    Args:
        encoder: trained with labels; it is not changed. Pictures are rendered where it is.
        source: the data set that it was trained on, which gives the space, the renderer and the size.
        target: m images (m, s, s, 3) uint8 or a data set, whose labels are not looked at; 60 or more.
        out: folder for ``encoder`` and ``space.yaml`` of the best round, ``close_gap.json``, and a folder a
            round with its calibration, images and encoder.
        factors: names, groups or roles of what is calibrated.
        rounds: at most.
        count: images of each round's space that are trained on.
        budget, pictures: of each calibration: spaces to try, and pictures of each.
        epochs, batch_size, learning_rate: of each training.
        tolerance: how many times the error of a task factor may grow on the source.
        seed: of all that is random.
        progress: show bars (on terminals) and a line a round, on stderr.

    Raises SimfactorError, before any work, for an encoder without labels, a source that is not its own or
    that cannot be rendered again, pictures that are too few or of another size, factors that the encoder does
    not read, numbers that are not possible, or an ``out`` that holds something else.
    """
    names = tuple(_checked(encoder, source, factors))
    numbers: dict[str, Any] = {"count": count, "budget": budget, "pictures": pictures, "epochs": epochs}
    numbers |= {
        "batch_size": batch_size,
        "learning_rate": learning_rate,
        "tolerance": tolerance,
        "seed": seed,
    }
    _check_numbers(rounds, numbers)
    images = _opened(encoder, target)
    spec = _spec(encoder, source)
    recipe = _recipe(encoder, source, images, spec, names, numbers)
    folder = Path(out)
    _begin(folder, recipe)
    learned, judging = split_pictures(images, FEWEST_COMPARED["target"][0], seed)
    yardstick = Yardstick(encoder, judging, spec, seed_of(seed, 0))
    loop = Loop(encoder, source, learned, yardstick, spec, names, numbers, folder, progress)
    same = all_among(images, source.images())
    found = (Round(0, source.space, (), Estimate(0.0, 0.0)),) if same else _rounds(loop, rounds)
    best = kept_of(found)
    status = Status.NOTHING_TO_DO if same else Status.ACCEPTED if best.number else Status.REFUSED
    closed = ClosedGap(loop.encoder_of(best.number), best.space, status, found, (len(learned), len(judging)))
    _write(folder, closed, recipe)
    return closed


def _rounds(loop: Loop, at_most: int) -> tuple[Round, ...]:
    """From round 0 to the last one that had to be tried."""
    found = [loop.start()]
    _tell(loop, found[0])
    while len(found) <= at_most and (len(found) == 1 or found[-1].accepted):
        found.append(played(loop, found[-1]))
        _tell(loop, found[-1])
    return tuple(found)


def _tell(loop: Loop, done: Round) -> None:
    if loop.progress:
        tqdm.write(done.line(), file=sys.stderr)


def _checked(encoder: FactorEncoder, source: FactorDataset, factors: str | Iterable[str]) -> list[str]:
    """The factors to calibrate."""
    check_reads(encoder)
    if not isinstance(source, FactorDataset) or source.manifest.played:
        raise SimfactorError(
            "more images like those of the source must be rendered, and only of a data set that `generate` "
            "made is known how; give one of those."
        )
    check_source(encoder, source, "source")
    return [head.name for head in calibrated_heads(encoder, source.space, factors)]


def _check_numbers(rounds: int, numbers: Mapping[str, Any]) -> None:
    check_numbers(rounds=rounds, **{name: numbers[name] for name in ("learning_rate", "tolerance")})
    check_search(numbers["budget"], numbers["pictures"])
    for name, fewest in {"count": FEWEST_TAUGHT, "epochs": 1, "batch_size": 1, "seed": 0}.items():
        if not isinstance(numbers[name], int) or numbers[name] < fewest:
            raise SimfactorError(f"{name}={numbers[name]!r} must be a whole number of at least {fewest}.")


def _opened(encoder: FactorEncoder, target: Pictures) -> Byte:
    images, judging = target_images(encoder, target), FEWEST_COMPARED["target"][0]
    if len(images) < FEWEST_FITTED + judging:
        raise SimfactorError(
            f"{len(images)} images of the target are too few; give at least {FEWEST_FITTED + judging}: "
            f"{FEWEST_FITTED} to calibrate with, and {judging} that only judge."
        )
    return images


def _spec(encoder: FactorEncoder, source: FactorDataset) -> StudioSpec:
    """How the source was rendered, but where the encoder is."""
    own = source.manifest.spec
    rasters = parse_renderer(own.renderer).name == "raster"
    return replace(own, device=encoder.device.type if rasters else "cpu")


def _recipe(
    encoder: FactorEncoder,
    source: FactorDataset,
    images: Byte,
    spec: StudioSpec,
    factors: tuple[str, ...],
    numbers: Mapping[str, Any],
) -> dict[str, Any]:
    """All that decides the rounds."""
    manifest = source.manifest
    shards = [file.sha256 for shard in manifest.shards.values() for file in shard.files.values()]
    return {
        "encoder": weights_digest(encoder.state_dict()).hexdigest(),
        "source": hashlib.sha256("".join(shards).encode()).hexdigest(),
        "space": manifest.space.fingerprint,
        "target": hashlib.sha256(images.tobytes()).hexdigest(),
        **asdict(spec),
        "factors": list(factors),
        **numbers,
    }


def _begin(folder: Path, recipe: Mapping[str, Any]) -> None:
    """Raise SimfactorError unless the folder is new, empty, or of this very recipe, which it then holds."""
    if (folder / RECIPE).is_file():
        check_same(folder, "loop", read_json(folder / RECIPE), recipe)
        return
    check_out(folder)
    write_json(folder / RECIPE, recipe)


def _write(folder: Path, closed: ClosedGap, recipe: Mapping[str, Any]) -> None:
    """What the user takes away, the numbers last."""
    closed.encoder.save_pretrained(folder / ENCODER)
    save_space(closed.space, folder / SPACE)
    told = {"recipe": recipe, "versions": versions(), "commit": commit()}
    write_json(folder / RESULT, {**closed.to_dict(), **told})
