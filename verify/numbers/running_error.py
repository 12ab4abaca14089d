"""Arrays that carry a bound on their own rounding error, through the NumPy protocols.

A `Bounded` array is a value v, computed as NumPy computes it, with e such that |v - exact| <= e entry by entry, where
exact is what exact arithmetic makes of the same inputs. Unmodified NumPy code runs on it, and so does a traced JAX
program. The bounds are the running error analysis of Higham, "Accuracy and Stability of Numerical Algorithms",
chapters 2 to 4: a sum of two terms adds the rounding that it measures, a product or quotient u |v|, a sum of n terms
(n - 1) u times the sum of magnitudes, an elementary function 8u |v| beside its condition. Operations that round
nothing (small integers, halves, powers of two, zeros) add nothing: a tie between exact numbers is a tie, not an
accident of rounding. A bound that is infinite or not a number says that nothing is known.

Run it under `np.errstate(all="ignore")`: bounds overflow where values do. Errors below 1e-300 may be lost.

A comparison whose answer the errors leave open is `Bounded` too: a boolean with an error of 1 there. What it selects
has a bound that covers both cases.
"""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from typing import Any

import numpy as np

from verify.numbers.protocols import ArrayLike, Tables

Array = np.ndarray[Any, np.dtype[Any]]
Ufunc = Callable[..., Any]

# The bounds are computed in floating point themselves: each unit of rounding is taken larger by SLACK, which covers
# the rounding of about a million further operations on the bound.
SLACK = 1 + 2.0**-20
_SHORT = {8: (2.0**12, 2.0**12), 4: (2.0**4, 2.0**5)}
SHORT_TERMS = 32
NUMBER = 16.0  # roundings of a number that the code may have computed, such as exp(-0.5 * (10 / 3) ** 2)
TABLE = 64.0  # roundings of the largest entry that an entry of a computed table may be off by


_NARROWEST: ContextVar[int] = ContextVar("narrowest", default=0)


@contextmanager
def no_narrower_than(itemsize: int) -> Iterator[None]:
    """Code that rounds to a narrower floating type on the way has no derived bound: float64 does not round so."""
    token = _NARROWEST.set(itemsize)
    try:
        yield
    finally:
        _NARROWEST.reset(token)


class Unbounded(TypeError):
    """NumPy code that can't run on `Bounded` arrays; the message names the function."""


