"""Steps with pictures beside panda-gym: `python benchmarks/env_speed.py [--quick] [--json FILE]`.

simfactor's VectorEnv (`--num-envs 32 --workers 2`) and panda-gym's PandaReach-v3, which has one world, under
random actions, a 64x64 picture for every step. Both do 20 steps of PyBullet's physics for one of the
environment's, of 1/240 s here and of 1/500 s there, and draw shadows, each in its way; here all factors vary
from episode to episode. Steps a second of wall time, for the worlds are in several processes; and, as a
figure that other work on the machine does not touch, of the CPU time of one process without workers. Each
repetition times all in turn; figures are medians, and the ratios medians of the ratios within each
repetition. The peer is skipped with the reason if it is not installed (`pip install panda-gym`).
"""

from __future__ import annotations

import argparse
import functools
import importlib.metadata
import importlib.util
import json
import os
import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np

from simfactor.envs import VectorEnv
from simfactor.factors import load_space
from simfactor.silence import silence

SIZE = 64
WARM = 60  # steps that open worlds, load kernels and textures
PAIRS = {"": ("ours", "panda_gym"), "cpu_": ("ours_cpu", "panda_gym_cpu")}  # whose rates make which ratio

Rate = Callable[[int, Callable[[], float]], float]  # of steps, by a clock


def our_rate(env: VectorEnv, steps: int, clock: Callable[[], float]) -> float:
    """Steps of single worlds a second, each with its picture."""
    generator, shape = np.random.default_rng(0), env.action_space.shape or ()
    start = clock()
    for _ in range(steps):
        env.step(generator.uniform(-1, 1, shape))
    return steps * env.num_envs / (clock() - start)


def peer_rate(env: gym.Env[Any, Any], steps: int, clock: Callable[[], float]) -> float:
    """As :func:`our_rate`."""
    generator = np.random.default_rng(0)
    start = clock()
    for _ in range(steps):
        _, _, terminated, truncated, _ = env.step(generator.uniform(-1, 1, 3).astype(np.float32))
        picture: Any = env.render()
        assert picture.shape == (SIZE, SIZE, 3)
        if terminated or truncated:
            env.reset()
    return steps / (clock() - start)


def open_ours(count: int, workers: int) -> VectorEnv:
    """Worlds whose factors all vary."""
    space = load_space("tabletop")
    env = VectorEnv(count, workers=workers, observation="pixels", image_size=SIZE, factors=space)
    env.reset(seed=0)
    return env


def open_panda_gym() -> gym.Env[Any, Any] | None:
    """PandaReach-v3 with small pictures, None if panda-gym is not installed."""
    if importlib.util.find_spec("panda_gym") is None:
        return None
    with silence(output=True):  # PyBullet prints the arguments that it is started with
        import panda_gym  # noqa: F401  # registers the environment

        size = {"render_width": SIZE, "render_height": SIZE}
        env = gym.make("PandaReach-v3", render_mode="rgb_array", **size)
    env.reset(seed=0)
    return env


def benchmark(count: int, workers: int, steps: int, repetitions: int) -> dict[str, Any]:
    """The figures; those of a peer that is not installed are None."""
    many, one, peer = open_ours(count, workers), open_ours(count, 0), open_panda_gym()
    rates: dict[str, Rate] = {"ours": functools.partial(our_rate, many)}
    rates["ours_cpu"] = functools.partial(our_rate, one)
    if peer is not None:
        rates |= dict.fromkeys(("panda_gym", "panda_gym_cpu"), functools.partial(peer_rate, peer))
    for env in (many, one):
        our_rate(env, min(WARM, 6 * steps), time.perf_counter)
    runs = []
    for _ in range(repetitions):
        clocks = {name: time.process_time if "cpu" in name else time.perf_counter for name in rates}
        runs.append({name: rate(steps, clocks[name]) for name, rate in rates.items()})
    for each in (many, one, peer):
        if each is not None:
            each.close()
    return {"num_envs": count, "workers": workers, "repetitions": repetitions, **summary(runs)}


def summary(runs: list[dict[str, float]]) -> dict[str, Any]:
    """Medians of the rates, and of their ratios in each run; None for what was not measured."""
    result: dict[str, Any] = {}
    for name, (ours, theirs) in PAIRS.items():
        there = theirs in runs[0]
        result[f"{ours}_steps_per_s"] = statistics.median(run[ours] for run in runs)
        result[f"{theirs}_steps_per_s"] = statistics.median(run[theirs] for run in runs) if there else None
        ratios = [run[ours] / run[theirs] for run in runs] if there else None
        result[f"{name}ratio"] = None if ratios is None else statistics.median(ratios)
        result[f"{name}ratios"] = ratios
    return result


def main() -> None:
    """Parse the command line, measure, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--num-envs", type=int, default=32, help="our worlds")
    parser.add_argument("--workers", type=int, default=2, help="our processes")
    parser.add_argument("--quick", action="store_true", help="few steps, one repetition")
    parser.add_argument("--json", type=Path, help="write the figures to this file too")
    args = parser.parse_args()
    result = benchmark(args.num_envs, args.workers, *((3, 1) if args.quick else (40, 9)))
    print(f"| 64x64 pixels, steps/s | {args.num_envs} worlds of simfactor | panda-gym | ratio |")
    print("|---|---|---|---|")
    for name, (ours, theirs) in PAIRS.items():
        told = "one process, CPU time" if name else f"{args.workers} workers, wall time"
        rates = [result[f"{who}_steps_per_s"] for who in (ours, theirs)] + [result[f"{name}ratio"]]
        print(f"| {told} | " + " | ".join("-" if rate is None else f"{rate:.1f}" for rate in rates) + " |")
    if result["ratio"] is None:
        print("panda-gym is not installed, so there is nothing to compare with: pip install panda-gym")
    packages = {d.name: d.version for d in importlib.metadata.distributions()}
    machine = {"machine": platform.machine(), "cores": os.cpu_count()}
    versions = {name: packages.get(name) for name in ("pybullet", "gymnasium", "warp-lang", "panda-gym")}
    if args.json:
        args.json.write_text(json.dumps({**machine, "versions": versions, **result}, indent=1) + "\n")


if __name__ == "__main__":
    main()
