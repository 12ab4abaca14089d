"""SymPy's expressions as a number system: the same code and the same traced program on symbols.

A symbol has a float shadow, as residues have, which decides comparisons and says of what sign the symbol is: that holds
in a whole neighbourhood of the example, in which two formulas are equal or not. Floats are the fractions that they are.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import sympy
from scipy import special

from verify.exact.field import Lost, NotExact
from verify.exact.infinity import NotFinite

_OPAQUE: dict[str, Callable[[Any], Any]] = {
    "erf": sympy.erf, "erfinv": sympy.erfinv, "gammaln": sympy.loggamma, "digamma": sympy.digamma,
    "arctan": sympy.atan, "arcsin": sympy.asin, "arccos": sympy.acos, "arccosh": sympy.acosh,
}


class Symbols:
    """Makes symbols and constants, and counts the symbols."""

    def __init__(self) -> None:
        self.count = 0

    def free(self, shadow: float) -> "Symbolic":
        """A symbol for an input."""
        self.count += 1
        sign = {"positive": True} if shadow > 0 else {"negative": True} if shadow < 0 else {"real": True}
        return Symbolic(sympy.Symbol(f"x{self.count}", **sign), shadow, self)

    def lift(self, x: Any) -> Any:
        """A number as the fraction that it is."""
        if isinstance(x, (Symbolic, NotFinite)):
            return x
        x = x.item() if isinstance(x, np.generic) else x
        if not math.isfinite(x):
            return NotFinite(x, self.lift)
        exact = sympy.Integer(int(x)) if isinstance(x, (bool, int)) else sympy.Rational(*x.as_integer_ratio())
        return Symbolic(exact, float(x), self)


class Symbolic:
    """An expression `e` with its value `s` beside the example."""

    __slots__ = ("e", "s", "system")
    __hash__ = None  # type: ignore[assignment]
    kind = "symbolic"

    def __init__(self, e: Any, s: float, system: Symbols) -> None:
        self.e, self.s, self.system = e, s, system

    def _with(self, other: Any, f: Callable[[Any, Any], Any]) -> Any:
        other = self.system.lift(other)
        if isinstance(other, NotFinite):
            return NotImplemented
        return Symbolic(f(self.e, other.e), _shadow(f, self.s, other.s), self.system)

    def __add__(self, other: Any) -> Any:
        return self._with(other, lambda a, b: a + b)

    def __sub__(self, other: Any) -> Any:
        return self._with(other, lambda a, b: a - b)

    def __mul__(self, other: Any) -> Any:
        return self._with(other, lambda a, b: a * b)

    def __truediv__(self, other: Any) -> Any:
        if isinstance(other, Symbolic) and other.e == 0:
            raise Lost("a division by zero")
        return self._with(other, lambda a, b: a / b)

    def __pow__(self, other: Any) -> Any:
        return self._with(other, lambda a, b: a**b)

    def __radd__(self, other: Any) -> Any:
        return self.system.lift(other) + self

    def __rsub__(self, other: Any) -> Any:
        return self.system.lift(other) - self

    def __rmul__(self, other: Any) -> Any:
        return self.system.lift(other) * self

    def __rtruediv__(self, other: Any) -> Any:
        return self.system.lift(other) / self

    def __rpow__(self, other: Any) -> Any:
        return self.system.lift(other) ** self

    def __neg__(self) -> "Symbolic":
        return Symbolic(-self.e, -self.s, self.system)

    def __pos__(self) -> "Symbolic":
        return self

    def _beside(self, other: Any) -> float:
        other = self.system.lift(other)
        if isinstance(other, NotFinite):
            return -other.value
        if self.e == other.e:
            return 0.0
        apart = self.s - other.s
        if apart == 0 or math.isnan(apart):
            raise Lost("a tie")
        return apart

    def __gt__(self, other: Any) -> bool:
        return self._beside(other) > 0

    def __ge__(self, other: Any) -> bool:
        return self._beside(other) >= 0

    def __lt__(self, other: Any) -> bool:
        return self._beside(other) < 0

    def __le__(self, other: Any) -> bool:
        return self._beside(other) <= 0

    def __eq__(self, other: object) -> bool:
        return self._beside(other) == 0

    def __ne__(self, other: object) -> bool:
        return self._beside(other) != 0

    def __abs__(self) -> "Symbolic":
        return self if self >= 0 else -self

    def __bool__(self) -> bool:
        return self != 0

    def __float__(self) -> float:
        raise NotExact("conversion to a Python float")

    def whole(self) -> int | None:
        """The integer that it is, if it is one."""
        return int(self.e) if self.e.is_Integer else None

    def sign(self) -> Any:
        """-1, 0 or 1."""
        return self.system.lift(int(np.sign(self._beside(0))))

    def step(self, function: Callable[[float], float]) -> Any:
        """floor and its like."""
        return self.system.lift(function(self.s))

    def sigmoid(self) -> Any:
        """1 / (1 + e^-x)."""
        return Symbolic(1 / (1 + sympy.exp(-self.e)), _shadow(special.expit, self.s), self.system)

    def opaque(self, name: str, function: Callable[[float], Any], odd: bool = True) -> "Symbolic":
        """A function that residues leave opaque."""
        if name not in _OPAQUE:
            raise NotExact(f"{name} on symbols")
        return Symbolic(_OPAQUE[name](self.e), float(_shadow(function, self.s)), self.system)


def _shadow(f: Callable[..., Any], *x: float) -> float:
    try:
        value = f(*x)
    except (ArithmeticError, ValueError):
        return math.nan
    return math.nan if isinstance(value, complex) else float(value)


def _installed(name: str, symbolic: Callable[[Any], Any], numeric: Callable[[float], float]) -> None:
    def method(self: Symbolic) -> Symbolic:
        return Symbolic(symbolic(self.e), _shadow(numeric, self.s), self.system)

    setattr(Symbolic, name, method)


for _name in ("exp", "log", "sqrt", "cbrt", "sinh", "cosh", "tanh", "sin", "cos"):
    _installed(_name, getattr(sympy, _name), getattr(math, _name))
