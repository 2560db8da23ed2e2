"""Environments of other people: what they do stays, how they look is ours to say."""

import contextlib
import functools
import io
from collections.abc import Iterator

import gymnasium as gym
import numpy as np
import pybullet as p
import pytest
from gymnasium.utils.env_checker import check_env
from rover import Rover
from stable_baselines3.common.env_checker import check_env as check_for_sb3
from yard import Yard

from simfactor.encoders import FactorEncoder
from simfactor.envs import FactorControl, LatentObservation
from simfactor.envs.attached import Attached
from simfactor.errors import SimfactorError
from simfactor.factors import load_space
from simfactor.scene import Bound, Viewpoint

with contextlib.redirect_stdout(io.StringIO()):
    import panda_gym  # noqa: F401  # registers its environments

TASKS = ("Reach", "Push", "Slide", "PickAndPlace")


@pytest.fixture
def yard() -> Iterator[Attached]:
    env = Attached(Yard())
    yield env
    env.close()


def flat(observation: object) -> np.ndarray:
    parts = observation.values() if isinstance(observation, dict) else [observation]
    return np.concatenate([np.ravel(part) for part in parts])


@pytest.mark.parametrize("task", TASKS)
def test_panda_gym_does_what_it_does_alone(task: str) -> None:
    make = functools.partial(gym.make, f"Panda{task}-v3")
    alone, attached = make(), FactorControl(make(render_mode="rgb_array"), observation="pixels+state")
    actions = np.random.default_rng(0).uniform(-1, 1, (6, *alone.action_space.shape))
    for seed in (3, 4):  # without a seed panda-gym does not repeat itself
        first, second = alone.reset(seed=seed), attached.reset(seed=seed)
        np.testing.assert_array_equal(flat(first[0]), flat({k: second[0][k] for k in first[0]}))
        for action in actions:
            ours, theirs = attached.step(action), alone.step(action)
            assert ours[0].pop("pixels").shape == (64, 64, 3)
            np.testing.assert_array_equal(flat(ours[0]), flat(theirs[0]))
            assert ours[1:4] == theirs[1:4]
            assert set(ours[4]) - set(theirs[4]) == {"factors"}
    alone.close()
    attached.close()


def test_panda_gyms_bodies_have_the_names_that_it_gives_them() -> None:
    env = FactorControl(gym.make("PandaPush-v3", render_mode="rgb_array"), ["lighting", "table_tint"])
    bodies = env.get_wrapper_attr("bodies")
    assert list(bodies) == ["panda", "plane", "table", "object", "target"]
    assert "panda_hand" in bodies["panda"].links
    assert "table_tint" in env.factors.names
    assert env.factors.groups.keys() == {"lighting", "color"}
    env.close()


@pytest.mark.filterwarnings("ignore:.*is different from the unwrapped version")
def test_an_attached_environment_passes_gymnasiums_checks() -> None:
    for shown in ("pixels", "pixels+state", "state"):
        check_env(FactorControl(Yard(), ["lighting", "camera"], observation=shown), skip_render_check=True)


def test_the_picture_is_what_the_environments_own_camera_shows() -> None:
    yard = Attached(Yard(), image_size=32)
    plain, _ = yard.reset(seed=0)
    seen = yard.images(yard.space.select(["camera_roll"]), np.zeros((1, 1)))
    assert yard.render().shape == yard.unwrapped.render().shape == (32, 48, 3)
    np.testing.assert_array_equal(seen.rgb[0], plain)
    for name in ("cube", "urdf_robot"):  # ours is square, of the same height
        ours = seen.segmentation[0, ..., 0] == yard.bodies[name].id
        theirs = yard.unwrapped.bodies_seen[:, 8:40] == yard.bodies[name].id
        assert (ours & theirs).sum() > 0.5 * (ours | theirs).sum() > 4
    yard.close()


def test_a_factor_changes_what_it_names_and_nothing_else(yard: Attached) -> None:
    yard.reset(seed=0)
    space = yard.space.select(["cube_tint"])
    plain = yard.images(space.select(["cube_tint"]), np.array([[0.0]]))
    blue = yard.images(space, np.array([[240.0]]))
    changed = (plain.rgb != blue.rgb).any(axis=-1)
    cube = plain.segmentation[..., 0] == yard.bodies["cube"].id
    assert changed[cube].mean() > 0.9
    assert not changed[~cube].any()


