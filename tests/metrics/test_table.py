import numpy as np
import pytest

from simfactor.errors import SimfactorError
from simfactor.metrics import dci, format_scores, infomec, mig, score_table
from simfactor.metrics._entries import ENTRIES

KINDS = ("categorical", "continuous", "angle")
NAMES = ("shape", "size", "yaw")
BLOCKS, ROLES = ([0], [1], [2, 3]), ("task", "task", "nuisance")
QUICK = ("mig", "decodability", "mcc", "unsupervised")


def _world(n, seed):
    """Codes of a good but noisy encoder and rows, both halves of n samples, and pairs of one change each."""
    rng = np.random.default_rng(seed)

    def sample(count):
        return np.column_stack(
            [rng.integers(0, 3, count), rng.uniform(-1, 1, count), rng.uniform(0, 360, count)]
        )

    def encode(rows):
        radians = np.radians(rows[:, 2])
        z = np.column_stack([rows[:, 0], rows[:, 1], np.cos(radians), np.sin(radians)])
        return z + 0.2 * rng.normal(size=z.shape)

    rows = sample(n)
    codes = encode(rows)
    before = sample(60)
    changed = np.eye(3)[np.arange(60) % 3]
    after = np.where(changed, sample(60), before)
    half = n // 2
    parts = (codes[:half], rows[:half], codes[half:], rows[half:])
    return parts, (encode(before), encode(after), changed)


@pytest.fixture(scope="module")
def world():
    return _world(300, 0)


@pytest.fixture(scope="module")
def everything(world):
    parts, pairs = world
    return score_table(
        *parts, kinds=KINDS, names=NAMES, blocks=BLOCKS, roles=ROLES, pairs=pairs, resamples=2, shuffles=1
    )


def test_every_metric_gives_rows(everything):
    assert everything.results.keys() == ENTRIES.keys()
    assert everything.left_out == {}
    names = [row.name for row in everything.rows]
    assert len(set(names)) == len(names)
    for row in everything.rows:
        assert None not in (row.low, row.high), row.name
        assert row.low <= row.value <= row.high, row.name
        assert row.how, row.name
        assert row.n == (60 if row.name.startswith("interventional") else 150), row.name


def test_values_are_those_of_the_metrics(everything, world):
    (z, v, z_test, v_test), _ = world
    values = {row.name: row.value for row in everything.rows}
    assert values["mig"] == mig(z, v, kinds=KINDS)
    assert values["infom"] == infomec(z, v, kinds=KINDS).modularity
    forest = dci(z, v, z_test, v_test, kinds=KINDS, learner="random_forest")
    assert values["dci_completeness"] == forest.completeness
    np.testing.assert_array_equal(everything.results["dci"].importance, forest.importance)


def test_good_codes_stand_out_from_shuffled_factors(everything):
    for row in everything.rows:
        if row.name in ("total_correlation", "wasserstein_correlation"):
            assert row.null is None
        elif row.lower_is_better:
            assert abs(row.value) < 0.15, row.name
        elif row.name != "infoc":
            # 150 samples are too few for it: noise that is clipped at 0 looks concentrated.
            assert row.value > row.null + 0.1, row.name


def test_text_is_aligned_and_says_how(everything):
    lines = format_scores(everything).splitlines()
    place = lines[0].index("estimator")
    rows = lines[1 : 1 + len(everything.rows)]
    assert [row[place:] for row in rows] == [row.how for row in everything.rows]
    assert (
        "leakage_into_task (lower is better)"
        in lines[0 + 1 + [r.name for r in everything.rows].index("leakage_into_task")]
    )
    assert lines[-1].startswith("seed 0; interval: 95 %, from the spread over 2 random halves")


def test_same_seed_same_table_and_another_seed_other_halves(world):
    parts, _ = world
    a, b, c = (score_table(*parts, kinds=KINDS, scores=QUICK, resamples=3, seed=seed) for seed in (1, 1, 2))
    assert a.rows == b.rows
    assert [row.value for row in a.rows] == [row.value for row in c.rows]
    assert [row.low for row in a.rows] != [row.low for row in c.rows]


def test_intervals_cover_what_other_samples_give():
    """About 95 % of 40 fresh samples of the same world give an interval around the mean over all of them."""
    tables = [
        score_table(*_world(200, seed)[0], kinds=KINDS, scores=("mcc", "mig"), resamples=6, shuffles=0)
        for seed in range(40)
    ]
    for place in range(2):
        rows = [table.rows[place] for table in tables]
        truth = np.mean([row.value for row in rows])
        covered = np.mean([row.low <= truth <= row.high for row in rows])
        assert covered >= 0.8, rows[0].name


def test_what_does_not_apply_is_left_out_with_its_reason(world):
    (z, v, z_test, v_test), _ = world
    table = score_table(z[:, :1], v, z_test[:, :1], v_test, kinds=KINDS, resamples=0, shuffles=0)
    assert "at least 2 latents" in table.left_out["dci"]
    assert "sap" in table.left_out
    assert not {"leakage", "interventional", "own_block_decodability"} & table.results.keys()
    assert all(row.low is row.high is row.null is None for row in table.rows)
    assert "left out: dci: DCI compares at least 2 latents" in format_scores(table)
    assert "interval: none; shuffled: none." in format_scores(table)


def test_a_collapsed_encoder_gets_a_table():
    parts, _ = _world(200, 1)
    z, v, z_test, v_test = parts
    table = score_table(0 * z, v, 0 * z_test, v_test, kinds=KINDS, resamples=2, shuffles=1)
    assert table.left_out == {}
    assert np.isfinite([row.value for row in table.rows]).all()
    values = {row.name: row.value for row in table.rows}
    assert values["mig"] == values["infom"] == values["dci_disentanglement"] == values["mcc"] == 0


def test_infinite_values_are_left_out(world):
    (z, v, z_test, v_test), _ = world
    z, z_test = np.hstack([z, z]), np.hstack([z_test, z_test])
    table = score_table(z, v, z_test, v_test, kinds=KINDS, scores=("unsupervised",), resamples=2)
    assert table.left_out == {"total_correlation": "not finite"}
    assert [row.name for row in table.rows] == ["wasserstein_correlation"]


def test_progress_counts_passes_and_more_processes_change_nothing(world):
    seen = []
    alone, shared = (
        score_table(
            *world[0],
            kinds=KINDS,
            scores=QUICK,
            resamples=2,
            shuffles=1,
            jobs=jobs,
            progress=lambda done, total: seen.append((done, total)),
        )
        for jobs in (1, 2)
    )
    assert seen == 2 * [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert alone.rows == shared.rows


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"scores": ("mgi",)}, "unknown score 'mgi'"),
        ({"resamples": 1}, "a spread takes at least 2 resamples"),
        ({"shuffles": -1}, "shuffles -1"),
        ({"kinds": ("categorical",)}, "kinds is a tuple of length 1"),
    ],
)
def test_bad_input_is_refused(world, options, message):
    with pytest.raises(SimfactorError, match=message):
        score_table(*world[0], **{"kinds": KINDS} | options)
