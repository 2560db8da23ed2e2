"""What decides the noise of a photograph: a number that follows from what its scene was told."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

Seeds = NDArray[np.uint32]
NOTHING: Mapping[str, NDArray[Any]] = MappingProxyType({})


def next_seeds(seeds: Seeds, columns: Mapping[str, NDArray[Any]] = NOTHING) -> Seeds:
    """Seeds (n,) after ``columns``, name -> numbers (n,), were set in states whose seeds are ``seeds`` (n,).

    A hash of a row's seed and numbers: the same in every process, in any order of the names, and whatever
    other rows there are.
    """
    names = sorted(columns)
    key = blake2b("\n".join(names).encode(), digest_size=16).digest()
    table = np.column_stack([seeds, *(columns[name] for name in names)]).astype("<f8") + 0.0  # -0.0 is 0.0
    rows, width = memoryview(table.tobytes()), 8 * table.shape[1]
    hashes = [
        blake2b(rows[at : at + width], digest_size=4, key=key).digest() for at in range(0, len(rows), width)
    ]
    return np.frombuffer(b"".join(hashes), "<u4").astype(np.uint32)
