"""Where a refuted derivation is wrong, read off its judged examples, and what would make it right."""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from verify.patterns.along import along_an_axis
from verify.patterns.compared import Compared
from verify.patterns.conditions import when
from verify.patterns.observations import Array, Observation, Row, row
from verify.patterns.places import places, telling, values
from verify.patterns.rearranged import rearranged, reshaped, swapped
from verify.patterns.relations import Relation, added, entrywise

__all__ = ["Location", "Observation", "locate"]

FAILING, PASSING = 40, 100
CONSIDERED = 300
ENTRIES = 200_000
LARGEST = 1_000_000
PATTERNS = 4
GENERIC = 3


@dataclass(frozen=True)
class Location:
    """Where an output is wrong.

    Parameters
    ----------
    output : its name; "" where the failure concerns no single output
    entries : how many, over the failing examples, as in "12 of 96 entries"
    patterns : what the wrong entries have in common, the most telling first
    repair : what makes every failing example agree, as in "agrees after multiplying by 1/m", or ""
    """

    output: str
    entries: str
    patterns: tuple[str, ...]
    repair: str


def locate(names: Sequence[str], observations: Sequence[Observation]) -> list[Location]:
    """A location per wrong output, and one without a name for failures that left no values. Never raises.

    Parameters
    ----------
    names : of the outputs, in order
    observations : all examples of the claim, or many of them; a few dozen are looked at
    """
    chosen = _considered(observations)
    compared = [one for one in chosen if _complete(one, len(names))]
    found: list[Location] = []
    located: set[int] = set()
    with np.errstate(all="ignore"):
        for k, name in enumerate(names):
            rows = [one for one in (row(observation, k) for observation in compared) if one is not None]
            output = _Output(name, k, names, rows)
            located.update(id(one.observation) for one in output.failing)
            if output.failing:
                found.append(output.location())
        silent = [one for one in chosen if one.failed and id(one) not in located]
        if silent:
            condition = when(silent, [one for one in chosen if not one.failed or id(one) in located])
            found.append(Location("", f"{len(silent)} examples", (condition,) if condition else (), ""))
    return found


class _Output:
    """One output: which examples have it wrong, and what can be said about that."""

    def __init__(self, name: str, number: int, names: Sequence[str], rows: Sequence[Row]) -> None:
        self.name, self.number, self.names, self.rows = name, number, names, rows
        self.misshapen = [one for one in rows if one.misshapen and one.observation.failed]
        everything = Compared(one for one in rows if not one.misshapen)
        self.wrong = int(everything.wrong.sum())
        self.of = int(everything.of_failing.sum())
        failing = np.flatnonzero(everything.failing)
        self.failing = [*self.misshapen, *(everything.rows[k] for k in failing)]
        sides: tuple[list[int], list[int]] = ([], [])
        for k in np.flatnonzero(~everything.failing).tolist():
            sides[everything.rows[k].observation.failed].append(k)  # it fails for another output
        passing = [k for pair in itertools.zip_longest(*sides) for k in pair if k is not None]
        self.compared = everything.take([*failing[:FAILING].tolist(), *passing[:PASSING]])
        self.passing = [one for one, bad in zip(self.compared.rows, self.compared.failing, strict=True) if not bad]

    def location(self) -> Location:
        """All that is found; of very large arrays no more than how many entries are wrong."""
        if self.compared.hand.size > LARGEST:
            return Location(self.name, self.entries(), (), "")
        relation = self.relation() or Relation()
        tells = telling(self.compared, relation)
        where, part = self.where(relation, tells)
        if part is not None:
            tells = tells & part
        explained = relation.explains or (where and part is None)
        patterns = [*relation.phrases, where, "" if explained else self.when(relation, tells)]
        if not any(patterns) and not relation.repair:
            patterns = self.beside_kinks()
        return Location(self.name, self.entries(), tuple(text for text in patterns if text)[:PATTERNS], relation.repair)

    def where(self, relation: Relation, tells: Array) -> tuple[str, Array | None]:
        """Which entries are wrong: by the values of an input, or by their place, and then over entries what that is."""
        if self.misshapen or relation.whole:
            return "", None
        value = values(self.compared, tells)
        return (value, None) if value else places(self.compared, tells)

    def beside_kinks(self) -> list[str]:
        """The relation and the place without the failing examples in which an input has a zero or a tie.

        At a kink several values are right, and autodiff's is only one of them: it would hide what holds elsewhere.
        """
        masks = _masks(one.observation for one in self.rows)
        kept = [one for one in self.rows if not one.observation.failed or _is_generic(one.observation, masks)]
        other = _Output(self.name, self.number, self.names, kept)
        relation = other.relation() if len(other.failing) in range(GENERIC, len(self.failing)) else None
        if relation is None or not relation.phrases:
            return []
        return [*relation.phrases, other.where(relation, telling(other.compared, relation))[0]]

    def entries(self) -> str:
        """How many are wrong, as in "12 of 96 entries"."""
        counts = [f"{self.wrong} of {self.of} entries"] if self.of else []
        if self.misshapen:
            counts.append(f"the shape in {len(self.misshapen)} of {len(self.failing)} examples")
        return ", ".join(counts)

    def relation(self) -> Relation | None:
        """The simplest relation between the answers and the right values."""
        misshapen = self.misshapen[:FAILING]
        if misshapen:
            return self.swap() or rearranged(self.compared, misshapen) or reshaped(self.compared, misshapen)
        first = entrywise(self.compared)
        if first is not None and (first.explains or first.predicted is None or "zero" in first.phrases):
            return first
        compared = self.compared
        return self.swap() or first or rearranged(compared, ()) or added(compared) or along_an_axis(compared)

    def swap(self) -> Relation | None:
        """Whether two outputs hold each other's values; the repair is to return them the other way round."""
        failing = self.failing[:FAILING]
        for j, other in enumerate(self.names):
            theirs = [row(one.observation, j) for one in failing] if j != self.number else []
            known = [one for one in theirs if one is not None]
            if known and len(known) == len(failing) and swapped(failing, known) and swapped(known, failing):
                first, second = sorted((self.number, j))
                repair = f"agrees after swapping {self.names[first]} and {self.names[second]}"
                return Relation((f"swapped with {other}",), repair, whole=True)
        return None

    def when(self, relation: Relation, tells: Array) -> str:
        """On which examples it is wrong. One that could not have shown the mistake is no witness."""
        witness = self.compared.any_of(tells) & ~self.compared.failing
        passing = [one.observation for one, ok in zip(self.compared.rows, witness, strict=True) if ok]
        axes = self.axes() if "transposed" in relation.phrases else []
        return when([one.observation for one in self.failing], passing, axes)

    def axes(self) -> list[str]:
        """The dimensions that the output's axes have in all examples, for a matrix."""
        shapes = [one.right.shape for one in (*self.failing, *self.passing)]
        if any(len(shape) != 2 for shape in shapes):
            return []
        sizes = [one.observation.sizes for one in (*self.failing, *self.passing)]
        both = list(zip(sizes, shapes, strict=True))
        fits = [[n for n in sizes[0] if all(size.get(n) == shape[a] for size, shape in both)] for a in (0, 1)]
        return [names[0] for names in fits] if all(fits) else []


