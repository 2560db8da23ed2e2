"""The wheel holds what the folders hold, and nothing lands outside the package."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCES = {
    "simfactor": "simfactor",
    "envs": "simfactor/envs",
    "agents": "simfactor/agents",
    "configs": "simfactor/configs",
}


@pytest.fixture(scope="module")
def wheel_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    return next(out.glob("*.whl"))


@pytest.fixture(scope="module")
def wheel(wheel_file: Path) -> set[str]:
    with zipfile.ZipFile(wheel_file) as file:
        return set(file.namelist())


def test_the_wheel_holds_every_module_config_and_template(wheel: set[str]) -> None:
    expected = set()
    for folder, installed in SOURCES.items():
        for path in (ROOT / folder).rglob("*"):
            inside = path.relative_to(ROOT / folder)
            if path.suffix in (".py", ".yaml", ".html", ".typed") and inside.parts[0] not in (
                "envs",
                "agents",
                "configs",
            ):
                expected.add(f"{installed}/{inside}")
    missing = sorted(expected - wheel)
    assert not missing


def test_the_wheel_claims_one_top_level_name_only(wheel: set[str]) -> None:
    tops = {name.split("/")[0] for name in wheel}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"simfactor"}


def test_the_wheel_runs_from_outside_the_checkout(wheel_file: Path, tmp_path: Path) -> None:
    installed, elsewhere = tmp_path / "installed", tmp_path / "elsewhere"
    elsewhere.mkdir()
    pip = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
        "--target",
        str(installed),
    ]
    subprocess.run([*pip, str(wheel_file)], check=True, capture_output=True)
    command = (
        "import sys, simfactor.cli; print(simfactor.__file__); sys.exit(simfactor.cli.main(sys.argv[1:]))"
    )
    small = ["--data.count", "8", "--data.score-count", "60", "--data.workers", "1", "--out", "run"]
    result = subprocess.run(
        [sys.executable, "-c", command, "generate", "quickstart", *small],
        cwd=elsewhere,
        env={**os.environ, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines()[0].startswith(str(installed))
    assert (elsewhere / "run" / "data" / "manifest.json").exists()


def test_importing_the_package_is_cheap() -> None:
    code = (
        "import sys, simfactor, simfactor.cli, simfactor.factors;"
        "print([m for m in ('torch', 'pybullet', 'stable_baselines3', 'matplotlib') if m in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert result.stdout.strip() == "[]"


def test_nothing_of_a_machine_is_in_the_lock() -> None:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    for line in lines:
        assert line.startswith("#") or line.count("==") == 1, line
        assert "://" not in line
