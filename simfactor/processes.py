"""How worker processes start: deaf to Ctrl-C, on one thread, and without the caller's script."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.resource_tracker import ensure_running
from types import ModuleType

THREAD_LIMITS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@contextmanager
def lean_start(main: bool = False) -> Iterator[None]:
    """Processes started inside block SIGINT, keep to one thread, and, unless they need what ``main`` defines,
    do without the caller's main module.

    Importing ``__main__`` there would run a script that has no ``if __name__ == "__main__"`` once more, and
    load whatever a program loads.
    """
    threads = {name: os.environ.get(name) for name in THREAD_LIMITS}
    module = sys.modules["__main__"]
    with deferred_interrupt():
        ensure_running()  # starting the tracker later would unblock SIGINT
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            os.environ.update(dict.fromkeys(THREAD_LIMITS, "1"))
            if not main:
                sys.modules["__main__"] = ModuleType("__main__")
            yield
        finally:
            sys.modules["__main__"] = module
            for name, value in threads.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


@contextmanager
def deferred_interrupt() -> Iterator[None]:
    """Ctrl-C takes effect at the end of the block: a process whose start it cuts short would wait for ever,
    and so would one whose answer is left half read.

    Blocking the signal does not do that: another thread takes it, and the main thread is interrupted.
    """
    if threading.current_thread() is not threading.main_thread():  # only that one is ever interrupted
        yield
        return
    arrived: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: arrived.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler if before is None else before)
    if arrived:
        signal.raise_signal(signal.SIGINT)