# -- which examples ----------------------------------------------------------------------------------------------------


def _masks(observations: Iterable[Observation]) -> set[str]:
    """The inputs that are 0 or 1 everywhere."""
    values = [(name, x) for one in observations for name, x in one.inputs.items() if isinstance(x, np.ndarray)]
    return {name for name, _ in values} - {name for name, x in values if not ((x == 0) | (x == 1)).all()}


def _is_generic(one: Observation, masks: set[str]) -> bool:
    """Whether no floating array, masks apart, has a zero or two equal entries."""
    for name, x in one.inputs.items():
        if isinstance(x, np.ndarray) and x.dtype.kind == "f" and name not in masks:
            flat = np.sort(x, axis=None)
            if (flat == 0).any() or (flat[1:] == flat[:-1]).any():
                return False
    return True


def _complete(one: Observation, outputs: int) -> bool:
    return one.by_hand is not None and len(one.by_hand) == len(one.autodiff) == len(one.reach) == outputs


def _considered(observations: Sequence[Observation]) -> list[Observation]:
    """Failing examples, then passing ones, evenly over shapes, small ones first, until there are enough entries."""
    chosen: list[Observation] = []
    for failed, most in ((True, CONSIDERED), (False, PASSING)):
        total = taken = 0
        for one in _evenly([one for one in observations if one.failed is failed]):
            entries = sum(np.size(x) for x in one.autodiff)
            if taken and (total + entries > ENTRIES or taken >= most):
                continue
            chosen.append(one)
            total, taken = total + entries, taken + 1
    return chosen


def _evenly(observations: Sequence[Observation]) -> Iterator[Observation]:
    """One of each structure in turn."""
    groups: dict[Any, list[Observation]] = {}
    for one in observations:
        statics = [(name, repr(x)) for name, x in one.inputs.items() if type(x) in (str, int, bool, float, type(None))]
        key = (tuple(one.sizes.items()), tuple(np.shape(x) for x in one.autodiff), tuple(statics))
        groups.setdefault(key, []).append(one)
    small_first = sorted(groups.values(), key=lambda group: sum(np.size(x) for x in group[0].autodiff))
    for k in range(max(map(len, small_first), default=0)):
        for group in small_first:
            if k < len(group):
                yield group[k]
