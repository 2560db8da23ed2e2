"""What a choice leaves of a factor, and which factors lie inside others."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simfactor.factors import Angle, Categorical, Continuous
from simfactor.factors.choices import as_choice, is_inside, narrow
from simfactor.factors.domain import Factor

KINDS = Categorical(("disc", "square", "star"))


@given(low=st.floats(-170, 170), width=st.floats(0, 150), seam=st.sampled_from([-180.0, 0.0, 30.0]))
def test_what_was_narrowed_is_inside_and_what_was_not_is_outside(
    low: float, width: float, seam: float
) -> None:
    line, circle = Continuous(-400, 400, unit="m"), Angle(seam, seam + 360)
    for wide in (line, circle):
        part = narrow(wide, [low, low + width])
        assert is_inside(part, wide)
        assert is_inside(narrow(wide, as_choice(part)), part)
        assert is_inside(wide, part) is (part == wide)


@pytest.mark.parametrize(
    ("factor", "wider", "inside"),
    [
        (KINDS.restrict(["disc"]), KINDS, True),
        (KINDS, KINDS.restrict(["disc", "star"]), False),
        (Categorical(("disc", "star")), KINDS, False),  # its numbers mean others
        (Continuous(0, 1, unit="m"), Continuous(0, 1, unit="cm"), False),
        (Continuous(0, 1), Angle(0, 1), False),
        (Angle(80, 370), Angle(0, 90), False),  # both ends are inside, what is between is not
        (Angle(350, 370), Angle(-20, 20), True),
        (Angle(0, 90, period=180), Angle(0, 180, period=360), False),
    ],
)
def test_inside(factor: Factor, wider: Factor, inside: bool) -> None:
    assert is_inside(factor, wider) is inside
