"""Paired evaluation on a tiny real environment, in this process and on the pool."""

import json
from dataclasses import replace
from functools import partial

import dial_env
import numpy as np
import pytest

from simfactor.errors import SimfactorError
from simfactor.transfer import Job, Shift, evaluate, evaluate_jobs, tabulate, transfer_domains
from simfactor.transfer.pool import Pool

DOMAINS = transfer_domains(
    dial_env.FULL,
    dial_env.POLICY,
    dial_env.ENCODER,
    [Shift("dusk", {"light": [0.4, 0.6]}), Shift("glare", {"light": [2.5, 3.0]}, "ood2")],
)
SEEDS = tuple(range(1000, 1030))


@pytest.fixture
def jobs():
    return [
        Job("greedy", seed, domain, dial_env.open_greedy, dial_env.Dial, SEEDS, "v1")
        for seed in (0, 1)
        for domain in DOMAINS
    ]


def test_domains_meet_the_same_episodes():
    results = evaluate(dial_env.greedy, dial_env.Dial, DOMAINS, SEEDS, progress=False)
    assert list(results) == ["clean", "dusk", "glare"]
    clean, dusk, glare = results.values()
    for other in (dusk, glare):
        np.testing.assert_array_equal(clean.rows[:, 1], other.rows[:, 1])
        np.testing.assert_array_equal(other.seeds, SEEDS)
    assert len(set(clean.rows[:, 1])) == len(SEEDS), "every seed is another start"
    assert clean.success.all()
    assert not glare.success.any()
    np.testing.assert_array_equal(clean.lengths, 3)
    light, target = clean.rows.T
    reached = np.clip(target + light, -1, 1)
    expected = -np.abs(reached - target) - 2 * light  # the second turn mends a first one that hit its limit
    np.testing.assert_allclose(clean.returns, expected, atol=1e-5)


def test_film_is_a_few_frames_from_start_to_end():
    domain = DOMAINS[:1]
    long = partial(dial_env.Dial, steps=100)
    film = evaluate(dial_env.greedy, long, domain, SEEDS[:2], film_frames=5, progress=False)["clean"].film
    steps = film[:, 0, 0, 1]
    assert film.shape == (5, 8, 8, 3)
    assert (steps[0], steps[-1]) == (0, 100)
    assert (np.diff(steps.astype(int)) >= 8).all()
    none = evaluate(dial_env.greedy, long, domain, SEEDS[:2], film_frames=0, progress=False)["clean"]
    assert none.film is None


def test_film_of_chosen_steps_ends_with_the_episode():
    domain, steps = DOMAINS[0], (0, 1, 5, 40)
    for length, shown in ((30, [0, 1, 5, 30]), (5, [0, 1, 5]), (4, [0, 1, 4])):
        make_env = partial(dial_env.Dial, steps=length)
        film = evaluate(dial_env.greedy, make_env, [domain], SEEDS[:2], film_frames=steps, progress=False)
        assert film["clean"].film[:, 0, 0, 1].tolist() == shown


def test_a_film_shows_what_an_agent_on_latents_saw():
    class Seeing(dial_env.Dial):
        pixels = np.full((4, 4, 3), 7, np.uint8)

    film = evaluate(dial_env.greedy, Seeing, DOMAINS[:1], SEEDS[:1], film_frames=(0,), progress=False)
    assert film["clean"].film.shape == (2, 4, 4, 3)


def test_a_film_at_other_steps_is_another_result(jobs, tmp_path):
    first, second = (replace(jobs[0], film_frames=steps) for steps in ((0, 1), (0, 2)))
    for job, shown in ((first, [0, 1, 3]), (second, [0, 2, 3])):
        film = evaluate_jobs([job], tmp_path, workers=1, progress=False)["greedy"][0]["clean"].film
        assert film[:, 0, 0, 1].tolist() == shown


def test_same_seeds_give_the_same_numbers_in_other_processes(jobs, tmp_path):
    pooled = evaluate_jobs(jobs, tmp_path / "pool", workers=2, progress=False)
    here = evaluate(dial_env.greedy, dial_env.Dial, DOMAINS, SEEDS, progress=False)
    assert list(pooled["greedy"]) == [0, 1]
    for trained in pooled["greedy"].values():
        for name, episodes in trained.items():
            assert episodes.to_dict() == here[name].to_dict()
            np.testing.assert_array_equal(episodes.film, here[name].film)


def test_an_interrupted_transfer_resumes(jobs, tmp_path):
    def broken():
        raise RuntimeError("power cut")

    with pytest.raises(RuntimeError, match="power cut"):
        evaluate_jobs([*jobs[:3], replace(jobs[3], open_agent=broken)], tmp_path, workers=1, progress=False)
    stored = {path.name: path.stat().st_mtime_ns for path in tmp_path.glob("*.json")}
    assert sorted(stored) == ["greedy.0.clean.json", "greedy.0.dusk.json", "greedy.0.glare.json"]

    unopened = [replace(job, open_agent=broken) for job in jobs[:3]]
    resumed = evaluate_jobs([*unopened, *jobs[3:]], tmp_path, workers=1, progress=False)
    fresh = evaluate_jobs(jobs, tmp_path / "fresh", workers=1, progress=False)
    for name in ("clean", "dusk", "glare"):
        assert resumed["greedy"][0][name].to_dict() == fresh["greedy"][0][name].to_dict()
        np.testing.assert_array_equal(resumed["greedy"][0][name].film, fresh["greedy"][0][name].film)
    assert all((tmp_path / name).stat().st_mtime_ns == time for name, time in stored.items())


