"""What the commands take that stand between simulation and reality."""

from __future__ import annotations

import dataclasses
from typing import Annotated, Literal

import tyro

MethodName = Literal["statistics", "coral", "mmd", "dann", "self_training", "fourier", "colour"]


@dataclasses.dataclass(frozen=True)
class CameraConfig:
    """Measure a real camera from pictures of a chessboard, and match the simulated one to it."""

    pictures: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="FOLDER")]
    """Pictures of the board, held at different angles all over the image; five or more."""
    board: Annotated[str, tyro.conf.arg(metavar="COLUMNSxROWS")]
    """Its inner corners, where four squares meet: 9x6."""
    square: Annotated[float, tyro.conf.arg(metavar="METRES")]
    """Side of a square."""
    out: Annotated[str, tyro.conf.arg(metavar="FILE")] = "camera.yaml"
    """Where the measurements go."""
    pose: Annotated[str | None, tyro.conf.arg(metavar="PICTURE")] = None
    """A picture of the board lying in the workspace, from where the camera is to stand."""
    origin: Annotated[tuple[float, float, float], tyro.conf.arg(metavar="X Y Z")] = (0.0, 0.0, 0.0)
    """Where the board lies: the inner corner at its lower left, where the black square is, in metres."""
    yaw: Annotated[float, tyro.conf.arg(metavar="DEGREES")] = 0.0
    """By how much the board's lower side is turned from the world's x axis, towards y."""
    like: Annotated[str, tyro.conf.arg(metavar="SPACE")] = "tabletop"
    """The factor space to match: a ready one or a YAML file."""
    space: Annotated[str | None, tyro.conf.arg(metavar="FILE")] = None
    """Where the matched factor space goes; needs --pose."""


@dataclasses.dataclass(frozen=True)
class Sim2RealConfig:
    """Compare real and simulated trials of policies: rates, r, MMRV, and how many more trials it takes."""

    trials: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="TRIALS.csv")]
    """A line a trial, with columns policy, task, domain (real or sim), trial, and success or score."""
    json: Annotated[str | None, tyro.conf.arg(metavar="FILE")] = None
    """Where the numbers go, too."""
    confidence: Annotated[float, tyro.conf.arg(metavar="SHARE")] = 0.95
    """Of all intervals."""
    power: Annotated[float, tyro.conf.arg(metavar="SHARE")] = 0.8
    """Of the trials that are planned: how likely they are to tell a difference as large as was seen."""
    resamples: Annotated[int, tyro.conf.arg(metavar="N")] = 2000
    """Of the bootstrap."""
    seed: Annotated[int, tyro.conf.arg(metavar="N")] = 0
    """Of the bootstrap."""


@dataclasses.dataclass(frozen=True)
class CalibrateConfig:
    """Narrow a factor space to what unlabelled pictures show: light, camera, colours, sensor."""

    target: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="TARGET")]
    """A folder of pictures, or a data set whose labels are not looked at; 40 images or more."""
    encoder: Annotated[str, tyro.conf.arg(metavar="FOLDER")]
    """One trained with labels on pictures of the space."""
    space: Annotated[str, tyro.conf.arg(metavar="SPACE")] = "tabletop"
    """Where to begin, and the widest there can be: a ready factor space or a YAML file."""
    out: Annotated[str, tyro.conf.arg(metavar="FILE")] = "calibrated.yaml"
    """Where the calibrated factor space goes."""
    json: Annotated[str | None, tyro.conf.arg(metavar="FILE")] = None
    """Where the numbers go."""
    factors: Annotated[tuple[str, ...], tyro.conf.arg(metavar="NAME ...")] = ("nuisance",)
    """Factors, groups or roles to calibrate."""
    budget: Annotated[int, tyro.conf.arg(metavar="N")] = 300
    """Spaces to try."""
    pictures: Annotated[int, tyro.conf.arg(metavar="N")] = 128
    """Rendered of each."""
    alpha: Annotated[float, tyro.conf.arg(metavar="SHARE")] = 0.05
    """Chance that a space is accepted if the pictures are no other than the start's."""
    seed: Annotated[int, tyro.conf.arg(metavar="N")] = 0
    """Of the halves, the pictures and the search."""
    device: Annotated[str, tyro.conf.arg(metavar="NAME")] = "cpu"
    """Where pictures are rendered: cpu, cuda or auto."""


