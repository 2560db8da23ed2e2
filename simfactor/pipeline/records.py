"""What a run keeps of itself: seconds per stage, the resolved configuration, versions and commit."""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from simfactor.atomic import write_atomically
from simfactor.config import RunConfig
from simfactor.json_files import read_json, write_json
from simfactor.provenance import commit, versions


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


def provenance(run: RunConfig) -> dict[str, Any]:
    """Everything needed to say what made the numbers: configuration, versions, commit, seed."""
    return {
        "config": dataclasses.asdict(run),
        "versions": versions(),
        "commit": commit(),
        "seeds": [run.seed],
    }


def _write_config(run: RunConfig) -> None:
    """Leave the resolved configuration in the run's folder."""
    folder = Path(run.out)
    folder.mkdir(parents=True, exist_ok=True)
    plain = json.loads(json.dumps(dataclasses.asdict(run)))  # tuples as lists
    write_atomically(folder / "config.yaml", yaml.safe_dump(plain, sort_keys=False).encode())
