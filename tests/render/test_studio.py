import pickle
from collections.abc import Iterator

import numpy as np
import pytest

from simfactor.errors import SimfactorError
from simfactor.factors import FactorSpace, load_space
from simfactor.frames import RenderBatch
from simfactor.render import Studio, StudioSpec, studio

SPEC = StudioSpec(image_size=32)


@pytest.fixture(scope="module")
def space() -> FactorSpace:
    return load_space("tabletop")


@pytest.fixture(scope="module")
def opened() -> Iterator[Studio]:
    with SPEC.open() as opened:
        yield opened


def test_one_image_for_each_row(opened, space):
    images = opened.images(space, space.sample(3, seed=0))
    assert images.rgb.shape == (3, 32, 32, 3)
    assert len(np.unique(images.rgb.reshape(3, -1), axis=0)) == 3


def test_a_row_decides_its_image_whatever_came_before(opened, space, monkeypatch):
    rows = space.sample(6, seed=1)
    images = opened.images(space, rows)
    opened.scene.step(50)
    monkeypatch.setattr(studio, "CHUNK", 2)
    again = opened.images(space, rows[::-1])
    for field in ("rgb", "depth", "segmentation"):
        np.testing.assert_array_equal(getattr(again, field)[::-1], getattr(images, field))
    with SPEC.open() as fresh:
        np.testing.assert_array_equal(fresh.images(space, rows[4:5]).rgb[0], images.rgb[4])


def test_factors_outside_the_space_have_their_defaults(opened, space):
    hue = space.select(["object_hue"])
    opened.images(space, space.sample(2, seed=2))
    after_others = opened.images(hue, np.array([[120.0]]))
    with SPEC.open() as fresh:
        np.testing.assert_array_equal(fresh.images(hue, np.array([[120.0]])).rgb, after_others.rgb)


def test_a_colour_factor_changes_that_surface_only(opened, space):
    hue = space.select(["object_hue"])
    images = opened.images(hue, np.array([[60.0], [200.0]]))
    changed = (images.rgb[0] != images.rgb[1]).any(axis=-1)
    bodies = images.segmentation[0, ..., 0]
    assert changed.any()
    assert set(np.unique(bodies[changed])) <= set(opened.scene.bodies.values())
    assert len(np.unique(bodies[changed])) == 1


def test_no_rows_give_no_images(opened, space):
    images = opened.images(space, space.sample(0, seed=0))
    assert images.rgb.shape == (0, 32, 32, 3)
    with pytest.raises(SimfactorError, match="at least one row"):
        opened.batch(space, space.sample(0, seed=0))


def test_a_batch_renders_elsewhere_to_the_same_pixels(opened, space, tmp_path):
    rows = space.sample(2, seed=3)
    opened.batch(space, rows).save(tmp_path / "batch.npz")
    with SPEC.open() as other:
        images = other.renderer.render(RenderBatch.load(tmp_path / "batch.npz"))
    np.testing.assert_array_equal(images.rgb, opened.images(space, rows).rgb)


def test_a_space_of_another_scene(opened, space):
    with pytest.raises(SimfactorError, match=r"scene 'mpi3d', this studio shows 'tabletop'"):
        opened.images(FactorSpace(space.factors, scene="mpi3d"), space.sample(1, seed=0))


def test_a_factor_the_scene_lacks(opened, space):
    odd = FactorSpace({"light_azimut": space["light_azimuth"]})
    with pytest.raises(
        SimfactorError, match=r"unknown factor of scene 'tabletop' 'light_azimut'.*'light_azimuth'\?"
    ):
        opened.images(odd, odd.sample(1, seed=0))


def test_a_row_outside_the_space(opened, space):
    rows = space.sample(2, seed=0)
    rows[1, space.index("light_elevation")] = 1e3
    with pytest.raises(SimfactorError, match="light_elevation=1000 in row 1"):
        opened.images(space, rows)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"image_size": 0}, "image_size=0 must be a positive whole number"),
        ({"image_size": 6.5}, "image_size=6.5 must be a positive whole number"),
        ({"renderer": "warpp"}, "unknown renderer 'warpp'"),
    ],
)
def test_bad_specs_fail_before_anything_opens(options, message):
    with pytest.raises(SimfactorError, match=message):
        StudioSpec(**options)


def test_unknown_scene():
    with pytest.raises(SimfactorError, match="unknown scene 'tabletopp'"):
        StudioSpec(scene="tabletopp").open()


def test_specs_travel():
    assert pickle.loads(pickle.dumps(SPEC)) == SPEC
