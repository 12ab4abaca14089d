"""`manual-bp show`: one row whole. What the document says of it now, and what the last run found."""

import argparse
import difflib
import importlib.util
import textwrap
from collections.abc import Iterable, Iterator
from typing import Any

from rich.text import Text

from verify import apart, saved
from verify.chatter import answer, complain, to_stderr
from verify.claim import Claim, SetupError
from verify.display import STYLES
from verify.documents import Document
from verify.exit_codes import OK, USAGE
from verify.last_run import last_run
from verify.listing import one_line, rendered
from verify.outline import DocumentError
from verify.results import SYMBOLS, Result
from verify.settings import NOTES
from verify.signatures import read
from verify.sources import Source, source


class Unknown(Exception):
    """There is no such row; the message says what there is."""


def show(options: argparse.Namespace) -> int:
    """Print the row that the command line names; returns the exit code."""
    target, label = _parted(options.row)
    try:
        with to_stderr():
            document, target = _loaded(target, label)
            lines = list(_row(document, _found(document, target, label), target, options.results))
    except (DocumentError, Unknown, saved.Unreadable) as error:
        complain(str(error))
        return USAGE
    answer(rendered(lines))
    return OK


def _parted(row: str) -> tuple[str, str]:
    """The document and the label: what stands before the first colon is a document if it looks like one."""
    place, colon, label = row.partition(":")
    if colon and _is_document(place):
        return place, label
    return (row, "") if not colon and row.endswith(".py") else (NOTES, row)


def _is_document(place: str) -> bool:
    if place.endswith(".py") or "/" in place or "\\" in place:
        return True
    try:
        return importlib.util.find_spec(place) is not None
    except (ImportError, ValueError, AttributeError):
        return bool(place) and all(part.isidentifier() for part in place.split("."))


def _loaded(target: str, label: str) -> tuple[Document, str]:
    """The document and how to name it; of a part of one, whose rows refer to others, the one row."""
    try:
        return apart.load(target), target
    except DocumentError:
        if not label:
            raise
        return apart.load(f"{target}:{label}"), f"{target}:{label}"


def _found(document: Document, target: str, label: str) -> Claim:
    """The claim of that label, or the only one if none is named; raises Unknown, with what is near it."""
    by_label = {claim.label: claim for claim in document.claims}
    if not label and len(by_label) == 1:
        return document.claims[0]
    if label in by_label:
        return by_label[label]
    labels = document.labels
    folded = label.casefold()
    begins = [other for other in labels if label and other.casefold().startswith(folded)]
    near = [*begins, *difflib.get_close_matches(label, labels, n=4, cutoff=0.4)]
    shown = ", ".join(map(one_line, dict.fromkeys(near[:6] if label else labels)))
    if not label:
        raise Unknown(f"name a row of {target}, as in {target}:LABEL; it has {shown or 'none'}")
    of = "" if target == NOTES else f" {target}"
    hint = f"near it: {shown}" if near else f"manual-bp list{of} shows all"
    raise Unknown(f"no row {label!r} in {document.title}; {hint}")


def _row(document: Document, claim: Claim, target: str, results: str | None) -> Iterator[Text]:
    outline = document.outline()
    row = outline.blank(claim.label)
    yield Text.assemble((one_line(row.label), "bold"), f" · {one_line(row.section)}" if row.section else "")
    yield from _statement(claim, row, outline.rows, outline.calls)
    if claim.computed:
        yield from _sides(claim, row)
    yield from _transcribed(claim, row)
    yield from last_run(document, claim, target, results)


