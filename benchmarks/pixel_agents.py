"""What agents on images cost: `python benchmarks/pixel_agents.py [--quick] [--json FILE]`.

Milliseconds of this process's CPU time, one thread, medians: an update of SAC on replayed 64x64 images by
batch size and augmentation (beside it the sampling, augmentation included), a step of PandaReach with one
picture and with its counterfactual, and the gradients of the encoder. The replayed images are noise, which
costs what pictures cost.
"""

from __future__ import annotations

import argparse
import functools
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import torch
from stable_baselines3.common.logger import Logger
from torch import nn

from simfactor.agents import ImageAugmentation, ImageAugmenter, LeanSAC, Sac
from simfactor.agents.image_encoder import ImageEncoder
from simfactor.agents.models import build_model
from simfactor.envs import make_env
from simfactor.factors import load_space

SPACE = load_space("tabletop")
SHIFT = ImageAugmentation("shift")
AUGMENTERS = {
    "none": (),
    "shift": (SHIFT,),
    "shift, photometric clean": (SHIFT, ImageAugmentation("photometric", target="clean")),
    "shift, convolution clean": (SHIFT, ImageAugmentation("convolution", target="clean")),
}
STORED = 150  # transitions to sample from


class Noise(gym.Env[Any, Any]):
    """Pictures of nothing, for a replay buffer to hold."""

    observation_space = gym.spaces.Box(0, 255, (64, 64, 3), np.uint8)
    action_space = gym.spaces.Box(-1, 1, (3,), np.float32)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
        super().reset(seed=seed)
        return self._picture(), {}

    def step(self, action: Any) -> Any:
        return self._picture(), 0.0, False, False, {}

    def _picture(self) -> Any:
        return self.np_random.integers(0, 256, (64, 64, 3), np.uint8)


def cpu_ms(work: Callable[[], Any], repetitions: int) -> float:
    """The median CPU time of a call, after one that does not count."""
    work()
    taken = []
    for _ in range(repetitions):
        start = time.process_time()
        work()
        taken.append(1e3 * (time.process_time() - start))
    return statistics.median(taken)


def model(batch_size: int, changes: tuple[ImageAugmentation, ...]) -> LeanSAC:
    """An agent with a filled buffer, before its first update."""
    sac = Sac(batch_size=batch_size, warmup=STORED)
    built = build_model(sac, Noise(), STORED + 1, 0, ImageAugmenter(changes), standardize=False)
    assert isinstance(built, LeanSAC)
    built.set_logger(Logger(folder=None, output_formats=[]))
    return built.learn(STORED, log_interval=1000)


def updates(repetitions: int) -> dict[str, dict[str, float]]:
    """Milliseconds of an update and of its sampling, by batch size and augmentation."""
    found = {}
    for batch_size in (64, 128):
        for name, changes in AUGMENTERS.items():
            sac = model(batch_size, changes)
            buffer = sac.replay_buffer
            assert buffer is not None
            found[f"{batch_size}, {name}"] = {
                "update": cpu_ms(functools.partial(sac.train, 1, batch_size), repetitions),
                "sampling": cpu_ms(functools.partial(buffer.sample, batch_size), repetitions),
            }
    return found


def encoders(repetitions: int) -> dict[str, float]:
    """Milliseconds of the gradients of a batch of 64 images, with our encoder and with DrQ's convolutions."""
    layers: list[nn.Module] = []
    for inputs, stride in ((3, 2), (32, 1), (32, 1), (32, 1)):
        layers += [nn.Conv2d(inputs, 32, 3, stride), nn.ReLU()]
    contenders = {"ours": ImageEncoder(64), "DrQ's convolutions": nn.Sequential(*layers)}
    images = torch.rand(64, 3, 64, 64)

    def gradients(encoder: nn.Module) -> None:
        torch.autograd.grad(encoder(images).square().mean(), list(encoder.parameters()))

    return {n: cpu_ms(functools.partial(gradients, e), repetitions) for n, e in contenders.items()}


def steps(repetitions: int) -> dict[str, float]:
    """Milliseconds of a step with no picture, with one, and with the counterfactual."""
    nuisances = SPACE.select(SPACE.by_role("nuisance"))
    appearance = SPACE.select([*SPACE.groups["lighting"], *SPACE.groups["texture"]])
    contenders = {
        "state": make_env(SPACE, observation="state"),
        "pixels": make_env(SPACE, observation="pixels"),
        "pixels and counterfactual (light, textures)": make_env(
            SPACE, observation="pixels", counterfactual=appearance
        ),
        "pixels and counterfactual (all nuisances)": make_env(
            SPACE, observation="pixels", counterfactual=nuisances
        ),
    }
    found = {}
    for name, env in contenders.items():
        env.reset(seed=0)
        action = np.zeros(3, np.float32)  # episodes do not end within the repetitions
        found[name] = cpu_ms(functools.partial(env.step, action), repetitions)
        env.close()
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="three repetitions, to see that it runs")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    repetitions = 3 if arguments.quick else 25
    learning, stepping, learned = updates(repetitions), steps(repetitions), encoders(repetitions)
    print("| batch, augmentation | ms an update | of it sampling |\n|---|---|---|")
    for name, row in learning.items():
        print(f"| {name} | {row['update']:.1f} | {row['sampling']:.1f} |")
    for title, rows in (("environment | ms a step", stepping), ("encoder | ms a batch of 64", learned)):
        print(f"\n| {title} |\n|---|---|")
        for name, taken in rows.items():
            print(f"| {name} | {taken:.2f} |")
    if arguments.json:
        arguments.json.write_text(
            json.dumps({"updates": learning, "steps": stepping, "encoders": learned}, indent=1)
        )


if __name__ == "__main__":
    main()
