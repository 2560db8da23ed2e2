"""Every agent under every shift: `python benchmarks/transfer.py [--quick] [--json FILE] [--pictures FOLDER]`.

All agents learn the planar reach of the configuration ``arm`` (--config takes another) in its policy support,
for as many steps and with networks of the same size, and are tested on the same episodes under every shift of
its suite: ood1, which the encoders have seen and the policies have not, and ood2, which nobody has. Encoders
are trained for each seed, from one data set a seed. No setting was chosen by what happens under a shift:
--tune shows how they were chosen, on another seed.

Every data set, encoder, agent and cell of the table stays in --out: the same call again goes on where the
last one stopped, and --agents and --seeds choose what to add. Of each training that is wholly tested a small
file stays in --results, which is the repository's own folder unless another is named: what is recorded there
is not done again, and --table shows it. With the agents of ``ablation`` and those they are compared with
(ours-all, pixels-shift) it also shows what each augmentation gains, of each group of factors.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from matrix.ablation import ablation, ablation_as_markdown
from matrix.contenders import BASELINES, CONTENDERS, EVERYONE, GROUPS_OF_AGENTS, OURS_FIRST
from matrix.gain_picture import ablation_matrix, gain_matrix
from matrix.gains import gains, gains_as_markdown
from matrix.records import Outcomes, Probes, probe, probes, record, recorded, unprobed, unrecorded
from matrix.study import Study, evaluate, prepare, train
from matrix.table import apart, as_markdown, single, summary, wins
from matrix.tuning import as_lines, tune

from simfactor.errors import SimfactorError, unknown_name
from simfactor.report.ladders import shift_matrix
from simfactor.transfer import Domain, rank_correlation

RESULTS = Path(__file__).parent / "results" / "transfer"
SHOWN = ("clean", "lighting-1", "lighting-2", "everything-1", "everything-2")


def main() -> int:
    """Parse the command line, do what is missing, print the table."""
    given = parsed()
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # read by the workers
    try:
        study = study_of(given)
        if given.tune:
            print(as_lines(tune(study)))
            return 0
        seeds = range(1 if given.quick else given.seeds)
        for seed in seeds if not given.table else ():
            run(study, seed)
        outcomes, domains = recorded(study, seeds), study.domains
    except SimfactorError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    found = {
        "agents": summary(domains, outcomes, EVERYONE),
        "probe": ranked(study, outcomes, probes(study, outcomes), domains),
        "gains": gains(domains, outcomes, given.against) if given.against in outcomes else {},
        "ablation": ablation(domains, outcomes),
        "missing": missing(study, seeds, outcomes),
    }
    show(found, [domain.name for domain in domains])
    if given.json is not None:
        given.json.write_text(json.dumps(found, indent=1) + "\n")
    if given.pictures is not None and found["agents"]:
        given.pictures.mkdir(parents=True, exist_ok=True)
        shifts = {name: {d.name: entry[d.name] for d in domains} for name, entry in found["agents"].items()}
        (given.pictures / "transfer_matrix.png").write_bytes(shift_matrix(shifts))
        if found["gains"]:
            (given.pictures / "transfer_gains.png").write_bytes(gain_matrix(found["gains"]))
        if found["ablation"]:
            (given.pictures / "transfer_ablation.png").write_bytes(ablation_matrix(found["ablation"]))
    return 0


def show(found: Mapping[str, Any], domains: Sequence[str]) -> None:
    """Print what came out, and what is missing."""
    print(as_markdown(found["agents"], SHOWN))
    for line in apart(found["agents"]):
        print(f"far apart in the clean world, training by training: {line}")
    print("rank correlation of probe and success:", json.dumps(found["probe"].get("rank_correlation")))
    if found["gains"]:
        print(gains_as_markdown(found["gains"]))
    if found["ablation"]:
        print(ablation_as_markdown(found["ablation"]))
    for line in wins(found["agents"], OURS_FIRST, BASELINES, domains):
        print(f"a baseline ahead of {OURS_FIRST}: {line}")
    for name, lacking in found["missing"].items():
        print(f"missing: {name}, seeds {', '.join(map(str, lacking))}")


def run(study: Study, seed: int) -> None:
    """Train and test every contender that has no record of a seed, probe encoders, record what came out."""
    agents, encoders = unrecorded(study, seed), unprobed(study, seed)
    prepare(replace(study, contenders={**agents.contenders, **encoders.contenders}), [seed])
    train(agents, [seed])
    evaluate(agents, [seed])
    record(agents, seed)
    probe(encoders, seed)


def study_of(given: argparse.Namespace) -> Study:
    """The study that was asked for. Raises SimfactorError for a contender that there is not."""
    names = list(CONTENDERS) if given.agents is None else given.agents.split(",")
    names = [name for part in names for name in GROUPS_OF_AGENTS.get(part, [part])]
    for name in names:
        if name not in EVERYONE:
            raise unknown_name("agent", name, [*GROUPS_OF_AGENTS, *EVERYONE])
    if given.against is not None and given.against not in names:
        raise unknown_name("agent to compare with", given.against, names)
    chosen = {name: EVERYONE[name] for name in names}
    other = given.quick or given.steps is not None
    results = given.results or (given.out / "results" if other else RESULTS)
    study = Study(
        given.out, chosen, config=given.config, steps=given.steps, workers=given.workers, results=results
    )
    return replace(study, images=300, steps=120, episodes=2) if given.quick else study


def missing(study: Study, seeds: range, outcomes: Outcomes) -> dict[str, list[int]]:
    """Contender -> the seeds that have no record yet."""
    lacking = {name: [s for s in seeds if s not in outcomes.get(name, {})] for name in study.contenders}
    return {name: seeds for name, seeds in lacking.items() if seeds}


def ranked(study: Study, outcomes: Outcomes, scores: Probes, domains: Sequence[Domain]) -> dict[str, Any]:
    """The proxy probe of the encoders, and how it ranks them next to what their agents achieve.

    Ranked are the encoders of all seeds, by the probe and by the success of the agents that see through them
    as they are, both as means over single shifts.
    """
    shifts = [*single(domains, "ood1"), *single(domains, "ood2")]
    achieved: dict[tuple[str, int], list[float]] = {}
    for name, trainings in outcomes.items():
        contender = study.contenders[name]
        for seed, outcome in trainings.items():
            if contender.encoder in scores and not contender.agent.fine_tune:
                mean = float(np.mean([outcome.success[shift].mean() for shift in shifts]))
                achieved.setdefault((contender.encoder, seed), []).append(mean)
    pairs = [
        (float(np.mean([scores[encoder][seed][shift] for shift in shifts])), float(np.mean(successes)))
        for (encoder, seed), successes in achieved.items()
        if seed in scores[encoder]
    ]
    found: dict[str, Any] = {"scores": scores, "pairs": pairs}
    if len({p for p, _ in pairs}) > 2 and len({s for _, s in pairs}) > 1:
        found["rank_correlation"] = rank_correlation(*zip(*pairs, strict=True))._asdict()
    return found


def parsed() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=Path("runs/transfer"), help="its folder (%(default)s)")
    parser.add_argument("--config", default="arm", help="ready configuration or file (%(default)s)")
    groups = " and ".join(GROUPS_OF_AGENTS)
    parser.add_argument("--agents", help=f"comma-separated names; {groups} are groups not run by default")
    parser.add_argument(
        "--results", type=Path, help="where records are kept, with --quick or --steps in --out"
    )
    parser.add_argument("--against", metavar="AGENT", help="show what the others gain against this one, too")
    parser.add_argument("--table", action="store_true", help="run nothing, show what is recorded")
    parser.add_argument("--tune", action="store_true", help="search for settings, in the clean world only")
    parser.add_argument("--seeds", type=count, default=5, help="trainings of each (%(default)s)")
    parser.add_argument(
        "--steps", type=count, help="that each agent learns for, by default the configuration's"
    )
    parser.add_argument("--workers", type=count, default=2, help="processes at a time (%(default)s)")
    parser.add_argument("--quick", action="store_true", help="a few minutes' look at whether all of it runs")
    parser.add_argument("--json", type=Path, help="write all figures to this file")
    parser.add_argument("--pictures", type=Path, help="draw the matrix, and what is gained, into this folder")
    return parser.parse_args()


def count(text: str) -> int:
    """A number of the command line that is at least 1."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least 1")
    return int(text)


if __name__ == "__main__":
    raise SystemExit(main())
