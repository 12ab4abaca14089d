"""`manual-bp compare`: what changed between two runs, for people or as JSON."""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.text import Text

from verify import saved
from verify.chatter import answer, complain
from verify.exit_codes import OK, UNEXPECTED, USAGE
from verify.listing import one_line, rendered

if TYPE_CHECKING:
    from reports.comparing import Change, Comparison



def compare(options: argparse.Namespace) -> int:
    """Print what changed; returns 1 if that is a regression."""
    from reports import comparing

    try:
        before, after = (saved.whole(Path(name)) for name in (options.before, options.after))
    except saved.Unreadable as error:
        complain(str(error))
        return USAGE
    found = comparing.compare(before, after)
    if options.json:
        answer(json.dumps(found.to_json(), indent=1, allow_nan=False) + "\n")
    else:
        answer(rendered(list(_lines(found))))
    return UNEXPECTED if found.regressions else OK


def _lines(found: "Comparison") -> Iterator[Text]:
    others = found.changes[len(found.regressions) :]
    width = max((cell_len(one_line(change.label)) for change in found.changes), default=0)
    for title, changes, style in (("Regressions", found.regressions, "bold red"), ("Changes", others, "bold")):
        if changes:
            yield Text(title, style=style)
            for change in changes:
                label = one_line(change.label)
                yield Text.assemble("  ", (label + " " * (width - cell_len(label)), "bold"), f"  {_told(change)}")
            yield Text("")
    if found.circumstances:
        yield Text("The runs themselves", style="bold")
        wide = max(len(name) for name, _, _ in found.circumstances)
        for name, before, after in found.circumstances:
            yield Text(f"  {one_line(name):<{wide}}  {one_line(before)} → {one_line(after)}", style="dim")
        yield Text("")
    r, c = len(found.regressions), len(others)
    yield Text(
        f"{r or 'No'} regression{'s' * (r != 1)}, {c} other change{'s' * (c != 1)}; "
        f"{found.unchanged} row{'s' * (found.unchanged != 1)} as before.", style="bold red" if r else "bold green",
    )


def _told(change: "Change") -> str:
    """A change in words."""
    before, after = change.before, change.after
    subject = {"expected": "expected ", "passes": "the document: "}.get(change.what, "")
    said = f"{subject}{before} → {after}"
    if change.what == "error":
        said = f"worst error of {change.name}: {float(before):.2g} → {float(after):.2g} of the bound"
    elif change.what == "output":
        said = f"output {change.name}: " + ("compared now" if before is None else "not compared any more")
    elif change.what == "number":
        at = f" at {change.name}" if change.name else ""
        said = f"measured{at}: {'nothing' if before is None else before} → {'nothing' if after is None else after}"
    elif change.what == "teeth":
        said = f"wrong versions refuted: {before} → {after}"
    elif change.what == "added":
        said = f"added: {after}"
    elif change.what == "removed":
        said = f"removed: it was {before}"
    elif before == after:
        said = f"{after} as before, but not as expected any more"
    return one_line(f"{said}: {change.message}" if change.message else said)
