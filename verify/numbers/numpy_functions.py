"""NumPy functions on `Bounded` arrays: reductions with their rounding, and functions that only move entries."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from verify.numbers.running_error import (
    Bounded,
    Unbounded,
    _tiny,
    _u,
    divide,
    is_short,
    lift,
    matmul,
    multiply,
    product,
    square_root,
)

Function = Callable[..., Any]


def _no_out(out: Any) -> None:
    if out is not None:
        raise Unbounded("a NumPy function with out=")


def add_up(x: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: bool = False, **options: Any) -> Any:
    """Sum: (n - 1) u times the sum of magnitudes, whatever the order of the terms; exact for short terms."""
    _no_out(out)
    if options.keys() - {"where", "initial"} or "where" in options:
        raise Unbounded("np.sum with where=")
    x = lift(x)
    if x.dtype == np.bool_:
        x = Bounded(x.v.astype(float), x.e)
    v = np.asarray(np.sum(x.v, axis=axis, keepdims=keepdims, dtype=dtype))
    e = np.asarray(np.sum(x.e, axis=axis, keepdims=keepdims))
    n = x.v.size // max(v.size, 1)
    if n > 1 and not (n <= 32 and is_short(x)):
        size = np.sum(np.abs(x.v), axis=axis, keepdims=keepdims, dtype=float)
        e = e + (n - 1) * _u(v) * size * (1 + n * _u(v))
    return Bounded(v, e)


def mean(x: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: bool = False, **options: Any) -> Any:
    """Mean: a sum, divided."""
    total = add_up(x, axis, dtype, out, keepdims, **options)
    return divide(total, np.asarray(lift(x).v.size // max(total.v.size, 1), dtype=total.v.dtype))


def variance(x: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: float = 0, keepdims: bool = False,
             correction: Any = None, mean: Any = None, **options: Any) -> Any:
    """Variance, as NumPy computes it: the mean of squared deviations from the mean."""
    x = lift(x)
    ddof = ddof if correction is None else correction
    centre = globals()["mean"](x, axis, dtype, None, True) if mean is None else mean
    deviation = x - centre
    total = add_up(multiply(deviation, deviation), axis, dtype, out, keepdims, **options)
    n = x.v.size // max(total.v.size, 1) - ddof
    return divide(total, np.asarray(n, dtype=total.v.dtype))


def deviation(x: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: float = 0, keepdims: bool = False,
              **options: Any) -> Any:
    """Standard deviation."""
    return square_root(variance(x, axis, dtype, out, ddof, keepdims, **options))


def multiply_up(x: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: bool = False, **_: Any) -> Any:
    """Product of entries: the product of (|v| + e) less the product of |v|, and n roundings."""
    _no_out(out)
    x = lift(x)
    v = np.asarray(np.prod(x.v, axis=axis, keepdims=keepdims, dtype=dtype))
    size = np.abs(x.v).astype(float)
    grown = np.prod(size + x.e, axis=axis, keepdims=keepdims)
    n = x.v.size // max(v.size, 1)
    return Bounded(v, np.where(grown == np.abs(v), 0.0, grown - np.abs(v)) * (1 + 1e-9) + (2 * n + 2) * _u(v) * grown)


def _extreme(f: Function) -> Function:
    def rule(x: Any, axis: Any = None, out: Any = None, keepdims: bool = False, **options: Any) -> Any:
        _no_out(out)
        x = lift(x)
        return Bounded(np.asarray(f(x.v, axis=axis, keepdims=keepdims, **options)),
                       np.asarray(np.max(x.e, axis=axis, keepdims=keepdims)))

    return rule


def _which(f: Function) -> Function:
    """argmax and argmin: refused where another entry is within its error of the extreme."""

    def rule(x: Any, axis: Any = None, out: Any = None, **options: Any) -> Any:
        _no_out(out)
        x = lift(x)
        at = f(x.v, axis=axis, **options)
        if x.e.any():
            best = np.max(x.v, axis=axis, keepdims=True) if f is np.argmax else np.min(x.v, axis=axis, keepdims=True)
            slack = x.e + np.max(x.e, axis=axis, keepdims=True)
            close = (np.abs(x.v - best) <= slack) & (x.v != best)
            if close.any():
                raise Unbounded(f"np.{f.__name__} of entries that rounding leaves tied")
        return at

    return rule


def cumulative_sum(x: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    """Cumulative sum: the k-th entry has k roundings."""
    _no_out(out)
    x = lift(x)
    v = np.cumsum(x.v, axis=axis, dtype=dtype)
    n = x.v.size if axis is None else x.v.shape[axis]
    e = np.cumsum(x.e, axis=axis)
    if n <= 32 and is_short(x):
        return Bounded(v, e)
    return Bounded(v, e + n * _u(v) * np.cumsum(np.abs(x.v), axis=axis))


def cumulative_product(x: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    """Cumulative product."""
    _no_out(out)
    x = lift(x)
    v = np.cumprod(x.v, axis=axis, dtype=dtype)
    grown = np.cumprod(np.abs(x.v) + x.e, axis=axis)
    n = x.v.size if axis is None else x.v.shape[axis]
    return Bounded(v, (grown - np.abs(v)) * (1 + 1e-9) + (2 * n + 2) * _u(v) * grown)


def choose(condition: Any, a: Any = None, b: Any = None) -> Any:
    """`np.where`: where rounding leaves the condition open, the bound covers both cases."""
    if a is None:
        raise Unbounded("np.where with one argument")
    cond = lift(condition)
    if isinstance(a, (int, float)) and not isinstance(a, np.generic) and isinstance(b, Bounded):
        a = np.asarray(a, dtype=b.v.dtype)
    if isinstance(b, (int, float)) and not isinstance(b, np.generic) and isinstance(a, Bounded):
        b = np.asarray(b, dtype=a.v.dtype)
    a, b = lift(a), lift(b)
    v = np.where(cond.v, a.v, b.v)
    e = np.where(cond.v, a.e, b.e)
    if cond.e.any():
        other = np.where(cond.v, b.v, a.v)
        other_e = np.where(cond.v, b.e, a.e)
        apart = np.where(other == v, 0.0, np.abs(other.astype(float) - v.astype(float)))
        e = np.where(cond.e > 0, np.maximum(e, apart + other_e), e)
    return Bounded(v, e + np.zeros(v.shape))


def _moves(f: Function) -> Function:
    """A function that only moves or copies entries: done to values and bounds alike."""

    def rule(x: Any, *args: Any, **options: Any) -> Any:
        if isinstance(x, (list, tuple)):
            parts = [lift(item) for item in x]
            return _pair(f([p.v for p in parts], *args, **options), f([p.e for p in parts], *args, **options))
        x = lift(x)
        return _pair(f(x.v, *args, **options), f(x.e, *args, **options))

    return rule


def _pair(v: Any, e: Any) -> Any:
    if isinstance(v, (list, tuple)):
        return [_pair(a, b) for a, b in zip(v, e, strict=True)]
    return Bounded(v, np.array(e) if e.base is None or not e.flags.writeable else e)


def _like(f: Function) -> Function:
    def rule(x: Any, *args: Any, **options: Any) -> Any:
        return Bounded(f(lift(x).v, *args, **options))

    return rule


def _einsum(spec: Any, *operands: Any, out: Any = None, **options: Any) -> Any:
    """`np.einsum`: products of the operands, summed over the labels that the output lacks."""
    _no_out(out)
    if not isinstance(spec, str):
        raise Unbounded("np.einsum without a subscript string")
    parts = [lift(x) for x in operands]
    v = np.asarray(np.einsum(spec, *(p.v for p in parts)))
    sizes: dict[str, int] = {}
    left, _, right = spec.replace(" ", "").partition("->")
    if "..." in spec or not right:
        terms = math.prod(max(p.v.shape, default=1) for p in parts)
    else:
        for labels, p in zip(left.split(","), parts, strict=True):
            sizes.update(zip(labels, p.v.shape, strict=True))
        terms = math.prod(n for label, n in sizes.items() if label not in right)
    if terms <= 32 and len(parts) <= 2 and all(is_short(p) for p in parts):
        return Bounded(v)
    sized = [np.abs(p.v).astype(float) for p in parts]
    size = np.einsum(spec, *sized)
    grown = np.einsum(spec, *(s + p.e for s, p in zip(sized, parts, strict=True)))
    units = (terms + len(parts) + 2) * _u(v)
    return Bounded(v, np.maximum(grown - size, 0) + units * grown + terms * _tiny(v))


def _tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    a, b = lift(a), lift(b)
    if isinstance(axes, int):
        k = math.prod(a.v.shape[a.ndim - axes :])
    else:
        k = math.prod(a.v.shape[d] for d in np.atleast_1d(axes[0]))
    return product(lambda x, y: np.tensordot(x, y, axes), a, b, k)


def _dot(a: Any, b: Any, out: Any = None) -> Any:
    _no_out(out)
    a, b = lift(a), lift(b)
    if a.ndim == 0 or b.ndim == 0:
        return multiply(a, b)
    return product(np.dot, a, b, a.v.shape[-1])


def _vdot(a: Any, b: Any) -> Any:
    return matmul(lift(a).reshape(-1), lift(b).reshape(-1))


def _outer(a: Any, b: Any, out: Any = None) -> Any:
    _no_out(out)
    return multiply(lift(a).reshape(-1, 1), lift(b).reshape(1, -1))


def _trace(x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    x = lift(x)
    return add_up(Bounded(np.diagonal(x.v, offset, axis1, axis2), np.diagonal(x.e, offset, axis1, axis2)), axis=-1)


def _clip(x: Any, a_min: Any = None, a_max: Any = None, out: Any = None, **options: Any) -> Any:
    _no_out(out)
    low, high = options.pop("min", a_min), options.pop("max", a_max)
    if low is not None:
        x = np.maximum(x, low)
    return x if high is None else np.minimum(x, high)


def _norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:  # noqa: A002
    x = lift(x)
    if ord not in (None, "fro", 2):
        raise Unbounded(f"np.linalg.norm with ord={ord!r}")
    if ord == 2 and axis is None and x.ndim != 1:
        raise Unbounded("np.linalg.norm with ord=2 of a matrix")
    return square_root(add_up(multiply(x, x), axis=axis, keepdims=keepdims))


def _sort(x: Any, axis: int = -1, **_: Any) -> Any:
    x = lift(x)
    v = np.sort(x.v, axis=axis)
    return Bounded(v, np.broadcast_to(np.max(x.e, axis=axis, keepdims=True), v.shape).copy())


def _argsort(x: Any, axis: int = -1, **options: Any) -> Any:
    x = lift(x)
    at = np.argsort(x.v, axis=axis, **options)
    if x.e.any():
        v, e = np.take_along_axis(x.v, at, axis=axis), np.take_along_axis(x.e, at, axis=axis)
        gap = np.abs(np.diff(v, axis=axis))
        reach = e.take(range(1, e.shape[axis]), axis) + e.take(range(e.shape[axis] - 1), axis)
        if ((gap <= reach) & (gap > 0)).any():
            raise Unbounded("np.argsort of entries that rounding leaves tied")
    return at


def _all_of(f: Function) -> Function:
    def rule(x: Any, axis: Any = None, out: Any = None, keepdims: bool = False, **_: Any) -> Any:
        _no_out(out)
        x = lift(x)
        v = f(x.v, axis=axis, keepdims=keepdims)
        if x.dtype == np.bool_ and x.e.any():
            return Bounded(np.asarray(v), np.asarray(np.max(x.e, axis=axis, keepdims=keepdims)))
        return v

    return rule


def _values(f: Function) -> Function:
    return lambda x, *args, **options: f(x.v if isinstance(x, Bounded) else x, *args, **options)


def _accumulate_extreme(f: Any) -> Function:
    def rule(x: Any, axis: int = 0, **_: Any) -> Bounded:
        x = lift(x)
        return Bounded(f.accumulate(x.v, axis=axis), np.maximum.accumulate(x.e, axis=axis))

    return rule


def _logaddexp_accumulate(x: Any, axis: int = 0, **_: Any) -> Bounded:
    x = lift(x)
    v = np.logaddexp.accumulate(x.v, axis=axis)
    n = x.v.shape[axis]
    size = np.maximum.accumulate(np.abs(v), axis=axis) + 1
    return Bounded(v, np.maximum.accumulate(x.e, axis=axis) + 8 * n * _u(v) * size)


def add_at(out: Bounded, where: Any, values: Any) -> None:
    """`np.add.at` on a Bounded target: every addition rounds the running total."""
    values = lift(values)
    count = np.zeros(out.shape)
    size = np.abs(out.v)
    np.add.at(count, where, np.ones(values.shape))
    np.add.at(size, where, np.abs(values.v))
    exact = is_short(out) and is_short(values) and count.max(initial=0) <= 32
    np.add.at(out.v, where, values.v)
    np.add.at(out.e, where, values.e)
    if not exact:
        out.e += count * _u(out.v) * size


def _round(x: Any, decimals: int = 0, out: Any = None) -> Any:
    _no_out(out)
    if decimals:
        raise Unbounded("np.round with decimals")
    return np.rint(x)


def _nan_to_num(x: Any, **_: Any) -> Any:
    x = lift(x)
    if np.isfinite(x.v).all():
        return x.copy()
    raise Unbounded("np.nan_to_num of a value that is not finite")


def _pad(x: Any, width: Any, mode: str = "constant", **options: Any) -> Any:
    x = lift(x)
    e_options = {"constant_values": 0} if mode == "constant" else {}
    return Bounded(np.pad(x.v, width, mode, **options), np.pad(x.e, width, mode, **e_options))


def _full_like(x: Any, fill: Any, *args: Any, **options: Any) -> Any:
    fill = lift(fill)
    return Bounded(np.full_like(lift(x).v, fill.v, *args, **options), np.full_like(lift(x).e, fill.e))


UFUNC_METHODS: Mapping[tuple[Any, str], Function] = {
    (np.maximum, "accumulate"): _accumulate_extreme(np.maximum),
    (np.minimum, "accumulate"): _accumulate_extreme(np.minimum),
    (np.logaddexp, "accumulate"): _logaddexp_accumulate,
    (np.add, "reduce"): lambda x, axis=0, **options: add_up(x, axis, **options),
    (np.add, "accumulate"): lambda x, axis=0, **options: cumulative_sum(x, axis, **options),
    (np.multiply, "reduce"): lambda x, axis=0, **options: multiply_up(x, axis, **options),
    (np.maximum, "reduce"): lambda x, axis=0, **options: _extreme(np.max)(x, axis, **options),
    (np.minimum, "reduce"): lambda x, axis=0, **options: _extreme(np.min)(x, axis, **options),
    (np.subtract, "outer"): lambda a, b: lift(a).reshape(*lift(a).shape, *(1,) * lift(b).ndim) - b,
    (np.multiply, "outer"): lambda a, b: lift(a).reshape(*lift(a).shape, *(1,) * lift(b).ndim) * b,
    (np.add, "at"): add_at,
}

FUNCTIONS: Mapping[Any, Function] = {
    **{
        f: _moves(f)
        for f in (
            np.reshape, np.transpose, np.swapaxes, np.moveaxis, np.squeeze, np.expand_dims, np.broadcast_to,
            np.concatenate, np.stack, np.hstack, np.vstack, np.column_stack, np.dstack, np.flip, np.fliplr, np.flipud,
            np.roll, np.rot90, np.repeat, np.tile, np.take, np.take_along_axis, np.diagonal, np.diag, np.diagflat,
            np.tril, np.triu, np.ravel, np.split, np.array_split, np.hsplit, np.vsplit, np.atleast_1d, np.atleast_2d,
            np.atleast_3d, np.copy, np.rollaxis, np.delete, np.compress,
        )
    },
    **{f: _like(f) for f in (np.zeros_like, np.ones_like, np.empty_like)},
    **{f: _values(f) for f in (np.shape, np.ndim, np.size, np.iscomplexobj, np.isrealobj, np.result_type)},
    np.full_like: _full_like,
    np.sum: add_up,
    np.mean: mean,
    np.average: lambda x, axis=None, weights=None, **options: (
        mean(x, axis, **options) if weights is None
        else divide(add_up(multiply(x, weights), axis, **options), add_up(multiply(np.ones_like(x), weights), axis, **options))
    ),
    np.var: variance,
    np.std: deviation,
    np.prod: multiply_up,
    np.max: _extreme(np.max),
    np.min: _extreme(np.min),
    np.argmax: _which(np.argmax),
    np.argmin: _which(np.argmin),
    np.cumsum: cumulative_sum,
    np.cumprod: cumulative_product,
    np.where: choose,
    np.einsum: _einsum,
    np.tensordot: _tensordot,
    np.dot: _dot,
    np.inner: lambda a, b: _dot(a, lift(b).T) if lift(b).ndim == 2 else _dot(a, b),
    np.vdot: _vdot,
    np.outer: _outer,
    np.trace: _trace,
    np.clip: _clip,
    np.linalg.norm: _norm,
    np.sort: _sort,
    np.argsort: _argsort,
    np.any: _all_of(np.any),
    np.all: _all_of(np.all),
    np.round: _round,
    np.nan_to_num: _nan_to_num,
    np.pad: _pad,
    np.real: lambda x: x,
}
