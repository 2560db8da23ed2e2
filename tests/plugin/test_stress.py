"""Stress tests of a policy that looks for red, in a hand-written world."""

import functools
import json
from pathlib import Path

import court
import gymnasium as gym
import numpy as np
import pytest
import torch
from stable_baselines3 import SAC

from simfactor import cli
from simfactor.errors import SimfactorError
from simfactor.plugin import Outcome, StressResult, StressTest, Subject, run_stress
from simfactor.scene import Bound

COURT = Subject("court:Court")
LIGHT = ("light_intensity",)


def found(
    folder: Path, policy: object = "court:seeker", subject: Subject = COURT, **asked: object
) -> StressResult:
    return run_stress(
        StressTest(subject, policy, **{"suite": LIGHT, **asked}), folder, workers=1, progress=False
    )


@pytest.fixture(scope="module")
def dark(tmp_path_factory: pytest.TempPathFactory) -> tuple[StressResult, Path]:
    folder = tmp_path_factory.mktemp("dark")
    return found(folder, max_drop=0.1, episodes=60), folder


def test_a_shift_that_breaks_the_policy_is_named(dark: tuple[StressResult, Path]) -> None:
    result, _ = dark
    near, far = result.shifts
    assert (near.name, far.name) == ("light_intensity-1", "light_intensity-2")
    assert far.moved == "light_intensity [0.6, 0.8] or [1.2, 1.4] times"
    assert result.outcome is Outcome.VIOLATED
    assert result.worst is far
    assert result.clean.mean == 1.0
    assert 0.3 < far.drop.mean < 0.8  # it is lost where the light is dim, and kept where it is bright
    assert far.drop.n < 60  # that was clear early
    assert result.sentence().startswith("VIOLATED: light_intensity-2 cost more than 0.1.")
    assert "violated" in result.table()
    assert result.film is not None


def test_the_same_call_only_reads(dark: tuple[StressResult, Path]) -> None:
    result, folder = dark
    files = {path: path.stat().st_mtime_ns for path in folder.rglob("*.json")}
    again = found(folder, max_drop=0.1, episodes=60)
    assert again.to_dict() == result.to_dict()
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*.json")} == files


def test_a_function_is_run_anew(tmp_path: Path) -> None:
    for policy in (court.seeker, court.seeker):
        found(tmp_path, policy, episodes=3)
    stored = tmp_path / "episodes" / "round-000" / "policy.0.clean.json"
    before = stored.stat().st_mtime_ns
    found(tmp_path, court.seeker, episodes=3)
    assert stored.stat().st_mtime_ns > before


def test_what_it_trained_with_is_its_clean_world(tmp_path: Path) -> None:
    trained = {"light_intensity": [0.9, 1.4]}
    result = found(tmp_path, trained=trained, max_drop=0.3, episodes=40)
    assert result.shifts[0].moved == "light_intensity [0.75, 0.9] times"  # nothing above 1.4
    with pytest.raises(SimfactorError, match="trained: light_intensity"):
        found(tmp_path, trained={"light_intensity": [0.1, 1.4]})


def test_a_suite_of_a_file(tmp_path: Path) -> None:
    suite = tmp_path / "mine.yaml"
    suite.write_text(
        "ladders:\n  dim: [{light_intensity: [0.6, 0.7]}]\n  blue: [{light_temperature: [8000, 9000]}]\n"
    )
    result = found(tmp_path, suite=(str(suite),), episodes=4)
    assert {shift.name: shift.moved for shift in result.shifts} == {
        "dim-1": "light_intensity [0.6, 0.7] times",
        "blue-1": "light_temperature [8000, 9000] K",
    }
    assert result.outcome is Outcome.HELD  # nothing was to be judged
    trained = {"light_intensity": [0.65, 1.0]}
    with pytest.raises(SimfactorError, match=r"shift 'dim-1': light_intensity .* partly inside"):
        found(tmp_path, suite=(str(suite),), trained=trained)


def test_a_few_episodes_cannot_tell(tmp_path: Path) -> None:
    result = found(tmp_path, suite=("sensor_noise",), max_drop=0.1, episodes=5)
    assert result.outcome is Outcome.OPEN
    assert "5 episodes cannot tell whether sensor_noise-1" in result.sentence()


def test_a_searched_setting_is_tested_like_the_shifts(tmp_path: Path) -> None:
    result = found(tmp_path, search=4, max_drop=0.2, episodes=30)
    assert result.shifts[-1].name == "worst"
    assert result.shifts[-1].moved.startswith("light_intensity 0.")
    assert result.shifts[-1].drop.n >= 10


