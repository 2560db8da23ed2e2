from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simfactor.errors import SimfactorError
from simfactor.frames import HIDDEN, Mesh, RenderBatch
from simfactor.render import stage
from simfactor.render.tiny import TinyRenderer
from simfactor.scene.bullet import pybullet

GROUND, BOX, BALL = 0, 1, 2


def assert_same(a, b):
    np.testing.assert_array_equal(a.rgb, b.rgb)
    np.testing.assert_array_equal(a.depth, b.depth)
    np.testing.assert_array_equal(a.segmentation, b.segmentation)


def luma(images):
    return images.rgb[0].astype(float).mean(axis=-1)


def test_shapes_and_types(world):
    images = world.render(RenderBatch.concatenate([world.base, world.base]))
    assert (images.rgb.shape, images.rgb.dtype) == ((2, 64, 64, 3), np.uint8)
    assert (images.depth.shape, images.depth.dtype) == ((2, 64, 64), np.float32)
    assert (images.segmentation.shape, images.segmentation.dtype) == ((2, 64, 64, 2), np.int32)


def test_what_is_not_hit_is_background(world):
    images = world.render(world.base)
    empty = np.isinf(images.depth[0])
    assert 0.1 < empty.mean() < 0.9
    assert (images.segmentation[0][empty] == -1).all()
    assert (images.segmentation[0][~empty][:, 0] >= 0).all()
    assert (images.rgb[0][empty] == np.round(255 * world.base.background[0, 0])).all()


def test_every_instance_is_labelled_with_its_segment(world):
    labels = np.unique(world.render(world.base).segmentation[0].reshape(-1, 2), axis=0)
    assert labels.tolist() == [[-1, -1], [0, -1], [3, 2], [7, -1]]


def test_a_saved_batch_gives_the_same_pixels(world, tmp_path):
    batch = world.changed(GROUND, texture=0)
    batch.save(tmp_path / "batch.npz")
    assert_same(world.render(RenderBatch.load(tmp_path / "batch.npz")), world.render(batch))


def test_images_of_a_batch_do_not_depend_on_each_other(world):
    batches = [
        world.changed(BOX, position=(x, 0.2, 0.15), scale=(0.2 + x, 0.3, 0.3)) for x in (0.1, 0.2, 0.3)
    ]
    batches[1] = world.changed(BOX, mesh=HIDDEN)
    together = world.render(RenderBatch.concatenate(batches))
    for i in (2, 0, 1):
        with TinyRenderer() as alone:
            assert_same(alone.render(batches[i]), world.render(batches[i]))
        np.testing.assert_array_equal(together.rgb[i], world.render(batches[i]).rgb[0])


def test_shading_follows_the_model_exactly(world):
    """The ground is flat and open: its colour is albedo * (ambient + light * n.l), worked out by hand."""
    light, ambient, direction = (
        np.array([0.9, 0.5, 0.3]),
        np.array([0.05, 0.1, 0.3]),
        np.array([0.6, 0.0, 0.8]),
    )
    batch = world.changed(light_color=light, ambient=ambient, light_direction=direction)
    ground = world.mask(world.render(batch), GROUND)
    seen = world.render(batch, shadows=False).rgb[0][ground] / 255.0
    albedo = ((0.6 + 0.055) / 1.055) ** 2.4
    linear = albedo * (ambient + light * 0.8)
    expected = 1.055 * linear ** (1 / 2.4) - 0.055
    np.testing.assert_allclose(seen, np.broadcast_to(expected, seen.shape), atol=1.01 / 255)


@pytest.mark.parametrize("azimuth", [0.0, 1.5, 3.0, 4.5])
def test_the_lit_side_of_the_ball_faces_the_light(world, azimuth):
    """From straight above, the ball's brightness leans towards the light."""
    direction = np.array([np.cos(azimuth), np.sin(azimuth), 1.0]) / np.sqrt(2)
    above = {"camera_position": (-0.3, -0.2, 1.5), "camera_target": (-0.3, -0.2, 0.0), "camera_up": (0, 1, 0)}
    images = world.render(world.changed(light_direction=direction, **above))
    ball = world.mask(images, BALL)
    row, column = np.nonzero(ball)
    light = luma(images)[ball] - luma(images)[ball].mean()
    lean = np.array([(column - column.mean()) @ light, -(row - row.mean()) @ light])  # right is +x, up is +y
    assert lean @ direction[:2] > 0.99 * np.linalg.norm(lean) * np.linalg.norm(direction[:2])


