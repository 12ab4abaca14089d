"""`manual-bp verify`: documents to results, shown as they come, then saved."""

import argparse
import difflib
import fnmatch
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from verify import documents
from verify.claim import Claim
from verify.display import Display
from verify.documents import Document, DocumentError
from verify.exit_codes import INTERRUPTED, NOTHING, OK, UNEXPECTED, USAGE
from verify.provenance import provenance
from verify.results import FORMAT, Result, dump, write_atomically
from verify.settings import EXAMPLES, Settings
from verify.workers import checked, jobs_for

OUT = Path("reports/out")
NOTES = "verify.notes.ledger"


def verify_documents(options: argparse.Namespace) -> int:
    """Check the documents that the command line names; returns the exit code."""
    targets = options.targets or [NOTES]
    if len(targets) > 1 and (options.json or options.html):
        return _usage("--json and --html name one file; check several documents without them, or one at a time")
    settings = Settings(options.examples or EXAMPLES, options.seed)
    code = OK
    taken: set[str] = set()
    for target in targets:
        try:
            document = _select(documents.load(target), options.select)
        except (DocumentError, LookupError) as error:
            return _usage(str(error))
        name = _fresh(document.name, taken)
        json_path = Path(options.json) if options.json else OUT / f"{name}.json"
        html_path = Path(options.html) if options.html else OUT / f"{name}.html"
        problem = _unwritable(json_path) or _unwritable(html_path)
        if problem:
            return _usage(problem)
        one = _verify(target, document, settings, json_path, html_path, options)
        if one == INTERRUPTED:
            return one
        code = one if code == OK else code
    return code


def _verify(
    target: str, document: Document, settings: Settings, json_path: Path, html_path: Path, options: argparse.Namespace
) -> int:
    display = Display(document, settings.seed, options.quiet)
    started = time.perf_counter()
    results: list[Result] = []
    interrupted = False
    with display:
        try:
            with checked(target, document.claims, settings, jobs_for(len(document.claims), options.jobs)) as coming:
                for claim in document.claims:
                    display.start(claim)
                    results.append(next(coming))
                    display.finish(results[-1])
        except KeyboardInterrupt:
            interrupted = True
        except DocumentError as error:
            return _usage(str(error))
    seconds = time.perf_counter() - started
    complete = _complete(document, options.select, interrupted)
    conclusion = conclude(results, complete, len(document.claims), interrupted)
    report = {
        "format": FORMAT,
        "document": document.title,
        "conclusion": conclusion,
        "provenance": provenance(settings, document, seconds),
        "claims": [result.to_json() for result in results],
    }
    from reports.html import render

    try:
        _prepare(json_path.parent)
        _prepare(html_path.parent)
        write_atomically(json_path, dump(report))
        write_atomically(html_path, render(report))
    except OSError as error:
        return _usage(f"can't write the report: {error.strerror}: {error.filename}")
    display.conclude(conclusion, html_path, json_path)
    if interrupted:
        return INTERRUPTED
    if not results:
        return NOTHING
    return OK if complete and all(result.as_expected for result in results) else UNEXPECTED


def conclude(results: Sequence[Result], complete: bool, total: int, interrupted: bool) -> str:
    """One sentence: what was found."""
    if not results:
        return "Nothing was checked." if not interrupted else f"Interrupted before the first of {total} claims."
    unexpected = [result for result in results if not result.as_expected]
    holds = sum(result.verdict in ("verified", "certified") and result.as_expected for result in results)
    wrong = sum(result.verdict == "refuted" and result.as_expected for result in results)
    parts = [f"{holds} of {len(results)} statements hold"]
    if wrong:
        parts.append(f"{wrong} known error{'s' if wrong != 1 else ''} refuted as expected")
    if unexpected:
        named = ", ".join(f"{result.label} ({result.verdict})" for result in unexpected[:6])
        more = f" and {len(unexpected) - 6} more" if len(unexpected) > 6 else ""
        parts.append(f"{len(unexpected)} not as expected: {named}{more}")
    else:
        parts.append("every row is as expected")
    if not complete:
        parts.append("the number of rows is not the declared one")
    sentence = "; ".join(parts) + "."
    return f"Interrupted after {len(results)} of {total} claims: {sentence}" if interrupted else sentence


def _complete(document: Document, selected: Any, interrupted: bool) -> bool:
    """Whether the document has the number of rows that it declares."""
    return bool(document.declared is None or selected or interrupted or document.declared == len(document.claims))


def _select(document: Document, patterns: Sequence[str] | None) -> Document:
    if not patterns:
        return document
    labels = [claim.label for claim in document.claims]
    chosen: list[Claim] = []
    for pattern in patterns:
        literal = [claim for claim in document.claims if claim.label == pattern]
        matched = literal or [claim for claim in document.claims if fnmatch.fnmatchcase(claim.label, pattern)]
        if not matched:
            near = difflib.get_close_matches(pattern, labels, n=3, cutoff=0.3)
            hint = f"; near it: {', '.join(near)}" if near else ""
            raise LookupError(f"--select {pattern}: no such label in {document.title}{hint}")
        chosen += [claim for claim in matched if claim not in chosen]
    return Document(document.title, document.name, tuple(chosen), document.sha256, None)


def _fresh(name: str, taken: set[str]) -> str:
    """A file name that no document of this run has yet."""
    k, fresh = 2, name
    while fresh in taken:
        fresh, k = f"{name}-{k}", k + 1
    taken.add(fresh)
    return fresh


def _unwritable(path: Path) -> str:
    """Why a file can't be written there, found before the work is done; or an empty string."""
    if path.is_dir():
        return f"{path} is a folder; name a file"
    folder = path.parent
    try:
        _prepare(folder)
        write_atomically(folder / f".{path.name}.probe", "")
        (folder / f".{path.name}.probe").unlink()
    except OSError as error:
        return f"can't write to {folder}: {error.strerror}; name another place by --json and --html"
    return ""


def _prepare(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if folder == OUT and not (folder / ".gitignore").exists():
        write_atomically(folder / ".gitignore", "*\n")


def _usage(message: str) -> int:
    print(f"manual-bp: {message}", file=sys.stderr)
    return USAGE
