"""The view of a camera on the robot's hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from simfactor.frames import RenderBatch, focal_length
from simfactor.scene.robot import GRASP
from simfactor.scene.rotation import to_matrices
from simfactor.scene.state import SceneState

BACK, ASIDE = 0.1, 0.08  # metres from between the fingertips: towards the arm, and out of the fingers' plane
AHEAD = 0.1  # metres beyond the fingertips that it looks at
FOV = 75.0  # degrees


def wrist_view(batch: RenderBatch, state: SceneState) -> RenderBatch:
    """The batch of the rows of ``state`` as a camera on the hand sees it; the scene's camera has no say.

    Fingers, what is between them and what they point at are in the picture.
    """
    hand = to_matrices(state.link_orientation[:, GRASP + 1])
    out, along = hand[:, :, 0], hand[:, :, 2]  # the fingers open along the hand's y and point along its z
    tip = state.link_position[:, GRASP + 1]
    focal = focal_length(np.radians(FOV))
    return replace(
        batch,
        camera_position=(tip - BACK * along + ASIDE * out).astype(np.float32),
        camera_target=(tip + AHEAD * along).astype(np.float32),
        camera_up=out.astype(np.float32),
        focal=np.full((len(batch), 2), focal, np.float32),
    )
