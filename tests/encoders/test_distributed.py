import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from dots import SPACE, draw

from simfactor.encoders import FactorEncoder, train_encoder
from simfactor.encoders.distributed import Team
from simfactor.errors import SimfactorError

SHORT = {"objective": "ae", "network": "conv64", "epochs": 2, "batch_size": 16, "progress": False}
PROCESS = """
import sys, torch
sys.path.insert(0, {tests!r})
from dots import SPACE, draw
from simfactor.encoders import train_encoder
torch.set_num_threads(1)
rows = SPACE.sample(72, 1)
train_encoder(draw(rows), rows, SPACE, {out!r}, **{arguments!r})
"""


def run_two(out: Path) -> None:
    """The same training in two processes, as torchrun would start them."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    code = PROCESS.format(tests=str(Path(__file__).parent), out=str(out), arguments=SHORT)
    place = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", code], env={**os.environ, **place, "RANK": r, "LOCAL_RANK": r}
        )
        for r in ("0", "1")
    ]
    try:
        assert [process.wait(timeout=300) for process in processes] == [0, 0]
    finally:
        for process in processes:
            process.kill()


def test_two_processes_train_like_one(tmp_path):
    rows = SPACE.sample(72, 1)
    alone = train_encoder(draw(rows), rows, SPACE, tmp_path / "one", **SHORT)
    run_two(tmp_path / "two")
    together = FactorEncoder.from_pretrained(tmp_path / "two")
    expected = alone.state_dict()
    for name, weight in together.state_dict().items():
        torch.testing.assert_close(weight, expected[name], atol=2e-5, rtol=1e-3)
    losses = [
        [
            json.loads(line)["training"]["loss"]
            for line in (tmp_path / name / "history.jsonl").read_text().splitlines()
        ]
        for name in ("one", "two")
    ]
    assert losses[1] == pytest.approx(losses[0], rel=1e-5)


def test_shares_are_disjoint_equal_and_whole():
    index = torch.arange(12)
    shares = [Team(rank, 3).share(index) for rank in range(3)]
    assert [len(share) for share in shares] == [4, 4, 4]
    assert torch.equal(torch.cat(shares).sort().values, index)


def test_a_batch_that_cannot_be_shared_equally_is_refused():
    with pytest.raises(SimfactorError, match="batch of 16 images or pairs cannot be shared by 3 processes"):
        Team(0, 3).check_batch(16)
