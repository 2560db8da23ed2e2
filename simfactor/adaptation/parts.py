"""Which images an adaptation learns from, and which only judge it."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simfactor.errors import SimfactorError
from simfactor.frames import Byte

Floats = NDArray[np.float64]
HELD_OUT_SHARE, FEWEST = 0.2, 20  # of the source
JUDGING = {"labelled": 2, "unlabelled": 4}  # one of so many target images judges


class Part(NamedTuple):
    """Images (n, s, s, 3) of one domain with their rows (n, K), nan where a value is not known."""

    images: Byte
    rows: Floats

    def complete(self) -> Part:
        """Those of which every value is known."""
        return self.at(~np.isnan(self.rows).any(axis=1))

    def labelled(self) -> Part:
        """Those of which something is known."""
        return self.at(self.known)

    @property
    def known(self) -> NDArray[np.bool_]:
        """Of which images something is known, (n,)."""
        return np.asarray(~np.isnan(self.rows).all(axis=1))

    def at(self, chosen: ArrayLike) -> Part:
        """Some of them."""
        return Part(self.images[np.asarray(chosen)], self.rows[np.asarray(chosen)])


def split_source(source: Part, held_out: int | None) -> tuple[Part, Part]:
    """All but the last ``held_out`` images (None: a fifth), and these, which the encoder was not trained on.

    Raises SimfactorError for fewer than 20 of either.
    """
    total = len(source.images)
    count = int(total * HELD_OUT_SHARE) if held_out is None else held_out
    if not FEWEST <= count <= total - FEWEST:
        raise SimfactorError(
            f"{count} of the {total} images of the source cannot be held out; keep at least {FEWEST} to "
            f"judge by and {FEWEST} to learn from."
        )
    return source.at(np.arange(total - count)), source.at(np.arange(total - count, total))


def split_target(target: Part, seed: int) -> tuple[Part, Part]:
    """What is learned from, and what judges: half of the labelled images and a quarter of the others."""
    rng, judges = np.random.default_rng(seed), np.zeros(len(target.images), np.bool_)
    for those, one_of in ((target.known, JUDGING["labelled"]), (~target.known, JUDGING["unlabelled"])):
        order = rng.permutation(np.flatnonzero(those))
        judges[order[: len(order) // one_of]] = True
    return target.at(~judges), target.at(judges)


def split_pictures(images: Byte, fewest: int, seed: int) -> tuple[Byte, Byte]:
    """What is learned from, and what judges: a quarter, ``fewest`` at least."""
    order = np.random.default_rng(seed).permutation(len(images))
    count = max(fewest, len(images) // JUDGING["unlabelled"])
    return images[order[count:]], images[order[:count]]


def all_among(images: Byte, others: Byte) -> bool:
    """Whether every one of the images is also among the others, byte for byte."""
    return _digests(images) <= _digests(others)


def _digests(images: Byte) -> set[bytes]:
    return {hashlib.blake2b(image.tobytes(), digest_size=16).digest() for image in images}