def _statement(
    claim: Claim, row: Result, rows: tuple[Result, ...], calls: dict[str, tuple[str, ...]]
) -> Iterator[Text]:
    def labels(others: list[str]) -> str:
        return ", ".join(map(one_line, others))

    facts: list[tuple[str, str]] = [
        ("statement", in_words(claim)),
        ("equation", row.equation),
        ("dimensions", ", ".join(f"{name}: ({text})" for name, text in _dimensions(claim).items())),
        ("expected", f"{SYMBOLS[row.expected]} {row.expected}"),
        ("because", row.because),
        ("corrected by", labels([row.corrected_by] if row.corrected_by else [])),
        ("corrects", labels([other.label for other in rows if other.corrected_by == row.label])),
        ("uses", labels(row.uses)),
        ("used by", labels([other.label for other in rows if row.label in other.uses])),
        ("calls", labels(list(calls[row.label]))),
        ("called by", labels([label for label, called in calls.items() if row.label in called])),
    ]
    width = max(len(name) for name, _ in facts) + 2
    for name, value in facts:
        for k, line in enumerate(value.splitlines()):
            style = STYLES[row.expected] if name == "expected" else ""
            yield Text.assemble((f"  {name if k == 0 else '':<{width}}", "dim"), (line, style))


def in_words(claim: Claim) -> str:
    """What is claimed, in a sentence."""
    hand, of = claim.name, source(claim.of).name
    wrt = f" with respect to {', '.join(claim.wrt)}" if claim.wrt else ""
    order = f" of order {claim.order}" if claim.order != 1 else ""
    return {
        "vjp": f"{hand} is the VJP of {of}{wrt}",
        "gradient": f"{hand} is the gradient of {of}{wrt}",
        "jvp": f"{hand} is the directional derivative (JVP) of {of}{wrt}",
        "derivative": f"{hand} is the derivative{order} of {of}{wrt}",
        "identity": f"{hand} is equal to {of}",
        "statistic": f"the mean of the random draws of {hand} is {of}",
        "measurement": f"{hand} measures {of}, within {claim.within:g}",
        "runs": f"{hand} runs",
        "definition": "a definition: nothing to compute",
        "missing": "a part that the document leaves out: nothing to compute",
    }[claim.kind]


def _dimensions(claim: Claim) -> dict[str, str]:
    """By parameter, from annotations too."""
    if not claim.computed:
        return {}
    try:
        return {item.name: item.shape.text for item in read(claim).inputs if item.shape is not None}
    except SetupError:
        return dict(claim.shapes)


def _sides(claim: Claim, row: Result) -> Iterator[Text]:
    of, hand = source(claim.of), source(claim.hand)
    against = {
        "identity": f"{of.name}", "statistic": f"the stated mean, {of.name}",
        "measurement": f"the stated number, {of.name}", "runs": "",
    }.get(claim.kind, f"JAX's autodiff of {of.name}")
    if against:
        yield from _code(f"Checked against {against}", of)
    tagged = {found["text"] for found in row.transcribed if _is_own(found, hand)}
    yield from _code(f"By hand, {claim.name}", hand, tagged)


def _code(title: str, shown: Source, tagged: Iterable[str] = ()) -> Iterator[Text]:
    """A title and the code below it, the tagged lines marked."""
    yield Text("")
    yield Text.assemble((title, "bold"), f" ({shown.place})" if shown.place else "")
    for line in shown.code.splitlines():
        marked = line.strip() in tagged
        yield Text(f"  {'→' if marked else ' '} {line}", style="bold" if marked else "")


def _is_own(found: dict[str, Any], hand: Source) -> bool:
    """Whether a tagged line stands in the claim's own function."""
    return hand.place.rpartition(":")[0] == found["file"] and found["text"] in map(str.strip, hand.code.splitlines())


def _transcribed(claim: Claim, row: Result) -> Iterator[Text]:
    """The other functions with a line that is tagged with the label."""
    hand = source(claim.hand)
    together: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for found in row.transcribed:
        if not _is_own(found, hand):
            together.setdefault((found["file"], found["function"], found["code"]), []).append(found)
    for (file, function, code), found_lines in together.items():
        places = ", ".join(f"{file}:{found['line']}" for found in found_lines)
        texts = dict.fromkeys(found["text"] for found in found_lines)
        shown = Source(function, places, textwrap.dedent(code) or "\n".join(texts))
        yield from _code(f"Transcribed by {function or 'the module'}", shown, texts)
