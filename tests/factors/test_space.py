"""What a FactorSpace promises: independent streams, honest restrictions, exact interventions."""

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simfactor.errors import SimfactorError
from simfactor.factors import Angle, Categorical, Continuous, FactorSpace, load_space, save_space

SPACE = FactorSpace(
    {
        "intensity": Continuous(0.5, 1.5, group="lighting"),
        "azimuth": Angle(-180, 180, group="lighting"),
        "texture": Categorical(("brick", "grass", "wood", "paper"), group="texture"),
        "x": Continuous(-0.2, 0.2, unit="m", group="pose", role="task", levels=5),
    }
)


@given(seed=st.integers(0, 2**32), index=st.integers(0, 10_000))
def test_any_row_can_be_made_again_alone(seed: int, index: int) -> None:
    around = SPACE.sample(7, seed, start=index)
    np.testing.assert_array_equal(SPACE.sample(1, seed, start=index + 6)[0], around[6])


@given(seed=st.integers(0, 1000), low=st.floats(0.5, 1.0), width=st.floats(0, 0.5))
def test_restricting_one_factor_leaves_the_other_columns_bit_identical(
    seed: int, low: float, width: float
) -> None:
    rows = SPACE.sample(50, seed)
    narrowed = SPACE.restrict({"intensity": [low, low + width]})
    other = narrowed.sample(50, seed)
    np.testing.assert_array_equal(other[:, 1:], rows[:, 1:])
    assert narrowed.contains(other).all()


def test_adding_a_factor_leaves_the_other_columns_bit_identical() -> None:
    more = FactorSpace({"new": Continuous(0, 1), **SPACE.factors})
    np.testing.assert_array_equal(more.sample(20, 3)[:, 1:], SPACE.sample(20, 3))


def test_samples_are_uniform_over_what_a_hold_out_leaves() -> None:
    space = SPACE.hold_out({"intensity": [0.8, 1.2], "texture": ["grass"], "azimuth": [170, 190]})
    rows = space.sample(4000, seed=1)
    intensity, azimuth, texture, _ = rows.T
    assert not ((intensity > 0.8) & (intensity < 1.2)).any()
    assert np.abs(azimuth).max() <= 170
    assert abs((intensity <= 0.8).mean() - 0.5) < 0.04
    np.testing.assert_allclose(
        np.bincount(texture.astype(int), minlength=4) / 4000, [1 / 3, 0, 1 / 3, 1 / 3], atol=0.04
    )


@given(
    seed=st.integers(0, 1000), names=st.sets(st.sampled_from(SPACE.names), min_size=1), lattice=st.booleans()
)
def test_an_intervention_changes_the_named_factors_and_nothing_else(seed, names, lattice) -> None:
    rows = SPACE.sample(40, seed, lattice=lattice)
    changed = SPACE.intervene(rows, names, seed=seed + 1, lattice=lattice)
    different = changed != rows
    for k, name in enumerate(SPACE.names):
        assert different[:, k].all() if name in names else not different[:, k].any()
    assert SPACE.contains(changed).all()


def test_a_held_out_combination_never_occurs_but_each_part_does() -> None:
    space = SPACE.hold_out_combination({"texture": ["brick", "wood"], "intensity": [0.5, 1.0]})
    rows = space.sample(3000, seed=0)
    brick_or_wood, dark = np.isin(rows[:, 2], [0, 2]), rows[:, 0] <= 1.0
    assert not (brick_or_wood & dark).any()
    assert brick_or_wood.any()
    assert dark.any()
    untouched = [1, 3]
    np.testing.assert_array_equal(rows[:, untouched], SPACE.sample(3000, seed=0)[:, untouched])
    single = space.sample(1, seed=0, start=123)
    np.testing.assert_array_equal(single[0], rows[123])
    assert not space.in_excluded(space.grid({"intensity": 3, "azimuth": 4})).any()


def test_interventions_respect_held_out_combinations() -> None:
    space = SPACE.hold_out_combination({"texture": ["brick"], "intensity": [0.5, 1.4]})
    rows = space.sample(500, seed=0)
    assert space.contains(space.intervene(rows, ["texture"], seed=1)).all()


def test_a_copula_couples_ranks_and_keeps_the_marginals() -> None:
    space = SPACE.correlate({("intensity", "x"): 0.9})
    rows = space.sample(4000, seed=0)
    plain = SPACE.sample(4000, seed=0)
    assert np.corrcoef(rows[:, 0], rows[:, 3])[0, 1] > 0.85
    np.testing.assert_array_equal(rows[:, :3], plain[:, :3])
    np.testing.assert_allclose(np.quantile(rows[:, 3], [0.1, 0.5, 0.9]), [-0.16, 0, 0.16], atol=0.015)


def test_correlated_rows_can_be_made_again_alone() -> None:
    space = SPACE.correlate({("intensity", "x"): 0.7, ("azimuth", "x"): -0.4, ("intensity", "texture"): 0.3})
    rows = space.sample(300, seed=4)
    for index in (0, 1, 17, 299):
        np.testing.assert_array_equal(space.sample(1, seed=4, start=index)[0], rows[index])


