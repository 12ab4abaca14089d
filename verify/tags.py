"""Tags: a line of code that transcribes an equation ends in a comment with the equation's label, `# (4.5)`."""

import ast
import importlib.util
import io
import re
import tokenize
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from verify.outline import DocumentError
from verify.results import relative_path

_LABELS = re.compile(r"#\s*((?:\([^()\s]+\)[ \t]*)+)")
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclass(frozen=True)
class Transcription:
    """A tagged line: where it stands, its text, and the function or class that it stands in, with that one's source."""

    file: str
    line: int
    function: str
    text: str
    code: str


def transcriptions(files: Iterable[Path]) -> dict[str, list[dict[str, Any]]]:
    """By label, the lines that are tagged with it, as plain data, in order of files and lines."""
    found: dict[str, list[dict[str, Any]]] = {}
    for file in files:
        for label, transcription in tagged(file):
            found.setdefault(label, []).append(asdict(transcription))
    return found


def tagged(file: Path) -> Iterator[tuple[str, Transcription]]:
    """The tags of a file: what stands in parentheses, without spaces, where a comment begins."""
    source = file.read_text(encoding="utf-8")
    lines = source.splitlines()
    definitions = [node for node in ast.walk(ast.parse(source)) if isinstance(node, _DEFINITIONS)]
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        labels = _LABELS.match(token.string) if token.type == tokenize.COMMENT else None
        if labels is None:
            continue
        line = token.start[0]
        around = [node for node in definitions if node.lineno <= line <= (node.end_lineno or 0)]
        inner = max(around, key=lambda node: node.lineno, default=None)
        code = "" if inner is None else "\n".join(lines[inner.lineno - 1 : inner.end_lineno])
        name = "" if inner is None else inner.name
        shown = Transcription(relative_path(str(file)), line, name, lines[line - 1].strip(), code)
        for label in re.findall(r"\(([^()\s]+)\)", labels[1]):
            yield label, shown


def code_files(names: Sequence[str], document: str) -> list[Path]:
    """The files of the packages and modules that a document lists as `CODE`; raises DocumentError for a stranger."""
    files: list[Path] = []
    for name in names:
        try:
            spec = importlib.util.find_spec(name)
        except (ImportError, ValueError):
            spec = None
        if spec is None:
            raise DocumentError(f"{document} lists {name!r} in CODE, which is no module or package")
        if spec.submodule_search_locations is not None:
            files += [file for place in spec.submodule_search_locations for file in sorted(Path(place).rglob("*.py"))]
        elif spec.origin:
            files.append(Path(spec.origin))
    return files
