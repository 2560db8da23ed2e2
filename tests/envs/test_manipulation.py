"""Pushing and picking: the object is solid, and a simple hand-written policy solves the tasks."""

import numpy as np
import pytest

from simfactor.envs.task import STRIDE
from simfactor.envs.task_env import TaskEnv
from simfactor.scene import open_scene

SHAPES = ("cube", "cylinder", "hexagonal")


def push(state):
    """Go behind the object on the line from the marker, then through it."""
    hand, thing, goal = state[:2], state[3:5], state[6:8]
    along = (goal - thing) / np.linalg.norm(goal - thing)
    behind = thing - 0.07 * along
    aside = np.linalg.norm((hand - thing) - along * ((hand - thing) @ along))
    wanted = thing + 0.02 * along if aside < 0.012 and (thing - hand) @ along > 0 else behind
    return np.clip((wanted - hand) / STRIDE, -0.5, 0.5)


def pick(state):
    """Go above the object, down, close the fingers, go to the marker."""
    hand, opening, thing, goal = state[:3], state[3], state[4:7], state[7:10]
    over = np.linalg.norm(hand[:2] - thing[:2]) < 0.012
    held = over and hand[2] - thing[2] < 0.02
    if held:
        wanted = goal if opening < 0.065 else hand
    else:
        wanted = np.append(thing[:2], max(thing[2] - 0.003, 0.02) if over else 0.12)
    return np.append(np.clip((wanted - hand) / STRIDE, -1, 1), -1.0 if held else 1.0)


@pytest.mark.parametrize(("task", "policy"), [("push", push), ("pick_and_place", pick)])
def test_a_hand_written_policy_solves_it(task, policy):
    env = TaskEnv(task)
    solved = 0
    for seed in range(12):
        state, info = env.reset(seed=seed)
        for _ in range(50):
            state, _, terminated, _, info = env.step(policy(state))
            if terminated:
                break
        solved += info["is_success"]
    assert solved >= 10
    env.close()


@pytest.mark.parametrize("task", ["push", "pick_and_place"])
def test_equal_seeds_give_equal_episodes_in_fresh_and_used_environments(task):
    fresh, used = TaskEnv(task), TaskEnv(task)
    for seed in (3, 4):
        used.reset(seed=seed)
        for action in np.random.default_rng(seed).uniform(-1, 1, (15, *used.action_space.shape)):
            used.step(action)
    first, _ = fresh.reset(seed=5)
    np.testing.assert_array_equal(first, used.reset(seed=5)[0])
    policy = push if task == "push" else pick
    state = first
    for _ in range(20):  # long enough to touch the object
        action = policy(state)
        state = fresh.step(action)[0]
        np.testing.assert_array_equal(state, used.step(action)[0])
    assert np.linalg.norm(state[-6:-3] - first[-6:-3]) > 0.01
    fresh.close()
    used.close()


@pytest.mark.parametrize("shape", SHAPES)
def test_a_solid_object_falls_and_comes_to_rest_on_the_table(shape):
    with open_scene() as scene:
        scene.apply({"object_shape": shape, "object_x": 0.5, "object_y": 0.1})
        scene.step(20)
        resting = scene.object_position()  # not solid: nothing moves it
        scene.solidify()
        scene.step(240)
        np.testing.assert_allclose(scene.object_position(), resting, atol=3e-3)


def test_an_object_is_only_touched_while_it_is_solid():
    with open_scene() as scene:
        ends = []
        for solid in (False, True, False):
            scene.reset()
            scene.apply({"ee_x": 0.4, "ee_y": 0.0, "ee_z": 0.03, "object_x": 0.46, "object_y": 0.0})
            if solid:
                scene.solidify()
            scene.robot.drive_to((0.55, 0.0, 0.03))
            scene.step(120)
            ends.append(scene.read(["object_x"])["object_x"])
        assert ends[0] == ends[2] == pytest.approx(0.46)
        assert ends[1] > 0.5


def test_the_toll_falls_as_the_hand_comes_closer():
    env = TaskEnv("push")
    _, info = env.reset(seed=0, options={"factors": {"ee_x": 0.3, "ee_y": 0.1, "object_y": -0.1}})
    far = info["toll"]
    near = env.reset(seed=0, options={"factors": {"ee_x": 0.33, "ee_y": -0.1, "object_y": -0.1}})[1]["toll"]
    assert far > near > 0
    env.close()
