"""`manual-bp report`: results files to one HTML report, without checking anything again."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from verify import outputs, saved
from verify.chatter import answer, complain
from verify.exit_codes import NOTHING, OK, UNEXPECTED, USAGE
from verify.listing import one_line


def report(options: argparse.Namespace) -> int:
    """Write the report that the command line asks for; returns the exit code, which is the results' own."""
    sources = [Path(name) for name in options.results]
    target = Path(options.output) if options.output else _beside(sources)
    problem = _conflict(sources, target, options) or outputs.unwritable(target, "-o")
    for name, path in outputs.together(options).items():
        problem = problem or outputs.unwritable(path, f"--{name}")
    if problem:
        return _usage(problem)
    try:
        results = [saved.check_or_training(path) for path in sources]
    except saved.Unreadable as error:
        return _usage(str(error))
    problem = _training_among(sources, results, options)
    if problem:
        return _usage(problem)
    page = _page(results)
    problem = outputs.write({target: page, **outputs.texts_together(options, results)})
    if problem:
        return _usage(problem)
    lines = [one_line(f"{one['document']}: {one['conclusion']}") for one in results]
    answer("\n".join([*lines, f"Report: {target}\n"]))
    return gate(results)


def _page(results: Sequence[dict[str, Any]]) -> str:
    """The report of one file or of several."""
    from reports.html import render, render_many
    from reports.training import render_training

    if saved.is_training(results[0]):
        return render_training(results[0])
    return render(results[0]) if len(results) == 1 else render_many(results)


def gate(results: Sequence[dict[str, Any]]) -> int:
    """The exit code for documents that were checked before: that of the first one that doesn't pass."""
    from reports.rows import computed

    for one in results:
        if not one["passes"]:
            return UNEXPECTED if saved.is_training(one) or computed(one) else NOTHING
    return OK


def _training_among(sources: Sequence[Path], results: Sequence[dict[str, Any]], options: argparse.Namespace) -> str:
    """Why a training can't be part of what is asked for, or an empty string."""
    training = next((path for path, one in zip(sources, results, strict=True) if saved.is_training(one)), None)
    if training is None:
        return ""
    if len(sources) > 1:
        return f"{training} holds a training, which has a page of its own; give it alone"
    asked = " and ".join(f"--{name}" for name in outputs.together(options))
    return f"{training} holds a training; {asked} is for the results of a check" if asked else ""


def _beside(sources: Sequence[Path]) -> Path:
    """Where the report goes if nothing is said: beside the results, for several files not over the report of one."""
    return sources[0].with_suffix(".html") if len(sources) == 1 else sources[0].with_name("report.html")


def _conflict(sources: Sequence[Path], target: Path, options: argparse.Namespace) -> str:
    """Why the files that are named can't be written, or an empty string."""
    written = [("-o", str(target)), *((f"--{name}", getattr(options, name)) for name in outputs.TOGETHER)]
    for option, place in written:
        if place and Path(place).resolve() in {source.resolve() for source in sources}:
            return f"{place} is a results file, which {option} would write over; name another file"
    return outputs.clash(written)


def _usage(message: str) -> int:
    complain(message)
    return USAGE
