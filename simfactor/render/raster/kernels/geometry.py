"""From meshes, poses and cameras to the triangle that every sample sees."""

import warp as wp

from simfactor.render.raster.kernels.scan import SLACK, Scan, clipped, fill

wp.set_module_options({"enable_backward": False, "max_unroll": 1})


@wp.struct
class Camera:
    """A pinhole camera: a sample (x, y) at depth d sees ``eye + d * (corner + x * across + y * down)``."""

    eye: wp.vec3
    corner: wp.vec3
    across: wp.vec3
    down: wp.vec3


@wp.struct
class Slot:
    """An instance in an image: where its triangles and projected points begin, and how its normals turn."""

    first_face: wp.int32
    first_point: wp.int32
    textured: wp.int32
    nx: wp.vec3
    ny: wp.vec3
    nz: wp.vec3


@wp.kernel
def look(
    width: wp.int32,
    height: wp.int32,
    position: wp.array[wp.vec3],
    target: wp.array[wp.vec3],
    up: wp.array[wp.vec3],
    focal: wp.array[wp.vec2],
    principal_point: wp.array[wp.vec2],
    view: wp.array[wp.vec4],
    cameras: wp.array[Camera],
):
    """The rows that take world points to homogeneous screen coordinates, and the camera that inverts them."""
    g = wp.tid()
    eye = position[g]
    forward = wp.normalize(target[g] - eye)
    right = wp.normalize(wp.cross(forward, up[g]))
    below = wp.cross(forward, right)
    f = focal[g] * wp.float32(height)
    c = wp.cw_mul(principal_point[g], wp.vec2(wp.float32(width), wp.float32(height)))
    x = right * f[0] + forward * c[0]
    y = below * f[1] + forward * c[1]
    view[g * 3] = wp.vec4(x[0], x[1], x[2], -wp.dot(x, eye))
    view[g * 3 + 1] = wp.vec4(y[0], y[1], y[2], -wp.dot(y, eye))
    view[g * 3 + 2] = wp.vec4(forward[0], forward[1], forward[2], -wp.dot(forward, eye))
    camera = Camera()
    camera.eye = eye
    camera.across = right / f[0]
    camera.down = below / f[1]
    camera.corner = forward - c[0] * camera.across - c[1] * camera.down
    cameras[g] = camera


@wp.kernel
def place(
    instances: wp.int32,
    geometry: wp.array[wp.int32],
    mesh: wp.array[wp.int32],
    position: wp.array[wp.vec3],
    orientation: wp.array[wp.quat],
    scale: wp.array[wp.vec3],
    view: wp.array[wp.vec4],
    rows: wp.array[wp.vec4],
):
    """The rows that take an instance's vertices (x, y, z, 1) to the screen of a view of its geometry."""
    tid = wp.tid()
    image = tid / instances
    i = geometry[image] * instances + tid - image * instances
    if mesh[i] < 0:
        return
    turn = wp.quat_to_matrix(wp.normalize(orientation[i]))
    size = scale[i]
    at = position[i]
    for r in range(3):
        v = view[image * 3 + r]
        direction = wp.vec3(v[0], v[1], v[2])
        linear = wp.cw_mul(direction * turn, size)
        rows[tid * 3 + r] = wp.vec4(linear[0], linear[1], linear[2], wp.dot(direction, at) + v[3])


@wp.kernel
def settle(
    mesh: wp.array[wp.int32],
    orientation: wp.array[wp.quat],
    scale: wp.array[wp.vec3],
    textured: wp.array[wp.int32],
    first_point: wp.array[wp.int32],
    face_start: wp.array[wp.int32],
    slots: wp.array[Slot],
):
    """What ``resolve`` needs of every instance; normals turn with the inverse of the scale."""
    i = wp.tid()
    if mesh[i] < 0:
        return
    turn = wp.quat_to_matrix(wp.normalize(orientation[i]))
    slot = Slot()
    slot.first_face = face_start[mesh[i]]
    slot.first_point = first_point[i]
    slot.textured = textured[i]
    slot.nx = wp.cw_div(wp.vec3(turn[0, 0], turn[0, 1], turn[0, 2]), scale[i])
    slot.ny = wp.cw_div(wp.vec3(turn[1, 0], turn[1, 1], turn[1, 2]), scale[i])
    slot.nz = wp.cw_div(wp.vec3(turn[2, 0], turn[2, 1], turn[2, 2]), scale[i])
    slots[i] = slot


