"""Rotations of many frames at once: quaternions are xyzw, in the last axis; matrices in the last two."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

CYCLES = ((0, 1, 2), (1, 2, 0), (2, 0, 1))


def _matrix_of_products() -> Array:
    """(16, 9): R - 1 = 2 w [u]x + 2 [u]x [u]x is linear in the products of the quaternion's components."""
    table = np.zeros((4, 4, 3, 3))
    for i, j, k in CYCLES:
        table[j, j, i, i] = table[k, k, i, i] = -2.0
        table[i, j, i, j] = table[i, j, j, i] = 2.0
        table[k, 3, j, i] = 2.0
        table[k, 3, i, j] = -2.0
    return table.reshape(16, 9)


def _products_of_matrix() -> Array:
    """(9, 16): and the other way, 4 q q^T - 1 is linear in the matrix."""
    table = np.zeros((3, 3, 4, 4))
    for i, j, k in CYCLES:
        table[i, i] = np.diag([-1.0, -1.0, -1.0, 1.0])
        table[i, i, i, i] = 1.0
        table[i, j, i, j] = table[i, j, j, i] = table[j, i, i, j] = table[j, i, j, i] = 1.0
        table[k, j, i, 3] = table[k, j, 3, i] = 1.0
        table[j, k, i, 3] = table[j, k, 3, i] = -1.0
    return table.reshape(9, 16)


MATRIX_OF_PRODUCTS, PRODUCTS_OF_MATRIX = _matrix_of_products(), _products_of_matrix()


def to_matrices(quaternions: NDArray[np.floating[Any]]) -> Array:
    """Rotation matrices (..., 3, 3) of unit quaternions (..., 4)."""
    q = np.asarray(quaternions, np.float64)
    products = (q[..., :, None] * q[..., None, :]).reshape(*q.shape[:-1], 16)
    return (products @ MATRIX_OF_PRODUCTS).reshape(*q.shape[:-1], 3, 3) + np.eye(3)


def to_quaternions(matrices: Array) -> Array:
    """Unit quaternions (..., 4) of rotation matrices (..., 3, 3); w is not negative.

    By Shepperd (1978), "Quaternion from rotation matrix": of the four quotients the one by the largest
    component, so that none is by nearly zero.
    """
    outer = (matrices.reshape(-1, 9) @ PRODUCTS_OF_MATRIX).reshape(-1, 4, 4) + np.eye(4)  # 4 q q^T
    largest = outer[:, range(4), range(4)].argmax(axis=1)
    q = outer[np.arange(len(outer)), largest]
    q *= np.copysign(1.0 / np.sqrt(np.einsum("ni,ni->n", q, q)), q[:, 3])[:, None]
    return q.reshape(*matrices.shape[:-2], 4)


def cross_matrices(vectors: Array) -> Array:
    """The matrices (..., 3, 3) that multiply by ``vectors`` (..., 3) with the cross product."""
    x, y, z = np.moveaxis(np.asarray(vectors, np.float64), -1, 0)
    zero = np.zeros_like(x)
    rows = [[zero, -z, y], [z, zero, -x], [-y, x, zero]]
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)
