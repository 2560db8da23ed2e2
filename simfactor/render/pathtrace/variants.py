"""Mitsuba's variants: which of them run on this machine, and making one the active one for a while."""

from __future__ import annotations

import functools
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from simfactor.errors import SimfactorError, unknown_name

SCALAR, LLVM, CUDA = "scalar_rgb", "llvm_ad_rgb", "cuda_ad_rgb"
NEEDS = {
    LLVM: "a libLLVM that knows this processor (version 15 ends the process where there is AVX-512, 19 does "
    "not); where there are several, name the file in the environment variable DRJIT_LIBLLVM_PATH",
    CUDA: "an NVIDIA GPU with its driver",
}
PATIENCE = 120  # seconds that a variant may take for its first picture

# Compiles what the renderer uses. Done in a child, because a version of LLVM that lacks an instruction of
# this processor ends the process.
PROBE = """
import sys, mitsuba as mi
mi.set_variant(sys.argv[1])
plastic = {"type": "principled", "base_color": {"type": "checkerboard"}, "eta": 1.5}
film = {"type": "hdrfilm", "width": 4, "height": 4}
scene = mi.load_dict({
    "type": "scene", "integrator": {"type": "path"}, "sun": {"type": "directional"},
    "sky": {"type": "envmap", "bitmap": mi.Bitmap(mi.TensorXf([1.0] * 24, (2, 4, 3)))},
    "ball": {"type": "sphere", "center": [0, 0, 5], "bsdf": {"type": "twosided", "side": plastic}},
    "sensor": {"type": "perspective", "film": film},
})
mi.render(scene, spp=4).array[0]
"""


def choose_variant(name: str) -> str:
    """The variant to use: ``name``, or for ``auto`` the first that runs here of CUDA, LLVM and scalar.

    Raises SimfactorError for a name that is none, or a variant that does not run here.
    """
    if name == "auto":
        return next(variant for variant in (CUDA, LLVM, SCALAR) if not unusable(variant))
    if name not in (SCALAR, *NEEDS):
        raise unknown_name("variant", name, (SCALAR, *NEEDS, "auto"))
    problem = unusable(name)
    if problem:
        raise SimfactorError(
            f"variant={name!r} of Mitsuba does not run here ({problem}); it needs {NEEDS[name]}. "
            f"variant={SCALAR!r} runs everywhere."
        )
    return name


@functools.cache
def unusable(variant: str) -> str:
    """Why ``variant`` does not run here, or nothing if it does. Tried once, in a process of its own."""
    if variant == SCALAR:
        return ""
    command = [sys.executable, "-c", PROBE, variant]
    try:
        probe = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    except subprocess.TimeoutExpired:
        return f"no picture within {PATIENCE} s"
    if probe.returncode == 0:
        return ""
    said = [line for line in probe.stderr.splitlines() if "Error" in line or "ERROR" in line]
    return said[-1].strip() if said else f"it ended with exit status {probe.returncode}"


@contextmanager
def active(variant: str) -> Iterator[Any]:
    """The module ``mitsuba`` with ``variant`` set; afterwards the variant is again what it was before."""
    import mitsuba  # here, because the environment of a renderer is described without it

    before = mitsuba.variant()
    if before != variant:
        mitsuba.set_variant(variant)
    try:
        yield mitsuba
    finally:
        if before not in (None, variant):
            mitsuba.set_variant(before)


@contextmanager
def thread_count(count: int) -> Iterator[None]:
    """Mitsuba works on so many threads as long as this lasts."""
    import drjit

    before = drjit.thread_count()
    if before != count:
        drjit.set_thread_count(count)
    try:
        yield
    finally:
        if before != count:
            drjit.set_thread_count(before)
