"""Agents that are tested with latents of another encoder than they learned on."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml

from simfactor import pipeline
from simfactor.config import RunConfig, load_config
from simfactor.encoders import FactorEncoder
from simfactor.errors import SimfactorError
from simfactor.pipeline import make_plan
from simfactor.pipeline.policies import check_policy, transfer_jobs
from simfactor.transfer import evaluate_jobs

TINY = Path(__file__).parent / "tiny.yaml"
AGENTS = {"task": {"blocks": ["task"]}, "pixels": {"observation": "pixels"}, "own": {"fine_tune": True}}


def config(folder: Path, adapted: dict[str, Any], train: dict[str, Any], **more: Any) -> RunConfig:
    content = yaml.safe_load(TINY.read_text())
    content["agents"] |= {"steps": 104, "train": train}
    content["transfer"] |= {"adapted": adapted, "shifts": {}, "workers": 1}
    content["encoder"] |= more
    content["out"] = str(folder / "run")
    (folder / "adapted.yaml").write_text(yaml.safe_dump(content, sort_keys=False))
    return load_config(folder / "adapted.yaml")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A trained agent on latents of the task, and beside its encoder a copy and one that sees nothing."""
    made = tmp_path_factory.mktemp("adapted")
    run = config(made, {}, {"task": AGENTS["task"]})
    for stage in (pipeline.generate, pipeline.train_encoder, pipeline.train_agent):
        stage(run)
    shutil.copytree(made / "run" / "encoder", made / "copy")
    blind = FactorEncoder.from_pretrained(made / "copy")
    with torch.no_grad():
        for weights in blind.parameters():
            weights.zero_()
    blind.save_pretrained(made / "blind")
    return made


def adapted(folder: Path, name: str) -> dict[str, Any]:
    return {name: {"agent": "task", "encoder": str(folder / name)}}


def test_only_what_reads_the_images_is_another(folder: Path) -> None:
    plan = make_plan(
        config(folder, adapted(folder, "copy") | adapted(folder, "blind"), {"task": AGENTS["task"]})
    )
    assert list(plan.tested) == ["task", "copy", "blind"]
    for tested in plan.tested.values():
        check_policy(plan, tested, 1)
    jobs = [job for name in plan.tested for job in transfer_jobs(plan, name)]
    results = evaluate_jobs(jobs, folder / "episodes", workers=1, progress=False)
    task, copy, blind = (results[name][1]["clean"] for name in plan.tested)
    np.testing.assert_array_equal(copy.returns, task.returns)
    np.testing.assert_array_equal(blind.rows, task.rows)  # the same starts
    assert (blind.returns != task.returns).all()


def test_the_stage_tests_and_tabulates_them(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = config(folder, adapted(folder, "blind"), {"task": AGENTS["task"]})
    table = pipeline.transfer(run)
    assert list(table) == ["task", "blind"]
    assert "blind" in capsys.readouterr().out


def test_its_latents_must_mean_the_same(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder / "run", tmp_path / "run")
    shutil.rmtree(tmp_path / "run" / "encoder")
    pipeline.train_encoder(config(tmp_path, {}, {"task": AGENTS["task"]}, residual=2))
    wider = tmp_path / "run" / "encoder"
    named = {"wider": {"agent": "task", "encoder": str(wider)}}
    plan = make_plan(config(folder, named, {"task": AGENTS["task"]}))
    with pytest.raises(SimfactorError, match="another layout than the one that the agents learned on"):
        check_policy(plan, plan.tested["wider"], 1)


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ({"task": {"agent": "task", "encoder": "copy"}}, r"adapted\.task: an agent of this name is trained"),
        ({"new": {"agent": "taks", "encoder": "copy"}}, r"unknown agent 'taks'.* Did you mean 'task'\?"),
        ({"new": {"agent": "pixels", "encoder": "copy"}}, "'pixels' sees pixels, and through no encoder"),
        (
            {"new": {"agent": "own", "encoder": "copy"}},
            "'own' sees pixels, and through no encoder",
        ),
    ],
)
def test_who_cannot_see_through_another_encoder_is_named(
    tmp_path: Path, named: dict[str, Any], message: str
) -> None:
    with pytest.raises(SimfactorError, match=message):
        make_plan(config(tmp_path, named, AGENTS))
