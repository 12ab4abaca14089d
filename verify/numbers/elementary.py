"""Elementary and special functions of `Bounded` arrays: 8u |v| for their own rounding, and what they inherit."""

from collections.abc import Callable
from typing import Any

import numpy as np

from verify.numbers.arithmetic import ELEMENTARY
from verify.numbers.running_error import SLACK, Array, Bounded, Ufunc, lift, operands, short_entries, tiny, truth, unit

Spread = Callable[[Array, Array, Array], Any]


def unary(f: Ufunc, spread: Spread, *, exact_at: float = 0.0, units: Any = ELEMENTARY) -> Ufunc:
    """A function of one argument from `spread(x, e, |v|)`, the error that it inherits.

    exact_at : where an exact argument gives an exact value, such as exp(0) = 1
    units : rounding in units of u |v|; a function of x where it grows with x
    """

    def rule(a: Any) -> Bounded:
        a = lift(a)
        x = a.v if a.v.dtype.kind == "f" else a.v.astype(float)
        v = f(x)
        size = np.abs(v)
        n = units(x) if callable(units) else units
        return Bounded(v, spread(x, a.e, size) + (x != exact_at) * (n * (unit(v) * size.astype(float) + tiny(v))))

    return rule


def vanishing(f: Ufunc, spread: Spread, *, lost: Callable[[Array], float] = tiny, units: Any = ELEMENTARY,
              limit: float = -np.inf) -> Ufunc:
    """A positive function of one argument that underflows, and is exactly zero at `limit`.

    lost : what an underflow may lose
    """

    def rule(a: Any) -> Bounded:
        a = lift(a)
        x = a.v if a.v.dtype.kind == "f" else a.v.astype(float)
        v = f(x)
        size, least = v.astype(float), lost(v)
        n = units(x) if callable(units) else units
        rounding = (x != 0) * (x != limit) * (n * (unit(v) * size + least))
        return Bounded(v, spread(x, a.e, size + least) + rounding)

    return rule


def smallest_normal(v: Array) -> float:
    """What a function loses that returns 0 in place of a subnormal number."""
    return float(np.finfo(v.dtype).smallest_normal)


def slope(bound: Callable[[Array], Any]) -> Spread:
    """The error inherited by a function whose slope is largest where |x| is smallest."""
    return lambda x, e, _v: bound(np.maximum(np.abs(x) - e, 0)) * e


def steep(bound: Callable[[Array], Any]) -> Spread:
    """The error inherited by a function whose slope is largest where |x| is largest."""
    return lambda x, e, _v: np.where(e == 0, 0.0, bound(np.abs(x) + e) * e)


def by_log(factor: float) -> Spread:
    """The error inherited by a logarithm."""
    return lambda x, e, _v: -np.log1p(-np.minimum(e / np.abs(x), 1)) * factor


def by_log1p(x: Array, e: Array, _v: Array) -> Any:
    """The error inherited by log(1 + x)."""
    return -np.log1p(-np.minimum(e / np.abs(1 + x), 1))


def by_expm1(x: Array, e: Array, _v: Array) -> Any:
    """The error inherited by exp(x) - 1; its slope may underflow, and its value not."""
    return np.where(e == 0, 0.0, (np.exp(x.astype(float)) + 2.0**-1074) * np.expm1(e))


def by_tangent(_x: Array, e: Array, v: Array) -> Any:
    """tan(x + d) - tan(x) = tan d (1 + t^2) / (1 - t tan d), for d short of the pole."""
    t = np.tan(np.minimum(e, 0.7))
    room = 1 - v.astype(float) * t * (1 + 1e-9)
    return np.where(e == 0, 0.0, np.where((e < 0.7) & (room > 0), t * (1 + v.astype(float) ** 2) / room, np.inf))


