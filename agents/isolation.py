"""Stable-Baselines3 seeds Python's, NumPy's and torch's global generators; nobody outside should notice."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator

import numpy as np
import torch


@contextlib.contextmanager
def isolated() -> Iterator[None]:
    """One torch thread, and afterwards the thread count and all global generators as they were.

    More than one thread makes networks this small slower, and several times slower where trainings share the
    cores.
    """
    threads, python, numpy = torch.get_num_threads(), random.getstate(), np.random.get_state()  # noqa: NPY002
    with torch.random.fork_rng(devices=[]):
        torch.set_num_threads(1)
        try:
            yield
        finally:
            torch.set_num_threads(threads)
            random.setstate(python)
            np.random.set_state(numpy)  # noqa: NPY002
