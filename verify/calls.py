"""What a function's code calls, as far as its names tell: the callees among the claims are judged first and named."""

import functools
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

    Seen from the names that the code uses: a call through an object's attribute is not seen.
    """
    labels: dict[int, list[str]] = {}
    for claim in claims:
        if claim.computed and claim.expect == "verified":
            labels.setdefault(id(plain_function(claim.hand)), []).append(claim.label)
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


def mentions_jax(function: Any) -> bool:
    """Whether the code of a function, or of one that it calls, names JAX or something of it."""
    start = plain_function(function)
    named = [value for reached in (start, *reachable(start)) for value in _named(reached)]
    return any(_root(value) in ("jax", "jaxlib") for value in (start, *named))


def scopes(function: Any) -> list[dict[str, Any]]:
    """The global names of a function's module and of those of the functions that it calls."""
    start = plain_function(function)
    reached = [f for f in (start, *reachable(start)) if isinstance(f, FunctionType)]
    return list({id(f.__globals__): f.__globals__ for f in reached if not _is_library(f.__module__ or "")}.values())


def _reached(claim: Claim, labels: Mapping[int, Sequence[str]]) -> Iterator[str]:
    for function in reachable(claim.hand, stop=labels):
        yield from labels.get(id(function), ())


def reachable(function: Any, stop: Mapping[int, Any] | None = None) -> Iterator[FunctionType]:
    """The functions that a function's code reaches by names, not going further at those in `stop`."""
    start = plain_function(function)
    seen, stack = {id(start)}, [start]
    while stack and len(seen) < MOST:
        for found in _functions_of(stack.pop()):
            if id(found) not in seen:
                seen.add(id(found))
                yield found
                if id(found) not in (stop or {}):
                    stack.append(found)


def _functions_of(function: Any) -> Iterator[FunctionType]:
    """The plain functions that a function's code names, and the methods of the classes that it names."""
    for value in _named(function):
        owner = value if isinstance(value, type) else type(value)
        is_own = not isinstance(value, (FunctionType, ModuleType)) and not _is_library(owner.__module__)
        for item in (value, *vars(owner).values()) if is_own else (value,):
            plain = plain_function(getattr(item, "__func__", item))
            if isinstance(plain, FunctionType) and not _is_library(plain.__module__ or ""):
                yield plain


def _named(function: Any) -> list[Any]:
    """What a function's code names, through its globals, its closure, and the modules among them."""
    if not isinstance(function, FunctionType):
        return []
    names = dict.fromkeys(_names(function.__code__))  # in order, so that runs are alike
    scope = {name: function.__globals__[name] for name in names if name in function.__globals__}
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            scope[name] = cell.cell_contents
        except ValueError:
            continue
    values = list(scope.values())
    for table in scope.values():  # such as a dict of activations by name
        if isinstance(table, (dict, list, tuple)):
            values += table.values() if isinstance(table, dict) else table
    for module in (value for value in scope.values() if isinstance(value, ModuleType)):
        if not _is_library(module.__name__):
            values += [vars(module)[name] for name in names if name in vars(module)]
    return values


def _root(value: Any) -> str:
    """The top-level package that a module, function or class belongs to."""
    name = value.__name__ if isinstance(value, ModuleType) else getattr(value, "__module__", None)
    return str(name or "").split(".")[0]


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _is_library(module: str) -> bool:
    return module.split(".")[0] in _LIBRARIES and not module.startswith(_OWN_DOCUMENTS)


def plain_function(function: Any) -> Any:
    """The plain function inside a decorated one, a bound method, a partial one or an object that can be called."""
    while True:
        inner = getattr(function, "__wrapped__", None) or getattr(function, "__func__", None)
        if isinstance(function, functools.partial):
            inner = function.func
        elif inner is None and callable(function) and not isinstance(function, (FunctionType, type)):
            call = next((vars(t)["__call__"] for t in type(function).__mro__ if "__call__" in vars(t)), None)
            inner = call if isinstance(call, FunctionType) else None
        if inner is None or inner is function:
            return function
        function = inner
