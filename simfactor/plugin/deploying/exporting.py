"""The one model of images that is deployed: written, compared with torch, run on data."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from simfactor.encoders import FactorEncoder
from simfactor.encoders.onnx import random_images, write_onnx
from simfactor.onnx_session import open_session
from simfactor.plugin.deploying.deployment import Chosen, Deployment, Samples, blocks_of, choose, split
from simfactor.plugin.deploying.measuring import MEASURED, values_of, with_measured
from simfactor.plugin.deploying.monitor import Read, check_alarms, reads_of
from simfactor.plugin.deploying.network import DeployedNetwork, fit_eraser
from simfactor.plugin.deploying.policy_network import ActingNetwork, OpenedPolicy, open_for_export
from simfactor.plugin.deploying.withholding import linear_targets

IMAGES, LATENTS, ACTIONS, DISTANCE = "images", "latents", "actions", "distance"
COMPARED = 27  # real images that torch and ONNX Runtime are both given, beside the random ones
TIMED, WARM = 100, 10
AT_ONCE = 256
CALIBRATING = 0.6  # share of the held-out images that calibrates the monitor, the rest tests it

Outputs = Mapping[str, NDArray[np.float32]]


class Exported(NamedTuple):
    """A written model, what it was made of, and what it puts out.

    reads: the factors that the monitor reads. fitted, held_out: images and rows; of_fitted, of_held_out: the
    outputs (n, ...) that the file gives for them. parity: largest difference to torch, by output.
    """

    encoder: FactorEncoder
    opened: OpenedPolicy | None
    chosen: Chosen
    reads: tuple[Read, ...]
    fitted: Samples
    held_out: Samples
    of_fitted: Outputs
    of_held_out: Outputs
    parity: dict[str, float]

    @property
    def calibration(self) -> Outputs:
        """Those of the first part of the held-out images."""
        return {name: own[: _calibrating(self.held_out)] for name, own in self.of_held_out.items()}

    @property
    def checked(self) -> Outputs:
        """Those of the rest, on which the monitor is tested."""
        return {name: own[_calibrating(self.held_out) :] for name, own in self.of_held_out.items()}


def export_model(asked: Deployment, path: Path) -> Exported:
    """Write the model. Raises SimfactorError for what does not fit together, and beyond the tolerance."""
    encoder = FactorEncoder.from_pretrained(asked.encoder).eval()
    opened = None if asked.policy is None else open_for_export(asked.policy, asked.algorithm, asked.normalize)
    chosen = choose(encoder, opened, asked)
    fitted, held_out = split(encoder, asked)
    reads = reads_of(encoder.space, blocks_of(encoder, chosen)) if encoder.heads else ()
    check_alarms(len(reads), _calibrating(held_out), asked.alpha)
    network = _network(encoder, opened, chosen, fitted, asked)
    noise = random_images(encoder.image_size)
    compared = Samples(
        np.concatenate([noise, held_out.images[:COMPARED]]),
        np.concatenate([encoder.space.sample(len(noise), asked.seed), held_out.rows[:COMPARED]]),
    )
    expected = _expected(network, opened, chosen, compared)
    parity = write_onnx(network, path, expected, model_inputs(chosen, compared))
    of_fitted, of_held_out = (
        _run(path, list(expected), model_inputs(chosen, samples)) for samples in (fitted, held_out)
    )
    return Exported(encoder, opened, chosen, reads, fitted, held_out, of_fitted, of_held_out, parity)


def together(outputs: Outputs) -> NDArray[np.float64]:
    """All outputs side by side, (n, L + A + 1)."""
    columns = [output.reshape(len(output), -1) for output in outputs.values()]
    return np.concatenate(columns, axis=1).astype(np.float64)


def model_inputs(chosen: Chosen, samples: Samples) -> dict[str, NDArray[Any]]:
    """What the model takes, where it sees ``samples``: their images, and what is measured of their rows."""
    measured = {MEASURED: values_of(chosen.measured, samples.rows)} if chosen.measured else {}
    return {IMAGES: samples.images, **measured}


def latency(exported: Exported, path: Path) -> float:
    """Median milliseconds of all outputs for one image, on one thread of this machine."""
    session = open_session(path, threads=1)
    one = {name: array[:1] for name, array in model_inputs(exported.chosen, exported.held_out).items()}
    seconds = []
    for _ in range(WARM + TIMED):
        start = time.perf_counter()
        session.run(None, one)
        seconds.append(time.perf_counter() - start)
    return 1000 * float(np.median(seconds[WARM:]))


def action_change(exported: Exported) -> float | None:
    """Mean absolute change of the actions that an erasure makes, in their units; None without a policy."""
    opened, chosen = exported.opened, exported.chosen
    if opened is None:
        return None
    latents = exported.encoder.encode(exported.held_out.images)[:, list(chosen.dims)]
    unchanged = opened.actions(_acted_on(chosen, latents, exported.held_out.rows))
    return float(np.abs(exported.of_held_out[ACTIONS] - unchanged).mean())


def _calibrating(held_out: Samples) -> int:
    return int(len(held_out.rows) * CALIBRATING)


def _network(
    encoder: FactorEncoder, opened: OpenedPolicy | None, chosen: Chosen, fitted: Samples, asked: Deployment
) -> DeployedNetwork:
    eraser = None
    if asked.erase:
        targets = linear_targets(encoder.space, chosen.withheld, fitted.rows)
        eraser = fit_eraser(encoder.encode(fitted.images)[:, list(chosen.dims)], targets)
    policy = None if opened is None else ActingNetwork(opened.policy)
    network = DeployedNetwork(
        encoder, chosen.dims, bool(asked.withhold), eraser, policy, chosen.seen, chosen.measured
    )
    network.fit_distance(fitted.images, asked.seed)
    return network.eval()


def _expected(
    network: DeployedNetwork, opened: OpenedPolicy | None, chosen: Chosen, samples: Samples
) -> dict[str, NDArray[np.float32]]:
    """What torch, and the policy's own library, make of samples."""
    inputs = [torch.from_numpy(array) for array in model_inputs(chosen, samples).values()]
    with torch.inference_mode():
        latents, *_, distance = (part.numpy() for part in network(*inputs))
    acted = {} if opened is None else {ACTIONS: opened.actions(_acted_on(chosen, latents, samples.rows))}
    return {LATENTS: latents, **acted, DISTANCE: distance}


def _acted_on(chosen: Chosen, latents: NDArray[np.float32], rows: NDArray[np.float64]) -> NDArray[np.float32]:
    """What the policy sees of exported latents (n, L), where the factors are ``rows`` (n, K)."""
    seen = latents[:, list(chosen.seen)]
    return with_measured(seen, chosen.measured, values_of(chosen.measured, rows))


def _run(path: Path, names: list[str], inputs: dict[str, NDArray[Any]]) -> Outputs:
    session: Any = open_session(path, threads=0)
    starts = range(0, len(inputs[IMAGES]), AT_ONCE)
    parts = [session.run(names, {k: v[i : i + AT_ONCE] for k, v in inputs.items()}) for i in starts]
    return {name: np.concatenate([part[i] for part in parts]) for i, name in enumerate(names)}
