"""Balls: real numbers as midpoint and radius, python-flint's `arb`, for the same arrays as residues.

Whatever is computed contains the exact value, at any precision; more precision makes the balls smaller. `arb` itself is
hidden in a `Ball`, since it converts to float, silently, wherever NumPy asks for one.
"""

import math
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from fractions import Fraction
from typing import Any

import numpy as np

from verify.exact.field import Lost, NotExact
from verify.exact.infinity import NotFinite

ULPS = 4  # how far a rounded constant may be from the number that it stands for: some roundings of its own
_MEANT = 2.0**24  # a float with a shorter significand is meant as it is


def available() -> bool:
    """Whether python-flint is installed; the extra `exact` installs it."""
    try:
        import flint  # noqa: F401
    except ImportError:
        return False
    return True


class Undecided(Exception):
    """A comparison of balls that overlap: more precision may decide it."""


class Balls:
    """A number system of balls at a precision.

    bits : of the significands
    widened : magnitudes of constants, each of which is a ball of a few ulps about it
    constants : magnitudes of the constants of the code that look rounded, such as 0.1, met so far
    """

    def __init__(self, bits: int, widened: AbstractSet[float] = frozenset()) -> None:
        self.bits, self.widened = bits, widened
        self.constants: set[float] = set()

    @contextmanager
    def precision(self) -> Iterator[None]:
        """Compute with so many bits."""
        import flint

        before = flint.ctx.prec
        flint.ctx.prec = self.bits
        try:
            yield
        finally:
            flint.ctx.prec = before

    def exact(self, x: float) -> Any:
        """A float as the number that it is."""
        import flint

        return Ball(flint.arb(x), self) if math.isfinite(x) else NotFinite(float(x), self.lift)

    def lift(self, x: Any) -> Any:
        """A constant of the code."""
        import flint

        if isinstance(x, (Ball, NotFinite)):
            return x
        x = x.item() if isinstance(x, np.generic) else x
        if isinstance(x, (bool, int)):
            return Ball(flint.arb(int(x)), self)
        if math.isfinite(x) and not (math.frexp(x)[0] * _MEANT).is_integer():
            self.constants.add(abs(x))
            if abs(x) in self.widened:
                return Ball(flint.arb(x, ULPS * math.ulp(x)), self)
        return self.exact(x)


