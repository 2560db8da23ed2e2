"""What the README promises is executed."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from simfactor import cli

README = (Path(__file__).parent.parent / "README.md").read_text()


@pytest.mark.parametrize(
    ("number", "last_line"),
    [(0, "(6,) 120.0 "), (1, "(400, 17) "), (2, "(64, 64, 3) "), (3, "(256, 64, 64, 3) (8, 64, 64, 3)")],
)
def test_the_python_examples_run(tmp_path: Path, number: int, last_line: str) -> None:
    examples = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    assert len(examples) == 4
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", examples[number]],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines()[-1].startswith(last_line)


def test_the_commands_exist() -> None:
    for command in re.findall(r"^    simfactor ([a-z0-9-]+)", README, flags=re.MULTILINE):
        assert command in cli.COMMANDS


def test_pictures_and_documents_are_there() -> None:
    root = Path(__file__).parent.parent
    for target in re.findall(r"\]\(([^)]+)\)", README):
        assert (root / target).exists(), target
