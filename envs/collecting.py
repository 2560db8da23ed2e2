"""Data sets of somebody else's environment: what it observes, and how that looks in many a light."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from simfactor.data import FactorDataset, Manifest
from simfactor.data.completion import complete
from simfactor.data.measured import measured_factors
from simfactor.data.pool import Flag, go_on
from simfactor.data.shards import Floats, Shard, factor_file, read_measured, write_shard
from simfactor.envs.attached import Attached
from simfactor.envs.components import components
from simfactor.envs.opening import open_env
from simfactor.errors import SimfactorError
from simfactor.factors import FactorSpace
from simfactor.frames import Images
from simfactor.render import StudioSpec
from simfactor.scene import Viewpoint
from simfactor.silence import silence

SHARD_MOMENTS = 128
EPISODE_MOMENTS = 10  # after which an episode that does not end by itself is left


@dataclass(frozen=True)
class Play:
    """What is played with random actions, and when and how often it is photographed.

    env, kwargs: of :func:`simfactor.envs.opening.open_env`. camera: what it is seen through instead of its
    own. appearances: pictures of a moment. every: steps from one moment to the next of an episode; the first
    is one of as many, by chance.
    """

    env: str
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    camera: Viewpoint | None = None
    appearances: int = 2
    every: int = 20

    def open(self, renderer: str, image_size: int) -> Attached:
        """The environment, whose pictures are ours to take."""
        env = open_env(self.env, **self.kwargs)
        if env.has_wrapper_attr("draw_factors"):
            raise SimfactorError(
                f"{self.env!r} has factors already; give the environment itself, or use `simfactor run` for "
                "simfactor's own."
            )
        return Attached(
            env, renderer=renderer, image_size=image_size, observation="state", camera=self.camera
        )

    def to_dict(self) -> dict[str, Any]:
        """As plain data. Raises SimfactorError for arguments of the environment that are not."""
        try:
            return dict(json.loads(json.dumps(asdict(self))))  # tuples as lists, as files have them
        except TypeError as error:
            raise SimfactorError(
                f"kwargs={dict(self.kwargs)!r} cannot be kept in a file ({error}); give texts and numbers, "
                "or a function of your own that puts the rest in."
            ) from None


def collect(
    play: Play,
    space: FactorSpace,
    out: str | Path,
    moments: int,
    seed: int = 0,
    renderer: str = "raster",
    image_size: int = 64,
    workers: int | None = None,
    progress: bool = True,
) -> FactorDataset:
    """Play episodes and photograph their moments into the folder ``out``, each with several appearances.

    The images' factors are those of ``space``, drawn anew for each image, and whatever the environment
    observes that varies, of role ``task``. All pictures of a moment follow each other; shards are played in
    worlds of their own, so no episode is in two of them. The data set depends on the arguments but
    ``workers`` and ``progress`` only, if the environment itself follows its seeds. Resuming, extending and
    errors are as for :func:`simfactor.data.generate`; raises SimfactorError, too, if nothing varies that the
    environment observes.
    """
    wanted = Manifest(
        space,
        seed,
        moments * play.appearances,
        SHARD_MOMENTS * play.appearances,
        lattice=False,
        spec=StudioSpec(space.scene, renderer, image_size),
        keep=("rgb",),
        played=play.to_dict(),
    )
    return complete(wanted, out, partial(Playing, play), workers, progress, _measured)


def left_out(dataset: FactorDataset) -> dict[str, str]:
    """Name -> why: the numbers that the environment observes and that are no factors of a collected set."""
    return measured_factors(_observed(dataset.manifest, dataset.path))[1]


@dataclass
class Playing:
    """Makes shards, each in an environment of its own: what was played before it must not matter."""

    play: Play
    recipe: Manifest
    folder: Path

    def make(self, number: int, stop: Flag | None = None) -> Shard:
        """Play, photograph and write one shard. Gives up between two moments once ``stop`` is set."""
        recipe, count = self.recipe, self.play.appearances
        rows = recipe.factors_of(number)
        measured: dict[str, list[float]] = {}
        env = self._env()

        def parts() -> Iterator[Images]:
            env.reset(seed=0)
            # what the camera turns around is measured once: in every shard, in this moment
            env.images(recipe.space, rows[:1])
            moments = islice(self._moments(env, number), len(rows) // count)
            for start, seen in zip(range(0, len(rows), count), moments, strict=True):
                go_on(stop)
                for name, value in seen.items():
                    measured.setdefault(name, []).extend([value] * count)
                yield env.images(recipe.space, rows[start : start + count])

        try:
            start = recipe.rows_of(number).start
            return write_shard(self.folder, number, recipe.space, start, rows, recipe.keep, parts(), measured)
        finally:
            env.close()

    def close(self) -> None:
        """Nothing is open between shards."""

    def _env(self) -> Attached:
        with silence(output=True):  # many print when they start
            return self.play.open(self.recipe.spec.renderer, self.recipe.spec.image_size)

    def _moments(self, env: Attached, number: int) -> Iterator[dict[str, float]]:
        """What is observed, whenever the environment is to be photographed."""
        random, every = np.random.default_rng([self.recipe.seed, number]), self.play.every
        while True:
            seed, first = int(random.integers(2**31)), int(random.integers(every))
            env.action_space.seed(seed)
            observation, _ = env.reset(seed=seed)
            for step in range(every * EPISODE_MOMENTS):
                if step % every == first:
                    yield components(observation)
                observation, _, terminated, truncated, _ = env.step(env.action_space.sample())
                if terminated or truncated:
                    break


def _measured(manifest: Manifest, folder: Path) -> Manifest:
    """The manifest of all shards, with the factors that only all of them can tell."""
    factors, others = measured_factors(_observed(manifest, folder))
    if not factors:
        reasons = "; ".join(f"{name} {why}" for name, why in others.items()) or "there are no numbers in it"
        raise SimfactorError(
            f"nothing varies of what {manifest.played['env']!r} observes: {reasons}. "
            "Make it observe its state, and play more moments."
        )
    drawn = manifest.drawn
    return replace(
        manifest,
        space=replace(drawn, factors={**drawn.factors, **factors}),
        measured=tuple(factors),
    )


def _observed(manifest: Manifest, folder: Path) -> dict[str, Floats]:
    paths = [folder / factor_file(number) for number in range(manifest.shard_count)]
    return read_measured(paths, manifest.drawn)
