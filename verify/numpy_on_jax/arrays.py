"""Arrays that stand for tracers and can be written to, as NumPy's can."""

import functools
import operator
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from verify.numpy_on_jax.selected import Selected, scalar
from verify.numpy_on_jax.twins import NotTraceable, call_ufunc, twin

_WITHOUT_TWIN = frozenset({
    "byteswap", "ctypes", "data", "itemset", "partition", "put", "resize", "setfield", "tobytes", "tofile", "tolist",
})
_SCATTERED = {np.add: "add", np.subtract: "subtract", np.multiply: "multiply", np.maximum: "max", np.minimum: "min"}


_FINITE: dict[Any, bool] = {np.isfinite: True, np.isnan: False, np.isinf: False}


class Traced:
    """A JAX tracer that NumPy code takes for an array, which it may write to.

    A view reads from its base and writes through to it, so that both stay equal, as in NumPy.
    """

    __slots__ = ("_base", "_get", "_put", "_x")
    __array_priority__ = 1000
    __hash__ = None  # type: ignore[assignment]

    def __init__(
        self, x: Any, base: "Traced | None" = None, get: Callable[[Any], Any] | None = None,
        put: Callable[[Any, Any], Any] | None = None,
    ) -> None:
        self._x, self._base, self._get, self._put = x, base, get, put

    @property
    def x(self) -> Any:
        """The tracer, as it is now."""
        return self._x if self._base is None or self._get is None else self._get(self._base.x)

    @x.setter
    def x(self, new: Any) -> None:
        if self._base is None or self._put is None:
            self._x = new
        else:
            self._base.x = self._put(self._base.x, new)

    __class__ = property(lambda self: np.ndarray)  # code may ask isinstance(x, np.ndarray)
    shape = property(lambda self: self.x.shape)
    ndim = property(lambda self: self.x.ndim)
    size = property(lambda self: self.x.size)
    dtype = property(lambda self: self.x.dtype)
    T = property(lambda self: self._view(lambda x: x.T, lambda base, new: new.T))
    mT = property(lambda self: self._view(lambda x: x.mT, lambda base, new: new.mT))  # noqa: N815

    def rearranged(self, function: Any, *args: Any, **options: Any) -> "Traced":
        """A view in which a function such as `np.transpose` puts every entry in another place."""
        get = functools.partial(_with_options, twin(function), args, options)
        return self._view(get, lambda base, new: jax.linear_transpose(get, base)(new)[0])

    def _view(self, get: Callable[[Any], Any], put: Callable[[Any, Any], Any]) -> "Traced":
        return Traced(None, self, get, put)

    def __array_ufunc__(self, ufunc: Any, method: str, *operands: Any, **options: Any) -> Any:
        (target,) = options.pop("out", (None,))
        if method == "at":
            return _scatter(ufunc, *operands)
        if ufunc in _FINITE and target is None and all(isinstance(n, int) for n in self.shape):
            return np.full(self.shape, _FINITE[ufunc])  # so that guards pass: what is not finite is no one's derivative
        result = wrap(call_ufunc(ufunc, method, tuple(map(bare, operands)), options))
        return result if target is None else assign(target, result)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if function in IN_PLACE:
            return IN_PLACE[function](*args, **kwargs)
        if function in _REARRANGING and isinstance(args[0], Traced):
            return args[0].rearranged(function, *args[1:], **kwargs)
        if function in (np.split, np.array_split) and isinstance(args[0], Traced):
            return args[0].split(function, *args[1:], **kwargs)
        if function in _JOINING:
            args = ([jnp.asarray(bare(item)) for item in args[0]], *args[1:])
        target = kwargs.pop("out", None)
        result = apply(twin(function), args, kwargs)
        return result if target is None else assign(target, result)

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise NotTraceable("conversion to a plain NumPy array")

    def __len__(self) -> int:
        return int(self.x.shape[0])

    def __iter__(self) -> Any:
        return (self[k] for k in range(len(self)))

    def __getitem__(self, at: Any) -> Any:
        at = bare(at)
        if _is_mask(at):
            return Selected(self.x, at, Traced)
        if not _is_basic(at):
            return Traced(self.x[at])
        if self.x[at].ndim == 0:
            return Traced(self.x[at])  # NumPy gives a scalar, which is a copy
        return self._view(lambda x: x[at], lambda base, new: base.at[at].set(new))

    def __setitem__(self, at: Any, new: Any) -> None:
        at = bare(at)
        if _is_mask(at):
            new = new.beside(at) if isinstance(new, Selected) else scalar(bare(new), "an assignment through a mask")
            mask = at.reshape(*at.shape, *(1,) * (self.ndim - at.ndim))
            self.x = jnp.where(mask, new, self.x).astype(self.dtype)
        else:
            self.x = self.x.at[at].set(bare(new))

    def reshape(self, *shape: Any, **options: Any) -> "Traced":
        """As of ndarray: a view."""
        return self.rearranged(np.reshape, shape[0] if len(shape) == 1 else shape, **options)

    def ravel(self, **options: Any) -> "Traced":
        """As of ndarray: a view."""
        return self.rearranged(np.ravel, **options)

    def transpose(self, *axes: Any) -> "Traced":
        """As of ndarray: a view."""
        return self.rearranged(np.transpose, (axes[0] if len(axes) == 1 else axes) or None)

    def swapaxes(self, a: int, b: int) -> "Traced":
        """As of ndarray: a view."""
        return self.rearranged(np.swapaxes, a, b)

    def squeeze(self, axis: Any = None) -> "Traced":
        """As of ndarray: a view."""
        return self.rearranged(np.squeeze, axis)

    def split(self, function: Any, sections: Any, axis: int = 0) -> "list[Traced]":
        """As `np.split` and `np.array_split`: views."""
        parts = function(np.arange(self.shape[axis]), sections)
        before = (slice(None),) * (axis % self.ndim)
        return [self[(*before, slice(part[0], part[-1] + 1) if part.size else slice(0, 0))] for part in parts]

    def copy(self, **_: Any) -> "Traced":
        """As of ndarray."""
        return Traced(self.x)

    def astype(self, dtype: Any, **_: Any) -> "Traced":
        """As of ndarray."""
        return Traced(self.x.astype(dtype))

    def fill(self, value: Any) -> None:
        """As of ndarray."""
        self[...] = value

    def sort(self, axis: int = -1) -> None:
        """As of ndarray: in place."""
        self.x = jnp.sort(self.x, axis=axis)

    def __bool__(self) -> bool:
        return bool(self.x)

    def __float__(self) -> float:
        return float(self.x)

    def __int__(self) -> int:
        return int(self.x)

    def __index__(self) -> int:
        return operator.index(self.x)

    def __getattr__(self, name: str) -> Any:
        if name in _WITHOUT_TWIN:
            raise NotTraceable(f"ndarray.{name}")
        method = getattr(self.x, name)
        return (lambda *args, **kwargs: apply(method, args, kwargs)) if callable(method) else method


