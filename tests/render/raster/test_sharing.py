"""Images do not depend on their batch, on threads, processes or on what is shared: bit for bit."""

import hashlib
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simfactor.frames import APPEARANCE, GEOMETRY, PER_IMAGE, Images, RenderBatch
from simfactor.render.raster.pools import TexturePool
from simfactor.sensor import Sensor

CPU = {"device": "cpu", "normals": True, "albedo": True}
few = settings(max_examples=15, deadline=None)
seeds = st.integers(0, 2**32 - 1)


def joined(parts):
    return Images.concatenate(parts)


def take(images, index):
    return Images(**{name: values[index] for name, values in vars(images).items()})


@few
@given(seeds, st.integers(1, 5))
def test_a_batch_is_its_images(lab, same, seed, count):
    batch = lab.random(seed, count)
    alone = [lab.render(batch[k : k + 1], **CPU) for k in range(count)]
    same(lab.render(batch, **CPU), joined(alone))


@few
@given(seeds)
def test_the_order_of_images_does_not_matter(lab, same, seed):
    batch = lab.random(seed, 6)
    order = np.random.default_rng(seed).permutation(6)
    same(lab.render(batch[order], **CPU), take(lab.render(batch, **CPU), order))


@few
@given(seeds)
def test_reshading_is_rendering_afresh(lab, same, seed):
    """Neighbours of equal geometry, or light direction, share their work; the pictures know nothing of it."""
    geometry = lab.random(seed, 3)[np.array([0, 0, 0, 1, 1, 0, 2, 2])]
    looks = lab.random(seed, 8)
    batch = replace(geometry, **{name: getattr(looks, name) for name in APPEARANCE})
    batch.light_direction[1] = batch.light_direction[0]
    batch.light_direction[6:] = batch.light_direction[6]
    alone = [lab.render(batch[k : k + 1], **CPU) for k in range(8)]
    same(lab.render(batch, **CPU), joined(alone))


def test_neighbours_that_differ_in_one_field_are_told_apart(lab, same):
    """For every field, geometry and appearance: a change of it in the second image shows there only."""
    first = lab.random(3)
    first.light_softness[:], first.texture[:], first.specular[:], first.backdrop[:] = 0.1, 0, 0.3, 0
    other = lab.random(4)
    other.texture[:], other.backdrop[:], other.light_softness[:] = 1, 1, 0.3
    first.noise[:], other.noise[:] = 0.02, 0.05
    other.sensor[:] = Sensor(iso=800.0)
    if first.light_color.shape != other.light_color.shape:
        lights = first.light_color.shape[1]
        widths = {
            name: np.resize(getattr(other, name), (1, lights, 3))
            for name in ("light_direction", "light_color")
        }
        other = replace(other, **widths)
    for name in PER_IMAGE:
        changed = replace(first, **{name: getattr(other, name)})
        if name == "mesh":
            changed = replace(first, mesh=np.where(first.mesh == 0, -1, first.mesh).astype(np.int32))
        if name == "background":
            changed = replace(changed, backdrop=np.int32([-1]))
        if name == "camera_up":
            changed = replace(first, camera_up=np.float32([[0.3, 0, 1]]))
        pair = lab.render(RenderBatch.concatenate([first, changed]), **CPU)
        same(take(pair, slice(1)), lab.render(first, **CPU))
        same(take(pair, slice(1, None)), lab.render(changed, **CPU))
        assert (pair.rgb[0] != pair.rgb[1]).any(), name
        if name not in GEOMETRY:
            np.testing.assert_array_equal(pair.depth[0], pair.depth[1])


@pytest.mark.parametrize("count", [1, 2, 5, 9])
def test_threads_do_not_matter(lab, same, count):
    batch = lab.random(count, count)
    for threads in (2, 3):
        same(lab.render(batch, threads=threads, **CPU), lab.render(batch, **CPU))


FIRST_IMAGES = """
import numpy as np
from simfactor.render import Studio, make_renderer

with Studio("tabletop", image_size=16) as studio:
    batch = studio.scene.batch({"light_azimuth": np.arange(8.0)}, 16, 16)
print(make_renderer("raster", device="cpu", threads=4).render(batch).rgb.shape)
"""


def test_threads_may_be_the_first_to_draw():
    """Kernels are loaded when they are first launched, by one thread only."""
    done = subprocess.run([sys.executable, "-c", FIRST_IMAGES], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "(8, 16, 16, 3)\n"), done.stderr


def test_what_was_rendered_before_does_not_matter(lab, same):
    """Memory is kept between calls: larger, smaller, and other worlds leave no trace."""
    batch = lab.random(0, 2)
    before = lab.render(batch, **CPU)
    lab.render(lab.random(1, 7, height=60, width=61), **CPU)
    lab.render(lab.batch({"mesh": lab.sphere(4)}, height=3, width=3), **CPU)
    same(lab.render(batch, **CPU), before)
    lab.renderer(**CPU).close()
    same(lab.render(batch, **CPU), before)


def test_batches_that_are_worked_on_in_pieces(lab, same):
    """More than fits into the memory that is worked on at once."""
    batch = lab.random(5, 40, height=160, width=160)
    whole = lab.render(batch, **CPU)
    for k in (0, 13, 39):
        same(take(whole, slice(k, k + 1)), lab.render(batch[k : k + 1], **CPU))


def test_the_same_world_in_new_arrays_is_the_same(lab, same, tmp_path):
    batch = lab.random(6, 2)
    batch.save(tmp_path / "batch.npz")
    same(lab.render(RenderBatch.load(tmp_path / "batch.npz"), **CPU), lab.render(batch, **CPU))


SCRIPT = """
import hashlib, sys
from simfactor.frames import RenderBatch
from simfactor.render import make_renderer
renderer = make_renderer("raster", device="cpu", normals=True, albedo=True)
images = renderer.render(RenderBatch.load(sys.argv[1]))
print(hashlib.sha256(b"".join(a.tobytes() for a in vars(images).values())).hexdigest())
"""


def test_a_fresh_process_gives_the_same_bytes(lab, tmp_path):
    batch = lab.random(7, 3)
    batch.save(tmp_path / "batch.npz")
    images = lab.render(batch, **CPU)
    expected = hashlib.sha256(b"".join(a.tobytes() for a in vars(images).values())).hexdigest()
    command = [sys.executable, "-c", SCRIPT, str(tmp_path / "batch.npz")]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert result.stdout.split()[-1] == expected


def test_textures_that_nobody_can_write_to_are_halved_once_in_a_process():
    picture = np.random.default_rng(0).integers(0, 256, (16, 8, 3), dtype=np.uint8)
    open_to_all = (picture.copy(),)
    picture.setflags(write=False)
    scene = (picture,)
    first, second = (TexturePool.pack(scene, "cpu") for _ in range(2))
    assert first.texels.ptr == second.texels.ptr
    before = TexturePool.pack(open_to_all, "cpu")
    np.testing.assert_array_equal(before.texels.numpy(), first.texels.numpy())
    open_to_all[0][:] = 0
    after = TexturePool.pack(open_to_all, "cpu")
    assert not after.texels.numpy().any()
    assert TexturePool.pack((picture,), "cpu").texels.ptr != first.texels.ptr  # a tuple of its own
