"""Results files read again. They may be anybody's, of an older state, or no results at all."""

import json
from pathlib import Path
from typing import Any

from verify.results import FORMAT

CLAIM = ("label", "section", "kind", "equation", "code", "expected", "verdict", "because", "message", "numbers")


class Unreadable(Exception):
    """A results file that can't be read; the message says which and why."""


def load(path: Path) -> dict[str, Any]:
    """The content of a check's results file; raises Unreadable if there is none, or no content of this format."""
    content = _read(path)
    if is_training(content):
        raise Unreadable(f"{path} holds a training, not the results of a check; manual-bp report makes its page")
    if not _complete(content):
        raise Unreadable(f"{path} is damaged, or of an older version: parts of it are missing")
    return content


def whole(path: Path) -> dict[str, Any]:
    """The same, but valid by the schema in all its parts."""
    return _valid(path, load(path))


def check_or_training(path: Path) -> dict[str, Any]:
    """A results file's content, of a check or of a training, valid by its schema."""
    content = _read(path)
    return _valid(path, content) if is_training(content) else whole(path)


def is_training(content: dict[str, Any]) -> bool:
    """Whether it holds a training, not the results of a check."""
    return content.get("kind") == "training"


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"), parse_constant=_refused)
    except OSError as error:
        why = "there is no such file" if isinstance(error, FileNotFoundError) else error.strerror
        raise Unreadable(f"can't read the results file {path}: {why}") from None
    except (ValueError, RecursionError):
        raise Unreadable(f"{path} is no results file: it is not JSON") from None
    if not isinstance(content, dict) or "format" not in content:
        raise Unreadable(f"{path} is no results file of manual-bp")
    if content["format"] != FORMAT:
        raise Unreadable(f"{path} has format {content['format']!r}; this version reads {FORMAT}")
    return content


def _valid(path: Path, content: dict[str, Any]) -> dict[str, Any]:
    from reports.schema import problem

    found = problem(content)
    if found:
        raise Unreadable(f"{path} is damaged, or of another version: {found}")
    return content


def _refused(constant: str) -> None:
    """NaN and Infinity are no JSON."""
    raise ValueError(constant)


def _complete(content: dict[str, Any]) -> bool:
    """Whether the parts are there that are read here."""
    claims, provenance = content.get("claims"), content.get("provenance")
    return (
        isinstance(claims, list) and isinstance(provenance, dict)
        and all(isinstance(claim, dict) and all(key in claim for key in CLAIM) for claim in claims)
        and all(_is_shown(claim.get(key)) for claim in claims for key in ("counterexample", "pinned"))
        and all(key in provenance for key in ("versions", "seed", "examples", "document_sha256"))
    )


def _is_shown(counterexample: Any) -> bool:
    return counterexample is None or all(key in counterexample for key in ("inputs", "message", "outputs"))
