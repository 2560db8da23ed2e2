"""Labelled, factor-controlled images on disk: making them, reading them, looking at them."""

from simfactor.data.calibration import (
    Calibration,
    CameraPose,
    Chessboard,
    calibrate,
    locate_camera,
    match_camera,
)
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
from simfactor.data.standard import StandardDataset, aligned, load_standard
from simfactor.data.view import View

__all__ = [
    "Calibration",
    "CameraPose",
    "Chessboard",
    "FactorDataset",
    "GroundTruth",
    "ImageSource",
    "Lattice",
    "Manifest",
    "Pairs",
    "Photographs",
    "StandardDataset",
    "View",
    "aligned",
    "calibrate",
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
    "locate_camera",
    "match_camera",
    "photographs",
    "save_png",
]
