"""The benchmark of environments runs, and says what it measured."""

import json
import subprocess
import sys
from pathlib import Path

ENVS = Path(__file__).parents[2] / "benchmarks" / "envs.py"


def test_every_row_is_measured(tmp_path: Path) -> None:
    out = tmp_path / "figures.json"
    command = [sys.executable, str(ENVS), "--quick", "--num-envs", "2", "--json", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    figures = json.loads(out.read_text())
    assert figures["num_envs"] == 2
    for row, name in (("state", "state"), ("pixels", "64x64 pixels"), ("latents", "latents of 64x64 pixels")):
        assert f"| {name} |" in done.stdout
        assert all(figures[f"{row}_{kind}"] > 0 for kind in ("single_steps_per_s", "ratio"))
