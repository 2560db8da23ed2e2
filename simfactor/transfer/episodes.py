"""One trained agent in one domain: its episodes as arrays, and the film of the first."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from simfactor.errors import SimfactorError
from simfactor.factors import FactorSpace
from simfactor.transfer.domain import Domain

Act: TypeAlias = Callable[[Any], Any]  # observation -> action
MakeEnv: TypeAlias = Callable[[FactorSpace], gym.Env]
Film: TypeAlias = NDArray[np.uint8]
Frames: TypeAlias = int | Sequence[int]  # how many, evenly spaced, or at which steps and then the last


@dataclass(frozen=True, eq=False)
class Episodes:
    """E episodes of one trained agent in one domain.

    seeds (E,) int64 episode seeds; success (E,) bool; returns (E,) float64; lengths (E,) int64 steps;
    rows (E, K) float64 factor rows at the start, columns as in the domain's space; task_error (E,) float64
    what the environment told of it (:class:`simfactor.envs.TrueTaskLatents`), mean over the episode, or None;
    film (F, H, W, 3) uint8 frames of the first episode, or None if the environment shows nothing.
    """

    domain: str
    seeds: NDArray[np.int64]
    success: NDArray[np.bool_]
    returns: NDArray[np.float64]
    lengths: NDArray[np.int64]
    rows: NDArray[np.float64]
    task_error: NDArray[np.float64] | None = None
    film: Film | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON, without the film."""
        found = {name: getattr(self, name) for name in ARRAYS}
        return {"domain": self.domain, **{n: a.tolist() for n, a in found.items() if a is not None}}

    @staticmethod
    def from_dict(data: Mapping[str, Any], film: Film | None = None) -> Episodes:
        """The episodes that :meth:`to_dict` described."""
        given = {name: dtype for name, dtype in ARRAYS.items() if name != OPTIONAL or name in data}
        arrays: dict[str, Any] = {name: np.asarray(data[name], dtype) for name, dtype in given.items()}
        return Episodes(data["domain"], **arrays, film=film)


OPTIONAL = "task_error"
ARRAYS: dict[str, type] = {
    "seeds": np.int64,
    "success": np.bool_,
    "returns": np.float64,
    "lengths": np.int64,
    "rows": np.float64,
    OPTIONAL: np.float64,
}


def evaluate_domain(
    act: Act,
    make_env: MakeEnv,
    domain: Domain,
    seeds: Sequence[int],
    film_frames: Frames = 6,
    progress: bool = True,
) -> Episodes:
    """Run one episode a seed in a domain, and film the first.

    ``film_frames``: how many frames, evenly spaced over the episode whatever its length (0: no film), or at
    which steps, in ascending order (0 is the start), as far as the episode goes; its last step is the last
    frame in any case. A frame is the picture that the agent observes or that its latents are of (``pixels``
    of :class:`simfactor.envs.LatentObservation`), else what the environment renders.

    The environment is reset with ``seed`` only; it draws its factors from the domain's space and must echo
    them in ``info["factors"]`` (name -> value). Success is ``info["is_success"]`` of an episode's last step.
    Raises SimfactorError if the environment does not keep to that, or shows factors outside the domain.
    """
    env = make_env(domain.space)
    try:
        episodes = [
            _episode(act, env, domain, int(seed), film_frames if i == 0 else 0)
            for i, seed in enumerate(tqdm(seeds, desc=domain.name, disable=None if progress else True))
        ]
    finally:
        env.close()
    return gathered(domain, seeds, dict(zip(seeds, episodes, strict=True)))


class Episode(NamedTuple):
    """One episode: the factor row (K,) that it started with, and how it went."""

    row: NDArray[np.float64]
    success: bool
    total: float
    length: int
    task_error: float = math.nan
    film: Film | None = None


def gathered(domain: Domain, seeds: Sequence[int], episodes: Mapping[int, Episode]) -> Episodes:
    """The episodes of ``seeds`` in their order, with the film of the first."""
    rows, successes, totals, lengths, errors, films = zip(*(episodes[seed] for seed in seeds), strict=True)
    return Episodes(
        domain.name,
        np.asarray(seeds, np.int64),
        np.asarray(successes, bool),
        np.asarray(totals, np.float64),
        np.asarray(lengths, np.int64),
        np.stack(rows),
        None if np.isnan(errors).any() else np.asarray(errors, np.float64),
        films[0],
    )


