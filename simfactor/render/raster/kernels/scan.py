"""Which samples a triangle covers, and keeping the nearest: the inner loops of the rasteriser.

Sample (column, row) of an image stands at (column + 0.5, row + 0.5). A triangle is three *edges*, linear
functions on the screen that are positive inside, and a *nearness* that is linear as well: 1 / depth for a
camera, the height towards the light for a shadow map. The larger nearness wins; of equals, the lower id.
"""

from typing import Any

import warp as wp

wp.set_module_options({"enable_backward": False, "max_unroll": 1})

SLACK = wp.constant(1e-6)  # of a triangle's height that it grows by, so that no ray slips between neighbours
NARROW = wp.constant(16)  # columns: up to here testing every sample beats working out the row's span


@wp.struct
class Scan:
    """A triangle over a box of samples: (edge 0, edge 1, edge 2, nearness) at the first, and their steps."""

    left: wp.int32
    right: wp.int32
    top: wp.int32
    bottom: wp.int32
    start: wp.vec4
    across: wp.vec4
    down: wp.vec4


# Native, for a compiler to make SIMD of: no branch in the loop, on CUDA no store where nothing is to be kept.
KEEP = """
    KEY* p = (KEY*)buffer.data + first;
    const float a0 = value[0], a1 = value[1], a2 = value[2], a3 = value[3];
    const float s0 = across[0], s1 = across[1], s2 = across[2], s3 = across[3];
    for (int k = 0; k < count; ++k) {
        const float x = (float)k;
        union { float f; unsigned int u; } n;
        n.f = a3 + x * s3;
        const bool covered = (a0 + x * s0 >= 0.0f) & (a1 + x * s1 >= 0.0f) & (a2 + x * s2 >= 0.0f);
        const bool inside = covered & (n.f <= nearest);
        const KEY key = inside ? VALUE : 0;
#if defined(__CUDA_ARCH__)
        if (inside) atomicMax(p + k, key);
#else
        p[k] = key > p[k] ? key : p[k];
#endif
    }
"""
TRIANGLE = KEEP.replace("KEY", "unsigned long long").replace(
    "VALUE", "(((unsigned long long)n.u << 32) | (unsigned int)~id)"
)
HEIGHT = KEEP.replace("KEY", "unsigned int").replace("VALUE", "n.u")


@wp.func_native(TRIANGLE)
def keep_triangle(
    buffer: wp.array[wp.uint64],
    first: wp.int32,
    count: wp.int32,
    value: wp.vec4,
    across: wp.vec4,
    nearest: wp.float32,
    id: wp.uint32,
): ...


@wp.func_native(HEIGHT)
def keep_height(
    buffer: wp.array[wp.uint32],
    first: wp.int32,
    count: wp.int32,
    value: wp.vec4,
    across: wp.vec4,
    nearest: wp.float32,
): ...


@wp.func
def keep(
    buffer: wp.array[wp.uint64],
    first: wp.int32,
    count: wp.int32,
    value: wp.vec4,
    across: wp.vec4,
    nearest: wp.float32,
    id: wp.uint32,
):
    """Nearness above the complement of the id: the largest is the nearest, and the first of equals."""
    keep_triangle(buffer, first, count, value, across, nearest, id)


@wp.func
def keep(
    buffer: wp.array[wp.uint32],
    first: wp.int32,
    count: wp.int32,
    value: wp.vec4,
    across: wp.vec4,
    nearest: wp.float32,
    id: wp.uint32,
):
    """Nearness only; positive floats are ordered as their bits are."""
    keep_height(buffer, first, count, value, across, nearest)


@wp.func
def clipped(samples: wp.float32, count: wp.int32):
    """A number of samples as an integer between 0 and ``count``."""
    return wp.int32(wp.clamp(samples, 0.0, wp.float32(count)))


@wp.func
def narrow_span(span: wp.vec2i, value: wp.float32, step: wp.float32):
    """What is left of the columns ``span`` where ``value + column * step`` is not negative."""
    if step > 0.0:
        return wp.vec2i(wp.max(span[0], wp.int32(wp.ceil(wp.clamp(-value / step, 0.0, 1.0e6)))), span[1])
    if step < 0.0:
        return wp.vec2i(span[0], wp.min(span[1], wp.int32(wp.floor(wp.clamp(-value / step, -1.0, 1.0e6)))))
    if value < 0.0:
        return wp.vec2i(1, 0)
    return span


@wp.func
def fill(
    buffer: wp.array[Any],
    origin: wp.int32,
    width: wp.int32,
    s: Scan,
    nearest: wp.float32,
    id: wp.uint32,
):
    """Keep ``id`` at every sample of the box that the triangle covers up to a nearness of ``nearest``."""
    value = s.start
    row = origin + s.top * width + s.left
    last = s.right - s.left
    for _ in range(s.top, s.bottom + 1):
        first = 0
        count = last + 1
        if last >= NARROW:
            span = narrow_span(wp.vec2i(0, last), value[0], s.across[0])
            span = narrow_span(span, value[1], s.across[1])
            span = narrow_span(span, value[2], s.across[2])
            first = span[0]
            count = span[1] - first + 1
        keep(buffer, row + first, count, value + wp.float32(first) * s.across, s.across, nearest, id)
        value += s.down
        row += width
