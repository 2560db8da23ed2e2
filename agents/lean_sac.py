"""Soft actor-critic whose updates cost half of Stable-Baselines3's on a CPU core.

With networks of 64 units the arithmetic is a small part of an update; most of it is calls. So this update
evaluates the policy once for both halves of the transitions, derives gradients only for the weights it then
steps, skips torch.distributions, and averages the targets in one call. The mathematics is unchanged, and the
tests hold both implementations to equal weights.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from stable_baselines3 import SAC
from stable_baselines3.common.policies import ContinuousCritic
from stable_baselines3.common.type_aliases import DictReplayBufferSamples, ReplayBufferSamples
from stable_baselines3.sac.policies import LOG_STD_MAX, LOG_STD_MIN, Actor
from torch import Tensor, nn

from simfactor.agents.pixel_policy import PixelPolicy, Seen

LOG_SQRT_2PI = 0.5 * math.log(2 * math.pi)
EPSILON = 1e-6  # keeps the logarithm finite where tanh saturates; Stable-Baselines3's value


class LeanSAC(SAC):
    """SAC (Haarnoja et al. 2018, arXiv:1812.05905) for flat observations and ``MlpPolicy``, or for images and
    :class:`PixelPolicy`.

    With flat observations the same arguments, saved files and results as ``stable_baselines3.SAC``, without
    state-dependent exploration and without logged losses.

    ``consistency``: weight of the actor's agreement with itself on changed views of images, see
    :class:`simfactor.agents.ImageAugmentation`.
    """

    def __init__(self, *args: Any, consistency: float = 0.0, **kwargs: Any) -> None:
        self.consistency = consistency
        super().__init__(*args, **kwargs)

    def train(self, gradient_steps: int, batch_size: int = 64) -> None:
        """Do ``gradient_steps`` updates of critic, actor and entropy coefficient."""
        for _ in range(gradient_steps):
            assert self.replay_buffer is not None
            self._update(self.replay_buffer.sample(batch_size))
        self._n_updates += gradient_steps

    def _update(self, batch: ReplayBufferSamples | DictReplayBufferSamples) -> None:
        n, seen = len(batch.rewards), self._see(batch)
        actions, log_prob = sample_actions(self.actor, seen.actor)
        entropy_coefficient = self._entropy_coefficient(log_prob[:n].detach())
        with torch.no_grad():
            next_q = least_q(self.critic_target, seen.target, actions[n:])
            next_value = next_q - entropy_coefficient * log_prob[n:]
            target = batch.rewards + (1 - batch.dones) * self.gamma * next_value
        times = len(seen.critic) // n  # an augmented observation has the value of the clean one
        q_values = all_q(self.critic, seen.critic, batch.actions.repeat(times, 1))
        critic_loss = 0.5 * (q_values - target.repeat(times, 1)).square().sum(1).mean()
        step(self.critic.optimizer, critic_loss)

        least = least_q(self.critic, seen.critic[:n].detach(), actions[:n])
        actor_loss = (entropy_coefficient * log_prob[:n] - least).mean()
        if self.consistency and times > 1:
            actor_loss = actor_loss + self.consistency * disagreement(self.actor, seen.critic.detach(), n)
        step(self.actor.optimizer, actor_loss)
        with torch.no_grad():
            torch._foreach_lerp_(*self._averaged(), self.tau)

    def _see(self, batch: ReplayBufferSamples | DictReplayBufferSamples) -> Seen:
        """What the networks are shown: features of images, or the flat observations themselves."""
        now, then = batch.observations, batch.next_observations
        if isinstance(self.policy, PixelPolicy):
            assert isinstance(now, dict)
            assert isinstance(then, dict)
            return self.policy.see(now, then)
        assert isinstance(now, Tensor)
        assert isinstance(then, Tensor)
        return Seen(torch.cat((now, then)), now, then)

    def _averaged(self) -> tuple[list[Tensor], list[Tensor]]:
        """The weights that are averages, and those that they are averages of."""
        if isinstance(self.policy, PixelPolicy):
            return self.policy.averaged()
        return list(self.critic_target.parameters()), list(self.critic.parameters())

    def _entropy_coefficient(self, log_prob: Tensor) -> Tensor:
        """The coefficient of this update; a learned one is stepped towards the target entropy."""
        if self.ent_coef_optimizer is None or self.log_ent_coef is None:
            return self.ent_coef_tensor
        coefficient = self.log_ent_coef.detach().exp()
        assert isinstance(self.target_entropy, float)  # "auto" is resolved when the model is set up
        loss = -(self.log_ent_coef * (log_prob + self.target_entropy)).mean()
        step(self.ent_coef_optimizer, loss)
        return coefficient


def sample_actions(actor: Actor, observations: Tensor) -> tuple[Tensor, Tensor]:
    """Actions (n, A) in (-1, 1) drawn from the policy, differentiable, and their log-probabilities (n, 1)."""
    features = actor.latent_pi(actor.features_extractor(observations))
    mean = actor.mu(features)
    assert isinstance(actor.log_std, nn.Module)
    log_std = actor.log_std(features).clamp(LOG_STD_MIN, LOG_STD_MAX)
    noise = torch.randn_like(mean)
    actions = torch.tanh(mean + log_std.exp() * noise)
    log_density = -0.5 * noise.square() - log_std - LOG_SQRT_2PI - torch.log(1 - actions.square() + EPSILON)
    return actions, log_density.sum(1, keepdim=True)


def disagreement(actor: Actor, views: Tensor, n: int) -> Tensor:
    """How far the mean actions on changed views, the rows of ``views`` from n on, are from those on the n
    clean ones: squared difference summed over the action, mean over the batch. Only the former are to move.
    """
    means = torch.tanh(actor.mu(actor.latent_pi(actor.features_extractor(views))))
    return (means[n:] - means[:n].detach()).square().sum(1).mean()


def all_q(critic: ContinuousCritic, observations: Tensor, actions: Tensor) -> Tensor:
    """The value (n, C) that each of the critic's C networks gives."""
    pairs = torch.cat((critic.features_extractor(observations), actions), dim=1)
    return torch.cat([network(pairs) for network in critic.q_networks], dim=1)


def least_q(critic: ContinuousCritic, observations: Tensor, actions: Tensor) -> Tensor:
    """The smallest value (n, 1) among the critic's networks."""
    return all_q(critic, observations, actions).amin(dim=1, keepdim=True)


def step(optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
    """One step down the gradient of the loss in the optimiser's weights; no other gradient is computed."""
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    for parameter, gradient in zip(parameters, torch.autograd.grad(loss, parameters), strict=True):
        parameter.grad = gradient
    optimizer.step()
