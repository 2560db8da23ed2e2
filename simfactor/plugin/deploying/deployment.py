"""What is to be deployed: an encoder, a policy on its latents, what to leave out, images to measure on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simfactor.adaptation.pictures import check_source
from simfactor.config import load_config
from simfactor.data import FactorDataset
from simfactor.encoders import FactorEncoder
from simfactor.encoders.layout import RESIDUAL
from simfactor.errors import SimfactorError, unknown_name
from simfactor.plugin.deploying.measuring import Measured, measured_by
from simfactor.plugin.deploying.policy_network import OpenedPolicy

HELD_OUT_SHARE = 0.2
FITTED_AT_MOST, TESTED_AT_MOST = 4000, 4000  # images: more change the numbers little, and cost seconds each
FEWEST = 20  # held-out images, of which half calibrate


@dataclass(frozen=True)
class Deployment:
    """What to export, and how it is measured.

    encoder: folder of a trained one. data: folder of the data set that it was trained on, whose last images
    it was not: ``held_out`` of them, None for the ``data.score_count`` of the run that the data set belongs
    to, or else a fifth. policy: the folder of an agent, or the zip of a Stable-Baselines3 model on latents;
    None for the encoder alone. blocks: what of the latents a zip acts on, by factor, group or role; None for
    all. measured: factors whose latents a zip is not shown, but what was measured of them
    (:class:`simfactor.envs.MeasuredLatents`). withhold: factors, groups, roles or ``residual`` whose latents
    are no outputs. erase: also take out of the other latents what is linear in the withheld factors.
    allow_leak: write even if a withheld factor is still readable. alpha: share of clean images on which the
    monitor may ring. shuffles: of the labels, for the baseline of what is readable. algorithm, normalize: of
    a zip, as for ``open_policy``.
    """

    encoder: str | Path
    data: str | Path
    policy: str | Path | None = None
    blocks: Sequence[str] | None = None
    measured: Sequence[str] = ()
    withhold: Sequence[str] = ()
    erase: bool = False
    allow_leak: bool = False
    alpha: float = 0.05
    held_out: int | None = None
    shuffles: int = 19
    seed: int = 0
    algorithm: str | None = None
    normalize: str | None = None


class Samples(NamedTuple):
    """Images (n, S, S, 3) and their rows (n, K) of the encoder's factor space."""

    images: NDArray[np.uint8]
    rows: NDArray[np.float64]


class Chosen(NamedTuple):
    """What is exported: the encoder's dimensions, which of them the policy sees, and what is withheld;
    and what of those that it sees is measured."""

    dims: tuple[int, ...]
    seen: tuple[int, ...]  # places in dims
    withheld: tuple[str, ...]  # factors
    blocks: tuple[str, ...]  # of the layout, that are left out
    measured: tuple[Measured, ...] = ()


def choose(encoder: FactorEncoder, opened: OpenedPolicy | None, asked: Deployment) -> Chosen:
    """Raises SimfactorError for unknown names, if nothing is left, or if the policy needs what is not."""
    withheld = _withheld(encoder, asked.withhold)
    layout = encoder.layout
    blocks = tuple(name for name in layout.names if name in withheld)
    dims = [d for d in range(layout.size) if d not in set(layout.dims(blocks).tolist())]
    if not dims:
        raise SimfactorError(f"withhold={list(asked.withhold)} leaves no latents to export; withhold less.")
    if asked.erase and not set(withheld) - {RESIDUAL}:
        raise SimfactorError("erase takes out what tells of withheld factors; name some in withhold.")
    factors = tuple(name for name in withheld if name != RESIDUAL)
    if opened is None and asked.measured:
        raise SimfactorError(
            f"measured={list(asked.measured)} is for what a policy acts on, and there is none; name one, or "
            "leave it out."
        )
    if opened is None:
        return Chosen(tuple(dims), (), factors, blocks)
    acted = _acted_on(encoder, opened, asked.blocks)
    hidden = [name for name in blocks if set(layout.dims(name).tolist()) & set(acted)]
    if hidden:
        raise SimfactorError(
            f"the policy acts on {', '.join(hidden)}, which withhold={list(asked.withhold)} leaves out; "
            "withhold other factors, or train a policy on the blocks that remain."
        )
    if opened.layout is not None and asked.measured:
        raise SimfactorError(
            f"measured={list(asked.measured)} are for zips; an agent's folder says what it measures: leave "
            "them out."
        )
    measured = measured_by(encoder, acted, opened.measured or asked.measured)
    return Chosen(tuple(dims), tuple(dims.index(d) for d in acted), factors, blocks, measured)


