"""Which image sizes a network has."""

from __future__ import annotations

from collections.abc import Mapping

from simfactor.errors import SimfactorError

BOTTOM = 4  # cells a side where the convolutions of every network end


def channels_for(table: Mapping[int, tuple[int, ...]], image_size: int) -> tuple[int, ...]:
    """Channels of the convolutions for an image size. Raises SimfactorError for a size without a network."""
    if image_size not in table:
        raise SimfactorError(
            f"there is no network for {image_size} x {image_size} images; allowed: "
            f"{', '.join(map(str, table))}. Render the images at one of these sizes."
        )
    return table[image_size]
