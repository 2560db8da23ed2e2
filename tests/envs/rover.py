"""An environment with a mobile base: a car that drives, and sees what is before it."""

from typing import Any

import gymnasium as gym
import numpy as np
import pybullet as p
import pybullet_data

WHEELS, STEERING = (2, 3, 5, 7), (4, 6)
WIDTH, HEIGHT = 144, 96


class Rover(gym.Env):
    """Action: speed and steering, Box(-1, 1, (2,)). The camera is on the car, and turns with it."""

    metadata = {"render_modes": ["rgb_array"], "render_fps": 12}  # noqa: RUF012

    def __init__(self, render_mode: str | None = "rgb_array") -> None:
        self.render_mode = render_mode
        self.action_space = gym.spaces.Box(-1, 1, (2,), np.float32)
        self.observation_space = gym.spaces.Box(-50, 50, (7,), np.float64)
        self.client = p.connect(p.DIRECT)
        p.setAdditionalSearchPath(pybullet_data.getDataPath(), physicsClientId=self.client)
        p.setGravity(0, 0, -9.8, physicsClientId=self.client)
        p.loadURDF("plane.urdf", physicsClientId=self.client)
        self.car = p.loadURDF("racecar/racecar.urdf", [0, 0, 0.05], physicsClientId=self.client)
        self.crate = p.loadURDF("cube_small.urdf", [2, 0, 0.2], globalScaling=8, physicsClientId=self.client)
        self.begin = p.saveState(physicsClientId=self.client)

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[Any, dict]:
        super().reset(seed=seed)
        p.restoreState(self.begin, physicsClientId=self.client)
        return self._where(), {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict]:
        speed, turn = map(float, action)
        for joints, mode, value in (
            (WHEELS, {"controlMode": p.VELOCITY_CONTROL, "force": 20}, {"targetVelocity": 40 * speed}),
            (STEERING, {"controlMode": p.POSITION_CONTROL}, {"targetPosition": 0.4 * turn}),
        ):
            for joint in joints:
                p.setJointMotorControl2(self.car, joint, physicsClientId=self.client, **mode, **value)
        for _ in range(20):
            p.stepSimulation(physicsClientId=self.client)
        return self._where(), 0.0, False, False, {}

    def render(self) -> np.ndarray:
        at, turned = p.getBasePositionAndOrientation(self.car, self.client)
        ahead = np.reshape(p.getMatrixFromQuaternion(turned), (3, 3))
        eye = np.array(at) + ahead @ [0.3, 0, 0.2]
        view = p.computeViewMatrix(eye, eye + ahead @ [1, 0, -0.1], ahead @ [0, 0, 1])
        lens = p.computeProjectionMatrixFOV(60, WIDTH / HEIGHT, 0.05, 20)
        taken = p.getCameraImage(WIDTH, HEIGHT, view, lens, physicsClientId=self.client)
        self.bodies_seen = np.reshape(taken[4], (HEIGHT, WIDTH))
        return np.reshape(taken[2], (HEIGHT, WIDTH, 4))[..., :3].astype(np.uint8)

    def close(self) -> None:
        if p.isConnected(self.client):
            p.disconnect(self.client)

    def _where(self) -> np.ndarray:
        return np.concatenate(p.getBasePositionAndOrientation(self.car, self.client))
