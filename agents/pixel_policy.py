"""The policies of agents that act on images: actor and critic, and an encoder that one of them trains."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import torch
from gymnasium import spaces
from stable_baselines3.common.policies import ContinuousCritic
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor
from stable_baselines3.common.type_aliases import Schedule
from stable_baselines3.sac.policies import SACPolicy
from torch import Tensor

from simfactor.agents.image_encoder import ImageEncoder, Trunk
from simfactor.agents.latent_features import LatentFeatures
from simfactor.agents.own_numbers import OwnNumbers, Statistics

PIXELS, CHANGED, COUNTERFACTUAL, STATE = "pixels", "changed", "counterfactual", "state"
FINE = 0.1  # learning rate of a pretrained encoder, times that of the rest
Observations: TypeAlias = Tensor | Mapping[str, Tensor]


class Seen(NamedTuple):
    """What an update's networks are shown of n transitions."""

    actor: Tensor  # (2n, ...): observations, then successors
    critic: Tensor  # (kn, ...): observations; with augmentation beside clean ones, both in turn
    target: Tensor  # (n, ...): successors


class PixelPolicy(SACPolicy):
    """SAC's policy on features of images: uint8 (3, S, S), or a Dict with them as ``pixels``, and of a Dict's
    ``proprioception``.

    The critic's loss alone trains the encoder, because the actor's would bend the features to what it does
    now (Yarats et al. 2021, arXiv:1910.01741, section 4). The target's encoder is an average like the target.

    ``pretrained``: what :meth:`LatentFeatures.describe` says of an encoder that is to be fine-tuned, at
    ``FINE`` times the learning rate of the rest; None for a fresh one. ``proprioception``: as of
    :class:`OwnNumbers`.
    """

    def __init__(
        self,
        *args: Any,
        pretrained: Mapping[str, Any] | None = None,
        proprioception: Statistics | None = None,
        **kwargs: Any,
    ) -> None:
        self._pretrained, self._proprioception = pretrained, proprioception
        super().__init__(*args, **kwargs)

    def _build(self, lr_schedule: Schedule) -> None:
        self.encoder: ImageEncoder | LatentFeatures
        if self._pretrained is None:
            self.encoder = ImageEncoder(image_space(self.observation_space).shape[-1])
        else:
            self.encoder = LatentFeatures.described(self._pretrained)
        self.encoder_target = copy.deepcopy(self.encoder).requires_grad_(False)
        self.own = OwnNumbers(self.observation_space, self._proprioception)
        self.features = spaces.Box(-np.inf, np.inf, (self.encoder.size + self.own.count,), np.float32)
        for arguments in (self.actor_kwargs, self.critic_kwargs):
            arguments["observation_space"] = self.features
        super()._build(lr_schedule)
        rate = lr_schedule(1) * (1.0 if self._pretrained is None else FINE)
        self._trainer().add_param_group({"params": list(self.encoder.parameters()), "lr": rate})

    def _trainer(self) -> torch.optim.Optimizer:
        """Whose loss the encoder learns from."""
        return self.critic.optimizer

    def start_from(self, features: LatentFeatures) -> None:
        """Give the encoder, and what averages it, the weights of a trained one."""
        for encoder in (self.encoder, self.encoder_target):
            encoder.load_state_dict(features.state_dict())

    def make_features_extractor(self) -> Trunk:
        """A trunk of its own for actor, critic and target."""
        return Trunk(self.features)

    def _predict(self, observation: Any, deterministic: bool = False) -> Tensor:
        pixels = observation[PIXELS] if isinstance(observation, Mapping) else observation
        return self.actor(self.own(self.encoder(to_float(pixels)), observation), deterministic)

    def see(self, now: Mapping[str, Tensor], then: Mapping[str, Tensor]) -> Seen:
        """The features of a batch: views (n, 3, S, S) in [0, 1] of observations and successors."""
        views = [now[PIXELS], now[CHANGED]] if CHANGED in now else [now[PIXELS]]
        critic = self.own(self.encoder(torch.cat(views)), now)
        with torch.no_grad():
            following = self.own(self.encoder(then[PIXELS]), then)
            target = self.own(self.encoder_target(then[PIXELS]), then)
        actor = torch.cat((critic[: len(following)].detach(), following))
        return Seen(actor, critic, target)

    def averaged(self) -> tuple[list[Tensor], list[Tensor]]:
        """The weights that are averages, and those that they are averages of."""
        averages = (*self.critic_target.parameters(), *self.encoder_target.parameters())
        return list(averages), [*self.critic.parameters(), *self.encoder.parameters()]


class AsymmetricPolicy(PixelPolicy):
    """The actor sees images, the critic the true state: a Dict with ``pixels`` and ``state``.

    The critic is there in training only, where the simulator knows the state (Pinto et al. 2018,
    arXiv:1710.06542). The encoder is the actor's, whose loss trains it.
    """

    def make_critic(self, features_extractor: BaseFeaturesExtractor | None = None) -> ContinuousCritic:
        """A critic of states, whatever extractor is given."""
        assert isinstance(self.observation_space, spaces.Dict)
        states = self.observation_space[STATE]
        assert isinstance(states, spaces.Box)
        self.critic_kwargs["observation_space"] = states
        return super().make_critic(Trunk(states))

    def _trainer(self) -> torch.optim.Optimizer:
        return self.actor.optimizer

    def see(self, now: Mapping[str, Tensor], then: Mapping[str, Tensor]) -> Seen:
        """The features of images (n, 3, S, S) for the actor, states (n, W) for the critic."""
        with torch.no_grad():
            following = self.own(self.encoder(then[PIXELS]), then)
        seen = self.own(self.encoder(now[PIXELS]), now)
        return Seen(torch.cat((seen, following)), now[STATE], then[STATE])

    def averaged(self) -> tuple[list[Tensor], list[Tensor]]:
        """The critic's weights: there is no target that sees images."""
        return list(self.critic_target.parameters()), list(self.critic.parameters())


def image_space(space: spaces.Space[Any]) -> spaces.Box:
    """The space of the images an agent sees."""
    found = space[PIXELS] if isinstance(space, spaces.Dict) else space
    assert isinstance(found, spaces.Box)
    return found


def sees_images(space: spaces.Space[Any]) -> bool:
    """Whether a policy's observations are images, alone or as ``pixels`` of a Dict."""
    found = space[PIXELS] if isinstance(space, spaces.Dict) and PIXELS in space.spaces else space
    return isinstance(found, spaces.Box) and found.dtype == np.uint8 and len(found.shape) == 3


def to_float(pixels: Tensor) -> Tensor:
    """Images uint8 (n, 3, S, S) as float in [0, 1]."""
    return pixels.float().div_(255.0)
