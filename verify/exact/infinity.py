"""Infinities and what is no number: the masks of an attention, the guards of a division."""

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import special


class NotFinite:
    """inf, -inf or nan beside exact scalars, as floats go. What is finite again, such as e^-inf, is exact.

    lift : the number system's
    """

    __slots__ = ("lift", "value")
    __hash__ = None  # type: ignore[assignment]
    kind = "not finite"

    def __init__(self, value: float, lift: Callable[[Any], Any]) -> None:
        self.value, self.lift = value, lift

    def __repr__(self) -> str:
        return f"NotFinite({self.value})"

    @property
    def s(self) -> float:
        """The value, as a scalar's shadow."""
        return self.value

    def _made(self, value: Any) -> Any:
        return self.lift(float(value)) if math.isfinite(value) else NotFinite(float(value), self.lift)

    def exp(self) -> Any:
        """e^x."""
        return self._made(np.exp(self.value))

    def log(self) -> Any:
        """The logarithm."""
        return self._made(np.log(self.value))

    def sqrt(self) -> Any:
        """The square root."""
        return self._made(np.sqrt(self.value))

    def tanh(self) -> Any:
        """The hyperbolic tangent."""
        return self._made(np.tanh(self.value))

    def sigmoid(self) -> Any:
        """1 / (1 + e^-x)."""
        return self._made(special.expit(self.value))

    def sign(self) -> Any:
        """-1 or 1, or nan."""
        return self._made(np.sign(self.value))

    def step(self, function: Any) -> Any:
        """floor and its like."""
        return self

    def opaque(self, name: str, function: Any, odd: bool = True) -> Any:
        """What the function gives in floating point."""
        return self._made(function(self.value))

    def __abs__(self) -> Any:
        return self._made(abs(self.value))

    def __neg__(self) -> Any:
        return self._made(-self.value)

    def __pos__(self) -> Any:
        return self

    def __bool__(self) -> bool:
        return True


def _value(x: Any) -> float:
    """A number in floating point, as far as it matters beside an infinity."""
    return x.value if isinstance(x, NotFinite) else float(getattr(x, "s", x))


def _installed(name: str, function: Callable[[Any, Any], Any], compares: bool) -> None:
    def forward(self: NotFinite, other: Any) -> Any:
        with np.errstate(all="ignore"):
            out = function(np.float64(self.value), np.float64(_value(other)))
        return bool(out) if compares else self._made(out)

    def reflected(self: NotFinite, other: Any) -> Any:
        with np.errstate(all="ignore"):
            out = function(np.float64(_value(other)), np.float64(self.value))
        return bool(out) if compares else self._made(out)

    setattr(NotFinite, f"__{name}__", forward)
    if not compares:
        setattr(NotFinite, f"__r{name}__", reflected)


for _name in ("add", "sub", "mul", "truediv", "pow"):
    _installed(_name, getattr(operator, _name), compares=False)
for _name in ("lt", "le", "gt", "ge", "eq", "ne"):
    _installed(_name, getattr(operator, _name), compares=True)
