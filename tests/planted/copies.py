"""Copies of the packages with one mistake in them, and the ledger's outcome on a copy: by the command line, or by
one interpreter that checks many copies in turn."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.planted.mistakes import Mistake

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("manual_bp", "verify", "reports")
EXAMPLES = 24
ENVIRONMENT = {
    **{name: value for name, value in os.environ.items() if not name.startswith("PYTHON")},
    "JAX_PLATFORMS": "cpu",
    "PYTHONDONTWRITEBYTECODE": "1",
}


@dataclass(frozen=True)
class Outcome:
    """The exit code, the verdict by label of each row that is not as expected, and what was printed."""

    code: int
    unexpected: dict[str, str]
    rows: int
    printed: str
    imported: tuple[str, ...] = ()


def copy(folder: Path, packages: Iterable[str] = PACKAGES) -> Path:
    """Copy the packages into a folder; returns it."""
    for package in packages:
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__", "out"))
    return folder


def substitute(file: Path, old: str, new: str) -> None:
    """Replace a text that occurs exactly once, so that a refactoring can't silently turn a mistake into nothing."""
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{file.name} has {old!r} {text.count(old)} times; expected once: rewrite the mistake"
    assert old != new
    file.write_text(text.replace(old, new), encoding="utf-8")


def planted(folder: Path, mistake: Mistake, packages: Iterable[str] = PACKAGES) -> Path:
    """A copy with the mistake in it; returns the folder."""
    substitute(copy(folder, packages) / "manual_bp" / mistake.file, mistake.old, mistake.new)
    return folder


def arguments(folder: Path, labels: Iterable[str]) -> list[str]:
    """The command line's, for some rows (none: all of them); floating point alone must refute the mistakes."""
    selected = [word for label in dict.fromkeys(labels) for word in ("--select", label)]
    files = ["--json", str(folder / "results.json"), "--html", str(folder / "report.html")]
    return ["verify", "--examples", str(EXAMPLES), "--no-exact", "--quiet", *files, *selected]


def by_command_line(folder: Path, labels: Iterable[str] = ()) -> Outcome:
    """`python -m verify verify` in the folder, so that its packages are imported instead of the installed ones."""
    command = [sys.executable, "-m", "verify", *arguments(folder, labels)]
    done = subprocess.run(command, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, timeout=300, check=False)
    return _outcome(folder, done.returncode, done.stdout + done.stderr)


class Interpreter:
    """A fresh interpreter that runs the command line's `main` on many copies of `manual_bp`, importing JAX once."""

    def __init__(self, folder: Path) -> None:
        """`folder` gets the copies of `verify` and `reports` that all the checks share."""
        self.folder = copy(folder, ("verify", "reports"))
        self.process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("worker.py")), str(folder)], cwd=folder, env=ENVIRONMENT,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )

    def check(self, folder: Path, labels: Iterable[str]) -> Outcome:
        """The outcome for the copy of `manual_bp` in a folder."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps([str(folder), [*arguments(folder, labels), "--jobs", "0"]]) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, f"the interpreter ended with exit code {self.process.wait()}"
        answer: dict[str, Any] = json.loads(line)
        return _outcome(folder, answer["code"], answer["printed"], answer["imported"])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.communicate()


def _outcome(folder: Path, code: int, printed: str, imported: Sequence[str] = ()) -> Outcome:
    results = folder / "results.json"
    rows = json.loads(results.read_text(encoding="utf-8"))["claims"] if results.exists() else []
    unexpected = {row["label"]: row["verdict"] for row in rows if row["verdict"] != row["expected"]}
    return Outcome(code, unexpected, len(rows), printed, tuple(imported))
