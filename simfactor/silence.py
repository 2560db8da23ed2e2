"""Imports and start-ups that print from C, past ``sys.stderr``, made to hold their tongue."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def silence(output: bool = False) -> Iterator[None]:
    """Send standard error, and with ``output`` standard output, nowhere as long as this lasts.

    Errors still raise. What Python printed before still appears.
    """
    streams = (1, 2) if output else (2,)
    _flush(output)
    kept = [os.dup(stream) for stream in streams]
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        for stream in streams:
            os.dup2(nowhere, stream)
        yield
    finally:
        _flush(output)
        for stream, copy in zip(streams, kept, strict=True):
            os.dup2(copy, stream)
            os.close(copy)
        os.close(nowhere)


def _flush(output: bool) -> None:
    sys.stderr.flush()
    if output:
        sys.stdout.flush()
        ctypes.CDLL(None).fflush(None)  # C holds back standard output, too
