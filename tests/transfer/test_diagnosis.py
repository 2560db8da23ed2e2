"""The two parts of a loss add up, and each is whose it is."""

import json

import numpy as np
import pytest
from dial_env import FULL, Dial, greedy

from simfactor.errors import SimfactorError
from simfactor.transfer import Domain, Episodes, diagnose, evaluate_domain, tabulate

DOMAINS = [
    Domain("clean", FULL.restrict({"light": [0.0, 0.2]})),
    Domain("bright", FULL.restrict({"light": [1.0, 1.2]}), level="ood1"),
]
SEEDS = range(40)


class TrueDial(Dial):
    """Shows the target itself, and tells by how much the light misleads."""

    def _look(self):
        return np.array([self.factors["target"] - self.dial], np.float32)

    def reset(self, **arguments):
        observation, info = super().reset(**arguments)
        return observation, {**info, "task_error": self.factors["light"]}

    def step(self, action):
        *rest, info = super().step(action)
        return (*rest, {**info, "task_error": self.factors["light"]})


def _tested(env, act):
    return {"dial": {0: {d.name: evaluate_domain(act, env, d, SEEDS, progress=False) for d in DOMAINS}}}


def test_a_reading_that_misleads_is_the_encoders_fault():
    results, truth = _tested(Dial, greedy), _tested(TrueDial, greedy)
    found = diagnose(DOMAINS, results, truth)["dial"]
    assert found["bright"]["encoder"]["mean"] == 1.0
    assert found["bright"]["policy"]["mean"] == 0.0
    assert found["bright"]["task_error"] == pytest.approx(1.1, abs=0.1)
    assert found["clean"]["task_error"] == pytest.approx(0.1, abs=0.1)
    assert "policy" not in found["clean"]
    assert json.loads(json.dumps(found)) == found


def test_a_policy_that_acts_wrong_on_the_truth_is_its_own_fault():
    def shy(observation):  # of what is bright it knows nothing: it only acts where it sees little
        return np.zeros(1)

    results = _tested(Dial, greedy)
    results["dial"][0]["bright"] = _tested(Dial, shy)["dial"][0]["bright"]
    found = diagnose(DOMAINS, results, _tested(TrueDial, shy))["dial"]
    assert found["bright"]["policy"]["low"] > 0.3
    assert found["bright"]["encoder"]["mean"] == 0.0


def test_both_parts_add_up_to_the_gap():
    rng = np.random.default_rng(0)

    def tested(rates):
        return {
            name: Episodes(
                name,
                np.arange(50),
                rng.random(50) < rate,
                np.zeros(50),
                np.full(50, 5),
                np.zeros((50, 2)),
                np.full(50, 0.1),
            )
            for name, rate in rates.items()
        }

    results = {"a": {seed: tested({"clean": 0.9, "bright": 0.3}) for seed in (0, 1)}}
    truth = {"a": {seed: tested({"clean": 1.0, "bright": 0.7}) for seed in (0, 1)}}
    entry = diagnose(DOMAINS, results, truth)["a"]["bright"]
    gap = tabulate(DOMAINS, results)["a"]["bright"]["gap"]["mean"]
    assert entry["encoder"]["mean"] + entry["policy"]["mean"] == pytest.approx(gap)


def test_an_environment_that_tells_no_error_is_named():
    results = _tested(Dial, greedy)
    with pytest.raises(SimfactorError, match="agent 'dial' told no task_error in domain 'clean'"):
        diagnose(DOMAINS, results, results)
