"""Correlations, held-out parts and mixtures of a configuration: in the data set, checked at the door."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml

from simfactor import cli, pipeline
from simfactor.config import Agent, Agents, RunConfig, World, load_config
from simfactor.data import FactorDataset
from simfactor.errors import SimfactorError
from simfactor.pipeline import Plan, make_plan

COUNT, SCORED = 90, 60


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("runs") / "correlated"
    counts = ["--data.count", str(COUNT), "--data.score-count", str(SCORED), "--data.workers", "1"]
    assert cli.main(["generate", "correlated", "--out", str(out), *counts]) == 0
    return out


def columns(dataset: FactorDataset, *names: str) -> list[np.ndarray]:
    rows = dataset.factors()
    return [rows[:, dataset.space.index(name)] for name in names]


def test_the_training_images_are_correlated_and_lack_what_is_held_out(made: Path) -> None:
    dataset = FactorDataset(made / "data")
    shape, color, brightness, robot_y = columns(
        dataset, "object_shape", "object_color", "lighting_intensity", "robot_y"
    )
    assert len(dataset) == COUNT
    assert np.corrcoef(color, brightness)[0, 1] > 0.75
    assert not np.any((shape == 0) & np.isin(color, [0, 3]))
    assert set(shape) == {0, 1, 2}
    assert set(color) == {0, 1, 2, 3}
    assert not np.any((robot_y > 0.05) & (robot_y < 0.15))
    assert robot_y.max() > 0.2


def test_the_scores_images_are_neither(made: Path) -> None:
    dataset = FactorDataset(made / "score-data")
    shape, color, brightness, robot_y = columns(
        dataset, "object_shape", "object_color", "lighting_intensity", "robot_y"
    )
    assert len(dataset) == SCORED
    assert abs(np.corrcoef(color, brightness)[0, 1]) < 0.35
    assert np.any((shape == 0) & np.isin(color, [0, 3]))
    assert np.any((robot_y > 0.05) & (robot_y < 0.15))
    trained = FactorDataset(made / "data").factors()
    assert not np.isin(dataset.factors()[:, 1], trained[:, 1]).any()  # no image comes back


def test_scores_are_drawn_as_the_training_images_unless_asked_otherwise(tmp_path: Path) -> None:
    plan = make_plan(written(tmp_path, {"correlations": [{"factors": ["ee_x", "ee_y"], "strength": 0.5}]}))
    assert plan.score_images == plan.training_images
    assert plan.training_images.count == 7500
    assert plan.encoder_space.correlations == {("ee_x", "ee_y"): 0.5}
    assert not plan.policy_space.correlations  # they are the data set's only


def test_a_part_of_the_images_is_taken_by_an_ideal_camera(tmp_path: Path) -> None:
    part = {"share": 0.3, "sensor": "ideal", "factors": {"table_texture": "wood"}}
    plan = make_plan(written(tmp_path, {"sensor": "any", "mixture": [part]}))
    space = plan.encoder_space
    rows = space.sample(2000, seed=0)
    noise, blur, cloth = (rows[:, space.index(n)] for n in ("iso", "defocus", "table_texture"))
    ideal = noise == 0
    assert abs(ideal.mean() - 0.3) < 0.03
    np.testing.assert_array_equal(blur == 0, ideal)
    assert len(set(cloth[ideal])) == 1 < len(set(cloth[~ideal]))
    assert not plan.policy_space.mixture  # it is the data set's only
    assert not plan.domains[0].space.mixture


BACK_AND_FORTH = [{"factors": pair, "strength": 0.5} for pair in (["ee_x", "ee_y"], ["ee_y", "ee_x"])]
FIXED = {"encoder_support": {"ee_x": 0.4}, "correlations": [{"factors": ["ee_y", "ee_x"], "strength": 0.5}]}
OUTSIDE = {"encoder_support": {"light_elevation": [30, 50]}, "held_out": [{"light_elevation": [60, 65]}]}
NOTHING_LEFT = {
    "encoder_support": {"object_shape": ["cube", "cone"], "table_texture": "wood"},
    "held_out": [{"object_shape": shape, "table_texture": "wood"} for shape in ("cube", "cone")],
}


@pytest.mark.parametrize(
    ("world", "message"),
    [
        (
            {"correlations": [{"factors": ["ee_x"], "strength": 2}]},
            r"world\.correlations\.0\.strength: Input should be less than 1",
        ),
        (
            {"correlations": [{"factors": ["ee_x", "ee_y"], "strenght": 0.5}]},
            r"world\.correlations\.0\.strenght: unknown key 'strenght'; allowed: factors, strength\. Did you",
        ),
        (
            {"correlations": [{"factors": ["ee_x", "eey"], "strength": 0.5}]},
            r"world\.correlations\.0: unknown factor 'eey'",
        ),
        ({"correlations": BACK_AND_FORTH}, r"world\.correlations\.1: ee_y and ee_x are correlated already"),
        (FIXED, r"world\.correlations\.0: ee_x is 0.4 m in all images; widen it"),
        ({"mixture": [{"share": 0.3}]}, r"world\.mixture\.0: a part of a mixture names no factor"),
        ({"mixture": [{"share": 1.3}]}, r"world\.mixture\.0\.share: Input should be less than 1"),
        (
            {"mixture": [{"shar": 0.3}]},
            r"world\.mixture\.0\.shar: unknown key .*Did you mean 'share'",
        ),
        (
            {"mixture": [{"share": 0.3, "sensor": "ideal"}]},
            r"world\.mixture\.0: sensor 'ideal' sets exposure, .* give it a `sensor` that varies them",
        ),
        (
            {"mixture": [{"share": 0.6, "factors": {"ee_x": 0.4}}, {"share": 0.6, "factors": {"ee_y": 0}}]},
            r"world\.mixture\.1: shares of the mixture, 0\.6, 0\.6, add up to 1\.2",
        ),
        ({"held_out": ["cube"]}, r"world\.held_out\.0: Input should be a valid dictionary"),
        ({"held_out": [{}]}, r"world\.held_out\.0: no factor is named"),
        ({"held_out": [{"object_shape": "cub"}]}, r"world\.held_out\.0: object_shape: .*Did you mean 'cube'"),
        (
            {"held_out": [{"object_shape": "cube", "ee_x": [9, 10]}]},
            r"world\.held_out\.0: ee_x: range \[9, 10\] is not inside",
        ),
        (OUTSIDE, r"world\.held_out\.0: .* is outside encoder_support already"),
        (NOTHING_LEFT, r"world\.held_out: held-out combinations leave \(almost\) nothing"),
    ],
)
def test_mistakes_are_named_by_path_before_any_work(tmp_path: Path, world: dict, message: str) -> None:
    with pytest.raises(SimfactorError, match=message):
        make_plan(written(tmp_path, world))


def test_shifts_are_judged_against_what_the_data_set_shows(tmp_path: Path) -> None:
    shifts = {
        "seen": {"level": "ood1", "factors": {"light_azimuth": [60, 120]}},
        "unseen": {"level": "ood2", "factors": {"object_shape": "cube", "table_texture": "brick"}},
    }
    world = {
        "policy_support": {"light_azimuth": [-30, 30], "table_texture": "wood"},
        "held_out": [{"object_shape": "cube", "table_texture": "brick"}],
    }
    plan = make_plan(written(tmp_path, world, shifts))
    assert [domain.level for domain in plan.domains] == ["clean", "ood1", "ood2"]


def test_the_data_set_is_exported_by_a_command(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    counts = ["--data.count", str(COUNT), "--data.score-count", str(SCORED)]
    assert cli.main(["export", "correlated", "--out", str(made), *counts]) == 0
    assert f"written: {made / 'export.npz'}" in capsys.readouterr().out
    with np.load(made / "export.npz") as file:
        np.testing.assert_array_equal(file["latents_values"], FactorDataset(made / "data").factors())
    to = ["--format", "webdataset", "--to", str(made / "tars")]
    assert cli.main(["export", "correlated", "--out", str(made), *counts, *to]) == 0
    assert (made / "tars" / "shard-00000.tar").is_file()
    assert cli.main(["export", "correlated", "--out", str(made), *counts, "--to", str(made / "data")]) == 2
    assert "is no export in format 'npz'" in capsys.readouterr().err


def written(tmp_path: Path, world: dict, shifts: dict | None = None):
    path = tmp_path / "run.yaml"
    path.write_text(yaml.safe_dump({"world": world, "transfer": {"shifts": shifts or {}}}))
    return load_config(path)


def test_a_task_in_another_scene_is_refused_before_any_work(tmp_path: Path) -> None:
    config = RunConfig(out=str(tmp_path / "run"), world=World(space="isaac3d"))
    with pytest.raises(SimfactorError, match=r"'reach' in scene 'tabletop', but world.space is of 'isaac3d'"):
        pipeline.run(config)
    assert not (tmp_path / "run").exists()


def test_a_teacher_must_be_there_and_see_the_truth(tmp_path: Path) -> None:
    def plan(**agents: Agent) -> Plan:
        return make_plan(RunConfig(out=str(tmp_path), agents=Agents(train=agents)))

    student = Agent(teacher="expert")
    with pytest.raises(SimfactorError, match=r"unknown teacher .* 'expert'"):
        plan(student=student, expert=Agent())
    with pytest.raises(SimfactorError, match="observation 'pixels' has no teacher"):
        plan(student=replace(student, observation="pixels"), expert=Agent(observation="state"))
    taught = plan(student=student, expert=Agent(observation="state"))
    with pytest.raises(SimfactorError, match="encoder has no config"):
        taught.make_training_env(student, seed=0)()
