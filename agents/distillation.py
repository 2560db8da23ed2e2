"""A student that sees what a camera sees learns from a teacher that knows the truth.

DAgger (Ross et al. 2011, "A reduction of imitation learning and structured prediction to no-regret online
learning"): the student acts, and the teacher says at every step what it would have done. With a teacher that
sees more than the student ever will, this is usual in sim-to-real work (Chen et al. 2019, "Learning by
cheating").
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from stable_baselines3.common.buffers import ReplayBuffer
from stable_baselines3.common.type_aliases import DictReplayBufferSamples, ReplayBufferSamples

from simfactor.agents.lean_sac import LeanSAC
from simfactor.errors import SimfactorError

ADVICE = "advice"  # in info: what the teacher would have done in the state that the step left


class StudentSAC(LeanSAC):
    """The actor of SAC, for flat observations, trained to do what the teacher advised, whatever the reward.

    The replay buffer holds the advice in place of the action taken, so what augments latents augments the
    student's. The environment must be an :class:`simfactor.agents.Advised` one, or its first step raises
    SimfactorError.
    """

    def predict(
        self, observation: Any, state: Any = None, episode_start: Any = None, deterministic: bool = True
    ) -> tuple[NDArray[Any], Any]:
        """Never sampled: the spread of the actor's actions is not trained."""
        return super().predict(observation, state, episode_start, deterministic=True)

    def _store_transition(
        self,
        replay_buffer: ReplayBuffer,
        buffer_action: NDArray[np.floating],
        new_obs: Any,
        reward: NDArray[np.floating],
        dones: NDArray[np.bool_],
        infos: list[dict[str, Any]],
    ) -> None:
        if any(ADVICE not in info for info in infos):
            raise SimfactorError(
                f"info lacks {ADVICE!r}, so nobody teaches; wrap the environment in Advised, or use 'sac'."
            )
        advice = np.stack([info[ADVICE] for info in infos]).astype(buffer_action.dtype)
        super()._store_transition(replay_buffer, advice, new_obs, reward, dones, infos)

    def _update(self, batch: ReplayBufferSamples | DictReplayBufferSamples) -> None:
        features = self.actor.latent_pi(self.actor.features_extractor(batch.observations))
        loss = (torch.tanh(self.actor.mu(features)) - batch.actions).square().mean()
        self.actor.optimizer.zero_grad()
        loss.backward()
        self.actor.optimizer.step()
