"""Factors that move during episodes: where they are, what that shows, and what it leaves alone."""

import math

import gymnasium as gym
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simfactor.envs import Drift, FactorControl, FactorMotion, Resample, VectorEnv, make_env
from simfactor.errors import SimfactorError
from simfactor.factors import load_space

REACH = "simfactor/PandaReach-v0"
SPACE = load_space("tabletop")
STILL = np.zeros(3, np.float32)


def flicker(step):
    return 1.0 + 0.2 * math.sin(step)


MOTION = {
    "light_azimuth": Drift(25.0),
    "table_texture": Resample(3),
    "object_hue": Resample(2),
    "light_intensity": flicker,
}


@pytest.fixture(scope="module")
def env():
    env = gym.make(REACH, success_distance=1e-6)
    yield env
    env.close()


def factors(env, steps, **reset):
    """Factors at a reset and at each of the steps after it."""
    return [env.reset(**reset)[1]["factors"], *(env.step(STILL)[4]["factors"] for _ in range(steps))]


@given(start=st.floats(0, 1), speed=st.floats(-3, 3), step=st.integers(0, 60))
def test_a_drift_is_a_walk_between_walls(start, speed, step):
    space = SPACE.select(["light_intensity"])
    low, high = space["light_intensity"].low, space["light_intensity"].high
    begin = low + start * (high - low)
    path = Drift(speed).path(space, "light_intensity", begin, 0)
    assert path(0) == pytest.approx(begin, abs=1e-12)
    assert low - 1e-12 <= path(step) <= high + 1e-12
    assert abs(path(step + 1) - path(step)) <= abs(speed) + 1e-9
    # the time of a walk to both walls and back
    if abs(speed) > 0.1:
        period = 2 * (high - low) / abs(speed)
        again = Drift(speed * period).path(space, "light_intensity", begin, 0)
        assert again(1) == pytest.approx(begin, abs=1e-6)


def test_a_drift_goes_round_the_whole_circle_and_back_in_a_part_of_it():
    circle = Drift(50.0).path(SPACE, "light_azimuth", 150.0, 0)
    assert [circle(step) for step in range(3)] == [150.0, -160.0, -110.0]
    part = Drift(50.0).path(SPACE.restrict({"light_azimuth": [100, 180]}), "light_azimuth", 150.0, 0)
    assert [part(step) for step in range(4)] == [150.0, 160.0, 110.0, 140.0]


def test_a_drift_stays_out_of_what_is_held_out_and_follows_a_start_outside():
    held = SPACE.hold_out({"light_azimuth": [0, 180], "camera_fov": [40, 45]})
    for name, start, speed in (("light_azimuth", -20.0, 33.0), ("camera_fov", 50.0, 1.7)):
        path = Drift(speed).path(held, name, start, 0)
        assert all(held[name].contains(path(step)) for step in range(200))
    outside = Drift(0.1).path(SPACE, "light_intensity", 2.0, 0)
    values = [outside(step) for step in range(40)]
    assert values[:2] == [2.0, pytest.approx(1.9)]
    assert min(values) >= 0.7


def test_factors_move_as_told_and_all_others_stay(env):
    moving = FactorMotion(FactorControl(env, SPACE), MOTION)
    start = FactorControl(env, SPACE).reset(seed=4)[1]["factors"]
    seen = factors(moving, 13, seed=4)
    assert seen[0] == start | {"light_intensity": 1.0}
    for step, now in enumerate(seen):
        assert {n: v for n, v in now.items() if n not in MOTION} == {
            n: v for n, v in start.items() if n not in MOTION
        }
        assert now["light_azimuth"] == pytest.approx((start["light_azimuth"] + 25 * step + 180) % 360 - 180)
        assert now["light_intensity"] == flicker(step)
        for name, every in (("table_texture", 3), ("object_hue", 2)):
            assert now[name] == seen[step - step % every][name]
            assert SPACE.select([name]).contains(SPACE.select([name]).encode({name: now[name]})[None]).all()
    assert len({now["object_hue"] for now in seen}) == 7
    scene = moving.get_wrapper_attr("scene").read(MOTION)
    assert scene == {name: pytest.approx(seen[-1][name]) for name in MOTION}


def test_what_is_drawn_together_keeps_its_correlation(env):
    coupled = SPACE.correlate({("light_azimuth", "light_elevation"): 0.95})
    moving = FactorMotion(env, dict.fromkeys(("light_azimuth", "light_elevation"), Resample(1)), coupled)
    rows = [[f["light_azimuth"], f["light_elevation"]] for f in factors(moving, 48, seed=0)[1:]]
    assert np.corrcoef(np.transpose(rows))[0, 1] > 0.8