def test_grid_runs_in_c_order_and_leaves_the_seam_of_a_circle_out() -> None:
    space = FactorSpace(
        {"a": Angle(0, 360, levels=4), "b": Categorical(("p", "q")), "c": Continuous(0, 1, levels=3)}
    )
    rows = space.grid()
    assert rows.shape == (24, 3)
    assert space.sizes == (4, 2, 3)
    np.testing.assert_array_equal(rows[:3, 2], [0, 0.5, 1])
    np.testing.assert_array_equal(np.unique(rows[:, 0]), [0, 90, 180, 270])
    np.testing.assert_array_equal(space.classes(rows)[:, 0], rows[:, 0] // 90)


def test_lattice_sampling_and_restriction_keep_to_the_levels() -> None:
    levels = np.linspace(-0.2, 0.2, 5)
    narrowed = SPACE.restrict({"x": [-0.15, 0.2]})
    assert set(np.round(narrowed.sample(200, 0, lattice=True)[:, 3], 9)) == set(np.round(levels[1:], 9))
    assert narrowed["x"].levels == 4


def test_an_angle_sector_across_the_seam() -> None:
    sector = SPACE.restrict({"azimuth": [150, 210]})
    assert sector["azimuth"].contains(np.array([-170.0, 160.0, 0.0])).tolist() == [True, True, False]
    values = sector.sample(500, 0)[:, 1]
    assert values.min() >= 150
    assert values.max() <= 210
    assert sector.encode({"intensity": 1, "azimuth": -170, "texture": "wood", "x": 0})[1] == 190


def test_rows_and_named_values_are_the_same_thing() -> None:
    row = SPACE.sample(1, 5)[0]
    values = SPACE.decode(row)
    assert isinstance(values["texture"], str)
    np.testing.assert_array_equal(SPACE.encode(values), row)


def test_a_space_survives_yaml_and_pickle(tmp_path) -> None:
    space = (
        SPACE.hold_out({"azimuth": [170, 190], "texture": ["grass"]})
        .hold_out_combination({"texture": ["brick"], "intensity": [0.5, 1.0]})
        .correlate({("intensity", "x"): 0.5})
    )
    save_space(space, tmp_path / "space.yaml")
    again = load_space(tmp_path / "space.yaml")
    assert again == space
    assert again.fingerprint == space.fingerprint != SPACE.fingerprint
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(space)).sample(9, 0), again.sample(9, 0))


def test_select_keeps_what_concerns_the_chosen_factors() -> None:
    space = SPACE.correlate({("intensity", "x"): 0.5}).hold_out_combination(
        {"texture": ["brick"], "x": [0, 0.2]}
    )
    chosen = space.select(["x", "intensity"])
    assert chosen.names == ("intensity", "x")
    assert dict(chosen.correlations) == {("intensity", "x"): 0.5}
    assert chosen.excluded == ()


ERRORS = {
    "range": (lambda: Continuous(2, 1), "low=2 is above high=1; give low <= high."),
    "nan": (lambda: Continuous(float("nan"), 1), "low=nan must be a finite number."),
    "role": (
        lambda: Continuous(0, 1, role="nuissance"),  # type: ignore[arg-type]
        "unknown role 'nuissance'; allowed: task, nuisance. Did you mean 'nuisance'?",
    ),
    "period": (
        lambda: Angle(0, 400),
        "range [0, 400] is longer than the period 360; shorten it.",
    ),
    "name": (
        lambda: SPACE.restrict({"azimut": [0, 1]}),
        "unknown factor 'azimut'; allowed: intensity, azimuth, texture, x. Did you mean 'azimuth'?",
    ),
    "outside": (
        lambda: SPACE.restrict({"intensity": [0.1, 1.0]}),
        "intensity: range [0.1, 1] is not inside the domain [0.5, 1.5]; choose one that is.",
    ),
    "value": (
        lambda: SPACE.fix({"texture": "woood"}),
        "texture: unknown value 'woood'; allowed: brick, grass, wood, paper. Did you mean 'wood'?",
    ),
    "nothing left": (
        lambda: SPACE.hold_out({"intensity": [0, 2]}),
        "intensity: holes ((0.0, 2.0),) leave nothing of [0.5, 1.5]; hold out less.",
    ),
    "correlations": (
        lambda: SPACE.correlate({("intensity", "azimuth"): 1.5}),
        "correlation of intensity and azimuth is 1.5; give two factors and -1 < value < 1.",
    ),
    "fixed": (
        lambda: SPACE.fix({"x": 0.0}).intervene(SPACE.fix({"x": 0.0}).sample(2, 0), ["x"], 1),
        "x is fixed at 0 m, it cannot be changed; name another factor.",
    ),
    "rows": (
        lambda: SPACE.check(np.array([[9.0, 0, 0, 0]])),
        "intensity=9 in row 0 is outside [0.5, 1.5]; clip it or widen the factor's range.",
    ),
    "missing": (
        lambda: SPACE.encode({"intensity": 1.0}),
        "no value for azimuth, texture, x; give every factor of the space.",
    ),
}


@pytest.mark.parametrize("case", ERRORS)
def test_error_texts(case: str) -> None:
    make, text = ERRORS[case]
    with pytest.raises(SimfactorError) as caught:
        make()
    assert str(caught.value) == text


def test_a_file_with_several_mistakes_reports_them_all(tmp_path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(
        "scene: tabletop\nfactors:\n"
        "  a: {kind: continuous, low: 2, high: 1}\n"
        "  b: {kind: continous, low: 0, high: 1}\n"
        "  c: {kind: angle, low: 0, hihg: 1}\n"
        "  d: {kind: angle, low: 0}\n"
    )
    with pytest.raises(SimfactorError) as caught:
        load_space(path)
    text = str(caught.value)
    for part in (
        "factors.a: low=2",
        "factors.b: unknown kind 'continous'",
        "Did you mean 'high'",
        "factors.d: a factor of",
    ):
        assert part in text
