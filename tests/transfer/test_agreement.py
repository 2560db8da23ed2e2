"""r and MMRV against hand-computed values, and intervals that hold what they should."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import pearsonr

from simfactor.errors import SimfactorError
from simfactor.transfer import agreement, mmrv, pearson
from simfactor.transfer.trials import Cell

SHARES = st.integers(0, 20).map(lambda k: k / 20)
POLICIES = st.integers(2, 7).flatmap(
    lambda n: st.tuples(*[st.lists(SHARES, min_size=n, max_size=n, unique=True) for _ in range(2)])
)


def drawn(real: np.ndarray, sim: np.ndarray, trials: int, seed: int) -> dict[str, list[Cell]]:
    rng = np.random.default_rng(seed)
    outcomes = [(rng.random((2, trials)) < [[a], [b]]).astype(float) for a, b in zip(real, sim, strict=True)]
    return {str(k): [Cell(*both, paired=False)] for k, both in enumerate(outcomes)}


def test_mmrv_by_hand() -> None:
    """0.9 and 0.6 are swapped: both pay 0.3. 0.6 and 0.5 too: 0.1. 0.2 stands where it should."""
    assert mmrv(real=[0.9, 0.6, 0.5, 0.2], sim=[0.5, 0.7, 0.6, 0.1]) == pytest.approx(
        (0.4 + 0.3 + 0.4 + 0) / 4
    )
    assert mmrv(real=[0.9, 0.6], sim=[0.6, 0.9]) == pytest.approx(0.3)


def test_a_tie_in_simulation_costs_the_worse_policy_once() -> None:
    """The definition asks which is strictly less: 0.2 < 0.8 on the robot, but not in simulation."""
    assert mmrv(real=[0.8, 0.2], sim=[0.5, 0.5]) == pytest.approx(0.6 / 2)
    assert mmrv(real=[0.5, 0.5], sim=[0.8, 0.2]) == 0


def test_mmrv_is_not_symmetric_and_takes_no_positions() -> None:
    real, sim = [0.9, 0.1], [0.4, 0.5]
    assert (mmrv(real=real, sim=sim), mmrv(real=sim, sim=real)) == (pytest.approx(0.8), pytest.approx(0.1))
    for function in (mmrv, pearson):
        with pytest.raises(TypeError, match="positional"):
            function(real, sim)


@given(POLICIES, st.randoms())
def test_both_do_not_depend_on_the_names_of_policies(both: tuple[list[float], list[float]], random) -> None:
    real, sim = both
    order = random.sample(range(len(real)), len(real))
    again = {"real": [real[k] for k in order], "sim": [sim[k] for k in order]}
    assert mmrv(**again) == pytest.approx(mmrv(real=real, sim=sim))
    assert pearson(**again) == pytest.approx(pearson(real=real, sim=sim), abs=1e-9)


@given(POLICIES)
def test_mmrv_is_zero_just_where_the_order_is_kept(both: tuple[list[float], list[float]]) -> None:
    real, sim = both
    value = mmrv(real=real, sim=sim)
    assert (value == 0) == (np.argsort(real) == np.argsort(sim)).all()
    assert 0 <= value <= np.ptp(real)
    assert mmrv(real=real, sim=np.exp(sim)) == value
    assert mmrv(real=real, sim=real) == 0


@given(POLICIES)
def test_r_is_scipys(both: tuple[list[float], list[float]]) -> None:
    real, sim = both
    assert pearson(real=real, sim=sim) == pytest.approx(pearsonr(real, sim).statistic, abs=1e-9)


def test_what_is_not_defined_is_said() -> None:
    with pytest.raises(SimfactorError, match=r"r is not defined: all simulated results are 0\.5"):
        pearson(real=[0.1, 0.9], sim=[0.5, 0.5])
    constant = {
        name: [Cell(np.array([1.0, value]), np.ones(3), False)] for name, value in (("a", 0.0), ("b", 1.0))
    }
    found = agreement(constant)
    assert (found.r, found.r_of_others, found.undefined) == (None, None, "all simulated results are 1")
    assert found.mmrv.value == pytest.approx(0.25)
    for bad in ({"real": [0.1], "sim": [0.2]}, {"real": [0.1, 0.2], "sim": [0.2]}):
        with pytest.raises(SimfactorError, match="must be results of the same policies"):
            mmrv(**bad)
    with pytest.raises(SimfactorError, match="not finite"):
        mmrv(real=[np.nan, 0.1], sim=[0.1, 0.2])
    with pytest.raises(SimfactorError, match="resamples=5 must be at least 100"):
        agreement(constant, resamples=5)


def test_tasks_weigh_the_same_however_many_trials_they_have() -> None:
    ones, noughts = np.ones(4), np.zeros(40)
    cells = {
        "a": [Cell(ones, ones, True), Cell(noughts, noughts, True)],
        "b": [Cell(noughts, noughts, True), Cell(noughts, noughts, True)],
        "c": [Cell(ones, ones, True), Cell(np.ones(2), ones, False)],
    }
    assert agreement(cells).r.value == pytest.approx(1)
    assert agreement(cells).mmrv.value == 0


def test_paired_trials_are_redrawn_together() -> None:
    rng = np.random.default_rng(0)
    outcomes = [(rng.random(40) < rate).astype(float) for rate in (0.3, 0.5, 0.7)]
    together, apart = (
        agreement({str(k): [Cell(own, own, paired)] for k, own in enumerate(outcomes)})
        for paired in (True, False)
    )
    assert (together.r.low, together.mmrv.high) == (pytest.approx(1), 0)
    assert apart.r.low < 0.99


def test_the_same_seed_gives_the_same_intervals() -> None:
    cells = drawn(np.linspace(0.1, 0.9, 9), np.linspace(0.2, 0.8, 9), 20, seed=0)
    assert agreement(cells) == agreement(cells)
    assert agreement(cells, seed=1) != agreement(cells)
    found = agreement(cells)
    assert found.r_of_others.low < found.r.value
    assert agreement({name: cells[name] for name in list(cells)[:7]}).r_of_others is None


@pytest.mark.parametrize(("policies", "trials"), [(4, 30), (12, 30)])
def test_intervals_hold_what_more_trials_would_show(policies: int, trials: int) -> None:
    """Of r and MMRV of the true rates; percentiles alone hold them the less, the more policies there are."""
    rng = np.random.default_rng(1)
    held = []
    for seed in range(60):
        real = rng.uniform(0.1, 0.9, policies)
        sim = np.clip(real + rng.normal(0, 0.12, policies), 0.02, 0.98)
        found = agreement(drawn(real, sim, trials, seed), resamples=300, seed=seed)
        truth = pearson(real=real, sim=sim), mmrv(real=real, sim=sim)
        both = zip((found.r, found.mmrv), truth, strict=True)
        held.append([e.low - 1e-9 <= true <= e.high + 1e-9 for e, true in both])
    assert (np.mean(held, axis=0) > 0.8).all()
