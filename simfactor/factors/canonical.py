"""Canonical rows: every nuisance factor at one reference value, so that only the state tells them apart.

What a world looks like before its nuisances are randomised (Amiranashvili et al. 2021, "Pre-training of Deep
RL Agents for Improved Learning under Domain Randomization"). Which values those are is ours.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simfactor.errors import SimfactorError, naming
from simfactor.factors.categorical import Categorical
from simfactor.factors.choices import encode_value
from simfactor.factors.domain import Factor
from simfactor.factors.space import FactorSpace

Rows = NDArray[np.float64]


def canonical_rows(space: FactorSpace, rows: Rows, clean: FactorSpace | None = None) -> Rows:
    """The rows (n, K) with every nuisance factor at its canonical value, and the task's factors as they were.

    The canonical value is the middle of what ``clean`` allows, by default ``space`` itself: of a number the
    median, of categories the first. Choose another one by a restriction or a fixed value,
    ``clean=space.restrict({"light_azimuth": [-30, 30]})``.
    Raises SimfactorError for rows outside the space, and as :func:`canonical_setting`.
    """
    changed = space.check(rows).copy()
    for name, value in canonical_setting(space, clean).items():
        changed[:, space.index(name)] = value
    return changed


def canonical_setting(space: FactorSpace, clean: FactorSpace | None = None) -> dict[str, float]:
    """Name -> canonical value, as rows hold it, of every nuisance factor (:func:`canonical_rows`).

    Raises SimfactorError where nothing varies that must not matter, or nothing that must, for a ``clean``
    without one of the factors, and for a value that the space does not allow or holds out.
    """
    _check_roles(space)
    clean = space if clean is None else clean
    setting = {}
    for name in space.by_role("nuisance"):
        with naming("canonical setting"):
            setting[name] = encode_value(name, space[name], _middle(clean[name]))
    for combination in space.excluded:
        shared = [name for name in combination if name in setting]
        if shared and all(bool(combination[name].contains(setting[name])) for name in shared):
            shown = ", ".join(f"{name} {_value(space[name], setting[name])}" for name in shared)
            raise SimfactorError(
                f"canonical setting: {shown} is part of a held-out combination; choose a clean world whose "
                "middle is not."
            )
    return setting


def check_canonical(space: FactorSpace, pairs: Rows) -> None:
    """Raise SimfactorError unless the second rows of pairs (n, 2, K) are the first ones' canonical rows.

    They must be of the same states, and share one value of every nuisance factor, whichever it is.
    """
    _check_roles(space)
    for name, factor in space.factors.items():
        first, second = (pairs[:, part, space.index(name)] for part in (0, 1))
        values = np.unique(second)
        if factor.role == "nuisance" and len(values) > 1:
            raise SimfactorError(
                f"the second rows of the pairs hold {name} at {_value(factor, values[0])} and at "
                f"{_value(factor, values[1])}, but canonical ones share the values of all nuisance factors; "
                "make the pairs with simfactor.data.canonical_pairs."
            )
        differ = np.flatnonzero(first != second)
        if factor.role == "task" and len(differ):
            raise SimfactorError(
                f"{name}, a factor of the task, is not the same in both rows of pair {differ[0]}, but "
                "canonical pairs show a state twice; make them with simfactor.data.canonical_pairs."
            )


def _check_roles(space: FactorSpace) -> None:
    varying = {factor.role for factor in space.factors.values() if not factor.fixed}
    consequences = {"nuisance": "would be the pictures themselves", "task": "would all be the same one"}
    for role, consequence in consequences.items():
        if role not in varying:
            raise SimfactorError(
                f"no factor of the role {role!r} varies in this space, so canonical pictures {consequence}; "
                "give factors their roles, or widen their ranges."
            )


def _middle(factor: Factor) -> float | str:
    if isinstance(factor, Categorical):
        return factor.values[int(factor.codes[0])]
    return float(factor.quantile(np.array([0.5]))[0])


def _value(factor: Factor, value: float) -> str:
    return factor.values[int(value)] if isinstance(factor, Categorical) else f"{value:g}"
