"""What a run's configuration may say, section by section; the docstrings are the command line's help."""

from __future__ import annotations

import dataclasses
from typing import Annotated, Any, Literal, TypeAlias

import tyro
from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from simfactor.config.names import NetworkName, ObjectiveName, TaskName

STRICT = ConfigDict(extra="forbid", allow_inf_nan=False)

# Ranges, agents and shifts are tables of the file; a command line is no place for them.
Choices: TypeAlias = Annotated[dict[str, Any], tyro.conf.Fixed, tyro.conf.Suppress]
Count: TypeAlias = Annotated[int, Field(ge=1)]
Positive: TypeAlias = Annotated[float, Field(gt=0)]


@dataclass(frozen=True, config=STRICT)
class Correlation:
    """Two factors that tend to occur together in the data set."""

    factors: tuple[str, str]
    """Their names."""
    strength: Annotated[float, Field(gt=-1, lt=1)]
    """Correlation of a Gaussian copula; each factor alone is distributed as before."""


@dataclass(frozen=True, config=STRICT)
class MixturePart:
    """A part of the data set in which several factors are narrower together."""

    share: Annotated[float, Field(gt=0, lt=1)]
    """How much of it."""
    factors: Choices = dataclasses.field(default_factory=dict)
    """Their ranges in this part; whatever is not named is drawn as in the rest."""
    sensor: str | None = None
    """A sensor whose ranges they have, too: ideal is a camera without faults."""


@dataclass(frozen=True, config=STRICT)
class World:
    """What is rendered, and which part of it the encoder and the policy may train on."""

    space: str = "tabletop"
    """Factor space: a ready one (tabletop, arm, push, pushing, pick_and_place, isaac3d, mpi3d) or the path
    of a YAML file."""
    sensor: str | None = None
    """Sensor of the camera, whose factors are added to the space: a ready one (webcam, industrial, phone,
    or any, to train behind when the camera is not known) or the path of a YAML file."""
    patterns: Annotated[int, Field(ge=0, le=64)] = 0
    """Random patterns (pattern_0, pattern_1, ...; 64 at most) that textures of the encoder's images also are,
    beside those of encoder_support: what has seen many textures reads a new one better."""
    task: TaskName = "reach"
    """What agents have to do; planar_reach wants the space arm, push and pick_and_place their own."""
    renderer: Annotated[str, tyro.conf.arg(metavar="{raster,tiny,bullet-gl,pathtrace}")] = "raster"
    """Rendering backend: raster follows every factor, tiny does so slowly, bullet-gl needs OpenGL, pathtrace
    (as a real camera would see it, some images a second) Mitsuba 3; with options if they are not the usual,
    as in pathtrace:samples=4."""
    image_size: Literal[64, 128] = 64
    """Height and width of the images, pixels."""
    encoder_support: Choices = dataclasses.field(default_factory=dict)
    """Ranges that the data set, and so the encoder, is drawn from (factors left out: their full range)."""
    policy_support: Choices = dataclasses.field(default_factory=dict)
    """Ranges that agents train in, inside encoder_support: the clean domain."""
    correlations: Annotated[tuple[Correlation, ...], tyro.conf.Fixed, tyro.conf.Suppress] = ()
    """Factors that are correlated in the data set, and in nothing else."""
    held_out: Annotated[tuple[dict[str, Any], ...], tyro.conf.Fixed, tyro.conf.Suppress] = ()
    """What the data set never shows: ranges or values of one factor, or of several at once."""
    mixture: Annotated[tuple[MixturePart, ...], tyro.conf.Fixed, tyro.conf.Suppress] = ()
    """Parts of the data set in which factors are narrower together, as {share: 0.25, sensor: ideal}."""


@dataclass(frozen=True, config=STRICT)
class Data:
    """The labelled data set."""

    count: Count = 6000
    """Images to train the encoder on."""
    score_count: Annotated[int, Field(ge=60)] = 1500
    """Further images that no training sees, for the scores."""
    score_on: Literal["seen", "everything"] = "seen"
    """The scores' images: drawn as the training images are, or without correlations and held-out parts."""
    shard_size: Count = 512
    """Images per shard, the unit of work and of resuming."""
    workers: Count = 2
    """Worker processes."""


