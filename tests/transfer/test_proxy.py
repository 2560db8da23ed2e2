"""The proxy probe, with an encoder that was trained for a moment, and the rank correlation."""

import numpy as np
import pytest

from simfactor.encoders import train_encoder
from simfactor.errors import SimfactorError
from simfactor.factors import load_space
from simfactor.render import Studio
from simfactor.transfer import Domain, probe_domains, rank_correlation

STILL = {"camera_azimuth": 0, "camera_elevation": 30, "camera_distance": 1.15, "camera_fov": 42}
VARYING = ("target_x", "target_y", "light_intensity")
SPACE = load_space("arm").restrict({**STILL, "light_intensity": [1.2, 1.4]}).select((*STILL, *VARYING))
DARK = load_space("arm").restrict({**STILL, "light_intensity": [0.7, 0.8]}).select((*STILL, *VARYING))


@pytest.fixture(scope="module")
def encoder(tmp_path_factory):
    rows = SPACE.sample(400, seed=5)
    with Studio(SPACE.scene) as studio:
        images = studio.images(SPACE, rows).rgb
    columns = [SPACE.index(name) for name in SPACE.varying.names]
    folder = tmp_path_factory.mktemp("encoder")
    return train_encoder(
        images, rows[:, columns], SPACE.varying, folder, epochs=12, learning_rate=3e-3, progress=False
    )


def test_the_probe_reads_the_task_and_sees_what_a_shift_costs(encoder):
    domains = [Domain("clean", SPACE), Domain("dark", DARK, level="ood2")]
    scores = probe_domains(encoder, domains, count=300)
    assert list(scores) == ["clean", "dark"]
    assert 0.5 < scores["clean"] <= 1
    assert scores["dark"] < scores["clean"]
    assert probe_domains(encoder, domains, count=300) == scores


def test_what_cannot_be_probed_is_refused(encoder):
    with pytest.raises(SimfactorError, match="count=10 images; give the clean one first, and 30"):
        probe_domains(encoder, [Domain("clean", SPACE)], count=10)
    with pytest.raises(SimfactorError, match="no factor of role 'task' varies"):
        probe_domains(encoder, [Domain("clean", SPACE.select(["light_intensity"]))])


def test_rank_correlation_of_known_orders():
    x = np.arange(12.0)
    assert rank_correlation(x, x**3)[:3] == pytest.approx((1.0, 1.0, 1.0))
    assert rank_correlation(x, -x).rho == pytest.approx(-1.0)
    noise = rank_correlation(x, np.random.default_rng(0).normal(size=12))
    assert noise.low < 0 < noise.high
    assert noise.n == 12


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        ([1, 2], [1, 2], "n of 3 or more"),
        ([1, 2, 3], [1, 2], r"shapes \[\(3,\), \(2,\)\]"),
        ([1, 2, 3], [1, 1, 1], "can be ranked"),
        ([1, 2, np.nan], [1, 2, 3], "can be ranked"),
    ],
)
def test_what_cannot_be_ranked_is_refused(x, y, message):
    with pytest.raises(SimfactorError, match=message):
        rank_correlation(x, y)
