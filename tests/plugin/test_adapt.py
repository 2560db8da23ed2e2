"""From an environment to latents of it, by one command."""

import contextlib
import functools
import io
import json
from pathlib import Path

import cv2
import gymnasium as gym
import numpy as np
import pytest
from yard import Yard

from simfactor.cli import main
from simfactor.data import FactorDataset
from simfactor.encoders import FactorEncoder
from simfactor.envs import FactorControl, LatentObservation
from simfactor.envs.adapted import Adapted
from simfactor.envs.attached import Attached
from simfactor.errors import SimfactorError
from simfactor.plugin import StressTest, Subject, adapt_env, run_stress
from simfactor.plugin.adapting import adapt
from simfactor.scene import Viewpoint

with contextlib.redirect_stdout(io.StringIO()):
    import panda_gym  # noqa: F401  # prints

TINY = {"held_out": 12, "appearances": 2, "every": 2, "epochs": 1, "workers": 1}
VIEW = Viewpoint.orbit(distance=1.5)


@pytest.fixture(scope="module")
def yard(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("yard")
    factors = ["lighting", "cube_tint"]
    adapt_env("yard:Yard", out, kwargs={"cameras": 2}, factors=factors, camera=VIEW, moments=30, **TINY)
    return out


def test_the_command_goes_on_where_it_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*args: object, **kwargs: object) -> None:
        raise KeyboardInterrupt

    out = tmp_path / "panda"
    options = [f"--{name.replace('_', '-')}={value}" for name, value in TINY.items()]
    command = ["adapt-env", "panda_gym:PandaReach-v3", f"--out={out}", "--moments=24", *options]
    command += ["--factors", "lighting", "camera", "--kwargs", "render_distance=0.8", "reward_type=dense"]
    with monkeypatch.context() as patched:
        patched.setattr(adapt, "train_encoder", interrupted)
        assert main(command) == 130
    with pytest.raises(SimfactorError, match=r"has no adapted.json; give the folder of a finished"):
        LatentObservation.from_pretrained(out)
    written = (out / "data" / "images-00000.npy").stat().st_mtime_ns
    assert main(command) == 0
    assert (out / "data" / "images-00000.npy").stat().st_mtime_ns == written
    told = capsys.readouterr().out
    assert "observation_0" in told
    assert f"LatentObservation.from_pretrained({str(out)!r}" in told

    record = json.loads((out / "adapted.json").read_text())
    assert record["kwargs"] == {"render_distance": 0.8, "reward_type": "dense"}
    assert record["left_out"] == {f"achieved_goal_{i}": f"is observation_{i}" for i in range(3)}
    scores = {score["name"]: score for score in record["scores"]}
    assert scores["desired_goal_2"]["role"] == "task"
    assert 0 <= scores["light_elevation"]["decodability"] <= 1
    assert scores["light_elevation"]["as_it_is"] is None
    assert cv2.imread(str(out / "sheet.png")).shape == (8 * 66 - 2, 3 * 66 - 2, 3)

    env = LatentObservation.from_pretrained(out, factors=["desired_goal"])
    own = LatentObservation.from_pretrained(
        out, factors=["desired_goal"], proprioception=["observation", "achieved_goal"]
    )
    assert env.unwrapped.task.reward_type == "dense"
    latents, _ = env.reset(seed=0)
    assert latents.shape == env.observation_space.shape == (3,)
    both, _ = own.reset(seed=0)
    hand = own.unwrapped.robot.get_ee_position()
    np.testing.assert_allclose(both, [*latents, *hand, 0, 0, 0, *hand], atol=1e-6)
    for world in (env, own):
        world.close()


def test_moments_that_are_scored_are_of_other_episodes(yard: Path) -> None:
    seen, held_out, as_it_is = (FactorDataset(yard / name) for name in ("data", "held-out", "as-it-is"))
    names = [name for name in held_out.manifest.measured if name in as_it_is.manifest.measured]
    told, plain = (
        data.factors()[:, [data.space.index(name) for name in names]] for data in (held_out, as_it_is)
    )
    np.testing.assert_array_equal(told[::2], plain)
    known = seen.factors()[:, [seen.space.index(name) for name in names]]
    assert not (known[:, None] == plain).all(axis=-1).any()


def test_the_same_again_is_the_same(yard: Path, tmp_path: Path) -> None:
    factors = ["lighting", "cube_tint"]
    adapt_env("yard:Yard", tmp_path, kwargs={"cameras": 2}, factors=factors, camera=VIEW, moments=30, **TINY)
    for name in ("adapted.json", "sheet.png", "encoder/model.safetensors", "data/images-00000.npy"):
        assert (tmp_path / name).read_bytes() == (yard / name).read_bytes()


