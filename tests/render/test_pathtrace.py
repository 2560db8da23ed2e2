"""The path tracer: geometry and radiance of the other renderers, and what only light that bounces does."""

import sys
from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simfactor.errors import SimfactorError
from simfactor.factors import load_space
from simfactor.frames import HIDDEN, RenderBatch
from simfactor.render import Studio, make_renderer
from simfactor.render.noise import add_noise
from simfactor.render.shading import background, bytes_to_linear, to_bytes, to_linear

mitsuba = pytest.importorskip("mitsuba")

from simfactor.render.pathtrace import Environment, PathTracer, variants  # noqa: E402

GROUND, BOX, BALL = 0, 1, 2
FROM_ABOVE = {"camera_position": (0, 0, 2.5), "camera_target": (0, 0, 0), "camera_up": (0, 1, 0)}
EMPTY = {"mesh": [0, HIDDEN, HIDDEN]}
DARK = {"light_color": [(0, 0, 0)]}
SMALL = {"height": 24, "width": 24}


@pytest.fixture(scope="module")
def tracer():
    return PathTracer(samples=16, normals=True, albedo=True)


@pytest.fixture(scope="module")
def raster():
    return make_renderer("raster", normals=True, albedo=True)


def light(images):
    """Linear rgb (H, W, 3) of the first image."""
    return bytes_to_linear(images.rgb[0]).astype(float)


def tilted(angle):
    """The quaternion of a turn about x."""
    return (np.sin(angle / 2), 0, 0, np.cos(angle / 2))


@pytest.mark.parametrize("size", [64, 128])
def test_labels_of_tabletop_scenes_are_those_of_raster(tracer, raster, size):
    space = load_space("tabletop").fix({"sensor_noise": 0})
    with Studio("tabletop", image_size=size) as studio:
        batch = studio.batch(space, space.sample(3, seed=5))
    with PathTracer(samples=1, max_depth=1, normals=True, albedo=True) as quick:
        images = quick.render(batch)
    expected = raster.render(batch)
    for label in np.unique(expected.segmentation.reshape(-1, 2), axis=0):
        mine, theirs = ((x.segmentation == label).all(axis=-1) for x in (images, expected))
        assert (mine & theirs).sum() >= 0.98 * (mine | theirs).sum(), label
    same = (images.segmentation == expected.segmentation).all(axis=-1)
    assert same.mean() > 0.999
    hit = same & np.isfinite(expected.depth)
    np.testing.assert_allclose(images.depth[hit], expected.depth[hit], atol=1e-3)
    assert np.percentile((images.normals * expected.normals).sum(axis=-1)[hit], 1) > 0.999
    assert np.percentile(np.abs(images.albedo.astype(int) - expected.albedo)[hit], 99) <= 4
    assert (images.depth[~np.isfinite(expected.depth) & same] == np.inf).all()


@pytest.mark.parametrize(
    "lens",
    [{"principal_point": (0.3, 0.6)}, {"width": 80}, {"camera_up": (1, 1, 0)}],
    ids=lambda lens: str(lens),
)
def test_lenses_are_those_of_raster(world, tracer, raster, lens):
    batch = world.changed(**lens)
    images, expected = tracer.render(batch), raster.render(batch)
    same = (images.segmentation == expected.segmentation).all(axis=-1)
    assert same.mean() > 0.998
    assert set(np.unique(images.segmentation[..., 0])) == {-1, 0, 3, 7}
    hit = same & np.isfinite(expected.depth)
    np.testing.assert_allclose(images.depth[hit], expected.depth[hit], rtol=1e-4)


@settings(max_examples=12, deadline=None)
@given(
    azimuth=st.floats(0, 6.28),
    elevation=st.floats(0.5, 1.5),
    color=st.tuples(*[st.floats(0.1, 0.9)] * 3),
    softness=st.sampled_from([0.0, 0.01, 0.3]),
)
def test_a_flat_plane_under_the_key_light_is_as_bright_as_in_raster(
    world, tracer, raster, azimuth, elevation, color, softness
):
    toward = (np.cos(azimuth) * np.cos(elevation), np.sin(azimuth) * np.cos(elevation), np.sin(elevation))
    batch = world.changed(
        ambient=(0, 0, 0),
        light_direction=toward,
        light_color=[color],
        light_softness=softness,
        **EMPTY,
        **FROM_ABOVE,
        height=12,
        width=12,
    )
    mean, expected = (light(r.render(batch))[2:-2, 2:-2].mean(axis=(0, 1)) for r in (tracer, raster))
    np.testing.assert_allclose(mean, expected, rtol=0.02, atol=0.002)