@dataclass(frozen=True, config=STRICT)
class Encoder:
    """The encoder and its training."""

    objective: ObjectiveName = "supervised"
    """How it learns: from labels, from pairs in which one factor changed, from images alone, or (drap) by
    showing each image as it would be in the middle of policy_support."""
    epochs: Count = 20
    """Passes over the training images."""
    batch_size: Count = 64
    """Images per step."""
    learning_rate: Positive = 2e-3
    """Peak learning rate."""
    network: NetworkName | None = None
    """Its network; by default as suits the objective (keypoints, which finds small objects)."""
    residual: Annotated[int, Field(ge=0)] | None = None
    """Latents that belong to no factor (all of them, without labels); by default as suits the objective."""
    label_share: Annotated[float, Field(gt=0, le=1)] = 1.0
    """Share of the training images whose labels are learned from."""
    augment: bool | None = None
    """Show half of every batch with other exposure and colours; by default as suits the objective."""
    noise: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Standard deviation of noise on the pixels that the encoder sees in training."""
    options: Choices = dataclasses.field(default_factory=dict)
    """The objective's own options, such as {task_weight: 3} or {beta: 8}."""
    features: str | None = None
    """Folder of a trained denoising autoencoder (objective dae), for the option {likelihood: perceptual}."""
    device: str = "auto"
    """auto (CUDA where there is one), cpu or cuda."""
    tensorboard: bool = False
    """Write curves of the training for TensorBoard (OUT/encoder/tensorboard)."""


@dataclass(frozen=True, config=STRICT)
class Augment:
    """One factor-wise augmentation of an agent's latents."""

    factors: tuple[str, ...]
    """Factor names, groups or roles whose blocks are changed."""
    kind: Literal["swap", "resample", "mix", "noise", "drop"] = "swap"
    """swap: between samples of the batch. From the latents of the encoder's images: resample (drawn from
    them), mix (moved towards them), noise (as wide as they vary). drop: 0, the middle of every factor."""
    strength: Positive | None = None
    """Share of samples that change (swap, resample: 1; drop: 0.5), how far at most (mix; 1), or how many
    standard deviations (noise; 1)."""
    rise: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Share of the training over which the strength rises from 0."""


@dataclass(frozen=True, config=STRICT)
class ImageAugment:
    """One augmentation of an agent's images; they are applied in the order of the list."""

    kind: Literal["shift", "photometric", "convolution", "rerender"]
    """shift: by some pixels. photometric: other light, contrast, noise. convolution: a random filter.
    rerender: the same state with other nuisance factors, shown by the simulator."""
    strength: Positive | None = None
    """Pixels (shift; 4), times the usual ranges (photometric; 1), share in the mixture (convolution; 1), of
    the samples (rerender; 1)."""
    target: Literal["changed", "clean"] | None = None
    """changed (as DrQ): all is learned from changed images. clean (as SVEA): target and policy are computed
    without this change, and the critic learns from both. rerender is always clean, others changed unless
    told."""
    consistency: Annotated[float, Field(ge=0)] = 0.0
    """With target clean: what the actor pays for acting otherwise on the changed view (0.1 is moderate)."""
    factors: tuple[str, ...] = ()
    """Only for rerender: what is redrawn from encoder_support, by factor name, group or role."""
    rise: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Share of the training over which the strength rises from 0."""


@dataclass(frozen=True, config=STRICT)
class Agent:
    """One agent of the comparison."""

    observation: Literal["latent", "state", "pixels", "pixels+proprioception"] = "latent"
    """latent: blocks of the encoder's latents; state: the true positions; pixels: images, without encoder;
    pixels+proprioception: with what the robot knows of itself."""
    blocks: tuple[str, ...] = ()
    """Latent blocks the agent sees, by factor name, group or role; none means all."""
    measured: tuple[str, ...] = ()
    """Factors that the robot knows without its camera, as ee_x of its joints: their blocks hold the truth, in
    training, in tests and (as what is measured there) on the robot (latent only)."""
    augment: tuple[Augment, ...] = ()
    """Factor-wise augmentations of the replayed latents."""
    image_augment: tuple[ImageAugment, ...] = ()
    """Augmentations of the replayed images, for agents on images."""
    randomise: tuple[str, ...] = ()
    """Domain randomisation: what is drawn from encoder_support in this agent's training, by factor name,
    group or role; the rest from policy_support."""
    algorithm: Literal["sac", "ppo"] | None = None
    """sac (by default) needs few steps, ppo (in rollouts of 1024, augmenting as DrAC) many cheap ones."""
    teacher: str | None = None
    """Learn what the agent of this name, on the state, would do, instead of from rewards (latent only)."""
    fine_tune: bool = False
    """Let what the agent learns change its copy of the encoder, too (latent only; far dearer)."""
    critic: Literal["observation", "state"] = "observation"
    """What values are learned from: state shows the critic, in training, the truth (pixels only)."""
    learning_rate: Positive | None = None
    """Of all its networks; by default the algorithm's (0.003)."""

    @property
    def shown(self) -> str:
        """What its environment observes: images also where the agent has an encoder of its own."""
        return "pixels" if self.fine_tune else self.observation

    @property
    def on_images(self) -> bool:
        """Whether images are part of that."""
        return self.shown.startswith("pixels")


