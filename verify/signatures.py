"""What a claim's two functions take, and which of it is differentiated."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from verify import domains
from verify.claim import CALLED, Claim, SetupError, name_of
from verify.parameters import UNSET, Input, cotangent, primal, tangent
from verify.strategies import sample


@dataclass(frozen=True)
class Signature:
    """A claim's inputs in order, cotangents or tangents first, and the names that each function takes.

    forward : names of the primal inputs
    of : those that the claim's `of` takes, which are all of them unless it states a number
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
    of = _parameters(claim.of, "forward" if claim.kind not in CALLED else "stated value")
    forward = hand if claim.kind in CALLED else of
    if not of and claim.kind not in CALLED:
        raise SetupError(f"{name_of(claim.of)} takes no parameters; expected at least one input")
    leading = _leading(claim, hand, forward) if claim.kind in ("vjp", "jvp") else ()
    # What only the hand function knows, and has a default for, keeps it.
    own = {name for name, p in hand.items() if p.default is not UNSET and name not in (*forward, *leading)}
    hand = {name: p for name, p in hand.items() if name not in own}
    called = {name: p for name, p in called.items() if name not in own}
    _refuse_strangers(claim, hand, forward, of, leading)
    primals: tuple[Input, ...] = ()
    if claim.inputs is None:
        primals = tuple(primal(claim, name, hand, forward) for name in forward)
    wrt = _wrt(claim, primals, tuple(forward))
    cotangents, tangents = (leading, ()) if claim.kind == "vjp" else ((), leading)
    if tangents and len(tangents) != len(wrt) and (claim.inputs is None or claim.wrt is not None):
        raise SetupError(
            f"{claim.name} takes {len(tangents)} tangents ({', '.join(tangents)}); expected {len(wrt)}, one each for "
            f"{', '.join(wrt)}: wrt= names another choice"
        )
    firsts: tuple[Input, ...] = ()
    if claim.inputs is None:
        firsts = tuple(cotangent(claim, name, hand) for name in cotangents)
        by_name = {item.name: item for item in primals}
        pairs = zip(tangents, wrt if tangents else (), strict=True)
        firsts += tuple(tangent(claim, name, hand, by_name[x]) for name, x in pairs)
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
        if name in forward or hand[name].default is not UNSET:
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
