"""The graph of latents and factors follows its numbers and refuses what has no width."""

import io

import numpy as np
import pytest
from matplotlib.image import imread

from simfactor.errors import SimfactorError
from simfactor.report import latent_factor_graph
from simfactor.report.canvas import COLORS
from simfactor.report.graph import _colors, _order

FACTORS = ("light", "hue", "yaw")
LADDER = np.eye(3)


def _pixels(png):
    return imread(io.BytesIO(png), format="png")[..., :3]


def _inked(png, color):
    """How many pixels have about the hue of the colour, faint lines too."""
    rgb = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    pixels, saturated = _pixels(png), rgb - rgb.max()
    shifted = pixels - pixels.max(axis=-1, keepdims=True)
    strength = (shifted @ saturated) / (saturated @ saturated)
    distance = np.abs(shifted - strength[..., None] * saturated).max(axis=-1)
    return int(((strength > 0.2) & (distance < 0.04)).sum())


def test_wider_lines_for_larger_values():
    weak = LADDER.copy()
    weak[0, 0] = 0.2
    strong, thin = (latent_factor_graph({"codes": matrix}, FACTORS) for matrix in (LADDER, weak))
    assert _inked(thin, COLORS[0]) < 0.5 * _inked(strong, COLORS[0])
    assert _inked(thin, COLORS[1]) == pytest.approx(_inked(strong, COLORS[1]), rel=0.05)


def test_graphs_side_by_side_share_one_scale_and_may_differ_in_size():
    alone = latent_factor_graph({"a": LADDER}, FACTORS)
    both = latent_factor_graph({"a": LADDER, "b": 0.1 * np.ones((5, 3))}, FACTORS)
    assert _pixels(both).shape[1] > 1.5 * _pixels(alone).shape[1]
    assert both == latent_factor_graph({"a": LADDER, "b": 0.1 * np.ones((5, 3))}, FACTORS)


def test_latents_stand_by_the_factors_they_go_with_and_idle_ones_last():
    matrix = np.array([[0, 0, 1.0], [0, 0, 0.01], [1, 0.1, 0], [0.5, 0, 0.5], [0, 0, 0]])
    assert _order(matrix).tolist() == [2, 3, 0, 1, 4]


def test_names_of_latents_are_drawn():
    named = latent_factor_graph({"a": LADDER}, FACTORS, latent_names={"a": ["sun", "paint", "turn"]})
    assert named != latent_factor_graph({"a": LADDER}, FACTORS)
    assert named == latent_factor_graph({"a": LADDER}, FACTORS, latent_names={"a": ("sun", "paint", "turn")})


@pytest.mark.parametrize("count", [1, 6, 7, 24])
def test_factors_have_colours_of_their_own(count):
    colors = _colors(count)
    assert len(set(colors)) == count
    assert all(len(color) == 7 for color in colors)


def test_extremes_are_drawn():
    names = [f"factor_{k}" for k in range(24)]
    assert _pixels(latent_factor_graph({"a": np.ones((60, 24))}, names)).std() > 0
    assert _pixels(latent_factor_graph({"nothing": np.zeros((2, 3))}, FACTORS)).std() > 0
    assert _pixels(latent_factor_graph({"one": [[1.0]]}, ["light"])).std() > 0


@pytest.mark.parametrize(
    ("matrices", "options", "message"),
    [
        ({}, {}, "there is no matrix to draw"),
        ({"a": np.ones((2, 2))}, {}, r"matrix 'a' has shape \(2, 2\); 3 factor_names need"),
        ({"a": -LADDER}, {}, "negative or non-finite"),
        ({"a": LADDER * np.nan}, {}, "negative or non-finite"),
        ({"a": LADDER}, {"latent_names": {"a": ["z"]}}, "has 3 latents, but 1 latent_names"),
    ],
)
def test_what_cannot_be_drawn_is_refused(matrices, options, message):
    with pytest.raises(SimfactorError, match=message):
        latent_factor_graph(matrices, FACTORS, **options)
