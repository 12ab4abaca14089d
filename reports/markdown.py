"""Errata as Markdown, to be sent to a document's author. Equations stand as they are between $$."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reports.errata import Claim, Errata, Erratum, Shown, Wrong, aligned, numbers, sentence, undecorated

ERRATUM = ("Printed", "Why it is wrong", "Correct")
FOUND = {"runs": "When run", "measurement": "Measured", "statistic": "Drawn"}
LIMIT = ("Statement", "Why it does not hold", "What holds")
READING = ("This reading", "Why it is rejected", "The reading that holds")


def errata_markdown(results: Mapping[str, Any], errata: Errata) -> str:
    """The text for a results file's content and what was selected from it."""
    blocks = [f"# Errata: {escaped(results['document'])}", _provenance(results["provenance"]), summary(errata)]
    if errata.errata:
        blocks.append("## Errata")
    for k, erratum in enumerate(errata.errata, start=1):
        blocks += _erratum(f"{k}. ", erratum, ERRATUM)
    if errata.limits:
        blocks.append("## Where a statement does not hold")
    for limit in errata.limits:
        blocks += _erratum("", limit, LIMIT)
    if errata.readings:
        blocks.append("## Ambiguous, and the reading that holds")
    for wrong in errata.readings:
        blocks += [f"### {_heading([wrong.claim])}", *_wrong(wrong, READING)]
    if errata.left_out:
        blocks.append("## Left out")
    for claim, ours in errata.left_out:
        blocks += _left_out(claim, ours)
    if errata.conditions:
        blocks.append("## Conditions and conventions")
    for claim in errata.conditions:
        blocks += _condition(claim)
    if errata.unexpected:
        blocks += ["## Not as expected", "\n".join(map(_unexpected, errata.unexpected))]
    return "\n\n".join(block for block in blocks if block) + "\n"


def summary(errata: Errata) -> str:
    """How much there is, in one sentence."""
    counted = (
        (len(errata.errata), "erratum", "errata"),
        (len(errata.limits), "condition under which a statement fails", "conditions under which a statement fails"),
        (len(errata.readings), "ambiguous reading", "ambiguous readings"),
        (len(errata.left_out), "part left out", "parts left out"),
        (len(errata.conditions), "condition or convention", "conditions and conventions"),
        (len(errata.unexpected), "row not as expected", "rows not as expected"),
    )
    parts = [f"{n} {one if n == 1 else many}" for n, one, many in counted if n]
    if not errata.errata and not errata.unexpected:
        parts.insert(0, "No errata")
    return ", ".join(parts) + "."


def escaped(text: str) -> str:
    """Text on one line, no character of which is taken for Markdown or HTML, in a table's cell either."""
    line = re.sub(r"([\\`*_<~$|])", r"\\\1", " ".join(text.split()))
    line = re.sub(r"&(?=#?\w+;)", "&amp;", line)
    # Brackets are left alone where they are no link, note or box, since W[l] reads better so.
    return re.sub(r"([\[\]])", r"\\\1", line) if re.search(r"\][(\[:]|\[\^|\[[ xX]\]", line) else line


def code(text: str) -> str:
    """Text as code, whatever backticks are in it."""
    line = " ".join(text.split())
    fence = "`" * (_longest(line) + 1)
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{pad}{line}{pad}{fence}"


def _erratum(number: str, erratum: Erratum, titles: tuple[str, str, str]) -> Iterator[str]:
    yield f"### {number}{_heading([wrong.claim for wrong in erratum.rows])}"
    for wrong in erratum.rows:
        if len(erratum.rows) > 1:
            yield f"#### {code(wrong.claim['label'])}"
        yield from _wrong(wrong, titles)


def _heading(claims: Sequence[Claim]) -> str:
    labels = ", ".join(code(claim["label"]) for claim in claims)
    sections = ", ".join(dict.fromkeys(escaped(claim["section"]) for claim in claims if claim["section"]))
    return f"{labels} ({sections})" if sections else labels