def test_the_environment_looks_as_it_does_unless_it_is_randomised(yard: Path) -> None:
    encoder = FactorEncoder.from_pretrained(yard / "encoder")
    plain = Attached(Yard(), camera=VIEW)
    made = LatentObservation.from_pretrained(yard)
    given = LatentObservation.from_pretrained(yard, Yard(), ["task"])
    assert made.unwrapped.cameras == 2
    pixels, _ = plain.reset(seed=3)
    latents, info = made.reset(seed=3)
    assert info["factors"] == {}
    np.testing.assert_array_equal(made.pixels, pixels)
    np.testing.assert_array_equal(latents, encoder.encode(pixels[None])[0])
    np.testing.assert_array_equal(given.reset(seed=3)[0], latents[encoder.layout.dims(["task"])])
    drawn = LatentObservation.from_pretrained(yard, randomise=["lighting"])
    _, info = drawn.reset(seed=3)
    assert tuple(info["factors"]) == encoder.space.groups["lighting"]
    assert (drawn.pixels != pixels).mean() > 0.1
    both = LatentObservation.from_pretrained(yard, Yard(), randomise="nuisance")
    assert set(both.reset(seed=3)[1]["factors"]) == set(encoder.space.by_role("nuisance"))
    for env in (plain, made, given, drawn, both):
        env.close()


def test_one_that_is_attached_already_stays_as_it_is(yard: Path) -> None:
    attached = FactorControl(Yard(), ["cube_tint"], camera=VIEW)
    env = LatentObservation.from_pretrained(yard, attached)
    assert set(env.reset(seed=0)[1]["factors"]) == {"cube_tint"}
    env.close()


def test_many_worlds(yard: Path) -> None:
    make = functools.partial(LatentObservation.from_pretrained, yard, factors=["task"])
    envs = gym.vector.SyncVectorEnv([make, make])
    latents, _ = envs.reset(seed=[1, 2])
    assert latents.shape[0] == 2
    assert (latents[0] != latents[1]).any()
    envs.close()


def test_its_folder_can_be_put_to_the_test(yard: Path, tmp_path: Path) -> None:
    def idle(latents: np.ndarray) -> np.ndarray:
        assert latents.shape == (3,)  # where the cube is
        return np.zeros(2)

    subject = Subject.named(str(yard), blocks=("task",), least_return=-100.0, max_steps=3)
    assert (subject.env, subject.kwargs) == ("yard:Yard", {"cameras": 2})
    assert Subject.named(str(yard), least_return=0.0).least_return == 0.0
    test = StressTest(subject, idle, ("light_intensity",), episodes=2, severities=1)
    result = run_stress(test, tmp_path, workers=1, progress=False)
    assert (result.clean.mean, result.clean.n) == (1.0, 2)


def test_what_was_not_adapted_is_refused(yard: Path, tmp_path: Path) -> None:
    panda = gym.make("PandaReach-v3", render_mode="rgb_array")
    with pytest.raises(SimfactorError, match=r"the encoder's factors: unknown factor 'cube_tint'"):
        LatentObservation.from_pretrained(yard, panda)
    with pytest.raises(SimfactorError, match="cameras: arguments for making 'yard:Yard'; the environment"):
        LatentObservation.from_pretrained(yard, panda, cameras=1)
    with pytest.raises(SimfactorError, match="unknown factor, group or role 'state'"):
        LatentObservation.from_pretrained(yard, randomise=["state"])
    with pytest.raises(SimfactorError, match="make the environment with image_size=64"):
        LatentObservation.from_pretrained(yard, FactorControl(Yard(), ["lighting"], image_size=32))
    (tmp_path / "adapted.json").write_text('{"format": 2}')
    with pytest.raises(SimfactorError, match=r"cannot be read .*not of format 1.*repeat `simfactor ada"):
        Adapted.load(tmp_path)
    panda.close()


@pytest.mark.parametrize(
    ("name", "changes", "message"),
    [
        ("yard:Yart", {}, "no environment 'Yart' is registered"),
        ("CartPole-v1", {}, "PyBullet client"),
        ("yard:Yard", {"factors": ["lightning"]}, "unknown factor, group or role 'lightning'"),
        ("yard:Yard", {"factors": []}, "needs at least one factor"),
        ("yard:Yard", {"moments": 0}, "moments=0 must be a whole number of at least 1"),
        ("yard:Yard", {"objective": "ada_gvae"}, "objective='ada_gvae' learns from pairs"),
        ("yard:Yard", {"network": "linears"}, "unknown network 'linears'"),
        ("yard:Yard", {"image_size": 50}, "there is no network for 50 x 50 images"),
        ("yard:Yard", {"learning_rate": 0.0}, "learning_rate=0.0 must be above 0"),
        ("yard:Yard", {"workers": 0}, "workers=0 must be a whole number"),
        ("yard:Yard", {"seed": -1}, "seed=-1 must be a whole number"),
        ("yard:Yard", {"device": "abacus"}, "device 'abacus' cannot be used"),
        ("yard:Yard", {"kwargs": {"cameras": None, "reload": {1}}}, "cannot be kept in a file"),
        ("simfactor.envs:simfactor/ArmReach-v0", {}, "simfactor run"),
    ],
)
@pytest.mark.filterwarnings("ignore:.*is not within the observation space")
def test_what_is_not_possible_is_refused_before_any_work(
    tmp_path: Path, name: str, changes: dict, message: str
) -> None:
    with pytest.raises(SimfactorError, match=message):
        adapt_env(name, tmp_path / "out", **{"moments": 4, **TINY, **changes})
    assert not list(tmp_path.rglob("*.npy"))


def test_arguments_on_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["adapt-env", "yard:Yard", "--kwargs", "cameras"])
    assert "'cameras' is not of the form NAME=VALUE" in capsys.readouterr().err
