"""What has to be known to test one trained agent in one domain, in any process."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass

from simfactor.transfer.batched import MakeVector
from simfactor.transfer.domain import Domain, check_name
from simfactor.transfer.episodes import Act, MakeEnv


@dataclass(frozen=True)
class Job:
    """One trained agent in one domain; it must pickle, because it may run in another process.

    ``open_agent()`` returns observation -> action (``functools.partial`` of a loader and its path) and
    ``make_env(space)`` the environment. ``seed`` is the agent's training seed. ``version`` names all that
    decides the outcome and is not written here (the weights' checksum, the environment's options): a stored
    result is taken only if it was made with the same version, space and episode seeds. ``film_frames`` of the
    first episode are kept (:func:`evaluate_domain`). With ``make_vector`` episodes are run several at a time
    (:func:`evaluate_batched`), and ``make_env`` only shows the film.
    """

    agent: str
    seed: int
    domain: Domain
    open_agent: Callable[[], Act]
    make_env: MakeEnv
    episode_seeds: tuple[int, ...]
    version: str = ""
    film_frames: int | tuple[int, ...] = 6
    make_vector: MakeVector | None = None

    def __post_init__(self) -> None:
        check_name("agent", self.agent)

    @property
    def name(self) -> str:
        """What the stored result's files are called."""
        return f"{self.agent}.{self.seed}.{self.domain.name}"

    @property
    def fingerprint(self) -> str:
        """Changes with everything that decides the result."""
        space = self.domain.space.to_dict()
        what = [self.name, self.version, self.domain.renderer, space, list(self.episode_seeds)]
        if isinstance(self.film_frames, tuple):
            what.append(list(self.film_frames))
        return hashlib.sha256(json.dumps(what).encode()).hexdigest()[:16]
