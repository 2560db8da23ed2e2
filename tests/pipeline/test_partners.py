"""Encoders that learn from interventions: for every training image one in which a single factor changed."""

import dataclasses
from pathlib import Path

import numpy as np

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
