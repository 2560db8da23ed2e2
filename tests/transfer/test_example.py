"""The episode that is filmed is one that tells something, under the shifts that are worst."""

import numpy as np
import pytest

from simfactor.errors import SimfactorError
from simfactor.factors import Continuous, FactorSpace
from simfactor.transfer import Domain, Episodes, Rung, choose_example

SPACE = FactorSpace({"light": Continuous(0, 1)})
DOMAINS = [
    Domain("clean", SPACE),
    Domain("both-1", SPACE, level="ood2", rung=Rung("both", 1, ("light", "hue"))),
    Domain("both-2", SPACE, level="ood2", rung=Rung("both", 2, ("light", "hue"))),
    Domain("hue-1", SPACE, level="ood2", rung=Rung("hue", 1)),
    Domain("light-2", SPACE, level="ood2", rung=Rung("light", 2)),
    Domain("light-1", SPACE, level="ood1", rung=Rung("light", 1)),
]
SUCCESS = {
    "clean": (0, 1, 1, 1),
    "both-1": (0, 1, 1, 0),
    "both-2": (0, 0, 0, 0),
    "hue-1": (0, 1, 1, 1),
    "light-2": (0, 1, 0, 1),
    "light-1": (0, 1, 1, 1),
}


def _tested(success=SUCCESS, lengths=(50, 9, 10, 6), returns=None):
    return {
        name: Episodes(
            name,
            np.arange(100, 104),
            np.array(won, bool),
            np.full(4, (returns or {}).get(name, 0.0)),
            np.array(lengths),
            np.zeros((4, 1)),
        )
        for name, won in success.items()
    }


def test_the_worst_of_each_level_and_combination_and_an_episode_that_they_break():
    example = choose_example("a", DOMAINS, {3: _tested(), 5: _tested()})
    assert example.training == 3
    assert example.domains == ("clean", "light-1", "light-2", "both-2")
    assert example.episode == 102, "solved when clean, failed under two of three; 100 was never solved"
    assert example.steps == (0, 2, 4, 6, 8)
    again = _tested(lengths=(50, 9, 4, 11))
    assert choose_example("a", DOMAINS, {3: again}).steps == (0, 1, 2, 3)


def test_all_trainings_say_which_shift_is_worst_and_the_first_is_shown():
    other = _tested({**SUCCESS, "hue-1": (0, 0, 0, 0)})
    example = choose_example("a", DOMAINS, {9: other, 3: _tested()})
    assert (example.training, example.domains) == (3, ("clean", "light-1", "hue-1", "both-2"))


def test_returns_decide_between_equals_and_short_episodes_have_fewer_steps():
    never = dict.fromkeys(SUCCESS, (1, 1, 1, 1))
    example = choose_example("a", DOMAINS, {0: _tested(never, (3, 3, 3, 3), {"both-1": -2.0, "hue-1": -1.0})})
    assert example.domains == ("clean", "light-1", "hue-1", "both-1")
    assert (example.episode, example.steps) == (100, (0, 1, 2))
    example = choose_example("a", DOMAINS, {0: _tested(never)})
    assert (example.episode, example.steps) == (100, (0, 10, 20, 30, 40)), "the longest"
    assert example.domains == ("clean", "light-1", "light-2", "both-2"), "the most severe"


def test_an_agent_that_solves_nothing_has_an_example_too():
    example = choose_example("a", DOMAINS, {0: _tested(dict.fromkeys(SUCCESS, (0, 0, 0, 0)))})
    assert (example.episode, example.steps) == (100, (0, 10, 20, 30, 40))


def test_a_domain_without_results_is_told():
    tested = _tested()
    del tested["hue-1"]
    with pytest.raises(SimfactorError, match="was not tested in domain 'hue-1'"):
        choose_example("a", DOMAINS, {0: tested})
