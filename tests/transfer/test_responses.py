"""Response curves of made-up episodes whose success depends on a factor in a known way."""

import json
from dataclasses import replace

import numpy as np
import pytest

from simfactor.errors import SimfactorError
from simfactor.factors import Angle, Categorical, Continuous, FactorSpace
from simfactor.transfer import Domain, Episodes, response_curves, wilson_interval
from simfactor.transfer.responses import fallen

FULL = FactorSpace(
    {
        "light": Angle(-180, 180),
        "fog": Continuous(0, 4, unit="m"),
        "wall": Categorical(("wood", "brick", "moss")),
        "target": Continuous(-1, 1, role="task"),
    }
)
POLICY = {"light": [-30, 30], "fog": 0, "wall": ["wood"]}
ENCODER = FULL.restrict({"light": [-120, 120], "fog": [0, 2], "wall": ["wood", "brick"]})
CLEAN = Domain("clean", FULL.restrict(POLICY))


def _domain(name, level="ood1", **factors):
    return Domain(name, FULL.restrict({**POLICY, **factors}), level=level)


DOMAINS = [
    CLEAN,
    _domain("light-1", light=[30, 120]),
    _domain("light-2", "ood2", light=[130, 230]),
    _domain("fog-1", fog=[0.5, 2]),
    _domain("wall-1", wall=["brick"]),
    _domain("wall-2", "ood2", wall=["moss"]),
    _domain("target-1", target=[0.5, 1]),
    _domain("light+fog", light=[30, 120], fog=[0.5, 2]),
]


def _rate(space, row):
    """Falls with the light's distance from 0, to nothing behind; fog and bricks do no harm, moss does."""
    off = abs((row[space.index("light")] + 180) % 360 - 180)
    return 0.96 * np.clip(1.4 - off / 100, 0, 1) * (0.2 if row[space.index("wall")] == 2 else 1)


def _results(rng, trainings=3, count=60, domains=DOMAINS, rate=_rate):
    """Trainings share how hard an episode is, half of the time."""
    found = {seed: {} for seed in range(trainings)}
    for domain in domains:
        rows = domain.space.sample(count, seed=7)
        rates = np.array([rate(domain.space, row) for row in rows])
        own, shared = rng.random((trainings, count)), rng.random(count)
        luck = np.where(rng.random(count) < 0.5, shared, own)
        for seed in found:
            success, zeros = luck[seed] < rates, np.zeros(count)
            found[seed][domain.name] = Episodes(
                domain.name, np.arange(count), success, zeros, zeros.astype(int), rows
            )
    return {"agent": found}


@pytest.fixture(scope="module")
def curves():
    return response_curves(DOMAINS, _results(np.random.default_rng(0)), ENCODER)


def test_only_nuisances_that_were_moved_alone_have_a_curve(curves):
    assert list(curves) == ["light", "fog", "wall"]
    assert {b["domain"] for b in curves["light"]["agents"]["agent"]["bins"]} == {
        "clean",
        "light-1",
        "light-2",
    }
    assert json.loads(json.dumps(curves)) == curves
    assert response_curves([CLEAN, DOMAINS[6], DOMAINS[7]], {}, ENCODER) == {}


def test_supports_and_values_stand_on_one_axis(curves):
    light = curves["light"]
    assert (light["kind"], light["unit"]) == ("angle", "deg")
    assert light["axis"] == [-80, 280]
    assert light["policy"] == [[-30, 30]] == light["agents"]["agent"]["trained"]
    assert light["encoder"] == [[-80, 120], [240, 280]]
    values = [b["value"] for b in light["agents"]["agent"]["bins"]]
    assert values == sorted(values)
    assert 180 < values[-1] < 230, "one range, though it crosses the seam"
    assert (curves["fog"]["policy"], curves["fog"]["encoder"]) == ([[0, 0]], [[0, 2]])
    assert (curves["wall"]["policy"], curves["wall"]["encoder"]) == (["wood"], ["wood", "brick"])


def test_a_bin_holds_its_episodes(curves):
    results = _results(np.random.default_rng(0))
    bins = curves["light"]["agents"]["agent"]["bins"]
    assert sum(b["success"]["n"] for b in bins) == 3 * 60 * 3
    last = bins[-1]
    told = [results["agent"][seed]["light-2"] for seed in range(3)]
    inside = told[0].rows[:, 0] >= last["low"]
    assert last["level"] == "ood2"
    assert last["success"]["n"] == 3 * inside.sum()
    assert last["success"]["mean"] == pytest.approx(np.mean([e.success[inside] for e in told]))
    moss = curves["wall"]["agents"]["agent"]["bins"][-1]
    assert (moss["value"], moss["domain"], moss["success"]["n"]) == ("moss", "wall-2", 180)


