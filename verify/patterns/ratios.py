"""Ratios that are constant within each example, and the expressions that they may be."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from verify.patterns.compared import RELATIVE, Compared, Entries, tolerance
from verify.patterns.expressions import Expression, constant, expressions
from verify.patterns.observations import Array


@dataclass(frozen=True)
class Ratios:
    """Per example with wrong entries: its number, the ratio there, and the slack of that ratio."""

    example: Array
    value: Array
    slack: Array


def ratios(wrong: Entries, above: Array, below: Array) -> Ratios | None:
    """The ratio in each example, where it is best determined; None unless it is the same over each example."""
    near = tolerance(wrong.reach, wrong.hand, wrong.right)
    weight = np.where(near > 0, np.abs(below) / np.where(near > 0, near, 1.0), np.abs(below) / np.finfo(float).tiny)
    example, starts = np.unique(wrong.example, return_index=True)
    group = np.repeat(np.arange(example.size), np.diff([*starts, wrong.example.size]))
    best = np.flatnonzero(weight >= np.maximum.reduceat(weight, starts)[group])
    best = best[np.unique(group[best], return_index=True)[1]]
    if not (below[best] != 0).all():
        return None
    value = above[best] / below[best]
    slack = near[best] / np.abs(below[best]) + RELATIVE * np.abs(value)
    same = np.abs(above - value[group] * below) <= 2 * near * np.maximum(1.0, np.abs(value))[group]
    return Ratios(example, value, slack) if same.all() and np.isfinite(value).all() else None


def matches(compared: Compared, found: Ratios) -> Iterator[tuple[int, Expression]]:
    """Expressions, up to the sign, that have the ratio of each example: a constant first, then those that vary."""
    first = int(np.argmin(found.slack))
    value, slack = float(found.value[first]), float(found.slack[first])
    if 1e-100 < abs(value) < 1e100:
        same = constant(value, slack, len(compared.rows))
        if (np.abs(found.value - same.values[0]) <= found.slack).all():
            yield 1, same
    for e in expressions(compared):
        seen = e.values[found.example]
        if np.isfinite(seen).all() and np.ptp(e.values) > 0:
            for sign in (1, -1):
                if (np.abs(found.value - sign * seen) <= found.slack * np.maximum(1.0, np.abs(seen))).all():
                    yield sign, e
