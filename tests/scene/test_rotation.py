import numpy as np
from scipy.spatial.transform import Rotation

from simfactor.scene.rotation import cross_matrices, to_matrices, to_quaternions


def test_matrices_and_quaternions_are_scipys() -> None:
    rng = np.random.default_rng(0)
    turned = Rotation.concatenate([Rotation.random(500, random_state=rng), Rotation.create_group("O")])
    quaternions, matrices = turned.as_quat(), turned.as_matrix()
    np.testing.assert_allclose(to_matrices(quaternions), matrices, atol=1e-12)
    back = to_quaternions(matrices)
    assert (back[:, 3] >= 0).all()
    np.testing.assert_allclose(np.abs((back * quaternions).sum(axis=1)), 1.0, atol=1e-12)
    np.testing.assert_allclose(np.linalg.norm(back, axis=1), 1.0, atol=1e-12)


def test_leading_axes_are_kept() -> None:
    quaternions = Rotation.random(6, random_state=1).as_quat().reshape(2, 3, 4)
    assert to_matrices(quaternions).shape == (2, 3, 3, 3)
    assert to_quaternions(to_matrices(quaternions)).shape == (2, 3, 4)
    assert to_matrices(quaternions[0, 0]).shape == (3, 3)


def test_cross_matrices() -> None:
    a, b = np.random.default_rng(0).normal(size=(2, 5, 3))
    np.testing.assert_allclose((cross_matrices(a) @ b[..., None])[..., 0], np.cross(a, b))
