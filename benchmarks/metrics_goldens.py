"""DCI with gradient boosting on the published protocol's 10,000 + 5,000 samples, against independent values.

Takes minutes, so the tests check the formulas on the importance matrix that ``--out`` saves:

    OMP_NUM_THREADS=1 python benchmarks/metrics_goldens.py --out tests/metrics/data/dci_gbt_importance.npz
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np

from simfactor.metrics import DCI, dci, mig

DATA = Path(__file__).resolve().parent.parent / "tests" / "metrics" / "data"


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, help="save the importance matrix (latents, factors) here")
    out = parser.parse_args().out
    with np.load(DATA / "metric_codes.npz") as arrays:
        codes_train, factors_train, codes_test, factors_test = (
            arrays[name].T for name in ("mus_train", "ys_train", "mus_test", "ys_test")
        )
    start = time.perf_counter()
    scores = dci(codes_train, factors_train, codes_test, factors_test, learner="gbt", seed=0)
    print(f"dci: learner {scores.learner}, n {scores.n}, {time.perf_counter() - start:.0f} s")
    if out is not None:
        np.savez(out, importance=scores.importance)
    return int(not _compare(scores, mig(codes_train, factors_train)))


def _compare(scores: DCI, gap: float) -> bool:
    """Print a line per score; True if every one is within its tolerance."""
    expected = json.loads((DATA / "metric_expected.json").read_text())
    got = {
        "mig": gap,
        "dci_gbt_disentanglement": scores.disentanglement,
        "dci_gbt_completeness": scores.completeness,
        "dci_gbt_informativeness_test": scores.informativeness,
    }
    errors = {name: value - expected[name]["value"] for name, value in got.items()}
    for name, error in errors.items():
        print(
            f"{name:30s} {got[name]:.6f}  difference {error:+.1e}  tolerance {expected[name]['abs_tol']:.0e}"
        )
    return all(abs(error) <= expected[name]["abs_tol"] for name, error in errors.items())


if __name__ == "__main__":
    sys.exit(main())
