"""What an array type of ours needs so that unmodified NumPy code runs on it, whatever its entries are."""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

Rule = Callable[..., Any]


class Tables:
    """The rules of an array type: for ufuncs, for their methods such as `np.add.reduce`, and for NumPy's functions.

    load : gives the three; called once, when the first is needed, since the rules know the type
    """

    def __init__(self, load: Callable[[], tuple[Mapping[Any, Rule], Mapping[Any, Rule], Mapping[Any, Rule]]]) -> None:
        self._load = load

    @cached_property
    def all(self) -> tuple[Mapping[Any, Rule], Mapping[Any, Rule], Mapping[Any, Rule]]:
        """Rules by ufunc, by (ufunc, method), and by function."""
        return self._load()

    @cached_property
    def ufuncs(self) -> Mapping[Any, Rule]:
        """Rules by ufunc."""
        return self.all[0]


class ArrayLike:
    """The methods, operators and protocols of an array, for a subclass that says what its arrays are made of.

    A subclass has `shape`, `ndim`, `reshape`, `__getitem__` and `__setitem__`, and sets these:

    tables : its rules
    lift : makes an array of the type from a plain array or number
    refusal : the exception for what has no rule; its message names the function
    holds_arrays : whether its arrays are made of others, which then leave an operation with it to it
    """

    __slots__ = ()
    __array_priority__ = 1000
    __hash__ = None  # type: ignore[assignment]

    tables: ClassVar[Tables]
    refusal: ClassVar[type[Exception]]
    lift: ClassVar[Callable[[Any], Any]]
    holds_arrays: ClassVar[bool] = False
    shape: Any
    ndim: Any

    def reshape(self, *shape: Any, **options: Any) -> Any:
        """As of ndarray."""
        raise NotImplementedError

    def __getitem__(self, at: Any) -> Any:
        raise NotImplementedError

    def __setitem__(self, at: Any, new: Any) -> None:
        raise NotImplementedError

    real = property(lambda self: self)

    @property
    def flat(self) -> Any:
        """As of ndarray."""
        return iter(self.reshape(-1))

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("len() of unsized object")
        return int(self.shape[0])

    def __iter__(self) -> Any:
        return (self[k] for k in range(len(self)))

    def item(self) -> Any:
        """As of ndarray."""
        return self.reshape(())

    def dot(self, other: Any) -> Any:
        """As of ndarray."""
        return np.dot(self, other)

    def fill(self, value: Any) -> None:
        """As of ndarray."""
        self[...] = value

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise self.refusal("conversion to a plain NumPy array")

    def __float__(self) -> float:
        raise self.refusal("conversion to a Python float")

    def __int__(self) -> int:
        raise self.refusal("conversion to a Python int")

    def __getattr__(self, name: str) -> Any:
        """A method of ndarray is the NumPy function of that name."""
        if name in _METHODS:
            function = getattr(np, _METHODS[name])
            return lambda *args, **options: function(self, *args, **options)
        raise AttributeError(name)

    def __array_ufunc__(self, ufunc: Any, method: str, *operands: Any, out: Any = None, **options: Any) -> Any:
        if not self.holds_arrays and any(isinstance(x, ArrayLike) and x.holds_arrays for x in operands):
            return NotImplemented
        ufuncs, methods, _ = self.tables.all
        if method != "__call__":
            if (ufunc, method) in methods and out is None:
                return methods[ufunc, method](*operands, **options)
            if method == "outer" and out is None and len(operands) == 2:
                a, b = map(type(self).lift, operands)
                return ufunc(a.reshape(*a.shape, *(1,) * b.ndim), b, **options)
            raise self.refusal(f"np.{ufunc.__name__}.{method}")
        if ufunc not in ufuncs or options:
            raise self.refusal(f"np.{ufunc.__name__}" + (f" with {', '.join(options)}" if options else ""))
        result = ufuncs[ufunc](*operands)
        if out is None:
            return result
        (target,) = out
        if not isinstance(target, type(self)):
            raise self.refusal(f"np.{ufunc.__name__} into a plain NumPy array")
        target[...] = result
        return target

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if not self.holds_arrays and any(issubclass(kind, ArrayLike) and kind.holds_arrays for kind in types):
            return NotImplemented
        functions = self.tables.all[2]
        if function not in functions:
            raise self.refusal(f"np.{getattr(function, '__qualname__', function)}")
        return functions[function](*args, **kwargs)


_METHODS = {
    name: name
    for name in (
        "sum", "mean", "var", "std", "prod", "max", "min", "argmax", "argmin", "cumsum", "cumprod", "clip", "squeeze",
        "ravel", "swapaxes", "diagonal", "trace", "repeat", "take", "round", "any", "all", "argsort",
    )
} | {"conj": "positive", "conjugate": "positive"}


def _operator(ufunc: Any) -> tuple[Any, Any, Any]:
    def forward(self: ArrayLike, other: Any) -> Any:
        if isinstance(other, ArrayLike) and other.holds_arrays and not self.holds_arrays:
            return NotImplemented
        return self.tables.ufuncs[ufunc](self, other)

    def reflected(self: ArrayLike, other: Any) -> Any:
        return self.tables.ufuncs[ufunc](other, self)

    def in_place(self: ArrayLike, other: Any) -> Any:
        return ufunc(self, other, out=(self,))

    return forward, reflected, in_place


def _install_operators() -> None:
    binary = {
        "add": np.add, "sub": np.subtract, "mul": np.multiply, "truediv": np.divide, "matmul": np.matmul,
        "pow": np.power, "and": np.bitwise_and, "or": np.bitwise_or, "xor": np.bitwise_xor,
    }
    for name, ufunc in binary.items():
        forward, reflected, in_place = _operator(ufunc)
        setattr(ArrayLike, f"__{name}__", forward)
        setattr(ArrayLike, f"__r{name}__", reflected)
        setattr(ArrayLike, f"__i{name}__", in_place)
    comparisons = {
        "gt": np.greater, "ge": np.greater_equal, "lt": np.less, "le": np.less_equal, "eq": np.equal,
        "ne": np.not_equal,
    }
    for name, ufunc in comparisons.items():
        setattr(ArrayLike, f"__{name}__", _operator(ufunc)[0])
    for name, ufunc in {"neg": np.negative, "pos": np.positive, "abs": np.absolute, "invert": np.invert}.items():
        setattr(ArrayLike, f"__{name}__", lambda self, f=ufunc: self.tables.ufuncs[f](self))


_install_operators()
