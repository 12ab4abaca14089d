"""What the last run found of one claim, from its results file, as text."""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.text import Text

from verify import saved
from verify.claim import Claim
from verify.display import STYLES
from verify.documents import Document, source_hash
from verify.results import SYMBOLS
from verify.settings import NOTES, OUT

TITLES = {"pinned": "Counterexample of the document", "counterexample": "Smallest counterexample found"}


def last_run(document: Document, claim: Claim, target: str, results: str | None) -> Iterator[Text]:
    """The evidence on a claim, or why there is none and how to make it; raises Unreadable for a file that was named."""
    path = Path(results) if results else OUT / f"{document.name}.json"
    made = "manual-bp verify" + ("" if target == NOTES else f" {shlex.quote(target)}")
    made += f" --json {shlex.quote(results)}" if results else ""
    yield Text("")
    if not results and not path.exists():
        yield Text.assemble(("No results yet", "bold"), f": there is no {path}. Make it by: {made}")
        return
    try:
        content = saved.load(path)
    except saved.Unreadable as error:
        if results:
            raise
        yield Text.assemble(("No results", "bold"), f": {error}. Make them by: {made}")
        return
    provenance = content["provenance"]
    if provenance["document_sha256"] not in (document.sha256, _hash_alone(document, claim)):
        yield Text.assemble(
            ("The results are stale", "bold yellow"),
            f": {path} is of another state of the document, or of another one. Make it anew by: {made}",
        )
        return
    entry = next((entry for entry in content["claims"] if entry["label"] == claim.label), None)
    if entry is None:
        yield Text.assemble(("No results", "bold"), f": the run of {path} left this row out. Make it anew by: {made}")
        return
    versions = ", ".join(
        f"{name} {provenance['versions'][name]}" for name in ("manual-bp", "numpy", "jax")
        if provenance["versions"].get(name)
    )
    yield Text.assemble(("Evidence", "bold"), f" ({path}: {versions}, seed {provenance['seed']})")
    yield from _evidence(entry)


def _hash_alone(document: Document, claim: Claim) -> str:
    """The document's hash in the results of one of its claims alone: of the claim's file and the tagged code."""
    others = {Path(other.file) for other in document.claims} - {Path(claim.file)}
    return source_hash(file for file in document.code if file not in others)


def _evidence(entry: Mapping[str, Any]) -> Iterator[Text]:
    """Verdict, errors, shapes and sizes, numbers, counterexamples."""
    from reports.certainty import certificate_sentence, teeth_sentence
    from reports.errata import numbers

    verdict = entry["verdict"]
    met = verdict == entry["expected"] or (entry["expected"], verdict) == ("verified", "certified")
    wanted = "as expected" if met else f"expected {entry['expected']}"
    yield Text.assemble(
        "  ", (f"{SYMBOLS[verdict]} {verdict}", STYLES[verdict]), f", {wanted}", f": {entry['message']}"
    )
    for output in entry.get("outputs", ()):
        error = output["worst"]
        worst = "" if error is None else f", worst error {float(error):.2g} of the {entry['bound']} bound"
        if output["shape"] or worst:
            yield Text(f"  {output['name']}: shapes {output['shape']}{worst}")
    if entry.get("proved_dimensions"):
        yield Text(f"  shapes proved for all {', '.join(entry['proved_dimensions'])}")
    tried = entry.get("examples", {}).get("tried")
    if tried:
        counts = {name: count for name, count in entry["examples"].items() if count and name != "tried"}
        said = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in counts.items())
        yield Text(f"  {tried} {'example' if tried == 1 else 'examples'} tried: {said}")
    for place in filter(None, entry.get("localisation", "").split(" | ")):
        yield Text(f"  where: {place}")
    if certificate_sentence(entry):
        yield Text(f"  {certificate_sentence(entry)}")
    if teeth_sentence(entry):
        yield Text(f"  {teeth_sentence(entry)}")
        for one in entry["teeth"]["survivors"]:
            yield Text(f"  survivor, line {one['line']}: {one['edit']}")
    if entry.get("arbiter"):
        yield Text(f"  exact: {entry['arbiter']}")
    for note in entry.get("notes", ()):
        yield Text(f"  note: {note}")
    rows, left_out = numbers(entry)
    if rows:
        yield from _table("Numbers", ("inputs", "found", "stated", "within"), rows, left_out)
    yield from _counterexamples(entry)
    if entry.get("reproduce"):
        yield Text(f"  reproduce: python {entry['reproduce']}")


def _counterexamples(entry: Mapping[str, Any]) -> Iterator[Text]:
    """The pinned one and the one found, each entry by entry."""
    from reports.errata import aligned, shown

    for key, title in TITLES.items():
        example = shown(entry, entry[key])
        if example is None:
            continue
        yield Text("")
        told = example.entries or entry[key]["message"] == entry["message"]
        yield Text.assemble("  ", (title, "bold"), "" if told else f": {example.message}")
        yield from (Text(f"    {line}") for line in aligned(example.inputs))
        if example.entries:
            header = ("", "by hand", example.sides[1], "difference")
            yield from _table("", header, example.entries, example.left_out)


def _table(title: str, header: Sequence[str], rows: Sequence[Sequence[str]], left_out: int) -> Iterator[Text]:
    """Aligned columns, numbers to the right."""
    used = [k for k in range(len(header)) if k or any(row[0] for row in rows)]
    lines = [[line[k] for k in used] for line in (header, *rows)]
    widths = [max(len(line[k]) for line in lines) for k in range(len(used))]
    if title:
        yield Text("")
        yield Text.assemble("  ", (title, "bold"))
    for n, line in enumerate(lines):
        cells = [f"{cell:>{width}}" for cell, width in zip(line, widths, strict=True)]
        if used[0] == 0:  # a name
            cells[0] = f"{line[0]:<{widths[0]}}"
        yield Text("    " + "  ".join(cells), style="dim" if n == 0 else "")
    if left_out:
        yield Text(f"    {left_out} more not shown")
