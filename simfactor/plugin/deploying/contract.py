"""The files of a deployed model, and the JSON that says what goes in, what comes out, what was measured."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from simfactor.errors import SimfactorError
from simfactor.factors import FactorSpace
from simfactor.plugin.deploying.monitor import Monitor, reads_of

MODEL, MONITOR, CONTRACT = "model.onnx", "monitor.npz", "contract.json"
FORMAT = 1
AGAIN = "copy the whole folder again, or run `simfactor deploy` again"


def checksums(folder: Path) -> dict[str, str]:
    """sha256 of the two files that a contract answers for."""
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in (MODEL, MONITOR)}


def read_contract(folder: Path) -> dict[str, Any]:
    """The contract of a folder. Raises SimfactorError if a file is missing, damaged or of another export."""
    for name in (CONTRACT, MODEL, MONITOR):
        if not (folder / name).is_file():
            raise SimfactorError(f"{folder} has no {name}; give the folder that `simfactor deploy` wrote.")
    try:
        contract = json.loads((folder / CONTRACT).read_text())
    except ValueError as error:
        raise SimfactorError(f"{folder / CONTRACT} is damaged ({error}); {AGAIN}.") from error
    if not isinstance(contract, dict) or contract.get("format") != FORMAT:
        raise SimfactorError(
            f"{folder / CONTRACT} is not a contract of format {FORMAT}; export again with this version."
        )
    found = checksums(folder)
    for name, expected in contract["files"].items():
        if found.get(name) != expected:
            raise SimfactorError(f"{folder / name} is corrupt or not the one of {CONTRACT}; {AGAIN}.")
    return contract


def monitor_bytes(monitor: Monitor) -> bytes:
    """What :func:`read_monitor` reads, beside the contract."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, calibration=monitor.calibration)
    return buffer.getvalue()


def read_monitor(folder: Path, contract: Mapping[str, Any]) -> Monitor:
    """The monitor of a deployed model."""
    space = FactorSpace.from_dict(contract["training_support"])
    reads = reads_of(space, contract["latents"]) if contract["monitor"]["factors"] else ()
    with np.load(folder / MONITOR, allow_pickle=False) as arrays:
        return Monitor(reads, arrays["calibration"], contract["monitor"]["alpha"])