@dataclasses.dataclass(frozen=True)
class DomainGapConfig:
    """Say which factors differ between two folders of images, as an encoder reads them (OUT/gap.html)."""

    source: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="SOURCE")]
    """The data set that the encoder was trained on, or a folder of pictures like it."""
    target: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="TARGET")]
    """A data set, or a folder of pictures without labels."""
    encoder: Annotated[str, tyro.conf.arg(metavar="FOLDER")]
    """The trained encoder."""
    out: Annotated[str, tyro.conf.arg(metavar="FOLDER")] = "runs/domain-gap"
    """Where the report, its numbers and the nearest pictures go."""
    json: Annotated[str | None, tyro.conf.arg(metavar="FILE")] = None
    """Where the numbers go (default: OUT/gap.json)."""
    held_out: Annotated[int | None, tyro.conf.arg(metavar="N")] = None
    """How many of a source's last images the encoder was not trained on (default: those of the run's scores,
    or a fifth). Only they are compared."""
    alpha: Annotated[float, tyro.conf.arg(metavar="SHARE")] = 0.05
    """Chance that anything is called shifted if nothing is."""
    least_effect: Annotated[float, tyro.conf.arg(metavar="EFFECT")] = 0.1
    """Effects below it are not called shifts; 0.1 is a fifth of a standard deviation."""
    at_most: Annotated[int, tyro.conf.arg(metavar="N")] = 1000
    """Images of either that are compared, evenly spaced."""
    permutations: Annotated[int, tyro.conf.arg(metavar="N")] = 999
    """Of the images, for p-values."""
    resamples: Annotated[int, tyro.conf.arg(metavar="N")] = 1000
    """Of the images, for intervals."""
    seed: Annotated[int, tyro.conf.arg(metavar="N")] = 0
    """Of permutations, resamples and parts."""


@dataclasses.dataclass(frozen=True)
class AdaptEncoderConfig:
    """Adapt an encoder to images with few labels or none. Exit 0: accepted, 1: refused, 3: nothing to do."""

    source: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="SOURCE")]
    """The data set that the encoder was trained on."""
    target: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="TARGET")]
    """A data set, or a folder of pictures."""
    encoder: Annotated[str, tyro.conf.arg(metavar="FOLDER")]
    """The trained encoder; it is not changed."""
    out: Annotated[str, tyro.conf.arg(metavar="FOLDER")]
    """A new folder for the adapted encoder, or the old one if that was refused, and adaptation.json."""
    method: MethodName = "mmd"
    """How."""
    weight: Annotated[float | None, tyro.conf.arg(metavar="WEIGHT")] = None
    """Of the method's own term (default: its usual one); 0: train on without the target."""
    labels: Annotated[int, tyro.conf.arg(metavar="N")] = 0
    """Of a target that is a data set, the images whose labels may be looked at; half of them only judge."""
    table: Annotated[str | None, tyro.conf.arg(metavar="FILE")] = None
    """Of a target that is a folder of pictures, a CSV file of what is known of them: a column `file`, and
    columns of factors with empty cells for the unknown. Half of the pictures with a value only judge."""
    held_out: Annotated[int | None, tyro.conf.arg(metavar="N")] = None
    """How many of the source's last images the encoder was not trained on (default: those of the run's
    scores, or a fifth). They judge."""
    epochs: Annotated[int, tyro.conf.arg(metavar="N")] = 5
    """Passes over the source."""
    batch_size: Annotated[int, tyro.conf.arg(metavar="N")] = 64
    """Images of either domain a step."""
    learning_rate: Annotated[float, tyro.conf.arg(metavar="RATE")] = 1e-3
    """Peak learning rate."""
    augment: bool = True
    """Show half of every batch in another light."""
    tolerance: Annotated[float, tyro.conf.arg(metavar="TIMES")] = 1.3
    """How many times the error of a task factor may grow on the source."""
    seed: Annotated[int, tyro.conf.arg(metavar="N")] = 0
    """Of all that is random."""
    device: str = "auto"
    """auto (CUDA where there is one), cpu or cuda."""


@dataclasses.dataclass(frozen=True)
class CloseGapConfig:
    """Calibrate, render and train on while that closes the gap. Exit 0: done, 1: nothing kept, 3: no gap."""

    source: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="SOURCE")]
    """The data set that the encoder was trained on: it gives the space, the renderer and the size."""
    target: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="TARGET")]
    """A folder of pictures, or a data set whose labels are not looked at; 60 images or more."""
    encoder: Annotated[str, tyro.conf.arg(metavar="FOLDER")]
    """The trained encoder; it is not changed."""
    out: Annotated[str, tyro.conf.arg(metavar="FOLDER")]
    """A new folder for encoder, space.yaml, close_gap.json and all rounds; the same call goes on there."""
    factors: Annotated[tuple[str, ...], tyro.conf.arg(metavar="NAME ...")] = ("nuisance",)
    """Factors, groups or roles to calibrate."""
    rounds: Annotated[int, tyro.conf.arg(metavar="N")] = 3
    """At most."""
    count: Annotated[int, tyro.conf.arg(metavar="N")] = 2000
    """Images of each round to train on."""
    budget: Annotated[int, tyro.conf.arg(metavar="N")] = 300
    """Spaces to try in each calibration."""
    pictures: Annotated[int, tyro.conf.arg(metavar="N")] = 128
    """Rendered of each of them."""
    epochs: Annotated[int, tyro.conf.arg(metavar="N")] = 5
    """Passes over a round's images and as many of the source."""
    batch_size: Annotated[int, tyro.conf.arg(metavar="N")] = 64
    """Images a step."""
    learning_rate: Annotated[float, tyro.conf.arg(metavar="RATE")] = 1e-3
    """Peak learning rate."""
    tolerance: Annotated[float, tyro.conf.arg(metavar="TIMES")] = 1.3
    """How many times the error of a task factor may grow on the source."""
    seed: Annotated[int, tyro.conf.arg(metavar="N")] = 0
    """Of all that is random."""
    device: str = "auto"
    """Where to render and train: auto (CUDA where there is one), cpu or cuda."""
