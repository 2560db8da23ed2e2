"""The noise of a photograph follows from what was set in its scene, and from nothing else."""

import pickle
import subprocess
import sys

import numpy as np
import pytest

from simfactor.factors import load_space
from simfactor.render import Studio
from simfactor.scene import Scene, open_scene
from simfactor.scene.noise_seeds import next_seeds

NONE = np.zeros(3, np.uint32)


def seed_of(scene: Scene) -> int:
    return int(scene.now().noise_seed[0])


def test_a_seed_tells_names_values_and_the_seed_before() -> None:
    a, b = np.array([1.0, 2.0, 1.0]), np.array([3.0, 3.0, 3.0])
    seeds = next_seeds(NONE, {"a": a, "b": b})
    assert seeds.dtype == np.uint32
    assert seeds[0] == seeds[2] != seeds[1]
    np.testing.assert_array_equal(seeds, next_seeds(NONE, {"b": b, "a": a}))
    for other in (
        next_seeds(NONE, {"a": b, "b": a}),
        next_seeds(NONE, {"a": a}),
        next_seeds(seeds, {"a": a}),
    ):
        assert not set(other.tolist()) & set(seeds.tolist())
    np.testing.assert_array_equal(seeds[1:], next_seeds(NONE[1:], {"a": a[1:], "b": b[1:]}))
    zeros = next_seeds(NONE[:2], {"a": np.array([0.0, -0.0])})
    assert zeros[0] == zeros[1], "they are one value"


def test_seeds_seldom_meet() -> None:
    count = 20_000
    seeds = next_seeds(np.zeros(count, np.uint32), {"a": np.linspace(0, 1, count)})
    assert count - len(np.unique(seeds)) < 5  # by chance 0.05
    assert np.mean(seeds / 2**32) == pytest.approx(0.5, abs=0.01)


def test_rows_have_the_same_seeds_in_any_batch_and_any_process(tabletop: Scene) -> None:
    columns = {"light_azimuth": [10.0, 20.0, 30.0], "table_texture": ["wood", "brick", "moon"]}
    seeds = tabletop.state(columns).noise_seed.tolist()
    assert len(set(seeds)) == 3
    tabletop.apply({"ee_x": 0.5})
    for i, seed in enumerate(seeds):
        assert (
            tabletop.state({name: values[i : i + 1] for name, values in columns.items()}).noise_seed == seed
        )
    program = (
        f"from simfactor.scene import open_scene; print(open_scene().state({columns}).noise_seed.tolist())"
    )
    assert (
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True).stdout == f"{seeds}\n"
    )


def test_a_row_applied_after_a_reset_has_the_seed_of_the_row(tabletop: Scene) -> None:
    values = {"light_azimuth": 10.0, "object_shape": "cone"}
    tabletop.apply(values)
    assert seed_of(tabletop) == tabletop.state({name: [value] for name, value in values.items()}).noise_seed


def test_the_seed_moves_with_the_world_and_repeats_after_a_reset(tabletop: Scene) -> None:
    def film() -> list[int]:
        tabletop.reset()
        seeds = [seed_of(tabletop)]
        for _ in range(3):
            tabletop.apply(
                {"ee_x": 0.5}
            )  # the same again and again: the world stands still, the chip does not
            seeds.append(seed_of(tabletop))
            tabletop.step(2)
            seeds.append(seed_of(tabletop))
        return seeds

    first = film()
    assert len(set(first)) == len(first)
    assert film() == first
    with open_scene("tabletop") as other:
        assert seed_of(other) == first[0]


def test_how_a_film_goes_on_does_not_hang_on_rounding(tabletop: Scene) -> None:
    """Only what it began with and how many frames there were decide its noise."""

    def last(start: float, steered: float) -> int:
        tabletop.reset()
        tabletop.apply({"target_x": start})
        tabletop.apply({"ee_x": steered})
        tabletop.step(3)
        return seed_of(tabletop)

    assert last(0.5, 0.4) == last(0.5, 0.4 + 1e-9)
    assert last(0.5, 0.4) != last(0.5 + 1e-9, 0.4)


def test_looking_changes_nothing(tabletop: Scene) -> None:
    before = seed_of(tabletop)
    tabletop.snapshot(8, 8)
    tabletop.read()
    variants = tabletop.variants({"light_azimuth": [1.0, 2.0]}).noise_seed
    assert seed_of(tabletop) == before
    assert len({before, *variants.tolist()}) == 3
    tabletop.step()
    assert (tabletop.variants({"light_azimuth": [1.0, 2.0]}).noise_seed != variants).all()


def test_a_state_takes_its_noise_along(tabletop: Scene) -> None:
    tabletop.apply({"sensor_noise": 0.05})
    state = pickle.loads(pickle.dumps(tabletop.now()))
    batch = tabletop.show(state, 8, 8)
    np.testing.assert_array_equal(batch.noise, np.float32([0.05]))
    np.testing.assert_array_equal(batch.noise_seed, tabletop.snapshot(8, 8).noise_seed)


def test_rows_decide_noisy_images_in_any_order() -> None:
    space = load_space("tabletop").restrict({"sensor_noise": [0.02, 0.08]})
    rows = space.sample(6, seed=3)
    with Studio("tabletop", image_size=16) as studio:
        images = studio.images(space, rows).rgb
        np.testing.assert_array_equal(studio.images(space, rows[::-1]).rgb[::-1], images)
        np.testing.assert_array_equal(studio.images(space, rows[2:3]).rgb[0], images[2])
