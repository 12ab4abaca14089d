"""What a mask of tracers selects, whose size is not known."""

import operator
from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np

from verify.numpy_on_jax.twins import NotTraceable, twin


class Selected:
    """What a mask of tracers selects, `x[x > 0]`: its size is not known, so it is kept in the place of the whole.

    Elementwise functions and sums are defined on it, and it can be assigned through the same mask.
    """

    __array_priority__ = 1000
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, whole: Any, mask: Any, wrap: Callable[[Any], Any]) -> None:
        self.whole, self.mask, self.wrap = whole, mask, wrap

    def beside(self, mask: Any) -> Any:
        """The whole, if it was selected by that mask."""
        if mask is not self.mask:
            raise NotTraceable("entries selected by one mask, used with another")
        return self.whole

    def __array_ufunc__(self, ufunc: Any, method: str, *operands: Any, **options: Any) -> Any:
        if method != "__call__" or options:
            raise NotTraceable(f"np.{ufunc.__name__}.{method} of entries selected by a mask")
        return self._with(twin(ufunc), operands)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if function in (np.sum, np.mean) and len(args) == 1 and not kwargs:
            return getattr(self, function.__name__)()
        raise NotTraceable(f"np.{function.__name__} of entries selected by a mask")

    def _with(self, f: Callable[..., Any], operands: Any) -> "Selected":
        wholes = [
            x.beside(self.mask) if isinstance(x, Selected) else scalar(getattr(x, "x", x), "an operand of a selection")
            for x in operands
        ]
        return Selected(f(*wholes), self.mask, self.wrap)

    def __neg__(self) -> "Selected":
        return self._with(operator.neg, (self,))

    def sum(self) -> Any:
        """As of ndarray."""
        return self.wrap(jnp.sum(jnp.where(self.mask, self.whole, 0)))

    def mean(self) -> Any:
        """As of ndarray."""
        return self.wrap(jnp.sum(jnp.where(self.mask, self.whole, 0)) / jnp.sum(self.mask))


def scalar(x: Any, what: str) -> Any:
    """A value that stands for every entry; raises NotTraceable for others, naming what it is."""
    if np.ndim(x) != 0 and np.size(x) != 1:
        raise NotTraceable(f"{what} whose size depends on the values")
    return jnp.reshape(x, ())


for _name in ("add", "sub", "mul", "truediv", "pow"):
    _function = getattr(operator, _name)
    setattr(Selected, f"__{_name}__", lambda self, other, f=_function: self._with(f, (self, other)))
    setattr(Selected, f"__r{_name}__", lambda self, other, f=_function: self._with(f, (other, self)))
