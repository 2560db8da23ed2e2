"""What an adaptation is given, checked before any work."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from simfactor.adaptation.methods import Method
from simfactor.adaptation.methods.moments import corrected_layers
from simfactor.adaptation.parts import Part
from simfactor.adaptation.pictures import Pictures, check_source
from simfactor.data import ImageSource
from simfactor.encoders import FactorEncoder
from simfactor.encoders.codes import Head
from simfactor.encoders.features import dense_layers
from simfactor.encoders.model import check_images
from simfactor.errors import SimfactorError, naming, unknown_name
from simfactor.factors import Categorical, FactorSpace
from simfactor.frames import Byte

FEWEST_LABELLED = 4  # half of them only judge


def check_reads(encoder: FactorEncoder) -> None:
    """Raise SimfactorError for an encoder that reads no factor."""
    if not any(not head.factor.fixed for head in encoder.heads):
        raise SimfactorError(
            f"an encoder of objective {encoder.objective!r} reads no factor, so nothing could tell whether "
            "an adaptation spoilt it; give one that was trained with objective 'supervised'."
        )


def check_encoder(encoder: FactorEncoder, method: str) -> None:
    """Raise SimfactorError for an encoder that reads no factor, or whose network has nothing to adapt."""
    check_reads(encoder)
    if len(dense_layers(encoder)) < 2 or not corrected_layers(encoder):
        raise SimfactorError(
            f"method={method!r} adapts the layers inside a network, and {encoder.network!r} has none; train "
            "the encoder with another network."
        )


def check_numbers(**numbers: float) -> None:
    """Raise SimfactorError for a number that is not above 0."""
    for name, value in numbers.items():
        if not value > 0:
            raise SimfactorError(f"{name}={value!r} must be above 0.")


def check_search(budget: int, pictures: int, alpha: float = 0.05) -> None:
    """Raise SimfactorError for a calibration that could find or judge nothing."""
    if budget < 2 or pictures < 2 or not 0 < alpha < 1:
        raise SimfactorError(
            f"budget={budget!r}, pictures={pictures!r}, alpha={alpha!r}: give two or more of each, and an "
            "alpha between 0 and 1."
        )


def calibrated_heads(encoder: FactorEncoder, space: FactorSpace, factors: str | Iterable[str]) -> list[Head]:
    """The encoder's heads of the factors to calibrate: those of ``factors`` that vary in the space.

    Raises SimfactorError for an encoder without labels, unknown factors or none, ones that the encoder does
    not read, lattices and held-out ranges.
    """
    heads = {head.name: head for head in encoder.heads}
    if not heads:
        raise SimfactorError(
            f"an encoder of objective {encoder.objective!r} was trained without labels and reads no factors; "
            "give one of objective 'supervised'."
        )
    names = [name for name in space.resolve(factors) if not space[name].fixed]
    if not names:
        raise SimfactorError(f"none of {factors!r} varies in the space: there is nothing to calibrate.")
    for name in names:
        if name not in heads:
            raise unknown_name("factor of the encoder", name, heads)
        factor, known = space[name], heads[name].factor
        if factor.kind != known.kind or getattr(factor, "values", None) != getattr(known, "values", None):
            raise SimfactorError(
                f"{name} is {factor.describe()} in the space and {known.describe()} in the encoder's; "
                "give the space that it was trained on, or one inside it."
            )
        if not isinstance(factor, Categorical) and (factor.levels is not None or factor.holes):
            raise SimfactorError(
                f"{name} has levels or held-out ranges ({factor.describe()}), among which no range can be "
                "moved; give a space where it is a plain range."
            )
    return [heads[name] for name in names]


def check_weight(method: Method, weight: float | None) -> None:
    """Raise SimfactorError for the weight of a term that there is not, or a negative one."""
    if weight is not None and method.begin is None:
        raise SimfactorError(f"weight={weight!r}: this method has no term of its own; leave `weight` out.")
    if weight is not None and not 0 <= weight < float("inf"):
        raise SimfactorError(f"weight={weight!r} must be a number, at least 0.")


def check_out(out: Path) -> None:
    """Raise SimfactorError unless the folder is new or empty: it might be the encoder's own."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise SimfactorError(f"{str(out)!r} is there already and is not empty; give a new folder as `out`.")


def opened_source(encoder: FactorEncoder, source: ImageSource) -> Part:
    """Images and rows of the data set that the encoder was trained on, those that have all their labels."""
    check_source(encoder, source, "source")
    known = Part(source.images(), rows_of(encoder, source)).complete()
    if not len(known.images):
        raise SimfactorError("no image of the source has all its labels; give the data set of the training.")
    return known


def rows_of(encoder: FactorEncoder, dataset: ImageSource) -> NDArray[np.float64]:
    """The values (n, K) of the encoder's factors in a data set that has them."""
    return dataset.factors()[:, columns_of(encoder, dataset.space)]


def columns_of(encoder: FactorEncoder, space: FactorSpace) -> list[int]:
    """Where the encoder's factors stand in rows of a space that has them."""
    return [space.index(name) for name in encoder.space.names]


def target_images(encoder: FactorEncoder, target: Pictures) -> Byte:
    """All images of the target. Raises SimfactorError for ones that the encoder does not read."""
    images = target.images() if isinstance(target, ImageSource) else target
    with naming("the target"):
        check_images(images, encoder.image_size)
    return images


def opened_target(
    encoder: FactorEncoder, target: Pictures, rows: NDArray[np.float64] | None, fewest: int
) -> Part:
    """Images of the target and what is known of them, nan where nothing is.

    Raises SimfactorError for images that the encoder does not read, too few of them, and rows that are not
    theirs, not of its factors, or empty but for fewer than four images.
    """
    images = target_images(encoder, target)
    if len(images) < fewest:
        raise SimfactorError(
            f"{len(images)} images of the target are too few; give at least {fewest}. A quarter of them "
            "only judges."
        )
    shape = (len(images), len(encoder.space))
    if rows is None:
        return Part(images, np.full(shape, np.nan))
    if np.shape(rows) != shape:
        raise SimfactorError(
            f"target_rows have shape {np.shape(rows)}; give {shape}, a row for each image of the target with "
            f"nan for what is not known; columns: {', '.join(encoder.space.names)}."
        )
    known = Part(images, np.asarray(rows, np.float64))
    labelled = known.labelled()
    if len(labelled.images) < FEWEST_LABELLED:
        raise SimfactorError(
            f"of {len(labelled.images)} images of the target something is known in target_rows; give at "
            f"least {FEWEST_LABELLED} with a value, half of which only judge, or leave target_rows out."
        )
    with naming("target_rows"):
        encoder.space.check(labelled.rows, partial=True)
    return known
