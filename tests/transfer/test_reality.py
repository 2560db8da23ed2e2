"""The table of policies, and the plan: against what the statistics module gives, and by hand."""

from __future__ import annotations

import numpy as np
import pytest

from simfactor.errors import SimfactorError
from simfactor.transfer import agreements, episodes_to_tell, open_questions, reality_gaps, wilson_interval
from simfactor.transfer.reality import TOGETHER
from simfactor.transfer.trials import Cell, Trials


def outcomes(won: int, n: int) -> np.ndarray:
    return np.repeat([1.0, 0.0], [won, n - won])


def cell(real: int, sim: int, n: int = 20) -> Cell:
    return Cell(outcomes(real, n), outcomes(sim, n), True)


TRIALS = Trials({"lift": {"a": cell(18, 18), "b": cell(14, 17), "c": cell(2, 3)}}, "success", ())


def test_rates_have_wilsons_intervals_and_gaps_newcombes() -> None:
    a, b, _ = reality_gaps(TRIALS)
    assert (a.real, a.sim) == (wilson_interval(18, 20), wilson_interval(18, 20))
    assert b.gap.mean == pytest.approx(0.15)
    real, sim = wilson_interval(14, 20), wilson_interval(17, 20)
    assert b.gap.low == pytest.approx(0.15 - np.hypot(0.85 - sim.low, real.high - 0.7))
    assert b.gap.high == pytest.approx(0.15 + np.hypot(sim.high - 0.85, 0.7 - real.low))
    assert a.to_dict()["real"]["mean"] == 0.9


def test_scores_have_intervals_of_the_bootstrap() -> None:
    rng = np.random.default_rng(0)
    scores = {
        "a": Cell(rng.normal(5, 1, 30), rng.normal(7, 1, 40), False),
        "b": Cell(*rng.random((2, 9)), False),
    }
    a, _ = reality_gaps(Trials({"lift": scores}, "score", ()))
    assert a.gap.mean == pytest.approx(a.sim.mean - a.real.mean)
    assert 1 < a.gap.low < 2 < a.gap.high < 3
    assert a.real.high - a.real.low == pytest.approx(2 * 1.96 / np.sqrt(30), rel=0.3)


def test_what_is_open_and_how_many_more_trials_settle_it() -> None:
    a_b, a_a, b_b, c_c = open_questions(reality_gaps(TRIALS))
    assert (a_b.first, a_b.second) == ("a", "b")
    assert a_b.needed == episodes_to_tell(0.9, 0.7)
    assert a_b.more == (a_b.needed - 20, a_b.needed - 20)
    assert (a_a.needed, a_a.more) == (None, None)
    assert (b_b.first, b_b.second, b_b.more) == ("b (sim)", "b (real)", (episodes_to_tell(0.85, 0.7) - 20,))
    assert c_c.needed == episodes_to_tell(0.15, 0.1)


def test_more_power_takes_more_trials_and_many_trials_leave_nothing_open() -> None:
    rows = reality_gaps(TRIALS)
    assert open_questions(rows, power=0.9)[0].needed > open_questions(rows)[0].needed
    many = {"a": cell(900, 800, 1000), "b": cell(700, 780, 1000)}
    assert open_questions(reality_gaps(Trials({"lift": many}, "success", ()))) == ()
    with pytest.raises(SimfactorError, match=r"power=1\.5 must lie between"):
        open_questions(rows, power=1.5)


def test_tasks_agree_each_and_together() -> None:
    tasks = {
        "lift": {"a": cell(18, 18), "b": cell(2, 3)},
        "push": {"a": cell(4, 6), "b": cell(9, 12), "c": cell(9, 2)},
        "pull": {"a": cell(4, 6), "b": cell(4, 5)},
    }
    found = agreements(Trials(tasks, "success", ()))
    assert list(found) == ["lift", "push", "pull", TOGETHER]
    assert found[TOGETHER].policies == ("a", "b")
    assert found["pull"].r is None
    assert found["pull"].undefined == "all real results are 0.2"
    alone = agreements(Trials({"lift": tasks["lift"], "pull": {"a": cell(1, 1)}}, "success", ()))
    assert list(alone) == ["lift"]
