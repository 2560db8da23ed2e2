"""Ladders in the report: curves, the table of all shifts, and sentences that claim what the tests carry."""

import copy
import html
import io

import numpy as np
import pytest
from matplotlib.image import imread

from simfactor.factors import Continuous, FactorSpace
from simfactor.report import severity_curves, shift_matrix, write_report
from simfactor.report.ladders import ladder_sentences
from simfactor.transfer import Domain, Episodes, Rung, tabulate, tabulate_ladders

SPACE = FactorSpace({"light": Continuous(0, 1)})
DOMAINS = [
    Domain("clean", SPACE),
    Domain("light-1", SPACE, level="ood1", rung=Rung("light", 1)),
    Domain("light-2", SPACE, level="ood2", rung=Rung("light", 2)),
    Domain("hue-1", SPACE, level="ood1", rung=Rung("hue", 1)),
    Domain("both-1", SPACE, level="ood2", rung=Rung("both", 1, ("light", "hue"))),
]
RATES = {"steady": (0.95, 0.95, 0.95, 0.95, 0.95), "frail": (0.95, 0.85, 0.3, 0.9, 0.02)}


@pytest.fixture(scope="module")
def tested():
    rng = np.random.default_rng(0)
    same = rng.random((2, 60))  # one draw an episode: paired
    results = {
        agent: {
            seed: {
                d.name: Episodes(
                    d.name, np.arange(60), same[seed] < p, np.zeros(60), np.full(60, 5), np.zeros((60, 1))
                )
                for d, p in zip(DOMAINS, rates, strict=True)
            }
            for seed in (0, 1)
        }
        for agent, rates in RATES.items()
    }
    return tabulate(DOMAINS, results), tabulate_ladders(DOMAINS, results)


def test_sentences_name_what_is_lost_and_what_is_worse_together(tested):
    steady, frail, together = ladder_sentences(*tested)
    assert steady == "steady loses nothing beyond chance on any of 3 ladders."
    assert frail.startswith("frail loses success beyond chance on 3 of 3 ladders (light, hue, both); most on")
    assert "For frail, in log-odds" in together
    assert "both-1 (-" in together


def test_a_loss_that_the_number_of_shifts_explains_is_not_claimed(tested):
    agents, ladders = copy.deepcopy(tested)
    for entry in agents["frail"].values():
        entry |= {"p_holm": 0.2} if "p" in entry else {}
    assert ladder_sentences(agents, ladders)[1] == "frail loses nothing beyond chance on any of 3 ladders."


def test_pictures_follow_their_numbers(tested):
    agents, ladders = tested
    changed = copy.deepcopy(agents)
    changed["frail"]["hue-1"]["success"]["mean"] = 0.11
    lower = copy.deepcopy(ladders)
    lower["frail"]["curves"]["hue"]["success"][1] = 0.11
    for before, after in (
        (shift_matrix(agents), shift_matrix(changed)),
        (severity_curves(agents, ladders), severity_curves(agents, lower)),
    ):
        first, second = (imread(io.BytesIO(png), format="png") for png in (before, after))
        assert first.shape == second.shape
        assert 0 < (first != second).any(axis=-1).mean() < 0.1


def test_many_agents_are_drawn_a_few_at_a_time_in_their_own_colours(summary, tested, tmp_path):
    agents, ladders = tested
    alone = imread(io.BytesIO(severity_curves(agents, ladders, ["frail"])), format="png")[..., :3]

    def shown(color):
        return (np.abs(alone - np.array(color) / 255).max(axis=-1) < 0.01).sum()

    assert shown((230, 159, 0)) > 500, "the second colour, for the second agent"
    assert shown((0, 114, 178)) == 0
    many = {f"agent-{k}": entry for k, entry in enumerate(list(agents.values()) * 4)}
    climbed = {f"agent-{k}": entry for k, entry in enumerate(list(ladders.values()) * 4)}
    path = tmp_path / "report.html"
    write_report(path, title="Many", summary={**summary, "agents": many, "ladders": climbed})
    section = path.read_text().partition('<section id="ladders">')[2].partition("</section>")[0]
    assert section.count("<img") == 2 + 1
    assert "Success as shifts grow (agent-4, agent-5, agent-6, agent-7)" in section


def test_the_report_keeps_rungs_out_of_the_table_of_domains(summary, tested, tmp_path):
    agents, ladders = tested
    path = tmp_path / "report.html"
    write_report(path, title="Climbing", summary={**summary, "agents": agents, "ladders": ladders})
    text = html.unescape(path.read_text())
    body = text[: text.index("<details>")]
    assert '<section id="ladders">' in body
    assert "steady loses nothing beyond chance on any of 3 ladders." in body
    assert "in 1 domain (clean) and on 4 rungs of ladders" in " ".join(body.split())
    assert '<th scope="row">light-1' not in body
    write_report(path, title="Level ground", summary=summary)
    assert 'id="ladders"' not in path.read_text()
