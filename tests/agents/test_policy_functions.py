import importlib
import sys
from pathlib import Path

import numpy as np
import pytest
import stable_baselines3 as sb3
from anything import CHOICE, CNN, MOVE, PIXELS, STATE, drawn, saved

from simfactor.agents import check_fits, open_policy
from simfactor.errors import SimfactorError


def test_functions_of_the_current_folder(here: Path) -> None:
    (here / "gains.py").write_text("GAIN = 2\n")
    source = here / "steering.py"
    source.write_text(
        "class Predicting:\n"
        "    def predict(self, observation, deterministic=False):\n"
        "        return (-observation if deterministic else 0 * observation), None\n"
        "class Remembering:\n"
        "    def predict(self, observation):\n"
        "        return observation, 1\n"
        "predicting, remembering = Predicting(), Remembering()\n"
        "def act(observation):\n"
        "    import gains\n"
        "    return gains.GAIN * observation\n"
    )
    policy = open_policy("steering:act")
    assert policy.act(3) == 6
    assert (policy.observation_space, policy.action_space) == (None, None)
    check_fits(policy, PIXELS, CHOICE)
    assert open_policy("steering:predicting").act(3) == -3
    with pytest.raises(SimfactorError, match="steering:remembering keeps a state"):
        open_policy("steering:remembering").act(3)
    with pytest.raises(
        SimfactorError, match=r"unknown name in steering 'acts'; allowed: .*Did you mean 'act'\?"
    ):
        open_policy("steering:acts")
    with pytest.raises(SimfactorError, match=r"'steering:Predicting' is <class .*not its class"):
        open_policy("steering:Predicting")
    source.write_text(f"{source.read_text()}# altered\n")
    assert open_policy("steering:act").version != policy.version


def test_models_that_a_module_loads(here: Path) -> None:
    model = saved(here / "policy.zip", sb3.PPO, "CnnPolicy", PIXELS, MOVE, **CNN)
    (here / "loading.py").write_text("from stable_baselines3 import PPO\nmodel = PPO.load('policy.zip')\n")
    policy = open_policy("loading:model")
    (shown,) = drawn(PIXELS, 1)
    np.testing.assert_array_equal(policy.act(shown), model.predict(shown, deterministic=True)[0])
    assert (policy.observation_space, policy.action_space) == (PIXELS, MOVE)


def test_classes_that_a_zip_needs_are_found_in_the_current_folder(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "networks.py").write_text(
        "from stable_baselines3 import PPO\n"
        "from stable_baselines3.common.torch_layers import FlattenExtractor\n"
        "class Flat(FlattenExtractor):\n"
        "    pass\n"
        "class Learner(PPO):\n"
        "    pass\n"
    )
    monkeypatch.syspath_prepend(here)
    networks = importlib.import_module("networks")
    options = {"net_arch": [8], "features_extractor_class": networks.Flat}
    saved(here / "policy.zip", networks.Learner, "MlpPolicy", STATE, MOVE, n_steps=64, policy_kwargs=options)
    sys.path.remove(str(here))
    del sys.modules["networks"]

    acted = open_policy("policy.zip").act(np.zeros(4, np.float32))
    np.testing.assert_array_equal(
        open_policy("policy.zip", "networks:Learner").act(np.zeros(4, np.float32)), acted
    )
    with pytest.raises(SimfactorError, match=r"algorithm 'networks:Flat' is .* name a subclass of"):
        open_policy("policy.zip", "networks:Flat")
    del sys.modules["networks"]
    (here / "networks.py").unlink()
    with pytest.raises(
        SimfactorError, match=r"cannot be opened by the policy class in it \(ModuleNotFoundError.*'networks'"
    ):
        open_policy("policy.zip")
