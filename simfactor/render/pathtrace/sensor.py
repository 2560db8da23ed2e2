"""The camera of a batch as Mitsuba's sensors."""

from __future__ import annotations

from math import isqrt
from typing import Any

import numpy as np

from simfactor.errors import SimfactorError
from simfactor.frames import RenderBatch
from simfactor.render.camera import Camera

ONE_CENTRED = {"type": "stratified", "sample_count": 1, "jitter": False}


def check_lens(batch: RenderBatch, aperture: float) -> None:
    """Raise SimfactorError for lenses that Mitsuba's sensors do not have."""
    uneven = np.flatnonzero(~np.isclose(batch.focal[:, 0], batch.focal[:, 1], rtol=1e-5))
    if len(uneven):
        raise SimfactorError(
            f"focal={batch.focal[uneven[0]].tolist()} (image {uneven[0]}): the pixels of the renderer "
            "'pathtrace' are square; give one focal length for both axes, or use the renderer 'raster'."
        )
    aside = np.flatnonzero((batch.principal_point != 0.5).any(axis=1))
    if aperture and len(aside):
        raise SimfactorError(
            f"principal_point={batch.principal_point[aside[0]].tolist()} (image {aside[0]}): a lens with an "
            "aperture must be centred, at [0.5, 0.5]; give aperture=0, a pinhole."
        )


def full_grid(samples: int) -> int:
    """``samples`` rounded up to those of a grid with about as many rows as columns, which the sampler of
    correlated multi-jittered samples (Kensler 2013) wants."""
    rows = isqrt(samples)
    return rows * -(-samples // rows)


def sensor(
    mi: Any, camera: Camera, sampler: dict[str, Any], focus: float = 0.0, aperture: float = 0.0
) -> Any:
    """A pinhole, or a lens of radius ``aperture`` metres that is focused ``focus`` metres ahead."""
    right, up, backward = camera.axes
    frame = np.eye(4)
    frame[:3] = np.stack([-right, up, -backward, camera.position], axis=1)  # x points left there
    view = {
        "to_world": mi.ScalarTransform4f(frame),
        "fov": float(np.degrees(2.0 * np.arctan(0.5 / camera.focal[1]))),
        "fov_axis": "y",
        "near_clip": camera.near,
        "far_clip": camera.far,
        "sampler": sampler,
        "film": {
            "type": "hdrfilm",
            "width": camera.width,
            "height": camera.height,
            "component_format": "float32",
            "pixel_format": "rgba",
            "rfilter": {"type": "box"},  # wider ones are summed in the order in which threads come
        },
    }
    if aperture:
        return mi.load_dict(
            {"type": "thinlens", "aperture_radius": aperture, "focus_distance": focus, **view}
        )
    x, y = (0.5 - camera.principal_point).tolist()
    return mi.load_dict(
        {"type": "perspective", "principal_point_offset_x": x, "principal_point_offset_y": y, **view}
    )