def square_root(a: Any) -> Bounded:
    """Correctly rounded; exact where the root is short."""
    a = lift(a)
    x, e = (a.v if a.v.dtype.kind == "f" else a.v.astype(float)), a.e
    v = np.sqrt(x)
    inherited = np.fmin(e / (v + np.sqrt(np.maximum(x - e, 0))), SLACK * np.sqrt(e))
    exact = (v * v == x) & short_entries(np.asarray(v))
    return Bounded(v, inherited + ~exact * (unit(v) * v.astype(float)))


def monotone(f: Ufunc, low: float = -np.inf, high: float = np.inf, exact_at: float = 0.0) -> Ufunc:
    """A monotone function of one argument on [low, high], bounded by its values at both ends."""

    def spread(x: Array, e: Array, _v: Array) -> Any:
        x = x.astype(float)
        above = f(np.clip(np.nextafter(x + e, np.inf), low, high))
        below = f(np.clip(np.nextafter(x - e, -np.inf), low, high))
        here = f(x)
        apart = np.maximum(np.abs(above - here), np.abs(below - here))
        # The three values are rounded too.
        return np.where(e == 0, 0.0, apart + 3 * ELEMENTARY * unit(x) * np.maximum(np.abs(above), np.abs(below)))

    return unary(f, spread, exact_at=exact_at)


def log_gamma(f: Ufunc, slope_at: Callable[[Any], Any]) -> Ufunc:
    """gammaln and digamma for x > 0: absolute rounding near their zeros, and their slopes at the interval's ends."""

    def rule(a: Any) -> Bounded:
        a = lift(a)
        x = a.v if a.v.dtype.kind == "f" else a.v.astype(float)
        v = f(x)
        below = x - a.e
        steepest = np.maximum(np.abs(slope_at(below)), np.abs(slope_at(x + a.e))) * (1 + 1e-9)
        inherited = np.where(a.e == 0, 0.0, steepest * a.e)
        e = inherited + ELEMENTARY * unit(v) * (np.abs(v).astype(float) + 1)
        return Bounded(v, np.where((below > 0) & ~np.isnan(e), e, np.inf))

    return rule


def log_add(f: Ufunc) -> Ufunc:
    """logaddexp: at most the larger error, and an absolute rounding where the value is near 0."""

    def rule(a: Any, b: Any) -> Bounded:
        a, b = operands(a, b)
        v = f(a.v, b.v)
        rounding = ELEMENTARY * unit(v) * (np.abs(v).astype(float) + 3)
        both = np.isneginf(a.v) & np.isneginf(b.v) & (a.e == 0) & (b.e == 0)
        return Bounded(v, np.where(both, 0.0, np.maximum(a.e, b.e) + rounding))

    return rule


def arctan2(a: Any, b: Any) -> Bounded:
    """The angle of (b, a): off by at most the angle that the error's disc is seen under; open at the cut."""
    a, b = operands(a, b)
    v = np.arctan2(a.v, b.v)
    ratio = np.hypot(a.e, b.e) / np.hypot(a.v.astype(float), b.v.astype(float)) * (1 + 1e-9)
    inherited = np.where(ratio < 1, np.arcsin(np.minimum(ratio, 1)) * (1 + 1e-9), SLACK * np.pi)
    # The sign of a zero is an accident, and it turns the angle.
    crosses = ~(np.abs(a.v) > a.e) & ((a.e != 0) | np.signbit(a.v) | (b.v == 0)) & ((b.v < b.e) | np.signbit(b.v))
    inherited = np.where(crosses, SLACK * 2 * np.pi, np.where((a.e == 0) & (b.e == 0), 0.0, inherited))
    return Bounded(v, inherited + ELEMENTARY * (unit(v) * np.abs(v).astype(float) + np.where(v == 0, 0.0, tiny(v))))


def copy_sign(a: Any, b: Any) -> Bounded:
    """|a| with the sign of b."""
    a, b = operands(a, b)
    v = np.copysign(a.v, b.v)
    open_ = ~(np.abs(b.v) > b.e) & ((b.e != 0) | np.signbit(b.v))
    return Bounded(v, np.where(open_, SLACK * (2 * np.abs(v).astype(float) + a.e), a.e))


