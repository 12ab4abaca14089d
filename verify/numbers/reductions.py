"""Reductions of `Bounded` arrays, with the rounding of all their terms."""

from collections.abc import Callable
from typing import Any

import numpy as np

from verify.numbers.arithmetic import ELEMENTARY, divide, multiply
from verify.numbers.elementary import square_root
from verify.numbers.running_error import (
    SHORT_TERMS,
    Bounded,
    Unbounded,
    is_short,
    lift,
    roundings,
    tiny,
    truth,
    unit,
)

Function = Callable[..., Any]
_reduce: Any = np.add.reduce


def refuse_out(out: Any) -> None:
    """NumPy functions with out= are not followed."""
    if out is not None:
        raise Unbounded("a NumPy function with out=")


def _refuse(name: str, options: dict[str, Any]) -> None:
    if options:
        raise Unbounded(f"np.{name} with {', '.join(options)}")


def add_up(x: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: bool = False, **options: Any) -> Any:
    """Sum: gamma_(n - 1) times the sum of magnitudes, whatever the order of the terms; exact for short terms."""
    refuse_out(out)
    _refuse("sum", options)
    x = lift(x) if dtype is None else lift(x).astype(dtype)
    v = np.asarray(_reduce(x.v, axis=axis, keepdims=keepdims))
    e = _reduce(x.e, axis=axis, keepdims=keepdims)
    n = x.v.size // max(v.size, 1)
    if n > 1 and v.dtype.kind == "f" and not (n <= SHORT_TERMS and is_short(x)):
        size = _reduce(np.abs(x.v), axis=axis, keepdims=keepdims, dtype=float)
        e = e + roundings(n - 1, v) * size
    return Bounded(v, e)


