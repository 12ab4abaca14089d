"""A pytest plugin: the claims of a document are test items, named by their labels.

A file is a document if it is named on the command line and makes claims, or if the ini setting `manual_bp_files`
matches it; no other file is opened. pytest imports this module in every run of the environment, so it imports pytest
and the standard library alone, and the checker only once there is a document.
"""

import argparse
import contextlib
import fnmatch
import os
import warnings
from collections.abc import Callable, Generator, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from verify.claim import Claim
    from verify.results import Result
    from verify.source_text import SourceText

NOTHING_TO_COMPUTE = ("definition", "missing")
_UNMATCHED = pytest.StashKey[dict[str, None]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options and the ini setting."""
    group = parser.getgroup("manual-bp", "checks of hand-derived gradients")
    group.addoption(
        "--manual-bp-examples", type=_at_least(1), metavar="N",
        help="inputs to try for each claim (default: as in manual-bp verify)",
    )
    group.addoption(
        "--manual-bp-seed", type=_at_least(0), metavar="N",
        help="determines the inputs (default: as in manual-bp verify)",
    )
    parser.addini(
        "manual_bp_files", type="args", default=[],
        help="documents whose claims are checked: glob patterns, relative to the root folder where they hold a /",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Keep the patterns that have not matched yet."""
    patterns: list[str] = config.getini("manual_bp_files")
    config.stash[_UNMATCHED] = dict.fromkeys(patterns)


def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> "Document | None":
    """A document in place of pytest's own module, where a Python file is one."""
    matched = _matches(module_path, parent.config)
    if not matched and not parent.session.isinitpath(module_path):
        return None
    document: Document = Document.from_parent(parent, path=module_path)
    document.matched = matched
    return document if document.text.is_document(*document.filters) else None


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(
    file_path: Path, parent: pytest.Collector
) -> Generator[None, list[pytest.Collector], list[pytest.Collector]]:
    """Documents that pytest would pass over, since `python_files` doesn't match them."""
    found = yield
    if _matches(file_path, parent.config) and not any(isinstance(node, Document) for node in found):
        document: Document = Document.from_parent(parent, path=file_path)
        document.matched = True
        # What is no document, such as an __init__.py or a counterexample file, is passed over.
        return [*found, document] if document.text.is_document(*document.filters) else found
    return found


def pytest_report_collectionfinish(config: pytest.Config) -> list[str]:
    """Name the patterns that matched no file, where nothing was named (xdist's controller looks at no file)."""
    if config.args_source == pytest.Config.ArgsSource.ARGS or config.getoption("numprocesses", None):
        return []
    unmatched = config.stash[_UNMATCHED]
    places = ", ".join(config.args)
    return [f"manual_bp_files: {pattern} matches no file in {places}: nothing is checked" for pattern in unmatched]


class NotAsExpected(Exception):
    """A claim's verdict is not the expected one; the message is its summary."""


class Document(pytest.Module):
    """A document: its claims, loaded as `manual-bp verify` does, then its tests, imported by pytest as usual."""

    matched = False
    _text: "SourceText | None" = None

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.calls: dict[str, tuple[str, ...]] = {}
        self.judged: dict[str, Result] = {}

    @property
    def filters(self) -> tuple[Callable[[str], bool], Callable[[str], bool]]:
        """Which names pytest takes for test functions, and which for test classes."""
        return self.funcnamefilter, self.classnamefilter

    @property
    def text(self) -> "SourceText":
        """The file's text, read once."""
        if self._text is None:
            from verify.source_text import SourceText

            try:
                self._text = SourceText(self.path.read_bytes())
            except OSError:
                self._text = SourceText(b"")
        return self._text

    def collect(self) -> list[pytest.Item | pytest.Collector]:
        """An item for each claim that can be computed; then the tests."""
        rows = self._load()
        claims = [claim for claim in rows if not {claim.kind, claim.expect} & {*NOTHING_TO_COMPUTE}]
        tests = [*super().collect()] if self.text.may_hold_tests(*self.filters) else []
        if not claims and (self.matched or not tests):
            why = f"{len(rows)} rows without anything to compute, and no other claims" if rows else "no claims"
            raise self.CollectError(f"{self._shown}: {why}: nothing is checked")
        return [*(_node(self, claim.label, claim) for claim in claims), *tests]

    @property
    def _shown(self) -> str:
        with contextlib.suppress(ValueError):  # another drive
            return os.path.relpath(self.path)
        return str(self.path)

    def _load(self) -> "Sequence[Claim]":
        """The document's rows, or the one error that says what is wrong with it."""
        from verify import apart
        from verify.calls import callees
        from verify.outline import DocumentError

        try:
            with _warnings_only_reported():
                document = apart.load(self._shown)
        except DocumentError as error:
            if isinstance(error.__context__, pytest.skip.Exception) and error.__context__.allow_module_level:
                raise error.__context__ from None  # such as pytest.importorskip
            raise self.CollectError(str(error)) from None
        if document.declared not in (None, len(document.claims)):
            raise self.CollectError(
                f"{self._shown} declares ROWS = {document.declared}; the number of its claims is {len(document.claims)}"
            )
        self.calls = callees(document.claims)
        return document.claims


class Prefix(pytest.Collector):
    """The part of a label before a `::`, which separates names in node ids."""

    def __init__(self, *, label: str, claim: "Claim", **arguments: Any) -> None:
        super().__init__(**arguments)
        self.label, self.claim = label, claim

    def collect(self) -> list[pytest.Item | pytest.Collector]:
        """The rest of the label."""
        return [_node(self, self.label, self.claim)]


class ClaimItem(pytest.Item):
    """One claim: passes if its verdict is the expected one."""

    def __init__(self, *, claim: "Claim", **arguments: Any) -> None:
        super().__init__(**arguments)
        self.claim = claim

    def runtest(self) -> None:
        """Check the claim; raises NotAsExpected."""
        from verify.calls import name_callees
        from verify.checking import check_claim
        from verify.settings import Settings

        given = {name: self.config.getoption(f"manual_bp_{name}") for name in ("examples", "seed")}
        settings = Settings(**{name: value for name, value in given.items() if value is not None})
        with _warnings_only_reported():
            result = check_claim(self.claim, settings)
        document = self.getparent(Document)
        if document is not None:
            document.judged[result.label] = result
            name_callees(result, document.calls.get(result.label, ()), document.judged)
        self.user_properties.append(("verdict", result.verdict))
        if result.worst is not None:  # something was compared
            self.user_properties += [("worst_error", result.worst), ("bound", result.bound)]
        if not result.as_expected:
            because = f", because {result.because}" if result.because else ""
            where = f"{self.location[0]}:{self.claim.line}"
            raise NotAsExpected(f"{where}: {result.verdict}, expected {result.expected}{because}\n{result}")

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The summary of the result; a traceback only for what is wrong with the checker."""
        return str(excinfo.value) if isinstance(excinfo.value, NotAsExpected) else super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where the claim stands."""
        return Path(self.claim.file), self.claim.line - 1, f"claim {_printable(self.claim.label)}"


def _node(parent: pytest.Collector, label: str, claim: "Claim") -> pytest.Item | pytest.Collector:
    """The item of a label below a collector, such that the label, as pytest reads it in a node id, finds it again."""
    head, separator, rest = label.partition("::")
    if separator and "[" not in head:
        prefix: Prefix = Prefix.from_parent(parent, name=_printable(head), label=rest, claim=claim)
        return prefix
    name = _printable(label)
    brackets = {"nodeid": f"{parent.nodeid}::{name}"} if "[" in name else {}  # pytest reads parameters in them
    item: ClaimItem = ClaimItem.from_parent(parent, name=name, claim=claim, **brackets)
    return item


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _matches(path: Path, config: pytest.Config) -> bool:
    """Whether a pattern matches: the file's name, or from the root folder where the pattern holds a separator."""
    patterns: Sequence[str] = config.getini("manual_bp_files")
    if not patterns:
        return False
    whole = path.relative_to(config.rootpath).as_posix() if path.is_relative_to(config.rootpath) else path.as_posix()
    found = False
    for pattern in patterns:
        clean = pattern.replace(os.sep, "/").removeprefix("./")
        subject = whole if "/" in clean else path.name
        if any(fnmatch.fnmatch(subject, each) for each in (clean, clean.replace("**/", ""))):
            config.stash[_UNMATCHED].pop(pattern, None)
            found = True
    return found


@contextlib.contextmanager
def _warnings_only_reported() -> Iterator[None]:
    """A warning is no exception in a document, as on the command line, also where it is one in the tests."""
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        yield


def _at_least(least: int) -> Any:
    def integer(text: str) -> int:
        if int(text) < least:
            raise argparse.ArgumentTypeError(f"{text} is less than {least}")
        return int(text)

    return integer
