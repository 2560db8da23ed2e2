"""What acts, whatever it was opened from."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np

from simfactor.agents.observations import shape_of
from simfactor.errors import SimfactorError


@dataclass(frozen=True)
class Policy:
    """What acts, and what its file says about what it sees and does.

    act: observation of one environment -> its action, the same every time: it knows nothing of earlier steps.
    Raises SimfactorError for observations of another shape. observation_space, action_space: as the
    environment has them, pictures with channels last; None if the file does not say. version: 16 hexadecimal
    digits of a checksum of the file, or of a function's source file. measured: factors whose latents it was
    shown as measured (:class:`simfactor.envs.MeasuredLatents`), as far as the file says.
    """

    act: Callable[[Any], Any]
    observation_space: gym.Space[Any] | None
    action_space: gym.Space[Any] | None
    version: str
    measured: tuple[str, ...] = ()


def version_of(*files: Path) -> str:
    """Changes with what is in the files."""
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def only_row(result: Any, policy: str) -> Any:
    """The action (...) in a network's result (1, ...) for a batch of one; one integer comes as a number."""
    rows = np.asarray(result)
    if rows.shape[:1] != (1,):
        raise SimfactorError(
            f"{policy} gave a result of shape {rows.shape} for a batch of one observation; what it gives "
            "first must be actions with the batch in front, (1, ...): save it so."
        )
    return rows[0]


@contextmanager
def explained(policy: str, observation: Any) -> Iterator[None]:
    """Name the observation's shape when what a network does with it fails."""
    try:
        yield
    except SimfactorError:
        raise
    except Exception as error:  # whatever the network raises
        raise SimfactorError(
            f"{policy} cannot act on an observation of shape {shape_of(observation)}: {last_line(error)}; "
            "wrap the environment as it was wrapped in training."
        ) from error


def last_line(error: Exception) -> str:
    """What went wrong, without the traceback that torch puts in front of it."""
    lines = str(error).strip().splitlines()
    return lines[-1] if lines else type(error).__name__
