import json
import sys

import pytest
from dots import SPACE, draw
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from simfactor.encoders import train_encoder
from simfactor.errors import SimfactorError

ROWS = SPACE.sample(60, 1)
SHORT = {"objective": "beta_vae", "network": "conv64", "batch_size": 16, "progress": False}


def points(folder) -> dict[str, list[tuple[int, float]]]:
    events = EventAccumulator(str(folder)).Reload()
    return {name: [(e.step, e.value) for e in events.Scalars(name)] for name in events.Tags()["scalars"]}


def test_every_number_of_the_history_is_a_curve_that_a_resumed_training_continues(tmp_path, monkeypatch):
    from simfactor.encoders import train

    def until_the_second(folder, state, arguments):
        if state["epoch"] == 2:
            raise KeyboardInterrupt
        save(folder, state, arguments)

    save = train.save_checkpoint
    monkeypatch.setattr(train, "save_checkpoint", until_the_second)
    with pytest.raises(KeyboardInterrupt):
        train_encoder(draw(ROWS), ROWS, SPACE, tmp_path, **SHORT, epochs=3, tensorboard=True)
    monkeypatch.undo()
    train_encoder(draw(ROWS), ROWS, SPACE, tmp_path, **SHORT, epochs=3, tensorboard=True)
    found = points(tmp_path / "tensorboard")
    history = [json.loads(line) for line in (tmp_path / "history.jsonl").read_text().splitlines()]
    assert found.keys() == {
        "images_per_second",
        "learning_rate",
        *(
            f"{part}/{name}"
            for part in ("training", "validation")
            for name in ("loss", "reconstruction", "kl")
        ),
    }
    for part in ("training", "validation"):
        for name, curve in ((key, found[f"{part}/{key}"]) for key in ("loss", "kl")):
            expected = [(record["epoch"], pytest.approx(record[part][name], rel=1e-5)) for record in history]
            assert curve == expected
    assert [step for step, _ in found["learning_rate"]] == [1, 2, 3]


def test_the_extra_is_named_where_it_is_missing(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(SimfactorError, match=r"pip install 'simfactor\[tensorboard\]'"):
        train_encoder(draw(ROWS), ROWS, SPACE, tmp_path, **SHORT, epochs=1, tensorboard=True)
