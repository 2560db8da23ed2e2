"""Scenes: a PyBullet world whose state the factors decide, and the snapshots that renderers take."""

from simfactor.scene.optics import Camera, Light
from simfactor.scene.robot import WORKSPACE_HIGH, WORKSPACE_LOW, Robot
from simfactor.scene.scene import SCENES, Scene, open_scene

__all__ = ["SCENES", "WORKSPACE_HIGH", "WORKSPACE_LOW", "Camera", "Light", "Robot", "Scene", "open_scene"]