def test_a_seed_decides_every_episode_and_options_the_start(env):
    moving = FactorMotion(FactorControl(env, SPACE), MOTION)
    first = [factors(moving, 7, seed=2), factors(moving, 7)]
    assert [factors(moving, 7, seed=2), factors(moving, 7)] == first
    assert first[0][3]["object_hue"] != first[1][3]["object_hue"]
    wish = {"light_azimuth": 10.0, "light_intensity": 1.5}
    told = factors(moving, 2, seed=2, options={"factors": wish})
    assert told[0] == first[0][0] | wish
    assert [f["light_azimuth"] for f in told] == [10.0, 35.0, 60.0]
    assert [f["light_intensity"] for f in told] == [1.5, flicker(1), flicker(2)]


def test_the_robot_moves_as_if_nothing_else_did(env):
    nuisances = {name: Resample(1) for name in SPACE.by_role("nuisance")}
    moving, generator = FactorMotion(env, nuisances), np.random.default_rng(0)
    actions = generator.uniform(-1, 1, (15, 3)).astype(np.float32)
    runs = []
    for each in (env, moving):
        runs.append([each.reset(seed=1)[0], *(each.step(action)[0] for action in actions)])
    np.testing.assert_array_equal(*runs)


def test_what_moves_is_seen_in_the_step_that_moves_it():
    lit = [make_env(SPACE, observation="pixels", image_size=32, motion=m) for m in ({}, MOTION)]
    (still, _), (moved, _) = (env.reset(seed=3, options={"factors": {"light_intensity": 1.0}}) for env in lit)
    np.testing.assert_array_equal(still, moved)
    still, moved = (env.step(STILL) for env in lit)
    assert (still[0] != moved[0]).any()
    scene = lit[1].get_wrapper_attr("scene")
    again = lit[0].get_wrapper_attr("scene")
    again.apply({name: moved[4]["factors"][name] for name in MOTION})
    assert scene.read() == again.read()
    assert still[1:4] == moved[1:4]
    for env in lit:
        env.close()


def test_in_a_vector_they_move_as_in_single_environments():
    vector = VectorEnv(2, factors=SPACE, motion=MOTION, observation="pixels", image_size=16, workers=1)
    single = make_env(SPACE, observation="pixels", image_size=16, motion=MOTION)
    seen, infos = vector.reset(seed=[8, 9])
    alone, info = single.reset(seed=9)
    for _ in range(5):
        np.testing.assert_array_equal(seen[1], alone)
        assert {name: infos["factors"][name][1] for name in info["factors"]} == info["factors"]
        seen, *_, infos = vector.step(np.zeros((2, 3)))
        alone, *_, info = single.step(STILL)
    vector.close()
    single.close()


def dim(step):
    return 1.0 - step


@pytest.mark.parametrize("workers", [0, 1])
def test_a_value_without_sense_names_its_world_and_a_reset_helps(workers):
    vector = VectorEnv(2, motion={"light_intensity": dim}, workers=workers)
    for _ in range(2):
        vector.reset(seed=0)
        vector.step(np.zeros((2, 3)))
        with pytest.raises(SimfactorError, match=r"world 0: light_intensity=-1\.0 is not a number in"):
            vector.step(np.zeros((2, 3)))
        with pytest.raises(SimfactorError, match="call reset"):
            vector.step(np.zeros((2, 3)))
    vector.close()


@pytest.mark.parametrize(
    ("motion", "message"),
    [
        (
            {"ee_x": Drift(0.01)},
            "'ee_x' is the task's: physics and the agent move it. Choose among light",
        ),
        ({"target_x": Resample(5)}, "'target_x' is the task's"),
        ({"ligth_azimuth": Drift(1.0)}, "Did you mean 'light_azimuth'"),
        ({"table_texture": Drift(1.0)}, "'table_texture' has names for values.*use Resample"),
        ({"light_azimuth": 3.0}, r"light_azimuth: 3.0 is no motion; give Drift\(speed\)"),
    ],
)
def test_motions_that_cannot_be_are_refused(env, motion, message):
    with pytest.raises(SimfactorError, match=message):
        FactorMotion(env, motion)
    with pytest.raises(SimfactorError, match=message):
        VectorEnv(2, motion=motion)


def test_what_cannot_drift_or_be_sent_is_refused_too():
    with pytest.raises(SimfactorError, match="one value only"):
        make_env(SPACE.fix({"light_azimuth": 3.0}), observation="state", motion={"light_azimuth": Drift(1.0)})
    with pytest.raises(SimfactorError, match="speed=nan must be a finite number"):
        Drift(math.nan)
    with pytest.raises(SimfactorError, match="every=0 must be a whole number of steps"):
        Resample(0)
    with pytest.raises(SimfactorError, match="cannot be sent to worker processes"):
        VectorEnv(2, workers=1, motion={"light_azimuth": lambda step: 3.0})