@pytest.mark.parametrize(
    ("factor", "value", "darker"),
    [("exposure", -2.0, True), ("exposure", 2.0, False), ("light_intensity", 0.1, True)],
)
def test_light_and_exposure(yard: Attached, factor: str, value: float, darker: bool) -> None:
    plain = yard.reset(seed=0)[0].mean()
    shown, info = yard.reset(seed=0, options={"factors": {factor: value}})
    assert info["factors"] == {factor: value}
    assert info["resets"] == 2
    assert bool(shown.mean() < plain) is darker


def test_the_camera_moves_around_what_it_looks_at(yard: Attached) -> None:
    space = yard.space.select(["camera_azimuth", "camera_distance"])
    yard.reset(seed=0)
    rows = np.array([[0.0, 1.0], [20.0, 1.0], [0.0, 1.2]])
    seen = yard.images(space, rows)
    cube = seen.segmentation[..., 0] == yard.bodies["cube"].id
    plain = yard.reset(seed=0)[0]
    np.testing.assert_array_equal(seen.rgb[0], plain)
    middles = [np.argwhere(mask).mean(axis=0) for mask in cube]
    np.testing.assert_allclose(middles[1], middles[0], atol=8.0)  # it stays in the picture
    assert cube[2].sum() < 0.85 * cube[0].sum()
    assert (seen.rgb[1] != seen.rgb[0]).mean() > 0.3


def test_every_picture_of_a_moment_has_noise_of_its_own(yard: Attached) -> None:
    yard.reset(seed=0)
    rows = np.array([[0.1], [0.1], [0.1001]])
    first, same, other = yard.images(yard.space.select(["sensor_noise"]), rows).rgb
    np.testing.assert_array_equal(first, same)
    assert (first != other).mean() > 0.5


def test_a_single_link_has_a_texture_of_its_own() -> None:
    env = Attached(gym.make("PandaReach-v3", render_mode="rgb_array"), image_size=96)
    plain, _ = env.reset(seed=0)
    shown, _ = env.reset(seed=0, options={"factors": {"panda.panda_hand_texture": "brick"}})
    where = np.argwhere((plain != shown).any(axis=-1))
    assert 5 < len(where) < 0.02 * 96 * 96
    env.close()


def test_noise_is_the_seeds(yard: Attached) -> None:
    noisy = {"factors": {"sensor_noise": 0.1}}
    first = [yard.reset(seed=5, options=noisy)[0], yard.step([0, 0])[0]]
    again = [yard.reset(seed=5, options=noisy)[0]]
    yard.render()  # does not count
    again.append(yard.step([0, 0])[0])
    np.testing.assert_array_equal(first, again)
    other = yard.reset(seed=6, options=noisy)[0]
    assert (other != first[0]).mean() > 0.5
    assert (first[0] != first[1]).mean() > 0.5


def test_a_world_that_is_loaded_anew_keeps_its_factors_until_a_body_has_gone() -> None:
    env = Attached(Yard(reload=True))
    env.reset(seed=0, options={"factors": {"cube_tint": 100.0}})
    assert "urdf_robot" in env.bodies
    env.reset(seed=0, options={"factors": {"cube_tint": 100.0}})
    assert "urdf_robot" not in env.bodies
    env.reset(options={"factors": {"urdf_robot_tint": 10.0}}) if "urdf_robot" in env.bodies else env.reset()
    with pytest.raises(SimfactorError, match="unknown factor 'urdf_robot_tint'"):  # gone meanwhile
        env.reset(options={"factors": {"urdf_robot_tint": 10.0}})
    env.close()


def test_a_world_that_is_opened_by_the_first_reset_is_found() -> None:
    env = FactorControl(Yard(lazy=True), ["light_azimuth"])
    assert env.reset(seed=0)[0].shape == (64, 64, 3)
    env.close()


def test_of_two_cameras_the_first_is_ours_and_one_that_moves_is_followed() -> None:
    one, two = Attached(Yard()), Attached(Yard(cameras=2))
    np.testing.assert_array_equal(one.reset(seed=0)[0], two.reset(seed=0)[0])
    follows = Attached(Yard(follow=True))
    space = follows.space.select(["light_azimuth"])
    middles = []
    for seed in range(3):
        follows.reset(seed=seed)
        seen = follows.images(space, np.zeros((1, 1))).segmentation[0, ..., 0]
        middles.append(np.argwhere(seen == follows.bodies["cube"].id).mean(axis=0))
    np.testing.assert_allclose(middles, np.full((3, 2), 31.5), atol=2.0)
    for env in (one, two, follows):
        env.close()


