"""The benchmark of agents on images runs, and says what it measured."""

import json
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "pixel_agents.py"


def test_every_row_is_measured(tmp_path: Path) -> None:
    out = tmp_path / "figures.json"
    command = [sys.executable, str(SCRIPT), "--quick", "--json", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    figures = json.loads(out.read_text())
    assert all(row["update"] > row["sampling"] > 0 for row in figures["updates"].values())
    assert figures["steps"]["state"] < figures["steps"]["pixels"]
    assert figures["encoders"]["ours"] < figures["encoders"]["DrQ's convolutions"]
    assert "| 64, shift |" in done.stdout
