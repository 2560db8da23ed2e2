"""Targets whose nuisances are known: are they found, and is nothing found where there is nothing?"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bench import Bench, space

from simfactor.adaptation import Calibrated, calibrate_space
from simfactor.cli import main
from simfactor.data import save_png
from simfactor.encoders import FactorEncoder
from simfactor.errors import SimfactorError
from simfactor.factors import Continuous, FactorSpace, load_space

TRUTH = {"light_intensity": [0.8, 0.95], "camera_azimuth": [3, 8], "table_texture": ["wood"]}
QUICK = {"budget": 40, "pictures": 40}


def share_covered(found: list[float], true: list[float]) -> float:
    return max(0.0, min(found[1], true[1]) - max(found[0], true[0])) / (true[1] - true[0])


def calibrated(bench: Bench, **choices: Any) -> Calibrated:
    return calibrate_space(bench.encoder, bench.other(**choices), space(), progress=False, **QUICK)


@pytest.fixture(scope="module")
def found(bench: Bench) -> Calibrated:
    return calibrated(bench, **TRUTH)


def test_a_narrow_distribution_is_found(found: Calibrated) -> None:
    assert found.accepted
    assert found.space["table_texture"].describe() == "wood"
    for name in ("light_intensity", "camera_azimuth"):
        own, before = found.space[name], found.start[name]
        assert share_covered([own.low, own.high], TRUTH[name]) > 0.6
        assert own.high - own.low < 0.5 * (before.high - before.low)
    assert found.gain.low > 0
    assert found.distances[1] < 0.2 * found.distances[0]
    for factor in found.factors:
        if factor.ends is not None:
            assert all(end.low <= end.mean <= end.high for end in factor.ends)
            assert [end.mean for end in factor.ends] == factor.found


def test_what_is_told_of_it(found: Calibrated) -> None:
    assert found.sentence().startswith(
        "Accepted: the energy distance of the 75 images that were held out falls"
    )
    assert [line.split()[0] for line in found.table().splitlines()[1:]] == [f.name for f in found.factors]
    data = json.loads(json.dumps(found.to_dict()))
    assert FactorSpace.from_dict(data["space"]) == found.space
    assert data["factors"]["table_texture"]["found"] == ["wood"]


def test_the_same_call_finds_the_same(bench: Bench) -> None:
    few = {"budget": 8, "pictures": 8, "progress": False, "seed": 3}
    first, second = (
        calibrate_space(bench.encoder, bench.held_out[:40], space(), "lighting", **few) for _ in range(2)
    )
    assert first == second


def test_a_target_like_the_start_leaves_it(bench: Bench) -> None:
    found = calibrated(bench)
    assert not found.accepted
    assert found.space == found.start == space()
    assert found.sentence().startswith("Not accepted: on the 75 images that were held out, no narrower range")


def test_a_factor_that_is_not_told_keeps_its_range(bench: Bench) -> None:
    choices = {"light_intensity": TRUTH["light_intensity"]}
    found = calibrated(bench, **choices)
    told = {factor.name: factor.told for factor in found.factors}
    assert told == {"light_intensity": True, "camera_azimuth": False, "table_texture": False}
    assert found.space["camera_azimuth"] == found.start["camera_azimuth"]
    assert "The pictures do not tell camera_azimuth, table_texture: left as it was." in found.sentence()


def test_bad_input_is_refused_before_work(bench: Bench) -> None:
    images, encoder = bench.held_out, bench.encoder
    with pytest.raises(
        SimfactorError, match=r"39 images of the target are too few; give at least 40. Half of"
    ):
        calibrate_space(encoder, images[:39], space())
    with pytest.raises(SimfactorError, match=r"the target: images have shape \(200, 32, 64, 3\)"):
        calibrate_space(encoder, images[:, ::2], space())
    with pytest.raises(SimfactorError, match="the target: images have dtype float64"):
        calibrate_space(encoder, images / 255, space())
    with pytest.raises(SimfactorError, match=r"unknown factor, group or role 'light'; allowed: .*'lighting'"):
        calibrate_space(encoder, images, space(), "light")
    with pytest.raises(
        SimfactorError, match=r"unknown factor of the encoder 'robot_tint'; allowed: light_int"
    ):
        calibrate_space(encoder, images, load_space("tabletop"), "robot_tint")
    with pytest.raises(SimfactorError, match=r"none of 'distractors' varies in the space"):
        calibrate_space(encoder, images, space(), "distractors")
    with pytest.raises(SimfactorError, match="light_intensity has levels or held-out"):
        calibrate_space(encoder, images, space().hold_out({"light_intensity": [0.9, 1]}), "lighting")
    with pytest.raises(
        SimfactorError, match=r"budget=0, pictures=128, alpha=0\.05: give two or more of each"
    ):
        calibrate_space(encoder, images, space(), budget=0)
    blind = FactorEncoder(space().varying, 64, "vae")
    with pytest.raises(SimfactorError, match="an encoder of objective 'vae' was trained without labels"):
        calibrate_space(blind, images, space())
    other = FactorSpace({**space().factors, "table_texture": Continuous(0, 1)}, "tabletop")
    with pytest.raises(
        SimfactorError, match=r"table_texture is \[0, 1\] in the space and wood, blue_checker"
    ):
        calibrate_space(encoder, images, other, "table_texture")


def test_the_command_writes_a_space(bench: Bench, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pictures, start, out = tmp_path / "pictures", tmp_path / "start.yaml", tmp_path / "calibrated.yaml"
    pictures.mkdir()
    start.write_text(json.dumps(space().to_dict()))
    for number, image in enumerate(bench.other(**TRUTH).images()[:60]):
        save_png(pictures / f"{number:03}.png", image)
    command = ["calibrate", str(pictures), "--encoder", str(bench.folder / "encoder"), "--space", str(start)]
    command += ["--out", str(out), "--factors", "texture", "--budget", "4", "--pictures", "16"]
    assert main([*command, "--json", str(tmp_path / "told.json")]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == f"written: {out}"
    assert load_space(out)["table_texture"].describe() == "wood"
    assert load_space(out).select(["light_intensity"]) == space().select(["light_intensity"])
    assert json.loads((tmp_path / "told.json").read_text())["found"]["accepted"]


def test_the_command_refuses_before_it_writes(
    bench: Bench, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, encoder, out = str(bench.folder / "data"), str(bench.folder / "encoder"), tmp_path / "no" / "c.yaml"
    assert main(["calibrate", data, "--encoder", encoder, "--out", str(out)]) == 2
    assert "its folder does not exist; make it first" in capsys.readouterr().err
    out = tmp_path / "c.yaml"
    assert main(["calibrate", data, "--encoder", encoder, "--out", str(out), "--factors", "sensor"]) == 2
    assert "unknown factor of the encoder 'sensor_noise'" in capsys.readouterr().err
    assert not np.any(list(tmp_path.iterdir()))
