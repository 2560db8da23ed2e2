"""Memory that training frees and takes again in every step."""

from __future__ import annotations

import ctypes
import platform
from collections.abc import Iterator
from contextlib import contextmanager

# mallopt's parameters (malloc.h) and, in bytes, what glibc's own adjustment ends up with
TRIM_THRESHOLD, MMAP_THRESHOLD, MMAP_MAX = -1, -3, -4
LARGEST_THRESHOLD, DEFAULT_MMAP_MAX, NEVER = 32 * 2**20, 65536, 2**31 - 1


@contextmanager
def memory_kept() -> Iterator[None]:
    """Inside, what is freed stays with the process, for the next tensors, where the C library is glibc.

    By default every tensor of some megabytes is fresh from the kernel, which clears it page by page: a
    good part of a training step on a CPU. Afterwards what is free goes back.
    """
    if platform.libc_ver()[0] != "glibc":
        yield
        return
    library = ctypes.CDLL(None)
    mallopt = library.mallopt
    mallopt(MMAP_MAX, 0)
    mallopt(TRIM_THRESHOLD, NEVER)
    try:
        yield
    finally:
        mallopt(MMAP_MAX, DEFAULT_MMAP_MAX)
        mallopt(MMAP_THRESHOLD, LARGEST_THRESHOLD)
        mallopt(TRIM_THRESHOLD, 2 * LARGEST_THRESHOLD)
        library.malloc_trim(0)
