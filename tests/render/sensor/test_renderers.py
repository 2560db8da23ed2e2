"""Every renderer's pictures go through the sensors of the batch, and labels follow what is seen."""

from dataclasses import replace

import numpy as np
import pytest

from simfactor.errors import SimfactorError
from simfactor.factors import load_sensor, load_space
from simfactor.frames import APPEARANCE, PER_IMAGE, RenderBatch
from simfactor.render import Studio, make_renderer, render_counterfactuals
from simfactor.render.noise import add_noise
from simfactor.render.sensor import lens, photograph
from simfactor.sensor import OFF, Sensor

BENT = Sensor(distortion_k1=0.2, rolling_shutter=0.1, iso=400.0, gamma=1.1)
FLAT = Sensor(vignetting=1.0, iso=800.0, mosaic=1.0, jpeg_quality=80.0)


def with_sensors(batch: RenderBatch, *sensors: Sensor, noise: float = 0.0) -> RenderBatch:
    """``batch`` of one image, seen by each sensor."""
    many = batch.repeat(len(sensors))
    seeds = np.arange(len(sensors), dtype=np.uint32) + 5
    return replace(
        many,
        sensor=np.float32(sensors),
        noise=np.full(len(sensors), noise, np.float32),
        noise_seed=seeds,
    )


def settings_of(sensor: Sensor) -> dict:
    return sensor._asdict() | {"mosaic": ("none", "bilinear", "edge_aware")[int(sensor.mosaic)]}


@pytest.mark.parametrize("name", ["raster", "tiny"])
def test_a_renderers_pictures_are_photographed(open_world, name):
    world = open_world(name)
    batch = with_sensors(world.base, Sensor(), BENT, FLAT)
    ideal, seen = world.render(world.base), world.render(batch)
    for i, sensor in enumerate((Sensor(), BENT, FLAT)):
        focal, middle = batch.focal[i], batch.principal_point[i]
        np.testing.assert_array_equal(
            seen.rgb[i], photograph(ideal.rgb, settings_of(sensor), 5 + i, focal, middle)[0]
        )
    np.testing.assert_array_equal(seen.rgb[0], ideal.rgb[0])
    for labels in ("depth", "segmentation"):
        before = getattr(ideal, labels)[0]
        bent, flat = getattr(seen, labels)[1:]
        np.testing.assert_array_equal(flat, before)
        plane = lens.Plane.of(batch.focal[1], batch.principal_point[1], batch.height, batch.width)
        np.testing.assert_array_equal(bent, before[lens.nearest(lens.sources(BENT, plane))])
        assert (bent != before).any()


def test_all_outputs_of_a_renderer_follow_the_lens(open_world):
    batch = with_sensors(open_world("raster").base, BENT)
    with make_renderer("raster", normals=True, albedo=True) as renderer:
        seen, ideal = renderer.render(batch), renderer.ideal.render(batch)
    inside = seen.segmentation[..., 0] >= 0
    np.testing.assert_allclose(np.linalg.norm(seen.normals, axis=-1)[inside], 1, atol=1e-5)
    assert (seen.albedo != ideal.albedo).any()
    for label in np.unique(ideal.segmentation.reshape(-1, 2), axis=0):
        colours = [
            {tuple(rgb) for rgb in images.albedo[(images.segmentation == label).all(-1)]}
            for images in (seen, ideal)
        ]
        assert colours[0] <= colours[1]


def test_noise_of_finished_bytes_comes_last(open_world):
    world = open_world("raster")
    quiet, loud = (world.render(with_sensors(world.base, FLAT, Sensor(), noise=noise)) for noise in (0, 0.1))
    expected = add_noise(quiet.rgb, np.float32([0.1, 0.1]), np.uint32([5, 6]))
    np.testing.assert_array_equal(loud.rgb, expected)


def test_a_picture_is_the_same_in_any_batch(open_world):
    world = open_world("raster")
    together = with_sensors(world.base, BENT, Sensor(), FLAT)
    seen = world.render(together)
    for i in range(3):
        alone = world.render(together[i : i + 1])
        np.testing.assert_array_equal(alone.rgb[0], seen.rgb[i])
        np.testing.assert_array_equal(alone.segmentation[0], seen.segmentation[i])


def test_a_counterfactual_is_seen_by_the_sensor_of_its_appearance(open_world):
    world = open_world("raster")
    looks = with_sensors(world.base, FLAT, BENT)
    assert "sensor" in APPEARANCE
    images = render_counterfactuals(world.renderers[True], with_sensors(world.base, FLAT), looks)
    np.testing.assert_array_equal(images.rgb, world.render(looks).rgb)
    np.testing.assert_array_equal(images.depth, world.render(looks).depth)


def test_batches_have_ideal_cameras_unless_they_say_otherwise(open_world, tmp_path):
    base = open_world("raster").base
    np.testing.assert_array_equal(base.sensor, OFF)
    base.save(tmp_path / "new.npz")
    with np.load(tmp_path / "new.npz") as file:
        np.savez(tmp_path / "old.npz", **{name: file[name] for name in file if name != "sensor"})
    for name in ("new", "old"):
        loaded = RenderBatch.load(tmp_path / f"{name}.npz")
        for field in PER_IMAGE:
            np.testing.assert_array_equal(getattr(loaded, field), getattr(base, field))


def test_bad_sensors_are_refused(open_world):
    world = open_world("raster")
    for sensor, message in (
        (np.float32([Sensor(gamma=-1.0)]), r"image 0: gamma=-1 is not in \[0.2, 5\]"),
        (np.float32([Sensor(iso=np.nan)]), "image 0: iso=nan is not in"),
        (np.float32([Sensor(distortion_k1=-0.5)]), "fold the picture over"),
        (np.zeros((1, 3), np.float32), r"sensor has shape \(1, 3\), expected \(1, 17\)"),
        (np.float32([Sensor(), Sensor()]), r"sensor has shape \(2, 17\), expected \(1, 17\)"),
    ):
        with pytest.raises(SimfactorError, match=message):
            world.render(replace(world.base, sensor=sensor, focal=np.float32([[0.6, 0.6]])))


def test_tensors_of_ideal_cameras_are_not_taken_for_a_sensors(open_world):
    world = open_world("raster")
    assert world.renderers[True].render_tensors(world.base)
    with pytest.raises(SimfactorError, match="render_tensors shows what ideal cameras see"):
        world.renderers[True].render_tensors(with_sensors(world.base, FLAT))


def test_rows_decide_a_sensors_pictures_and_the_rest_of_them_stays():
    space = load_space("tabletop")
    seen = space.with_factors(load_sensor("webcam"))
    rows = seen.sample(4, seed=3)
    np.testing.assert_array_equal(rows[:, : len(space)], space.sample(4, seed=3))
    with Studio("tabletop", image_size=24) as studio:
        images = studio.images(seen, rows)
        np.testing.assert_array_equal(studio.images(seen, rows[::-1]).rgb[::-1], images.rgb)
        np.testing.assert_array_equal(studio.images(seen, rows[2:3]).rgb[0], images.rgb[2])
        assert (images.rgb != studio.images(space, rows[:, : len(space)]).rgb).mean() > 0.5
