from pathlib import Path

import numpy as np
import pybullet_data
import pytest
from PIL import Image

from simfactor.errors import SimfactorError
from simfactor.scene.mesh_files import STL_FACET, read_mesh, read_texture, texture_file
from simfactor.scene.obj import ObjGroup
from simfactor.scene.primitives import box

DATA = Path(pybullet_data.getDataPath())
BOX = box((0.0, 0.0, 0.0), (1.0, 2.0, 3.0))
COLLADA = """<?xml version="1.0"?>
<COLLADA xmlns="http://www.collada.org/2005/11/COLLADASchema" version="1.4.1">
  <asset><unit name="inch" meter="0.0254"/><up_axis>Y_UP</up_axis></asset>
  <library_geometries><geometry id="g"><mesh>
    <source id="p"><float_array id="pa" count="12">0 0 0 1 0 0 1 1 0 0 1 0</float_array>
      <technique_common><accessor source="#pa" count="4" stride="3">
        <param name="X" type="float"/><param name="Y" type="float"/><param name="Z" type="float"/>
      </accessor></technique_common></source>
    <vertices id="v"><input semantic="POSITION" source="#p"/></vertices>
    <polylist count="1"><input semantic="VERTEX" source="#v" offset="0"/>
      <vcount>4</vcount><p>0 1 2 3</p></polylist>
  </mesh></geometry></library_geometries>
  <library_visual_scenes><visual_scene id="s"><node id="n">
    <translate>0 0 5</translate><scale>2 2 2</scale><instance_geometry url="#g"/>
  </node></visual_scene></library_visual_scenes>
  <scene><instance_visual_scene url="#s"/></scene>
</COLLADA>"""


def area(soup: ObjGroup) -> float:
    a, b, c = soup.positions[soup.faces].swapaxes(0, 1)
    return float(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2)


def obj_bytes() -> bytes:
    lines = [
        *("v {} {} {}".format(*v) for v in BOX.vertices),
        *("f {} {} {}".format(*f) for f in BOX.faces + 1),
    ]
    return "\n".join(lines).encode()


def stl_bytes(ascii_lines: bool = False) -> bytes:
    corners = BOX.vertices[BOX.faces]
    if not ascii_lines:
        facets = np.zeros(len(corners), STL_FACET)
        facets["corners"] = corners
        return b"\0" * 80 + len(corners).to_bytes(4, "little") + facets.tobytes()
    facets = ("".join("vertex {} {} {}\n".format(*v) for v in triangle) for triangle in corners)
    loops = "".join(f"facet normal 0 0 0\nouter loop\n{facet}endloop\nendfacet\n" for facet in facets)
    return f"solid box\n{loops}endsolid box\n".encode()


@pytest.mark.parametrize(
    ("name", "content"),
    [("box.OBJ", obj_bytes()), ("box.STL", stl_bytes()), ("box.stl", stl_bytes(ascii_lines=True))],
)
def test_every_kind_holds_the_same_box(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    soup = read_mesh(path)
    assert soup.positions.shape == (8, 3)  # welded
    assert soup.faces.shape == (12, 3)
    assert soup.uvs.shape == (12, 3, 2)
    assert area(soup) == pytest.approx(22.0)
    assert area(read_mesh(path, (2.0, 2.0, 2.0))) == pytest.approx(88.0)


def test_collada_units_count_and_up_axes_do_not(tmp_path: Path) -> None:
    (tmp_path / "square.dae").write_text(COLLADA)
    soup = read_mesh(tmp_path / "square.dae")
    assert len(soup.faces) == 2
    np.testing.assert_allclose(soup.positions.min(axis=0), np.array([0, 0, 5]) * 0.0254)
    np.testing.assert_allclose(soup.positions.max(axis=0), np.array([2, 2, 5]) * 0.0254)


def test_collada_texture_coordinates_are_read() -> None:
    uvs = read_mesh(DATA / "duck.dae").uvs
    assert np.ptp(uvs) > 0.5


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("m.ply", "ply", r"is no \.obj, \.stl, \.dae file; convert it"),
        ("m.obj", "v 0 0 0", "holds no faces"),
        ("m.obj", "v nan 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3", "positions that are no numbers"),
        ("m.stl", "", "length does not fit"),
        ("m.stl", "not an stl at all", "length does not fit"),
        ("m.stl", "solid x\nendsolid x\n", "holds no faces"),
        ("m.stl", "solid x\nvertex 0 0\nendsolid x\n", "cannot be read as STL"),
        ("m.stl", "solid x\nvertex 0 0 a\nvertex 0 0 a\nvertex 0 0 a\n", "could not convert"),
        ("m.dae", "", r"cannot be read as COLLADA"),
        ("m.dae", "<COLLADA", r"cannot be read as COLLADA"),
        ("m.dae", COLLADA.replace("0 1 2 3", "0 1 2 9"), r"m\.dae'"),
        ("m.dae", COLLADA.replace('<instance_geometry url="#g"/>', ""), "holds no faces"),
    ],
)
def test_a_damaged_mesh_is_named(tmp_path: Path, name: str, content: str, message: str) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(SimfactorError, match=message):
        read_mesh(tmp_path / name)


