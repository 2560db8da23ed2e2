"""Agents of the simulator before a stand-in for a real camera: `python benchmarks/sim2real.py [--json FILE]`.

The contenders of `benchmarks/transfer.py` learn the planar reach of the configuration ``arm`` in pictures of
`raster`. They are tested on the same episodes in the clean world, behind a webcam's sensor, and as ``photo``:
behind that sensor, path-traced under a sky, with the sun anywhere and textures that neither they nor their
encoders have seen. That is a proxy of reality, and no more. Ours go there once more with encoders that were
adapted to 200 of its pictures, without labels or with those of a few factors; 300 others say how well each
encoder reads the task. Trainings are shared with `benchmarks/transfer.py` by the same --out. What is done is
kept there, and of each training that is wholly tested a small file in --results, so that the same call goes
on where it stopped. Needs the extra `pathtrace`.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import replace
from pathlib import Path

from matrix.contenders import CONTENDERS
from matrix.study import Study
from reality.changes import changes, changes_as_markdown
from reality.methods import METHODS
from reality.table import as_markdown, summary
from reality.trials import Reality, recorded, run
from reality.worlds import picture

from simfactor.errors import SimfactorError, unknown_name
from simfactor.render.renderer import check_renderer

RESULTS = Path(__file__).parent / "results" / "sim2real"


def main() -> int:
    """Do what is missing, print the table."""
    given = parsed()
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # read by the workers
    names = list(METHODS) if given.methods is None else given.methods.split(",")
    try:
        for name in names:
            if name not in METHODS:
                raise unknown_name("method", name, METHODS)
        if not given.table:
            check_renderer("pathtrace")
        reality = reality_of(given)
        seeds = range(1 if given.quick else given.seeds)
        for seed in seeds if not given.table else ():
            for name in names:
                if recorded(reality, name, seed) is None:
                    run(reality, name, seed)
        known = {
            name: {s: t for s in seeds if (t := recorded(reality, name, s)) is not None} for name in names
        }
    except SimfactorError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    trials = {name: own for name, own in known.items() if own}
    found, changed = summary(reality.domains, trials), changes(trials)
    print("\n\n".join(filter(None, (as_markdown(found), changes_as_markdown(changed)))))
    missing = {name: [s for s in seeds if s not in trials] for name, trials in known.items()}
    missing = {name: lacking for name, lacking in missing.items() if lacking}
    for name, lacking in missing.items():
        print(f"missing: {name}, seeds {', '.join(map(str, lacking))}")
    if given.json is not None:
        given.json.write_text(
            json.dumps({"methods": found, "changes": changed, "missing": missing}, indent=1) + "\n"
        )
    if given.pictures is not None:
        given.pictures.mkdir(parents=True, exist_ok=True)
        (given.pictures / "sim2real.png").write_bytes(picture(reality.domains))
    return 0


def reality_of(given: argparse.Namespace) -> Reality:
    """The stand-in that was asked for."""
    study = Study(given.out, CONTENDERS, workers=given.workers)
    results = given.results or (given.out / "results" if given.quick else RESULTS)
    if not given.quick:
        return Reality(study, results)
    small = replace(study, images=300, steps=120, episodes=2)
    return Reality(small, results, unlabelled=80, labelled=10, quick=True)


def parsed() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=Path("runs/transfer"), help="its folder (%(default)s)")
    parser.add_argument("--methods", help="comma-separated names (all)")
    parser.add_argument("--results", type=Path, help="where records are kept, with --quick in --out")
    parser.add_argument("--table", action="store_true", help="run nothing, show what is recorded")
    parser.add_argument("--seeds", type=int, default=3, help="trainings of each (%(default)s)")
    parser.add_argument("--workers", type=int, default=2, help="processes at a time (%(default)s)")
    parser.add_argument("--quick", action="store_true", help="a few minutes' look at whether all of it runs")
    parser.add_argument("--json", type=Path, help="write all figures to this file")
    parser.add_argument("--pictures", type=Path, help="draw the worlds into this folder")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
