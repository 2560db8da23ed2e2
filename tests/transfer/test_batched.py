"""Episodes run many at a time are those run one by one."""

import functools

import numpy as np
import pytest
import torch

from simfactor.encoders import FactorEncoder
from simfactor.envs import make_env, make_vector_env
from simfactor.envs.task import STRIDE
from simfactor.factors import load_space
from simfactor.transfer import Domain, Job, evaluate_batched, evaluate_domain, evaluate_jobs

SPACE = load_space("arm")
CLEAN = Domain("clean", SPACE)
TASK = {"task": "planar_reach", "success_distance": 0.03}
SEEDS = range(900, 943)


def hesitant(state: np.ndarray) -> np.ndarray:
    """Goes to the target where y is positive; elsewhere it stays, and the episode runs to its end."""
    move = np.clip((state[..., 3:5] - state[..., :2]) / STRIDE, -1, 1)
    return np.where(state[..., 4:5] > 0, move, 0.0)


def open_hesitant():
    return hesitant


@pytest.mark.parametrize("count", [1, 5, len(SEEDS)])
def test_states_give_equal_episodes(count: int) -> None:
    seeds = SEEDS[:count]
    single = evaluate_domain(
        hesitant, functools.partial(make_env, observation="state", **TASK), CLEAN, seeds, film_frames=0
    )
    many = evaluate_batched(
        hesitant, functools.partial(make_vector_env, observation="state", **TASK), CLEAN, seeds
    )
    for name in ("seeds", "success", "lengths", "rows"):
        np.testing.assert_array_equal(getattr(many, name), getattr(single, name))
    np.testing.assert_allclose(many.returns, single.returns, rtol=1e-12)
    if count > 20:
        assert 0 < many.success.sum() < len(seeds)
        assert len(set(many.lengths.tolist())) > 5


def test_latents_give_equal_episodes_up_to_rounding() -> None:
    encoder = FactorEncoder(SPACE.varying, image_size=64).eval()
    seeds = SEEDS[:4]

    def act(latents: np.ndarray) -> np.ndarray:
        return np.clip(latents[..., :2], -1, 1)

    arguments = {"encoder": encoder, "max_episode_steps": 6, **TASK}
    single = evaluate_domain(act, functools.partial(make_env, **arguments), CLEAN, seeds, film_frames=0)
    many = evaluate_batched(act, functools.partial(make_vector_env, **arguments), CLEAN, seeds)
    np.testing.assert_array_equal(many.success, single.success)
    np.testing.assert_allclose(many.returns, single.returns, rtol=1e-3)


def test_a_job_keeps_the_film_of_its_first_episode(tmp_path) -> None:
    job = Job(
        "hesitant",
        0,
        CLEAN,
        open_hesitant,
        functools.partial(make_env, observation="state", render_mode="rgb_array", **TASK),
        tuple(SEEDS[:5]),
        film_frames=3,
        make_vector=functools.partial(make_vector_env, observation="state", **TASK),
    )
    found = evaluate_jobs([job], tmp_path, workers=1, progress=False)["hesitant"][0]["clean"]
    assert found.film is not None
    assert found.film.shape[1:] == (256, 256, 3)
    assert len(found.success) == 5


def test_worlds_that_were_in_another_domain_give_the_same_episodes(tmp_path) -> None:
    left = Domain("left", SPACE.restrict({"target_y": (0.05, 0.25), "light_azimuth": (30, 40)}), "ood2")
    opened = []

    def counted(space, count):
        opened.append(space)
        return make_vector_env(space, count, observation="state", **TASK)

    def job(domain: Domain) -> Job:
        alone = functools.partial(make_env, observation="state", **TASK)
        return Job(
            "hesitant", 0, domain, open_hesitant, alone, tuple(SEEDS), film_frames=0, make_vector=counted
        )

    domains = {"clean": CLEAN, "left": left, "again": Domain("again", SPACE, "in")}
    found = evaluate_jobs([job(d) for d in domains.values()], tmp_path, workers=1, progress=False)[
        "hesitant"
    ][0]
    assert len(opened) == 1
    for name, domain in domains.items():
        fresh = evaluate_batched(hesitant, counted, domain, SEEDS)
        for array in ("success", "lengths", "rows", "returns"):
            np.testing.assert_array_equal(getattr(found[name], array), getattr(fresh, array))
    assert (found["left"].rows[:, SPACE.index("target_y")] >= 0.05).all()
    assert not np.array_equal(found["left"].rows, found["clean"].rows)


def test_another_agent_opens_other_worlds(tmp_path) -> None:
    """Those of the first are closed: not more than one agent's are open at a time."""
    closed = []

    def make(name):
        def counted(space, count):
            worlds = make_vector_env(space, count, observation="state", **TASK)
            worlds.close_extras = lambda **_: closed.append(name)
            return worlds

        return counted

    jobs = [
        Job(name, 0, CLEAN, open_hesitant, make_env, tuple(SEEDS[:2]), film_frames=0, make_vector=make(name))
        for name in ("first", "second")
    ]
    evaluate_jobs(jobs, tmp_path, workers=1, progress=False)
    assert closed == ["first", "second"]


def test_the_error_of_the_task_is_told_as_by_single_worlds() -> None:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        encoder = FactorEncoder(SPACE.varying, image_size=64)

    def act(latents: np.ndarray) -> np.ndarray:
        return np.clip(latents[..., :2], -1, 1)

    arguments = {"encoder": encoder, "blocks": ["task"], "true_task": True, "max_episode_steps": 4, **TASK}
    seeds = SEEDS[:11]
    single = evaluate_domain(act, functools.partial(make_env, **arguments), CLEAN, seeds, film_frames=0)
    many = evaluate_batched(act, functools.partial(make_vector_env, **arguments), CLEAN, seeds)
    assert single.task_error is not None
    assert many.task_error is not None
    np.testing.assert_allclose(many.task_error, single.task_error, rtol=1e-4)
    np.testing.assert_array_equal(many.lengths, single.lengths)
