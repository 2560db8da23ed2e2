"""Whether a policy can act in an environment, as far as its file tells."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium import spaces

from simfactor.agents.policy_files.policy import Policy
from simfactor.errors import SimfactorError


def check_fits(policy: Policy, observation_space: gym.Space[Any], action_space: gym.Space[Any]) -> None:
    """Raise SimfactorError that names both spaces if the policy cannot act in an environment with these.

    Shapes, kinds of numbers and keys must agree; bounds may differ, keys that it does not know are left out,
    and channels may come first or last. What its file does not say is not checked.
    """
    if policy.observation_space is not None and not takes(policy.observation_space, observation_space):
        raise SimfactorError(
            f"the policy observes {policy.observation_space} but the environment gives {observation_space}; "
            "wrap the environment as it was wrapped in training, or name a policy that was trained in it."
        )
    if policy.action_space is not None and not takes(action_space, policy.action_space):
        raise SimfactorError(
            f"the policy acts in {policy.action_space} but the environment takes {action_space}; "
            "wrap the environment as it was wrapped in training, or name a policy that was trained in it."
        )


def takes(wanted: gym.Space[Any], given: gym.Space[Any]) -> bool:
    """Whether what is in ``given`` can be used where ``wanted`` is."""
    if isinstance(wanted, spaces.Dict):
        return isinstance(given, spaces.Dict) and all(
            key in given.spaces and takes(part, given[key]) for key, part in wanted.spaces.items()
        )
    if isinstance(wanted, spaces.Box) and isinstance(given, spaces.Box):
        return _box_takes(channels_last(wanted), channels_last(given))
    return bool(wanted == given)


def channels_last(space: Any) -> Any:
    """The space with the channels of its pictures last: of a Box of three axes, the first the shortest."""
    if isinstance(space, spaces.Dict):
        return spaces.Dict({key: channels_last(part) for key, part in space.spaces.items()})
    if not isinstance(space, spaces.Box) or len(space.shape) != 3 or space.shape[0] >= min(space.shape[1:]):
        return space
    low, high = (np.moveaxis(bound, 0, -1) for bound in (space.low, space.high))
    return spaces.Box(low, high, dtype=space.dtype)


def _box_takes(wanted: Any, given: Any) -> bool:
    if wanted.shape != given.shape:
        return False
    if wanted.dtype.kind == given.dtype.kind:
        return True
    # whole numbers can pass as floats of their range: pixels to 255 are not those to 1
    inside = (wanted.low <= given.low).all() and (given.high <= wanted.high).all()
    return wanted.dtype.kind == "f" and bool(inside)
