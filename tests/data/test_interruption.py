"""Ctrl-C, killed workers, killed parents: whole shards stay, no process does, the next run completes the set.

Each test runs `generate` in a process group of its own, as a shell would, and sends real signals.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import simfactor
from simfactor.data import FactorDataset, generate
from simfactor.factors import FactorSpace, save_space
from simfactor.render import StudioSpec

pytestmark = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="reads processes from /proc")

COUNT, SHARD, SEED = 80, 4, 3
PATIENCE = 60.0  # seconds; the machine may be busy

SCRIPT = f"""
import sys
from simfactor.data import generate
from simfactor.errors import SimfactorError
from simfactor.factors import load_space
from simfactor.render import StudioSpec

try:
    space, spec = load_space(sys.argv[1]), StudioSpec(image_size=32)
    generate(space, sys.argv[2], {COUNT}, {SEED}, spec, {SHARD}, workers=2)
except SimfactorError as error:
    print(error, file=sys.stderr)
    sys.exit(2)
except KeyboardInterrupt as interrupt:
    print(interrupt, file=sys.stderr)
    sys.exit(130)
"""


@pytest.fixture
def process(tmp_path: Path, space: FactorSpace) -> subprocess.Popen[str]:
    save_space(space, tmp_path / "space.yaml")
    script = tmp_path / "script.py"  # without `if __name__ == "__main__"`: the workers must not run it
    script.write_text(SCRIPT)
    return subprocess.Popen(
        [sys.executable, str(script), str(tmp_path / "space.yaml"), str(tmp_path / "set")],
        env={**os.environ, "PYTHONPATH": str(Path(simfactor.__file__).parents[1])},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory, space: FactorSpace) -> dict[str, bytes]:
    return contents(complete(space, tmp_path_factory.mktemp("uninterrupted")).path)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != ".lock"}


def wait_for(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def workers_of(process: subprocess.Popen[str]) -> list[int]:
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return [int(pid) for pid in children if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def group_is_gone(process: subprocess.Popen[str]) -> bool:
    try:
        os.killpg(process.pid, 0)
    except ProcessLookupError:
        return True
    return False


def finished_shards(out: Path) -> int:
    manifest = out / "manifest.json"
    return len(json.loads(manifest.read_text())["shards"]) if manifest.exists() else 0


def complete(space: FactorSpace, out: Path) -> FactorDataset:
    return generate(space, out, COUNT, SEED, StudioSpec(image_size=32), SHARD, workers=1, progress=False)


@pytest.mark.parametrize("moment", ["while the workers start", "in the middle"])
def test_ctrl_c_leaves_whole_shards_only(
    process: subprocess.Popen[str],
    space: FactorSpace,
    tmp_path: Path,
    uninterrupted: dict[str, bytes],
    moment: str,
) -> None:
    out = tmp_path / "set"
    if moment == "in the middle":
        wait_for(lambda: finished_shards(out) >= 1)
    else:
        wait_for(lambda: len(workers_of(process)) == 2)
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=PATIENCE)

    assert process.returncode == 130
    assert "Traceback" not in errors
    assert f"of 20 shards are finished in {str(out)!r}; run the same command again to go on." in errors
    wait_for(lambda: group_is_gone(process))
    left = contents(out)
    assert finished_shards(out) < COUNT // SHARD
    assert all(content == uninterrupted[name] for name, content in left.items() if name != "manifest.json")

    complete(space, out)
    assert contents(out) == uninterrupted


def test_a_killed_worker_is_reported_with_the_missing_shards(
    process: subprocess.Popen[str], space: FactorSpace, tmp_path: Path, uninterrupted: dict[str, bytes]
) -> None:
    out = tmp_path / "set"
    wait_for(lambda: finished_shards(out) >= 1)
    os.kill(workers_of(process)[0], signal.SIGKILL)
    _, errors = process.communicate(timeout=PATIENCE)

    assert process.returncode == 2
    assert "Traceback" not in errors
    assert "a worker process died" in errors
    assert "of 20. Finished shards are kept: run the same command again" in errors
    wait_for(lambda: group_is_gone(process))
    assert not list(out.glob("*.partial"))
    assert set(contents(out)) < set(uninterrupted)

    complete(space, out)
    assert contents(out) == uninterrupted


def test_workers_follow_a_killed_parent(
    process: subprocess.Popen[str], space: FactorSpace, tmp_path: Path, uninterrupted: dict[str, bytes]
) -> None:
    out = tmp_path / "set"
    wait_for(lambda: finished_shards(out) >= 1)
    process.kill()
    process.communicate(timeout=PATIENCE)
    wait_for(lambda: group_is_gone(process))

    complete(space, out)
    assert contents(out) == uninterrupted
