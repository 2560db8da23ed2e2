"""SB3's own agent on latents of somebody else's environment, and what breaks it.

    python benchmarks/adapted_agent.py [--out FOLDER] [--steps N] [--json FILE]

panda-gym's Reach, seen from half a metre in 128 pixels, is adapted (`simfactor adapt-env`; lighting and
sensor vary, the camera does not: how far away a goal of two centimetres is shows in its size alone).
Stable-Baselines3's SAC is trained with dense rewards, in the environment as it looks by itself, on the
latents of the goal and on what the robot knows of its own hand. The saved policy is put to the test
(`simfactor stress`). What is done is kept in the folder. Needs panda-gym.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

from stable_baselines3 import SAC
from stable_baselines3.common.monitor import Monitor

from simfactor.envs import LatentObservation
from simfactor.plugin import StressTest, Subject, adapt_env, run_stress
from simfactor.plugin.stressing.command import write_result

ENV = "panda_gym:PandaReach-v3"
KWARGS = {
    "render_distance": 0.55,
    "render_yaw": 0,  # from here the hand hides the goal least
    "render_pitch": -20,
    "render_target_position": [0, 0, 0.14],
}
IMAGE_SIZE = 128
FACTORS = ("lighting", "sensor")  # that the encoder knows; the camera is new to it
BLOCKS = ("desired_goal_0", "desired_goal_1", "desired_goal_2")
OWN = ("observation",)  # of the robot: where its hand is, and how fast
SUITE = ("lighting", "camera", "sensor")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=Path("runs/adapted-agent"))
    parser.add_argument("--moments", type=int, default=10_000, help="that the encoder learns from")
    parser.add_argument("--steps", type=int, default=10_000, help="of the agent's training")
    parser.add_argument("--episodes", type=int, default=100, help="of each shift at most")
    parser.add_argument("--json", type=Path, help="where the figures go, too")
    chosen = parser.parse_args()
    seen = {"kwargs": KWARGS, "image_size": IMAGE_SIZE, "factors": FACTORS}
    adapted = adapt_env(ENV, chosen.out, moments=chosen.moments, **seen)
    policy = chosen.out / "policy.zip"
    seconds = None if policy.exists() else train(chosen.out, chosen.steps, policy)
    subject = Subject.named(str(chosen.out), blocks=BLOCKS, proprioception=OWN)
    test = StressTest(subject, policy, SUITE, max_drop=0.1, episodes=chosen.episodes)
    result = run_stress(test, chosen.out / "stress")
    write_result(test, result, chosen.out / "stress")
    print(f"trained in {seconds:.0f} s of CPU" if seconds is not None else "trained before")
    print(f"{result.table()}\n{result.sentence()}")
    if chosen.json:
        figures = {"train_seconds": seconds, "scores": adapted.scores, **result.to_dict()}
        chosen.json.write_text(json.dumps(figures, indent=1) + "\n")


def train(folder: Path, steps: int, policy: Path) -> float:
    """Train in the environment as it looks by itself; the seconds of CPU that it took."""
    env = LatentObservation.from_pretrained(folder, factors=BLOCKS, proprioception=OWN, reward_type="dense")
    model = SAC(
        "MlpPolicy",
        Monitor(env, info_keywords=("is_success",)),
        learning_rate=1e-3,
        learning_starts=500,
        gamma=0.95,
        seed=0,
        device="cpu",
        verbose=1,
    )
    start = time.process_time()
    model.learn(steps, log_interval=50)
    model.save(policy)
    env.close()
    return time.process_time() - start


if __name__ == "__main__":
    main()
