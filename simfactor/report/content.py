"""What the report's template is filled with: the summary's numbers, charts of them, and sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from simfactor.report.figures import decodability_bars, gap_forest, success_bars
from simfactor.report.ladders import ladder_sentences, severity_curves, shift_matrix
from simfactor.report.picture import Picture
from simfactor.report.reading import (
    clean_sentences,
    diagnosis_sentences,
    response_sentences,
    shift_sentences,
)
from simfactor.report.responses import categorical, numeric, response_bars, response_panels
from simfactor.transfer import LEVELS

AT_ONCE = 4  # agents in a picture of curves
RESPONSES = {
    "Success against the value of a factor": (
        "A point is the rate of a bin: episodes close in the factor's value, all of the clean domain or of "
        "one in which this factor alone was moved. Hollow: neither policy nor encoder has been there. "
        "Dotted: not tested in between. A star: below 90 % of the agent's clean success, for sure. A bar at "
        "the foot: where this agent trained, if not where the policies did."
    ),
    "Success with each value of a factor": "The same of factors whose values have names.",
}


def content(summary: Mapping[str, Any]) -> dict[str, Any]:
    """What the template shows, by its names there, from a summary as :func:`write_report` takes it."""
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
        "responses": _responses(tested, summary.get("responses")),
        "scores": _scores(summary["encoder"]),
        "scores_note": _scores_note(summary["encoder"]),
        "score_table": summary["encoder"].get("table"),
        "stages": {stage: f"{seconds:.1f}" for stage, seconds in summary["stages"].items()},
        "version": provenance["versions"].get("simfactor"),
        "commit": provenance["commit"],
        "config": yaml.safe_dump(provenance["config"], sort_keys=False, allow_unicode=True).rstrip(),
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
    curves = [
        Picture(
            title,
            "Every ladder moves its factors further from the training, rung by rung; hollow where neither "
            "policy nor encoder has been.",
            severity_curves(agents, ladders, group),
        )
        for title, group in _grouped("Success as shifts grow", agents)
    ]
    matrix = Picture(
        "Every agent under every shift",
        "Success rates; a star is a loss beyond chance (paired test over episodes, p < 0.05 after "
        "Holm's correction over all shifts of the agent).",
        shift_matrix(agents),
    )
    return {"sentences": ladder_sentences(agents, ladders), "charts": [*curves, matrix]}


def _grouped(title: str, agents: Mapping[str, Any]) -> list[tuple[str, list[str]]]:
    """The pictures that curves of all agents take, with whom each shows: few enough to tell them apart."""
    names = list(agents)
    groups = [names[k : k + AT_ONCE] for k in range(0, len(names), AT_ONCE)]
    return [(f"{title} ({', '.join(group)})" if len(groups) > 1 else title, group) for group in groups]


def _responses(agents: Mapping[str, Any], responses: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """What the report says of response curves, None if no shift moved a factor alone."""
    if not responses:
        return None
    kinds = zip(
        RESPONSES.items(),
        (response_panels, response_bars),
        (numeric(responses), categorical(responses)),
        strict=True,
    )
    charts = [
        Picture(shown, caption, draw(curves, group))
        for (title, caption), draw, curves in kinds
        for shown, group in (_grouped(title, agents) if curves else ())
    ]
    return {"sentences": response_sentences(responses, agents), "charts": charts}


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
    return {**shown, **{key: plain(value) for key, value in encoder.items() if key not in told}}


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


def plain(value: Any) -> str:
    """A value in a table of facts; what is rounded here stands in full in the fold-out of all numbers."""
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {plain(item)}" for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(plain(item) for item in value)
    return f"{value:.4g}" if isinstance(value, float) else str(value)
