"""What a shift is, and who has seen it: the levels are decided by ranges, never by the shift's name."""

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simfactor.errors import SimfactorError
from simfactor.factors import Angle, Categorical, Continuous, FactorSpace
from simfactor.transfer import Domain, Shift, shift_level, transfer_domains
from simfactor.transfer.support import factor_relation

FULL = FactorSpace(
    {
        "azimuth": Angle(-180, 180, group="lighting"),
        "intensity": Continuous(0.1, 2.0, group="lighting"),
        "texture": Categorical(("wood", "brick", "grass", "coffee"), group="texture"),
        "target_x": Continuous(-0.2, 0.2, "m", group="pose", role="task"),
    }
)
POLICY = {"azimuth": [150, 210], "intensity": 1.0, "texture": ["wood"]}
ENCODER = FULL.hold_out({"azimuth": [30, 90], "intensity": [0.1, 0.4], "texture": ["coffee"]})


@pytest.mark.parametrize(
    ("factors", "level"),
    [
        ({"azimuth": [170, 190]}, "in"),
        ({"azimuth": [-175, -160]}, "in"),
        ({"azimuth": [-150, 30]}, "ood1"),
        ({"azimuth": [30, 90]}, "ood2"),
        ({"azimuth": [210, 260]}, "ood1"),
        ({"intensity": [0.4, 1.0]}, "ood1"),
        ({"intensity": [0.1, 0.4]}, "ood2"),
        ({"intensity": 1.0}, "in"),
        ({"intensity": 0.2}, "ood2"),
        ({"texture": ["brick", "grass"]}, "ood1"),
        ({"texture": ["coffee"]}, "ood2"),
        ({"texture": ["grass"], "azimuth": [40, 80]}, "ood2"),
        ({"texture": ["wood"], "intensity": [1.2, 1.5]}, "ood1"),
    ],
)
def test_level_is_what_the_ranges_say(factors, level):
    domain = Shift("moved", factors).apply(FULL, POLICY, ENCODER)
    assert domain.level == level
    policy = FULL.restrict(POLICY)
    assert shift_level(domain.space, policy, ENCODER, list(factors)) == level
    assert shift_level(domain.space, policy, ENCODER) == level, "the moved factors are found by comparison"
    rows = domain.space.sample(50, seed=0)
    assert policy.contains(rows).all() == (level == "in")
    assert ENCODER.contains(rows).all() == (level != "ood2")


def test_a_shift_changes_its_own_factors_only():
    clean, moved = transfer_domains(FULL, POLICY, ENCODER, [Shift("dark", {"intensity": [0.1, 0.3]}, "ood2")])
    before, after = clean.space.sample(20, seed=3), moved.space.sample(20, seed=3)
    np.testing.assert_array_equal(np.delete(before, 1, axis=1), np.delete(after, 1, axis=1))
    assert (after[:, 1] <= 0.3).all()
    assert (clean.name, clean.level) == ("clean", "clean")
    assert pickle.loads(pickle.dumps(moved)) == moved


def test_another_renderer_or_sensor_is_new_to_everybody():
    shift = Shift("photo", {}, "ood2", renderer="tiny", sensor="webcam")
    domain = shift.apply(FULL, POLICY, ENCODER)
    assert (domain.renderer, domain.level) == ("tiny", "ood2")
    policy = FULL.restrict(POLICY)
    assert domain.space.select(policy.names).names == policy.names
    assert {"iso", "defocus"} <= set(domain.space.names) - set(policy.names)
    with pytest.raises(SimfactorError, match="'photo' is declared ood1 but is 'ood2'"):
        Shift("photo", {}, "ood1", sensor="webcam").apply(FULL, POLICY, ENCODER)
    with pytest.raises(SimfactorError, match="shift 'photo': unknown sensor 'webcan'"):
        Shift("photo", {}, sensor="webcan").apply(FULL, POLICY, ENCODER)


@pytest.mark.parametrize(
    ("shift", "message"),
    [
        (
            Shift("wide", {"azimuth": [190, 230]}),
            r"shift 'wide': azimuth \[190, 230\] deg lies partly inside and partly outside the policy's "
            r"training support \[150, 210\] deg; cut the shift",
        ),
        (Shift("dim", {"intensity": [0.3, 0.6]}), r"intensity \[0.3, 0.6\] .* encoder's .*\[0.4, 2\]"),
        (Shift("cloth", {"texture": ["grass", "coffee"]}), r"texture grass, coffee .* encoder's"),
        (
            Shift("night", {"intensity": [0.1, 0.2]}, level="ood1"),
            r"declared ood1 but is 'ood2': intensity \[0.1, 0.2\] \(policy 1, encoder \[0.4, 2\]\)",
        ),
        (Shift("day", {"intensity": 1.0}, level="ood1"), "declared ood1 but is 'in'"),
        (Shift("sun", {"intensity": [1.5, 3.0]}), r"shift 'sun': intensity: range \[1.5, 3\]"),
        (Shift("typo", {"intensty": [1.5, 2.0]}), "Did you mean 'intensity'"),
    ],
)
def test_a_shift_that_cannot_be_judged_is_refused(shift, message):
    with pytest.raises(SimfactorError, match=message):
        shift.apply(FULL, POLICY, ENCODER)


def test_a_held_out_combination_is_outside_although_each_of_its_factors_was_seen():
    pair = {"texture": ["brick"], "intensity": [1.5, 2.0]}
    encoder = FULL.hold_out_combination(pair)
    policy = {"texture": ["wood"], "intensity": 1.0}
    assert Shift("pair", pair).apply(FULL, policy, encoder).level == "ood2"
    assert Shift("apart", {**pair, "intensity": [1.1, 1.4]}).apply(FULL, policy, encoder).level == "ood1"
    with pytest.raises(SimfactorError, match=r"texture brick, intensity \[1.4, 1.6\] .* combination"):
        Shift("edge", {**pair, "intensity": [1.4, 1.6]}).apply(FULL, policy, encoder)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Shift("clean", {"intensity": 1.0}), "cannot be named 'clean'"),
        (lambda: Shift("a/b", {"intensity": 1.0}), "shift name 'a/b'"),
        (lambda: Shift("x", {}), "names no factor"),
        (lambda: Shift("x", {"intensity": 1.0}, level="ood3"), "unknown level 'ood3'; allowed: ood1, ood2"),
        (lambda: Domain("", FULL), "domain name ''"),
        (
            lambda: transfer_domains(FULL, POLICY, ENCODER, [Shift("x", {"intensity": 0.2})] * 2),
            "two shifts are named 'x'",
        ),
        (lambda: factor_relation(FULL["azimuth"], FULL["texture"]), "kind angle .* kind categorical"),
    ],
)
def test_bad_declarations_are_refused(make, message):
    with pytest.raises(SimfactorError, match=message):
        make()


edge = st.integers(-36, 36).map(lambda tens: tens * 10.0)


@given(edge, st.integers(1, 36), edge, st.integers(1, 36), st.booleans())
def test_relation_agrees_with_sampling_on_the_circle(low, width, support_low, support_width, hole):
    """Ranges on a 10-degree raster, probed at the middle of every raster cell."""
    shifted = Angle(low, low + 10 * width)
    support = Angle(support_low, support_low + 10 * support_width)
    if hole and support_width > 2:
        support = support.hold_out(support_low + 10, support_low + 20)
    probes = np.arange(-175.0, 180.0, 10.0)
    hits = support.contains(probes[shifted.contains(probes)])
    expected = "inside" if hits.all() else "straddles" if hits.any() else "outside"
    assert factor_relation(shifted, support) == expected
