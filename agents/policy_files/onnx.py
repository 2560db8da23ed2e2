"""Policies in ONNX files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium import spaces

from simfactor.agents.policy_files.fits import channels_last
from simfactor.agents.policy_files.observations import Shape, as_wanted
from simfactor.agents.policy_files.policy import Policy, explained, only_row, version_of
from simfactor.errors import SimfactorError
from simfactor.onnx_session import open_session

DTYPES: dict[str, type[np.generic]] = {
    "tensor(float)": np.float32,
    "tensor(double)": np.float64,
    "tensor(float16)": np.float16,
    "tensor(uint8)": np.uint8,
    "tensor(int32)": np.int32,
    "tensor(int64)": np.int64,
}


def open_onnx(path: Path) -> Policy:
    """The policy of an ONNX file: one input takes the observation, several take the keys of a Dict.

    Observations are cast to what the file declares, and not scaled. Raises SimfactorError if ONNX Runtime is
    missing or cannot read the file, and for inputs that do not take a batch of one.
    """
    session = open_session(path, threads=1)  # many run beside each other
    inputs = {found.name: found for found in session.get_inputs()}
    dtypes = {name: _dtype(found, path) for name, found in inputs.items()}
    shapes = {name: _shape(found, path) for name, found in inputs.items()}
    only = next(iter(inputs)) if len(inputs) == 1 else None
    output = session.get_outputs()[0].name

    def act(observation: Any) -> Any:
        if only is None:
            fitting = as_wanted(observation, shapes, str(path))
        else:
            fitting = {only: as_wanted(observation, shapes[only], str(path))}
        with explained(str(path), observation):
            feed = {
                name: part.astype(dtypes[name], casting="same_kind")[None] for name, part in fitting.items()
            }
            return only_row(session.run([output], feed)[0], str(path))

    boxes = {name: _space(shapes[name], dtypes[name]) for name in inputs}
    space: gym.Space[Any] | None = None
    if None not in boxes.values():
        space = spaces.Dict(boxes) if only is None else boxes[only]
    weights = path.with_name(f"{path.name}.data")  # where torch puts what is large
    return Policy(act, space, None, version_of(path, *([weights] if weights.exists() else [])))


def _dtype(declared: Any, path: Path) -> type[np.generic]:
    if declared.type not in DTYPES:
        raise SimfactorError(
            f"{path}: the input {declared.name!r} is a {declared.type}; allowed: {', '.join(DTYPES)}. Export "
            "it with one of these."
        )
    return DTYPES[declared.type]


def _shape(declared: Any, path: Path) -> Shape:
    """The shape of one observation: sizes that the file leaves open are None."""
    sizes = tuple(size if isinstance(size, int) else None for size in declared.shape)
    if sizes[:1] not in ((1,), (None,)):
        raise SimfactorError(
            f"{path}: the input {declared.name!r} has shape {sizes}, but its first axis must be the batch, "
            "of size 1 or any; export it so."
        )
    return sizes[1:]


def _space(shape: Shape, dtype: type[np.generic]) -> Any:
    """What the environment gives for an input; None if the file leaves a size open, or takes one number."""
    sizes = tuple(size for size in shape if size is not None)
    if len(sizes) < len(shape) or not sizes:
        return None
    low, high = (-np.inf, np.inf)
    if issubclass(dtype, np.integer):
        low, high = np.iinfo(dtype).min, np.iinfo(dtype).max
    return channels_last(spaces.Box(low, high, sizes, dtype))
