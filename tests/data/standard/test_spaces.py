"""The factor spaces have the published levels, in the published order."""

from __future__ import annotations

import numpy as np
import pytest

from simfactor.data import Lattice
from simfactor.data.standard import spaces
from simfactor.data.standard.spaces import first_levels
from simfactor.factors import Angle, FactorSpace

PUBLISHED = [
    (spaces.DSPRITES, (1, 3, 6, 40, 32, 32), 737_280),
    (spaces.SHAPES3D, (10, 10, 10, 8, 4, 15), 480_000),
    (spaces.MPI3D, (6, 6, 2, 3, 3, 40, 40), 1_036_800),
    (spaces.MPI3D_COMPLEX, (4, 4, 2, 3, 3, 40, 40), 460_800),
    (spaces.CARS3D, (4, 24, 183), 17_568),
    (spaces.SMALLNORB, (5, 10, 9, 18, 6), 48_600),
    (spaces.ISAAC3D, (3, 8, 5, 4, 4, 4, 6, 4, 4), 737_280),
    (spaces.FALCOR3D, (5, 6, 6, 6, 6, 6, 6), 233_280),
    (spaces.ROBOT_FINGER, (1, 8, 1, 30, 30, 30, 30, 30, 10), 1_944_000_000),
]


@pytest.mark.parametrize(("space", "sizes", "count"), PUBLISHED, ids=lambda v: getattr(v, "scene", ""))
def test_sizes(space: FactorSpace, sizes: tuple[int, ...], count: int) -> None:
    assert space.sizes == sizes
    assert Lattice(space).sizes == sizes
    assert len(Lattice(space)) == count
    assert FactorSpace.from_dict(space.to_dict()) == space
    assert all(factor.group for factor in space.factors.values())


def test_published_values() -> None:
    hues = spaces.SHAPES3D["floor_hue"].grid()
    np.testing.assert_allclose(hues, [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9])
    np.testing.assert_allclose(spaces.SHAPES3D["scale"].grid()[[0, 1, -1]], [0.75, 0.82142857, 1.25])
    np.testing.assert_allclose(spaces.SHAPES3D["orientation"].grid()[[0, 1, -1]], [-30, -25.71428571, 30])
    np.testing.assert_allclose(spaces.SMALLNORB["elevation"].grid(), np.arange(30, 71, 5))
    np.testing.assert_allclose(spaces.SMALLNORB["azimuth"].grid(), np.arange(0, 360, 20))
    np.testing.assert_allclose(np.deg2rad(spaces.ROBOT_FINGER["angle"].grid()), np.arange(10) * 0.15707963)
    np.testing.assert_allclose(spaces.ROBOT_FINGER["joint1"].grid()[:2], [-0.5, -0.46551724])


def test_the_first_and_the_last_orientation_of_dsprites_are_levels_of_their_own() -> None:
    orientation = spaces.DSPRITES["orientation"]
    assert isinstance(orientation, Angle)
    values = orientation.grid()
    np.testing.assert_allclose(np.deg2rad(values), np.linspace(0, 2 * np.pi, 40), rtol=2e-6)
    np.testing.assert_array_equal(orientation.classes(values, bins=10), np.arange(40))


def test_the_first_levels_keep_their_values() -> None:
    few = first_levels(spaces.SHAPES3D, (3, 10, 1, 2, 2, 15))
    assert few.sizes == (3, 10, 1, 2, 2, 15)
    for name, factor in spaces.SHAPES3D.factors.items():
        kept = few[name].grid()
        np.testing.assert_allclose(kept, factor.grid()[: len(kept)])
    assert few["wall_hue"] == spaces.SHAPES3D["wall_hue"]
