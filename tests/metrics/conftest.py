import json
from pathlib import Path

import numpy as np
import pytest

DATA = Path(__file__).parent / "data"


@pytest.fixture(scope="session")
def golden_samples():
    """codes_train (10000, 10), factors_train (10000, 7), codes_test (5000, 10), factors_test (5000, 7)."""
    with np.load(DATA / "metric_codes.npz") as arrays:
        return tuple(arrays[name].T for name in ("mus_train", "ys_train", "mus_test", "ys_test"))


@pytest.fixture(scope="session")
def golden_importance():
    """The importance matrix (10, 7) that benchmarks/metrics_goldens.py made of all golden samples."""
    with np.load(DATA / "dci_gbt_importance.npz") as arrays:
        return arrays["importance"]


@pytest.fixture(scope="session")
def golden_values():
    """Name -> {"value", "abs_tol"}, from an independent implementation."""
    return json.loads((DATA / "metric_expected.json").read_text())
