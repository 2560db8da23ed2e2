"""The benchmark of agents under shift: every contender can be planned, and the table keeps its promises."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "benchmarks"))

from matrix import records
from matrix.ablation import ablation, ablation_as_markdown
from matrix.contenders import CONTENDERS, ENCODERS, EVERYONE, GROUPS_OF_AGENTS, PARTS, Contender
from matrix.gain_picture import ablation_matrix, gain_matrix
from matrix.gains import as_text, by_group, gains, gains_as_markdown
from matrix.learning import Learning, learning, medians
from matrix.records import Outcome, probe, probes, record, recorded, unprobed, unrecorded
from matrix.study import EPISODES as EPISODES_FOLDER
from matrix.study import Study
from matrix.table import apart, as_markdown, single, summary, wins
from matrix.tuning import SEED, as_lines, settings
from transfer import ranked

from simfactor.agents import Dagger, Sac
from simfactor.agents.agent import MODEL
from simfactor.encoders import FactorEncoder
from simfactor.pipeline import make_plan
from simfactor.transfer import Episodes, Job
from simfactor.transfer.evaluate import evaluate_with

SEEDS, EPISODES = range(2), 8
SLOWER = {"state": Contender(replace(EVERYONE["state"].agent, learning_rate=1e-5))}


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    folder = tmp_path_factory.mktemp("study")
    return Study(folder, EVERYONE, results=folder / "results")


def test_every_contender_can_be_planned_and_tested_under_the_same_shifts(study: Study) -> None:
    plans = study.plans(SEEDS)
    planned = [(plan.run.seed, name) for plan, names in plans for name in names]
    assert sorted(planned) == sorted((seed, name) for seed in SEEDS for name in EVERYONE)
    assert all(plan.domains == study.domains for plan, _ in plans)
    assert all(set(names) <= set(plan.run.agents.train) for plan, names in plans)
    assert len(EVERYONE) == len(CONTENDERS) + sum(len(group) for group in GROUPS_OF_AGENTS.values())
    assert study.jobs(SEEDS) == []
    assert recorded(study, SEEDS) == {}


def test_encoders_are_ranked_by_the_mean_of_the_agents_that_see_through_them(study: Study) -> None:
    domains = study.domains
    shifts = [*single(domains, "ood1"), *single(domains, "ood2")]

    def outcome(rate: float) -> Outcome:
        flags = np.arange(10) < 10 * rate
        return Outcome({domain.name: flags for domain in domains}, Learning(1.0, None, None))

    scores = {
        "supervised": {0: dict.fromkeys(shifts, 0.9), 1: dict.fromkeys(shifts, 0.8)},
        "darla": {0: dict.fromkeys(shifts, 0.4)},
    }
    outcomes = {
        "ours-task": {0: outcome(1.0), 1: outcome(0.8)},
        "ours-all": {0: outcome(0.6)},
        "fine-tuned": {0: outcome(0.0)},  # does not see through it as it is
        "darla": {0: outcome(0.1), 1: outcome(0.9)},  # the latter's encoder was not probed
        "pixels": {0: outcome(0.5)},
    }
    found = ranked(study, outcomes, scores, domains)
    np.testing.assert_allclose(found["pairs"], [(0.9, 0.8), (0.8, 0.8), (0.4, 0.1)])
    assert found["rank_correlation"]["n"] == 3


def test_gains_are_of_the_same_trainings_by_the_group_that_a_shift_moves(study: Study) -> None:
    domains = study.domains
    groups = by_group(domains)
    assert groups["lighting"]["ood2"] == [
        f"{name}-2"
        for name in (
            "light_azimuth",
            "light_elevation",
            "light_intensity",
            "light_temperature",
            "ambient_share",
        )
    ]
    assert groups["pose"]["ood1"] == ["object_place-1"]
    *_, (lighting, _), (everything, names) = groups.items()
    assert (lighting, everything) == ("lighting at once", "everything at once")
    assert names == {"ood1": ["everything-1"], "ood2": ["everything-2"]}
    alone = groups["single"]["ood1"]
    assert alone == single(domains, "ood1")
    assert sorted(n for group in list(groups)[1:-2] for n in groups[group]["ood1"]) == sorted(alone)

    def outcome(better: str, count: int) -> Outcome:
        flags = {d.name: np.arange(10) < (count if d.name == better else 5) for d in domains}
        return Outcome(flags, Learning(1.0, None, None))

    outcomes = {
        "ours-resample": {0: outcome("robot_tint-1", 9), 1: outcome("robot_tint-1", 9), 2: outcome("", 0)},
        "ours-swap": {5: outcome("", 0)},
        "ours-all": {0: outcome("robot_tint-1", 5), 1: outcome("robot_tint-1", 5)},
    }
    found = gains(domains, outcomes, "ours-all")
    assert list(found) == ["ours-all", "ours-resample"]
    gain = found["ours-resample"]["color"]["ood1"]
    assert (gain["mean"], gain["seeds"]) == (pytest.approx(0.2), 2)  # 0.4 of one of two shifts
    assert found["ours-resample"]["color"]["ood2"]["mean"] == 0
    assert found["ours-all"]["color"]["ood1"]["mean"] == 0.5
    first, second = gains_as_markdown(found).splitlines()[2:]
    assert first.startswith("| ours-all | 0.50 / 0.50 |")
    assert "| **+0.20** / +0.00 |" in second
    assert second.endswith("| 2 |")
    assert as_text({"mean": -0.001}) == "+0.00"
    assert bluest(gain_matrix(found)) > 60 > bluest(gain_matrix({"ours-all": found["ours-all"]}))


def test_an_ablation_compares_each_augmentation_with_the_agent_without_it(study: Study) -> None:
    domains = study.domains

    def outcome(count: int, **better: int) -> Outcome:
        flags = {d.name: np.arange(10) < better.get(d.name.replace("-", "_"), count) for d in domains}
        return Outcome(flags, Learning(1.0, None, None))

    trainings = {
        "ours-all": outcome(5),
        "ours-swap": outcome(5, everything_1=9),
        "ours-drop-residual": outcome(6),
        "ours-mix-lighting": outcome(5, light_azimuth_1=10, lighting_2=8, robot_tint_1=0),
        "pixels-shift": outcome(2),
        "pixels-rerender-color": outcome(2, robot_tint_1=4),
        "state": outcome(10),
    }
    found = ablation(domains, {name: {0: one} for name, one in trainings.items()})
    means = {
        (kind, name): (round(entry["ood1"]["mean"], 6), round(entry["ood2"]["mean"], 6))
        for kind, rows in found.items()
        for name, entry in rows.items()
    }
    assert means == {
        ("swap", "all"): (0, 0),
        ("swap", "all at once"): (0.4, 0),
        ("drop", "residual"): (0.1, 0.1),
        ("mix", "lighting"): (0.1, 0),  # one of five by 0.5; what it costs elsewhere is not its own
        ("mix", "lighting at once"): (0, 0.3),
        ("rerender", "color"): (0.1, 0),
    }
    lines = ablation_as_markdown(found).splitlines()
    assert lines[0] == "| changed | swap | mix | drop | rerender |"
    assert lines[3] == "| all at once | **+0.40** / +0.00 (1) |  |  |  |"
    assert bluest(ablation_matrix(found)) > 60
    assert ablation(domains, {"ours-swap": {0: outcome(1)}, "ours-all": {1: outcome(1)}}) == {}


def test_the_ablation_has_every_augmentation_and_whom_to_compare_it_with() -> None:
    assert set(GROUPS_OF_AGENTS["ablation"]) == PARTS.keys() - CONTENDERS.keys()
    for name, part in PARTS.items():
        agent, plain = EVERYONE[name].agent, EVERYONE[part.against].agent
        assert replace(agent, augment=(), image_augment=()) == replace(plain, augment=(), image_augment=())
        changes = (*agent.augment, *agent.image_augment)
        assert changes[-1].kind == part.kind
        assert len(changes) == len(plain.image_augment) + 1


def bluest(png: bytes) -> int:
    """How much more blue than red the bluest pixel of a picture has."""
    blue, _, red = cv2.split(cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR).astype(int))
    return int((blue - red).max())


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

    def success(name: str) -> np.ndarray:
        return np.arange(EPISODES) < (2 if name == "camera_azimuth-1" else 6 if name != "clean" else 8)

    outcome = Outcome({d.name: success(d.name) for d in domains}, Learning(12.3, None, None))
    results = {"state": dict.fromkeys(SEEDS, outcome)}
    found = summary(domains, results, EVERYONE)["state"]
    entry = found["table_texture-2"]["success"]
    assert {"iqm", "low", "high", "seeds", "episodes"} <= set(entry)
    assert (entry["iqm"], entry["seeds"], entry["episodes"]) == (0.75, 2, 16)
    assert found["worst"]["ood1"] == {"shift": "camera_azimuth-1", "kept": 0.25}
    assert found["overall"]["ood2"]["iqm"]["mean"] == 0.75
    count = len(single(domains, "ood1"))
    assert found["overall"]["ood1"]["mean"]["mean"] == pytest.approx(((count - 1) * 0.75 + 0.25) / count)
    line = as_markdown({"state": found}, ["clean"]).splitlines()[-1]
    assert line.startswith("| state | 1.00 |")
    assert line.endswith("| 2 | 12 | never |")


def test_trainings_that_end_far_apart_are_told() -> None:
    def of(*rates: float) -> dict[str, dict[str, dict[str, list[float]]]]:
        return {"clean": {"success": {"by_seed": list(rates)}}}

    found = {"pixels": of(0.86, 0.27, 0.5), "near": of(0.9, 1.0), "one": of(0.3)}
    assert apart(found) == ["pixels 0.27, 0.50, 0.86"]


class Finished:
    """A tester that has the same three episodes for every job."""

    success = np.array([True, False, True])

    def run(self, jobs: Sequence[Job]) -> Iterator[tuple[Job, Episodes]]:
        numbers = np.arange(3)
        for job in jobs:
            rows = np.zeros((3, len(job.domain.space.names)))
            yield job, Episodes(job.domain.name, numbers, self.success, numbers - 1.0, numbers, rows)

    def close(self) -> None: ...


def test_what_is_recorded_is_not_done_again_and_counts_for_its_own_settings_only(tmp_path: Path) -> None:
    everyone = {"state": EVERYONE["state"], "pixels": EVERYONE["pixels"]}
    study = Study(tmp_path, everyone, results=tmp_path / "results")
    folder = study.plans([0])[0][0].agent_folder("state", 0)
    folder.mkdir(parents=True)
    (folder / MODEL).touch()
    (folder / "curve.csv").write_text("header\n10,-1,10,1,0.5\n")
    record(study, 0)
    assert recorded(study, [0]) == {}
    evaluate_with(Finished(), study.jobs([0]), tmp_path / EPISODES_FOLDER)
    record(study, 0)
    (kept,) = recorded(study, [0, 1])["state"].values()
    assert kept.success.keys() == {domain.name for domain in study.domains}
    assert kept.success["everything-2"].tolist() == Finished.success.tolist()
    assert kept.learning == Learning(0.5, None, None)
    assert list(unrecorded(study, 0).contenders) == ["pixels"]
    assert list(unrecorded(study, 1).contenders) == ["state", "pixels"]
    for other in (replace(study, steps=1), replace(study, episodes=3), replace(study, contenders=SLOWER)):
        assert recorded(other, [0]) == {}
    moved = replace(study, out=tmp_path / "elsewhere", workers=1)
    assert recorded(moved, [0]).keys() == {"state"}


def test_a_probe_that_is_missing_is_made_whatever_else_is_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("state", "ours-task", "ours-all")
    study = Study(tmp_path, {n: EVERYONE[n] for n in names}, results=tmp_path / "results")
    assert list(unprobed(study, 0).contenders) == ["ours-task", "ours-all"]
    FactorEncoder(study.domains[0].space, 64).save_pretrained(
        make_plan(study.run(0, "supervised")).encoder_folder
    )
    monkeypatch.setattr(records, "probe_domains", lambda encoder, _: {"clean": float(encoder.image_size)})
    probe(unprobed(study, 0), 0)
    assert unprobed(study, 0).contenders == {}
    assert list(unprobed(study, 1).contenders) == ["ours-task", "ours-all"]
    trained = {name: {0: Outcome({}, Learning(0.5, None, None))} for name in names}
    assert probes(study, trained) == {"supervised": {0: {"clean": 64.0}}}


def test_the_recipe_of_an_encoder_has_the_one_it_learns_from(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {name: study.recipe(0, name) for name in ENCODERS}
    assert len(set(before.values())) == len(ENCODERS)
    monkeypatch.setitem(ENCODERS, "dae", replace(ENCODERS["dae"], epochs=1))
    assert {n for n in ENCODERS if study.recipe(0, n) != before[n]} == {"dae", "darla", "darla-keypoints"}
    assert study.recipe(1, "ae") != before["ae"]


def test_a_baseline_that_wins_is_told() -> None:
    def agent(mean: float, low: float, high: float) -> dict:
        return {"shift": {"success": {"mean": mean, "low": low, "high": high}}}

    found = {"ours": agent(0.8, 0.7, 0.85), "a": agent(0.82, 0.75, 0.9), "b": agent(0.7, 0.6, 0.8)}
    assert wins(found, "ours", ["a", "b", "absent"], ["shift"]) == ["shift: a 0.82, ahead of 0.80"]
    found["b"] = agent(0.95, 0.9, 0.99)
    assert wins(found, "ours", ["a", "b"], ["shift"]) == ["shift: b 0.95, clearly ahead of 0.80"]
    assert wins(found, "b", ["ours", "a"], ["shift"]) == []


def test_when_a_contender_could_do_its_task(tmp_path: Path) -> None:
    lines = [f"{10 * i},-1,10,{int(i > 30)},{i / 2:.2f}" for i in range(1, 101)]
    (tmp_path / "curve.csv").write_text("\n".join(["header", *lines]) + "\n")
    found = learning(tmp_path)
    # of episodes 30 to 49, which are 20, nineteen succeeded
    assert found == Learning(cpu_seconds=50.0, learned_steps=490.0, learned_cpu_seconds=24.5)
    never, late = Learning(60.0, None, None), Learning(70.0, 500.0, 30.0)
    assert medians([found, never, late]) == Learning(60.0, 500.0, 30.0)
    assert medians([found, never, never]) == never
