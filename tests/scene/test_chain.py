from pathlib import Path

import numpy as np
import pybullet_data
import pytest

from simfactor.errors import SimfactorError
from simfactor.scene.bullet import pybullet
from simfactor.scene.chain import Chain

DATA = Path(pybullet_data.getDataPath())
URDFS = (
    "franka_panda/panda.urdf",
    "kuka_iiwa/model.urdf",
    "r2d2.urdf",
    "laikago/laikago.urdf",
    "xarm/xarm6_robot.urdf",
    "plane.urdf",
)
SPHERICAL = """<robot name="r"><link name="a"/><link name="b"><inertial><mass value="1"/>
<inertia ixx="1" iyy="1" izz="1" ixy="0" ixz="0" iyz="0"/></inertial></link>
<joint name="ball" type="spherical"><parent link="a"/><child link="b"/></joint></robot>"""


@pytest.fixture
def client():
    number = pybullet.connect(pybullet.DIRECT)
    yield number
    pybullet.disconnect(number)


@pytest.mark.parametrize("name", URDFS)
def test_frames_are_pybullets(client: int, name: str) -> None:
    body = pybullet.loadURDF(str(DATA / name), physicsClientId=client)
    chain, rng = Chain.from_body(body, client), np.random.default_rng(0)
    joints = rng.uniform(-2.5, 2.5, (6, len(chain.movable)))
    positions = rng.normal(size=(6, 3))
    orientations = rng.normal(size=(6, 4))
    orientations /= np.linalg.norm(orientations, axis=1, keepdims=True)
    at, turned = chain.link_frames(joints, positions, orientations)
    np.testing.assert_allclose(at[:, 0], positions)
    center = pybullet.getDynamicsInfo(body, -1, physicsClientId=client)[3:5]
    for row in range(6):
        base = pybullet.multiplyTransforms(positions[row].tolist(), orientations[row].tolist(), *center)
        pybullet.resetBasePositionAndOrientation(body, *base, physicsClientId=client)
        for joint, value in zip(chain.movable, joints[row], strict=True):
            pybullet.resetJointState(body, joint, value, physicsClientId=client)
        for link in range(len(chain.parents)):
            state = pybullet.getLinkState(body, link, computeForwardKinematics=1, physicsClientId=client)
            np.testing.assert_allclose(at[row, link + 1], state[4], atol=1e-6)
            same = turned[row, link + 1] * np.sign(turned[row, link + 1] @ state[5])
            np.testing.assert_allclose(same, state[5], atol=1e-6)


def test_rows_do_not_depend_on_each_other(client: int) -> None:
    body = pybullet.loadURDF(str(DATA / URDFS[0]), physicsClientId=client)
    chain = Chain.from_body(body, client)
    joints = np.random.default_rng(1).uniform(-1, 1, (5, len(chain.movable)))
    at, turned = chain.link_frames(joints)
    for row in range(5):
        one_at, one_turned = chain.link_frames(joints[row : row + 1])
        np.testing.assert_array_equal(at[row], one_at[0])
        np.testing.assert_array_equal(turned[row], one_turned[0])


def test_a_joint_of_another_kind_is_named(client: int, tmp_path: Path) -> None:
    (tmp_path / "r.urdf").write_text(SPHERICAL)
    body = pybullet.loadURDF(str(tmp_path / "r.urdf"), physicsClientId=client)
    with pytest.raises(SimfactorError, match=r"joint 'ball' is of PyBullet's type 2.*revolute, prismatic"):
        Chain.from_body(body, client)
