"""The four operations, matrix products and powers of `Bounded` arrays."""

from collections.abc import Callable
from typing import Any

import numpy as np

from verify.numbers.running_error import (
    SHORT_TERMS,
    SLACK,
    Array,
    Bounded,
    Ufunc,
    is_short,
    lift,
    operands,
    roundings,
    tiny,
    unit,
)

ELEMENTARY = 8.0
_SPLIT = 2.0**27 + 1
_REDUCE: Any = np.add.reduce
_ANY: Any = np.logical_or.reduce  # the methods of arrays come to these too, by way of Python
_ALL: Any = np.logical_and.reduce
_LOW = 2.0**-960  # below, the error of a product may itself underflow


def rounded(v: Array, e: Any, units: float = 1.0) -> Bounded:
    """size_a value with its inherited error and the rounding of one operation, underflow included."""
    if v.dtype.kind != "f":
        return Bounded(v, e + np.zeros(v.shape))
    return Bounded(v, e + units * (unit(v) * np.abs(v) + np.where(v == 0, 0.0, tiny(v))))


def _is_finite(e: Any) -> bool:
    """Whether all bounds are finite, in one reduction."""
    total = _REDUCE(e, axis=None)
    return bool(total - total == 0)


def _is_zero(a: Bounded) -> Any:
    return (a.v == 0) & (a.e == 0)


def _is_infinite(a: Bounded) -> Any:
    """Infinite, and not by overflow: a mask of -inf."""
    return np.isinf(a.v) & (a.e == 0)


def linear(f: Ufunc, sign: int) -> Ufunc:
    """Sum or difference: the rounding error is measured by Knuth's TwoSum, in which it is itself exact."""

    def rule(a: Any, b: Any) -> Bounded:
        a, b = operands(a, b)
        x, y = a.v, b.v
        v = f(x, y)
        e = a.e + b.e
        if v.dtype.kind != "f":
            return Bounded(v, e)
        if sign > 0:
            part = v - x
            lost = (x - (v - part)) + (y - part)
        else:
            part = x - v
            lost = (x - (v + part)) - (y - part)
        e = e + np.abs(lost) * SLACK
        if not _is_finite(e):
            sure = (_is_infinite(a) & np.isfinite(b.e)) | (_is_infinite(b) & np.isfinite(a.e))
            e = np.where(sure & np.isinf(v), 0.0, np.where(np.isnan(e), np.inf, e))
        return Bounded(v, e)

    return rule


def multiply(a: Any, b: Any) -> Bounded:
    """Product; adds nothing where it is exact."""
    a, b = operands(a, b)
    v = np.multiply(a.v, b.v)
    size_a, size_b = np.abs(a.v), np.abs(b.v)
    e = (size_a + a.e) * b.e + size_b * a.e
    if v.dtype.kind != "f":
        return Bounded(v, np.minimum(e, 1) if v.dtype.kind == "b" else e)
    lost = np.abs(_product_error(a.v, b.v, v))
    if v.dtype.itemsize < 8:
        e = e + lost * SLACK
    else:
        size = np.abs(v)
        rounding = (lost != 0) * (unit(v) * size)
        low = size < _LOW
        if _ANY(low, axis=None):
            rounding = np.where(low, np.where(_is_zero(a) | _is_zero(b), 0.0, unit(v) * size + 4 * tiny(v)), rounding)
        e = e + rounding
    if not _is_finite(e):
        e = _product_beside_infinities(a, b, v)
    return Bounded(v, e)


def _product_error(x: Array, y: Array, v: Array) -> Any:
    """x y - v, exact for float64 (Veltkamp and Dekker) and below, short of under- and overflow."""
    if v.dtype.itemsize < 8:
        return np.multiply(x, y, dtype=float) - v
    if v.dtype.itemsize > 8:
        return v
    x, y = x.astype(float, copy=False), y.astype(float, copy=False)
    c = _SPLIT * x
    x1 = c - (c - x)
    x2 = x - x1
    c = _SPLIT * y
    y1 = c - (c - y)
    y2 = y - y1
    return x2 * y2 - (((v - x1 * y1) - x2 * y1) - x1 * y2)


def _product_beside_infinities(a: Bounded, b: Bounded, v: Array) -> Any:
    """The bound of a product where the plain one is not finite: 0 times an unknown is 0."""
    size_a, size_b = np.abs(a.v), np.abs(b.v)
    e = _times(size_a, b.e) + _times(size_b, a.e) + _times(a.e, b.e) + unit(v) * np.abs(v) + 4 * tiny(v)
    sure = (_is_infinite(a) & (b.e < size_b)) | (_is_infinite(b) & (a.e < size_a))
    sure |= (v == 0) & (_is_zero(a) | _is_zero(b))
    return np.where(sure, 0.0, np.where(np.isnan(e), np.inf, e))


