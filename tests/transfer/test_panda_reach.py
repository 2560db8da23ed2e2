"""Paired evaluation on the robot: the light moves, the task does not."""

import gymnasium as gym
import numpy as np

import simfactor.envs  # noqa: F401  # registers the environments
from simfactor.envs import FactorControl
from simfactor.factors import load_space
from simfactor.transfer import Shift, evaluate, tabulate, transfer_domains

FULL = load_space("tabletop")
POLICY = {"light_azimuth": [-20, 20]}


def _make_env(space):
    return FactorControl(gym.make("simfactor/PandaReach-v0", render_mode="rgb_array"), space)


def _straight(state):
    """From the true state: towards the target as fast as it goes."""
    return np.clip((state[3:6] - state[:3]) / 0.05, -1, 1).astype(np.float32)


def test_the_same_reaches_under_another_light():
    domains = transfer_domains(FULL, POLICY, FULL, [Shift("sidelight", {"light_azimuth": [60, 100]}, "ood1")])
    results = evaluate(_straight, _make_env, domains, range(500, 504), film_frames=2, progress=False)
    clean, side = results["clean"], results["sidelight"]
    moved = (clean.rows != side.rows).any(axis=0)
    assert [name for name, changed in zip(FULL.names, moved, strict=True) if changed] == ["light_azimuth"]
    assert clean.success.all()
    np.testing.assert_array_equal(clean.returns, side.returns)
    assert clean.film.shape == side.film.shape == (2, *clean.film.shape[1:])
    assert (clean.film[0] != side.film[0]).any(), "the light shows"

    entry = tabulate(domains, {"straight": {0: results}})["straight"]["sidelight"]
    assert entry["gap"] == {"mean": 0, "low": 0, "high": 0, "n": 4, "seeds": 1}
    assert entry["p"] == 1.0
