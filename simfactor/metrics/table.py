"""All scores of one encoder, each with what it depends on, its interval, and what shuffled factors get."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.stats import t as student_t
from sklearn.utils.parallel import Parallel, delayed

from simfactor.errors import SimfactorError, unknown_name
from simfactor.metrics._checks import Floats, check_samples, check_split
from simfactor.metrics._entries import ENTRIES, Scored, Value


class ScoreRow(NamedTuple):
    """One score. ``low`` and ``high`` are None without resamples, ``null`` without shuffles or factors."""

    name: str
    value: float
    low: float | None
    high: float | None
    null: float | None
    how: str  # the estimator or learner
    n: int  # samples it was fitted to or counted on
    lower_is_better: bool


class ScoreTable(NamedTuple):
    """The rows, and how they came about."""

    rows: tuple[ScoreRow, ...]
    results: dict[str, Any]  # metric -> all that it returned on the whole samples
    left_out: dict[str, str]  # metric, or row -> why it is not here
    interval: str
    null: str
    seed: int


def score_table(
    codes_train: npt.ArrayLike,
    factors_train: npt.ArrayLike,
    codes_test: npt.ArrayLike,
    factors_test: npt.ArrayLike,
    *,
    kinds: Sequence[str] | None = None,
    periods: Sequence[float | None] | None = None,
    names: Sequence[str] | None = None,
    blocks: Sequence[npt.ArrayLike | None] | None = None,
    roles: Sequence[str] | None = None,
    pairs: tuple[npt.ArrayLike, npt.ArrayLike, npt.ArrayLike] | None = None,
    scores: Sequence[str] | None = None,
    dci_learner: str = "random_forest",
    discrete_codes: bool = False,
    resamples: int = 10,
    shuffles: int = 3,
    seed: int = 0,
    jobs: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> ScoreTable:
    """Run every score that applies. What these samples do not allow, or is infinite, is left out by name.

    Interval: 95 %, of Student's t and the standard deviation of the score over random halves of the samples,
    drawn without replacement, as copies of a sample would deceive nearest neighbours. A half varies around
    the whole as the whole does around the truth (delete-d jackknife with d = n/2: Shao & Wu 1989;
    subsampling: Politis & Romano 1994). Scores that grow with n are lower on halves; only their spread is
    used. It tells of the samples, not of how another training of the encoder would score.

    Null: the median score after shuffling the rows of factors against the codes, whole rows, within train and
    within test. A score is worth its distance from there. Costs as much again as the scores each time.

    Args:
        codes_train, codes_test: latents (n, L), (m, L). Scores without a learner use train only.
        factors_train, factors_test: factors (n, K), (m, K).
        kinds: per factor column "categorical", "continuous" or "angle"; by default all are categorical.
        periods: per factor column the length of a turn, used for angles; by default 360.
        names: factor names for error messages.
        blocks: per factor the indices of its own latents, None for one without; for the scores of blocks.
        roles: per factor "task" or "nuisance"; for leakage, which also needs blocks.
        pairs: codes before and after (p, L) and what changed (p, K), as for ``interventional``.
        scores: names of metrics to run; by default all.
        dci_learner: as for ``dci``; "gbt" is the published one and takes minutes.
        discrete_codes: as for ``infomec``.
        resamples: how many halves, 0 for no intervals.
        shuffles: how many shufflings, 0 for no null.
        seed: of all of it.
        jobs: processes that share the passes: one for the scores, one for each half and each shuffling.
        progress: called with (done, total) after each pass.

    Raises:
        SimfactorError: for misshapen or non-finite arrays, unknown kinds, labels that are not whole numbers,
            factors that do not vary, unknown names of scores, or a single resample.
    """
    chosen = _chosen(scores, resamples, shuffles)
    split = check_split((codes_train, factors_train), (codes_test, factors_test), kinds, periods, names)
    checked = None
    if pairs is not None:
        before, changed = check_samples(pairs[0], pairs[2], "_before")
        checked = (before, check_samples(pairs[1], pairs[2], "_after")[0], changed)
    whole = Scored(split, blocks, roles, checked, dci_learner, discrete_codes, seed)
    labelled = [name for name in chosen if ENTRIES[name].of_factors]
    rng = np.random.default_rng(seed)
    passes = [(whole, chosen)]
    passes += [(_half(whole, rng), chosen) for _ in range(resamples)]
    passes += [(_shuffled(whole, rng), labelled) for _ in range(shuffles)]
    finished = []
    for done in Parallel(n_jobs=jobs, return_as="generator")(delayed(_run)(*each) for each in passes):
        finished.append(done)
        if progress is not None:
            progress(len(finished), len(passes))
    values, left_out = _values(finished[0], len(split.codes_train))
    halves, nulls = (
        [{value.name: value.value for value in _values(results, 0)[0]} for results in part]
        for part in (finished[1 : 1 + resamples], finished[1 + resamples :])
    )
    results = {name: result for name, result in finished[0].items() if not isinstance(result, SimfactorError)}
    return ScoreTable(
        tuple(_row(value, halves, nulls) for value in values),
        results,
        left_out,
        f"95 %, from the spread over {resamples} random halves of the samples" if resamples else "none",
        f"median of {shuffles} shufflings of the factor rows" if shuffles else "none",
        seed,
    )


def format_scores(table: ScoreTable) -> str:
    """The table as aligned text, with how it was made below."""
    head = ("score", "value", "interval", "shuffled", "n", "estimator or learner")
    cells = [head] + [
        (
            row.name + (" (lower is better)" if row.lower_is_better else ""),
            f"{row.value:.3f}",
            "-" if row.low is None or row.high is None else f"{row.low:.3f} to {row.high:.3f}",
            "-" if row.null is None else f"{row.null:.3f}",
            str(row.n),
            row.how,
        )
        for row in table.rows
    ]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    to_the_left = [True, False, False, False, False, True]
    lines = []
    for row in cells:
        aligned = zip(row, widths, to_the_left, strict=True)
        lines.append("  ".join(cell.ljust(w) if left else cell.rjust(w) for cell, w, left in aligned))
    lines += [f"seed {table.seed}; interval: {table.interval}; shuffled: {table.null}."]
    lines += [f"left out: {name}: {reason}" for name, reason in table.left_out.items()]
    return "\n".join(line.rstrip() for line in lines)


def _chosen(scores: Sequence[str] | None, resamples: int, shuffles: int) -> list[str]:
    for name in scores or ():
        if name not in ENTRIES:
            raise unknown_name("score", name, ENTRIES)
    if resamples == 1 or min(resamples, shuffles) < 0:
        raise SimfactorError(
            f"resamples is {resamples} and shuffles {shuffles}; a spread takes at least 2 resamples (usually "
            "10), a null at least 1 shuffle (usually 3); 0 leaves them out."
        )
    return list(ENTRIES if scores is None else dict.fromkeys(scores))


def _run(data: Scored, chosen: Sequence[str]) -> dict[str, Any]:
    """Each metric's result, or the SimfactorError with which it refused; without those that do not apply."""
    results: dict[str, Any] = {}
    for name in chosen:
        try:
            results[name] = ENTRIES[name].run(data)
        except SimfactorError as error:
            results[name] = error
    return {name: result for name, result in results.items() if result is not None}


