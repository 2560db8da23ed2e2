"""Latents in which some factors are known, rather than read from a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from simfactor.errors import SimfactorError
from simfactor.factors import Categorical

if TYPE_CHECKING:
    from simfactor.encoders import FactorEncoder


class KnownFactors:
    """Blocks among observed latents, and what a perfect encoder would say in them.

    Args:
        encoder: whose latents are observed.
        dims: the observed dimensions (L,).
        names: factors of the encoder's space.

    Attributes:
        names: the factors.
        places: where their blocks are among the observed latents; nowhere for those that are not observed.

    Raises SimfactorError if the encoder's blocks have no true values (it learned without labels).
    """

    def __init__(self, encoder: FactorEncoder, dims: NDArray[np.intp], names: Sequence[str]) -> None:
        from simfactor.encoders.editing import takes_values  # loads torch, which state policies do not need

        if not takes_values(encoder):
            raise SimfactorError(
                f"the latents of an encoder trained as {encoder.objective!r} have no true values; use one "
                "that learned from labels, as 'supervised' or 'interventional'."
            )
        self._space, self._layout = encoder.space, encoder.layout
        self.names = tuple(names)
        wanted = np.concatenate([self._layout.dims(name) for name in self.names] or [np.zeros(0, np.int64)])
        self.places = np.flatnonzero(np.isin(dims, wanted))
        self._dims = dims[self.places]
        self._row = self._space.sample(1, seed=0)

    def correct(
        self, latents: NDArray[np.float32], values: Mapping[str, Sequence[Any]]
    ) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
        """Latents (n, L) with the truth in the factors' blocks, and by how much these were off, (n,): mean
        absolute difference of latents (1 is half of a factor's range). ``values``: of each of ``names``, n.
        """
        from simfactor.encoders.codes import ideal_latents

        rows = np.repeat(self._row, len(latents), axis=0)
        for name in self.names:
            factor = self._space[name]
            code = factor.code if isinstance(factor, Categorical) else float
            rows[:, self._space.index(name)] = [code(value) for value in values[name]]
        true = ideal_latents(self._space, self._layout, rows)[:, self._dims]
        error = np.abs(latents[:, self.places] - true).mean(axis=1)
        shown = latents.copy()
        shown[:, self.places] = true
        return shown, error.astype(np.float64)
