"""The command that exports an encoder and a policy, with all that a machine needs to know of them."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from simfactor.encoders.onnx import check_installed
from simfactor.errors import SimfactorError
from simfactor.json_files import write_json
from simfactor.plugin.deploying.contract import CONTRACT, MODEL, MONITOR, monitor_bytes
from simfactor.plugin.deploying.deployed import Deployed
from simfactor.plugin.deploying.deployment import Deployment
from simfactor.plugin.deploying.describing import describe, summary
from simfactor.plugin.deploying.exporting import DISTANCE, LATENTS, Exported, export_model, together
from simfactor.plugin.deploying.monitor import calibrate
from simfactor.plugin.deploying.withholding import Readability, readability

Readabilities = Mapping[str, tuple[Readability, ...]]


def deploy(out: str | Path, **asked: Any) -> Deployed:
    """Export, measure, print what was measured, and open what was written.

    ``asked``: the fields of :class:`Deployment`. Raises SimfactorError for what does not fit together, and,
    unless leaks are allowed, if a withheld factor is still readable; then nothing is written.
    """
    check_installed()
    deployment, folder = Deployment(**asked), Path(out)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}.", dir=folder.parent) as name:
        staged = Path(name)
        exported = export_model(deployment, staged / MODEL)
        found = _read_withheld(exported, deployment)
        _check_leaks(found, deployment)
        clean = exported.calibration
        monitor = calibrate(exported.reads, clean[LATENTS], clean[DISTANCE], deployment.alpha)
        (staged / MONITOR).write_bytes(monitor_bytes(monitor))
        contract = describe(exported, monitor, found, deployment, staged)
        write_json(staged / CONTRACT, contract)
        folder.mkdir(exist_ok=True)
        for file in (MODEL, MONITOR, CONTRACT):  # the contract last: with files of another, nothing opens
            (staged / file).replace(folder / file)
    print(f"{summary(contract)}\nwritten: {folder}")
    return Deployed.from_pretrained(folder)


def _read_withheld(exported: Exported, asked: Deployment) -> Readabilities:
    fitted = (together(exported.of_fitted), exported.fitted.rows)
    tested = (together(exported.of_held_out), exported.held_out.rows)
    space = exported.encoder.space
    return {
        name: readability(fitted, tested, space, name, asked.shuffles, asked.seed)
        for name in exported.chosen.withheld
    }


def _check_leaks(found: Readabilities, asked: Deployment) -> None:
    leaks = [f"  {name}: {r.sentence()}" for name, own in found.items() for r in own if r.readable]
    if leaks and not asked.allow_leak:
        remedy = "" if asked.erase else "erase what is linear in them (--erase), "
        raise SimfactorError(
            "withheld factors can be read from the outputs that remain, so nothing was written:\n"
            + "\n".join(leaks)
            + f"\nWithhold the blocks that tell of them too, {remedy}or write it anyway (--allow-leak)."
        )
