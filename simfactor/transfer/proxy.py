"""The proxy probe: what an encoder tells of the task under each shift, before any agent is trained.

Traeuble, Dittadi et al. 2022, "The role of pretrained representations for the OOD generalization of RL
agents": over many encoders, a cheap probe on shifted images ranks them as the agents on them will be ranked.
Whether it does so for one's own encoders is what :func:`rank_correlation` tells.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import spearmanr

from simfactor import metrics
from simfactor.errors import SimfactorError
from simfactor.factors import Angle, FactorSpace
from simfactor.render import Studio
from simfactor.transfer.domain import Domain

if TYPE_CHECKING:
    from simfactor.encoders import FactorEncoder

TRAIN_SHARE = 2 / 3
FEWEST, FEWEST_RANKED = 30, 3  # images a domain, and things to rank
RESAMPLES = 2000


Floats: TypeAlias = NDArray[np.float64]


class RankCorrelation(NamedTuple):
    """Spearman's rho over ``n`` things, with its 95 % percentile bootstrap over them."""

    rho: float
    low: float
    high: float
    n: int


def probe_domains(
    encoder: FactorEncoder,
    domains: Sequence[Domain],
    count: int = 900,
    seed: int = 0,
    learner: str = "mlp",
) -> dict[str, float]:
    """How well the task's factors can be read off the latents in each domain; domain name -> score in [0, 1].

    A probe learns from images of the first domain, the clean one, alone, and reads others in every domain:
    the same moments, for a factor that two spaces declare alike has the same values in both. The score is
    :func:`simfactor.metrics.decodability`, mean over the factors of role ``task`` that vary.

    Args:
        count: images of each domain, of which two thirds are learned from in the clean one.
        learner: of the probe.

    Raises SimfactorError for no domains, fewer than 30 images, and a clean domain without a varying task
    factor.
    """
    if not domains or count < FEWEST:
        raise SimfactorError(
            f"{len(domains)} domains of count={count} images; give the clean one first, and {FEWEST} images."
        )
    clean = domains[0].space
    names = [name for name in clean.by_role("task") if not clean[name].fixed]
    if not names:
        raise SimfactorError("no factor of role 'task' varies in the clean domain; nothing can be probed.")
    cut = round(TRAIN_SHARE * count)
    with ExitStack() as stack:
        studios = {
            renderer: stack.enter_context(Studio(clean.scene, renderer, encoder.image_size))
            for renderer in {domain.renderer for domain in domains}
        }
        seen = [
            _codes_and_factors(encoder, studios[d.renderer], d.space, names, count, seed) for d in domains
        ]
    codes, factors = (part[:cut] for part in seen[0])
    factor = [clean[name] for name in names]
    about: dict[str, Any] = {
        "kinds": [f.kind for f in factor],
        "periods": [f.period if isinstance(f, Angle) else None for f in factor],
        "names": names,
    }
    return {
        domain.name: metrics.decodability(
            codes, factors, own[cut:], truth[cut:], **about, learner=learner, seed=seed
        ).mean
        for domain, (own, truth) in zip(domains, seen, strict=True)
    }


def rank_correlation(probed: ArrayLike, achieved: ArrayLike, seed: int = 0) -> RankCorrelation:
    """Do encoders that score higher have agents that achieve more? Both (n,), encoder by encoder.

    Raises SimfactorError for fewer than 3, for lengths that differ, for numbers that are not finite, and
    where all are equal, which cannot be ranked.
    """
    pairs = [np.asarray(values, np.float64) for values in (probed, achieved)]
    shapes = [values.shape for values in pairs]
    if shapes[0] != shapes[1] or pairs[0].ndim != 1 or len(pairs[0]) < FEWEST_RANKED:
        raise SimfactorError(f"probed and achieved have shapes {shapes}; give (n,) twice, n of 3 or more.")
    if not np.isfinite(pairs).all() or any(np.ptp(values) == 0 for values in pairs):
        raise SimfactorError("only finite numbers that differ can be ranked; leave out what is missing.")
    x, y = pairs
    rows = np.random.default_rng(seed).integers(len(x), size=(RESAMPLES, len(x)))
    drawn = [_rho(x[row], y[row]) for row in rows if np.ptp(x[row]) > 0 and np.ptp(y[row]) > 0]
    low, high = np.quantile(drawn, [0.025, 0.975])
    return RankCorrelation(_rho(x, y), float(low), float(high), len(x))


def _rho(x: Floats, y: Floats) -> float:
    return float(spearmanr(x, y).statistic)


def _codes_and_factors(
    encoder: FactorEncoder, studio: Studio, space: FactorSpace, names: Sequence[str], count: int, seed: int
) -> tuple[Floats, Floats]:
    """Latents (n, L) of images of a space, and what its named factors were (n, K)."""
    rows = space.sample(count, seed)
    codes = encoder.encode(studio.images(space, rows).rgb).astype(np.float64)
    return codes, rows[:, [space.index(name) for name in names]]