@pytest.mark.parametrize("angle", [0.0, 0.6, 1.2, np.pi / 2])
def test_a_tilted_plane_under_the_sky_alone_is_as_bright_as_in_raster(world, raster, angle):
    batch = world.changed(
        sky=(0.8, 0.6, 0.5),
        ground=(0.1, 0.2, 0.3),
        orientation=[tilted(angle), (0, 0, 0, 1), (0, 0, 0, 1)],
        camera_position=(0.0, -1.2, 1.2),
        **DARK,
        **EMPTY,
        **SMALL,
    )
    with PathTracer(samples=256) as tracer:
        mean, expected = (light(r.render(batch))[9:15, 9:15].mean(axis=(0, 1)) for r in (tracer, raster))
    np.testing.assert_allclose(mean, expected, rtol=0.03)


def test_a_fill_light_adds_its_share(world, tracer, raster):
    batch = world.changed(
        light_direction=[(0, 0, 1), (0.6, 0, 0.8)],
        light_color=[(0.2, 0.2, 0.2), (0.5, 0.3, 0.1)],
        **EMPTY,
        **FROM_ABOVE,
    )
    mean, expected = (light(r.render(batch))[20:44, 20:44].mean(axis=(0, 1)) for r in (tracer, raster))
    np.testing.assert_allclose(mean, expected, rtol=0.03)


def test_textures_stand_where_they_do_in_raster(world, tracer, raster):
    batch = world.changed(color=[(1, 1, 1)] * 3, texture=[0, 0, -1], ambient=(1, 1, 1), **DARK)
    images, expected = tracer.render(batch), raster.render(batch)
    for instance in (GROUND, BOX):
        mask = world.mask(expected, instance) & world.mask(images, instance)
        hue, wanted = (x.rgb[0][mask].argmax(axis=-1) for x in (images, expected))
        assert (hue == wanted).mean() > 0.96
        assert (images.albedo[0][mask] == expected.albedo[0][mask]).mean() > 0.9


def test_highlights_stand_where_they_do_in_raster(world, tracer, raster):
    batch = world.changed(
        specular=(0, 0, 0.5), roughness=(1, 1, 0.3), color=[(0.1, 0.1, 0.1)] * 3, ambient=(0, 0, 0)
    )
    peaks = []
    for renderer in (tracer, raster):
        images = renderer.render(batch)
        row, column = np.nonzero(world.mask(images, BALL))
        shine = light(images).mean(axis=2)[row, column] ** 4
        peaks.append((shine @ row / shine.sum(), shine @ column / shine.sum()))
    np.testing.assert_allclose(*peaks, atol=1.0)


def test_shadows_fall_where_they_do_in_raster_and_soft_ones_have_penumbrae(world, raster):
    hard = world.changed(ambient=(0, 0, 0), **FROM_ABOVE)
    soft = replace(hard, light_softness=np.float32([0.35]))
    with PathTracer(samples=64, max_depth=2) as tracer:
        images, blurred = tracer.render(hard), tracer.render(soft)
    expected = raster.render(hard)
    ground = world.mask(expected, GROUND)
    lit, wanted = (light(x).mean(axis=2) > 0.1 for x in (images, expected))
    assert (lit == wanted)[ground].mean() > 0.985
    half = [
        ((x > 0.03) & (x < 0.15))[ground].mean() for x in (light(y).mean(axis=2) for y in (images, blurred))
    ]
    assert half[1] > 2.0 * half[0]


def test_light_bounces(world):
    """A red box reddens the ground beside it, more than direct light does."""
    batch = world.changed(BOX, color=(0.9, 0.05, 0.05), position=(0, 0, 0.15), orientation=(0, 0, 0, 1))
    batch = replace(
        batch, mesh=np.array([[0, 1, HIDDEN]], np.int32), light_direction=np.float32([[[0, -0.8, 0.6]]])
    )
    batch = replace(batch, camera_position=np.float32([[0, 0, 2]]), camera_up=np.float32([[0, 1, 0]]))
    redness = {}
    for depth in (2, 6):
        with PathTracer(samples=64, max_depth=depth) as tracer:
            images = tracer.render(batch)
        near = world.mask(images, GROUND)
        near[:40] = near[48:] = False  # in front of the side that is lit
        near[:, :26] = near[:, 38:] = False
        red, green, _ = light(images)[near].mean(axis=0)
        redness[depth] = red / green
    assert redness[2] == pytest.approx(1.0, abs=0.02)
    assert redness[6] > 1.08


