"""A camera's pictures: light through the lens, onto the chip, through the electronics."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from simfactor.frames import Byte, Float, Images, RenderBatch
from simfactor.render.sensor import blur, lens
from simfactor.render.sensor.chip import exposed
from simfactor.render.sensor.output import compressed, toned
from simfactor.render.shading import bytes_to_linear
from simfactor.sensor import Sensor, check_table, is_on


def develop(light: Float, sensor: Sensor, plane: lens.Plane, at: lens.Sources | None, seed: int) -> Byte:
    """The picture (H, W, 3) of linear light (H, W, 3): optics, chip and electronics in the order of the
    physics. ``at``: where each pixel looks (:func:`lens.sources`)."""
    height = len(light)
    if at is not None:
        light = lens.warped(light, at)
    if sensor.defocus:
        light = blur.defocused(light, sensor.defocus * height)
    if sensor.motion_blur:
        light = blur.moved(light, sensor.motion_blur * height, sensor.motion_direction)
    if sensor.vignetting:
        light = light * lens.falloff(sensor.vignetting, plane)
    return compressed(toned(exposed(light, sensor, seed), sensor.gamma), sensor.jpeg_quality)


def check_sensors(batch: RenderBatch) -> None:
    """Raise SimfactorError unless the settings of a batch make sense."""
    check_table(batch.sensor)
    lens.check_folds(batch.sensor, batch.focal, batch.principal_point, batch.height, batch.width)


def sensed(images: Images, batch: RenderBatch) -> Images:
    """An ideal camera's ``images`` of ``batch`` as its sensors see them, and labels of what is seen where."""
    outputs = {name: array.copy() for name, array in vars(images).items() if array is not None}
    for i in np.flatnonzero(is_on(batch.sensor)).tolist():
        sensor = Sensor(*batch.sensor[i].tolist())
        plane = lens.Plane.of(batch.focal[i], batch.principal_point[i], batch.height, batch.width)
        at = lens.sources(sensor, plane)
        light = bytes_to_linear(images.rgb[i])
        outputs["rgb"][i] = develop(light, sensor, plane, at, int(batch.noise_seed[i]))
        if at is not None:
            pixels = lens.nearest(at)
            for name in outputs.keys() - {"rgb"}:
                outputs[name][i] = getattr(images, name)[i][pixels]
    return replace(images, **outputs)
