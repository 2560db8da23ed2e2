"""One light and one camera, found again from labelled pictures."""

import numpy as np
import pytest

from simfactor.adaptation import fit_appearance
from simfactor.errors import SimfactorError
from simfactor.factors import FactorSpace, load_space
from simfactor.render.studio import StudioSpec

TRUE = {"light_azimuth": 160.0, "light_temperature": 4000.0, "camera_distance": 1.25}
SIZE = 32


def space() -> FactorSpace:
    full = load_space("tabletop")
    still = full.decode(full.sample(1, seed=3)[0])
    moving = (*full.by_role("task"), *TRUE)
    return full.fix({name: value for name, value in still.items() if name not in moving})


@pytest.fixture(scope="module")
def pictures() -> tuple[np.ndarray, np.ndarray]:
    """Images, and rows in which what is to be found is not known."""
    with StudioSpec(image_size=SIZE).open() as studio:
        rows = space().fix(TRUE).sample(4, seed=1)
        images = studio.images(space(), rows).rgb
    rows[:, [space().index(name) for name in TRUE]] = np.nan
    return images, rows


def test_what_pictures_have_in_common_is_found(pictures: tuple[np.ndarray, np.ndarray]) -> None:
    found = fit_appearance(*pictures, space(), list(TRUE), budget=300, progress=False)
    assert abs((found.values["light_azimuth"] - 160 + 180) % 360 - 180) < 4
    assert found.values["light_temperature"] == pytest.approx(4000, abs=150)
    assert found.values["camera_distance"] == pytest.approx(1.25, abs=0.01)
    assert found.errors[1] < 0.15 * found.errors[0]
    assert found.space["camera_distance"].fixed
    assert found.to_dict()["values"] == found.values
    assert "at the start by" in found.table()


def test_a_good_start_is_kept(pictures: tuple[np.ndarray, np.ndarray]) -> None:
    found = fit_appearance(*pictures, space(), list(TRUE), start=TRUE, budget=26, progress=False)
    assert found.errors[1] == pytest.approx(0, abs=1e-6)
    assert found.values == TRUE


def test_bad_input_is_refused_before_work(pictures: tuple[np.ndarray, np.ndarray]) -> None:
    images, rows = pictures
    with pytest.raises(SimfactorError, match=r"images have shape \(4, 32, 32, 3\) and dtype float64"):
        fit_appearance(images / 255, rows, space(), "lighting")
    with pytest.raises(SimfactorError, match="4 images and rows of shape"):
        fit_appearance(images, rows[:2], space(), "lighting")
    with pytest.raises(SimfactorError, match="table_texture has names for values"):
        fit_appearance(images, rows, load_space("tabletop"), "table_texture")
    with pytest.raises(SimfactorError, match="none of 'table_texture' varies in the space"):
        fit_appearance(images, rows, space(), "table_texture")
    with pytest.raises(SimfactorError, match="camera_distance in row 0 is not known"):
        fit_appearance(images, rows, space(), ["light_azimuth", "light_temperature"])
    with pytest.raises(SimfactorError, match="unknown fitted factor 'camera_distance'"):
        fit_appearance(images, rows, space(), ["light_azimuth"], start={"camera_distance": 1.2})
