"""Labelled, factor-controlled images on disk: making them, reading them, looking at them."""

from simfactor.data.dataset import FactorDataset
from simfactor.data.export import export
from simfactor.data.generate import generate, generate_lattice
from simfactor.data.ground_truth import GroundTruth, ground_truth_data
from simfactor.data.lattice import Lattice
from simfactor.data.manifest import Manifest
from simfactor.data.pairs import Pairs, canonical_pairs, change_some, intervention_pairs
from simfactor.data.photographs import Photographs, photographs
from simfactor.data.sheet import contact_sheet, factor_sheet, save_png
from simfactor.data.source import ImageSource
from simfactor.data.standard import StandardDataset, load_standard

__all__ = [
    "FactorDataset",
    "GroundTruth",
    "ImageSource",
    "Lattice",
    "Manifest",
    "Pairs",
    "Photographs",
    "StandardDataset",
    "canonical_pairs",
    "change_some",
    "contact_sheet",
    "export",
    "factor_sheet",
    "generate",
    "generate_lattice",
    "ground_truth_data",
    "intervention_pairs",
    "load_standard",
    "photographs",
    "save_png",
]
