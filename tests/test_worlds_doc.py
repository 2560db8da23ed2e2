"""What docs/worlds.md shows is executed."""

import re
import subprocess
import sys
from pathlib import Path

GUIDE = (Path(__file__).parent.parent / "docs" / "worlds.md").read_text()


def test_the_example_runs(tmp_path: Path) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", GUIDE, flags=re.DOTALL)
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", example],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines()[-2:] == ["(1, 64, 96, 3) True", "1 2 100"]