def test_more_light_is_brighter_and_saturates(world):
    levels = [luma(world.render(world.changed(light_color=[x] * 3))) for x in (0.2, 0.5, 1.0, 50.0)]
    ground = world.mask(world.render(world.base), GROUND)
    assert all((b >= a).all() and b[ground].mean() > a[ground].mean() for a, b in pairwise(levels))
    assert levels[-1].max() == 255


def test_a_warm_light_turns_neutral_surfaces_warm(world):
    ground = world.mask(world.render(world.base), GROUND)
    warm = world.render(world.changed(light_color=[0.9, 0.6, 0.3])).rgb[0][ground].mean(axis=0)
    cold = world.render(world.changed(light_color=[0.4, 0.6, 0.9])).rgb[0][ground].mean(axis=0)
    assert warm[0] > warm[1] > warm[2]
    assert cold[0] < cold[1] < cold[2]


def test_shadows_darken_and_vanish_without_key_light(world):
    low = world.changed(light_direction=(-0.8, 0.0, 0.6))
    with_shadow, without = (luma(world.render(low, shadows)) for shadows in (True, False))
    ground = world.mask(world.render(low), GROUND)
    darker = ground & (with_shadow < without - 20)
    assert 0.1 < darker.sum() / ground.sum() < 0.4
    assert (with_shadow <= without).all()
    dark = world.changed(light_color=[0, 0, 0])
    assert_same(world.render(dark, True), world.render(dark, False))


def test_an_umbra_holds_the_ambient_light_only(world):
    """Under the ball, light from straight above reaches no point of the ground."""
    batch = world.changed(light_direction=(0, 0, 1))
    ambient_only = world.render(world.changed(light_color=(0, 0, 0)))
    shadowed = world.render(batch)
    row, column = pixel_of(batch, (-0.3, -0.2, 0.0))
    sideways = world.changed(light_direction=(0, 0, 1), camera_position=(0.4, -1.2, 0.25))
    row, column = pixel_of(sideways, (-0.3, -0.28, 0.0))
    seen = world.render(sideways)
    assert world.mask(seen, GROUND)[row, column]
    dark = world.render(world.changed(light_color=(0, 0, 0), camera_position=(0.4, -1.2, 0.25)))
    np.testing.assert_array_equal(seen.rgb[0, row, column], dark.rgb[0, row, column])
    assert shadowed.rgb[0].sum() > ambient_only.rgb[0].sum()


def pixel_of(batch, point):
    """The pixel of a world point, from the definition of a pinhole camera."""
    eye, target = batch.camera_position[0].astype(float), batch.camera_target[0].astype(float)
    forward = (target - eye) / np.linalg.norm(target - eye)
    right = np.cross(forward, batch.camera_up[0])
    right /= np.linalg.norm(right)
    offset = np.asarray(point) - eye
    half = 0.5 / batch.focal[0, 1] * (offset @ forward)
    x, y = offset @ right / half, offset @ np.cross(right, forward) / half
    return int((1 - y) * batch.height / 2), int((1 + x) * batch.width / 2)


def test_texture_stands_upright_and_takes_the_instance_colour(world):
    """uv (0, 0) is the image's lower left: seen from above with +y up, the picture looks as it is stored."""
    above = {"camera_position": (0, 0, 2.5), "camera_target": (0, 0, 0), "camera_up": (0, 1, 0)}
    batch = world.changed(**above)
    batch.texture[0, GROUND] = 0
    batch.mesh[0, [BOX, BALL]] = HIDDEN
    batch.color[0, GROUND] = 1.0
    picture = world.render(batch).rgb[0]
    assert [picture[row, column].argmax() for row, column in ((20, 20), (20, 44), (44, 20), (44, 44))] == [
        0,
        1,
        2,
        2,
    ]
    batch.color[0, GROUND] = (0.5, 1.0, 1.0)
    tinted = world.render(batch).rgb[0]
    assert tinted[20, 20, 0] < 0.6 * picture[20, 20, 0]
    np.testing.assert_array_equal(tinted[44], picture[44])


