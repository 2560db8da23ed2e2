"""What is put to the test: somebody's environment, seen as somebody's policy sees it."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, TypeAlias

import gymnasium as gym

from simfactor.agents import Policy, check_fits
from simfactor.encoders.pretrained import WEIGHTS
from simfactor.envs import FactorControl, LatentObservation, MeasuredLatents
from simfactor.envs.adapted import FILE, Adapted
from simfactor.envs.latent_reading import open_encoder
from simfactor.envs.opening import open_env
from simfactor.envs.success import Success
from simfactor.errors import SimfactorError
from simfactor.factors import FactorSpace

Shown: TypeAlias = Literal["pixels", "pixels+state", "state", "pixels+proprioception"]
OURS = "simfactor/"  # ids of environments that show pixels of their own
IMAGE_SIZE = 64


@dataclass(frozen=True)
class Subject:
    """An environment, and how it is seen.

    env: its name as :func:`simfactor.envs.opening.open_env` takes it, or a function that makes it. kwargs:
    arguments to make it with. attach: further arguments of ``FactorControl`` for an environment of somebody
    else's (``camera``, ``client``, ``world``, ``bind``). observation, image_size: what is shown; None: what
    fits the policy. encoder, blocks, measured, proprioception: a folder, which of its latents are observed,
    in which of these stands what is measured (an agent's folder says so itself), and which parts of the
    environment's own observation after them. success, least_return: as of
    :class:`simfactor.envs.success.Success`. max_steps: after which an episode is over, unless the
    environment's id says it.
    """

    env: str | Callable[..., gym.Env[Any, Any]]
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    attach: Mapping[str, Any] = field(default_factory=dict)
    observation: Shown | None = None
    image_size: int | None = None
    encoder: str | None = None
    blocks: tuple[str, ...] | None = None
    measured: tuple[str, ...] = ()
    proprioception: tuple[str, ...] = ()
    success: str | None = None
    least_return: float | None = None
    max_steps: int = 1000

    def __post_init__(self) -> None:
        if self.proprioception and self.encoder is None:
            raise SimfactorError(
                f"proprioception={list(self.proprioception)} follows latents, but there is no encoder; name "
                "one, or leave it out: observation='pixels+state' shows all."
            )
        if self.measured and self.encoder is None:
            raise SimfactorError(
                f"measured={list(self.measured)} stands in latents, but there is no encoder; name one."
            )

    @staticmethod
    def named(env: str | Callable[..., gym.Env[Any, Any]], **seen: Any) -> Subject:
        """An environment by name, by function, or by the folder that adapt-env left, with its encoder.

        ``seen``: the other arguments, which go before what the folder says.
        """
        if not (isinstance(env, str) and (Path(env) / FILE).is_file()):
            return Subject(env, **seen)
        adapted = Adapted.load(Path(env))
        kept = {"renderer": adapted.renderer, "camera": adapted.camera}
        given = {name: value for name, value in seen.items() if value is not None}
        return Subject(
            adapted.env,
            **{
                "encoder": str(Path(env) / "encoder"),
                **given,
                "kwargs": {**adapted.kwargs, **given.get("kwargs", {})},
                "attach": {**kept, **given.get("attach", {})},
            },
        )

    def open(self, space: FactorSpace | None = None) -> gym.Env[Any, Any]:
        """The environment with factors drawn from ``space``, by default from all of its own."""
        seen = {"observation": self.observation or "pixels", "image_size": self.image_size or IMAGE_SIZE}
        kwargs = {**(seen if self.ours else {}), **self.kwargs}
        env = open_env(self.env, **kwargs) if isinstance(self.env, str) else self.env(**kwargs)
        if env.spec is None or env.spec.max_episode_steps is None:
            env = gym.wrappers.TimeLimit(env, self.max_steps)
        attached = env.has_wrapper_attr("draw_factors")
        env = FactorControl(env, space) if attached else FactorControl(env, space, **seen, **self.attach)
        if self.encoder is not None:
            env = LatentObservation(env, self.encoder, self.blocks, self.proprioception)
            env = MeasuredLatents(env, self.measured) if self.measured else env
        if self.success is None and self.least_return is None:
            return env
        return Success(env, self.success, self.least_return)

    @property
    def ours(self) -> bool:
        """Whether the environment is one of simfactor's, which show themselves."""
        return isinstance(self.env, str) and self.env.rpartition(":")[2].startswith(OURS)

    @property
    def version(self) -> str:
        """Changes with everything that decides what is seen, but for code (:func:`code_version`)."""
        text = repr(self)
        if self.encoder is not None:
            text += hashlib.sha256((Path(self.encoder) / WEIGHTS).read_bytes()).hexdigest()
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def code_version(env: gym.Env[Any, Any]) -> str:
    """Changes with the file that defines an environment; nothing is known of what that imports."""
    file = inspect.getsourcefile(type(env.unwrapped))
    return "" if file is None else hashlib.sha256(Path(file).read_bytes()).hexdigest()[:16]


def fitted(subject: Subject, policy: Policy) -> tuple[Subject, gym.Env[Any, Any]]:
    """The subject that shows what the policy sees, and its environment, open.

    Raises SimfactorError if nothing that can be shown fits.
    """
    wanted = replace(
        subject,
        image_size=subject.image_size or _image_size(subject, policy),
        measured=subject.measured or policy.measured,
    )
    refused = []
    for observation in _candidates(wanted, policy):
        shown = replace(wanted, observation=observation)
        try:
            env = shown.open()
        except SimfactorError as error:
            refused.append(f"  {observation}: {error}")
            continue
        try:
            check_fits(policy, env.observation_space, env.action_space)
        except SimfactorError as error:
            env.close()
            refused.append(f"  {observation}: {error}")
            continue
        return shown, env
    raise SimfactorError("the policy fits nothing that the environment can show:\n" + "\n".join(refused))


def _candidates(subject: Subject, policy: Policy) -> tuple[Shown, ...]:
    if subject.observation is not None:
        return (subject.observation,)
    if subject.encoder is not None:
        return ("pixels+state",) if subject.proprioception else ("pixels",)
    if policy.observation_space is None:
        return ("pixels",)
    return ("pixels", "pixels+state", "state", *(("pixels+proprioception",) if subject.ours else ()))


def _image_size(subject: Subject, policy: Policy) -> int:
    """The encoder's, else the policy's, else the usual one."""
    if subject.encoder is not None:
        return open_encoder(subject.encoder).image_size
    seen = policy.observation_space
    if isinstance(seen, gym.spaces.Dict) and "pixels" in seen.spaces:
        seen = seen["pixels"]
    pictures = isinstance(seen, gym.spaces.Box) and seen.shape[2:] == (3,)
    return int(seen.shape[0]) if pictures and seen is not None and seen.shape else IMAGE_SIZE
