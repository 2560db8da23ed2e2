"""Success of environments that do not call it ``is_success``."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
from gymnasium.utils import RecordConstructorArgs

from simfactor.errors import SimfactorError


class Success(gym.Wrapper[Any, Any, Any, Any], RecordConstructorArgs):
    """Tells ``info["is_success"]`` at every step.

    Args:
        env: any environment.
        key: what it calls success in its own ``info``; it may leave it out of steps before the last.
        least_return: or how much an episode must have returned to be a success.

    Raises SimfactorError unless one of both is given, and at the end of an episode whose ``info`` has no
    ``key``.
    """

    def __init__(
        self, env: gym.Env[Any, Any], key: str | None = None, least_return: float | None = None
    ) -> None:
        RecordConstructorArgs.__init__(self, key=key, least_return=least_return)
        gym.Wrapper.__init__(self, env)
        if (key is None) == (least_return is None):
            raise SimfactorError(
                f"key={key!r}, least_return={least_return!r}: give one of them, a key of info or a return."
            )
        self.key, self.least_return = key, least_return
        self._returned = 0.0

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """As the environment's own."""
        self._returned = 0.0
        return self.env.reset(seed=seed, options=options)

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        """As the environment's own, with ``is_success`` in the info."""
        observation, reward, terminated, truncated, info = self.env.step(action)
        self._returned += float(reward)
        if self.least_return is not None:
            told = {**info, "is_success": self._returned >= self.least_return}
        elif self.key in info:
            told = {**info, "is_success": bool(info[self.key])}
        elif terminated or truncated:
            raise SimfactorError(
                f"the last step gave info with {sorted(info)}, no {self.key!r}; name the key under which the "
                "environment says whether the episode succeeded, or the least return of a success."
            )
        else:
            told = info
        return observation, reward, terminated, truncated, told
