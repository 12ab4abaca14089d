"""How wrong entries relate to the right ones, entry by entry: a sign, a factor, a mask, something added."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from verify.patterns.compared import REACHES, Compared, Entries, equal, tolerance
from verify.patterns.expressions import Expression
from verify.patterns.observations import Array
from verify.patterns.ratios import Ratios, matches, ratios

PROBES = 256
CLEAR = 10.0


@dataclass(frozen=True)
class Relation:
    """What was found of an output.

    phrases, repair : as in `Location`
    predicted : over entries what the mistake makes of the right value, if that is known
    whole : it holds for every entry of the failing examples, the right ones too
    explains : and for every entry of the passing ones
    """

    phrases: tuple[str, ...] = ()
    repair: str = ""
    predicted: Array | None = None
    whole: bool = False
    explains: bool = False


Parts = Callable[[Entries], tuple[Array, Array]]
Prediction = Callable[[Entries], tuple[Array, Array | float]]


def entrywise(compared: Compared) -> Relation | None:
    """The first relation that holds for all wrong entries, or None."""
    wrong = compared.wrong_entries
    finite = np.isfinite(wrong.hand)
    if not finite.any():
        return Relation(("not finite",))
    search = _Search(compared)
    if not finite.all():
        return search.by_input()
    return search.plain() or search.factor() or search.by_input()


def added(compared: Compared) -> Relation | None:
    """What was added to all wrong entries: a constant, or a multiple of an input."""
    if not np.isfinite(compared.wrong_entries.hand).all():
        return None
    return _Search(compared).added()


class _Search:
    """The wrong entries, and some of them on which a hypothesis is tried first."""

    def __init__(self, compared: Compared) -> None:
        self.compared, self.wrong = compared, compared.wrong_entries
        clear = np.abs(self.wrong.hand - self.wrong.right) > CLEAR * tolerance(
            self.wrong.reach, self.wrong.hand, self.wrong.right
        )
        self.evidence = int(clear.sum())
        self.clear = self.wrong.take(np.flatnonzero(clear))
        places = np.linspace(0, self.wrong.at.size - 1, min(PROBES, self.wrong.at.size)).astype(int)
        self.probe = self.wrong.take(places)

    def holds(self, prediction: Prediction, needed: int = 3) -> bool:
        """Whether all wrong entries are as predicted, enough of them clearly wrong."""
        if self.evidence < needed:
            return False
        for entries in (self.probe, self.wrong):
            predicted, scale = prediction(entries)
            if not equal(entries.hand, predicted, entries.reach, scale).all():
                return False
        return True

    def ratios(self, parts: Parts) -> Ratios | None:
        """The ratio of two parts in each example, if it is the same over all of its wrong entries."""
        if not self.wrong.at.size or ratios(self.probe, *parts(self.probe)) is None:
            return None
        return ratios(self.wrong, *parts(self.wrong))

    def found(self, phrases: tuple[str, ...], repair: str, prediction: Prediction) -> Relation:
        """The relation, with the repair only if all entries of the failing examples are as predicted."""
        predicted, scale = prediction(self.compared.entries)
        right = self.compared.agrees(predicted, scale)
        whole = bool((right | ~self.compared.of_failing).all())
        mends = whole and bool(np.isfinite(self.wrong.hand).all())
        return Relation(phrases, repair if mends else "", predicted, whole, bool(right.all()))

    # -- without a parameter -------------------------------------------------------------------------------------------

    def plain(self) -> Relation | None:
        """Zero, or the opposite sign."""

        def zero(entries: Entries) -> tuple[Array, float]:
            return np.zeros_like(entries.right), 1.0

        def opposite(entries: Entries) -> tuple[Array, float]:
            return -entries.right, 1.0

        if not self.wrong.hand.any() and self.evidence >= 2:
            return self.found(("zero",), "", zero)
        if self.holds(opposite, 2):
            return self.found(("opposite sign",), "agrees after changing the sign", opposite)
        return None

    # -- factors -------------------------------------------------------------------------------------------------------

    def factor(self) -> Relation | None:
        """A factor that is constant within each example: a number, or made of sizes and scalar inputs."""
        best = self.ratios(lambda entries: (entries.hand, entries.right))
        if best is None:
            return None
        candidates: list[Relation] = []
        for sign, e in matches(self.compared, best):
            values = sign * e.values

            def times(entries: Entries, values: Array = values) -> tuple[Array, Array]:
                f = values[entries.example]
                return f * entries.right, np.maximum(1.0, np.abs(f))

            if self.holds(times):
                phrase = f"off by a constant factor {e.text}" if e.constant else f"a factor of {_bare(e.text)}"
                phrases = (phrase,) if sign > 0 else ("opposite sign", phrase)
                undo = e.undo if sign > 0 else f"{e.undo} and changing the sign"
                one = self.found(phrases, f"agrees after {undo}" if values.all() else "", times)
                if one.explains:
                    return one
                candidates.append(one)
        return candidates[0] if candidates else None

    def by_input(self) -> Relation | None:
        """A factor entry by entry: an input that broadcasts, its inverse, or a mask that is missing."""
        for name in self.compared.arrays:
            x = self.compared.spread(name)
            mask = _is_mask(x[self.probe.at]) and _is_mask(x)
            divisors = [(name, x)]
            if mask:
                divisors += [(f"{name} / {p}", x / s[self.compared.example]) for p, s in self.compared.scalars.items()]
            for text, d in divisors:
                # Where only entries at zeros of an input are wrong, that input is where, and not by how much.
                one = self._divided(d) if mask or d[self.clear.at].any() else None
                if one is not None:
                    phrase = f"missing mask {name}" if mask else f"a factor of 1/{name}"
                    return replace(one, phrases=(phrase,), repair=one.repair and f"agrees after multiplying by {text}")
            if not mask:

                def times(entries: Entries, x: Array = x) -> tuple[Array, Array]:
                    return x[entries.at] * entries.right, np.maximum(1.0, np.abs(x[entries.at]))

                if self.clear.at.size and np.ptp(x[self.clear.at]) > 0 and self.holds(times):
                    repair = "" if (x == 0)[self.compared.of_failing].any() else f"agrees after dividing by {name}"
                    return self.found((f"a factor of {name}",), repair, times)
        return None

    def _divided(self, d: Array) -> Relation | None:
        """By hand times d is right. Where d is 0, the right value is 0 or the answer is not finite."""

        def over(entries: Entries) -> tuple[Array, Array]:
            x = d[entries.at]
            nothing = np.where(np.abs(entries.right) <= REACHES * entries.reach, entries.hand, np.inf)
            safe = np.where(x == 0, 1.0, x)
            return np.where(x == 0, nothing, entries.right / safe), np.maximum(1.0, 1 / np.abs(safe))

        if not self.holds(over, 2):
            return None
        seen = d[self.compared.of_failing & (self.compared.right != 0)]
        varies = np.ptp(d[self.compared.of_failing]) > 0
        if not seen.any() or not varies:
            return None
        one = self.found((), "whole", over)
        # A passing example that has zeros where d has none is a witness: there the mistake would have shown.
        spared = (d == 0) & ~self.compared.of_failing & ~self.compared.wrong
        predicted = None if one.predicted is None else np.where(spared, np.inf, one.predicted)
        return replace(one, predicted=predicted, explains=one.explains and not spared.any())

    # -- something added -----------------------------------------------------------------------------------------------

    def added(self) -> Relation | None:
        """A constant, or a multiple of an input or of its sign."""
        for name, x in itertools.chain([("", np.ones_like(self.compared.right))], _bases(self.compared)):
            best = self.ratios(_over(x))
            if best is None:
                continue
            for sign, e in matches(self.compared, best):
                values = sign * e.values
                if not name and not e.constant:
                    continue

                def plus(entries: Entries, values: Array = values, x: Array = x) -> tuple[Array, float]:
                    return entries.right + values[entries.example] * x[entries.at], 1.0

                if self.holds(plus):
                    phrase = f"off by a multiple of {name}" if name else f"off by a constant {e.text}"
                    return self.found((phrase,), f"agrees after {_undone(sign, e, name)}", plus)
        return None


def _is_mask(x: Array) -> bool:
    return bool(((x == 0) | (x == 1)).all())


def _bases(compared: Compared) -> Iterator[tuple[str, Array]]:
    """What multiples of may have been added: inputs, then their signs."""
    varying = [(name, x) for name, x in ((name, compared.spread(name)) for name in compared.arrays) if np.ptp(x) > 0]
    yield from varying
    for name, x in varying:
        if (x < 0).any():
            yield f"sign({name})", np.sign(x)


def _over(x: Array) -> Parts:
    """What was added, and an input."""
    return lambda entries: (entries.hand - entries.right, x[entries.at])


def _undone(sign: int, e: Expression, name: str) -> str:
    """What to add or subtract."""
    text = e.text.removeprefix("-")
    up = (sign < 0) != (e.constant and e.text.startswith("-"))
    term = text if not name else name if text == "1" else f"{text} * {name}"
    return f"{'adding' if up else 'subtracting'} {term}"


def _bare(text: str) -> str:
    return text[1:-1] if text.startswith("(") and text.endswith(")") and text.count("(") == 1 else text
