"""Disentanglement metrics: pure functions of ``(codes (n, L), factors (n, K))``, higher is better.

Samples are on axis 0. Codes are the encoder's latent means, factors the rows that made the images.
``kinds`` says what each factor column holds: ``"categorical"`` (whole-number class labels, the default
where it may be left out), ``"continuous"`` or ``"angle"``. NumPy, SciPy and scikit-learn only.
``unsupervised`` and ``udr`` take codes alone; of the first, lower is more independent.
"""

from simfactor.metrics.beta_vae import BetaVAEScore, beta_vae_score
from simfactor.metrics.dci import DCI, completeness, dci, disentanglement
from simfactor.metrics.dci_es import DCIES, dci_es
from simfactor.metrics.decodability import Decodability, decodability
from simfactor.metrics.editing import EditScore, block_changes, edit_score
from simfactor.metrics.explicitness import Explicitness, explicitness
from simfactor.metrics.factor_vae import FactorVAEScore, factor_vae_score
from simfactor.metrics.fairness import Fairness, fairness
from simfactor.metrics.infomec import InfoMEC, infomec
from simfactor.metrics.interventional import Interventional, interventional
from simfactor.metrics.irs import IRS, irs
from simfactor.metrics.leakage import Leakage, leakage
from simfactor.metrics.mcc import MCC, mcc
from simfactor.metrics.mig import mig
from simfactor.metrics.modularity import modularity
from simfactor.metrics.mutual_information import mutual_information_matrix
from simfactor.metrics.sap import SAP, sap
from simfactor.metrics.table import ScoreRow, ScoreTable, format_scores, score_table
from simfactor.metrics.udr import UDR, udr
from simfactor.metrics.unsupervised import Unsupervised, unsupervised

__all__ = [
    "DCI",
    "DCIES",
    "IRS",
    "MCC",
    "SAP",
    "UDR",
    "BetaVAEScore",
    "Decodability",
    "EditScore",
    "Explicitness",
    "FactorVAEScore",
    "Fairness",
    "InfoMEC",
    "Interventional",
    "Leakage",
    "ScoreRow",
    "ScoreTable",
    "Unsupervised",
    "beta_vae_score",
    "block_changes",
    "completeness",
    "dci",
    "dci_es",
    "decodability",
    "disentanglement",
    "edit_score",
    "explicitness",
    "factor_vae_score",
    "fairness",
    "format_scores",
    "infomec",
    "interventional",
    "irs",
    "leakage",
    "mcc",
    "mig",
    "modularity",
    "mutual_information_matrix",
    "sap",
    "score_table",
    "udr",
    "unsupervised",
]
