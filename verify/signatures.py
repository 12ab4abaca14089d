"""What a claim's two functions take: parameters, their shapes, dtypes and domains, and which outputs are compared."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from verify import domains
from verify.claim import Claim, SetupError, name_of
from verify.dimensions import DimensionError, Shape
from verify.strategies import is_strategy, sample

_UNSET = inspect.Parameter.empty


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
    """A claim's inputs in order, cotangents or tangents first, and the names that each function takes.

    forward : names of the primal inputs
    of : those that the claim's `of` takes, which are all of them unless it is a statistic's mean
    """

    inputs: tuple[Input, ...]
    cotangents: tuple[str, ...]
    tangents: tuple[str, ...]
    hand: tuple[str, ...]
    forward: tuple[str, ...]
    of: tuple[str, ...]
    wrt: tuple[str, ...]

    @property
    def leading(self) -> tuple[str, ...]:
        """The hand function's first parameters: a vjp's cotangents, a jvp's tangents."""
        return self.cotangents + self.tangents


RNG, DRAWS = "rng", "draws"


def read(claim: Claim) -> Signature:
    """The signature of a claim; raises SetupError where the two functions or the options do not fit."""
    called = hand = _parameters(claim.hand, "hand")
    if claim.kind == "statistic":
        hand = _without_generator(claim, hand)
    of = _parameters(claim.of, "forward" if claim.kind != "statistic" else "mean")
    forward = hand if claim.kind in ("statistic", "runs") else of
    if not of and claim.kind not in ("statistic", "runs"):
        raise SetupError(f"{name_of(claim.of)} takes no parameters; expected at least one input")
    leading = _leading(claim, hand, forward) if claim.kind in ("vjp", "jvp") else ()
    # What only the hand function knows, and has a default for, keeps it.
    own = {name for name, p in hand.items() if p.default is not _UNSET and name not in (*forward, *leading)}
    hand = {name: p for name, p in hand.items() if name not in own}
    called = {name: p for name, p in called.items() if name not in own}
    _refuse_strangers(claim, hand, forward, of, leading)
    primals: tuple[Input, ...] = ()
    if claim.inputs is None:
        primals = tuple(_input(claim, name, hand, forward) for name in forward)
    wrt = _wrt(claim, primals, tuple(forward))
    cotangents, tangents = (leading, ()) if claim.kind == "vjp" else ((), leading)
    if tangents and len(tangents) != len(wrt) and (claim.inputs is None or claim.wrt is not None):
        raise SetupError(
            f"{claim.name} takes {len(tangents)} tangents ({', '.join(tangents)}); expected {len(wrt)}, one each for "
            f"{', '.join(wrt)}: wrt= names another choice"
        )
    firsts: tuple[Input, ...] = ()
    if claim.inputs is None:
        firsts = tuple(_cotangent(claim, name, hand) for name in cotangents)
        by_name = {item.name: item for item in primals}
        pairs = zip(tangents, wrt if tangents else (), strict=True)
        firsts += tuple(_tangent(claim, name, hand, by_name[x]) for name, x in pairs)
    return Signature(firsts + primals, cotangents, tangents, tuple(called), tuple(forward), tuple(of), wrt)


def _without_generator(claim: Claim, hand: dict[str, inspect.Parameter]) -> dict[str, inspect.Parameter]:
    """A statistic's parameters without the generator and the number of draws, which are not drawn."""
    if next(iter(hand), "") != RNG:
        raise SetupError(
            f"{claim.name}({', '.join(hand)}) takes random draws: its first parameter must be `{RNG}`, a "
            "numpy.random.Generator"
        )
    return {name: p for name, p in hand.items() if name not in (RNG, DRAWS)}


def _refuse_strangers(
    claim: Claim, hand: Mapping[str, Any], forward: Mapping[str, Any], of: Mapping[str, Any], leading: tuple[str, ...]
) -> None:
    """Names of either function, or of an option, that nothing gives a value to."""
    unknown = [name for name in hand if name not in forward and name not in leading]
    if unknown:
        raise SetupError(
            f"{claim.name} takes {', '.join(unknown)}, which the forward {name_of(claim.of)}({', '.join(forward)}) "
            "does not have; give both functions the same names"
        )
    unknown = [name for name in of if name not in forward]
    if unknown:
        raise SetupError(
            f"{name_of(claim.of)} takes {', '.join(unknown)}, which {claim.name}({', '.join(hand)}) does not have; "
            "give both functions the same names"
        )
    names = (*leading, *forward)
    for option, keys in (("shapes", claim.shapes), ("domains", claim.domains), ("wrt", claim.wrt or ())):
        stray = [key for key in keys if key not in names]
        if stray:
            raise SetupError(f"{option}= names {', '.join(stray)}; the parameters are {', '.join(names)}")
    if len(set(claim.wrt or ())) != len(claim.wrt or ()):
        raise SetupError(f"wrt= names a parameter twice: {', '.join(claim.wrt or ())}")


def bind(function: Callable[..., Any], names: tuple[str, ...], values: Mapping[str, Any]) -> Any:
    """Call a function with its parameters by name (positionally where it must be)."""
    positional, keyword = call_order(function, names)
    return function(*(values[name] for name in positional), **{name: values[name] for name in keyword})


