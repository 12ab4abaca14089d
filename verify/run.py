"""`manual-bp verify`: documents to results, shown as they come, then saved."""

import argparse
import difflib
import fnmatch
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from verify import github, outputs
from verify.calls import name_callees
from verify.claim import ROWS_ALONE
from verify.display import Display
from verify.exit_codes import INTERNAL, INTERRUPTED, NOTHING, OK, UNEXPECTED, USAGE
from verify.outline import DocumentError, Outline
from verify.provenance import provenance
from verify.results import FORMAT, Result, dump, killed_of_wrong
from verify.settings import EXAMPLES, NOTES, OUT, Settings
from verify.workers import Here, Workers


def verify_documents(options: argparse.Namespace) -> int:
    """Check the documents that the command line names; returns the exit code."""
    targets = options.targets or [NOTES]
    if len(targets) > 1 and (options.json or options.html):
        return _usage("--json and --html name one file; check several documents without them, or one at a time")
    problem = outputs.clash((f"--{name}", getattr(options, name)) for name in ("json", "html", *outputs.TOGETHER))
    for name, path in outputs.together(options).items():
        problem = problem or outputs.unwritable(path, f"--{name}")
    if problem:
        return _usage(problem)
    code = OK
    taken: set[str] = set()
    reports: list[dict[str, Any]] = []
    for target in targets:
        one = _verify(target, options, taken, reports)
        if one in (INTERRUPTED, USAGE, INTERNAL):
            code = one
            break
        code = one if code == OK else code
    problem = outputs.write(outputs.texts_together(options, reports)) if reports else ""
    return _usage(problem) if problem else code


def _verify(target: str, options: argparse.Namespace, taken: set[str], reports: list[dict[str, Any]]) -> int:
    """Check one document; its results are added to the others."""
    started = time.perf_counter()
    with Here(target) if options.jobs == 0 else Workers(target, options.jobs, options.timeout) as workers:
        try:
            outline = workers.outline()
            rows = _select(outline, options.select)
        except (DocumentError, LookupError) as error:
            return _usage(str(error))
        name = _fresh(outline.name, taken)
        json_path = Path(options.json) if options.json else OUT / f"{name}.json"
        html_path = Path(options.html) if options.html else OUT / f"{name}.html"
        problem = outputs.clash(
            [("the results file", str(json_path)), ("the report", str(html_path))]
            + [(f"--{name}", str(path)) for name, path in outputs.together(options).items()]
        )
        problem = problem or outputs.unwritable(json_path) or outputs.unwritable(html_path)
        if problem:
            return _usage(problem)
        folder = json_path.parent / "counterexamples"
        settings = Settings(
            options.examples or EXAMPLES, options.seed, folder.resolve(), options.exact, options.trials,
            options.teeth or options.min_score is not None,
        )
        display = Display(outline.title, [row.label for row in rows], settings.seed, options.quiet)
        results, interrupted = dict[str, Result](), False
        with display:
            try:
                chosen = {row.label: row for row in rows}
                order = [label for label in outline.order if label in chosen]
                coming = workers.results(outline, order, settings)
                for label in order:
                    display.start(label)
                    results[label] = result = next(coming)
                    name_callees(result, outline.calls[label], results)
                    result.transcribed = chosen[label].transcribed
                    if result.reproduce:  # as seen from here, wherever the document's code went
                        result.reproduce = (folder / Path(result.reproduce).name).as_posix()
                    display.finish(result)
            except KeyboardInterrupt:
                interrupted = True
            except DocumentError as error:
                return _usage(str(error))
    seconds = time.perf_counter() - started
    found = [results[row.label] for row in rows if row.label in results]
    complete = bool(outline.declared is None or options.select or interrupted or outline.declared == len(outline.rows))
    least = options.min_score or 0.0
    toothless = [result.label for result in found if result.score is not None and result.score < least]
    conclusion = conclude(found, complete, len(rows), interrupted, toothless)
    faults = [result.fault for result in found if result.fault]
    code = INTERRUPTED if interrupted else INTERNAL if faults else _gate(found, complete)
    if toothless and code == OK:
        code = UNEXPECTED
    report = {
        "format": FORMAT,
        "document": outline.title,
        "conclusion": conclusion,
        "passes": code == OK,
        "provenance": provenance(settings, outline, target, sum(result.replayed for result in found), seconds),
        "claims": [result.to_json() for result in found],
    }
    from reports.html import render

    problem = outputs.write({json_path: dump(report), html_path: render(report)})
    if problem:
        return _usage(problem)
    reports.append(report)
    display.conclude(conclusion, html_path, json_path)
    github.report(report, found)
    if faults and not interrupted:
        print(*faults, sep="\n", file=sys.stderr)
    return code


