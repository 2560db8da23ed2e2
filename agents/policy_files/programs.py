"""Policies that are programs of torch: TorchScript, and what torch.export saves."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from simfactor.agents.policy_files.policy import Policy, explained, last_line, only_row, version_of
from simfactor.errors import SimfactorError
from simfactor.silence import silence


def open_scripted(path: Path) -> Policy:
    """The policy of a TorchScript file. Raises SimfactorError for other files, which are not unpickled."""
    try:
        with warnings.catch_warnings():
            # for those who write such files; here they are read, as long as torch can
            warnings.filterwarnings("ignore", r"`torch\.jit\.load` is", DeprecationWarning)
            program = torch.jit.load(path, map_location="cpu").eval()
    except RuntimeError as error:
        raise SimfactorError(
            f"{path} is no TorchScript file. If it holds weights (torch.save), they do not say of what "
            "network: save the whole with torch.jit.script(network).save(...), as .pt2 with "
            "torch.export.save or as .onnx, or name a function that builds it as module:function."
        ) from error
    return _acting(program, path)


def open_exported(path: Path) -> Policy:
    """The policy of a program that torch.export saved. Raises SimfactorError for other files."""
    try:
        with silence():  # torch logs a traceback of its own for every format that it tries
            program = torch.export.load(path).module()
    except Exception as error:  # whatever the formats that torch tries make of it
        raise SimfactorError(
            f"{path} is no program of torch.export that torch {torch.__version__} can read "
            f"({last_line(error)}); save it with torch.export.save of the same version."
        ) from error
    return _acting(program, path)


def _acting(program: Callable[[Any], Any], path: Path) -> Policy:
    def act(observation: Any) -> Any:
        with torch.no_grad(), explained(str(path), observation):
            result = program(_tensors(observation))
            first = result[0] if isinstance(result, tuple | list) else result
            return only_row(torch.as_tensor(first).detach(), str(path))

    return Policy(act, None, None, version_of(path))


def _tensors(observation: Any) -> Any:
    """A batch of one observation, float64 as float32."""
    if isinstance(observation, Mapping):
        return {key: _tensors(part) for key, part in observation.items()}
    array = np.array(observation, order="C")  # torch takes neither read-only arrays nor views from behind
    return torch.from_numpy(array.astype(np.float32) if array.dtype == np.float64 else array)[None]