_ORDERS: dict[tuple[int, tuple[str, ...]], tuple[Any, tuple[str, ...], tuple[str, ...]]] = {}


def call_order(function: Callable[..., Any], names: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Which of the names go by position and which by keyword."""
    known = _ORDERS.get((id(function), names))
    if known is None:
        # The function is kept, so that its id stays its own.
        known = _ORDERS[id(function), names] = (function, *_call_order(function, names))
    return known[1:]


def _call_order(function: Callable[..., Any], names: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    parameters = [p for p in inspect.signature(function).parameters.values() if p.name in names]
    keyword = tuple(p.name for p in parameters if p.kind is p.KEYWORD_ONLY)
    return tuple(p.name for p in parameters if p.kind is not p.KEYWORD_ONLY), keyword


def _parameters(function: Callable[..., Any], role: str) -> dict[str, inspect.Parameter]:
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):
        raise SetupError(f"the {role} {name_of(function)} has no readable signature; wrap it in a def") from None
    if isinstance(function, np.ufunc):  # its options are none of the claim's
        parameters = {name: p for name, p in parameters.items() if p.kind is p.POSITIONAL_ONLY}  # type: ignore[assignment]
    out = {}
    for name, parameter in parameters.items():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            raise SetupError(f"{name_of(function)} takes *{name}; expected named parameters: wrap it in a def")
        out[name] = parameter
    return out


def _leading(claim: Claim, hand: Mapping[str, Any], forward: Mapping[str, Any]) -> tuple[str, ...]:
    """The hand function's first parameters, those that the forward lacks."""
    out: list[str] = []
    for name in hand:
        if name in forward or hand[name].default is not _UNSET:
            break
        out.append(name)
    if not out:
        wanted = ("cotangent", "output") if claim.kind == "vjp" else ("tangent", "entry of wrt")
        instead = "; for a loss write gradient(of=...)" if claim.kind == "vjp" else ""
        raise SetupError(
            f"{claim.name}({', '.join(hand)}) has no {wanted[0]}: a {claim.kind} takes one per {wanted[1]} first, by a "
            f"name that the forward {name_of(claim.of)}({', '.join(forward)}) does not use{instead}"
        )
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
            f"{name_of(function)}: can't evaluate the annotation {note!r} of {parameter.name} "
            f"({type(error).__name__}: {error}); give its dimensions by shapes= instead"
        ) from None


Places = Sequence[tuple[Callable[..., Any], inspect.Parameter]]
Notes = Sequence[tuple[Callable[..., Any], Any]]


def _input(
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


def _cotangent(claim: Claim, name: str, hand: Mapping[str, inspect.Parameter]) -> Input:
    """A cotangent; its shape follows from the forward unless it is declared."""
    notes = [(claim.hand, _annotation(claim.hand, hand[name]))]
    given, dtype = claim.domains.get(name), _dtype(notes, claim.domains.get(name))
    shape = _declared_shape(claim, name, notes)
    if shape is None and any(note is float for _, note in notes):
        shape = Shape("", ())
    return Input(name, shape, dtype, _domain(name, given, dtype), cotangent=True)


def _tangent(claim: Claim, name: str, hand: Mapping[str, inspect.Parameter], primal: Input) -> Input:
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
    found = [(f, p.default) for f, p in places if p.default is not _UNSET]
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


def _floating(claim: Claim, forward: tuple[str, ...]) -> tuple[str, ...]:
    """The forward's parameters that `inputs=` gives floating arrays or numbers for."""
    drawn = [example for example in sample(claim.inputs, 4, 0) if isinstance(example, dict)]
    chosen = tuple(name for name in forward if any(_holds_floats(example.get(name)) for example in drawn))
    if drawn and not chosen:
        raise SetupError(f"{claim.name}: no floating parameter to differentiate among {', '.join(forward)}")
    return chosen or forward


def _holds_floats(x: Any) -> bool:
    import jax

    return any(
        isinstance(leaf, float) or getattr(getattr(leaf, "dtype", None), "kind", "") == "f"
        for leaf in jax.tree_util.tree_leaves(x)
    )


def _wrt(claim: Claim, inputs: tuple[Input, ...], forward: tuple[str, ...]) -> tuple[str, ...]:
    if claim.wrt is not None:
        foreign = [name for name in claim.wrt if name not in forward]
        if foreign:
            raise SetupError(f"wrt= names {', '.join(foreign)}; the forward's parameters are {', '.join(forward)}")
        return claim.wrt
    if claim.kind == "derivative":
        return forward[:1]
    if claim.kind not in ("vjp", "gradient", "jvp"):
        return ()
    if claim.inputs is not None:
        return _floating(claim, forward)
    chosen = tuple(
        item.name
        for item in inputs
        if not item.static and item.dtype.kind == "f"
        and (not isinstance(item.domain, domains.Domain) or item.domain.differentiable)
    )
    if not chosen:
        raise SetupError(f"{claim.name}: no parameter to differentiate; name some by wrt=")
    return chosen
