"""Shadow maps: the height towards the key light of the first surface that the light meets."""

import warp as wp

from simfactor.render.raster.kernels.geometry import flat_scan
from simfactor.render.raster.kernels.scan import fill

wp.set_module_options({"enable_backward": False, "max_unroll": 1})

STEPS_PER_OCTAVE = wp.constant(4.0)  # texel sizes come in steps, lest what moves shifts everyone's shadows
BIAS = wp.constant(1.5e-3)  # metres that a surface may lie above another without a shadow on it
STEEPEST = wp.constant(32.0)  # slope of a receiver against the light, beyond which its plane is not followed
TAPS = wp.constant(32)  # samples of a penumbra
GOLDEN = wp.constant(2.399963)  # radians: turns of the golden angle spread over a disc (Vogel 1979)


@wp.struct
class Map:
    """Where a shadow map lies: (u, v, height) . (p, 1) is the texel of a world point p, and its height."""

    u: wp.vec4
    v: wp.vec4
    height: wp.vec4
    texel: wp.float32  # metres


@wp.kernel
def fit(
    instances: wp.int32,
    size: wp.int32,
    direction: wp.array[wp.vec3],
    geometry: wp.array[wp.int32],
    casts: wp.array[wp.int32],
    mesh: wp.array[wp.int32],
    position: wp.array[wp.vec3],
    orientation: wp.array[wp.quat],
    scale: wp.array[wp.vec3],
    bounds: wp.array[wp.vec3],
    view: wp.array[wp.vec4],
    maps: wp.array[Map],
):
    """Lay each map over all that casts shadows: outside of it everything is lit."""
    tid = wp.tid()
    toward = wp.normalize(direction[tid])
    side = wp.vec3(1.0, 0.0, 0.0)
    if wp.abs(toward[0]) > wp.abs(toward[1]):
        side = wp.vec3(0.0, 1.0, 0.0)
    u = wp.normalize(wp.cross(side, toward))
    v = wp.cross(toward, u)
    low = wp.vec3(1.0e30, 1.0e30, 1.0e30)
    high = -low
    first = geometry[tid] * instances
    for k in range(instances):
        i = first + k
        if casts[k] != 0 and mesh[i] >= 0:
            turn = wp.quat_to_matrix(wp.normalize(orientation[i]))
            center = position[i] + turn * wp.cw_mul(bounds[2 * mesh[i]], scale[i])
            half = wp.cw_mul(bounds[2 * mesh[i] + 1], scale[i])
            middle = wp.vec3(wp.dot(u, center), wp.dot(v, center), wp.dot(toward, center))
            a = wp.cw_mul(u * turn, half)
            b = wp.cw_mul(v * turn, half)
            c = wp.cw_mul(toward * turn, half)
            reach = wp.vec3(wp.norm_l1(a), wp.norm_l1(b), wp.norm_l1(c))
            low = wp.min(low, middle - reach)
            high = wp.max(high, middle + reach)
    if low[0] > high[0]:  # nothing casts
        low = wp.vec3()
        high = wp.vec3()
    extent = wp.max(wp.max(high[0] - low[0], high[1] - low[1]), 1.0e-3)
    octave = wp.ceil(wp.log2(extent / wp.float32(size - 3)) * STEPS_PER_OCTAVE)
    texel = wp.pow(2.0, octave / STEPS_PER_OCTAVE)
    u0 = wp.floor(low[0] / texel) - 1.0
    v0 = wp.floor(low[1] / texel) - 1.0
    m = Map()
    m.u = wp.vec4(u[0] / texel, u[1] / texel, u[2] / texel, -u0)
    m.v = wp.vec4(v[0] / texel, v[1] / texel, v[2] / texel, -v0)
    m.height = wp.vec4(toward[0], toward[1], toward[2], 1.0 - low[2])
    m.texel = texel
    maps[tid] = m
    view[tid * 3] = m.u
    view[tid * 3 + 1] = m.v
    view[tid * 3 + 2] = m.height


@wp.kernel
def project_heights(
    lanes: wp.int32,
    instances: wp.int32,
    geometry: wp.array[wp.int32],
    casts: wp.array[wp.int32],
    mesh: wp.array[wp.int32],
    first_point: wp.array[wp.int32],
    rows: wp.array[wp.vec4],
    vertex_start: wp.array[wp.int32],
    vertices: wp.array[wp.vec3],
    points: wp.array[wp.vec4],
):
    """(u, v, height) of every vertex of what casts shadows."""
    tid = wp.tid()
    slot = tid / lanes
    image = slot / instances
    k = slot - image * instances
    m = mesh[geometry[image] * instances + k]
    if m < 0 or casts[k] == 0:
        return
    r0 = rows[slot * 3]
    r1 = rows[slot * 3 + 1]
    r2 = rows[slot * 3 + 2]
    start = vertex_start[m]
    out = first_point[slot]
    for n in range(tid - slot * lanes, vertex_start[m + 1] - start, lanes):
        v = vertices[start + n]
        p = wp.vec4(v[0], v[1], v[2], 1.0)
        points[out + n] = wp.vec4(wp.dot(r0, p), wp.dot(r1, p), wp.dot(r2, p), 0.0)


