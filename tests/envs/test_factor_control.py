"""FactorControl: episodes that depend on the seed alone, and pair across spaces."""

import pickle

import gymnasium as gym
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simfactor.envs import FactorControl
from simfactor.errors import SimfactorError
from simfactor.factors import load_space

REACH = "simfactor/PandaReach-v0"

SPACE = load_space("tabletop")
SPACES = {
    "full": SPACE,
    "dim": SPACE.restrict({"light_intensity": [0.7, 0.8], "table_texture": ["brick"]}),
    "held": SPACE.hold_out({"camera_azimuth": [-10, 10]}),
    "few": SPACE.select(["light_azimuth", "light_elevation", "object_hue"]),
    "right": SPACE.restrict({"target_y": [-0.25, -0.1]}),
    "coupled": SPACE.correlate({("light_azimuth", "target_x"): 0.9}),
}


@pytest.fixture(scope="module")
def env():
    env = gym.make(REACH)
    yield env
    env.close()


@pytest.fixture(scope="module")
def controls(env):
    return {name: FactorControl(env, space) for name, space in SPACES.items()}


def starts(env, seed, resets=3):
    """Factor rows of one seeded reset and the unseeded ones after it."""
    return [env.reset(seed=seed if i == 0 else None)[1]["factors"] for i in range(resets)]


@given(seed=st.integers(0, 2**32 - 1), pair=st.sampled_from([("full", name) for name in SPACES]))
@settings(max_examples=30, deadline=None)
def test_shared_factors_and_tasks_pair_across_spaces(controls, seed, pair):
    a, b = (starts(controls[name], seed) for name in pair)
    one, other = (SPACES[name] for name in pair)
    changed = {n for n in other.names if other[n] != one[n]} | {n for ab in other.correlations for n in ab}
    controlled = [n for n in SPACE.names if n in other.names or SPACE[n].role == "task"]
    for x, y in zip(a, b, strict=True):
        assert [n for n in controlled if n not in changed and x[n] != y[n]] == []


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=10, deadline=None)
def test_tasks_are_those_of_the_bare_environment(env, controls, seed):
    task = SPACE.by_role("task")
    for bare, controlled in zip(starts(env, seed), starts(controls["dim"], seed), strict=True):
        assert [bare[n] for n in task] == [controlled[n] for n in task]


@pytest.mark.parametrize("name", SPACES)
def test_every_episode_lies_in_the_space_and_starts_solved_only_if_it_moves_the_task(controls, name):
    space, control = SPACES[name], controls[name]
    control.reset(seed=1)
    for _ in range(60):
        _, info = control.reset()
        row = space.encode({n: info["factors"][n] for n in space.names})
        assert space.contains(row[None]).all()
        assert not info["is_success"] or name in ("right", "coupled")


def test_a_seed_decides_the_episode_whatever_happened_before(controls):
    first = starts(controls["full"], 7)
    controls["full"].step(np.ones(3, np.float32))
    starts(controls["full"], 8)
    assert starts(controls["full"], 7) == first
    assert first[0] != first[1] != first[2]


def test_users_options_win_and_disturb_nothing_else(controls):
    plain = starts(controls["full"], 5)
    wish = {"light_elevation": 33.0, "background_texture": "cat"}
    _, info = controls["full"].reset(seed=5, options={"factors": wish})
    assert info["factors"] == plain[0] | wish
    assert controls["full"].reset()[1]["factors"] == plain[1]


def test_a_reset_may_move_to_another_space(env, controls):
    mover = FactorControl(env, SPACES["full"])
    for name, space in SPACES.items():
        moved = mover.reset(seed=4, options={"space": space})[1]["factors"]
        assert [moved, mover.reset()[1]["factors"]] == starts(controls[name], 4, resets=2)


def test_correlations_between_task_and_nuisance_hold(controls):
    controls["coupled"].reset(seed=0)
    rows = [controls["coupled"].reset()[1]["factors"] for _ in range(100)]
    light, target = (np.array([row[n] for row in rows]) for n in ("light_azimuth", "target_x"))
    assert np.corrcoef(light, target)[0, 1] > 0.75


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"factors": {"ligth_azimuth": 1.0}}, "Did you mean 'light_azimuth'"),
        ({"factors": {"target_x": "left"}}, "target_x='left'"),
        ({"factors": ["light_azimuth"]}, "must map factor names"),
        ({"sedd": 1}, "unknown reset option"),
        ({"space": "tabletop"}, "options\\['space'\\]='tabletop' must be a FactorSpace"),
        ({"space": load_space("mpi3d")}, "scene 'mpi3d'"),
    ],
)
def test_bad_options_are_refused(controls, options, message):
    with pytest.raises(SimfactorError, match=message):
        controls["full"].reset(options=options)


def test_a_space_of_another_scene_is_refused(env):
    with pytest.raises(SimfactorError, match="scene 'mpi3d'"):
        FactorControl(env, load_space("mpi3d"))


def test_pickle_and_spec_repeat_the_episodes(controls):
    copies = [pickle.loads(pickle.dumps(controls["dim"])), gym.make(controls["dim"].spec)]
    for copy in copies:
        assert starts(copy, 3) == starts(controls["dim"], 3)
        copy.close()