def test_a_camera_on_a_mobile_base_is_followed_and_changes_no_motion() -> None:
    """Driving round a bend, both pictures show the crate in the same places, and states are bit-equal."""
    alone, attached = Rover(), Attached(Rover(), observation="pixels+state", image_size=96)
    np.testing.assert_array_equal(alone.reset(seed=0)[0], attached.reset(seed=0)[0]["state"])
    places = []
    for _ in range(8):
        theirs, ours = alone.step([1.0, 0.2])[0], attached.step([1.0, 0.2])[0]["state"]
        np.testing.assert_array_equal(theirs, ours)
        alone.render()
        seen = attached.images(attached.space.select(["exposure"]), np.zeros((1, 1))).segmentation[0, ..., 0]
        both = [alone.bodies_seen[:, 24:120] == alone.crate, seen == attached.unwrapped.crate]
        assert np.logical_and(*both).sum() > 0.9 * np.logical_or(*both).sum() > 0
        places.append(np.argwhere(both[1]).mean(axis=0)[1])
    assert np.ptp(places) > 3  # the car has turned
    assert np.linalg.norm(theirs[:2]) > 0.2
    alone.close()
    attached.close()


def test_a_camera_may_be_given() -> None:
    env = Attached(Yard(render_mode=None), camera=Viewpoint.orbit(distance=1.0))
    assert (env.reset(seed=0)[0] != Attached(Yard()).reset(seed=0)[0]).any()
    assert env.render() is None
    env.close()


def test_a_sheet_has_a_row_for_each_factor() -> None:
    env = FactorControl(Yard(), ["lighting"], image_size=16)
    env.reset(seed=0)
    assert env.sheet(steps=3).shape[0] == 6 * (16 + 4) - 4 + 16
    ours = FactorControl(gym.make("simfactor/PandaReach-v0", image_size=16), ["camera"])
    ours.reset(seed=0)
    assert ours.sheet(steps=3).shape[0] == 4 * (16 + 4) - 4 + 16
    env.close()
    ours.close()


def test_many_worlds_at_a_time() -> None:
    wrap = functools.partial(FactorControl, factors=["lighting"], observation="pixels")
    for vector in (gym.vector.SyncVectorEnv, gym.vector.AsyncVectorEnv):
        envs = vector([lambda: wrap(Yard())] * 2)
        pixels, infos = envs.reset(seed=[1, 2])
        assert pixels.shape == (2, 64, 64, 3)
        assert infos["factors"]["light_azimuth"][0] != infos["factors"]["light_azimuth"][1]
        envs.close()


@pytest.mark.filterwarnings("ignore:.*is different from the unwrapped version")
def test_other_libraries_and_encoders_take_it() -> None:
    wrap = functools.partial(FactorControl, factors=["lighting"])
    envs = gym.make_vec("PandaReach-v3", 2, render_mode="rgb_array", wrappers=[wrap])
    assert envs.reset(seed=0)[0].shape == (2, 64, 64, 3)
    envs.close()
    env = wrap(Yard())
    check_for_sb3(env)
    latents = LatentObservation(env, FactorEncoder(env.factors, 64), ["light_azimuth"])
    assert latents.reset(seed=0)[0].shape == latents.observation_space.shape == (2,)
    with pytest.raises(SimfactorError, match=r"the encoder's factors: .*scene 'tabletop', not to Yard"):
        LatentObservation(env, FactorEncoder(load_space("tabletop").varying, 64))
    env.close()


class Deaf(gym.Env):
    """No PyBullet in here."""

    observation_space = action_space = gym.spaces.Box(-1, 1, (1,))
    render_mode = "rgb_array"

    def reset(self, **options: object) -> tuple[np.ndarray, dict]:
        return np.zeros(1, np.float32), {}


