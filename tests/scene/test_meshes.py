import os
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from pathlib import Path

import numpy as np
import pybullet_data
import pytest
from numpy.typing import NDArray

from simfactor.errors import SimfactorError
from simfactor.frames import UNTEXTURED, RenderBatch, focal_length
from simfactor.render.tiny import TinyRenderer
from simfactor.scene import meshes
from simfactor.scene.bullet import pybullet
from simfactor.scene.cache import cache_dir
from simfactor.scene.decimate import crease_normals, decimate
from simfactor.scene.meshes import LinkMesh, link_indices, link_meshes
from simfactor.scene.obj import read_obj

DATA = Path(pybullet_data.getDataPath())
PANDA = DATA / "franka_panda" / "panda.urdf"

CUBE = """mtllib cube.mtl
v 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\nv 0 0 1\nv 1 0 1\nv 1 1 1\nv 0 1 1
vt 0 0\nvt 1 0\nvt 1 1\nvt 0 1
usemtl red
f 1/1 4/4 3/3 2/2
f 5/1/1 6/2/1 7/3/1 8/4/1
usemtl blue
f 1 2 6 5\nf 2 3 7 6\nf 3//1 4//1 8//1 7//1\nf -8 -4 -1 -5
"""
CUBE_MTL = "newmtl red\nKd 1 0 0\n\nnewmtl blue\nKa 1 1 1\nKd 0 0 1\n"
URDF = """<robot name="r">
  <material name="grey"><color rgba="0.5 0.5 0.5 1"/></material>
  <link name="root">
    <visual><geometry><mesh filename="package://cube.obj" scale="2 1 0.5"/></geometry></visual>
  </link>
  <link name="tip">
    <visual>
      <origin xyz="1 2 3" rpy="0.3 -0.2 1.1"/>
      <geometry><mesh filename="plain.obj"/></geometry>
      <material name="grey"/>
    </visual>
  </link>
  <joint name="j" type="fixed"><parent link="root"/><child link="tip"/></joint>
</robot>"""


@pytest.fixture
def robot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small robot of cubes, and an empty cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "cube.obj").write_text(CUBE)
    (tmp_path / "cube.mtl").write_text(CUBE_MTL)
    (tmp_path / "plain.obj").write_text("v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n")
    (tmp_path / "robot.urdf").write_text(URDF)
    return tmp_path / "robot.urdf"


def area(part: LinkMesh) -> float:
    a, b, c = part.mesh.vertices[part.mesh.faces].astype(float).swapaxes(0, 1)
    return float(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2)


def test_colours_split_a_visual_and_the_urdf_places_it(robot: Path) -> None:
    red, blue, grey = link_meshes(robot)
    assert [part.link for part in (red, blue, grey)] == [-1, -1, 0]
    assert [part.color.tolist() for part in (red, blue, grey)] == [[1, 0, 0], [0, 0, 1], [0.5, 0.5, 0.5]]
    assert len(red.mesh.faces) == 4
    assert len(blue.mesh.faces) == 8
    assert area(red) == pytest.approx(2 * 2 * 1)  # top and bottom of a 2 x 1 x 0.5 box
    assert area(blue) == pytest.approx(2 * (2 + 1) * 0.5)
    assert grey.position.tolist() == [1, 2, 3]
    expected = pybullet.getQuaternionFromEuler((0.3, -0.2, 1.1))
    np.testing.assert_allclose(grey.orientation, expected, atol=1e-6)


def test_faces_turn_outwards_with_normals_and_uvs(robot: Path) -> None:
    for part in link_meshes(robot)[:2]:
        corners = part.mesh.vertices[part.mesh.faces]
        facing = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        assert (np.einsum("fi,fi->f", facing, corners.mean(axis=1) - [1, 0.5, 0.25]) > 0).all()
        np.testing.assert_allclose(np.linalg.norm(part.mesh.normals, axis=1), 1, atol=1e-6)
        sharp = np.abs(part.mesh.normals).max(axis=1)
        np.testing.assert_allclose(sharp, 1, atol=1e-6)  # a cube's edges are creases
    assert set(map(tuple, link_meshes(robot)[0].mesh.uvs.tolist())) == {(0, 0), (1, 0), (1, 1), (0, 1)}


