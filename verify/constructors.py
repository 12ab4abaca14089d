"""The constructors: what can be claimed of a hand-derived function.

Each is a decorator, or a call on somebody else's function: `vjp(of=f, shapes=...)(backward)`. It records the claim
under the file that made it and returns the function unchanged.
"""

import difflib
import functools
import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from types import FrameType
from typing import Any, ParamSpec, TypedDict, TypeVar, Unpack

from verify.claim import Claim, Function, caller, made_in, name_of, record

F = TypeVar("F", bound=Callable[..., Any])
P = ParamSpec("P")
R = TypeVar("R")


class Options(TypedDict, total=False):
    """What every constructor takes, by keyword.

    shapes : dimension strings by parameter name (cotangents included), in place of annotations; names are shared over
        the whole signature, "" is a scalar.
    domains : by parameter name, a domain of `verify`, a Hypothesis strategy for the entries, or a function of the shape
        that returns a strategy for the array; for a static parameter, the values to choose from.
    inputs : a Hypothesis strategy for the whole argument dict, in place of shapes and domains.
    label, section, equation : for the report; by default the function's name and its docstring's `$$...$$`.
    uses : labels of the claims that this one builds on.
    examples : at most so many inputs are tried, where each is costly.
    timeout : seconds after which this claim's check is stopped, in place of the run's.
    kink : "between" accepts any value between the one-sided ones at a kink; "autodiff" demands JAX's.
    equivalent : wrong versions of the function that are in fact right, each with the reason.
    expect, because, counterexample, corrected_by : `expect="refuted"` says that the statement is known to be wrong,
        why, on which inputs ({name: array}), and the label of the corrected one. Elsewhere `because` is a remark.
    """

    shapes: Mapping[str, str] | None
    domains: Mapping[str, Any] | None
    inputs: Any
    label: str
    section: str
    equation: str
    uses: Sequence[str]
    examples: int | None
    timeout: float | None
    kink: str
    equivalent: Mapping[str, str]
    expect: str
    because: str
    counterexample: Mapping[str, Any] | None
    corrected_by: str


def _by_keyword(constructor: Callable[P, R]) -> Callable[P, R]:
    """A constructor that says how it is written, where it is applied to the function itself, or given one in place."""

    @functools.wraps(constructor)
    def checked(*args: P.args, **options: P.kwargs) -> R:
        if args:
            name = constructor.__name__
            raise TypeError(f"{name} takes no positional arguments; write @{name}(of=f), or {name}(of=f)(function)")
        return constructor(*args, **options)

    return checked


@_by_keyword
def vjp(*, of: Function, wrt: Sequence[str] | str | None = None, **options: Unpack[Options]) -> Callable[[F], F]:
    """Claim that a function is the hand-derived VJP of `of`.

    Parameters
    ----------
    of : the forward, in `jax.numpy` or plain NumPy. The hand function takes one cotangent per output first (any names),
        then the forward's parameters that it needs, by name; it returns the cotangents of `wrt`.
    wrt : the forward's parameters whose cotangents are returned, in that order; by default every floating one that is
        neither static nor in the domains mask, one_hot, keep_probability, integers_below.
    options : see `verify.Options`.

    Raises
    ------
    TypeError, ValueError
        If an option does not fit. What is wrong with the functions themselves is a verdict of the check.
    """
    return _constructor("vjp", of, options, wrt=_names(wrt))


@_by_keyword
def gradient(*, of: Function, wrt: Sequence[str] | str | None = None, **options: Unpack[Options]) -> Callable[[F], F]:
    """Claim that a function is the hand-derived gradient of `of`, which returns shape (). Otherwise as `vjp`."""
    return _constructor("gradient", of, options, wrt=_names(wrt))


@_by_keyword
def jvp(*, of: Function, wrt: Sequence[str] | str | None = None, **options: Unpack[Options]) -> Callable[[F], F]:
    """Claim that a function is the hand-derived JVP (the directional derivative) of `of`.

    It takes one tangent per entry of `wrt` first (any names), then the forward's parameters that it needs, and returns
    the tangents of the outputs. Otherwise as `vjp`.
    """
    return _constructor("jvp", of, options, wrt=_names(wrt))