def mean(x: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: bool = False, **options: Any) -> Any:
    """Mean: a sum, divided."""
    total = add_up(x, axis, dtype, out, keepdims, **options)
    return divide(total, np.asarray(lift(x).v.size // max(total.v.size, 1), dtype=total.v.dtype))


def variance(x: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: float = 0, keepdims: bool = False,
             correction: Any = None, **options: Any) -> Any:
    """Variance, as NumPy computes it: the mean of squared deviations from the mean."""
    x = lift(x)
    ddof = ddof if correction is None else correction
    centre = options.pop("mean", None)
    deviation = x - (mean(x, axis, dtype, None, True) if centre is None else centre)
    total = add_up(multiply(deviation, deviation), axis, dtype, out, keepdims, **options)
    n = max(x.v.size // max(total.v.size, 1) - ddof, 0)
    return divide(total, np.asarray(n, dtype=total.v.dtype))


def deviation(x: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: float = 0, keepdims: bool = False,
              **options: Any) -> Any:
    """Standard deviation."""
    return square_root(variance(x, axis, dtype, out, ddof, keepdims, **options))


def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:  # noqa: A002
    """`np.linalg.norm`, Euclidean or Frobenius."""
    x = lift(x)
    vector = isinstance(axis, int) or (axis is None and x.ndim == 1)
    if ord is not None and not (ord == "fro" and not vector) and not (ord == 2 and vector):
        raise Unbounded(f"np.linalg.norm with ord={ord!r}")
    return square_root(add_up(multiply(x, x), axis=axis, keepdims=keepdims))


def _product_bound(x: Bounded, v: Any, multiply_all: Function) -> Any:
    """The bound on products of many entries.

    The product of (|v| + e) less that of |v|, the roundings of both of these, of v, and of |v| + e; and what an
    intermediate underflow loses, which later factors may magnify.
    """
    size = np.abs(x.v).astype(float)
    grown, plain = multiply_all(size + x.e), multiply_all(size)
    n = x.v.size
    whole = multiply_all(np.maximum(size, 1)) < 2.0**20 if (x.v == np.rint(x.v)).all() and not x.e.any() else False
    magnified = n * tiny(v) * multiply_all(np.maximum(size + x.e, 1))
    vanishes = multiply_all(np.where((x.v == 0) & (x.e == 0), 0.0, 1.0)) == 0
    e = (grown - plain) + 4 * roundings(n, v) * grown + magnified
    return np.where(whole | (vanishes & (v == 0)), 0.0, e)


def multiply_up(x: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: bool = False,
                **options: Any) -> Any:
    """Product of entries."""
    refuse_out(out)
    _refuse("prod", options)
    x = lift(x) if dtype is None else lift(x).astype(dtype)
    v = np.asarray(np.prod(x.v, axis=axis, keepdims=keepdims))
    if v.size == x.v.size:
        return Bounded(v, x.e.reshape(v.shape).copy())
    return Bounded(v, _product_bound(x, v, lambda t: np.prod(t, axis=axis, keepdims=keepdims)))


def extreme(f: Function) -> Function:
    """max and min: off by at most the largest error."""

    def rule(x: Any, axis: Any = None, out: Any = None, keepdims: bool = False, **options: Any) -> Any:
        refuse_out(out)
        _refuse(f.__name__, options)
        x = lift(x)
        return Bounded(f(x.v, axis=axis, keepdims=keepdims), np.max(x.e, axis=axis, keepdims=keepdims))

    return rule


def which(f: Function) -> Function:
    """argmax and argmin: refused where another entry is within its error of the extreme."""

    def rule(x: Any, axis: Any = None, out: Any = None, keepdims: bool = False) -> Any:
        refuse_out(out)
        x = lift(x)
        at = f(x.v, axis=axis, keepdims=keepdims)
        if x.e.any():
            rows, errors = (x.v.ravel(), x.e.ravel()) if axis is None else (x.v, x.e)
            k = 0 if axis is None else axis
            first = f(rows, axis=k, keepdims=True)
            reach = errors + np.take_along_axis(errors, first, axis=k)
            rival = ~(np.abs(rows - np.take_along_axis(rows, first, axis=k)) > reach) & (reach != 0)
            np.put_along_axis(rival, first, False, axis=k)
            if rival.any():
                raise Unbounded(f"np.{f.__name__} of entries that rounding leaves tied")
        return at

    return rule


def sort(x: Any, axis: Any = -1, **_: Any) -> Any:
    """Sorted entries: each is off by at most the largest error."""
    x = lift(x)
    v = np.sort(x.v, axis=axis)
    e = x.e.ravel() if axis is None else x.e
    return Bounded(v, np.broadcast_to(np.max(e, axis=-1 if axis is None else axis, keepdims=True), v.shape).copy())


def argsort(x: Any, axis: int = -1, **options: Any) -> Any:
    """The order of the entries; refused where rounding leaves it open."""
    x = lift(x)
    at = np.argsort(x.v, axis=axis, **options)
    if x.e.any():
        v, e = np.take_along_axis(x.v, at, axis=axis), np.take_along_axis(x.e, at, axis=axis)
        n = e.shape[axis]
        reach = e.take(range(1, n), axis) + e.take(range(n - 1), axis)
        if (~(np.diff(v, axis=axis) > reach) & (reach != 0)).any():
            raise Unbounded("np.argsort of entries that rounding leaves tied")
    return at


def cumulative_sum(x: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    """Cumulative sum."""
    refuse_out(out)
    x = lift(x) if dtype is None else lift(x).astype(dtype)
    v = np.cumsum(x.v, axis=axis)
    n = x.v.size if axis is None else x.v.shape[axis]
    e = np.cumsum(x.e, axis=axis)
    if v.dtype.kind != "f" or (n <= SHORT_TERMS and is_short(x)):
        return Bounded(v, e)
    return Bounded(v, e + roundings(max(n - 1, 0), v) * np.cumsum(np.abs(x.v), axis=axis, dtype=float))


def cumulative_product(x: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    """Cumulative product."""
    refuse_out(out)
    x = lift(x) if dtype is None else lift(x).astype(dtype)
    v = np.cumprod(x.v, axis=axis)
    return Bounded(v, _product_bound(x, v, lambda t: np.cumprod(t, axis=axis)))


def cumulative_extreme(f: Any) -> Function:
    """The largest or smallest so far."""

    def rule(x: Any, axis: int = 0) -> Bounded:
        x = lift(x)
        return Bounded(f.accumulate(x.v, axis=axis), np.maximum.accumulate(x.e, axis=axis))

    return rule


def cumulative_log_add(x: Any, axis: int = 0) -> Bounded:
    """`np.logaddexp.accumulate`: every step rounds the total so far."""
    x = lift(x)
    v = np.logaddexp.accumulate(x.v, axis=axis)
    n = x.v.shape[axis]
    size = np.maximum.accumulate(np.abs(v), axis=axis) + 3.0
    return Bounded(v, np.maximum.accumulate(x.e, axis=axis) + ELEMENTARY * n * unit(v) * size)


def truth_of_all(f: Function) -> Function:
    """any and all: open where the open entries would change the answer."""

    def rule(x: Any, axis: Any = None, out: Any = None, keepdims: bool = False, **options: Any) -> Any:
        refuse_out(out)
        _refuse(f.__name__, options)
        x = truth(lift(x))
        v = f(x.v, axis=axis, keepdims=keepdims)
        if not x.e.any():
            return v
        least = f(x.v & (x.e == 0), axis=axis, keepdims=keepdims)
        most = f(x.v | (x.e != 0), axis=axis, keepdims=keepdims)
        return Bounded(v, (least != most).astype(float)) if np.any(least != most) else v

    return rule


def add_at(out: Bounded, where: Any, values: Any) -> None:
    """`np.add.at` on a Bounded target: every addition rounds the running total."""
    values = lift(values)
    count = np.zeros(out.shape, int)
    size = np.abs(out.v).astype(float)
    np.add.at(count, where, np.ones(values.shape, int))
    np.add.at(size, where, np.abs(values.v).astype(float))
    most = int(count.max(initial=0))
    exact = is_short(out) and is_short(values) and most < SHORT_TERMS
    np.add.at(out.v, where, values.v)
    np.add.at(out.e, where, values.e)
    if not exact:
        out.e[...] += (count > 0) * (roundings(most, out.v) * size)
