"""What the levels of detail cost: pixels that show another part of the robot than the full meshes do."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from simfactor.factors import load_space
from simfactor.frames import RenderBatch
from simfactor.render.tiny import TinyRenderer
from simfactor.scene import Scene, levels, meshes
from simfactor.scene.levels import LEVELS, geometry_for, level_geometry
from simfactor.scene.robot import URDF

FULL = 102_759  # triangles
TRIANGLES = (3_500, 4_600, 6_700, 16_500)  # about, of the robot at each level
# The first level is measured at four times its size, as a share of the picture's area: at 64 pixels the
# measuring renderer itself tells meshes of 42,000 and 103,000 triangles apart by 0.36 % of the pixels. The
# last has no largest size, and the share hardly depends on it.
MEASURED_AT = (256, 128, 256, 256)
POSES = 6


@pytest.fixture(scope="module")
def renderer() -> Iterator[TinyRenderer]:
    with TinyRenderer(shadows=False) as renderer:
        yield renderer


Exact = Callable[[RenderBatch], NDArray[np.int32]]


@pytest.fixture(scope="module")
def exact(renderer: TinyRenderer) -> Exact:
    """The segmentation that the full meshes give, rendered once for each size."""
    parts = meshes._build(meshes._visuals(URDF), keep=1.0, tolerance=0.0)
    full = [levels._in_link_frame(part) for part in parts]
    assert sum(len(mesh.faces) for mesh in full) == pytest.approx(FULL, abs=10)
    known: dict[int, NDArray[np.int32]] = {}

    def segmentation(batch: RenderBatch) -> NDArray[np.int32]:
        if batch.height not in known:
            shown = replace(batch, meshes=(*full, *batch.meshes[len(full) :]))
            known[batch.height] = renderer.render(shown).segmentation
        return known[batch.height]

    return segmentation


@pytest.mark.parametrize("index", range(len(LEVELS)))
def test_few_pixels_change(tabletop: Scene, renderer: TinyRenderer, exact: Exact, index: int) -> None:
    space, size, geometry = load_space("tabletop"), MEASURED_AT[index], level_geometry(index)
    count = sum(len(mesh.faces) for mesh in geometry.meshes[: len(geometry.links)])
    assert count == pytest.approx(TRIANGLES[index], rel=0.1)
    values = [space.decode(row) for row in space.sample(POSES, seed=7)]
    batch = tabletop.batch({name: [row[name] for row in values] for name in space.names}, size, size)
    shown = renderer.render(replace(batch, meshes=geometry.meshes)).segmentation
    changed = (exact(batch) != shown).any(axis=-1).mean()
    print(f"level {index}: {count} triangles, {changed:.3%} of {size} x {size} pixels")
    assert 0 < changed <= 0.003


def test_the_picture_s_size_chooses_the_level() -> None:
    chosen = {64: 0, 65: 1, 128: 1, 129: 2, 256: 2, 257: 3, 2000: 3}
    for size, index in chosen.items():
        assert geometry_for(size, 10) is geometry_for(10, size) is level_geometry(index)


def test_levels_differ_in_nothing_but_the_meshes() -> None:
    first, *rest = (level_geometry(index) for index in range(len(LEVELS)))
    for other in rest:
        np.testing.assert_array_equal(other.links, first.links)
        np.testing.assert_array_equal(other.colors, first.colors)
        assert len(other.meshes) == len(first.meshes)
        assert all(len(mesh.faces) for mesh in other.meshes)