def _is_mask(at: Any) -> bool:
    """Whether an index is a mask that depends on tracers."""
    return isinstance(at, jax.core.Tracer) and at.dtype == bool


def _scatter(ufunc: Any, target: Any, at: Any, *new: Any) -> None:
    """`np.add.at` and the like: every one of equal indices counts."""
    if ufunc not in _SCATTERED or len(new) != 1 or not isinstance(target, Traced):
        raise NotTraceable(f"np.{ufunc.__name__}.at")
    target.x = getattr(target.x.at[bare(at)], _SCATTERED[ufunc])(bare(new[0]))


def assign(target: Any, new: Any) -> Any:
    """Write into the array that `out=` names."""
    if not isinstance(target, Traced):
        raise NotTraceable("out= of a plain NumPy array")
    target[...] = new
    return target


def _fill_diagonal(a: Any, value: Any, wrap: bool = False) -> None:
    a.x = jnp.fill_diagonal(a.x, bare(value), wrap=wrap, inplace=False)


def _put_along_axis(a: Any, indices: Any, values: Any, axis: Any) -> None:
    a.x = jnp.put_along_axis(a.x, bare(indices), bare(values), axis, inplace=False)


def _copyto(target: Any, new: Any, where: Any = True) -> None:
    if not isinstance(target, Traced):
        raise NotTraceable("np.copyto into a plain NumPy array")
    target.x = jnp.where(bare(where), bare(new), target.x).astype(target.dtype)


