"""Where the links of all bodies of a PyBullet world stand: now, or with other joint positions and bases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simfactor.errors import SimfactorError
from simfactor.scene.bullet import pybullet as p
from simfactor.scene.chain import Chain, knows_joints
from simfactor.scene.rotation import to_matrices, to_quaternions

Array = NDArray[np.float64]
MAXIMAL = 1  # of getDynamicsInfo(...)[10]: a body made with useMaximalCoordinates
Pose = tuple[ArrayLike, ArrayLike]  # positions (N, 3) or (3,), orientations (N, 4) or (4,) xyzw


class Poses:
    """The URDF frames of all links of some bodies: a table of T rows, each body's base and then its links."""

    def __init__(self, bodies: Sequence[int], client: int, inertial: Mapping[int, Pose]) -> None:
        self.client = client
        self.bodies = tuple(bodies)
        self._links = {body: p.getNumJoints(body, physicsClientId=client) for body in bodies}
        starts = np.cumsum([0, *(count + 1 for count in self._links.values())])
        self._start = dict(zip(bodies, starts.tolist(), strict=False))
        self._bases = list(self._start.values())
        self._height = int(starts[-1])
        frames = [inertial[body] if body in inertial else _inertial_frame(body, client) for body in bodies]
        # PyBullet's base pose is that of the centre of mass; this leads from there to the URDF frame
        self._to_urdf = np.linalg.inv(_matrices([f[0] for f in frames], [f[1] for f in frames]))
        self._chains: dict[int, Chain] = {}
        self._known: dict[int, bool] = {}

    def rows(self, segment: NDArray[np.int32]) -> NDArray[np.intp]:
        """The rows (I,) of the links ``segment`` (I, 2) in the table."""
        return np.array([self._start[body] + link + 1 for body, link in segment.tolist()], np.intp)

    def now(self) -> Array:
        """The frames (T, 4, 4) of all bases and links as they stand in the world.

        Links follow from the joints. PyBullet's own forward kinematics would refresh what ``getLinkState``
        tells others, and so change what an environment does that reads it. Only where a body has joints that
        ours does not know (spherical, planar) it has to be asked.
        """
        poses = [p.getBasePositionAndOrientation(body, physicsClientId=self.client) for body in self.bodies]
        bases = _matrices([pose[0] for pose in poses], [pose[1] for pose in poses]) @ self._to_urdf
        frames = np.empty((self._height, 4, 4))
        for base, (body, start) in zip(bases, self._start.items(), strict=True):
            frames[start] = base
            if count := self._links[body]:
                frames[start + 1 : start + 1 + count] = self._links_now(body, base)
        return frames

    def _links_now(self, body: int, base: Array) -> Array:
        """The frames (L, 4, 4) of a body's links, its base standing at ``base`` (4, 4)."""
        chain = self._known_chain(body)
        if chain is None:
            links = range(self._links[body])
            states = p.getLinkStates(body, links, computeForwardKinematics=1, physicsClientId=self.client)
            return _matrices([state[4] for state in states], [state[5] for state in states])
        states = p.getJointStates(body, chain.movable, physicsClientId=self.client) if chain.movable else ()
        joints = np.array([[state[0] for state in states]])
        return chain.frames(joints, base[:3, 3], to_quaternions(base[:3, :3]))[0, 1:]

    def _known_chain(self, body: int) -> Chain | None:
        if body not in self._known:
            self._known[body] = knows_joints(body, self.client)
        return self._chain(body) if self._known[body] else None

    def moved(self, joints: Mapping[int, ArrayLike], bases: Mapping[int, Pose]) -> Array:
        """The frames (N, T, 4, 4) if some bodies had other joint positions and base poses; see BulletWorld.

        Raises SimfactorError for unknown bodies, and for arrays whose shapes do not fit.
        """
        for body in (*joints, *bases):
            if body not in self._start:
                raise SimfactorError(
                    f"body {body!r} is not one of the world's bodies {list(self.bodies)}; use its body id."
                )
        angles = {body: self._checked(body, np.atleast_2d(np.array(q, float))) for body, q in joints.items()}
        stands = {body: self._base_frames(body, pose) for body, pose in bases.items()}
        lengths = {len(array) for array in (*angles.values(), *stands.values())}
        count = max(lengths, default=1)
        if not lengths <= {1, count}:
            raise SimfactorError(
                f"joint positions and base poses are given for {sorted(lengths)} images; give the same "
                "number for all bodies, or one for each."
            )
        frames = np.repeat(self.now()[None], count, axis=0)
        for body in {**angles, **stands}:
            rows = slice(self._start[body], self._start[body] + self._links[body] + 1)
            base = stands.get(body, frames[:, rows.start])
            if body in angles:
                base = np.broadcast_to(base, (count, 4, 4))
                turned = to_quaternions(base[:, :3, :3])
                q = np.broadcast_to(angles[body], (count, angles[body].shape[1]))
                frames[:, rows] = self._chain(body).frames(q, base[:, :3, 3], turned)
            else:
                step = base @ np.linalg.inv(frames[:, rows.start])
                frames[:, rows] = step[:, None] @ frames[:, rows]
        return frames

    def _chain(self, body: int) -> Chain:
        if body not in self._chains:
            self._chains[body] = Chain.from_body(body, self.client)
        return self._chains[body]

    def _checked(self, body: int, joints: Array) -> Array:
        wanted = len(self._chain(body).movable)
        if joints.ndim != 2 or joints.shape[1] != wanted or not len(joints):
            raise SimfactorError(
                f"joint positions of body {body} have the shape {joints.shape}; give (N, {wanted}), one for "
                f"each of the joints {list(self._chain(body).movable)}."
            )
        return joints

    def _base_frames(self, body: int, pose: Pose) -> Array:
        position, orientation = (np.atleast_2d(np.asarray(part, np.float64)) for part in pose)
        if (
            position.shape[1:] != (3,)
            or orientation.shape[1:] != (4,)
            or not (len(position) * len(orientation))
        ):
            raise SimfactorError(
                f"the base pose of body {body} has the shapes {position.shape} and {orientation.shape}; give "
                "positions (N, 3) and orientations (N, 4) xyzw."
            )
        count = max(len(position), len(orientation))
        if {len(position), len(orientation)} - {1, count}:
            raise SimfactorError(
                f"the base pose of body {body} has {len(position)} positions and {len(orientation)} "
                "orientations; give as many of both, or one."
            )
        lengths = np.linalg.norm(orientation, axis=1, keepdims=True)
        frames = _matrices(position, orientation / np.maximum(lengths, 1e-12))
        return frames @ self._to_urdf[self.bodies.index(body)]


def _inertial_frame(body: int, client: int) -> Pose:
    info = p.getDynamicsInfo(body, -1, physicsClientId=client)
    if info[10] == MAXIMAL:
        raise SimfactorError(
            f"body {body} has maximal coordinates, and PyBullet does not tell where its centre of mass is; "
            f"make it without useMaximalCoordinates, or pass inertial={{{body}: ((0, 0, 0), (0, 0, 0, 1))}}, "
            "its inertial frame."
        )
    return info[3], info[4]


def _matrices(position: Any, orientation: Any) -> Array:
    """Frames (n, 4, 4) of positions (n, 3) and quaternions (n, 4), either of which may be one for all."""
    at, turned = np.asarray(position, float).reshape(-1, 3), np.asarray(orientation, float).reshape(-1, 4)
    frames = np.zeros((max(len(at), len(turned)), 4, 4))
    frames[:, :3, :3] = to_matrices(turned)
    frames[:, :3, 3] = at
    frames[:, 3, 3] = 1.0
    return frames