def test_what_cannot_be_attached_is_refused() -> None:
    with pytest.raises(SimfactorError, match=r"PyBullet client.*in Deaf; pass the right one as client="):
        Attached(Deaf())
    two = Yard(clients=2)
    with pytest.raises(SimfactorError, match=r"clients \d+ \(env.client\), \d+ \(env.clients.client1\)"):
        Attached(two)
    Attached(two, client=two.client)
    closed = Yard()
    closed.close()
    with pytest.raises(SimfactorError, match="is no connected PyBullet client; it was closed"):
        Attached(closed, client=closed.client)
    with pytest.raises(SimfactorError, match=r"Yard shows no camera.*render_mode='rgb_array'"):
        Attached(Yard(render_mode=None))
    with pytest.raises(SimfactorError, match="unknown observation 'pixel'"):
        Attached(Yard(), observation="pixel")
    with pytest.raises(SimfactorError, match="image_size=0"):
        Attached(Yard(), image_size=0)
    with pytest.raises(SimfactorError, match="unknown renderer"):
        Attached(Yard(), renderer="tinny")
    with pytest.raises(SimfactorError, match="image_size: simfactor's own environments take"):
        FactorControl(gym.make("simfactor/PandaReach-v0"), image_size=32)
    for client in two.clients.values():
        p.disconnect(client)


def test_factors_that_there_are_not_are_refused(yard: Attached) -> None:
    with pytest.raises(SimfactorError, match=r"unknown factor 'cub_tint'.*cube_tint"):
        yard.reset(options={"factors": {"cub_tint": 1.0}})
    with pytest.raises(SimfactorError, match="light_elevation=100 is not a number in"):
        yard.reset(options={"factors": {"light_elevation": 100}})
    with pytest.raises(SimfactorError, match="belongs to scene 'tabletop', not to Yard"):
        FactorControl(yard, load_space("tabletop"))
    with pytest.raises(SimfactorError, match="unknown factor, group or role 'lightning'"):
        FactorControl(yard, ["lightning"])


PUSHED = {
    "weight": Bound("cube", "mass", 0.1, 5.0),
    "grip": Bound("cube", "friction", 0.0, 1.0),
    "start": Bound("cube", "x", -0.2, 0.2),
    "turn": Bound("cube", "yaw", -90, 90),
}


def test_a_bound_factor_is_set_for_an_episode_and_put_back() -> None:
    env = FactorControl(Yard(), ["weight", "start", "turn", "light_azimuth"], bind=PUSHED)
    assert env.factors.groups == {
        "lighting": ("light_azimuth",),
        "physics": ("weight",),
        "pose": ("start", "turn"),
    }
    bare = env.unwrapped
    before = p.getDynamicsInfo(bare.cube, -1, bare.client)[:2]
    _, info = env.reset(seed=0, options={"factors": {"turn": 30.0, "grip": 0.25}})
    at, turned = p.getBasePositionAndOrientation(bare.cube, bare.client)
    assert p.getDynamicsInfo(bare.cube, -1, bare.client)[:2] == (info["factors"]["weight"], 0.25)
    assert at[0] == pytest.approx(info["factors"]["start"])
    assert np.degrees(p.getEulerFromQuaternion(turned)[2]) == pytest.approx(30.0)
    assert env.sheet(steps=2).shape[0] == 64 + 16  # a row for the light alone
    env.env.reset(seed=0)
    assert p.getDynamicsInfo(bare.cube, -1, bare.client)[:2] == before
    env.reset(seed=0)
    env.get_wrapper_attr("_world").unbind()
    assert p.getDynamicsInfo(bare.cube, -1, bare.client)[:2] == before
    assert p.getBasePositionAndOrientation(bare.cube, bare.client)[0] == pytest.approx(
        Yard().reset(seed=0)[0]
    )
    env.close()


