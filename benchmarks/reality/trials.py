"""One method at one seed: trained, adapted, tested, and what came out in a small file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from matrix.contenders import EVERYONE
from matrix.records import as_flags, as_text
from matrix.study import Study, prepare, train
from numpy.typing import NDArray

from simfactor.config import Adapted
from simfactor.data import FactorDataset
from simfactor.encoders import FactorEncoder
from simfactor.json_files import read_json, write_json
from simfactor.pipeline import Plan, make_plan
from simfactor.pipeline.policies import transfer_jobs
from simfactor.provenance import versions
from simfactor.transfer import Domain, evaluate_jobs
from simfactor.transfer.domain import CLEAN

from .methods import CALIBRATED, METHODS, Method
from .readers import EPOCHS, IMAGES, ROUNDS, TOLERANCES, adapted, pictures, reading_errors
from .worlds import PHOTO, worlds

SOURCE = "source"
SENSED = "unknown_room"  # the configuration


@dataclass(frozen=True)
class Reality:
    """The stand-in and all who are tested there. ``study``: of the transfer benchmark, whose trainings these
    are; ``unlabelled`` pictures of it are there to adapt to, ``labelled`` others to measure on."""

    study: Study
    results: Path
    unlabelled: int = 200
    labelled: int = 300
    quick: bool = False

    @cached_property
    def domains(self) -> tuple[Domain, ...]:
        """The clean world first."""
        return worlds(self.study)

    @property
    def folder(self) -> Path:
        """Where pictures, adapted encoders and episodes are kept."""
        return self.study.out / "sim2real"

    def _adaptation(self, method: Method) -> tuple[Any, ...] | None:
        """The numbers that decide it."""
        if method.adapted is None:
            return None
        *_, last = ways = method.adapted.split("+")
        calibration = (ROUNDS, IMAGES) if CALIBRATED in ways else ()
        training = () if last == CALIBRATED else (EPOCHS, TOLERANCES)
        return (*calibration, *training, self.quick)

    def recipe(self, name: str, seed: int) -> str:
        """Changes with all that decides what comes out of a method."""
        method = METHODS[name]
        study = _study(self, method)
        said = {
            "trained": study.recipe(seed, EVERYONE[method.contender].encoder, method.contender),
            "method": asdict(method),
            "domains": [(d.name, d.renderer, d.space.to_dict()) for d in self.domains],
            "episodes": _episodes(self),
            "pictures": (self.unlabelled, self.labelled),
            "adaptation": self._adaptation(method),
        }
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:16]


@dataclass(frozen=True, eq=False)
class Trial:
    """One training of a method: domain -> success (E,), and domain -> error (n,) of reading the task in each
    image, of those that read it; SOURCE among these: held-out images like those its encoder learned from."""

    success: Mapping[str, NDArray[np.bool_]]
    task_error: Mapping[str, NDArray[np.float64]]


def recorded(reality: Reality, name: str, seed: int) -> Trial | None:
    """What there is of it, None if there is nothing that was made by this recipe."""
    path = reality.results / f"{name}.{seed}.json"
    kept = read_json(path) if path.exists() else None
    if kept is None or kept["recipe"] != reality.recipe(name, seed):
        return None
    success = {domain: as_flags(text) for domain, text in kept["success"].items()}
    return Trial(success, {domain: np.array(errors) for domain, errors in kept["task_error"].items()})


def run(reality: Reality, name: str, seed: int) -> None:
    """Train, adapt and test what is missing of a method at a seed, and record it."""
    method = METHODS[name]
    study = _study(reality, method)
    prepare(study, [seed])
    train(study, [seed])
    ((plan, _),) = study.plans([seed])
    contender = EVERYONE[method.contender]
    reads = contender.encoder is not None and not contender.agent.fine_tune
    encoder = _reader(reality, plan, name, seed)
    who = method.contender
    if method.adapted is not None:
        plan, who = _through(plan, name, method, encoder), name
    jobs = [
        replace(job, agent=name, episode_seeds=_episodes(reality))
        for job in transfer_jobs(replace(plan, domains=reality.domains), who)
    ]
    episodes = evaluate_jobs(jobs, reality.folder / "episodes", [seed], study.workers)[name][seed]
    flags = {domain: as_text(one.success) for domain, one in episodes.items()}
    content = {"success": flags, "task_error": _errors(reality, plan, encoder) if reads else {}}
    made_by = {"recipe": reality.recipe(name, seed), "versions": versions()}
    write_json(reality.results / f"{name}.{seed}.json", {**made_by, **content})


def _study(reality: Reality, method: Method) -> Study:
    contenders = {method.contender: EVERYONE[method.contender]}
    if method.sensed:
        out = reality.study.out / "sensed"
        return replace(reality.study, contenders=contenders, config=SENSED, out=out)
    return replace(reality.study, contenders=contenders)


def _episodes(reality: Reality) -> tuple[int, ...]:
    """The same for everyone."""
    return make_plan(reality.study.run(0, None)).episode_seeds


def _through(plan: Plan, name: str, method: Method, encoder: Path) -> Plan:
    """The plan in which the contender sees through another encoder, by the method's name."""
    adapted = {name: Adapted(agent=method.contender, encoder=str(encoder))}
    return replace(plan, run=replace(plan.run, transfer=replace(plan.run.transfer, adapted=adapted)))


def _reader(reality: Reality, plan: Plan, name: str, seed: int) -> Path:
    """The encoder of a method that has one: the run's, or this one adapted, way after way."""
    if METHODS[name].adapted is None:
        return plan.encoder_folder
    before, _, how = name.rpartition("+")
    start = _reader(reality, plan, before, seed)
    out = reality.folder / "encoders" / f"{name}.{seed}.{reality.recipe(name, seed)}"
    shown = slice(0, reality.unlabelled)
    return adapted(plan, start, how, _pictures(reality, PHOTO, seed), shown, out, reality.quick)


def _pictures(reality: Reality, domain: str, seed: int) -> FactorDataset:
    """Pictures of a domain: first those to adapt to, then those to measure on."""
    (shown,) = (own for own in reality.domains if own.name == domain)
    count = reality.unlabelled + reality.labelled
    return pictures(reality.folder / "pictures", shown, count, seed, reality.study.workers)


def _errors(reality: Reality, plan: Plan, encoder: Path) -> dict[str, list[float]]:
    """Of an encoder with labels: on images like its own, in the clean world and in the target."""
    opened = FactorEncoder.from_pretrained(encoder)
    if not opened.heads:
        return {}
    own, first = FactorDataset(plan.folder / "data"), plan.run.data.count
    errors = {SOURCE: reading_errors(opened, own, slice(first, first + reality.labelled))}
    for domain in (CLEAN, PHOTO):
        shown = _pictures(reality, domain, plan.run.seed)
        errors[domain] = reading_errors(opened, shown, slice(reality.unlabelled, None))
    return {name: each.round(4).tolist() for name, each in errors.items()}
