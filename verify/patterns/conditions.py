"""Conditions that part wrong from right: on values ("X < 0"), on sizes and on scalar or static inputs ("d == m")."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from verify.patterns.observations import Array, Observation, numbers

PREFERRED = (0.0, 1.0, 3.0, 8.0, 20.0, -1.0, -3.0, -8.0, -20.0)
MOSTLY = 3
STATICS, SIZES, SCALARS = math.log(15), math.log(150), math.log(1e4)


def surprise(chosen: float, of: float) -> float:
    """Log of the number of ways to choose: how unlikely it is that a condition picks out just these by chance."""
    return math.lgamma(of + 1) - math.lgamma(chosen + 1) - math.lgamma(of - chosen + 1)


def separation(name: str, wrong: Array, right: Array) -> str:
    """The simplest condition that all values in `wrong` meet and none in `right`, or ""."""
    if not wrong.size or not right.size:
        return ""
    low, high = float(wrong.min()), float(wrong.max())
    if low == high and not (right == low).any() and _is_short(low):
        return f"{name} == {_number(low)}"
    ends = float(right.min()), float(right.max())
    if set(ends) == {0.0, 1.0} and np.isin(right, (0, 1)).all():
        return "" if np.isin(wrong, (0, 1)).any() else f"{name} is neither 0 nor 1"
    if ends[0] == ends[1] and not (wrong == ends[0]).any() and low < ends[0] < high:
        return f"{name} != {_number(ends[0])}"
    found = threshold(name, low, high, *ends)
    if found:
        return found
    wrong, right = np.abs(wrong), np.abs(right)
    return threshold(f"|{name}|", float(wrong.min()), float(wrong.max()), float(right.min()), float(right.max()))


def beyond(condition: str, wrong: Array) -> Array | None:
    """How far values lie beyond the threshold of a condition that `separation` wrote; None if it has none, or 0."""
    left, sign, right = condition.rpartition(" > ") if " > " in condition else condition.rpartition(" < ")
    if not sign or float(right) == 0:
        return None
    return np.abs((np.abs(wrong) if left.startswith("|") else wrong) - float(right))


def threshold(name: str, low: float, high: float, right_low: float, right_high: float) -> str:
    """The same for values known by their ends: "X > 3", "X < 0", or ""."""
    if low > right_high:
        return f"{name} >= 0" if low == 0 else f"{name} > {_number(between(right_high, low))}"
    if high < right_low:
        return f"{name} <= 0" if high == 0 else f"{name} < {_number(-between(-right_low, -high))}"
    return ""


def between(low: float, high: float) -> float:
    """A round number t with low <= t < high, a preferred one if there is one."""
    for t in PREFERRED:
        if low <= t < high:
            return t
    top = math.floor(math.log10(max(abs(low), abs(high), 1e-300)))
    for k in range(top, top - 8, -1):
        for step in (10.0**k, 5 * 10.0 ** (k - 1)):
            t = float(f"{math.ceil(low / step) * step:.12g}")
            if low <= t < high:
                return t
    return low


def when(failing: Sequence[Observation], passing: Sequence[Observation], axes: Sequence[str] = ()) -> str:
    """ "only when d == m" and the like: what holds for the failing examples and for none of the passing, or "".

    Of several equal dimensions those in `axes` are named.
    """
    if not failing or not passing:
        return ""
    chance = surprise(len(failing), len(failing) + len(passing))
    found = ""
    if chance >= STATICS:
        found = _of_statics(failing, passing)
    if not found and chance >= SIZES and len(failing) > 1 and len(passing) > 1:
        found = _of_sizes(failing, passing, axes)
    if not found and chance >= SCALARS:
        found = _of_scalars(failing, passing)
    return found and f"only when {found}"


# -- static values -----------------------------------------------------------------------------------------------------


def _of_statics(failing: Sequence[Observation], passing: Sequence[Observation]) -> str:
    for name in failing[0].inputs:
        bad, good = _static_values(failing, name), _static_values(passing, name)
        if not bad or not good or set(bad) & set(good):
            continue
        if len(bad) == 1:
            return f"{name} == {next(iter(bad))}"
        if len(good) == 1:
            return f"{name} != {next(iter(good))}"
        ints = [[x for x in side.values() if type(x) is int and abs(x) < 1e15] for side in (bad, good)]
        if len(ints[0]) == len(bad) and len(ints[1]) == len(good):
            found = threshold(name, *(float(f(side)) for side in ints for f in (min, max)))
            if found:
                return found
    return ""


def _static_values(observations: Sequence[Observation], name: str) -> dict[str, object]:
    """The static values of an input by how they are written; {} if some are missing, data, or nested."""
    values = [one.inputs[name] for one in observations if name in one.inputs]
    if len(values) < len(observations) or not all(x is None or type(x) in (str, int, bool, float) for x in values):
        return {}
    return {repr(x): x for x in values}


# -- sizes -------------------------------------------------------------------------------------------------------------


def _of_sizes(failing: Sequence[Observation], passing: Sequence[Observation], axes: Sequence[str]) -> str:
    passing = _beside(failing, passing)
    if not passing:
        return ""
    names = [n for n in failing[0].sizes if all(n in one.sizes for one in (*failing, *passing))]
    bad, good = ({n: np.asarray([one.sizes[n] for one in side]) for n in names} for side in (failing, passing))
    several = all(len({tuple(one.sizes.items()) for one in side}) > 1 for side in (failing, passing))
    for text in (*_equal_sizes(names, bad, good, axes), *_simple_sizes(names, bad, good, several)):
        return text
    return ""


def _beside(failing: Sequence[Observation], passing: Sequence[Observation]) -> list[Observation]:
    """The passing examples of sizes at which most pass. Where most fail, some may only be blind to the mistake."""
    bad, good = (Counter(tuple(one.sizes.items()) for one in side) for side in (failing, passing))
    return [one for one in passing if bad[key := tuple(one.sizes.items())] < MOSTLY * good[key] or not bad[key]]


def _equal_sizes(
    names: Sequence[str], bad: dict[str, Array], good: dict[str, Array], axes: Sequence[str]
) -> Iterator[str]:
    """Where dimensions are equal. That both are 1 makes no passing example a witness: little can be wrong there."""
    pairs = [(a, b) for k, a in enumerate(names) for b in names[k + 1 :]]
    equal = [
        (a, b)
        for a, b in pairs
        if (bad[a] == bad[b]).all() and (bad[a] > 1).any()
        and not ((good[a] == good[b]) & (good[a] > 1)).any() and (good[a] != good[b]).any()
    ]
    if equal:
        named = [pair for pair in equal if set(pair) == set(axes)]
        together = [n for n in names if any(n in pair for pair in equal)]
        one = all((bad[n] == bad[together[0]]).all() for n in together)
        yield " == ".join(named[0] if named else together if one else equal[0])


def _simple_sizes(names: Sequence[str], bad: dict[str, Array], good: dict[str, Array], several: bool) -> Iterator[str]:
    pairs = [(a, b) for k, a in enumerate(names) for b in names[k + 1 :]] if several else []
    yield from _both([f"{n} == 1" for n in names if (bad[n] == 1).all() and (good[n] > 1).all()])
    yield from _both([f"{a} != {b}" for a, b in pairs if (bad[a] != bad[b]).all() and (good[a] == good[b]).all()])
    for t in (1, 8):
        yield from _both([f"{n} > {t}" for n in names if (bad[n] > t).all() and (good[n] <= t).all()])
    if several:
        ordered = [(a, b) for a in names for b in names if a != b]
        yield from _both([f"{a} > {b}" for a, b in ordered if (bad[a] > bad[b]).all() and (good[a] <= good[b]).all()])
        yield from _both([f"{n} > {good[n].max()}" for n in names if bad[n].min() > good[n].max()])
        yield from _both([f"{n} < {good[n].min()}" for n in names if bad[n].max() < good[n].min()])


def _both(conditions: Sequence[str]) -> Iterator[str]:
    """One condition, or two where the examples can't tell which of them it is; more would say nothing."""
    if 1 <= len(conditions) <= 2:
        yield " and ".join(conditions)


# -- scalar inputs -----------------------------------------------------------------------------------------------------


def _of_scalars(failing: Sequence[Observation], passing: Sequence[Observation]) -> str:
    for name in failing[0].inputs:
        values = [numbers(one.inputs.get(name)) for one in (*failing, *passing)]
        kept = [float(x) for x in values if x is not None and not x.ndim and np.isfinite(x)]
        if len(kept) == len(values):
            found = separation(name, np.asarray(kept[: len(failing)]), np.asarray(kept[len(failing) :]))
            if found:
                return found
    return ""


# -- numbers -----------------------------------------------------------------------------------------------------------


def _is_short(x: float) -> bool:
    """Whether a value may be meant: a few digits, not a random number."""
    return float(f"{x:.3g}") == x


def _number(x: float) -> str:
    return f"{x + 0.0:.12g}"
