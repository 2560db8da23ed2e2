import gymnasium as gym
import numpy as np
import pytest
from anything import BOTH, CHOICE, MOVE, PIXELS, STATE
from gymnasium import spaces

from simfactor.agents import Policy, check_fits
from simfactor.errors import SimfactorError


@pytest.mark.parametrize(
    ("seen", "shown", "fits"),
    [
        (STATE, spaces.Box(-9, 9, (4,), np.float64), True),
        (STATE, spaces.Box(-1, 1, (6,), np.float32), False),
        (PIXELS, spaces.Box(0, 255, (3, 36, 40), np.uint8), True),
        (PIXELS, spaces.Box(0, 255, (40, 36, 3), np.uint8), False),
        (PIXELS, spaces.Box(0, 1, (36, 40, 3), np.float32), False),
        (spaces.Box(0, 1, (36, 40, 3), np.float32), PIXELS, False),
        (spaces.Box(-np.inf, np.inf, (36, 40, 3), np.float32), PIXELS, True),
        (BOTH, spaces.Dict({**BOTH.spaces, "goal": STATE}), True),
        (BOTH, spaces.Dict({"pixels": PIXELS}), False),
        (BOTH, PIXELS, False),
        (PIXELS, BOTH, False),
        (CHOICE, spaces.Discrete(3), True),
        (CHOICE, spaces.Discrete(4), False),
        (CHOICE, STATE, False),
        (None, PIXELS, True),
    ],
)
def test_what_fits(seen: gym.Space | None, shown: gym.Space, fits: bool) -> None:
    observing = Policy(lambda observation: observation, seen, None, "")
    if fits:
        check_fits(observing, shown, MOVE)
        return
    with pytest.raises(SimfactorError) as error:
        check_fits(observing, shown, MOVE)
    assert str(error.value).startswith(f"the policy observes {seen} but the environment gives {shown};")


@pytest.mark.parametrize(
    ("does", "takes", "fits"),
    [
        (MOVE, spaces.Box(-5, 5, (2,), np.float32), True),
        (MOVE, spaces.Box(-5, 5, (3,), np.float32), False),
        (MOVE, CHOICE, False),
        (CHOICE, MOVE, False),
        (CHOICE, CHOICE, True),
    ],
)
def test_what_actions_fit(does: gym.Space, takes: gym.Space, fits: bool) -> None:
    acting = Policy(lambda observation: observation, None, does, "")
    if fits:
        check_fits(acting, STATE, takes)
        return
    with pytest.raises(SimfactorError) as error:
        check_fits(acting, STATE, takes)
    assert str(error.value).startswith(f"the policy acts in {does} but the environment takes {takes};")
