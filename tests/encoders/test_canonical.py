"""DRAP: the canonical picture from a randomised one leaves nothing but the state in the code."""

import io
import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from dots import SPACE, draw
from tqdm import tqdm

from simfactor.encoders import FactorEncoder, train_encoder
from simfactor.encoders.batches import put_on_device, seeded
from simfactor.encoders.objectives.canonical import drap
from simfactor.encoders.objectives.objective import Step
from simfactor.encoders.objectives.terms import reconstruction
from simfactor.encoders.training import Training
from simfactor.errors import SimfactorError
from simfactor.factors import FactorSpace, canonical_rows

CPU = torch.device("cpu")
QUICK = {"objective": "drap", "network": "conv64", "batch_size": 16, "progress": False}


def canonical(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rows = SPACE.sample(count, seed)
    rows = np.stack([rows, canonical_rows(SPACE, rows)], axis=1)
    return np.stack([draw(rows[:, 0]), draw(rows[:, 1])], axis=1), rows


def model() -> FactorEncoder:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return FactorEncoder(SPACE, 64, "drap", network="conv64")


def training() -> Training:
    encoder = model()
    data = put_on_device(*canonical(60), encoder.layout, SPACE, CPU, pairs="canonical")
    arguments = {"learning_rate": 2e-3, "epochs": 3, "batch_size": 16, "seed": 0, "options": {}}
    more = {"validation_share": 0.2, "label_share": 1.0, "augment": False, "noise": 0.1}
    return Training(encoder, data, {**arguments, **more})


def nuisance_share(encoder: FactorEncoder) -> float:
    """Mean distance of the codes of a state in two worlds, over that of two states in a world."""
    rows = SPACE.sample(200, 9)
    other = SPACE.intervene(rows, ["hue", "shape"], seed=1)
    moved = SPACE.intervene(rows, ["x", "y"], seed=1)
    here, changed, away = (encoder.encode(draw(given)) for given in (rows, other, moved))
    return float(np.linalg.norm(here - changed, axis=1).mean() / np.linalg.norm(here - away, axis=1).mean())


def test_the_code_forgets_what_must_not_matter(tmp_path):
    encoder = train_encoder(
        *canonical(600), SPACE, tmp_path, **QUICK, options={"likelihood": "gaussian"}, epochs=5
    )
    history = [json.loads(line) for line in (tmp_path / "history.jsonl").read_text().splitlines()]
    losses = [record["validation"]["loss"] for record in history]
    assert losses[-1] < 0.85 * losses[0]
    assert nuisance_share(model()) > 0.8
    assert nuisance_share(encoder) < 0.5

    images, _ = canonical(100, 5)
    shown = encoder.decode(encoder.encode(images[:, 0])).astype(float)
    own, others = (
        np.square(shown - seen).mean() for seen in (images[:, 1], np.roll(images[:, 1], 1, axis=0))
    )
    assert own < 0.85 * others


def test_its_latents_have_no_blocks():
    assert model().layout.names == ("residual",)
    assert model().layout.size == FactorEncoder(SPACE, 64, "ae").layout.size


def test_the_canonical_picture_is_the_target_and_is_never_encoded():
    encoder = model()
    data = put_on_device(*canonical(6), encoder.layout, SPACE, CPU, pairs="canonical")
    batch = data.batch(torch.arange(6), seeded(CPU, 0), noise=0.2)
    step = Step(seeded(CPU, 1), 0.5)
    seen, shown = batch.pixels[:6], batch.targets[6:]
    expected = reconstruction(shown, encoder.logits(encoder.posterior(seen).mean), "gaussian")
    torch.testing.assert_close(
        drap(encoder, batch, step, likelihood="gaussian"), {"reconstruction": expected}
    )
    pixels, targets = batch.pixels.clone(), batch.targets.clone()
    pixels[6:], targets[:6] = 0.0, 0.0
    other = batch._replace(pixels=pixels, targets=targets)
    assert drap(encoder, other, step)["reconstruction"] == drap(encoder, batch, step)["reconstruction"]


def test_a_resumed_training_ends_with_the_bits_of_one_that_was_not():
    bar = tqdm(disable=True)
    whole = training()
    for _ in range(3):
        whole.run_epoch(bar)
    first, then = training(), training()
    first.run_epoch(bar)
    stored = io.BytesIO()
    torch.save(first.state(), stored)
    stored.seek(0)
    then.restore(torch.load(stored, weights_only=True))
    for _ in range(2):
        then.run_epoch(bar)
    mine, theirs = then.encoder.state_dict(), whole.encoder.state_dict()
    assert all(torch.equal(mine[key], theirs[key]) for key in theirs)


def test_the_same_arguments_give_the_same_bits_and_are_not_trained_again(tmp_path):
    data = canonical(40)
    one, two = (train_encoder(*data, SPACE, tmp_path / n, **QUICK, epochs=2) for n in ("one", "two"))
    assert all(torch.equal(tensor, two.state_dict()[name]) for name, tensor in one.state_dict().items())
    written = (tmp_path / "one" / "model.safetensors").stat().st_mtime_ns
    train_encoder(*data, SPACE, tmp_path / "one", **QUICK, epochs=2)
    assert (tmp_path / "one" / "model.safetensors").stat().st_mtime_ns == written


def changed(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Pairs that differ in a factor."""
    rows = SPACE.sample(8, 0)
    rows = np.stack([rows, SPACE.intervene(rows, [name], 1)], axis=1)
    return np.stack([draw(rows[:, 0]), draw(rows[:, 1])], axis=1), rows


@pytest.mark.parametrize(
    ("data", "space", "arguments", "message"),
    [
        (changed("hue"), SPACE, {}, r"the second rows of the pairs hold hue at .*data\.canonical_pairs"),
        (changed("x"), SPACE, {}, "x, a factor of the task, is not the same in both rows of pair 0"),
        ((draw(SPACE.sample(8, 0)), SPACE.sample(8, 0)), SPACE, {}, r"pairs, .*data\.canonical_pairs"),
        (canonical(8), SPACE, {"augment": True}, "labels, which this objective does not use"),
        (canonical(8), SPACE, {"label_share": 0.5}, "this objective learns from no labels"),
        (canonical(8), SPACE, {"options": {"beta": 1.0}}, "unknown option .*'beta'; allowed: likelihood"),
        (
            canonical(8),
            FactorSpace({n: replace(f, role="nuisance") for n, f in SPACE.factors.items()}),
            {},
            "no factor of the role 'task' varies",
        ),
    ],
)
def test_what_it_cannot_learn_from_is_refused(tmp_path, data, space, arguments, message):
    with pytest.raises(SimfactorError, match=message):
        train_encoder(*data, space, tmp_path, **QUICK, **arguments)
    assert not any(tmp_path.iterdir())