@pytest.mark.parametrize("reload", [False, True])
def test_a_size_may_be_bound_and_the_body_keeps_its_name(reload: bool) -> None:
    bind = {"size": Bound("cube", "size", 1.5, 3.0), "weight": Bound("cube", "mass", 2.0, 5.0)}
    env = FactorControl(Yard(reload=reload), ["size", "weight"], bind=bind)
    bare = env.unwrapped
    bare.reset(seed=0)
    body, low = bare.cube, p.getAABB(bare.cube, -1, bare.client)[0][2]
    (own,) = p.getCollisionShapeData(body, -1, bare.client)
    mass = p.getDynamicsInfo(body, -1, bare.client)[0]
    pictures = []
    for seed in range(3):
        seen, info = env.reset(seed=seed)
        assert bare.cube == body
        (row,) = p.getCollisionShapeData(body, -1, bare.client)
        np.testing.assert_allclose(row[3], np.multiply(own[3], info["factors"]["size"]), rtol=1e-6)
        assert p.getDynamicsInfo(body, -1, bare.client)[0] == pytest.approx(info["factors"]["weight"])
        assert p.getAABB(body, -1, bare.client)[0][2] == pytest.approx(low, abs=1e-3)
        assert "cube" in env.get_wrapper_attr("_world").bodies
        pictures.append(seen)
        env.step(env.action_space.sample())
    assert np.abs(pictures[0].astype(int) - pictures[1]).max() > 50
    env.get_wrapper_attr("_world").unbind()
    (row,) = p.getCollisionShapeData(body, -1, bare.client)
    np.testing.assert_allclose(row[3], own[3], rtol=1e-6)
    assert p.getDynamicsInfo(body, -1, bare.client)[0] == mass
    env.close()


def test_pushing_something_of_another_size() -> None:
    bind = {"size": Bound("object", "size", 0.5, 1.5)}
    env = FactorControl(gym.make("PandaPush-v3"), ["size"], observation="state", bind=bind)
    for size in (0.5, 1.5):
        env.reset(seed=0, options={"factors": {"size": size}})
        for _ in range(5):
            env.step(np.zeros(3))
        assert env.unwrapped.sim.get_base_position("object")[2] == pytest.approx(0.02 * size, abs=1e-3)
    env.close()


def test_a_joint_may_be_bound() -> None:
    elbow = {"elbow": Bound("panda.panda_link4", "joint", -2.5, -1.0)}
    env = FactorControl(gym.make("PandaReach-v3"), ["elbow"], observation="state", bind=elbow)
    _, info = env.reset(seed=0)
    sim = env.unwrapped.sim
    assert sim.get_joint_angle("panda", 3) == pytest.approx(info["factors"]["elbow"])
    env.close()


@pytest.mark.parametrize(
    ("bound", "message"),
    [
        (("cub", "mass", 0.1, 1), "weight: unknown body 'cub'.*Did you mean 'cube'"),
        (("cube.lid", "mass", 0.1, 1), "weight: unknown link of cube 'lid'"),
        (("cube", "height", 0.1, 1), "unknown property of a body 'height'"),
        (("cube.lid", "size", 0.1, 1), "size is a property of a body"),
        (("cube", "mass", 0, 1), r"low=0 is not a number in \[1e-06, 1e\+06\] kg"),
        (("cube", "mass", 2, 1), "low=2 is above high=1"),
        (("cube", "joint", 0, 1), "joint is a property of a link, 'body.link'"),
        (("cube.lid", "x", 0, 1), "x is a property of a body"),
    ],
)
def test_bindings_to_what_is_not_there_are_refused(bound: tuple, message: str) -> None:
    with pytest.raises(SimfactorError, match=message):
        FactorControl(Yard(), ["weight"], bind={"weight": Bound(*bound)})


def test_a_bound_body_that_vanishes_is_named() -> None:
    env = FactorControl(Yard(reload=True), ["roll"], bind={"roll": Bound("urdf_robot", "mass", 0.1, 1)})
    env.reset(seed=0)
    with pytest.raises(SimfactorError, match="roll: unknown body 'urdf_robot'; allowed: plane, cube"):
        env.reset(seed=0)
    env.close()


def test_a_picture_of_a_moment_has_no_bound_factors() -> None:
    env = Attached(Yard(), bind=PUSHED)
    with pytest.raises(SimfactorError, match="weight: a moment shows a body as it is"):
        env.images(env.space.select(["weight"]), np.ones((1, 1)))
    env.close()


def test_at_their_natural_values_factors_change_nothing(yard: Attached) -> None:
    plain, _ = yard.reset(seed=0)
    natural = yard.natural_factors
    assert natural["light_temperature"] == 6500
    for name, value in natural.items():
        set_, _ = yard.reset(seed=0, options={"factors": {name: value}})
        near = 12 if name in ("light_temperature", "ambient_share") else 1
        assert np.abs(set_.astype(int) - plain).max() <= near, name
