"""Dual numbers: arrays of values with their derivatives along one direction, through the NumPy protocols.

NumPy code that runs on `Dual` arrays computes v + d t with t^2 = 0, by rules that stand here and share nothing with
JAX's: a second opinion on a derivative. Values and derivatives are arrays of any type on which NumPy functions run.
Where a function has a kink, its derivative is that from the right: of `abs` at 0 it is 1, and at a tie `maximum` takes
that of its second operand, where `maximum(0, z)` and `maximum(eps * z, z)` have z.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from scipy import special

from verify.numbers.makers import replacing
from verify.numbers.numpy_functions import ASKING, MOVING, MOVING_EACH
from verify.numbers.protocols import ArrayLike, Rule, Tables


class NotDifferentiable(TypeError):
    """A function that dual numbers have no rule for; the message names it."""


class Dual(ArrayLike):
    """Values `v` and their derivatives `d`, arrays of one shape."""

    __slots__ = ("d", "v")
    refusal = NotDifferentiable
    holds_arrays = True

    def __init__(self, v: Any, d: Any) -> None:
        self.v, self.d = v, d

    shape = property(lambda self: self.v.shape)
    ndim = property(lambda self: self.v.ndim)
    size = property(lambda self: self.v.size)
    dtype = property(lambda self: self.v.dtype)
    T = property(lambda self: Dual(self.v.T, self.d.T))

    def __getitem__(self, at: Any) -> "Dual":
        return Dual(self.v[at], self.d[at])

    def __setitem__(self, at: Any, new: Any) -> None:
        new = lift(new)
        self.v[at], self.d[at] = new.v, new.d

    def __bool__(self) -> bool:
        return bool(self.v)

    def __repr__(self) -> str:
        return f"Dual({self.v!r}, {self.d!r})"

    def astype(self, dtype: Any, **_: Any) -> Any:
        return Dual(self.v.astype(dtype), self.d.astype(dtype)) if np.dtype(dtype).kind == "f" else self.v.astype(dtype)

    def reshape(self, *shape: Any, **options: Any) -> "Dual":
        return Dual(self.v.reshape(*shape, **options), self.d.reshape(*shape, **options))

    def transpose(self, *axes: Any) -> "Dual":
        return Dual(self.v.transpose(*axes), self.d.transpose(*axes))

    def copy(self, *_: Any, **__: Any) -> "Dual":
        return Dual(self.v.copy(), self.d.copy())


for _method in ("reshape", "transpose", "copy", "astype"):
    getattr(Dual, _method).__doc__ = "As of ndarray."


def lift(x: Any) -> Dual:
    """An array without a derivative, as a constant."""
    if isinstance(x, Dual):
        return x
    v: Any = x if isinstance(x, ArrayLike) else np.asarray(x)
    return Dual(v, v * 0.0)


def _chain(f: Callable[[Any], Any], slope: Callable[[Any, Any], Any]) -> Rule:
    """A function of one argument from its derivative, a function of the argument and of the value."""

    def rule(a: Any) -> Dual:
        value = f(a.v)
        return Dual(value, slope(a.v, value) * a.d)

    return rule


def _multiply(a: Any, b: Any) -> Dual:
    a, b = lift(a), lift(b)
    return Dual(a.v * b.v, a.d * b.v + a.v * b.d)


def _divide(a: Any, b: Any) -> Dual:
    a, b = lift(a), lift(b)
    q = a.v / b.v
    return Dual(q, (a.d - q * b.d) / b.v)


def _linear(f: Any) -> Rule:
    """Sum or difference."""

    def rule(a: Any, b: Any) -> Dual:
        a, b = lift(a), lift(b)
        return Dual(f(a.v, b.v), f(a.d, b.d))

    return rule


def _matmul(a: Any, b: Any) -> Dual:
    a, b = lift(a), lift(b)
    return Dual(a.v @ b.v, a.d @ b.v + a.v @ b.d)


def _power(a: Any, n: Any) -> Dual:
    if isinstance(n, Dual):
        raise NotDifferentiable("np.power with a variable exponent")
    return Dual(a.v**n, n * a.v ** (n - 1) * a.d)


def _larger(f: Any, first: Any) -> Rule:
    def rule(a: Any, b: Any) -> Dual:
        a, b = lift(a), lift(b)
        return Dual(f(a.v, b.v), np.where(first(a.v, b.v), a.d, b.d))

    return rule


def _compares(f: Any) -> Rule:
    return lambda a, b: f(_value(a), _value(b))


def _value(x: Any) -> Any:
    return x.v if isinstance(x, Dual) else x


def _on_values(f: Any) -> Rule:
    """A question that the values answer."""
    return lambda *args, **options: f(*map(_value, args), **options)


def _both(f: Any) -> Rule:
    """A linear function that moves or adds up entries: done to values and derivatives alike."""

    def rule(x: Any, *args: Any, **options: Any) -> Any:
        if isinstance(x, (list, tuple)):
            parts = [lift(item) for item in x]
            return Dual(f([p.v for p in parts], *args, **options), f([p.d for p in parts], *args, **options))
        v, d = f(x.v, *args, **options), f(x.d, *args, **options)
        return [Dual(a, b) for a, b in zip(v, d, strict=True)] if isinstance(v, (list, tuple)) else Dual(v, d)

    return rule


def _extreme(f: Any, which: Any) -> Rule:
    """max or min of an axis: the derivative of the first entry that is the largest or smallest."""

    def rule(x: Any, axis: int, out: Any = None, keepdims: bool = False, **_: Any) -> Dual:
        d = np.take_along_axis(x.d, which(x.v, axis=axis, keepdims=True), axis=axis)
        return Dual(f(x.v, axis=axis, keepdims=keepdims), d if keepdims else np.squeeze(d, axis))

    return rule


def _choose(condition: Any, a: Any, b: Any) -> Dual:
    a, b = lift(a), lift(b)
    return Dual(np.where(_value(condition), a.v, b.v), np.where(_value(condition), a.d, b.d))


def _filled(f: Any) -> Rule:
    return lambda x, *args, **options: lift(f(_value(x), *args, **options))


UFUNCS: Mapping[Any, Rule] = {
    np.add: _linear(np.add), np.subtract: _linear(np.subtract), np.multiply: _multiply, np.divide: _divide,
    np.matmul: _matmul, np.power: _power,
    np.negative: lambda a: Dual(-a.v, -a.d),
    np.positive: lambda a: a.copy(),
    np.square: lambda a: _multiply(a, a),
    np.exp: _chain(np.exp, lambda x, y: y),
    np.expm1: _chain(np.expm1, lambda x, y: y + 1),
    np.log: _chain(np.log, lambda x, y: 1 / x),
    np.log1p: _chain(np.log1p, lambda x, y: 1 / (1 + x)),
    np.sqrt: _chain(np.sqrt, lambda x, y: 1 / (2 * y)),
    np.tanh: _chain(np.tanh, lambda x, y: (1 - y) * (1 + y)),
    np.absolute: _chain(np.abs, lambda x, y: np.where(x >= 0, 1.0, -1.0)),
    np.sign: _chain(np.sign, lambda x, y: x * 0.0),
    special.expit: _chain(special.expit, lambda x, y: y * (1 - y)),
    np.maximum: _larger(np.maximum, np.greater), np.minimum: _larger(np.minimum, np.less),
    **{f: _compares(f) for f in (
        np.greater, np.greater_equal, np.less, np.less_equal, np.equal, np.not_equal,
    )},
    **{f: _on_values(f) for f in (np.isfinite, np.isnan, np.isinf)},
}

FUNCTIONS: Mapping[Any, Rule] = {
    **{f: _both(f) for f in (*MOVING, *MOVING_EACH, np.sum, np.mean, np.cumsum)},
    **{f: _on_values(f) for f in (*ASKING, np.any, np.all, np.argmax, np.argmin, np.argwhere)},
    **{f: _filled(f) for f in (np.zeros_like, np.ones_like, np.empty_like, np.full_like)},
    np.max: _extreme(np.max, np.argmax), np.min: _extreme(np.min, np.argmin), np.where: _choose,
}

Dual.tables, Dual.lift = Tables(lambda: (UFUNCS, {}, FUNCTIONS)), lift
DUALS = replacing(Dual, lift)
