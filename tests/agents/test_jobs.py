"""Trainings in processes of their own: real ones, on the point environment."""

import functools
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from point_reach import PointReach, make_broken

from simfactor.agents import Sac, TrainJob, load_agent, train_agents
from simfactor.agents.record import steps_done
from simfactor.errors import SimfactorError

QUICK = Sac(network=(16,), batch_size=16, warmup=30)
HERE = Path(__file__).parent

LONG = f"""
import sys
sys.path.insert(0, {str(HERE)!r})
from pathlib import Path
from test_jobs import job
from simfactor.agents import train_agents

if __name__ == "__main__":
    try:
        train_agents([job(Path(sys.argv[1]), name, steps=10**6) for name in "ab"], workers=2)
    except KeyboardInterrupt:
        sys.exit(42)
"""

UNGUARDED = """
import sys
sys.path.insert(0, {here!r})
from pathlib import Path
import numpy as np
from point_reach import PointReach
from test_jobs import job
from simfactor.agents import train_agents
{own}
long = job(Path(sys.argv[1]), "a", {made}, about={{"long": "x" * 10**6}})
train_agents([long], workers=1)
"""


def job(folder: Path, name: str, make_env=PointReach, **options) -> TrainJob:
    return TrainJob(name, make_env, folder / name, {"algorithm": QUICK, "steps": 150, **options})


def test_a_failed_job_is_named_and_finished_ones_are_kept(tmp_path: Path) -> None:
    good, bad = job(tmp_path, "good"), job(tmp_path, "bad", make_broken)
    with pytest.raises(RuntimeError, match=r"job 'bad' failed: RuntimeError: the renderer is not installed"):
        train_agents([good, bad], workers=1, progress=False)
    times = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    assert train_agents([good], progress=False) == {"good": good.out}
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == times
    assert load_agent(good.out).arguments["steps"] == 150
    with pytest.raises(SimfactorError, match=r"job 'good': .*seed: 0 there, 7 now"):
        train_agents([job(tmp_path, "good", seed=7)], progress=False)


def test_ctrl_c_leaves_checkpoints_of_all_that_ran(tmp_path: Path) -> None:
    script = tmp_path / "long.py"
    script.write_text(LONG)
    process = subprocess.Popen(
        [sys.executable, script, tmp_path],
        start_new_session=True,
        stderr=subprocess.PIPE,
        text=True,
        cwd=HERE.parent.parent,
        env=os.environ | {"PYTHONPATH": str(HERE.parent.parent)},
    )
    deadline = time.monotonic() + 120
    while min(steps_done(tmp_path / name) for name in "ab") < 60:
        assert time.monotonic() < deadline
        assert process.poll() is None, process.communicate()[1]
        time.sleep(0.1)
    os.killpg(process.pid, signal.SIGINT)  # to the whole group, as a terminal does
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 42, errors
    for name in "ab":
        (checkpoint,) = (tmp_path / name).glob("checkpoint-*")
        assert int(checkpoint.name.removeprefix("checkpoint-")) >= steps_done(tmp_path / name) >= 60


@pytest.mark.parametrize(("own", "status"), [("", 0), ("class Here(PointReach): pass", 1)])
def test_a_script_without_a_guard_trains_or_fails_but_does_not_hang(
    own: str, status: int, tmp_path: Path
) -> None:
    script = tmp_path / "unguarded.py"
    script.write_text(UNGUARDED.format(here=str(HERE), own=own, made="Here" if own else "PointReach"))
    done = subprocess.run(
        [sys.executable, script, tmp_path],
        timeout=60,
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(HERE.parent.parent)},
    )
    assert done.returncode == status, done.stderr
    if own:  # the worker needs the script, which starts the training once more
        assert "current process has finished its bootstrapping phase" in done.stderr
    assert (steps_done(tmp_path / "a") == 150) is (status == 0)


def test_jobs_must_be_distinct_and_picklable(tmp_path: Path) -> None:
    with pytest.raises(SimfactorError, match="several jobs have the name 'a'"):
        train_agents([job(tmp_path, "a"), job(tmp_path / "b", "a")], progress=False)
    local = functools.partial(lambda: PointReach())
    with pytest.raises(SimfactorError, match=r"job 'a' cannot be sent.*function of a module"):
        train_agents([job(tmp_path, "a", local)], progress=False)
