"""The learning algorithms and their hyperparameters; the defaults are tuned for reaching."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args

import gymnasium as gym
import numpy as np
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.noise import NormalActionNoise
from stable_baselines3.common.policies import ActorCriticPolicy

from simfactor.agents.augmentation import LatentAugmenter
from simfactor.agents.buffers import AugmentedReplayBuffer
from simfactor.agents.distillation import StudentSAC
from simfactor.agents.drac import DracPPO
from simfactor.agents.image_augmentation import ImageAugmenter
from simfactor.agents.image_features import ImageFeatures
from simfactor.agents.latent_features import LatentFeatures
from simfactor.agents.lean_sac import LeanSAC
from simfactor.agents.own_numbers import PROPRIOCEPTION, knows_itself
from simfactor.agents.pixel_buffer import PixelReplayBuffer
from simfactor.agents.pixel_policy import AsymmetricPolicy, PixelPolicy
from simfactor.agents.standardize import Standardize, observation_statistics
from simfactor.errors import SimfactorError, unknown_name

Critic: TypeAlias = Literal["observation", "state"]

# kept out of saved models, for a bank of latents may be in there
REPLAY = ("replay_buffer_class", "replay_buffer_kwargs")  # a checkpoint has the buffer itself
UNSAVED = (*REPLAY, "augmenter")  # acting needs none of it


@dataclass(frozen=True)
class Sac:
    """Soft actor-critic (Haarnoja et al. 2018), off-policy: few environment steps, and it can augment.

    network: units of each hidden layer. batch_size: transitions per update. target_rate: how far the target
    network moves per update. entropy: the entropy coefficient, or ``"auto_0.03"`` to learn it from there; it
    is in units of reward, so a start of 1 drowns rewards of a few centimetres. warmup: random steps before
    learning. updates: gradient steps per environment step. critic: what values are learned from:
    ``observation``, or ``state``: the truth, where the environment shows ``pixels+state``.
    Raises SimfactorError for values out of range.
    """

    network: tuple[int, ...] = (64, 64)
    batch_size: int = 128
    learning_rate: float = 3e-3
    discount: float = 0.9
    target_rate: float = 0.02
    entropy: float | str = "auto_0.03"
    warmup: int = 100
    updates: int = 1
    buffer_size: int = 100_000
    critic: Critic = "observation"

    def __post_init__(self) -> None:
        check_ranges(self, positive=("batch_size", "learning_rate", "warmup", "updates", "buffer_size"))
        if self.critic not in get_args(Critic):
            raise unknown_name("critic", self.critic, get_args(Critic))

    @property
    def asymmetric(self) -> bool:
        """Whether the critic sees the truth."""
        return self.critic == "state"


@dataclass(frozen=True)
class Ppo:
    """Proximal policy optimisation (Schulman et al. 2017), on-policy: many cheap steps. It augments as DrAC.

    network, batch_size, learning_rate, discount: as in :class:`Sac`. rollout: steps between updates, and
    training runs to a multiple of it. epochs: passes over each rollout. entropy: weight of the entropy bonus.
    agreement: with augmentations, of latents or images, weight of DrAC's terms
    (:mod:`simfactor.agents.drac`).
    Raises SimfactorError for values out of range.
    """

    network: tuple[int, ...] = (64, 64)
    batch_size: int = 128
    learning_rate: float = 1e-3
    discount: float = 0.9
    rollout: int = 1024
    epochs: int = 10
    entropy: float = 0.0
    agreement: float = 0.1

    def __post_init__(self) -> None:
        check_ranges(self, positive=("batch_size", "learning_rate", "rollout", "epochs", "agreement"))


@dataclass(frozen=True)
class Dagger:
    """Imitation of a teacher that knows the truth (:mod:`simfactor.agents.distillation`); it can augment.

    network, batch_size, learning_rate, warmup, updates, buffer_size: as in :class:`Sac`. noise: standard
    deviation of what is added to the student's actions, so that it gets off its path and back. Raises
    SimfactorError for values out of range.
    """

    network: tuple[int, ...] = (64, 64)
    batch_size: int = 128
    learning_rate: float = 3e-3
    noise: float = 0.2
    warmup: int = 100
    updates: int = 1
    buffer_size: int = 100_000

    def __post_init__(self) -> None:
        check_ranges(
            self, positive=("batch_size", "learning_rate", "noise", "warmup", "updates", "buffer_size")
        )


Algorithm: TypeAlias = Sac | Ppo | Dagger
ALGORITHMS: dict[str, type[Sac] | type[Ppo] | type[Dagger]] = {"sac": Sac, "ppo": Ppo, "dagger": Dagger}
CLASSES: dict[str, type[BaseAlgorithm]] = {"sac": LeanSAC, "ppo": DracPPO, "dagger": StudentSAC}


def resolve_algorithm(algorithm: str | Algorithm) -> Algorithm:
    """The algorithm itself, or the named one with its defaults. Raises SimfactorError for unknown names."""
    if not isinstance(algorithm, str):
        return algorithm
    if algorithm not in ALGORITHMS:
        raise unknown_name("algorithm", algorithm, ALGORITHMS)
    return ALGORITHMS[algorithm]()


def name_of(algorithm: Algorithm) -> str:
    """``sac``, ``ppo`` or ``dagger``."""
    return type(algorithm).__name__.lower()


def describe(algorithm: Algorithm) -> dict[str, Any]:
    """The algorithm as JSON-able data, its name included."""
    return {"name": name_of(algorithm), **asdict(algorithm), "network": list(algorithm.network)}


def build_model(
    algorithm: Algorithm,
    env: gym.Env[Any, Any],
    steps: int,
    seed: int,
    augmenter: LatentAugmenter | ImageAugmenter,
    standardize: bool,
    pretrained: LatentFeatures | None = None,
) -> BaseAlgorithm:
    """A fresh model on the CPU for a training of ``steps`` steps.

    It seeds the environment and (it is Stable-Baselines3) all global generators with ``seed``.
    augmenter: that of images makes an agent on images, and on the robot's own numbers if they are observed,
    too. standardize: whether the network standardises flat observations, see :class:`Standardize`.
    pretrained: what an agent on images starts from. Raises SimfactorError if the algorithm cannot learn from
    images.
    """
    policy: dict[str, Any] = {"net_arch": list(algorithm.network), "optimizer_kwargs": {"fused": True}}
    if standardize:
        policy["features_extractor_class"] = Standardize
        policy["features_extractor_kwargs"] = observation_statistics(env, seed)
    if isinstance(augmenter, ImageAugmenter) and knows_itself(env.observation_space):
        policy[PROPRIOCEPTION] = observation_statistics(env, seed, PROPRIOCEPTION)
    common = {
        "learning_rate": algorithm.learning_rate,
        "batch_size": algorithm.batch_size,
        "policy_kwargs": policy,
        "seed": seed,
        "device": "cpu",
    }
    if isinstance(algorithm, Ppo):
        return _build_ppo(algorithm, env, steps, augmenter, common)
    if pretrained is not None:
        policy["pretrained"] = pretrained.describe()
    model = _build_off_policy(algorithm, env, steps, augmenter, common)
    if pretrained is not None:
        assert isinstance(model.policy, PixelPolicy)
        model.policy.start_from(pretrained)
    return model


def _build_off_policy(
    algorithm: Sac | Dagger,
    env: gym.Env[Any, Any],
    steps: int,
    augmenter: LatentAugmenter | ImageAugmenter,
    common: dict[str, Any],
) -> BaseAlgorithm:
    replay: dict[str, Any] = {}
    policy: str | type[PixelPolicy] = "MlpPolicy"
    arguments = {"augmenter": augmenter, "seed": common["seed"], "steps": steps}
    if isinstance(augmenter, ImageAugmenter):
        if isinstance(algorithm, Dagger):
            raise SimfactorError("dagger learns from flat observations only; use latents of the images.")
        policy = AsymmetricPolicy if algorithm.asymmetric else PixelPolicy
        replay = {"replay_buffer_class": PixelReplayBuffer, "replay_buffer_kwargs": arguments}
    elif augmenter.changes:
        replay = {"replay_buffer_class": AugmentedReplayBuffer, "replay_buffer_kwargs": arguments}
    common |= {
        **replay,
        "buffer_size": min(algorithm.buffer_size, steps),
        "learning_starts": algorithm.warmup,
        "gradient_steps": algorithm.updates,
    }
    if isinstance(algorithm, Dagger):
        spread = np.full(env.action_space.shape or (), algorithm.noise)
        return StudentSAC(policy, env, action_noise=NormalActionNoise(0 * spread, spread), **common)
    rules: dict[str, Any] = {
        "gamma": algorithm.discount,
        "ent_coef": algorithm.entropy,
        "tau": algorithm.target_rate,
    }
    if isinstance(augmenter, ImageAugmenter):
        rules["consistency"] = augmenter.consistency
    return LeanSAC(policy, env, **rules, **common)


def _build_ppo(
    ppo: Ppo,
    env: gym.Env[Any, Any],
    steps: int,
    augmenter: LatentAugmenter | ImageAugmenter,
    common: dict[str, Any],
) -> BaseAlgorithm:
    if isinstance(augmenter, ImageAugmenter):
        policy = common["policy_kwargs"]
        own = {PROPRIOCEPTION: policy.pop(PROPRIOCEPTION)} if PROPRIOCEPTION in policy else {}
        policy |= {"features_extractor_class": ImageFeatures, "features_extractor_kwargs": own}
    common |= {"gamma": ppo.discount, "ent_coef": ppo.entropy, "steps": steps, "agreement": ppo.agreement}
    passes = {"n_steps": ppo.rollout, "n_epochs": ppo.epochs}
    return DracPPO(ActorCriticPolicy, env, augmenter=augmenter, **passes, **common)


def check_ranges(algorithm: Algorithm, positive: tuple[str, ...]) -> None:
    """Raise SimfactorError unless the named fields are positive, the discount is in [0, 1) and the network
    has positive widths."""
    object.__setattr__(algorithm, "network", tuple(algorithm.network))
    for name in positive:
        if not getattr(algorithm, name) > 0:
            raise SimfactorError(
                f"{name_of(algorithm)}: {name}={getattr(algorithm, name)!r} must be above 0."
            )
    if not isinstance(algorithm, Dagger) and not 0 <= algorithm.discount < 1:
        raise SimfactorError(f"{name_of(algorithm)}: discount={algorithm.discount!r} must be in [0, 1).")
    if not all(isinstance(width, int) and width > 0 for width in algorithm.network):
        raise SimfactorError(f"{name_of(algorithm)}: network={algorithm.network!r} must be positive widths.")


def load_model(algorithm: str, path: Path, **options: Any) -> BaseAlgorithm:
    """A model that was saved without its replay buffer, on the CPU."""
    return CLASSES[algorithm].load(path, device="cpu", **options)
