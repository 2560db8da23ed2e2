"""Learning from interventions: in a simulator the factors are ours, so we know what changed. (Ours.)"""

from __future__ import annotations

import torch
from torch import Tensor

from simfactor.encoders.layout import RESIDUAL
from simfactor.encoders.objectives.objective import Batch, Model, Posterior, Step, Terms
from simfactor.encoders.objectives.pairs import changed_dims
from simfactor.encoders.objectives.supervised import weighted
from simfactor.encoders.objectives.terms import anchors, reconstruction, residual_kl, sample, spread

TINY = 1e-4  # keeps a block that says nothing from being divided by
LEAST_SHARE = 0.01  # of a block's movement: below it, its logarithm is noise


def interventional(
    model: Model,
    batch: Batch,
    step: Step,
    *,
    task_weight: float = 2.0,
    swap_weight: float = 1e-3,
    invariance_weight: float = 1.0,
    selectivity_weight: float = 1.0,
    beta: float = 1.0,
    decoded_share: float = 0.25,
) -> Terms:
    """Blocks that change with their own factor, and with nothing else.

    Of every pair it is known which factors S differ. Four things follow, and each is a term:

    ``swap``: exchanging the blocks of S between the two codes must exchange the two pictures.
    ``invariance``: all other blocks must not move (:func:`invariance`).
    ``anchor/<factor>``: in labelled images a block tells its factor, on the factor's scale (:func:`anchors`).
    ``selectivity``: in pairs without labels it moves with its own factor (:func:`selectivity`).

    The residual stays with its picture and is priced by ``beta``. ``decoded_share`` of the pairs is decoded.
    """
    posterior = model.posterior(batch.pixels)
    changed = changed_dims(model, batch)
    means = posterior.mean[: 2 * len(changed)]  # of the pairs, without images shown again
    still = invariance(means, changed, code_spread(model).to(means))
    return {
        **weighted(model, anchors(model.heads, posterior, batch), task_weight),
        "invariance": invariance_weight * still,
        "selectivity": selectivity_weight
        * selectivity(means, changed, ~batch.known[: len(changed)].any(dim=1)),
        **_swap_terms(model, batch, step, posterior, changed, decoded_share, swap_weight, beta),
    }


def interventional_unlabelled(
    model: Model,
    batch: Batch,
    step: Step,
    *,
    swap_weight: float = 1e-2,
    invariance_weight: float = 1.0,
    selectivity_weight: float = 1.0,
    beta: float = 1.0,
    decoded_share: float = 0.5,
) -> Terms:
    """The same without any label: that only the block of S may carry what changed gives a block its factor.

    Where an anchor would pull a block to its factor, ``selectivity`` does (:func:`selectivity`). What a label
    would add is how: blocks are right up to a function of one variable each.
    """
    posterior = model.posterior(batch.pixels)
    means, changed = posterior.mean, changed_dims(model, batch)
    return {
        "invariance": invariance_weight * invariance(means, changed),
        "selectivity": selectivity_weight * selectivity(means, changed),
        **_swap_terms(model, batch, step, posterior, changed, decoded_share, swap_weight, beta),
    }


def code_spread(model: Model) -> Tensor:
    """Each latent's variance (L,) if blocks have their factors' scale and the residual its prior's."""
    return torch.tensor(
        [
            1.0 if block.name == RESIDUAL else spread(model.space[block.name]) / block.width
            for block in model.layout.blocks
            for _ in range(block.width)
        ]
    )


def _swap_terms(
    model: Model,
    batch: Batch,
    step: Step,
    posterior: Posterior,
    changed: Tensor,
    decoded_share: float,
    weight: float,
    beta: float,
) -> Terms:
    paired = Posterior(*(tensor[: 2 * len(changed)] for tensor in posterior))
    chosen = max(1, round(decoded_share * len(changed)))
    swapped = exchange(sample(paired, step.generator), changed)
    shown = model.logits(torch.cat([half[:chosen] for half in swapped.chunk(2)]))
    after_before = batch.targets[: 2 * len(changed)].chunk(2)[::-1]
    return {
        "swap": weight * reconstruction(torch.cat([half[:chosen] for half in after_before]), shown),
        "residual_kl": weight * beta * residual_kl(paired),
    }


def exchange(latents: Tensor, changed: Tensor) -> Tensor:
    """Codes of m pairs (2m, L), before then after, with the ``changed`` latents (m, L) of a pair exchanged.

    What comes first shows what was after the change, and the other way round.
    """
    before, after = latents.chunk(2)
    return torch.cat([torch.where(changed, after, before), torch.where(changed, before, after)])


def invariance(mean: Tensor, changed: Tensor, variance: Tensor | None = None) -> Tensor:
    """How far latents (2m, L) move that should not, as a share of how far they move at all, summed over L.

    0 is a latent that stays where its factor stays, 1 one that moves as if everything had changed. How far
    they move at all is their ``variance`` (L,) where it is known, or that in the batch: then the
    share does not depend on a latent's scale (one minus the intraclass correlation of the pairs, Fisher
    1925, section 38).
    """
    before, after = mean.chunk(2)
    unchanged = ~changed
    moved = ((before - after).square() * unchanged).sum(dim=0) / unchanged.sum(dim=0).clamp(min=1)
    if variance is None:
        variance = mean.var(dim=0, correction=0) + TINY
    return (0.5 * moved / variance).sum()


def selectivity(mean: Tensor, changed: Tensor, counted: Tensor | None = None) -> Tensor:
    """How little of a latent's movement is where it should move, in nats, summed over latents (2m, L).

    Minus the log of the share of its squared movement that falls on pairs in which its factor ``changed``
    (m, L). 0 is a latent that moves with its factor alone. If every pair changes one factor, each as often,
    the share is the factor's total-effect index over the sum of all factors' (Jansen 1999, "Analysis of
    variance designs for model output", eq. 2). The log makes a block find a factor that is hard to see: the
    smaller the share, the more a change of it weighs. A latent whose factor changes in no pair, as the
    residual's, is left out. Of the pairs only those ``counted`` (m,) matter, and as much as they are many.
    """
    before, after = mean.chunk(2)
    pairs = torch.ones_like(changed[:, 0]) if counted is None else counted
    moved = (before - after).square() * pairs[:, None]
    own = changed & pairs[:, None]
    share = (moved * own).sum(dim=0) / (moved.sum(dim=0) + TINY)
    return -pairs.float().mean() * ((share + LEAST_SHARE).log() * own.any(dim=0)).sum()
