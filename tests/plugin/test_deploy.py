"""An encoder and policies deployed: what the files do is what torch does, and what is refused is said."""

import json
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

import desk
import gymnasium as gym
import numpy as np
import pytest
import torch
from stable_baselines3 import PPO

from simfactor import cli
from simfactor.agents import observed_layout, train_agent
from simfactor.data import FactorDataset
from simfactor.encoders import Block, FactorEncoder, LatentLayout
from simfactor.errors import SimfactorError
from simfactor.factors import load_space
from simfactor.plugin import Deployed, Deployment, deploy
from simfactor.plugin.deploying.deployment import choose
from simfactor.plugin.deploying.network import DeployedNetwork
from simfactor.plugin.deploying.policy_network import ActingNetwork, OpenedPolicy, open_for_export

TRAINING = {"steps": 10, "progress": False}  # too few to learn from
FREE = """
import sys

for name in ("torch", "pybullet", "gymnasium", "stable_baselines3", "sklearn", "cv2"):
    sys.modules[name] = None
import numpy as np

from simfactor.plugin import Deployed

robot = Deployed.from_pretrained(sys.argv[1])
image = np.load(sys.argv[2])
print(robot.act(image).tolist(), robot.check(image).distance > 0)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("desk")


@pytest.fixture(scope="module")
def dataset(folder: Path) -> FactorDataset:
    return desk.pictures(folder / "data")


@pytest.fixture(scope="module")
def encoder(folder: Path, dataset: FactorDataset) -> FactorEncoder:
    return desk.encoder(dataset, folder / "encoder")


@pytest.fixture(scope="module")
def given(folder: Path, encoder: FactorEncoder) -> dict:
    return {
        "encoder": folder / "encoder",
        "data": folder / "data",
        "alpha": desk.ALPHA,
        "held_out": desk.HELD_OUT,
    }


@pytest.fixture(scope="module")
def deployed(folder: Path, encoder: FactorEncoder, given: dict) -> Deployed:
    desk.policy("PPO", encoder.layout.size, folder / "ppo.zip")
    return deploy(folder / "deployed", policy=folder / "ppo.zip", **given)


@pytest.fixture(scope="module")
def held_out(dataset: FactorDataset) -> np.ndarray:
    return dataset.images(np.arange(desk.IMAGES - desk.HELD_OUT, desk.IMAGES))


def test_the_file_encodes_and_acts_as_torch_does(
    folder: Path, deployed: Deployed, encoder: FactorEncoder, held_out: np.ndarray
) -> None:
    model = PPO.load(folder / "ppo.zip", device="cpu")
    for image in held_out[:5]:
        latents = encoder.encode(image[None])
        np.testing.assert_allclose(deployed.latents(image), latents[0], atol=1e-4)
        actions, _ = model.predict(latents, deterministic=True)
        np.testing.assert_allclose(deployed.act(image), actions[0], atol=1e-4)


@pytest.mark.parametrize("name", ["SAC", "TD3", "PPO"])
def test_each_algorithm_acts_as_its_library_does(name: str, tmp_path: Path) -> None:
    model = desk.policy(name, 3, tmp_path / "policy.zip")
    latents = np.random.default_rng(0).normal(0, 5, (40, 3)).astype(np.float32)
    for beyond in (0.0, 9.0):  # which is far outside of the bounds
        for parameter in model.policy.parameters():
            parameter.data += beyond
        opened = OpenedPolicy(model.policy, None, name)
        acted = ActingNetwork(model.policy)(torch.from_numpy(latents)).numpy()
        np.testing.assert_allclose(acted, opened.actions(latents), atol=1e-5)
    box = model.action_space
    assert ((acted >= box.low) & (acted <= box.high)).all()
    assert (acted == box.high).any()


def test_what_the_policy_measures_is_an_input(folder: Path, given: dict, encoder: FactorEncoder) -> None:
    desk.policy("PPO", encoder.layout.size, folder / "measuring.zip")
    asked = {"policy": folder / "measuring.zip", "measured": ["target_x", "light_intensity"]}
    robot = deploy(folder / "measuring", **asked, **given)
    assert [(one["name"], one["unit"]) for one in robot.contract["measured"]] == [
        ("target_x", "m"),
        ("light_intensity", ""),
    ]
    model = PPO.load(folder / "measuring.zip", device="cpu")
    images = FactorDataset(given["data"]).images(slice(0, 3))
    for image, target in zip(images, (0.4, 0.5, 0.6), strict=True):
        latents = encoder.encode(image[None])
        np.testing.assert_allclose(robot.latents(image), latents[0], atol=1e-4)
        latents[0, encoder.layout.dims("target_x")] = 10 * (target - 0.5)
        latents[0, encoder.layout.dims("light_intensity")] = -1
        actions, _ = model.predict(latents, deterministic=True)
        acted = robot.act(image, {"light_intensity": 0.9, "target_x": target})
        np.testing.assert_allclose(acted, actions[0], atol=1e-4)
    assert robot.check(images[0]).distance > 0
    for wrong in (None, {"target_x": 0.5}, {"target_x": 0.5, "light_intensity": 1.0, "ee_x": 0.4}):
        with pytest.raises(SimfactorError, match=r"measured values of target_x \(m\), light_intensity"):
            robot.act(images[0], wrong)
    with pytest.raises(SimfactorError, match="must be finite"):
        robot.act(images[0], {"light_intensity": np.nan, "target_x": 0.5})


def test_what_cannot_be_measured_is_refused(folder: Path, given: dict, encoder: FactorEncoder) -> None:
    desk.policy("PPO", encoder.layout.size, folder / "measuring.zip")
    for names, said in (
        (["table_texture"], "only continuous ones can be inputs"),
        (["ee_x"], "has no block among the latents"),
    ):
        with pytest.raises(SimfactorError, match=said):
            deploy(folder / "refused", policy=folder / "measuring.zip", measured=names, **given)
    with pytest.raises(SimfactorError, match="for what a policy acts on, and there is none"):
        deploy(folder / "refused", measured=["target_x"], **given)
    assert not (folder / "refused").exists()


def test_the_contract_says_what_the_user_needs(deployed: Deployed, encoder: FactorEncoder) -> None:
    told = json.loads((deployed.folder / "contract.json").read_text(), parse_constant=pytest.fail)
    assert told["input"]["shape"] == [64, 64, 3]
    assert (told["input"]["dtype"], told["opset"]) == ("uint8", 18)
    assert told["training_support"] == json.loads(json.dumps(encoder.space.to_dict()))
    assert [block["name"] for block in told["latents"]] == list(encoder.layout.names)
    by_name = {block["name"]: block for block in told["latents"]}
    assert by_name["target_x"]["unit"] == "m"
    assert by_name["target_x"]["role"] == "task"
    assert by_name["target_x"]["latents"] == encoder.layout.dims("target_x").tolist()
    assert told["actions"]["low"] == [-1, 0]
    assert set(told["parity"]["largest_difference"]) == {"latents", "actions", "distance"}
    assert told["monitor"]["checked"] == 100
    assert told["latency_ms"] > 0


def test_false_alarms_are_few_and_shifts_are_found(deployed: Deployed, tmp_path: Path) -> None:
    alarms = deployed.contract["monitor"]["false_alarms"]
    assert alarms["any"]["rate"] <= desk.ALPHA + 0.1  # 100 images
    full = load_space("tabletop")
    dim = desk.space().fix({"light_intensity": 0.9})
    wide = {"light_intensity": full["light_intensity"].restrict(0.7, 0.75)}
    dark = desk.pictures(tmp_path, type(dim)({**dim.factors, **wide}), count=60, seed=9)
    checks = [deployed.check(image) for image in dark.images()]
    found = np.mean([check.factors["light_intensity"].alarm for check in checks])
    assert found > 3 * alarms["light_intensity"]["rate"]
    assert found > 0.3
    assert np.median([check.factors["light_intensity"].outside for check in checks]) > 0
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    assert deployed.check(noise).unlike


def test_it_runs_without_torch_and_without_pybullet(
    deployed: Deployed, held_out: np.ndarray, tmp_path: Path
) -> None:
    np.save(tmp_path / "image.npy", held_out[0])
    command = [sys.executable, "-W", "error", "-c", FREE, str(deployed.folder), str(tmp_path / "image.npy")]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    action = deployed.act(held_out[0]).tolist()
    assert result.stdout.strip() == f"{action} True"


def test_a_withheld_factor_that_others_tell_is_refused(given: dict, folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with pytest.raises(SimfactorError, match=r"light_intensity: still readable: 0\.\d+ against .* \(mlp\)"):
        deploy(out, withhold=["lighting"], **given)
    assert not out.exists()
    assert not list(tmp_path.iterdir())


def test_what_is_withheld_is_no_output(
    given: dict, tmp_path: Path, encoder: FactorEncoder, held_out: np.ndarray, capsys: pytest.CaptureFixture
) -> None:
    withheld = ["light_intensity", "residual"]
    size = len(encoder.layout.dims("target_x"))
    desk.policy("SAC", size, tmp_path / "policy.zip")
    acting = {"policy": tmp_path / "policy.zip", "blocks": ["target_x"]}
    robot = deploy(
        tmp_path / "out", withhold=withheld, erase=True, allow_leak=True, shuffles=5, **acting, **given
    )
    actions = robot.contract["actions"]
    assert (actions["acts_on"], actions["scaling"]) == (["target_x"], "tanh, scaled to [low, high]")
    told = robot.contract["withheld"]
    assert told["blocks"] == withheld
    assert robot.latents(held_out[0]).shape == (3,)
    by_name = {block["name"]: block["latents"] for block in robot.contract["latents"]}
    assert by_name == {
        "light_intensity": [],
        "table_texture": [0],
        "background_texture": [1],
        "target_x": [2],
        "residual": [],
    }
    linear, mlp = told["readable"]["light_intensity"]
    assert (linear["learner"], mlp["learner"]) == ("linear", "mlp")
    assert linear["score"] < 0.1
    assert told["leak"] == (linear["readable"] or mlp["readable"])
    assert told["erased"]["mean_action_change"] >= 0
    assert "light_intensity" not in robot.check(held_out[0]).factors
    assert robot.contract["monitor"]["distance_of"] == "exported latents"
    assert "withheld light_intensity: " in capsys.readouterr().out


def test_an_encoder_without_labels_is_judged_as_a_whole(
    dataset: FactorDataset, given: dict, tmp_path: Path, held_out: np.ndarray
) -> None:
    desk.encoder(dataset, tmp_path / "encoder", "beta_vae")
    robot = deploy(tmp_path / "out", **{**given, "encoder": tmp_path / "encoder"})
    assert robot.check(held_out[0]).factors == {}
    assert "without labels" in robot.contract["monitor"]["reads"]
    assert list(robot.contract["monitor"]["false_alarms"]) == ["image", "any"]
    with pytest.raises(SimfactorError, match="has no policy; export one"):
        robot.act(held_out[0])


def test_a_network_that_acts_otherwise_is_not_kept(
    given: dict, tmp_path: Path, encoder: FactorEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.policy("SAC", encoder.layout.size, tmp_path / "policy.zip")
    monkeypatch.setattr("simfactor.plugin.deploying.policy_network._without_tanh", list)
    monkeypatch.setattr(
        "simfactor.plugin.deploying.policy_network.ActingNetwork.forward", lambda self, z: self.mean(z)
    )
    with pytest.raises(SimfactorError, match="ONNX Runtime's actions differ from torch's"):
        deploy(tmp_path / "out", policy=tmp_path / "policy.zip", **given)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("image", "said"),
    [
        (np.zeros((64, 64, 3), np.float32), "dtype float32; give uint8 in 0 .. 255: floats in 0 .. 1 as"),
        (np.zeros((3, 64, 64), np.uint8), "move the channels to the end"),
        (np.zeros((48, 64, 3), np.uint8), r"\(48, 64, 3\); this model needs one of \(64, 64, 3\)"),
        ([[0]], "dtype None"),
    ],
)
def test_images_that_do_not_fit(deployed: Deployed, image: object, said: str) -> None:
    for method in (deployed.act, deployed.latents, deployed.check):
        with pytest.raises(SimfactorError, match=said):
            method(image)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"withhold": ["light_intensty"]}, "unknown factor, group or role to withhold .*'light_intensity'"),
        ({"withhold": ["target_x"], "blocks": None}, "the policy acts on target_x, which withhold="),
        ({"withhold": ["task", "nuisance", "residual"], "policy": None}, "leaves no latents to export"),
        ({"erase": True}, "name some in withhold"),
        ({"blocks": ["pose"]}, r"the policy acts on observations of shape \(8,\), but \['pose'\] are 1"),
        ({"alpha": 0.01}, "150 calibration images cannot support alarms at alpha=0.01"),
        ({"held_out": 5}, "held_out=5 of 1000 images must leave at least 20"),
        ({"policy": "encoder.onnx"}, "policy 'encoder.onnx' cannot be exported; .* Supported: SAC"),
        ({"policy": None, "encoder": "nowhere"}, "nowhere has no config.json"),
    ],
)
def test_what_does_not_fit(deployed: Deployed, folder: Path, given: dict, asked: dict, said: str) -> None:
    before = (folder / "deployed" / "contract.json").read_bytes()
    with pytest.raises(SimfactorError, match=said):
        deploy(folder / "deployed", **{**given, "policy": folder / "ppo.zip", **asked})
    assert (folder / "deployed" / "contract.json").read_bytes() == before


def test_policies_that_cannot_be_exported(given: dict, tmp_path: Path) -> None:
    discrete = PPO("MlpPolicy", desk.Desk(8, gym.spaces.Discrete(3)), device="cpu")
    discrete.save(tmp_path / "discrete.zip")
    with pytest.raises(SimfactorError, match=r"Discrete\(3\), which cannot be exported; .* \(Box\) of SAC"):
        deploy(tmp_path / "out", policy=tmp_path / "discrete.zip", **given)


def test_an_agent_says_which_blocks_it_acts_on(encoder: FactorEncoder, tmp_path: Path) -> None:
    seen = observed_layout(encoder.layout, ["pose", "table_texture"])
    model = desk.policy("SAC", seen.size, tmp_path / "policy.zip")
    asked = Deployment("encoder", "data", withhold=["light_intensity"])
    chosen = choose(encoder, OpenedPolicy(model.policy, seen, "sac"), asked)
    assert [encoder.layout.dimension_names[chosen.dims[i]] for i in chosen.seen] == list(seen.dimension_names)
    other = LatentLayout((Block("target_x", 2, "pose", "task"), Block("residual", 0)))
    with pytest.raises(SimfactorError, match="acts on a block 'target_x' of width 2, which the encoder has"):
        choose(encoder, OpenedPolicy(model.policy, other, "sac"), asked)
    with pytest.raises(SimfactorError, match="an agent's folder says what it acts on"):
        choose(encoder, OpenedPolicy(model.policy, seen, "sac"), Deployment("", "", blocks=["pose"]))


def test_an_agent_of_a_folder(tmp_path: Path) -> None:
    world = partial(desk.Desk, 1)
    layout = LatentLayout((Block("target_x", 1, "pose", "task"), Block("residual", 0)))
    trained = train_agent(world, tmp_path / "agent", layout=layout, **TRAINING)
    opened = open_for_export(tmp_path / "agent", None, None)
    assert (opened.layout, opened.described) == (layout, "sac")
    latents = np.linspace(-2, 2, 5, dtype=np.float32)[:, None]
    np.testing.assert_allclose(opened.actions(latents), [trained.act(row) for row in latents], atol=1e-6)
    train_agent(world, tmp_path / "without", **TRAINING)
    with pytest.raises(SimfactorError, match=r"acts on a state of shape \(1,\), not on latents"):
        open_for_export(tmp_path / "without", None, None)


def test_a_data_set_of_other_factors(given: dict, tmp_path: Path) -> None:
    desk.pictures(tmp_path / "other", desk.space().fix({"light_intensity": 1.0}), count=50)
    with pytest.raises(SimfactorError, match=r"light_intensity in \[0.9, 1.4\], but the data set .* has"):
        deploy(tmp_path / "out", **{**given, "data": tmp_path / "other"})


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("model.onnx", b"nothing", "model.onnx is corrupt or not the one of contract.json"),
        ("monitor.npz", b"nothing", "monitor.npz is corrupt"),
        ("contract.json", b"{", "contract.json is damaged"),
        ("contract.json", b"{}", "is not a contract of format 1"),
        ("contract.json", None, "has no contract.json; give the folder"),
    ],
)
def test_damaged_files(
    deployed: Deployed, tmp_path: Path, file: str, content: bytes | None, said: str
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(deployed.folder, copy)
    if content is None:
        (copy / file).unlink()
    else:
        (copy / file).write_bytes(content)
    with pytest.raises(SimfactorError, match=said):
        Deployed.from_pretrained(copy)


def test_missing_extras_are_named(
    deployed: Deployed, given: dict, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(SimfactorError, match=r"huggingface_hub.*pip install 'simfactor\[hub\]'"):
        deployed.push_to_hub("owner/name")
    with pytest.raises(SimfactorError, match=r"pip install 'simfactor\[hub\]'"):
        Deployed.from_pretrained("owner/name")
    with pytest.raises(SimfactorError, match=r"neither a folder nor a repository"):
        Deployed.from_pretrained("nowhere")
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(SimfactorError, match=r"onnxruntime.*pip install 'simfactor\[onnx\]'"):
        Deployed.from_pretrained(deployed.folder)
    with pytest.raises(SimfactorError, match=r"onnxruntime.*pip install 'simfactor\[onnx\]'"):
        deploy(tmp_path / "out", **given)


def test_the_command(given: dict, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["deploy", "--encoder", str(given["encoder"]), "--data", str(given["data"])]
    options = ["--alpha", "0.2", "--held-out", "250", "--out", str(tmp_path / "out")]
    assert cli.main([*command, *options]) == 0
    printed = capsys.readouterr().out
    assert "ONNX opset 18" in printed
    assert "monitor: rings on " in printed
    assert Deployed.from_pretrained(tmp_path / "out").contract["actions"] is None
    assert cli.main([*command, "--withhold", "nobody", "--out", str(tmp_path / "none")]) == 2
    assert "unknown factor, group or role to withhold 'nobody'" in capsys.readouterr().err
    assert not (tmp_path / "none").exists()


def test_the_network_keeps_no_hook(encoder: FactorEncoder, held_out: np.ndarray) -> None:
    network = DeployedNetwork(encoder, range(encoder.layout.size))
    network.fit_distance(held_out, seed=0)
    assert not any(layer._forward_pre_hooks for layer in network.modules())
