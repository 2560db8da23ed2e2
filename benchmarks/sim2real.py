"""Agents of the simulator before a stand-in for a real camera: `python benchmarks/sim2real.py [--json FILE]`.

The contenders of `benchmarks/transfer.py` learn the planar reach of the configuration ``arm`` in pictures of
`raster`. Nothing of them is changed; they are tested on the same episodes in the clean world, with a webcam's
sensor before it, path-traced, and path-traced with the sensor and in light, textures and colours that neither
they nor their encoders have seen. That is a proxy of reality, and no more. Trainings are shared with
`benchmarks/transfer.py` by the same --out; episodes stay there, and the same call goes on where it stopped.
Needs the extra `pathtrace`.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from matrix.contenders import EVERYONE
from matrix.study import Study, prepare, train

from simfactor.config import ShiftRanges, Transfer
from simfactor.errors import SimfactorError, unknown_name
from simfactor.pipeline import make_plan
from simfactor.pipeline.policies import transfer_jobs
from simfactor.transfer import Job, evaluate_jobs, format_interval, load_suite, tabulate_success
from simfactor.transfer.results import stacked

CONTENDERS = ("ours-task", "ours-resample", "student", "pixels-shift", "pixels-rerender", "state")
FARTHEST = "everything-2"  # of the suite: what nobody has seen of any factor


def main() -> int:
    """Train what is missing, test, print the table."""
    given = parsed()
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # read by the workers
    names = given.agents.split(",")
    try:
        for name in names:
            if name not in EVERYONE:
                raise unknown_name("agent", name, EVERYONE)
        study = Study(given.out, {name: EVERYONE[name] for name in names}, workers=given.workers)
        seeds = range(given.seeds)
        for seed in seeds:
            prepare(study, [seed])
            train(study, [seed])
        jobs = photographed(study, seeds, given.episodes)
        results = evaluate_jobs(jobs, given.out / "sim2real", seeds, given.workers)
    except SimfactorError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    domains = list({job.domain.name: job.domain for job in jobs}.values())
    found: dict[str, Any] = {}
    for name, trainings in results.items():
        success = {domain.name: stacked(name, domain.name, trainings, "success") for domain in domains}
        found[name] = {d: entry["success"] for d, entry in tabulate_success(domains, success).items()}
    print("| agent | " + " | ".join(domain.name for domain in domains) + " |")
    print("|---" * (len(domains) + 1) + "|")
    for name, entries in found.items():
        print(f"| {name} | " + " | ".join(format_interval(entry) for entry in entries.values()) + " |")
    if given.json is not None:
        given.json.write_text(json.dumps({"methods": found}, indent=1) + "\n")
    return 0


def photographed(study: Study, seeds: Sequence[int], episodes: int) -> list[Job]:
    """The tests of all contenders, on episodes that are the same for all of them."""
    jobs = []
    seen = make_plan(study.run(0, None)).episode_seeds[:episodes]
    for plan, names in study.plans(seeds):
        suite = load_suite(plan.run.transfer.suite)
        farthest = next(shift for shift in suite.shifts if shift.name == FARTHEST)
        shifts = {
            "webcam": ShiftRanges(level="ood2", sensor="webcam"),
            "pathtrace": ShiftRanges(level="ood2", renderer="pathtrace"),
            "photo": ShiftRanges(
                level="ood2", factors=dict(farthest.factors), renderer="pathtrace", sensor="webcam"
            ),
        }
        tested = make_plan(replace(plan.run, transfer=Transfer(episodes=episodes, shifts=shifts)))
        jobs += [replace(job, episode_seeds=seen) for name in names for job in transfer_jobs(tested, name)]
    return jobs


def parsed() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=Path("runs/transfer"), help="its folder (%(default)s)")
    parser.add_argument("--agents", default=",".join(CONTENDERS), help="comma-separated names (%(default)s)")
    parser.add_argument("--seeds", type=int, default=3, help="trainings of each (%(default)s)")
    parser.add_argument("--episodes", type=int, default=100, help="in each world (%(default)s)")
    parser.add_argument("--workers", type=int, default=2, help="processes at a time (%(default)s)")
    parser.add_argument("--json", type=Path, help="write all figures to this file")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