def _times(x: Any, e: Any) -> Any:
    """x e, with 0 where either is 0 even if the other is infinite."""
    return np.where((e == 0) | (x == 0), 0.0, x * e)


def divide(a: Any, b: Any) -> Bounded:
    """Quotient; the bound is infinite where the denominator's error reaches zero."""
    a, b = operands(a, b)
    v = np.divide(a.v, b.v)
    size = np.abs(v).astype(float, copy=False) + tiny(v)
    size_b = np.abs(b.v)
    least = size_b - b.e
    inherited = (a.e + size * b.e) / least
    # A power of two divides exactly, unless it takes the quotient out of range.
    inexact = (v * b.v != a.v) | ((np.frexp(size_b)[0] != 0.5) & (a.v != 0))
    e = inherited + inexact * (unit(v) * size + tiny(v))
    if not (_ALL(least > 0, axis=None) and _is_finite(e)):
        e = np.where(_is_zero(a) & (v == 0), 0.0, e)
        e = np.where((least > 0) & ~np.isnan(e), e, np.inf)
    return Bounded(v, e)


def matmul(a: Any, b: Any) -> Bounded:
    """Matrix product: gamma_(k + 2) |a| |b| and the inherited errors; exact for short operands."""
    a, b = operands(a, b)
    return product(np.matmul, a, b, a.v.shape[-1] if a.v.ndim else 1)


def product(f: Callable[[Any, Any], Any], a: Bounded, b: Bounded, k: int) -> Bounded:
    """size_a bilinear function of two arrays in which every entry sums k products."""
    v = np.asarray(f(a.v, b.v))
    if k <= SHORT_TERMS and is_short(a) and is_short(b):
        return Bounded(v)
    size_a, size_b = np.abs(a.v).astype(float, copy=False), np.abs(b.v).astype(float, copy=False)
    e = np.asarray(f(size_a, b.e + roundings(k + 2, v) * size_b))
    if _ANY(a.e, axis=None):
        e = e + f(a.e, size_b + b.e)
    if _ALL(e, axis=None):
        return Bounded(v, e + k * tiny(v))
    touched = np.asarray(f(((size_a != 0) | (a.e != 0)).astype(float), ((size_b != 0) | (b.e != 0)).astype(float)))
    return Bounded(v, e + (k * tiny(v)) * (touched != 0))


def power(a: Any, b: Any) -> Bounded:
    """Power: the condition in both arguments, for integer exponents by the binomial bound."""
    a, b = operands(a, b)
    if b.ndim == 0 and b.v == 2 and b.e == 0 and np.result_type(a.v, b.v) == a.v.dtype:
        return multiply(a, a)
    n = np.asarray(b.v, dtype=float)
    whole = bool((n == np.rint(n)).all()) and not b.e.any()
    v = np.power(a.v, b.v)
    size, height = np.abs(a.v).astype(float), np.abs(v).astype(float) + tiny(v)
    lower = -np.log1p(-np.minimum(quotient(a.e, size), 1))
    if whole:
        upper = np.log1p(quotient(a.e, size))
        inherited = height * np.expm1(_times(np.abs(n), np.where(n > 0, upper, lower)))
        inherited = np.where((size == 0) & (n > 0), np.power(a.e, np.abs(n)), inherited)
        inherited = np.where(n == 0, 0.0, inherited)
        exact = (n == 0) | (n == 1) | _is_zero(a)
    else:
        spread = _times(np.abs(n), lower) + _times(np.abs(np.log(size)), b.e) + _times(lower, b.e)
        inherited = height * np.expm1(spread)
        exact = _is_zero(a) & (n > 0) & (b.e == 0)
        inherited = np.where(exact, 0.0, inherited)
    rounding = np.where(exact | (_is_one(a) & (b.e == 0)), 0.0, ELEMENTARY * (unit(v) * height + tiny(v)))
    return Bounded(v, np.where(np.isinf(v), np.inf, inherited + rounding))


def _is_one(a: Bounded) -> Any:
    return (a.v == 1) & (a.e == 0)


def float_power(a: Any, b: Any) -> Bounded:
    """`np.float_power`, which works in float64 at least."""
    return power(lift(a).astype(float), lift(b).astype(float))


def quotient(a: Any, b: Any) -> Any:
    """a / b of magnitudes, with 0 / 0 = 0."""
    return np.where(b > 0, a / np.where(b > 0, b, 1), np.where(a == 0, 0.0, np.inf))


def reciprocal(a: Any) -> Bounded:
    """One by a."""
    return divide(np.ones((), lift(a).dtype), a)
