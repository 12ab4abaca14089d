"""Which claims' functions a claim's function calls, so that those are judged first and named."""

import inspect
from collections.abc import Iterator, Mapping, Sequence
from types import CodeType, FunctionType, ModuleType
from typing import Any

from verify.claim import Claim
from verify.results import Result

_LIBRARIES = frozenset({"numpy", "jax", "jaxlib", "scipy", "hypothesis", "verify", "builtins"})
_OWN_DOCUMENTS = ("verify.notes", "verify.gallery")
MOST = 500


def callees(claims: Sequence[Claim]) -> dict[str, tuple[str, ...]]:
    """By label, the labels of the other claims whose functions a claim's function calls, directly or through others.

    Seen from the names that the code uses: a call through a container or an object's attribute is not seen.
    """
    labels: dict[int, list[str]] = {}
    for claim in claims:
        if claim.computed and claim.expect == "verified":
            labels.setdefault(id(_plain(claim.hand)), []).append(claim.label)
    return {claim.label: tuple(_reached(claim, labels)) if claim.computed else () for claim in claims}


def callees_first(claims: Sequence[Claim]) -> tuple[Claim, ...]:
    """The claims in their order, except that a callee comes before its caller."""
    calls, by_label = callees(claims), {claim.label: claim for claim in claims}
    out: dict[str, Claim] = {}

    def place(claim: Claim, above: frozenset[str]) -> None:
        for label in calls[claim.label]:
            if label not in out and label not in above:
                place(by_label[label], above | {claim.label})
        out.setdefault(claim.label, claim)

    for claim in claims:
        place(claim, frozenset())
    return tuple(out.values())


def name_callees(result: Result, calls: Sequence[str], judged: Mapping[str, Result]) -> None:
    """Say which of the claims that it calls are not as expected, if this one is not either."""
    result.calls = list(calls)
    if result.as_expected:
        return
    wrong = [judged[label] for label in calls if label in judged and not judged[label].as_expected]
    for other in reversed(wrong):
        result.notes.insert(0, f"it calls {other.label}, which is {other.verdict}: mend that first")


def _reached(claim: Claim, labels: Mapping[int, Sequence[str]]) -> Iterator[str]:
    start = _plain(claim.hand)
    seen, stack = {id(start)}, [start]
    while stack and len(seen) < MOST:
        for function in _functions_of(stack.pop()):
            if id(function) in seen:
                continue
            seen.add(id(function))
            if id(function) in labels:
                yield from labels[id(function)]
            else:
                stack.append(function)


def _functions_of(function: Any) -> Iterator[FunctionType]:
    """The plain functions that a function's code names, through its globals, its closure, and modules among them."""
    if not isinstance(function, FunctionType):
        return
    names = set(_names(function.__code__))
    scope = {name: function.__globals__[name] for name in names if name in function.__globals__}
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            scope[name] = cell.cell_contents
        except ValueError:
            continue
    values = list(scope.values())
    for module in (value for value in scope.values() if isinstance(value, ModuleType)):
        if not _is_library(module.__name__):
            values += [vars(module)[name] for name in names if name in vars(module)]
    for value in values:
        plain = _plain(value)
        if isinstance(plain, FunctionType) and not _is_library(plain.__module__ or ""):
            yield plain


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _is_library(module: str) -> bool:
    return module.split(".")[0] in _LIBRARIES and not module.startswith(_OWN_DOCUMENTS)


def _plain(function: Any) -> Any:
    return inspect.unwrap(function) if callable(function) else function
