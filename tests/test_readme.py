"""What the README promises is executed."""

import re
import subprocess
import sys
from pathlib import Path

from simfactor import cli

README = (Path(__file__).parent.parent / "README.md").read_text()


def test_the_python_example_runs(tmp_path: Path) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", example],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines()[-1].startswith("(6,) 120.0 ")


def test_the_commands_exist() -> None:
    for command in re.findall(r"^    simfactor ([a-z-]+)", README, flags=re.MULTILINE):
        assert command in cli.COMMANDS


def test_pictures_and_documents_are_there() -> None:
    root = Path(__file__).parent.parent
    for target in re.findall(r"\]\(([^)]+)\)", README):
        assert (root / target).exists(), target
