"""What a run keeps of itself: seconds per stage, the resolved configuration, versions and commit."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import Any

import yaml

import simfactor
from simfactor.atomic import write_atomically
from simfactor.config import RunConfig
from simfactor.errors import SimfactorError

PACKAGES = (
    "numpy",
    "torch",
    "pybullet",
    "gymnasium",
    "stable-baselines3",
    "scikit-learn",
    "opencv-python-headless",
)


@contextmanager
def timed(run: RunConfig, stage: str) -> Iterator[None]:
    """Announce a stage and add its seconds, also those of an interrupted try, to ``stages.json``.

    The resolved configuration is left beside it once the stage has done its work, not before: a command that
    is refused changes nothing.
    """
    folder = Path(run.out)
    print(f"{stage} ...", flush=True)
    start = time.perf_counter()
    try:
        yield
    finally:
        spent = time.perf_counter() - start
        seconds = stage_seconds(folder)
        seconds[stage] = seconds.get(stage, 0.0) + spent
        write_json(folder / "stages.json", seconds)
    _write_config(run)
    print(f"{stage} done in {spent:.1f} s", flush=True)


def stage_seconds(folder: Path) -> dict[str, float]:
    """Seconds spent so far on each stage of the run, summed over all tries."""
    return dict(read_json(folder / "stages.json")) if (folder / "stages.json").exists() else {}


def write_json(path: Path, content: Any) -> None:
    """Write JSON so that a reader never finds half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, json.dumps(content, indent=1).encode())


def read_json(path: Path) -> Any:
    """What a JSON file of this run says. Raises SimfactorError when it is damaged."""
    try:
        return json.loads(path.read_text())
    except json.JSONDecodeError as error:
        raise SimfactorError(f"{path} is damaged ({error}); delete it and repeat the command.") from error


def provenance(run: RunConfig) -> dict[str, Any]:
    """Everything needed to say what made the numbers: configuration, versions, commit, seed."""
    versions = {"simfactor": simfactor.__version__, **{name: metadata.version(name) for name in PACKAGES}}
    return {"config": dataclasses.asdict(run), "versions": versions, "commit": commit(), "seeds": [run.seed]}


def _write_config(run: RunConfig) -> None:
    """Leave the resolved configuration in the run's folder."""
    folder = Path(run.out)
    folder.mkdir(parents=True, exist_ok=True)
    plain = json.loads(json.dumps(dataclasses.asdict(run)))  # tuples as lists
    write_atomically(folder / "config.yaml", yaml.safe_dump(plain, sort_keys=False).encode())


def commit() -> str | None:
    """The commit of the checkout that the package runs from, marked when it has changes; None elsewhere."""
    root = Path(simfactor.__file__).parent.parent
    if not (root / ".git").exists():
        return None
    git = ["git", "-C", str(root)]
    try:
        head = subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, text=True, check=True)
        dirty = subprocess.run([*git, "status", "--porcelain"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return head.stdout.strip() + ("+changes" if dirty.stdout.strip() else "")