@dataclass(frozen=True, config=STRICT)
class Agents:
    """Training of the agents."""

    steps: Count = 5000
    """Environment steps per agent and seed."""
    seeds: Count = 2
    """Independent trainings per agent."""
    workers: Count = 2
    """Trainings at a time."""
    train: Annotated[dict[str, Agent], tyro.conf.Fixed, tyro.conf.Suppress] = dataclasses.field(
        default_factory=lambda: {"latent": Agent(), "state": Agent(observation="state")}
    )
    """Name -> agent."""


@dataclass(frozen=True, config=STRICT)
class ShiftRanges:
    """One shifted domain."""

    level: Literal["ood1", "ood2"]
    """ood1: outside the policy's support, inside the encoder's; ood2: outside both. Checked."""
    factors: Choices = dataclasses.field(default_factory=dict)
    """Ranges that replace the policy's."""
    renderer: str | None = None
    """Shown by this renderer instead of the world's, as in pathtrace:samples=4,environment=sky, a stand-in
    for a real camera. Always ood2."""
    sensor: str | None = None
    """Taken by this sensor (webcam, industrial, phone, any, or a YAML file). Always ood2."""


@dataclass(frozen=True, config=STRICT)
class Adapted:
    """A trained agent, tested once more with another encoder before it."""

    agent: str
    """Its name; it learned on latents, and its encoder is not its own."""
    encoder: str
    """Folder of an encoder that was adapted from the run's: of `simfactor adapt-encoder`."""


@dataclass(frozen=True, config=STRICT)
class Transfer:
    """Tests of the trained agents under shift."""

    episodes: Count = 50
    """Episodes per agent, seed and domain, on the same episode seeds everywhere."""
    workers: Count = 2
    """Evaluations at a time."""
    shifts: Annotated[dict[str, ShiftRanges], tyro.conf.Fixed, tyro.conf.Suppress] = dataclasses.field(
        default_factory=dict
    )
    """Name -> shift."""
    suite: str | None = None
    """More shifts, in ladders of severity: a ready suite (tabletop) or the path of a YAML file."""
    adapted: Annotated[dict[str, Adapted], tyro.conf.Fixed, tyro.conf.Suppress] = dataclasses.field(
        default_factory=dict
    )
    """Name -> a trained agent that sees through another encoder."""
    diagnose: bool = False
    """Run agents on latents once more with the truth in the task's: was it the encoder or the policy?"""


@dataclass(frozen=True, config=STRICT)
class Shared:
    """What every stage knows."""

    out: str = "runs/simfactor"
    """Folder of this run: results go here, and a run that is repeated resumes from here."""
    seed: Annotated[int, Field(ge=0)] = 0
    """Seed of everything random in this run."""
    world: World = dataclasses.field(default_factory=World)


@dataclass(frozen=True, config=STRICT)
class RunConfig(Shared):
    """The whole loop: generate, train-encoder, score, train-agent, transfer, report."""

    data: Data = dataclasses.field(default_factory=Data)
    encoder: Encoder = dataclasses.field(default_factory=Encoder)
    agents: Agents = dataclasses.field(default_factory=Agents)
    transfer: Transfer = dataclasses.field(default_factory=Transfer)
