"""An offset, or a factor, that is not the same everywhere but along an axis: a sum or a mean that is missing."""

from collections.abc import Callable, Sequence

import numpy as np

from verify.patterns.compared import Compared, tolerance
from verify.patterns.observations import Row
from verify.patterns.relations import CLEAR, Relation


def along_an_axis(compared: Compared) -> Relation | None:
    """An offset, then a factor, that is constant along an axis in every failing example."""
    failing = [one for one, bad in zip(compared.rows, compared.failing, strict=True) if bad]
    if compared.ndim is None or not np.isfinite(compared.wrong_entries.hand).all():
        return None
    kinds = ("off by a constant", _offset_is_constant), ("a factor that is constant", _factor_is_constant)
    for phrase, constant in kinds:
        axes = [a for a in range(compared.ndim) if _everywhere(failing, a, constant)]
        if axes:
            named = f"axis {axes[0]}" if len(axes) == 1 else f"axes {' and '.join(map(str, axes))}"
            return Relation((f"{phrase} along {named}",), whole=True)
    return None


def _everywhere(failing: Sequence[Row], axis: int, constant: Callable[[Row, int], int]) -> bool:
    """Whether it holds in each failing example that is longer than 1 along the axis; several lines, several shapes."""
    evidence, shapes = 0, set()
    for one in failing:
        if one.right.shape[axis] > 1:
            lines = constant(_corner(one), axis)
            lines = constant(one, axis) if lines >= 0 else lines
            if lines < 0:
                return False
            evidence += lines
            if lines:
                shapes.add(one.right.shape)
    return evidence >= 6 and len(shapes) >= 2


def _corner(one: Row) -> Row:
    """A few entries, enough to see in most cases that it does not hold."""
    assert one.hand is not None
    few = (slice(0, 6),) * one.right.ndim
    return Row(one.observation, one.hand[few], one.right[few], one.reach[few])


def _offset_is_constant(one: Row, axis: int) -> int:
    """How many lines along the axis are clearly off, each by a constant; -1 if one is not."""
    assert one.hand is not None
    d, near = one.hand - one.right, tolerance(one.reach, one.hand, one.right)
    first, near_first = np.take(d, [0], axis), np.take(near, [0], axis)
    if not ((np.abs(d - first) <= near + near_first) | ~np.isfinite(one.right) | ~np.isfinite(near + near_first)).all():
        return -1
    return int((np.abs(first) > CLEAR * near_first).sum())


def _factor_is_constant(one: Row, axis: int) -> int:
    """How many lines along the axis are clearly off, each by a factor; -1 if one is not."""
    assert one.hand is not None
    near = tolerance(one.reach, one.hand, one.right)
    if not np.isfinite(near).all() or not np.isfinite(one.right).all():
        return -1
    at = np.argmax(np.abs(one.right), axis=axis, keepdims=True)
    hand, right = np.take_along_axis(one.hand, at, axis), np.take_along_axis(one.right, at, axis)
    factor = np.where(right == 0, 1.0, hand / np.where(right == 0, 1.0, right))
    if not (np.abs(one.hand - factor * one.right) <= 2 * near * np.maximum(1.0, np.abs(factor))).all():
        return -1
    clear = (np.abs(one.hand - one.right) > CLEAR * near) & (one.right != 0)
    return int((clear.sum(axis=axis) >= 2).sum())