def blocks_of(encoder: FactorEncoder, chosen: Chosen) -> list[dict[str, Any]]:
    """Every block of the encoder: whose it is, and where it lies in the exported latents (nowhere, if it is
    withheld)."""
    place = {d: i for i, d in enumerate(chosen.dims)}
    described = []
    for block in encoder.layout.blocks:
        own = encoder.layout.dims(block.name).tolist()
        factor = encoder.space.factors.get(block.name)
        described.append(
            {
                **asdict(block),
                "kind": None if factor is None else factor.kind,
                "unit": getattr(factor, "unit", ""),
                "latents": [place[d] for d in own if d in place],
                "withheld": block.name in chosen.blocks,
            }
        )
    return described


def split(encoder: FactorEncoder, asked: Deployment) -> tuple[Samples, Samples]:
    """Images to fit on, and held-out ones. Raises SimfactorError for a data set of other factors or sizes."""
    dataset = FactorDataset(asked.data)
    check_source(encoder, dataset, str(dataset.path), whole=True)
    count = held_out_count(asked.data, len(dataset), asked.held_out)
    if not FEWEST <= count <= len(dataset) - FEWEST:
        raise SimfactorError(
            f"held_out={count} of {len(dataset)} images must leave at least {FEWEST} on either side."
        )
    start = len(dataset) - count
    columns = [dataset.space.index(name) for name in encoder.space.names]

    def samples(indices: NDArray[np.int64]) -> Samples:
        return Samples(dataset.images(indices), dataset.factors(indices)[:, columns])

    return (
        samples(np.arange(min(start, FITTED_AT_MOST))),
        samples(np.arange(start, min(len(dataset), start + TESTED_AT_MOST))),
    )


def _withheld(encoder: FactorEncoder, names: Sequence[str]) -> tuple[str, ...]:
    space = encoder.space
    known = {*space.names, *space.groups, "task", "nuisance", RESIDUAL}
    for name in names:
        if name not in known:
            raise unknown_name("factor, group or role to withhold", name, sorted(known))
    factors = space.resolve([name for name in names if name != RESIDUAL])
    return (*factors, RESIDUAL) if RESIDUAL in names else factors


def _acted_on(encoder: FactorEncoder, opened: OpenedPolicy, blocks: Sequence[str] | None) -> list[int]:
    """The encoder's dimensions that the policy observes, in its order."""
    layout = encoder.layout
    if opened.layout is not None:
        if blocks is not None:
            raise SimfactorError(
                f"blocks={list(blocks)} are for zips; an agent's folder says what it acts on: leave them out."
            )
        known = {block.name: block for block in layout.blocks}
        for block in opened.layout.blocks:
            same = known.get(block.name) == block or (block.name == RESIDUAL and block.width == 0)
            if not same:
                raise SimfactorError(
                    f"the policy acts on a block {block.name!r} of width {block.width}, which the encoder "
                    f"has not: its blocks are {', '.join(layout.dimension_names)}. Name the encoder that the "
                    "policy was trained with."
                )
        names = [block.name for block in opened.layout.blocks if block.width]
        return [int(d) for d in layout.dims(names)]
    dims = list(range(layout.size)) if blocks is None else layout.dims(blocks).tolist()
    shape = opened.policy.observation_space.shape
    if shape != (len(dims),):
        raise SimfactorError(
            f"the policy acts on observations of shape {shape}, but "
            f"{'all latents' if blocks is None else list(blocks)} are {len(dims)} dimensions; name the "
            f"blocks that it was trained on, of {', '.join(layout.names)}."
        )
    return dims


def held_out_count(data: str | Path, total: int, asked: int | None) -> int:
    """How many of the last images of a data set its encoder was not trained on: as many as ``asked``, those
    of the scores of the run that it belongs to, or a fifth."""
    if asked is not None:
        return asked
    config = Path(data).parent / "config.yaml"
    if config.is_file():
        of_run = load_config(str(config)).data
        if of_run.score_on == "seen" and of_run.count + of_run.score_count == total:
            return of_run.score_count
    return int(total * HELD_OUT_SHARE)