class Bounded(ArrayLike):
    """A value with an entry-by-entry bound on its rounding error.

    Parameters
    ----------
    v : array of a floating, integer or boolean dtype
    e : float64 array of v's shape, the bound; zero if omitted
    """

    __slots__ = ("e", "v")
    refusal = Unbounded

    def __init__(self, v: Any, e: Any = None) -> None:
        self.v: Array = np.asarray(v)
        if e is None:
            self.e: Array = np.zeros(self.v.shape)
        else:
            self.e = np.asarray(e)
        if not (self.v.flags.c_contiguous and self.e.flags.c_contiguous):
            self.e = _laid_out_as(self.v, self.e)

    # -- what NumPy code asks of an array ------------------------------------------------------------------------------

    shape = property(lambda self: self.v.shape)
    ndim = property(lambda self: self.v.ndim)
    size = property(lambda self: self.v.size)
    dtype = property(lambda self: self.v.dtype)
    T = property(lambda self: Bounded(self.v.T, self.e.T))
    mT = property(lambda self: Bounded(np.swapaxes(self.v, -1, -2), np.swapaxes(self.e, -1, -2)))

    def __getitem__(self, at: Any) -> "Bounded":
        at = as_index(at)
        return Bounded(self.v[at], self.e[at])

    def __setitem__(self, at: Any, new: Any) -> None:
        new = lift_beside(new, self)
        if isinstance(at, Bounded) and at.dtype == np.bool_ and at.e.any():
            if new.size != 1:
                raise Unbounded("assignment through a mask that rounding leaves open")
            mask = at.reshape(*at.shape, *(1,) * (self.ndim - at.ndim))
            at, new = ..., np.where(mask, new.reshape(()), self)
        if self.v.dtype.kind != "f" and new.v.dtype.kind == "f":
            raise Unbounded(f"assignment of floating values into {self.v.dtype}")
        if new.v.dtype.kind == "f" and new.v.dtype != self.v.dtype:
            new = new.astype(self.v.dtype)
        at = as_index(at)
        self.v[at] = new.v
        self.e[at] = new.e

    def __repr__(self) -> str:
        return f"Bounded({self.v!r}, e={self.e!r})"

    def __bool__(self) -> bool:
        if np.any(truth(self).e):
            raise Unbounded("a branch that rounding leaves open")
        return bool(self.v)

    def astype(self, dtype: Any, **_: Any) -> "Bounded":
        wanted = np.dtype(dtype)
        if wanted == np.bool_:
            return truth(self).copy()
        if wanted.kind == "f":
            v = self.v.astype(wanted)
            if v.dtype.itemsize >= self.v.dtype.itemsize and self.v.dtype.kind == "f":
                return Bounded(v, self.e.copy())
            if v.dtype.itemsize < _NARROWEST.get():
                raise Unbounded(f"rounding to {wanted} in the middle")
            lost = np.abs(self.v - v.astype(np.result_type(self.v, v)))
            return Bounded(v, self.e + np.where(np.isfinite(self.v), lost * SLACK, 0.0))
        if wanted.kind in "iu" and self.v.dtype.kind in "biu":
            return Bounded(self.v.astype(wanted), self.e.copy())
        raise Unbounded(f"conversion to {wanted}")

    def reshape(self, *shape: Any, **options: Any) -> "Bounded":
        form = shape[0] if len(shape) == 1 else shape
        return Bounded(self.v.reshape(form, **options), self.e.reshape(form, **options))

    def transpose(self, *axes: Any) -> "Bounded":
        return Bounded(self.v.transpose(*axes), self.e.transpose(*axes))

    def copy(self, *_: Any, **__: Any) -> "Bounded":
        return Bounded(self.v.copy(), self.e.copy())

    def flatten(self, *order: Any) -> "Bounded":
        return Bounded(self.v.flatten(*order), self.e.flatten(*order))


for _method in ("reshape", "transpose", "copy", "flatten", "astype"):
    getattr(Bounded, _method).__doc__ = "As of ndarray."


def _laid_out_as(v: Array, e: Array) -> Array:
    """The bound in the memory layout of its value, so that NumPy makes views of both or copies of both."""
    if all(n < 2 or s * 8 == t * v.itemsize for n, s, t in zip(v.shape, e.strides, v.strides, strict=True)):
        return e
    out = np.empty_like(v, dtype=float)
    out[...] = e
    return out


def lift(x: Any) -> Bounded:
    """A plain array or number as a `Bounded`: a constant of the code, exact if it is short, else rounded once.

    `np.log(10)` or `1 / 3` in a formula stands for a real number that its float only comes near.
    """
    if isinstance(x, Bounded):
        return x
    v = np.asarray(x)
    if v.dtype.kind != "f":
        return Bounded(v)
    return Bounded(v, _written(v) if v.ndim else np.asarray(_written_scalar(float(v), v.dtype.itemsize)))


def _written(v: Array) -> Any:
    """The rounding of constants with more significant bits than a number that is meant exactly.

    An array of them is a table, such as cos(2 pi j k / n), which the code computed: its entries are off by roundings of
    its largest one, and an entry that should be zero is not.
    """
    bits = 2.0**24 if v.dtype.itemsize >= 8 else 2.0**12
    mantissa = np.frexp(v)[0] * bits
    size = np.abs(v).astype(float)
    largest = np.max(size, initial=0.0, where=np.isfinite(size))
    return np.where(mantissa == np.rint(mantissa), 0.0, unit(v) * np.maximum(size, TABLE * largest))


