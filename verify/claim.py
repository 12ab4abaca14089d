"""Claims: what is said of a hand-derived function, and the registry of those that a document made."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

Function = Callable[..., Any]

COMPARED = ("vjp", "gradient", "derivative", "jvp", "identity")
ROWS_ALONE = ("definition", "missing")
CALLED = ("statistic", "measurement", "runs")  # `of` is no function of all parameters
KINDS = (*COMPARED, *CALLED, *ROWS_ALONE)


class SetupError(Exception):
    """A claim that can't be checked as it stands; the message says where and what to do."""


@dataclass(frozen=True, eq=False)
class Claim:
    """One statement about one hand-derived function. Made by the constructors, `verify.vjp` and the others.

    of : what it is compared with; for `statistic` and `measurement` what is stated, a function of parameters
    within : for `measurement`, how far from the stated number
    examples : how many at most, or None for the run's number
    timeout : seconds, or None for the run's
    equivalent : wrong versions that a person judged to be right, with the reason
    """

    kind: str
    hand: Function
    of: Function
    label: str
    module: str
    file: str
    line: int
    shapes: Mapping[str, str] = field(default_factory=dict)
    domains: Mapping[str, Any] = field(default_factory=dict)
    inputs: Any = None
    wrt: tuple[str, ...] | None = None
    order: int = 1
    draws: int = 0
    within: float = 0.0
    section: str = ""
    equation: str = ""
    uses: tuple[str, ...] = ()
    examples: int | None = None
    timeout: float | None = None
    kink: str = "between"
    equivalent: Mapping[str, str] = field(default_factory=dict)
    expect: str = "verified"
    because: str = ""
    counterexample: Mapping[str, Any] | None = None
    corrected_by: str = ""

    @property
    def name(self) -> str:
        """The hand function's name."""
        return name_of(self.hand)

    def count(self, examples: int) -> int:
        """How many examples to try, where a run asks for so many."""
        return examples if self.examples is None else min(examples, self.examples)

    @property
    def computed(self) -> bool:
        """Whether there is anything to compute: not for a definition or a missing part."""
        return self.kind not in ROWS_ALONE


def name_of(function: Function) -> str:
    """What a function is called in messages."""
    return getattr(function, "__name__", type(function).__name__)


_IDENTITIES: dict[int, Any] = {}


def identity(function: Function) -> int:
    """A key for a function that need not be hashable; it is kept, so that its id stays its own."""
    _IDENTITIES[id(function)] = function
    return id(function)


_REGISTRY: list[Claim] = []


def record(claim: Claim) -> None:
    """Add a claim to its document."""
    _REGISTRY.append(claim)


def registered(file: str) -> list[Claim]:
    """The claims that a file made, in order."""
    return [claim for claim in _REGISTRY if claim.file == file]


def latest(function: Function) -> Claim | None:
    """The latest claim about a function."""
    return next((claim for claim in reversed(_REGISTRY) if claim.hand is function), None)


def count() -> int:
    """How many claims there are so far."""
    return len(_REGISTRY)


def since(number: int) -> list[Claim]:
    """The claims made after that many."""
    return _REGISTRY[number:]


def forget(file: str) -> None:
    """Drop a file's claims, before the file is loaded again."""
    _REGISTRY[:] = [claim for claim in _REGISTRY if claim.file != file]


def restore(file: str, claims: list[Claim]) -> None:
    """Put a file's claims back in place of those that it has."""
    forget(file)
    _REGISTRY.extend(claims)


def made_in(frame: FrameType) -> dict[str, Any]:
    """The module and the file whose code makes a claim."""
    return {"module": frame.f_globals.get("__name__", ""), "file": frame.f_code.co_filename}


def caller(depth: int) -> FrameType:
    """The frame that many calls above the caller of this function."""
    return sys._getframe(depth + 1)
