import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simfactor.encoders import Block, LatentLayout
from simfactor.errors import SimfactorError
from simfactor.factors import Angle, Categorical, Continuous, FactorSpace

SPACE = FactorSpace(
    {
        "azimuth": Angle(-180, 180, group="lighting"),
        "pan": Angle(-45, 45, group="camera"),
        "ee_x": Continuous(0, 1, group="pose", role="task"),
        "texture": Categorical(("a", "b", "c"), group="texture"),
    }
)
LAYOUT = LatentLayout.for_space(SPACE, residual=3)
NAMES = st.lists(st.sampled_from(["azimuth", "pan", "ee_x", "texture", "residual", "task", "lighting"]))


def test_blocks_follow_the_space_and_a_full_circle_takes_two():
    assert LAYOUT.names == ("azimuth", "pan", "ee_x", "texture", "residual")
    assert [block.width for block in LAYOUT.blocks] == [2, 1, 1, 1, 3]
    assert LAYOUT.size == 8
    assert LAYOUT.dimension_names[:3] == ("azimuth[0]", "azimuth[1]", "pan")
    assert LAYOUT.dimension_names[-1] == "residual[2]"


def test_slices_tile_the_latents():
    dims = np.concatenate([np.arange(LAYOUT.size)[LAYOUT.slice(name)] for name in LAYOUT.names])
    assert dims.tolist() == list(range(LAYOUT.size))


def test_dims_by_factor_group_and_role():
    assert LAYOUT.dims("azimuth").tolist() == [0, 1]
    assert LAYOUT.dims("task").tolist() == [3]
    assert LAYOUT.dims("nuisance").tolist() == [0, 1, 2, 4]
    assert LAYOUT.dims(["texture", "lighting"]).tolist() == [0, 1, 4]
    assert LAYOUT.dims([]).tolist() == []
    assert LAYOUT.groups["camera"] == ("pan",)


@given(NAMES, NAMES)
def test_dims_of_names_together_are_the_union(a, b):
    together = set(LAYOUT.dims(a).tolist()) | set(LAYOUT.dims(b).tolist())
    assert LAYOUT.dims([*a, *b]).tolist() == sorted(together)


def test_an_unknown_name_is_told_what_there_is():
    with pytest.raises(SimfactorError, match=r"unknown latent block.*'azimut'.*Did you mean 'azimuth'"):
        LAYOUT.dims("azimut")
    with pytest.raises(SimfactorError, match="unknown latent block 'task'"):
        LAYOUT.slice("task")
    with pytest.raises(SimfactorError, match="allowed: residual"):
        LatentLayout.unlabelled(4).dims("task")


def test_the_round_trip_through_data():
    assert LatentLayout.from_dict(LAYOUT.to_dict()) == LAYOUT
    with pytest.raises(SimfactorError, match="does not describe"):
        LatentLayout.from_dict({"blocks": [{"wide": 1}]})


@pytest.mark.parametrize(
    "blocks",
    [
        (Block("a", 1),),
        (Block("residual", 1), Block("a", 1)),
        (Block("a", 1), Block("a", 1), Block("residual", 1)),
        (Block("a", 0), Block("residual", 1)),
        (Block("a", 1), Block("residual", -1)),
    ],
)
def test_what_is_not_a_layout_is_refused(blocks):
    with pytest.raises(SimfactorError):
        LatentLayout(blocks)
