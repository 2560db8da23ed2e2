"""On-policy learning that augments: PPO with DrAC's terms.

A rollout stores the log-probability of each action under the observation it was taken for. Change the
observation afterwards, and PPO's ratio ``pi_new(a | changed) / pi_old(a | seen)`` is no longer an importance
weight. Raileanu et al. 2021 (arXiv:2006.12862) therefore leave PPO's own terms alone, and add two: policy and
value on the changed observation shall be those on the one that was seen. Latents are changed block by block;
images by all declared changes together, one of which may be the same state with other nuisances.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from stable_baselines3 import PPO
from stable_baselines3.common.policies import ActorCriticPolicy
from stable_baselines3.common.type_aliases import PyTorchObs
from torch import Tensor
from torch.distributions import Normal, kl_divergence
from torch.nn.functional import mse_loss

from simfactor.agents.augmentation import LatentAugmenter
from simfactor.agents.image_augmentation import ImageAugmenter
from simfactor.agents.pixel_policy import COUNTERFACTUAL, PIXELS, to_float

NOTHING = LatentAugmenter(())


class DracPPO(PPO):
    """PPO for flat observations (L,), images (3, S, S), or a Dict with these as ``pixels`` and perhaps as
    ``counterfactual``; without changes the weights are those of Stable-Baselines3's, as the tests hold, and
    nothing is logged.

    augmenter: of latents or of images. agreement: weight of DrAC's terms (alpha_r, 0.1 in the paper). steps:
    of the whole training, which strengths that rise are timed by.
    """

    def __init__(
        self,
        *args: Any,
        augmenter: LatentAugmenter | ImageAugmenter = NOTHING,
        agreement: float = 0.1,
        steps: int = 1,
        **kwargs: Any,
    ) -> None:
        self.augmenter, self.agreement, self.steps = augmenter, agreement, steps
        self.generator = np.random.default_rng(kwargs.get("seed"))
        self.image_generator = torch.Generator().manual_seed(kwargs.get("seed") or 0)
        super().__init__(*args, **kwargs)

    def train(self) -> None:
        """The epochs over a rollout."""
        self.policy.set_training_mode(True)
        for _ in range(self.n_epochs):
            for batch in self.rollout_buffer.get(self.batch_size):
                loss = self._loss(batch)
                if self.augmenter.changes:
                    loss = loss + self.agreement * self._disagreement(batch.observations)
                self.policy.optimizer.zero_grad()
                loss.backward()
                torch.nn.utils.clip_grad_norm_(self.policy.parameters(), self.max_grad_norm)
                self.policy.optimizer.step()
        self._n_updates += self.n_epochs

    def _loss(self, batch: Any) -> Tensor:
        """PPO's own (Schulman et al. 2017, arXiv:1707.06347, equation 9)."""
        values, log_prob, entropy = self.policy.evaluate_actions(batch.observations, batch.actions)
        assert entropy is not None
        advantages = batch.advantages
        if self.normalize_advantage and len(advantages) > 1:
            advantages = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
        ratio = torch.exp(log_prob - batch.old_log_prob)
        assert callable(self.clip_range)  # a schedule, once the model is set up
        clip = self.clip_range(self._current_progress_remaining)
        surrogate = torch.min(advantages * ratio, advantages * ratio.clamp(1 - clip, 1 + clip)).mean()
        value_loss = mse_loss(batch.returns, values.flatten())
        return -surrogate - self.ent_coef * entropy.mean() + self.vf_coef * value_loss

    def _disagreement(self, observations: PyTorchObs) -> Tensor:
        """Kullback-Leibler divergence of policies and squared difference of values, from seen to changed."""
        views = self._changed(observations)
        with torch.no_grad():
            seen = _normal(self.policy, observations)
            value = self.policy.predict_values(observations)
        apart = kl_divergence(seen, _normal(self.policy, views)).sum(dim=1).mean()
        return apart + (self.policy.predict_values(views) - value).square().mean()

    def _changed(self, observations: PyTorchObs) -> PyTorchObs:
        progress = min(1.0, self.num_timesteps / self.steps)
        if isinstance(self.augmenter, ImageAugmenter):
            return _changed_pictures(self.augmenter, observations, self.image_generator, progress)
        assert isinstance(observations, Tensor)
        changed = self.augmenter(observations.cpu().numpy(), self.generator, progress)
        return torch.as_tensor(changed, device=self.device)


def _changed_pictures(
    augmenter: ImageAugmenter, observations: PyTorchObs, generator: torch.Generator, progress: float
) -> PyTorchObs:
    """Observations of another view, with pixels as the environment gives them, from 0 to 255."""
    named = observations if isinstance(observations, dict) else {PIXELS: observations}
    other = to_float(named[COUNTERFACTUAL]) if augmenter.rerenders else None
    view = augmenter.counterpart(to_float(named[PIXELS]), other, generator, progress) * 255.0
    return {**observations, PIXELS: view} if isinstance(observations, dict) else view


def _normal(policy: ActorCriticPolicy, observations: PyTorchObs) -> Normal:
    """The distribution of the actions."""
    found = policy.get_distribution(observations).distribution
    assert isinstance(found, Normal)
    return found
