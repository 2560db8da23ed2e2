"""Encoders that learn from pairs: every training image with one factor changed, or in the canonical world."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import yaml

from simfactor import cli
from simfactor.config import load_config
from simfactor.data import FactorDataset
from simfactor.encoders import FactorEncoder
from simfactor.pipeline.partners import encoder_images
from simfactor.pipeline.plan import make_plan

TINY = Path(__file__).parent / "tiny.yaml"


def test_partners_differ_in_one_factor_and_are_rendered_true(tmp_path: Path) -> None:
    arguments = [str(TINY), "--out", str(tmp_path), "--data.count", "32"]
    assert cli.main(["generate", *arguments]) == 0
    config = load_config(TINY)
    run = dataclasses.replace(
        config,
        out=str(tmp_path),
        data=dataclasses.replace(config.data, count=32),
        encoder=dataclasses.replace(config.encoder, objective="interventional"),
    )
    plan, dataset = make_plan(run), FactorDataset(tmp_path / "data")
    images, rows = encoder_images(plan, dataset)
    assert images.shape == (32, 2, 64, 64, 3)
    np.testing.assert_array_equal(images[:, 0], dataset.images(slice(0, 32)))
    assert ((rows[:, 0] != rows[:, 1]).sum(axis=1) == 1).all()
    assert dataset.space.contains(rows[:, 1]).all()
    with plan.studio.open() as studio:
        np.testing.assert_array_equal(images[:5, 1], studio.images(dataset.space, rows[:5, 1]).rgb)


def test_the_command_trains_on_them(tmp_path: Path) -> None:
    arguments = [str(TINY), "--out", str(tmp_path), "--data.count", "32"]
    assert cli.main(["generate", *arguments]) == 0
    chosen = ["--encoder.objective", "interventional", "--encoder.label-share", "0.5"]
    assert cli.main(["train-encoder", *arguments, *chosen]) == 0
    encoder = FactorEncoder.from_pretrained(tmp_path / "encoder")
    assert encoder.objective == "interventional"
    assert encoder.layout.names[-1] == "residual"


@pytest.fixture
def canonical(tmp_path: Path) -> Path:
    """The tiny run with the objective ``drap``; its one agent sees all latents."""
    content = yaml.safe_load(TINY.read_text())
    content["out"] = str(tmp_path / "run")
    content["encoder"]["objective"] = "drap"
    content["data"].update(count=32, workers=1)
    content["agents"].update(steps=110, train={"latent": {}})
    content["world"]["policy_support"] = {"light_azimuth": [10, 30], "table_texture": "brick"}
    content["transfer"]["shifts"] = {"wood": {"level": "ood1", "factors": {"table_texture": ["wood"]}}}
    file = tmp_path / "drap.yaml"
    file.write_text(yaml.safe_dump(content))
    return file


def test_canonical_partners_are_the_states_in_the_middle_of_the_clean_world(canonical: Path) -> None:
    assert cli.main(["generate", str(canonical)]) == 0
    plan = make_plan(load_config(canonical))
    dataset = FactorDataset(plan.folder / "data")
    images, rows = encoder_images(plan, dataset)
    space, count = dataset.space, plan.run.data.count
    np.testing.assert_array_equal(rows[:, 0], dataset.factors(slice(0, count)))
    np.testing.assert_array_equal(images[:, 0], dataset.images(slice(0, count)))
    shown = space.decode(rows[0, 1])
    assert (shown["light_azimuth"], shown["table_texture"]) == (20, "brick")
    for k, name in enumerate(space.names):
        expected = rows[:, 0, k] if space[name].role == "task" else rows[0, 1, k]
        assert (rows[:, 1, k] == expected).all(), name
    with plan.studio.open() as studio:
        np.testing.assert_array_equal(images[:5, 1], studio.images(space, rows[:5, 1]).rgb)


def test_an_agent_acts_on_the_code_of_canonical_pictures(canonical: Path) -> None:
    folder = Path(load_config(canonical).out)
    for stage in ("generate", "train-encoder"):
        assert cli.main([stage, str(canonical)]) == 0
    encoder = FactorEncoder.from_pretrained(folder / "encoder")
    assert (encoder.objective, encoder.layout.names, encoder.layout.size) == ("drap", ("residual",), 6)
    trained = (folder / "encoder" / "model.safetensors").stat().st_mtime_ns
    for stage in ("train-encoder", "train-agent"):
        assert cli.main([stage, str(canonical)]) == 0
    assert (folder / "encoder" / "model.safetensors").stat().st_mtime_ns == trained
    assert (folder / "agents" / "latent" / "seed-1" / "agent.json").exists()


def test_a_canonical_world_that_is_held_out_is_refused_before_work_starts(
    canonical: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = yaml.safe_load(canonical.read_text())
    content["world"]["held_out"] = [{"light_azimuth": [15, 40], "table_texture": "brick"}]
    canonical.write_text(yaml.safe_dump(content))
    assert cli.main(["generate", str(canonical)]) == 2
    message = capsys.readouterr().err
    assert "world.policy_support (canonical images show its middle): canonical setting: " in message
    assert "light_azimuth 20, table_texture brick is part of a held-out combination" in message
    assert not Path(content["out"]).exists()
    content["encoder"]["objective"] = "ae"
    canonical.write_text(yaml.safe_dump(content))
    make_plan(load_config(canonical))
