"""The camera sensor model on arrays, for pictures of any renderer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simfactor.errors import SimfactorError, unknown_name
from simfactor.frames import Byte, Float, Word
from simfactor.render.sensor import lens
from simfactor.render.sensor.develop import develop
from simfactor.render.shading import bytes_to_linear
from simfactor.sensor import LIMITS, MOSAICS, OFF, Sensor, check_table, is_on, with_columns

EXPOSURE = "exposure"  # the renderer's to follow where there is one
STOPS = 16.0  # at most
FOCAL = 1.207  # image heights: a vertical field of view of 45 degrees


def photograph(
    images: NDArray[Any],
    settings: Mapping[str, Any],
    seeds: ArrayLike = 0,
    focal: ArrayLike = FOCAL,
    principal_point: ArrayLike = (0.5, 0.5),
) -> Byte:
    """What a camera makes of an ideal one's pictures: the sensor model alone, for a renderer of your own.

    Args:
        images: (N, H, W, 3), sRGB bytes or linear light as floats, 1 being white.
        settings: name -> a number or (N,) of them, the names those of :class:`simfactor.sensor.Sensor`, and
            ``exposure`` in stops; ``mosaic`` by name. What is left out changes nothing. Of a ready sensor:
            ``space.columns(space.sample(N, seed))`` with ``space = FactorSpace(load_sensor("webcam"))``.
        seeds: whole numbers, or (N,) of them, that decide the noise.
        focal: in image heights, a number, (2,) or (N, 2), as of a RenderBatch; for distortion and vignetting.
        principal_point: (2,) or (N, 2) in image widths and heights.

    Returns (N, H, W, 3) sRGB bytes; the same settings and seed make the same picture in any batch. Where all
    settings are off, bytes come back as they are. Raises SimfactorError for arrays of other shapes or types,
    unknown names, and numbers without sense.
    """
    _check_images(images)
    count, height, width = images.shape[:3]
    table = _table(settings, count)
    views = _rows("focal", focal, count), _rows("principal_point", principal_point, count)
    if not (views[0] > 0).all():
        raise SimfactorError(f"focal={focal!r} must be above 0, in image heights.")
    check_table(table)
    lens.check_folds(table, *views, height, width)
    words = _words(seeds, count)
    exposures = _exposures(settings.get(EXPOSURE, 0.0), count)
    taken = np.empty(images.shape, np.uint8)
    for i, picture in enumerate(images):
        if picture.dtype == np.uint8 and exposures[i] == 1 and not is_on(table[i : i + 1])[0]:
            taken[i] = picture
            continue
        light = bytes_to_linear(picture) if picture.dtype == np.uint8 else picture.astype(np.float32)
        plane = lens.Plane.of(views[0][i], views[1][i], height, width)
        sensor = Sensor(*table[i].tolist())
        taken[i] = develop(light * exposures[i], sensor, plane, lens.sources(sensor, plane), int(words[i]))
    return taken


def _table(settings: Mapping[str, Any], count: int) -> Float:
    """Settings by name as rows (count, S)."""
    columns = {}
    for name, values in settings.items():
        if name not in (*LIMITS, EXPOSURE):
            raise unknown_name("setting of a sensor", name, (*LIMITS, EXPOSURE))
        columns[name] = _rows(name, _codes(values) if name == "mosaic" else values, count, ())
    return with_columns(np.repeat(OFF, count, axis=0), columns)


def _exposures(stops: Any, count: int) -> Float:
    """Factors (count,) on linear light."""
    rows = _rows(EXPOSURE, stops, count, ())
    if not (np.abs(rows) <= STOPS).all():
        raise SimfactorError(
            f"{EXPOSURE}={stops!r} is not in [{-STOPS:g}, {STOPS:g}] stops; give a number that is."
        )
    return np.exp2(rows)


def _codes(names: Any) -> ArrayLike:
    """Names of mosaics as their indices."""
    for name in np.unique(names).tolist():
        if name not in MOSAICS:
            raise unknown_name("mosaic", name, MOSAICS)
    return np.vectorize(MOSAICS.index, otypes=[float])(names)


def _rows(name: str, values: Any, count: int, shape: tuple[int, ...] = (2,)) -> Float:
    """Numbers of one picture, or of ``count``, as rows (count, *shape)."""
    try:
        return np.broadcast_to(np.asarray(values, np.float32), (count, *shape))
    except (TypeError, ValueError):
        raise SimfactorError(
            f"{name}={values!r} is neither one value for all images nor an array {(count, *shape)} of "
            "numbers; give one of these."
        ) from None


def _words(seeds: Any, count: int) -> Word:
    """Seeds (count,) of 32 bits."""
    given = np.asarray(seeds)
    if given.dtype.kind not in "iu" or given.shape not in ((), (count,)):
        raise SimfactorError(f"seeds={seeds!r} are no whole numbers, one for all {count} images or for each.")
    return np.broadcast_to(given % 2**32, count).astype(np.uint32)


def _check_images(images: Any) -> None:
    known = isinstance(images, np.ndarray) and (images.dtype == np.uint8 or images.dtype.kind == "f")
    if not known or images.ndim != 4 or images.shape[-1] != 3 or not images.size:
        got = f"{getattr(images, 'dtype', type(images).__name__)} of shape {np.shape(images)}"
        raise SimfactorError(
            f"images are {got}; give (N, H, W, 3) of sRGB bytes (uint8) or linear light (floats, 1 = white)."
        )
    if images.dtype.kind == "f" and not (np.isfinite(images).all() and images.min() >= 0):
        raise SimfactorError("images of linear light hold numbers below 0 or not finite; give light only.")
