"""Odd batches, and fuzzed ones: each gives a valid image or is refused with a text; never a crash."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simfactor.errors import SimfactorError
from simfactor.frames import HIDDEN, PER_IMAGE, Mesh

FLOATS = ("position", "orientation", "scale", "camera_position", "camera_target", "camera_up", "focal")
FLOATS += ("principal_point", "color", "specular", "roughness", "light_direction", "light_color")
FLOATS += ("light_softness", "sky", "ground", "background", "exposure", "noise")


def mesh_of(vertices, faces):
    count = len(vertices)
    return Mesh(
        np.float32(vertices).reshape(-1, 3),
        np.zeros((count, 3), np.float32),
        np.zeros((count, 2), np.float32),
        np.int32(faces).reshape(-1, 3),
    )


def assert_valid(batch, images):
    """Right shapes and types; depth is ``inf`` just where nothing is hit; normals are unit vectors."""
    shape = (len(batch), batch.height, batch.width)
    assert images.rgb.shape == (*shape, 3)
    assert images.depth.shape == shape
    assert images.segmentation.shape == (*shape, 2)
    assert (images.rgb.dtype, images.depth.dtype) == (np.uint8, np.float32)
    hit = np.isfinite(images.depth)
    assert not np.isnan(images.depth).any()
    assert (images.depth >= batch.near * (1 - 1e-5)).all()
    np.testing.assert_array_equal(~hit, (images.segmentation == -1).all(-1))
    known = {(-1, -1), *map(tuple, batch.segment.tolist())}
    assert set(map(tuple, images.segmentation.reshape(-1, 2).tolist())) <= known
    if images.normals is not None and images.albedo is not None:
        np.testing.assert_allclose(np.linalg.norm(images.normals[hit], axis=-1), 1, atol=1e-3)
        assert not images.normals[~hit].any()


def attempt(lab, batch, **options):
    """Render, and check the images; None if the batch is refused."""
    try:
        images = lab.render(batch, **options)
    except SimfactorError:
        return None
    assert_valid(batch, images)
    return images


def fields(**changes):
    """A function that gives a batch these values, everywhere the same."""

    def change(batch):
        for name, value in changes.items():
            if name in PER_IMAGE:
                value = np.broadcast_to(value, getattr(batch, name).shape).astype(getattr(batch, name).dtype)
            batch = replace(batch, **{name: value})
        return batch

    return change


def first_mesh(mesh):
    return lambda batch: replace(batch, meshes=(mesh, *batch.meshes[1:]))


def every_mesh(**changes):
    return lambda batch: replace(
        batch,
        meshes=tuple(replace(m, **{k: getattr(m, k) * v for k, v in changes.items()}) for m in batch.meshes),
    )


NO_LIGHTS = np.zeros((1, 0, 3), np.float32)
NOTHINGS = {
    "a mesh without faces": mesh_of(np.zeros((3, 3)), []),
    "a mesh without vertices": mesh_of([], []),
    "triangles without area": mesh_of(np.ones((3, 3)), [[0, 1, 2], [0, 0, 1]]),
    "a triangle that is a line": mesh_of([[0, 0, 0], [1, 0, 0], [2, 0, 0]], [[0, 1, 2]]),
}
CASES = {
    **{name: first_mesh(mesh) for name, mesh in NOTHINGS.items()},
    "nothing but empty meshes": lambda batch: replace(batch, meshes=(mesh_of([], []),) * 3),
    "normals of length 0": first_mesh(mesh_of([[0, 0, 0], [1, 0, 0], [0, 1, 0]], [[0, 1, 2]])),
    "a huge mesh": every_mesh(vertices=np.float32(1e6)),
    "huge uvs": every_mesh(uvs=np.float32(1e30)),
    "all hidden": fields(mesh=HIDDEN),
    "no lights": lambda batch: replace(batch, light_direction=NO_LIGHTS, light_color=NO_LIGHTS),
    "a black light from nowhere": fields(light_direction=0, light_color=0),
    "black lights": fields(light_color=0),
    "light from below": fields(light_direction=(0, 0, -1)),
    "light along the floor": fields(light_direction=(1, 0, 1e-6)),
    "the widest light": fields(light_softness=np.pi / 2),
    "all behind the camera": fields(position=(0, -10, 0)),
    "all farther than far": fields(far=1.0),
    "a camera within the box": fields(camera_position=(0, 0, 0.5), camera_target=(1, 0, 0.5)),
    "a camera within the ball": fields(camera_position=(1, 0, 0.4), camera_target=(2, 0, 0.4)),
    "a camera on the floor": fields(camera_position=(0, -3, 0)),
    "a camera on a corner": fields(camera_position=(0.5, 0.5, 1)),
    "one pixel": fields(height=1, width=1),
    "3 x 500 pixels": fields(height=3, width=500),
    "500 x 3 pixels": fields(height=500, width=3),
    "tiny scales": fields(scale=1e-9),
    "a tiny near": fields(near=1e-30),
    "a wide lens": fields(focal=1e-4),
    "a long lens": fields(focal=1e4),
    "64-bit floats": lambda batch: replace(batch, position=batch.position.astype(float)),
    "64-bit integers": lambda batch: replace(batch, mesh=batch.mesh.astype(np.int64)),
    "a texture of one texel": fields(textures=(np.zeros((1, 1, 3), np.uint8),)),
    "a texture of one row": fields(textures=(np.zeros((1, 3000, 3), np.uint8),)),
    "2,000 images": lambda batch: replace(batch, height=8, width=8)[np.zeros(2000, int)],
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("options", [{"normals": True, "albedo": True}, {"supersample": 2}])
def test_odd_batches_give_valid_images(lab, name, options):
    assert attempt(lab, CASES[name](lab.scene()), **options) is not None, "refused"


@pytest.mark.parametrize("name", NOTHINGS)
def test_meshes_of_nothing_are_as_good_as_hidden(lab, name):
    hidden = lab.altered(lab.scene(), "mesh", (0, 0), HIDDEN)
    np.testing.assert_array_equal(lab.render(CASES[name](lab.scene())).rgb, lab.render(hidden).rgb)


def test_a_world_without_instances_is_background(lab):
    batch = lab.batch(height=5, width=7, background=[(1, 1, 1), (1, 1, 1)])
    images = lab.render(batch)
    assert_valid(batch, images)
    assert (images.rgb == 255).all()


def test_no_images(lab):
    images = lab.render(lab.scene()[:0], normals=True, albedo=True)
    assert images.rgb.shape == (0, 24, 24, 3)
    assert images.depth.shape == (0, 24, 24)
    assert images.segmentation.shape == (0, 24, 24, 2)
    assert images.normals.shape == images.albedo.shape == (0, 24, 24, 3)


def test_no_meshes(lab):
    batch = replace(lab.scene(), meshes=(), mesh=np.full((1, 3), HIDDEN, np.int32))
    assert np.isinf(lab.render(batch).depth).all()


@pytest.mark.parametrize(
    "name", ["orientation", "camera_position", "camera_target", "camera_up", "light_direction"]
)
def test_numbers_that_overflow_when_squared(lab, name):
    attempt(lab, fields(**{name: 1e30})(lab.scene()))


def test_vertices_that_overflow_when_squared(lab):
    attempt(lab, every_mesh(vertices=np.float32(1e30))(lab.scene()))


@pytest.mark.parametrize("scale", [1e-12, 1e12, 1e18])
def test_scales_of_any_magnitude(lab, scale):
    attempt(lab, fields(scale=scale)(lab.scene()))


@st.composite
def disturbances(draw, largest):
    """Changes of some fields: name -> (index, value), values of any magnitude up to ``largest``."""
    chosen = draw(st.lists(st.sampled_from(FLOATS), min_size=1, max_size=4, unique=True))
    values = st.floats(-largest, largest, width=32, allow_nan=False) | st.sampled_from(
        [0.0, 1e-6, -1e-3, largest]
    )
    return {name: (draw(st.integers(0, 100)), draw(st.booleans()), draw(values)) for name in chosen}


def disturb(batch, changes):
    for name, (place, everywhere, value) in changes.items():
        values = getattr(batch, name).copy()
        values.reshape(-1)[slice(None) if everywhere else place % values.size] = value
        batch = replace(batch, **{name: values})
    return batch


@settings(max_examples=150, deadline=None)
@given(disturbances(1e6), st.sampled_from([1, 2]))
def test_values_of_any_kind_are_drawn_or_refused(lab, changes, samples):
    attempt(lab, disturb(lab.scene(), changes), supersample=samples)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 40), st.integers(1, 40), st.floats(1e-4, 2))
def test_random_triangles_of_all_sizes_are_drawn(lab, seed, height, width, near):
    """Slivers, giants, and triangles through the eye."""
    rng = np.random.default_rng(seed)
    vertices = rng.normal(size=(60, 3)) * 10.0 ** rng.uniform(-4, 4, (60, 1))
    mesh = mesh_of(vertices, rng.integers(0, 60, (80, 3)))
    batch = replace(lab.scene(), height=height, width=width, near=near)
    attempt(lab, first_mesh(mesh)(batch), normals=True, albedo=True)


def test_every_field_is_fuzzed():
    integers = {"mesh", "texture", "backdrop", "noise_seed"}
    behind = {"sensor"}  # which this renderer does not see
    assert set(FLOATS) | integers | behind == set(PER_IMAGE)
