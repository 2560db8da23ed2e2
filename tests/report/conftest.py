"""A made-up summary, for the tests of the report only: no number here was measured."""

import numpy as np
import pytest

from simfactor.factors import Continuous, FactorSpace
from simfactor.transfer import Domain, Episodes, tabulate

SPACE = FactorSpace({"light": Continuous(0, 1)})
DOMAINS = [
    Domain("clean", SPACE),
    Domain("lighting-ood1", SPACE, level="ood1"),
    Domain("lighting-ood2", SPACE, level="ood2"),
    Domain("texture-ood2", SPACE, level="ood2"),
]
RATES = {
    "latent-swap": (1.0, 1.0, 0.72, 0.97),
    "latent-all": (0.99, 0.96, 0.35, 0.55),
    "state": (1.0, 1.0, 1.0, 1.0),
}


def _episodes(rng, domain, rate, n=50):
    success = rng.random(n) < rate
    returns = np.where(success, -1.5, -8.0) + rng.normal(size=n) * 0.3
    return Episodes(domain, np.arange(n), success, returns, np.full(n, 9), np.zeros((n, 1)))


@pytest.fixture(scope="session")
def summary():
    rng = np.random.default_rng(0)
    results = {
        agent: {
            seed: {d.name: _episodes(rng, d.name, p) for d, p in zip(DOMAINS, rates, strict=True)}
            for seed in (0, 1)
        }
        for agent, rates in RATES.items()
    }
    return {
        "seconds": 417.25,
        "stages": {
            "generate": 61.3,
            "train-encoder": 120.7,
            "score": 14.9,
            "train-agent": 150.1,
            "transfer": 70.2,
        },
        "data": {"images": 6000, "image_size": 64, "space": "tabletop", "renderer": "tiny"},
        "encoder": {
            "objective": "supervised",
            "dci_disentanglement": 0.8123,
            "dci_completeness": 0.7654,
            "dci_informativeness": 0.9345,
            "dci_learner": "gradient boosting",
            "dci_n": 1500,
            "mig": 0.4567,
            "decodability": 0.8765,
            "decodability_by_factor": {"light_azimuth": 0.953, "target_x": 0.991, "table_texture": 0.62},
        },
        "agents": tabulate(DOMAINS, results),
        "provenance": {
            "config": {"seed": 0, "out": "runs/made-up", "world": {"space": "tabletop"}},
            "versions": {"simfactor": "0.1.0", "numpy": "2.4.6"},
            "commit": "0123abc",
            "seeds": {"run": 0, "agents": [0, 1], "episodes": "1000000 to 1000049"},
        },
    }
