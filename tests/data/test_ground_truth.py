"""The view that disent's samplers and frameworks take: index and level numbers are one thing."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from in_memory import Frames

from simfactor.data import FactorDataset, generate_lattice, ground_truth_data
from simfactor.errors import SimfactorError
from simfactor.factors import Angle, Categorical, Continuous, FactorSpace
from simfactor.render import StudioSpec

SPACE = FactorSpace(
    {
        "angle": Angle(0, 360, levels=4),
        "still": Continuous(1, 1),
        "colour": Categorical(("red", "green", "blue")).restrict(["red", "blue"]),
        "x": Continuous(-1, 1, levels=3),
    }
)
SIZES = (4, 2, 3)


def shuffled(seed: int) -> Frames:
    rows = SPACE.grid()
    return Frames(SPACE, np.random.default_rng(seed).permutation(rows))


@given(st.integers(0, 1000), st.integers(0, 23))
@settings(deadline=None, max_examples=30)
def test_an_index_is_its_level_numbers_whatever_the_order_of_the_source(seed: int, index: int) -> None:
    source = shuffled(seed)
    data = ground_truth_data(source)
    position = data.idx_to_pos(index)
    assert data.pos_to_idx(position) == index
    assert tuple(position) == np.unravel_index(index, SIZES)
    (stored,) = np.flatnonzero((source.rows == SPACE.grid()[index]).all(axis=1))
    np.testing.assert_array_equal(data[index], source.images([stored])[0])


def test_it_tells_what_disent_asks() -> None:
    data = ground_truth_data(shuffled(0))
    assert data.factor_names == ("angle", "colour", "x")  # what does not vary is no factor there
    assert tuple(data.factor_sizes) == SIZES
    assert (data.num_factors, data.size, len(data)) == (3, 24, 24)
    assert (data.img_shape, data.x_shape, data.img_channels) == ((8, 8, 3), (3, 8, 8), 3)
    assert data.normalise_factor_idx("x") == 2
    assert list(data.invert_factor_idxs("colour")) == [0, 2]
    assert list(data.normalise_factor_idxs(None)) == [0, 1, 2]
    with pytest.raises(SimfactorError, match="Did you mean 'colour'"):
        data.normalise_factor_idx("color")
    with pytest.raises(SimfactorError, match=r"0 \.\. 2"):
        data.normalise_factor_idx(3)
    with pytest.raises(SimfactorError, match="repeat one"):
        data.normalise_factor_idxs(["x", 2])


def test_draws_are_seeded_reach_every_level_and_keep_what_is_given() -> None:
    data = ground_truth_data(shuffled(0), seed=5)
    drawn = data.sample_factors(400)
    np.testing.assert_array_equal(drawn, ground_truth_data(shuffled(0), seed=5).sample_factors(400))
    assert not np.array_equal(drawn, ground_truth_data(shuffled(0), seed=6).sample_factors(400))
    assert drawn.max(axis=0).tolist() == [3, 1, 2]
    assert len(np.unique(data.pos_to_idx(drawn))) == 24
    assert data.sample_factors().shape == (3,)
    assert data.sample_factors((2, 5), ["x"]).shape == (2, 5, 1)
    assert set(data.sample_indices(500)) == set(range(24))
    known = np.array([[1, 2]] * 50)
    filled = data.sample_missing_factors(known, ["colour", "x"])
    assert (filled[:, 1:] == known).all()
    assert set(filled[:, 0]) == {0, 1, 2, 3}
    other = data.resample_other_factors(filled, "angle")
    assert (other[:, 0] == filled[:, 0]).all()
    assert not (other[:, 1:] == filled[:, 1:]).all()


def test_the_transform_is_applied_and_a_pickle_is_the_same_data() -> None:
    data = ground_truth_data(shuffled(3), transform=np.transpose)
    assert data[0].shape == (3, 8, 8)
    again = pickle.loads(pickle.dumps(data))
    np.testing.assert_array_equal(again[7], data[7])


def test_sets_that_are_no_complete_lattice_are_refused() -> None:
    rows = SPACE.grid()
    with pytest.raises(SimfactorError, match=r"23 images show 23 of the 24 combinations \(4 x 2 x 3\)"):
        ground_truth_data(Frames(SPACE, rows[:-1]))
    with pytest.raises(SimfactorError, match=r"25 images show 24 of the 24.*generate_lattice"):
        ground_truth_data(Frames(SPACE, np.concatenate([rows, rows[:1]])))
    free = FactorSpace({"x": Continuous(0, 1)})
    with pytest.raises(SimfactorError, match="x: this factor has no levels"):
        ground_truth_data(Frames(free, free.sample(3, 0)))


def test_a_generated_lattice_has_every_combination_once_in_order(
    space: FactorSpace, spec: StudioSpec, tmp_path: Path
) -> None:
    small = space.fix({"object_x": 0.5})
    made = generate_lattice(small, tmp_path, {"light_intensity": 2}, spec, 8, workers=1, progress=False)
    assert len(made) == 5 * 2 * 2
    np.testing.assert_array_equal(made.factors(), made.space.grid())
    data = ground_truth_data(made)
    assert tuple(data.factor_sizes) == (5, 2, 2)
    np.testing.assert_array_equal(data[13], made.images([13])[0])
    alone = spec.open()
    with alone:
        np.testing.assert_array_equal(made.images([13]), alone.images(made.space, made.factors([13])).rgb)
    (tmp_path / "images-00001.npy").unlink()  # resumed as the lattice that it is
    again = generate_lattice(small, tmp_path, {"light_intensity": 2}, spec, 8, workers=1, progress=False)
    np.testing.assert_array_equal(again.images(), made.images())
    assert FactorDataset(tmp_path).manifest.complete


def test_what_cannot_be_a_lattice_is_said_before_rendering(space: FactorSpace, tmp_path: Path) -> None:
    with pytest.raises(SimfactorError, match="light_intensity: this factor has no levels"):
        generate_lattice(space, tmp_path)
    with pytest.raises(SimfactorError, match="unknown factor 'x'"):
        generate_lattice(space, tmp_path, {"x": 3})
    with pytest.raises(SimfactorError, match="held-out combinations"):
        generate_lattice(
            space.hold_out_combination({"table_texture": "wood", "object_x": [0.4, 0.5]}), tmp_path, 3
        )
    with pytest.raises(SimfactorError, match="nothing to correlate"):
        generate_lattice(space.correlate({("light_azimuth", "object_x"): 0.5}), tmp_path, 3)
    assert not list(tmp_path.iterdir())


@pytest.mark.filterwarnings("ignore")
def test_disents_samplers_run_on_it() -> None:
    pytest.importorskip("disent")
    from disent.dataset import DisentDataset
    from disent.dataset.data import GroundTruthData
    from disent.dataset.sampling import GroundTruthPairSampler, GroundTruthTripleSampler

    data = ground_truth_data(shuffled(1))
    assert isinstance(data, GroundTruthData)
    for sampler in (GroundTruthPairSampler(), GroundTruthTripleSampler()):
        seen = DisentDataset(data, sampler, return_factors=True, return_indices=True)[11]
        for image, index, position in zip(seen["x_targ"], seen["idx"], seen["factors"], strict=True):
            np.testing.assert_array_equal(image, data[int(index)])
            np.testing.assert_array_equal(position, data.idx_to_pos(index))
