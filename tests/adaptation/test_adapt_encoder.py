"""Encoders adapted to another camera, judged by labels that no method saw; and refusals."""

import copy
import json
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
import torch
from task_bench import HELD_OUT, TRAINED, TaskBench

from simfactor.adaptation import AdaptedEncoder, Judgement, Status, TaskError, adapt_encoder
from simfactor.adaptation.guard import objections
from simfactor.adaptation.methods import METHODS
from simfactor.adaptation.methods.moments import corrected_layers, matched
from simfactor.adaptation.methods.self_training import inconsistency
from simfactor.adaptation.task_errors import error_of, mean_share, task_errors
from simfactor.cli import main
from simfactor.cli.reality_options import MethodName
from simfactor.data import save_png
from simfactor.encoders import FactorEncoder
from simfactor.encoders.model import to_pixels
from simfactor.errors import SimfactorError
from simfactor.factors import Angle, Categorical, Continuous


def adapt(bench: TaskBench, out: Path, target: Any = None, **asked: Any) -> AdaptedEncoder:
    quick = {"epochs": 3, "batch_size": 32, "progress": False}
    return adapt_encoder(
        bench.encoder, bench.data, bench.target if target is None else target, out, **(quick | asked)
    )


def error(bench: TaskBench, encoder: FactorEncoder) -> float:
    return mean_share(task_errors(encoder, bench.target, bench.rows()))


def same(first: FactorEncoder, second: FactorEncoder) -> bool:
    own, other = first.state_dict(), second.state_dict()
    return own.keys() == other.keys() and all(torch.equal(own[name], other[name]) for name in own)


def test_the_target_is_read_better_without_its_labels(task_bench: TaskBench, tmp_path: Path) -> None:
    found = adapt(task_bench, tmp_path / "out", augment=False)
    control = adapt(task_bench, tmp_path / "control", augment=False, weight=0)
    assert found.accepted
    assert found.images == (225, 75)
    assert error(task_bench, found.encoder) < 0.7 * error(task_bench, task_bench.encoder)
    assert error(task_bench, found.encoder) < 0.8 * error(task_bench, control.encoder)
    assert found.after.gap < 0.9 * found.before.gap
    assert found.after.target is None
    assert "whether it is read better is not known" in found.sentence()
    opened = FactorEncoder.from_pretrained(tmp_path / "out")
    assert same(opened, found.encoder)
    assert not same(opened, task_bench.encoder)
    told = json.loads((tmp_path / "out" / "adaptation.json").read_text())
    assert told["status"] == "accepted"
    assert told["before"]["source"]["target_x"]["unit"] == "m"


def test_an_adaptation_that_spoils_the_readings_is_refused(task_bench: TaskBench, tmp_path: Path) -> None:
    found = adapt(task_bench, tmp_path / "out", method="coral", learning_rate=0.3, epochs=1)
    assert found.status is Status.REFUSED
    assert found.after.source["target_x"].error > 2 * found.before.source["target_x"].error
    assert found.sentence().startswith("Refused, the old weights are kept: target_x is read ")
    assert same(found.encoder, task_bench.encoder)
    assert same(FactorEncoder.from_pretrained(tmp_path / "out"), task_bench.encoder)


def test_statistics_of_channels_are_the_sources_again(task_bench: TaskBench) -> None:
    encoder, source = copy.deepcopy(task_bench.encoder), task_bench.data.images(slice(TRAINED))
    matched(encoder, source, source)
    pixels = to_pixels(torch.from_numpy(source[:8]))
    torch.testing.assert_close(encoder.latents(pixels), task_bench.encoder.latents(pixels), rtol=0, atol=1e-3)
    matched(encoder, source, task_bench.target)
    last = corrected_layers(encoder)[-1]
    seen: dict[str, torch.Tensor] = {}
    for name, model, images in (
        ("source", task_bench.encoder, source),
        ("target", encoder, task_bench.target),
    ):
        layer = last if model is encoder else corrected_layers(model)[-1]
        hook = layer.register_forward_hook(lambda _, __, output, name=name: seen.update({name: output}))
        with torch.no_grad():
            model.encoder(to_pixels(torch.from_numpy(images)))
        hook.remove()
    alive = seen["source"].std(dim=0) > 0.05
    assert alive.sum() > 20
    for moment in (torch.mean, torch.std):
        own, other = (moment(seen[name], dim=0)[alive] for name in ("source", "target"))
        torch.testing.assert_close(own, other, rtol=0.02, atol=0.02)