def test_a_far_texture_is_averaged(world):
    """A fine checkerboard seen from afar is an even grey, not noise."""
    fine = (np.indices((256, 256)).sum(axis=0) % 2 * 255).astype(np.uint8)[..., None].repeat(3, axis=2)
    batch = world.changed(GROUND, texture=0)
    batch = RenderBatch(**{**vars(batch), "textures": (fine,)})
    images = world.render(batch, shadows=False)
    ground = world.mask(images, GROUND)
    inner = ground.copy()
    for axis in (0, 1):
        for step in (-1, 1):
            inner &= np.roll(ground, step, axis)
    assert images.rgb[0][inner].std() < 3


def test_a_hidden_instance_leaves_no_trace(world):
    images = world.render(world.changed(BOX, mesh=HIDDEN))
    assert not world.mask(images, BOX).any()
    away = world.changed(BOX, position=(0, 0, -50))
    np.testing.assert_array_equal(images.rgb, world.render(away).rgb)


@pytest.mark.parametrize("instance", [GROUND, BOX, BALL])
@pytest.mark.parametrize("shadows", [True, False])
def test_a_colour_changes_its_own_pixels_only(world, instance, shadows):
    before = world.render(world.base, shadows)
    after = world.render(world.changed(instance, color=(0.2, 0.7, 0.4)), shadows)
    changed = (before.rgb[0] != after.rgb[0]).any(axis=-1)
    np.testing.assert_array_equal(changed, world.mask(before, instance))
    np.testing.assert_array_equal(before.depth, after.depth)


@pytest.mark.parametrize("field", ["position", "scale"])
def test_a_moved_instance_changes_only_where_it_was_or_is(world, field):
    before = world.render(world.base, shadows=False)
    value = {"position": (0.1, 0.3, 0.15), "scale": (0.5, 0.2, 0.2)}[field]
    after = world.render(world.changed(BOX, **{field: value}), shadows=False)
    changed = (before.rgb[0] != after.rgb[0]).any(axis=-1)
    assert changed.any()
    assert not (changed & ~world.mask(before, BOX) & ~world.mask(after, BOX)).any()


def test_light_changes_no_geometry_and_no_background(world):
    before = world.render(world.base)
    after = world.render(world.changed(light_color=(0.1, 0.9, 0.4), light_direction=(0, 0.6, 0.8)))
    np.testing.assert_array_equal(before.depth, after.depth)
    np.testing.assert_array_equal(before.segmentation, after.segmentation)
    empty = np.isinf(before.depth[0])
    np.testing.assert_array_equal(before.rgb[0][empty], after.rgb[0][empty])


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.floats(0.5, 2.0), st.floats(0.5, 2.0), st.floats(0.5, 2.0))
def test_scale_is_that_of_the_vertices(world, x, y, z):
    """Scaling the instance is scaling its mesh."""
    mesh = world.base.meshes[BOX]
    stretched = Mesh(mesh.vertices * np.float32([x, y, z]), mesh.normals, mesh.uvs, mesh.faces)
    a = world.changed(BOX, scale=np.float32([0.2 * x, 0.2 * y, 0.2 * z]))
    b = world.changed(BOX, scale=(0.2, 0.2, 0.2))
    b = RenderBatch(**{**vars(b), "meshes": (b.meshes[0], stretched, b.meshes[2])})
    with TinyRenderer() as other:
        images = world.render(a), other.render(b)
    assert (images[0].rgb != images[1].rgb).any(axis=-1).mean() < 0.005


def test_changing_scales_leak_no_bodies(world, monkeypatch):
    monkeypatch.setattr(stage, "MAX_SHAPES", 50)
    with TinyRenderer() as renderer:
        for step in range(300):
            images = renderer.render(world.changed(BOX, scale=(0.2 + 1e-3 * step, 0.3, 0.3), texture=0))
            assert pybullet.getNumBodies(physicsClientId=renderer._stages[0].client) <= 3
        assert len(renderer._stages[0]._shapes) <= 50
    assert_same(images, world.render(world.changed(BOX, scale=(0.2 + 1e-3 * 299, 0.3, 0.3), texture=0)))


def test_close_gives_the_clients_back(world):
    renderer = TinyRenderer()
    first = renderer.render(world.base)
    clients = [stage.client for stage in renderer._stages]
    renderer.close()
    renderer.close()
    assert not any(pybullet.isConnected(client) for client in clients)
    assert_same(renderer.render(world.base), first)
    renderer.close()


def test_a_camera_that_looks_along_its_up_is_an_error(world):
    with pytest.raises(SimfactorError, match=r"cannot look at .* choose an up"):
        world.render(world.changed(camera_position=(0, 0, 2), camera_target=(0, 0, 0)))