def test_corners_are_darker_under_the_sky(world):
    """Ambient occlusion, which the shading model of the rasterisers lacks."""
    batch = world.changed(ambient=(0.8, 0.8, 0.8), **DARK, **FROM_ABOVE)
    with PathTracer(samples=64) as tracer:
        images = tracer.render(batch)
    ground = world.mask(images, GROUND).astype(np.uint8)
    things = np.isin(images.segmentation[0][..., 0], (3, 7)).astype(np.uint8)
    near = cv2.dilate(things, np.ones((7, 7))) & ground
    far = 1 - cv2.dilate(things, np.ones((31, 31))) & ground
    brightness = light(images).mean(axis=2)
    assert brightness[near == 1].mean() < 0.9 * brightness[far == 1].mean()


def test_where_nothing_is_hit_the_background_is_the_batchs(world, tracer):
    for changes in ({"background": [(0.9, 0.1, 0.2), (0.1, 0.2, 0.9)], "exposure": 0.7}, {"backdrop": 0}):
        batch = world.changed(**changes)
        images = tracer.render(batch)
        hit = (images.segmentation[0][..., 0] >= 0).astype(np.uint8)
        empty = cv2.dilate(hit, np.ones((3, 3))) == 0  # edges are blends
        assert empty.any()
        np.testing.assert_array_equal(images.rgb[0][empty], to_bytes(background(batch, 0))[empty])


def test_exposure_scales_the_light(world, tracer):
    ground = world.mask(tracer.render(world.base), GROUND)
    dim, bright = (light(tracer.render(world.changed(exposure=e)))[ground] for e in (0.5, 1.0))
    assert bright.mean() / dim.mean() == pytest.approx(2.0, rel=0.03)


def test_noise_of_the_sensor_is_added_to_finished_bytes(world, tracer):
    clean, noisy = (tracer.render(world.changed(noise=n, noise_seed=5)).rgb for n in (0, 0.1))
    np.testing.assert_array_equal(noisy, add_noise(clean, np.float32([0.1]), np.uint32([5])))


def test_images_depend_on_nothing_but_the_batch(world):
    """Not on what was drawn before, what else is in the batch, or the number of threads."""
    batches = [
        world.changed(BOX, mesh=HIDDEN, **SMALL),
        world.changed(BOX, position=(0.1, 0.3, 0.3), scale=(0.3, 0.2, 0.2), color=(0, 1, 0), **SMALL),
        world.changed(light_direction=(-0.8, 0, 0.6), texture=[0, -1, 0], noise_seed=3, **SMALL),
        world.changed(specular=(0.4, 0.2, 0), light_softness=0.2, noise_seed=9, **SMALL),
    ]
    with PathTracer(samples=4, normals=True, albedo=True) as tracer:
        together = tracer.render(RenderBatch.concatenate(batches))
    for threads in (1, 2):
        with PathTracer(samples=4, normals=True, albedo=True, threads=threads) as tracer:
            for i in (2, 0, 3, 1):
                images = tracer.render(batches[i])
                for name in ("rgb", "depth", "segmentation", "normals", "albedo"):
                    np.testing.assert_array_equal(getattr(images, name)[0], getattr(together, name)[i])
        with PathTracer(samples=4) as tracer:
            other = tracer.render(replace(batches[0], noise_seed=np.uint32([77])))
        assert (other.rgb[0] != together.rgb[0]).any()


def test_an_empty_batch_and_an_empty_image(world, tracer):
    assert tracer.render(world.base[:0]).rgb.shape == (0, 64, 64, 3)
    unlit = replace(world.changed(**SMALL), light_direction=np.zeros((1, 0, 3), np.float32))
    unlit = replace(unlit, light_color=np.zeros((1, 0, 3), np.float32))
    with PathTracer(environment="sky", samples=1) as under_sky:
        assert under_sky.render(unlit).rgb.std() > 5
    nothing = tracer.render(world.changed(mesh=[HIDDEN] * 3, ambient=(0, 0, 0), **DARK, **SMALL))
    assert np.isinf(nothing.depth).all()
    assert (nothing.segmentation == -1).all()
    assert not nothing.normals.any()
    assert not nothing.albedo.any()


def test_normals_that_a_mesh_lacks_are_those_of_its_triangles(world, tracer):
    bare = replace(world.base.meshes[GROUND], normals=np.zeros((4, 3), np.float32))
    batch = replace(world.changed(**EMPTY, **SMALL), meshes=(bare, *world.base.meshes[1:]))
    images = tracer.render(batch)
    hit = np.isfinite(images.depth)
    np.testing.assert_allclose(images.normals[hit], np.broadcast_to([0, 0, 1], (hit.sum(), 3)), atol=1e-6)


