"""What a robot measures without its camera, in the latents that its policy acts on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from simfactor.encoders import FactorEncoder
from simfactor.encoders.codes import factor_codes
from simfactor.envs.measured_latents import check_observed
from simfactor.errors import SimfactorError
from simfactor.factors import Continuous

MEASURED = "measured"  # the model's second input


class Measured(NamedTuple):
    """A measured factor, its column in the encoder's rows, and its place in the latents acted on."""

    name: str
    factor: Continuous
    column: int
    place: int


def measured_by(
    encoder: FactorEncoder, acted_on: Sequence[int], names: Sequence[str]
) -> tuple[Measured, ...]:
    """The factors ``names``, of a policy on the encoder's dimensions ``acted_on``.

    Raises SimfactorError for a name without a block there, and for a factor that is no number of metres,
    pixels, ...: angles and categories cannot be inputs.
    """
    if not names:
        return ()
    layout, space = encoder.layout, encoder.space
    check_observed(names, layout, acted_on)
    for name in names:
        if type(space[name]) is not Continuous:
            raise SimfactorError(
                f"the policy measures {name!r}, a factor of kind {space[name].kind!r}, and only continuous "
                "ones can be inputs of a deployed model; train one that does not measure it."
            )
    places = list(acted_on)
    return tuple(
        Measured(name, space[name], space.index(name), places.index(int(layout.dims(name)[0])))  # type: ignore[arg-type]  # checked
        for name in names
    )


def with_measured(
    latents: NDArray[np.float32], measured: Sequence[Measured], values: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Latents (n, L) that are acted on, with measured ``values`` (n, M) in their blocks."""
    shown = latents.copy()
    for one, own in zip(measured, values.T, strict=True):
        shown[:, one.place] = factor_codes(one.factor, own.astype(np.float64))[:, 0]
    return shown


def values_of(measured: Sequence[Measured], rows: NDArray[np.float64]) -> NDArray[np.float32]:
    """What is measured, (n, M), where the encoder's factors are ``rows`` (n, K)."""
    return rows[:, [one.column for one in measured]].astype(np.float32)


def described(measured: Sequence[Measured]) -> list[dict[str, Any]]:
    """The second input, for the contract: one entry a column."""
    return [
        {"name": one.name, "unit": one.factor.unit, "low": one.factor.low, "high": one.factor.high}
        for one in measured
    ]


class Measuring(nn.Module):
    """As :func:`with_measured`, of tensors."""

    def __init__(self, measured: Sequence[Measured]) -> None:
        super().__init__()
        self.columns = {one.place: column for column, one in enumerate(measured)}
        self.middle: Tensor
        self.spread: Tensor
        ends = np.array([[one.factor.low, one.factor.high] for one in measured]).reshape(-1, 2)
        self.register_buffer("middle", torch.tensor(ends.mean(axis=1), dtype=torch.float32))
        self.register_buffer("spread", torch.tensor((ends[:, 1] - ends[:, 0]) / 2, dtype=torch.float32))

    def forward(self, latents: Tensor, values: Tensor) -> Tensor:
        """Latents (n, L)."""
        codes = (values - self.middle) / self.spread
        return torch.stack(
            [
                codes[:, self.columns[place]] if place in self.columns else latents[:, place]
                for place in range(latents.shape[1])
            ],
            dim=1,
        )
