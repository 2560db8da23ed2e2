"""What docs/real_images.md shows is executed, and prints what it says."""

import shlex
import sys
from pathlib import Path

import numpy as np
import pytest
from pages import DOCS, blocks, printed
from PIL import Image

from simfactor import cli
from simfactor.data import Chessboard
from simfactor.factors import load_space
from simfactor.scene import Camera
from simfactor.scene.optics import LOOK_AT

sys.path.insert(0, str(Path(__file__).parent.parent / "data"))

from boards import Taken, looking, tilted

GUIDE = (DOCS / "real_images.md").read_text()
BOARD = Chessboard(9, 6, 0.03)
LENS = np.array([300.0, 300.0, 160.0, 119.0, -0.1, 0.02, 0.0, 0.0])
ORIGIN = np.array([0.3, -0.1, 0.0])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The photographs that the page talks of, rendered; and the page run beside them."""
    folder = tmp_path_factory.mktemp("real")
    camera = Taken(LENS, width=320, height=240)
    (folder / "photos" / "boards").mkdir(parents=True)
    for i, (rotation, translation) in enumerate(tilted(BOARD, 7, 0.45, seed=2)):
        Image.fromarray(camera.picture(BOARD, rotation, translation)).save(folder / f"photos/boards/{i}.png")
    place = Camera(azimuth=20.0, elevation=45.0, distance=0.8, fov=43.6).position
    axes = looking(place, LOOK_AT)
    Image.fromarray(camera.picture(BOARD, axes, axes @ (ORIGIN - place))).save(folder / "photos/table.png")
    return folder


@pytest.fixture(scope="module")
def lines(folder: Path) -> list[str]:
    return printed(GUIDE, folder)


def test_the_page_runs_as_one_program(lines: list[str]) -> None:
    assert lines == [
        "['evening.png', 'morning.png', 'noon.png']",
        "[nan, 1.25, nan] [2, 2, 0]",
        "48 True (1, 64, 64, 3)",
        "True ['camera_azimuth', 'camera_distance', 'camera_elevation', 'camera_fov'] True",
        "(240, 320, 3)",
        "0.367 -0.721",
        "['act', 'diffusion', 'cloning'] ['push'] 4",
    ]


def test_the_commands_run_and_print_what_is_shown(
    folder: Path, lines: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder)
    camera, sim2real = (shlex.split(block) for block in blocks(GUIDE, "bash"))
    assert cli.main(camera[1:]) == 0
    assert load_space("real_camera.yaml")["camera_distance"].low > 0.75
    capsys.readouterr()
    assert cli.main(sim2real[1:]) == 0
    (shown,) = blocks(GUIDE, "text")
    assert capsys.readouterr().out == shown


def test_the_short_command_is_a_command() -> None:
    assert "    simfactor camera photos/boards --board 9x6 --square 0.025\n" in GUIDE
