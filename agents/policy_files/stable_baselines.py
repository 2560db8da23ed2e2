"""Policies that Stable-Baselines3 saved, of its own algorithms, of sb3_contrib and of users."""

from __future__ import annotations

import io
import json
import warnings
import zipfile
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import stable_baselines3
import torch
from gymnasium import spaces
from gymnasium.vector.utils import create_empty_array
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.policies import BasePolicy
from stable_baselines3.common.save_util import json_to_data
from stable_baselines3.common.vec_env import VecNormalize

from simfactor.agents.policy_files.fits import channels_last
from simfactor.agents.policy_files.normalizing import read_statistics, statistics_file
from simfactor.agents.policy_files.observations import as_wanted
from simfactor.agents.policy_files.policy import Policy, version_of
from simfactor.errors import SimfactorError, unknown_name
from simfactor.imports import import_from_here, imported

ALGORITHMS = ("A2C", "DDPG", "DQN", "PPO", "SAC", "TD3")
DATA, WEIGHTS = "data", "policy.pth"  # what is in a zip
# what the data say of the policy
POLICY = ("policy_class", "policy_kwargs", "observation_space", "action_space", "use_sde")
UNTRAINED: dict[str, Any] = {  # in place of what an algorithm needs to learn and not to act
    "buffer_size": 1,
    "n_steps": 1,
    "n_envs": 1,
    "replay_buffer_class": None,
    "replay_buffer_kwargs": {},
    "optimize_memory_usage": False,
}


def open_zip(path: Path, algorithm: str | None, normalize: str | Path | None) -> Policy:
    """The policy of a zip, opened by an algorithm if one is named. Raises SimfactorError if it is none."""
    statistics = statistics_file(path, normalize)
    predictor = read_zip(path, algorithm)
    if statistics is None:
        return acting(predictor, str(path), version_of(path))
    normalizer = read_statistics(statistics, predictor.observation_space)
    return acting(predictor, str(path), version_of(path, statistics), normalizer)


def read_zip(path: Path, algorithm: str | None) -> BaseAlgorithm | BasePolicy:
    """What predicts, of a zip, opened by an algorithm if one is named. Raises as :func:`open_zip` does."""
    _check_is_model(path)
    import_from_here()  # for classes of users
    loader = None if algorithm is None else _algorithm(algorithm)
    try:
        return _built(path) if loader is None else _loaded(path, loader)
    except Exception as error:  # whatever the classes in there raise
        raise SimfactorError(
            f"{path} cannot be opened by {algorithm or 'the policy class in it'} ({type(error).__name__}: "
            f"{error}); install the packages that it was saved with, start in the folder of its own modules, "
            f"or name its algorithm: {', '.join(ALGORITHMS)} or module:Class."
        ) from error


def acting(
    predictor: BaseAlgorithm | BasePolicy, name: str, version: str, normalizer: VecNormalize | None = None
) -> Policy:
    """The policy that a model is. Raises SimfactorError if it keeps a state between steps."""
    space = predictor.observation_space
    wanted = _shapes(space)
    nothing: Any = create_empty_array(space, fn=np.zeros)
    without_state(predictor.predict(nothing, deterministic=True), name)

    def act(observation: Any) -> Any:
        fitting = as_wanted(observation, wanted, name)
        if normalizer is not None:
            fitting = normalizer.normalize_obs(fitting)
        action, _ = predictor.predict(fitting, deterministic=True)
        return action[()]  # a number of an array without axes, else the array

    return Policy(act, channels_last(space), predictor.action_space, version)


def without_state(predicted: tuple[Any, Any], name: str) -> Any:
    """The action of what ``predict`` returned. Raises SimfactorError if there is a state beside it."""
    action, state = predicted
    if state is not None:
        raise SimfactorError(
            f"{name} keeps a state between steps (it is recurrent), but is never told when an episode "
            "begins; name a policy that acts on observations alone, for example on stacked frames."
        )
    return action


def _check_is_model(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            missing = sorted({DATA, WEIGHTS} - set(archive.namelist()))
    except zipfile.BadZipFile:
        missing = ["all that a zip has"]
    if missing:
        raise SimfactorError(
            f"{path} holds no model of Stable-Baselines3 (it lacks {', '.join(missing)}); save one with "
            f"model.save({path.name!r})."
        )


def _built(path: Path) -> BasePolicy:
    """The policy alone: an algorithm would make room for experience, and some ask for an environment."""
    with zipfile.ZipFile(path) as archive:
        stored = json.loads(archive.read(DATA))
        weights = torch.load(io.BytesIO(archive.read(WEIGHTS)), map_location="cpu", weights_only=True)
    with warnings.catch_warnings():
        warnings.filterwarnings("error", "Could not deserialize object")
        data = json_to_data(json.dumps({key: stored[key] for key in POLICY if key in stored}))
    options = dict(data["policy_kwargs"])
    if data.get("use_sde"):  # learners from rollouts do not keep it among the policy's own options
        options["use_sde"] = True
    policy: BasePolicy = data["policy_class"](
        data["observation_space"], data["action_space"], lambda _: 0.0, **options
    )
    policy.load_state_dict(weights)
    return policy


def _loaded(path: Path, algorithm: type[BaseAlgorithm]) -> BaseAlgorithm:
    return algorithm.load(path, device="cpu", custom_objects=UNTRAINED)


def _algorithm(name: str) -> type[BaseAlgorithm]:
    if ":" not in name:
        if name.upper() not in ALGORITHMS:
            raise unknown_name("algorithm", name, (*ALGORITHMS, "module:Class"))
        return getattr(stable_baselines3, name.upper())
    found = imported(name)
    if not (isinstance(found, type) and issubclass(found, BaseAlgorithm)):
        raise SimfactorError(
            f"algorithm {name!r} is {found!r}; name a subclass of stable_baselines3's BaseAlgorithm."
        )
    return found


def _shapes(space: gym.Space[Any]) -> Any:
    if isinstance(space, spaces.Dict):
        return {key: _shapes(part) for key, part in space.spaces.items()}
    return space.shape