def test_smooth_surfaces_get_smooth_normals() -> None:
    """A tube of 24 sides: the normals are radial."""
    turn = np.linspace(0, 2 * np.pi, 25)[:-1]
    positions = np.array([[np.cos(t), np.sin(t), z] for z in (0.0, 0.5) for t in turn])
    i, j = np.arange(24), (np.arange(24) + 1) % 24
    faces = np.concatenate([np.stack([i, j, j + 24], axis=1), np.stack([i, j + 24, i + 24], axis=1)])
    normals = crease_normals(positions, faces)
    radial = positions[faces] * [1, 1, 0]
    assert (np.einsum("fci,fci->fc", normals, radial) > np.cos(np.radians(6))).all()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("f 1 2 9", "vertex 9 is not defined"),
        ("f 1 2 0", "vertex 0 is not defined"),
        ("f 1 2 x", "invalid literal"),
        ("v 1 2 a", "could not convert"),
    ],
)
def test_a_broken_obj_names_the_line(tmp_path: Path, line: str, message: str) -> None:
    (tmp_path / "m.obj").write_text(f"v 0 0 0\nv 1 0 0\nv 0 1 0\n{line}\n")
    with pytest.raises(SimfactorError, match=rf"m\.obj:4: cannot read '{line}' as OBJ \({message}"):
        read_obj(tmp_path / "m.obj")


def test_an_obj_without_faces_or_without_file(tmp_path: Path) -> None:
    (tmp_path / "m.obj").write_text("v 0 0 0\n")
    with pytest.raises(SimfactorError, match="holds no faces"):
        read_obj(tmp_path / "m.obj")
    with pytest.raises(SimfactorError, match="does not exist"):
        read_obj(tmp_path / "n.obj")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("cube.obj", "lost.obj", r"mesh file '.*lost\.obj' does not exist"),
        ("cube.obj", "cube.stl", "only OBJ visuals are read"),
        ('<parent link="root"/>', "", "<joint> lacks its <parent>"),
        ('<child link="tip"/>', '<child link="root"/>', r"links \['root'\] do not hang on root 'tip'"),
        ('<child link="tip"/>', '<child link="hand"/>', "exactly one root link"),
        ("</robot>", "", "is not a URDF"),
    ],
)
def test_a_broken_urdf(robot: Path, old: str, new: str, message: str) -> None:
    robot.write_text(URDF.replace(old, new))
    with pytest.raises(SimfactorError, match=message):
        link_meshes(robot)


def test_bad_arguments(robot: Path) -> None:
    with pytest.raises(SimfactorError, match=r"keep=0 is outside \(0, 1\]"):
        link_meshes(robot, keep=0)
    with pytest.raises(SimfactorError, match="tolerance=-1 must be 0 metres or more"):
        link_meshes(robot, tolerance=-1)
    with pytest.raises(SimfactorError, match="does not exist"):
        link_meshes(robot.with_name("lost.urdf"))


@pytest.mark.parametrize(
    "name",
    [
        "franka_panda/panda.urdf",
        "kuka_iiwa/model.urdf",
        "r2d2.urdf",
        "husky/husky.urdf",
        "laikago/laikago.urdf",
    ],
)
def test_link_indices_are_pybullets(name: str) -> None:
    indices = link_indices(ElementTree.parse(DATA / name).getroot())
    client = pybullet.connect(pybullet.DIRECT)
    try:
        body = pybullet.loadURDF(str(DATA / name), physicsClientId=client)
        root = pybullet.getBodyInfo(body, physicsClientId=client)[0].decode()
        count = pybullet.getNumJoints(body, physicsClientId=client)
        infos = [pybullet.getJointInfo(body, i, physicsClientId=client) for i in range(count)]
    finally:
        pybullet.disconnect(client)
    assert indices == {root: -1, **{info[12].decode(): info[0] for info in infos}}


