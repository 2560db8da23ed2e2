"""The domain report: which factors differ between two sets of images, as an encoder reads them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from simfactor.adaptation.features import feature_distances, nearest_pairs, unlike_share
from simfactor.adaptation.pictures import Indices, Pictures, check_source, picked
from simfactor.adaptation.reading import (
    Floats,
    Seen,
    difference,
    outside_scores,
    points_of,
    see,
    summary,
)
from simfactor.adaptation.result import FactorGap, FeatureGap, Gap
from simfactor.adaptation.two_sample import Comparison, energy_comparison, permutations_of
from simfactor.data import ImageSource
from simfactor.encoders import Block, FactorEncoder
from simfactor.encoders.codes import Head
from simfactor.encoders.model import check_images
from simfactor.encoders.support import conformal_p_values
from simfactor.errors import SimfactorError, naming
from simfactor.frames import Byte
from simfactor.statistics import holm, wilson_interval

FEWEST = {
    "source": (40, "Half of them, compared with the other half, show how large a mere sampling error is."),
    "target": (
        20,
        "Of thirty factors, fewer seldom show that one has shifted by a whole standard deviation.",
    ),
}
FEATURES = "all features"  # the question that is of no block


def domain_gap(
    encoder: FactorEncoder,
    source: Pictures,
    target: Pictures,
    *,
    alpha: float = 0.05,
    least_effect: float = 0.1,
    at_most: int = 1000,
    permutations: int = 999,
    resamples: int = 1000,
    seed: int = 0,
) -> Gap:
    """Say which factors differ between a source and a target domain.

    Every block of the latents is compared by an energy test, and so are all features together; p-values carry
    Holm's correction. A block has *shifted* if its p-value is at most ``alpha`` and its effect at least
    ``least_effect``. If the domains are one, the chance that anything is called shifted is at most alpha.

    Args:
        encoder: a trained one.
        source: images (n, s, s, 3) uint8 or a data set like those that the encoder was trained on, but
            which it did *not* see: what it saw, it reads better than anything else.
        target: images or a data set of the other domain; labels are not looked at.
        alpha: chance of a false alarm; also the share of the source's images that counts as outside the
            training support, factor by factor.
        least_effect: effects below it are not called shifts, however sure. 0.1 is about a fifth of a standard
            deviation: "small" by Cohen 1988.
        at_most: images of each domain that are compared, evenly spaced; time and memory are quadratic in it.
        permutations, resamples: for p-values and intervals.
        seed: of permutations, resamples and parts.

    Raises SimfactorError for images that the encoder does not read, a source of other factors, fewer than 40
    images of the source or 20 of the target, and an alpha that no p-value could pass.
    """
    chosen = _chosen(encoder, source, "source", at_most), _chosen(encoder, target, "target", at_most)
    first = _images(encoder, source, chosen[0], "source")
    second = _images(encoder, target, chosen[1], "target")
    blocks = _blocks(encoder)
    _check_alpha(alpha, permutations, len(blocks) + 1, len(first))
    domains = see(encoder, first), see(encoder, second)
    points = {block.name: _points(encoder, block, domains) for block in blocks}
    points[FEATURES] = domains[0].features, domains[1].features
    found = _compared(points, permutations, seed)
    verdicts = {
        name: (*own, own.p_value <= alpha and own.effect >= least_effect) for name, own in found.items()
    }
    heads = {head.name: head for head in encoder.heads}
    factors = []
    for block in blocks:
        told = _told(heads[block.name], domains, alpha, resamples, seed) if block.name in heads else {}
        factors.append(FactorGap(block, *verdicts[block.name], **told))
    identical = np.array_equal(first, second)
    distances = feature_distances(*points[FEATURES], identical, seed)
    early = domains[0].early, domains[1].early
    return Gap(
        tuple(sorted(factors, key=lambda factor: -factor.effect)),
        FeatureGap(*verdicts[FEATURES], *distances, unlike_share(*early, alpha)),
        nearest_pairs(*early, *chosen),
        identical,
        (len(first), len(second)),
        alpha,
        least_effect,
    )


def _chosen(encoder: FactorEncoder, given: Pictures, name: str, at_most: int) -> Indices:
    """At most so many images of a domain, evenly spaced. Raises SimfactorError if there are too few."""
    fewest, why = FEWEST[name]
    if min(len(given), at_most) < fewest:
        raise SimfactorError(
            f"{min(len(given), at_most)} images of the {name} are too few; give at least {fewest}. {why}"
        )
    if name == "source" and isinstance(given, ImageSource):
        check_source(encoder, given, name)
    return np.unique(np.linspace(0, len(given) - 1, at_most).astype(np.int64))


def _images(encoder: FactorEncoder, given: Pictures, chosen: Indices, name: str) -> Byte:
    images = picked(given, chosen)
    with naming(f"the {name}"):
        check_images(images, encoder.image_size)
    return images


def _check_alpha(alpha: float, permutations: int, questions: int, source: int) -> None:
    if not 0 < alpha < 1:
        raise SimfactorError(f"alpha={alpha!r} must be between 0 and 1; 0.05 is usual.")
    if questions > alpha * (1 + permutations):
        raise SimfactorError(
            f"permutations={permutations} cannot show anything at alpha={alpha:g} for {questions} questions; "
            f"give at least {math.ceil(questions / alpha) - 1}."
        )
    if alpha * (1 + source) < 1:
        raise SimfactorError(
            f"{source} images of the source cannot tell what is outside at alpha={alpha:g}; give at least "
            f"{math.ceil(1 / alpha) - 1}, or a greater alpha."
        )


def _blocks(encoder: FactorEncoder) -> list[Block]:
    """What is compared: all blocks but those of factors that were fixed in training, so never learned."""
    fixed = {head.name for head in encoder.heads if head.factor.fixed}
    return [block for block in encoder.layout.blocks if block.width and block.name not in fixed]


def _points(encoder: FactorEncoder, block: Block, domains: tuple[Seen, Seen]) -> tuple[Floats, Floats]:
    """What is compared of a block in both domains: the values read, where there are any, or the latents."""
    head = next((head for head in encoder.heads if head.name == block.name), None)
    if head is None:
        own = encoder.layout.slice(block.name)
        return domains[0].latents[:, own], domains[1].latents[:, own]
    return points_of(head.factor, domains[0].read(head)), points_of(head.factor, domains[1].read(head))


def _compared(
    points: Mapping[str, tuple[Floats, Floats]], permutations: int, seed: int
) -> dict[str, Comparison]:
    """Each question's effect, and its p-value after Holm's correction over all of them."""
    source, target = next(iter(points.values()))
    labels = permutations_of(len(source), len(target), permutations, seed)
    found = {name: energy_comparison(*own, labels) for name, own in points.items()}
    p_values = holm({name: own.p_value for name, own in found.items()})
    return {name: own._replace(p_value=p_values[name]) for name, own in found.items()}


def _told(head: Head, domains: tuple[Seen, Seen], alpha: float, resamples: int, seed: int) -> dict[str, Any]:
    """What is read of a factor in both domains, the difference, and how much of the target is outside."""
    source, target = (own.read(head) for own in domains)
    moved, of = difference(head.factor, source, target, resamples, seed)
    scores = [outside_scores(head, own.latents)[:, None] for own in domains]
    outside = conformal_p_values(np.sort(scores[0], axis=0), scores[1]) <= alpha
    return {
        "kind": head.factor.kind,
        "unit": head.factor.unit,
        "source": summary(head.factor, source),
        "target": summary(head.factor, target),
        "difference": moved,
        "of": of,
        "outside": wilson_interval(int(outside.sum()), len(outside)),
    }
