"""From surfaces to colours: every pixel's light, in linear units, and its sRGB bytes."""

import warp as wp

from simfactor.render.raster.kernels.geometry import Camera, Slot, homogeneous
from simfactor.render.raster.kernels.light import Map, map_vector, penumbra, receiver_slope, tap
from simfactor.render.raster.kernels.surface import NOTHING, Face, facet_of, seen_depth, seen_id, weights
from simfactor.render.raster.kernels.texture import Texel, sample_texture, texel_count

wp.set_module_options({"enable_backward": False, "max_unroll": 1})

ZERO = wp.constant(wp.vec3(0.0, 0.0, 0.0))
CODES = wp.constant(4095.0)  # steps of the table from linear light to bytes, less one


@wp.struct
class Look:
    """The appearance of one image, and where to find what it is made of."""

    geometry: wp.int32
    map: wp.int32  # -1: no shadows
    spread: wp.float32  # the key light's angular radius, as its tangent
    exposure: wp.float32
    sky: wp.vec3
    ground: wp.vec3
    top: wp.vec3
    bottom: wp.vec3
    backdrop: wp.int32


@wp.func
def to_linear(c: wp.float32):
    """sRGB in [0, 1] to linear light (IEC 61966-2-1)."""
    if c <= 0.04045:
        return c / 12.92
    return wp.pow((c + 0.055) / 1.055, 2.4)


@wp.func
def linear_color(c: wp.vec3):
    return wp.vec3(to_linear(c[0]), to_linear(c[1]), to_linear(c[2]))


@wp.struct
class Coat:
    """What covers an instance in an image; its colour in linear light."""

    color: wp.vec3
    texture: wp.int32
    specular: wp.float32
    roughness: wp.float32


@wp.struct
class Lamp:
    """A light of an image."""

    toward: wp.vec3
    color: wp.vec3


@wp.kernel
def cover(
    colors: wp.array[wp.vec3],
    textures: wp.array[wp.int32],
    specular: wp.array[wp.float32],
    roughness: wp.array[wp.float32],
    coats: wp.array[Coat],
):
    i = wp.tid()
    c = Coat()
    c.color = linear_color(colors[i])
    c.texture = textures[i]
    c.specular = specular[i]
    c.roughness = roughness[i]
    coats[i] = c


@wp.kernel
def light_up(directions: wp.array[wp.vec3], colors: wp.array[wp.vec3], lamps: wp.array[Lamp]):
    i = wp.tid()
    lamp = Lamp()
    lamp.toward = wp.normalize(directions[i])
    lamp.color = colors[i]
    lamps[i] = lamp


@wp.kernel
def dress(
    geometry: wp.array[wp.int32],
    map: wp.array[wp.int32],
    softness: wp.array[wp.float32],
    exposure: wp.array[wp.float32],
    sky: wp.array[wp.vec3],
    ground: wp.array[wp.vec3],
    background: wp.array[wp.vec3],
    backdrop: wp.array[wp.int32],
    looks: wp.array[Look],
):
    n = wp.tid()
    look = Look()
    look.geometry = geometry[n]
    look.map = map[n]
    look.spread = wp.tan(0.5 * softness[n])
    look.exposure = exposure[n]
    look.sky = sky[n]
    look.ground = ground[n]
    look.top = linear_color(background[2 * n])
    look.bottom = linear_color(background[2 * n + 1])
    look.backdrop = backdrop[n]
    looks[n] = look


@wp.func
def highlight(n: wp.vec3, ray: wp.vec3, light: wp.vec3, roughness: wp.float32):
    """The GGX lobe with the visibility term folded in, after Karis (2013)."""
    h = light - ray / wp.sqrt(wp.dot(ray, ray))
    a = roughness * roughness
    nh = wp.max(wp.dot(n, h), 0.0)
    d = a / (nh * nh / wp.max(wp.dot(h, h), 1.0e-12) * (a * a - 1.0) + 1.0)
    return (roughness * 0.25 + 0.25) * d * d


@wp.func
def ambient_light(look: Look, n: wp.vec3):
    return look.ground + (look.sky - look.ground) * (0.5 + 0.5 * n[2])


@wp.func
def byte_of(codes: wp.array[wp.uint8], linear: wp.float32):
    return codes[wp.int32(wp.clamp(linear, 0.0, 1.0) * CODES + 0.5)]


