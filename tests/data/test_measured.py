"""Which measured numbers are factors."""

import numpy as np

from simfactor.data.measured import measured_factors

LINE = np.linspace(-1.0, 3.0, 5)


def test_what_varies_is_a_factor_a_little_wider_than_what_was_seen() -> None:
    factors, left_out = measured_factors({"arm_joints_0": LINE, "goal_12": LINE**2})
    assert left_out == {}
    assert list(factors) == ["arm_joints_0", "goal_12"]
    assert [factor.group for factor in factors.values()] == ["arm_joints", "goal"]
    assert {factor.role for factor in factors.values()} == {"task"}
    np.testing.assert_allclose([factors["arm_joints_0"].low, factors["arm_joints_0"].high], [-1.08, 3.08])
    assert factors["arm_joints_0"].contains(LINE).all()


def test_what_does_not_vary_or_is_there_already_is_left_out_and_why() -> None:
    factors, left_out = measured_factors(
        {
            "a_0": LINE,
            "a_1": np.full(5, 0.25),
            "a_2": 7.0 + 1e-8 * LINE,
            "b_0": LINE.astype(np.float32) + 1e-7,
            "b_1": -LINE,
            "b_2": np.array([0.0, 1.0, np.inf, 0.0, 0.0]),
            "b_3": np.full(5, np.nan),
        }
    )
    assert list(factors) == ["a_0", "b_1"]
    assert left_out == {
        "a_1": "is always 0.25",
        "a_2": "is always 7",
        "b_0": "is a_0",
        "b_2": "is not always a finite number",
        "b_3": "is not always a finite number",
    }