# --- the cache ----------------------------------------------------------------------------------------------


def assert_equal(a: list[LinkMesh], b: list[LinkMesh]) -> None:
    assert len(a) == len(b)
    for one, other in zip(a, b, strict=True):
        assert one.link == other.link
        for name in ("color", "position", "orientation"):
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
        for name in ("vertices", "normals", "uvs", "faces"):
            np.testing.assert_array_equal(getattr(one.mesh, name), getattr(other.mesh, name))


def test_the_second_call_reads_the_cache(robot: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = link_meshes(robot)

    def never(*_: object) -> None:
        raise AssertionError("built again")

    monkeypatch.setattr(meshes, "_build", never)
    assert_equal(link_meshes(robot), first)


@pytest.mark.parametrize("damage", ["empty", "cut", "flipped", "not a zip"])
def test_a_damaged_cache_file_is_built_again(robot: Path, damage: str) -> None:
    first = link_meshes(robot)
    (file,) = cache_dir().iterdir()
    whole = file.read_bytes()
    middle = len(whole) // 2
    flipped = whole[:middle] + bytes(255 - b for b in whole[middle : middle + 400]) + whole[middle + 400 :]
    file.write_bytes(
        {"empty": b"", "cut": whole[:middle], "flipped": flipped, "not a zip": b"x" * 999}[damage]
    )
    assert_equal(link_meshes(robot), first)
    assert file.read_bytes() == whole
    assert [f.name for f in cache_dir().iterdir()] == [file.name]


def test_changed_sources_or_parameters_are_not_served_from_the_cache(robot: Path) -> None:
    link_meshes(robot)
    link_meshes(robot, keep=0.5)
    link_meshes(robot, tolerance=1e-3)
    (robot.parent / "cube.mtl").write_text(CUBE_MTL.replace("1 0 0", "0 1 0"))
    assert link_meshes(robot)[0].color.tolist() == [0, 1, 0]
    (robot.parent / "cube.obj").write_text(CUBE.replace("v 0 0 0", "v 0 0 -1"))
    assert link_meshes(robot)[0].mesh.vertices.min() == -0.5
    assert len(list(cache_dir().iterdir())) == 5


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_cache_costs_time_only(robot: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").mkdir(mode=0o500)
    assert len(link_meshes(robot)) == 3


def test_a_cache_that_is_no_folder_costs_time_only(robot: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("in the way")
    assert len(link_meshes(robot)) == 3


# --- what decimation costs ----------------------------------------------------------------------------------

POSES = [
    (0.0, -0.4, 0.0, -2.2, 0.0, 1.9, 0.8, 0.02, 0.02),
    (0.8, 0.3, -0.4, -1.2, 0.5, 2.5, -0.8, 0.04, 0.04),
    (-1.0, -1.0, 1.0, -2.0, -0.8, 1.2, 0.0, 0.0, 0.0),
]


def panda_frames(pose: tuple[float, ...]) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Position and orientation of the base and all links, from PyBullet."""
    client = pybullet.connect(pybullet.DIRECT)
    try:
        robot = pybullet.loadURDF(str(PANDA), useFixedBase=True, physicsClientId=client)
        joints = range(pybullet.getNumJoints(robot, physicsClientId=client))
        kinds = [pybullet.getJointInfo(robot, j, physicsClientId=client)[2] for j in joints]
        moving = [j for j in joints if kinds[j] != pybullet.JOINT_FIXED]
        for joint, angle in zip(moving, pose, strict=True):
            pybullet.resetJointState(robot, joint, angle, physicsClientId=client)
        states = pybullet.getLinkStates(
            robot, list(joints), computeForwardKinematics=1, physicsClientId=client
        )
    finally:
        pybullet.disconnect(client)
    return [
        (np.zeros(3), np.array([0.0, 0.0, 0.0, 1.0])),
        *((np.array(s[4]), np.array(s[5])) for s in states),
    ]


def panda_batch(parts: list[LinkMesh], pose: tuple[float, ...]) -> RenderBatch:
    frames = panda_frames(pose)
    poses = [
        pybullet.multiplyTransforms(*(v.tolist() for v in (*frames[p.link + 1], p.position, p.orientation)))
        for p in parts
    ]

    def row(values: object) -> NDArray[np.float32]:
        return np.array([values], np.float32)

    count = len(parts)
    return RenderBatch(
        meshes=tuple(p.mesh for p in parts),
        textures=(),
        segment=np.array([[0, p.link] for p in parts], np.int32),
        casts=np.ones(count, bool),
        mesh=np.arange(count, dtype=np.int32)[None],
        position=row([p[0] for p in poses]),
        orientation=row([p[1] for p in poses]),
        scale=np.ones((1, count, 3), np.float32),
        color=row([p.color for p in parts]),
        texture=np.full((1, count), UNTEXTURED, np.int32),
        specular=np.zeros((1, count), np.float32),
        roughness=np.ones((1, count), np.float32),
        light_direction=row([[0.0, 0.6, 0.8]]),
        light_color=row([[0.7] * 3]),
        light_softness=row(0.0),
        sky=row([0.3] * 3),
        ground=row([0.3] * 3),
        background=row([[0.0] * 3] * 2),
        backdrop=np.array([UNTEXTURED], np.int32),
        exposure=row(1.0),
        noise=row(0.0),
        noise_seed=np.array([0], np.uint32),
        camera_position=row([1.5, 0.7, 0.9]),
        camera_target=row([0.3, 0.0, 0.35]),
        camera_up=row([0.0, 0.0, 1.0]),
        focal=row([focal_length(0.8)] * 2),
        principal_point=row([0.5, 0.5]),
        near=0.05,
        far=10.0,
        height=224,
        width=224,
    )


def panda_batches(parts: list[LinkMesh]) -> RenderBatch:
    first = panda_batch(parts, POSES[0])
    rest = [replace(panda_batch(parts, pose), meshes=first.meshes) for pose in POSES[1:]]
    return RenderBatch.concatenate([first, *rest])


def test_the_panda_keeps_its_outline() -> None:
    full = meshes._build(meshes._visuals(PANDA), keep=1.0, tolerance=0.0)
    few = link_meshes(PANDA)
    assert sum(len(part.mesh.faces) for part in full) == pytest.approx(102_759, abs=10)
    assert 3_000 < sum(len(part.mesh.faces) for part in few) < 6_000
    with TinyRenderer(shadows=False) as renderer:
        a, b = renderer.render(panda_batches(full)), renderer.render(panda_batches(few))
    robot = a.segmentation[..., 0] >= 0
    changed = (a.segmentation != b.segmentation).any(axis=-1)
    assert robot.mean() > 0.08
    assert changed.mean() < 0.0025
    assert changed.sum() / robot.sum() < 0.031
    both = robot & ~changed
    assert np.abs(a.rgb[both].astype(float) - b.rgb[both]).mean() < 7  # the normals still follow the surface


def test_small_parts_keep_their_extent() -> None:
    for group in read_obj(DATA / "franka_panda" / "meshes" / "visual" / "link6.obj"):
        mesh = decimate(group, keep=0.01, tolerance=3e-3)
        assert len(mesh.faces) >= min(len(group.faces), 6)
        for end in (np.min, np.max):
            np.testing.assert_allclose(end(mesh.vertices, axis=0), end(group.positions, axis=0), atol=3e-3)