def test_statistics_give_up_the_source_for_the_target(task_bench: TaskBench, tmp_path: Path) -> None:
    assert adapt(task_bench, tmp_path / "refused", method="statistics").status is Status.REFUSED
    found = adapt(task_bench, tmp_path / "out", method="statistics", tolerance=20)
    assert found.accepted
    assert error(task_bench, found.encoder) < 0.85 * error(task_bench, task_bench.encoder)


def test_few_labels_are_learned_from_and_others_judge(task_bench: TaskBench, tmp_path: Path) -> None:
    rows = np.full_like(task_bench.rows(), np.nan)
    rows[::6] = task_bench.rows()[::6]
    found = adapt(task_bench, tmp_path / "out", method="fourier", target_rows=rows, tolerance=3)
    assert found.accepted
    assert found.after.target["target_x"].error < 0.8 * found.before.target["target_x"].error
    assert "by labelled images of the target: mean error in shares of the range" in found.sentence()
    assert "target  target_x" in found.table()
    assert error(task_bench, found.encoder) < 0.8 * error(task_bench, task_bench.encoder)


def test_what_is_known_of_an_image_is_learned_from(task_bench: TaskBench, tmp_path: Path) -> None:
    space = task_bench.encoder.space
    x, light = space.index("target_x"), space.index("light_intensity")
    rows = np.full_like(task_bench.rows(), np.nan)
    rows[::4, x] = task_bench.rows()[::4, x]  # as of a robot, which knows where it is but not the light
    found = adapt(task_bench, tmp_path / "out", target_rows=rows, weight=0, tolerance=3)
    assert found.before.target is not None
    assert found.before.target.keys() == {"target_x"}
    control = adapt(task_bench, tmp_path / "control", weight=0, tolerance=3)
    errors = [
        task_errors(one.encoder, task_bench.target, task_bench.rows())["target_x"].error
        for one in (found, control)
    ]
    assert errors[0] < 0.8 * errors[1]
    rows[:, x], rows[::4, light] = np.nan, task_bench.rows()[::4, light]
    found = adapt(task_bench, tmp_path / "light", target_rows=rows, weight=0, tolerance=3)
    assert found.before.target is None  # nothing of the task to judge by
    assert "whether it is read better is not known" in found.sentence()


def test_an_error_that_grows_is_an_objection() -> None:
    before = Judgement({"x": TaskError(0.02, 0.04, "m")}, {"x": TaskError(0.1, 0.2, "m")}, 0.5)
    assert objections(before, before, 1.3) == ()
    source = replace(before, source={"x": TaskError(0.03, 0.06, "m")})
    assert objections(before, source, 1.3) == (
        "x is read 1.5 times as badly on the source (0.02 to 0.03 m), more than 1.3 times",
    )
    assert objections(before, source, 1.6) == ()
    target = replace(before, target={"x": TaskError(0.11, 0.22, "m")})
    assert "the mean error on labelled images of the target grew" in objections(before, target, 1.3)[0]
    slight = replace(before, source={"x": TaskError(0.0, 0.001, "m")})
    assert objections(slight, replace(slight, source={"x": TaskError(0.0, 0.009, "m")}), 1.3) == ()
    unreadable = replace(before, source={"x": TaskError(np.nan, np.nan, "m")})
    assert len(objections(before, unreadable, 1.3)) == 1


def test_a_student_learns_to_agree_with_its_teacher_in_another_light(task_bench: TaskBench) -> None:
    heads, pixels = task_bench.encoder.heads, to_pixels(torch.from_numpy(task_bench.target[:16]))
    with torch.no_grad():
        own = task_bench.encoder.posterior(pixels)
    assert float(inconsistency(heads, own, own)) == 0
    moved = own._replace(outputs=own.outputs + 0.1)
    # two task factors, each 0.1^2 over 1/3; light is no longer what it was in another light
    assert float(inconsistency(heads, own, moved)) == pytest.approx(2 * 0.01 * 3, rel=1e-3)


def test_self_training_is_the_same_for_one_seed(task_bench: TaskBench, tmp_path: Path) -> None:
    first, second = (
        adapt(task_bench, tmp_path / str(k), method="self_training", epochs=1, tolerance=9) for k in range(2)
    )
    assert same(first.encoder, second.encoder)
    assert first.to_dict() == second.to_dict()


