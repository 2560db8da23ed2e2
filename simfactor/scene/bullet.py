"""PyBullet, imported without the line about its build that it prints to standard error."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["pybullet"]


@contextmanager
def _silence() -> Iterator[None]:
    """Send file descriptor 2 nowhere: the line is printed by C, past ``sys.stderr``. Errors still raise."""
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(nowhere)
        os.close(kept)


with _silence():
    import pybullet
