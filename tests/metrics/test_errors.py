"""What a user reads who gives a metric the wrong arrays."""

import json
from pathlib import Path

import numpy as np
import pytest

from simfactor.errors import SimfactorError
from simfactor.metrics import (
    beta_vae_score,
    dci,
    decodability,
    disentanglement,
    factor_vae_score,
    irs,
    mcc,
    mig,
    modularity,
    sap,
    udr,
    unsupervised,
)

CODES = np.random.default_rng(0).normal(size=(20, 3))
FACTORS = np.column_stack([np.arange(20) % 2, np.linspace(0, 1, 20)])
KINDS = ("categorical", "continuous")
NAN = CODES.copy()
NAN[4, 2] = np.nan


def _gap(codes=CODES, factors=FACTORS, **options):
    return mig(codes, factors, **{"kinds": KINDS} | options)


def _dci(codes=CODES, factors=FACTORS, **options):
    return dci(CODES, FACTORS, codes, factors, **{"kinds": KINDS, "learner": "random_forest"} | options)


def _read(codes=CODES, factors=FACTORS, **options):
    return decodability(CODES, FACTORS, codes, factors, **{"kinds": KINDS} | options)


def _seldom(metric):
    """Every row a class of its own."""
    return metric(CODES, np.column_stack([FACTORS[:, 0], np.arange(20)]), names=("shape", "scene"))


CASES = {
    "one axis": lambda: _gap(CODES[:, 0]),
    "no samples": lambda: _gap(CODES[:0], FACTORS[:0]),
    "transposed": lambda: _gap(CODES.T),
    "not finite": lambda: _read(NAN),
    "words": lambda: _gap(factors=[["red"]] * 20),
    "not a label": lambda: _gap(kinds=None, names=("shape", "light")),
    "unknown kind": lambda: _gap(kinds=("categorical", "continous")),
    "too few kinds": lambda: _dci(kinds=("angle",)),
    "too many names": lambda: _read(names="ab"),
    "bad period": lambda: _read(kinds=("categorical", "angle"), periods=(None, 0), names=("shape", "yaw")),
    "one bin": lambda: _gap(bins=1),
    "unknown treatment": lambda: _gap(constant="ignore"),
    "constant factor": lambda: _gap(factors=FACTORS * [0, 1]),
    "constant in test": lambda: _read(factors=FACTORS * [0, 1], names=("shape", "light")),
    "a full turn is no change": lambda: _dci(
        factors=FACTORS[:, :1] * [1, 360], kinds=("categorical", "angle")
    ),
    "other encoder": lambda: _dci(CODES[:, :2]),
    "other factors": lambda: _read(factors=FACTORS[:, :1]),
    "unknown DCI learner": lambda: _dci(learner="gbdt"),
    "unknown probe": lambda: _read(learner="ridge"),
    "DCI of one latent": lambda: dci(CODES[:, :1], FACTORS, CODES[:, :1], FACTORS, kinds=KINDS),
    "D of a vector": lambda: disentanglement([0.5, 0.5]),
    "too few blocks": lambda: _read(blocks=[[0]]),
    "empty block": lambda: _read(blocks=[None, []], names=("shape", "light")),
    "block past the latents": lambda: _read(blocks=[[0, 3], None]),
    "SAP of one latent": lambda: sap(CODES[:, :1], FACTORS, CODES[:, :1], FACTORS, kinds=KINDS),
    "modularity of one factor": lambda: modularity(CODES, FACTORS[:, :1], bins=10),
    "FactorVAE score of one factor": lambda: factor_vae_score(CODES, FACTORS[:, :1]),
    "BetaVAE score of one factor": lambda: beta_vae_score(CODES, FACTORS[:, :1]),
    "fewer samples than bins": lambda: modularity(CODES, FACTORS, kinds=KINDS, bins=21),
    "fewer samples than factor bins": lambda: irs(CODES, FACTORS, kinds=KINDS, factor_bins=50),
    "one factor bin": lambda: irs(CODES, FACTORS, kinds=KINDS, factor_bins=1),
    "a class of its own for every sample": lambda: _seldom(irs),
    "a variance of one sample": lambda: factor_vae_score(CODES, FACTORS, kinds=KINDS, batch=1),
    "a point of no pair": lambda: beta_vae_score(CODES, FACTORS, kinds=KINDS, batch=0),
    "unknown correlation": lambda: mcc(CODES, FACTORS, kinds=KINDS, correlation="spearmann"),
    "no more samples than latents": lambda: unsupervised(CODES[:3]),
    "not a list of trainings": lambda: udr(CODES),
    "one training": lambda: udr([CODES]),
    "trainings on other images": lambda: udr([CODES, CODES[1:]]),
    "a training not finite": lambda: udr([CODES, NAN]),
    "activity of other latents": lambda: udr([CODES, CODES], activity=[[1, 1, 1], [1, 1]]),
    "activity not finite": lambda: udr([CODES, CODES], activity=[[1, 1, 1], [1, np.nan, 1]]),
    "unknown similarity": lambda: udr([CODES, CODES], similarity="laso"),
}
MESSAGES = json.loads((Path(__file__).parent / "data" / "error_messages.json").read_text())


def test_every_case_has_its_message():
    assert CASES.keys() == MESSAGES.keys()


@pytest.mark.parametrize("case", CASES)
def test_message(case):
    with pytest.raises(SimfactorError) as caught:
        CASES[case]()
    assert str(caught.value) == MESSAGES[case]
