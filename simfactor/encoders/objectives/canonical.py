"""Invariance by a canonical picture: what must not matter is not in the picture that is to be shown."""

from __future__ import annotations

from simfactor.encoders.objectives.objective import Batch, Likelihood, Model, Step, Terms
from simfactor.encoders.objectives.terms import reconstruction


def drap(model: Model, batch: Batch, step: Step, *, likelihood: Likelihood = "bernoulli") -> Terms:
    """The canonical picture of a state from a randomised one (DRAP: Amiranashvili et al. 2021).

    The code is a bottleneck, and the decoder has no use for anything in it but the state: the nuisances of
    all canonical pictures are the same. In the paper the agent goes on training the encoder; here it stays
    as it is, like every other.
    """
    randomised, _ = batch.pixels.chunk(2)
    _, canonical = batch.targets.chunk(2)
    code = model.posterior(randomised).mean
    return {"reconstruction": reconstruction(canonical, model.logits(code), likelihood)}
