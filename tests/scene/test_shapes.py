from pathlib import Path

import numpy as np
import pybullet as p
import pytest
from numpy.typing import NDArray

from simfactor.frames import Mesh
from simfactor.scene.charts import within_charts
from simfactor.scene.decimate import decimate
from simfactor.scene.obj import ObjGroup
from simfactor.scene.primitives import ball
from simfactor.scene.shapes import checkers, is_backdrop, mesh_of_file, primitive, scaled, triangles_for


def area(mesh: Mesh) -> float:
    a, b, c = mesh.vertices[mesh.faces].astype(float).swapaxes(0, 1)
    return float(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2)


@pytest.mark.parametrize(
    ("kind", "dimensions", "extent", "surface"),
    [
        (p.GEOM_BOX, (1.0, 2.0, 3.0), (1, 2, 3), 22.0),
        (p.GEOM_SPHERE, (0.5, 0.0, 0.0), (1, 1, 1), np.pi),
        (p.GEOM_CYLINDER, (2.0, 0.5, 0.0), (1, 1, 2), 2.5 * np.pi),
        (p.GEOM_CAPSULE, (2.0, 0.5, 0.0), (1, 1, 3), 3.0 * np.pi),
    ],
)
@pytest.mark.parametrize("triangles", [512, 10_000])
def test_primitives_are_centred_and_of_their_size(
    kind: int, dimensions: tuple[float, float, float], extent: tuple[int, ...], surface: float, triangles: int
) -> None:
    mesh = primitive(kind, dimensions, triangles)
    np.testing.assert_allclose(mesh.vertices.max(axis=0), np.array(extent) / 2, rtol=0.006)
    np.testing.assert_allclose(mesh.vertices.min(axis=0), -np.array(extent) / 2, rtol=0.006)
    assert area(mesh) == pytest.approx(surface, rel=0.02)
    np.testing.assert_allclose(np.linalg.norm(mesh.normals, axis=1), 1.0, atol=1e-5)
    corners = mesh.vertices[mesh.faces].astype(float)
    facing = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    assert (np.einsum("fi,fi->f", facing, corners.mean(axis=1)) > 0).all()


def test_the_ground_is_told_from_other_flat_things() -> None:
    plane = primitive(p.GEOM_PLANE, (0.0, 0.0, 0.0), 512)
    assert is_backdrop(plane)
    assert not is_backdrop(scaled(plane, (0.01, 0.01, 1.0)))
    assert not is_backdrop(primitive(p.GEOM_BOX, (50.0, 50.0, 0.1), 512))
    assert checkers().shape == (64, 64, 3)
    assert (checkers()[0, 0] != checkers()[0, -1]).any()


def test_levels_of_detail_are_few() -> None:
    assert triangles_for(64, 48) == triangles_for(8, 8) == 512
    assert triangles_for(65, 48) == triangles_for(128, 128) == 1024
    assert len({triangles_for(n, n) for n in range(1, 1025)}) == 5


def grid(side: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """An open flat sheet of (side - 1)^2 squares with a hole in it."""
    x, y = np.meshgrid(np.arange(side), np.arange(side))
    corner = (y * side + x)[:-1, :-1].ravel()
    kept = corner[(corner % 7 != 0)]
    faces = np.concatenate([kept[:, None] + [0, 1, side], kept[:, None] + [1, side + 1, side]])
    return np.stack([x.ravel(), y.ravel(), 0 * x.ravel()], axis=1).astype(float), faces


def test_a_sheet_keeps_its_area(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    positions, faces = grid(40)
    lines = [*("v {} {} {}".format(*v) for v in positions), *("f {} {} {}".format(*f) for f in faces + 1)]
    (tmp_path / "sheet.obj").write_text("\n".join(lines))
    mesh = mesh_of_file(tmp_path / "sheet.obj", (1.0, 1.0, 1.0), 64)
    assert area(mesh) == pytest.approx(len(faces) / 2, rel=0.1)
    again = mesh_of_file(tmp_path / "sheet.obj", (1.0, 1.0, 1.0), 64)
    assert again is mesh
    (tmp_path / "sheet.obj").write_text("v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n")
    assert len(mesh_of_file(tmp_path / "sheet.obj", (1.0, 1.0, 1.0), 64).faces) == 1


def test_no_triangle_reaches_across_a_seam() -> None:
    """A ball whose halves lie apart on the texture."""
    whole = ball(1.0, 24, 48)
    positions, inverse = np.unique(whole.vertices.round(6), axis=0, return_inverse=True)
    faces = inverse.reshape(-1)[whole.faces].astype(np.int64)
    faces = faces[(np.diff(np.sort(faces, axis=1), axis=1) > 0).all(axis=1)]
    corners = positions[faces].astype(float)
    left = corners[..., 0].mean(axis=1) < 0.0
    uvs = np.where(left[:, None, None], 0.1, 0.9) + 0.1 * corners[..., 1:]
    soup = ObjGroup(None, positions.astype(float), faces, uvs)
    few = decimate(soup, 0.2, 0.01)

    def reach(mesh: Mesh) -> float:
        return float(np.ptp(mesh.uvs[mesh.faces], axis=1).max())

    assert reach(few) > 0.7
    mended = within_charts(soup, few)
    assert reach(mended) < 0.1
    np.testing.assert_allclose(area(mended), area(few), rtol=1e-5)
