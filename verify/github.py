"""Results shown by GitHub Actions: an annotation per unexpected claim, a summary per document."""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from reports.markdown_summary import LIMIT, summary
from verify.results import Result

MESSAGE = 4_000   # characters of an annotation


def report(content: Mapping[str, Any], results: Sequence[Result]) -> None:
    """Print the annotations and append the summary, if this is a run of GitHub Actions.

    content : the results file's, of which the summary is made
    A summary that can't be written is a warning on stderr, never an exception.
    """
    if os.environ.get("GITHUB_ACTIONS") != "true":
        return
    for line in annotate(results):
        print(_encodable(line), flush=True)
    place = os.environ.get("GITHUB_STEP_SUMMARY")
    if not place:
        return
    try:
        path = Path(place)
        taken = path.stat().st_size if path.exists() else 0
        with path.open("a", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
            file.write(summary([content], LIMIT - taken))
    except (OSError, ValueError) as error:  # ValueError: a null byte in the name
        print(_encodable(f"manual-bp: can't write the summary {place}: {error}"), file=sys.stderr)


def annotate(results: Sequence[Result]) -> list[str]:
    """A workflow command for each claim that is not as expected: the error appears at the claim's line."""
    lines = []
    for result in results:
        if not result.as_expected:
            place = f"file={_property(_in_workspace(result.source['file']))},line={result.source['line']}"
            title = _property(f"{result.label}: {result.verdict}, expected {result.expected}")
            lines.append(f"::error {place},title={title}::{_data(_abridged(_message(result), MESSAGE))}")
    return lines


def _message(result: Result) -> str:
    return f"{result}\n  expected {result.expected}, because {result.because}" if result.because else str(result)


def _in_workspace(file: str) -> str:
    """A result's file, which is relative to the working folder or a folder of `sys.path`, as GitHub knows it."""
    workspace = Path(os.environ.get("GITHUB_WORKSPACE") or Path.cwd()).resolve()
    for folder in (Path.cwd(), *map(Path, sys.path)):
        path = (folder / file).resolve()
        if path.is_file():
            return path.relative_to(workspace).as_posix() if path.is_relative_to(workspace) else file
    return file


def _abridged(text: str, characters: int) -> str:
    return text if len(text) <= characters else f"{text[: characters - 1]}…"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _encodable(text: str) -> str:
    """The text without what the terminal's encoding lacks, such as ✗ on some of Windows."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)
