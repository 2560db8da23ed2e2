"""Curves and interactions are made of the episodes of the right domains."""

import json

import numpy as np
import pytest

from simfactor.factors import Continuous, FactorSpace
from simfactor.transfer import Domain, Episodes, Rung, curve_area, interaction, tabulate, tabulate_ladders

SPACE = FactorSpace({"light": Continuous(0, 1)})
DOMAINS = [
    Domain("clean", SPACE),
    Domain("fog", SPACE, level="ood1"),  # on no ladder
    Domain("light-2", SPACE, level="ood2", rung=Rung("light", 2)),
    Domain("light-1", SPACE, level="ood1", rung=Rung("light", 1)),
    Domain("hue-1", SPACE, level="ood1", rung=Rung("hue", 1)),
    Domain("both-1", SPACE, level="ood1", rung=Rung("both", 1, ("light", "hue"))),
]
RATES = dict(zip([d.name for d in DOMAINS], (0.95, 0.9, 0.3, 0.8, 0.85, 0.1), strict=True))


def _episodes(rng, name, count=40):
    success = rng.random(count) < RATES[name]
    return Episodes(name, np.arange(count), success, np.zeros(count), np.full(count, 5), np.zeros((count, 1)))


@pytest.fixture(scope="module")
def results():
    rng = np.random.default_rng(0)
    return {"latent": {seed: {name: _episodes(rng, name) for name in RATES} for seed in (0, 1)}}


def _success(results, name):
    return np.stack([results["latent"][seed][name].success for seed in (0, 1)]).astype(float)


def test_curves_begin_in_the_clean_domain_and_climb(results):
    table = tabulate_ladders(DOMAINS, results, seed=3)["latent"]
    light = table["curves"]["light"]
    assert (light["domains"], light["severities"]) == (["clean", "light-1", "light-2"], [0, 1, 2])
    values = np.stack([_success(results, name) for name in light["domains"]])
    assert light["success"] == pytest.approx(values.mean(axis=(1, 2)))
    assert light["area"] == curve_area([0, 1, 2], values, seed=3).to_dict()
    assert set(table["curves"]) == {"light", "hue", "both"}
    assert json.loads(json.dumps(table)) == table


def test_two_ladders_at_once_are_compared_with_each_alone(results):
    table = tabulate_ladders(DOMAINS, results, seed=3)["latent"]
    four = [_success(results, name) for name in ("clean", "light-1", "hue-1", "both-1")]
    assert table["interactions"] == {"both-1": interaction(*four, seed=3).to_dict()}


def test_the_table_says_which_rung_a_domain_is_and_adjusts_for_their_number(results):
    entries = tabulate(DOMAINS, results)["latent"]
    assert entries["both-1"]["rung"] == {"ladder": "both", "severity": 1, "parts": ["light", "hue"]}
    assert "rung" not in entries["fog"]
    assert "p_holm" not in entries["clean"]
    assert entries["light-2"]["p"] <= entries["light-2"]["p_holm"] < 0.01
    assert entries["fog"]["p_holm"] >= entries["fog"]["p"]
