"""The files that a command writes: where they can go is found before the work is done, and each is written whole."""

import argparse
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from verify.results import write_atomically
from verify.settings import OUT

TOGETHER = ("junit", "markdown")  # the options that name one file for all documents


def unwritable(path: Path, options: str = "--json and --html") -> str:
    """Why a file can't be written there, or an empty string."""
    if path.is_dir():
        return f"{path} is a folder; name a file"
    if path.exists() and not path.is_file():
        return f"{path} is a device or a pipe; name a file"
    folder = path.parent
    try:
        _prepare(folder)
        write_atomically(folder / f".{path.name}.probe", "")
        (folder / f".{path.name}.probe").unlink()
    except OSError as error:
        return f"can't write to {folder}: {error.strerror}; name another place by {options}"
    return ""


def clash(named: Iterable[tuple[str, str | None]]) -> str:
    """Which two options name one file, or an empty string."""
    seen: dict[Path, str] = {}
    for option, place in named:
        if place:
            path = Path(place).resolve()
            if path in seen:
                return f"{seen[path]} and {option} both name {place}"
            seen[path] = option
    return ""


def write(texts: Mapping[Path, str]) -> str:
    """Write the files; returns why one of them can't be written, or an empty string."""
    try:
        for path, text in texts.items():
            _prepare(path.parent)
            write_atomically(path, text)
    except OSError as error:
        return f"can't write the report: {error.strerror}: {error.filename}"
    return ""


def together(options: argparse.Namespace) -> dict[str, Path]:
    """The files for all documents that the command line asks for, by option."""
    return {name: Path(getattr(options, name)) for name in TOGETHER if getattr(options, name)}


def texts_together(options: argparse.Namespace, results: Sequence[Mapping[str, Any]]) -> dict[Path, str]:
    """What these files hold."""
    from reports.junit import junit
    from reports.markdown_summary import summary

    made: dict[str, Callable[[Sequence[Mapping[str, Any]]], str]] = {"junit": junit, "markdown": summary}
    return {path: made[name](results) for name, path in together(options).items()}


def _prepare(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if folder == OUT and not (folder / ".gitignore").exists():
        write_atomically(folder / ".gitignore", "*\n")
