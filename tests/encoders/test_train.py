import itertools
import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from dots import SPACE, draw

from simfactor.encoders import FactorEncoder, train_encoder
from simfactor.errors import SimfactorError

SMALL = {"epochs": 3, "batch_size": 16, "progress": False}
UNTIL_KILLED = """
import sys, torch, numpy as np
sys.path.insert(0, {tests!r})
from dots import SPACE, draw
from simfactor.encoders import train_encoder
torch.set_num_threads(1)
rows = SPACE.sample(80, 1)
train_encoder(draw(rows), rows, SPACE, {out!r}, epochs=8, batch_size=16, progress=False)
"""


@pytest.fixture(scope="module")
def few() -> tuple[np.ndarray, np.ndarray]:
    rows = SPACE.sample(80, 1)
    return draw(rows), rows


def weights(encoder: FactorEncoder) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in encoder.state_dict().items()}


def same(a: FactorEncoder, b: FactorEncoder) -> bool:
    mine, theirs = weights(a), weights(b)
    return mine.keys() == theirs.keys() and all(torch.equal(mine[name], theirs[name]) for name in mine)


def test_supervision_separates_the_factors(trained):
    rows = SPACE.sample(200, seed=99)
    estimates = trained.predict(draw(rows))
    for name in ("x", "y"):
        column = SPACE.index(name)
        error = np.mean((estimates[:, column] - rows[:, column]) ** 2) / np.var(rows[:, column])
        assert error < 0.05, name
    turn = np.abs((estimates[:, 2] - rows[:, 2] + 180) % 360 - 180)
    assert np.median(turn) < 15


def test_beta_vae_learns_pictures_without_labels(images, rows, tmp_path):
    options = {"beta": 1.0, "likelihood": "gaussian"}
    encoder = train_encoder(
        images[:400],
        rows[:400],
        SPACE,
        tmp_path,
        objective="beta_vae",
        options=options,
        epochs=3,
        progress=False,
    )
    history = [json.loads(line) for line in (tmp_path / "history.jsonl").read_text().splitlines()]
    losses = [record["validation"]["loss"] for record in history]
    assert losses[-1] < 0.9 * losses[0]
    assert encoder.layout.names == ("residual",)


def test_the_same_seed_gives_the_same_bits_and_leaves_the_global_generator_alone(few, tmp_path):
    before = torch.random.get_rng_state()
    first = train_encoder(*few, SPACE, tmp_path / "a", **SMALL)
    assert torch.equal(torch.random.get_rng_state(), before)
    torch.rand(3)
    assert same(first, train_encoder(*few, SPACE, tmp_path / "b", **SMALL))
    assert not same(first, train_encoder(*few, SPACE, tmp_path / "c", **SMALL, seed=1))


def test_a_killed_training_ends_with_the_bits_of_one_that_was_not(few, tmp_path):
    whole = train_encoder(*few, SPACE, tmp_path / "whole", epochs=8, batch_size=16, progress=False)
    out = tmp_path / "killed"
    code = UNTIL_KILLED.format(tests=str(Path(__file__).parent), out=str(out))
    process = subprocess.Popen([sys.executable, "-c", code])
    try:
        deadline = time.monotonic() + 120
        while not (out / "history.jsonl").exists() and process.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.01)
    finally:
        process.kill()
        process.wait()
    assert (out / "checkpoint.pt").exists()
    assert not (out / "done.json").exists()
    resumed = train_encoder(*few, SPACE, out, epochs=8, batch_size=16, progress=False)
    assert same(resumed, whole)
    assert [json.loads(line)["epoch"] for line in (out / "history.jsonl").read_text().splitlines()] == list(
        range(1, 9)
    )
    assert not (out / "checkpoint.pt").exists()


def test_a_finished_training_is_loaded_and_another_is_refused(few, tmp_path):
    images, rows = few
    first = train_encoder(images, rows, SPACE, tmp_path, **SMALL)
    written = (tmp_path / "model.safetensors").stat().st_mtime_ns
    assert same(first, train_encoder(images, rows, SPACE, tmp_path, **SMALL))
    assert (tmp_path / "model.safetensors").stat().st_mtime_ns == written
    with pytest.raises(SimfactorError, match=r"seed was 0, now 1\. Give another `out` folder"):
        train_encoder(images, rows, SPACE, tmp_path, **SMALL, seed=1)
    other = images.copy()
    other[0, 0, 0] += 1
    with pytest.raises(SimfactorError, match="other arguments: data was"):
        train_encoder(other, rows, SPACE, tmp_path, **SMALL)


