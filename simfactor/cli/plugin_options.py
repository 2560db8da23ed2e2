"""What the commands take that work on anybody's environments and policies."""

from __future__ import annotations

import dataclasses
from typing import Annotated, Literal

import tyro

Pairs = tyro.conf.UseAppendAction


@dataclasses.dataclass(frozen=True)
class StressConfig:
    """Test any policy in any PyBullet environment under shifts. Exit 0: held, 1: violated, 3: open."""

    env: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="ENV")]
    """A registered id, package:id of a package that registers it, or module:function that makes one."""
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
    trained: Annotated[tuple[str, ...], tyro.conf.arg(metavar="FACTOR=RANGE"), Pairs] = ()
    """What the policy was trained with, if the world was not as the environment has it:
    light_azimuth='[-30, 30]'. May be repeated."""
    severities: Annotated[int, tyro.conf.arg(metavar="N")] = 2
    """Rungs from the training's range of a number to the end of what is possible."""
    observation: Literal["pixels", "pixels+state", "state"] | None = None
    """What the policy sees (default: what fits it)."""
    image_size: Annotated[int | None, tyro.conf.arg(metavar="PIXELS")] = None
    """Of the pictures (default: what fits the policy)."""
    encoder: Annotated[str | None, tyro.conf.arg(metavar="FOLDER")] = None
    """For a policy that acts on latents: the folder of the encoder."""
    blocks: tuple[str, ...] = ()
    """And which of them it sees (default: all)."""
    success: Annotated[str | None, tyro.conf.arg(metavar="KEY")] = None
    """What the environment calls success in its info (default: is_success)."""
    least_return: Annotated[float | None, tyro.conf.arg(metavar="RETURN")] = None
    """Instead: how much an episode has to return to be a success."""
    options: Annotated[tuple[str, ...], tyro.conf.arg(name="option", metavar="NAME=VALUE"), Pairs] = ()
    """An argument to make the environment with. May be repeated."""
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
