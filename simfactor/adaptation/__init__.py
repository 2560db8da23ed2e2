"""From a source domain to a target: what differs between two sets of images, told factor by factor."""

from typing import TYPE_CHECKING

from simfactor.lazy import lazily

if TYPE_CHECKING:
    from simfactor.adaptation.gap import domain_gap
    from simfactor.adaptation.pictures import open_pictures
    from simfactor.adaptation.reading import Reading
    from simfactor.adaptation.result import FactorGap, FeatureGap, Gap, NearPair

__all__ = ["FactorGap", "FeatureGap", "Gap", "NearPair", "Reading", "domain_gap", "open_pictures"]

__getattr__ = lazily(
    __name__,
    {
        "gap": ("domain_gap",),
        "pictures": ("open_pictures",),
        "reading": ("Reading",),
        "result": ("FactorGap", "FeatureGap", "Gap", "NearPair"),
    },
)
