"""From a source domain to a target: what differs, told factor by factor, and encoders adapted to it."""

from typing import TYPE_CHECKING

from simfactor.lazy import lazily

if TYPE_CHECKING:
    from simfactor.adaptation.adapt import adapt_encoder
    from simfactor.adaptation.adapted import AdaptedEncoder, Judgement, Status
    from simfactor.adaptation.appearance import Appearance, fit_appearance
    from simfactor.adaptation.calibrate import calibrate_space
    from simfactor.adaptation.calibrated import Calibrated, CalibratedFactor
    from simfactor.adaptation.closed import Change, ClosedGap, Round
    from simfactor.adaptation.gap import domain_gap
    from simfactor.adaptation.jackknife import Estimate
    from simfactor.adaptation.loop import close_gap
    from simfactor.adaptation.pictures import open_pictures
    from simfactor.adaptation.reading import Reading
    from simfactor.adaptation.result import FactorGap, FeatureGap, Gap, NearPair
    from simfactor.adaptation.task_errors import TaskError

__all__ = [
    "AdaptedEncoder",
    "FactorGap",
    "FeatureGap",
    "Gap",
    "Judgement",
    "NearPair",
    "Reading",
    "Status",
    "TaskError",
    "adapt_encoder",
    "domain_gap",
    "Appearance",
    "Calibrated",
    "CalibratedFactor",
    "Change",
    "ClosedGap",
    "Estimate",
    "Round",
    "calibrate_space",
    "close_gap",
    "fit_appearance",
    "open_pictures",
]

__getattr__ = lazily(
    __name__,
    {
        "adapt": ("adapt_encoder",),
        "adapted": ("AdaptedEncoder", "Judgement", "Status"),
        "appearance": ("Appearance", "fit_appearance"),
        "calibrate": ("calibrate_space",),
        "calibrated": ("Calibrated", "CalibratedFactor"),
        "closed": ("Change", "ClosedGap", "Round"),
        "gap": ("domain_gap",),
        "jackknife": ("Estimate",),
        "loop": ("close_gap",),
        "pictures": ("open_pictures",),
        "reading": ("Reading",),
        "result": ("FactorGap", "FeatureGap", "Gap", "NearPair"),
        "task_errors": ("TaskError",),
    },
)
