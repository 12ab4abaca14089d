"""Convolution and pooling: windows of an array laid out along new axes, then ordinary products and reductions."""

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

Pads = Sequence[tuple[int, int]]


def _padded(x: Any, padding: Pads, dilation: Sequence[int], fill: float) -> Any:
    """An array with `dilation - 1` fills between its entries, and padding, which may be negative, around them."""
    out = x
    for axis, ((low, high), step) in enumerate(zip(padding, dilation, strict=True)):
        n = out.shape[axis]
        spread = max((n - 1) * step + 1, 0) if n else 0
        positions = np.arange(low, low + n * step, step)
        size = spread + low + high
        if size == n and low == 0 and step == 1:
            continue
        keep = (positions >= 0) & (positions < size)
        source = np.zeros(size, int)
        source[positions[keep]] = np.flatnonzero(keep)
        real = np.zeros(size, bool)
        real[positions[keep]] = True
        form = [size if k == axis else 1 for k in range(x.ndim)]
        out = np.where(real.reshape(form), np.take(out, source, axis=axis), np.asarray(fill, x.dtype))
    return out


def _windows(x: Any, window: Sequence[int], strides: Sequence[int], dilation: Sequence[int]) -> list[Any]:
    """For each position in the window, the array of entries that the windows have there."""
    counts = [
        max((n - (w - 1) * d - 1) // s + 1, 0) for n, w, s, d in zip(x.shape, window, strides, dilation, strict=True)
    ]
    return [
        x[tuple(slice(o * d, o * d + s * (c - 1) + 1, s) if c else slice(0, 0)
                for o, s, d, c in zip(offset, strides, dilation, counts, strict=True))]
        for offset in itertools.product(*map(range, window))
    ]


def convolution(x: Any, kernel: Any, *, window_strides: Sequence[int], padding: Pads, lhs_dilation: Sequence[int],
                rhs_dilation: Sequence[int], dimension_numbers: Any, feature_group_count: int, batch_group_count: int,
                **_: Any) -> Any:
    """`lax.conv_general_dilated`: every window's entries times the kernel, summed by one matrix product."""
    x = np.transpose(x, dimension_numbers.lhs_spec)  # (batch, features, space...)
    kernel = np.transpose(kernel, dimension_numbers.rhs_spec)  # (out, in / groups, space...)
    groups = feature_group_count * batch_group_count
    if batch_group_count > 1:
        # Batch groups are feature groups whose examples lie along the batch.
        x = np.reshape(x, (batch_group_count, x.shape[0] // batch_group_count, *x.shape[1:]))
        x = np.moveaxis(x, 0, 1)
        x = np.reshape(x, (x.shape[0], -1, *x.shape[3:]))
    x = _padded(x, [(0, 0), (0, 0), *padding], [1, 1, *lhs_dilation], 0.0)
    space = kernel.shape[2:]
    parts = _windows(x, [1, 1, *space], [1, 1, *window_strides], [1, 1, *rhs_dilation])
    patches = np.stack(parts, axis=2)  # (batch, features, window, out space...)
    batch, features, size, *out_space = patches.shape
    patches = np.reshape(patches, (batch, groups, (features // groups) * size, -1))
    weights = np.reshape(kernel, (groups, kernel.shape[0] // groups, kernel.shape[1] * size))
    out = np.reshape(np.matmul(weights, patches), (batch, kernel.shape[0], *out_space))
    return np.transpose(out, np.argsort(dimension_numbers.out_spec))


def reduce_windows(f: Callable[[Any, Any], Any], fill: float) -> Callable[..., Any]:
    """`lax.reduce_window` by a sum or an extreme."""

    def rule(x: Any, *, window_dimensions: Sequence[int], window_strides: Sequence[int], padding: Pads,
             base_dilation: Sequence[int], window_dilation: Sequence[int], **_: Any) -> Any:
        x = _padded(x, padding, base_dilation, fill)
        parts = _windows(x, window_dimensions, window_strides, window_dilation)
        out = parts[0]
        for part in parts[1:]:
            out = f(out, part)
        return out

    return rule


def _chosen(x: Any, parts: Sequence[Any], largest: bool) -> list[Any]:
    """For each position in the window, where the windows have their first extreme there."""
    best = parts[0]
    for part in parts[1:]:
        best = np.maximum(best, part) if largest else np.minimum(best, part)
    taken = np.zeros(best.shape, bool)
    out = []
    for part in parts:
        here = (part == best) & ~taken
        taken = taken | here
        out.append(here)
    return out


def gather_from_windows(tangents: Any, x: Any, *, select_prim: Any, window_dimensions: Sequence[int],
                        window_strides: Sequence[int], padding: Pads, base_dilation: Sequence[int],
                        window_dilation: Sequence[int], **_: Any) -> Any:
    """`select_and_gather_add`: the tangent of each window's extreme."""
    largest = select_prim.name == "ge"
    x = _padded(x, padding, base_dilation, -np.inf if largest else np.inf)
    moved = _padded(tangents, padding, base_dilation, 0.0)
    parts = _windows(x, window_dimensions, window_strides, window_dilation)
    moves = _windows(moved, window_dimensions, window_strides, window_dilation)
    out: Any = 0.0
    for here, part in zip(_chosen(x, parts, largest), moves, strict=True):
        out = out + np.where(here, part, 0.0)
    return out


def scatter_to_windows(source: Any, x: Any, *, select_prim: Any, window_dimensions: Sequence[int],
                       window_strides: Sequence[int], padding: Pads, **_: Any) -> Any:
    """`select_and_scatter_add`: each window's cotangent, to the entry where the window has its extreme."""
    largest = select_prim.name == "ge"
    ones = [1] * x.ndim
    wide = _padded(x, padding, ones, -np.inf if largest else np.inf)
    parts = _windows(wide, window_dimensions, window_strides, ones)
    where = _windows(np.arange(wide.size).reshape(wide.shape), window_dimensions, window_strides, ones)
    out: Any = np.zeros(wide.shape)
    for here, target in zip(_chosen(x, parts, largest), where, strict=True):
        # The windows have one entry each at this position, at different places: an addition without repeats.
        index = np.full(wide.size, -1)
        index[target.ravel()] = np.arange(target.size)
        flat = np.reshape(np.where(here, source, 0.0), (-1,))
        spread = np.where(index >= 0, np.take(flat, np.maximum(index, 0)), 0.0)
        out = out + np.reshape(spread, wide.shape)
    return out[tuple(slice(low, low + n) for (low, _), n in zip(padding, x.shape, strict=True))]
