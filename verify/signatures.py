"""What a claim's two functions take: parameters, their shapes, dtypes and domains, and which outputs are compared."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from verify import domains
from verify.claim import Claim
from verify.dimensions import DimensionError, Shape

_UNSET = inspect.Parameter.empty


class SetupError(Exception):
    """A claim that can't be checked as it stands; the message says where and what to do."""


@dataclass(frozen=True)
class Input:
    """One drawn input. `shape` is None for a static one (its `choices` are passed as they are) and for a cotangent
    whose shape follows from the forward."""

    name: str
    shape: Shape | None
    dtype: np.dtype[Any]
    domain: Any
    choices: tuple[Any, ...] = ()
    cotangent: bool = False

    @property
    def static(self) -> bool:
        """Whether the value is passed unchanged and never differentiated."""
        return bool(self.choices)


@dataclass(frozen=True)
class Signature:
    """A claim's inputs in order, cotangents first, and the names that each function takes."""

    inputs: tuple[Input, ...]
    cotangents: tuple[str, ...]
    hand: tuple[str, ...]
    forward: tuple[str, ...]
    wrt: tuple[str, ...]


def read(claim: Claim) -> Signature:
    """The signature of a claim; raises SetupError where the two functions or the options do not fit."""
    hand, forward = _parameters(claim, claim.hand, "hand"), _parameters(claim, claim.of, "forward")
    if claim.kind == "vjp":
        cotangents = _leading(hand, forward)
        if not cotangents:
            raise SetupError(
                f"{claim.name}({', '.join(hand)}) has no cotangent: a vjp takes one per output first, by a name that "
                f"the forward {_name(claim.of)}({', '.join(forward)}) does not use; for a loss write gradient(of=...)"
            )
    else:
        cotangents = ()
    unknown = [name for name in hand if name not in forward and name not in cotangents]
    if unknown:
        raise SetupError(
            f"{claim.name} takes {', '.join(unknown)}, which the forward {_name(claim.of)}({', '.join(forward)}) "
            "does not have; give both functions the same names"
        )
    names = (*cotangents, *forward)
    for option, keys in (("shapes", claim.shapes), ("domains", claim.domains), ("wrt", claim.wrt or ())):
        stray = [key for key in keys if key not in names]
        if stray:
            raise SetupError(f"{option}= names {', '.join(stray)}; the parameters are {', '.join(names)}")
    if claim.inputs is not None:
        inputs: tuple[Input, ...] = ()
    else:
        inputs = tuple(_input(claim, name, hand, forward, name in cotangents) for name in names)
    return Signature(inputs, cotangents, tuple(hand), tuple(forward), _wrt(claim, inputs, tuple(forward)))


def bind(function: Callable[..., Any], names: tuple[str, ...], values: Mapping[str, Any]) -> Any:
    """Call a function with its parameters by name (positionally where it must be)."""
    positional, keyword = _call_order(function, names)
    return function(*(values[name] for name in positional), **{name: values[name] for name in keyword})


