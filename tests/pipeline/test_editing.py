"""`simfactor edit`, from the command line to the files it leaves."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml
from halves import SPACE, draw

from simfactor import cli
from simfactor.data import save_png
from simfactor.encoders import edit_images, exchange
from simfactor.errors import SimfactorError
from simfactor.factors import Angle, FactorSpace
from simfactor.pipeline.editing import read_picture, setting

SCORED = {
    "world": {
        "space": "isaac3d",
        "encoder_support": {
            "object_shape": "cube",
            "robot_x": 0.45,
            "robot_y": 0,
            "camera_height": 0.6,
            "object_scale": 0.08,
            "lighting_y": 0,
            "object_color": "red",
        },
    },
    "data": {"count": 32, "score_count": 60, "shard_size": 92, "workers": 1},
    "encoder": {"epochs": 1, "network": "conv64"},
}


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    save_png(tmp_path / "photo.png", draw(SPACE.sample(1, seed=7))[0])
    return tmp_path / "photo.png"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("top=12", ("top", 12.0)),
        ("top=12lx", ("top", 12.0)),
        (" top = 1.5e1 lx ", ("top", 15.0)),
        ("top=-.5", ("top", -0.5)),
        ("tint=blue", ("tint", "blue")),
    ],
)
def test_settings_have_the_factors_own_unit(text, expected):
    assert setting(SPACE, text) == expected


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("top", "'top' must be FACTOR=VALUE"),
        ("top=", "must be FACTOR=VALUE"),
        ("topp=1", "Did you mean 'top'"),
        ("top=3lm", "top: '3lm' is not a number in lx, the unit of this factor"),
        ("top=bright", "is not a number in lx"),
    ],
)
def test_other_settings_are_refused(text, told):
    with pytest.raises(SimfactorError, match=told):
        setting(SPACE, text)


def test_degrees_have_a_sign():
    assert setting(FactorSpace({"a": Angle(0, 360)}), "a=40°") == ("a", 40.0)


def test_the_middle_square_is_what_the_encoder_sees(tmp_path, capsys):
    wide = np.zeros((128, 300, 3), np.uint8)
    wide[:, 86:214] = draw(SPACE.sample(1, seed=2))[0].repeat(2, axis=0).repeat(2, axis=1)
    save_png(tmp_path / "wide.png", wide)
    np.testing.assert_array_equal(read_picture(tmp_path / "wide.png", 64), wide[::2, 86:214:2])
    assert "300x128, the encoder sees its middle 128x128 resized to 64x64" in capsys.readouterr().out
    save_png(tmp_path / "small.png", wide[:9, 90:99])
    assert read_picture(tmp_path / "small.png", 64).shape == (64, 64, 3)
    capsys.readouterr()
    save_png(tmp_path / "fits.png", wide[:64, :64])
    np.testing.assert_array_equal(read_picture(tmp_path / "fits.png", 64), wide[:64, :64])
    assert capsys.readouterr().out == ""


def test_an_edited_picture_and_a_strip_lie_beside_it(picture, halves, halves_folder, capsys):
    command = ["edit", "--encoder", str(halves_folder), "--set", "top=35lx", "--set", "tint=blue"]
    assert cli.main([*command, str(picture)]) == 0
    told = capsys.readouterr().out
    edited, strip = picture.with_name("photo-edited.png"), picture.with_name("photo-edited-strip.png")
    assert str(edited) in told
    assert str(strip) in told
    expected = edit_images(halves, _read(picture)[None], {"top": 35.0, "tint": "blue"})[0]
    np.testing.assert_allclose(_read(edited).astype(int), expected, atol=1)
    assert _read(strip).shape[1] > 3 * 64


def test_a_block_of_another_picture(picture, halves, halves_folder, tmp_path):
    donor = draw(SPACE.sample(1, seed=9))
    save_png(tmp_path / "donor.png", donor[0])
    exchanged = ["edit", str(picture), "--exchange", f"light={tmp_path / 'donor.png'}"]
    to = tmp_path / "other.png"
    assert cli.main([*exchanged, "--encoder", str(halves_folder), "--to", str(to)]) == 0
    expected = exchange(halves, _read(picture)[None], "light", donor)[0]
    np.testing.assert_allclose(_read(to).astype(int), expected, atol=1)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ([], "nothing to edit: give a picture and at least one --set"),
        (["PICTURE"], "nothing to edit"),
        (["PICTURE", "--set", "top=41"], "top: value 41.0 is outside [0, 40] lx"),
        (["PICTURE", "--set", "tint=pink"], "tint: unknown value 'pink'; allowed: orange, blue"),
        (["PICTURE", "--set", "top=1", "--set", "top=2"], "a factor is set twice"),
        (["PICTURE", "--exchange", "top"], "'top' must be FACTOR=IMAGE"),
        (["PICTURE", "--exchange", "glow=PICTURE"], "unknown latent block, group or role 'glow'"),
        (["PICTURE", "--exchange", "top=none.png"], "picture none.png does not exist"),
        (["PICTURE", "--set", "top=1", "--to", "x.jpg"], "cannot write x.jpg: give the name of a .png file"),
        (["PICTURE", "--set", "top=1", "--encoder", "none"], "there is no encoder in none"),
        (["none.png", "--set", "top=1"], "picture none.png does not exist"),
        (["--set", "top=1", "MANUAL"], "is not a picture that can be read"),
        (["PICTURE", "--score"], "--score makes its own pictures"),
        (["--score", "--count", "1"], "--count 1 is too few"),
        (["--score"], "was trained for another world"),
    ],
)
def test_mistakes_are_named_and_leave_nothing(picture, halves_folder, options, told, tmp_path, capsys):
    manual = tmp_path / "manual.txt"
    manual.write_text("no picture")
    words = [o.replace("PICTURE", str(picture)).replace("MANUAL", str(manual)) for o in options]
    out = tmp_path / "out"
    assert cli.main(["edit", "--out", str(out), "--encoder", str(halves_folder), *words]) == 2
    assert told in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["manual.txt", "photo.png"]


def test_edits_of_a_run_are_scored_in_its_simulator(tmp_path, capsys):
    file = tmp_path / "run.yaml"
    file.write_text(yaml.safe_dump(SCORED))
    out = tmp_path / "run"
    for command in (["generate"], ["train-encoder"], ["edit", "--score", "--count", "3"]):
        assert cli.main([command[0], str(file), "--out", str(out), *command[1:]]) == 0
    table = capsys.readouterr().out
    data = json.loads((out / "edits" / "edits.json").read_text())
    assert list(data["by_factor"]) == ["lighting_intensity", "wall_color"]
    assert all(name in table for name in ("lighting_intensity", "wall_color", "baseline  "))
    assert data["images"] == data["by_factor"]["wall_color"]["n"] == 3
    assert data["by_factor"]["lighting_intensity"]["error"] > 0
    assert data["written"] == "values"
    assert _read(out / "edits" / "edits.png").shape[1] > 5 * 64


def _read(path: Path) -> np.ndarray:
    return cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
