"""Sensor noise on finished pictures, bit for bit that of :mod:`simfactor.render.noise`."""

import warp as wp

from simfactor.render.noise import CHANNEL, FACTORS, SHIFT

wp.set_module_options({"enable_backward": False, "max_unroll": 1})

APART = wp.constant(wp.uint32(CHANNEL))
DROPPED = wp.constant(wp.uint32(SHIFT))
FIRST = wp.constant(wp.uint32(FACTORS[0]))
SECOND = wp.constant(wp.uint32(FACTORS[1]))


@wp.func
def scramble(x: wp.uint32):
    """The hash lowbias32."""
    y = (x ^ (x >> wp.uint32(16))) * FIRST
    y = (y ^ (y >> wp.uint32(15))) * SECOND
    return y ^ (y >> wp.uint32(16))


@wp.kernel
def add_noise(
    lanes: wp.int32,
    width: wp.int32,
    height: wp.int32,
    strengths: wp.array[wp.float32],
    seeds: wp.array[wp.uint32],
    grades: wp.array[wp.float32],
    rgb: wp.array[wp.uint8],
):
    """Add to a row of pixels what their hashes choose among the grades of the normal distribution."""
    tid = wp.tid()
    line = tid / lanes
    n = line / height
    strength = strengths[n]
    if strength > 0.0:
        first = (line - n * height) * width
        for column in range(tid - line * lanes, width, lanes):
            stem = scramble(wp.uint32(first + column)) ^ seeds[n]
            for channel in range(3):
                drawn = scramble(stem + wp.uint32(channel) * APART) >> DROPPED
                change = wp.int32(wp.rint(strength * grades[wp.int32(drawn)]))
                at = (line * width + column) * 3 + channel
                rgb[at] = wp.uint8(wp.clamp(wp.int32(rgb[at]) + change, 0, 255))
