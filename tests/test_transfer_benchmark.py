"""The benchmark of agents under shift: every contender can be planned, and the table keeps its promises."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "benchmarks"))

from matrix.contenders import CONTENDERS, EVERYONE, GROUPS_OF_AGENTS
from matrix.learning import speed
from matrix.study import PROBES, Study, gather, probe
from matrix.table import as_markdown, single, summary, wins
from matrix.tuning import SEED, as_lines, settings

from simfactor.agents import Dagger, Sac
from simfactor.agents.agent import MODEL
from simfactor.encoders.pretrained import WEIGHTS
from simfactor.pipeline import make_plan
from simfactor.transfer import Episodes

SEEDS, EPISODES = range(2), 8


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return Study(tmp_path_factory.mktemp("study"), EVERYONE)


def test_every_contender_can_be_planned_and_tested_under_the_same_shifts(study: Study) -> None:
    plans = study.plans(SEEDS)
    planned = [(plan.run.seed, name) for plan, names in plans for name in names]
    assert sorted(planned) == sorted((seed, name) for seed in SEEDS for name in EVERYONE)
    assert all(plan.domains == study.domains for plan, _ in plans)
    assert all(set(names) <= set(plan.run.agents.train) for plan, names in plans)
    assert len(EVERYONE) == len(CONTENDERS) + sum(len(group) for group in GROUPS_OF_AGENTS.values())
    assert study.jobs(SEEDS) == []
    assert gather(study, SEEDS) == {}


def test_encoders_come_after_those_they_learn_from(study: Study) -> None:
    assert study.encoders.index("dae") < study.encoders.index("darla")
    assert Study(study.out, {"state": EVERYONE["state"]}).encoders == ()


def test_every_contender_has_the_same_search() -> None:
    for name, contender in EVERYONE.items():
        tried = list(settings(contender).values())
        assert len(tried) == 3 * (2 if contender.encoder in {"darla", "ae-keypoints"} else 1), name
        assert contender.encoder in {trial.encoder for trial in tried}
        assert {trial.agent.learning_rate for trial in tried} == {3e-3, 1e-3, 3e-4}
        kept = {replace(trial.agent, learning_rate=None) for trial in tried}
        assert kept == {replace(contender.agent, learning_rate=None)}
        assert tried[0].agent.learning_rate == Sac().learning_rate == Dagger().learning_rate
    assert as_lines({"a": {"x": 0.5, "y": 0.9}}) == "a: y (x 0.50, y 0.90)"


def test_settings_are_searched_for_in_the_clean_world_only(study: Study) -> None:
    tuned = replace(study, clean_only=True, contenders={"state": EVERYONE["state"]})
    ((plan, _),) = tuned.plans([SEED])
    folder = plan.agent_folder("state", SEED)
    folder.mkdir(parents=True)
    (folder / MODEL).touch()
    assert [job.domain.name for job in tuned.jobs([SEED])] == ["clean"]
    assert len(replace(tuned, clean_only=False).jobs([SEED])) == len(study.domains)
    assert SEED not in SEEDS


def test_the_table_has_an_iqm_for_every_shift_and_names_the_worst(study: Study) -> None:
    domains = study.domains
    shifts = [*single(domains, "ood1"), *single(domains, "ood2")]
    assert not {"lighting-1", "everything-2"} & set(shifts)

    def episodes(name: str) -> Episodes:
        success = np.arange(EPISODES) < (2 if name == "camera_azimuth-1" else 6 if name != "clean" else 8)
        numbers = np.arange(EPISODES)
        return Episodes(name, numbers, success, success - 1.0, numbers, numbers[:, None].astype(float))

    results = {"state": {seed: {d.name: episodes(d.name) for d in domains} for seed in SEEDS}}
    found = summary(domains, results, EVERYONE)["state"]
    success = found["table_texture-2"]["success"]
    assert {"iqm", "low", "high", "seeds", "episodes"} <= set(success)
    assert (success["iqm"], success["seeds"], success["episodes"]) == (0.75, 2, 16)
    assert found["worst"]["ood1"] == {"shift": "camera_azimuth-1", "kept": 0.25}
    assert found["overall"]["ood2"]["iqm"]["mean"] == 0.75
    count = len(single(domains, "ood1"))
    assert found["overall"]["ood1"]["mean"]["mean"] == pytest.approx(((count - 1) * 0.75 + 0.25) / count)
    learning = {"state": {"cpu_seconds": 12.3, "learned_steps": None}}
    line = as_markdown({"state": found}, learning, ["clean"]).splitlines()[-1]
    assert line.startswith("| state | 1.00 |")
    assert line.endswith("| 2 | 12 | never |")


def test_a_probe_is_kept_as_long_as_its_encoder(study: Study) -> None:
    folder = make_plan(study.run(0, "supervised")).folder / "encoder"
    folder.mkdir(parents=True)
    (folder / WEIGHTS).write_bytes(b"weights")
    wanted = [("supervised", 0)]
    assert probe(study, wanted, stored_only=True) == {}
    (study.out / PROBES).mkdir()
    (study.out / PROBES / "supervised.0.json").write_text('{"fingerprint": "of another", "scores": {}}')
    assert probe(study, wanted, stored_only=True) == {}


def test_a_baseline_that_wins_is_told() -> None:
    def agent(mean: float, low: float, high: float) -> dict:
        return {"shift": {"success": {"mean": mean, "low": low, "high": high}}}

    found = {"ours": agent(0.8, 0.7, 0.85), "a": agent(0.82, 0.75, 0.9), "b": agent(0.7, 0.6, 0.8)}
    assert wins(found, "ours", ["a", "b", "absent"], ["shift"]) == ["shift: a 0.82, ahead of 0.80"]
    found["b"] = agent(0.95, 0.9, 0.99)
    assert wins(found, "ours", ["a", "b"], ["shift"]) == ["shift: b 0.95, clearly ahead of 0.80"]
    assert wins(found, "b", ["ours", "a"], ["shift"]) == []


def test_when_a_contender_could_do_its_task(study: Study) -> None:
    (plan, _), *_ = Study(study.out, {"state": EVERYONE["state"]}).plans(range(1))
    folder = plan.agent_folder("state", 0)
    folder.mkdir(parents=True)
    lines = [f"{10 * i},-1,10,{int(i > 30)},{i / 2:.2f}" for i in range(1, 101)]
    (folder / "curve.csv").write_text("\n".join(["header", *lines]) + "\n")
    found = speed(Study(study.out, {"state": EVERYONE["state"]}), range(1))
    # of episodes 30 to 49, which are 20, nineteen succeeded
    assert found == {"state": {"cpu_seconds": 50.0, "learned_steps": 490.0, "learned_cpu_seconds": 24.5}}
