"""A loop of calibration and training: what it leaves, goes on from, refuses, and leaves as it was."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from bench import Bench, space

from simfactor.adaptation import ClosedGap, Round, Status, close_gap, rounds
from simfactor.adaptation.task_errors import mean_share
from simfactor.data import FactorDataset, GroundTruth, generate
from simfactor.encoders import FactorEncoder
from simfactor.errors import SimfactorError
from simfactor.factors import load_space

TRUTH = {"light_intensity": [0.75, 0.9], "camera_azimuth": [6, 11], "table_texture": ["wood"]}


def closed_gap(bench: Bench, out: Path, target: Any, **asked: Any) -> ClosedGap:
    quick = {"rounds": 2, "count": 160, "budget": 12, "pictures": 24, "tolerance": 2, "progress": False}
    training = {"epochs": 3, "batch_size": 32, "learning_rate": 5e-4}
    return close_gap(bench.encoder, bench.data, target, out, **(quick | training | asked))


def same(first: FactorEncoder, second: FactorEncoder) -> bool:
    own, other = first.state_dict(), second.state_dict()
    return own.keys() == other.keys() and all(torch.equal(own[name], other[name]) for name in own)


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("closed") / "out"


@pytest.fixture(scope="module")
def closed(bench: Bench, out: Path) -> ClosedGap:
    closed_gap(bench, out, bench.other(**TRUTH), rounds=1)
    return closed_gap(bench, out, bench.other(**TRUTH))  # goes on


def test_the_gap_falls_and_images_like_the_target_are_read_better(closed: ClosedGap) -> None:
    assert closed.accepted
    assert closed.images == (113, 37)
    assert closed.rounds[1].accepted
    assert closed.kept.gap.value < 0.5 * closed.rounds[0].gap.value
    assert closed.kept.space == closed.space
    assert closed.space["table_texture"].describe() == "wood"
    assert closed.space["camera_azimuth"].low > 0
    assert mean_share(closed.kept.own.after) <= mean_share(closed.kept.own.before)


def test_what_is_left(bench: Bench, closed: ClosedGap, out: Path) -> None:
    assert same(FactorEncoder.from_pretrained(out / "encoder"), closed.encoder)
    assert not same(closed.encoder, bench.encoder)
    assert load_space(out / "space.yaml") == closed.space
    first = out / "round-1"
    assert FactorDataset(first / "data").space == load_space(first / "space.yaml")
    told = json.loads((out / "close_gap.json").read_text())
    assert told["sentence"] == closed.sentence()
    assert told["kept"] == closed.kept.number
    assert tuple(Round.from_dict(own) for own in told["rounds"]) == closed.rounds
    assert told["recipe"]["renderer"] == "raster"


def test_what_is_told_of_it(closed: ClosedGap) -> None:
    lines = closed.table().splitlines()
    assert [line.split()[0] for line in lines] == ["round", *(str(own.number) for own in closed.rounds)]
    sentence = closed.sentence()
    assert sentence.startswith(f"Round {closed.kept.number} is kept: the gap to 37 pictures of the target")
    assert sentence.endswith("whether its pictures are read better is not known.")


def test_what_was_stopped_goes_on(
    bench: Bench, closed: ClosedGap, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: Any, **__: Any) -> Any:
        raise KeyboardInterrupt

    target, again = bench.other(**TRUTH), tmp_path / "again"
    with monkeypatch.context() as patch:
        patch.setattr(rounds, "further_trained", stopped)
        with pytest.raises(KeyboardInterrupt):
            closed_gap(bench, again, target, rounds=1)
    assert not (again / "encoder").exists()
    with monkeypatch.context() as patch:
        patch.setattr(rounds, "calibrate_space", stopped)
        found = closed_gap(bench, again, target, rounds=1)
        assert found.rounds == closed.rounds[:2]
        assert found.sentence().count("It was still falling in the last round that was asked for.") == 1
        patch.setattr(rounds, "generate", stopped)
        patch.setattr(rounds, "further_trained", stopped)
        once_more = closed_gap(bench, again, target, rounds=1)  # all of it is there
        assert once_more.to_dict() == found.to_dict()
        assert same(once_more.encoder, found.encoder)


def test_another_recipe_is_refused(bench: Bench, closed: ClosedGap, out: Path, tmp_path: Path) -> None:
    with pytest.raises(SimfactorError, match=r"holds a loop with other arguments: seed was 0, now 1\. Give"):
        closed_gap(bench, out, bench.other(**TRUTH), seed=1)
    with pytest.raises(SimfactorError, match="other arguments: target was"):
        closed_gap(bench, out, bench.held_out)
    (tmp_path / "note.txt").write_text("mine")
    with pytest.raises(SimfactorError, match="is there already and is not empty"):
        closed_gap(bench, tmp_path, bench.held_out)
    assert [path.name for path in tmp_path.iterdir()] == ["note.txt"]


def test_a_target_of_the_source_is_nothing_to_do(bench: Bench, tmp_path: Path) -> None:
    found = closed_gap(bench, tmp_path, bench.data.images(slice(60)))
    assert found.status is Status.NOTHING_TO_DO
    assert "the gap is zero, there is nothing to do" in found.sentence()
    assert found.space == bench.data.space
    assert same(FactorEncoder.from_pretrained(tmp_path / "encoder"), bench.encoder)


def test_a_target_like_the_source_leaves_all_as_it_was(bench: Bench, tmp_path: Path) -> None:
    found = closed_gap(bench, tmp_path, bench.other(), budget=8)
    assert found.status is Status.REFUSED
    assert found.sentence() == (
        "Nothing is kept, encoder and space are as they were: In round 1 the gap does not fall by more than "
        "its standard error (the pictures tell no range narrower than the source's)."
    )
    assert found.rounds[1].gap == found.rounds[0].gap
    assert found.space == bench.data.space
    assert same(found.encoder, bench.encoder)
    assert not (tmp_path / "round-1" / "data").exists()


def test_an_encoder_that_was_spoilt_is_refused(bench: Bench, tmp_path: Path) -> None:
    found = closed_gap(
        bench, tmp_path, bench.other(**TRUTH), factors="camera", learning_rate=0.5, epochs=1, budget=2
    )
    assert found.status is Status.REFUSED
    assert found.rounds[1].fell
    assert "Round 1 is refused: the mean error on held-out images of the calibrated" in found.sentence()
    assert "times as badly on the source" in found.sentence()
    assert same(found.encoder, bench.encoder)
    assert found.space == bench.data.space


def test_bad_input_is_refused_before_work(bench: Bench, tmp_path: Path) -> None:
    images, out = bench.held_out, tmp_path / "out"

    def refused(match: str, target: Any = images, **asked: Any) -> None:
        with pytest.raises(SimfactorError, match=match):
            closed_gap(bench, out, target, **asked)

    refused(
        r"59 images of the target are too few; give at least 60: 40 to calibrate with, and 20", images[:59]
    )
    refused(r"the target: images have shape \(200, 32, 32, 3\)", images[:, ::2, ::2])
    refused("unknown factor of the encoder 'robot_tint'|none of 'robot_tint' varies", factors="robot_tint")
    refused("count=19 must be a whole number of at least 20", count=19)
    refused("seed=-1 must be a whole number of at least 0", seed=-1)
    refused("budget=1, pictures=24", budget=1)
    refused("rounds=0 must be above 0", rounds=0)
    refused("learning_rate=-1 must be above 0", learning_rate=-1)
    other = generate(space(camera_azimuth=[-5, 13]), tmp_path / "other", 20, workers=1, progress=False)
    with pytest.raises(SimfactorError, match="the encoder was trained with camera_azimuth in"):
        close_gap(bench.encoder, other, images, out)
    blind = FactorEncoder(bench.encoder.space, 64, "vae")
    with pytest.raises(SimfactorError, match="of objective 'vae' reads no factor"):
        close_gap(blind, bench.data, images, out)
    with pytest.raises(SimfactorError, match="only of a data set that `generate` made is known how"):
        close_gap(bench.encoder, GroundTruth, images, out)  # type: ignore[arg-type]
    assert not out.exists()
