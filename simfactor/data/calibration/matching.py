"""Factor spaces whose camera is a real one."""

from __future__ import annotations

from dataclasses import replace

from simfactor.data.calibration.pose import CameraPose
from simfactor.errors import SimfactorError
from simfactor.factors import Categorical, FactorSpace


def match_camera(space: FactorSpace, pose: CameraPose, deviations: float = 2.0) -> FactorSpace:
    """The space with its camera's factors between ``deviations`` standard deviations around a real camera's.

    Two of them hold the truth in 95 of 100 cases, each factor for itself. The ranges replace those of the
    space, which they need not lie in. Raises SimfactorError for a space without these factors.
    """
    if not 0 < deviations < float("inf"):
        raise SimfactorError(f"deviations={deviations!r} must be above 0; 2 is usual.")
    factors = dict(space.factors)
    for name, (value, deviation) in pose.factors.items():
        factor = space[name]
        if isinstance(factor, Categorical):
            raise SimfactorError(f"{name} is categorical in this space; a measured camera needs a number.")
        low, high = value - deviations * deviation, value + deviations * deviation
        factors[name] = replace(factor, low=low, high=high, levels=None, holes=())
    return replace(space, factors=factors)
