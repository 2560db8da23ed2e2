import numpy as np
import pytest
from numpy.typing import NDArray

from simfactor.errors import SimfactorError
from simfactor.scene import WORKSPACE_HIGH, WORKSPACE_LOW, Scene, open_scene
from simfactor.scene.kinematics import LIMITS, REST, inverse

CORNERS = np.stack(np.meshgrid(*zip(WORKSPACE_LOW, WORKSPACE_HIGH, strict=True)), axis=-1).reshape(-1, 3)


def test_the_whole_workspace_is_reached_exactly_and_smoothly(tabletop: Scene) -> None:
    axes = [np.linspace(low, high, 6) for low, high in zip(WORKSPACE_LOW, WORKSPACE_HIGH, strict=True)]
    for goal in np.stack(np.meshgrid(*axes), axis=-1).reshape(-1, 3):
        tabletop.robot.teleport(goal)
        position, (x, y, z, w) = tabletop.robot.end_effector_pose()
        np.testing.assert_allclose(position, goal, atol=1e-7)
        np.testing.assert_allclose([abs(x), y, z, w], [1, 0, 0, 0], atol=1e-7)  # the gripper points down
        joints = tabletop.robot.joint_positions()
        assert (joints > LIMITS[:, 0]).all()
        assert (joints < LIMITS[:, 1]).all()
        assert np.abs(inverse(goal + 1e-4) - joints).max() < 2e-3


def test_drive_to_arrives(tabletop: Scene) -> None:
    for goal in CORNERS:
        tabletop.robot.drive_to(goal)
        tabletop.step(240)
        np.testing.assert_allclose(tabletop.robot.end_effector_position(), goal, atol=2e-3)


def test_teleport_stands_still(tabletop: Scene) -> None:
    tabletop.robot.teleport((0.4, 0.1, 0.2))
    tabletop.step(240)
    np.testing.assert_allclose(tabletop.robot.end_effector_position(), (0.4, 0.1, 0.2), atol=1e-3)


def test_joint_positions_round_trip(tabletop: Scene) -> None:
    joints = REST + np.linspace(-0.2, 0.2, 7)
    tabletop.robot.set_joint_positions(joints)
    np.testing.assert_allclose(tabletop.robot.joint_positions(), joints, atol=1e-12)


def episode(scene: Scene, goals: NDArray[np.float64]) -> NDArray[np.float64]:
    scene.reset()
    scene.apply({"ee_x": 0.4, "ee_y": 0.1, "ee_z": 0.3, "object_shape": "cone"})
    path = []
    for goal in goals:
        scene.robot.drive_to(goal)
        scene.step(12)
        path.append(np.concatenate([scene.robot.joint_positions(), scene.robot.end_effector_position()]))
    return np.array(path)


def test_an_episode_is_bit_equal_after_any_history(tabletop: Scene) -> None:
    rng = np.random.default_rng(0)
    goals = rng.uniform(WORKSPACE_LOW, WORKSPACE_HIGH, (12, 3))
    first = episode(tabletop, goals)
    into_the_table = goals * [1, 1, 0] - [0, 0, 0.05]
    assert episode(tabletop, into_the_table)[:, 9].min() > -0.02  # the table holds
    second = episode(tabletop, goals)
    with open_scene() as fresh:
        third = episode(fresh, goals)
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(first, third)


def test_nuisances_leave_the_physics_alone(tabletop: Scene) -> None:
    goals = np.array([(0.5, 0.0, 0.05), (0.35, 0.2, 0.1)])
    plain = episode(tabletop, goals)
    tabletop.reset()
    tabletop.apply({"ee_x": 0.4, "ee_y": 0.1, "ee_z": 0.3, "object_x": 0.5, "object_y": 0.0})
    tabletop.apply({"object_size": 0.2, "robot_tint": 5.0, "table_texture": "brick", "target_x": 0.5})
    for goal, before in zip(goals, plain, strict=True):
        tabletop.robot.drive_to(goal)
        tabletop.step(12)
        np.testing.assert_array_equal(tabletop.robot.joint_positions(), before[:7])


@pytest.mark.parametrize("goal", [(1.1, 0, 0.2), (0.1, 0, 0.1), (-0.5, 0, 0.3), (float("nan"), 0, 0.2)])
def test_positions_out_of_reach_are_refused(tabletop: Scene, goal: tuple[float, float, float]) -> None:
    before = tabletop.robot.joint_positions()
    for move in (tabletop.robot.teleport, tabletop.robot.drive_to):
        with pytest.raises(SimfactorError, match="the arm cannot reach"):
            move(goal)
    np.testing.assert_array_equal(tabletop.robot.joint_positions(), before)


@pytest.mark.parametrize("joints", [np.zeros(6), np.full(7, np.nan)])
def test_bad_joint_angles_are_refused(tabletop: Scene, joints: NDArray[np.float64]) -> None:
    with pytest.raises(SimfactorError, match="7 finite angles"):
        tabletop.robot.set_joint_positions(joints)
