"""Disentanglement metrics: pure functions of ``(codes (n, L), factors (n, K))``, higher is better.

Samples are on axis 0. Codes are the encoder's latent means, factors the rows that made the images.
``kinds`` says what each factor column holds: ``"categorical"`` (whole-number class labels, the default
where it may be left out), ``"continuous"`` or ``"angle"``. NumPy, SciPy and scikit-learn only.
"""

from simfactor.metrics.dci import DCI, completeness, dci, disentanglement
from simfactor.metrics.decodability import Decodability, decodability
from simfactor.metrics.explicitness import Explicitness, explicitness
from simfactor.metrics.infomec import InfoMEC, infomec
from simfactor.metrics.irs import IRS, irs
from simfactor.metrics.mig import mig
from simfactor.metrics.modularity import modularity
from simfactor.metrics.mutual_information import mutual_information_matrix
from simfactor.metrics.sap import SAP, sap

__all__ = [
    "InfoMEC",
    "infomec",
    "DCI",
    "IRS",
    "SAP",
    "Decodability",
    "Explicitness",
    "completeness",
    "dci",
    "decodability",
    "disentanglement",
    "explicitness",
    "irs",
    "mig",
    "modularity",
    "mutual_information_matrix",
    "sap",
]