@pytest.mark.parametrize(
    "change",
    [
        {"version": "v2"},
        {"episode_seeds": SEEDS[:5]},
        {"film_frames": (0, 2)},
        {"domain": replace(DOMAINS[0], space=DOMAINS[0].space.restrict({"light": 0.1}))},
    ],
)
def test_a_stored_result_of_something_else_is_not_taken(jobs, tmp_path, change):
    evaluate_jobs(jobs[:1], tmp_path, workers=1, progress=False)
    changed = replace(jobs[0], **change)
    evaluate_jobs([changed], tmp_path, workers=1, progress=False)
    stored = json.loads((tmp_path / "greedy.0.clean.json").read_text())
    assert stored["fingerprint"] == changed.fingerprint != jobs[0].fingerprint
    assert len(stored["success"]) == len(changed.episode_seeds)


def test_a_killed_worker_is_named_and_what_was_finished_is_kept(jobs, tmp_path):
    evaluate_jobs(jobs[:1], tmp_path, workers=1, progress=False)
    doomed = replace(jobs[1], open_agent=dial_env.open_doomed)
    with pytest.raises(SimfactorError, match=r"one of 2 worker processes died .* run the same call again"):
        evaluate_jobs([jobs[0], doomed, jobs[2]], tmp_path, workers=2, progress=False)
    assert (tmp_path / "greedy.0.clean.json").exists()
    assert not list(tmp_path.glob("*dusk*"))


def test_stopping_does_not_wait_for_long_episodes(jobs):
    endless = replace(jobs[1], make_env=partial(dial_env.Dial, steps=10**9))
    pool = Pool(2)
    first, episodes = next(pool.run([jobs[0], endless]))
    assert first == jobs[0]
    assert episodes.success.all()
    pool.close()  # would hang here


def test_what_cannot_be_done_is_refused_before_work_starts(jobs, tmp_path):
    unsendable = replace(jobs[0], make_env=lambda space: dial_env.Dial(space))
    with pytest.raises(SimfactorError, match=r"job 'greedy.0.clean' cannot be sent .* use workers=1"):
        evaluate_jobs([unsendable, jobs[1]], tmp_path, workers=2, progress=False)
    with pytest.raises(SimfactorError, match="two jobs have the same agent, training seed and domain"):
        evaluate_jobs([jobs[0], jobs[0]], tmp_path, workers=1, progress=False)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("damage", [lambda text: text[:50], lambda text: text.replace("success", "sucess")])
def test_a_damaged_result_is_named(jobs, tmp_path, damage):
    evaluate_jobs(jobs[:1], tmp_path, workers=1, progress=False)
    path = tmp_path / "greedy.0.clean.json"
    path.write_text(damage(path.read_text()))
    with pytest.raises(SimfactorError, match=r"greedy.0.clean.json is damaged .* delete it and run"):
        evaluate_jobs(jobs[:1], tmp_path, workers=1, progress=False)


def test_training_seeds_are_refused(jobs, tmp_path):
    message = r"episode seeds \[1003\] were used in training; .* from 1030 on"
    with pytest.raises(SimfactorError, match=message):
        evaluate(dial_env.greedy, dial_env.Dial, DOMAINS, SEEDS, training_seeds=[0, 1003], progress=False)
    with pytest.raises(SimfactorError, match=message):
        evaluate_jobs(jobs, tmp_path, training_seeds=[0, 1003], progress=False)
    with pytest.raises(SimfactorError, match="2 episode seeds, 1 distinct"):
        evaluate(dial_env.greedy, dial_env.Dial, DOMAINS, [7, 7], progress=False)


class Unseeded(dial_env.Dial):
    """Goes its own way, as an environment with a generator of its own does."""

    counter = 0

    def reset(self, *, seed=None, options=None):
        Unseeded.counter += 1
        return super().reset(seed=Unseeded.counter)


class Silent(dial_env.Dial):
    def reset(self, *, seed=None, options=None):
        observation, _ = super().reset(seed=seed)
        return observation, {}


class Undecided(dial_env.Dial):
    def step(self, action):
        return *super().step(action)[:4], {"distance": 0.0}


@pytest.mark.parametrize(
    ("env", "message"),
    [
        (Unseeded, "episode seed 1000 starts with target=.* in domain 'clean' but .* in 'dusk'"),
        (Silent, r"info\['factors'\] of reset lacks light, target"),
        (Undecided, r"domain 'clean' gave info with \['distance'\], no 'is_success'"),
        (lambda space: dial_env.Dial(dial_env.FULL), "the environment left domain 'clean': light: value"),
    ],
)
def test_an_environment_that_breaks_the_contract_is_named(env, message):
    with pytest.raises(SimfactorError, match=message):
        evaluate(dial_env.greedy, env, DOMAINS, SEEDS[:5], progress=False)


def test_a_shifted_task_factor_need_not_pair():
    near = transfer_domains(
        dial_env.FULL,
        {**dial_env.POLICY, "target": [-0.5, 0.5]},
        dial_env.ENCODER,
        [Shift("far", {"target": [0.5, 1.0]})],
    )
    results = evaluate(dial_env.greedy, dial_env.Dial, near, SEEDS, progress=False)
    assert (results["far"].rows[:, 1] >= 0.5).all()
    np.testing.assert_array_equal(results["far"].rows[:, 0], results["clean"].rows[:, 0])


def test_the_table_of_a_real_transfer(jobs, tmp_path):
    results = evaluate_jobs(jobs, tmp_path, workers=1, progress=False)
    table = tabulate(DOMAINS, results)["greedy"]
    assert [entry["level"] for entry in table.values()] == ["clean", "ood1", "ood2"]
    assert table["glare"]["gap"] == {"mean": 1, "low": 1, "high": 1, "n": 60, "seeds": 2}
    assert table["dusk"]["return_gap"]["low"] > 0
    assert "gap" not in table["clean"]
