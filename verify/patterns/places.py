"""Which entries are wrong: their places in the output, and the values of the inputs there."""

import math
from collections.abc import Iterator

import numpy as np

from verify.patterns.compared import Compared, Entries
from verify.patterns.conditions import beyond, separation, surprise, threshold
from verify.patterns.observations import Array
from verify.patterns.relations import Relation

MARGIN = 2.0
COVERED, WHOLE = 0.5, 0.9
PLACE, WITHIN, POOLED = math.log(1e3), math.log(50), math.log(1e6)
SINGLE = 5
NEAREST, JUMP = 5, 1e-3


def telling(compared: Compared, relation: Relation) -> Array:
    """Over entries whether a mistake could have shown itself there: not where the cotangent is 0, say.

    Where the relation predicts what the mistake makes of an entry, that must be further from the right value than
    rounding reaches; otherwise an error as large, relative to the entry, as the median of the wrong ones.
    """
    if relation.predicted is not None:
        shown = np.abs(relation.predicted - compared.right) > MARGIN * compared.reach
    else:
        usual = _median(_relative_error(compared.wrong_entries))
        shown = usual * np.maximum(np.abs(compared.hand), np.abs(compared.right)) > 2 * MARGIN * compared.reach
    return compared.wrong | (shown & ~compared.unknown)


def _relative_error(wrong: Entries) -> Array:
    size = np.abs(wrong.hand - wrong.right) / np.maximum(np.abs(wrong.hand), np.abs(wrong.right))
    return np.where(np.isfinite(size), size, 1.0)


