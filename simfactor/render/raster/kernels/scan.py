"""Which samples a triangle covers, and keeping the nearest: the inner loops of the rasteriser.

Sample (column, row) of an image stands at (column + 0.5, row + 0.5). A triangle is three *edges*, linear
functions on the screen that are positive inside, and a *nearness* that is linear as well: 1 / depth for a
camera, the height towards the light for a shadow map. The larger nearness wins; of equals, the lower id.
"""

from typing import Any

import warp as wp

wp.set_module_options({"enable_backward": False, "max_unroll": 1})

SLACK = wp.constant(1e-6)  # of a triangle's height that it grows by, so that no ray slips between neighbours
NARROW = wp.constant(6)  # columns: up to here testing every sample beats working out the row's span


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


@wp.func
def keep(buffer: wp.array[wp.uint64], sample: wp.int32, nearness: wp.float32, id: wp.uint32):
    """Nearness above the complement of the id: the largest is the nearest, and the first of equals."""
    key = (wp.uint64(wp.cast(nearness, wp.uint32)) << wp.uint64(32)) | wp.uint64(~id)
    wp.atomic_max(buffer, sample, key)


@wp.func
def keep(buffer: wp.array[wp.uint32], sample: wp.int32, nearness: wp.float32, id: wp.uint32):
    """Nearness only; positive floats are ordered as their bits are."""
    wp.atomic_max(buffer, sample, wp.cast(nearness, wp.uint32))


@wp.func
def first_sample(low: wp.float32, count: wp.int32):
    return wp.max(wp.int32(wp.ceil(wp.clamp(low, 0.0, wp.float32(count)) - 0.5)), 0)


@wp.func
def last_sample(high: wp.float32, count: wp.int32):
    return wp.min(wp.int32(wp.floor(wp.clamp(high, 0.0, wp.float32(count)) - 0.5)), count - 1)


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
        if last <= NARROW:
            v = value
            for column in range(last + 1):
                if wp.min(wp.min(v[0], v[1]), wp.min(v[2], nearest - v[3])) >= 0.0:
                    keep(buffer, row + column, v[3], id)
                v += s.across
        else:
            span = narrow_span(wp.vec2i(0, last), value[0], s.across[0])
            span = narrow_span(span, value[1], s.across[1])
            span = narrow_span(span, value[2], s.across[2])
            span = narrow_span(span, nearest - value[3], -s.across[3])
            for column in range(span[0], span[1] + 1):
                keep(buffer, row + column, value[3] + wp.float32(column) * s.across[3], id)
        value += s.down
        row += width
