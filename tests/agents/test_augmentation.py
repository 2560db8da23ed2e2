import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simfactor.agents import (
    Augmentation,
    drop,
    mix,
    noise,
    observed_layout,
    resample,
    resolve_augmentations,
    swap,
)
from simfactor.encoders.layout import Block, LatentLayout
from simfactor.errors import SimfactorError

LAYOUT = LatentLayout(
    (
        Block("target_x", 1, "pose", "task"),
        Block("light_azimuth", 2, "lighting", "nuisance"),
        Block("light_intensity", 1, "lighting", "nuisance"),
        Block("table_texture", 1, "texture", "nuisance"),
        Block("residual", 2),
    )
)
BANK = 100 + np.arange(40 * LAYOUT.size, dtype=np.float32).reshape(40, LAYOUT.size)
ALL = ["swap", "resample", "mix", "noise", "drop"]
KINDS = st.sampled_from(ALL)
NAMES = st.sampled_from(["lighting", "nuisance", "light_azimuth", "table_texture", "residual"])


def numbered(n: int, *between: int) -> np.ndarray:
    """A batch in which every number is different."""
    shape = (n, *between, LAYOUT.size)
    return np.arange(np.prod(shape), dtype=np.float32).reshape(shape)


@given(n=st.integers(1, 40), seed=st.integers(0, 2**32), name=NAMES, kind=KINDS, strength=st.floats(0.1, 0.9))
@settings(max_examples=100, deadline=None)
def test_factors_not_named_stay_bit_for_bit(n: int, seed: int, name: str, kind: str, strength: float) -> None:
    batch = numbered(n, 2)
    augment = resolve_augmentations([Augmentation((name,), kind, strength)], LAYOUT, BANK)
    changed = augment(batch, np.random.default_rng(seed))
    others = np.setdiff1d(np.arange(LAYOUT.size), LAYOUT.dims(name))
    np.testing.assert_array_equal(changed[..., others], batch[..., others])
    np.testing.assert_array_equal(batch, numbered(n, 2))  # the input is not written to


def test_swap_moves_whole_blocks_and_both_observations_of_a_transition_together() -> None:
    batch, dims = numbered(50, 2), LAYOUT.dims("light_azimuth")
    changed = swap(batch, dims, np.random.default_rng(0))
    source = [int(np.flatnonzero(batch[:, 0, dims[0]] == row[0, dims[0]])[0]) for row in changed]
    assert sorted(source) == list(range(50))
    assert source != list(range(50))
    np.testing.assert_array_equal(changed[..., dims], batch[source][..., dims])


def test_blocks_are_swapped_independently() -> None:
    augment = resolve_augmentations([Augmentation(("nuisance",))], LAYOUT)
    batch = numbered(50)
    changed = augment(batch, np.random.default_rng(0))
    origins = {name: tuple(np.argsort(changed[:, LAYOUT.dims(name)[0]])) for name in LAYOUT.roles["nuisance"]}
    assert len(origins) == len(set(origins.values())) == 3


def test_resample_takes_a_whole_block_of_one_row_of_the_bank_for_a_sample() -> None:
    dims = LAYOUT.dims("light_azimuth")
    changed = resample(numbered(200, 2), dims, BANK, np.random.default_rng(0))
    drawn = {tuple(row) for row in changed[:, 0, dims]}
    assert drawn <= {tuple(row) for row in BANK[:, dims]}
    assert len(drawn) > 30
    np.testing.assert_array_equal(changed[:, 0, dims], changed[:, 1, dims])


def test_mix_stays_between_a_sample_and_the_bank() -> None:
    batch, dims = numbered(300, 2), LAYOUT.dims("light_azimuth")
    full = mix(batch, dims, BANK, np.random.default_rng(0))
    half = mix(batch, dims, BANK, np.random.default_rng(0), strength=0.5)
    # one draw decides: the same rows of the bank, half as far
    np.testing.assert_allclose((full - batch)[..., dims], 2 * (half - batch)[..., dims], rtol=1e-3, atol=1e-2)
    low, high = np.minimum(batch, BANK.min()), np.maximum(batch, BANK.max())
    assert ((full >= low - 1e-3) & (full <= high + 1e-3)).all()


def test_noise_is_as_wide_as_the_block_varies_and_alike_for_both_observations() -> None:
    dims = LAYOUT.dims("light_azimuth")
    batch = np.zeros((4000, 2, LAYOUT.size), np.float32)
    changed = noise(batch, dims, BANK, np.random.default_rng(0), strength=0.3)
    np.testing.assert_array_equal(changed[:, 0], changed[:, 1])
    np.testing.assert_allclose(changed[:, 0, dims].std(axis=0), 0.3 * BANK[:, dims].std(axis=0), rtol=0.05)


def test_drop_tells_nothing() -> None:
    dims = LAYOUT.dims("residual")
    assert (drop(numbered(20, 2), dims, np.random.default_rng(0))[..., dims] == 0).all()


