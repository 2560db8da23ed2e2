import random
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simfactor.errors import SimfactorError
from simfactor.factors import Angle, Categorical, Continuous, FactorSpace, load_space
from simfactor.scene import SCENES, Scene, open_scene
from simfactor.scene.effects import Values
from simfactor.sensor import LIMITS, MOSAICS

# poses are exact to about 3e-8 m (the URDF's lengths are single precision), hues to the colour's rounding
TOLERANCE = {"m": 1e-6, "deg": 1e-4}

names = st.sampled_from(sorted(SCENES))
seeds = st.integers(0, 10**6)


LOOKS = {  # the factors that every scene knows and no ready space varies
    "light_softness": Continuous(0.0, 10.0, unit="deg"),
    "fill_intensity": Continuous(0.0, 1.0),
    "exposure": Continuous(-1.0, 1.0, unit="stops"),
    "robot_roughness": Continuous(0.1, 0.9),
    **{name: Continuous(*limits) for name, limits in LIMITS.items()},
    "motion_direction": Angle(0.0, 180.0, period=180.0),
    "mosaic": Categorical(MOSAICS),
}


@cache
def ready(scene: str) -> FactorSpace:
    return FactorSpace({**load_space(scene).factors, **LOOKS}, scene=scene)


def row(scene: str, seed: int, lattice: bool = False) -> Values:
    space = ready(scene)
    return dict(space.decode(space.sample(1, seed=seed, lattice=lattice)[0]))


def differing(scene: str, a: Values, b: Values) -> set[str]:
    """The factors that two states of a scene do not share."""
    space = ready(scene)
    changed = set()
    for name in a:
        if isinstance(a[name], str):
            same = a[name] == b[name]
        else:
            gap = abs(float(a[name]) - float(b[name]))
            gap = min(gap % 360, -gap % 360) if space[name].kind == "angle" else gap
            same = gap <= TOLERANCE.get(space[name].unit, 1e-9)
        changed |= set() if same else {name}
    return changed


@settings(max_examples=150, deadline=None)
@given(name=names, seed=seeds, lattice=st.booleans())
def test_every_factor_reads_back_as_applied(
    scenes: dict[str, Scene], name: str, seed: int, lattice: bool
) -> None:
    values = row(name, seed, lattice)
    scenes[name].apply(values)
    assert set(scenes[name].read()) == set(values)
    assert differing(name, values, scenes[name].read(values)) == set()


@settings(max_examples=150, deadline=None)
@given(name=names, before=seeds, after=seeds, data=st.data())
def test_moving_one_factor_moves_only_that_factor(
    scenes: dict[str, Scene], name: str, before: int, after: int, data: st.DataObject
) -> None:
    scene = scenes[name]
    scene.apply(row(name, before))
    state, other = scene.read(), row(name, after)
    factor = data.draw(st.sampled_from(scene.factor_names))
    scene.apply({factor: other[factor]})
    moved = differing(name, state, scene.read())
    wanted = differing(name, state, {**state, factor: other[factor]})
    assert moved == wanted <= {factor}


@settings(max_examples=50, deadline=None)
@given(name=names, before=seeds, seed=seeds)
def test_order_does_not_matter(scenes: dict[str, Scene], name: str, before: int, seed: int) -> None:
    scene, values = scenes[name], row(name, seed)
    shuffled = list(values)
    random.Random(seed).shuffle(shuffled)
    scene.apply(values)
    together = scene.snapshot(8, 8)

    scene.apply(row(name, before))
    scene.apply({factor: values[factor] for factor in shuffled})
    assert_equal_batches(together, scene.snapshot(8, 8), tolerance=0.0)

    scene.apply(row(name, before))
    for factor in shuffled:
        scene.apply({factor: values[factor]})
    assert differing(name, values, scene.read(values)) == set()
    assert_equal_batches(together, scene.snapshot(8, 8), tolerance=1e-5)


def assert_equal_batches(a: object, b: object, tolerance: float) -> None:
    """But for the seeds of the noise, which tell the past as well."""
    for field, array in vars(a).items():
        if isinstance(array, np.ndarray) and field != "noise_seed":
            np.testing.assert_allclose(array, getattr(b, field), rtol=0, atol=tolerance, err_msg=field)


@pytest.mark.parametrize("name", SCENES)
def test_a_row_alone_decides_the_snapshot(scenes: dict[str, Scene], name: str) -> None:
    scenes[name].apply(row(name, 1))
    scenes[name].apply(row(name, 2))
    with open_scene(name) as fresh:
        fresh.apply(row(name, 2))
        assert_equal_batches(scenes[name].snapshot(8, 8), fresh.snapshot(8, 8), tolerance=0.0)


@pytest.mark.parametrize("name", SCENES)
def test_reset_returns_to_the_defaults(scenes: dict[str, Scene], name: str) -> None:
    scene = scenes[name]
    scene.reset()
    before = scene.snapshot(8, 8)
    scene.apply(row(name, 5))
    scene.step(3)
    scene.reset()
    assert_equal_batches(before, scene.snapshot(8, 8), tolerance=0.0)
    defaults = dict(SCENES[name].defaults)
    assert differing(name, defaults, scene.read(defaults)) == set()


def test_read_gives_the_named_factors_in_order(tabletop: Scene) -> None:
    assert list(tabletop.read(["ee_z", "light_azimuth"])) == ["ee_z", "light_azimuth"]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"light_azimut": 3.0}, "Did you mean 'light_azimuth'?"),
        ({"camera_fov": 500.0}, r"camera_fov=500.0 is not a number in \[5, 120\] deg"),
        ({"object_size": -0.1}, "object_size=-0.1"),
        ({"light_intensity": float("nan")}, "light_intensity=nan"),
        ({"light_temperature": "warm"}, "light_temperature='warm'"),
        ({"table_texture": "wodo"}, "unknown table_texture 'wodo'.*Did you mean 'wood'?"),
        ({"ee_x": 1.1}, "the arm cannot reach"),
    ],
)
def test_bad_values_are_refused_and_change_nothing(tabletop: Scene, values: Values, message: str) -> None:
    before = tabletop.read()
    with pytest.raises(SimfactorError, match=message):
        tabletop.apply({"camera_azimuth": -12.0, "ee_y": 0.1, **values})
    assert tabletop.read() == before


def test_unknown_names_are_refused(tabletop: Scene) -> None:
    with pytest.raises(SimfactorError, match="unknown factor 'hue'"):
        tabletop.read(["hue"])
    with pytest.raises(SimfactorError, match="unknown scene 'table'; allowed: tabletop, isaac3d, mpi3d"):
        open_scene("table")
