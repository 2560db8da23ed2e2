"""What a data set folder says about itself: how its images were made, and which shards are finished."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from simfactor import __version__
from simfactor.atomic import write_atomically
from simfactor.data.lattice import Lattice
from simfactor.data.shards import KINDS, File, Shard
from simfactor.errors import SimfactorError, unknown_name
from simfactor.factors import FactorSpace
from simfactor.factors.space import Rows
from simfactor.render import StudioSpec

FORMAT = 1
FILE = "manifest.json"
PACKAGES = ("numpy", "pybullet", "pyarrow", "opencv-python-headless", "fast-simplification")


@dataclass(frozen=True)
class Manifest:
    """The recipe of a data set and the record of its finished shards.

    Image ``i`` shows row ``i`` of ``space.sample(count, seed, lattice=lattice)``, or of ``space.grid()`` if
    the set is ``complete``, rendered as ``spec`` says; shard ``s`` holds the images from ``s * shard_size``.
    ``shards`` maps the finished ones to their files.

    Images may also be taken of somebody else's environment: ``played`` then says of which, and how. The
    factors ``measured`` are what it observed; their values stand in the tables alone, the others are drawn
    as said above.

    Raises SimfactorError when a number or a name is not possible.
    """

    space: FactorSpace
    seed: int
    count: int
    shard_size: int
    lattice: bool
    spec: StudioSpec
    keep: tuple[str, ...]
    versions: Mapping[str, str] = field(default_factory=lambda: _versions())
    shards: Mapping[int, Shard] = field(default_factory=dict)
    complete: bool = False
    played: Mapping[str, Any] = field(default_factory=dict)
    measured: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("count", "shard_size"):
            _check_whole(name, getattr(self, name), 1)
        _check_whole("seed", self.seed, 0)
        if self.space.scene != self.spec.scene:
            raise SimfactorError(
                f"the factor space is for scene {self.space.scene!r}, the spec for {self.spec.scene!r}; "
                f"give StudioSpec(scene={self.space.scene!r})."
            )
        for name in self.keep:
            if name not in KINDS:
                raise unknown_name("channel in keep", name, KINDS)
        if "rgb" not in self.keep or len(set(self.keep)) != len(self.keep):
            raise SimfactorError(f"keep={list(self.keep)} must hold 'rgb' and each channel at most once.")

    @property
    def shard_count(self) -> int:
        """How many shards the whole data set has."""
        return -(-self.count // self.shard_size)

    @property
    def missing(self) -> tuple[int, ...]:
        """The shards that are not finished, in order."""
        return tuple(s for s in range(self.shard_count) if s not in self.shards)

    @property
    def finished_images(self) -> int:
        """How many images the finished shards have."""
        return sum(shard.rows for shard in self.shards.values())

    def rows_of(self, shard: int) -> range:
        """The indices of the images in one shard."""
        return range(shard * self.shard_size, min((shard + 1) * self.shard_size, self.count))

    @property
    def drawn(self) -> FactorSpace:
        """The factors that are not measured."""
        return self.space.select([name for name in self.space.names if name not in self.measured])

    def factors_of(self, shard: int) -> Rows:
        """The rows (n, K) of the images in one shard: of the factors that are drawn."""
        rows = self.rows_of(shard)
        if self.complete:
            return Lattice(self.space).factors(rows)
        return self.drawn.sample(len(rows), self.seed, start=rows.start, lattice=self.lattice)

    def with_shard(self, number: int, shard: Shard) -> Manifest:
        """The same data set with one more finished shard."""
        return replace(self, shards={**self.shards, number: shard})

    def differences(self, other: Manifest) -> list[str]:
        """How the images of ``other`` differ from these, one phrase each; empty if they are the same."""
        found = space_differences(self.drawn, other.drawn)
        for name in ("seed", "lattice", "complete", "shard_size", "keep"):
            here, there = getattr(self, name), getattr(other, name)
            if here != there:
                found.append(f"{name} is {_shown(here)}, not {_shown(there)}")
        mine, theirs = {**asdict(self.spec), **self.played}, {**asdict(other.spec), **other.played}
        found += [
            f"{key} is {mine.get(key)!r}, not {theirs.get(key)!r}"
            for key in {**mine, **theirs}
            if mine.get(key) != theirs.get(key)
        ]
        return found

    def save(self, folder: Path) -> None:
        """Write ``manifest.json``, all of it or nothing."""
        content = {
            "format": FORMAT,
            "space": self.space.to_dict(),
            "fingerprint": self.space.fingerprint,
            "seed": self.seed,
            "count": self.count,
            "shard_size": self.shard_size,
            "lattice": self.lattice,
            "complete": self.complete,
            "keep": list(self.keep),
            "studio": asdict(self.spec),
            **({"played": dict(self.played), "measured": list(self.measured)} if self.played else {}),
            "versions": dict(self.versions),
            "shards": {str(number): _listed(self.shards[number]) for number in sorted(self.shards)},
        }
        write_atomically(folder / FILE, (json.dumps(content, indent=1) + "\n").encode())

    @staticmethod
    def load(folder: Path) -> Manifest:
        """Read a folder's manifest. Raises SimfactorError when there is none or it is damaged."""
        path = folder / FILE
        try:
            content = json.loads(path.read_text())
        except (FileNotFoundError, NotADirectoryError):
            raise SimfactorError(
                f"{str(folder)!r} is not a data set: it has no {FILE}. Make one with `simfactor generate`."
            ) from None
        except ValueError as error:
            raise SimfactorError(
                f"{str(path)!r} is damaged ({error}); restore it or generate again."
            ) from None
        if not isinstance(content, dict) or content.get("format") != FORMAT:
            got = content.get("format") if isinstance(content, dict) else None
            raise SimfactorError(
                f"{str(path)!r} has format {got!r}; this version reads format {FORMAT}. "
                "Read it with the version that wrote it, or generate again."
            )
        try:
            return _parsed(content)
        except (KeyError, TypeError, AttributeError, SimfactorError) as error:
            raise SimfactorError(
                f"{str(path)!r} is damaged ({type(error).__name__}: {error}); restore it or generate again."
            ) from None


