import functools
import json
import tempfile
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
import torch
from point_reach import PointReach, layout_with, make_broken
from stable_baselines3.common.save_util import load_from_pkl

from simfactor.agents import Agent, Augmentation, Ppo, Sac, environment_seed, load_agent, train_agent
from simfactor.agents.checkpoints import latest_checkpoint
from simfactor.agents.record import read_curve
from simfactor.errors import SimfactorError

QUICK = Sac(network=(16,), batch_size=16, warmup=30)
SHORT = functools.partial(train_agent, PointReach, algorithm=QUICK, steps=150, progress=False)
NUISANCES = 12


ONE_LIGHT = functools.partial(PointReach, 1)
LATENT = {"algorithm": QUICK, "layout": layout_with(1), "progress": False}


def interrupted_at(step: int, folder: Path, **options: Any) -> Agent:
    """A training that gets Ctrl-C in the given step of every call, unless it is done before."""
    return train_agent(functools.partial(PointReach, 1, step), folder, **LATENT, **options)


def weights(agent: Agent) -> dict[str, torch.Tensor]:
    return agent.policy.state_dict()


def equal(a: Agent, b: Agent) -> bool:
    return all(torch.equal(value, weights(b)[name]) for name, value in weights(a).items())


def make_grid() -> gym.Env:
    space = gym.spaces.Box(0, 255, (8, 8), np.uint8)
    return gym.wrappers.TransformObservation(PointReach(), lambda _: np.zeros((8, 8), np.uint8), space)


def success(agent: Agent, env: gym.Env, episodes: int = 50) -> float:
    won = 0
    for seed in range(10_000, 10_000 + episodes):
        observation, _ = env.reset(seed=seed)
        over = False
        while not over:
            observation, _, terminated, truncated, info = env.step(agent.act(observation))
            over = terminated or truncated
        won += info["is_success"]
    return won / episodes


def test_augmented_it_learns_to_reach_among_nuisances(tmp_path: Path) -> None:
    make_env = functools.partial(PointReach, NUISANCES)
    agent = train_agent(
        make_env,
        tmp_path,
        steps=1200,
        layout=layout_with(NUISANCES),
        augmentations=[Augmentation(("lighting",))],
        progress=False,
    )
    assert success(agent, make_env()) >= 0.95
    rows = [[float(cell) for cell in row] for row in read_curve(tmp_path)]
    steps, _, lengths, won, spent = np.array(rows).T
    assert (np.diff(spent) >= 0).all()
    assert spent[-1] > 0
    np.testing.assert_array_equal(np.diff(steps, prepend=0), lengths)
    assert won[-20:].mean() > 0.9
    assert lengths[-20:].mean() < 0.3 * lengths[:10].mean()


def test_a_seed_gives_bit_equal_agents(tmp_path: Path) -> None:
    options = {"layout": layout_with(2), "augmentations": [Augmentation(("light_0",))]}
    make_env = functools.partial(PointReach, 2)
    first, again, other = (
        train_agent(make_env, tmp_path / name, algorithm=QUICK, steps=150, seed=s, progress=False, **options)
        for name, s in (("a", 0), ("b", 0), ("c", 1))
    )
    assert equal(first, again)
    assert not equal(first, other)
    curves = [[row[:-1] for row in read_curve(tmp_path / name)] for name in "ab"]  # but for the time it took
    assert curves[0] == curves[1] != []


def test_an_interrupted_training_resumes_where_it_was(tmp_path: Path) -> None:
    train = functools.partial(interrupted_at, 150, tmp_path, steps=400, checkpoint_every=100)
    curves = []
    for done in (149, 298):
        with pytest.raises(KeyboardInterrupt):
            train()
        assert [path.name for path in tmp_path.glob("checkpoint-*")] == [f"checkpoint-{done:09d}"]
        assert load_from_pkl(tmp_path / f"checkpoint-{done:09d}" / "replay.pkl").size() == done
        curves.append(read_curve(tmp_path))
    with pytest.raises(SimfactorError, match=r"not finished.*same arguments to resume"):
        load_agent(tmp_path)
    with pytest.raises(SimfactorError, match=r"seed: 0 there, 1 now"):
        train(seed=1)

    agent = train()
    assert agent.environment_seeds == tuple(environment_seed(0, step) for step in (0, 149, 298))
    curve = read_curve(tmp_path)
    assert curve[: len(curves[1])] == curves[1]
    assert curves[1][: len(curves[0])] == curves[0]
    assert 350 < int(curve[-1].step) <= 400
    assert latest_checkpoint(tmp_path) is None


def test_a_resumed_training_keeps_what_was_stored_and_learned(tmp_path: Path) -> None:
    """Resumed at the last step, all updates but one are those of the uninterrupted training."""
    train = functools.partial(interrupted_at, 200, tmp_path / "resumed", steps=200)
    with pytest.raises(KeyboardInterrupt):
        train()
    agent = train()
    whole = train_agent(ONE_LIGHT, tmp_path / "whole", steps=200, **LATENT)
    untrained = train_agent(ONE_LIGHT, tmp_path / "untrained", steps=1, **LATENT)

    def distance(a: Agent, b: Agent) -> float:
        return float(sum((value - weights(b)[name]).abs().sum() for name, value in weights(a).items()))

    assert distance(agent, whole) < 0.1 * distance(agent, untrained)


