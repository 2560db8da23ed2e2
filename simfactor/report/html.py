"""The report: one HTML file that needs nothing else, made from the summary's numbers and from pictures."""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
import yaml

from simfactor.atomic import write_atomically
from simfactor.errors import SimfactorError
from simfactor.report.figures import decodability_bars, gap_forest, success_bars
from simfactor.report.ladders import ladder_sentences, severity_curves, shift_matrix
from simfactor.report.reading import clean_sentences, diagnosis_sentences, shift_sentences
from simfactor.transfer import LEVELS, format_interval

SIGNATURE = b"\x89PNG\r\n\x1a\n"
SECTIONS = ("seconds", "stages", "data", "encoder", "agents", "provenance")


@dataclass(frozen=True)
class Picture:
    """A PNG with what it shows. Raises SimfactorError for bytes that are no PNG."""

    title: str
    caption: str
    png: bytes

    def __post_init__(self) -> None:
        if self.png[:8] != SIGNATURE:
            raise SimfactorError(
                f"picture {self.title!r} begins with {self.png[:8]!r}, not as a PNG does; give PNG bytes."
            )

    @property
    def base64(self) -> str:
        """The bytes as a data URL holds them."""
        return base64.b64encode(self.png).decode()

    @property
    def css_width(self) -> int:
        """Pixels to show it at: half its own, so that it stays sharp on a dense screen."""
        return int(struct.unpack(">I", self.png[16:20])[0]) // 2


def write_summary(path: str | Path, summary: Mapping[str, Any]) -> None:
    """Write the summary as JSON, whole or not at all. Raises SimfactorError for numbers that JSON lacks."""
    write_atomically(Path(path), (_json(summary) + "\n").encode())


