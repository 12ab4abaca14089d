"""Results shown by GitHub Actions: an annotation per unexpected claim, a summary per document."""

import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from verify.results import SYMBOLS, Result

LIMIT = 900_000   # bytes; GitHub drops a step's summary above 1024 KiB
CELL = 300        # characters of a table's cell
MESSAGE = 4_000   # characters of an annotation
_MARKDOWN = {ord(c): f"&#{ord(c)};" for c in "\\`*_{}[]<>&|~$#@"}


def report(conclusion: str, document: str, results: Sequence[Result]) -> None:
    """Print the annotations and append the summary, if this is a run of GitHub Actions.

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
            file.write(summarise(conclusion, document, results, LIMIT - taken))
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


def summarise(conclusion: str, document: str, results: Sequence[Result], limit: int = LIMIT) -> str:
    """The results as Markdown of at most `limit` bytes: the conclusion, the unexpected claims, then all, collapsed.

    Rows that find no room are left out, with a line that says how many. The headline and these lines are always there.
    """
    unexpected = [result for result in results if not result.as_expected]
    head = f"### {_cell(document)}\n\n**{_cell(conclusion, MESSAGE)}**\n\n"
    opening = f"<details><summary>All claims: {len(results)}</summary>\n\n"
    closing = "\n</details>\n\n"
    room = limit - sum(map(_size, (head, opening, closing, "\n"))) - 2 * _size(_left_out(len(results)))
    parts = [head]
    if unexpected:
        text = "".join(_table(unexpected, room))
        room -= _size(text)
        parts += [text, "\n"]
    if results:
        parts += [opening, *_table(results, room), closing]
    return "".join(parts)


def _table(results: Sequence[Result], room: int) -> Iterator[str]:
    """A table's lines, as many as there is room for."""
    header = "| claim | verdict | expected | found | where |\n|---|---|---|---|---|\n"
    room -= _size(header)
    for k, result in enumerate(results):
        row = _row(result)
        room -= _size(row)
        if room < 0:
            yield _left_out(len(results) - k)
            return
        yield header + row if k == 0 else row


def _row(result: Result) -> str:
    found = result.message
    if result.as_expected and result.because:
        found = f"as expected: {result.because}"
    cells = (
        f"<code>{_cell(result.label)}</code>", f"{SYMBOLS[result.verdict]} {_cell(result.verdict)}",
        _cell(result.expected), _cell(found), f"<code>{_cell(_place(result))}</code>",
    )
    return f"| {' | '.join(cells)} |\n"


def _left_out(rows: int) -> str:
    return f"\n{rows} row{'s' * (rows != 1)} left out: a summary on GitHub is limited.\n"


def _place(result: Result) -> str:
    return f"{result.source['file']}:{result.source['line']}"


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


def _cell(text: str, characters: int = CELL) -> str:
    """Text for a table's cell, on one line: no character of it is taken for Markdown, HTML or a formula."""
    return _abridged(" ".join(text.split()), characters).translate(_MARKDOWN)


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _size(text: str) -> int:
    return len(text.encode("utf-8", "backslashreplace"))


def _encodable(text: str) -> str:
    """The text without what the terminal's encoding lacks, such as ✗ on some of Windows."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)
