"""How rows are drawn: streams per factor, a Gaussian copula, mixtures, hold-outs, interventions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from simfactor.errors import SimfactorError
from simfactor.factors.categorical import Categorical
from simfactor.factors.domain import Factor
from simfactor.factors.mixture import members
from simfactor.factors.streams import uniforms

if TYPE_CHECKING:
    from simfactor.factors.space import FactorSpace

Array = NDArray[np.float64]
MIXTURE = "/mixture"  # the stream that says which part a row belongs to; no factor has such a name
ATTEMPTS = 200  # redraws of a held-out combination before the space is called (almost) empty


def sample(space: FactorSpace, count: int, seed: int, start: int, lattice: bool) -> Array:
    """See FactorSpace.sample."""
    if count < 0 or start < 0:
        raise SimfactorError(f"count={count} and start={start} must not be negative.")
    rows = _draw(space, count, seed, start, lattice, attempt=0)
    redrawn = np.array([space.index(name) for name in _entangled(space)], np.int64)
    for attempt in range(1, ATTEMPTS):
        bad = np.flatnonzero(space.in_excluded(rows))
        if not len(bad):
            return rows
        fresh = _draw(space, count, seed, start, lattice, attempt)
        rows[np.ix_(bad, redrawn)] = fresh[np.ix_(bad, redrawn)]
    raise SimfactorError(
        f"held-out combinations leave (almost) nothing to sample: {int(space.in_excluded(rows).sum())} of "
        f"{count} rows were still held out after {ATTEMPTS} draws; hold out less."
    )


def intervene(
    space: FactorSpace, rows: Array, names: Sequence[str], seed: int, start: int, lattice: bool
) -> Array:
    """See FactorSpace.intervene."""
    for name in names:
        if space[name].fixed:
            raise SimfactorError(
                f"{name} is fixed at {space[name].describe()}, it cannot be changed; name another factor."
            )
    changed = rows.copy()
    todo = np.ones(len(rows), bool)
    for attempt in range(ATTEMPTS):
        for name in names:
            k = space.index(name)
            u = uniforms(f"{name}/do/{attempt}", seed, start, len(rows))
            other = _different(space[name], rows[:, k], u, lattice)
            changed[todo, k] = other[todo]
        todo = space.in_excluded(changed)
        if not todo.any():
            return changed
    raise SimfactorError(f"held-out combinations leave no other value for {', '.join(names)}; hold out less.")


def copula_factor(names: Sequence[str], correlations: Mapping[tuple[str, str], float]) -> Array:
    """Lower Cholesky factor (K, K) of the copula. Raises SimfactorError when the correlations contradict."""
    matrix = np.eye(len(names))
    for (a, b), rho in correlations.items():
        if a == b or not -1 < rho < 1:
            raise SimfactorError(
                f"correlation of {a} and {b} is {rho!r}; give two factors and -1 < value < 1."
            )
        i, j = names.index(a), names.index(b)
        matrix[i, j] = matrix[j, i] = rho
    try:
        return np.asarray(np.linalg.cholesky(matrix), np.float64)
    except np.linalg.LinAlgError as error:
        raise SimfactorError(
            f"correlations {dict(correlations)} contradict each other (not positive definite); weaken one."
        ) from error


def _draw(space: FactorSpace, count: int, seed: int, start: int, lattice: bool, attempt: int) -> Array:
    suffix = f"/again/{attempt}" if attempt else ""
    columns = [uniforms(name + suffix, seed, start, count) for name in space.names]
    u = np.stack(columns, axis=1)
    if space.correlations:
        u = _correlated(u, copula_factor(space.names, space.correlations))
    rows = np.stack([f.quantile(u[:, k], lattice) for k, f in enumerate(space.factors.values())], axis=1)
    if space.mixture:
        # a row stays in its part when a held-out combination is drawn again
        parts = members(space.mixture, uniforms(MIXTURE, seed, start, count))
        for part, own in zip(space.mixture, parts, strict=True):
            for name, factor in part.factors.items():
                k = space.index(name)
                rows[own, k] = factor.quantile(u[own, k], lattice)
    return rows


def _correlated(u: Array, cholesky: Array) -> Array:
    """Couple the columns; a column that depends on no earlier one stays bit-identical."""
    coupled = np.any(np.tril(cholesky, -1) != 0, axis=1)
    tiny = np.finfo(np.float64).tiny
    z = ndtri(np.clip(u, tiny, None))
    out = u.copy()
    for k in np.flatnonzero(coupled):
        # summed by hand: a matrix product rounds differently for other numbers of rows
        mixed = sum(cholesky[k, j] * z[:, j] for j in np.flatnonzero(cholesky[k]))
        out[:, k] = np.minimum(ndtr(mixed), np.nextafter(1.0, 0.0))
    return out


def _entangled(space: FactorSpace) -> list[str]:
    """Factors that a redraw must touch: those of held-out combinations and all coupled with them."""
    names = {name for combination in space.excluded for name in combination}
    while True:
        more = {n for pair in space.correlations if names & set(pair) for n in pair} - names
        if not more:
            return [n for n in space.names if n in names]
        names |= more


def _different(factor: Factor, now: Array, u: Array, lattice: bool) -> Array:
    """A value for each row that differs from the one it has."""
    if isinstance(factor, Categorical) or (lattice and factor.levels):
        values = factor.grid()
        here = np.abs(values[None, :] - now[:, None]).argmin(axis=1)
        step = 1 + np.minimum((u * (len(values) - 1)).astype(np.int64), len(values) - 2)
        return values[(here + step) % len(values)]
    drawn = factor.quantile(u)
    return np.asarray(np.where(drawn == now, factor.quantile((u + 0.5) % 1.0), drawn), np.float64)
