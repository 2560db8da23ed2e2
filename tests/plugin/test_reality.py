"""The commands `camera` and `sim2real`: what they print and write, and that a refusal leaves nothing."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml
from PIL import Image

from simfactor import cli
from simfactor.data import Chessboard
from simfactor.factors import load_space
from simfactor.scene import Camera, Viewpoint
from simfactor.scene.optics import LOOK_AT

sys.path.insert(0, str(Path(__file__).parent.parent / "data"))

from boards import Taken, looking, tilted

BOARD = Chessboard(7, 4, 0.05)
LENS = np.array([300.0, 300.0, 160.0, 119.0, 0.0, 0.0, 0.0, 0.0])
PLACE = Camera(azimuth=20.0, elevation=45.0, distance=1.1, fov=43.6)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("camera")
    (folder / "boards").mkdir()
    camera = Taken(LENS, width=320, height=240)
    for i, (rotation, translation) in enumerate(tilted(BOARD, 7, 0.6, seed=4)):
        Image.fromarray(camera.picture(BOARD, rotation, translation)).save(folder / "boards" / f"{i}.png")
    axes = looking(PLACE.position, LOOK_AT)
    table = camera.picture(BOARD, axes, axes @ (np.array([0.3, -0.1, 0.0]) - PLACE.position))
    Image.fromarray(table).save(folder / "table.png")
    return folder


def run(folder: Path, *more: str) -> int:
    return cli.main(["camera", str(folder / "boards"), "--board", "7x4", "--square", "0.05", *more])


def test_a_camera_is_measured_and_a_space_matched(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, space = tmp_path / "camera.yaml", tmp_path / "space.yaml"
    place = ("--pose", str(folder / "table.png"), "--origin", "0.3", "-0.1", "0", "--space", str(space))
    assert run(folder, "--out", str(out), *place) == 0
    printed = capsys.readouterr().out
    assert "boards found in 7 pictures, not in 0" in printed
    assert f"written: {out}, {space}" in printed
    measured = yaml.safe_load(out.read_text())
    assert measured["focal"] == pytest.approx([1.25, 1.25], rel=5e-3)
    view = Viewpoint(**{name: tuple(value) for name, value in measured["viewpoint"].items()})
    np.testing.assert_allclose(view.position, PLACE.position, atol=8e-3)
    matched = load_space(space)
    assert matched["camera_azimuth"].low < 20.0 < matched["camera_azimuth"].high
    assert matched["light_azimuth"] == load_space("tabletop")["light_azimuth"]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (("--space", "s.yaml"), "--space needs --pose"),
        (("--out", "none/camera.yaml"), "its folder does not exist"),
        (("--like", "tabeltop"), "tabeltop"),
        (
            ("--like", "mpi3d", "--pose", "{}/table.png", "--space", "s.yaml"),
            "unknown factor 'camera_azimuth'",
        ),
        (("--pose", "none.png"), "there is no picture 'none.png'"),
        (("--board", "8x4"), "found in 0 pictures"),
    ],
)
def test_a_refusal_leaves_nothing(
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    more,
    message,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(folder, *(part.format(folder) for part in more)) == 2
    assert message in capsys.readouterr().err
    assert not any(tmp_path.iterdir())


def trials(folder: Path, outcome: str = "success") -> Path:
    """Two policies, twenty trials each: 0.9 and 0.3 on the robot, 0.9 and 0.35 in simulation."""
    won = {("a", "real"): 18, ("a", "sim"): 18, ("b", "real"): 6, ("b", "sim"): 7}
    lines = [f"{p},lift,{d},{k},{int(k < count)}" for (p, d), count in won.items() for k in range(20)]
    path = folder / "trials.csv"
    path.write_text("\n".join([f"policy,task,domain,trial,{outcome}", *lines, "c,lift,sim,0,1"]) + "\n")
    return path


def test_trials_are_told_on_screen_and_in_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "deep" / "numbers.json"
    assert cli.main(["sim2real", str(trials(tmp_path)), "--json", str(out)]) == 0
    printed = capsys.readouterr().out
    assert "lift  b       0.30 [0.15, 0.52]  20      0.35 [0.18, 0.57]  20      +0.05" in printed
    assert "Left out, for they have trials in one domain only: c in lift." in printed
    assert "Two policies always lie on a line" in printed
    assert "b (sim) vs b (real)" in printed
    assert "nan" not in printed
    numbers = json.loads(out.read_text())
    assert numbers["agreement"]["lift"]["mmrv"]["value"] == 0
    assert numbers["policies"][1]["gap"]["mean"] == pytest.approx(0.05)
    assert [one["first"] for one in numbers["plan"]["open"]] == ["a (sim)", "b (sim)"]


def test_scores_have_no_plan(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["sim2real", str(trials(tmp_path, "score"))]) == 0
    assert "A plan needs successes" in capsys.readouterr().out


def test_trials_without_pairs_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "trials.csv"
    path.write_text("policy,task,domain,trial,success\na,lift,real,1,1\nb,lift,sim,1,0\n")
    assert cli.main(["sim2real", str(path), "--json", str(tmp_path / "out.json")]) == 2
    assert "no policy has both real and simulated trials" in capsys.readouterr().err
    assert not (tmp_path / "out.json").exists()