@lru_cache(maxsize=1024)
def _written_scalar(v: float, itemsize: int) -> float:
    if not math.isfinite(v):
        return 0.0
    mantissa = math.frexp(v)[0] * (2.0**24 if itemsize >= 8 else 2.0**12)
    return 0.0 if mantissa == round(mantissa) else NUMBER * SLACK * abs(v) * (2.0**-53 if itemsize >= 8 else 2.0**-24)


def lift_beside(x: Any, other: Bounded) -> Bounded:
    """An operand of a `Bounded`: NumPy converts a Python number to the array's floating dtype, which may round it."""
    if isinstance(x, Bounded):
        return x
    if isinstance(x, (int, float)) and not isinstance(x, (np.generic, bool)) and other.v.dtype.kind == "f":
        v = np.asarray(x, dtype=other.v.dtype)
        error = 0.0 if float(v) == x or x != x else abs(float(v) - x) * SLACK
        return Bounded(v, np.asarray(error + _written_scalar(float(x), v.dtype.itemsize)))
    return lift(x)


def operands(a: Any, b: Any) -> tuple[Bounded, Bounded]:
    """Two operands whose values promote as NumPy's do."""
    if isinstance(a, Bounded):
        return a, b if isinstance(b, Bounded) else lift_beside(b, a)
    if isinstance(b, Bounded):
        return lift_beside(a, b), b
    return lift(a), lift(b)


def truth(x: Bounded) -> Bounded:
    """Whether each entry is nonzero; open where the error reaches zero."""
    if x.v.dtype == np.bool_:
        return x
    open_ = ~(np.abs(x.v) > x.e) & (x.e != 0)
    return Bounded(x.v != 0, open_ * SLACK)


def as_index(at: Any) -> Any:
    """An index without `Bounded` parts; refused where rounding leaves it open."""
    if isinstance(at, Bounded):
        if at.e.any():
            raise Unbounded("an index that rounding leaves open")
        return at.v
    if isinstance(at, tuple):
        return tuple(as_index(item) for item in at)
    return at


def unit(v: Array) -> float:
    """The unit of rounding of a floating array, with slack; 0 of others."""
    return _UNITS[v.dtype] if v.dtype.kind == "f" else 0.0


def tiny(v: Array) -> float:
    """The smallest positive number of a floating array's dtype: what an underflow may lose."""
    return _TINY[v.dtype] if v.dtype.kind == "f" else 0.0


_FLOATS: list[Any] = [np.dtype(t) for t in (np.float16, np.float32, np.float64, np.longdouble)]
_UNITS = {t: float(np.finfo(t).eps) / 2 * SLACK for t in _FLOATS}
_TINY = {t: max(float(np.finfo(t).smallest_subnormal), 2.0**-1074) for t in _FLOATS}


def roundings(n: int, v: Array) -> float:
    """Higham's gamma_n = n u / (1 - n u): the relative error of n roundings in a row."""
    total = n * unit(v)
    return total / (1 - total) if total < 1 else np.inf


def is_short(x: Bounded) -> bool:
    """Whether all entries are exact and so short that products of two, and small sums of products, are exact."""
    if x.e.any():
        return False
    if x.v.dtype.kind != "f":
        return x.v.dtype.kind == "b" or bool((np.abs(x.v) < 2**12).all())
    return bool(short_entries(x.v).all())


def short_entries(v: Array) -> Any:
    """Which entries of a floating array are multiples of 2^-12 below 2^12 (float32: of 2^-4, below 2^5)."""
    scale, bound = _SHORT.get(v.dtype.itemsize, (1.0, 0.0))
    scaled = v * scale
    return (np.abs(v) < bound) & (scaled == np.rint(scaled))


def _rules() -> tuple[Any, Any, Any]:
    from verify.numbers.numpy_functions import FUNCTIONS, UFUNC_METHODS
    from verify.numbers.ufuncs import UFUNCS

    return UFUNCS, UFUNC_METHODS, FUNCTIONS


Bounded.tables, Bounded.lift = Tables(_rules), lift