def test_what_is_kept_is_the_best_epoch(few, tmp_path):
    images, rows = few
    encoder = train_encoder(images, rows, SPACE, tmp_path, **SMALL)
    history = [
        json.loads(line)["validation"] for line in (tmp_path / "history.jsonl").read_text().splitlines()
    ]
    anchors = [sum(v for name, v in record.items() if name.startswith("anchor/")) for record in history]
    assert [record["loss"] for record in history] == pytest.approx(
        [sum(v for name, v in record.items() if name != "loss") for record in history]
    )
    assert same(encoder, FactorEncoder.from_pretrained(tmp_path))
    assert min(anchors) < anchors[0]


def test_memory_maps_and_tensors_train_like_arrays(few, tmp_path):
    images, rows = few
    np.save(tmp_path / "images.npy", images)
    mapped = np.load(tmp_path / "images.npy", mmap_mode="r")
    quick = {"epochs": 1, "progress": False}
    expected = train_encoder(images, rows, SPACE, tmp_path / "array", **quick)
    assert same(train_encoder(mapped, rows, SPACE, tmp_path / "map", **quick), expected)
    assert same(train_encoder(torch.from_numpy(images), rows, SPACE, tmp_path / "tensor", **quick), expected)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"objective": "gan"}, "unknown objective 'gan'"),
        ({"options": {"gamma": 1}}, "unknown option of the objective 'gamma'"),
        ({"epochs": 0}, "epochs=0 must be above 0"),
        ({"validation_share": 0.0}, "leaves 0 for validation"),
        ({"device": "abacus"}, "device 'abacus' cannot be used"),
        ({"learning_rate": 1e12}, "train with a learning_rate below"),
    ],
)
def test_arguments_that_cannot_be_are_refused(few, tmp_path, arguments, message):
    with pytest.raises(SimfactorError, match=message):
        train_encoder(*few, SPACE, tmp_path, **{"progress": False, "epochs": 2, **arguments})


def test_data_that_do_not_fit_are_refused(few, tmp_path):
    images, rows = few
    with pytest.raises(SimfactorError, match="80 images but 79 rows"):
        train_encoder(images, rows[:-1], SPACE, tmp_path)
    with pytest.raises(SimfactorError, match="no network for 40 x 40"):
        train_encoder(images[:, :40, :40], rows, SPACE, tmp_path)
    with pytest.raises(SimfactorError, match="outside"):
        train_encoder(images, rows + 100, SPACE, tmp_path)
    (tmp_path / "checkpoint.pt").write_bytes(b"not a checkpoint")
    with pytest.raises(SimfactorError, match="delete it to start again"):
        train_encoder(images, rows, SPACE, tmp_path)


@pytest.mark.parametrize("objective", ["supervised", "semi_supervised"])
def test_each_image_teaches_what_is_known_of_it(few, tmp_path, objective):
    images, rows = few
    one, all_ = rows.copy(), rows.copy()
    one[::2, 1], all_[::2] = np.nan, np.nan
    trained = [
        train_encoder(images, given, SPACE, tmp_path / str(k), objective=objective, **SMALL)
        for k, given in enumerate((one, all_, rows))
    ]
    assert not any(same(a, b) for a, b in itertools.combinations(trained, 2))


def test_a_factor_that_no_image_has_a_label_of(few, tmp_path):
    images, rows = few[0], few[1].copy()
    rows[:, 2] = np.nan
    with pytest.raises(SimfactorError, match="no training image has a label of hue; leave out the factors"):
        train_encoder(images, rows, SPACE, tmp_path / "labels", **SMALL)
    train_encoder(images, rows, SPACE, tmp_path / "none", objective="vae", **SMALL)
    columns = [0, 1, 3]
    train_encoder(images, rows[:, columns], SPACE.select(["x", "y", "shape"]), tmp_path / "part", **SMALL)
    pairs = np.stack([images[:40], images[40:]], 1), np.stack([rows[:40], rows[40:]], 1)
    with pytest.raises(SimfactorError, match=r"hue in row 0 is not known \(nan\)"):
        train_encoder(*pairs, SPACE, tmp_path / "pairs", objective="ada_gvae", **SMALL)
