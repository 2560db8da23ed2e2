"""Textures as pyramids of halved images (Williams 1983), all in one array, in linear light of 16 bits."""

import warp as wp

wp.set_module_options({"enable_backward": False, "max_unroll": 1})

LAST = wp.constant(0x7FFFFFFF)  # no index is beyond; saying so spares a test for negative ones
LEVELS = wp.constant(16)  # room in the table of levels for each texture


Texel = wp.types.vector(length=4, dtype=wp.uint16)


@wp.func
def linear_texel(t: Texel):
    return wp.vec4(wp.float32(t[0]), wp.float32(t[1]), wp.float32(t[2]), wp.float32(t[3]))


@wp.func
def texel_count(levels: wp.array[wp.vec3i], texture: wp.int32):
    """How many texels the full image has."""
    full = levels[texture * LEVELS]
    return wp.float32(full[1]) * wp.float32(full[2])


@wp.func
def texel_at(number: wp.int32, count: wp.int32, repeat: wp.bool):
    """The number of a texel along a side of ``count``, a power of two."""
    if repeat:
        return number & (count - 1)
    return wp.clamp(number, 0, count - 1)


@wp.func
def sample_texture(
    texels: wp.array[Texel],
    levels: wp.array[wp.vec3i],
    texture: wp.int32,
    u: wp.float32,
    v: wp.float32,
    covered: wp.float32,
    repeat: wp.bool,
):
    """Linear rgb at (u, v), bilinear, at the level where ``covered`` texels of the full image are about one.

    (0, 0) is the image's lower left corner. uvs repeat, or the image's edges go on for ever.
    """
    # the exponent of a float is its logarithm; each level has a quarter of the texels
    bits = wp.cast(wp.clamp(2.0 * covered, 1.0, 1.0e9), wp.uint32)
    level = levels[texture * LEVELS + wp.min(((wp.int32(bits) >> 23) - 127) >> 1, LEVELS - 1)]
    width = level[1]
    height = level[2]
    x = u * wp.float32(width) - 0.5
    y = (1.0 - v) * wp.float32(height) - 0.5
    left = wp.int32(wp.floor(x))
    top = wp.int32(wp.floor(y))
    across = x - wp.floor(x)
    down = y - wp.floor(y)
    upper = level[0] + texel_at(top, height, repeat) * width
    lower = level[0] + texel_at(top + 1, height, repeat) * width
    right = texel_at(left + 1, width, repeat)
    left = texel_at(left, width, repeat)
    a = linear_texel(texels[(upper + left) & LAST])
    b = linear_texel(texels[(upper + right) & LAST])
    c = linear_texel(texels[(lower + left) & LAST])
    d = linear_texel(texels[(lower + right) & LAST])
    above = a + (b - a) * across
    mixed = (above + (c + (d - c) * across - above) * down) * (1.0 / 65535.0)
    return wp.vec3(mixed[0], mixed[1], mixed[2])