@wp.kernel
def rasterise_heights(
    lanes: wp.int32,
    instances: wp.int32,
    size: wp.int32,
    geometry: wp.array[wp.int32],
    casts: wp.array[wp.int32],
    mesh: wp.array[wp.int32],
    first_point: wp.array[wp.int32],
    face_start: wp.array[wp.int32],
    faces: wp.array[wp.vec3i],
    points: wp.array[wp.vec4],
    heights: wp.array[wp.uint32],
):
    tid = wp.tid()
    slot = tid / lanes
    image = slot / instances
    k = slot - image * instances
    m = mesh[geometry[image] * instances + k]
    if m < 0 or casts[k] == 0:
        return
    start = face_start[m]
    base = first_point[slot]
    origin = image * size * size
    for n in range(tid - slot * lanes, face_start[m + 1] - start, lanes):
        f = faces[start + n]
        s = flat_scan(points[base + f[0]], points[base + f[1]], points[base + f[2]], size, size)
        fill(heights, origin, size, s, 3.0e38, wp.uint32(0))


@wp.func
def height_at(heights: wp.array[wp.uint32], texel: wp.int32):
    return wp.cast(heights[texel], wp.float32)


@wp.func
def tap(
    heights: wp.array[wp.uint32],
    origin: wp.int32,
    size: wp.int32,
    at: wp.vec3,
    slope: wp.vec2,
):
    """The share of light at a point (u, v, height) of a plane that rises by ``slope`` from texel to texel.

    Four texels are compared with the plane's height at their centres, and blended: percentage-closer
    filtering (Reeves et al. 1987).
    """
    x = wp.clamp(at[0] - 0.5, 0.0, wp.float32(size) - 1.5)  # the map's rim is empty, and so is all beyond
    y = wp.clamp(at[1] - 0.5, 0.0, wp.float32(size) - 1.5)
    left = wp.int32(x)
    top = wp.int32(y)
    right_share = x - wp.float32(left)
    lower_share = y - wp.float32(top)
    h = at[2] + BIAS - right_share * slope[0] - lower_share * slope[1]
    first = origin + top * size + left
    a = wp.where(height_at(heights, first) > wp.max(h, 0.0), 0.0, 1.0 - right_share)
    b = wp.where(height_at(heights, first + 1) > wp.max(h + slope[0], 0.0), 0.0, right_share)
    h += slope[1]
    first += size
    c = wp.where(height_at(heights, first) > wp.max(h, 0.0), 0.0, 1.0 - right_share)
    d = wp.where(height_at(heights, first + 1) > wp.max(h + slope[0], 0.0), 0.0, right_share)
    return (a + b) * (1.0 - lower_share) + (c + d) * lower_share


@wp.func
def penumbra(
    heights: wp.array[wp.uint32],
    origin: wp.int32,
    size: wp.int32,
    at: wp.vec3,
    slope: wp.vec2,
    spread: wp.float32,
):
    """The share of light from a disc, whose radius seen from the surface is ``spread`` texels per metre.

    Percentage-closer soft shadows (Fernando 2005): what blocks the light tells the width of the penumbra.
    """
    reach = wp.min(spread * 2.0, 0.25 * wp.float32(size))
    blocked = float(0.0)
    count = float(0.0)
    for k in range(TAPS):
        r = reach * wp.sqrt((wp.float32(k) + 0.5) / wp.float32(TAPS))
        du = r * wp.cos(GOLDEN * wp.float32(k))
        dv = r * wp.sin(GOLDEN * wp.float32(k))
        x = wp.int32(wp.clamp(at[0] + du, 0.0, wp.float32(size) - 0.5))
        y = wp.int32(wp.clamp(at[1] + dv, 0.0, wp.float32(size) - 0.5))
        above = height_at(heights, origin + y * size + x)
        above -= wp.max(at[2] + BIAS + du * slope[0] + dv * slope[1], 0.0)
        if above > 0.0:
            blocked += above
            count += 1.0
    if count == 0.0:
        return tap(heights, origin, size, at, slope)
    radius = wp.min(spread * blocked / count, reach)
    light = float(0.0)
    for k in range(TAPS):
        r = radius * wp.sqrt((wp.float32(k) + 0.5) / wp.float32(TAPS))
        du = r * wp.cos(GOLDEN * wp.float32(k))
        dv = r * wp.sin(GOLDEN * wp.float32(k))
        rise = du * slope[0] + dv * slope[1]
        light += tap(heights, origin, size, at + wp.vec3(du, dv, rise), slope)
    return light / wp.float32(TAPS)


@wp.func
def map_vector(m: Map, v: wp.vec4):
    """A point (w = 1) or a direction (w = 0) of the world as texels (u, v) and height."""
    return wp.vec3(wp.dot(m.u, v), wp.dot(m.v, v), wp.dot(m.height, v))


@wp.func
def receiver_slope(m: Map, normal: wp.vec3, facing: wp.float32):
    """How much higher towards the light a plane is one texel further along u and v."""
    square = -m.texel * m.texel / wp.max(facing, 1.0e-6)
    limit = STEEPEST * m.texel
    return wp.vec2(
        wp.clamp(square * (normal[0] * m.u[0] + normal[1] * m.u[1] + normal[2] * m.u[2]), -limit, limit),
        wp.clamp(square * (normal[0] * m.v[0] + normal[1] * m.v[1] + normal[2] * m.v[2]), -limit, limit),
    )
