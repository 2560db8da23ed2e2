"""The command line: ``simfactor STAGE [CONFIG] [--section.option VALUE ...]``."""

from __future__ import annotations

import dataclasses
import importlib
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import tyro

from simfactor import __version__, config
from simfactor.config import RunConfig, Shared, load_config, section_names
from simfactor.errors import SimfactorError, unknown_name


@dataclasses.dataclass(frozen=True)
class GenerateConfig(Shared):
    """Render the labelled data set (OUT/data). A set that is partly there is completed."""

    data: config.Data = dataclasses.field(default_factory=config.Data)


@dataclasses.dataclass(frozen=True)
class TrainEncoderConfig(Shared):
    """Train the encoder on the data set (OUT/encoder). An interrupted training goes on where it was."""

    data: config.Data = dataclasses.field(default_factory=config.Data)
    encoder: config.Encoder = dataclasses.field(default_factory=config.Encoder)


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
class ReportConfig(RunConfig):
    """Write OUT/report.html and OUT/summary.json from the results of the other stages."""


@dataclasses.dataclass(frozen=True)
class RunAllConfig(RunConfig):
    """Do everything, in order: generate, train-encoder, score, train-agent, transfer, report."""


class Command(NamedTuple):
    """A command: the options it takes and the function of simfactor.pipeline that does it."""

    options: type
    function: str


COMMANDS = {
    "run": Command(RunAllConfig, "run"),
    "generate": Command(GenerateConfig, "generate"),
    "train-encoder": Command(TrainEncoderConfig, "train_encoder"),
    "score": Command(ScoreConfig, "score"),
    "train-agent": Command(TrainAgentConfig, "train_agent"),
    "transfer": Command(TransferConfig, "transfer"),
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
    path = rest.pop(0) if rest and not rest[0].startswith("-") else None
    loaded = load_config(path)
    defaults = options(**{key: getattr(loaded, key) for key in section_names(options)})
    chosen = tyro.cli(options, default=defaults, args=rest, prog=f"simfactor {name} {path or 'CONFIG'}")
    sections = {key: getattr(chosen, key) for key in section_names(options)}
    # read when torch is loaded; threads that spin while they wait are 5-10 times slower on a busy machine
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    pipeline = importlib.import_module("simfactor.pipeline")  # heavy imports, not needed for --help
    return getattr(pipeline, function), dataclasses.replace(loaded, **sections)


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
            "  simfactor COMMAND CONFIG --help          all options of one command, with the file's values",
            "  simfactor --version",
        ]
    )
