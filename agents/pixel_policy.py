"""The policy of agents that act on images: actor and critic share an encoder that the critic trains."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import torch
from gymnasium import spaces
from stable_baselines3.common.type_aliases import Schedule
from stable_baselines3.sac.policies import SACPolicy
from torch import Tensor

from simfactor.agents.image_encoder import ImageEncoder, Trunk

PIXELS, CHANGED, COUNTERFACTUAL = "pixels", "changed", "counterfactual"
Observations: TypeAlias = Tensor | Mapping[str, Tensor]


class Seen(NamedTuple):
    """What an update's networks are shown of n transitions."""

    actor: Tensor  # (2n, ...): observations, then successors
    critic: Tensor  # (kn, ...): observations; with augmentation beside clean ones, both in turn
    target: Tensor  # (n, ...): successors


class PixelPolicy(SACPolicy):
    """SAC's policy on features of images: uint8 (3, S, S), or a Dict with them as ``pixels``.

    The critic's loss alone trains the encoder, because the actor's would bend the features to what it does
    now (Yarats et al. 2021, arXiv:1910.01741, section 4). The target's encoder is an average like the target.
    """

    def _build(self, lr_schedule: Schedule) -> None:
        self.encoder = ImageEncoder(image_space(self.observation_space).shape[-1])
        self.encoder_target = copy.deepcopy(self.encoder).requires_grad_(False)
        self.features = spaces.Box(-np.inf, np.inf, (self.encoder.size,), np.float32)
        for arguments in (self.actor_kwargs, self.critic_kwargs):
            arguments["observation_space"] = self.features
        super()._build(lr_schedule)
        self.critic.optimizer.add_param_group({"params": list(self.encoder.parameters())})

    def make_features_extractor(self) -> Trunk:
        """A trunk of its own for actor, critic and target."""
        return Trunk(self.features)

    def _predict(self, observation: Any, deterministic: bool = False) -> Tensor:
        pixels = observation[PIXELS] if isinstance(observation, Mapping) else observation
        return self.actor(self.encoder(to_float(pixels)), deterministic)

    def see(self, now: Mapping[str, Tensor], then: Mapping[str, Tensor]) -> Seen:
        """The features of a batch: views (n, 3, S, S) in [0, 1] of observations and successors."""
        views = [now[PIXELS], now[CHANGED]] if CHANGED in now else [now[PIXELS]]
        critic = self.encoder(torch.cat(views))
        with torch.no_grad():
            following = self.encoder(then[PIXELS])
            target = self.encoder_target(then[PIXELS])
        actor = torch.cat((critic[: len(following)].detach(), following))
        return Seen(actor, critic, target)

    def averaged(self) -> tuple[list[Tensor], list[Tensor]]:
        """The weights that are averages, and those that they are averages of."""
        averages = (*self.critic_target.parameters(), *self.encoder_target.parameters())
        return list(averages), [*self.critic.parameters(), *self.encoder.parameters()]


def image_space(space: spaces.Space[Any]) -> spaces.Box:
    """The space of the images an agent sees."""
    found = space[PIXELS] if isinstance(space, spaces.Dict) else space
    assert isinstance(found, spaces.Box)
    return found


def to_float(pixels: Tensor) -> Tensor:
    """Images uint8 (n, 3, S, S) as float in [0, 1]."""
    return pixels.float().div_(255.0)
