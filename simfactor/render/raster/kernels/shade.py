"""From surfaces to colours: every pixel's light, in linear units, and its sRGB bytes."""

import warp as wp

from simfactor.render.raster.kernels.geometry import Camera, Slot, homogeneous
from simfactor.render.raster.kernels.light import BIAS, Map, penumbra, receiver_slope, tap
from simfactor.render.raster.kernels.surface import NOTHING, Face, facet_of, seen_depth, seen_id
from simfactor.render.raster.kernels.texture import Texel, sample_texture

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
    shadows = maps[wp.max(look.map, 0)]
    map_origin = look.map * map_size * map_size
    mask = (wp.uint32(1) << shift) - wp.uint32(1)
    y = wp.float32(row) + 0.5
    down = y / wp.float32(height)
    plain = look.top + (look.bottom - look.top) * down
    origin = (look.geometry * height + row) * width
    column = tid - line * lanes
    while column < width:
        key = seen[origin + column]
        id = seen_id(key)
        end = column + 1
        if lanes == 1:
            end = run_end(seen, origin, column, width, id)
        if id == NOTHING:
            for c in range(column, end):
                total = plain
                if look.backdrop >= 0:
                    across = (wp.float32(c) + 0.5) / wp.float32(width)
                    area = 1.0 / wp.float32(width * height)
                    total = sample_texture(texels, levels, look.backdrop, across, 1.0 - down, area)
                finish(
                    codes,
                    light,
                    fine_albedos,
                    rgb,
                    albedos,
                    normals,
                    line * width + c,
                    total * look.exposure,
                    ZERO,
                    ZERO,
                )
        else:
            number = wp.int32(id >> shift)
            coat = coats[n * instances + number]
            slot = slots[look.geometry * instances + number]
            number = slot.first_face + wp.int32(id & mask)
            trio = corners[number]
            p0 = homogeneous(points[slot.first_point + trio[0]])
            p1 = homogeneous(points[slot.first_point + trio[1]])
            p2 = homogeneous(points[slot.first_point + trio[2]])
            start = camera.corner + y * camera.down
            x = wp.float32(column) + 0.5
            f = facet_of(slot, faces[number], p0, p1, p2, start + x * camera.across, x, y)
            toward = lamps[n * lights].toward
            straight = wp.dot(f.plane, toward)
            slope = receiver_slope(shadows, f.plane, straight)
            for c in range(column, end):
                d = wp.float32(c - column)
                ray = start + (x + d) * camera.across
                inverse = 1.0 / (f.s + d * f.ds)
                b1 = wp.clamp((f.e1 + d * f.d1) * inverse, 0.0, 1.0)
                b2 = wp.clamp((f.e2 + d * f.d2) * inverse, 0.0, 1.0 - b1)
                normal = f.n0
                if f.flat == 0:
                    normal += b1 * f.n1 + b2 * f.n2
                    normal *= 1.0 / wp.sqrt(wp.max(wp.dot(normal, normal), 1.0e-30))
                albedo = coat.color
                if coat.texture >= 0:
                    uv = f.uv0 + b1 * f.uv1 + b2 * f.uv2
                    area = wp.abs(f.area * inverse * inverse * inverse)
                    albedo = wp.cw_mul(
                        albedo, sample_texture(texels, levels, coat.texture, uv[0], uv[1], area)
                    )
                diffuse = look.ground + (look.sky - look.ground) * (0.5 + 0.5 * normal[2])
                shine = wp.vec3()
                for k in range(lights):
                    lamp = lamps[n * lights + k]
                    facing = wp.dot(normal, lamp.toward)
                    if facing > 0.0:
                        if k == 0 and look.map >= 0:
                            visible = float(0.0)
                            if straight > 0.0:
                                p = camera.eye + ray * seen_depth(seen[origin + c])
                                point = wp.vec4(p[0], p[1], p[2], 1.0)
                                u = wp.dot(shadows.u, point)
                                v = wp.dot(shadows.v, point)
                                high = wp.dot(shadows.height, point) + BIAS
                                if look.spread > 0.0:
                                    spread = look.spread / shadows.texel
                                    visible = penumbra(
                                        heights, map_origin, map_size, u, v, high, slope, spread
                                    )
                                else:
                                    visible = tap(heights, map_origin, map_size, u, v, high, slope)
                            facing *= visible
                        received = lamp.color * facing
                        diffuse += received
                        if coat.specular > 0.0:
                            lobe = highlight(normal, ray, lamp.toward, coat.roughness)
                            shine += received * (coat.specular * lobe)
                total = wp.cw_mul(albedo, diffuse) + shine
                finish(
                    codes,
                    light,
                    fine_albedos,
                    rgb,
                    albedos,
                    normals,
                    line * width + c,
                    total * look.exposure,
                    albedo,
                    normal,
                )
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
        if albedos.shape[0] > 0:
            encode(codes, albedos, pixel, albedo * share)
        if normals.shape[0] > 0:
            normals[pixel] = wp.normalize(normal)
