"""The search finds what breaks a policy that breaks in a known place, and can be stopped and told again."""

import functools

import numpy as np
import pytest
from dial_env import Dial, open_greedy

from simfactor.errors import SimfactorError
from simfactor.factors import Categorical, Continuous, FactorSpace
from simfactor.transfer import find_worst_case
from simfactor.transfer.worst_case import _ranks, _setting, _start

SPACE = FactorSpace(
    {
        "light": Continuous(0.0, 3.0, group="lighting"),
        "cloth": Categorical(("wool", "silk", "jute")),
        "target": Continuous(-1.0, 1.0, group="pose", role="task"),
    }
)
SEEDS = {"search_seeds": range(100, 110), "confirm_seeds": range(200, 230)}


def _search(out, **changes):
    arguments = {
        "names": ["light", "cloth"],
        "budget": 40,
        "workers": 1,
        "progress": False,
        **SEEDS,
        **changes,
    }
    return find_worst_case(open_greedy, Dial, SPACE, out=out, **arguments)


def test_the_worst_light_is_found_and_confirmed(tmp_path):
    """The reading is off by the light; what is 0.3 off misses. Return falls on, up to the brightest."""
    found = _search(tmp_path)
    assert found.searched.mean == 0
    assert found.setting["light"] > 2
    assert found.setting["cloth"] in SPACE["cloth"].values
    assert (found.confirmed.mean, found.confirmed.n) == (0, 30)
    assert found.confirmed.high > 0.1  # thirty failures are not certainty
    assert found.film.shape[1:] == (8, 8, 3)
    assert len(found.tried) >= 40
    worst = min(found.tried, key=lambda entry: entry[1:])
    assert worst[0] == found.setting
    assert found.to_dict()["tried"][0].keys() == {"setting", "success", "return"}


def test_a_search_that_was_interrupted_goes_on_as_it_would_have(tmp_path):
    whole = _search(tmp_path / "whole")
    _search(tmp_path / "parts", budget=10)
    stored = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "parts").glob("worst.0.setting-*")}
    parts = _search(tmp_path / "parts")
    assert parts.tried == whole.tried
    assert parts.confirmed == whole.confirmed
    for name, time in stored.items():
        assert (tmp_path / "parts" / name).stat().st_mtime_ns == time


def test_every_value_can_be_reached():
    search = _start(SPACE, ["light", "cloth"], seed=0)
    places = [search.ask()[0] for _ in range(400)]
    settings = [_setting(SPACE, ["light", "cloth"], place) for place in places]
    assert {setting["cloth"] for setting in settings} == {"wool", "silk", "jute"}
    light = np.array([setting["light"] for setting in settings])
    assert (light.min(), light.max()) == pytest.approx((0.0, 3.0), abs=0.3)
    for share, cloth in ((0.0, "wool"), (0.5, "silk"), (1.0, "jute")):
        assert _setting(SPACE, ["light", "cloth"], np.array([1.0, share])) == {
            "light": pytest.approx(3.0),
            "cloth": cloth,
        }


def test_fewer_successes_are_worse_and_then_lower_returns():
    assert _ranks([(0.5, -1), (0.2, -3), (0.2, -9), (0.5, -1)]) == [2, 1, 0, 2]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"names": ["ligth"]}, "Did you mean 'light'"),
        ({"names": []}, "name a factor"),
        ({"budget": 0}, "budget=0"),
        ({"confirm_seeds": range(105, 120)}, r"episode seeds \[105, 106, 107, 108, 109\] are to search and"),
        ({"training_seeds": [100]}, "were used in training"),
    ],
)
def test_searches_that_cannot_be_made(tmp_path, changes, message):
    with pytest.raises(SimfactorError, match=message):
        _search(tmp_path, **changes)
    assert not list(tmp_path.iterdir())


def test_a_space_with_holes_in_its_combinations_is_refused(tmp_path):
    space = SPACE.hold_out_combination({"light": [1, 2], "cloth": "silk"})
    search = functools.partial(find_worst_case, open_greedy, Dial, space, ["light"], tmp_path, **SEEDS)
    with pytest.raises(SimfactorError, match="excludes combinations"):
        search()
