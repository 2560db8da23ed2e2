"""Encoders as ONNX files, for programs without torch."""

from __future__ import annotations

import importlib
import logging
import os
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from simfactor.errors import SimfactorError

if TYPE_CHECKING:
    from simfactor.encoders.model import FactorEncoder

PACKAGES = ("onnx", "onnxscript", "onnxruntime")
CHECKED = 5  # images that both are given; another number than was traced, for the batch is dynamic
TOLERANCE = 1e-4  # of the largest latent; sums of float32 in another order differ by 1e-6 or less


def export_onnx(encoder: FactorEncoder, path: str | Path) -> float:
    """Write the encoder as an ONNX file: ``images`` (n, s, s, 3) uint8 -> ``latents`` (n, L) float32.

    n is free. Before the file is put in place, ONNX Runtime encodes random images with it; returned is the
    largest absolute difference to what torch makes of them.

    Raises:
        SimfactorError: the packages of the extra ``onnx`` are missing, or the difference is above
            a ten-thousandth of the largest latent; then nothing is written.
    """
    _check_installed()
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    os.close(descriptor)
    temporary = Path(name)
    try:
        _write(encoder, temporary)
        difference = _difference(encoder, temporary)
        temporary.chmod(0o644)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
    return difference


def _check_installed() -> None:
    for package in PACKAGES:
        try:
            importlib.import_module(package)
        except ModuleNotFoundError as error:
            raise SimfactorError(
                f"writing ONNX files needs {', '.join(PACKAGES)}, and {error.name} is not installed; run "
                "pip install 'simfactor[onnx]'."
            ) from error


def _write(encoder: FactorEncoder, path: Path) -> None:
    images = torch.zeros(2, encoder.image_size, encoder.image_size, 3, dtype=torch.uint8)
    with _quiet("onnxscript", "torch.onnx"):
        torch.onnx.export(
            encoder,
            (images.to(encoder.device),),
            str(path),
            input_names=["images"],
            output_names=["latents"],
            dynamic_shapes={"images": {0: torch.export.Dim("n")}},
            external_data=False,
            dynamo=True,
            verbose=False,
        )


@contextmanager
def _quiet(*loggers: str) -> Iterator[None]:
    """The exporter warns of its own deprecated calls, and of operators of packages that nobody asked for."""
    levels = {name: logging.getLogger(name).level for name in loggers}
    for name in loggers:
        logging.getLogger(name).setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)


def _difference(encoder: FactorEncoder, path: Path) -> float:
    """Largest absolute difference of latents. Raises SimfactorError beyond the tolerance."""
    import onnxruntime

    size = encoder.image_size
    images = np.random.default_rng(0).integers(0, 256, (CHECKED, size, size, 3), dtype=np.uint8)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    (found,) = session.run(["latents"], {"images": images})
    expected = encoder.encode(images)
    difference = float(np.abs(found - expected).max())
    allowed = TOLERANCE * float(np.abs(expected).max())
    if not difference <= allowed:
        raise SimfactorError(
            f"ONNX Runtime's latents differ from torch's by {difference:.3g}, more than {allowed:.3g}; no "
            "file was written. Encode with torch, and please report the encoder's config.json."
        )
    return difference
