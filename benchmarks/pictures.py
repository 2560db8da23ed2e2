"""The pictures of the documentation.

python benchmarks/pictures.py [--out docs/images]
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np

from simfactor.data import contact_sheet, factor_sheet, save_png
from simfactor.factors import Categorical, Continuous, load_space
from simfactor.frames import RenderBatch
from simfactor.render import Studio, make_renderer, render_counterfactuals
from simfactor.scene.optics import direction
from simfactor.scene.textures import PATTERNS, load_texture
from simfactor.sensor import MOSAICS, Sensor

SIZE = 224
SCENE = {
    "light_azimuth": 60.0,
    "light_elevation": 45.0,
    "light_temperature": 5500.0,
    "light_intensity": 1.2,
    "ambient_share": 0.25,
    "camera_azimuth": 20.0,
    "camera_elevation": 30.0,
    "camera_distance": 1.2,
    "table_texture": "planks",
    "background_texture": "garage",
    "robot_tint": 40.0,
    "object_size": 0.09,
    "object_x": 0.55,
    "object_y": -0.15,
    "distractors": "0",
    "distractor_angle": 100.0,
    "sensor_noise": 0.0,
    "ee_x": 0.5,
    "ee_y": 0.1,
    "ee_z": 0.25,
}
FACTORS = ("light_azimuth", "light_temperature", "table_texture", "robot_tint", "camera_azimuth")
FACTORS += ("distractors", "sensor_noise", "target_y")
SENSOR = {  # strong ones, for small pictures
    "distortion_k1": Continuous(0.0, 0.5),
    "rolling_shutter": Continuous(0.0, 0.25, "image widths"),
    "defocus": Continuous(0.0, 0.03, "image heights"),
    "motion_blur": Continuous(0.0, 0.1, "image heights"),
    "vignetting": Continuous(0.0, 3.0, "times cos^4"),
    "iso": Continuous(0.0, 6400.0, "ISO"),
    "white_balance_red": Continuous(0.0, 0.8, "stops"),
    "mosaic": Categorical(MOSAICS),
    "gamma": Continuous(1.0, 2.0),
    "jpeg_quality": Continuous(5.0, 100.0),
}


def looks(batch: RenderBatch) -> list[RenderBatch]:
    """Appearances of the one image of ``batch``: as it is, another sun, a soft one, a sunset, two lights, and
    so on."""

    def altered(values: np.ndarray, *changes: tuple[int, object]) -> np.ndarray:
        new = values.copy()
        for light, value in changes:
            new[0, light] = value
        return new

    low_sun = altered(batch.light_direction, (0, direction(-100, 30)))
    sunset = altered(batch.light_color, (0, (1.3, 0.75, 0.35)))
    dim = altered(batch.light_color, (0, batch.light_color[0, 0] * 0.35), (1, (0.3, 0.45, 0.8)))
    textured = np.where(batch.texture >= 0, (batch.texture + 4) % len(batch.textures), batch.texture)
    return [
        batch,
        replace(batch, light_direction=low_sun),
        replace(batch, light_softness=np.float32([0.25])),
        replace(
            batch, light_direction=low_sun, light_color=sunset, sky=0.5 * batch.sky, ground=0.2 * batch.ground
        ),
        replace(
            batch, light_color=dim, light_direction=altered(batch.light_direction, (1, direction(-60, 35)))
        ),
        replace(batch, texture=textured.astype(np.int32)),
        replace(
            batch, specular=np.full_like(batch.specular, 0.6), roughness=np.full_like(batch.roughness, 0.25)
        ),
        replace(batch, exposure=np.float32([2.2])),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=Path("docs/images"), help="folder (default: docs/images)")
    out = parser.parse_args().out
    space = load_space("tabletop")
    first = space.decode(space.sample(1, seed=3)[0])
    row = space.encode({**first, **SCENE})
    with Studio("tabletop", image_size=SIZE) as studio:
        batch = studio.batch(space, row[None])
    with make_renderer("raster", supersample=3) as renderer:
        images = render_counterfactuals(renderer, batch, RenderBatch.concatenate(looks(batch)))
    save_png(out / "counterfactuals.png", contact_sheet(images.rgb, columns=4))
    with Studio("tabletop", image_size=112) as studio:
        save_png(out / "factors.png", factor_sheet(space, studio, names=FACTORS, base=row))
    patterns = np.stack([load_texture(name)[::2, ::2] for name in PATTERNS])
    save_png(out / "patterns.png", contact_sheet(patterns, columns=16))
    seen = space.with_factors(SENSOR)
    off = {name: value for name, value in Sensor()._asdict().items() if name in SENSOR} | {"mosaic": "none"}
    plain = {**space.decode(row), **off, "table_texture": "blue_checker", "background_texture": "cat"}
    with Studio("tabletop", image_size=70) as studio:
        save_png(
            out / "sensor.png", factor_sheet(seen, studio, 5, names=tuple(SENSOR), base=seen.encode(plain))
        )


if __name__ == "__main__":
    main()
