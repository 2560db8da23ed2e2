"""The monitor on latents that are written by hand, where what it must say is known."""

import numpy as np
import pytest

from simfactor.encoders import LatentLayout, ideal_latents
from simfactor.encoders.support import nearest_values
from simfactor.errors import SimfactorError
from simfactor.factors import Angle, Categorical, Continuous, FactorSpace
from simfactor.plugin.deploying.monitor import Read, calibrate

SPACE = FactorSpace(
    {
        "x": Continuous(-2.0, 4.0, unit="cm"),
        "gain": Continuous(0.0, 1.0, holes=((0.4, 0.6),)),
        "sun": Angle(-120, 120),
        "hue": Angle(0, 360),
        "shape": Categorical(("disc", "square", "ring")),
    }
)
LAYOUT = LatentLayout.for_space(SPACE, residual=0)
READS = tuple(Read(name, SPACE[name], LAYOUT.slice(name)) for name in SPACE.names)


def seen(count: int, seed: int, noise: float = 0.05) -> np.ndarray:
    rng = np.random.default_rng(seed)
    clean = ideal_latents(SPACE, LAYOUT, SPACE.sample(count, seed))
    return clean + noise * rng.normal(size=clean.shape)


def monitor(count: int = 400, seed: int = 0, alpha: float = 0.1):
    rng = np.random.default_rng(seed)
    return calibrate(READS, seen(count, seed), rng.exponential(size=count), alpha)


def shown(**values: float | str) -> np.ndarray:
    row = SPACE.encode({"x": 0, "gain": 0.2, "sun": 0, "hue": 10, "shape": "disc"})
    latents = ideal_latents(SPACE, LAYOUT, row[None])[0].astype(float)
    for name, value in values.items():
        factor, own = SPACE[name], LAYOUT.slice(name)
        if isinstance(factor, Angle):
            latents[own] = np.cos(np.deg2rad(value)), np.sin(np.deg2rad(value))
        else:
            latents[own] = 2 * (value - factor.low) / (factor.high - factor.low) - 1
    return latents


def test_what_is_inside_is_told_and_does_not_ring() -> None:
    check = monitor().check(shown(), 1.0)
    assert not check.alarm
    assert check.factors["x"].value == pytest.approx(0, abs=1e-6)
    assert check.factors["x"].unit == "cm"
    assert check.factors["shape"].value == "disc"
    assert all(told.outside in (0, None) for told in check.factors.values())


@pytest.mark.parametrize(
    ("name", "value", "outside"),
    [("x", 7.0, 3.0), ("gain", 0.5, 0.1), ("sun", 170.0, 50.0), ("sun", -150, 30)],
)
def test_what_is_outside_rings_and_says_how_far(name: str, value: float, outside: float) -> None:
    check = monitor().check(shown(**{name: value}), 1.0)
    told = check.factors[name]
    assert told.outside == pytest.approx(outside, abs=1e-4)
    assert told.alarm
    assert told.p_value == 1 / 401
    assert check.alarm
    assert not check.unlike
    assert [other for other, own in check.factors.items() if own.alarm] == [name]


def test_a_reading_that_is_no_value_rings() -> None:
    latents = shown()
    latents[LAYOUT.slice("hue")] = 0.0, 0.0  # neither this hue nor that
    latents[LAYOUT.slice("shape")] = 0.5  # half square, half ring
    check = monitor().check(latents, 99.0)
    assert check.factors["hue"].alarm
    assert check.factors["shape"].alarm
    assert check.unlike
    assert check.p_value == 1 / 401


def test_false_alarms_are_as_rare_as_promised_on_average_over_calibrations() -> None:
    rates = []
    for seed in range(40):
        rng = np.random.default_rng(1000 + seed)
        rings = monitor(seed=seed, alpha=0.1).alarms(seen(500, 500 + seed), rng.exponential(size=500))
        rates.append([*rings.mean(axis=0), rings.any(axis=1).mean()])
    rate = np.mean(rates, axis=0)
    assert (rate[:5] < 0.013).all()  # 0.1 / 2 / 5 each, and what 40 calibrations cannot tell from it
    assert rate[5] == pytest.approx(0.05, abs=0.007)
    assert 0.06 < rate[6] < 0.1


def test_errors() -> None:
    with pytest.raises(SimfactorError, match="at least 99 are needed"):
        monitor(count=98)
    with pytest.raises(SimfactorError, match=r"alpha=1.5 must be between 0 and 1"):
        monitor(alpha=1.5)


def test_nearest_values_of_an_angle_go_the_short_way_round() -> None:
    np.testing.assert_allclose(nearest_values(SPACE["sun"], np.array([10.0, 150, 239])), [10, 120, -120])
