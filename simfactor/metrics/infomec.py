"""InfoM, InfoE and InfoC: modularity, explicitness and compactness in units of information."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import log_softmax
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LinearRegression, LogisticRegression

from simfactor.errors import SimfactorError
from simfactor.metrics._checks import Floats, Labels, Samples, check_labelled
from simfactor.metrics._targets import r2, regression_target
from simfactor.metrics.nearest_neighbours import Line, information, line

INACTIVE = 1 / 20  # a latent whose range is below this share of the widest one's is left out


class InfoMEC(NamedTuple):
    """The three scores, in [0, 1] but for estimation error, and what they depend on."""

    modularity: float
    explicitness: float
    compactness: float
    information: Floats  # (L, K), I(latent; factor) / H(factor), inactive latents too
    active: npt.NDArray[np.bool_]  # (L,)
    estimator: str
    n: int


def infomec(
    codes: npt.ArrayLike,
    factors: npt.ArrayLike,
    *,
    kinds: Sequence[str] | None = None,
    periods: Sequence[float | None] | None = None,
    names: Sequence[str] | None = None,
    discrete_codes: bool = False,
    neighbours: int = 10,
    seed: int = 0,
) -> InfoMEC:
    """Is each latent about one factor (M), is each factor in one latent (C), can it be read off (E)?

    Hsu et al. 2023, "Disentanglement via latent quantization", section 5. With U = I(latent; factor) /
    H(factor), over the active latents only: M is the mean over latents of max/sum of their row of U, C the
    mean over factors of max/sum of their column, both rescaled so that an even row scores 0. E is the share
    of the uncertainty about a factor that a predictor from all latents takes away on the samples it was
    fitted to, averaged over factors.

    Information comes from the nearest neighbours of standardised codes (see ``nearest_neighbours``), or from
    counts where codes and factor are both discrete. H of a continuous factor or an angle is what the
    estimator gives for the column with itself, psi(n) - psi(k) where no value repeats: the published
    definition has categorical factors only. The predictor is unpenalised, class-balanced logistic
    regression (its cross-entropy against that of even odds); for the other kinds, ours, linear regression
    (R2, of an angle on its cosine and sine).

    Which latents are active depends on their units, as published: a range below a twentieth of the widest.
    A latent that tells of nothing counts as an even row, a factor told by none as an even column. With one
    active latent C is 0, with none M is, too: there is nothing to tell apart.

    Args:
        codes: latents (n, L).
        factors: factors (n, K) with K >= 2.
        kinds: per factor column "categorical", "continuous" or "angle"; by default all are categorical.
        periods: per factor column the length of a turn, used for angles; by default 360.
        names: factor names for error messages.
        discrete_codes: whether codes take few values each, as quantised latents do.
        neighbours: k of the estimator.
        seed: of the noise that breaks ties, a 1e-10th of a standard deviation.

    Raises:
        SimfactorError: for misshapen or non-finite arrays, unknown kinds, labels that are not whole numbers,
            factors that do not vary, a single factor, or fewer than k + 2 samples.
    """
    data = check_labelled(codes, factors, kinds, periods, names)
    n, count = data.factors.shape
    if count < 2:
        raise SimfactorError(
            "InfoM asks which of several factors a latent is about, got 1 factor; give at least 2, or score "
            "a single one with decodability."
        )
    if not 1 <= neighbours <= n - 2:
        raise SimfactorError(
            f"neighbours is {neighbours}; {n} samples allow 1 to {max(n - 2, 1)} (usually 10)."
        )
    matrix = _information_matrix(data, discrete_codes, neighbours, seed)
    ranges = np.ptp(data.codes, axis=0)
    active = ranges > (0.0 if discrete_codes else ranges.max() * INACTIVE)
    explained = [_explained(data, k, discrete_codes) for k in range(count)]
    return InfoMEC(
        _concentration(matrix[active]),
        float(np.mean(explained)),
        _concentration(matrix[active].T),
        matrix,
        active,
        "counts" if discrete_codes and set(data.kinds) == {"categorical"} else f"KSG k={neighbours}",
        n,
    )


def _information_matrix(data: Samples, discrete_codes: bool, neighbours: int, seed: int) -> Floats:
    rng = np.random.default_rng(seed)
    latents = [
        _ready(column, "categorical" if discrete_codes else "continuous", 0.0, rng) for column in data.codes.T
    ]
    matrix = np.empty((len(latents), len(data.kinds)))
    for k, column in enumerate(data.factors.T):
        # Made ready twice: the noise of one column must not pass for something the other tells.
        source, again = (_ready(column, data.kinds[k], data.periods[k], rng) for _ in range(2))
        most = information(again, source, neighbours)
        if most == 0:
            raise SimfactorError(
                f"{len(column)} samples are too few to tell the values of factor {data.names[k]!r} "
                f"apart with {neighbours} neighbours; give more samples."
            )
        matrix[:, k] = [information(latent, source, neighbours) / most for latent in latents]
    return matrix


def _ready(column: Floats, kind: str, period: float, rng: np.random.Generator) -> Line | Labels:
    if kind == "categorical":
        return np.unique(column, return_inverse=True)[1]
    return line(column, period if kind == "angle" else None, rng)


def _concentration(matrix: Floats) -> float:
    """Mean over rows of (max/sum - 1/columns) / (1 - 1/columns); a row of zeros is an even one."""
    rows, columns = matrix.shape
    if not rows or columns < 2:
        return 0.0
    sums = matrix.sum(axis=1)
    even = np.full(rows, 1 / columns)
    largest = np.divide(matrix.max(axis=1), sums, out=even, where=sums > 0)
    return float((largest.mean() - 1 / columns) / (1 - 1 / columns))


def _explained(data: Samples, k: int, discrete_codes: bool) -> float:
    inputs = _one_hot(data.codes) if discrete_codes else _standardised(data.codes)
    if data.kinds[k] != "categorical":
        target = regression_target(data.factors[:, k], data.kinds[k], data.periods[k])
        return r2(target, LinearRegression().fit(inputs, target).predict(inputs))
    classes, labels = np.unique(data.factors[:, k], return_inverse=True)
    with warnings.catch_warnings():
        # Bounded as published: separable classes would drive the weights to infinity.
        warnings.simplefilter("ignore", ConvergenceWarning)
        model = LogisticRegression(C=np.inf, class_weight="balanced", max_iter=100).fit(inputs, labels)
    scores = model.decision_function(inputs)
    if len(classes) == 2:
        scores = np.column_stack([np.zeros(len(scores)), scores])
    loss = -log_softmax(scores, axis=1)[np.arange(len(labels)), labels].mean()
    # Fitted without latents, balanced weights give even odds.
    return float(1 - loss / np.log(len(classes)))


def _standardised(codes: Floats) -> Floats:
    scale = codes.std(axis=0)
    return (codes - codes.mean(axis=0)) / np.where(scale > 0, scale, 1.0)


def _one_hot(codes: Floats) -> Floats:
    return np.hstack([column[:, None] == np.unique(column) for column in codes.T]).astype(np.float64)
