"""VectorEnv: bit for bit what single environments do, and Gymnasium's conventions for vectors."""

import functools
import pickle
from contextlib import closing

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode
from gymnasium.wrappers.vector import RecordEpisodeStatistics

from simfactor.envs import FactorControl, VectorEnv
from simfactor.envs.observation import OBSERVATIONS
from simfactor.envs.task_env import TaskEnv
from simfactor.errors import SimfactorError
from simfactor.factors import load_space

REACH = "simfactor/PandaReach-v0"

SPACE = load_space("tabletop")
SMALL = {"image_size": 32, "max_episode_steps": 5, "success_distance": 0.25}
MAKE = functools.partial(gym.make_vec, REACH)


@pytest.fixture(scope="module")
def vector():
    vector = MAKE(num_envs=2)
    yield vector
    vector.close()


def assert_same(first, second):
    """Equal to the last bit and of one type, dictionaries within dictionaries too."""
    assert type(first) is type(second)
    if isinstance(first, dict):
        assert sorted(first) == sorted(second)
        for name in first:
            assert_same(first[name], second[name])
    elif not isinstance(first, np.ndarray):
        assert first == second
    elif first.dtype == object:
        for one, other in zip(first, second, strict=True):
            assert_same(one, other)
    else:
        assert first.dtype == second.dtype
        np.testing.assert_array_equal(first, second)


def rollout(vector, steps, seed=3):
    """What ``reset`` and every ``step`` of random but seeded actions give."""
    generator = np.random.default_rng(0)
    yield vector.reset(seed=seed)
    for _ in range(steps):
        yield vector.step(generator.uniform(-1, 1, (vector.num_envs, 3)).astype(np.float32))


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("mode", [AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP])
@pytest.mark.parametrize("observation", OBSERVATIONS)
def test_it_gives_bit_for_bit_what_single_environments_give(observation, mode, workers):
    worlds = {"num_envs": 3, "observation": observation, **SMALL}
    ours = MAKE(**worlds, factors=SPACE, autoreset_mode=mode, workers=workers)
    theirs = MAKE(
        **worlds,
        vectorization_mode="sync",
        vector_kwargs={"autoreset_mode": mode},
        wrappers=[functools.partial(FactorControl, factors=SPACE)],
    )
    assert type(ours) is VectorEnv
    ends = np.zeros(2, int)
    for mine, other in zip(rollout(ours, 13), rollout(theirs, 13), strict=True):
        for a, b in zip(mine, other, strict=True):
            assert_same(a, b)
        assert mine[0] in ours.observation_space
        ends += [flags.sum() for flags in mine[2:4]] if len(mine) == 5 else 0
    assert (ends > 0).all()  # or the autoreset of neither kind of end was compared
    assert ours.observation_space == theirs.observation_space
    assert ours.single_observation_space == theirs.single_observation_space
    assert ours.action_space == theirs.action_space
    assert ours.metadata == theirs.metadata
    ours.close()
    theirs.close()


def test_images_are_those_of_a_bare_environment():
    vector, single = VectorEnv(2, observation="pixels"), TaskEnv(observation="pixels")
    seen, _ = vector.reset(seed=[7, 2])
    alone, _ = single.reset(seed=2)
    for action in np.eye(3, dtype=np.float32):
        np.testing.assert_array_equal(seen[1], alone)
        seen, alone = vector.step(np.stack([-action, action]))[0], single.step(action)[0]
    assert (seen[0] != seen[1]).any()
    vector.close()
    single.close()


def test_the_step_after_an_episode_starts_the_next():
    vector = VectorEnv(2, max_episode_steps=2)
    assert vector.metadata["autoreset_mode"] is AutoresetMode.NEXT_STEP
    vector.reset(seed=0)
    still, far = np.zeros((2, 3)), np.ones((2, 3))
    first = vector.step(still)
    last = vector.step(still)
    assert not first[3].any()
    assert last[3].all()
    observation, reward, terminated, truncated, infos = vector.step(far)
    vector.reset(seed=0)
    expected, expected_infos = vector.reset()
    np.testing.assert_array_equal(observation, expected)
    assert_same(infos, expected_infos)
    assert not np.any([reward, terminated, truncated])
    vector.close()


def test_the_registered_time_limit_holds():
    vector = MAKE(num_envs=2, success_distance=1e-6)
    vector.reset(seed=0)
    ends = [vector.step(np.zeros((2, 3)))[3] for _ in range(50)]
    assert not np.any(ends[:-1])
    assert ends[-1].all()
    vector.close()


def test_seeds_are_one_for_all_or_one_each(vector):
    both = vector.reset(seed=4)[0]
    each = vector.reset(seed=[4, 5])[0]
    np.testing.assert_array_equal(both, each)
    np.testing.assert_array_equal(vector.reset(seed=5)[0][0], both[1])
    following = vector.reset()[0]
    vector.reset(seed=(5, None))
    np.testing.assert_array_equal(vector.reset()[0][0], following[0])


