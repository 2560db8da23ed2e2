"""Networks as ONNX files, for programs without torch."""

from __future__ import annotations

import importlib
import logging
import os
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from simfactor.errors import SimfactorError

if TYPE_CHECKING:
    from simfactor.encoders.model import FactorEncoder

PACKAGES = ("onnx", "onnxscript", "onnxruntime")
OPSET = 18  # of ONNX's operators: what every ONNX Runtime since 1.14 (February 2023) runs
CHECKED = 5  # images that both are given; another number than was traced, for the batch is dynamic
TOLERANCE = 1e-4  # of the largest number; sums of float32 in another order differ by 1e-6 or less


def export_onnx(encoder: FactorEncoder, path: str | Path) -> float:
    """Write the encoder as an ONNX file: ``images`` (n, s, s, 3) uint8 -> ``latents`` (n, L) float32.

    n is free. Before the file is put in place, ONNX Runtime encodes random images with it; returned is the
    largest absolute difference to what torch makes of them.

    Raises:
        SimfactorError: the packages of the extra ``onnx`` are missing, or the difference is above
            a ten-thousandth of the largest latent; then nothing is written.
    """

    images = random_images(encoder.image_size)
    return write_onnx(encoder, path, {"latents": encoder.encode(images)}, {"images": images})["latents"]


def random_images(size: int) -> NDArray[np.uint8]:
    """Noise to compare networks on, (5, size, size, 3)."""
    return np.random.default_rng(0).integers(0, 256, (CHECKED, size, size, 3), dtype=np.uint8)


def write_onnx(
    network: nn.Module,
    path: str | Path,
    expected: Mapping[str, NDArray[np.float32]],
    inputs: Mapping[str, NDArray[Any]],
) -> dict[str, float]:
    """Write a network as an ONNX file: its arguments ``inputs`` (n, ...) -> outputs named as in ``expected``.

    n is free. Before the file is put in place, ONNX Runtime runs it on ``inputs`` (m, ...), m not 2; returned
    is, for each output, the largest absolute difference to what is ``expected`` (m, ...) of them.

    Raises:
        SimfactorError: the packages of the extra ``onnx`` are missing, or a difference is above
            a ten-thousandth of the largest number of its output; then nothing is written.
    """
    check_installed()
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    os.close(descriptor)
    temporary = Path(name)
    try:
        _write(network, inputs, list(expected), temporary)
        differences = _differences(temporary, expected, inputs)
        temporary.chmod(0o644)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
    return differences


def check_installed() -> None:
    """Raise SimfactorError unless the packages of the extra ``onnx`` are there."""
    for package in PACKAGES:
        try:
            importlib.import_module(package)
        except ModuleNotFoundError as error:
            raise SimfactorError(
                f"writing ONNX files needs {', '.join(PACKAGES)}, and {error.name} is not installed; run "
                "pip install 'simfactor[onnx]'."
            ) from error


def _write(network: nn.Module, inputs: Mapping[str, NDArray[Any]], outputs: list[str], path: Path) -> None:
    device = next(network.parameters()).device
    traced = tuple(torch.zeros_like(torch.from_numpy(array[:2]), device=device) for array in inputs.values())
    batch = torch.export.Dim("n")
    with _quiet("onnxscript", "torch.onnx"):
        torch.onnx.export(
            network,
            traced,
            str(path),
            input_names=list(inputs),
            output_names=outputs,
            opset_version=OPSET,
            dynamic_shapes={name: {0: batch} for name in inputs},
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


def _differences(
    path: Path, expected: Mapping[str, NDArray[np.float32]], inputs: Mapping[str, NDArray[Any]]
) -> dict[str, float]:
    """Largest absolute difference of each output. Raises SimfactorError beyond the tolerance."""
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    found = session.run(list(expected), dict(inputs))
    differences = {}
    for (name, wanted), got in zip(expected.items(), found, strict=True):
        differences[name] = float(np.abs(got - wanted).max())
        allowed = TOLERANCE * float(np.abs(wanted).max())
        if not differences[name] <= allowed:
            raise SimfactorError(
                f"ONNX Runtime's {name} differ from torch's by {differences[name]:.3g}, more than "
                f"{allowed:.3g}; no file was written. Use torch, and please report the encoder's config.json."
            )
    return differences
