"""Plain NumPy code traced by JAX, through the NumPy protocols: each NumPy function becomes its `jax.numpy` twin."""

import operator
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp


class NotTraceable(TypeError):
    """NumPy code that has no counterpart on JAX tracers; the message names the function."""


class Traced:
    """A JAX tracer that NumPy code takes for an array."""

    __slots__ = ("x",)
    __array_priority__ = 1000
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, x: Any) -> None:
        self.x = x

    shape = property(lambda self: self.x.shape)
    ndim = property(lambda self: self.x.ndim)
    size = property(lambda self: self.x.size)
    dtype = property(lambda self: self.x.dtype)
    T = property(lambda self: Traced(self.x.T))
    mT = property(lambda self: Traced(self.x.mT))  # noqa: N815

    def __array_ufunc__(self, ufunc: Any, method: str, *operands: Any, **options: Any) -> Any:
        if method != "__call__" or options:
            raise NotTraceable(f"np.{ufunc.__name__}.{method}" + (f" with {', '.join(options)}" if options else ""))
        return _apply(_twin(jnp, ufunc.__name__), operands, {})

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        home = jnp.linalg if "linalg" in getattr(function, "__module__", "") else jnp
        return _apply(_twin(home, function.__name__), args, kwargs)

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise NotTraceable("conversion to a plain NumPy array")

    def __len__(self) -> int:
        return int(self.x.shape[0])

    def __iter__(self) -> Any:
        return (Traced(row) for row in self.x)

    def __getitem__(self, at: Any) -> "Traced":
        return Traced(self.x[_bare(at)])

    def __setitem__(self, at: Any, new: Any) -> None:
        self.x = self.x.at[_bare(at)].set(_bare(new))

    def copy(self) -> "Traced":
        """As of ndarray."""
        return Traced(self.x)

    def astype(self, dtype: Any, **_: Any) -> "Traced":
        """As of ndarray."""
        return Traced(self.x.astype(dtype))

    def __bool__(self) -> bool:
        return bool(self.x)

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.x, name)
        return (lambda *args, **kwargs: _apply(method, args, kwargs)) if callable(method) else method


def lift(function: Callable[..., Any]) -> Callable[..., Any]:
    """A NumPy function as one that JAX can trace."""

    def traceable(*args: Any, **kwargs: Any) -> Any:
        wrapped, names = jax.tree_util.tree_map(_wrap, (args, kwargs))
        return jax.tree_util.tree_map(_bare, function(*wrapped, **names), is_leaf=_is_traced)

    return traceable


def _twin(home: Any, name: str) -> Callable[..., Any]:
    function = getattr(home, name, None)
    if function is None:
        raise NotTraceable(f"np.{name}")
    return function


def _apply(function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    args, kwargs = jax.tree_util.tree_map(_bare, (args, kwargs), is_leaf=_is_traced)
    return jax.tree_util.tree_map(_wrap, function(*args, **kwargs))


def _is_traced(x: Any) -> bool:
    return isinstance(x, Traced)


def _wrap(x: Any) -> Any:
    return Traced(x) if isinstance(x, jax.Array) else x


def _bare(x: Any) -> Any:
    if isinstance(x, tuple):
        return tuple(_bare(item) for item in x)
    return x.x if isinstance(x, Traced) else x


def _binary(f: Callable[[Any, Any], Any], swapped: bool = False) -> Callable[[Traced, Any], Traced]:
    if swapped:
        return lambda self, other: Traced(f(_bare(other), self.x))
    return lambda self, other: Traced(f(self.x, _bare(other)))


def _unary(f: Callable[[Any], Any]) -> Callable[[Traced], Traced]:
    return lambda self: Traced(f(self.x))


for _name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "matmul", "pow", "and_", "or_", "xor"):
    _function = getattr(operator, _name)
    setattr(Traced, f"__{_name.rstrip('_')}__", _binary(_function))
    setattr(Traced, f"__r{_name.rstrip('_')}__", _binary(_function, swapped=True))
for _name in ("gt", "ge", "lt", "le", "eq", "ne"):
    setattr(Traced, f"__{_name}__", _binary(getattr(operator, _name)))
for _name in ("neg", "pos", "abs", "invert"):
    setattr(Traced, f"__{_name}__", _unary(getattr(operator, _name)))
