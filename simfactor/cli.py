"""The command line: ``simfactor STAGE [CONFIG] [--section.option VALUE ...]``."""

from __future__ import annotations

import dataclasses
import functools
import importlib
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import tyro

from simfactor import __version__, config
from simfactor.config import RunConfig, Shared, load_config, section_names
from simfactor.errors import SimfactorError, unknown_name

PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".webp", ".tif", ".tiff")


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


class Command(NamedTuple):
    """A command: the options it takes and the function of simfactor.pipeline that does it."""

    options: type
    function: str


COMMANDS = {
    "run": Command(RunAllConfig, "run"),
    "generate": Command(GenerateConfig, "generate"),
    "export": Command(ExportConfig, "export"),
    "train-encoder": Command(TrainEncoderConfig, "train_encoder"),
    "export-encoder": Command(ExportEncoderConfig, "export_encoder"),
    "score": Command(ScoreConfig, "score"),
    "edit": Command(EditConfig, "edit"),
    "train-agent": Command(TrainAgentConfig, "train_agent"),
    "transfer": Command(TransferConfig, "transfer"),
    "worst-case": Command(WorstCaseConfig, "worst_case"),
    "report": Command(ReportConfig, "report"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. Returns the exit status: 0, 2 for a mistake in the input, 130 when interrupted."""
    args = list(sys.argv[1:] if argv is None else argv)
    if not args or args[0] in ("-h", "--help"):
        print(overview())
        return 0
    if args[0] == "--version":
        print(f"simfactor {__version__}")
        return 0
    try:
        function, run = parse(args)
        function(run)
    except SimfactorError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nstopped; nothing is lost: run the same command again to go on.", file=sys.stderr)
        return 130
    return 0


def parse(args: list[str]) -> tuple[Callable[[RunConfig], Any], RunConfig]:
    """The function of a command line and its configuration: the file's, with the overrides put in."""
    name, *rest = args
    if name not in COMMANDS:
        raise unknown_name("command", name, COMMANDS)
    options, function = COMMANDS[name]
    shared = [key for key in section_names(options) if key in section_names(RunConfig)]
    own = [key for key in section_names(options) if key not in shared]
    path = rest.pop(0) if rest and _may_be_config(rest[0]) else None
    loaded = load_config(path)
    defaults = options(**{key: getattr(loaded, key) for key in shared})
    chosen = tyro.cli(options, default=defaults, args=rest, prog=f"simfactor {name} {path or 'CONFIG'}")
    sections = {key: getattr(chosen, key) for key in shared}
    # read when torch is loaded; threads that spin while they wait are 5-10 times slower on a busy machine
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    pipeline = importlib.import_module("simfactor.pipeline")  # heavy imports, not needed for --help
    stage = getattr(pipeline, function)
    if own:
        stage = functools.partial(stage, **{key: getattr(chosen, key) for key in own})
    return stage, dataclasses.replace(loaded, **sections)


def _may_be_config(argument: str) -> bool:
    """Whether the first argument is the configuration, and not an option or the picture that `edit` takes."""
    return not argument.startswith("-") and Path(argument).suffix.lower() not in PICTURES


def overview() -> str:
    """What ``simfactor --help`` prints."""
    width = max(map(len, COMMANDS))
    lines = [f"  {name:{width}}  {(command.options.__doc__ or '')}" for name, command in COMMANDS.items()]
    return "\n".join(
        [
            "usage: simfactor COMMAND [CONFIG] [--section.option VALUE ...]",
            "",
            "Factor-controlled images, factor-separated latents and robustness tests for robot policies.",
            "",
            "commands:",
            *lines,
            "",
            "CONFIG is a YAML file or the name of a ready one (quickstart). Every command repeats safely:",
            "what is done is kept, what is missing is made.",
            "",
            "  simfactor run quickstart                 the whole loop, a report in runs/quickstart/",
            "  simfactor edit --set light_azimuth=40deg photo.png",
            "  simfactor COMMAND CONFIG --help          all options of one command, with the file's values",
            "  simfactor --version",
        ]
    )
