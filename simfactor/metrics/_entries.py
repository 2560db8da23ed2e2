"""Every score of the table: how it is computed, and which of its numbers become rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from simfactor.metrics._checks import Floats, Split
from simfactor.metrics.beta_vae import beta_vae_score
from simfactor.metrics.dci import dci
from simfactor.metrics.dci_es import dci_es
from simfactor.metrics.decodability import decodability
from simfactor.metrics.explicitness import explicitness
from simfactor.metrics.factor_vae import factor_vae_score
from simfactor.metrics.infomec import infomec
from simfactor.metrics.interventional import interventional
from simfactor.metrics.irs import irs
from simfactor.metrics.leakage import leakage
from simfactor.metrics.mcc import mcc
from simfactor.metrics.mig import mig
from simfactor.metrics.modularity import modularity
from simfactor.metrics.sap import sap
from simfactor.metrics.unsupervised import unsupervised


class Scored(NamedTuple):
    """What is scored: checked samples, what is known of the latents, and how the scores are to be made."""

    split: Split
    blocks: Sequence[npt.ArrayLike | None] | None
    roles: Sequence[str] | None
    pairs: tuple[Floats, Floats, Floats] | None  # codes before, codes after (n, L), changed (n, K)
    dci_learner: str
    discrete_codes: bool
    seed: int

    @property
    def all_parts(self) -> tuple[Floats, Floats, Floats, Floats]:
        """Codes and factors of train, then of test."""
        return self.split[:4]

    @property
    def train(self) -> tuple[Floats, Floats]:
        """Codes and factors of train."""
        return self.split[:2]

    @property
    def columns(self) -> dict[str, Any]:
        """What the factor columns hold."""
        return {"kinds": self.split.kinds, "periods": self.split.periods, "names": self.split.names}


class Value(NamedTuple):
    """One number of a result, and what it depends on."""

    name: str
    value: float
    how: str
    n: int
    bounds: tuple[float, float] = (0.0, 1.0)
    lower_is_better: bool = False


Read = Callable[[Any, int], list[Value]]  # result, number of training samples -> rows


class Entry(NamedTuple):
    """``run`` gives a metric's result, or None where it does not apply; ``read`` its rows."""

    run: Callable[[Scored], Any]
    read: Read
    of_factors: bool = True  # whether shuffled factors are a baseline for it


def _several(prefix: str, fields: dict[str, str], how: Callable[[Any], str]) -> Read:
    """Rows named ``prefix`` and a suffix, from the fields of a result."""
    return lambda result, n: [
        Value(prefix + suffix, getattr(result, field), how(result), result.n)
        for suffix, field in fields.items()
    ]


def _one(name: str, how: Callable[[Any], str]) -> Read:
    return _several(name, {"": "score"}, how)


def _sap_estimators(result: Any) -> str:
    kinds = set(result.estimators)
    return result.estimators[0] if len(kinds) == 1 else "accuracy or squared correlation, by kind"


def _infomec(result: Any, n: int) -> list[Value]:
    how = result.estimator
    return [
        Value("infom", result.modularity, how, n),
        Value("infoe", result.explicitness, "logistic / linear regression, on train", n, (-np.inf, 1.0)),
        Value("infoc", result.compactness, how, n),
    ]


def _dci_es(result: Any, n: int) -> list[Value]:
    return [Value("dci_es_explicitness", result.explicitness, result.learner, n, (-1.0, 1.0))]


def _unsupervised(result: Any, n: int) -> list[Value]:
    bounds, wasserstein = (0.0, np.inf), result.wasserstein_correlation_normalised
    return [
        Value("total_correlation", result.total_correlation, "Gaussian", n, bounds, True),
        Value("wasserstein_correlation", wasserstein, "Gaussian, normalised", n, bounds, True),
    ]


def _run_leakage(scored: Scored) -> Any:
    blocks = [block for block in scored.blocks or () if block is not None]
    if scored.roles is None or len(blocks) != len(scored.split.kinds):
        return None
    return leakage(*scored.all_parts, **scored.columns, blocks=blocks, roles=scored.roles, seed=scored.seed)


def _leakage(result: Any, n: int) -> list[Value]:
    how = f"{result.learner}, above shuffled labels"
    return [
        Value("leakage_into_task", result.into_task, how, n, (-1.0, 1.0), True),
        Value("leakage_into_nuisance", result.into_nuisance, how, n, (-1.0, 1.0), True),
    ]


def _interventional(result: Any, n: int) -> list[Value]:
    numbers = {"disentanglement": result.disentanglement, "completeness": result.completeness}
    if result.own_share is not None:
        numbers |= {"modularity": result.modularity, "own_share": float(result.own_share.mean())}
    return [Value(f"interventional_{name}", x, "pairs, exact", result.n) for name, x in numbers.items()]


ENTRIES: dict[str, Entry] = {
    "mig": Entry(
        lambda s: mig(*s.train, kinds=s.split.kinds, names=s.split.names),
        lambda result, n: [Value("mig", result, "20 bins", n)],
    ),
    "dci": Entry(
        lambda s: dci(*s.all_parts, **s.columns, learner=s.dci_learner, seed=s.seed),
        _several(
            "dci_",
            {name: name for name in ("disentanglement", "completeness", "informativeness")},
            lambda result: result.learner,
        ),
    ),
    "dci_es": Entry(lambda s: dci_es(*s.all_parts, **s.columns, seed=s.seed), _dci_es),
    "infomec": Entry(
        lambda s: infomec(*s.train, **s.columns, discrete_codes=s.discrete_codes, seed=s.seed), _infomec
    ),
    "sap": Entry(lambda s: sap(*s.all_parts, **s.columns), _one("sap", _sap_estimators)),
    "modularity": Entry(
        lambda s: modularity(*s.train, **s.columns),
        lambda result, n: [Value("modularity", result, "20 bins", n)],
    ),
    "explicitness": Entry(
        lambda s: explicitness(*s.all_parts, **s.columns), _one("explicitness", lambda result: result.learner)
    ),
    "irs": Entry(lambda s: irs(*s.train, **s.columns), _one("irs", lambda result: "99th percentile")),
    "factor_vae_score": Entry(
        lambda s: factor_vae_score(*s.train, **s.columns, seed=s.seed),
        _one("factor_vae_score", lambda result: "majority vote"),
    ),
    "beta_vae_score": Entry(
        lambda s: beta_vae_score(*s.train, **s.columns, seed=s.seed),
        _one("beta_vae_score", lambda result: result.learner),
    ),
    "mcc": Entry(lambda s: mcc(*s.train, **s.columns), _one("mcc", lambda result: result.correlation)),
    "decodability": Entry(
        lambda s: decodability(*s.all_parts, **s.columns),
        _several("decodability", {"": "mean"}, lambda result: result.learner),
    ),
    "own_block_decodability": Entry(
        lambda s: None if s.blocks is None else decodability(*s.all_parts, **s.columns, blocks=s.blocks),
        _several("own_block_decodability", {"": "mean"}, lambda result: result.learner),
    ),
    "leakage": Entry(_run_leakage, _leakage),
    "interventional": Entry(
        lambda s: None if s.pairs is None else interventional(*s.pairs, names=s.split.names, blocks=s.blocks),
        _interventional,
    ),
    "unsupervised": Entry(lambda s: unsupervised(s.split.codes_train), _unsupervised, of_factors=False),
}
