"""Whole answers that are the right ones rearranged: transposed, swapped, reversed, not summed over an axis."""

import itertools
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from verify.patterns.compared import Compared, tolerance
from verify.patterns.observations import Array, Row
from verify.patterns.relations import CLEAR, Relation

Rearrange = Callable[[Array], Array]
MOST_AXES = 4


def rearranged(compared: Compared, misshapen: Sequence[Row]) -> Relation | None:
    """The first rearrangement of the right values that is the answer in every failing example, or None."""
    failing = [*misshapen, *(one for one, bad in zip(compared.rows, compared.failing, strict=True) if bad)]
    ndim = failing[0].right.ndim
    if any(one.hand is None or one.right.ndim != ndim for one in (*failing, *compared.rows)):
        return None
    for phrase, repair, move in _moves(ndim):
        if _fits(failing, move):
            predicted, explains = _predicted(compared, move)
            return Relation((phrase,), repair, predicted, whole=True, explains=explains)
    return None


def swapped(failing: Sequence[Row], others: Sequence[Row]) -> bool:
    """Whether each answer is the right value of another output."""
    evidence = 0
    for one, other in zip(failing, others, strict=True):
        if one.hand is None or one.hand.shape != other.right.shape:
            return False
        if not _equal(one.hand, other.right, other.reach):
            return False
        evidence += _clear(one, one.hand)
    return evidence >= 3


def reshaped(compared: Compared, misshapen: Sequence[Row]) -> Relation | None:
    """What makes answers of a wrong shape right: a sum over an axis, an axis added or dropped."""
    if not misshapen or compared.failing.any():
        return None
    first = misshapen[0]
    if first.hand is None:
        return None
    mine = first.hand.ndim
    for repair, mend in _mends(mine, first.right.ndim):
        if _mended(misshapen, mine, mend):
            explains = _mended(compared.rows, mine, mend, 0)
            return Relation((), repair, whole=True, explains=explains)
    return None


# -- rearrangements ----------------------------------------------------------------------------------------------------


def _moves(ndim: int) -> Iterator[tuple[str, str, Rearrange]]:
    if ndim == 2:
        yield "transposed", "agrees after transposing", np.transpose
    for axis in range(ndim):
        yield f"reversed along axis {axis}", f"agrees after reversing along axis {axis}", _flip(axis)
    for axis, step in itertools.product(range(ndim), (1, -1)):
        yield f"shifted by one along axis {axis}", "", _shift(axis, step)
    if 2 < ndim <= MOST_AXES:
        for order in list(itertools.permutations(range(ndim)))[1:]:
            back = tuple(np.argsort(order).tolist())
            yield "in the wrong order", f"agrees after reordering the axes as {back}", _reorder(order)


def _flip(axis: int) -> Rearrange:
    return lambda x: np.flip(x, axis)


def _reorder(order: tuple[int, ...]) -> Rearrange:
    return lambda x: np.transpose(x, order)


def _shift(axis: int, step: int) -> Rearrange:
    """By one place; what comes in at the border is not known, so it is NaN."""

    def move(x: Array) -> Array:
        out = np.roll(x, step, axis)
        border = [slice(None)] * x.ndim
        border[axis] = slice(0, 1) if step > 0 else slice(-1, None)
        out[tuple(border)] = np.nan
        return out

    return move


def _fits(failing: Sequence[Row], move: Rearrange) -> bool:
    evidence = 0
    for one in failing:
        assert one.hand is not None
        there = move(one.right)
        if there.shape != one.hand.shape:
            return False
        reach = move(one.reach)
        if not _equal(one.hand[:1], there[:1], reach[:1]) or not _equal(one.hand, there, reach):
            return False
        evidence += _clear(one, there)
    return evidence >= 3


def _equal(hand: Array, there: Array, reach: Array) -> bool:
    unknown = ~np.isfinite(there) | (~np.isfinite(reach) & np.isfinite(hand))
    return bool((unknown | (np.abs(hand - there) <= tolerance(reach, hand, there))).all())


def _clear(one: Row, there: Array) -> int:
    """How many entries speak for a rearrangement: clearly not as they were, or not zero and elsewhere."""
    assert one.hand is not None
    if one.misshapen:
        return int(np.count_nonzero(one.hand))
    apart = np.abs(one.hand - one.right) > CLEAR * tolerance(one.reach, one.hand, one.right)
    return int((apart & np.isfinite(there)).sum())


def _predicted(compared: Compared, move: Rearrange) -> tuple[Array, bool]:
    """The rearranged right values over all entries, and whether they are the answers of all examples.

    Where the shape would change, anything else than the rearranged value is another one: infinity.
    """
    parts, explains = [np.zeros(0)], True
    for one in compared.rows:
        assert one.hand is not None
        there = move(one.right)
        same = there.shape == one.right.shape
        parts.append(there.ravel() if same else np.full(one.right.size, np.inf))
        explains = explains and same and _equal(one.hand, there, np.maximum(one.reach, move(one.reach)))
    return np.concatenate(parts), explains


# -- shapes ------------------------------------------------------------------------------------------------------------


def _mends(mine: int, wanted: int) -> Iterator[tuple[str, Rearrange]]:
    """From the number of axes of the answer to the wanted one."""
    if max(mine, wanted) > MOST_AXES:
        return
    if mine > wanted:
        for old in itertools.combinations(range(mine), mine - wanted):
            index = ", ".join("0" if a in old else ":" for a in range(mine))
            yield f"agrees after dropping the {'axis' if len(old) == 1 else 'axes'}, [{index}]", _squeezed(old)
    for axes in (c for k in range(1, mine + 1) for c in itertools.combinations(range(mine), k)):
        named = f"axis {axes[0]}" if len(axes) == 1 else f"axes {axes}"
        kept = mine == wanted
        if kept or mine - len(axes) == wanted:
            suffix = " (keepdims=True)" if kept else ""
            yield f"agrees after summing over {named}{suffix}", _summed(axes, kept)
            yield f"agrees after averaging over {named}{suffix}", _averaged(axes, kept)
    if mine < wanted:
        for new in itertools.combinations(range(wanted), wanted - mine):
            index = ", ".join("None" if a in new else ":" for a in range(wanted))
            what = "axis" if len(new) == 1 else "axes"
            yield f"agrees after adding the missing {what}, [{index}]", _expanded(new)


def _summed(axes: tuple[int, ...], keepdims: bool) -> Rearrange:
    return lambda x: np.sum(x, axis=axes, keepdims=keepdims)


def _averaged(axes: tuple[int, ...], keepdims: bool) -> Rearrange:
    return lambda x: np.mean(x, axis=axes, keepdims=keepdims)


def _expanded(axes: tuple[int, ...]) -> Rearrange:
    return lambda x: np.expand_dims(x, axes)


def _squeezed(axes: tuple[int, ...]) -> Rearrange:
    return lambda x: np.squeeze(x, axes) if all(x.shape[a] == 1 for a in axes) else x


def _mended(rows: Sequence[Row], ndim: int, mend: Rearrange, needed: int = 2) -> bool:
    """Whether the mended answers are right, not by being zero; sums of many terms round by more than the terms."""
    evidence = 0
    for one in rows:
        if one.hand is None or one.hand.ndim != ndim or not one.hand.size:
            return False
        there = mend(one.hand)
        if there.shape != one.right.shape:
            return False
        terms = np.broadcast_to(mend(np.abs(one.hand)), there.shape)
        if not _equal(there, one.right, one.reach + 1e-12 * terms):
            return False
        evidence += int(np.count_nonzero(one.right))
    return evidence >= needed
