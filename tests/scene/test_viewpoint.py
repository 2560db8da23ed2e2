import numpy as np
import pybullet as p
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simfactor.errors import SimfactorError
from simfactor.scene import Sun, Viewpoint

angles = st.floats(-180, 180)


def view_matrix(camera: Viewpoint) -> np.ndarray:
    return np.array(p.computeViewMatrix(camera.position, camera.target, camera.up))


@given(angles, st.floats(-85, 85), angles, st.floats(0.1, 10))
def test_orbit_is_pybullets_camera(yaw: float, pitch: float, roll: float, distance: float) -> None:
    camera = Viewpoint.orbit((0.1, 0.2, 0.3), distance, yaw, pitch, roll)
    theirs = p.computeViewMatrixFromYawPitchRoll((0.1, 0.2, 0.3), distance, yaw, pitch, roll, 2)
    np.testing.assert_allclose(view_matrix(camera), theirs, atol=1e-4)


@given(angles, st.floats(-85, 85), st.floats(10, 120), st.floats(0.3, 3))
def test_matrices_give_the_camera_back(yaw: float, pitch: float, fov: float, aspect: float) -> None:
    camera = Viewpoint.orbit((0.1, 0.2, 0.3), 2.0, yaw, pitch, 0.0, fov)
    lens = p.computeProjectionMatrixFOV(fov, aspect, 0.1, 20.0)
    found = Viewpoint.from_matrices(view_matrix(camera), lens, aspect)
    np.testing.assert_allclose(view_matrix(found), view_matrix(camera), atol=1e-4)
    np.testing.assert_allclose(found.focal, camera.focal, rtol=1e-4)
    np.testing.assert_allclose(found.principal_point, (0.5, 0.5), atol=1e-6)
    np.testing.assert_allclose((found.near, found.far), (0.1, 20.0), rtol=1e-3)


def test_an_off_centre_lens() -> None:
    """The frustum from x -1 to 3 and y -1 to 1 at depth 2: its axis passes at a quarter of the width."""
    lens = p.computeProjectionMatrix(-1, 3, -1, 1, 2, 10)
    found = Viewpoint.from_matrices(view_matrix(Viewpoint.orbit()), lens, aspect=2.0)
    np.testing.assert_allclose(found.principal_point, (0.25, 0.5), atol=1e-6)
    np.testing.assert_allclose(found.focal, (1.0, 1.0), rtol=1e-6)
    upward = p.computeProjectionMatrix(-1, 1, -1, 3, 2, 10)
    shifted = Viewpoint.from_matrices(view_matrix(Viewpoint.orbit()), upward)
    np.testing.assert_allclose(
        shifted.principal_point, (0.5, 0.75), atol=1e-6
    )  # the axis is low in the image


def test_bad_cameras_and_lights() -> None:
    with pytest.raises(SimfactorError, match="has no direction"):
        Viewpoint((0, 0, 1), (0, 0, 1))
    with pytest.raises(SimfactorError, match="has no direction"):
        Viewpoint((0, 0, 1), (0, 0, 0))
    with pytest.raises(SimfactorError, match="0 < near < far"):
        Viewpoint((1, 0, 1), (0, 0, 0), near=2.0, far=1.0)
    with pytest.raises(SimfactorError, match=r"fov=180 degrees is outside \(0, 180\)"):
        Viewpoint.orbit(fov=180)
    with pytest.raises(SimfactorError, match="not one of perspective"):
        Viewpoint.from_matrices(np.eye(4).ravel(), np.eye(4).ravel())
    with pytest.raises(SimfactorError, match="has no length"):
        Sun(direction=(0, 0, 0))
