"""Counterexample files of earlier runs: where they lie, and the inputs that they hold."""

import ast
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from verify.claim import Claim
from verify.counterexamples.literals import NotLiteral, value_of


@dataclass(frozen=True)
class Replayed:
    """The inputs of a counterexample file."""

    path: Path
    inputs: dict[str, Any]


def slug(label: str) -> str:
    """A label as a file name that every system takes; different labels get different names, but for their case."""
    kept = "".join(c if c.isascii() and (c.isalnum() or c in "._-@+") else f"~{ord(c):x}~" for c in label)
    kept = kept.rstrip(".") + "~2e~" * (len(kept) - len(kept.rstrip(".")))
    return kept if len(kept) <= 100 else f"{kept[:80]}~{_checksum(label)}"


def owner(claim: Claim) -> str:
    """What a counterexample file calls the claim's document."""
    return Path(claim.file).name


def places(folder: Path, claim: Claim) -> tuple[Path, Path]:
    """The file of a claim's counterexample, and the one to take where another document's has that name."""
    return folder / f"{slug(claim.label)}.py", folder / f"{slug(Path(claim.file).stem)}-{slug(claim.label)}.py"


def load(folder: Path | None, claim: Claim) -> Replayed | str | None:
    """A claim's last counterexample; None if there is none, a text if its file can't be read."""
    if folder is None:
        return None
    for path in places(folder, claim):
        if not path.is_file():
            continue
        try:
            held = read(path)
        except (OSError, SyntaxError, ValueError) as error:
            return f"{path.name} can't be read ({error})"
        if held.get("DOCUMENT") == owner(claim) and held.get("CLAIM") == claim.label:
            inputs = held.get("INPUTS")
            return Replayed(path, inputs) if isinstance(inputs, dict) else f"{path.name} has no INPUTS"
    return None


def read(path: Path) -> dict[str, Any]:
    """The upper-case constants of a counterexample file, read without running it."""
    held: dict[str, Any] = {}
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            if name in ("DOCUMENT", "CLAIM", "INPUTS"):
                try:
                    held[name] = value_of(node.value)
                except (NotLiteral, TypeError) as error:
                    raise ValueError(f"{name} is no plain data: {error}") from None
    return held


def _checksum(text: str) -> str:
    from hashlib import sha256

    return sha256(text.encode()).hexdigest()[:12]
