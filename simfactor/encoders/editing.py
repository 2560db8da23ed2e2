"""Controlled generation: one factor's block of an image's latents is written anew, and the result decoded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from simfactor.encoders.codes import Head, factor_codes, heads_of
from simfactor.encoders.layout import RESIDUAL
from simfactor.encoders.model import FactorEncoder
from simfactor.encoders.objectives import objective_named
from simfactor.errors import SimfactorError, unknown_name
from simfactor.factors.choices import encode_value

Images = NDArray[np.uint8]
Latents = NDArray[np.float32]
Value: TypeAlias = float | str  # in the factor's own unit; a category by its name
Given: TypeAlias = Value | Sequence[Value] | NDArray[np.floating]  # for all images, or one for each
Values: TypeAlias = Mapping[str, Given]


def edit_images(encoder: FactorEncoder, images: Images, values: Values) -> Images:
    """What the encoder believes the images would look like, had the named factors these values.

    The images are encoded, :func:`edit_latents` writes the values, and the result is decoded. Compare it with
    ``encoder.decode(encoder.encode(images))``, for the decoder has its own blur.

    Args:
        images: (n, s, s, 3) uint8.
        values: as in :func:`edit_latents`.

    Returns:
        (n, s, s, 3) uint8.

    Raises:
        SimfactorError: images that do not fit, or as :func:`edit_latents`.
    """
    check_editable(encoder, values)
    return encoder.decode(edit_latents(encoder, encoder.encode(images), values))


def edit_latents(encoder: FactorEncoder, latents: Latents, values: Values) -> Latents:
    """A copy of latents (n, L) in which the named factors' blocks hold exactly the codes of these values.

    Args:
        latents: what ``encoder.encode`` gave.
        values: factor -> a value for all, or one for each of the n images; numbers in the factor's own unit,
            categories by name. ``{"light_azimuth": 40.0, "table_texture": "brick"}``.

    Raises:
        SimfactorError: a factor that the encoder does not know, a value outside its domain, another number of
            values than images, or an encoder that learned without labels.
    """
    check_editable(encoder, values)
    edited = latents.copy()
    for head in heads_of(encoder.space, encoder.layout):
        if head.name in values:
            edited[:, head.latents] = factor_codes(
                head.factor, _column(head, values[head.name], len(latents))
            )
    return edited


def exchange(encoder: FactorEncoder, images: Images, names: str | Iterable[str], donors: Images) -> Images:
    """The images with the named blocks taken from the donors, decoded: "this scene in that picture's light".

    Works for every layout with blocks, also where values have no meaning.

    Args:
        images: (n, s, s, 3) uint8.
        names: blocks, factor groups or roles.
        donors: n images, or one for all, of the same size.

    Returns:
        (n, s, s, 3) uint8.

    Raises:
        SimfactorError: images that do not fit, another number of donors, unknown names, or an encoder without
            blocks.
    """
    check_blocks(encoder)
    dims = encoder.layout.dims(names)
    if len(donors) not in (1, len(images)):
        raise SimfactorError(
            f"{len(donors)} donors for {len(images)} images; give one for each or one for all."
        )
    latents = encoder.encode(images)
    latents[:, dims] = encoder.encode(donors)[:, dims]
    return encoder.decode(latents)


def takes_values(encoder: FactorEncoder) -> bool:
    """Whether a value has a code in this encoder's latents: whether its blocks were anchored to labels."""
    return objective_named(encoder.objective).labels


def check_blocks(encoder: FactorEncoder) -> None:
    """Raise SimfactorError if the encoder's latents are not divided into blocks of factors."""
    if encoder.layout.names == (RESIDUAL,):
        raise SimfactorError(
            f"an encoder of objective {encoder.objective!r} does not know which latent is which factor; "
            "there is no block to edit. Train with an objective that has blocks, such as 'supervised', or "
            "look at `latent_traversals`."
        )


def check_editable(encoder: FactorEncoder, names: Iterable[str]) -> None:
    """Raise SimfactorError unless values of all these factors can be written into their blocks."""
    check_blocks(encoder)
    known = [name for name in encoder.layout.names if name != RESIDUAL]
    for name in names:
        if name not in known:
            raise unknown_name("factor of this encoder", name, known)
        if not takes_values(encoder):
            raise SimfactorError(
                f"an encoder of objective {encoder.objective!r} has a block for {name}, but learned without "
                "its values: no number means one. Take the block of another image that looks as wanted "
                f"(`exchange`; on the command line --exchange {name}=IMAGE), or train with labels."
            )


def _column(head: Head, values: Given, count: int) -> NDArray[np.float64]:
    """The values as rows of the space hold them, (count,). Raises SimfactorError outside the domain."""
    each = np.asarray(values, object).ravel().tolist()
    if len(each) not in (1, count):
        raise SimfactorError(
            f"{head.name}: {len(each)} values for {count} images; give one for each or one for all."
        )
    return np.resize([encode_value(head.name, head.factor, value) for value in each], count)
