"""Environments, ours and other people's, seen by a camera's sensor."""

import functools

import gymnasium as gym
import numpy as np
import pytest
from yard import Yard

from simfactor.envs import FactorControl
from simfactor.errors import SimfactorError
from simfactor.factors import load_sensor, load_space

SPACE = load_space("tabletop")
SEEN = SPACE.with_factors(load_sensor("webcam"))
SMALL = {"observation": "pixels", "image_size": 32, "max_episode_steps": 3}


def test_many_worlds_show_what_single_ones_show():
    make = functools.partial(gym.make_vec, "simfactor/PandaReach-v0", num_envs=2, **SMALL)
    control = functools.partial(FactorControl, factors=SEEN)
    ours = make(factors=SEEN, workers=1)
    theirs = make(vectorization_mode="sync", wrappers=[control])
    frames = []
    for vector in (ours, theirs):
        taken = [vector.reset(seed=3)[0]]
        taken += [vector.step(np.full((2, 3), 0.2, np.float32))[0] for _ in range(2)]
        frames.append(np.stack(taken))
        vector.close()
    np.testing.assert_array_equal(*frames)


def test_a_sensor_changes_pictures_and_nothing_else():
    seen = []
    for space in (SPACE, SEEN):
        env = FactorControl(gym.make("simfactor/PandaReach-v0", **SMALL), space)
        pixels, info = env.reset(seed=5)
        reward = env.step(np.zeros(3, np.float32))[1]
        seen.append((pixels, reward, {name: info["factors"][name] for name in SPACE.names}))
        again, _ = env.reset(seed=5)
        np.testing.assert_array_equal(again, pixels)
        env.close()
    (plain, *rest), (webcam, *others) = seen
    assert rest == others
    assert (plain != webcam).mean() > 0.5


def test_noise_is_fresh_in_every_frame():
    env = gym.make("simfactor/PandaReach-v0", **SMALL)
    first, _ = env.reset(seed=0, options={"factors": {"iso": 3200.0}})
    second = env.step(np.zeros(3, np.float32))[0]
    assert (first != second).mean() > 0.5
    env.close()


def test_other_peoples_environments_have_sensors():
    own = FactorControl(Yard(), ["exposure"], image_size=32)
    assert "iso" not in own.env.space.names  # only if asked for
    env = FactorControl(Yard(), own.factors.with_factors(load_sensor("phone")), image_size=32)
    assert env.factors["exposure"].high == 0.5
    plain, _ = own.reset(seed=1, options={"factors": {"exposure": 0.0}})
    seen, info = env.reset(seed=1)
    assert (seen != plain).mean() > 0.5
    assert 100 <= info["factors"]["iso"] <= 3200
    np.testing.assert_array_equal(env.reset(seed=1)[0], seen)
    with pytest.raises(SimfactorError, match=r"iso=-3 is not a number in \[0, 102400\] ISO"):
        env.reset(options={"factors": {"iso": -3}})
    ready = own.factors.with_factors(load_sensor("phone")).select(["iso"])
    assert len(env.images(ready, ready.sample(3, seed=0))) == 3
    for one in (own, env):
        one.close()