def _wrong(wrong: Wrong, titles: tuple[str, str, str]) -> Iterator[str]:
    claim, right = wrong.claim, wrong.right
    printed, why, correct = titles
    yield from _statement(f"**{printed}**", claim)
    yield f"**{why}.** {escaped(sentence(claim['because']))}"
    if right is not None:
        yield from _statement(f"**{correct}**: {code(right['label'])}, {_verdict(right)}", right)
    elif claim.get("corrected_by"):
        yield f"**{correct}**: {code(claim['corrected_by'])}, which is not among these results."
    if wrong.pinned is not None:
        yield from _shown("**Counterexample**", wrong.pinned)
    if wrong.found is not None:
        yield from _shown(f"**{FOUND.get(claim['kind'], 'Smallest counterexample found')}**", wrong.found)
    if len(claim["numbers"]) > 1:
        yield from _numbers(claim)


def _statement(title: str, claim: Claim) -> Iterator[str]:
    """A row's equation, or its code where it has none."""
    if claim["equation"]:
        yield from (title, tex(claim["equation"]))
    elif claim["code"]:
        yield from (title, fenced(undecorated(claim["code"]), "python"))
    else:
        yield title


def _verdict(claim: Claim) -> str:
    if claim["verdict"] in ("definition", "missing"):
        return "a definition" if claim["verdict"] == "definition" else "which is missing"
    return f"{claim['verdict']}: {escaped(claim['message'])}"


def _shown(title: str, shown: Shown) -> Iterator[str]:
    yield title if shown.entries else f"{title}: {escaped(shown.message)}"
    if shown.inputs:
        yield fenced("\n".join(aligned(shown.inputs)), "text")
    if shown.entries:
        yield table(("entry", *shown.sides, "difference"), shown.entries)
    if shown.entries and shown.left_out:
        yield f"{shown.left_out} more {'entry' if shown.left_out == 1 else 'entries'} not shown."


def _left_out(claim: Claim, ours: Sequence[Claim]) -> Iterator[str]:
    yield f"- {_heading([claim])}: {escaped(sentence(claim['because']))}"
    if claim["equation"]:
        yield _indented(tex(claim["equation"]))
    for row in ours:
        yield f"  What we fill in: {code(row['label'])}, {_verdict(row)}"
        if row["equation"]:
            yield _indented(tex(row["equation"]))


def _condition(claim: Claim) -> Iterator[str]:
    said = "" if claim["verdict"] == "definition" else f" ({_verdict(claim)})"
    yield f"- {_heading([claim])}: {escaped(claim['because'])}{said}"
    if claim["equation"]:
        yield _indented(tex(claim["equation"]))
    for block in _numbers(claim):
        yield _indented(block)


def _numbers(claim: Claim) -> Iterator[str]:
    rows, left_out = numbers(claim)
    if rows:
        plain = not any(row[0] for row in rows)
        header = ("inputs", "found", "stated", "within")
        yield table(header[1:], [row[1:] for row in rows]) if plain else table(header, rows)
    if left_out:
        yield f"{left_out} more not shown."


def _unexpected(claim: Claim) -> str:
    return (
        f"- {code(claim['label'])} is {claim['verdict']}, expected {claim['expected']}: {escaped(claim['message'])}"
    )


def _provenance(provenance: Mapping[str, Any]) -> str:
    names = ("manual-bp", "numpy", "jax")
    versions = ", ".join(f"{name} {provenance['versions'][name]}" for name in names if provenance["versions"].get(name))
    return f"Every number was computed: {versions}, seed {provenance['seed']}."


def tex(equation: str) -> str:
    """An equation between $$, verbatim; as code if it would end there too soon."""
    text = equation.strip("\n")
    breaks = "$$" in text or any(not line.strip() for line in text.splitlines())
    return fenced(text, "tex") if breaks else f"$$\n{text}\n$$"


def fenced(text: str, language: str) -> str:
    """A block of code, whatever backticks are in it."""
    fence = "`" * max(3, _longest(text) + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table whose columns but the first hold numbers."""
    lines = [[escaped(cell) for cell in line] for line in (header, *rows)]
    lines.insert(1, ["---", *["---:"] * (len(header) - 1)])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _indented(text: str) -> str:
    """A block that belongs to an item of a list."""
    return "\n".join(f"  {line}" if line else line for line in text.splitlines())


def _longest(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)
