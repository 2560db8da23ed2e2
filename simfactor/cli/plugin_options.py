"""What the commands take that work on anybody's environments and policies."""

from __future__ import annotations

import dataclasses
from typing import Annotated, Any, Literal

import tyro
import yaml

from simfactor.config.names import NetworkName, ObjectiveName
from simfactor.errors import SimfactorError


def _arguments(texts: list[str]) -> dict[str, Any]:
    """NAME=VALUE of each text, values as YAML has them."""
    given = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not (name and equals):
            raise SimfactorError(f"{text!r} is not of the form NAME=VALUE, as in light_azimuth='[-30, 30]'.")
        try:
            given[name] = yaml.safe_load(value)
        except yaml.YAMLError as error:
            raise SimfactorError(f"{text!r} has no value that YAML can read ({error}).") from None
    return given


# names and what they are, on a command line
Arguments = Annotated[
    dict[str, Any],
    tyro.constructors.PrimitiveConstructorSpec(
        nargs="*",
        metavar="NAME=VALUE [NAME=VALUE ...]",
        instance_from_str=_arguments,
        is_instance=lambda given: isinstance(given, dict),
        str_from_instance=lambda given: [f"{name}={value}" for name, value in given.items()],
    ),
]


@dataclasses.dataclass(frozen=True)
class AdaptEnvConfig:
    """Make a PyBullet environment's data set, train its encoder, score it (OUT/adapted.json)."""

    env: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="ENV")]
    """An id of gymnasium's, package:id, or module:function of a function that returns an environment."""
    out: str = "runs/adapted"
    """Folder of all that is made. The same command again goes on where it stopped."""
    kwargs: Arguments = dataclasses.field(default_factory=dict)
    """Arguments for making the environment, such as render_distance=0.8."""
    factors: tuple[str, ...] = ("lighting", "camera", "sensor")
    """Factors or groups that are drawn for each picture. Textures and tints replace the bodies' own looks."""
    moments: int = 8000
    """Moments of random play that the encoder learns from."""
    held_out: int = 800
    """Moments of other episodes that it is scored on."""
    appearances: int = 2
    """Pictures of each moment."""
    every: int = 20
    """Steps from one moment of an episode to the next."""
    image_size: int = 64
    """Height and width of the pictures, pixels."""
    objective: ObjectiveName = "supervised"
    """How the encoder learns; not from pairs."""
    network: NetworkName | None = None
    """Its network; by default as suits the objective."""
    epochs: int = 8
    """Passes over the pictures."""
    learning_rate: float = 3e-3
    """Peak learning rate."""
    seed: int = 0
    """Seed of everything random."""
    workers: int | None = None
    """Processes that play (default: one a core)."""
    device: str = "auto"
    """What the encoder is trained on: auto (CUDA where there is one), cpu or cuda."""


