"""Results as a short Markdown summary, of limited size: what GitHub shows of a step, and for anywhere else."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reports.rows import SYMBOLS, Claim, as_expected, place

LIMIT = 1024 * 1024  # bytes; GitHub drops a step's summary above that
CELL = 300           # characters of a table's cell
LINE = 4_000         # characters of a conclusion
_MARKDOWN = {ord(c): f"&#{ord(c)};" for c in "\\`*_{}[]<>&|~$#@"}


def summary(results: Sequence[Mapping[str, Any]], limit: int = LIMIT) -> str:
    """The results of some documents, each: the conclusion, the unexpected claims, then all, collapsed.

    It has at most `limit` bytes. Rows that find no room are left out, with a line that says how many. The conclusions
    and these lines are always there.
    """
    least = [_size(_document(one, 0)) for one in results]
    parts = []
    for k, one in enumerate(results):
        part = _document(one, limit - sum(least[k + 1 :]))
        limit -= _size(part)
        parts.append(part)
    return "".join(parts)


def _document(results: Mapping[str, Any], limit: int) -> str:
    claims: Sequence[Claim] = results["claims"]
    unexpected = [claim for claim in claims if not as_expected(claim)]
    mark = "✓" if results["passes"] else "✗"
    head = f"### {_cell(results['document'])}\n\n**{mark} {_cell(results['conclusion'], LINE)}**\n\n"
    opening = f"<details><summary>All claims: {len(claims)}</summary>\n\n"
    closing = "\n</details>\n\n"
    room = limit - sum(map(_size, (head, opening, closing, "\n"))) - 2 * _size(_left_out(len(claims)))
    parts = [head]
    if unexpected:
        text = "".join(_table(unexpected, room))
        room -= _size(text)
        parts += [text, "\n"]
    if claims:
        parts += [opening, *_table(claims, room), closing]
    return "".join(parts)


def _table(claims: Sequence[Claim], room: int) -> Iterator[str]:
    """A table's lines, as many as there is room for."""
    header = "| claim | verdict | expected | found | where |\n|---|---|---|---|---|\n"
    room -= _size(header)
    for k, claim in enumerate(claims):
        row = _row(claim)
        room -= _size(row)
        if room < 0:
            yield _left_out(len(claims) - k)
            return
        yield header + row if k == 0 else row


def _row(claim: Claim) -> str:
    found = claim["message"]
    if as_expected(claim) and claim["because"]:
        found = f"as expected: {claim['because']}"
    cells = (
        f"<code>{_cell(claim['label'])}</code>", f"{SYMBOLS[claim['verdict']]} {_cell(claim['verdict'])}",
        _cell(claim["expected"]), _cell(found), f"<code>{_cell(place(claim))}</code>",
    )
    return f"| {' | '.join(cells)} |\n"


def _left_out(rows: int) -> str:
    return f"\n{rows} row{'s' * (rows != 1)} left out: the size of a summary is limited.\n"


def _cell(text: str, characters: int = CELL) -> str:
    """Text for a table's cell, on one line: no character of it is taken for Markdown, HTML or a formula."""
    line = "".join(c if c.isprintable() else "�" for c in " ".join(text.split()))
    return (line if len(line) <= characters else f"{line[: characters - 1]}…").translate(_MARKDOWN)


def _size(text: str) -> int:
    return len(text.encode("utf-8", "backslashreplace"))
