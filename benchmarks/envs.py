"""How fast environments step: `python benchmarks/envs.py [--num-envs 8] [--quick] [--json FILE]`.

N PandaReach worlds whose factors all vary, as N single environments in gymnasium's SyncVectorEnv and as one
VectorEnv, under random actions, episodes of 50 steps. Latents are those of an untrained encoder for
64x64 images. Each repetition times all contenders in turn; steps (of single worlds) per second of this
process's CPU time are medians, and the ratios medians of the ratios within each repetition. Which worlds are
opened first moves them by some per cent: ``--vector-first`` turns the order round.
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import platform
import statistics
import time
from pathlib import Path
from typing import Any

import gymnasium as gym
import torch
from gymnasium.vector import VectorEnv

from simfactor.encoders import FactorEncoder
from simfactor.envs import FactorControl, LatentObservation, VectorLatentObservation
from simfactor.factors import load_space

REACH = "simfactor/PandaReach-v0"

SPACE = load_space("tabletop")
Vector = VectorEnv[Any, Any, Any]
ROWS = {"state": "state", "pixels": "64x64 pixels", "latents": "latents of 64x64 pixels"}


def open_single(row: str, count: int, encoder: FactorEncoder) -> Vector:
    """``count`` single environments."""
    wrappers = [functools.partial(FactorControl, factors=SPACE)]
    if row == "latents":
        wrappers.append(functools.partial(LatentObservation, encoder=encoder))
    observation = "pixels" if row == "latents" else row
    return gym.make_vec(REACH, count, "sync", wrappers=wrappers, observation=observation)


def open_vector(row: str, count: int, encoder: FactorEncoder) -> Vector:
    """One vector of ``count`` worlds."""
    observation = "pixels" if row == "latents" else row
    vector = gym.make_vec(REACH, count, factors=SPACE, observation=observation)
    return VectorLatentObservation(vector, encoder) if row == "latents" else vector


def cpu_seconds(env: Vector, steps: int) -> float:
    """CPU time of this process for ``steps`` steps of all worlds, from the same start."""
    env.reset(seed=0)
    env.action_space.seed(0)
    actions = [env.action_space.sample() for _ in range(steps)]
    start = time.process_time()
    for action in actions:
        env.step(action)
    return time.process_time() - start


def open_pair(row: str, count: int, encoder: FactorEncoder, vector_first: bool) -> tuple[Vector, Vector]:
    """The single environments and the vector."""
    if vector_first:
        vector = open_vector(row, count, encoder)
        cpu_seconds(vector, 1)  # opens the worlds
        return open_single(row, count, encoder), vector
    return open_single(row, count, encoder), open_vector(row, count, encoder)


def benchmark(count: int, steps: int, repetitions: int, vector_first: bool) -> dict[str, Any]:
    """Steps/s of every row, ``single`` and ``vector``, and their ratio."""
    torch.set_num_threads(1)
    encoder = FactorEncoder(SPACE, image_size=64).eval()
    pairs = {row: open_pair(row, count, encoder, vector_first) for row in ROWS}
    for env in (env for pair in pairs.values() for env in pair):
        cpu_seconds(env, 1)  # opens the worlds and loads the kernels
    runs = [
        {row: [count * steps / cpu_seconds(env, steps) for env in pair] for row, pair in pairs.items()}
        for _ in range(repetitions)
    ]
    for env in (env for pair in pairs.values() for env in pair):
        env.close()
    result: dict[str, Any] = {"machine": platform.machine(), "cores": os.cpu_count(), "num_envs": count}
    for row in ROWS:
        single, vector = zip(*(run[row] for run in runs), strict=True)
        result[f"{row}_single_steps_per_s"] = statistics.median(single)
        result[f"{row}_vector_steps_per_s"] = statistics.median(vector)
        result[f"{row}_ratio"] = statistics.median(v / s for s, v in zip(single, vector, strict=True))
    return result


def main() -> None:
    """Parse the command line, measure, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--num-envs", type=int, default=8, help="worlds of each contender")
    parser.add_argument("--quick", action="store_true", help="few steps, one repetition")
    parser.add_argument("--vector-first", action="store_true", help="open the vector's worlds first")
    parser.add_argument("--json", type=Path, help="write the figures to this file too")
    args = parser.parse_args()
    extent = (5, 1) if args.quick else (50, 3)
    result = benchmark(args.num_envs, *extent, args.vector_first)
    print(f"| observation | {args.num_envs} single environments, steps/s | one vector, steps/s | ratio |")
    print("|---|---|---|---|")
    for row, name in ROWS.items():
        single, vector = (result[f"{row}_{kind}_steps_per_s"] for kind in ("single", "vector"))
        print(f"| {name} | {single:.0f} | {vector:.0f} | {result[f'{row}_ratio']:.2f} |")
    if args.json:
        args.json.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