@pytest.mark.parametrize("change", [swap, resample, drop])
def test_a_strength_below_one_changes_that_share_of_the_samples(change) -> None:
    batch, dims = 1 + numbered(2000, 2), LAYOUT.dims("light_azimuth")
    bank = (-1 - BANK,) if change is resample else ()
    changed = change(batch, dims, *bank, np.random.default_rng(0), strength=0.25)
    moved = (changed != batch).any(axis=(1, 2))
    assert 0.21 < moved.mean() < 0.29
    both = (changed != batch)[..., dims].any(axis=-1)
    np.testing.assert_array_equal(both[:, 0], both[:, 1])


def test_strength_rises_with_the_training() -> None:
    rising = Augmentation(("lighting",), "noise", strength=0.8, rise=0.5)
    assert [rising.strength_at(p) for p in (0.0, 0.25, 0.5, 1.0)] == pytest.approx([0.0, 0.4, 0.8, 0.8])
    assert Augmentation(("lighting",)).strength_at(0.0) == 1.0
    augment = resolve_augmentations([rising], LAYOUT, BANK)
    batch = numbered(50, 2)
    np.testing.assert_array_equal(augment(batch, np.random.default_rng(0), 0.0), batch)
    early, late = (augment(batch, np.random.default_rng(0), p) - batch for p in (0.25, 1.0))
    np.testing.assert_allclose(2 * early, late, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("kind", ALL)
def test_the_generator_decides_all(kind: str) -> None:
    augment = resolve_augmentations([Augmentation(("nuisance", "residual"), kind, 0.5)], LAYOUT, BANK)
    first, again, other = (augment(numbered(9, 2), np.random.default_rng(seed)) for seed in (5, 5, 6))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


@pytest.mark.parametrize(
    ("augmentations", "layout", "message"),
    [
        ([Augmentation(("lightning",))], LAYOUT, "'lightning'.*Did you mean 'lighting'"),
        ([Augmentation(("pose",))], LAYOUT, "augmenting 'target_x' would hide.*light_azimuth"),
        ([Augmentation(("lighting",)), Augmentation(("nuisance",))], LAYOUT, "augmented twice"),
        ([Augmentation(("nuisance",))], None, "layout=encoder.layout"),
        ([Augmentation(("residual",), "resample")], LAYOUT, "latent_bank=encoder.encode"),
        (
            [Augmentation(("residual",))],
            LatentLayout((*LAYOUT.blocks[:1], Block("residual", 0))),
            "no latents",
        ),
    ],
)
def test_errors_name_the_remedy(augmentations: list, layout: LatentLayout | None, message: str) -> None:
    with pytest.raises(SimfactorError, match=message):
        resolve_augmentations(augmentations, layout)


def test_a_bank_of_another_width_is_refused() -> None:
    with pytest.raises(SimfactorError, match=r"\(40, 3\); it must be \(m, 7\)"):
        resolve_augmentations([Augmentation(("residual",), "resample")], LAYOUT, BANK[:, :3])


def test_what_an_augmentation_may_be() -> None:
    assert Augmentation("lighting") == Augmentation(("lighting",))
    with pytest.raises(SimfactorError, match="unknown augmentation kind 'shuffle'; allowed: swap, resample"):
        Augmentation(("lighting",), "shuffle")
    with pytest.raises(SimfactorError, match="without factors"):
        Augmentation(())
    with pytest.raises(SimfactorError, match=r"strength=1\.5 of 'mix' must be above 0 and at most 1"):
        Augmentation(("lighting",), "mix", strength=1.5)
    assert [Augmentation("lighting", kind).strength for kind in ("swap", "drop")] == [1.0, 0.5]
    with pytest.raises(SimfactorError, match=r"strength=1 of 'drop' must be below 1: .* with blocks"):
        Augmentation(("lighting",), "drop", strength=1)
    with pytest.raises(SimfactorError, match=r"strength=0 of 'noise' must be above 0\."):
        Augmentation(("lighting",), "noise", strength=0)
    with pytest.raises(SimfactorError, match="rise=2 must be in"):
        Augmentation(("lighting",), rise=2)


@pytest.mark.parametrize("names", [["residual", "task"], ["texture", "lighting"], ["light_intensity"], None])
def test_the_observed_layout_describes_the_chosen_columns(names: list[str] | None) -> None:
    layout = observed_layout(LAYOUT, names)
    columns = LAYOUT.dims(LAYOUT.names if names is None else names)
    assert layout.dimension_names == tuple(np.array(LAYOUT.dimension_names)[columns])
    assert layout.names[-1] == "residual"
    kept = set(layout.blocks) & set(LAYOUT.blocks)
    assert layout.blocks[:-1] == tuple(block for block in LAYOUT.blocks[:-1] if block in kept)
