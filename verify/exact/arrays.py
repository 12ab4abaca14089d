"""Arrays of exact scalars, on which unmodified NumPy code and traced JAX programs run.

An `ExactArray` holds scalars of the number system in use, a `Field`'s residues or balls, in an array of objects, and
says that it is of float64. With a field it carries a bound on the degree of what its entries stand for.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Protocol

import numpy as np

from verify.exact.degrees import VARIABLE, Degree, of_constants
from verify.exact.field import Field, NotExact
from verify.numbers.protocols import ArrayLike, Tables

Array = np.ndarray[Any, np.dtype[Any]]


class NumberSystem(Protocol):
    """What makes scalars."""

    def lift(self, x: Any) -> Any:
        """A plain number, which the code holds or makes, as a scalar."""


_SYSTEM: ContextVar[NumberSystem] = ContextVar("system")


@contextmanager
def using(system: NumberSystem) -> Iterator[None]:
    """The number system whose scalars plain numbers become; the floats beside them may overflow in silence."""
    token = _SYSTEM.set(system)
    try:
        with np.errstate(all="ignore"):
            yield
    finally:
        _SYSTEM.reset(token)


class ExactArray(ArrayLike):
    """An array of exact scalars.

    Parameters
    ----------
    x : array of objects, all of them scalars of the number system in use
    degree : a bound for all of its entries
    """

    __slots__ = ("degree", "x")
    refusal = NotExact
    x: Array
    degree: Degree

    def __init__(self, x: Any, degree: Degree = VARIABLE) -> None:
        if type(x) is not np.ndarray:
            self.x = np.empty((), object)
            self.x[()] = x
        else:
            self.x = x
        self.degree = degree

    shape = property(lambda self: self.x.shape)
    ndim = property(lambda self: self.x.ndim)
    size = property(lambda self: self.x.size)
    dtype = property(lambda self: np.dtype(float))
    T = property(lambda self: ExactArray(self.x.T, self.degree))
    mT = property(lambda self: ExactArray(np.swapaxes(self.x, -1, -2), self.degree))

    def __getitem__(self, at: Any) -> "ExactArray":
        return ExactArray(self.x[_index(at)], self.degree)

    def __setitem__(self, at: Any, new: Any) -> None:
        new = lift(new)
        self.x[_index(at)] = new.x if new.ndim else new.x[()]
        self.degree = self.degree.plus(new.degree)

    def __repr__(self) -> str:
        return f"ExactArray({self.x!r})"

    def __bool__(self) -> bool:
        if self.size != 1:
            raise ValueError("The truth value of an array with more than one element is ambiguous")
        note_comparison(self.degree)
        return bool(self.x.reshape(-1)[0])

    def astype(self, dtype: Any, **_: Any) -> Any:
        wanted = np.dtype(dtype)
        if wanted.kind == "f":
            return self.copy()
        if wanted == np.bool_:
            note_comparison(self.degree)
            return np.asarray(self.x != 0)
        whole = [_as_integer(scalar) for scalar in self.x.ravel()]
        return np.array(whole, wanted).reshape(self.shape)

    def reshape(self, *shape: Any, **options: Any) -> "ExactArray":
        return ExactArray(self.x.reshape(shape[0] if len(shape) == 1 else shape, **options), self.degree)

    def transpose(self, *axes: Any) -> "ExactArray":
        return ExactArray(self.x.transpose(*axes), self.degree)

    def copy(self, *_: Any, **__: Any) -> "ExactArray":
        return ExactArray(self.x.copy(), self.degree)

    def flatten(self, *order: Any) -> "ExactArray":
        return ExactArray(self.x.flatten(*order), self.degree)


for _method in ("reshape", "transpose", "copy", "flatten", "astype"):
    getattr(ExactArray, _method).__doc__ = "As of ndarray."


def lift(x: Any) -> Any:
    """A plain array or number as an exact one: every float is the dyadic fraction that it is."""
    if isinstance(x, ExactArray):
        return x
    plain = np.asarray(x)
    if plain.dtype.kind not in "biuf":
        raise NotExact(f"an array of {plain.dtype}")
    system = _SYSTEM.get()
    out = np.empty(plain.shape, object)
    entries = plain.reshape(-1).tolist()
    out.reshape(-1)[:] = [system.lift(entry) for entry in entries]
    return ExactArray(out, of_constants(set(entries)))


def system() -> NumberSystem:
    """The number system in use."""
    return _SYSTEM.get()


def note_argument(degree: Degree, exponent: bool = False) -> None:
    """Tell the field of an argument of its oracle: the bound on a miss needs the largest degree and size."""
    field = _SYSTEM.get()
    if isinstance(field, Field):
        field.highest = max(field.highest, degree.whole)
        field.argument_bits = max(field.argument_bits, degree.whole_bits)
        if exponent:
            field.exponent_bits = max(field.exponent_bits, degree.bits)


def note_comparison(degree: Degree) -> None:
    """Tell the field of a comparison, by the degree of the difference: equal residues are taken for equal numbers."""
    field = _SYSTEM.get()
    if isinstance(field, Field):
        field.compared = max(field.compared, degree.n)


def _as_integer(scalar: Any) -> int:
    """A constant integer, such as a label."""
    whole = scalar.whole()
    if whole is None:
        raise NotExact("conversion to integers")
    return int(whole)


def _index(at: Any) -> Any:
    """An index without exact parts: labels are integers."""
    if isinstance(at, ExactArray):
        return at.astype(int)
    return tuple(map(_index, at)) if isinstance(at, tuple) else at


def _rules() -> tuple[Any, Any, Any]:
    from verify.exact.functions import FUNCTIONS, UFUNC_METHODS
    from verify.exact.ufuncs import UFUNCS

    return UFUNCS, UFUNC_METHODS, FUNCTIONS


ExactArray.tables, ExactArray.lift = Tables(_rules), lift
