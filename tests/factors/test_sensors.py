"""Ready sensors, and adding their factors to a space."""

from pathlib import Path

import numpy as np
import pytest

from simfactor.errors import SimfactorError
from simfactor.factors import Continuous, load_sensor, load_space, ready_sensors
from simfactor.sensor import LIMITS, Sensor


@pytest.mark.parametrize("name", ready_sensors())
def test_ready_sensors_declare_nuisances_of_the_group_sensor(name: str) -> None:
    factors = load_sensor(name)
    assert factors.keys() <= {"exposure", *Sensor._fields}
    for known, factor in factors.items():
        assert (factor.group, factor.role) == ("sensor", "nuisance")
        if known in LIMITS and factor.kind == "continuous":
            assert factor.unit == LIMITS[known][2]


def test_the_ready_sensors_are_these() -> None:
    assert ready_sensors() == ["any", "ideal", "industrial", "phone", "webcam"]


def test_any_has_what_the_others_have_and_what_changes_nothing() -> None:
    every = load_sensor("any")
    for name in ("industrial", "phone", "webcam"):
        for factor, own in load_sensor(name).items():
            if not own.fixed:
                assert every[factor].low <= own.low
                assert own.high <= every[factor].high
    assert set(every) == {factor for name in ready_sensors() for factor in load_sensor(name)}
    still = Sensor()
    for factor in set(every) - {"exposure", "motion_direction", "full_well", "read_noise"}:
        assert every[factor].low <= getattr(still, factor) <= every[factor].high


def test_an_ideal_one_is_where_any_changes_nothing() -> None:
    every, ideal, still = load_sensor("any"), load_sensor("ideal"), Sensor()
    assert set(every) - set(ideal) == {"motion_direction", "full_well", "read_noise"}  # of nothing
    for name, factor in ideal.items():
        assert factor.fixed
        assert factor.low == (0 if name == "exposure" else getattr(still, name))


def test_further_factors_leave_the_other_columns_as_they_are() -> None:
    space = load_space("tabletop")
    wider = space.with_factors(load_sensor("webcam"))
    assert wider.names == (*space.names, *load_sensor("webcam"))
    np.testing.assert_array_equal(wider.sample(20, seed=1)[:, : len(space)], space.sample(20, seed=1))
    assert wider.select(space.names) == space


def test_a_factor_of_a_name_that_is_there_takes_its_place() -> None:
    space = load_space("tabletop")
    louder = space.with_factors({"sensor_noise": Continuous(0.1, 0.2, group="sensor")})
    assert louder.names == space.names
    assert louder["sensor_noise"].high == 0.2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("iso: {kind: continuous, low: 0, high: 100}", "factors"),
        ("factors: {}", "at least one factor"),
        ("factors: {isso: {kind: continuous, low: 0, high: 9, group: sensor}}", "Did you mean 'iso'"),
        (
            "factors: {iso: {kind: continuous, low: -5, high: 9, group: sensor}}",
            r"iso=-5 is not in",
        ),
        ("factors: {iso: {kind: continuous, low: 0, high: 9}}", "iso: give it `group: sensor`"),
        ("factors: {iso: {kind: categorical, values: [a, b], group: sensor}}", "mosaic alone is categorical"),
        (
            "factors: {mosaic: {kind: continuous, low: 0, high: 1, group: sensor}}",
            "mosaic alone is categorical",
        ),
        ("factors: {mosaic: {kind: categorical, values: [rgb], group: sensor}}", "unknown mosaic 'rgb'"),
        ("factors: {iso: {kind: continuous, low: 9, high: 1, group: sensor}}", "low=9 is above high=1"),
    ],
)
def test_a_bad_file_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "mine.yaml").write_text(text)
    with pytest.raises(SimfactorError, match=message) as caught:
        load_sensor(tmp_path / "mine.yaml")
    assert "mine.yaml" in str(caught.value)


def test_an_unknown_sensor_is_refused() -> None:
    with pytest.raises(SimfactorError, match=r"unknown sensor 'webcm'; allowed: .* Did you mean 'webcam'\?"):
        load_sensor("webcm")
