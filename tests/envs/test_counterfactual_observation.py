"""One state, two pictures: the nuisances differ, the state does not."""

import contextlib

import gymnasium as gym
import numpy as np
import pytest

from simfactor.envs import CounterfactualObservation, make_env
from simfactor.errors import SimfactorError
from simfactor.factors import load_space
from simfactor.render import make_renderer

SPACE = load_space("tabletop")
LIGHT = SPACE.select([*SPACE.groups["lighting"], "table_texture"])
CLEAN = SPACE.fix({"light_azimuth": 20.0, "table_texture": "wood", "sensor_noise": 0.0})


def shown(env: gym.Env, seed: int, steps: int) -> list:
    env.action_space.seed(0)
    seen = [env.reset(seed=seed)[0]]
    return seen + [env.step(env.action_space.sample())[0] for _ in range(steps)]


@pytest.fixture(scope="module")
def both():
    env = make_env(CLEAN, observation="pixels", counterfactual=LIGHT, image_size=32)
    yield env
    env.close()


def test_pixels_are_those_of_the_environment_and_physics_does_not_notice(both: gym.Env) -> None:
    plain = make_env(CLEAN, observation="pixels", image_size=32)
    for two, one in zip(shown(both, 3, 5), shown(plain, 3, 5), strict=True):
        np.testing.assert_array_equal(two["pixels"], one)
    assert both.unwrapped.scene.read(["light_azimuth"]) == {"light_azimuth": pytest.approx(20.0)}
    plain.close()


def test_the_counterfactual_is_drawn_anew_at_every_step_and_from_the_seed(both: gym.Env) -> None:
    first, again, other = (shown(both, seed, 3) for seed in (3, 3, 4))
    for a, b, c in zip(first, again, other, strict=True):
        np.testing.assert_array_equal(a["counterfactual"], b["counterfactual"])
        assert (a["counterfactual"] != c["counterfactual"]).any()
        assert (a["counterfactual"] != a["pixels"]).mean() > 0.5
    brightness = [view["counterfactual"].mean() for view in first]
    assert np.std(brightness) > 1


def test_only_the_named_factors_differ(both: gym.Env) -> None:
    """The factual state with one colour of light is the counterfactual of a space with that colour only."""
    fixed = SPACE.select(["light_temperature"]).restrict({"light_temperature": [3000, 3000.001]})
    env = make_env(CLEAN, observation="pixels", counterfactual=fixed, image_size=32)
    (seen, *_) = shown(env, 5, 0)
    env.unwrapped.scene.apply({"light_temperature": 3000.0})
    picture = env.unwrapped.scene.snapshot(32, 32)
    renderer = make_renderer("raster")
    expected = renderer.render(picture).rgb[0]
    renderer.close()
    env.close()
    assert np.abs(seen["counterfactual"].astype(int) - expected).max() <= 1
    assert (seen["counterfactual"] != seen["pixels"]).mean() > 0.5


def test_both_pictures_come_from_one_call(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = []
    with contextlib.closing(make_renderer("raster")) as renderer:
        kind = type(renderer)
    render = kind.render

    def counted(self, batch):
        counts.append(len(batch))
        return render(self, batch)

    monkeypatch.setattr(kind, "render", counted)
    env = make_env(CLEAN, observation="pixels", counterfactual=LIGHT, image_size=32)
    shown(env, 0, 2)
    env.close()
    assert counts == [2, 2, 2]


def test_what_the_robot_knows_of_itself_stays_beside_the_pictures(both: gym.Env) -> None:
    env = make_env(CLEAN, observation="pixels+proprioception", counterfactual=LIGHT, image_size=32)
    plain = make_env(CLEAN, observation="pixels+proprioception", image_size=32)
    for three, one, two in zip(shown(env, 3, 3), shown(plain, 3, 3), shown(both, 3, 3), strict=True):
        assert three in env.observation_space
        for name, expected in {**two, **one}.items():
            np.testing.assert_array_equal(three[name], expected)
    env.close()
    plain.close()


def test_what_cannot_be_redrawn_is_named() -> None:
    env = make_env(CLEAN, observation="state")
    with pytest.raises(SimfactorError, match=r"nuisances only, not target_x.*by_role\('nuisance'\)"):
        CounterfactualObservation(env, SPACE.select(["light_azimuth", "target_x"]))
    env.close()
    with pytest.raises(SimfactorError, match="observation='state' shows no counterfactual"):
        make_env(CLEAN, observation="state", counterfactual=LIGHT)
