"""The command line: ``simfactor STAGE [CONFIG] [--section.option VALUE ...]``."""

from __future__ import annotations

import dataclasses
import functools
import importlib
import os
import sys
from collections.abc import Callable, Sequence
from enum import IntEnum
from pathlib import Path
from typing import Any, NamedTuple

import tyro

from simfactor import __version__
from simfactor.cli import options, plugin_options, reality_options
from simfactor.config import RunConfig, Shared, load_config, section_names
from simfactor.errors import SimfactorError, unknown_name

PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".webp", ".tif", ".tiff")


class Command(NamedTuple):
    """A command: the options it takes, and the function that does it: of simfactor.pipeline, with a run's
    configuration, or of simfactor.plugin, with nothing but its options."""

    options: type
    function: str

    @property
    def of_a_run(self) -> bool:
        """Whether it takes the configuration of a run."""
        return issubclass(self.options, Shared)


COMMANDS = {
    "run": Command(options.RunAllConfig, "run"),
    "generate": Command(options.GenerateConfig, "generate"),
    "export": Command(options.ExportConfig, "export"),
    "train-encoder": Command(options.TrainEncoderConfig, "train_encoder"),
    "export-encoder": Command(options.ExportEncoderConfig, "export_encoder"),
    "score": Command(options.ScoreConfig, "score"),
    "edit": Command(options.EditConfig, "edit"),
    "train-agent": Command(options.TrainAgentConfig, "train_agent"),
    "transfer": Command(options.TransferConfig, "transfer"),
    "worst-case": Command(options.WorstCaseConfig, "worst_case"),
    "report": Command(options.ReportConfig, "report"),
    "stress": Command(plugin_options.StressConfig, "stress"),
    "adapt-env": Command(plugin_options.AdaptEnvConfig, "adapt_env"),
    "deploy": Command(plugin_options.DeployConfig, "deploy"),
    "camera": Command(reality_options.CameraConfig, "camera"),
    "sim2real": Command(reality_options.Sim2RealConfig, "sim2real"),
    "calibrate": Command(reality_options.CalibrateConfig, "calibrate"),
    "domain-gap": Command(reality_options.DomainGapConfig, "compare_domains"),
    "adapt-encoder": Command(reality_options.AdaptEncoderConfig, "adapt_to"),
    "close-gap": Command(reality_options.CloseGapConfig, "close_gap"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. Returns the exit status: 0, 2 for a mistake in the input, 130 when interrupted, or
    what a command that judges has found, an IntEnum."""
    args = list(sys.argv[1:] if argv is None else argv)
    if not args or args[0] in ("-h", "--help"):
        print(overview())
        return 0
    if args[0] == "--version":
        print(f"simfactor {__version__}")
        return 0
    try:
        result = prepared(*args)()
    except SimfactorError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nstopped; nothing is lost: run the same command again to go on.", file=sys.stderr)
        return 130
    return int(result) if isinstance(result, IntEnum) else 0


def prepared(name: str, *args: str) -> Callable[[], Any]:
    """What a command line asks for, to be called without arguments."""
    if name not in COMMANDS:
        raise unknown_name("command", name, COMMANDS)
    if COMMANDS[name].of_a_run:
        function, run = parse_run(name, *args)
        return functools.partial(function, run)
    options, function_name = COMMANDS[name]
    chosen: Any = tyro.cli(options, args=args, prog=f"simfactor {name}")
    given = {key: getattr(chosen, key) for key in section_names(options)}
    return functools.partial(_imported("simfactor.plugin", function_name), **given)


def parse_run(name: str, *args: str) -> tuple[Callable[[RunConfig], Any], RunConfig]:
    """The function of a command of a run, and the run: the file's configuration with the overrides put in."""
    options, function = COMMANDS[name]
    rest = list(args)
    shared = [key for key in section_names(options) if key in section_names(RunConfig)]
    own = [key for key in section_names(options) if key not in shared]
    path = rest.pop(0) if rest and _may_be_config(rest[0]) else None
    loaded = load_config(path)
    defaults = options(**{key: getattr(loaded, key) for key in shared})
    chosen = tyro.cli(options, default=defaults, args=rest, prog=f"simfactor {name} {path or 'CONFIG'}")
    sections = {key: getattr(chosen, key) for key in shared}
    stage = _imported("simfactor.pipeline", function)
    if own:
        stage = functools.partial(stage, **{key: getattr(chosen, key) for key in own})
    return stage, dataclasses.replace(loaded, **sections)


def _imported(module: str, function: str) -> Callable[..., Any]:
    """A function of a module whose imports are heavy, and not needed for ``--help``."""
    # read when torch is loaded; threads that spin while they wait are 5-10 times slower on a busy machine
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    found: Callable[..., Any] = getattr(importlib.import_module(module), function)
    return found


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
            "  simfactor stress package:EnvId-v0 --policy policy.zip --suite lighting --max-drop 0.1",
            "  simfactor adapt-env panda_gym:PandaReach-v3 --out runs/panda",
            "  simfactor camera photos/boards --board 9x6 --square 0.025 --pose photos/table.png",
            "  simfactor sim2real trials.csv --json trials.json",
            "  simfactor COMMAND CONFIG --help          all options of one command, with the file's values",
            "  simfactor --version",
        ]
    )