@_by_keyword
def derivative(
    *, of: Function, order: int = 1, wrt: Sequence[str] | str | None = None, **options: Unpack[Options]
) -> Callable[[F], F]:
    """Claim that a function is the derivative, of the given order, of an elementwise `of` in its first parameter.

    `wrt=` names another parameter. That `of` is elementwise is checked. Otherwise as `vjp`.
    """
    if not isinstance(order, int) or order < 1:
        raise ValueError(f"derivative: order={order!r}; expected 1, 2, ...")
    return _constructor("derivative", of, options, wrt=_names(wrt), order=order)


@_by_keyword
def identity(*, of: Function, **options: Unpack[Options]) -> Callable[[F], F]:
    """Claim that a function's value equals that of `of`, a NumPy or `jax.numpy` function. Otherwise as `vjp`."""
    return _constructor("identity", of, options)


@_by_keyword
def statistic(*, equals: Any, draws: int = 10_000, **options: Unpack[Options]) -> Callable[[F], F]:
    """Claim that the mean of random draws is a given one.

    Parameters
    ----------
    equals : the mean, a number or an array, or a function of some of the parameters that returns it.
    draws : how many draws to test on. The function is called as f(rng, **parameters) with a `numpy.random.Generator`
        first, and returns independent draws along axis 0; it is called again until there are enough. If it has a
        parameter called `draws`, it gets the number.
    options : see `verify.Options`. Parameters are drawn by `shapes=` and `domains=`, as everywhere.

    Both of two independent samples must differ from the claimed mean before it is refuted, each at a rate that makes
    the total false-alarm rate 1e-6 over all entries and parameters tried; the evidence says which deviation is seen.
    """
    if not isinstance(draws, int) or draws < 100:
        raise ValueError(f"statistic: draws={draws!r}; expected at least 100")
    return _constructor("statistic", equals if callable(equals) else Constant(equals), options, draws=draws)


@_by_keyword
def measurement(*, equals: Any, within: float, **options: Unpack[Options]) -> Callable[[F], F]:
    """Claim that a function returns a stated number, or array of numbers, such as the edge of a formula's domain.

    Parameters
    ----------
    equals : what is stated, or a function of some of the parameters that returns it.
    within : how far from it, in absolute terms, the function's answer may lie; above 0.
    options : see `verify.Options`. The function is called for each choice of its static parameters and on examples of
        the others; the evidence lists what was found.
    """
    if not isinstance(within, (int, float)) or not 0 < within < math.inf:
        raise ValueError(f"measurement: within={within!r}; expected a number above 0")
    return _constructor(
        "measurement", equals if callable(equals) else Constant(equals), options, within=float(within)
    )


def runs(**options: Unpack[Options]) -> Callable[[F], F]:
    """Claim that code runs: it is called, on drawn parameters if it has any, and must not raise."""
    return _constructor("runs", Constant(None), options)


def definition(
    *, label: str, equation: str = "", because: str = "", section: str = "", uses: Sequence[str] = ()
) -> None:
    """A row that defines something: a label, its equation and a remark, with nothing to compute."""
    _row("definition", label, {"equation": equation, "because": because, "section": section, "uses": tuple(uses)})


def missing(
    *, label: str, because: str, equation: str = "", section: str = "", uses: Sequence[str] = ()
) -> None:
    """A row for what the document leaves out: a label, the reason, and the equation if there is one."""
    if not because:
        raise ValueError(f"missing({label!r}) needs because='...', what is missing")
    _row("missing", label, {"equation": equation, "because": because, "section": section, "uses": tuple(uses)})


def equation_of(function: Function) -> str:
    """The first $$...$$ of a docstring, or an empty string."""
    parts = (inspect.getdoc(function) or "").split("$$")
    return parts[1].strip() if len(parts) >= 3 else ""


