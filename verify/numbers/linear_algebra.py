"""Triangular systems, Cholesky and LU factors by substitution: a few NumPy operations a row, over any array type."""

from typing import Any

import numpy as np


def triangular_solve(a: Any, b: Any, *, left_side: bool, lower: bool, transpose_a: bool, unit_diagonal: bool,
                     **_: Any) -> Any:
    """`lax.linalg.triangular_solve` of real matrices: x with a x = b, or x a = b."""
    if transpose_a:
        a, lower = np.swapaxes(a, -1, -2), not lower
    if not left_side:
        solved = _solve(np.swapaxes(a, -1, -2), np.swapaxes(b, -1, -2), not lower, unit_diagonal)
        return np.swapaxes(solved, -1, -2)
    return _solve(a, b, lower, unit_diagonal)


def _solve(a: Any, b: Any, lower: bool, unit_diagonal: bool) -> Any:
    n = a.shape[-1]
    if n == 0:
        return b
    rows: dict[int, Any] = {}
    for i in range(n) if lower else reversed(range(n)):
        row = b[..., i, :]
        known = sorted(rows)
        if known:
            coefficients = a[..., i, known[0] : known[-1] + 1]
            before = np.stack([rows[j] for j in known], axis=-2)
            row = row - np.matmul(coefficients[..., None, :], before)[..., 0, :]
        rows[i] = row if unit_diagonal else row / a[..., i, i][..., None]
    return np.stack([rows[i] for i in range(n)], axis=-2)


def cholesky(a: Any, *, symmetrize_input: bool = False, **_: Any) -> Any:
    """`lax.linalg.cholesky`: the lower factor, column by column; not a number for a matrix that has none."""
    if symmetrize_input:
        a = (a + np.swapaxes(a, -1, -2)) / 2
    n = a.shape[-1]
    if n == 0:
        return a
    columns: list[Any] = []
    for j in range(n):
        column = a[..., j:, j]
        for done, k in zip(columns, range(j), strict=True):
            column = column - done[..., j - k :] * done[..., j - k][..., None]
        columns.append(column / np.sqrt(column[..., 0])[..., None])
    zero = np.zeros_like(a[..., 0])
    padded = [np.concatenate([zero[..., :k], column], axis=-1) for k, column in enumerate(columns)]
    return np.stack(padded, axis=-1)


def lu(a: Any, **_: Any) -> tuple[Any, Any, Any]:
    """`lax.linalg.lu`: both factors in one matrix, the pivots, and the permutation of the rows; partial pivoting."""
    n, m = a.shape[-2:]
    order = np.broadcast_to(np.arange(n, dtype=np.int32), a.shape[:-1]).copy()
    pivots = np.zeros((*a.shape[:-2], min(n, m)), np.int32)
    a = a.copy()
    for k in range(min(n, m)):
        size = np.abs(np.real(getattr(a, "v", a))[..., k:, k])
        pivots[..., k] = k + np.argmax(size, axis=-1)
        swapped = np.broadcast_to(np.arange(n), order.shape).copy()
        np.put_along_axis(swapped, pivots[..., k, None].astype(int), k, axis=-1)
        swapped[..., k] = pivots[..., k]
        order = np.take_along_axis(order, swapped, axis=-1)
        a = np.take_along_axis(a, swapped[..., None], axis=-2)
        pivot = a[..., k, k][..., None]
        # The largest entry is the pivot: where it is zero, all of them are.
        a[..., k + 1 :, k] = a[..., k + 1 :, k] / np.where(pivot == 0, 1.0, pivot)
        eliminated = a[..., k + 1 :, k][..., None] * a[..., k, k + 1 :][..., None, :]
        a[..., k + 1 :, k + 1 :] = a[..., k + 1 :, k + 1 :] - eliminated
    return a, pivots, order
