"""Scenes: a PyBullet world whose state the factors decide, and the snapshots that renderers take."""

from simfactor.scene.bound import Bound
from simfactor.scene.bullet_world import BulletWorld
from simfactor.scene.optics import Camera, Light
from simfactor.scene.robot import WORKSPACE_HIGH, WORKSPACE_LOW, Robot
from simfactor.scene.scene import SCENES, Scene, open_scene
from simfactor.scene.viewpoint import Sun, Viewpoint

__all__ = [
    "SCENES",
    "WORKSPACE_HIGH",
    "WORKSPACE_LOW",
    "Bound",
    "BulletWorld",
    "Camera",
    "Light",
    "Robot",
    "Scene",
    "Sun",
    "Viewpoint",
    "open_scene",
]