class Ball:
    """A real number in a ball; `b` is python-flint's."""

    __slots__ = ("b", "system")
    __hash__ = None  # type: ignore[assignment]
    kind = "ball"

    def __init__(self, b: Any, system: Balls) -> None:
        self.b, self.system = b, system

    def __repr__(self) -> str:
        return f"Ball({self.b})"

    @property
    def s(self) -> float:
        """The midpoint as a float."""
        return float(self.b.mid())

    def whole(self) -> int | None:
        """The integer that the ball is, if it is one."""
        return int(self.s) if self.b.is_exact() and self.b.is_integer() and abs(self.s) < 2.0**53 else None

    def _with(self, other: Any, f: Callable[[Any, Any], Any]) -> Any:
        if not isinstance(other, Ball):
            if isinstance(other, NotFinite):
                return NotImplemented
            other = self.system.lift(other)
            if isinstance(other, NotFinite):
                return NotImplemented
        return Ball(f(self.b, other.b), self.system)

    def __add__(self, other: Any) -> Any:
        return self._with(other, lambda a, b: a + b)

    def __radd__(self, other: Any) -> Any:
        return self._with(other, lambda a, b: b + a)

    def __sub__(self, other: Any) -> Any:
        return self._with(other, lambda a, b: a - b)

    def __rsub__(self, other: Any) -> Any:
        return self._with(other, lambda a, b: b - a)

    def __mul__(self, other: Any) -> Any:
        return self._with(other, lambda a, b: a * b)

    def __rmul__(self, other: Any) -> Any:
        return self._with(other, lambda a, b: b * a)

    def __truediv__(self, other: Any) -> Any:
        return self._with(other, _quotient)

    def __rtruediv__(self, other: Any) -> Any:
        return self._with(other, lambda a, b: _quotient(b, a))

    def __pow__(self, n: Any) -> Any:
        if isinstance(n, NotFinite):
            return NotImplemented
        n = self.system.lift(n)
        k = n.whole()
        if k is not None:
            return Ball(self.b**k, self.system) if k >= 0 else 1 / self**-k
        return self.sqrt() if n.s == 0.5 and n.b.is_exact() else (n * self.log()).exp()

    def __rpow__(self, base: Any) -> Any:
        return self.system.lift(base) ** self

    def __neg__(self) -> "Ball":
        return Ball(-self.b, self.system)

    def __pos__(self) -> "Ball":
        return self

    # -- branches ------------------------------------------------------------------------------------------------------

    def _beside(self, other: Any) -> float:
        """The sign of self - other; raises Undecided where the balls overlap."""
        other = self.system.lift(other)
        if isinstance(other, NotFinite):
            return -other.value
        apart = self.b - other.b
        if apart.is_zero():
            return 0.0
        if apart > 0:
            return 1.0
        if apart < 0:
            return -1.0
        raise Undecided(f"{self.b} beside {other.b}")

    def __gt__(self, other: Any) -> bool:
        return self._beside(other) > 0

    def __ge__(self, other: Any) -> bool:
        return self is other or self._beside(other) >= 0

    def __lt__(self, other: Any) -> bool:
        return self is not other and self._beside(other) < 0

    def __le__(self, other: Any) -> bool:
        return self is other or self._beside(other) <= 0

    def __eq__(self, other: object) -> bool:
        return self is other or self._beside(other) == 0

    def __ne__(self, other: object) -> bool:
        return self is not other and self._beside(other) != 0

    def __abs__(self) -> "Ball":
        return self if self >= 0 else -self

    def sign(self) -> Any:
        """-1, 0 or 1."""
        return self.system.lift(int(np.sign(self._beside(0))))

    def step(self, function: Callable[[Any], Any]) -> Any:
        """floor and its like: of the ends themselves, which may be closer to an integer than a float shows."""
        below, above = (function(_as_fraction(x)) for x in (self.b.lower(), self.b.upper()))
        if below != above:
            raise Undecided(f"a step in {self.b}")
        return self.system.lift(below)

    # -- functions -----------------------------------------------------------------------------------------------------

    def _of(self, name: str) -> "Ball":
        value = getattr(self.b, name)()
        if not value.is_finite():
            raise Lost(f"{name} of {self.b}") if self.b.is_exact() else Undecided(f"{name} of {self.b}")
        return Ball(value, self.system)

    def exp(self) -> "Ball":
        """e^x."""
        return self._of("exp")

    def log(self) -> "Ball":
        """The logarithm."""
        return self._of("log")

    def sqrt(self) -> "Ball":
        """The square root."""
        return self._of("sqrt")

    def cbrt(self) -> "Ball":
        """The cube root."""
        if self.b.is_zero():
            return self  # of which arb's root is not finite
        size = abs(self)
        root = Ball(size.b.root(3), self.system)
        return root if size is self else -root

    def tanh(self) -> "Ball":
        """The hyperbolic tangent."""
        return self._of("tanh")

    def sigmoid(self) -> "Ball":
        """1 / (1 + e^-x)."""
        return Ball(1 / (1 + (-self.b).exp()), self.system)

    def sinh(self) -> "Ball":
        """The hyperbolic sine."""
        return self._of("sinh")

    def cosh(self) -> "Ball":
        """The hyperbolic cosine."""
        return self._of("cosh")

    def sin(self) -> "Ball":
        """The sine."""
        return self._of("sin")

    def cos(self) -> "Ball":
        """The cosine."""
        return self._of("cos")

    def opaque(self, name: str, function: Callable[[float], Any], odd: bool = True) -> "Ball":
        """A function that residues leave opaque."""
        if name not in _OPAQUE:
            raise NotExact(f"{name} in ball arithmetic")
        return self._of(_OPAQUE[name])

    def __float__(self) -> float:
        raise NotExact("conversion to a Python float")

    def __bool__(self) -> bool:
        return self != 0


_OPAQUE = {
    "erf": "erf", "erfinv": "erfinv", "gammaln": "lgamma", "digamma": "digamma", "arctan": "atan", "arcsin": "asin",
    "arccos": "acos", "arccosh": "acosh",
}


def _quotient(a: Any, b: Any) -> Any:
    if b.is_zero():
        raise Lost("a division by zero")
    if b.contains(0):
        raise Undecided(f"a division by {b}")
    return a / b


def _as_fraction(x: Any) -> Fraction:
    if not x.is_finite():
        raise Undecided(f"a step in {x}")
    above, exponent = x.man_exp()
    return Fraction(int(above)) * Fraction(2) ** int(exponent)
