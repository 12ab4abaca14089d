"""What a run shows: a table of verdicts as they come, with a progress bar on a terminal and plain lines otherwise."""

import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from verify.results import SYMBOLS, Result, describe

LONGEST = 2000  # characters of a message
STYLES = {
    "verified": "green", "certified": "bold green", "refuted": "red", "vacuous": "yellow", "inconclusive": "yellow",
    "error": "bold red", "definition": "dim", "missing": "dim",
}


class Display:
    """The terminal during one document's check."""

    def __init__(self, title: str, labels: Sequence[str], seed: int, quiet: bool) -> None:
        self.quiet = quiet
        self.console = Console(file=sys.stdout, highlight=False, soft_wrap=True)
        self.width = max((len(label) for label in labels), default=8)
        self.section: str | None = None
        self.waiting = list(labels)
        self.held: dict[str, Result] = {}
        self.progress = Progress(
            TextColumn("[bold]{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
            console=self.console, transient=True, disable=quiet or not self.console.is_terminal,
        )
        self.task = self.progress.add_task("", total=len(labels))
        if not quiet:
            count = len(labels)
            self.console.print(f"[bold]{escape(title)}[/] · {count} claim{'s' * (count != 1)} · seed {seed}")

    def __enter__(self) -> Self:
        self.progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for label in [label for label in self.waiting if label in self.held]:  # where the run was stopped
            self._show(self.held.pop(label))
        self.progress.stop()

    def start(self, label: str) -> None:
        """A claim is being checked."""
        self.progress.update(self.task, description=escape(label))

    def finish(self, result: Result) -> None:
        """A claim has its verdict. It is shown in the document's order, after those that stand before it."""
        self.progress.advance(self.task)
        self.held[result.label] = result
        while self.waiting and self.waiting[0] in self.held:
            self._show(self.held.pop(self.waiting.pop(0)))

    def _show(self, result: Result) -> None:
        if self.quiet and result.as_expected and not (result.teeth and result.teeth["survivors"]):
            return
        if result.section != self.section and not self.quiet:
            self.section = result.section
            self.progress.console.print(f"\n[bold]{escape(result.section)}[/]" if result.section else "")
        self.progress.console.print(self._line(result))
        if not result.as_expected:
            self.progress.console.print(Text(details(result)))
        for line in survivors(result):
            self.progress.console.print(Text(line))

    def conclude(self, conclusion: str, html: Path, json: Path) -> None:
        """The conclusion, and where the report is."""
        self.console.print(f"\n[bold]{escape(conclusion)}[/]", soft_wrap=True)
        if not self.quiet:
            self.console.print(f"Report: {html}  Results: {json}", soft_wrap=True, markup=False)

    def _line(self, result: Result) -> Text:
        line = Text("  ")
        line.append(f"{SYMBOLS[result.verdict]} {result.verdict:<12}", style=STYLES[result.verdict])
        line.append(f" {result.label:<{self.width}}  ", style="bold")
        if not result.as_expected:
            line.append(f"expected {result.expected}; ", style="bold red")
            line.append(abridged(result.message))
        elif result.verdict == "refuted":
            line.append(f"as expected: {result.because}", style="dim")
        else:
            worst = f", worst error {result.worst:.2g} of the {result.bound} bound" if result.worst is not None else ""
            proved = ", ".join(result.proved_dimensions)
            dims = f"; dims proved for all {proved}" if proved else ""
            certainty = f"; certified, {result.chance}" if result.chance else ""
            if result.certificate is not None and result.certificate["why"]:
                certainty = f"; not certified: {result.certificate['why']}"
            bites = f"; {result.bites}" if result.bites else ""
            line.append(f"{result.message or result.equation}{worst}{certainty}{dims}{bites}", style="dim")
        return line


def abridged(text: str) -> str:
    """A message with its middle left out if it is very long; the results file has it whole."""
    if len(text) <= LONGEST:
        return text
    return f"{text[: LONGEST // 2]} ... ({len(text) - LONGEST} characters) ... {text[-LONGEST // 2 :]}"


def details(result: Result) -> str:
    """Where the claim stands, and the counterexample if there is one."""
    lines = [f"      {result.source['file']}:{result.source['line']} {result.name}"]
    lines += [f"      where: {place}" for place in result.where().split(" | ") if place]
    if result.counterexample is not None:
        lines.append(describe(result.counterexample, "      ", result.other_side))
    lines += [f"      exact: {result.arbiter}"] if result.arbiter else []
    lines += [f"      note: {note}" for note in result.notes]
    if result.reproduce:
        lines.append(f"      reproduce: python {result.reproduce}")
    return "\n".join(lines)


def survivors(result: Result) -> list[str]:
    """The wrong versions that the check would not have caught, as a diff, and what its inputs lack."""
    if result.teeth is None or not result.teeth["survivors"]:
        return []
    lines = []
    for one in result.teeth["survivors"]:
        lines += [
            f"      survivor: {one['file']}:{one['line']} {one['function']}: {one['what']}",
            f"        - {one['before']}", f"        + {one['after']}",
        ]
    return lines + [f"      missing: {gap}" for gap in result.teeth["gaps"]]
