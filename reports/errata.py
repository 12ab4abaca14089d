"""What a document gets wrong, selected from its results: errata, ambiguous readings, parts left out, conventions.

The labels say what a row is: `ID@other` is a reading of `ID` that was rejected, `ID@ours` fills in what `ID` leaves
out, `ID@np` is the printed code when it is run, and another `ID@word` is `ID` under some condition. A remark that
begins with an erratum's number, "E12: ...", belongs to that erratum.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from reports.arrays import array_text, entries

Claim = Mapping[str, Any]
NUMBER = re.compile(r"(E\d+[a-z]?)(?: \([^()]*\))?:")
HOLDS = ("verified", "certified")
ROWS = 12

# How the two sides of a comparison are called, by the kind of the claim.
SIDES = {
    "identity": ("as printed", "should be"), "statistic": ("mean found", "stated"),
    "measurement": ("measured", "stated"),
}


@dataclass(frozen=True)
class Shown:
    """A counterexample: its inputs as text by name, then its outputs entry by entry, or what was said of them.

    sides : what the two columns of numbers are
    entries : name, by hand, the other side, their difference if there is one; the wrong ones alone where there are many
    left_out : how many entries are not among them
    """

    inputs: tuple[tuple[str, str], ...]
    sides: tuple[str, str]
    entries: tuple[tuple[str, str, str, str], ...]
    left_out: int
    message: str


@dataclass(frozen=True)
class Wrong:
    """A refuted row and the row that is right in its place, None if the results have none.

    pinned : the counterexample that the document names
    found : the one that the run found and shrunk, where it is another
    """

    claim: Claim
    right: Claim | None
    pinned: Shown | None
    found: Shown | None


@dataclass(frozen=True)
class Erratum:
    """Refuted rows that follow each other and share an erratum's number; `number` is empty for a row without one."""

    number: str
    rows: tuple[Wrong, ...]


@dataclass(frozen=True)
class Errata:
    """All of it, in document order.

    limits : refuted rows on where a statement, true by itself, does not hold
    left_out : missing parts, each with the rows that fill it in
    conditions : rows that hold and whose remark has an erratum's number
    unexpected : rows that are not as expected, which are none of the others
    """

    errata: tuple[Erratum, ...]
    limits: tuple[Erratum, ...]
    readings: tuple[Wrong, ...]
    left_out: tuple[tuple[Claim, tuple[Claim, ...]], ...]
    conditions: tuple[Claim, ...]
    unexpected: tuple[Claim, ...]


def select(results: Mapping[str, Any]) -> Errata:
    """What a results file's content (format 1) has to say."""
    claims: list[Claim] = results["claims"]
    by_label = {claim["label"]: claim for claim in claims}
    refuted = [claim for claim in claims if claim["expected"] == "refuted" and claim["verdict"] == "refuted"]
    wrong = [_wrong(claim, by_label) for claim in refuted if not is_reading(claim["label"])]
    return Errata(
        errata=_together(row for row in wrong if not is_limit(row.claim["label"])),
        limits=_together(row for row in wrong if is_limit(row.claim["label"])),
        readings=tuple(_wrong(claim, by_label) for claim in refuted if is_reading(claim["label"])),
        left_out=tuple(
            (claim, tuple(c for c in claims if fills_in(c["label"], claim["label"])))
            for claim in claims if claim["verdict"] == "missing"
        ),
        conditions=tuple(
            claim for claim in claims if claim["verdict"] in (*HOLDS, "definition") and _expected(claim)
            and erratum_number(claim)
        ),
        unexpected=tuple(claim for claim in claims if not _expected(claim)),
    )


def needed(rows: Iterable[Claim]) -> list[str]:
    """The labels of the rows that `select` looks at, told from what is expected of them, in their order."""
    rows = list(rows)
    labels: set[str] = set()
    for row in rows:
        label, expected = row["label"], row["expected"]
        if expected == "refuted":
            labels |= {label, row["corrected_by"], _base(label) if is_reading(label) else label}
        elif expected == "missing":
            labels |= {label, *(other["label"] for other in rows if fills_in(other["label"], label))}
        elif erratum_number(row):
            labels.add(label)
    return [row["label"] for row in rows if row["label"] in labels]


