"""Environments by name, and what is no name of one."""

import contextlib
import functools
import io
import pickle
import sys
from pathlib import Path

import gymnasium as gym
import pytest

from simfactor.envs.opening import open_env
from simfactor.errors import SimfactorError

with contextlib.redirect_stdout(io.StringIO()):
    import panda_gym  # noqa: F401  # prints


def test_a_registered_id_shows_pictures_unless_told_otherwise() -> None:
    for name in ("simfactor/ArmReach-v0", "simfactor.envs:simfactor/ArmReach-v0"):
        env = open_env(name, max_episode_steps=7)
        assert env.spec is not None
        assert env.spec.max_episode_steps == 7
        assert env.render_mode == "rgb_array"
        env.close()
    assert open_env("panda_gym:PandaReach-v3").render_mode == "rgb_array"
    assert open_env("CartPole-v1", render_mode=None).render_mode is None


def test_a_function_gets_its_arguments_in_any_process() -> None:
    factory = functools.partial(open_env, "yard:Yard", cameras=2)
    env = pickle.loads(pickle.dumps(factory))()
    assert env.cameras == 2
    env.close()


def test_a_module_may_lie_in_the_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "my_bench.py").write_text(
        "import gymnasium\n\ndef bench(**kwargs):\n    return gymnasium.make('CartPole-v1', **kwargs)\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    assert isinstance(open_env("my_bench:bench"), gym.Env)


@pytest.mark.parametrize(
    ("name", "kwargs", "message"),
    [
        ("PandaReech-v3", {}, r"no environment 'PandaReech-v3' is registered .*'package:EnvId-v0' imports"),
        ("nowhere/Reach-v0", {}, "no environment 'nowhere/Reach-v0' is registered"),
        ("CartPole-v99", {}, "no environment 'CartPole-v99' is registered"),
        ("yard:Yart", {}, r"no environment 'Yart' is registered, and 'yard' has no function of this name"),
        (
            "yrd:Yard",
            {},
            r"'yrd' of 'yrd:Yard' cannot be imported \(.*No module named 'yrd'\); name a module",
        ),
        (":Yard", {}, "'' of ':Yard' cannot be imported"),
        ("yard:p", {}, "'yard:p' is no function but <module"),
        ("builtins:dict", {}, r"'builtins:dict' returned \{\}; it has to return a gymnasium.Env"),
        ("yard:Yard", {"camera": 1}, r"does not take these arguments: .*'camera'; leave them out"),
        ("CartPole-v1", {"speed": 1}, r"does not take these arguments: .*'speed'"),
        ("a b", {}, r"'a b' cannot be made: Malformed environment ID"),
    ],
)
def test_what_is_no_environment_is_refused(name: str, kwargs: dict, message: str) -> None:
    with pytest.raises(SimfactorError, match=message):
        open_env(name, **kwargs)


def test_what_an_environment_raises_passes() -> None:
    with pytest.raises(TypeError, match="unsupported operand"):
        open_env("yard:Yard", cameras=1, clients=_Odd())


class _Odd:
    """Cannot be counted."""

    def __index__(self) -> int:
        raise TypeError("unsupported operand")
