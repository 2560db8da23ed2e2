"""The rows that need an NVIDIA GPU: batches of random scenes, every image from another camera."""

from __future__ import annotations

from typing import Any

from peers.contender import Contender, Unavailable
from peers.mujoco_warp import MujocoWarp
from peers.scenes import Row, Scenes, many, triangles
from simfactor.frames import RenderBatch
from simfactor.render import make_renderer

BATCHES = {64: (256, 1024, 4096, 16384), 224: (256, 1024)}  # image size: images of a batch


def gpu_name() -> str | None:
    """The name of the first CUDA device, None without one."""
    try:
        import warp
    except ModuleNotFoundError:
        return None
    warp.config.log_level = warp.LOG_WARNING  # or it names every module that it loads, between the tables
    return str(warp.get_device("cuda:0").name) if warp.is_cuda_available() else None


def _crowd(scenes: Scenes, size: int, count: int) -> RenderBatch:
    if gpu_name() is None:
        raise Unavailable("no CUDA device here")
    return many(scenes.tabletop(size), count)


def _our_row(size: int, count: int, host: bool) -> Row:
    key, label = _name("cuda", "simfactor", size, count, host)

    def open_(scenes: Scenes, _: str) -> Contender:
        batch = _crowd(scenes, size, count)
        renderer: Any = make_renderer("raster", device="cuda")
        faces = triangles(batch)
        if host:
            return Contender(key, label, count, faces, lambda: renderer.render(batch), lambda out: out.rgb)

        warp = _warp_beside_torch()

        def draw() -> Any:
            tensors = renderer.render_tensors(batch)
            warp.synchronize_device("cuda:0")
            return tensors

        return Contender(key, label, count, faces, draw, lambda out: out["rgb"].cpu().numpy())

    return Row(key, label, open_)


def _warp_beside_torch() -> Any:
    """Warp; raises Unavailable where torch, whose tensors hold images on the GPU, does not see it."""
    import warp

    try:
        import torch
    except ModuleNotFoundError as error:
        raise Unavailable("torch is not installed") from error
    if not torch.cuda.is_available():
        raise Unavailable("torch does not see the GPU")
    return warp


def _name(key: str, who: str, size: int, count: int, host: bool) -> tuple[str, str]:
    """A row's key and label."""
    place = "copied to host memory" if host else "left on the GPU"
    label = f"{who} on the GPU, {size} px, {count:,} a batch, images {place}"
    return f"{key}_{'host_' if host else ''}{size}_{count}", label


def _mujoco_row(size: int, count: int, host: bool) -> Row:
    key, label = _name("mujoco_warp_cuda", "MuJoCo Warp", size, count, host)

    def open_(scenes: Scenes, _: str) -> Contender:
        batch = _crowd(scenes, size, count)
        peer = MujocoWarp(batch, "cuda:0")
        return Contender(key, label, count, triangles(batch), peer.draw_home if host else peer.draw, peer.rgb)

    return Row(key, label, open_)


ROWS = tuple(
    make(size, count, host)
    for size, counts in BATCHES.items()
    for count in counts
    for make in (_our_row, _mujoco_row)
    for host in (False, True)
)


def best(fps: dict[str, float]) -> dict[str, float | None]:
    """The best batch's images/s of us and of MuJoCo Warp at each size, None without a GPU."""
    result: dict[str, float | None] = {}
    for family in ("cuda", "cuda_host", "mujoco_warp_cuda", "mujoco_warp_cuda_host"):
        for size in BATCHES:
            keys = [f"{family}_{size}_{count}" for count in BATCHES[size]]
            result[f"{family}_{size}_fps"] = max((fps[key] for key in keys if key in fps), default=None)
    return result