def larger(f: Ufunc) -> Ufunc:
    """maximum or minimum: the error of the one taken, if the errors leave no doubt which."""

    def rule(a: Any, b: Any) -> Bounded:
        a, b = operands(a, b)
        v = f(a.v, b.v)
        e = np.maximum(a.e, b.e)
        if e.any():
            away = np.abs(a.v - b.v) > a.e + b.e
            e = np.where(away, np.where(v == a.v, a.e, b.e), e)
        return Bounded(v, e)

    return rule


def compare(f: Ufunc, ties_are_open: bool) -> Ufunc:
    """A comparison; open where the operands are within their errors. Equal numbers are equal for `==` and `!=`: a JAX
    gradient compares a maximum with the operand that it came from."""

    def rule(a: Any, b: Any) -> Any:
        a, b = operands(a, b)
        v = f(a.v, b.v)
        reach = a.e + b.e
        if not np.logical_or.reduce(reach, axis=None):
            return v
        apart = np.abs(np.subtract(a.v, b.v, dtype=float) if a.v.dtype.kind == "b" else a.v - b.v)
        still = ~(apart > reach) & (reach != 0)
        if not ties_are_open:
            still &= apart != 0
        return Bounded(v, still * SLACK) if still.any() else v

    return rule


def boolean(f: Ufunc) -> Ufunc:
    """A logical operation; open where the open operands would change its answer."""

    def rule(*arguments: Any) -> Bounded:
        parts = [lift(x) for x in arguments]
        v = f(*(x.v for x in parts))
        if not any(x.e.any() for x in parts):
            return Bounded(v)
        if v.dtype != np.bool_:
            return Bounded(v, np.full(np.shape(v), np.inf))
        e = np.zeros(np.shape(v))
        for choice in range(2 ** len(parts)):
            flipped = [x.v ^ ((x.e != 0) & bool(choice >> k & 1)) for k, x in enumerate(parts)]
            e = np.maximum(e, f(*flipped) != v)
        return Bounded(v, e * SLACK)

    return rule


def logical(f: Ufunc) -> Ufunc:
    """As `boolean`, of the truth of numbers."""
    decide = boolean(f)
    return lambda *arguments: decide(*(truth(lift(x)) for x in arguments))


def sign(a: Bounded) -> Bounded:
    """The sign, open where the error reaches zero."""
    v = np.sign(a.v)
    return Bounded(v, np.where(~(np.abs(a.v) > a.e) & (a.e != 0), SLACK * (1 + np.abs(v).astype(float)), 0.0))


def step(f: Ufunc) -> Ufunc:
    """floor, ceil, rint, trunc: off by the steps that the error crosses."""

    def rule(a: Bounded) -> Bounded:
        v = f(a.v)
        x = a.v.astype(float)
        above, below = f(np.nextafter(x + a.e, np.inf)), f(np.nextafter(x - a.e, -np.inf))
        return Bounded(v, np.where(a.e == 0, 0.0, SLACK * np.maximum(above - v, v - below)))

    return rule


def keeps_error(f: Ufunc) -> Ufunc:
    """A function that moves no value further than its argument moved."""
    return lambda a: Bounded(f(a.v), a.e.copy())


def on_values(f: Ufunc) -> Ufunc:
    """A question that the values alone answer."""
    return lambda *arguments: f(*(lift(x).v for x in arguments))


def erfc_units(x: Array) -> Any:
    """SciPy's erfc is 1 - erf below 1, and rounds x^2 before its exponential above."""
    return 3 * ELEMENTARY + 2 * x.astype(float) ** 2


def erf_slope(t: Array) -> Any:
    """A bound on erf'(t), 2 / sqrt(pi) exp(-t^2)."""
    return 1.1284 * np.exp(-t * t)


def sigmoid_spread(_x: Array, e: Array, v: Array) -> Any:
    """The error inherited by 1 / (1 + exp(-x)), whose slope is at most 1/4 and at most the value."""
    return np.where(e == 0, 0.0, np.minimum(e / 4, v * np.expm1(e)))
