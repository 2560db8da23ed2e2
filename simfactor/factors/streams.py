"""Uniform random numbers addressed by (factor name, seed, index), each computable on its own."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

WORDS_PER_BLOCK = 4  # Philox-4x64 yields four 64-bit words for each value of its counter


def uniforms(stream: str, seed: int, start: int, count: int) -> NDArray[np.float64]:
    """Numbers ``start .. start + count - 1`` of the named stream, uniform on [0, 1).

    The generator is counter-based (Philox, Salmon et al. 2011) and keyed by the hash of name and seed, so
    number ``i`` never depends on how many others were drawn or which other streams exist.
    """
    digest = hashlib.blake2b(f"{seed}/{stream}".encode(), digest_size=16).digest()
    key = np.frombuffer(digest, np.uint64)
    block, skip = divmod(start, WORDS_PER_BLOCK)
    generator = np.random.Generator(np.random.Philox(counter=block, key=key))
    return generator.random(skip + count)[skip:]
