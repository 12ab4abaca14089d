"""`manual-bp errata`: what is wrong in a document, as Markdown for its author, from results alone."""

import argparse
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from verify import saved
from verify.calls import name_callees
from verify.chatter import answer, complain, to_stderr
from verify.exit_codes import INTERNAL, NOTHING, OK, UNEXPECTED, USAGE
from verify.outline import DocumentError
from verify.outputs import unwritable
from verify.provenance import provenance
from verify.results import FORMAT, Result, write_atomically
from verify.settings import EXAMPLES, NOTES, Settings
from verify.workers import Here, Workers


def errata(options: argparse.Namespace) -> int:
    """Print or write a document's errata; returns the exit code."""
    from reports.errata import select
    from reports.markdown import errata_markdown, summary

    file = Path(options.output) if options.output else None
    problem = unwritable(file, "-o") if file else ""
    if problem:
        return _usage(problem)
    try:
        results, faults = _saved(options) if options.results else _run(options)
    except (DocumentError, saved.Unreadable) as error:
        return _usage(str(error))
    if faults:
        complain("\n".join(faults))
        return INTERNAL
    if results is None:
        complain("nothing is claimed there, so that nothing was checked")
        return NOTHING
    found = select(results)
    text = errata_markdown(results, found)
    if file:
        try:
            write_atomically(file, text)
        except OSError as error:
            return _usage(f"can't write {file}: {error.strerror}")
        answer(f"{file}: {summary(found)}\n")
    else:
        answer(text)
    for claim in found.unexpected:
        complain(f"{claim['label']} is {claim['verdict']}, expected {claim['expected']}: {claim['message']}")
    return UNEXPECTED if found.unexpected else OK


def _saved(options: argparse.Namespace) -> tuple[dict[str, Any] | None, list[str]]:
    """A results file's content, which must be of the document as it stands if one is named."""
    path = Path(options.results)
    results = saved.load(path)
    if options.target:
        with to_stderr(), _workers(options) as workers:
            outline = workers.outline()
        if outline.sha256 != results["provenance"]["document_sha256"]:
            raise saved.Unreadable(
                f"{path} is of another document, or of an earlier state of {options.target}; make it anew by "
                f"manual-bp verify {options.target} --json {path}"
            )
    return (results if results["claims"] else None), []


def _run(options: argparse.Namespace) -> tuple[dict[str, Any] | None, list[str]]:
    """The results of the rows that errata are made of, and the tracebacks of the checker's own faults."""
    from reports.errata import needed

    settings = Settings(options.examples or EXAMPLES, options.seed)
    found: dict[str, Result] = {}
    with to_stderr(), _workers(options) as workers:
        outline = workers.outline()
        if not outline.rows:
            return None, []
        labels = needed([row.to_json() for row in outline.rows])
        order = [label for label in outline.order if label in labels]
        with _progress() as progress:
            task = progress.add_task("", total=len(labels))
            coming = workers.results(outline, order, settings)
            for label in order:
                progress.update(task, description=escape(label))
                found[label] = next(coming)
                name_callees(found[label], outline.calls[label], found)
                progress.advance(task)
    results = {
        "format": FORMAT, "document": outline.title,
        "provenance": provenance(settings, outline, options.target or NOTES, 0, 0.0),
        "claims": [found[label].to_json() for label in labels],
    }
    return results, [result.fault for result in found.values() if result.fault]


def _workers(options: argparse.Namespace) -> Workers | Here:
    target = options.target or NOTES
    return Here(target) if options.jobs == 0 else Workers(target, options.jobs, options.timeout)


def _progress() -> Progress:
    """A bar on stderr, if that is a terminal."""
    console = Console(file=sys.stderr)
    columns = (TextColumn("[bold]{task.description}"), BarColumn(), MofNCompleteColumn())
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


def _usage(message: str) -> int:
    complain(message)
    return USAGE
