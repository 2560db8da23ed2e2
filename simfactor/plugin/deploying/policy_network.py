"""The part of a Stable-Baselines3 policy that acts, as a network that can be exported."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from gymnasium import spaces
from numpy.typing import NDArray
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.policies import ActorCriticPolicy, BasePolicy
from stable_baselines3.sac.policies import SACPolicy
from stable_baselines3.td3.policies import TD3Policy
from torch import Tensor, nn

from simfactor.agents import load_agent
from simfactor.agents.isolation import isolated
from simfactor.agents.policy_files.normalizing import statistics_file
from simfactor.agents.policy_files.opening import ZIP
from simfactor.agents.policy_files.stable_baselines import acting, read_zip
from simfactor.encoders import LatentLayout
from simfactor.errors import SimfactorError

SUPPORTED = "SAC, TD3, DDPG, PPO, A2C of Stable-Baselines3, and sac, ppo, dagger of simfactor's agents"


class OpenedPolicy(NamedTuple):
    """A policy on latents, and their layout and which of them it measures, if its files say it."""

    policy: BasePolicy
    layout: LatentLayout | None
    described: str
    measured: tuple[str, ...] = ()

    def actions(self, latents: NDArray[np.float32]) -> NDArray[np.float32]:
        """Actions (n, A) for latents (n, L), as the library computes them."""
        actions, _ = self.policy.predict(latents, deterministic=True)
        return actions


def open_for_export(source: str | Path, algorithm: str | None, normalize: str | None) -> OpenedPolicy:
    """The policy of an agent's folder or of a zip; ``algorithm`` and ``normalize`` as of ``open_policy``.

    Raises SimfactorError if it is none, or one that cannot be exported: only Box actions of the algorithms
    above, on flat observations that nothing normalises.
    """
    path = Path(source)
    if path.is_dir():
        agent = load_agent(path)
        if agent.layout is None:
            raise SimfactorError(
                f"the agent in {path} acts on {agent.observes}, not on latents; name one that was trained on "
                "an encoder's."
            )
        name = str(agent.arguments["algorithm"]["name"])
        opened = OpenedPolicy(agent.policy, agent.layout, name, agent.measured)
    elif path.suffix.lower() == ZIP and path.is_file():
        opened = _of_zip(path, algorithm, normalize)
    else:
        raise SimfactorError(
            f"policy {str(source)!r} cannot be exported; give the folder of an agent, or the zip of a model "
            f"that acts on latents. Supported: {SUPPORTED}."
        )
    _check(opened.policy, path)
    return opened


class ActingNetwork(nn.Module):
    """Latents (n, L) -> the deterministic action (n, A), in the units of the action space.

    The mean of the policy's distribution: squashed by tanh and scaled to the bounds (SAC, TD3, DDPG), or cut
    off at them (PPO, A2C).
    """

    def __init__(self, policy: BasePolicy) -> None:
        super().__init__()
        box = policy.action_space
        assert isinstance(box, spaces.Box)
        self.low: Tensor
        self.high: Tensor
        self.register_buffer("low", torch.as_tensor(box.low))
        self.register_buffer("high", torch.as_tensor(box.high))
        self.squashed = policy.squash_output
        self.mean = _mean_network(policy).requires_grad_(False).eval()

    def forward(self, latents: Tensor) -> Tensor:
        """The action."""
        mean: Tensor = self.mean(latents)
        if self.squashed:
            return self.low + 0.5 * (mean.tanh() + 1) * (self.high - self.low)
        return torch.minimum(torch.maximum(mean, self.low), self.high)


def scaling(policy: BasePolicy) -> str:
    """What keeps actions inside their bounds, in words."""
    return "tanh, scaled to [low, high]" if policy.squash_output else "cut off at low and high"


def _mean_network(policy: BasePolicy) -> nn.Module:
    if isinstance(policy, SACPolicy):
        actor = policy.actor
        return nn.Sequential(actor.features_extractor, actor.latent_pi, actor.mu)
    if isinstance(policy, TD3Policy):
        return nn.Sequential(policy.actor.features_extractor, _without_tanh(policy.actor.mu))
    assert isinstance(policy, ActorCriticPolicy)
    extractor = policy.pi_features_extractor
    return nn.Sequential(extractor, policy.mlp_extractor.policy_net, policy.action_net)


def _without_tanh(network: nn.Sequential) -> nn.Sequential:
    layers = list(network)
    return nn.Sequential(*(layers[:-1] if isinstance(layers[-1], nn.Tanh) else layers))


def _of_zip(path: Path, algorithm: str | None, normalize: str | None) -> OpenedPolicy:
    if statistics_file(path, normalize) is not None:
        raise SimfactorError(
            f"normalize={normalize!r}: a policy on normalised observations cannot be exported with an "
            "encoder; train on latents as they are, for they are already of order one."
        )
    with isolated():
        found = read_zip(path, algorithm)
        acting(found, str(path), "")  # which refuses those that keep a state
    policy = found.policy if isinstance(found, BaseAlgorithm) else found
    return OpenedPolicy(policy, None, type(policy).__name__)


def _check(policy: BasePolicy, path: Path) -> None:
    known = isinstance(policy, (SACPolicy, TD3Policy, ActorCriticPolicy))
    if not known or not isinstance(policy.action_space, spaces.Box):
        raise SimfactorError(
            f"{path} holds a {type(policy).__name__} with actions {policy.action_space}, which cannot be "
            f"exported; supported are continuous actions (Box) of {SUPPORTED}."
        )
    observed = policy.observation_space
    if not isinstance(observed, spaces.Box) or len(observed.shape) != 1:
        raise SimfactorError(
            f"{path} acts on {observed}, not on latents; train it on LatentObservation to deploy it behind "
            "an encoder."
        )
