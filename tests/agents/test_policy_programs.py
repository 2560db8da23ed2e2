import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from anything import BOTH, CHOICE, MOVE, PIXELS, STATE, Net, drawn, scripted
from gymnasium import spaces
from onnx import TensorProto, helper
from torch import Tensor

from simfactor.agents import check_fits, open_policy
from simfactor.errors import SimfactorError


class Choosing(Net):
    def forward(self, observation: Tensor) -> Tensor:
        return (observation @ self.weight).argmax(-1)


class Looking(Net):
    """Wants pictures with channels first, and tells their order apart."""

    def forward(self, pixels: Tensor, state: Tensor) -> Tensor:
        return torch.tanh(state @ self.weight) + pixels[:, :2].float().mean((2, 3)) / 255


class LookingAtDict(Looking):
    def forward(self, observation: dict[str, Tensor]) -> Tensor:
        turned = observation["pixels"].permute(0, 3, 1, 2)
        return torch.tanh(observation["state"] @ self.weight) + turned[:, :2].float().mean((2, 3)) / 255


def linear(path: Path, shape: list[int | str | None], numbers: int = TensorProto.FLOAT) -> Path:
    """An ONNX file that sums up all but the batch, in as many actions as its second axis has sizes."""
    graph = helper.make_graph(
        [
            helper.make_node("Cast", ["obs"], ["cast"], to=TensorProto.FLOAT),
            helper.make_node("ReduceSum", ["cast", "axes"], ["action"], keepdims=0, noop_with_empty_axes=1),
        ],
        "policy",
        [helper.make_tensor_value_info("obs", numbers, shape)],
        [helper.make_tensor_value_info("action", TensorProto.FLOAT, None)],
        [helper.make_tensor("axes", TensorProto.INT64, [len(shape) - 2], range(2, len(shape)))],
    )
    opset = [helper.make_opsetid("", 17)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=8), path)
    return path


def test_torchscript_acts_as_its_module(tmp_path: Path) -> None:
    policy = open_policy(scripted(Net(), tmp_path / "policy.pt"))
    assert (policy.observation_space, policy.action_space) == (None, None)
    for shown in drawn(STATE):
        expected = Net()(torch.from_numpy(shown)[None])[0].detach().numpy()
        np.testing.assert_array_equal(policy.act(shown), expected)
        np.testing.assert_array_equal(policy.act(shown.astype(np.float64)[::-1]), policy.act(shown[::-1]))
    assert open_policy(scripted(Net(1), tmp_path / "other.ts")).version != policy.version
    with pytest.raises(SimfactorError, match=r"policy.pt cannot act on .* shape \(6,\): .*1x6 and 4x2"):
        policy.act(np.zeros(6, np.float32))


def test_programs_take_dicts_and_choose(tmp_path: Path) -> None:
    net = LookingAtDict()
    policy = open_policy(scripted(net, tmp_path / "policy.pth"))
    for shown in drawn(BOTH):
        batch = {
            "pixels": torch.from_numpy(shown["pixels"])[None],
            "state": torch.from_numpy(shown["state"]).float()[None],
        }
        np.testing.assert_array_equal(policy.act(shown), net(batch)[0].detach().numpy())
    choosing = open_policy(scripted(Choosing(), tmp_path / "choosing.pt"))
    assert choosing.act(np.ones(4, np.float32)) in CHOICE
    with pytest.raises(SimfactorError, match=r"shape \{'state': \(4,\)\}"):
        policy.act({"state": np.zeros(4)})


def test_programs_of_torch_export(tmp_path: Path) -> None:
    program = torch.export.export(Net(), (torch.zeros(1, 4),))
    torch.export.save(program, tmp_path / "policy.pt2")
    policy = open_policy(tmp_path / "policy.pt2")
    (shown,) = drawn(STATE, 1)
    np.testing.assert_array_equal(policy.act(shown), Net()(torch.from_numpy(shown)[None])[0].detach())
    with pytest.raises(SimfactorError, match=r"policy.pt2 cannot act on .* shape \(6,\)"):
        policy.act(np.zeros(6, np.float32))
    (tmp_path / "broken.pt2").write_text("nothing")
    with pytest.raises(SimfactorError, match=r"broken.pt2 is no program of torch.export .*save it with"):
        open_policy(tmp_path / "broken.pt2")


