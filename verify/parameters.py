"""Parameters of a claim's functions as inputs to draw: their shapes, dtypes and domains, or static values."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from verify import domains
from verify.claim import Claim, SetupError, name_of
from verify.dimensions import DimensionError, Shape
from verify.strategies import is_strategy, sample

UNSET = inspect.Parameter.empty


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


Places = Sequence[tuple[Callable[..., Any], inspect.Parameter]]
Notes = Sequence[tuple[Callable[..., Any], Any]]


def primal(
    claim: Claim, name: str, hand: Mapping[str, inspect.Parameter], forward: Mapping[str, inspect.Parameter]
) -> Input:
    """A forward's parameter: an array or a scalar to draw, or a static one."""
    owners = ((claim.hand, hand), (claim.of, forward)) if hand is not forward else ((claim.hand, hand),)
    places = [(f, p[name]) for f, p in owners if name in p]
    notes = [(f, _annotation(f, p)) for f, p in places]
    given = claim.domains.get(name)
    shape, dtype = _declared_shape(claim, name, notes), _dtype(notes, given)
    if shape is not None:
        return Input(name, shape, dtype, _domain(name, given, dtype))
    defaults = _defaults(name, places)
    if not defaults and isinstance(given, domains.Domain) and isinstance(given.per_size, str):
        return Input(name, Shape("", ()), np.dtype(np.int64), given)
    if not defaults and any(note is float for _, note in notes):
        return Input(name, Shape("", ()), np.dtype(np.float64), _domain(name, given, dtype))
    choices = _choices(name, given, static=bool(defaults) or any(note in (int, str, bool) for _, note in notes))
    if choices or defaults:
        return Input(name, None, dtype, None, choices or defaults[:1])
    if any(note is bool for _, note in notes):
        return Input(name, None, dtype, None, (False, True))
    plain = next((note.__name__ for _, note in notes if note in (int, str)), "")
    if plain:
        raise SetupError(
            f"{claim.name}: {name} is annotated {plain} and has no default; list its values, as in "
            f"domains={{'{name}': [...]}}"
        )
    raise SetupError(
        f"{claim.name}: {name} has no dimensions; annotate it in either function, as in "
        f'Float[np.ndarray, "n m"], or pass shapes={{"{name}": "n m"}} ("" is a scalar)'
    )


def cotangent(claim: Claim, name: str, hand: Mapping[str, inspect.Parameter]) -> Input:
    """A cotangent; its shape follows from the forward unless it is declared."""
    notes = [(claim.hand, _annotation(claim.hand, hand[name]))]
    given, dtype = claim.domains.get(name), _dtype(notes, claim.domains.get(name))
    shape = _declared_shape(claim, name, notes)
    if shape is None and any(note is float for _, note in notes):
        shape = Shape("", ())
    return Input(name, shape, dtype, _domain(name, given, dtype), cotangent=True)


def tangent(claim: Claim, name: str, hand: Mapping[str, inspect.Parameter], primal: Input) -> Input:
    """A tangent of a parameter: of its shape and dtype, but not bound to its domain."""
    if primal.shape is None:
        raise SetupError(f"{claim.name}: {primal.name} is static and has no tangent; leave it out of wrt=")
    declared = _declared_shape(claim, name, [(claim.hand, _annotation(claim.hand, hand[name]))])
    if declared is not None and declared.text.split() != primal.shape.text.split():
        raise SetupError(
            f"the tangent {name} is declared as {declared.text!r}; {primal.name} has {primal.shape.text!r}: correct "
            "its dimensions, or leave them out"
        )
    return Input(name, primal.shape, primal.dtype, _domain(name, claim.domains.get(name), primal.dtype))


def _defaults(name: str, places: Places) -> tuple[Any, ...]:
    """The default of a parameter, in either function; two different ones contradict each other."""
    found = [(f, p.default) for f, p in places if p.default is not UNSET]
    if len(found) == 2 and not _same(found[0][1], found[1][1]):
        listed = ", ".join(f"{value!r} in {name_of(f)}" for f, value in found)
        raise SetupError(f"the defaults of {name} contradict each other: {listed}")
    return tuple(value for _, value in found)


def _same(a: Any, b: Any) -> bool:
    try:
        return a is b or bool(np.all(a == b))
    except (TypeError, ValueError):
        return False


def _declared_shape(claim: Claim, name: str, notes: Notes) -> Shape | None:
    """The shape that `shapes=` or an annotation of either function gives."""
    if name in claim.shapes:
        return _one_shape(name, {"shapes=": claim.shapes[name]})
    return _one_shape(name, {name_of(f): note.dim_str for f, note in notes if hasattr(note, "dim_str")})


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


def _dtype(notes: Notes, domain: Any) -> np.dtype[Any]:
    if isinstance(domain, domains.Domain) and domain.per_size is not None:
        return np.dtype(np.int64)
    for _, note in notes:
        if note is bool or note is int:
            return np.dtype(np.int64 if note is int else bool)
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
    """The domain of a drawn input: the given one, or what fits its dtype."""
    if domain is None:
        if dtype.kind == "i":
            raise SetupError(
                f"{name} holds integers: say which, as in domains={{'{name}': verify.integers_below('k')}}, where k is "
                "a dimension or a number"
            )
        return domains.mask if dtype.kind == "b" else domains.real
    if isinstance(domain, domains.Domain) or is_strategy(domain) or callable(domain):
        return domain
    raise SetupError(
        f"the domain of {name} is {domain!r}; expected a domain of verify (verify.positive, verify.between(0, 1), "
        "...), a Hypothesis strategy for the entries, or a function of the shape that returns a strategy"
    )


STATIC_VALUES = 6


def _choices(name: str, domain: Any, static: bool) -> tuple[Any, ...]:
    """The values of a static parameter from its domain: those listed, or a few drawn ones."""
    if domain is None:
        return ()
    if isinstance(domain, (list, tuple)):
        if not domain:
            raise SetupError(f"the domain of {name} is empty; list at least one value")
        return tuple(domain)
    if static and is_strategy(domain):
        drawn = sample(domain, 4 * STATIC_VALUES, 0)
        if not drawn:
            raise SetupError(f"the domain of {name} is empty: its strategy draws nothing")
        return tuple({repr(value): value for value in drawn}.values())[:STATIC_VALUES]
    if static and isinstance(domain, domains.Domain):
        if domain.per_size is None:
            rng = np.random.default_rng(0)
            return tuple(float(domain.draw(rng, ())) for _ in range(STATIC_VALUES))
        if isinstance(domain.per_size, int):
            return tuple(range(domain.per_size))
    raise SetupError(
        f"{name} has a domain but no dimensions: for an array annotate it or pass shapes=; "
        "for a static parameter list its values, as in domains={'activation': ['relu', 'tanh']}"
    )


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
            f"{name_of(function)}: can't evaluate the annotation {note!r} of {parameter.name} "
            f"({type(error).__name__}: {error}); give its dimensions by shapes= instead"
        ) from None