def test_a_cut_stl_is_named(tmp_path: Path) -> None:
    whole = stl_bytes()
    (tmp_path / "m.stl").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(SimfactorError, match=r"m\.stl'.*export it again"):
        read_mesh(tmp_path / "m.stl")


@pytest.mark.parametrize("name", ["lost.obj", "lost.stl", "lost.dae"])
def test_a_missing_mesh_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(SimfactorError, match=f"{name}' does not exist"):
        read_mesh(tmp_path / name)


@pytest.mark.parametrize(
    ("name", "mode"), [("t.png", "RGBA"), ("t.gif", "P"), ("t.tga", "RGB"), ("t.jpg", "L")]
)
def test_textures_of_every_kind(tmp_path: Path, name: str, mode: str) -> None:
    Image.new("RGB", (5, 3), (200, 200, 200)).convert(mode).save(tmp_path / name)
    texture = read_texture(tmp_path / name)
    assert texture.shape == (3, 5, 3)
    assert texture.dtype == np.uint8
    np.testing.assert_allclose(texture, 200, atol=5)


def test_a_missing_or_damaged_texture_is_named(tmp_path: Path) -> None:
    with pytest.raises(SimfactorError, match=r"lost\.png' does not exist"):
        read_texture(tmp_path / "lost.png")
    (tmp_path / "bad.png").write_text("no picture")
    with pytest.raises(SimfactorError, match=r"bad\.png' cannot be read .* png, jpg"):
        read_texture(tmp_path / "bad.png")
    Image.new("RGB", (64, 64)).save(tmp_path / "whole.png")
    (tmp_path / "cut.png").write_bytes((tmp_path / "whole.png").read_bytes()[:60])
    with pytest.raises(SimfactorError, match=r"cut\.png' cannot be read"):
        read_texture(tmp_path / "cut.png")


def test_the_texture_is_that_of_the_first_material_that_is_used_and_has_one(tmp_path: Path) -> None:
    (tmp_path / "m.mtl").write_text(
        "newmtl a\nmap_Kd a.png\nnewmtl b\nKd 1 0 0\nnewmtl c\nmap_Kd -s 1 1 1 sub\\c.png\n"
    )
    (tmp_path / "m.obj").write_text("mtllib m.mtl\nusemtl b\nusemtl c\nusemtl a\n")
    assert texture_file(tmp_path / "m.obj") == tmp_path / "sub/c.png"
    (tmp_path / "other" / "sub").mkdir(parents=True)
    (tmp_path / "other" / "sub" / "c.png").touch()
    found = texture_file(tmp_path / "m.obj", [tmp_path / "lost", tmp_path / "other"])
    assert found == tmp_path / "other" / "sub" / "c.png"
    (tmp_path / "m.obj").write_text("mtllib lost.mtl\nusemtl b\n")
    assert texture_file(tmp_path / "m.obj") is None
    assert texture_file(DATA / "duck.dae") is None
    assert texture_file(DATA / "plane100.obj") == DATA / "checker_blue.png"
