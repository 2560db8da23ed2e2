"""What every metric asks of its arrays; each error says which array or column, and what to do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from simfactor.errors import SimfactorError, unknown_name

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]

KINDS = ("categorical", "continuous", "angle")


def check_samples(codes: npt.ArrayLike, factors: npt.ArrayLike, split: str = "") -> tuple[Floats, Floats]:
    """Codes (n, L) and factors (n, K) as float64, for arrays called ``codes<split>`` and ``factors<split>``.

    Raises SimfactorError for anything but two finite, numeric, non-empty matrices with equally many rows.
    """
    z = check_matrix(codes, f"codes{split}", "latents")
    v = check_matrix(factors, f"factors{split}", "factors")
    if len(z) != len(v):
        raise SimfactorError(
            f"codes{split} has {len(z)} rows and factors{split} {len(v)}; both need one row per sample "
            "(samples on axis 0: transpose arrays that hold them on the last axis)."
        )
    return z, v


class Samples(NamedTuple):
    """Checked samples, and what their K factor columns hold (angles wrapped to one turn)."""

    codes: Floats
    factors: Floats
    names: tuple[str, ...]
    kinds: tuple[str, ...]
    periods: tuple[float, ...]


def check_labelled(
    codes: npt.ArrayLike,
    factors: npt.ArrayLike,
    kinds: Sequence[str] | None,
    periods: Sequence[float | None] | None,
    names: Sequence[str] | None,
) -> Samples:
    """Check samples that are not split; every factor must vary, or no score is defined."""
    return _label(*check_samples(codes, factors), kinds, periods, names)


def _label(
    z: Floats,
    v: Floats,
    kinds: Sequence[str] | None,
    periods: Sequence[float | None] | None,
    names: Sequence[str] | None,
) -> Samples:
    names = check_names(names, v.shape[1])
    kinds = check_kinds(kinds, v.shape[1])
    periods = check_periods(periods, kinds, names)
    for k, kind in enumerate(kinds):
        if kind == "angle":
            v[:, k] %= periods[k]
        elif kind == "categorical":
            class_labels(v[:, k], names[k])
    varying_factors(v, names)
    return Samples(z, v, names, kinds, periods)


class Split(NamedTuple):
    """Checked train and test samples, and what their K factor columns hold (angles wrapped to one turn)."""

    codes_train: Floats
    factors_train: Floats
    codes_test: Floats
    factors_test: Floats
    names: tuple[str, ...]
    kinds: tuple[str, ...]
    periods: tuple[float, ...]


def check_split(
    train: tuple[npt.ArrayLike, npt.ArrayLike],
    test: tuple[npt.ArrayLike, npt.ArrayLike],
    kinds: Sequence[str] | None,
    periods: Sequence[float | None] | None,
    names: Sequence[str] | None,
) -> Split:
    """Check (codes, factors) of both splits; every factor must vary in both, or no score is defined."""
    z, v = check_samples(*train, "_train")
    z_test, v_test = check_samples(*test, "_test")
    for what, a, b in (("codes", z, z_test), ("factors", v, v_test)):
        if a.shape[1] != b.shape[1]:
            raise SimfactorError(
                f"{what}_train has {a.shape[1]} columns and {what}_test {b.shape[1]}; both must come "
                "from the same encoder and the same factors."
            )
    fitted = _label(z, v, kinds, periods, names)
    held_out = _label(z_test, v_test, kinds, periods, names)
    return Split(z, fitted.factors, z_test, held_out.factors, fitted.names, fitted.kinds, fitted.periods)


def check_per_factor(values: Sequence, what: str, count: int) -> Sequence:
    """``values`` if it is a sequence, not a string, of one entry per factor column; else SimfactorError."""
    if isinstance(values, str) or len(values) != count:
        raise SimfactorError(
            f"{what} is a {type(values).__name__} of length {len(values)}; "
            f"expected a sequence of one entry per factor column, {count} in all."
        )
    return values


def check_names(names: Sequence[str] | None, count: int) -> tuple[str, ...]:
    """One name per factor column, ``"column 3"`` where none are given."""
    if names is None:
        return tuple(f"column {k}" for k in range(count))
    return tuple(str(name) for name in check_per_factor(names, "names", count))


def check_kinds(kinds: Sequence[str] | None, count: int) -> tuple[str, ...]:
    """One of ``KINDS`` per factor column, all categorical where none are given."""
    if kinds is None:
        return ("categorical",) * count
    for kind in check_per_factor(kinds, "kinds", count):
        if kind not in KINDS:
            raise unknown_name("kind of factor", kind, KINDS)
    return tuple(kinds)


def check_periods(
    periods: Sequence[float | None] | None, kinds: Sequence[str], names: Sequence[str]
) -> tuple[float, ...]:
    """One period per factor column, 360 where none are given; only those of angles are looked at."""
    if periods is None:
        return (360.0,) * len(kinds)
    for period, kind, name in zip(
        check_per_factor(periods, "periods", len(kinds)), kinds, names, strict=True
    ):
        if kind == "angle" and (period is None or not 0 < period < np.inf):
            raise SimfactorError(
                f"factor {name!r} is an angle with period {period!r}; give the length of one turn "
                "in the column's own unit, such as 360 for degrees."
            )
    return tuple(360.0 if period is None else float(period) for period in periods)


def class_labels(column: Floats, name: str) -> Labels:
    """The column (n,) as integers; raises SimfactorError if it holds anything but whole numbers."""
    labels = np.rint(column)
    if not np.array_equal(labels, column):
        odd = column[labels != column][0]
        raise SimfactorError(
            f"factor {name!r} holds {odd:g}, which is not a class label; give class labels, or say in "
            "kinds that this column is 'continuous' or 'angle'."
        )
    return labels.astype(np.int64)


def varying_factors(factors: Floats, names: Sequence[str], constant: str = "error") -> npt.NDArray[np.bool_]:
    """A mask (K,) of the factor columns that vary.

    Raises SimfactorError for any constant column with ``constant="error"``, if all are with ``"drop"``.
    """
    if constant not in ("error", "drop"):
        raise unknown_name("treatment of constant factors", constant, ("error", "drop"))
    varies = np.ptp(factors, axis=0) > 0
    if not varies.any() or (constant == "error" and not varies.all()):
        fixed = ", ".join(repr(name) for name, kept in zip(names, varies, strict=True) if not kept)
        remedy = "leave them out" if varies.any() else "sample at least one factor"
        raise SimfactorError(f"no score is defined for factors that do not vary here: {fixed}; {remedy}.")
    return varies


def check_several(count: int, what: str, score: str) -> None:
    """Raise SimfactorError if there are not two latents or factors for the score to compare."""
    if count < 2:
        raise SimfactorError(
            f"{score} compares at least 2 {what}, got {count}; score a single one with decodability."
        )


def check_matrix(values: npt.ArrayLike, what: str, columns: str) -> Floats:
    """A finite, numeric, non-empty matrix (samples, columns) as float64; SimfactorError for anything else."""
    try:
        array = np.array(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise SimfactorError(
            f"{what} is not an array of numbers ({error}); encode labels as integers."
        ) from None
    if array.ndim != 2 or 0 in array.shape:
        raise SimfactorError(
            f"{what} has shape {array.shape}; expected (samples, {columns}), both at least 1. "
            f"A single column is {what}[:, None]."
        )
    bad = np.argwhere(~np.isfinite(array))
    if len(bad):
        row, column = bad[0]
        raise SimfactorError(
            f"{what} has entries that are not finite ({len(bad)}), the first {array[row, column]} in "
            f"row {row}, column {column}; repair or remove those samples."
        )
    return array
