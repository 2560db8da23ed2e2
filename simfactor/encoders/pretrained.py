"""An encoder's folder: ``model.safetensors`` (weights) and ``config.json`` (all else); no pickles."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from simfactor.atomic import write_atomically
from simfactor.errors import SimfactorError

WEIGHTS, CONFIG = "model.safetensors", "config.json"
FORMAT = 1


def write_pretrained(folder: Path, weights: Mapping[str, Tensor], config: Mapping[str, Any]) -> None:
    """Write both files, each under a temporary name first; the config names the weights it belongs to."""
    folder.mkdir(parents=True, exist_ok=True)
    # safetensors stores plain row-major data; channels_last is set again when a model is made
    data = save({name: tensor.detach().cpu().contiguous() for name, tensor in weights.items()})
    write_atomically(folder / WEIGHTS, data)
    full = {"format": FORMAT, **config, "weights_sha256": hashlib.sha256(data).hexdigest()}
    write_atomically(folder / CONFIG, json.dumps(full, indent=2).encode())


def weights_digest(weights: Mapping[str, Tensor]) -> hashlib._Hash:
    """A SHA-256 of the weights by name, to which a caller may add."""
    digest = hashlib.sha256()
    for name, tensor in sorted(weights.items()):
        digest.update(name.encode())
        digest.update(tensor.cpu().numpy().tobytes())
    return digest


def read_pretrained(folder: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Weights and config. Raises SimfactorError when a file is missing, corrupt or not of this pair."""
    for name in (CONFIG, WEIGHTS):
        if not (folder / name).is_file():
            raise SimfactorError(
                f"{folder} has no {name}; give the folder that train_encoder or save_pretrained wrote."
            )
    try:
        config = json.loads((folder / CONFIG).read_text())
    except ValueError as error:
        raise SimfactorError(
            f"{folder / CONFIG} is not valid JSON ({error}); save the encoder again."
        ) from error
    if not isinstance(config, dict) or config.get("format") != FORMAT:
        raise SimfactorError(
            f"{folder / CONFIG} is not an encoder's config of format {FORMAT}; save the encoder "
            "again with this version of simfactor."
        )
    data = (folder / WEIGHTS).read_bytes()
    if hashlib.sha256(data).hexdigest() != config.get("weights_sha256"):
        raise SimfactorError(
            f"{folder / WEIGHTS} is corrupt or not the one of {CONFIG}; copy both files again or train again."
        )
    try:
        return load(data), config
    except SafetensorError as error:
        raise SimfactorError(f"{folder / WEIGHTS} cannot be read ({error}); train again.") from error
