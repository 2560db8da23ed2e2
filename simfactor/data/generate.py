"""Rendering a data set, shard by shard, in worker processes; the same call again goes on where it stopped."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from simfactor.data.completion import complete
from simfactor.data.dataset import FactorDataset
from simfactor.data.lattice import Lattice
from simfactor.data.manifest import Manifest
from simfactor.data.pool import Flag, go_on
from simfactor.data.shards import Shard, write_shard
from simfactor.errors import SimfactorError
from simfactor.factors import Categorical, FactorSpace
from simfactor.frames import Images
from simfactor.render import Studio, StudioSpec

CHUNK_IMAGES = 64
CHUNK_PIXELS = 1 << 22


def generate(
    space: FactorSpace,
    out: str | Path,
    count: int,
    seed: int = 0,
    spec: StudioSpec | None = None,
    shard_size: int = 512,
    workers: int | None = None,
    lattice: bool = False,
    keep: Sequence[str] = ("rgb",),
    progress: bool = True,
) -> FactorDataset:
    """Render ``count`` labelled images of a factor space into the folder ``out``.

    Image ``i`` depends on space, seed, ``i`` and spec only. Finished shards (``shard_size`` images each) are
    skipped, so calling this again resumes an interrupted data set, repairs a damaged one, and with a larger
    ``count`` extends one. ``workers`` processes (default: one a core, or one for CUDA) render; with 1 it
    happens in this process. ``keep`` names the channels to store: rgb, depth, segmentation. ``spec`` defaults
    to 64 x 64 pixels of the space's own scene.

    Raises SimfactorError when an argument is not possible, when ``out`` holds another data set, when the disk
    is full, or when a worker was killed; KeyboardInterrupt (with a message) on Ctrl-C. Whole shards stay.
    """
    wanted = Manifest(space, seed, count, shard_size, lattice, spec or StudioSpec(space.scene), tuple(keep))
    return complete(wanted, out, Rendering, workers, progress)


def generate_lattice(
    space: FactorSpace,
    out: str | Path,
    levels: int | Mapping[str, int] | None = None,
    spec: StudioSpec | None = None,
    shard_size: int = 512,
    workers: int | None = None,
    keep: Sequence[str] = ("rgb",),
    progress: bool = True,
) -> FactorDataset:
    """Render every combination of the factors' levels once, in C order (the last factor fastest).

    Such a set is what :func:`ground_truth_data` asks for. ``levels`` gives the number of levels of all
    numeric factors that vary or of the named ones; the rest use their own. The other arguments, resuming and
    errors are as for :func:`generate`; raises SimfactorError, too, for a factor without levels and for a
    space with correlations, a mixture or held-out combinations.
    """
    space = _with_levels(space, levels)
    if space.correlations:
        pairs = "; ".join(" and ".join(pair) for pair in space.correlations)
        raise SimfactorError(f"every combination once leaves nothing to correlate ({pairs}); use `generate`.")
    if space.mixture:
        names = ", ".join(sorted({name for part in space.mixture for name in part.factors}))
        raise SimfactorError(f"every combination once leaves nothing to mix ({names}); use `generate`.")
    count = len(Lattice(space))
    spec = spec or StudioSpec(space.scene)
    wanted = Manifest(space, 0, count, shard_size, True, spec, tuple(keep), complete=True)
    return complete(wanted, out, Rendering, workers, progress)


def _with_levels(space: FactorSpace, levels: int | Mapping[str, int] | None) -> FactorSpace:
    wanted = levels if isinstance(levels, Mapping) else dict.fromkeys(space.names, levels)
    changed = {
        name: replace(factor, levels=count)
        for name, count in wanted.items()
        if count is not None and not isinstance(factor := space[name], Categorical) and not factor.fixed
    }
    return replace(space, factors={**space.factors, **changed})


@dataclass
class Rendering:
    """Makes shards with one studio, which opens with the first of them and stays open."""

    recipe: Manifest
    folder: Path

    @cached_property
    def studio(self) -> Studio:
        """What takes the pictures."""
        return self.recipe.spec.open()

    def make(self, number: int, stop: Flag | None = None) -> Shard:
        """Render and write one shard. Gives up between two chunks of images once ``stop`` is set."""
        recipe, rows = self.recipe, self.recipe.factors_of(number)

        def parts() -> Iterator[Images]:
            chunk = max(1, min(CHUNK_IMAGES, CHUNK_PIXELS // recipe.spec.image_size**2))
            for start in range(0, len(rows), chunk):
                go_on(stop)
                yield self.studio.images(recipe.space, rows[start : start + chunk])

        start = recipe.rows_of(number).start
        return write_shard(self.folder, number, recipe.space, start, rows, recipe.keep, parts())

    def close(self) -> None:
        """Close the studio."""
        if "studio" in self.__dict__:
            self.studio.close()
