"""One call from an environment to latents of it: a data set, an encoder, and how well it reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from simfactor.atomic import write_atomically
from simfactor.data import FactorDataset, contact_sheet
from simfactor.data.sheet import png_bytes
from simfactor.encoders import OBJECTIVES, FactorEncoder, train_encoder
from simfactor.encoders.objectives import objective_named
from simfactor.encoders.train import pick_device
from simfactor.envs.adapted import Adapted
from simfactor.envs.collecting import Play, collect, left_out
from simfactor.envs.components import components
from simfactor.errors import SimfactorError
from simfactor.factors import FactorSpace
from simfactor.frames import Byte
from simfactor.plugin.adapting.reading import format_readings, read_all
from simfactor.scene import Viewpoint

HELD_OUT_SEED = 1_000_003  # beyond that of the training: other episodes
SHEET_ROWS = 8
PACKAGES = ("torch", "gymnasium")  # beside those that a data set notes


class Collected(NamedTuple):
    """Moments to learn from; others, to be scored on; and these as the environment itself looks."""

    seen: FactorDataset
    held_out: FactorDataset
    as_it_is: FactorDataset


def adapt_env(
    env: str,
    out: str | Path,
    *,
    kwargs: Mapping[str, Any] | None = None,
    factors: FactorSpace | Sequence[str] = ("lighting", "camera", "sensor"),
    camera: Viewpoint | None = None,
    renderer: str = "raster",
    image_size: int = 64,
    moments: int = 8000,
    held_out: int = 800,
    appearances: int = 2,
    every: int = 20,
    objective: str = "supervised",
    network: str | None = None,
    epochs: int = 8,
    learning_rate: float = 3e-3,
    seed: int = 0,
    workers: int | None = None,
    device: str = "auto",
) -> Adapted:
    """Play an environment, photograph it in many a light, train an encoder of what it observes and score it.

    Leaves in ``out`` the data sets (``data``, ``held-out``, ``as-it-is``), the ``encoder``, ``sheet.png`` and
    last ``adapted.json``, for :meth:`simfactor.envs.LatentObservation.from_pretrained`. Called again with
    the same arguments it goes on where it stopped.

    Args:
        env, kwargs: of :func:`simfactor.envs.opening.open_env`.
        out: the folder.
        factors: the nuisances that are drawn for each picture: a space, or names of factors, groups or roles.
            A drawn texture or tint replaces the body's own look, which may be what tells it from others.
        camera: what it is seen through; by default its own camera.
        renderer, image_size: of the pictures.
        moments, appearances: moments of random play that the encoder learns from, and pictures of each.
        held_out: moments of other episodes, which it is scored on.
        every: steps from one moment of an episode to the next.
        objective, network, epochs, learning_rate, device: of :func:`simfactor.encoders.train_encoder`.
        seed: of all that is random.
        workers: processes that play; by default one a core.

    Raises SimfactorError, before any work, for arguments that are not possible and what ``Attached`` refuses;
    and for an ``out`` that holds something else, and an environment that observes nothing that varies.
    """
    _check_counts(moments=moments, held_out=held_out, appearances=appearances, every=every, epochs=epochs)
    folder, play = Path(out), Play(env, dict(kwargs or {}), camera, appearances, every)
    space, plain = _spaces(play, factors, renderer, image_size)
    learning = {"objective": objective, "network": network, "epochs": epochs, "learning_rate": learning_rate}
    _check_learning(space, image_size, learning, device)

    def gather(name: str, play: Play, space: FactorSpace, count: int, seed: int) -> FactorDataset:
        print(f"{name}: {count} moments, {count * play.appearances} images", flush=True)
        return collect(play, space, folder / name, count, seed, renderer, image_size, workers)

    sets = Collected(
        gather("data", play, space, moments, seed),
        gather("held-out", play, space, held_out, seed + HELD_OUT_SEED),
        gather("as-it-is", replace(play, appearances=1), plain, held_out, seed + HELD_OUT_SEED),
    )
    print(f"encoder: {objective}, {epochs} epochs", flush=True)
    encoder = _trained(sets.seen, folder / "encoder", seed=seed, device=device, **learning)
    readings = read_all(encoder, *sets)
    adapted = Adapted(
        env,
        play.to_dict()["kwargs"],
        renderer,
        image_size,
        camera,
        left_out=left_out(sets.seen),
        scores=[reading._asdict() for reading in readings],
        arguments={"moments": moments, "held_out": held_out, "seed": seed, **learning},
        versions={**sets.seen.manifest.versions, **{name: version(name) for name in PACKAGES}},
    )
    write_atomically(folder / "sheet.png", png_bytes(_sheet(sets, appearances)))
    adapted.save(folder)
    print(format_readings(readings))
    print(_usage(folder))
    return adapted


def _check_counts(**counts: int) -> None:
    for name, count in counts.items():
        if isinstance(count, bool) or not isinstance(count, int) or count < 1:
            raise SimfactorError(f"{name}={count!r} must be a whole number of at least 1.")


def _spaces(
    play: Play, factors: FactorSpace | Sequence[str], renderer: str, image_size: int
) -> tuple[FactorSpace, FactorSpace]:
    """What is drawn for the encoder's pictures, and the space of pictures as the environment itself looks."""
    play.to_dict()
    env = play.open(renderer, image_size)
    try:
        observation, _ = env.reset(seed=0)
        if not components(observation):
            raise SimfactorError(
                f"{play.env!r} observes no numbers ({env.observation_space}), so there is nothing to learn; "
                "make it observe its state."
            )
        plain = env.space.select(["camera_roll"]).fix({"camera_roll": 0.0})
        if not isinstance(factors, FactorSpace):
            factors = env.space.select(env.space.resolve(factors))
        env.images(factors, factors.sample(1, 0))
        return factors, plain
    finally:
        env.close()


