"""The benchmarks of environments run, and say what they measured."""

import importlib.util
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


def test_speed_is_measured_beside_panda_gym_where_it_is_installed(tmp_path: Path) -> None:
    out = tmp_path / "figures.json"
    command = [sys.executable, str(ENVS.with_name("env_speed.py")), "--quick", "--num-envs", "2"]
    done = subprocess.run([*command, "--json", str(out)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    figures = json.loads(out.read_text())
    assert f"| 2 workers, wall time | {figures['ours_steps_per_s']:.1f} |" in done.stdout
    if importlib.util.find_spec("panda_gym") is None:
        assert figures["panda_gym_steps_per_s"] is figures["ratio"] is None
        assert "pip install panda-gym" in done.stdout
    else:
        assert f"| {figures['panda_gym_steps_per_s']:.1f} | {figures['ratio']:.1f} |" in done.stdout


def test_what_attaching_costs_is_measured(tmp_path: Path) -> None:
    out = tmp_path / "figures.json"
    command = [sys.executable, str(ENVS.with_name("attach.py")), "--quick", "--json", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    figures = json.loads(out.read_text())
    assert f"{figures['ratio']:.1f} times as fast" in done.stdout
    assert figures["large_ratio"] > figures["ratio"] > 0
    assert figures["overhead"] > -1
