"""Make the folder's helpers importable, and one encoder of the world of halves for many tests."""

import sys
from pathlib import Path

import pytest
import torch

sys.path.insert(0, str(Path(__file__).parent))

from halves import SPACE, draw

from simfactor.encoders import FactorEncoder, train_encoder


@pytest.fixture(scope="session")
def halves_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("halves")
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    rows = SPACE.sample(256, seed=0)
    train_encoder(
        draw(rows),
        rows,
        SPACE,
        folder,
        epochs=14,
        batch_size=16,
        learning_rate=4e-3,
        network="conv64",
        residual=1,
        augment=False,
        progress=False,
    )
    torch.set_num_threads(before)
    return folder


@pytest.fixture(scope="session")
def halves(halves_folder: Path) -> FactorEncoder:
    return FactorEncoder.from_pretrained(halves_folder)