def _values(results: dict[str, Any], n: int) -> tuple[list[Value], dict[str, str]]:
    """The finite numbers of n training samples, and why others are missing."""
    values: list[Value] = []
    missing: dict[str, str] = {}
    for name, result in results.items():
        if isinstance(result, SimfactorError):
            missing[name] = str(result)
            continue
        for value in ENTRIES[name].read(result, n):
            if np.isfinite(value.value):
                values.append(value)
            else:
                missing[value.name] = "not finite"
    return values, missing


def _row(value: Value, halves: list[dict[str, float]], nulls: list[dict[str, float]]) -> ScoreRow:
    """An interval or a null that any of its passes could not compute is left open."""
    spread = [half.get(value.name, np.nan) for half in halves]
    chance = [null.get(value.name, np.nan) for null in nulls]
    low, high = None, None
    if spread and np.isfinite(spread).all():
        margin = float(student_t.ppf(0.975, len(spread) - 1) * np.std(spread, ddof=1))
        low, high = (float(np.clip(value.value + side, *value.bounds)) for side in (-margin, margin))
    null = float(np.median(chance)) if chance and np.isfinite(chance).all() else None
    name, number, how, n, _, lower_is_better = value
    return ScoreRow(name, float(number), low, high, null, how, n, lower_is_better)


def _half(data: Scored, rng: np.random.Generator) -> Scored:
    def half(*arrays: Floats) -> tuple[Floats, ...]:
        kept = np.sort(rng.permutation(len(arrays[0]))[: len(arrays[0]) // 2])
        return tuple(array[kept] for array in arrays)

    split = data.split
    z, v = half(split.codes_train, split.factors_train)
    z_test, v_test = half(split.codes_test, split.factors_test)
    pairs = data.pairs
    if pairs is not None:
        before, after, changed = half(*pairs)
        pairs = (before, after, changed)
    split = split._replace(codes_train=z, factors_train=v, codes_test=z_test, factors_test=v_test)
    return data._replace(split=split, pairs=pairs)


def _shuffled(data: Scored, rng: np.random.Generator) -> Scored:
    split = data.split._replace(
        factors_train=rng.permutation(data.split.factors_train),
        factors_test=rng.permutation(data.split.factors_test),
    )
    pairs = data.pairs
    if pairs is not None:
        pairs = (pairs[0], pairs[1], rng.permutation(pairs[2]))
    return data._replace(split=split, pairs=pairs)
