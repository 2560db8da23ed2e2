import pickle
import random
from collections.abc import Callable
from pathlib import Path

import gymnasium as gym
import numpy as np
import pytest
import stable_baselines3 as sb3
import torch
from anything import (
    BOTH,
    CHOICE,
    CNN,
    COMBINED,
    GOAL,
    MOVE,
    OFF_POLICY,
    ON_POLICY,
    PIXELS,
    STATE,
    Anything,
    Net,
    drawn,
    saved,
    scripted,
)
from gymnasium import spaces
from point_pixels import PointPixels
from point_reach import PointReach
from stable_baselines3.common.policies import ActorCriticPolicy
from stable_baselines3.common.vec_env import DummyVecEnv, VecNormalize
from torch import Tensor

from simfactor.agents import Sac, check_fits, load_agent, open_policy, train_agent
from simfactor.errors import SimfactorError


class Counting(ActorCriticPolicy):
    """Remembers how often it acted, as recurrent policies remember more."""

    def predict(self, observation, state=None, episode_start=None, deterministic=False):
        return super().predict(observation, deterministic=deterministic)[0], (
            0 if state is None else state + 1
        )


@pytest.mark.parametrize(
    ("algorithm", "policy", "observation", "action", "options"),
    [
        (sb3.SAC, "MlpPolicy", STATE, MOVE, OFF_POLICY),
        (sb3.TD3, "MlpPolicy", STATE, MOVE, OFF_POLICY),
        (sb3.DQN, "MlpPolicy", STATE, CHOICE, OFF_POLICY),
        (sb3.PPO, "MlpPolicy", STATE, MOVE, ON_POLICY),
        (sb3.PPO, "MlpPolicy", STATE, MOVE, {**ON_POLICY, "use_sde": True}),
        (sb3.A2C, "MlpPolicy", STATE, CHOICE, ON_POLICY),
        (sb3.PPO, "CnnPolicy", PIXELS, MOVE, CNN),
        (sb3.PPO, "MultiInputPolicy", BOTH, MOVE, COMBINED),
        (sb3.SAC, "MultiInputPolicy", GOAL, MOVE, {**OFF_POLICY, "replay_buffer_class": sb3.HerReplayBuffer}),
    ],
)
@pytest.mark.parametrize("named", [False, True])
def test_a_zip_acts_as_its_model(
    algorithm, policy, observation, action, options, named, tmp_path: Path
) -> None:
    options = {**options, "policy_kwargs": {**options["policy_kwargs"]}}  # algorithms add to it
    model = saved(tmp_path / "policy.zip", algorithm, policy, observation, action, **options)
    opened = open_policy(tmp_path / "policy.zip", algorithm.__name__ if named else None)
    for shown in drawn(observation):
        expected, _ = model.predict(shown, deterministic=True)
        acted = opened.act(shown)
        np.testing.assert_array_equal(acted, expected)
        assert acted in action
        assert isinstance(acted, np.integer | np.ndarray)
    assert opened.observation_space == observation
    assert opened.action_space == action
    check_fits(opened, observation, action)


def test_pictures_may_have_channels_first_or_last(tmp_path: Path) -> None:
    saved(tmp_path / "policy.zip", sb3.PPO, "CnnPolicy", PIXELS, MOVE, **CNN)
    policy = open_policy(tmp_path / "policy.zip")
    first = spaces.Box(0, 255, (3, 36, 40), np.uint8)
    check_fits(policy, first, MOVE)
    for shown in drawn(PIXELS):
        np.testing.assert_array_equal(policy.act(shown), policy.act(shown.transpose(2, 0, 1)))
    with pytest.raises(SimfactorError, match=r"shape \(40, 36, 3\) but .*policy.zip acts on \(3, 36, 40\)"):
        policy.act(np.zeros((40, 36, 3), np.uint8))


def test_keys_that_a_policy_does_not_know_are_left_out(tmp_path: Path) -> None:
    saved(tmp_path / "policy.zip", sb3.PPO, "MultiInputPolicy", BOTH, MOVE, **COMBINED)
    policy = open_policy(tmp_path / "policy.zip")
    check_fits(policy, spaces.Dict({**BOTH.spaces, "goal": STATE}), MOVE)
    (shown,) = drawn(BOTH, 1)
    np.testing.assert_array_equal(policy.act({**shown, "goal": np.zeros(4)}), policy.act(shown))
    with pytest.raises(SimfactorError, match=r"shape \{'state': \(4,\)\} but .* acts on \{'pixels': \(3, 36"):
        policy.act({"state": shown["state"]})
    with pytest.raises(
        SimfactorError, match=r"observation\['state'\] has shape \(5,\) but .* acts on \(4,\)"
    ):
        policy.act({**shown, "state": np.zeros(5)})


