"""Claims: what is said of a hand-derived function, and the constructors that say it.

A constructor is a decorator, or a call on somebody else's function: `vjp(of=f, shapes=...)(backward)`. It records the
claim under the file that made it and returns the function unchanged.
"""

import inspect
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])
Function = Callable[..., Any]

KINDS = ("vjp", "gradient", "derivative", "identity")


@dataclass(frozen=True, eq=False)
class Claim:
    """One statement about one hand-derived function. Made by `vjp`, `gradient`, `derivative` and `identity`."""

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
    section: str = ""
    equation: str = ""
    uses: tuple[str, ...] = ()
    kink: str = "between"
    expect: str = "verified"
    because: str = ""
    counterexample: Mapping[str, Any] | None = None
    corrected_by: str = ""

    @property
    def name(self) -> str:
        """The hand function's name."""
        return getattr(self.hand, "__name__", type(self.hand).__name__)


_REGISTRY: list[Claim] = []


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


def equation_of(function: Function) -> str:
    """The first $$...$$ of a docstring, or an empty string."""
    parts = (inspect.getdoc(function) or "").split("$$")
    return parts[1].strip() if len(parts) >= 3 else ""


def _constructor(kind: str, of: Function, options: dict[str, Any]) -> Callable[[F], F]:
    if not callable(of):
        raise TypeError(f"{kind}(of=...) is {of!r}; expected the forward function")
    _validate(kind, options)

    def decorate(hand: F) -> F:
        if not callable(hand):
            raise TypeError(f"{kind}(...) was applied to {hand!r}; expected the hand-derived function")
        name = getattr(hand, "__name__", "<lambda>")
        label = options["label"] or name
        if label == "<lambda>":
            raise ValueError(f"{kind}: a lambda has no name; pass label=")
        frame = sys._getframe(1)
        values = {**options, "label": label, "equation": options["equation"] or equation_of(hand)}
        _REGISTRY.append(
            Claim(
                kind=kind, hand=hand, of=of, module=frame.f_globals.get("__name__", ""),
                file=frame.f_code.co_filename, line=_line(hand, frame), **values,
            )
        )
        return hand

    return decorate


def _line(hand: Function, frame: Any) -> int:
    code = getattr(inspect.unwrap(hand), "__code__", None)
    if code is not None and code.co_filename == frame.f_code.co_filename:
        return int(code.co_firstlineno)
    return int(frame.f_lineno)


def _validate(kind: str, options: dict[str, Any]) -> None:
    if options["expect"] not in ("verified", "refuted"):
        raise ValueError(f"{kind}: expect={options['expect']!r}; expected 'verified' or 'refuted'")
    if options["expect"] == "refuted" and not options["because"]:
        raise ValueError(f"{kind}: expect='refuted' needs because='...', the reason that the statement is wrong")
    if options["kink"] not in ("between", "autodiff"):
        raise ValueError(f"{kind}: kink={options['kink']!r}; expected 'between' or 'autodiff'")
    if options["inputs"] is not None and (options["shapes"] or options["domains"]):
        raise ValueError(f"{kind}: inputs= stands in place of shapes= and domains=; pass one or the other")
    wrt = options["wrt"]
    options["wrt"] = (wrt,) if isinstance(wrt, str) else tuple(wrt) if wrt is not None else None
    options["shapes"] = dict(options["shapes"] or {})
    options["domains"] = dict(options["domains"] or {})
    options["uses"] = tuple(options["uses"])
    order = options["order"]
    if not isinstance(order, int) or order < 1:
        raise ValueError(f"{kind}: order={order!r}; expected 1, 2, ...")


def vjp(
    *, of: Function, shapes: Mapping[str, str] | None = None, domains: Mapping[str, Any] | None = None,
    inputs: Any = None, wrt: Sequence[str] | str | None = None, label: str = "", section: str = "",
    equation: str = "", uses: Sequence[str] = (), kink: str = "between", expect: str = "verified", because: str = "",
    counterexample: Mapping[str, Any] | None = None, corrected_by: str = "",
) -> Callable[[F], F]:
    """Claim that a function is the hand-derived VJP of `of`.

    Parameters
    ----------
    of : the forward, a `jax.numpy` function. The hand function takes one cotangent per output first (any names), then
        the forward's parameters that it needs, by name; it returns the cotangents of `wrt`.
    shapes : dimension strings by parameter name (cotangents included), where annotations do not give them;
        names are shared over the whole signature, "" is a scalar.
    domains : by parameter name, a domain of `verify`, a Hypothesis strategy for the entries, or a function of the
        shape that returns a strategy for the array; for a static parameter, the values to choose from.
    inputs : a Hypothesis strategy for the whole argument dict, in place of shapes and domains.
    wrt : the forward's parameters whose cotangents are returned, in that order; by default every floating one that is
        neither static nor in the domains mask, one_hot, keep_probability, integers_below.
    label, section, equation : for the report; by default the function's name and its docstring's `$$...$$`.
    uses : labels of the claims that this one builds on.
    kink : "between" accepts any value between the one-sided ones at a kink; "autodiff" demands JAX's.
    expect, because, counterexample, corrected_by : `expect="refuted"` says that the statement is known to be wrong,
        why, on which inputs ({name: array}), and the label of the corrected one.

    Raises
    ------
    TypeError, ValueError
        If an option does not fit. What is wrong with the functions themselves is a verdict of the check.
    """
    return _constructor("vjp", of, _options(locals()))


def gradient(
    *, of: Function, shapes: Mapping[str, str] | None = None, domains: Mapping[str, Any] | None = None,
    inputs: Any = None, wrt: Sequence[str] | str | None = None, label: str = "", section: str = "",
    equation: str = "", uses: Sequence[str] = (), kink: str = "between", expect: str = "verified", because: str = "",
    counterexample: Mapping[str, Any] | None = None, corrected_by: str = "",
) -> Callable[[F], F]:
    """Claim that a function is the hand-derived gradient of `of`, which returns shape (). Options as for `vjp`."""
    return _constructor("gradient", of, _options(locals()))


def derivative(
    *, of: Function, order: int = 1, shapes: Mapping[str, str] | None = None,
    domains: Mapping[str, Any] | None = None, inputs: Any = None, wrt: Sequence[str] | str | None = None,
    label: str = "", section: str = "", equation: str = "", uses: Sequence[str] = (), kink: str = "between",
    expect: str = "verified", because: str = "", counterexample: Mapping[str, Any] | None = None,
    corrected_by: str = "",
) -> Callable[[F], F]:
    """Claim that a function is the derivative, of the given order, of an elementwise `of` in its first parameter.

    `wrt=` names another parameter. That `of` is elementwise is checked. Other options as for `vjp`.
    """
    return _constructor("derivative", of, _options(locals()))


def identity(
    *, of: Function, shapes: Mapping[str, str] | None = None, domains: Mapping[str, Any] | None = None,
    inputs: Any = None, label: str = "", section: str = "", equation: str = "", uses: Sequence[str] = (),
    kink: str = "between", expect: str = "verified", because: str = "",
    counterexample: Mapping[str, Any] | None = None, corrected_by: str = "",
) -> Callable[[F], F]:
    """Claim that a function's value equals that of `of`, a NumPy or `jax.numpy` function. Options as for `vjp`."""
    return _constructor("identity", of, _options(locals()))


def _options(arguments: dict[str, Any]) -> dict[str, Any]:
    return {"wrt": None, "order": 1, **{name: value for name, value in arguments.items() if name != "of"}}
