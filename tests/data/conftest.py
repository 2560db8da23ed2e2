"""One small factor space, one open studio and one generated data set for all tests of the package."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from simfactor.data import FactorDataset, generate
from simfactor.factors import Angle, Categorical, Continuous, FactorSpace
from simfactor.render import Studio, StudioSpec

COUNT, SHARD, SEED = 10, 4, 7  # three shards, the last with two images


@pytest.fixture(scope="session")
def space() -> FactorSpace:
    return FactorSpace(
        {
            "light_azimuth": Angle(-60, 60, group="lighting", levels=5),
            "light_intensity": Continuous(0.6, 2.0, group="lighting"),
            "table_texture": Categorical(("wood", "garage", "brick"), group="texture").restrict(
                ["brick", "wood"]
            ),
            "object_x": Continuous(0.4, 0.6, "m", group="pose", role="task"),
        }
    )


@pytest.fixture(scope="session")
def spec() -> StudioSpec:
    return StudioSpec(image_size=32)


@pytest.fixture(scope="session")
def studio(spec: StudioSpec) -> Iterator[Studio]:
    with spec.open() as opened:
        yield opened


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory, space: FactorSpace, spec: StudioSpec) -> FactorDataset:
    """A finished data set with all channels. Tests that change files work on a copy."""
    out = tmp_path_factory.mktemp("whole")
    return generate(
        space, out, COUNT, SEED, spec, SHARD, workers=1, keep=("rgb", "depth", "segmentation"), progress=False
    )


@pytest.fixture
def copy(whole: FactorDataset, tmp_path: Path) -> Path:
    """The folder of a private copy of the data set."""
    out = tmp_path / "copy"
    out.mkdir()
    for path in whole.path.iterdir():
        (out / path.name).write_bytes(path.read_bytes())
    return out
