"""The command that puts a policy to the test and leaves a report."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any, Literal

from simfactor.atomic import write_atomically
from simfactor.errors import SimfactorError
from simfactor.json_files import write_json
from simfactor.plugin.stressing.result import Outcome, StressResult
from simfactor.plugin.stressing.run import StressTest, run_stress
from simfactor.plugin.stressing.subject import Shown, Subject
from simfactor.provenance import commit, versions
from simfactor.report import write_stress_report

RESULT, REPORT, FILM = "stress.json", "stress.html", "film.png"


def stress(
    env: str,
    policy: str,
    suite: tuple[str, ...],
    out: str,
    trained: dict[str, Any],
    kwargs: dict[str, Any],
    observation: Shown | None,
    image_size: int | None,
    encoder: str | None,
    blocks: tuple[str, ...],
    measured: tuple[str, ...],
    proprioception: tuple[str, ...],
    success: str | None,
    least_return: float | None,
    max_steps: int,
    workers: int | None,
    search: Literal["worst"] | None,
    budget: int,
    **test: Any,
) -> Outcome:
    """Test a policy under shifts, print the table, write the report; whether it held.

    ``test``: further arguments of :class:`StressTest`. Raises SimfactorError as :func:`run_stress` does.
    """
    subject = Subject.named(
        env,
        kwargs=kwargs,
        observation=observation,
        image_size=image_size,
        encoder=encoder,
        blocks=blocks or None,
        measured=measured,
        proprioception=proprioception,
        success=success,
        least_return=least_return,
        max_steps=max_steps,
    )
    if budget < 1:
        raise SimfactorError(f"--budget {budget} must be at least 1 setting.")
    tries = 0 if search is None else budget
    asked = StressTest(subject, policy, suite, trained, search=tries, **test)
    result = run_stress(asked, out, workers)
    write_result(asked, result, Path(out))
    print(f"\n{result.table()}\n\n{result.sentence()}\nreport: {Path(out) / REPORT}")
    return result.outcome


def write_result(test: StressTest, result: StressResult, folder: Path) -> None:
    """Leave the numbers, the report and the film of a test in a folder."""
    described = {
        "env": _named(test.subject.env),
        "policy": _named(test.policy),
        **{key: value for key, value in _plain(test.subject).items() if key != "env"},
        **{key: value for key, value in _plain(test).items() if key not in ("subject", "policy")},
    }
    told = {"test": described, "versions": versions(), "commit": commit()}
    numbers = result.to_dict()
    write_json(folder / RESULT, {**numbers, **told})
    if result.film is not None:
        write_atomically(folder / FILM, result.film)
    title = f"{Path(described['policy']).name} in {described['env']}"
    write_stress_report(
        folder / REPORT, title=title, sentence=result.sentence(), result=numbers, told=told, film=result.film
    )


def _plain(record: Any) -> dict[str, Any]:
    """The fields that were given, as JSON has them."""
    fields = {field.name: getattr(record, field.name) for field in dataclasses.fields(record)}
    return {
        name: _named(value) if callable(value) else value if _is_plain(value) else repr(value)
        for name, value in fields.items()
        if value not in (None, {}, ())
    }


def _is_plain(value: Any) -> bool:
    return isinstance(value, (str, int, float, bool)) or (
        isinstance(value, (list, tuple)) and all(map(_is_plain, value))
    )


def _named(thing: Any) -> str:
    return getattr(thing, "__qualname__", repr(thing)) if callable(thing) else str(thing)
