"""The code that a card shows: the tagged lines within their functions, and the claim's own function."""

import ast
import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from markupsafe import Markup

from reports.errata import undecorated
from reports.mathematics import visible

LONGEST = 8  # lines of a function that is shown whole
AROUND = 1
SHORT = 2  # lines
_GAP = re.compile(r"(?<=\S) {3,}#")


@dataclass(frozen=True)
class Listing:
    """A piece of code: where it stands and its lines, each with whether it is the tagged one.

    at : the label of the card that shows it already, empty where there is none
    """

    place: str
    lines: tuple[tuple[str, bool], ...]
    at: str = ""

    @property
    def text(self) -> Markup:
        """The lines, the tagged one marked."""
        return Markup("\n").join(Markup("<b>%s</b>") % visible(row) if tag else visible(row) for row, tag in self.lines)


def listings(claim: Mapping[str, Any]) -> tuple[Listing, ...]:
    """The transcribing lines first, then the claim's function, without its decorator, unless that is the same."""
    shown = [
        Listing(f"{line['file']}:{line['line']}", excerpt(without_docstring(line["code"]), line["text"]))
        for line in claim["transcribed"]
    ]
    own = without_docstring(undecorated(claim["code"])).strip("\n")
    if own and all(without_docstring(line["code"]).strip("\n") != own for line in claim["transcribed"]):
        lines = tuple((line, False) for line in own.splitlines())
        shown.append(Listing(f"{claim['source']['file']}:{claim['source']['line']}", lines))
    return tuple(dict.fromkeys(shown))


def once(cards: Iterable[tuple[str, tuple[Listing, ...]]]) -> Iterator[tuple[Listing, ...]]:
    """Each card's listings; one that an earlier card shows refers to it, unless it is as short as a reference."""
    seen: dict[Listing, str] = {}
    for label, found in cards:
        yield tuple(
            replace(shown, at=seen[shown]) if shown in seen and len(shown.lines) > SHORT else shown for shown in found
        )
        for shown in found:
            seen.setdefault(shown, label)


def without_docstring(code: str) -> str:
    """A function's code without its docstring, which the card has no use for."""
    try:
        tree = ast.parse(textwrap.dedent(code))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return code
    first = tree.body[0] if tree.body else None
    if not isinstance(first, ast.FunctionDef | ast.ClassDef) or not isinstance(ast.get_docstring(first), str):
        return code
    said, rows = first.body[0], code.splitlines()
    if len(first.body) == 1 or said.lineno == first.lineno:
        return code
    return "\n".join(rows[: said.lineno - 1] + rows[(said.end_lineno or said.lineno) :])


def excerpt(code: str, tagged: str) -> tuple[tuple[str, bool], ...]:
    """A short function whole; of a longer one the signature's first line and what is around the tagged line."""
    rows = [_GAP.sub("  #", row) for row in code.strip("\n").splitlines()]
    tagged = _GAP.sub("  #", tagged)
    at = next((k for k, row in enumerate(rows) if row.strip() == tagged), 0)
    marked = [(row, k == at and bool(tagged)) for k, row in enumerate(rows)]
    if len(rows) <= LONGEST:
        return tuple(marked)
    first, last = max(0, at - AROUND), min(len(rows), at + AROUND + 1)
    before = [marked[0], *([("    ...", False)] if first > 1 else [])] if first > 0 else []
    return (*before, *marked[first:last], *([("    ...", False)] if last < len(rows) else []))