@lru_cache(maxsize=4096)
def _call_order(function: Callable[..., Any], names: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Which of the names go by position and which by keyword."""
    parameters = [p for p in inspect.signature(function).parameters.values() if p.name in names]
    keyword = tuple(p.name for p in parameters if p.kind is p.KEYWORD_ONLY)
    return tuple(p.name for p in parameters if p.kind is not p.KEYWORD_ONLY), keyword


def _name(function: Callable[..., Any]) -> str:
    return getattr(function, "__name__", type(function).__name__)


def _parameters(claim: Claim, function: Callable[..., Any], role: str) -> dict[str, inspect.Parameter]:
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):
        raise SetupError(f"the {role} {_name(function)} has no readable signature; wrap it in a def") from None
    out = {}
    for name, parameter in parameters.items():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            raise SetupError(f"{_name(function)} takes *{name}; expected named parameters: wrap it in a def")
        out[name] = parameter
    if not out:
        raise SetupError(f"{_name(function)} takes no parameters; expected at least one input")
    return out


def _leading(hand: Mapping[str, Any], forward: Mapping[str, Any]) -> tuple[str, ...]:
    out: list[str] = []
    for name in hand:
        if name in forward:
            break
        out.append(name)
    return tuple(out)


def _annotation(function: Callable[..., Any], parameter: inspect.Parameter) -> Any:
    """The annotation, with a string evaluated by itself in the function's globals and closure."""
    note = parameter.annotation
    if not isinstance(note, str):
        return note
    function = inspect.unwrap(function)
    scope = dict(getattr(function, "__globals__", {}))
    code, closure = getattr(function, "__code__", None), getattr(function, "__closure__", None)
    if code is not None and closure:
        for name, cell in zip(code.co_freevars, closure, strict=True):
            try:
                scope[name] = cell.cell_contents
            except ValueError:
                continue
    try:
        while isinstance(note, str):
            note = eval(note, scope)
        return note
    except Exception as error:
        raise SetupError(
            f"{_name(function)}: can't evaluate the annotation {note!r} of {parameter.name} "
            f"({type(error).__name__}: {error}); give its dimensions by shapes= instead"
        ) from None


def _input(
    claim: Claim, name: str, hand: Mapping[str, inspect.Parameter], forward: Mapping[str, inspect.Parameter],
    cotangent: bool,
) -> Input:
    places = [(f, p[name]) for f, p in ((claim.hand, hand), (claim.of, forward)) if name in p]
    notes = [(f, _annotation(f, p)) for f, p in places]
    defaults = [p.default for _, p in places if p.default is not _UNSET]
    domain = claim.domains.get(name, domains.real)
    dimensions = {_name(f): note.dim_str for f, note in notes if hasattr(note, "dim_str")}
    if name in claim.shapes:
        dimensions = {"shapes=": claim.shapes[name]}
    shape = _one_shape(name, dimensions)
    dtype = _dtype(notes, domain)
    if shape is not None:
        return Input(name, shape, dtype, _domain(name, domain, dtype), cotangent=cotangent)
    if not defaults and any(note is float for _, note in notes):
        return Input(name, Shape("", ()), np.dtype(np.float64), _domain(name, domain, dtype), cotangent=cotangent)
    if cotangent:
        return Input(name, None, dtype, _domain(name, domain, dtype), cotangent=True)
    choices = _choices(name, claim.domains.get(name))
    if choices:
        return Input(name, None, dtype, None, choices)
    if defaults:
        return Input(name, None, dtype, None, (defaults[0],))
    raise SetupError(
        f"{claim.name}: {name} has no dimensions; annotate it in either function, as in "
        f'Float[np.ndarray, "n m"], or pass shapes={{"{name}": "n m"}} ("" is a scalar)'
    )


def _one_shape(name: str, dimensions: Mapping[str, str]) -> Shape | None:
    if not dimensions:
        return None
    texts = {" ".join(text.split()) for text in dimensions.values()}
    if len(texts) > 1:
        listed = ", ".join(f"{text!r} in {where}" for where, text in dimensions.items())
        raise SetupError(f"the dimensions of {name} contradict each other: {listed}")
    try:
        return Shape.parse(texts.pop(), name)
    except DimensionError as error:
        raise SetupError(str(error)) from None


def _dtype(notes: list[tuple[Any, Any]], domain: Any) -> np.dtype[Any]:
    if isinstance(domain, domains.Domain) and domain.per_size is not None:
        return np.dtype(np.int64)
    for _, note in notes:
        kinds = getattr(note, "dtypes", None)
        if isinstance(kinds, (list, tuple)) and kinds:
            listed = [str(kind) for kind in kinds]
            if "float64" in listed:
                return np.dtype(np.float64)
            for kind in ("float32", "int64", "int32", "bool"):
                if kind in listed:
                    return np.dtype(kind)
            if "bool_" in listed:
                return np.dtype(bool)
    return np.dtype(np.float64)


def _domain(name: str, domain: Any, dtype: np.dtype[Any]) -> Any:
    if isinstance(domain, domains.Domain):
        if dtype.kind == "b" and domain is domains.real:
            return domains.mask
        if dtype.kind == "i" and domain is domains.real:
            raise SetupError(
                f"{name} holds integers: say which, as in domains={{'{name}': verify.integers_below('k')}}, where k is "
                "a dimension or a number"
            )
        return domain
    if callable(domain) or hasattr(domain, "example"):
        return domain
    raise SetupError(
        f"the domain of {name} is {domain!r}; expected a domain of verify (verify.positive, verify.between(0, 1), "
        "...), a Hypothesis strategy for the entries, or a function of the shape that returns a strategy"
    )


def _choices(name: str, domain: Any) -> tuple[Any, ...]:
    """The values of a static parameter from its domain."""
    if domain is None:
        return ()
    if isinstance(domain, (list, tuple)):
        if not domain:
            raise SetupError(f"the domain of {name} is empty; list at least one value")
        return tuple(domain)
    raise SetupError(
        f"{name} has a domain but no dimensions: for an array annotate it or pass shapes=; "
        "for a static parameter list its values, as in domains={'activation': ['relu', 'tanh']}"
    )


def _wrt(claim: Claim, inputs: tuple[Input, ...], forward: tuple[str, ...]) -> tuple[str, ...]:
    if claim.wrt is not None:
        foreign = [name for name in claim.wrt if name not in forward]
        if foreign:
            raise SetupError(f"wrt= names {', '.join(foreign)}; the forward's parameters are {', '.join(forward)}")
        return claim.wrt
    if claim.kind == "derivative":
        return forward[:1]
    if claim.kind == "identity":
        return ()
    if claim.inputs is not None:
        return forward
    chosen = tuple(
        item.name
        for item in inputs
        if item.name in forward and not item.static and item.dtype.kind == "f"
        and (not isinstance(item.domain, domains.Domain) or item.domain.differentiable)
    )
    if not chosen:
        raise SetupError(f"{claim.name}: no parameter to differentiate; name some by wrt=")
    return chosen
