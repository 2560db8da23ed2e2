"""The quantised-latent autoencoder, QLAE (Hsu et al. 2023, "Disentanglement via latent quantization").

Every latent takes one of a few values from a codebook of its own. A decoder that is given so few symbols, and
little weight to tell their combinations apart (strong weight decay), does best when a symbol always means the
same.

Of the paper's loss the codebooks see the quantisation term alone, for the reconstruction passes them
by (straight through), and the networks all other terms. So they are two players: each term moves its own
side, and the decay, which would pull the values to zero, spares the codebooks. (The paper's code spares
biases, too.)

The networks start with weights that keep the signal's size: with torch's own, the latents of different
pictures all start at the same value, being closer together than the values are. The paper trains for 200,000
steps; some hundreds give blurred pictures.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from simfactor.encoders.layout import LatentLayout
from simfactor.encoders.objectives.objective import Batch, Likelihood, Model, Step, Terms
from simfactor.encoders.objectives.terms import reconstruction

VALUES = 10  # that a latent can take, as in the paper
REACH = 0.5  # codebooks start evenly spaced over +- this
WEIGHT_DECAY = 0.1  # of the networks, as in the paper


class Codebook(nn.Module):
    """The values that each of L latents can take."""

    def __init__(self, latents: int, values: int = VALUES) -> None:
        super().__init__()
        self.values = nn.Parameter(torch.linspace(-REACH, REACH, values).repeat(latents, 1))  # (L, V)

    def nearest(self, latents: Tensor) -> Tensor:
        """The nearest value of each latent's own codebook, (n, L) -> (n, L); gradients go into the values."""
        chosen = (latents.detach()[:, :, None] - self.values).abs().argmin(dim=2)  # (n, L)
        return self.values.expand(len(latents), -1, -1).gather(2, chosen[:, :, None])[:, :, 0]

    def forward(self, latents: Tensor) -> Tensor:
        """The same, exactly, but with the gradient of the identity (straight through)."""
        return self.nearest(latents).detach() + (latents - latents.detach())


def codebook_of(layout: LatentLayout) -> dict[str, nn.Module]:
    """The codebooks of a layout's latents, as ``extras`` of a model."""
    return {"codebook": Codebook(layout.size)}


def autoencoder(
    model: Model, batch: Batch, step: Step, *, commitment: float = 0.01, likelihood: Likelihood = "bernoulli"
) -> Terms:
    """What the networks learn from: pictures of quantised latents, and that latents stay near their values.

    ``commitment`` is the paper's, where both terms are means over pixel values and over latents.
    """
    latents, codebook = model.posterior(batch.pixels).mean, _codebook(model)
    distance = (latents - codebook.nearest(latents).detach()).square().mean()
    return {
        "reconstruction": reconstruction(batch.targets, model.logits(codebook(latents)), likelihood),
        "commitment": commitment * batch.targets[0].numel() * distance,
    }


def values(model: Model, batch: Batch, step: Step) -> Terms:
    """What the codebooks learn from: every value should lie amid the latents that are nearest to it.

    Its weight would not matter, for nothing else moves the values and Adam does not feel the scale of a loss.
    """
    with torch.no_grad():
        latents = model.posterior(batch.pixels).mean
    return {"quantization": (latents - _codebook(model).nearest(latents)).square().mean()}


def _codebook(model: Model) -> Codebook:
    found = model.extras["codebook"]
    assert isinstance(found, Codebook)
    return found