@wp.func
def encode(codes: wp.array[wp.uint8], rgb: wp.array[wp.uint8], pixel: wp.int32, light: wp.vec3):
    rgb[pixel * 3] = byte_of(codes, light[0])
    rgb[pixel * 3 + 1] = byte_of(codes, light[1])
    rgb[pixel * 3 + 2] = byte_of(codes, light[2])


@wp.func
def run_end(seen: wp.array[wp.uint64], origin: wp.int32, column: wp.int32, width: wp.int32, id: wp.uint32):
    """The first column after ``column`` that sees something else than ``id``."""
    end = column + 1
    while end < width and seen_id(seen[origin + end]) == id:
        end += 1
    return end


@wp.func
def finish(
    codes: wp.array[wp.uint8],
    light: wp.array[wp.vec3],
    fine_albedos: wp.array[wp.vec3],
    rgb: wp.array[wp.uint8],
    albedos: wp.array[wp.uint8],
    normals: wp.array[wp.vec3],
    sample: wp.int32,
    total: wp.vec3,
    albedo: wp.vec3,
    normal: wp.vec3,
):
    """Write what is known of a sample to the arrays that have room."""
    if light.shape[0] > 0:
        light[sample] = total
    else:
        encode(codes, rgb, sample, total)
    if fine_albedos.shape[0] > 0:
        fine_albedos[sample] = albedo
    if albedos.shape[0] > 0:
        encode(codes, albedos, sample, albedo)
    if normals.shape[0] > 0:
        normals[sample] = normal


@wp.kernel
def shade(
    lanes: wp.int32,
    instances: wp.int32,
    lights: wp.int32,
    width: wp.int32,
    height: wp.int32,
    map_size: wp.int32,
    shift: wp.uint32,
    looks: wp.array[Look],
    cameras: wp.array[Camera],
    maps: wp.array[Map],
    heights: wp.array[wp.uint32],
    seen: wp.array[wp.uint64],
    slots: wp.array[Slot],
    points: wp.array[wp.vec4],
    corners: wp.array[wp.vec3i],
    faces: wp.array[Face],
    coats: wp.array[Coat],
    lamps: wp.array[Lamp],
    texels: wp.array[Texel],
    levels: wp.array[wp.vec3i],
    codes: wp.array[wp.uint8],
    light: wp.array[wp.vec3],
    fine_albedos: wp.array[wp.vec3],
    rgb: wp.array[wp.uint8],
    albedos: wp.array[wp.uint8],
    normals: wp.array[wp.vec3],
):
    """Shade a row of samples, run by run of those that see the same triangle.

    Where pixels have several samples there is room for their light in ``light``; else it goes to ``rgb``.
    """
    tid = wp.tid()
    line = tid / lanes
    n = line / height
    row = line - n * height
    look = looks[n]
    camera = cameras[look.geometry]
    mask = (wp.uint32(1) << shift) - wp.uint32(1)
    y = wp.float32(row) + 0.5
    down = y / wp.float32(height)
    plain = look.top + (look.bottom - look.top) * down
    ray_start = camera.corner + y * camera.down
    # where rays run in the shadow map
    shadows = maps[wp.max(look.map, 0)]
    map_origin = look.map * map_size * map_size
    map_eye = map_vector(shadows, wp.vec4(camera.eye[0], camera.eye[1], camera.eye[2], 1.0))
    map_start = map_vector(shadows, wp.vec4(ray_start[0], ray_start[1], ray_start[2], 0.0))
    map_across = map_vector(shadows, wp.vec4(camera.across[0], camera.across[1], camera.across[2], 0.0))
    key = Lamp()
    if lights > 0:
        key = lamps[n * lights]
    origin = (look.geometry * height + row) * width
    column = tid - line * lanes
    while column < width:
        id = seen_id(seen[origin + column])
        end = column + 1
        if lanes == 1:
            end = run_end(seen, origin, column, width, id)
        if id == NOTHING:
            for c in range(column, end):
                total = plain
                if look.backdrop >= 0:
                    across = (wp.float32(c) + 0.5) / wp.float32(width)
                    covered = texel_count(levels, look.backdrop) / wp.float32(width * height)
                    total = sample_texture(texels, levels, look.backdrop, across, 1.0 - down, covered, False)
                total *= look.exposure
                sample = line * width + c
                finish(codes, light, fine_albedos, rgb, albedos, normals, sample, total, ZERO, ZERO)
        else:
            number = wp.int32(id >> shift)
            coat = coats[n * instances + number]
            slot = slots[look.geometry * instances + number]
            number = slot.first_face + wp.int32(id & mask)
            trio = corners[number]
            p0 = homogeneous(points[slot.first_point + trio[0]])
            p1 = homogeneous(points[slot.first_point + trio[1]])
            p2 = homogeneous(points[slot.first_point + trio[2]])
            there = p0[2] * camera.corner + p0[0] * camera.across + p0[1] * camera.down
            f = facet_of(slot, faces[number], p0, p1, p2, there, y)
            if coat.texture >= 0:
                f.area *= texel_count(levels, coat.texture)
            straight = wp.dot(f.plane, key.toward)
            slope = receiver_slope(shadows, f.plane, straight)
            normal = f.n0
            ambient = ambient_light(look, normal)
            facing = wp.dot(normal, key.toward)
            for c in range(column, end):
                x = wp.float32(c) + 0.5
                w = weights(f, x)
                if f.flat == 0:
                    normal = f.n0 + w[0] * f.n1 + w[1] * f.n2
                    normal *= 1.0 / wp.sqrt(wp.max(wp.dot(normal, normal), 1.0e-30))
                    ambient = ambient_light(look, normal)
                    facing = wp.dot(normal, key.toward)
                albedo = coat.color
                if coat.texture >= 0:
                    uv = f.uv0 + w[0] * f.uv1 + w[1] * f.uv2
                    covered = f.area * wp.abs(w[2] * w[2] * w[2])
                    texel = sample_texture(texels, levels, coat.texture, uv[0], uv[1], covered, True)
                    albedo = wp.cw_mul(albedo, texel)
                diffuse = ambient
                shine = wp.vec3()
                if facing > 0.0 and (straight > 0.0 or look.map < 0):
                    received = key.color * facing
                    if look.map >= 0:
                        depth = seen_depth(seen[origin + c])
                        at = map_eye + depth * (map_start + x * map_across)
                        if look.spread > 0.0:
                            spread = look.spread / shadows.texel
                            received *= penumbra(heights, map_origin, map_size, at, slope, spread)
                        else:
                            received *= tap(heights, map_origin, map_size, at, slope)
                    diffuse += received
                    if coat.specular > 0.0:
                        ray = ray_start + x * camera.across
                        shine += received * highlight(normal, ray, key.toward, coat.roughness)
                for k in range(1, lights):
                    lamp = lamps[n * lights + k]
                    share = wp.dot(normal, lamp.toward)
                    if share > 0.0:
                        received = lamp.color * share
                        diffuse += received
                        if coat.specular > 0.0:
                            ray = ray_start + x * camera.across
                            shine += received * highlight(normal, ray, lamp.toward, coat.roughness)
                total = (wp.cw_mul(albedo, diffuse) + coat.specular * shine) * look.exposure
                sample = line * width + c
                finish(codes, light, fine_albedos, rgb, albedos, normals, sample, total, albedo, normal)
        column = wp.where(lanes == 1, end, column + lanes)


