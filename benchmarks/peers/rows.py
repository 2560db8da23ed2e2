"""The rows of the table that run on one core: what each draws, and with what."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from peers.bullet_tiny import STOCK_TRIANGLES, BulletTiny
from peers.contender import Byte, Contender, Unavailable
from peers.mujoco_warp import MujocoWarp
from peers.panda3d_tiny import Panda3DTiny
from peers.scenes import Row, Scenes, robot_instances, triangles
from simfactor.frames import Images, RenderBatch
from simfactor.render import RENDERERS, make_renderer


def _ours(key: str, batch: RenderBatch, label: str, name: str, shadows: bool = True) -> Contender:
    if name not in RENDERERS:
        raise Unavailable(f"there is no renderer {name!r} here")
    options: dict[str, Any] = {"device": "cpu"} if name == "raster" else {}
    renderer = make_renderer(name, shadows=shadows, **options)

    def rgb(images: Images) -> Byte:
        return images.rgb

    return Contender(key, label, len(batch), triangles(batch), lambda: renderer.render(batch), rgb)


def our_row(key: str, what: str, batch: Callable[[Scenes], RenderBatch], shadows: bool = True) -> Row:
    """A row of ours: simfactor's renderer on what ``batch`` picks of the scenes."""
    label = f"simfactor, {what}"
    return Row(key, label, lambda s, name: _ours(key, batch(s), label, name, shadows))


def bullet_row(key: str, size: int, full: bool) -> Row:
    """PyBullet's TinyRenderer on the tabletop scenes."""
    label = f"PyBullet TinyRenderer, {'panda.urdf as it comes' if full else 'decimated meshes'}, {size} px"

    def open_(scenes: Scenes, _: str) -> Contender:
        batch = scenes.tabletop(size)
        peer = BulletTiny(batch, full)
        faces = triangles(batch)
        if full:
            robot = robot_instances(batch)
            faces += STOCK_TRIANGLES - sum(len(batch.meshes[m].faces) for m in batch.mesh[0, robot])
        return Contender(key, label, peer.count, faces, peer.draw, peer.rgb)

    return Row(key, label, open_)


def panda3d_row(key: str, what: str, batch: Callable[[Scenes], RenderBatch]) -> Row:
    """Panda3D's software rasteriser."""
    label = f"Panda3D p3tinydisplay, {what}"

    def open_(scenes: Scenes, _: str) -> Contender:
        chosen = batch(scenes)
        peer = Panda3DTiny(chosen)
        return Contender(key, label, peer.count, triangles(chosen), peer.draw, peer.rgb)

    return Row(key, label, open_)


def mujoco_row(key: str, what: str, batch: Callable[[Scenes], RenderBatch], shadows: bool = True) -> Row:
    """MuJoCo Warp's ray tracer."""
    label = f"MuJoCo Warp, {what}"

    def open_(scenes: Scenes, _: str) -> Contender:
        chosen = batch(scenes)
        peer = MujocoWarp(chosen, "cpu", shadows)
        return Contender(key, label, peer.count, triangles(chosen), peer.draw, peer.rgb)

    return Row(key, label, open_)


ROWS = (
    bullet_row("tiny_stock_64", 64, full=True),
    bullet_row("tiny_stock_128", 128, full=True),
    bullet_row("tiny_decimated_64", 64, full=False),
    our_row("raster_64", "64 px", lambda s: s.tabletop(64)),
    our_row("raster_84", "84 px", lambda s: s.tabletop(84)),
    our_row("raster_128", "128 px", lambda s: s.tabletop(128)),
    our_row("raster_224", "224 px", lambda s: s.tabletop(224)),
    our_row("raster_64_noshadow", "64 px, no shadows", lambda s: s.tabletop(64), shadows=False),
    our_row("reshade_64", "64 px, 16 appearances of each of 8 states", lambda s: s.reshading()),
    our_row(
        "reshade_64_same_sun",
        "the same with the key light where it was",
        lambda s: s.reshading(keep=("light_direction", "light_softness")),
    ),
    our_row("raster_64_robot", "64 px, robot alone, no shadows", lambda s: s.robot(), shadows=False),
    panda3d_row("panda3d_64", "64 px, robot alone, no shadows, rgb only", lambda s: s.robot()),
    panda3d_row("panda3d_scene_64", "64 px, no shadows, rgb only", lambda s: s.tabletop(64)),
    mujoco_row("mujoco_warp_64", "64 px", lambda s: s.tabletop(64)),
    mujoco_row("mujoco_warp_64_noshadow", "64 px, no shadows", lambda s: s.tabletop(64), shadows=False),
    mujoco_row("mujoco_warp_64_robot", "64 px, robot alone, no shadows", lambda s: s.robot(), shadows=False),
)
RATIOS = {  # name: the faster, the slower
    "ratio_64": ("raster_64", "tiny_stock_64"),
    "ratio_128": ("raster_128", "tiny_stock_128"),
    "ratio_64_decimated": ("raster_64", "tiny_decimated_64"),
    "ratio_64_panda3d": ("raster_64_robot", "panda3d_64"),
    "ratio_64_mujoco_warp_robot": ("raster_64_robot", "mujoco_warp_64_robot"),
    "ratio_64_panda3d_scene": ("raster_64_noshadow", "panda3d_scene_64"),
    "ratio_64_mujoco_warp": ("raster_64", "mujoco_warp_64"),
}
