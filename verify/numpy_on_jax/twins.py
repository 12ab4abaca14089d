"""The `jax.numpy` twin of a NumPy or SciPy function, and of the methods of a ufunc, on bare tracers."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import jax.scipy.special
import numpy as np


class NotTraceable(TypeError):
    """NumPy code that has no counterpart on JAX tracers; the message names the function."""


def twin(function: Any) -> Callable[..., Any]:
    """The function of that name in `jax.numpy`."""
    home: Any = jnp
    module = getattr(function, "__module__", None) or ""
    if "linalg" in module:
        home = jnp.linalg
    elif "fft" in module:
        home = jnp.fft
    twin = getattr(home, function.__name__, None) or getattr(jax.scipy.special, function.__name__, None)
    if twin is None:
        raise NotTraceable(f"np.{function.__name__}")
    return twin


def call_ufunc(ufunc: Any, method: str, operands: Any, options: dict[str, Any]) -> Any:
    """A ufunc's method on tracers; raises NotTraceable for one that has no counterpart."""
    name = f"np.{ufunc.__name__}" + ("" if method == "__call__" else f".{method}")
    first, *rest = operands
    if method == "__call__" and not options:
        return twin(ufunc)(first, *rest)
    if method == "reduce" and ufunc in _REDUCTIONS and not set(options) - {"axis", "keepdims"}:
        axis = options.get("axis", rest[0] if rest else 0)
        return _REDUCTIONS[ufunc](first, axis=axis, keepdims=options.get("keepdims", False))
    if method == "accumulate" and ufunc in _RUNNING and not set(options) - {"axis"}:
        return _RUNNING[ufunc](first, axis=options.get("axis", rest[0] if rest else 0))
    if method == "outer" and len(rest) == 1 and not options:
        a, b = jnp.asarray(first), jnp.asarray(rest[0])
        return twin(ufunc)(a.reshape(*a.shape, *(1,) * b.ndim), b)
    raise NotTraceable(name + (f" with {', '.join(options)}" if options else ""))


_REDUCTIONS: dict[Any, Any] = {
    np.add: jnp.sum, np.multiply: jnp.prod, np.maximum: jnp.max, np.minimum: jnp.min, np.logical_and: jnp.all,
    np.logical_or: jnp.any,
}
_RUNNING: dict[Any, Any] = {
    np.add: jnp.cumsum, np.multiply: jnp.cumprod, np.maximum: lambda x, axis: jax.lax.cummax(x, axis % x.ndim),
    np.minimum: lambda x, axis: jax.lax.cummin(x, axis % x.ndim),
}