@dataclasses.dataclass(frozen=True)
class StressConfig:
    """Test any policy in any PyBullet environment under shifts. Exit 0: held, 1: violated, 3: open."""

    env: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="ENV")]
    """A registered id, package:id of a package that registers it, module:function that makes one, or the
    folder of adapt-env, whose encoder the policy then acts on."""
    policy: Annotated[str, tyro.conf.arg(metavar="FILE")]
    """An SB3 zip, an agent's folder, a TorchScript, .pt2 or ONNX file, or module:function."""
    suite: tuple[str, ...] = ("lighting",)
    """Factors, groups (lighting, camera, texture, color, sensor) or roles (nuisance) to move outward, or one
    suite of shifts: a ready one or a YAML file."""
    max_drop: Annotated[float | None, tyro.conf.arg(metavar="SHARE")] = None
    """How much success a shift may cost (0.1: from 90 % to 80 %); testing then stops when it is clear which
    do."""
    episodes: Annotated[int, tyro.conf.arg(metavar="N")] = 100
    """Episodes of each shift at most; more continue what is there."""
    search: Literal["worst"] | None = None
    """worst: search for the worst setting of all factors of the suite, and test it like the shifts."""
    budget: Annotated[int, tyro.conf.arg(metavar="N")] = 60
    """Settings that the search tries, ten episodes each."""
    trained: Arguments = dataclasses.field(default_factory=dict)
    """What the policy was trained with, if the world was not as the environment has it:
    light_azimuth='[-30, 30]'."""
    severities: Annotated[int, tyro.conf.arg(metavar="N")] = 2
    """Rungs from the training's range of a number to the end of what is possible."""
    observation: Literal["pixels", "pixels+state", "state", "pixels+proprioception"] | None = None
    """What the policy sees (default: what fits it)."""
    image_size: Annotated[int | None, tyro.conf.arg(metavar="PIXELS")] = None
    """Of the pictures (default: what fits the policy)."""
    encoder: Annotated[str | None, tyro.conf.arg(metavar="FOLDER")] = None
    """For a policy that acts on latents: the folder of the encoder."""
    blocks: tuple[str, ...] = ()
    """And which of them it sees (default: all)."""
    measured: tuple[str, ...] = ()
    """And in which of these stands what the robot measures (an agent's folder says so itself)."""
    proprioception: tuple[str, ...] = ()
    """And which parts of the environment's own observation after them, such as joint angles."""
    success: Annotated[str | None, tyro.conf.arg(metavar="KEY")] = None
    """What the environment calls success in its info (default: is_success)."""
    least_return: Annotated[float | None, tyro.conf.arg(metavar="RETURN")] = None
    """Instead: how much an episode has to return to be a success."""
    max_steps: Annotated[int, tyro.conf.arg(metavar="N")] = 1000
    """Where episodes end that the environment does not end (its registered limit goes before)."""
    kwargs: Arguments = dataclasses.field(default_factory=dict)
    """Arguments for making the environment, such as render_distance=0.8."""
    algorithm: Annotated[str | None, tyro.conf.arg(metavar="NAME")] = None
    """Class of an SB3 model that does not tell it: PPO, or module:Class."""
    normalize: Annotated[str | None, tyro.conf.arg(metavar="FILE")] = None
    """Statistics of SB3's VecNormalize that the policy was trained with; none: none."""
    seed: Annotated[int, tyro.conf.arg(metavar="N")] = 100_000
    """Seed of the first episode; one that training did not use."""
    workers: Annotated[int | None, tyro.conf.arg(metavar="N")] = None
    """Processes (default: one a core)."""
    out: Annotated[str, tyro.conf.arg(metavar="FOLDER")] = "runs/stress"
    """Where the report goes; the same command again goes on from what is there."""


@dataclasses.dataclass(frozen=True)
class DeployConfig:
    """Export encoder and policy as one ONNX model, with a contract and a monitor. Says what it measured."""

    encoder: Annotated[str, tyro.conf.arg(metavar="FOLDER")]
    """The trained encoder."""
    data: Annotated[str, tyro.conf.arg(metavar="FOLDER")]
    """The data set that it was trained on; its last images, which it was not, are measured on."""
    policy: Annotated[str | None, tyro.conf.arg(metavar="FILE")] = None
    """An agent's folder, or an SB3 zip that acts on latents (default: the encoder alone)."""
    blocks: tuple[str, ...] | None = None
    """What of the latents a zip acts on: factors, groups or roles (default: all)."""
    measured: tuple[str, ...] = ()
    """And of which factors it is shown what the robot measures instead, as ee_x of its joints."""
    withhold: tuple[str, ...] = ()
    """Factors, groups, roles or residual that are not to be read from the outputs."""
    erase: bool = False
    """Also take out of the other latents what is linear in the withheld factors."""
    allow_leak: bool = False
    """Write the model even if a withheld factor is still readable."""
    alpha: Annotated[float, tyro.conf.arg(metavar="SHARE")] = 0.05
    """Share of clean images on which the monitor may ring."""
    held_out: Annotated[int | None, tyro.conf.arg(metavar="N")] = None
    """How many images the encoder was not trained on (default: those of the run's scores, or a fifth)."""
    shuffles: Annotated[int, tyro.conf.arg(metavar="N")] = 19
    """Of the labels, for the baseline of what is readable."""
    seed: Annotated[int, tyro.conf.arg(metavar="N")] = 0
    """Of the shuffles and of what reads."""
    algorithm: Annotated[str | None, tyro.conf.arg(metavar="NAME")] = None
    """Class of an SB3 model that does not tell it: PPO, or module:Class."""
    normalize: Annotated[str | None, tyro.conf.arg(metavar="none")] = None
    """none: statistics of VecNormalize that lie beside a zip are not its own."""
    out: Annotated[str, tyro.conf.arg(metavar="FOLDER")] = "deployed"
    """Where the model, the contract and the monitor go."""
