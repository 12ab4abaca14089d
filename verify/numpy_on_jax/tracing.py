"""NumPy functions made traceable: on arrays that stand for tracers, or on JAX's own."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import jax
import jax.numpy as jnp

from verify.numbers.creation import Maker, Replacements
from verify.numpy_on_jax.arrays import Traced, bare, is_traced, wrap
from verify.numpy_on_jax.twins import NotTraceable, call_ufunc, twin


def lift(function: Callable[..., Any], code: Any = None) -> Callable[..., Any]:
    """A NumPy function as one that JAX can trace; `code` is the function whose code it runs, if that is another."""

    def traceable(*args: Any, **kwargs: Any) -> Any:
        wrapped, names = jax.tree_util.tree_map(wrap, (args, kwargs))
        with _TRACED.creating(code or function):
            out = function(*wrapped, **names)
        return jax.tree_util.tree_map(bare, out, is_leaf=is_traced)

    return traceable


@contextmanager
def dispatched() -> Iterator[None]:
    """NumPy functions take JAX's tracers."""
    tracer: Any = jax.core.Tracer

    def array_ufunc(self: Any, ufunc: Any, method: str, *operands: Any, **options: Any) -> Any:
        if options.pop("out", None) is not None:
            raise NotTraceable(f"np.{ufunc.__name__} with out=")
        return call_ufunc(ufunc, method, operands, options)

    def array_function(self: Any, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return twin(function)(*args, **kwargs)

    tracer.__array_ufunc__, tracer.__array_function__ = array_ufunc, array_function
    try:
        yield
    finally:
        del tracer.__array_ufunc__, tracer.__array_function__


def _made(original: Callable[..., Any], *args: Any, **options: Any) -> Any:
    """What a function makes; a floating array as one that may be filled with tracers."""
    made = getattr(jnp, original.__name__)(*args, **options)
    return Traced(made) if made.dtype.kind == "f" else original(*args, **options)


def _made_like(original: Callable[..., Any], like: Any, *args: Any, **options: Any) -> Any:
    if isinstance(like, Traced):
        return original(like, *args, **options)
    made = original(like, *args, **options)
    return Traced(jnp.asarray(made)) if made.dtype.kind == "f" else made


def _converted(original: Callable[..., Any], x: Any, dtype: Any = None, **options: Any) -> Any:
    """`np.array` and its like: of what holds a tracer, an array of our own; of plain data, a plain one."""
    if not any(isinstance(leaf, (Traced, jax.Array)) for leaf in jax.tree_util.tree_leaves(x, is_leaf=is_traced)):
        return original(x, dtype=dtype, **options)
    if isinstance(x, Traced) and original.__name__ != "array" and dtype in (None, float, x.dtype):
        return x
    return Traced(jnp.array(jax.tree_util.tree_map(bare, x, is_leaf=is_traced), dtype=dtype))


_MAKERS: dict[str, Maker] = {
    **dict.fromkeys(("zeros", "ones", "empty", "full", "eye", "identity", "arange", "linspace"), _made),
    **dict.fromkeys(("zeros_like", "ones_like", "empty_like", "full_like"), _made_like),
    **dict.fromkeys(("array", "asarray", "asanyarray", "ascontiguousarray"), _converted),
}
_TRACED = Replacements(Traced, _MAKERS)
