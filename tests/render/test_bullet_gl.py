"""PyBullet's OpenGL plugin, where it runs: what it shows is where and what it should be."""

from dataclasses import replace

import numpy as np
import pytest

from simfactor.errors import SimfactorError
from simfactor.frames import HIDDEN, RenderBatch
from simfactor.render import bullet_gl
from simfactor.render.bullet_gl import BulletGLRenderer, missing

GROUND, BOX, BALL = 0, 1, 2


@pytest.fixture(scope="module")
def gl():
    if missing():
        pytest.skip(f"no OpenGL plugin: {missing()}")
    with BulletGLRenderer() as renderer:
        yield renderer


def colour_of(world, images, instance):
    """The mean rgb of an instance, scaled to a maximum of 1."""
    mean = images.rgb[0][world.mask(images, instance)].astype(float).mean(axis=0)
    return mean / mean.max()


@pytest.mark.parametrize("lens", [{}, {"principal_point": (0.3, 0.6), "focal": (1.4, 0.9), "width": 80}])
def test_geometry_is_that_of_the_oracle(world, gl, lens):
    batch = world.changed(**lens)
    images, oracle = gl.render(batch), world.render(batch)
    same = (images.segmentation == oracle.segmentation).all(axis=-1)
    assert same.mean() > 0.998
    hit = same & np.isfinite(oracle.depth)
    assert set(np.unique(oracle.segmentation[hit][:, 0])) == {0, 3, 7}
    np.testing.assert_allclose(images.depth[hit], oracle.depth[hit], rtol=2e-3)
    empty = same & np.isinf(oracle.depth)
    assert empty.any()
    np.testing.assert_array_equal(images.rgb[empty], oracle.rgb[empty])


def test_textures_show_where_they_should(world, gl):
    """Odd sizes, exchanged and taken off again, next to plain colours."""
    rows = np.zeros((18, 53, 3), np.uint8)
    rows[:9], rows[9:] = (0, 255, 255), (255, 255, 0)
    batch = world.changed(
        textures=(*world.base.textures, rows, np.full((5, 7, 3), (255, 0, 255), np.uint8)),
        color=[(1, 1, 1)] * 3,
        camera_position=(0, 0, 2.5),
        camera_target=(0, 0, 0),
        camera_up=(0, 1, 0),
    )
    for textures in ((1, 2, 0), (0, 1, 2), (-1, 0, -1), (1, 1, 1)):
        batch = replace(batch, texture=np.array([textures], np.int32))
        images, oracle = gl.render(batch), world.render(batch, shadows=False)
        for instance in (GROUND, BOX):
            mask = world.mask(images, instance) & world.mask(oracle, instance)
            hue, expected = (
                x.rgb[0][mask] / np.maximum(x.rgb[0][mask].max(axis=-1, keepdims=True), 1)
                for x in (images, oracle)
            )
            pure = np.isin(expected, (0, 1)).all(axis=-1)  # blends are made in other colour spaces
            assert pure.mean() > 0.5
            off = np.abs(hue - expected).max(axis=-1)[pure]
            assert (off < 0.3).mean() > 0.95, (textures, instance)


def test_a_colour_is_the_instances_own(world, gl):
    for colour in ((1, 0.5, 0.25), (0.2, 0.4, 0.8)):
        images = gl.render(world.changed(BOX, color=colour))
        np.testing.assert_allclose(colour_of(world, images, BOX), np.divide(colour, max(colour)), atol=0.02)
        np.testing.assert_allclose(colour_of(world, images, GROUND), 1, atol=0.02)


def test_the_light_comes_from_its_direction(world, gl):
    """From above, the side of the ball towards the light is the brighter one."""
    above = {"camera_position": (-0.3, -0.2, 1.5), "camera_target": (-0.3, -0.2, 0.0), "camera_up": (0, 1, 0)}
    for azimuth in (0.3, 2.0, 4.0):
        x, y = np.cos(azimuth), np.sin(azimuth)
        images = gl.render(world.changed(light_direction=(0.8 * x, 0.8 * y, 0.6), **above))
        row, column = np.nonzero(world.mask(images, BALL))
        light = images.rgb[0][row, column].astype(float).mean(axis=-1)
        light -= light.mean()
        lean = np.array([(column - column.mean()) @ light, -(row - row.mean()) @ light])
        assert lean @ (x, y) > 0.95 * np.linalg.norm(lean)


def test_images_do_not_depend_on_what_came_before(world, gl):
    batches = [
        world.changed(BOX, mesh=HIDDEN),
        world.changed(BOX, position=(0.1, 0.3, 0.3), scale=(0.3, 0.2, 0.2)),
        world.changed(light_direction=(-0.8, 0, 0.6)),
    ]
    together = gl.render(RenderBatch.concatenate(batches))
    for i in (2, 0, 1):
        with BulletGLRenderer() as alone:
            images = alone.render(batches[i])
        np.testing.assert_array_equal(images.rgb[0], together.rgb[i])
        np.testing.assert_array_equal(images.depth[0], together.depth[i])
        np.testing.assert_array_equal(images.segmentation[0], together.segmentation[i])
    again = gl.render(RenderBatch.concatenate(batches))
    np.testing.assert_array_equal(again.rgb, together.rgb)
    assert not world.mask(again, BOX).any()


@pytest.mark.parametrize(
    "change",
    [
        {"light_color": (1, 0.5, 0.2)},
        {"light_softness": 0.1},
        {"sky": (0.5, 0.5, 0.9)},
        {"specular": (0.5, 0, 0)},
        {"exposure": 2},
        {"light_direction": [(0, 0, 1), (1, 0, 0)], "light_color": [(1, 1, 1)] * 2},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_factor_that_would_be_lost_is_an_error(world, gl, change):
    gl.render(world.base)
    with pytest.raises(SimfactorError, match=r"'bullet-gl' does not show \w+.*FactorSpace.fix.*'tiny'"):
        gl.render(world.changed(**change))


def test_nothing_is_printed(world, capfd):
    if missing():
        pytest.skip(missing())
    with BulletGLRenderer() as renderer:
        renderer.render(world.base)
    assert capfd.readouterr() == ("", "")


def test_a_machine_without_egl_is_told_so(monkeypatch):
    """The failure of the plugin, which may end its process, does not end ours."""
    monkeypatch.setattr(bullet_gl, "missing", missing.__wrapped__)
    monkeypatch.setenv("__EGL_VENDOR_LIBRARY_DIRS", "/nonexistent")
    with pytest.raises(SimfactorError, match=r"'bullet-gl' cannot run here: .*libegl1.*'raster' or 'tiny'"):
        BulletGLRenderer()
    monkeypatch.setattr(bullet_gl, "PLUGIN", "eglRendererr")
    with pytest.raises(SimfactorError, match="this build of PyBullet has no eglRendererr module"):
        BulletGLRenderer()
