"""What came out of each training, in a small file of its own.

A record needs neither weights nor episodes, so records can be kept where those cannot, work goes on from them
on any machine, and tables are made of them. It counts only for the recipe that it was made by.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from simfactor.encoders import FactorEncoder
from simfactor.json_files import read_json, write_json
from simfactor.pipeline import make_plan
from simfactor.provenance import versions
from simfactor.transfer import probe_domains, stored_results

from .learning import Learning, learning
from .study import EPISODES, Study

Probes: TypeAlias = dict[str, dict[int, dict[str, float]]]  # encoder -> seed -> domain -> score


@dataclass(frozen=True, eq=False)
class Outcome:
    """One training, wholly tested: domain -> success (E,), and how it learned."""

    success: Mapping[str, NDArray[np.bool_]]
    learning: Learning


Outcomes: TypeAlias = dict[str, dict[int, Outcome]]  # contender -> seed -> what came out


def unrecorded(study: Study, seed: int) -> Study:
    """The study with those of its contenders alone that have no record of this seed."""
    known = recorded(study, [seed])
    left = {name: contender for name, contender in study.contenders.items() if name not in known}
    return replace(study, contenders=left)


def unprobed(study: Study, seed: int) -> Study:
    """The study with those of its contenders alone whose encoder has no probe of this seed."""
    left = {
        name: contender
        for name, contender in study.contenders.items()
        if contender.encoder is not None and _read(study, seed, contender.encoder) is None
    }
    return replace(study, contenders=left)


def recorded(study: Study, seeds: Sequence[int]) -> Outcomes:
    """What there is of these seeds."""
    found: Outcomes = {}
    for name, contender in study.contenders.items():
        for seed in seeds:
            kept = _read(study, seed, contender.encoder, name)
            if kept is not None:
                success = {domain: as_flags(text) for domain, text in kept["success"].items()}
                found.setdefault(name, {})[seed] = Outcome(success, Learning(**kept["learning"]))
    return found


def record(study: Study, seed: int) -> None:
    """Write down what has been tested in all domains."""
    tested = stored_results(study.jobs([seed]), study.out / EPISODES)
    for plan, names in study.plans([seed]):
        for name in names:
            episodes = tested.get(name, {}).get(seed, {})
            if episodes.keys() == {domain.name for domain in plan.domains}:
                content = {
                    "learning": learning(plan.agent_folder(name, seed))._asdict(),
                    "success": {d: as_text(one.success) for d, one in episodes.items()},
                }
                _write(content, study, seed, study.contenders[name].encoder, name)


def probe(study: Study, seed: int) -> None:
    """Write down the proxy probe of the contenders' encoders, which are trained."""
    for name in {c.encoder for c in study.contenders.values()} - {None}:
        plan = make_plan(study.run(seed, name))
        encoder = FactorEncoder.from_pretrained(plan.folder / "encoder")
        _write({"scores": probe_domains(encoder, plan.domains)}, study, seed, name)


def probes(study: Study, outcomes: Outcomes) -> Probes:
    """The probes that there are of the encoders of these trainings."""
    found: Probes = {}
    for name, trainings in outcomes.items():
        encoder = study.contenders[name].encoder
        for seed in trainings if encoder is not None else ():
            kept = _read(study, seed, encoder)
            if kept is not None:
                found.setdefault(str(encoder), {})[seed] = kept["scores"]
    return found


def _path(study: Study, seed: int, encoder: str | None, contender: str | None) -> Path:
    what = f"probe.{encoder}" if contender is None else contender
    return study.results / Path(study.config).stem / f"{what}.{seed}.json"


def _read(study: Study, seed: int, encoder: str | None, contender: str | None = None) -> Any:
    """A contender's record, or its encoder's probe; None if there is none that was made by this recipe."""
    path = _path(study, seed, encoder, contender)
    kept = read_json(path) if path.exists() else None
    return kept if kept is not None and kept["recipe"] == study.recipe(seed, encoder, contender) else None


def _write(
    content: Mapping[str, Any], study: Study, seed: int, encoder: str | None, contender: str | None = None
) -> None:
    made_by = {"recipe": study.recipe(seed, encoder, contender), "versions": versions()}
    write_json(_path(study, seed, encoder, contender), {**made_by, **content})


def as_text(flags: NDArray[np.bool_]) -> str:
    """Successes as a record has them: a digit an episode."""
    return "".join("01"[flag] for flag in flags.astype(int))


def as_flags(text: str) -> NDArray[np.bool_]:
    """What :func:`as_text` wrote."""
    return np.array(list(text)) == "1"
