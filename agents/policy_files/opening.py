"""A user's policy, opened by what it is."""

from __future__ import annotations

from pathlib import Path

from gymnasium import spaces

from simfactor.agents.agent import MODEL, load_agent
from simfactor.agents.isolation import isolated
from simfactor.agents.pixel_policy import PIXELS
from simfactor.agents.policy_files.fits import channels_last
from simfactor.agents.policy_files.functions import open_function
from simfactor.agents.policy_files.onnx import open_onnx
from simfactor.agents.policy_files.policy import Policy, version_of
from simfactor.agents.policy_files.programs import open_exported, open_scripted
from simfactor.agents.policy_files.stable_baselines import open_zip
from simfactor.errors import SimfactorError

ZIP = ".zip"
OPENERS = {
    ".onnx": open_onnx,
    ".pt": open_scripted,
    ".pt2": open_exported,
    ".pth": open_scripted,
    ".ts": open_scripted,
}
ALLOWED = (
    f"{ZIP} (Stable-Baselines3), .pt, .pth or .ts (TorchScript), .pt2 (torch.export), .onnx, the folder of "
    "an agent that train_agent left, or module:function"
)


def open_policy(
    source: str | Path, algorithm: str | None = None, normalize: str | Path | None = None
) -> Policy:
    """What acts, from a file, a folder or a function; all global generators stay as they are.

    source: what Stable-Baselines3 saved (``policy.zip``); a TorchScript file (``.pt``, ``.pth``, ``.ts``) or
    program of torch.export (``.pt2``), called with a batch of one observation, a Dict's as a dict; an
    ``.onnx`` file with one input for the observation, or one for each key of a Dict; the folder of an agent
    that :func:`simfactor.agents.train_agent` left; or ``module:function``, importable as ``python -m`` would
    from the current folder: observation -> action, or an object with ``predict`` as Stable-Baselines3's have.
    The first result of a network is its action, as it is; of a Stable-Baselines3 model, it is in the action
    space. Nothing else is done to observations, but channels of pictures are put first where a file says so.
    What a network or a function keeps between calls cannot be seen here: it must be nothing.

    algorithm: who is to open a zip whose policy needs its algorithm: ``PPO``, or ``module:Class``
    (``sb3_contrib:ARS``). normalize: the file of a VecNormalize that a zip was trained with, or ``none``; it
    has to be said where such a file lies beside the zip, for guessed wrong, the policy acts on nonsense.

    Zips and ``.pt2`` files can hold code, and functions are code: open those of people you trust.

    Raises SimfactorError for what cannot be opened, and for policies that keep a state between steps.
    """
    path = Path(source)
    suffix = path.suffix.lower()
    if suffix != ZIP and (algorithm, normalize) != (None, None):
        raise SimfactorError(
            f"algorithm={algorithm!r} and normalize={normalize!r} are for {ZIP} files of Stable-Baselines3, "
            f"but the policy is {str(source)!r}; leave them out."
        )
    with isolated():
        if path.is_dir():
            return _open_folder(path)
        if suffix == ZIP or suffix in OPENERS:
            if not path.is_file():
                raise SimfactorError(f"there is no file {str(source)!r}; name one that exists.")
            return open_zip(path, algorithm, normalize) if suffix == ZIP else OPENERS[suffix](path)
        if ":" in str(source):
            return open_function(str(source))
    found = "cannot be opened as a policy" if path.exists() else "is no file or folder"
    raise SimfactorError(f"{str(source)!r} {found}; allowed: {ALLOWED}.")


def _open_folder(folder: Path) -> Policy:
    agent = load_agent(folder)
    observed = agent.policy.observation_space
    if isinstance(observed, spaces.Dict):  # of which acting does not need all that training did
        parts = {name: observed[name] for name in agent.observed_shapes}
        observed = spaces.Dict(parts) if len(parts) > 1 else observed[PIXELS]
    version = version_of(folder / MODEL)
    return Policy(agent.act, channels_last(observed), agent.policy.action_space, version, agent.measured)
