"""The command that compares two folders, and the report that it leaves."""

import json
from pathlib import Path

import cv2
import pytest
from bench import HELD_OUT, Bench

from simfactor.cli import main
from simfactor.data import save_png

QUICK = ["--permutations", "199", "--resamples", "100"]


def test_a_report_is_left(bench: Bench, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    for number, image in enumerate(bench.other(camera_azimuth=[4, 12]).images()[:60]):
        save_png(pictures / f"{number:03}.png", image)
    out, numbers = tmp_path / "out", tmp_path / "numbers.json"
    command = [
        "domain-gap",
        str(bench.folder / "data"),
        str(pictures),
        "--encoder",
        str(bench.folder / "encoder"),
    ]
    command += ["--held-out", str(HELD_OUT), "--out", str(out), "--json", str(numbers), *QUICK]
    assert main(command) == 0
    printed = capsys.readouterr().out
    assert "Shifted: camera_azimuth (+" in printed
    found = json.loads(numbers.read_text())
    assert found["shifted"] == ["camera_azimuth"]
    assert found["images"] == {"source": HELD_OUT, "target": 60}
    assert found["comparison"]["target"] == str(pictures)
    assert found["versions"]["simfactor"]
    assert not (out / "gap.json").exists()
    html = (out / "gap.html").read_text()
    assert found["sentence"] in html
    assert html.count('<span class="level violated">shifted</span>') == sum(
        own["shifted"] for own in found["factors"].values()
    )
    assert html.count("data:image/png;base64,") == 2
    assert cv2.imread(str(out / "nearest.png")).shape[1] > 5 * 64


def test_a_folder_against_itself_has_no_gap(
    bench: Bench, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, encoder = str(bench.folder / "data"), str(bench.folder / "encoder")
    assert main(["domain-gap", data, data, "--encoder", encoder, "--out", str(tmp_path), *QUICK]) == 0
    assert "The target's images are the source's: there is no gap." in capsys.readouterr().out
    found = json.loads((tmp_path / "gap.json").read_text())
    assert found["identical"]
    assert found["images"] == {"source": 130, "target": 130}  # a fifth


def test_what_is_refused_leaves_nothing(
    bench: Bench, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, encoder, out = str(bench.folder / "data"), str(bench.folder / "encoder"), tmp_path / "out"
    assert main(["domain-gap", data, str(tmp_path), "--encoder", encoder, "--out", str(out)]) == 2
    assert "holds no pictures (.png" in capsys.readouterr().err
    few = ["domain-gap", data, data, "--encoder", encoder, "--out", str(out), "--held-out", "30"]
    assert main(few) == 2
    assert "30 images of the source are too few" in capsys.readouterr().err
    assert main([*few[:-1], "700"]) == 2
    assert "held_out=700 is not between 1 and the 650 images" in capsys.readouterr().err
    assert not out.exists()