def test_the_known_curve_is_covered():
    rng = np.random.default_rng(1)
    covered = bins = 0
    for _ in range(60):
        for curve in response_curves(DOMAINS, _results(rng), ENCODER).values():
            for part in curve["agents"]["agent"]["bins"]:
                [domain] = [d for d in DOMAINS if d.name == part["domain"]]
                rows = domain.space.sample(60, seed=7)
                if "low" in part and curve["kind"] == "angle":
                    value = rows[:, 0] % 360 - (360 if part["low"] < 0 else 0)
                    value = np.where(value < -80, value + 360, value)
                    rows = rows[(value >= part["low"]) & (value < part["high"])]
                truth = np.mean([_rate(domain.space, row) for row in rows])
                covered += part["success"]["low"] <= truth <= part["success"]["high"]
                bins += 1
    assert covered / bins > 0.93


def test_a_fall_is_found_where_it_is(curves):
    """Nine tenths of a clean success of 0.96 is 0.86, which the light reaches at 50 degrees."""
    [fall] = curves["light"]["agents"]["agent"]["falls"]
    assert fall["towards"] == "higher"
    assert 0 < fall["after"] < 65
    assert 50 < fall["by"] < 120
    assert fall["success"]["high"] < 0.86
    assert curves["fog"]["agents"]["agent"]["falls"] == []
    walls = curves["wall"]["agents"]["agent"]["bins"]
    assert [part["value"] for part in walls if fallen(part)] == ["moss"]
    assert "margin" not in walls[0], "the clean domain is what the others are compared with"


def test_falls_on_both_sides_are_told_apart():
    domains = [CLEAN, _domain("left", light=[-120, -60]), _domain("right", light=[60, 120])]
    results = _results(
        np.random.default_rng(0), domains=domains, rate=lambda s, r: 0.9 if abs(r[0]) < 40 else 0
    )
    higher, lower = response_curves(domains, results, ENCODER)["light"]["agents"]["agent"]["falls"]
    assert (higher["towards"], lower["towards"]) == ("higher", "lower")
    assert 0 < higher["after"] < 30 < 60 < higher["by"] < 75
    assert -75 < lower["by"] < -60 < -30 < lower["after"] < 0


def test_a_fall_is_seldom_claimed_where_there_is_none():
    """Of an agent that keeps exactly nine tenths, in one of its bins, in 5 % of cases at most."""

    def rate(space, row):
        return 0.95 if space is CLEAN.space else 0.855

    rng, claimed = np.random.default_rng(3), 0
    for _ in range(100):
        curves = response_curves(DOMAINS, _results(rng, rate=rate), ENCODER)
        bins = [part for curve in curves.values() for part in curve["agents"]["agent"]["bins"]]
        claimed += any(fallen(part) for part in bins)
    assert claimed <= 5


def test_one_training_has_wilsons_intervals_and_a_support_of_its_own():
    results = _results(np.random.default_rng(0), trainings=1)
    wide = FULL.restrict({**POLICY, "light": [-120, 120]})
    light = response_curves(DOMAINS, results, ENCODER, {"agent": wide})["light"]
    for part in light["agents"]["agent"]["bins"]:
        success = part["success"]
        assert success == wilson_interval(round(success["mean"] * success["n"]), success["n"]).to_dict()
    assert light["policy"] == [[-30, 30]]
    assert light["agents"]["agent"]["trained"] == [[-80, 120], [240, 280]]


def test_an_agent_that_never_succeeds_has_nowhere_to_fall():
    results = _results(np.random.default_rng(0), rate=lambda space, row: 0.0)
    curves = response_curves(DOMAINS, results, ENCODER)
    assert curves["light"]["agents"]["agent"]["falls"] == []


def test_what_cannot_be_compared_is_refused():
    results = _results(np.random.default_rng(0))
    with pytest.raises(SimfactorError, match="light-1, light-2 lack 'clean'"):
        response_curves(DOMAINS[1:3], results, ENCODER)
    other = results["agent"][2]["fog-1"]
    rows = other.rows.copy()
    rows[4, 1] += 0.1
    results["agent"][2]["fog-1"] = replace(other, rows=rows)
    with pytest.raises(SimfactorError, match="episode 4 of domain 'fog-1' has another fog in one training"):
        response_curves(DOMAINS, results, ENCODER)
