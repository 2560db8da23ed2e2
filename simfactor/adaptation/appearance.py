"""One light and one camera, the same in a few labelled pictures: found through the renderer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from simfactor.adaptation.ranges import is_full, share_of, value_at
from simfactor.adaptation.search import minimise
from simfactor.errors import SimfactorError, naming, unknown_name
from simfactor.factors import Categorical, Continuous, FactorSpace
from simfactor.frames import Byte
from simfactor.render.studio import StudioSpec

Floats = NDArray[np.float64]
SCATTERED = 24  # places to begin at, beside the one that was asked for: colours have more than one optimum


@dataclass(frozen=True)
class Appearance:
    """What :func:`fit_appearance` returns.

    Attributes:
        space: the space with the factors at their values.
        values: factor -> value that the pictures have in common.
        errors: mean absolute difference from the pictures, in shares of full scale, of the start and now.
    """

    space: FactorSpace
    values: Mapping[str, float]
    errors: tuple[float, float]

    def table(self) -> str:
        """Lines for a terminal."""
        width = max(map(len, self.values))
        lines = [f"{name:{width}}  {value:g} {self.space[name].unit}" for name, value in self.values.items()]
        lines.append(
            "pixels are off by {:.4f} of full scale; at the start by {:.4f}".format(*self.errors[::-1])
        )
        return "\n".join(line.rstrip() for line in lines)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {"values": dict(self.values), "errors": {"start": self.errors[0], "found": self.errors[1]}}


def fit_appearance(
    images: Byte,
    rows: Floats,
    space: FactorSpace,
    factors: str | Iterable[str],
    *,
    start: Mapping[str, float] | None = None,
    budget: int = 400,
    seed: int = 0,
    device: str = "cpu",
    progress: bool = True,
) -> Appearance:
    """Find the values of factors that pictures have in common, of which all other factors are known.

    CMA-ES over renderings of the rows, least mean absolute difference of pixels.

    Args:
        images: n pictures (n, s, s, 3) uint8, one at least.
        rows: what they show, (n, K) of ``space``; columns of ``factors`` are not looked at and may be nan.
        factors: names, groups or roles of what is common to the pictures; numbers, and what does not vary in
            the space is left.
        start: where to begin, such as an encoder's reading; the middle of the ranges where nothing is said.
        budget: settings to try; n pictures of each are rendered.
        seed: of the search.
        device: as of :class:`StudioSpec`.

    Raises SimfactorError for other images, more or fewer rows than images, rows outside the space, factors
    that are unknown or categorical, and if none varies.
    """
    numeric = _numeric(space, factors)
    columns = [space.index(name) for name in numeric]
    shares = _start(numeric, start or {})
    rows = _filled(images, rows, space, columns)

    def rows_at(place: Floats) -> Floats:
        changed = rows.copy()
        changed[:, columns] = list(_values(numeric, place).values())
        return changed

    wanted = images / np.float32(255)
    bounds = np.array([(-1.0, 2.0) if is_full(factor) else (0.0, 1.0) for factor in numeric.values()])
    scattered = np.random.default_rng(seed).uniform(size=(SCATTERED, len(numeric)))
    with (
        StudioSpec(space.scene, image_size=images.shape[1], device=device).open() as studio,
        tqdm(total=budget, desc="appearance", disable=None if progress else True) as bar,
    ):

        def scores(place: Floats) -> Floats:
            made = studio.images(space, rows_at(place)).rgb / np.float32(255)
            return np.abs(made - wanted).mean(axis=(1, 2, 3)).astype(np.float64)

        tried = minimise(scores, np.concatenate([shares[None], scattered]), bounds, budget, seed, bar)
    values = _values(numeric, tried.best)
    errors = tried.scores.mean(axis=1)
    return Appearance(space.fix(values), values, (float(errors[0]), float(errors.min())))


def _numeric(space: FactorSpace, factors: str | Iterable[str]) -> dict[str, Continuous]:
    chosen: dict[str, Continuous] = {}
    for name in space.resolve(factors):
        factor = space[name]
        if isinstance(factor, Categorical) and not factor.fixed:
            raise SimfactorError(
                f"{name} has names for values ({factor.describe()}); only numbers are fitted."
            )
        if not isinstance(factor, Categorical) and not factor.fixed:
            chosen[name] = factor
    if not chosen:
        raise SimfactorError(f"none of {factors!r} varies in the space: there is nothing to fit.")
    return chosen


def _filled(images: Byte, rows: Floats, space: FactorSpace, columns: list[int]) -> Floats:
    """The rows, checked, with any allowed value where it does not matter."""
    shape = np.shape(images)
    if getattr(images, "dtype", None) != np.uint8 or len(shape) != 4 or shape[1] != shape[2] or shape[3] != 3:
        raise SimfactorError(
            f"images have shape {shape} and dtype {np.asarray(images).dtype}; give (n, s, s, 3) uint8."
        )
    given = np.array(rows, np.float64)
    if given.shape != (len(images), len(space)) or not len(images):
        raise SimfactorError(
            f"{len(images)} images and rows of shape {given.shape}; give a row of {len(space)} values for "
            "each image, and one image at least."
        )
    given[:, columns] = space.sample(1, seed=0)[0, columns]
    return space.check(given)


def _start(factors: Mapping[str, Continuous], start: Mapping[str, float]) -> Floats:
    """Shares (d,) of the ranges to begin at."""
    shares = dict.fromkeys(factors, 0.5)
    for name, value in start.items():
        if name not in factors:
            raise unknown_name("fitted factor", name, factors)
        with naming(name):
            shares[name] = float(share_of(factors[name], np.array(factors[name].fix(value).low)))
    return np.array(list(shares.values()))


def _values(factors: Mapping[str, Continuous], place: Floats) -> dict[str, float]:
    shares = zip(factors.items(), place.tolist(), strict=True)
    return {name: value_at(factor, share) for (name, factor), share in shares}