def test_a_finished_training_is_loaded_and_other_arguments_are_named(tmp_path: Path) -> None:
    agent = SHORT(tmp_path, about={"encoder": "ab12"})
    again = train_agent(
        make_broken, tmp_path, algorithm=QUICK, steps=150, about={"encoder": "ab12"}, progress=False
    )
    assert equal(agent, again)
    with pytest.raises(SimfactorError) as error:
        SHORT(
            tmp_path, seed=3, algorithm=Sac(network=(16,), batch_size=32, warmup=30), about={"encoder": "c"}
        )
    assert str(error.value) == (
        f'{tmp_path} holds a training with other arguments (about.encoder: "ab12" there, "c" now; '
        "algorithm.batch_size: 16 there, 32 now; seed: 0 there, 3 now); "
        "choose another folder, or delete this one to train again."
    )


def test_a_training_that_never_began_does_not_block_another(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="renderer"):
        train_agent(make_broken, tmp_path, algorithm=QUICK, steps=150, progress=False)
    assert SHORT(tmp_path, seed=3).arguments["seed"] == 3


def test_global_state_is_given_back(tmp_path: Path) -> None:
    np.random.seed(5)  # noqa: NPY002  # what Stable-Baselines3 draws from
    torch.manual_seed(5)
    threads = torch.get_num_threads()
    expected = np.random.RandomState(5).rand(), torch.rand(1, generator=torch.Generator().manual_seed(5))
    SHORT(tmp_path, steps=40)
    assert (np.random.rand(), torch.rand(1)) == expected  # noqa: NPY002
    assert torch.get_num_threads() == threads


@pytest.mark.parametrize("algorithm", [QUICK, Ppo(network=(16,), rollout=64, batch_size=32, epochs=1)])
def test_stable_baselines_leaves_no_log_folder(algorithm, tmp_path: Path, monkeypatch) -> None:
    outside = tmp_path / "temporary"
    outside.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(outside))
    train_agent(
        PointReach, tmp_path / "agent", algorithm=algorithm, steps=64, checkpoint_every=30, progress=False
    )
    assert list(outside.glob("SB3*")) == []  # torch keeps a cache there


def test_ppo_trains(tmp_path: Path) -> None:
    ppo = Ppo(network=(16,), rollout=64, batch_size=32, epochs=1)
    agent = SHORT(tmp_path / "a", algorithm=ppo)
    assert equal(agent, SHORT(tmp_path / "b", algorithm=ppo))
    assert agent.act(np.zeros((5, 6), np.float32)).shape == (5, 3)


def test_an_agent_says_what_it_acts_on(tmp_path: Path) -> None:
    layout = layout_with(2)
    make_env = functools.partial(PointReach, 2)
    train_agent(make_env, tmp_path, algorithm=QUICK, steps=40, layout=layout, progress=False)
    agent = load_agent(tmp_path)
    assert agent.layout == layout
    assert agent.act(np.zeros(8, np.float32)).shape == (3,)
    agent.check_layout(layout)
    with pytest.raises(SimfactorError, match=r"shape \(6,\) but the agent acts on latents ee_x, .*light_1"):
        agent.act(np.zeros(6, np.float32))
    with pytest.raises(SimfactorError, match=r"given the blocks ee_x, .*light_2 \(9 dimensions\)"):
        agent.check_layout(layout_with(3))
    with pytest.raises(SimfactorError, match="given the environment's state"):
        agent.check_layout(None)


def test_observations_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SimfactorError, match=r"shape \(6,\) but the layout has 8 dimensions"):
        SHORT(tmp_path, layout=layout_with(2))
    with pytest.raises(SimfactorError, match=r"on images, .* and on flat.*wrap it in LatentObservation"):
        train_agent(make_grid, tmp_path, steps=10, progress=False)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Sac(learning_rate=0), "sac: learning_rate=0 must be above 0"),
        (lambda: Ppo(discount=1.0), r"ppo: discount=1.0 must be in \[0, 1\)"),
        (lambda: Sac(network=(64, 0)), r"network=\(64, 0\) must be positive widths"),
        (lambda: SHORT("nowhere", algorithm="td3"), "unknown algorithm 'td3'; allowed: sac, ppo"),
        (lambda: SHORT("nowhere", steps=0), "steps=0 must be at least 1"),
        (lambda: load_agent("nowhere"), "nowhere holds no agent"),
    ],
)
def test_bad_arguments_are_named(make, message: str) -> None:
    with pytest.raises(SimfactorError, match=message):
        make()


def test_a_damaged_description_is_named(tmp_path: Path) -> None:
    SHORT(tmp_path, steps=40)
    path = tmp_path / "agent.json"
    assert json.loads(path.read_text())["finished"]
    path.write_text(path.read_text()[:50])
    with pytest.raises(SimfactorError, match=r"agent.json is damaged"):
        load_agent(tmp_path)
