"""What stands behind every renderer: the sensor that takes the picture of its ideal camera."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from simfactor.frames import Images, RenderBatch
from simfactor.render.noise import add_noise
from simfactor.sensor import check_shape, is_on

if TYPE_CHECKING:
    from simfactor.render.renderer import Renderer


class SensorRenderer:
    """A renderer whose pictures have been through the sensors of the batch (``RenderBatch.sensor``).

    Labels tell what is seen where: depth, segmentation, normals and albedo follow lens and rolling shutter to
    the nearest pixel. ``noise``, which is of finished bytes, is added last. Where no sensor is on, nothing is
    done. What else the renderer ``ideal`` can do, it can do here.

    Args:
        ideal: shows what ideal cameras see.
    """

    def __init__(self, ideal: Renderer) -> None:
        self.ideal = ideal

    def render(self, batch: RenderBatch) -> Images:
        """Render all images of ``batch``.

        Raises SimfactorError as the renderer does, and for settings of a sensor that make no sense.
        """
        check_shape(batch.sensor, len(batch))
        on = is_on(batch.sensor)
        if not on.any():
            return self.ideal.render(batch)
        from simfactor.render.sensor.develop import check_sensors, sensed  # here: it loads OpenCV

        check_sensors(batch)
        still = np.where(on, np.float32(0), batch.noise)
        images = sensed(self.ideal.render(replace(batch, noise=still)), batch)
        return replace(images, rgb=add_noise(images.rgb, batch.noise - still, batch.noise_seed))

    def close(self) -> None:
        """Free what the renderer holds; a second call does nothing."""
        self.ideal.close()

    def __enter__(self) -> SensorRenderer:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.ideal, name)
