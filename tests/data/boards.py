"""Pictures of a chessboard as a camera with a known lens takes them, from known places."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from simfactor.data import Chessboard

Array = NDArray[np.float64]

SAMPLES = 3  # a side of a pixel


@dataclass(frozen=True)
class Taken:
    """A camera of ``width`` x ``height`` pixels with OpenCV's fx, fy, cx, cy, k1, k2, p1, p2."""

    lens: Array
    width: int = 480
    height: int = 360

    @property
    def matrix(self) -> Array:
        fx, fy, cx, cy = self.lens[:4]
        return np.array([[fx, 0, cx], [0, fy, cy], [0, 0, 1]])

    @cached_property
    def rays(self) -> Array:
        """Directions (H * SAMPLES, W * SAMPLES, 3) in the camera's frame."""
        x, y = (
            (np.arange(n * SAMPLES) + 0.5) / SAMPLES - 0.5 for n in (self.width, self.height)
        )  # the middle of the first pixel is at 0
        grid = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 1, 2)
        straight = cv2.undistortPoints(grid, self.matrix, self.lens[4:]).reshape(len(y), len(x), 2)
        return np.concatenate([straight, np.ones((len(y), len(x), 1))], axis=-1)

    def picture(
        self, board: Chessboard, rotation: Array, translation: Array, seed: int = 0
    ) -> NDArray[np.uint8]:
        """A board on grey, (H, W, 3) uint8, with sensor noise. Rotation (3, 3): board to camera."""
        normal = rotation[:, 2]
        reach = (normal @ translation) / (self.rays @ normal)
        spots = (reach[..., None] * self.rays - translation) @ rotation[:, :2] / board.square
        column, row = np.floor(spots[..., 0]) + 1, np.floor(spots[..., 1]) + 1
        black = (column + row) % 2 == 0
        outside = np.maximum(np.abs(spots - [(board.columns - 1) / 2, (board.rows - 1) / 2]), 0) - [
            (board.columns + 1) / 2,
            (board.rows + 1) / 2,
        ]
        shade = np.where(black, 30.0, 220.0)
        shade = np.where(outside.max(axis=-1) > 0, 225.0, shade)  # a white margin
        shade = np.where(outside.max(axis=-1) > 1, 120.0, shade)
        pixels = shade.reshape(self.height, SAMPLES, self.width, SAMPLES).mean(axis=(1, 3))
        noisy = pixels + np.random.default_rng(seed).normal(0, 2, pixels.shape)
        return np.repeat(np.rint(noisy).clip(0, 255).astype(np.uint8)[..., None], 3, axis=-1)


def tilted(board: Chessboard, count: int, distance: float, seed: int) -> list[tuple[Array, Array]]:
    """Poses (rotation, translation) of a board tilted by up to 40 degrees, its face to the camera."""
    rng = np.random.default_rng(seed)
    middle = board.points.mean(axis=0)
    poses = []
    for _ in range(count):
        tilt = rng.uniform(-0.7, 0.7, 2)
        spin = rng.uniform(-np.pi, np.pi)
        turned = [
            np.array([tilt[0], 0, 0]),
            np.array([0, tilt[1], 0]),
            np.array([0, 0, spin]),
            np.array([np.pi, 0, 0]),
        ]
        rotation = np.eye(3)
        for vector in turned:
            rotation = rotation @ cv2.Rodrigues(vector)[0]
        aside = np.array([*rng.uniform(-0.12, 0.12, 2), 1]) * distance * rng.uniform(0.95, 1.3)
        poses.append((rotation, aside - rotation @ middle))
    return poses


def looking(position: Array, target: Array, roll: float = 0.0) -> Array:
    """World to camera (3, 3): axes to the right, down and ahead, upright but for ``roll`` degrees."""
    ahead = (target - position) / np.linalg.norm(target - position)
    right = np.cross(ahead, [0, 0, 1.0])
    right /= np.linalg.norm(right)
    down = np.cross(ahead, right)
    cos, sin = np.cos(np.radians(roll)), np.sin(np.radians(roll))
    return np.stack([cos * right - sin * down, sin * right + cos * down, ahead])
