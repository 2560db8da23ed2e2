"""The same states in several data sets: MPI3D's toy, realistic and real images, robot_finger's two worlds."""

from __future__ import annotations

from functools import reduce

import numpy as np

from simfactor.data.standard.dataset import StandardDataset
from simfactor.data.view import View
from simfactor.errors import SimfactorError
from simfactor.factors import Factor


def aligned(*datasets: StandardDataset) -> tuple[View, ...]:
    """A view of each data set; image i of all of them shows the same state, the same level of every factor.

    ``toy, real = aligned(load_standard("mpi3d_toy", ...), load_standard("mpi3d_real", ...))``. Where a data
    set lacks combinations, as robot_finger's do, those that all of them have remain, in lattice order; of
    several images of one state the first is taken.

    Raises SimfactorError for fewer than two data sets, for factors, levels or values that differ, which it
    names, and where no state is in all of them.
    """
    if len(datasets) < 2:
        raise SimfactorError(f"aligned() takes two data sets or more, not {len(datasets)}.")
    for other in datasets[1:]:
        _check_grid(datasets[0], other)
    shown = [np.unique(dataset.positions(), return_index=True) for dataset in datasets]
    states = reduce(np.intersect1d, [positions for positions, _ in shown])
    if not len(states):
        raise SimfactorError(f"{_names(datasets)} have no combination of factors in common.")
    return tuple(
        View(dataset, first[np.searchsorted(positions, states)].astype(np.int64))
        for dataset, (positions, first) in zip(datasets, shown, strict=True)
    )


def _check_grid(first: StandardDataset, other: StandardDataset) -> None:
    """Raise SimfactorError unless positions in both lattices are the same states."""
    if first.space.names != other.space.names:
        raise SimfactorError(
            f"{_names([first, other])} are not of the same factors: {', '.join(first.space.names)}; and "
            f"{', '.join(other.space.names)}."
        )
    for name, factor in first.space.factors.items():
        if factor != other.space[name]:
            raise SimfactorError(
                f"{name} has {_levels(factor)} in {first.name}, but {_levels(other.space[name])} in "
                f"{other.name}; align data sets of one grid, with the same `sizes` if they are parts."
            )


def _levels(factor: Factor) -> str:
    return f"{factor.levels} levels ({factor.describe()})"


def _names(datasets: tuple[StandardDataset, ...] | list[StandardDataset]) -> str:
    return " and ".join(f"{dataset.name} ({str(dataset.path)!r})" for dataset in datasets)
