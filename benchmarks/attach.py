"""What an attached environment costs: `python benchmarks/attach.py [--quick] [--json FILE]`.

panda-gym's PandaReach-v3 under random actions, CPU time of one process. With a 64x64 picture at every step:
through FactorControl, which draws all factors anew in every episode, and by its own ``render()``, of the same
size and as it comes (720x480). Without pictures, ten times as often, for the difference is small: through
FactorControl with ``observation="state"``, and bare. Each repetition times all in turn; figures are medians,
and the ratios medians of the ratios within each repetition. Needs ``pip install panda-gym``.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np

from simfactor.envs import FactorControl
from simfactor.silence import silence

SIZE, WARM = 64, 30
ID = "PandaReach-v3"


def stepper(env: gym.Env[Any, Any], picture: bool) -> Callable[[int], float]:
    """A function: steps -> CPU seconds for one, each with the environment's own picture if wanted."""
    generator = np.random.default_rng(0)

    def run(steps: int) -> float:
        env.reset(seed=0)
        start = time.process_time()
        for _ in range(steps):
            _, _, terminated, truncated, _ = env.step(generator.uniform(-1, 1, 3).astype(np.float32))
            if picture:
                env.render()
            if terminated or truncated:
                env.reset()
        return (time.process_time() - start) / steps

    return run


def contenders() -> dict[str, Callable[[int], float]]:
    """What is timed."""
    with silence(output=True):  # PyBullet prints the arguments that it is started with
        import panda_gym  # noqa: F401  # registers the environment

        size = {"render_width": SIZE, "render_height": SIZE}
        envs = [gym.make(ID, render_mode="rgb_array", **size) for _ in range(3)]
        large = gym.make(ID, render_mode="rgb_array")
    return {
        "attached_pixels": stepper(FactorControl(envs[0], image_size=SIZE), picture=False),
        "own_pixels": stepper(envs[1], picture=True),
        "own_large_pixels": stepper(large, picture=True),
        "attached_state": stepper(FactorControl(envs[2], observation="state"), picture=False),
        "bare_state": stepper(envs[2], picture=False),  # the same world: two differ by more than is measured
    }


def summary(drawn: list[dict[str, float]], stepped: list[dict[str, float]]) -> dict[str, float]:
    """Medians of the rates, and of the ratios in each run: of those with pictures, and of those without."""
    found = {
        f"{name}_steps_per_s": 1 / statistics.median(run[name] for run in runs)
        for runs in (drawn, stepped)
        for name in runs[0]
    }
    for name, own in (("ratio", "own_pixels"), ("large_ratio", "own_large_pixels")):
        found[name] = statistics.median(run[own] / run["attached_pixels"] for run in drawn)
    found["overhead"] = statistics.median(run["attached_state"] / run["bare_state"] for run in stepped) - 1
    return found


def main() -> None:
    """Parse the command line, measure, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="few steps, one repetition")
    parser.add_argument("--json", type=Path, help="write the figures to this file too")
    args = parser.parse_args()
    steps, repetitions, more = (4, 1, 1) if args.quick else (50, 9, 10)
    timed = contenders()
    for run in timed.values():
        run(min(WARM, steps))
    states = [name for name in timed if name.endswith("_state")]
    drawing = [name for name in timed if name not in states]
    found = summary(
        [{name: timed[name](steps) for name in drawing} for _ in range(repetitions)],
        [{name: timed[name](steps) for name in states} for _ in range(more * repetitions)],
    )
    print("| PandaReach-v3, steps/s of CPU time | through FactorControl | alone | |")
    print("|---|---|---|---|")
    for told, ours, theirs, said in (
        ("64x64 pictures, its own of this size", "attached_pixels", "own_pixels", "ratio"),
        ("64x64 pictures, its own of 720x480", "attached_pixels", "own_large_pixels", "large_ratio"),
        ("no pictures", "attached_state", "bare_state", "overhead"),
    ):
        rates = [f"{found[f'{name}_steps_per_s']:.1f}" for name in (ours, theirs)]
        how = f"{found[said]:+.1%} time" if said == "overhead" else f"{found[said]:.1f} times as fast"
        print(f"| {told} | {' | '.join(rates)} | {how} |")
    if args.json:
        args.json.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