def erratum_number(claim: Claim) -> str:
    """The number that a row's remark begins with, or an empty string."""
    match = NUMBER.match(claim["because"])
    return match[1] if match else ""


def is_limit(label: str) -> bool:
    """Whether a row is a statement under a condition."""
    return "@" in label and not is_reading(label) and not label.partition("@")[2].startswith("np")


def is_reading(label: str) -> bool:
    """Whether a row is a reading that was rejected."""
    return label.partition("@")[2].startswith("other")


def fills_in(label: str, missing: str) -> bool:
    """Whether a row fills in what another one says is missing."""
    return label.startswith(f"{missing}@ours")


def numbers(claim: Claim) -> tuple[tuple[tuple[str, str, str, str], ...], int]:
    """What was found for each choice of inputs: inputs, found, stated, within; and how many more there are."""
    rows = [
        (
            ", ".join(f"{name} = {array_text(value)}" for name, value in number["inputs"].items()),
            array_text(number["found"], 8), array_text(number["stated"], 8), f"{float(number['within']):.2g}",
        )
        for number in claim["numbers"]
    ]
    return tuple(rows[:ROWS]), max(0, len(rows) - ROWS)


def _together(rows: Iterable[Wrong]) -> tuple[Erratum, ...]:
    """Rows that follow each other and share an erratum's number as one."""
    grouped = groupby(enumerate(rows), lambda pair: erratum_number(pair[1].claim) or pair[0])
    return tuple(Erratum(key if isinstance(key, str) else "", tuple(row for _, row in rows)) for key, rows in grouped)


def _expected(claim: Claim) -> bool:
    return claim["verdict"] == claim["expected"] or (claim["expected"] == "verified" and claim["verdict"] in HOLDS)


def _base(label: str) -> str:
    return label.partition("@")[0]


def _wrong(claim: Claim, by_label: Mapping[str, Claim]) -> Wrong:
    right = claim.get("corrected_by") or (_base(claim["label"]) if is_reading(claim["label"]) else "")
    pinned, found = claim["pinned"], claim["counterexample"]
    if pinned is not None and found is not None and pinned["inputs"] == found["inputs"]:
        found = None
    return Wrong(claim, by_label.get(right), shown(claim, pinned), shown(claim, found))


def shown(claim: Claim, counterexample: Mapping[str, Any] | None) -> Shown | None:
    if counterexample is None:
        return None
    rows = [row for output in counterexample["outputs"] for row in _rows(output)]
    wrong = rows if len(rows) <= ROWS else [row for row in rows if row[3]] or rows
    left, right = SIDES.get(claim["kind"], ("as printed", "by autodiff"))
    if is_reading(claim["label"]) and claim["kind"] not in ("statistic", "measurement"):
        left = "read so"
    elif is_limit(claim["label"]) and left == "as printed":
        left = "by hand"
    return Shown(
        inputs=tuple((name, array_text(value, None)) for name, value in counterexample["inputs"].items()),
        sides=(left, right), entries=tuple(wrong[:ROWS]), left_out=len(rows) - len(wrong[:ROWS]),
        message=_of_it(counterexample["message"], claim["name"]),
    )


def _of_it(message: str, name: str) -> str:
    """A message that begins with the function's name, which says nothing to a document's author: "it returned ..."."""
    return f"it {message.removeprefix(f'{name} ')}" if name and message.startswith(f"{name} ") else message


def _rows(output: Mapping[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    for entry in entries(dict(output)):
        apart = entry["difference"] if entry["wrong"] else ""
        yield f"{output['name']}{entry['index']}", entry["by_hand"], entry["autodiff"], apart


def aligned(pairs: Sequence[tuple[str, str]]) -> list[str]:
    """Names and values, a line each, with the equals signs below each other."""
    width = max((len(name) for name, _ in pairs), default=0)
    return [f"{name:<{width}} = {value}" for name, value in pairs]


def sentence(text: str) -> str:
    """A remark with the full stop that it may lack."""
    text = text.strip()
    return text if text.endswith((".", "!", "?")) else f"{text}."


def undecorated(code: str) -> str:
    """A function's code without the decorator, which says what is claimed of it."""
    lines = code.strip("\n").splitlines()
    start = next((k for k, line in enumerate(lines) if line.startswith(("def ", "class ", "async def "))), 0)
    return "\n".join(lines[start:] if code.startswith("@") else lines)