def _gate(results: Sequence[Result], complete: bool) -> int:
    """The exit code for what was found."""
    if not any(result.verdict not in ROWS_ALONE for result in results):
        return NOTHING
    return OK if complete and all(result.as_expected for result in results) else UNEXPECTED


def conclude(
    results: Sequence[Result], complete: bool, total: int, interrupted: bool, toothless: Sequence[str] = ()
) -> str:
    """One sentence: what was found. `toothless` are the labels of checks that refute too few wrong versions."""
    if not results:
        return "Nothing was checked." if not interrupted else f"Interrupted before the first of {total} claims."
    unexpected = [result for result in results if not result.as_expected]
    computed = [result for result in results if result.verdict not in ROWS_ALONE]
    holds = sum(result.verdict in ("verified", "certified") and result.as_expected for result in results)
    wrong = sum(result.verdict == "refuted" and result.as_expected for result in results)
    parts = [f"{holds} of {len(computed)} statements hold"] if computed else ["nothing to compute"]
    if wrong:
        parts.append(f"{wrong} known error{'s' if wrong != 1 else ''} refuted as expected")
    for kind, words in (("definition", "definition"), ("missing", "missing part")):
        count = sum(result.verdict == kind for result in results)
        if count:
            parts.append(f"{count} {words}{'s' * (count != 1)}")
    if unexpected:
        named = ", ".join(f"{result.label} ({result.verdict})" for result in unexpected[:6])
        more = f" and {len(unexpected) - 6} more" if len(unexpected) > 6 else ""
        parts.append(f"{len(unexpected)} not as expected: {named}{more}")
    else:
        parts.append("every row is as expected")
    tried = [result.teeth for result in results if result.teeth is not None]
    if tried:
        killed, wrong = (sum(count) for count in zip(*map(killed_of_wrong, tried), strict=True))
        parts.append(f"{killed:,} of {wrong:,} wrong versions are refuted")
    if toothless:
        named = ", ".join(toothless[:6]) + (f" and {len(toothless) - 6} more" if len(toothless) > 6 else "")
        parts.append(f"{len(toothless)} check{'s' * (len(toothless) != 1)} below --min-score: {named}")
    if not complete:
        parts.append("the number of rows is not the declared one")
    sentence = "; ".join(parts) + "."
    return f"Interrupted after {len(results)} of {total} claims: {sentence}" if interrupted else sentence


def _select(outline: Outline, patterns: Sequence[str] | None) -> list[Result]:
    """The rows whose labels match; raises LookupError for a pattern that no label matches."""
    if not patterns:
        return list(outline.rows)
    labels = [row.label for row in outline.rows]
    chosen: set[str] = set()
    for pattern in patterns:
        matched = [pattern] if pattern in labels else fnmatch.filter(labels, pattern)
        if not matched:
            near = difflib.get_close_matches(pattern, labels, n=3, cutoff=0.3)
            hint = f"; near it: {', '.join(near)}" if near else ""
            raise LookupError(f"--select {pattern}: no such label in {outline.title}{hint}")
        chosen.update(matched)
    return [row for row in outline.rows if row.label in chosen]


def _fresh(name: str, taken: set[str]) -> str:
    """A file name that no document of this run has yet."""
    k, fresh = 2, name
    while fresh in taken:
        fresh, k = f"{name}-{k}", k + 1
    taken.add(fresh)
    return fresh


def _usage(message: str) -> int:
    print(f"manual-bp: {message}", file=sys.stderr)
    return USAGE