def test_a_lens_blurs_what_is_out_of_focus(world):
    above = {**FROM_ABOVE, "texture": [0, -1, -1], "ambient": (1, 1, 1), **EMPTY, **DARK}

    def sharpness(distance, aperture):
        batch = world.changed(**{**above, "camera_target": (0, 0, 2.5 - distance)})
        with PathTracer(samples=36, aperture=aperture) as tracer:
            picture = light(tracer.render(batch))
        return np.abs(np.diff(picture, axis=1)).max(axis=(1, 2)).mean()

    assert sharpness(2.5, 0.1) > 0.8 * sharpness(2.5, 0.0)
    assert sharpness(0.8, 0.1) < 0.5 * sharpness(2.5, 0.0)


@pytest.fixture
def panorama(tmp_path):
    """A picture that is black but for a patch a quarter from the left: towards +y, 45 degrees up."""
    picture = np.zeros((32, 64, 3), np.float32)
    picture[7:9, 15:17] = (10.0, 40.0, 90.0)  # blue, green, red, as OpenCV writes them
    path = tmp_path / "patch.hdr"
    cv2.imwrite(str(path), picture)
    return path


@pytest.mark.parametrize(("rotation", "toward"), [(0.0, (0, 1)), (np.pi / 2, (-1, 0)), (np.pi, (0, -1))])
def test_the_light_of_a_panorama_comes_from_where_it_is_bright(world, panorama, rotation, toward):
    batch = world.changed(BALL, position=(0, 0, 0.2), scale=(1, 1, 1))
    batch = replace(
        batch, mesh=np.array([[HIDDEN, HIDDEN, BALL]], np.int32), light_color=np.zeros((1, 1, 3), np.float32)
    )
    batch = replace(batch, camera_position=np.float32([[0, 0, 2.5]]), camera_up=np.float32([[0, 1, 0]]))
    batch = replace(batch, background=np.zeros((1, 2, 3), np.float32))
    with PathTracer(environment=Environment(panorama, rotation=rotation), max_depth=2) as tracer:
        images = tracer.render(batch)
    row, column = np.nonzero(world.mask(images, BALL))
    colors = light(images)[row, column]
    assert (colors.mean(axis=0) / colors.mean(axis=0)[1]) == pytest.approx([9 / 4, 1, 1 / 4], rel=0.05)
    brightness = colors.mean(axis=1) - colors.mean()
    lean = np.array([(column - column.mean()) @ brightness, -(row - row.mean()) @ brightness])
    assert lean @ toward > 0.97 * np.linalg.norm(lean)


@pytest.mark.parametrize("source", ["sky", "constant", "panorama"])
def test_an_environment_gives_as_much_light_as_the_batchs_sky(world, panorama, source):
    batch = world.changed(
        sky=(0.3, 0.4, 0.5), color=[(0.5, 0.5, 0.5)] * 3, **EMPTY, **DARK, **FROM_ABOVE, **SMALL
    )
    with PathTracer(samples=256, environment=panorama if source == "panorama" else source) as tracer:
        plain = light(tracer.render(batch))[8:16, 8:16].mean()
    assert plain == pytest.approx(0.4 * to_linear(np.array(0.5)), rel=0.04)
    given = Environment(panorama if source == "panorama" else source, strength=0.5)
    with PathTracer(samples=256, environment=given) as tracer:
        assert light(tracer.render(batch))[8:16, 8:16].mean() == pytest.approx(plain / 2, rel=0.05)


def test_an_environment_is_seen_only_if_asked_for(world):
    batch = world.changed(**EMPTY, **SMALL)
    for seen in (False, True):
        with PathTracer(environment=Environment("constant", seen=seen)) as tracer:
            images = tracer.render(batch)
        empty = images.segmentation[0][..., 0] < 0
        same = (images.rgb[0][empty] == to_bytes(background(batch, 0))[empty]).all(axis=-1).mean()
        assert (same < 0.1) if seen else (same > 0.8)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"samples": 0}, r"samples=0 must be a positive whole number"),
        ({"max_depth": 1.5}, r"max_depth=1.5 must be"),
        ({"aperture": -1}, r"aperture=-1 must be a radius in metres"),
        ({"variant": "scalar"}, r"unknown variant 'scalar'; allowed: scalar_rgb, .*auto"),
        ({"environment": "no.hdr"}, r"environment source='no.hdr' is neither one of sky, constant nor"),
    ],
)
def test_bad_options_are_named(options, message):
    with pytest.raises(SimfactorError, match=message):
        make_renderer("pathtrace", **options)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"rotation": np.inf}, "rotation=inf must be a finite angle"),
        ({"strength": -1}, "strength=-1 must be 0 or above"),
        ({"turbidity": 0.5}, r"turbidity=0.5 must be from 1 \(clear\) to 10 \(hazy\)"),
    ],
)
def test_bad_environments_are_named(changes, message):
    with pytest.raises(SimfactorError, match=message):
        Environment(**changes)


