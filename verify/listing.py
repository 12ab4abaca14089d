"""`manual-bp list`: a document's rows, one a line. Nothing is computed."""

import argparse
import io
import re
import sys
from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from verify import apart
from verify.chatter import answer, complain, to_stderr
from verify.display import STYLES
from verify.exit_codes import OK, USAGE
from verify.outline import DocumentError
from verify.results import SYMBOLS, Result
from verify.settings import NOTES

NUMBER = re.compile(r"\d+(\.\d+)*")


def list_rows(options: argparse.Namespace) -> int:
    """Print the rows that the command line asks for; returns the exit code."""
    try:
        with to_stderr():
            outline = apart.load(options.target or NOTES).outline()
        rows = _of_section(outline.rows, options.section, outline.title)
    except (DocumentError, LookupError) as error:
        complain(str(error))
        return USAGE
    rows = [row for row in rows if options.verdict in (None, row.expected)]
    count = len(outline.rows)
    lines = [Text(one_line(outline.title), style="bold"), *_lines(rows)]
    lines += [Text(""), Text(f"{len(rows)} of {count} row{'s' * (count != 1)}")]
    answer(rendered(lines, abridged=True))
    return OK


def rendered(lines: Sequence[Text], abridged: bool = False) -> str:
    """Lines as they are printed: in colour, cut at a terminal's width if they may be; plain and whole elsewhere."""
    terminal = Console(file=sys.stdout, highlight=False)
    if not terminal.is_terminal:
        return "".join(f"{line.plain.rstrip()}\n" for line in lines)
    out = Console(
        file=io.StringIO(), force_terminal=True, width=terminal.width, highlight=False, soft_wrap=not abridged,
        color_system=terminal.color_system, no_color=terminal.no_color,  # type: ignore[arg-type]
    )
    for line in lines:
        if abridged:
            line.truncate(terminal.width, overflow="ellipsis")
        out.print(line)
    return out.file.getvalue()  # type: ignore[attr-defined]


def one_line(text: str) -> str:
    """Text without line breaks and other characters that move a terminal's cursor."""
    return "".join(c if c.isprintable() else "�" for c in " ".join(text.split()))


def _of_section(rows: Sequence[Result], wanted: str | None, title: str) -> list[Result]:
    """The rows of a section, given by its number or some of its text; raises LookupError if there is none."""
    if wanted is None:
        return list(rows)
    found = [row for row in rows if _is_section(row.section, wanted.strip())]
    if found:
        return found
    sections = ", ".join(dict.fromkeys(one_line(row.section) for row in rows if row.section))
    has = f"they are: {sections}" if sections else "its rows are in no sections"
    raise LookupError(f"no section of {title} matches {wanted!r}; {has}")


def _is_section(section: str, wanted: str) -> bool:
    """Whether a section is meant: by a number its own or one above it, by a text what contains it in any case."""
    if not wanted or not section:
        return False
    if NUMBER.fullmatch(wanted):
        number = NUMBER.search(section.split(maxsplit=1)[0]) or NUMBER.match(re.sub(r"^\D+", "", section))
        return number is not None and f"{number[0]}.".startswith(f"{wanted}.")
    return wanted.casefold() in section.casefold()


def _lines(rows: Sequence[Result]) -> Iterator[Text]:
    """The rows, each section's under its heading, with aligned columns."""
    shown = [(one_line(row.label), row) for row in rows]
    width = max((cell_len(label) for label, _ in shown), default=0)
    verdict = max((len(row.expected) for row in rows), default=0)
    kind = max((len(row.kind) for row in rows), default=0)
    section: str | None = None
    for label, row in shown:
        if row.section != section:
            section = row.section
            yield from (Text(""), Text(one_line(section), style="bold")) if section else (Text(""),)
        line = Text("  ")
        line.append(f"{SYMBOLS[row.expected]} {row.expected:<{verdict}}", style=STYLES[row.expected])
        line.append(f"  {label}{' ' * (width - cell_len(label))}", style="bold")
        line.append(f"  {row.kind:<{kind}}", style="dim")
        line.append(f"  {one_line(row.equation)}")
        yield line