IN_PLACE: dict[Any, Callable[..., None]] = {
    np.fill_diagonal: _fill_diagonal, np.put_along_axis: _put_along_axis, np.copyto: _copyto,
}


_REARRANGING = frozenset({
    np.reshape, np.ravel, np.transpose, np.swapaxes, np.moveaxis, np.squeeze, np.expand_dims, np.rollaxis,
})
_JOINING = frozenset({np.concatenate, np.stack, np.hstack, np.vstack, np.column_stack, np.dstack})


def _with_options(f: Callable[..., Any], args: Any, options: Any, x: Any) -> Any:
    return f(x, *args, **options)


def apply(function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    """A function of bare tracers on arrays of ours, its answer wrapped."""
    args, kwargs = jax.tree_util.tree_map(bare, (args, kwargs), is_leaf=is_traced)
    return jax.tree_util.tree_map(wrap, function(*args, **kwargs))


def is_traced(x: Any) -> bool:
    """Whether it is an array of ours."""
    return isinstance(x, Traced)


def _is_basic(at: Any) -> bool:
    """Whether an index gives a view: integers, slices, new axes."""
    parts = at if isinstance(at, tuple) else (at,)
    return all(
        part is None or part is ... or isinstance(part, slice)
        or (isinstance(part, (int, np.integer)) and not isinstance(part, bool))
        for part in parts
    )


def wrap(x: Any) -> Any:
    """A tracer as an array of ours; anything else as it is."""
    return Traced(x) if isinstance(x, jax.Array) else x


def bare(x: Any) -> Any:
    """The tracer of an array of ours, inside a tuple or list too; a list of plain indices as an array."""
    if isinstance(x, tuple):
        return tuple(bare(item) for item in x)
    if isinstance(x, list) and not any(isinstance(item, list) for item in x):
        return np.asarray(x) if not any(map(is_traced, x)) else [bare(item) for item in x]
    return x.x if isinstance(x, Traced) else x


def _binary(f: Callable[[Any, Any], Any], swapped: bool = False) -> Callable[[Traced, Any], Traced]:
    if swapped:
        return lambda self, other: Traced(f(bare(other), self.x))
    return lambda self, other: Traced(f(self.x, bare(other)))


def _in_place(f: Callable[[Any, Any], Any]) -> Callable[[Traced, Any], Traced]:
    def update(self: Traced, other: Any) -> Traced:
        before, new = self.x, f(self.x, bare(other))
        if new.shape != before.shape:
            raise ValueError(f"an array of shape {before.shape} can't take one of shape {new.shape} in place")
        if before.ndim == 0:
            return Traced(new)  # NumPy's scalars are never changed: the name stands for another one
        self.x = new.astype(before.dtype)
        return self

    return update


def _unary(f: Callable[[Any], Any]) -> Callable[[Traced], Traced]:
    return lambda self: Traced(f(self.x))


for _name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "matmul", "pow", "and_", "or_", "xor"):
    _function = getattr(operator, _name)
    setattr(Traced, f"__{_name.rstrip('_')}__", _binary(_function))
    setattr(Traced, f"__r{_name.rstrip('_')}__", _binary(_function, swapped=True))
    setattr(Traced, f"__i{_name.rstrip('_')}__", _in_place(_function))
for _name in ("gt", "ge", "lt", "le", "eq", "ne"):
    setattr(Traced, f"__{_name}__", _binary(getattr(operator, _name)))
for _name in ("neg", "pos", "abs", "invert"):
    setattr(Traced, f"__{_name}__", _unary(getattr(operator, _name)))