def test_a_picture_that_cannot_be_read_or_is_black_is_an_error(tmp_path):
    broken, black = tmp_path / "broken.exr", tmp_path / "black.png"
    broken.write_bytes(b"no picture")
    cv2.imwrite(str(black), np.zeros((8, 16, 3), np.uint8))
    with pytest.raises(
        SimfactorError, match=r"broken.exr' cannot be read as a picture .*give an equirectangular"
    ):
        PathTracer(environment=broken)
    with pytest.raises(SimfactorError, match=r"black.png' is black above its middle"):
        PathTracer(environment=black)


def test_lenses_that_there_are_not_are_errors(world, tracer):
    with pytest.raises(SimfactorError, match=r"focal=\[1.0, 2.0\] \(image 0\): the pixels .* are square"):
        tracer.render(world.changed(focal=(1, 2)))
    with (
        PathTracer(aperture=0.1) as lens,
        pytest.raises(SimfactorError, match=r"must be centred.*aperture=0"),
    ):
        lens.render(world.changed(principal_point=(0.4, 0.5)))
    with pytest.raises(SimfactorError, match=r"roughness=0.0 .image 0"):
        tracer.render(world.changed(BOX, roughness=0))


def test_a_variant_that_does_not_run_is_an_error_if_named_and_avoided_by_auto(monkeypatch):
    """Whatever becomes of it, a process of its own takes the blow."""
    monkeypatch.setattr(variants, "unusable", variants.unusable.__wrapped__)
    monkeypatch.setenv("DRJIT_LIBLLVM_PATH", "/nonexistent.so")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    with pytest.raises(SimfactorError, match=r"'llvm_ad_rgb' .*libLLVM.*DRJIT_LIBLLVM_PATH.*'scalar_rgb'"):
        PathTracer(variant="llvm_ad_rgb")
    assert PathTracer(variant="auto").variant == "scalar_rgb"


@pytest.mark.parametrize("variant", ["llvm_ad_rgb", "cuda_ad_rgb"])
def test_other_variants_show_the_same(world, tracer, variant):
    if variants.unusable(variant):
        pytest.skip(variants.unusable(variant))
    with PathTracer(variant=variant) as other:
        images, expected = other.render(world.base), tracer.render(world.base)
    np.testing.assert_array_equal(images.segmentation, expected.segmentation)
    np.testing.assert_allclose(images.depth, expected.depth, rtol=1e-5)
    assert light(images).mean() == pytest.approx(light(expected).mean(), rel=0.01)


def test_the_users_own_variant_is_left_as_it_was(world):
    before = mitsuba.variant()
    try:
        mitsuba.set_variant("scalar_spectral")
        with PathTracer(samples=1) as tracer:
            tracer.render(world.changed(**SMALL))
        assert mitsuba.variant() == "scalar_spectral"
    finally:
        if before is not None:
            mitsuba.set_variant(before)


def test_without_mitsuba_the_remedy_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "mitsuba", None)
    with pytest.raises(SimfactorError, match=r"pip install 'simfactor\[pathtrace\]'.*'raster'"):
        make_renderer("pathtrace")


def test_a_studio_takes_its_pictures():
    space = load_space("tabletop")
    with Studio("tabletop", "pathtrace", image_size=24) as studio:
        images = studio.images(space, space.sample(2, seed=1))
    assert images.rgb.shape == (2, 24, 24, 3)
    assert images.rgb.std() > 10


@pytest.mark.parametrize("specular", [0.0, 0.1, 0.5])
def test_a_white_surface_gives_back_what_it_gets(world, specular):
    """The furnace test: in light from all sides a white thing is as bright as what surrounds it."""
    batch = world.changed(
        mesh=[HIDDEN, HIDDEN, BALL],
        specular=[specular] * 3,
        roughness=[0.3] * 3,
        ambient=(0.5, 0.5, 0.5),
        background=np.full((2, 3), to_bytes(np.array(0.5)) / 255),
        **DARK,
        **SMALL,
    )
    with PathTracer(samples=64) as tracer:
        images = tracer.render(batch)
    brightness = light(images)[world.mask(images, BALL)].mean()
    assert brightness == pytest.approx(0.5, rel=0.05)
