"""XLA's gather and scatter in NumPy: index arrays, one per operand dimension, over batch and window positions."""

from collections.abc import Sequence
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]


def _positions(
    shape: Sequence[int],
    indices: Array,
    window: Sequence[int],
    collapsed: Sequence[int],
    start_map: Sequence[int],
    operand_batching: Sequence[int],
    indices_batching: Sequence[int],
    clip: bool,
) -> tuple[tuple[Array, ...], Array]:
    """For each operand dimension its index at every (batch + window) position, and which positions are in bounds."""
    batch = indices.shape[:-1]
    kept = [d for d in range(len(shape)) if d not in collapsed and d not in operand_batching]
    full = batch + tuple(window[d] for d in kept)
    valid = np.ones(batch, bool)
    out = []
    for d, size in enumerate(shape):
        if d in operand_batching:
            axis = indices_batching[list(operand_batching).index(d)]
            start = np.arange(size).reshape([size if k == axis else 1 for k in range(len(batch))])
            start = np.broadcast_to(start, batch)
        elif d in start_map:
            start = np.asarray(indices[..., list(start_map).index(d)], dtype=np.int64)
            limit = size - window[d]
            if clip:
                start = np.clip(start, 0, limit)
            else:
                valid = valid & (start >= 0) & (start <= limit)
                start = np.clip(start, 0, max(limit, 0))
        else:
            start = np.zeros(batch, np.int64)
        start = start.reshape(batch + (1,) * len(kept))
        if d in kept:
            k = len(batch) + kept.index(d)
            start = start + np.arange(window[d]).reshape([window[d] if j == k else 1 for j in range(len(full))])
        out.append(np.broadcast_to(start, full))
    return tuple(out), valid.reshape(batch + (1,) * len(kept))


def _is_clip(mode: Any) -> bool:
    return "CLIP" in str(mode).upper()


def gather(operand: Any, indices: Array, *, dimension_numbers: Any, slice_sizes: Sequence[int], mode: Any,
           fill_value: Any = None, **_: Any) -> Any:
    """`lax.gather`."""
    dn = dimension_numbers
    where, valid = _positions(
        operand.shape, indices, slice_sizes, dn.collapsed_slice_dims, dn.start_index_map,
        dn.operand_batching_dims, dn.start_indices_batching_dims, _is_clip(mode),
    )
    picked = operand[where]
    if not valid.all():
        if fill_value is None:
            fill_value = np.nan if operand.dtype.kind in "fcO" else 0
        picked = np.where(valid, picked, fill_value)
    n_batch = indices.ndim - 1
    rank = picked.ndim
    order, batch_axis, offset_axis = [], iter(range(n_batch)), iter(range(n_batch, rank))
    for position in range(rank):
        order.append(next(offset_axis) if position in dn.offset_dims else next(batch_axis))
    return np.transpose(picked, order)


def scatter_positions(operand: Any, indices: Array, updates: Any, *, dimension_numbers: Any, mode: Any,
                      **_: Any) -> tuple[tuple[Array, ...], Array, Any]:
    """Where `lax.scatter` writes: index arrays, validity, and the updates in the same (batch + window) order."""
    dn = dimension_numbers
    collapsed = (*dn.inserted_window_dims,)
    window = [1] * operand.ndim
    kept = [d for d in range(operand.ndim) if d not in collapsed and d not in dn.operand_batching_dims]
    for d, k in zip(kept, dn.update_window_dims, strict=True):
        window[d] = updates.shape[k]
    where, valid = _positions(
        operand.shape, indices, window, collapsed, dn.scatter_dims_to_operand_dims,
        dn.operand_batching_dims, dn.scatter_indices_batching_dims, _is_clip(mode),
    )
    batch_axes = [k for k in range(updates.ndim) if k not in dn.update_window_dims]
    moved = np.transpose(updates, (*batch_axes, *dn.update_window_dims))
    return where, np.broadcast_to(valid, moved.shape), moved
