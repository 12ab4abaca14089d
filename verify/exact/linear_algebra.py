"""Inverses, solutions, determinants and factors of exact matrices, by elimination."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from verify.exact.arrays import lift
from verify.exact.field import NotExact
from verify.numbers.linear_algebra import cholesky
from verify.numbers.protocols import Rule


def _eliminated(a: Any, b: Any) -> tuple[Any, list[Any], int]:
    """The solution of a x = b for square matrices, the pivots, and the sign of the row exchanges."""
    n = a.shape[-1]
    if a.ndim != 2 or a.shape != (n, n):
        raise NotExact(f"np.linalg for matrices of shape {a.shape}")
    left, right = [a[i] for i in range(n)], [b[i] for i in range(n)]
    pivots, sign = [], 1
    for k in range(n):
        # The largest entry, as elsewhere: balls stay small, and residues need one that is not zero.
        best = k + int(np.argmax(np.abs(np.stack([row[k] for row in left[k:]]))))
        if best != k:
            left[k], left[best], right[k], right[best] = left[best], left[k], right[best], right[k]
            sign = -sign
        pivot = left[k][k]
        pivots.append(pivot)
        left[k], right[k] = left[k] / pivot, right[k] / pivot
        for i in range(n):
            if i != k:
                factor = left[i][k]
                left[i], right[i] = left[i] - factor * left[k], right[i] - factor * right[k]
    return np.stack(right), pivots, sign


def solve(a: Any, b: Any) -> Any:
    """`np.linalg.solve` for one matrix."""
    a, b = lift(a), lift(b)
    column = b.ndim == 1
    x = _eliminated(a, b.reshape(-1, 1) if column else b)[0]
    return x.reshape(-1) if column else x


def inverse(a: Any) -> Any:
    """`np.linalg.inv` for one matrix."""
    a = lift(a)
    return _eliminated(a, lift(np.eye(a.shape[-1])))[0]


def determinant(a: Any) -> Any:
    """`np.linalg.det` for one matrix."""
    a = lift(a)
    _, pivots, sign = _eliminated(a, lift(np.eye(a.shape[-1])))
    out: Any = sign
    for pivot in pivots:
        out = out * pivot
    return out


def log_determinant(a: Any) -> Any:
    """`np.linalg.slogdet` for one matrix: sign and logarithm of the magnitude."""
    d = determinant(a)
    return np.sign(d), np.log(np.abs(d))


def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:  # noqa: A002
    """`np.linalg.norm`, Euclidean or Frobenius."""
    x = lift(x)
    vector = isinstance(axis, int) or (axis is None and x.ndim == 1)
    if ord is not None and not (ord == "fro" and not vector) and not (ord == 2 and vector):
        raise NotExact(f"np.linalg.norm with ord={ord!r}")
    return np.sqrt(np.sum(x * x, axis=axis, keepdims=keepdims))


def power(a: Any, n: int) -> Any:
    """`np.linalg.matrix_power`."""
    a = lift(a)
    base = a if n >= 0 else inverse(a)
    out = lift(np.eye(a.shape[-1]))
    for _ in range(abs(n)):
        out = out @ base
    return out


LINEAR_ALGEBRA: Mapping[Any, Rule] = {
    np.linalg.solve: solve, np.linalg.inv: inverse, np.linalg.det: determinant, np.linalg.slogdet: log_determinant,
    np.linalg.norm: norm, np.linalg.matrix_power: power,
    np.linalg.cholesky: lambda a: cholesky(lift(a)),
}
