"""Make the folder's helpers importable, one torch thread, and one trained encoder for many tests."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch

sys.path.insert(0, str(Path(__file__).parent))

from dots import SPACE, draw

from simfactor.encoders import FactorEncoder, train_encoder

IMAGES = 900


@pytest.fixture(autouse=True, scope="session")
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def rows() -> np.ndarray:
    return SPACE.sample(IMAGES, seed=0)


@pytest.fixture(scope="session")
def images(rows) -> np.ndarray:
    return draw(rows)


@pytest.fixture(scope="session")
def trained(images, rows, tmp_path_factory, _one_thread) -> FactorEncoder:
    return train_encoder(
        images,
        rows,
        SPACE,
        tmp_path_factory.mktemp("trained"),
        epochs=8,
        learning_rate=3e-3,
        batch_size=32,
        augment=False,
        residual=2,
        progress=False,
    )
