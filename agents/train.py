"""Training of one agent: seeded, checkpointed, resumed, and not done twice."""

from __future__ import annotations

import contextlib
import functools
import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeAlias

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.logger import Logger
from stable_baselines3.common.off_policy_algorithm import OffPolicyAlgorithm

from simfactor.agents import checkpoints
from simfactor.agents.agent import MODEL, Agent, load_agent
from simfactor.agents.algorithms import Algorithm, describe, name_of, resolve_algorithm
from simfactor.agents.augmentation import Augmentation, resolve_augmentations
from simfactor.agents.description import check_same, read_description, write_description
from simfactor.agents.image_augmentation import ImageAugmentation, ImageAugmenter
from simfactor.agents.isolation import isolated
from simfactor.agents.latent_features import FineTune
from simfactor.agents.models import UNSAVED, build_model, load_model
from simfactor.agents.observations import check_critic, check_learner, check_observations, opened_encoder
from simfactor.agents.record import Record
from simfactor.encoders.layout import LatentLayout
from simfactor.errors import SimfactorError

MakeEnv: TypeAlias = Callable[[], gym.Env[Any, Any]]
QUIET = 2**62  # episodes (SAC) or rollouts (PPO) between two logs of Stable-Baselines3: none
Model: TypeAlias = tuple[BaseAlgorithm, tuple[int, ...]]  # and the seeds its environment was reset with


def train_agent(
    make_env: MakeEnv,
    out: str | Path,
    *,
    algorithm: str | Algorithm = "sac",
    steps: int = 3000,
    seed: int = 0,
    layout: LatentLayout | None = None,
    augmentations: Iterable[Augmentation] = (),
    latent_bank: NDArray[np.floating] | None = None,
    image_augmentations: Iterable[ImageAugmentation] = (),
    fine_tune: FineTune | None = None,
    about: Mapping[str, Any] | None = None,
    checkpoint_every: int = 1000,
    progress: bool = True,
) -> Agent:
    """Train an agent in ``make_env()`` for ``steps`` steps and leave it in the folder ``out``.

    One seed gives bit-equal agents on one CPU. Every ``checkpoint_every`` steps, and on Ctrl-C, weights and
    replay buffer are written; the same call later resumes from there, in a fresh episode and with fresh
    random streams, so not bit for bit what an uninterrupted training gives. A finished training is loaded.

    Args:
        algorithm: ``"sac"``, ``"ppo"``, or a :class:`Sac` or :class:`Ppo` with other hyperparameters.
        layout: the blocks of the observation if it is latents (``observed_layout`` of the encoder's layout
            and the chosen blocks); None for images, and for a state, which the network standardises.
        augmentations: factor-wise, of replayed latents.
        latent_bank: (m, L) latents that augmentations other than ``swap`` draw from.
        image_augmentations: of replayed images, in the order in which they are applied.
        fine_tune: the trained encoder that an agent on images starts from.
        about: JSON-able; whatever else decides the result, as the encoder's checksum and the factor space.
            It is kept with the agent, and a stored agent is taken only if it is the same.

    Raises SimfactorError for an observation that is neither flat nor images or does not fit the layout, the
    algorithm or the encoder, an augmentation that cannot be, and a folder whose training had other arguments.
    """
    folder = Path(out)
    algorithm = resolve_algorithm(algorithm)
    augmentations = tuple(augmentations)
    augmenter = resolve_augmentations(augmentations, layout, latent_bank)
    image_augmenter = ImageAugmenter(tuple(image_augmentations))
    check_learner(algorithm, image_augmenter, fine_tune)
    if steps < 1:
        raise SimfactorError(f"steps={steps!r} must be at least 1.")
    arguments = {
        "algorithm": describe(algorithm),
        "steps": steps,
        "seed": seed,
        "layout": None if layout is None else layout.to_dict(),
        "augmentations": [{**asdict(a), "factors": list(a.factors)} for a in augmentations],
        "latent_bank": _checksum(latent_bank),
        "about": dict(about or {}),
    }
    if image_augmenter.changes:
        arguments["image_augmentations"] = [asdict(change) for change in image_augmenter.changes]
    if fine_tune is not None:
        arguments["fine_tune"] = fine_tune.describe()
    stored = read_description(folder)
    if stored is not None and (stored["finished"] or checkpoints.latest_checkpoint(folder)):
        check_same(stored["arguments"], arguments, folder)
        if stored["finished"]:
            return load_agent(folder)
    folder.mkdir(parents=True, exist_ok=True)
    write_description(folder, arguments, (), finished=False)
    with isolated(), contextlib.closing(make_env()) as env:
        images = check_observations(env.observation_space, layout, image_augmenter)
        check_critic(algorithm, env.observation_space, image_augmenter)
        pretrained = opened_encoder(fine_tune, env.observation_space, images)
        build = functools.partial(
            build_model,
            algorithm,
            env,
            steps,
            augmenter=image_augmenter if images else augmenter,
            standardize=layout is None and not images,
            pretrained=pretrained,
        )
        model, seeds = _start_or_resume(folder, algorithm, env, seed, build)
        _learn(model, folder, steps, seeds, checkpoint_every, progress)
        model.save(folder / MODEL, exclude=UNSAVED)
    write_description(folder, arguments, seeds, finished=True)
    checkpoints.remove_checkpoints(folder)
    return load_agent(folder)


def environment_seed(seed: int, step: int) -> int:
    """The seed that a training (re)started at ``step`` resets its environment with.

    A hash: were it ``seed`` itself, training seed 3 would practise the episode of test seed 3.
    """
    return int(np.random.SeedSequence([seed, step]).generate_state(1)[0])


def _start_or_resume(
    folder: Path,
    algorithm: Algorithm,
    env: gym.Env[Any, Any],
    seed: int,
    build: Callable[..., BaseAlgorithm],
) -> Model:
    """A fresh model, or the one at the newest checkpoint."""
    checkpoint = checkpoints.latest_checkpoint(folder)
    if checkpoint is None:
        first = environment_seed(seed, 0)
        return build(seed=first), (first,)
    model = load_model(name_of(algorithm), checkpoint / checkpoints.MODEL, env=env)
    if isinstance(model, OffPolicyAlgorithm):
        model.load_replay_buffer(checkpoint / checkpoints.REPLAY)
    # the streams of the first start would repeat its episodes and its noise
    fresh = environment_seed(seed, model.num_timesteps)
    model.set_random_seed(fresh)
    return model, (*checkpoints.read_state(checkpoint)["environment_seeds"], fresh)


def _learn(
    model: BaseAlgorithm, folder: Path, steps: int, seeds: tuple[int, ...], every: int, progress: bool
) -> None:
    start = model.num_timesteps
    save = functools.partial(checkpoints.save_checkpoint, folder, model, {"environment_seeds": seeds})
    record = Record(folder, start, steps, save, every, progress)
    # its own would leave an empty folder in the system's temporary one
    model.set_logger(Logger(folder=None, output_formats=[]))
    try:
        model.learn(steps - start, callback=record, log_interval=QUIET, reset_num_timesteps=False)
    except KeyboardInterrupt:
        save()
        raise
    finally:
        record.close()


def _checksum(array: NDArray[np.floating] | None) -> str | None:
    if array is None:
        return None
    return hashlib.sha256(repr(array.shape).encode() + np.ascontiguousarray(array).tobytes()).hexdigest()[:16]
