"""What of ``photo`` encoders misread: `python benchmarks/photo_steps.py ENCODER [ENCODER ...] [--json FILE]`.

``photo`` is the stand-in for a real camera of `benchmarks/sim2real.py`, which leaves encoders in --out, as
sensed/seed-0/supervised-long/encoder. From the policies' world behind its sensor, what is new there comes one
by one: light, textures, the path tracer. Each encoder reads the same pictures. Needs the extra `pathtrace`.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from matrix.contenders import CONTENDERS
from matrix.study import Study
from reality.readers import FIRST_SEED
from reality.worlds import steps

from simfactor.adaptation.task_errors import error_of, judged_names
from simfactor.encoders import FactorEncoder
from simfactor.errors import SimfactorError
from simfactor.render import Studio
from simfactor.render.renderer import check_renderer
from simfactor.transfer import Domain


def main() -> int:
    """Read the pictures of each step, print the table."""
    given = parsed()
    try:
        check_renderer("pathtrace")
        encoders = [FactorEncoder.from_pretrained(folder) for folder in given.encoders]
        domains = steps(Study(Path("runs/transfer"), CONTENDERS))
        found = {domain.name: errors(domain, encoders, given.images) for domain in domains}
    except SimfactorError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    names = list(next(iter(found.values())))
    print("| | " + " | ".join(names) + " |\n" + "|---" * (len(names) + 1) + "|")
    for step, own in found.items():
        print(f"| {step} | " + " | ".join(f"{own[name]:.3f}" for name in names) + " |")
    if given.json is not None:
        given.json.write_text(json.dumps(found, indent=1) + "\n")
    return 0


def errors(domain: Domain, encoders: list[FactorEncoder], count: int) -> dict[str, float]:
    """Mean errors of the task's factors in shares of their ranges, over pictures and encoders; and of all."""
    rows = domain.space.sample(count, FIRST_SEED)
    with Studio(domain.space.scene, domain.renderer) as studio:
        images = studio.images(domain.space, rows).rgb
    found = dict.fromkeys(judged_names(encoders[0]), 0.0)
    for encoder in encoders:
        read = encoder.predict(images)
        for name in found:
            true = rows[:, domain.space.index(name)]
            error = error_of(encoder.space[name], read[:, encoder.space.index(name)], true)
            found[name] += error.share / len(encoders)
    return {**found, "mean": sum(found.values()) / len(found)}


def parsed() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("encoders", type=Path, nargs="+", help="folders of encoders of the same factors")
    parser.add_argument("--images", type=int, default=300, help="pictures of each step (%(default)s)")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
