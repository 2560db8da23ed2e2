"""Forward kinematics of one body for many joint positions at once, without PyBullet's world."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simfactor.errors import SimfactorError
from simfactor.scene.bullet import pybullet as p
from simfactor.scene.rotation import cross_matrices, to_matrices, to_quaternions

Array = NDArray[np.float64]

JOINTS = {p.JOINT_REVOLUTE: "revolute", p.JOINT_PRISMATIC: "prismatic", p.JOINT_FIXED: "fixed"}
ORIGIN = (0.0, 0.0, 0.0)
UPRIGHT = (0.0, 0.0, 0.0, 1.0)


def knows_joints(body: int, client: int) -> bool:
    """Whether all joints of a body are of kinds that a :class:`Chain` can have."""
    count = p.getNumJoints(body, physicsClientId=client)
    return all(p.getJointInfo(body, link, physicsClientId=client)[2] in JOINTS for link in range(count))


@dataclass(frozen=True)
class Chain:
    """How the L links of a body hang on each other.

    A link's frame in its parent's, as a 4 x 4 matrix, is the sum of four terms times 1, sin(q), 1 - cos(q)
    and q: Rodrigues' formula for revolute joints, a slide for prismatic ones.

    Attributes:
        movable: PyBullet's indices of the J joints that move, in the order of the joint positions.
        parents: index of each link's parent, -1 = the base. Parents come before children.
        joint: (L,) which of the J joint positions moves the link; any where none does.
        terms: (L, 4, 16) the four matrices of each link, flat.
    """

    movable: tuple[int, ...]
    parents: tuple[int, ...]
    joint: NDArray[np.int64]
    terms: Array

    @staticmethod
    def from_body(body: int, client: int) -> Chain:
        """The chain of a body that PyBullet has loaded.

        Raises SimfactorError for a joint that is not revolute, prismatic or fixed.
        """
        count = p.getNumJoints(body, physicsClientId=client)
        infos = [p.getJointInfo(body, link, physicsClientId=client) for link in range(count)]
        for info in infos:
            if info[2] not in JOINTS:
                raise SimfactorError(
                    f"joint {info[1].decode()!r} is of PyBullet's type {info[2]}; forward kinematics knows "
                    f"{', '.join(JOINTS.values())} joints. Split it into revolute ones."
                )
        dynamics = [p.getDynamicsInfo(body, link, physicsClientId=client) for link in range(-1, count)]
        # PyBullet's joint frames are relative to the links' inertial frames; row 0 is the base's
        center = np.array([d[3] for d in dynamics])
        turned = to_matrices(np.array([d[4] for d in dynamics]))
        parents = np.array([info[16] for info in infos], int)
        rotation = to_matrices(np.array([info[15] for info in infos]).reshape(-1, 4)).swapaxes(1, 2)
        pivot = np.array([info[14] for info in infos]).reshape(-1, 3)
        axis = np.array([info[13] for info in infos]).reshape(-1, 3)
        kinds = np.array([info[2] for info in infos], int)[:, None, None]

        before, after = turned[parents + 1] @ rotation, turned[1:].swapaxes(1, 2)
        cross = np.where(kinds == p.JOINT_REVOLUTE, cross_matrices(axis), 0.0)
        along = np.where(kinds[:, 0] == p.JOINT_PRISMATIC, axis, 0.0)
        rest, sine, versine, slide = np.zeros((4, count, 4, 4))
        rest[:, :3, :3] = before @ after
        rest[:, :3, 3] = center[parents + 1] + np.einsum("lij,lj->li", turned[parents + 1], pivot)
        rest[:, 3, 3] = 1.0
        sine[:, :3, :3] = before @ cross @ after
        versine[:, :3, :3] = before @ cross @ cross @ after
        slide[:, :3, 3] = np.einsum("lij,lj->li", before, along)
        movable = tuple(link for link, info in enumerate(infos) if info[2] != p.JOINT_FIXED)
        joint = np.array([movable.index(link) if link in movable else 0 for link in range(count)], int)
        terms = np.stack([rest, sine, versine, slide], axis=1).reshape(count, 4, 16)
        return Chain(movable, tuple(parents.tolist()), joint, terms)

    def frames(self, joints: Array, position: ArrayLike = ORIGIN, orientation: ArrayLike = UPRIGHT) -> Array:
        """The links' URDF frames (n, L + 1, 4, 4) in the world, the base first, for ``joints`` (n, J).

        Joint positions are in radians and metres; the base stands at ``position`` (3,) or (n, 3) metres with
        ``orientation`` (4,) or (n, 4) xyzw.
        """
        frames = np.zeros((len(self.parents) + 1, len(joints), 4, 4))  # link by link: each is contiguous
        frames[0, :, :3, :3] = to_matrices(np.asarray(orientation))
        frames[0, :, :3, 3] = position
        frames[0, :, 3, 3] = 1.0
        local = self._local(np.asarray(joints, np.float64))
        for link, parent in enumerate(self.parents):
            np.matmul(frames[parent + 1], local[link], out=frames[link + 1])
        return frames.swapaxes(0, 1)

    def link_frames(
        self, joints: Array, position: ArrayLike = ORIGIN, orientation: ArrayLike = UPRIGHT
    ) -> tuple[Array, Array]:
        """Positions (n, L + 1, 3) and orientations (n, L + 1, 4) xyzw of :meth:`frames`."""
        frames = self.frames(joints, position, orientation)
        return frames[..., :3, 3], to_quaternions(frames[..., :3, :3])

    def _local(self, joints: Array) -> Array:
        """Each link's frame in its parent's, (L, n, 4, 4)."""
        if not self.movable:
            return np.repeat(self.terms[:, :1], len(joints), axis=1).reshape(-1, len(joints), 4, 4)
        q = joints.T[self.joint, :, None]
        terms = np.concatenate([np.ones_like(q), np.sin(q), 1.0 - np.cos(q), q], axis=2)
        return (terms @ self.terms).reshape(*terms.shape[:2], 4, 4)