def space_differences(one: FactorSpace, other: FactorSpace) -> list[str]:
    """How two factor spaces differ, factor by factor, one phrase each; empty if they are the same."""
    if one.fingerprint == other.fingerprint:
        return []
    found = []
    for name in one.names:
        if name not in other.names:
            found.append(f"factor {name!r} is not asked for")
        elif one[name] != other[name]:
            found.append(f"factor {name!r} covers {one[name].describe()}, not {other[name].describe()}")
    found += [f"factor {name!r} is missing" for name in other.names if name not in one.names]
    if not found and one.names != other.names:
        found.append("the factors are in another order")
    mine, theirs = one.to_dict(), other.to_dict()
    found += [
        f"{key} is {mine.get(key)!r}, not {theirs.get(key)!r}"
        for key in {**mine, **theirs}
        if key != "factors" and mine.get(key) != theirs.get(key)
    ]
    return found


def _parsed(content: Mapping[str, Any]) -> Manifest:
    return Manifest(
        space=FactorSpace.from_dict(content["space"]),
        seed=content["seed"],
        count=content["count"],
        shard_size=content["shard_size"],
        lattice=content["lattice"],
        spec=StudioSpec(**content["studio"]),
        keep=tuple(content["keep"]),
        versions=content["versions"],
        shards={int(number): _shard(listed) for number, listed in content["shards"].items()},
        complete=content.get("complete", False),
        played=content.get("played", {}),
        measured=tuple(content.get("measured", ())),
    )


def _listed(shard: Shard) -> dict[str, Any]:
    return {"rows": shard.rows, "files": {name: file._asdict() for name, file in shard.files.items()}}


def _shard(listed: Mapping[str, Any]) -> Shard:
    return Shard(listed["rows"], {name: File(**file) for name, file in listed["files"].items()})


def _check_whole(name: str, value: object, least: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise SimfactorError(f"{name}={value!r} must be a whole number of at least {least}.")


def _shown(value: object) -> str:
    return "+".join(value) if isinstance(value, tuple) else repr(value)


def _versions() -> dict[str, str]:
    installed = {package: version(package) for package in PACKAGES}
    return {"simfactor": __version__, "python": platform.python_version(), **installed}