class Constant:
    """A function of nothing."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __call__(self) -> Any:
        return self.value


def _constructor(kind: str, of: Function, options: Any, **more: Any) -> Callable[[F], F]:
    if not callable(of):
        raise TypeError(f"{kind}(of=...) is {of!r}; expected the forward function")
    fields = {**_validated(kind, options), **more}

    def decorate(hand: F) -> F:
        if not callable(hand):
            raise TypeError(f"{kind}(...) was applied to {hand!r}; expected the hand-derived function")
        label = fields["label"] or name_of(hand)
        if label == "<lambda>":
            raise ValueError(f"{kind}: a lambda has no name; pass label=")
        frame = caller(1)
        own = {"label": label, "equation": fields["equation"] or equation_of(hand), "line": _line(hand, frame)}
        record(Claim(kind=kind, hand=hand, of=of, **made_in(frame), **{**fields, **own}))
        return hand

    return decorate


def _row(kind: str, label: str, fields: dict[str, Any]) -> None:
    if not label:
        raise ValueError(f"{kind} needs a label")
    frame, nothing = caller(2), Constant(None)
    own: dict[str, Any] = {"label": label, "expect": kind, "line": frame.f_lineno}
    record(Claim(kind=kind, hand=nothing, of=nothing, **made_in(frame), **own, **fields))


def _line(hand: Function, frame: FrameType) -> int:
    code = getattr(inspect.unwrap(hand), "__code__", None)
    if code is not None and code.co_filename == frame.f_code.co_filename:
        return int(code.co_firstlineno)
    return int(frame.f_lineno)


def _names(wrt: Sequence[str] | str | None) -> tuple[str, ...] | None:
    return (wrt,) if isinstance(wrt, str) else tuple(wrt) if wrt is not None else None


def _validated(kind: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The options as a claim's fields; raises TypeError or ValueError for one that does not fit."""
    known = list(Options.__annotations__)
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(name, [*known, "wrt", "of"], n=1)
            raise TypeError(f"{kind} has no option {name!r}" + (f"; did you mean {near[0]}=?" if near else ""))
    options = {"label": "", "equation": "", "expect": "verified", "because": "", "kink": "between", **given}
    if options["expect"] not in ("verified", "refuted"):
        raise ValueError(f"{kind}: expect={options['expect']!r}; expected 'verified' or 'refuted'")
    if options["expect"] == "refuted" and not options["because"]:
        raise ValueError(f"{kind}: expect='refuted' needs because='...', the reason that the statement is wrong")
    if options["kink"] not in ("between", "autodiff"):
        raise ValueError(f"{kind}: kink={options['kink']!r}; expected 'between' or 'autodiff'")
    if options.get("inputs") is not None and (options.get("shapes") or options.get("domains")):
        raise ValueError(f"{kind}: inputs= stands in place of shapes= and domains=; pass one or the other")
    examples = options.get("examples")
    if examples is not None and not (isinstance(examples, int) and examples >= 1):
        raise ValueError(f"{kind}: examples={examples!r}; expected a number of inputs, 1 or more")
    timeout = options.get("timeout")
    if timeout is not None and not (isinstance(timeout, (int, float)) and 0 < timeout < math.inf):
        raise ValueError(f"{kind}: timeout={timeout!r}; expected a positive number of seconds")
    for name in ("shapes", "domains", "equivalent"):
        options[name] = dict(options.get(name) or {})
    for name, dimensions in options["shapes"].items():
        if not isinstance(dimensions, str):
            raise TypeError(f'{kind}: the dimensions of {name} are {dimensions!r}; expected a text such as "n m"')
    if any(not isinstance(why, str) or not why for why in options["equivalent"].values()):
        raise ValueError(f"{kind}: equivalent= needs the reason of each, {{'what is changed': 'why it is right'}}")
    uses = options.get("uses", ())
    options["uses"] = (uses,) if isinstance(uses, str) else tuple(uses)
    for other in options["uses"]:
        if not isinstance(other, str):
            raise TypeError(f"{kind}: uses= has {other!r}; expected the labels of the claims that this one builds on")
    return options
