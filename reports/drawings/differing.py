"""Which entries of a counterexample are wrong, as far as its numbers can tell."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from reports.drawings.numerals import Index, entries, value

# What is taken for rounding: of the entry itself, and, where terms cancelled, of the largest entry beside it.
_OWN, _LARGEST = 1e-12, 4e-16


@dataclass
class Differing:
    """An output's entries, (index, by hand, other side), and the indices of the wrong ones.

    `entries` is None where the two sides can't be laid side by side.
    """

    entries: list[tuple[Index, Any, Any]] | None = None
    wrong: set[Index] = field(default_factory=set)


def compare(outputs: Sequence[dict[str, Any]]) -> list[Differing]:
    """For each output what differs by more than rounding; where nothing does, whatever differs at all.

    A results file has no bound for an entry, and a mistake may be smaller than what is taken for rounding here.
    """
    found = [_beside(output) for output in outputs]
    for differing in found:
        differing.wrong = _wrong(differing, _OWN, _LARGEST)
    if not any(differing.wrong for differing in found):
        for differing in found:
            differing.wrong = _wrong(differing, 0.0, 0.0)
    return found


def _beside(output: dict[str, Any]) -> Differing:
    mine, right = output["by_hand"], output["autodiff"]
    if mine is None or mine["shape"] != right["shape"]:
        return Differing()
    a, b = entries(mine), entries(right)
    if a is None or b is None:
        return Differing()
    return Differing([(index, x, y) for (index, x), (_, y) in zip(a, b, strict=True)])


def _wrong(differing: Differing, own: float, of_largest: float) -> set[Index]:
    pairs = [(index, a, b, value(a), value(b)) for index, a, b in differing.entries or ()]
    sizes = [abs(x) for *_, a, b in pairs for x in (a, b) if x is not None and math.isfinite(x)]
    floor = of_largest * max(sizes, default=0.0)
    return {
        index for index, a, b, x, y in pairs
        if (a != b if x is None or y is None else not math.isclose(x, y, rel_tol=own, abs_tol=floor))
    }
