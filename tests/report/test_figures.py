"""Figures are PNGs that change with their numbers and refuse what cannot be drawn."""

import copy
import io

import numpy as np
import pytest
from matplotlib.image import imread

from simfactor.errors import SimfactorError
from simfactor.report import (
    decodability_bars,
    gap_forest,
    image_grid,
    latent_factor_matrix,
    success_bars,
    training_curves,
)

BLOCKS = {"light": 2, "target_x": 1, "residual": 3}
MATRIX = np.arange(18.0).reshape(6, 3) / 18


def _pixels(png):
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    pixels = imread(io.BytesIO(png), format="png")
    assert pixels.ndim == 3
    assert len(np.unique(pixels[::3, ::3, 0])) > 3, "more than a blank page"
    return pixels


def test_success_bars_are_as_long_as_the_success(summary):
    """The blue of the first agent covers less when its success falls."""
    agents = summary["agents"]
    worse = copy.deepcopy(agents)
    for entry in worse["latent-swap"].values():
        entry["success"] |= {"mean": 0.1, "low": 0.05, "high": 0.2, "by_seed": []}

    def blue(png):
        pixels = _pixels(png)[..., :3]
        return int((np.abs(pixels - np.array([38, 135, 189]) / 255).max(axis=-1) < 0.03).sum())

    assert blue(success_bars(worse)) < 0.2 * blue(success_bars(agents))


def test_figures_are_the_same_each_time_and_follow_their_numbers(summary):
    agents = summary["agents"]
    assert gap_forest(agents) == gap_forest(agents)
    _pixels(gap_forest(agents))
    by_factor = summary["encoder"]["decodability_by_factor"]
    assert decodability_bars(by_factor) != decodability_bars({**by_factor, "target_x": 0.1})
    _pixels(decodability_bars({"hopeless": -0.3, "good": 0.9}))
    runs = [([0, 1, 2], [0.0, 0.4, 0.9]), ([0, 1], [0.1, 0.2])]
    _pixels(training_curves({"a": runs, "b": runs[:1]}, "steps", "success"))


def test_matrix_shows_its_largest_value_darkest():
    one = np.zeros((6, 3))
    one[2, 1] = 1.0
    pixels = _pixels(latent_factor_matrix(one, ["light", "target_x", "hue"], BLOCKS, "nats"))
    left_of_the_colour_bar = pixels[:, : int(0.8 * pixels.shape[1])]
    dark_blue = (left_of_the_colour_bar[..., 2] > 0.3) & (left_of_the_colour_bar[..., 0] < 0.1)
    rows = np.nonzero(dark_blue)[0]
    assert len(rows) > 1000
    assert np.ptp(rows) < 0.25 * pixels.shape[0]


def test_grid_keeps_every_pixel():
    images = np.random.default_rng(0).integers(0, 256, (2, 3, 16, 16, 3), dtype=np.uint8)
    pixels = (_pixels(image_grid(images))[..., :3] * 255).round().astype(np.uint8)
    zoom = pixels.shape[1] // (3 * 18 - 2)
    assert pixels.shape[:2] == (34 * zoom, 52 * zoom)
    np.testing.assert_array_equal(pixels[::zoom, ::zoom][18:, 36:], images[1, 2])


def test_grid_takes_rows_of_other_lengths_and_labels():
    image = np.full((8, 8, 3), 90, np.uint8)
    _pixels(image_grid([[image] * 4, [image]], ["clean", "a longer name"], ["0", "1", "2", "3"]))


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: success_bars({}), "no agent to draw"),
        (lambda: latent_factor_matrix(MATRIX.T, ["a", "b", "c"], BLOCKS, "nats"), r"need \(6, 3\)"),
        (lambda: training_curves({"a": []}, "x", "y"), "no curves"),
        (lambda: training_curves({"a": [([1, 2], [1])]}, "x", "y"), "'a' has 2 x and 1 y"),
        (lambda: image_grid([[]]), "at least one"),
        (lambda: image_grid([[np.zeros((4, 4, 3))]]), "all uint8"),
        (lambda: image_grid([[np.zeros((4, 4, 3), np.uint8)]], ["a", "b"]), "2 row labels for 1 rows"),
    ],
)
def test_what_cannot_be_drawn_is_refused(draw, message):
    with pytest.raises(SimfactorError, match=message):
        draw()


def test_agents_tested_in_other_domains_are_not_drawn_together(summary):
    agents = copy.deepcopy(summary["agents"])
    del agents["state"]["texture-ood2"]
    with pytest.raises(
        SimfactorError, match="agent 'state' was tested in clean, lighting-ood1, lighting-ood2,"
    ):
        success_bars(agents)
    with pytest.raises(SimfactorError, match="no shifted domain"):
        gap_forest({"state": {"clean": agents["state"]["clean"]}})
