"""The benchmark of agents before a stand-in for reality: who goes there, what is kept, what is said of it."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "benchmarks"))

from matrix.contenders import CONTENDERS, EVERYONE
from matrix.study import Study
from photo_steps import errors
from reality.changes import changes, changes_as_markdown
from reality.methods import LABELLED, METHODS
from reality.readers import known_rows
from reality.table import as_markdown, summary
from reality.trials import Reality, Trial
from reality.worlds import steps

from simfactor.adaptation.methods import METHODS as ADAPTATIONS
from simfactor.data import generate
from simfactor.encoders import FactorEncoder
from simfactor.factors import load_space

SCRIPT = Path(__file__).parent.parent / "benchmarks" / "sim2real.py"


@pytest.fixture
def reality(tmp_path: Path) -> Reality:
    return Reality(Study(tmp_path, CONTENDERS, episodes=4), tmp_path / "results")


def test_everyone_goes_and_ours_with_every_adaptation() -> None:
    assert set(CONTENDERS) <= METHODS.keys()
    assert {method.contender for method in METHODS.values()} <= EVERYONE.keys()
    assert {method.adapted for method in METHODS.values()} >= {None, "control", *ADAPTATIONS}


def test_of_labelled_pictures_only_some_factors_are_known(tmp_path: Path) -> None:
    space = load_space("arm")
    encoder = FactorEncoder(space.select(["target_x", "ee_x", "ee_y", "light_azimuth"]), 64)
    target = generate(space, tmp_path / "data", 7, seed=0, workers=1, progress=False)
    for name, factors in LABELLED.items():
        known = known_rows(encoder, target, slice(2, 5), factors)
        given = set(space.resolve(factors)) & set(encoder.space.names)
        assert {"ee_x", "ee_y"} <= given
        for k, factor in enumerate(encoder.space.names):
            shown = target.factors(slice(2, 5))[:, space.index(factor)] if factor in given else np.nan
            np.testing.assert_array_equal(known[:, k], shown, err_msg=f"{name}, {factor}")


def test_steps_to_the_target_end_there_and_are_read(reality: Reality) -> None:
    first, *between, last = steps(reality.study)
    _, webcam, photo = reality.domains
    assert first.space == webcam.space
    assert (last.space, last.renderer) == (photo.space, photo.renderer)
    assert all(
        step.space["table_texture"] in (first.space["table_texture"], last.space["table_texture"])
        for step in between
    )
    encoder = FactorEncoder(load_space("arm").select(["target_x", "ee_x"]), 64)
    for step in (first, last):
        found = errors(step, [encoder, encoder], 3)
        assert found["mean"] == pytest.approx((found["target_x"] + found["ee_x"]) / 2)
        assert found == errors(step, [encoder], 3)


def test_the_target_is_path_traced_behind_a_sensor_under_a_sky_that_nobody_has_seen(reality: Reality) -> None:
    _, webcam, photo = reality.domains
    assert [d.renderer.partition(":")[0] for d in reality.domains] == ["raster", "raster", "pathtrace"]
    assert "environment=sky" in photo.renderer
    assert {"iso", "defocus"} <= set(webcam.space.names) & set(photo.space.names)
    moved = {name for name in webcam.space.names if photo.space[name] != webcam.space[name]}
    light = {"light_azimuth", "light_elevation", "light_intensity", "light_temperature", "ambient_share"}
    assert moved == {*light, "table_texture", "background_texture"}
    assert (photo.space["light_azimuth"].low, photo.space["light_azimuth"].high) == (-180, 180)
    for name in ("table_texture", "background_texture"):
        trained = reality.study.plans([0])[0][0].encoder_space[name]
        assert not set(photo.space[name].allowed) & set(trained.allowed)


def test_a_recipe_changes_with_what_decides_the_outcome(reality: Reality) -> None:
    recipe = reality.recipe("ours-task", 0)
    assert recipe == reality.recipe("ours-task", 0)
    others = [reality.recipe(name, 0) for name in ("ours-task+mmd", "ours-sensed", "state")]
    others += [reality.recipe("ours-task", 1), replace(reality, labelled=7).recipe("ours-task", 0)]
    assert len({recipe, *others}) == 6


def test_the_table_says_how_much_is_kept_and_how_well_the_task_is_read(reality: Reality) -> None:
    def trial(photo: list[int], *errors: float) -> Trial:
        flags = {"clean": [1, 1, 1, 1], "webcam": [1, 1, 0, 1], "photo": photo}
        read = dict(zip(("source", "photo"), (np.full(6, e) for e in errors), strict=False))
        return Trial({name: np.array(flag, bool) for name, flag in flags.items()}, read)

    found = summary(
        reality.domains,
        {
            "ours": {0: trial([1, 1, 1, 0], 0.01, 0.02), 1: trial([1, 1, 1, 1], 0.03, 0.04)},
            "state": {0: trial([1] * 4)},
        },
    )
    assert found["ours"]["success"]["mean"] == 7 / 8
    assert found["ours"]["task_error"]["mean"] == pytest.approx(0.03)
    assert found["ours"]["source_error"]["mean"] == pytest.approx(0.02)
    assert {"mean", "low", "high", "n"} <= found["ours"]["task_error"].keys() & found["ours"][
        "success"
    ].keys()
    assert found["state"]["task_error"] is None
    first, second = as_markdown(found).splitlines()[2:]
    assert first.startswith("| ours | 1.00 | 0.75 | 0.88 [")
    assert first.endswith("| 88% | 0.020 | 0.030 | 2 |")
    assert second.endswith("| 100% |  |  | 1 |")


def test_adaptations_are_compared_picture_by_picture_and_episode_by_episode() -> None:
    def trial(photo: list[int], errors: list[float]) -> Trial:
        return Trial({"photo": np.array(photo, bool)}, {"photo": np.array(errors)})

    before = {seed: trial([0] * 8 + [1] * 2, [0.1, 0.3, 0.2, 0.2]) for seed in range(2)}
    after = {0: trial([1] * 10, [0.1, 0.2, 0.1, 0.1])}
    worse = {0: trial([0] * 9 + [1], [0.2, 0.3, 0.2, 0.2])}
    found = changes({"ours": before, "ours+mmd": after, "ours+mmd+labels": worse, "other+mmd": after})
    assert list(found) == ["ours+mmd", "ours+mmd+labels"]
    assert found["ours+mmd"]["task_error"]["mean"] == pytest.approx(-0.075)
    assert found["ours+mmd"]["success"]["mean"] == pytest.approx(0.8)
    assert found["ours+mmd"]["p_holm"] == pytest.approx(2 * 2 / 2**8)
    assert found["ours+mmd+labels"]["task_error"]["mean"] == pytest.approx(0.025)
    lines = changes_as_markdown(found).splitlines()
    assert lines[2].startswith("| ours+mmd | -0.075 [-0.100,")
    assert lines[2].endswith("| 0.016 | 1 |")
    assert changes_as_markdown({}) == ""


def test_it_runs_and_keeps_what_it_found(tmp_path: Path) -> None:
    pytest.importorskip("mitsuba")
    command = [sys.executable, str(SCRIPT), "--quick", "--out", str(tmp_path)]
    command += ["--methods", "state", "--workers", "1", "--json", str(tmp_path / "found.json")]
    first = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "| state |" in first
    success = json.loads((tmp_path / "found.json").read_text())["methods"]["state"]["success"]
    assert success["n"] == 2
    (kept,) = (tmp_path / "results").glob("*.json")
    assert set(json.loads(kept.read_text())["success"]) == {"clean", "webcam", "photo"}
    assert subprocess.run([*command, "--table"], capture_output=True, text=True, check=True).stdout == first