def test_observations_are_normalised_as_they_were(tmp_path: Path) -> None:
    venv = VecNormalize(DummyVecEnv([lambda: Anything(STATE, MOVE)]))
    model = sb3.PPO("MlpPolicy", venv, device="cpu", seed=0, **ON_POLICY)
    model.learn(64)
    path, statistics = tmp_path / "policy.zip", tmp_path / "vec_normalize.pkl"
    model.save(path)
    plain = open_policy(path)
    venv.save(str(statistics))
    with pytest.raises(SimfactorError, match=r"say whether .* normalize='.*vec_normalize.pkl', or .*'none'"):
        open_policy(path)
    normalised, raw = open_policy(path, normalize=statistics), open_policy(path, normalize="none")
    assert normalised.version != raw.version == plain.version
    for shown in drawn(STATE):
        expected, _ = model.predict(venv.normalize_obs(shown), deterministic=True)
        np.testing.assert_array_equal(normalised.act(shown), expected)
        np.testing.assert_array_equal(raw.act(shown), plain.act(shown))
        assert (raw.act(shown) != expected).any()

    other = VecNormalize(DummyVecEnv([lambda: Anything(spaces.Box(-1, 1, (6,)), MOVE)]))
    other.save(str(statistics))
    with pytest.raises(SimfactorError, match=r"normalises Box\(.*\(6,\).* policy observes Box\(.*\(4,\)"):
        open_policy(path, normalize=statistics)
    statistics.write_bytes(pickle.dumps([1]))
    with pytest.raises(SimfactorError, match=r"holds a list; name what VecNormalize\.save wrote"):
        open_policy(path, normalize=statistics)


def test_policies_with_a_state_are_refused(tmp_path: Path) -> None:
    saved(tmp_path / "policy.zip", sb3.PPO, Counting, STATE, MOVE, **ON_POLICY)
    with pytest.raises(SimfactorError, match=r"policy.zip keeps a state between steps.*stacked frames"):
        open_policy(tmp_path / "policy.zip")


@pytest.mark.parametrize("algorithm", [None, "PPO"])
def test_global_generators_and_threads_stay(algorithm: str | None, tmp_path: Path) -> None:
    saved(tmp_path / "policy.zip", sb3.PPO, "MlpPolicy", STATE, MOVE, **ON_POLICY)
    np.random.seed(5)  # noqa: NPY002  # what Stable-Baselines3 draws from
    torch.manual_seed(5)
    random.seed(5)
    threads = torch.get_num_threads()
    expected = np.random.RandomState(5).rand(), torch.rand(1, generator=torch.Generator().manual_seed(5))
    open_policy(tmp_path / "policy.zip", algorithm).act(np.zeros(4, np.float32))
    assert (np.random.rand(), torch.rand(1)) == expected  # noqa: NPY002
    assert random.random() == random.Random(5).random()
    assert torch.get_num_threads() == threads


@pytest.mark.parametrize("make_env", [PointReach, PointPixels])
def test_the_folder_of_an_agent(make_env: Callable[[], gym.Env], tmp_path: Path) -> None:
    quick = Sac(network=(8,), batch_size=8, warmup=10)
    train_agent(make_env, tmp_path, algorithm=quick, steps=12, progress=False)
    policy, agent, env = open_policy(tmp_path), load_agent(tmp_path), make_env()
    check_fits(policy, env.observation_space, env.action_space)
    observation, _ = env.reset(seed=0)
    np.testing.assert_array_equal(policy.act(observation), agent.act(observation))
    assert policy.observation_space.shape == env.observation_space.shape


@pytest.mark.parametrize(
    ("source", "options", "message"),
    [
        ("nowhere.zip", {}, "there is no file 'nowhere.zip'"),
        (
            "nowhere",
            {},
            r"'nowhere' is no file or folder; allowed: \.zip \(Stable-Baselines3\), .*module:fun",
        ),
        ("policy.h5", {}, r"'policy.h5' cannot be opened as a policy; allowed: \.zip"),
        ("text.zip", {}, r"text.zip holds no model of Stable-Baselines3 \(it lacks all that a zip has\)"),
        ("script.zip", {}, r"script.zip holds no model .*lacks data, policy.pth.*model.save\('script.zip'\)"),
        ("good.zip", {"algorithm": "PPOO"}, "unknown algorithm 'PPOO'; allowed: A2C, .*Did you mean 'PPO'"),
        ("good.zip", {"algorithm": "SAC"}, r"good.zip cannot be opened by SAC \(.*name its algorithm: A2C"),
        ("good.zip", {"normalize": "no.pkl"}, r"no file 'no.pkl' to normalise with; name one, or 'none'"),
        ("script.pt", {"algorithm": "PPO"}, r"algorithm='PPO' .* \.zip files .*'script.pt'; leave them out"),
        ("batchless.pt", {}, r"shape \(2,\) for a batch of one .* \(1, \.\.\.\)"),
        ("folder", {}, "folder holds no agent"),
        ("no_such_module:act", {}, r"'no_such_module:act' cannot be imported \(ModuleNotFoundError"),
        ("failing:act", {}, r"'failing' of 'failing:act' cannot be imported \(RuntimeError: no robot"),
    ],
)
def test_what_is_no_policy_is_named(source: str, options: dict, message: str, here: Path) -> None:
    class Batchless(Net):
        def forward(self, observation: Tensor) -> Tensor:
            return (observation @ self.weight)[0]

    for name in ("policy.h5", "text.zip"):
        (here / name).write_text("nothing")
    (here / "folder").mkdir()
    (here / "failing.py").write_text("raise RuntimeError('no robot')")
    saved(here / "good.zip", sb3.PPO, "MlpPolicy", STATE, MOVE, **ON_POLICY)
    scripted(Net(), here / "script.pt")
    (here / "script.zip").write_bytes((here / "script.pt").read_bytes())
    scripted(Batchless(), here / "batchless.pt")
    with pytest.raises(SimfactorError, match=message):
        open_policy(source, **options).act(np.zeros(4, np.float32))
