"""The factors of PandaReach: what varies by itself, what reset options set, what info says of it."""

import numpy as np
import pytest

from simfactor.envs.task_env import TaskEnv
from simfactor.errors import SimfactorError
from simfactor.factors import load_space

TASK = ("ee_x", "ee_y", "ee_z", "target_x", "target_y", "target_z")
CLOSE = {"x": [0.4, 0.5], "y": [-0.05, 0.05], "z": [0.2, 0.3]}
LIGHT_AND_VIEW = {"light_azimuth": -60.0, "camera_azimuth": 60.0}  # the ready space's views end at 45


@pytest.fixture(scope="module")
def env():
    env = TaskEnv()
    yield env
    env.close()


def test_unseeded_resets_continue_the_seeded_stream(env):
    first = [env.reset(seed=4)[1]["factors"], env.reset()[1]["factors"]]
    again = [env.reset(seed=4)[1]["factors"], env.reset()[1]["factors"]]
    assert first == again
    assert first[0] != first[1]


def test_only_task_factors_vary(env):
    episodes = [env.reset(seed=seed)[1]["factors"] for seed in range(5)]
    assert set(episodes[0]) >= set(load_space("tabletop").names)
    for name, value in episodes[0].items():
        assert (len({e[name] for e in episodes}) > 1) == (name in TASK), (name, value)


def test_options_set_any_factor_and_the_world_has_them(env):
    space = load_space("tabletop")
    for seed in range(5):
        wanted = space.decode(space.sample(1, seed)[0])
        observation, info = env.reset(options={"factors": wanted})
        assert info["factors"] == env.scene.read() | wanted
        np.testing.assert_allclose(observation, [wanted[name] for name in TASK], atol=1e-6)
        for name, value in env.scene.read(wanted).items():
            if isinstance(value, str):
                assert value == wanted[name]
                continue
            off = value - wanted[name]
            if space[name].kind == "angle":
                off = (off + 180) % 360 - 180
            assert abs(off) < 1e-4, name


def test_some_options_leave_the_rest_of_the_episode_as_it_was(env):
    plain = env.reset(seed=2)[1]["factors"]
    lit = env.reset(seed=2, options={"factors": LIGHT_AND_VIEW})[1]["factors"]
    assert lit == plain | LIGHT_AND_VIEW
    after_plain = env.reset(seed=2) and env.reset()[1]["factors"]
    after_lit = env.reset(seed=2, options={"factors": lit}) and env.reset()[1]["factors"]
    assert after_plain == after_lit


def test_infos_are_fresh(env):
    _, info = env.reset(seed=0)
    target = info["factors"]["target_x"]
    info["factors"]["target_x"] = 99.0
    _, _, _, _, later = env.step(np.zeros(3))
    assert later["factors"]["target_x"] == target
    assert later["factors"] is not env.step(np.zeros(3))[4]["factors"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"factors": {"ligth_azimuth": 3.0}}, "Did you mean 'light_azimuth'"),
        ({"factors": {"light_elevation": 170.0}}, "light_elevation=170.0"),
        ({"factors": {"ee_x": "left"}}, "ee_x='left'"),
        ({"factors": {"ee_x": 1.1, "ee_y": 1.1}}, "cannot reach"),
        ({"factors": {"table_texture": "lava"}}, "lava"),
        ({"factors": 3}, "must map factor names"),
        ({"factor": {}}, "Did you mean 'factors'"),
    ],
)
def test_bad_options_are_refused_at_the_door(env, options, message):
    with pytest.raises(SimfactorError, match=message):
        env.reset(seed=0, options=options)


def test_no_episode_starts_solved_unless_asked_for(env):
    close = {f"{point}_{axis}": span for point in ("ee", "target") for axis, span in CLOSE.items()}
    tight = TaskEnv(space=load_space("tabletop").restrict(close))
    distances = [tight.reset(seed=seed)[1]["distance"] for seed in range(100)]
    assert (
        0.05 <= min(distances) < 0.055
    )  # without a check, more than a quarter of these starts would be solved
    tight.close()
    here = {"ee_x": 0.4, "ee_y": 0.0, "ee_z": 0.2, "target_x": 0.4, "target_y": 0.0, "target_z": 0.2}
    _, info = env.reset(options={"factors": here})
    assert info["is_success"]
    assert info["distance"] < 1e-6
