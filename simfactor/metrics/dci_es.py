"""Explicitness and size: how strong a learner do the factors need, and how many latents hold them?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from sklearn.preprocessing import StandardScaler

from simfactor.metrics._checks import Floats, Split, check_split
from simfactor.metrics._targets import regression_target

# Random features beside the latents themselves, from the weakest learner to the strongest.
CAPACITIES = (0, 4, 8, 16, 32, 64, 128, 256, 512)
PENALTY = 1.0  # of the ridge; every feature has about unit variance
EXPLAINED = 0.01  # of its variance: a factor told by less has no explicitness


class DCIES(NamedTuple):
    """Explicitness in [-1, 1]; size is the number of factors over that of latents."""

    explicitness: float
    size: float
    by_factor: Floats  # (K,)
    loss: Floats  # (len(CAPACITIES), K), of the best learner up to each capacity; guessing the mean loses 1
    learner: str
    n: int  # training samples


def dci_es(
    codes_train: npt.ArrayLike,
    factors_train: npt.ArrayLike,
    codes_test: npt.ArrayLike,
    factors_test: npt.ArrayLike,
    *,
    kinds: Sequence[str] | None = None,
    periods: Sequence[float | None] | None = None,
    names: Sequence[str] | None = None,
    seed: int = 0,
) -> DCIES:
    """The E and S that Eastwood et al. 2023 add to DCI: "DCI-ES: An Extended Disentanglement Framework".

    Explicitness is 1 - A / Z of the curve of the test loss against the learner's capacity: A is the area
    between the curve and its lowest loss, Z that of the triangle from the loss of guessing the mean at the
    weakest learner to the lowest loss at the strongest. 1: the weakest learner already does all that can be
    done; 0: the loss falls in a straight line; -1: only the strongest learner does anything.

    Learners are ridge regressions on the standardised latents and 0, 4, 8, ... 512 random Fourier features of
    them (Rahimi & Recht 2007), each step counting as one unit of capacity; the weakest is thus linear. The
    loss is the squared error over the variance, categorical factors one-hot, angles as cosine and sine. The
    score depends on that family: the paper's own curves, of MLPs and forests, give other numbers.

    A factor of which even the best learner explains less than 1 % scores 0; a high score says nothing of how
    much is explained, so read it beside ``loss``. For D, C and I see ``dci``.

    Args:
        codes_train, codes_test: latents (n, L), (m, L).
        factors_train, factors_test: factors (n, K), (m, K).
        kinds: per factor column "categorical", "continuous" or "angle"; by default all are categorical.
        periods: per factor column the length of a turn, used for angles; by default 360.
        names: factor names for error messages.
        seed: of the random features.

    Raises:
        SimfactorError: for misshapen or non-finite arrays, unknown kinds, labels that are not whole numbers,
            or factors that do not vary.
    """
    data = check_split((codes_train, factors_train), (codes_test, factors_test), kinds, periods, names)
    features, features_test = _features(data.codes_train, data.codes_test, seed)
    targets = [_targets(data, k) for k in range(len(data.kinds))]
    loss = np.minimum.accumulate(_losses(features, features_test, targets, data.codes_train.shape[1]), axis=0)
    by_factor = np.array([_explicitness(curve) for curve in loss.T])
    return DCIES(
        float(by_factor.mean()),
        data.factors_train.shape[1] / data.codes_train.shape[1],
        by_factor,
        loss,
        f"ridge, 0 to {CAPACITIES[-1]} random features",
        len(data.codes_train),
    )


def _features(z: Floats, z_test: Floats, seed: int) -> tuple[Floats, Floats]:
    """Standardised latents, then the random features; the first ones are those of the weaker learners."""
    rng = np.random.default_rng(seed)
    scaler = StandardScaler().fit(z)
    # Of about unit distance between typical codes, however many latents there are.
    frequencies = rng.normal(size=(z.shape[1], CAPACITIES[-1])) / np.sqrt(z.shape[1])
    phases = rng.uniform(0, 2 * np.pi, CAPACITIES[-1])

    def expand(codes: Floats) -> Floats:
        codes = scaler.transform(codes)
        return np.hstack([codes, np.sqrt(2) * np.cos(codes @ frequencies + phases)])

    return expand(z), expand(z_test)


def _targets(data: Split, k: int) -> tuple[Floats, Floats]:
    """What the regressions of factor k fit (n, d), and are tested on (m, d)."""
    columns = (data.factors_train[:, k], data.factors_test[:, k])
    if data.kinds[k] == "categorical":
        classes = np.unique(np.concatenate(columns))
        y, y_test = (np.equal(column[:, None], classes).astype(np.float64) for column in columns)
        return y, y_test
    y, y_test = (regression_target(column, data.kinds[k], data.periods[k]) for column in columns)
    return y, y_test


def _losses(
    features: Floats, features_test: Floats, targets: Sequence[tuple[Floats, Floats]], latents: int
) -> Floats:
    """Squared test error over variance, (capacities, K)."""
    centre = features.mean(axis=0)
    x, x_test = features - centre, features_test - centre
    y = np.hstack([train for train, _ in targets])
    shift = y.mean(axis=0)
    y_test = np.hstack([test for _, test in targets]) - shift
    gram, product = x.T @ x, x.T @ (y - shift)
    of_factor = np.repeat(np.arange(len(targets)), [train.shape[1] for train, _ in targets])
    total = np.bincount(of_factor, np.square(y_test - y_test.mean(axis=0)).sum(axis=0))
    losses = []
    for capacity in CAPACITIES:
        used = latents + capacity
        weights = np.linalg.solve(gram[:used, :used] + PENALTY * np.eye(used), product[:used])
        error = np.square(y_test - x_test[:, :used] @ weights).sum(axis=0)
        losses.append(np.bincount(of_factor, error) / total)
    return np.array(losses)


def _explicitness(curve: Floats) -> float:
    gain = 1 - curve[-1]
    if gain < EXPLAINED:
        return 0.0
    return float(1 - np.trapezoid(np.minimum(curve, 1) - curve[-1]) / (gain * (len(curve) - 1) / 2))