@wp.kernel
def project(
    lanes: wp.int32,
    near: wp.float32,
    guard: wp.float32,
    mesh: wp.array[wp.int32],
    first_point: wp.array[wp.int32],
    rows: wp.array[wp.vec4],
    vertex_start: wp.array[wp.int32],
    vertices: wp.array[wp.vec3],
    points: wp.array[wp.vec4],
):
    """(x, y, nearness, depth) of every vertex.

    Nearness 0 marks what is before the near plane, or so far from the image that pixels would not tell its
    place well enough; there x and y are homogeneous.
    """
    tid = wp.tid()
    i = tid / lanes
    m = mesh[i]
    if m < 0:
        return
    r0 = rows[i * 3]
    r1 = rows[i * 3 + 1]
    r2 = rows[i * 3 + 2]
    start = vertex_start[m]
    out = first_point[i]
    for k in range(tid - i * lanes, vertex_start[m + 1] - start, lanes):
        v = vertices[start + k]
        p = wp.vec4(v[0], v[1], v[2], 1.0)
        w = wp.dot(r2, p)
        x = wp.dot(r0, p)
        y = wp.dot(r1, p)
        if w >= near and wp.abs(x) + wp.abs(y) < guard * w:
            nearness = 1.0 / w
            points[out + k] = wp.vec4(x * nearness, y * nearness, nearness, w)
        else:
            points[out + k] = wp.vec4(x, y, 0.0, w)


@wp.func
def flat_scan(a: wp.vec4, b: wp.vec4, c: wp.vec4, width: wp.int32, height: wp.int32):
    """The scan of a triangle of screen points (x, y, nearness); empty if it covers no sample."""
    s = Scan()
    s.bottom = -1
    # samples before the box and before its end: equal where the box holds none
    low = wp.min(a, wp.min(b, c))
    high = wp.max(a, wp.max(b, c))
    left = wp.floor(low[0] + 0.5)
    right = wp.floor(high[0] + 0.5)
    top = wp.floor(low[1] + 0.5)
    bottom = wp.floor(high[1] + 0.5)
    if not (left < right and top < bottom):
        return s
    s.left = clipped(left, width)
    s.right = clipped(right, width) - 1
    s.top = clipped(top, height)
    last = clipped(bottom, height) - 1
    if s.left > s.right or s.top > last:
        return s
    abx = b[0] - a[0]
    aby = b[1] - a[1]
    acx = c[0] - a[0]
    acy = c[1] - a[1]
    inverse = 1.0 / (abx * acy - aby * acx)
    if not wp.abs(inverse) < 1.0e12:
        return s
    s.bottom = last
    px = wp.float32(s.left) + 0.5 - a[0]
    py = wp.float32(s.top) + 0.5 - a[1]
    bx = acy * inverse
    by = -acx * inverse
    cx = -aby * inverse
    cy = abx * inverse
    eb = px * bx + py * by
    ec = px * cx + py * cy
    nb = b[2] - a[2]
    nc = c[2] - a[2]
    s.start = wp.vec4(1.0 - eb - ec + SLACK, eb + SLACK, ec + SLACK, a[2] + eb * nb + ec * nc)
    s.across = wp.vec4(-bx - cx, bx, cx, bx * nb + cx * nc)
    s.down = wp.vec4(-by - cy, by, cy, by * nb + cy * nc)
    return s


