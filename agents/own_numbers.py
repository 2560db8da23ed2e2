"""What a robot knows of itself without a camera, behind the features of its images."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import torch
from gymnasium import spaces
from torch import Tensor, nn

from simfactor.agents.standardize import Standardize

PROPRIOCEPTION = "proprioception"
Statistics: TypeAlias = Mapping[str, list[float]]  # what Standardize is made of


class OwnNumbers(nn.Module):
    """Features (k n, F) of k views of n observations -> (k n, F + P) with the robot's P numbers behind.

    As the joint angles of Levine et al. (2016, arXiv:1504.00702, section 5.1) stand behind their feature
    points, but standardised.

    Args:
        observed: the space of the observations.
        statistics: of their part ``proprioception``; None: they have none, and features stay as they are.
    """

    def __init__(self, observed: spaces.Space[Any], statistics: Statistics | None) -> None:
        super().__init__()
        self.standardize: Standardize | None = None
        if statistics is not None:
            assert isinstance(observed, spaces.Dict)
            part = observed[PROPRIOCEPTION]
            assert isinstance(part, spaces.Box)
            self.standardize = Standardize(part, **statistics)
        self.count = 0 if self.standardize is None else self.standardize.features_dim

    def forward(self, features: Tensor, observations: Tensor | Mapping[str, Tensor]) -> Tensor:
        """The features with the numbers of ``observations`` behind."""
        if self.standardize is None:
            return features
        assert isinstance(observations, Mapping)
        own = self.standardize(observations[PROPRIOCEPTION])
        return torch.cat((features, own.repeat(len(features) // len(own), 1)), dim=1)


def knows_itself(space: spaces.Space[Any]) -> bool:
    """Whether observations have a part that is the robot's own numbers."""
    return isinstance(space, spaces.Dict) and PROPRIOCEPTION in space.spaces
