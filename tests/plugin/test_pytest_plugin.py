"""Robustness as a test of pytest's, in a pytest of its own."""

import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
import tomllib

HERE = Path(__file__).parent
TESTS = """
import court
import pytest

robust = pytest.mark.robustness


@robust(shift="sensor_noise", max_drop=0.2, severities=1)
def test_holds(stress):
    (result,) = stress("court:Court", "court:seeker")
    assert result.shifts[0].drop.n < 100  # no more episodes than it takes


@robust(shift="sensor_noise", max_drop=0.2, severities=1)
@robust(shift=("light_intensity", "sensor_noise"), max_drop=0.1)
def test_breaks(stress):
    stress(court.Court, court.seeker)


def test_cannot_tell(stress):
    stress("court:Court", "court:seeker", shift="sensor_noise", max_drop=0.1, episodes=3)


@robust(shift="lighting", max_drop=0.1)
def test_forgets_the_fixture():
    pass


@robust(shift="lighting", max_drop=0.1)
def test_forgets_to_call(stress):
    pass


@robust(max_drop=0.1)
def test_forgets_the_shift(stress):
    stress("court:Court", "court:seeker")


@robust("lighting")
def test_names_nothing(stress):
    stress("court:Court", "court:seeker")


@robust(shift="lighting", max_drop=0.1, sead=3)
def test_misspells(stress):
    stress("court:Court", "court:seeker")
"""


def run(folder: Path, *arguments: str) -> str:
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "simfactor.pytest_plugin",
        "-p",
        "no:cacheprovider",
        "-rA",
    ]
    path = os.pathsep.join([str(HERE), *(entry for entry in sys.path if entry)])
    alone = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": path, "COLUMNS": "300"}
    done = subprocess.run(
        [*command, *arguments],
        cwd=folder,
        env=os.environ | alone,
        capture_output=True,
        text=True,
        timeout=300,
    )
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    folder = tmp_path_factory.mktemp("theirs")
    (folder / "test_theirs.py").write_text(TESTS)
    return run(folder, "--strict-markers", "--stress-out", "reports"), folder


def test_a_policy_that_holds_passes(said: tuple[str, Path]) -> None:
    assert "PASSED test_theirs.py::test_holds" in said[0]
    assert (said[1] / "reports" / "test_theirs.py_test_holds" / "0-sensor_noise" / "stress.html").exists()


def test_the_failure_says_what_broke_it_and_where_to_look(said: tuple[str, Path]) -> None:
    text, folder = said
    assert "VIOLATED: light_intensity-2 cost more than 0.1." in text
    assert "light_intensity [0.6, 0.8] or [1.2, 1.4] times" in text
    film = folder / "reports" / "test_theirs.py_test_breaks" / "1-light_intensity+sensor_noise" / "film.png"
    assert film.exists()
    assert str(film.relative_to(folder)) in text


@pytest.mark.parametrize(
    "message",
    [
        "OPEN: 3 episodes cannot tell whether sensor_noise-1",
        "the mark 'robustness' does nothing by itself",
        "the test never called stress(env, policy)",
        "shift missing",
        "name the arguments, as in shift='lighting'",
        "unknown argument 'sead'; allowed:",
    ],
)
def test_mistakes_fail(said: tuple[str, Path], message: str) -> None:
    assert message in said[0]
    assert "4 failed, 2 passed, 3 errors" in said[0]


def test_it_costs_nothing_where_it_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "test_plain.py").write_text(
        "import sys\n\n\ndef test_plain():\n"
        "    assert not {'torch', 'pybullet', 'numpy', 'gymnasium'} & sys.modules.keys()\n"
    )
    assert "1 passed" in run(tmp_path)


def test_pytest_finds_it() -> None:
    declared = tomllib.loads((HERE.parents[1] / "pyproject.toml").read_text())
    plugin = import_module(declared["project"]["entry-points"]["pytest11"]["simfactor"])
    assert plugin.stress
