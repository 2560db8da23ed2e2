"""The same state under the same number in several data sets, or an error that says what differs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from published import FINGERS, SIZES, Tiny, finger, mpi3d

from simfactor.data import ImageSource, StandardDataset, aligned, load_standard
from simfactor.errors import SimfactorError

PART = (2, 2, 1, 2, 1, 3, 2)


def triplet(folder: Path) -> list[StandardDataset]:
    names = ("mpi3d_toy", "mpi3d_realistic", "mpi3d_real")
    for name in names:
        mpi3d(folder / f"{name}.npz", PART, compressed=name == "mpi3d_real")
    return [load_standard(name, folder / f"{name}.npz", sizes=PART) for name in names]


def test_mpi3d_comes_in_triplets_of_one_state(tmp_path: Path) -> None:
    datasets = triplet(tmp_path)
    views = aligned(*datasets)
    assert all(isinstance(view, ImageSource) for view in views)
    for view, dataset in zip(views, datasets, strict=True):
        assert (len(view), view.image_size, view.space) == (48, 6, dataset.space)
        np.testing.assert_array_equal(view.images([3, -1]), dataset.images([3, 47]))
        np.testing.assert_array_equal(view.factors(slice(5)), datasets[0].factors(slice(5)))


def test_robot_fingers_are_matched_by_their_states(tmp_path: Path) -> None:
    sizes = SIZES["robot_finger"]
    finger(tmp_path / "finger", sizes, 200, tar=False)
    finger(tmp_path / "finger_real", sizes, FINGERS, tar=False)
    real = tmp_path / "finger_real" / "finger_real_labels.npz"
    with np.load(real) as file:
        labels = file["labels"]
    rng = np.random.default_rng(0)
    labels = rng.integers(0, sizes, labels.shape)
    labels[7] = labels[3]  # shown twice
    np.savez(real, labels=labels)
    simulated, pictured = (
        load_standard("robot_finger", tmp_path / name) for name in ("finger", "finger_real")
    )
    here, there = aligned(simulated, pictured)
    np.testing.assert_array_equal(here.factors(), there.factors())
    common = set(simulated.positions().tolist()) & set(pictured.positions().tolist())
    assert len(here) == len(there) == len(common) > 0
    assert 7 not in there.places


def test_data_sets_of_other_grids_are_refused(tmp_path: Path, all_tiny: dict[str, Tiny]) -> None:
    toy = all_tiny["mpi3d_toy"].open()
    with pytest.raises(SimfactorError, match="two data sets or more, not 1"):
        aligned(toy)
    with pytest.raises(SimfactorError, match=r"object_shape has 2 levels .* in mpi3d_toy, but 1 levels"):
        aligned(toy, all_tiny["mpi3d_realistic"].open())
    with pytest.raises(
        SimfactorError, match=r"object_color has 2 levels \(white, green\) .* \(yellow, green\)"
    ):
        aligned(toy, all_tiny["mpi3d_complex"].open())
    with pytest.raises(SimfactorError, match=r"not of the same factors: object_color, .*; and color, shape"):
        aligned(toy, all_tiny["dsprites"].open())


def test_data_sets_without_a_state_in_common(tmp_path: Path) -> None:
    for name, levels in {"finger": [0] * 9, "finger_real": [0] * 8 + [1]}.items():
        finger(tmp_path / name, SIZES["robot_finger"], 1, tar=False)
        np.savez(tmp_path / name / f"{name}_labels.npz", labels=np.array([levels]))
    with pytest.raises(SimfactorError, match="have no combination of factors in common"):
        aligned(*(load_standard("robot_finger", tmp_path / name) for name in ("finger", "finger_real")))
