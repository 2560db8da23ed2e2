"""Can a factor that was withheld still be read from what a model puts out?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simfactor.factors import Categorical, FactorSpace
from simfactor.metrics import decodability

LEARNERS = ("linear", "mlp")
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Readability:
    """How well a learner reads a factor from the outputs, on images that it was not fitted on.

    score: decodability in [0, 1]. baseline: its mean when the training labels are shuffled; low, high: the
    least and greatest of the ``shuffles``. Where nothing of the factor is in the outputs, the score is above
    ``high`` with a chance of 1 / (shuffles + 1) at most (a permutation test).
    """

    learner: str
    score: float
    baseline: float
    low: float
    high: float
    shuffles: int

    @property
    def readable(self) -> bool:
        """Whether it is read better than by any of the shuffles."""
        return self.score > self.high

    def sentence(self) -> str:
        """As the export says it."""
        against = f"{self.score:.3f} against {self.baseline:.3f} [{self.low:.3f}, {self.high:.3f}]"
        verdict = "still readable" if self.readable else "not readable above the baseline"
        return f"{verdict}: {against} ({self.learner})"

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return {**asdict(self), "readable": self.readable}


def readability(
    fitted: tuple[Floats, Floats],
    tested: tuple[Floats, Floats],
    space: FactorSpace,
    name: str,
    shuffles: int,
    seed: int,
) -> tuple[Readability, ...]:
    """How well each learner reads a factor of the space from (outputs (n, L), rows (n, K)).

    Raises SimfactorError if the factor does not vary in the rows.
    """
    factor, column = space[name], [space.index(name)]
    rng = np.random.default_rng(seed)
    labels = fitted[1][:, column]
    shuffled = [labels, *(rng.permutation(labels) for _ in range(shuffles))]
    found = []
    for learner in LEARNERS:
        score, *chance = (
            decodability(
                fitted[0],
                given,
                tested[0],
                tested[1][:, column],
                kinds=[factor.kind],
                periods=[getattr(factor, "period", None)],
                names=[name],
                learner=learner,
                seed=seed,
            ).mean
            for given in shuffled
        )
        found.append(Readability(learner, score, float(np.mean(chance)), min(chance), max(chance), shuffles))
    return tuple(found)


def linear_targets(space: FactorSpace, names: Sequence[str], rows: Floats) -> Floats:
    """What a linear reader would aim at, of the named factors in rows (n, K): numbers, cosine and sine of
    angles, one column for each category; (n, T), of order one."""
    columns: list[Floats] = []
    for name in names:
        factor, values = space[name], rows[:, space.index(name)]
        if isinstance(factor, Categorical):
            columns += [(values == i).astype(np.float64) for i in range(len(factor.values))]
        elif factor.kind == "angle":
            turn = 2 * np.pi * values / getattr(factor, "period", 360.0)
            columns += [np.cos(turn), np.sin(turn)]
        else:
            columns.append((values - values.mean()) / (values.std() or 1.0))
    return np.stack(columns, axis=1)
