"""Bins keep to the ranges of their domain, and a circle is cut where nothing was tested."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simfactor.factors import Angle, Categorical, Continuous
from simfactor.transfer.bins import LEAST, MOST, Axis, axis_of, category_bins, number_bins

CIRCLE = Angle(-180, 180)


def _values(factor, count, seed=0):
    return factor.quantile(np.random.default_rng(seed).random(count))


def test_a_circle_is_cut_in_the_middle_of_what_was_not_tested():
    tested = [CIRCLE.restrict(*edges) for edges in ((-30, 30), (60, 120), (130, 230))]
    axis = axis_of(tested)
    assert (axis.start, axis.period) == (-80, 360)  # between 230 and 330
    assert [axis.spans(factor) for factor in tested] == [[(-30, 30)], [(60, 120)], [(130, 230)]]
    assert axis.spans(CIRCLE.restrict(-120, 120)) == [(-80, 120), (240, 280)]
    np.testing.assert_allclose(axis.place(np.array([-30.0, 229.0, -131.0, 270.0])), [-30, 229, 229, 270])


def test_a_circle_that_was_tested_all_round_is_cut_opposite_the_clean_domain():
    axis = axis_of([CIRCLE.restrict(50, 130), CIRCLE.restrict(130, 300), CIRCLE.restrict(300, 410)])
    assert axis.start == -90
    assert axis.spans(CIRCLE.restrict(130, 300)) == [(-90, -60), (130, 270)]


@given(st.floats(-180, 179), st.floats(0, 90), st.floats(1, 170), st.floats(1, 80))
def test_no_tested_range_is_cut_where_there_is_a_gap(start, width, offset, second):
    clean = Angle(start, start + width)
    moved = Angle(start + width + offset, start + width + offset + second)
    axis = axis_of([clean, moved])
    assert axis.spans(clean)[0][0] == pytest.approx(clean.low, abs=1e-6)
    for factor in (clean, moved):
        assert len(axis.spans(factor)) == 1
        values = axis.place(_values(factor, 40))
        low, high = axis.spans(factor)[0]
        assert (values >= low - 1e-6).all()
        assert (values <= high + 1e-6).all()


@given(st.integers(1, 200), st.sampled_from([Continuous(0, 3), Continuous(-2, 9, holes=((1, 4),)), CIRCLE]))
def test_each_episode_is_in_one_bin_that_spans_its_value(count, factor):
    values, axis = _values(factor, count), axis_of([factor])
    bins = number_bins(values, factor, axis)
    members = np.concatenate([part.members for part in bins])
    assert sorted(members.tolist()) == list(range(count))
    spans = axis.spans(factor)
    assert len(bins) <= MOST * len(spans)
    for part in bins:
        inside = axis.place(values)[part.members]
        low, high = part.where["low"], part.where["high"]
        assert low <= inside.min() <= part.where["value"] <= inside.max() <= high
        assert any(a <= low and high <= b for a, b in spans), "no bin spans a hole"


def test_bins_are_of_equal_size_and_never_of_a_few_episodes():
    values = np.random.default_rng(0).random(50) ** 2
    sizes = [len(part.members) for part in number_bins(values, Continuous(0, 1), Axis())]
    assert sizes == [17, 16, 17]
    assert min(sizes) >= LEAST
    assert len(number_bins(values[:29], Continuous(0, 1), Axis())) == 1
    assert len(number_bins(np.random.default_rng(0).random(500), Continuous(0, 1), Axis())) == MOST


def test_few_different_values_are_a_bin_each():
    levels = np.repeat([0.0, 1.0, 3.0], [1, 30, 9])
    bins = number_bins(levels, Continuous(0, 3, levels=4), Axis())
    assert [part.where["value"] for part in bins] == [0, 1, 3]
    assert [len(part.members) for part in bins] == [1, 30, 9]
    fixed = number_bins(np.full(8, 30.0), Angle(30, 30), axis_of([Angle(30, 30), Angle(40, 60)]))
    assert [(part.where["low"], part.where["high"]) for part in fixed] == [(30, 30)]


def test_categories_are_told_by_name():
    factor = Categorical(("wood", "brick", "moss"))
    bins = category_bins(np.array([2.0, 0.0, 2.0]), factor)
    assert [(part.where["value"], part.members.tolist()) for part in bins] == [
        ("wood", [1]),
        ("moss", [0, 2]),
    ]