@wp.func
def homogeneous(p: wp.vec4):
    """(x * depth, y * depth, depth) of a point that ``project`` wrote."""
    if p[2] > 0.0:
        return wp.vec3(p[0] * p[3], p[1] * p[3], p[3])
    return wp.vec3(p[0], p[1], p[3])


@wp.func
def outside(a: wp.vec3, b: wp.vec3, c: wp.vec3, width: wp.float32, height: wp.float32, near: wp.float32):
    """Whether a triangle is wholly beyond one of the image's edges or before the near plane."""
    x = wp.max(a[0], wp.max(b[0], c[0])) < 0.0
    y = wp.max(a[1], wp.max(b[1], c[1])) < 0.0
    z = wp.max(a[2], wp.max(b[2], c[2])) < near
    right = wp.max(width * a[2] - a[0], wp.max(width * b[2] - b[0], width * c[2] - c[0])) < 0.0
    below = wp.max(height * a[2] - a[1], wp.max(height * b[2] - b[1], height * c[2] - c[1])) < 0.0
    return x or y or z or right or below


@wp.func
def crossing_scan(a: wp.vec4, b: wp.vec4, c: wp.vec4, width: wp.int32, height: wp.int32, near: wp.float32):
    """The scan of a triangle with homogeneous corners, by homogeneous edges (Olano & Greer 1997).

    It covers the whole image; the edges are divided by the depth, so that their sum is the nearness.
    """
    s = Scan()
    s.bottom = -1
    p = homogeneous(a)
    q = homogeneous(b)
    r = homogeneous(c)
    if outside(p, q, r, wp.float32(width), wp.float32(height), near):
        return s
    middle = wp.vec3(0.5 * wp.float32(width), 0.5 * wp.float32(height), 0.0)
    p -= p[2] * middle  # products of large numbers would cancel
    q -= q[2] * middle
    r -= r[2] * middle
    e0 = wp.cross(q, r)
    inverse = 1.0 / wp.dot(p, e0)
    if not wp.abs(inverse) < 1.0e12:
        return s
    e0 = e0 * inverse
    e1 = wp.cross(r, p) * inverse
    e2 = wp.cross(p, q) * inverse
    s.right = width - 1
    s.bottom = height - 1
    s.across = wp.vec4(e0[0], e1[0], e2[0], e0[0] + e1[0] + e2[0])
    s.down = wp.vec4(e0[1], e1[1], e2[1], e0[1] + e1[1] + e2[1])
    s.start = wp.vec4(e0[2], e1[2], e2[2], e0[2] + e1[2] + e2[2])
    s.start += (0.5 - middle[0]) * s.across + (0.5 - middle[1]) * s.down
    return s


@wp.kernel
def rasterise(
    lanes: wp.int32,
    instances: wp.int32,
    width: wp.int32,
    height: wp.int32,
    near: wp.float32,
    shift: wp.uint32,
    mesh: wp.array[wp.int32],
    first_point: wp.array[wp.int32],
    face_start: wp.array[wp.int32],
    faces: wp.array[wp.vec3i],
    points: wp.array[wp.vec4],
    seen: wp.array[wp.uint64],
):
    """Keep at every sample the nearest triangle, as its instance above ``shift`` bits of its number."""
    tid = wp.tid()
    i = tid / lanes
    m = mesh[i]
    if m < 0:
        return
    image = i / instances
    tag = wp.uint32(i - image * instances) << shift
    start = face_start[m]
    base = first_point[i]
    origin = image * width * height
    for k in range(tid - i * lanes, face_start[m + 1] - start, lanes):
        f = faces[start + k]
        a = points[base + f[0]]
        b = points[base + f[1]]
        c = points[base + f[2]]
        if wp.min(a[2], wp.min(b[2], c[2])) > 0.0:
            fill(seen, origin, width, flat_scan(a, b, c, width, height), 3.0e38, tag | wp.uint32(k))
        else:
            s = crossing_scan(a, b, c, width, height, near)
            fill(seen, origin, width, s, 1.0 / near, tag | wp.uint32(k))
