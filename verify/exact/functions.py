"""NumPy's functions on arrays of exact scalars: those that move entries, reductions, products, linear algebra."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from verify.exact.arrays import ExactArray, lift, note_comparison
from verify.exact.degrees import Degree
from verify.exact.field import NotExact
from verify.exact.linear_algebra import LINEAR_ALGEBRA
from verify.exact.ufuncs import matmul, multiply
from verify.numbers.numpy_functions import ASKING, MOVING, MOVING_EACH
from verify.numbers.protocols import Rule


def _moves(f: Any) -> Rule:
    """A function that moves or copies entries: done to the array of objects."""

    def rule(first: Any, *args: Any, **options: Any) -> Any:
        if isinstance(first, (list, tuple)):
            parts = [lift(item) for item in first]
            degree = parts[0].degree
            for part in parts[1:]:
                degree = degree.plus(part.degree)
            return ExactArray(f([part.x for part in parts], *args, **options), degree)
        whole = lift(first)
        out = f(whole.x, *args, **options)
        if isinstance(out, (list, tuple)):
            return [ExactArray(item, whole.degree) for item in out]
        return ExactArray(out, whole.degree)

    return rule


def _fills_with_zeros(f: Any) -> Rule:
    """As `_moves`, of a function that fills the rest with zeros, which NumPy would make integers."""

    def rule(x: Any, *args: Any, **options: Any) -> ExactArray:
        whole = lift(x)
        kept = f(np.ones(whole.shape, bool), *args, **options)
        out = f(whole.x, *args, **options)
        zero = lift(0.0).x[()]
        filled = np.empty(out.shape, object)
        filled.reshape(-1)[:] = [
            entry if keep else zero for entry, keep in zip(out.reshape(-1), kept.reshape(-1), strict=True)
        ]
        return ExactArray(filled, whole.degree)

    return rule


def _each(rule: Rule) -> Rule:
    return lambda *arrays: rule(arrays[0]) if len(arrays) == 1 else tuple(map(rule, arrays))


def _asks(f: Any) -> Rule:
    return lambda *args, **options: f(*(x.x if isinstance(x, ExactArray) else x for x in args), **options)


def _filled_like(value: Any) -> Rule:
    def rule(x: Any, *args: Any, dtype: Any = None, shape: Any = None, **_: Any) -> Any:
        fill = args[0] if value is None else value
        wanted = x.shape if shape is None else shape
        if dtype is not None and np.dtype(dtype).kind != "f":
            return np.full(wanted, fill, dtype)
        return lift(np.full(wanted, fill, float)) if not isinstance(fill, ExactArray) else _spread(fill, wanted)

    return rule


def _spread(x: ExactArray, shape: Any) -> ExactArray:
    return ExactArray(np.broadcast_to(x.x, shape).copy(), x.degree)


def _terms(x: ExactArray, out: Any) -> int:
    return x.size // max(np.size(out), 1)


def _refuse(name: str, out: Any, options: Mapping[str, Any]) -> None:
    given = [key for key, value in options.items() if value is not None and value is not np._NoValue]
    if out is not None or given:
        raise NotExact(f"np.{name} with {', '.join(['out'] if out is not None else given)}")


def sum_of(x: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False, **options: Any) -> Any:
    """Sum of entries; those of nothing are zero."""
    where = options.pop("where", True)
    _refuse("sum", out, options)
    whole = lift(x)
    if where is not True:
        whole = np.where(where, whole, 0.0)
    total = np.asarray(np.sum(whole.x, axis=axis, keepdims=bool(keepdims)), object)
    if not whole.size:
        return lift(np.zeros(total.shape))
    return ExactArray(total, whole.degree.added(_terms(whole, total)))


def mean(x: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False, **options: Any) -> Any:
    """The mean."""
    _refuse("mean", out, options)
    total = sum_of(x, axis, keepdims=keepdims)
    return total / _terms(lift(x), total)


def variance(x: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: int = 0, keepdims: Any = False,
             correction: Any = None, **options: Any) -> Any:
    """The variance."""
    centre = options.pop("mean", None)
    _refuse("var", out, options)
    whole = lift(x)
    apart = whole - (mean(whole, axis, keepdims=True) if centre is None else centre)
    total = sum_of(apart * apart, axis, keepdims=keepdims)
    return total / (_terms(whole, total) - (ddof if correction is None else correction))


def product_of(x: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False, **options: Any
               ) -> Any:
    """Product of entries."""
    _refuse("prod", out, options)
    whole = lift(x)
    total = np.asarray(np.prod(whole.x, axis=axis, keepdims=bool(keepdims)), object)
    return ExactArray(total, whole.degree.power(_terms(whole, total))) if whole.size else lift(np.ones(total.shape))


def _extreme(f: Any) -> Rule:
    def rule(x: Any, axis: Any = None, out: Any = None, keepdims: Any = False, **options: Any) -> Any:
        initial = options.pop("initial", None)
        if initial is not None and not math.isinf(initial):
            options["initial"] = initial
        _refuse(f.__name__, out, options)
        whole = _compared(x)
        return ExactArray(np.asarray(f(whole.x, axis=axis, keepdims=bool(keepdims)), object), whole.degree)

    return rule


def _compared(x: Any) -> ExactArray:
    """An array whose entries are compared with each other."""
    whole: ExactArray = lift(x)
    note_comparison(whole.degree.plus(whole.degree))
    return whole


def _which(f: Any) -> Rule:
    return lambda x, axis=None, out=None, **options: f(_compared(x).x, axis=axis, **options)


def _order(x: Any, axis: int = -1, **_: Any) -> Any:
    return np.argsort(_compared(x).x, axis=axis, kind="stable")


def _sorted(x: Any, axis: Any = -1, **_: Any) -> Any:
    whole = _compared(x)
    return ExactArray(np.sort(whole.x, axis=axis, kind="stable"), whole.degree)


def _cumulative(f: Any, multiplies: bool = False) -> Rule:
    def rule(x: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
        whole = lift(x)
        n = whole.size if axis is None else whole.shape[axis]
        # A product of fewer entries has more of the common denominator above.
        degree = whole.degree.plus(Degree()).power(n) if multiplies else whole.degree.added(n)
        return ExactArray(f(whole.x, axis=axis), degree)

    return rule


def _cumulative_log_add(x: Any, axis: int = 0, **_: Any) -> Any:
    return np.log(np.cumsum(np.exp(lift(x)), axis=axis))


def _choose(condition: Any, *cases: Any) -> Any:
    if not cases:
        return np.nonzero(condition.astype(bool) if isinstance(condition, ExactArray) else condition)
    a, b = lift(cases[0]), lift(cases[1])
    plain = condition.astype(bool) if isinstance(condition, ExactArray) else condition
    chosen = np.where(plain, a.x, b.x)
    return ExactArray(chosen, a.degree.plus(b.degree))


def _einsum(spec: Any, *arrays: Any, out: Any = None, **_: Any) -> Any:
    if not isinstance(spec, str) or out is not None:
        raise NotExact("np.einsum without a subscript string")
    parts = [lift(x) for x in arrays]
    labels = {
        letter: size
        for subscripts, part in zip(spec.replace(" ", "").partition("->")[0].split(","), parts, strict=True)
        for letter, size in zip(subscripts, part.shape, strict=False)
    }
    degree = parts[0].degree
    for part in parts[1:]:
        degree = degree.times(part.degree)
    total = np.asarray(np.einsum(spec, *(part.x for part in parts), optimize=False), object)
    return ExactArray(total, degree.added(math.prod(labels.values())))


def _tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    a, b = lift(a), lift(b)
    total = np.asarray(np.tensordot(a.x, b.x, axes), object)
    return ExactArray(total, a.degree.times(b.degree, a.size))


def _dot(a: Any, b: Any, out: Any = None) -> Any:
    a, b = lift(a), lift(b)
    if a.ndim == 0 or b.ndim == 0:
        return multiply(a, b)
    return matmul(a, b) if b.ndim <= 2 else _tensordot(a, b, (a.ndim - 1, b.ndim - 2))


def _inner(a: Any, b: Any) -> Any:
    a, b = lift(a), lift(b)
    return multiply(a, b) if a.ndim == 0 or b.ndim == 0 else _tensordot(a, b, (a.ndim - 1, b.ndim - 1))


def _clip(x: Any, a_min: Any = None, a_max: Any = None, out: Any = None, **options: Any) -> Any:
    low, high = options.pop("min", a_min), options.pop("max", a_max)
    x = x if low is None else np.maximum(x, low)
    return x if high is None else np.minimum(x, high)


def _average(x: Any, axis: Any = None, weights: Any = None, **options: Any) -> Any:
    if weights is None:
        return mean(x, axis, **options)
    return sum_of(lift(x) * weights, axis) / sum_of(lift(weights), axis)


def _pad(x: Any, width: Any, mode: str = "constant", **options: Any) -> Any:
    whole: Any = lift(x)
    values = options.pop("constant_values", 0.0)
    if mode != "constant":
        pad: Any = np.pad
        return ExactArray(pad(whole.x, width, mode, **options), whole.degree)
    out = np.pad(np.zeros(whole.shape), width, constant_values=values)
    at = np.pad(np.arange(1, whole.size + 1).reshape(whole.shape), width) - 1
    padded = lift(out)
    padded.x[at >= 0] = whole.x.reshape(-1)[at[at >= 0]]
    padded.degree = padded.degree.plus(whole.degree)
    return padded


def _round(x: Any, decimals: int = 0, out: Any = None) -> Any:
    if decimals:
        raise NotExact("np.round with decimals")
    return np.rint(x)


def _add_at(target: ExactArray, where: Any, values: Any) -> None:
    added = lift(values)
    np.add.at(target.x, where, added.x)
    target.degree = target.degree.plus(added.degree).added(added.size)


def _truth_of_all(f: Any) -> Rule:
    return lambda x, *args, **options: f(lift(x).astype(bool), *args, **options)


def _accumulated(f: Any) -> Rule:
    return lambda x, axis=0, **_: ExactArray(f.accumulate(_compared(x).x, axis=axis), lift(x).degree)


UFUNC_METHODS: Mapping[tuple[Any, str], Rule] = {
    (np.add, "reduce"): lambda x, axis=0, **options: sum_of(x, axis, **options),
    (np.multiply, "reduce"): lambda x, axis=0, **options: product_of(x, axis, **options),
    (np.maximum, "reduce"): lambda x, axis=0, **options: _extreme(np.max)(x, axis, **options),
    (np.minimum, "reduce"): lambda x, axis=0, **options: _extreme(np.min)(x, axis, **options),
    (np.add, "accumulate"): lambda x, axis=0, **options: _cumulative(np.cumsum)(x, axis, **options),
    (np.maximum, "accumulate"): _accumulated(np.maximum),
    (np.minimum, "accumulate"): _accumulated(np.minimum),
    (np.logaddexp, "accumulate"): _cumulative_log_add,
    (np.add, "at"): _add_at,
}

_ZEROS: tuple[Callable[..., Any], ...] = (np.diag, np.diagflat, np.tril, np.triu)

FUNCTIONS: Mapping[Any, Rule] = {
    **{f: _moves(f) for f in MOVING},
    **{f: _fills_with_zeros(f) for f in _ZEROS},
    **{f: _each(_moves(f)) for f in MOVING_EACH},
    **{f: _asks(f) for f in ASKING if f is not np.result_type},
    np.result_type: lambda *_: np.dtype(float),
    np.zeros_like: _filled_like(0.0), np.ones_like: _filled_like(1.0), np.empty_like: _filled_like(0.0),
    np.full_like: _filled_like(None),
    np.sum: sum_of, np.mean: mean, np.average: _average, np.var: variance,
    np.std: lambda *args, **options: np.sqrt(variance(*args, **options)),
    np.prod: product_of,
    np.max: _extreme(np.max), np.min: _extreme(np.min), np.argmax: _which(np.argmax), np.argmin: _which(np.argmin),
    np.cumsum: _cumulative(np.cumsum), np.cumprod: _cumulative(np.cumprod, multiplies=True),
    np.where: _choose,
    np.einsum: _einsum, np.tensordot: _tensordot, np.dot: _dot, np.inner: _inner,
    np.vdot: lambda a, b: matmul(lift(a).reshape(-1), lift(b).reshape(-1)),
    np.outer: lambda a, b, out=None: multiply(lift(a).reshape(-1, 1), lift(b).reshape(1, -1)),
    np.trace: lambda x, *args, **_: sum_of(np.diagonal(x, *args), -1),
    np.clip: _clip, np.sort: _sorted, np.argsort: _order,
    np.any: _truth_of_all(np.any), np.all: _truth_of_all(np.all),
    np.round: _round, np.nan_to_num: lambda x, **_: x.copy(), np.pad: _pad, np.real: lambda x: x,
    np.count_nonzero: lambda x, *args, **options: np.count_nonzero(lift(x).astype(bool), *args, **options),
    **LINEAR_ALGEBRA,
}