def write_report(
    path: str | Path, *, title: str, summary: Mapping[str, Any], pictures: Sequence[Picture] = ()
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
            and ``diagnosis``, as ``diagnose`` does; ``provenance`` with ``config``, ``versions``, ``commit``
            and ``seeds``.
        pictures: what else to show, in order.

    Raises SimfactorError if a part of the summary is missing.
    """
    missing = [section for section in SECTIONS if section not in summary]
    if missing:
        raise SimfactorError(
            f"the summary lacks {', '.join(missing)}; it needs {', '.join(SECTIONS)}. Run the missing stages."
        )
    text = (
        _environment().get_template("report.html").render(title=title, pictures=pictures, **_content(summary))
    )
    write_atomically(Path(path), text.encode())


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("simfactor.report", "."),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters |= {
        "interval": format_interval,
        "signed": lambda interval: format_interval(interval, signed=True),
        "span": lambda values: f"{min(values):.2f} to {max(values):.2f}",
        "plain": _plain,
    }
    return environment


def _content(summary: Mapping[str, Any]) -> dict[str, Any]:
    tested, provenance = summary["agents"], summary["provenance"]
    agents = {
        agent: {name: entry for name, entry in domains.items() if "rung" not in entry}
        for agent, domains in tested.items()
    }
    levels = {domain: entry["level"] for domain, entry in next(iter(agents.values())).items()}
    blame = diagnosis_sentences(summary.get("diagnosis", {}))
    return {
        "summary": summary,
        "agents": agents,
        "levels": levels,
        "used_levels": [level for level in LEVELS if level in levels.values()],
        "level_words": LEVELS,
        "clean": clean_sentences(agents),
        "shifts": {domain: said + blame.get(domain, []) for domain, said in shift_sentences(agents).items()},
        "seeds_note": _seeds_note(agents),
        "run_sentence": _run_sentence(tested),
        "charts": _charts(agents, summary["encoder"]["decodability_by_factor"]),
        "ladders": _ladders(tested, summary.get("ladders")),
        "scores": _scores(summary["encoder"]),
        "scores_note": _scores_note(summary["encoder"]),
        "score_table": summary["encoder"].get("table"),
        "stages": {stage: f"{seconds:.1f}" for stage, seconds in summary["stages"].items()},
        "version": provenance["versions"].get("simfactor"),
        "commit": provenance["commit"],
        "config": yaml.safe_dump(provenance["config"], sort_keys=False, allow_unicode=True).rstrip(),
        "everything": _json(summary),
    }


def _charts(agents: Mapping[str, Any], by_factor: Mapping[str, float]) -> dict[str, list[Picture]]:
    success = [
        Picture(
            "Success under shift",
            "Bars are means over all episodes with Wilson's 95 % interval; rings are single trainings.",
            success_bars(agents),
        )
    ]
    if any("gap" in entry for entry in next(iter(agents.values())).values()):
        success.append(
            Picture(
                "What each shift costs",
                "Success lost against the clean domain on the same episode seeds. An interval that crosses "
                "the line at zero cannot be told from no loss.",
                gap_forest(agents),
            )
        )
    latents = [
        Picture(
            "Decodability by factor",
            "How well each factor is read back from the latents: 1 is perfect, 0 no better than chance.",
            decodability_bars(by_factor),
        )
    ]
    return {"success": success, "latents": latents}


def _ladders(agents: Mapping[str, Any], ladders: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """What the report says of ladders, None if none was climbed."""
    if ladders is None:
        return None
    return {
        "sentences": ladder_sentences(agents, ladders),
        "charts": [
            Picture(
                "Success as shifts grow",
                "Every ladder moves its factors further from the training, rung by rung; hollow where "
                "neither policy nor encoder has been.",
                severity_curves(agents, ladders),
            ),
            Picture(
                "Every agent under every shift",
                "Success rates; a star is a loss beyond chance (paired test over episodes, p < 0.05 after "
                "Holm's correction over all shifts of the agent).",
                shift_matrix(agents),
            ),
        ],
    }


def _scores(encoder: Mapping[str, Any]) -> dict[str, str]:
    """The scores by the names people know; what else the encoder's part holds follows."""
    named = {
        "DCI disentanglement": "dci_disentanglement",
        "DCI completeness": "dci_completeness",
        "DCI informativeness": "dci_informativeness",
        "MIG": "mig",
        "decodability, mean": "decodability",
    }
    shown = {name: f"{encoder[key]:.3f}" for name, key in named.items()}
    told = {*named.values(), "dci_learner", "dci_n", "decodability_by_factor", "table"}
    told |= {row["name"] for row in encoder.get("table", {}).get("rows", ())}
    return {**shown, **{key: _plain(value) for key, value in encoder.items() if key not in told}}


def _scores_note(encoder: Mapping[str, Any]) -> str:
    return (
        f"DCI with {encoder['dci_learner']} on n = {encoder['dci_n']} samples; other learners and sizes give "
        "other numbers on the same latents. Higher is better."
    )


def _run_sentence(agents: Mapping[str, Any]) -> str:
    first = next(iter(agents.values()))
    levels = [name for name, entry in first.items() if "rung" not in entry]
    climbed = len(first) - len(levels)
    where = f"{len(levels)} {'domain' if len(levels) == 1 else 'domains'} ({', '.join(levels)})"
    where += f" and on {climbed} rungs of ladders" if climbed else ""
    success = next(iter(first.values()))["success"]
    trainings = "one training" if success["seeds"] == 1 else f"{success['seeds']} trainings"
    return (
        "A labelled data set was rendered, an encoder trained and scored on it, and agents trained "
        f"({', '.join(agents)}; {trainings} each) and tested in {where} "
        f"on the same {success['n'] // success['seeds']} episode seeds, none of them used in training."
    )


def _seeds_note(agents: Mapping[str, Any]) -> str:
    seeds = {entry["success"]["seeds"] for domains in agents.values() for entry in domains.values()}
    if max(seeds) == 1:
        return (
            "One training per agent: the intervals cover episodes only, and say nothing of another training."
        )
    if max(seeds) < 5:
        return (
            f"{max(seeds)} trainings per agent show little of how trainings differ: take intervals as narrow."
        )
    return f"{max(seeds)} trainings per agent."


def _plain(value: Any) -> str:
    """A value in a table of facts; what is rounded here stands in full in the fold-out of all numbers."""
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {_plain(item)}" for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(_plain(item) for item in value)
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _json(summary: Mapping[str, Any]) -> str:
    try:
        return json.dumps(summary, indent=2, allow_nan=False)
    except ValueError as error:
        raise SimfactorError(
            f"the summary holds a number that is not finite ({error}); find the stage that made it."
        ) from error
