"""Labelled, factor-controlled images on disk: making them, reading them, looking at them."""

from simfactor.data.dataset import FactorDataset
from simfactor.data.generate import generate
from simfactor.data.manifest import Manifest
from simfactor.data.pairs import Pairs, change_some, intervention_pairs
from simfactor.data.sheet import contact_sheet, factor_sheet, save_png

__all__ = [
    "FactorDataset",
    "Manifest",
    "Pairs",
    "change_some",
    "contact_sheet",
    "factor_sheet",
    "generate",
    "intervention_pairs",
    "save_png",
]
