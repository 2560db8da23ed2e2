"""Learning from interventions: in a simulator the factors are ours, so we know what changed. (Ours.)"""

from __future__ import annotations

import torch
from torch import Tensor

from simfactor.encoders.objectives.objective import Batch, Model, Posterior, Step, Terms
from simfactor.encoders.objectives.pairs import changed_dims
from simfactor.encoders.objectives.supervised import weighted
from simfactor.encoders.objectives.terms import anchors, reconstruction, residual_kl, sample

TINY = 1e-4  # keeps a block that says nothing from being divided by


def interventional(
    model: Model,
    batch: Batch,
    step: Step,
    *,
    task_weight: float = 2.0,
    swap_weight: float = 1e-3,
    invariance_weight: float = 1.0,
    beta: float = 1.0,
    decoded_share: float = 0.25,
) -> Terms:
    """Blocks that change with their own factor, and with nothing else.

    Of every pair it is known which factors S differ. Three things follow, and each is a term:

    ``swap``: exchanging the blocks of S between the two codes must exchange the two pictures.
    ``invariance``: all other blocks must not move (:func:`invariance`).
    ``anchor/<factor>``: in labelled images a block tells its factor, on the factor's scale (:func:`anchors`).

    The residual stays with its picture and is priced by ``beta``. ``decoded_share`` of the pairs is decoded.
    """
    posterior = model.posterior(batch.pixels)
    return {
        **weighted(model, anchors(model.heads, posterior, batch), task_weight),
        **_pair_terms(model, batch, step, posterior, swap_weight, invariance_weight, beta, decoded_share),
    }


def interventional_unlabelled(
    model: Model,
    batch: Batch,
    step: Step,
    *,
    swap_weight: float = 1e-2,
    invariance_weight: float = 1.0,
    beta: float = 1.0,
    decoded_share: float = 0.5,
) -> Terms:
    """The same without any label: that only the block of S may carry what changed gives a block its factor.

    What a label would add is the scale: blocks are right up to a function of one variable each.
    """
    posterior = model.posterior(batch.pixels)
    return _pair_terms(model, batch, step, posterior, swap_weight, invariance_weight, beta, decoded_share)


def _pair_terms(
    model: Model,
    batch: Batch,
    step: Step,
    posterior: Posterior,
    swap_weight: float,
    invariance_weight: float,
    beta: float,
    decoded_share: float,
) -> Terms:
    assert batch.changed is not None
    pairs, changed = len(batch.changed), changed_dims(model, batch)
    paired = Posterior(*(tensor[: 2 * pairs] for tensor in posterior))
    chosen = max(1, round(decoded_share * pairs))
    swapped = exchange(sample(paired, step.generator), changed)
    shown = model.logits(torch.cat([half[:chosen] for half in swapped.chunk(2)]))
    after_before = batch.targets[: 2 * pairs].chunk(2)[::-1]
    return {
        "invariance": invariance_weight * invariance(paired.mean, changed),
        "swap": swap_weight * reconstruction(torch.cat([half[:chosen] for half in after_before]), shown),
        "residual_kl": swap_weight * beta * residual_kl(paired),
    }


def exchange(latents: Tensor, changed: Tensor) -> Tensor:
    """Codes of m pairs (2m, L), before then after, with the ``changed`` latents (m, L) of a pair exchanged.

    What comes first shows what was after the change, and the other way round.
    """
    before, after = latents.chunk(2)
    return torch.cat([torch.where(changed, after, before), torch.where(changed, before, after)])


def invariance(mean: Tensor, changed: Tensor) -> Tensor:
    """How far latents (2m, L) move that should not, as a share of how far they move at all, summed over L.

    0 is a latent that stays where its factor stays, 1 one that moves as if everything had changed, whatever
    its scale (one minus the intraclass correlation of the pairs, Fisher 1925, section 38).
    """
    before, after = mean.chunk(2)
    unchanged = ~changed
    moved = ((before - after).square() * unchanged).sum(dim=0) / unchanged.sum(dim=0).clamp(min=1)
    return (0.5 * moved / (mean.var(dim=0, correction=0) + TINY)).sum()