def test_worlds_that_share_an_iterator_take_a_seed_when_they_start(vector):
    seeds = iter([4, 5, 6, 7])
    first = vector.reset(seed=[seeds, seeds])[0]
    np.testing.assert_array_equal(first, vector.reset(seed=[4, 5])[0])
    assert list(seeds) == [6, 7]
    with closing(MAKE(num_envs=2, workers=1)) as crew, pytest.raises(SimfactorError, match="sent to workers"):
        crew.reset(seed=[iter([1]), 2])


def test_factors_are_set_for_all_or_for_each(vector):
    _, infos = vector.reset(seed=0, options={"factors": {"light_azimuth": 30.0}})
    np.testing.assert_array_equal(infos["factors"]["light_azimuth"], [30.0, 30.0])
    wanted = [{"target_x": 0.41}, {"target_x": 0.52, "table_texture": "brick"}]
    states, infos = vector.reset(seed=0, options={"factors": wanted})
    np.testing.assert_allclose(states[:, 3], [0.41, 0.52], atol=1e-6)
    assert infos["factors"]["table_texture"][1] == "brick"
    assert infos["_factors"].all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"num_envs": 0}, "num_envs=0 must be a whole number of worlds, 1 or more"),
        ({"num_envs": 2.0}, "num_envs=2.0"),
        ({"observation": "rgb"}, "unknown observation 'rgb'"),
        ({"renderer": "tinny"}, "Did you mean 'tiny'"),
        ({"image_size": 0}, "image_size=0"),
        ({"reward": "shaped"}, "unknown reward 'shaped'"),
        ({"factors": load_space("mpi3d")}, "scene 'mpi3d'"),
    ],
)
def test_bad_arguments_are_refused(arguments, message):
    with pytest.raises(SimfactorError, match=message):
        VectorEnv(**arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"seed": [1, 2, 3]}, r"seed=\[1, 2, 3\] has 3 entries for 2 worlds; give one for each"),
        ({"options": {"factors": [{}]}}, r"options\['factors'\]=\[\{\}\] has 1 entries for 2 worlds"),
        ({"options": {"factors": [{}, {"ligth_azimuth": 1.0}]}}, "Did you mean 'light_azimuth'"),
        ({"options": {"factors": 3}}, "must map factor names"),
        ({"options": {"reset_mask": np.ones(2, bool)}}, "unknown reset option 'reset_mask'"),
    ],
)
def test_bad_resets_are_refused(vector, arguments, message):
    with pytest.raises(SimfactorError, match=message):
        vector.reset(**arguments)


@pytest.mark.parametrize("actions", [np.zeros(3), np.zeros((3, 3)), [[0, 0, 0], [0, np.nan, 0]]])
def test_bad_actions_are_refused_before_any_world_has_moved(vector, actions):
    vector.reset(seed=0)
    with pytest.raises(SimfactorError, match=r"must be \(2, 3\) finite numbers"):
        vector.step(actions)
    expected = vector.step(np.ones((2, 3)))[0]
    vector.reset(seed=0)
    np.testing.assert_array_equal(vector.step(np.ones((2, 3)))[0], expected)


def test_what_was_returned_stays_as_it_was(vector):
    kept, infos = vector.reset(seed=0)
    before, distance = kept.copy(), infos["distance"].copy()
    vector.step(np.ones((2, 3)))
    np.testing.assert_array_equal(kept, before)
    np.testing.assert_array_equal(infos["distance"], distance)


def test_states_open_no_renderer_and_frames_come_from_one():
    vector = VectorEnv(2, image_size=32, render_mode="rgb_array")
    vector.reset(seed=0)
    assert vector._observer._photographer._renderer is None
    frames = vector.render()
    assert [frame.shape for frame in frames] == [(256, 256, 3)] * 2
    assert (frames[0] != frames[1]).any()
    assert all(env.unwrapped._photographer._renderer is None for env in vector._worlds._envs)
    vector.close()


def test_it_closes_twice_and_without_ever_having_been_used():
    for used in (True, False):
        vector = VectorEnv(2, observation="pixels", image_size=16)
        if used:
            vector.reset(seed=0)
        vector.close()
        vector.close()
        assert vector.closed


def test_pickles_and_specs_make_the_same_environment(vector):
    task = {"reward": "sparse", "factors": SPACE, "max_episode_steps": 3}
    make = functools.partial(MAKE, num_envs=2, **task)
    first = make()
    copies = [pickle.loads(pickle.dumps(make))(), pickle.loads(pickle.dumps(first)), gym.make_vec(first.spec)]
    expected = list(rollout(first, 5))
    for copy in copies:
        for ours, theirs in zip(rollout(copy, 5), expected, strict=True):
            for a, b in zip(ours, theirs, strict=True):
                assert_same(a, b)
        copy.close()
    first.close()


def test_gymnasiums_vector_wrappers_take_it(vector):
    recorded = RecordEpisodeStatistics(vector)
    lengths = []
    for result in rollout(recorded, 120, seed=1):
        infos = result[-1]
        lengths += list(infos["episode"]["l"][infos["_episode"]]) if "episode" in infos else []
    assert lengths
    assert max(lengths) <= 50