def test_the_command(task_bench: TaskBench, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data, encoder = str(task_bench.folder / "data"), str(task_bench.folder / "encoder")
    out = tmp_path / "deep" / "out"
    command = ["adapt-encoder", data, data, "--encoder", encoder, "--out", str(out)]
    assert main([*command, "--held-out", str(HELD_OUT)]) == Status.NOTHING_TO_DO
    assert "there is nothing to adapt to, and the encoder is unchanged" in capsys.readouterr().out
    assert same(FactorEncoder.from_pretrained(out), task_bench.encoder)
    assert [path.name for path in out.parent.iterdir()] == ["out"]
    assert main(command) == 2
    assert "is there already and is not empty" in capsys.readouterr().err
    others = str(task_bench.folder / "others")
    command = ["adapt-encoder", data, others, "--encoder", encoder, "--out", str(tmp_path / "few")]
    assert main([*command, "--method", "statistics", "--labels", "40"]) in (Status.ACCEPTED, Status.REFUSED)
    assert "target  target_x" in capsys.readouterr().out
    assert main([*command[:-1], str(tmp_path / "more"), "--labels", "400"]) == 2
    assert main([*command[:-1], str(tmp_path / "more"), "--table", "labels.csv"]) == 2
    assert "is a data set and has its own labels" in capsys.readouterr().err
    assert get_args(MethodName) == tuple(METHODS)


def test_the_command_with_a_table_of_what_is_known(
    task_bench: TaskBench, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    photos, table = tmp_path / "photos", tmp_path / "labels.csv"
    photos.mkdir()
    places = task_bench.rows()[:, task_bench.encoder.space.index("target_x")]
    lines = ["file,target_x"]
    for k, picture in enumerate(task_bench.target[:100]):
        save_png(photos / f"{k:03}.png", picture)
        lines.append(f"{k:03}.png,{places[k] if k % 5 == 0 else ''}")
    table.write_text("\n".join(lines))
    data, encoder = str(task_bench.folder / "data"), str(task_bench.folder / "encoder")
    command = ["adapt-encoder", data, str(photos), "--encoder", encoder, "--table", str(table)]
    command += ["--weight", "0", "--epochs", "2", "--tolerance", "9", "--held-out", str(HELD_OUT)]
    assert main([*command, "--out", str(tmp_path / "out")]) == Status.ACCEPTED
    told = capsys.readouterr().out
    assert "target  target_x" in told
    assert "target  target_y" not in told
    table.write_text("\n".join(["file,target_x", "000.png,99"]))
    assert main([*command, "--out", str(tmp_path / "other")]) == 2
    assert "line 2, column 'target_x'" in capsys.readouterr().err
    assert main([*command[:-2], "--labels", "9", "--out", str(tmp_path / "other")]) == 2
    assert not (tmp_path / "other").exists()


def test_what_cannot_be_adapted_is_refused(task_bench: TaskBench, tmp_path: Path) -> None:
    def refused(match: str, **asked: Any) -> None:
        with pytest.raises(SimfactorError, match=match):
            adapt(task_bench, tmp_path / "out", **asked)

    refused("unknown method 'addan'|method.*addan", method="addan")
    refused("79 images of the target are too few; give at least 80", target=task_bench.target[:79])
    refused("the target: images have shape", target=task_bench.target[:, :32, :32])
    refused(r"target_rows have shape \(2, 3\); give \(300, 3\)", target_rows=np.zeros((2, 3)))
    nothing = np.full((300, 3), np.nan)
    refused("of 0 images of the target something is known", target_rows=nothing)
    outside = np.where(np.arange(300)[:, None] < 8, 99.0, nothing)
    refused("target_rows: ", target_rows=outside)
    refused("weight=1: this method has no term", method="fourier", weight=1)
    refused("weight=-1 must be a number, at least 0", weight=-1)
    refused("epochs=0 must be above 0", epochs=0)
    refused("620 of the 625 images of the source cannot be held out", held_out=620)
    space = task_bench.encoder.space
    for encoder, match in (
        (FactorEncoder(space, 64, "beta_vae"), "of objective 'beta_vae' reads no factor"),
        (
            FactorEncoder(space, 64, network="linear"),
            "adapts the layers inside a network, and 'linear' has none",
        ),
    ):
        with pytest.raises(SimfactorError, match=match):
            adapt_encoder(encoder, task_bench.data, task_bench.target, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_errors_of_factors() -> None:
    read, true = np.array([1.0, 4]), np.array([2.0, 2])
    assert error_of(Continuous(0, 10, unit="m"), read, true) == (1.5, 0.15, "m")
    turned = error_of(Angle(0, 360), np.array([350.0, 10]), np.array([10.0, 10]))
    assert turned[:2] == pytest.approx((10, 10 / 180))
    kinds = Categorical(("disc", "square"))
    assert error_of(kinds, np.array([0.0, 1]), np.array([1.0, 1])) == (0.5, 0.5, "wrong")
