import numpy as np
import pytest

from simfactor.factors import load_space
from simfactor.frames import Mesh
from simfactor.scene.primitives import SHAPES, box
from simfactor.scene.room import HEIGHT, RADIUS, TABLE_HIGH, TABLE_LOW, WALL_SIDES, room_meshes

SOLIDS = {**SHAPES, "box": box((-1, -2, -3), (1, 2, 3)), "table": room_meshes()["table"]}
VOLUMES = {"cube": 1.0, "pyramid": 1 / 3, "octahedron": 1 / 3 * 0.5, "box": 48.0}


def areas(mesh: Mesh) -> np.ndarray:
    a, b, c = (mesh.vertices[mesh.faces[:, i]].astype(float) for i in range(3))
    return np.cross(b - a, c - a) / 2


def volume(mesh: Mesh) -> float:
    """By the divergence theorem; right only if the surface is closed and faces outwards."""
    centers = mesh.vertices[mesh.faces].mean(axis=1)
    return float((areas(mesh) * centers).sum() / 3)


@pytest.mark.parametrize("name", SOLIDS)
def test_solids_are_closed_and_face_outwards(name: str) -> None:
    mesh = SOLIDS[name]
    faces = areas(mesh)
    np.testing.assert_allclose(faces.sum(axis=0), 0, atol=1e-5)
    assert (np.linalg.norm(faces, axis=1) > 1e-6).all()
    assert volume(mesh) > 0
    for corner in range(3):  # normals are on the outer side of every face
        assert ((mesh.normals[mesh.faces[:, corner]] * faces).sum(axis=1) > 0).all()
    np.testing.assert_allclose(np.linalg.norm(mesh.normals, axis=1), 1, atol=1e-5)


@pytest.mark.parametrize(("name", "expected"), VOLUMES.items())
def test_volumes(name: str, expected: float) -> None:
    assert volume(SOLIDS[name]) == pytest.approx(expected, rel=1e-5)


def test_round_solids_approach_their_volumes() -> None:
    assert volume(SHAPES["sphere"]) == pytest.approx(np.pi / 6, rel=0.05)
    assert volume(SHAPES["cylinder"]) == pytest.approx(np.pi / 4, rel=0.05)
    assert volume(SHAPES["cone"]) == pytest.approx(np.pi / 12, rel=0.05)


@pytest.mark.parametrize("name", SHAPES)
def test_objects_stand_one_unit_high_around_the_origin(name: str) -> None:
    z = SHAPES[name].vertices[:, 2]
    assert (z.min(), z.max()) == pytest.approx((-0.5, 0.5))
    assert np.abs(SHAPES[name].vertices[:, :2]).max() <= 0.5 + 1e-6


@pytest.mark.parametrize("name", [*SOLIDS, "floor", "wall"])
def test_texture_coordinates_stay_in_the_picture(name: str) -> None:
    mesh = {**SOLIDS, **room_meshes()}[name]
    assert mesh.uvs.min() >= 0
    assert mesh.uvs.max() <= 1 + 1e-6
    assert mesh.uvs.shape == (len(mesh.vertices), 2)
    assert mesh.faces.max() < len(mesh.vertices)


@pytest.mark.parametrize("name", ["floor", "wall"])
def test_pictures_in_the_room_stand_upright_for_a_camera_in_front(name: str) -> None:
    """Seen from the table towards -x, u must grow to the right (+y) and v away from the floor's near edge."""
    mesh = room_meshes()[name]
    behind = mesh.vertices[mesh.faces].mean(axis=1)
    face = mesh.faces[np.argmin(np.linalg.norm(behind - [-RADIUS, 0, 0], axis=1))]
    corners, uvs = mesh.vertices[face].astype(float), mesh.uvs[face].astype(float)
    slope = np.linalg.lstsq(np.c_[corners[:, 1:] if name == "wall" else corners[:, :2], np.ones(3)], uvs)[0]
    if name == "wall":
        assert slope[0, 0] > 0  # u along +y
        assert slope[1, 1] > 0  # v along +z
    else:
        assert slope[1, 0] > 0
        assert slope[0, 1] < 0  # v along -x


def test_the_wall_never_shades_the_table() -> None:
    """However low the ready space has the light, and from any side."""
    corner = np.hypot(max(abs(TABLE_LOW[0]), TABLE_HIGH[0]), TABLE_HIGH[1])
    shadow = HEIGHT / np.tan(np.radians(load_space("tabletop")["light_elevation"].low))
    assert corner + shadow < RADIUS * np.cos(np.pi / WALL_SIDES)
