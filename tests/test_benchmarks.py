"""The benchmarks run, and say what they measured."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

RENDER = Path(__file__).parent.parent / "benchmarks" / "render.py"
ENCODERS = RENDER.with_name("encoders.py")


Outcome = tuple[str, dict[str, Any], Path]
KEYS = ("tiny_stock_64", "tiny_decimated_64")


def render(*arguments: str | Path) -> str:
    command = [sys.executable, str(RENDER), "--quick", "--repetitions", "1", *map(str, arguments)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    folder = tmp_path_factory.mktemp("render")
    out = folder / "figures.json"
    text = render(
        "--only", ",".join(KEYS), "--json", out, "--pictures", folder, "--save-batches", folder / "batches"
    )
    return text, json.loads(out.read_text()), folder


def test_the_chosen_rows_are_measured(outcome: Outcome) -> None:
    text, figures, _ = outcome
    assert text.rstrip().endswith("figures.json")
    for key in KEYS:
        assert f"| {key} |" in text
        assert figures[f"{key}_fps"] > 0
        assert figures["triangles_per_image"][key] > 3000
    assert figures["repetitions"] == 1
    assert {"machine", "versions"} <= figures.keys()


def test_decimated_meshes_are_faster(outcome: Outcome) -> None:
    _, figures, _ = outcome
    assert figures["triangles_per_image"]["tiny_stock_64"] > 102_759
    assert figures["tiny_decimated_64_cpu_ms"] < 0.5 * figures["tiny_stock_64_cpu_ms"]


def test_what_was_not_measured_is_null(outcome: Outcome) -> None:
    _, figures, _ = outcome
    absent = ("raster_64", "reshade_64", "panda3d_64", "mujoco_warp_64", "cuda_64", "tiny_stock_128")
    assert all(figures[f"{key}_fps"] is None for key in absent)
    assert figures["ratio_64"] is figures["ratio_128"] is figures["generate_64_images_per_s"] is None


def test_pictures_show_what_was_drawn(outcome: Outcome) -> None:
    _, _, folder = outcome
    stock, decimated = (cv2.imread(str(folder / f"{key}.png")) for key in KEYS)
    assert stock is not None
    assert decimated is not None
    assert stock.shape == (64, 8 * 64, 3)
    # the same scenes, shaded alike, but for the robot's tint, which the stock one lacks
    different = np.abs(stock.astype(int) - decimated).max(axis=2) > 30
    assert 0.0 < different.mean() < 0.2


def test_saved_scenes_replace_pybullet(outcome: Outcome) -> None:
    _, _, folder = outcome
    text = render("--only", "raster_64_robot", "--renderer", "tiny", "--batches", folder / "batches")
    assert "| raster_64_robot |" in text


def test_families_of_encoders_are_trained_scored_and_drawn(tmp_path: Path) -> None:
    names = "pca,ada_gvae"
    command = [sys.executable, str(ENCODERS), "--quick", "--out", str(tmp_path / "out"), "--members", names]
    command += ["--json", str(tmp_path / "table.json"), "--pictures", str(tmp_path)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    members = json.loads((tmp_path / "table.json").read_text())["members"]
    assert list(members) == names.split(",")
    for name, entry in members.items():
        assert f"| {name} | {entry['knows']} |" in result.stdout
        middle, least, most = entry["seen"]["infoe"]
        assert 0 < least == middle == most < 1
    assert members["pca"]["seen"]["leakage"] is None  # it has no blocks
    assert cv2.imread(str(tmp_path / "encoders.jpg")).shape[1] == 3 * (6 * 64 + 6)
    again = subprocess.run(command, capture_output=True, text=True, check=False)
    assert again.stdout == result.stdout


def test_an_unknown_member_is_named(tmp_path: Path) -> None:
    command = [sys.executable, str(ENCODERS), "--quick", "--out", str(tmp_path), "--members", "beta_vea"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert "unknown member 'beta_vea'" in result.stderr
    assert "Did you mean 'beta_vae'" in result.stderr


def test_the_cost_of_sensors_is_measured(tmp_path: Path) -> None:
    script, out = RENDER.with_name("sensor.py"), tmp_path / "figures.json"
    command = [sys.executable, str(script), "--quick", "--json", str(out)]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    figures = json.loads(out.read_text())["cpu_ms_per_image"]
    assert figures.keys() == {"64", "128"}
    assert figures["64"].keys() == {"none", "any", "ideal", "industrial", "phone", "webcam"}
    assert all(ms > 0 for own in figures.values() for ms in own.values())
    assert "| webcam |" in text