def _episode(act: Act, env: gym.Env, domain: Domain, seed: int, film_frames: Frames) -> Episode:
    observation, info = env.reset(seed=seed)
    row = factor_row(info, domain)
    film = _Camera(film_frames) if isinstance(film_frames, int) else _Timer(film_frames)
    film.see(env, observation)
    total, length, over = 0.0, 0, False
    errors = [info.get(OPTIONAL, math.nan)]
    while not over:
        observation, reward, terminated, truncated, info = env.step(act(observation))
        total, length, over = total + float(reward), length + 1, bool(terminated or truncated)
        errors.append(info.get(OPTIONAL, math.nan))
        film.see(env, observation, last=over)
    if "is_success" not in info:
        raise SimfactorError(
            f"the last step in domain {domain.name!r} gave info with {sorted(info)}, no 'is_success'; "
            "the environment must say there whether the episode succeeded."
        )
    return Episode(row, bool(info["is_success"]), total, length, float(np.mean(errors)), film.frames)


def factor_row(info: Mapping[str, Any], domain: Domain) -> NDArray[np.float64]:
    """The row (K,) of what an environment told at reset. Raises SimfactorError if it is not of the domain."""
    values = info.get("factors", {})
    missing = [name for name in domain.space.names if name not in values]
    if missing:
        raise SimfactorError(
            f"info['factors'] of reset lacks {', '.join(missing)}, which domain {domain.name!r} controls; "
            "wrap the environment in FactorControl with the domain's space."
        )
    try:
        return domain.space.encode({name: values[name] for name in domain.space.names})
    except SimfactorError as error:
        raise SimfactorError(f"the environment left domain {domain.name!r}: {error}") from error


class _Camera:
    """Keeps a few evenly spaced frames of an episode whose length is not known beforehand.

    Sees every ``stride``-th step; when it holds twice what is wanted, every other frame goes and the stride
    doubles, so that rendering stays rare.
    """

    def __init__(self, wanted: int) -> None:
        self.wanted = wanted
        self._stride = 1
        self._step = 0
        self._kept: list[Film] = []

    def see(self, env: gym.Env, observation: Any, last: bool = False) -> None:
        due = self._step % self._stride == 0 or last
        self._step += 1
        if not (self.wanted and due):
            return
        frame = _picture(env, observation)
        if frame is None:
            self.wanted = 0
            return
        self._kept.append(frame)
        if len(self._kept) == 2 * self.wanted and not last:
            self._kept, self._stride = self._kept[::2], 2 * self._stride

    @property
    def frames(self) -> Film | None:
        if not (self.wanted and self._kept):
            return None
        chosen = np.linspace(0, len(self._kept) - 1, min(self.wanted, len(self._kept))).round().astype(int)
        return np.stack([self._kept[i] for i in chosen])


class _Timer:
    """Keeps the frames of some steps, and the last."""

    def __init__(self, steps: Sequence[int]) -> None:
        self.steps = frozenset(steps)
        self._step = 0
        self._kept: list[Film] = []

    def see(self, env: gym.Env, observation: Any, last: bool = False) -> None:
        due = self._step in self.steps or last
        self._step += 1
        if due and (frame := _picture(env, observation)) is not None:
            self._kept.append(frame)

    @property
    def frames(self) -> Film | None:
        return np.stack(self._kept) if self._kept else None


def _picture(env: gym.Env, observation: Any) -> Film | None:
    observed = observation.get("pixels") if isinstance(observation, Mapping) else observation
    encoded = env.get_wrapper_attr("pixels") if env.has_wrapper_attr("pixels") else None
    for pixels in (observed, encoded):
        if isinstance(pixels, np.ndarray) and pixels.dtype == np.uint8 and pixels.shape[2:] == (3,):
            return pixels.copy()
    if env.render_mode == "rgb_array":
        return np.asarray(env.render(), np.uint8)
    return None
