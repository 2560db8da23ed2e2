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

    ``swap``: exchanging the blocks of S between the two codes must exchange the two pictures. It is what
    gives a block its meaning where labels are few or none: only the block of S may carry what changed.
    ``invariance``: all other blocks must not move (:func:`invariance`).
    ``anchor/<factor>``: where there are labels, a block has its factor's own scale (:func:`anchors`).

    The residual stays with its picture and is priced by ``beta``. ``decoded_share`` of the pairs is decoded.
    """
    assert batch.changed is not None
    pairs = len(batch.changed)
    posterior = model.posterior(batch.pixels)
    paired = Posterior(*(tensor[: 2 * pairs] for tensor in posterior))
    changed = changed_dims(model, batch)
    terms = weighted(model, anchors(model.heads, posterior, batch), task_weight)
    terms["invariance"] = invariance_weight * invariance(paired.mean, changed)
    chosen = max(1, round(decoded_share * pairs))
    swapped = exchange(sample(paired, step.generator), changed)
    before, after = (half[:chosen] for half in swapped.chunk(2))
    shown = model.logits(torch.cat([before, after]))
    targets = torch.cat([half[:chosen] for half in batch.targets[: 2 * pairs].chunk(2)[::-1]])
    terms["swap"] = swap_weight * reconstruction(targets, shown)
    terms["residual_kl"] = swap_weight * beta * residual_kl(paired)
    return terms


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
