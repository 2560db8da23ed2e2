"""What every sample needs to know of the surface it sees, whatever light and colours that gets."""

import warp as wp

from simfactor.render.raster.kernels.geometry import Slot

wp.set_module_options({"enable_backward": False, "max_unroll": 1})

NOTHING = wp.constant(wp.uint32(0xFFFFFFFF))  # the id where no surface is seen


@wp.func
def seen_id(key: wp.uint64):
    return ~wp.uint32(key)


@wp.func
def seen_depth(key: wp.uint64):
    return 1.0 / wp.cast(wp.uint32(key >> wp.uint64(32)), wp.float32)


@wp.struct
class Face:
    """The unit normal of a triangle; normal and uv of its first corner, and what the others add; twice its
    area in uv, more if the uvs are much denser one way than the other."""

    plane: wp.vec3
    n0: wp.vec3
    n1: wp.vec3
    n2: wp.vec3
    uv0: wp.vec2
    uv1: wp.vec2
    uv2: wp.vec2
    area: wp.float32


@wp.struct
class Facet:
    """A triangle along a row of samples. Nothing in it depends on the column, lest what else is in the row
    should matter."""

    x: wp.vec3  # of the three corners, times their depths
    y: wp.vec3  # relative to the row, times their depths
    depth: wp.vec3
    flat: wp.int32  # whether the normal is the same all over
    plane: wp.vec3  # the triangle's own normal in the world, towards the camera, not of unit length
    n0: wp.vec3  # normal at the first corner and what the others add, not of unit length unless flat
    n1: wp.vec3
    n2: wp.vec3
    uv0: wp.vec2
    uv1: wp.vec2
    uv2: wp.vec2
    area: wp.float32  # in uv that a sample covers, times the cube of the sum of its edges


@wp.func
def turned(slot: Slot, n: wp.vec3):
    return wp.vec3(wp.dot(slot.nx, n), wp.dot(slot.ny, n), wp.dot(slot.nz, n))


@wp.func
def facet_of(slot: Slot, face: Face, p0: wp.vec3, p1: wp.vec3, p2: wp.vec3, there: wp.vec3, y: wp.float32):
    """The facet in row ``y`` of a triangle with homogeneous corners p0, p1, p2; ``there`` leads from the
    camera to the first."""
    f = Facet()
    f.x = wp.vec3(p0[0], p1[0], p2[0])
    f.y = wp.vec3(p0[1] - y * p0[2], p1[1] - y * p1[2], p2[1] - y * p2[2])
    f.depth = wp.vec3(p0[2], p1[2], p2[2])
    f.plane = turned(slot, face.plane)
    if wp.dot(f.plane, there) > 0.0:
        f.plane = -f.plane
    n0 = turned(slot, face.n0)
    if wp.dot(n0, n0) == 0.0:
        n0 = f.plane
    side = wp.where(wp.dot(n0, f.plane) < 0.0, -1.0, 1.0)
    if wp.dot(face.n1, face.n1) + wp.dot(face.n2, face.n2) == 0.0:
        f.flat = 1
        f.n0 = side * wp.normalize(n0)
    else:
        f.n0 = side * n0
        f.n1 = side * turned(slot, face.n1)
        f.n2 = side * turned(slot, face.n2)
    if slot.textured != 0:
        f.uv0 = face.uv0
        f.uv1 = face.uv1
        f.uv2 = face.uv2
        # the Jacobian of a perspective map: a constant over the cube of its denominator
        volume = wp.dot(f.x, wp.cross(f.y, f.depth))
        f.area = volume * volume * face.area
    return f


@wp.func
def weights(f: Facet, x: wp.float32):
    """The weights of the second and the third corner at column ``x``, and 1 / the sum of the edges there.

    Relative to the sample, the edges are cross products without cancellation.
    """
    at = f.x - x * f.depth
    e0 = at[1] * f.y[2] - f.y[1] * at[2]
    e1 = at[2] * f.y[0] - f.y[2] * at[0]
    e2 = at[0] * f.y[1] - f.y[0] * at[1]
    inverse = 1.0 / (e0 + e1 + e2)
    b1 = wp.clamp(e1 * inverse, 0.0, 1.0)
    return wp.vec3(b1, wp.clamp(e2 * inverse, 0.0, 1.0 - b1), inverse)


@wp.func
def likeliest(
    seen: wp.array[wp.uint64], first: wp.int32, width: wp.int32, samples: wp.int32, shift: wp.uint32
):
    """Of a pixel's samples, that of the instance which most of them see, and of equals the nearest."""
    best = first
    most = wp.int32(-1)
    for a in range(samples * samples):
        here = first + a / samples * width + a % samples
        id = seen_id(seen[here])
        votes = wp.int32(0)
        for b in range(samples * samples):
            other = seen_id(seen[first + b / samples * width + b % samples])
            if id >> shift == other >> shift and (id == NOTHING) == (other == NOTHING):
                votes += 1
        if votes > most or (votes == most and seen[here] > seen[best]):
            best = here
            most = votes
    return best


@wp.kernel
def label(
    lanes: wp.int32,
    width: wp.int32,
    height: wp.int32,
    samples: wp.int32,
    shift: wp.uint32,
    geometry: wp.array[wp.int32],
    seen: wp.array[wp.uint64],
    segment: wp.array[wp.vec2i],
    depth: wp.array[wp.float32],
    labels: wp.array[wp.vec2i],
):
    """Depth and (body, link) of every pixel."""
    tid = wp.tid()
    line = tid / lanes
    image = line / height
    first = (geometry[image] * height + line - image * height) * samples * samples * width
    for column in range(tid - line * lanes, width, lanes):
        sample = first + column * samples
        if samples > 1:
            sample = likeliest(seen, sample, width * samples, samples, shift)
        key = seen[sample]
        id = seen_id(key)
        pixel = line * width + column
        if id == NOTHING:
            depth[pixel] = wp.inf
            labels[pixel] = wp.vec2i(-1, -1)
        else:
            depth[pixel] = seen_depth(key)
            labels[pixel] = segment[wp.int32(id >> shift)]
