"""One row of a results file: whether it is as expected, how large its worst error is, how it is told in text."""

from collections.abc import Iterator, Mapping
from typing import Any

from reports.errata import aligned, shown

Claim = Mapping[str, Any]
HOLDS = ("verified", "certified")
ROWS_ALONE = ("definition", "missing")
SYMBOLS = {
    "verified": "✓", "certified": "✓", "refuted": "✗", "vacuous": "∅", "inconclusive": "?", "error": "!",
    "definition": "≔", "missing": "·",
}


def as_expected(claim: Claim) -> bool:
    """Whether the verdict meets the expectation: certified meets verified, everything else must be equal."""
    return bool(claim["verdict"] == claim["expected"] or (claim["expected"], claim["verdict"]) == HOLDS)


def computed(results: Mapping[str, Any]) -> bool:
    """Whether anything was computed at all."""
    return any(claim["verdict"] not in ROWS_ALONE for claim in results["claims"])


def worst(claim: Claim) -> float | None:
    """The worst error over all outputs, as a fraction of its bound."""
    found = [number(output["worst"]) for output in claim["outputs"]]
    return max((x for x in found if x is not None), default=None)


def number(x: Any) -> float | None:
    """A number of a results file, where those that are not finite are strings."""
    return None if x is None else float(x)


def place(claim: Claim) -> str:
    """The file and the line that make the claim."""
    return f"{claim['source']['file']}:{claim['source']['line']}"


def told(claim: Claim) -> Iterator[str]:
    """What was found, line by line: the message, where it is wrong, the counterexample, how to reproduce it."""
    yield f"{claim['verdict']}, expected {claim['expected']}: {claim['message']}"
    yield f"{place(claim)} {claim['name']}"
    if claim["because"]:
        yield f"because: {claim['because']}"
    if claim["localisation"]:
        yield f"where: {claim['localisation']}"
    example = shown(claim, claim["counterexample"])
    if example is not None:
        yield from aligned(example.inputs)
        for name, mine, right, apart in example.entries:
            difference = f", difference {apart}" if apart else ""
            yield f"{name}: {mine} {example.sides[0]}, {right} {example.sides[1]}{difference}"
        if example.left_out:
            yield f"{example.left_out} more not shown"
    yield from (f"note: {note}" for note in claim["notes"])
    if claim["reproduce"]:
        yield f"reproduce: python {claim['reproduce']}"