@wp.kernel
def average(
    lanes: wp.int32,
    width: wp.int32,
    samples: wp.int32,
    codes: wp.array[wp.uint8],
    light: wp.array[wp.vec3],
    fine_normals: wp.array[wp.vec3],
    fine_albedos: wp.array[wp.vec3],
    depth: wp.array[wp.float32],
    rgb: wp.array[wp.uint8],
    albedos: wp.array[wp.uint8],
    normals: wp.array[wp.vec3],
):
    """Pixels of ``samples`` x ``samples`` samples each: means in linear light, normals at unit length."""
    tid = wp.tid()
    line = tid / lanes
    share = 1.0 / wp.float32(samples * samples)
    for column in range(tid - line * lanes, width, lanes):
        total = wp.vec3()
        albedo = wp.vec3()
        normal = wp.vec3()
        for dy in range(samples):
            first = (line * samples + dy) * width * samples + column * samples
            for sample in range(first, first + samples):
                total += light[sample]
                if albedos.shape[0] > 0:
                    albedo += fine_albedos[sample]
                if normals.shape[0] > 0:
                    normal += fine_normals[sample]
        pixel = line * width + column
        encode(codes, rgb, pixel, total * share)
        if depth[pixel] == wp.inf:
            albedo = wp.vec3()
            normal = wp.vec3()
        if albedos.shape[0] > 0:
            encode(codes, albedos, pixel, albedo * share)
        if normals.shape[0] > 0:
            normals[pixel] = wp.normalize(normal)
