"""The statistics that a policy's observations were normalised with: Stable-Baselines3's VecNormalize."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import gymnasium as gym
from stable_baselines3.common.vec_env import VecNormalize

from simfactor.agents.policy_files.fits import takes
from simfactor.agents.policy_files.policy import last_line
from simfactor.errors import SimfactorError

RAW = "none"


def statistics_file(path: Path, normalize: str | Path | None) -> Path | None:
    """The file of what normalises observations. Raises SimfactorError if it is not clear whether one does."""
    if normalize is None:
        folders = (path.parent, path.with_suffix(""))
        beside = sorted(file for folder in folders for file in folder.glob("*vec*normalize*.pkl"))
        if beside:
            raise SimfactorError(
                f"beside {path} lies {beside[0]}; say whether the policy saw normalised observations: "
                f"normalize={str(beside[0])!r}, or normalize={RAW!r}."
            )
        return None
    if str(normalize) == RAW:
        return None
    if not Path(normalize).is_file():
        raise SimfactorError(f"there is no file {str(normalize)!r} to normalise with; name one, or {RAW!r}.")
    return Path(normalize)


def read_statistics(path: Path, space: gym.Space[Any]) -> VecNormalize:
    """What normalises the observations of a policy. It needs no environment for that, other than to learn.

    Raises SimfactorError for other files, and for statistics of other observations.
    """
    try:
        with path.open("rb") as file:
            found = pickle.load(file)
    except Exception as error:  # whatever the classes in the pickle raise
        raise SimfactorError(f"{path} cannot be opened ({last_line(error)}); save it again.") from error
    if not isinstance(found, VecNormalize):
        raise SimfactorError(
            f"{path} holds a {type(found).__name__}; name what VecNormalize.save wrote, or {RAW!r}."
        )
    if not takes(space, found.observation_space):
        raise SimfactorError(
            f"{path} normalises {found.observation_space} but the policy observes {space}; name the file of "
            "its training."
        )
    return found
