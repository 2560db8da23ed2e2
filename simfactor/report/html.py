"""The report: one HTML file that needs nothing else, made from the summary's numbers and from pictures."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2

from simfactor.atomic import write_atomically
from simfactor.errors import SimfactorError
from simfactor.report.content import content, plain
from simfactor.report.picture import Picture
from simfactor.statistics import format_interval

SECTIONS = ("seconds", "stages", "data", "encoder", "agents", "provenance")


def write_summary(path: str | Path, summary: Mapping[str, Any]) -> None:
    """Write the summary as JSON, whole or not at all. Raises SimfactorError for numbers that JSON lacks."""
    write_atomically(Path(path), (_json(summary) + "\n").encode())


def write_report(
    path: str | Path,
    *,
    title: str,
    summary: Mapping[str, Any],
    pictures: Sequence[Picture] = (),
    films: Sequence[Picture] = (),
) -> None:
    """Write the report, whole or not at all; the charts of success, gaps and decodability are made here.

    Args:
        path: the HTML file.
        title: its heading.
        summary: ``seconds``; ``stages`` (stage -> seconds); ``data`` (anything to tell about the data set);
            ``encoder`` with ``dci_disentanglement``, ``dci_completeness``, ``dci_informativeness``,
            ``dci_learner``, ``dci_n``, ``mig``, ``decodability`` and ``decodability_by_factor``, perhaps
            ``table``: the ``rows`` of ``simfactor.metrics.score_table``, what was ``left_out``, how
            ``interval`` and ``null`` were made, and the ``seed``; ``agents`` as
            ``simfactor.transfer.tabulate`` gives it; perhaps ``ladders``, as ``tabulate_ladders`` does,
            ``responses``, as ``response_curves`` does, and ``diagnosis``, as ``diagnose`` does;
            ``provenance`` with ``config``, ``versions``, ``commit`` and ``seeds``.
        films: strips of examples, an agent each.
        pictures: what else to show, in order.

    Raises SimfactorError if a part of the summary is missing.
    """
    missing = [section for section in SECTIONS if section not in summary]
    if missing:
        raise SimfactorError(
            f"the summary lacks {', '.join(missing)}; it needs {', '.join(SECTIONS)}. Run the missing stages."
        )
    template = environment().get_template("report.html")
    shown = {"title": title, "pictures": pictures, "films": films, "everything": _json(summary)}
    text = template.render(**shown, **content(summary))
    write_atomically(Path(path), text.encode())


def environment() -> jinja2.Environment:
    """The templates, and what they write numbers with."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("simfactor.report", "."),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters |= {
        "interval": format_interval,
        "signed": lambda interval: format_interval(interval, signed=True),
        "span": lambda values: f"{min(values):.2f} to {max(values):.2f}",
        "plain": plain,
    }
    return environment


def _json(summary: Mapping[str, Any]) -> str:
    try:
        return json.dumps(summary, indent=2, allow_nan=False)
    except ValueError as error:
        raise SimfactorError(
            f"the summary holds a number that is not finite ({error}); find the stage that made it."
        ) from error
