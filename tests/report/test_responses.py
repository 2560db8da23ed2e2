"""Response curves in the report: sentences that claim what is sure, and pictures that follow the numbers."""

import copy
import html
import io

import numpy as np
import pytest
from matplotlib.image import imread

from simfactor.errors import SimfactorError
from simfactor.factors import Angle, Categorical, FactorSpace
from simfactor.report import response_bars, response_panels, write_report
from simfactor.report.reading import response_sentences
from simfactor.transfer import Domain, Episodes, response_curves, tabulate

FULL = FactorSpace({"light": Angle(-180, 180), "wall": Categorical(("wood", "brick", "moss"))})
POLICY = {"light": [-30, 30], "wall": ["wood"]}
ENCODER = FULL.restrict({"light": [-120, 120], "wall": ["wood", "brick"]})
MOVED = {
    "light-1": ("ood1", {"light": [60, 120]}),
    "light-2": ("ood2", {"light": [130, 230]}),
    "wall-1": ("ood2", {"wall": ["moss"]}),
}
DOMAINS = [Domain("clean", FULL.restrict(POLICY))]
DOMAINS += [Domain(n, FULL.restrict({**POLICY, **f}), level=level) for n, (level, f) in MOVED.items()]
RATES = {"steady": (0.95, 0.95, 0.95, 0.95), "frail": (0.95, 0.9, 0.1, 0.3), "hopeless": (0.0,) * 4}


def _tested(rates):
    rng = np.random.default_rng(0)
    luck, zeros = rng.random((2, 60)), np.zeros(60)
    rows = {d.name: d.space.sample(60, seed=1) for d in DOMAINS}
    return {
        agent: {
            seed: {
                d.name: Episodes(
                    d.name, np.arange(60), luck[seed] < p, zeros, zeros.astype(int), rows[d.name]
                )
                for d, p in zip(DOMAINS, of, strict=True)
            }
            for seed in (0, 1)
        }
        for agent, of in rates.items()
    }


@pytest.fixture(scope="module")
def results():
    return _tested(RATES)


@pytest.fixture(scope="module")
def curves(results):
    return response_curves(DOMAINS, results, ENCODER)


def _pixels(png):
    return imread(io.BytesIO(png), format="png")[..., :3]


def test_sentences_say_where_each_agent_falls(curves, results):
    steady, frail, hopeless = response_sentences(curves, tabulate(DOMAINS, results, resamples=20))
    assert steady == "No curve of steady shows that it falls below 90 % of its clean success (0.93)."
    assert frail.startswith("frail falls below 90 % of its clean success (0.93) as light rises, between ")
    assert " deg (0." in frail
    assert "ood2); with wall moss (0." in frail
    assert hopeless == "hopeless never succeeds in the clean domain, from which a fall would be counted."


def test_curves_without_a_fall_are_counted(curves, results):
    healed = copy.deepcopy(curves)
    healed["wall"]["agents"]["frail"]["bins"][-1]["margin"]["high"] = 0.01
    _, frail, _ = response_sentences(healed, tabulate(DOMAINS, results, resamples=20))
    assert "moss" not in frail
    assert frail.endswith("). 1 other curve shows no such fall.")


@pytest.mark.parametrize(("draw", "factor"), [(response_panels, "light"), (response_bars, "wall")])
def test_pictures_follow_their_numbers(curves, draw, factor):
    worse = copy.deepcopy(curves)
    worse[factor]["agents"]["steady"]["bins"][-1]["success"] |= {"mean": 0.3, "low": 0.2, "high": 0.4}
    before, after = _pixels(draw(curves)), _pixels(draw(worse))
    assert before.shape == after.shape
    assert 0 < (before != after).any(axis=-1).mean() < 0.1
    assert draw(curves) == draw(curves)


def test_supports_are_shaded(curves):
    wider = copy.deepcopy(curves)
    wider["light"]["policy"] = [[-30, 80]]
    for of in wider["light"]["agents"].values():
        of["trained"] = [[-30, 80]]
    dark = [
        (np.abs(_pixels(response_panels(c)) - 210 / 255).max(axis=-1) < 0.004).sum() for c in (curves, wider)
    ]
    assert dark[1] > 1.4 * dark[0]


def test_an_agent_that_trained_elsewhere_has_a_bar_at_the_foot(curves):
    other = copy.deepcopy(curves)
    other["light"]["agents"]["frail"]["trained"] = [[-80, 120]]
    amber = np.array([230, 159, 0]) / 255
    longest = [
        (np.abs(_pixels(response_panels(c)) - amber).max(axis=-1) < 0.01).sum(axis=1).max()
        for c in (curves, other)
    ]
    assert longest[1] > 3 * longest[0]


def test_a_circle_is_drawn_on_over_its_cut():
    """All round tested: the line leaves the panel on one side and comes in on the other."""
    success = {"mean": 0.5, "low": 0.4, "high": 0.6, "n": 20, "seeds": 1}
    bins = [
        {"domain": "d", "level": "ood1", "value": v, "low": v - 45, "high": v + 45, "success": success}
        for v in (-135.0, -45.0, 45.0, 135.0)
    ]
    support = [[-180.0, 180.0]]
    curve = {"kind": "angle", "unit": "deg", "axis": [-180, 180], "policy": support, "encoder": support}
    whole = {"light": {**curve, "agents": {"a": {"trained": support, "bins": bins, "falls": []}}}}
    pixels = _pixels(response_panels(whole))
    blue = np.abs(pixels - np.array([0, 114, 178]) / 255).max(axis=-1) < 0.1
    columns = np.nonzero(blue[pixels.shape[0] // 3 :, : pixels.shape[1] // 3].any(axis=0))[0]
    assert np.ptp(columns) > 0.97 * np.ptp(np.nonzero(_inside(pixels))[0])


def _inside(pixels):
    """Columns of the first panel that are shaded."""
    third = pixels[:, : pixels.shape[1] // 3]
    return (np.abs(third - 210 / 255).max(axis=-1) < 0.004).sum(axis=0) > 20


def test_the_report_shows_many_agents_a_few_at_a_time(summary, tmp_path):
    rates = {f"agent-{k}": (0.9, 0.9, 0.05 * k, 0.5) for k in range(15)}
    results = _tested(rates)
    agents = tabulate(DOMAINS, results, resamples=20)
    curves = response_curves(DOMAINS, results, ENCODER)
    path = tmp_path / "report.html"
    write_report(path, title="Many", summary={**summary, "agents": agents, "responses": curves})
    text = html.unescape(path.read_text())
    section = text[text.index('<section id="responses">') : text.index('<section id="run">')]
    assert section.count("<img") == 2 * 4
    assert section.count("<li>") == 15
    assert "Success against the value of a factor (agent-12, agent-13, agent-14)" in section
    write_report(path, title="None", summary={**summary, "responses": {}})
    assert 'id="responses"' not in path.read_text()


def test_what_is_not_there_is_not_drawn(curves):
    with pytest.raises(SimfactorError, match="no curve of a numeric factor"):
        response_panels({"wall": curves["wall"]})
    with pytest.raises(SimfactorError, match="no curve of a categorical factor"):
        response_bars({"light": curves["light"]})
