import platform
import resource
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest
import torch

from simfactor.encoders.memory import memory_kept

MEGABYTES = 64


def make_and_drop() -> None:
    torch.ones(MEGABYTES * 2**18)


def faults() -> int:
    """Pages that the kernel hands out while a large tensor is made and dropped 20 times."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(20):
        make_and_drop()
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


def resident() -> float:
    """Megabytes of this process that are in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 2**20


def measured() -> tuple[int, int, float, float]:
    """Faults outside and inside, and what is in memory before and after the end."""
    outside = faults()
    with memory_kept():
        make_and_drop()
        inside, kept = faults(), resident()
    return outside, inside, kept, resident()


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc's malloc can be told")
def test_memory_is_kept_inside_and_given_back_after():
    # other tests leave holes in the heap of theirs
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as fresh:
        outside, inside, kept, after = fresh.submit(measured).result()
    assert inside < 0.2 * outside  # a few fresh tensors at first
    assert after < kept - 0.9 * MEGABYTES
