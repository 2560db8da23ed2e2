"""An environment as people write them by hand: a cube that is pushed about on a plane, and a ball."""

from typing import Any

import gymnasium as gym
import numpy as np
import pybullet as p
import pybullet_data


class Yard(gym.Env):
    """``reload``: the world is loaded anew in every reset, in every second one without the ball. ``lazy``:
    PyBullet is opened by the first reset. ``cameras``: pictures that a render takes. ``follow``: the camera
    goes with the cube. ``clients``: how many PyBullets it opens.
    """

    metadata = {"render_modes": ["rgb_array"], "render_fps": 12}  # noqa: RUF012

    def __init__(
        self,
        render_mode: str | None = "rgb_array",
        reload: bool = False,
        lazy: bool = False,
        cameras: int = 1,
        follow: bool = False,
        clients: int = 1,
    ) -> None:
        self.render_mode, self.reload, self.cameras, self.follow = render_mode, reload, cameras, follow
        self.action_space = gym.spaces.Box(-1, 1, (2,), np.float32)
        self.observation_space = gym.spaces.Box(-10, 10, (3,), np.float64)
        self.resets, self.client = 0, -1
        if not lazy:
            self._open(clients)

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[Any, dict]:
        super().reset(seed=seed)
        if self.client < 0:
            self._open(1)
        if self.reload:
            self._load(ball=self.resets % 2 == 0)
        self.resets += 1
        self._put(self.cube, [*self.np_random.uniform(-0.3, 0.3, 2), 0.1])
        if self.ball is not None:
            self._put(self.ball, [0.4, 0.4, 0.1])
        return self._seen(), {"resets": self.resets}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict]:
        p.resetBaseVelocity(self.cube, [*np.asarray(action, float), 0], physicsClientId=self.client)
        for _ in range(20):
            p.stepSimulation(physicsClientId=self.client)
        seen = self._seen()
        return seen, -float(np.linalg.norm(seen)), False, False, {}

    def render(self) -> np.ndarray | None:
        if self.render_mode is None:
            return None
        target = self._seen() if self.follow else (0, 0, 0)
        pictures = [self._picture(target, 50 + 90 * i) for i in range(self.cameras)]
        return pictures[-1]

    def close(self) -> None:
        if self.client >= 0 and p.isConnected(self.client):
            p.disconnect(self.client)

    def _open(self, clients: int) -> None:
        self.clients = {f"client{i}": p.connect(p.DIRECT) for i in range(clients)}
        self.client = self.clients["client0"]
        self._load(ball=True)

    def _load(self, ball: bool) -> None:
        p.resetSimulation(physicsClientId=self.client)
        p.setGravity(0, 0, -9.8, physicsClientId=self.client)
        p.setAdditionalSearchPath(pybullet_data.getDataPath(), physicsClientId=self.client)
        p.loadURDF("plane.urdf", physicsClientId=self.client)
        self.cube = p.loadURDF("cube_small.urdf", globalScaling=4, physicsClientId=self.client)
        self.ball = None
        if ball:
            self.ball = p.loadURDF("sphere_small.urdf", globalScaling=3, physicsClientId=self.client)

    def _put(self, body: int, at: list[float]) -> None:
        p.resetBasePositionAndOrientation(body, at, [0, 0, 0, 1], physicsClientId=self.client)
        p.resetBaseVelocity(body, [0, 0, 0], [0, 0, 0], physicsClientId=self.client)

    def _seen(self) -> np.ndarray:
        return np.array(p.getBasePositionAndOrientation(self.cube, physicsClientId=self.client)[0])

    def _picture(self, target: Any, yaw: float) -> np.ndarray:
        view = p.computeViewMatrixFromYawPitchRoll(target, 2.0, yaw, -35, 0, 2)
        lens = p.computeProjectionMatrixFOV(50, 1.5, 0.05, 10)
        taken = p.getCameraImage(48, 32, view, lens, physicsClientId=self.client)
        self.bodies_seen = np.reshape(taken[4], (32, 48))
        return np.reshape(taken[2], (32, 48, 4))[..., :3].astype(np.uint8)
