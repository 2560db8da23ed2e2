import platform
import resource

import pytest
import torch

from simfactor.encoders.memory import memory_kept


def faults() -> int:
    """Pages that the kernel hands out while a tensor of 64 MB is made and dropped, 20 times."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(20):
        torch.ones(16 * 2**20)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc's malloc can be told")
def test_memory_is_kept_inside_and_given_back_after():
    outside = faults()
    with memory_kept():
        torch.ones(16 * 2**20)
        inside = faults()
    after = faults()
    # a few fresh tensors at first; huge pages, where the system has them, make fewer faults everywhere
    assert inside < 0.2 * outside
    assert after > 0.5 * outside
