"""NumPy's ufuncs on arrays of exact scalars."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from scipy import special

from verify.exact.arrays import ExactArray, lift, note_comparison
from verify.exact.degrees import Degree
from verify.exact.elementary import (
    circular,
    exp,
    hyperbolic,
    log,
    opaque,
    power,
    reciprocal_degree,
    root,
    sigmoid,
    step,
    tanh,
)
from verify.exact.infinity import NotFinite
from verify.numbers.protocols import Rule

_add: Any = np.add
_subtract: Any = np.subtract
_multiply: Any = np.multiply
_divide: Any = np.true_divide


def add(a: Any, b: Any) -> ExactArray:
    """a + b."""
    a, b = lift(a), lift(b)
    return ExactArray(_add(a.x, b.x), a.degree.plus(b.degree))


def subtract(a: Any, b: Any) -> ExactArray:
    """a - b."""
    a, b = lift(a), lift(b)
    return ExactArray(_subtract(a.x, b.x), a.degree.plus(b.degree))


def multiply(a: Any, b: Any) -> ExactArray:
    """a b."""
    a, b = lift(a), lift(b)
    return ExactArray(_multiply(a.x, b.x), a.degree.times(b.degree))


def divide(a: Any, b: Any) -> ExactArray:
    """a / b."""
    a, b = lift(a), lift(b)
    return ExactArray(_divide(a.x, b.x), a.degree.times(reciprocal_degree(b)))


def matmul(a: Any, b: Any) -> ExactArray:
    """a @ b."""
    a, b = lift(a), lift(b)
    terms = a.shape[-1] if a.ndim else 1
    if terms == 0:
        return lift(np.matmul(np.zeros(a.shape), np.zeros(b.shape)))
    return ExactArray(np.matmul(a.x, b.x), a.degree.times(b.degree, terms))


def compare(f: Any) -> Rule:
    """A comparison: plain booleans."""

    def rule(a: Any, b: Any) -> Any:
        a, b = lift(a), lift(b)
        note_comparison(a.degree.plus(b.degree))
        return np.asarray(f(a.x, b.x), dtype=bool)

    return rule


def larger(f: Any) -> Rule:
    """maximum or minimum."""

    def rule(a: Any, b: Any) -> ExactArray:
        a, b = lift(a), lift(b)
        note_comparison(a.degree.plus(b.degree))
        return ExactArray(f(a.x, b.x), a.degree.plus(b.degree))

    return rule


def absolute(a: ExactArray) -> ExactArray:
    """|a|."""
    note_comparison(a.degree)
    return ExactArray(np.abs(a.x), a.degree)


def sign(a: ExactArray) -> ExactArray:
    """-1, 0 or 1."""
    note_comparison(a.degree)
    return ExactArray(_EACH_SIGN(a.x), Degree(0, 1))


_EACH_SIGN = np.frompyfunc(lambda scalar: scalar.sign(), 1, 1)


def logical(f: Any) -> Rule:
    """A logical operation on the truth of numbers."""
    return lambda *operands: f(*(x.astype(bool) if isinstance(x, ExactArray) else x for x in operands))


def asks(question: Callable[[float], bool]) -> Rule:
    """A question about numbers that are not finite."""
    each = np.frompyfunc(lambda scalar: question(scalar.value if isinstance(scalar, NotFinite) else 0.0), 1, 1)
    return lambda a: np.asarray(each(lift(a).x), dtype=bool)


def log_add(a: Any, b: Any) -> Any:
    """log (e^a + e^b)."""
    return np.log(add(np.exp(lift(a)), np.exp(lift(b))))


def arctan2(a: Any, b: Any) -> Any:
    """The angle of (b, a), where b is positive."""
    a, b = lift(a), lift(b)
    if not (b > 0).all():
        raise a.refusal("np.arctan2 of a point to the left")
    return np.arctan(a / b)


def copy_sign(a: Any, b: Any) -> Any:
    """|a| with the sign of b."""
    size = np.abs(lift(a))
    return np.where(lift(b) >= 0, size, -size)


def _shifted(function: Rule, shift: float) -> Rule:
    return lambda a: function(lift(a) + shift)


UFUNCS: Mapping[Any, Rule] = {
    np.add: add, np.subtract: subtract, np.multiply: multiply, np.divide: divide, np.matmul: matmul,
    np.power: power, np.float_power: power,
    np.negative: lambda a: ExactArray(-a.x, a.degree),
    np.positive: lambda a: a.copy(),
    np.conjugate: lambda a: a.copy(),
    np.absolute: absolute,
    np.fabs: absolute,
    np.copysign: copy_sign,
    np.square: lambda a: multiply(a, a),
    np.reciprocal: lambda a: divide(1, a),
    np.sqrt: root("sqrt"),
    np.cbrt: root("cbrt"),
    np.exp: exp,
    np.exp2: lambda a: np.exp(lift(a) * math.log(2)),
    np.expm1: lambda a: subtract(np.exp(lift(a)), 1),
    np.log: log,
    np.log2: lambda a: np.log(lift(a)) / math.log(2),
    np.log10: lambda a: np.log(lift(a)) / math.log(10),
    np.log1p: _shifted(log, 1),
    np.logaddexp: log_add,
    np.tanh: tanh,
    np.sinh: hyperbolic("sinh"),
    np.cosh: hyperbolic("cosh"),
    np.sin: circular("sin"),
    np.cos: circular("cos"),
    np.tan: lambda a: np.sin(a) / np.cos(a),
    np.arctan: opaque("arctan", math.atan, odd=True),
    np.arctan2: arctan2,
    np.arcsinh: lambda a: np.log(a + np.sqrt(a * a + 1)),
    np.arcsin: opaque("arcsin", math.asin, odd=True),
    np.arccos: opaque("arccos", math.acos),
    np.arccosh: opaque("arccosh", math.acosh),
    np.arctanh: lambda a: np.log((1 + a) / (1 - a)) / 2,
    special.expit: sigmoid,
    special.log_expit: lambda a: np.log(sigmoid(a)),
    special.logit: lambda a: np.log(a / (1 - a)),
    special.erf: opaque("erf", math.erf, odd=True),
    special.erfc: lambda a: subtract(1, special.erf(a)),
    special.ndtr: lambda a: (1 + special.erf(a * math.sqrt(0.5))) / 2,
    special.erfinv: opaque("erfinv", special.erfinv, odd=True),
    special.gammaln: opaque("gammaln", special.gammaln),
    special.digamma: opaque("digamma", special.digamma),
    np.maximum: larger(np.maximum), np.fmax: larger(np.fmax),
    np.minimum: larger(np.minimum), np.fmin: larger(np.fmin),
    np.sign: sign,
    np.floor: step(math.floor), np.ceil: step(math.ceil), np.rint: step(round), np.trunc: step(math.trunc),
    np.greater: compare(np.greater), np.greater_equal: compare(np.greater_equal), np.less: compare(np.less),
    np.less_equal: compare(np.less_equal), np.equal: compare(np.equal), np.not_equal: compare(np.not_equal),
    np.logical_and: logical(np.logical_and), np.logical_or: logical(np.logical_or),
    np.logical_not: logical(np.logical_not), np.logical_xor: logical(np.logical_xor),
    np.isnan: asks(math.isnan), np.isinf: asks(math.isinf), np.isfinite: asks(math.isfinite),
    np.signbit: lambda a: a < 0,
}