def test_a_saved_model_finds_what_it_sees(tmp_path: Path) -> None:
    class Eyes(gym.Env):
        observation_space = gym.spaces.Box(0, 255, (40, 40, 3), np.uint8)
        action_space = gym.spaces.Box(-1, 1, (2,), np.float32)

    model = SAC("CnnPolicy", Eyes(), buffer_size=1, policy_kwargs={"net_arch": [4]}, device="cpu")
    model.save(tmp_path / "policy.zip")
    result = found(tmp_path, tmp_path / "policy.zip", episodes=2)
    assert result.clean.n == 2
    with pytest.raises(SimfactorError, match="fits nothing that the environment can show") as error:
        found(tmp_path, tmp_path / "policy.zip", Subject("court:Court", image_size=48))
    assert "(48, 48, 3)" in str(error.value)


def test_properties_of_bodies_may_be_shifted_for_those_who_see_no_picture(tmp_path: Path) -> None:
    class Blind(torch.nn.Module):
        def forward(self, where: torch.Tensor) -> torch.Tensor:
            return torch.clamp(-where / 0.12, -1, 1)

    file = tmp_path / "blind.pt2"
    torch.export.save(torch.export.export(Blind(), (torch.zeros(1, 2),)), file)
    bind = {"weight": Bound("body1", "mass", 0.5, 2.0)}
    subject = Subject("court:Court", attach={"bind": bind}, observation="state")
    result = found(tmp_path, file, subject, suite=("weight",), episodes=3)
    assert result.clean.mean == 1.0
    with pytest.raises(SimfactorError, match="observes what the environment itself observes"):
        found(tmp_path, file, subject)


def test_success_by_another_name(tmp_path: Path) -> None:
    named = functools.partial(court.Court, named="done")
    with pytest.raises(SimfactorError, match="no 'is_success'"):
        found(tmp_path, subject=Subject(named), episodes=2)
    assert found(tmp_path, subject=Subject(named, success="done"), episodes=2).clean.mean == 1.0
    assert found(tmp_path, subject=Subject(named, least_return=1.0), episodes=2).clean.mean == 1.0


def test_the_command_leaves_a_report_and_a_status(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = [
        "stress",
        "court:Court",
        "--policy",
        "court:seeker",
        "--suite",
        "light_intensity",
        "--workers",
        "1",
    ]
    status = cli.main([*command, "--max-drop", "0.1", "--episodes", "60", "--out", str(tmp_path)])
    assert status == 1
    printed = capsys.readouterr().out
    assert "light_intensity-2" in printed
    assert "VIOLATED" in printed
    told = json.loads((tmp_path / "stress.json").read_text())
    assert told["outcome"] == "violated"
    assert told["test"]["policy"] == "court:seeker"
    assert set(told["shifts"]) == {"light_intensity-1", "light_intensity-2"}
    assert told["shifts"]["light_intensity-2"]["verdict"] == "violated"
    page = (tmp_path / "stress.html").read_text()
    assert "court:seeker in court:Court" in page
    assert page.count("data:image/png;base64,") == 2
    assert (tmp_path / "film.png").read_bytes()[:4] == b"\x89PNG"


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"suite": ()}, r"suite=\(\) names nothing"),
        ({"suite": ("lightning",)}, "unknown suite .*'lightning'.*Did you mean 'lighting'"),
        ({"suite": ("tabletop",)}, "shift 'camera_elevation-1'.* is not inside the domain"),
        ({"episodes": 0}, "episodes=0 must be at least 1"),
        ({"max_drop": 10}, r"max_drop=10 must be in \[0, 1\)"),
        ({"policy": "nobody.zip"}, "nobody.zip"),
        ({"policy": "court:nobody"}, "nobody"),
        ({"policy": "court:idler", "episodes": 30}, "solved none of 20 episodes"),
        ({"subject": Subject("court:Count")}, "Count"),
        ({"subject": Subject("CartPole-v1")}, "PyBullet"),
    ],
)
def test_errors(asked: dict, said: str, tmp_path: Path) -> None:
    with pytest.raises(SimfactorError, match=said):
        found(tmp_path, **asked)


def test_bad_options_of_the_command(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    command = ["stress", "court:Court", "--policy", "court:seeker", "--out", str(tmp_path / "none")]
    for option, value, said in (
        ("--budget", "0", "must be at least 1 setting"),
        ("--encoder", "nowhere", "nowhere"),
        ("--proprioception", "joints", "follows latents, but there is no encoder"),
    ):
        assert cli.main([*command, option, value]) == 2
        assert said in capsys.readouterr().err
    for option in ("--trained", "--kwargs"):
        with pytest.raises(SystemExit):
            cli.main([*command, option, "light_azimuth"])
        assert "NAME=VALUE" in capsys.readouterr().err
    assert not (tmp_path / "none").exists()
