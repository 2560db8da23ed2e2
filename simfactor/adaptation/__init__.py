"""From a source domain to a target: what differs between two sets of images, told factor by factor."""

from typing import TYPE_CHECKING

from simfactor.lazy import lazily

if TYPE_CHECKING:
    from simfactor.adaptation.appearance import Appearance, fit_appearance
    from simfactor.adaptation.calibrate import calibrate_space
    from simfactor.adaptation.calibrated import Calibrated, CalibratedFactor
    from simfactor.adaptation.gap import domain_gap
    from simfactor.adaptation.pictures import open_pictures
    from simfactor.adaptation.reading import Reading
    from simfactor.adaptation.result import FactorGap, FeatureGap, Gap, NearPair

__all__ = [
    "Appearance",
    "Calibrated",
    "CalibratedFactor",
    "FactorGap",
    "FeatureGap",
    "Gap",
    "NearPair",
    "Reading",
    "calibrate_space",
    "domain_gap",
    "fit_appearance",
    "open_pictures",
]

__getattr__ = lazily(
    __name__,
    {
        "appearance": ("Appearance", "fit_appearance"),
        "calibrate": ("calibrate_space",),
        "calibrated": ("Calibrated", "CalibratedFactor"),
        "gap": ("domain_gap",),
        "pictures": ("open_pictures",),
        "reading": ("Reading",),
        "result": ("FactorGap", "FeatureGap", "Gap", "NearPair"),
    },
)
