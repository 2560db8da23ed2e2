"""What the commands of a run take: the sections of its configuration that matter to them, and their own."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated, Literal

import tyro

from simfactor import config
from simfactor.config import RunConfig, Shared


@dataclasses.dataclass(frozen=True)
class GenerateConfig(Shared):
    """Render the labelled data set (OUT/data). A set that is partly there is completed."""

    data: config.Data = dataclasses.field(default_factory=config.Data)


@dataclasses.dataclass(frozen=True)
class ExportConfig(Shared):
    """Write the data set for other programs. An earlier export of the same path is replaced."""

    data: config.Data = dataclasses.field(default_factory=config.Data)
    format: Literal["npz", "h5", "webdataset", "huggingface"] = "npz"
    """npz: keys of dSprites; h5: datasets of Shapes3D; webdataset: tar shards; huggingface: `datasets`."""
    to: str | None = None
    """File or folder to write (default: OUT/export.FORMAT)."""


@dataclasses.dataclass(frozen=True)
class TrainEncoderConfig(Shared):
    """Train the encoder on the data set (OUT/encoder). An interrupted training goes on where it was."""

    data: config.Data = dataclasses.field(default_factory=config.Data)
    encoder: config.Encoder = dataclasses.field(default_factory=config.Encoder)


@dataclasses.dataclass(frozen=True)
class ExportEncoderConfig(Shared):
    """Write the trained encoder as an ONNX file, checked against torch."""

    data: config.Data = dataclasses.field(default_factory=config.Data)
    to: str | None = None
    """File to write (default: OUT/encoder/encoder.onnx)."""


@dataclasses.dataclass(frozen=True)
class ScoreConfig(Shared):
    """Score how well the encoder separates the factors (OUT/scores)."""

    data: config.Data = dataclasses.field(default_factory=config.Data)


@dataclasses.dataclass(frozen=True)
class TrainAgentConfig(Shared):
    """Train the agents, several seeds each (OUT/agents)."""

    agents: config.Agents = dataclasses.field(default_factory=config.Agents)


@dataclasses.dataclass(frozen=True)
class TransferConfig(Shared):
    """Test the trained agents on shifted domains, paired on identical episodes (OUT/transfer)."""

    agents: config.Agents = dataclasses.field(default_factory=config.Agents)
    transfer: config.Transfer = dataclasses.field(default_factory=config.Transfer)


@dataclasses.dataclass(frozen=True)
class WorstCaseConfig(Shared):
    """Search for the light, camera, textures ... in which an agent fails most (OUT/transfer/worst)."""

    agents: config.Agents = dataclasses.field(default_factory=config.Agents)
    transfer: config.Transfer = dataclasses.field(default_factory=config.Transfer)
    agent: str | None = None
    """Name of the agent (default: the first)."""
    factors: tuple[str, ...] = ()
    """Factors to search over, in their full range (default: every nuisance of the space)."""
    budget: Annotated[int, tyro.conf.arg(metavar="N")] = 100
    """Settings to try."""
    episodes: Annotated[int, tyro.conf.arg(metavar="N")] = 10
    """Episodes in each setting; what is found is confirmed on transfer.episodes others."""


@dataclasses.dataclass(frozen=True)
class ReportConfig(RunConfig):
    """Write OUT/report.html and OUT/summary.json from the results of the other stages."""


@dataclasses.dataclass(frozen=True)
class RunAllConfig(RunConfig):
    """Do everything, in order: generate, train-encoder, score, train-agent, transfer, report."""


@dataclasses.dataclass(frozen=True)
class EditConfig(Shared):
    """Change factors of a picture by its latents, or score such edits in the simulator (OUT/edits)."""

    data: config.Data = dataclasses.field(default_factory=config.Data)
    image: Annotated[Path | None, tyro.conf.Positional, tyro.conf.arg(metavar="IMAGE")] = None
    """Picture to edit; its middle square is resized to what the encoder sees."""
    values: Annotated[
        tuple[str, ...], tyro.conf.arg(name="set", metavar="FACTOR=VALUE"), tyro.conf.UseAppendAction
    ] = ()
    """What to change, once a factor: light_azimuth=40deg, table_texture=brick. May be repeated."""
    exchange: Annotated[
        tuple[str, ...], tyro.conf.arg(metavar="FACTOR=IMAGE"), tyro.conf.UseAppendAction
    ] = ()
    """Take a block (a factor's, a group's or a role's) from another picture, before what is set."""
    to: Annotated[Path | None, tyro.conf.arg(metavar="FILE")] = None
    """Where to write the edited picture (default: beside it, NAME-edited.png), and a strip to compare."""
    encoder_folder: Annotated[Path | None, tyro.conf.arg(name="encoder", metavar="FOLDER")] = None
    """Folder of the encoder (default: OUT/encoder)."""
    score: tyro.conf.FlagCreatePairsOff[bool] = False
    """Instead: edit every factor of rendered images and compare with the true counterfactuals."""
    count: Annotated[int, tyro.conf.arg(metavar="N")] = 64
    """Images for --score, none of which a training has seen."""
