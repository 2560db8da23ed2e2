"""InfoGANs: a generator whose code another network can read off the picture (Chen et al. 2016).

The decoder is the generator of code and noise. The encoder is Q, which reads the code; it learns on generated
pictures and is used on real ones, so it is as good as the pictures are real. In the paper Q and the critic
share all layers but the last. Here the critic is a network of its own: any network can then be the encoder,
normalised or not, and a price on the critic's slope does not bind it.

``info_gan`` is the paper's game, ``info_gan_r1`` charges the critic for its slope: without that it soon wins,
and the generator shows one picture whatever the code. Both need many thousands of steps, where VAEs need one.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from simfactor.encoders.layout import LatentLayout
from simfactor.encoders.networks.critics import ImageCritic
from simfactor.encoders.objectives.objective import Batch, Model, Posterior, Step, Terms

NOISE = 8  # inputs of the generator beside the code
SLOPE_SHARE = 0.25  # of the real images are charged for the critic's slope
REACH = 2.0  # codes are uniform in +- this, which is how far traversals walk


def generator(model: Model, batch: Batch, step: Step, *, information: float = 0.3) -> Terms:
    """The generator's and Q's part of eq. 6: realism, in the non-saturating form, and the information.

    Q sees the pictures with the noise that the batch's images were given, if any.
    """
    code, fakes = generated(model, len(batch.targets), step.generator)
    seen = (fakes + (batch.pixels - batch.targets)).clamp(0, 1)
    return {
        "realism": softplus(-model.extras["critic"](fakes)).mean(),
        "information": information * code_surprise(code, model.posterior(seen)),
    }


def critic(model: Model, batch: Batch, step: Step) -> Terms:
    """The discriminator's part of eq. 6: cross-entropy in nats; 2 log 2 is not being able to tell."""
    judge = model.extras["critic"]
    with torch.no_grad():
        _, fakes = generated(model, len(batch.targets), step.generator)
    return {"real": softplus(-judge(batch.targets)).mean(), "generated": softplus(judge(fakes)).mean()}


def critic_r1(model: Model, batch: Batch, step: Step, *, slope_weight: float = 0.1) -> Terms:
    """The same, and a critic that is steep at real images pays for it (Mescheder et al. 2018, eq. 9).

    Without that it outruns the generator, whose gradient it then hides. The paper's price, 5 in these units
    or more, is for large pictures: at 64 pixels it leaves them grey and noisy (Karras et al. 2020, "Training
    generative adversarial networks with limited data", scale it with the number of pixels). A gradient of a
    gradient is dear, so it is taken at a share of the images.
    """
    count = max(1, round(SLOPE_SHARE * len(batch.targets)))
    slope = squared_slope(model.extras["critic"], batch.targets[:count])
    return {**critic(model, batch, step), "slope": 0.5 * slope_weight * slope}


def squared_slope(judge: nn.Module, pixels: Tensor) -> Tensor:
    """The mean over images of the squared norm of the logit's gradient at pixels (n, 3, s, s), scalar."""
    real = pixels.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(judge(real).sum(), real, create_graph=True)
    return gradient.square().sum(dim=(1, 2, 3)).mean()


def generated(model: Model, count: int, source: torch.Generator) -> tuple[Tensor, Tensor]:
    """Codes (n, L), uniform, and pictures (n, 3, s, s) in [0, 1] of them and of Gaussian noise."""
    device = source.device
    code = REACH * (2 * torch.rand(count, model.layout.size, generator=source, device=device) - 1)
    noise = torch.randn(count, NOISE, generator=source, device=device)
    return code, model.logits(torch.cat([code, noise], dim=1)).sigmoid()


def code_surprise(code: Tensor, said: Posterior) -> Tensor:
    """-log Q(c | x) in nats of codes (n, L), Q Gaussian: the entropy of the code minus the bound of eq. 4."""
    error = (code - said.mean).square() * (-said.log_variance).exp()
    return 0.5 * (error + said.log_variance + math.log(2 * math.pi)).sum(dim=1).mean()


def critic_of(layout: LatentLayout) -> dict[str, nn.Module]:
    """The networks beside encoder and decoder."""
    return {"critic": ImageCritic()}