def _check_learning(space: FactorSpace, image_size: int, learning: Mapping[str, Any], device: str) -> None:
    """Raise SimfactorError for what ``train_encoder`` would refuse once all is collected."""
    objective = learning["objective"]
    if objective_named(objective).pairs:
        alone = [name for name, recipe in OBJECTIVES.items() if not recipe.pairs]
        raise SimfactorError(
            f"objective={objective!r} learns from pairs, which are not collected; choose one of "
            f"{', '.join(alone)}."
        )
    if not learning["learning_rate"] > 0:
        raise SimfactorError(f"learning_rate={learning['learning_rate']!r} must be above 0.")
    FactorEncoder(space, image_size, objective, None, learning["network"])
    pick_device(device)


def _trained(seen: FactorDataset, folder: Path, **learning: Any) -> FactorEncoder:
    labels = seen.space.varying
    columns = [seen.space.index(name) for name in labels.names]
    return train_encoder(seen.images(), seen.factors()[:, columns], labels, folder, **learning)


def _sheet(sets: Collected, appearances: int) -> Byte:
    """A row for each of some moments: as it is, and as it looked in its pictures."""
    count = len(sets.as_it_is)
    rows = []
    for i in np.unique(np.linspace(0, count - 1, SHEET_ROWS).astype(int)):
        drawn = sets.held_out.images(slice(i * appearances, (i + 1) * appearances))
        rows.append(np.concatenate([sets.as_it_is.images([i]), drawn]))
    return contact_sheet(np.concatenate(rows), columns=appearances + 1)


def _usage(folder: Path) -> str:
    return "\n".join(
        [
            f"pictures: {folder / 'sheet.png'}",
            "to use it:",
            "    from simfactor.envs import LatentObservation",
            f"    env = LatentObservation.from_pretrained({str(folder)!r}, factors=['task'])",
            "    latents, info = env.reset(seed=0)",
        ]
    )