def _median(x: Array) -> float:
    return float(np.sort(x)[x.size // 2]) if x.size else 1.0


# -- places ------------------------------------------------------------------------------------------------------------


def places(compared: Compared, tells: Array) -> tuple[str, Array | None]:
    """The part of the output that holds all wrong entries, and over entries what it is; ("", None) if there is none."""
    if compared.ndim in (None, 0) or not compared.wrong.any():
        return "", None
    within = np.flatnonzero(tells & compared.of_failing)
    wrong, example = compared.wrong[within], compared.example[within]
    if wrong.all():
        return "", None
    index, extent = compared.index[:, within], compared.extent[:, within]
    best, evidence, where = "", PLACE, None
    for name, part in _parts(index, extent):
        if not part[wrong].all() or wrong.sum() < COVERED * part.sum():
            continue
        found = _unlikely(wrong, part, example)
        if found > evidence + 1e-9:
            best, evidence, where = name, found, part
    if where is None:
        name = _single(compared, index, wrong, example)
        return name, np.ones(compared.wrong.size, dtype=bool) if name else None
    everywhere = np.zeros(compared.wrong.size, dtype=bool)
    everywhere[:] = dict(_parts(compared.index, compared.extent))[best]
    return best, everywhere


def _parts(index: Array, extent: Array) -> Iterator[tuple[str, Array]]:
    """Names of parts and where they are."""
    ndim = len(index)
    for k, (i, n) in enumerate(zip(index, extent, strict=True)):
        what = "entry" if ndim == 1 else ("row", "column")[k] if ndim == 2 else f"along axis {k}"
        for end, part in (("last", i == n - 1), ("first", i == 0)):
            yield f"{end} {what}", part
    if ndim == 2:
        i, j = index
        yield "diagonal only", i == j
        yield "all but the diagonal", i != j
        yield "above the diagonal", j > i
        yield "below the diagonal", j < i
    if ndim > 1:
        yield "last entry", (index == extent - 1).all(axis=0)
        yield "first entry", (index == 0).all(axis=0)


def _unlikely(wrong: Array, part: Array, example: Array) -> float:
    """Log of how unlikely it is, if any entries of the examples could be wrong, that all wrong ones are in the part."""
    count = np.bincount(example)
    bad = np.bincount(example[wrong], minlength=count.size)
    inside = np.bincount(example[part], minlength=count.size)
    return sum(
        surprise(w, n) - surprise(w, r)
        for w, n, r in zip(bad.tolist(), count.tolist(), inside.tolist(), strict=True)
        if w and r < n
    )


def _single(compared: Compared, index: Array, wrong: Array, example: Array) -> str:
    """ "one entry", "one row" or "one column": a different one in each failing example."""
    examples = np.unique(example)
    if examples.size < SINGLE:
        return ""
    count = np.bincount(example)[examples]
    bad = np.bincount(example[wrong])[examples]
    if (bad == 1).all():
        return "one entry" if (count >= 3).sum() >= SINGLE else ""
    if compared.ndim != 2:
        return ""
    for axis, name in ((0, "one row"), (1, "one column")):
        line = index[axis][wrong]
        same = np.asarray([np.ptp(line[example[wrong] == k]) == 0 for k in examples])
        if same.all():
            inside = [(index[axis][example == k] == line[example[wrong] == k][0]).sum() for k in examples]
            ways = sum(
                surprise(w, n) - surprise(w, r) - math.log(n / r)
                for w, n, r in zip(bad.tolist(), count.tolist(), inside, strict=True)
                if r < n
            )
            if ways >= PLACE and bad.sum() >= COVERED * sum(inside):
                return name
    return ""


# -- values ------------------------------------------------------------------------------------------------------------


def values(compared: Compared, tells: Array) -> str:
    """ "only where X < 0" and the like: a condition on an input that parts wrong entries from right ones, or ""."""
    right = tells & ~compared.wrong
    if not right.any() or not compared.wrong.any():
        return ""
    for name, arrays in compared.arrays.items():
        shapes = [one.right.shape for one in compared.rows]
        x = np.concatenate([one.ravel() for one in arrays])
        whole = all(one.shape == shape for one, shape in zip(arrays, shapes, strict=True))
        unit = np.arange(x.size) if whole else _units(arrays, shapes)
        bad = np.bincount(unit[compared.wrong], minlength=x.size) > 0
        good = (np.bincount(unit[right], minlength=x.size) > 0) & ~bad
        found = separation(name, x[bad], x[good])
        example = np.repeat(np.arange(len(arrays)), [one.size for one in arrays])
        if found and _beyond_chance(bad, good, example) and _jumps(compared, x[unit], found):
            return f"only where {found}"
    return _of_lines(compared, right) if compared.ndim == 2 else ""


def _jumps(compared: Compared, x: Array, condition: str) -> bool:
    """Whether the error is there at once beyond a threshold; one that grows from nothing only comes into sight.

    `x` has the values that the condition is about, over all entries.
    """
    wrong = compared.wrong_entries
    distance = beyond(condition, x[wrong.at])
    if distance is None:
        return True
    error = _relative_error(wrong)
    return _median(error[np.argsort(distance)[:NEAREST]]) >= JUMP * _median(error)


def _units(arrays: list[Array], shapes: list[tuple[int, ...]]) -> Array:
    """Over the output's entries the number of the input's entry that is broadcast there."""
    parts, start = [], 0
    for x, shape in zip(arrays, shapes, strict=True):
        parts.append(np.broadcast_to(np.arange(start, start + x.size).reshape(x.shape), shape).ravel())
        start += x.size
    return np.concatenate(parts)


def _beyond_chance(bad: Array, good: Array, example: Array) -> bool:
    """Whether a perfect separation says something: within examples that have both, and over all of them."""
    if surprise(bad.sum(), bad.sum() + good.sum()) < POOLED:
        return False
    wrong = np.bincount(example[bad], minlength=1 + int(example[-1]))
    count = wrong + np.bincount(example[good], minlength=wrong.size)
    return sum(surprise(w, n) for w, n in zip(wrong.tolist(), count.tolist(), strict=True) if 0 < w < n) >= WITHIN


def _of_lines(compared: Compared, right: Array) -> str:
    """ "only in columns where some X == 0": the same for whole columns or rows, by an entry of an input in them."""
    for axis, lines in ((1, "columns"), (0, "rows")):
        longest = int(compared.extent[axis].max())
        number = compared.example * longest + compared.index[axis]
        _, first, line = np.unique(number, return_index=True, return_inverse=True)
        total = first.size
        bad = np.bincount(line[compared.wrong], minlength=total) > 0
        good = (np.bincount(line[right], minlength=total) > 0) & ~bad
        whole = compared.wrong.sum() >= WHOLE * (bad[line] & (right | compared.wrong)).sum()
        if not whole or not good.any() or not _beyond_chance(bad, good, compared.example[first]):
            continue
        for name in compared.arrays:
            found, x = _some(name, compared.spread(name), line, bad, good)
            if found and _jumps(compared, x[line], found):
                return f"only in {lines} where some {found}"
    return ""


def _some(name: str, x: Array, line: Array, bad: Array, good: Array) -> tuple[str, Array]:
    """The condition that some entry meets in each wrong line and none in a right one, or ""; over lines its values."""
    zero = np.bincount(line[x == 0], minlength=bad.size) > 0
    if zero[bad].all() and not zero[good].any():
        return f"{name} == 0", zero
    for of, y in ((name, x), (f"|{name}|", np.abs(x))):
        most = np.full(bad.size, -np.inf)
        np.maximum.at(most, line, y)
        if most[bad].min() > most[good].max():
            return threshold(of, most[bad].min(), np.inf, -np.inf, most[good].max()), most
        least = np.full(bad.size, np.inf)
        np.minimum.at(least, line, y)
        if of == name and least[bad].max() < least[good].min():
            return threshold(of, -np.inf, least[bad].max(), least[good].min(), np.inf), least
    return "", zero
