"""What a contract says of an export, and what of that is printed."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from simfactor.encoders import FactorEncoder
from simfactor.encoders.onnx import OPSET, PACKAGES
from simfactor.plugin.deploying.contract import FORMAT, MODEL, checksums
from simfactor.plugin.deploying.deployment import Chosen, Deployment, blocks_of
from simfactor.plugin.deploying.exporting import DISTANCE, LATENTS, Exported, Outputs, action_change, latency
from simfactor.plugin.deploying.measuring import described
from simfactor.plugin.deploying.monitor import Monitor
from simfactor.plugin.deploying.policy_network import OpenedPolicy, scaling
from simfactor.plugin.deploying.withholding import Readability
from simfactor.provenance import commit, versions
from simfactor.statistics import wilson_interval

READ_BY = "value of each factor, from its block of the latents"
NOT_READ = "the encoder was trained without labels: no latent is a factor's, only the whole is judged"


def describe(
    exported: Exported,
    monitor: Monitor,
    found: Mapping[str, tuple[Readability, ...]],
    asked: Deployment,
    folder: Path,
) -> dict[str, Any]:
    """The contract, of files that lie in a folder."""
    encoder, chosen = exported.encoder, exported.chosen
    erased = asked.erase
    return {
        "format": FORMAT,
        "input": _input(encoder.image_size),
        "measured": described(chosen.measured),
        "training_support": encoder.space.to_dict(),
        "latents": blocks_of(encoder, chosen),
        "actions": None if exported.opened is None else _actions(exported.opened, encoder, chosen),
        "withheld": {
            "asked": list(asked.withhold),
            "blocks": list(chosen.blocks),
            "readable": {name: [read.to_dict() for read in own] for name, own in found.items()},
            "leak": any(read.readable for own in found.values() for read in own),
            "erased": {"mean_action_change": action_change(exported)} if erased else None,
            "meaning": "of the outputs; who opens the file of the model finds the layers before them",
        },
        "monitor": _told(monitor, exported.checked, encoder, bool(asked.withhold)),
        "parity": {"largest_difference": exported.parity, "to": "torch, on random and on real images"},
        "latency_ms": latency(exported, folder / MODEL),
        "opset": OPSET,
        "objective": encoder.objective,
        "files": checksums(folder),
        "versions": {**versions(), **{name: metadata.version(name) for name in PACKAGES}},
        "commit": commit(),
    }


def summary(contract: Mapping[str, Any]) -> str:
    """What was measured, for people."""
    exported = sum(len(block["latents"]) for block in contract["latents"])
    monitor = contract["monitor"]
    alarms = monitor["false_alarms"]["any"]
    low, high = alarms["interval"]
    measured = "".join(f", {one['name']}" for one in contract["measured"])
    lines = [
        f"model: images{measured} -> {exported} latents"
        + ("" if contract["actions"] is None else f", {len(contract['actions']['low'])} actions")
        + f"; ONNX opset {contract['opset']}, {contract['latency_ms']:.2f} ms an image on one thread",
        "largest difference to torch: "
        + ", ".join(f"{k} {v:.1g}" for k, v in contract["parity"]["largest_difference"].items()),
        f"monitor: rings on {alarms['rate']:.1%} [{low:.1%}, {high:.1%}] of {monitor['checked']} clean "
        f"images (at most {monitor['alpha']:.0%} allowed)",
    ]
    for name, reads in contract["withheld"]["readable"].items():
        for read in reads:
            told = Readability(**{key: value for key, value in read.items() if key != "readable"})
            lines.append(f"withheld {name}: {told.sentence()}")
    erased = contract["withheld"]["erased"]
    if erased is not None and erased["mean_action_change"] is not None:
        lines.append(f"the erasure changes actions by {erased['mean_action_change']:.2g} on average")
    return "\n".join(lines)


def _input(size: int) -> dict[str, Any]:
    return {
        "name": "images",
        "shape": [size, size, 3],
        "axes": "height, width, channel; the batch in front, of any size",
        "dtype": "uint8",
        "range": [0, 255],
        "channels": "RGB",
    }


def _actions(opened: OpenedPolicy, encoder: FactorEncoder, chosen: Chosen) -> dict[str, Any]:
    box = opened.policy.action_space
    assert isinstance(box, spaces.Box)
    return {
        "low": [_bound(value) for value in box.low],
        "high": [_bound(value) for value in box.high],
        "scaling": scaling(opened.policy),
        "units": "those of the environment's action space: what its step takes",
        "policy": opened.described,
        "acts_on": [encoder.layout.dimension_names[chosen.dims[i]] for i in chosen.seen],
    }


def _bound(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None  # JSON has no infinity


def _told(monitor: Monitor, clean: Outputs, encoder: FactorEncoder, withheld: bool) -> dict[str, Any]:
    """How the monitor does on clean images that it was neither fitted nor calibrated on."""
    alarms = monitor.alarms(clean[LATENTS], clean[DISTANCE])
    factors = bool(encoder.heads)
    rings = {**dict(zip(monitor.questions, alarms.T, strict=True)), "any": alarms.any(axis=1)}
    return {
        "factors": factors,
        "reads": READ_BY if factors else NOT_READ,
        "alpha": monitor.alpha,
        "distance_of": "exported latents" if withheld else "features before the encoder's dense layers",
        "alarm_at_p": dict(zip(monitor.questions, monitor.levels.tolist(), strict=True)),
        "calibrated": len(monitor.calibration),
        "checked": len(alarms),
        "false_alarms": {name: _rate(own) for name, own in rings.items()},
    }


def _rate(rings: NDArray[np.bool_]) -> dict[str, Any]:
    interval = wilson_interval(int(rings.sum()), len(rings))
    return {"rate": interval.mean, "interval": [interval.low, interval.high]}