@pytest.mark.parametrize("zipped", [True, False])
def test_pickles_are_never_opened_as_programs(zipped: bool, tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> Any:
            return (Path.touch, (tmp_path / "sprung",))

    path = tmp_path / "policy.pt"
    torch.save({"weights": Net().state_dict(), "trap": Trap()}, path, _use_new_zipfile_serialization=zipped)
    with pytest.raises(
        SimfactorError, match=r"policy.pt is no TorchScript file.*torch.jit.script.*module:fun"
    ):
        open_policy(path)
    assert not (tmp_path / "sprung").exists()


def test_onnx_acts_as_its_module(tmp_path: Path) -> None:
    net, path = Looking(), tmp_path / "policy.onnx"
    n = torch.export.Dim("n")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the exporter's own calls
        torch.onnx.export(
            net,
            (torch.zeros(2, 3, 36, 40, dtype=torch.uint8), torch.zeros(2, 4)),
            path,
            input_names=["pixels", "state"],
            dynamic_shapes={"pixels": {0: n}, "state": {0: n}},
            dynamo=True,
            verbose=False,
        )
    policy = open_policy(path)
    check_fits(policy, BOTH, MOVE)
    for shown in drawn(BOTH):
        pixels = torch.from_numpy(shown["pixels"].transpose(2, 0, 1).copy())[None]
        expected = net(pixels, torch.from_numpy(shown["state"]).float()[None])[0].detach()
        np.testing.assert_allclose(policy.act(shown), expected, atol=1e-6)
    with pytest.raises(SimfactorError, match=r"but the environment gives Box"):
        check_fits(policy, PIXELS, MOVE)
    weights = tmp_path / "policy.onnx.data"
    weights.write_bytes(weights.read_bytes() + b"more")
    assert open_policy(path).version != policy.version


@pytest.mark.parametrize(
    ("shape", "numbers", "told"),
    [
        (["n", 4], TensorProto.FLOAT, spaces.Box(-np.inf, np.inf, (4,), np.float32)),
        ([1, 4], TensorProto.DOUBLE, spaces.Box(-np.inf, np.inf, (4,), np.float64)),
        ([None, 3, 36, 40], TensorProto.UINT8, PIXELS),
        (["n", 3, "h", "w"], TensorProto.FLOAT, None),
    ],
)
def test_onnx_declares_what_it_takes(shape, numbers, told, tmp_path: Path) -> None:
    policy = open_policy(linear(tmp_path / "policy.onnx", shape, numbers))
    assert policy.observation_space == told
    env = STATE if len(shape) == 2 else PIXELS
    check_fits(policy, env, MOVE)
    for shown in drawn(env):
        expected = shown if len(shape) == 2 else shown.sum((0, 1))
        np.testing.assert_allclose(policy.act(shown), expected, rtol=1e-6)
    with pytest.raises(
        SimfactorError, match=r"the observation has shape \(5, 5\) but .*policy.onnx acts on \("
    ):
        policy.act(np.zeros((5, 5)))


def test_onnx_refuses_what_it_cannot_take(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "policy.onnx"
    pixels = open_policy(linear(path, ["n", 3, 36, 40], TensorProto.UINT8))
    with pytest.raises(SimfactorError, match=r"shape \(36, 40, 3\): Cannot cast .*'float64'\) to .*'uint8'"):
        pixels.act(np.ones(PIXELS.shape))
    with pytest.raises(SimfactorError, match=r"'obs' has shape \(5, 4\), but its first axis .*size 1 or any"):
        open_policy(linear(path, [5, 4]))
    with pytest.raises(SimfactorError, match=r"'obs' is a tensor\(bool\); allowed: tensor\(float\)"):
        open_policy(linear(path, [1, 4], TensorProto.BOOL))
    path.write_text("nothing")
    with pytest.raises(SimfactorError, match=r"cannot read .*policy.onnx .*export it again"):
        open_policy(path)
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(SimfactorError, match=r"onnxruntime is not installed; run pip .*'simfactor\[onnx\]'"):
        open_policy(path)
