"""NumPy functions on `Bounded` arrays: products, choices, functions that only move entries, and the table of all."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from verify.numbers.arithmetic import divide, matmul, multiply, product
from verify.numbers.reductions import (
    Function,
    add_at,
    add_up,
    argsort,
    cumulative_extreme,
    cumulative_log_add,
    cumulative_product,
    cumulative_sum,
    deviation,
    extreme,
    mean,
    multiply_up,
    norm,
    refuse_out,
    sort,
    truth_of_all,
    variance,
    which,
)
from verify.numbers.running_error import (
    SHORT_TERMS,
    SLACK,
    Bounded,
    Unbounded,
    as_index,
    is_short,
    lift,
    operands,
    roundings,
    tiny,
    truth,
)


def choose(condition: Any, a: Any = None, b: Any = None) -> Any:
    """`np.where`: where rounding leaves the condition open, the bound covers both cases."""
    if a is None or b is None:
        raise Unbounded("np.where with one argument")
    cond = truth(lift(condition))
    a, b = operands(a, b)
    v = np.where(cond.v, a.v, b.v)
    e = np.where(cond.v, a.e, b.e)
    if cond.e.any():
        other = np.where(cond.v, b.v, a.v)
        other_e = np.where(cond.v, b.e, a.e)
        apart = np.where(other == v, 0.0, np.abs(other.astype(float) - v.astype(float)))
        e = np.where(cond.e > 0, np.maximum(e, SLACK * (apart + other_e)), e)
    return Bounded(v, e)


def _each(rule: Function) -> Function:
    """A function of several arrays, done to each of them."""
    return lambda *arrays: rule(arrays[0]) if len(arrays) == 1 else tuple(map(rule, arrays))


def moves(f: Function) -> Function:
    """A function that only moves or copies entries: done to values and bounds alike."""

    def rule(x: Any, *args: Any, **options: Any) -> Any:
        args = tuple(as_index(item) for item in args)
        options = {name: as_index(item) for name, item in options.items()}
        if isinstance(x, (list, tuple)):
            parts = [lift(item) for item in x]
            return _pair(f([p.v for p in parts], *args, **options), f([p.e for p in parts], *args, **options))
        x = lift(x)
        return _pair(f(x.v, *args, **options), f(x.e, *args, **options))

    return rule


def _pair(v: Any, e: Any) -> Any:
    if isinstance(v, (list, tuple)):
        return [_pair(a, b) for a, b in zip(v, e, strict=True)]
    return Bounded(v, e)


def _like(f: Function) -> Function:
    return lambda x, *args, **options: Bounded(f(lift(x).v, *args, **options))


def _full_like(x: Any, fill: Any, *args: Any, **options: Any) -> Any:
    out = Bounded(np.zeros_like(lift(x).v, *args, **options))
    out[...] = fill
    return out


def _values(f: Function) -> Function:
    return lambda *args, **options: f(*(x.v if isinstance(x, Bounded) else x for x in args), **options)


def _einsum(spec: Any, *arrays: Any, out: Any = None, **_: Any) -> Any:
    """`np.einsum`: products of the operands, summed over the labels that the output lacks."""
    refuse_out(out)
    if not isinstance(spec, str):
        raise Unbounded("np.einsum without a subscript string")
    parts = [lift(x) for x in arrays]
    v = np.asarray(np.einsum(spec, *(p.v for p in parts)))
    terms = _terms(spec, [p.v.shape for p in parts])
    if terms <= SHORT_TERMS and len(parts) <= 2 and all(is_short(p) for p in parts):
        return Bounded(v)
    sizes = [np.abs(p.v).astype(float) for p in parts]
    grown = [s + p.e for s, p in zip(sizes, parts, strict=True)]
    e = roundings(terms + len(parts) + 2, v) * np.einsum(spec, *sizes)
    for k, p in enumerate(parts):
        if p.e.any():
            e = e + np.einsum(spec, *sizes[:k], p.e, *grown[k + 1 :])
    magnified = math.prod(max(1.0, float(np.max(g, initial=0))) for g in grown[:-1]) if len(parts) > 2 else 1.0
    touched = np.einsum(spec, *(((p.v != 0) | (p.e != 0)).astype(float) for p in parts)) != 0
    return Bounded(v, e + touched * (terms * len(parts) * tiny(v) * magnified))


def _terms(spec: str, shapes: list[tuple[int, ...]]) -> int:
    """An upper bound on the number of products in one entry of an einsum."""
    left, arrow, right = spec.replace(" ", "").partition("->")
    if "." in spec:
        return math.prod(math.prod(shape) for shape in shapes)
    sizes: dict[str, int] = {}
    for labels, shape in zip(left.split(","), shapes, strict=True):
        for label, n in zip(labels, shape, strict=True):
            sizes[label] = max(n, sizes.get(label, 0))
    return math.prod(n for label, n in sizes.items() if not arrow or label not in right)


def _tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    a, b = lift(a), lift(b)
    if isinstance(axes, int):
        k = math.prod(a.v.shape[a.ndim - axes :])
    else:
        k = math.prod(a.v.shape[d] for d in np.atleast_1d(axes[0]))
    return product(lambda x, y: np.tensordot(x, y, axes), a, b, k)


def _dot(a: Any, b: Any, out: Any = None) -> Any:
    refuse_out(out)
    a, b = lift(a), lift(b)
    if a.ndim == 0 or b.ndim == 0:
        return multiply(a, b)
    return product(np.dot, a, b, a.v.shape[-1])


def _inner(a: Any, b: Any) -> Any:
    a, b = lift(a), lift(b)
    if a.ndim == 0 or b.ndim == 0:
        return multiply(a, b)
    return product(np.inner, a, b, a.v.shape[-1])


def _vdot(a: Any, b: Any) -> Any:
    return matmul(lift(a).reshape(-1), lift(b).reshape(-1))


def _outer(a: Any, b: Any, out: Any = None) -> Any:
    refuse_out(out)
    return multiply(lift(a).reshape(-1, 1), lift(b).reshape(1, -1))


def _trace(x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    x = lift(x)
    return add_up(Bounded(np.diagonal(x.v, offset, axis1, axis2), np.diagonal(x.e, offset, axis1, axis2)), axis=-1)


def _clip(x: Any, a_min: Any = None, a_max: Any = None, out: Any = None, **options: Any) -> Any:
    refuse_out(out)
    low, high = options.pop("min", a_min), options.pop("max", a_max)
    if low is not None:
        x = np.maximum(x, low)
    return x if high is None else np.minimum(x, high)


def _average(x: Any, axis: Any = None, weights: Any = None, **options: Any) -> Any:
    if weights is None:
        return mean(x, axis, **options)
    x, weights = lift(x), lift(weights)
    if options or x.shape != weights.shape:
        raise Unbounded("np.average with weights of another shape")
    return divide(add_up(multiply(x, weights), axis), add_up(weights, axis))


def _round(x: Any, decimals: int = 0, out: Any = None) -> Any:
    refuse_out(out)
    if decimals:
        raise Unbounded("np.round with decimals")
    return np.rint(x)


def _nan_to_num(x: Any, **_: Any) -> Any:
    x = lift(x)
    if np.isfinite(x.v).all():
        return x.copy()
    raise Unbounded("np.nan_to_num of a value that is not finite")


def _pad(x: Any, pad_width: Any, mode: str = "constant", **options: Any) -> Any:
    if mode not in ("constant", "edge", "reflect", "symmetric", "wrap"):
        raise Unbounded(f"np.pad with mode={mode!r}")
    x = lift(x)
    return Bounded(np.pad(x.v, pad_width, mode, **options), np.pad(x.e, pad_width, mode))  # type: ignore[call-overload]


MOVING = (
    np.reshape, np.transpose, np.swapaxes, np.moveaxis, np.squeeze, np.expand_dims, np.broadcast_to, np.concatenate,
    np.stack, np.hstack, np.vstack, np.column_stack, np.dstack, np.flip, np.fliplr, np.flipud, np.roll, np.rot90,
    np.repeat, np.tile, np.take, np.take_along_axis, np.diagonal, np.diag, np.diagflat, np.tril, np.triu, np.ravel,
    np.split, np.array_split, np.hsplit, np.vsplit, np.copy, np.rollaxis, np.delete,
)
MOVING_EACH = (np.atleast_1d, np.atleast_2d, np.atleast_3d)
ASKING = (np.shape, np.ndim, np.size, np.iscomplexobj, np.isrealobj, np.result_type)

UFUNC_METHODS: Mapping[tuple[Any, str], Function] = {
    (np.maximum, "accumulate"): cumulative_extreme(np.maximum),
    (np.minimum, "accumulate"): cumulative_extreme(np.minimum),
    (np.logaddexp, "accumulate"): cumulative_log_add,
    (np.add, "reduce"): lambda x, axis=0, **options: add_up(x, axis, **options),
    (np.add, "accumulate"): lambda x, axis=0, **options: cumulative_sum(x, axis, **options),
    (np.multiply, "reduce"): lambda x, axis=0, **options: multiply_up(x, axis, **options),
    (np.maximum, "reduce"): lambda x, axis=0, **options: extreme(np.max)(x, axis, **options),
    (np.minimum, "reduce"): lambda x, axis=0, **options: extreme(np.min)(x, axis, **options),
    (np.add, "at"): add_at,
}

FUNCTIONS: Mapping[Any, Function] = {
    **{f: moves(f) for f in MOVING},
    **{f: _each(moves(f)) for f in MOVING_EACH},
    **{f: _like(f) for f in (np.zeros_like, np.ones_like, np.empty_like)},
    **{f: _values(f) for f in ASKING},
    np.full_like: _full_like,
    np.sum: add_up,
    np.mean: mean,
    np.average: _average,
    np.var: variance,
    np.std: deviation,
    np.prod: multiply_up,
    np.max: extreme(np.max),
    np.min: extreme(np.min),
    np.argmax: which(np.argmax),
    np.argmin: which(np.argmin),
    np.cumsum: cumulative_sum,
    np.cumprod: cumulative_product,
    np.where: choose,
    np.einsum: _einsum,
    np.tensordot: _tensordot,
    np.dot: _dot,
    np.inner: _inner,
    np.vdot: _vdot,
    np.outer: _outer,
    np.trace: _trace,
    np.clip: _clip,
    np.linalg.norm: norm,
    np.sort: sort,
    np.argsort: argsort,
    np.any: truth_of_all(np.any),
    np.all: truth_of_all(np.all),
    np.round: _round,
    np.nan_to_num: _nan_to_num,
    np.pad: _pad,
    np.real: lambda x: x,
}
