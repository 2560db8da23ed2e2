"""The table holds the numbers it says it holds."""

import json

import numpy as np
import pytest

from simfactor.errors import SimfactorError
from simfactor.factors import Continuous, FactorSpace
from simfactor.transfer import Domain, Episodes, format_table, paired_gap, paired_p, tabulate, wilson_interval

SPACE = FactorSpace({"light": Continuous(0, 1)})
DOMAINS = [Domain("clean", SPACE), Domain("dusk", SPACE, level="ood1")]


def _episodes(domain, success, returns=None):
    n = len(success)
    returns = np.zeros(n) if returns is None else np.asarray(returns, float)
    return Episodes(domain, np.arange(n), np.asarray(success, bool), returns, np.full(n, 5), np.zeros((n, 1)))


def _training(rng, rates=(0.9, 0.5), n=40):
    return {
        d.name: _episodes(d.name, rng.random(n) < p, rng.normal(size=n))
        for d, p in zip(DOMAINS, rates, strict=True)
    }


def test_numbers_of_several_trainings():
    rng = np.random.default_rng(0)
    trainings = {seed: _training(rng) for seed in (2, 0, 1)}
    table = tabulate(DOMAINS, {"latent": trainings}, seed=5)["latent"]
    clean = np.array([trainings[s]["clean"].success for s in range(3)], float)
    dusk = np.array([trainings[s]["dusk"].success for s in range(3)], float)

    success = table["dusk"]["success"]
    wilson = wilson_interval(int(dusk.sum()), 120)
    assert (success["mean"], success["low"], success["high"], success["n"]) == wilson[:4]
    assert success["seeds"] == 3
    assert success["by_seed"] == pytest.approx(dusk.mean(axis=1))
    assert success["across_seeds"]["low"] <= success["mean"] <= success["across_seeds"]["high"]
    assert table["dusk"]["gap"] == paired_gap(clean, dusk, seed=5).to_dict()
    assert table["dusk"]["p"] == table["dusk"]["p_holm"] == paired_p(clean, dusk, seed=5) < 0.01
    assert success["iqm"]["mean"] == pytest.approx(dusk.mean())  # of three trainings none is cut
    assert table["clean"]["return"]["n"] == 120
    assert json.loads(json.dumps(table)) == table


def test_one_training_has_no_seed_level_and_says_so():
    table = tabulate(DOMAINS, {"latent": {7: _training(np.random.default_rng(1))}})["latent"]
    assert table["dusk"]["gap"]["seeds"] == 1
    assert "across_seeds" not in table["dusk"]["success"]
    assert table["dusk"]["p"] < 0.05
    assert table["dusk"]["gap"]["low"] > 0


def test_text_for_a_terminal():
    trainings = {0: {"clean": _episodes("clean", [1] * 10), "dusk": _episodes("dusk", [1] * 6 + [0] * 4)}}
    lines = format_table(tabulate(DOMAINS, {"latent": trainings})).splitlines()
    assert lines[2].split() == ["latent", "clean", "clean", "1.00", "[0.72,", "1.00]", "10"]
    assert lines[3].split()[:7] == ["latent", "dusk", "ood1", "0.60", "[0.31,", "0.83]", "+0.40"]


@pytest.mark.parametrize(
    ("domains", "trainings", "message"),
    [
        (DOMAINS[1:], {0: {"dusk": _episodes("dusk", [1])}}, "dusk lack 'clean'"),
        (
            DOMAINS,
            {0: {"clean": _episodes("clean", [1])}},
            "training seed 0, was not tested in domain 'dusk'",
        ),
        (
            DOMAINS[:1],
            {0: {"clean": _episodes("clean", [1])}, 1: {"clean": _episodes("clean", [1, 0])}},
            r"\[1, 2\] episodes in domain 'clean'",
        ),
    ],
)
def test_an_incomplete_transfer_is_refused(domains, trainings, message):
    with pytest.raises(SimfactorError, match=message):
        tabulate(domains, {"latent": trainings})
