"""Position, level numbers and factor row name the same combination."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simfactor.data import Lattice
from simfactor.errors import SimfactorError
from simfactor.factors import Angle, Categorical, Continuous, Factor, FactorSpace, load_space


@st.composite
def factors(draw: st.DrawFn) -> Factor:
    kind = draw(st.sampled_from(["continuous", "angle", "full turn", "categorical"]))
    levels = draw(st.integers(1, 9))
    low = draw(st.floats(-500, 500))
    if kind == "continuous":
        return Continuous(low, low + draw(st.floats(0.5, 100)), levels=levels)
    if kind == "angle":
        return Angle(low, low + draw(st.floats(1, 350)), levels=levels)
    if kind == "full turn":
        return Angle(low, low + 360, levels=levels)
    values = Categorical(tuple("abcdefghi"[:levels]))
    return values.restrict(draw(st.lists(st.sampled_from(values.values), min_size=1, unique=True)))


spaces = st.lists(factors(), min_size=1, max_size=5).map(
    lambda drawn: FactorSpace({f"factor{i}": factor for i, factor in enumerate(drawn)})
)


@given(spaces, st.data())
@settings(max_examples=150, deadline=None)
def test_position_to_row_and_back(space: FactorSpace, data: st.DataObject) -> None:
    lattice = Lattice(space)
    positions = np.array(data.draw(st.lists(st.integers(0, len(lattice) - 1), max_size=20)), np.int64)
    rows = lattice.factors(positions)
    assert rows.shape == (len(positions), len(space))
    np.testing.assert_array_equal(lattice.positions(rows), positions)
    np.testing.assert_array_equal(lattice.rows(lattice.codes(positions)), rows)
    np.testing.assert_array_equal(lattice.positions(rows.astype(np.float32)), positions)


@given(spaces)
@settings(max_examples=50, deadline=None)
def test_the_order_is_that_of_the_grid(space: FactorSpace) -> None:
    lattice = Lattice(space)
    first = np.arange(min(len(lattice), 200))
    np.testing.assert_array_equal(lattice.factors(first), space.grid()[first])
    np.testing.assert_array_equal(lattice.codes(len(lattice) - 1), np.array(lattice.sizes) - 1)


def test_an_angle_is_found_on_any_turn() -> None:
    lattice = Lattice(FactorSpace({"azimuth": Angle(0, 360, levels=4), "x": Continuous(0, 1, levels=3)}))
    rows = np.array([[360.0, 0.5], [-90.0, 1.0], [720.0 + 180, 0.0]])
    np.testing.assert_array_equal(lattice.positions(rows), [1, 11, 6])


def test_ready_spaces_are_lattices() -> None:
    isaac = Lattice(load_space("isaac3d"))
    assert len(isaac) == 737_280
    sampled = isaac.space.sample(500, seed=3, lattice=True)
    np.testing.assert_allclose(isaac.factors(isaac.positions(sampled)), sampled)


def test_what_is_no_lattice() -> None:
    space = FactorSpace({"x": Continuous(0, 1, levels=3), "y": Continuous(0, 1)})
    with pytest.raises(SimfactorError, match=r"y: this factor has no levels; give it `levels`"):
        Lattice(space)
    held_out = space.select(["x"]).hold_out_combination({"x": [0, 0.4]})
    with pytest.raises(SimfactorError, match=r"held-out combinations is no lattice; use `space\.grid\(\)`"):
        Lattice(held_out)


def test_rows_between_the_levels_and_positions_past_the_end() -> None:
    lattice = Lattice(FactorSpace({"x": Continuous(0, 1, levels=3), "shape": Categorical(("a", "b"))}))
    with pytest.raises(SimfactorError, match=r"x: 0\.3 is none of its 3 levels \(0 \.\. 1\)"):
        lattice.positions([[0.5, 1], [0.3, 1]])
    for row, text in (([1.5, 1], r"x: 1\.5 is"), ([1, 2], "shape: 2 is"), ([np.nan, 0], "x: nan is")):
        with pytest.raises(SimfactorError, match=text):
            lattice.positions([row])
    with pytest.raises(SimfactorError, match=r"shape \(2,\); this lattice needs \(n, 2\)"):
        lattice.positions([0.5, 1])
    for outside in (-1, 6):
        with pytest.raises(IndexError):
            lattice.factors([outside])
