"""A scalar of a random prime field on which formulas are exact: the value, a float shadow, and how it was made.

`Field` draws a safe prime p = 2 q + 1; a `Residue` stands for a real number as what a ring homomorphism into the
integers modulo p makes of it. Inputs are random residues; the four operations and integer powers are the field's own.

- exp is a homomorphism from sums to products: an argument is expanded into rational multiples of monomials
  (`exponents.py`), each of which has a random exponent, keyed by its residue, of an element of order q. So e^(x + y)
  and e^x e^y are one residue, and 1 + e^x is never zero, since -1 is none of its values.
- sigmoid, tanh and the other hyperbolic functions are rational in exp; cosine and sine in a half-angle's tangent.
- log turns products to sums (`logarithms.py`); its derivative 1 / x is what JAX's program makes of it.
- sqrt is the root that is itself a square, which makes it multiplicative: of a radicand that is no square there is
  none, and `Resample` asks for another point.
- erf and its like are opaque: a random residue for each argument, odd where they are odd.

Comparisons follow the shadow, the value in floating point; equal residues are equal numbers. Shadows that can't decide,
since they are equal or not finite, raise `Lost`.
"""

import hashlib
import math
import random
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import special

from verify.exact.degrees import Degree
from verify.exact.infinity import NotFinite
from verify.exact.primes import BITS, safe_prime

CONSTANT, SUM, DIFFERENCE, NEGATIVE, PRODUCT, QUOTIENT, POWER, EXP, ROOT = (
    "constant", "sum", "difference", "negative", "product", "quotient", "power", "exp", "root",
)
_GENERATOR = 4  # a square other than 1: its order is q


class NotExact(TypeError):
    """Code that can't run on exact numbers; the message names the function."""


class Resample(Exception):
    """Another random point is needed: a denominator is zero, or a radicand is no square."""


class Lost(Exception):
    """A branch that the float shadow can't decide."""


class Field:
    """A random safe prime with a random oracle, and a record of what was asked of it.

    p : the prime, if it is given
    any_side : whether comparisons of what varies have random outcomes, the same for the same difference, whatever the
        shadows are: two programs that are equal then are equal on either side of every branch
    opaque : names of functions that were left opaque
    radicands : residues of which a root was taken
    outcomes : of every comparison, in order, and of steps
    compared : the largest degree of a difference of which the sign was asked
    asked : what the oracle was asked
    exponentials : the residues of all exponents
    exponents : the exponents in normal form, by monomial their coefficients modulo q; one of x and -x
    fractions : the powers, modulo q, that are no integers
    raised : by the residue of x, that of e^x, and the powers in it
    highest, argument_bits, exponent_bits : the largest degree of an argument of the oracle, the largest size, and that
        of an exponent
    degrees : by residue, bounds for arguments of the oracle and for bases of logarithms
    powers : of each u^c that an exponential of logarithms was, u's residue and c, or 0 for a fraction
    sums : of each logarithm, the exponents in it, and the sum of its coefficients' magnitudes, over a power of 2
    known : by the residue of a sum, its form as a product
    logarithms : by the residue of a logarithm, what it is one of
    """

    def __init__(self, rng: random.Random, bits: int = BITS, p: int | None = None, any_side: bool = False) -> None:
        self.rng, self.bits, self.any_side = rng, bits, any_side
        self.p = safe_prime(rng, bits) if p is None else p
        self.q = self.p // 2
        self._key = rng.randbytes(32)
        self._constants: dict[float, Residue] = {}
        self.opaque: set[str] = set()
        self.radicands: set[int] = set()
        self.outcomes: list[float] = []
        self.compared = 1
        self.asked: set[tuple[str, int]] = set()
        self.exponentials: set[int] = set()
        self.exponents: dict[frozenset[tuple[int, int]], dict[int, int]] = {}
        self.fractions: set[int] = set()
        self.raised: dict[int, tuple[int, list[tuple[int, int]]]] = {}
        self.highest, self.argument_bits, self.exponent_bits = 1, 0, 0
        self.degrees: dict[int, Degree] = {}
        self.powers: list[tuple[int, int]] = []
        self.sums: list[tuple[list[int], int, int]] = []
        self.known: dict[int, Residue] = {}
        self.logarithms: dict[int, Residue] = {}

    def oracle(self, name: str, v: int) -> int:
        """A random number from 1 to q - 1 for a name and a residue."""
        self.asked.add((name, v))
        digest = hashlib.blake2b(f"{name} {v}".encode(), key=self._key, digest_size=24).digest()
        return int.from_bytes(digest) % (self.q - 1) + 1

    def some_sign(self, v: int) -> float:
        """1 or -1 for a difference, and the other one for its negative."""
        flipped = v > self.q
        return 1.0 if (self.oracle("sign", self.p - v if flipped else v) % 2 == 0) != flipped else -1.0

    def free(self, shadow: float) -> "Residue":
        """A random residue for an input."""
        return Residue(self, self.rng.randrange(self.p), shadow)

    def lift(self, x: Any) -> Any:
        """A number as what it is exactly: a float is a multiple of a power of two."""
        if isinstance(x, (Residue, NotFinite)):
            return x
        x = x.item() if isinstance(x, np.generic) else x
        known = self._constants.get(x)
        if known is None:
            if not math.isfinite(x):
                return NotFinite(x, self.lift)
            above, below = int(x).as_integer_ratio() if isinstance(x, (bool, int)) else x.as_integer_ratio()
            v, k = above * pow(below, -1, self.p) % self.p, above * pow(below, -1, self.q) % self.q
            known = self._constants[x] = Residue(self, v, float(x), CONSTANT, k)
        return known

    def constant(self, v: int, k: int, shadow: float) -> "Residue":
        """A rational number from its residues modulo p and q."""
        return Residue(self, v % self.p, shadow, CONSTANT, k % self.q)


class Residue:
    """A number modulo p. `v` is its residue, `s` its shadow; `kind`, `a` and `b` say how it was made.

    Of a constant, `a` is its residue modulo q, which exponents need.
    """

    __slots__ = ("a", "b", "field", "kind", "s", "terms", "v")
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, field: Field, v: int, s: float, kind: str = "", a: Any = None, b: Any = None) -> None:
        self.field, self.v, self.s, self.kind, self.a, self.b = field, v, s, kind, a, b
        self.terms: dict[int, int] | None = None

    def __repr__(self) -> str:
        return f"Residue({self.v}, shadow={self.s:.6g})"

    # -- the field's operations ----------------------------------------------------------------------------------------

    def __add__(self, other: Any) -> "Residue":
        f = self.field
        if type(other) is not Residue:
            if isinstance(other, NotFinite):
                return NotImplemented
            other = f.lift(other)
        if self.kind is CONSTANT is other.kind:
            return f.constant(self.v + other.v, self.a + other.a, self.s + other.s)
        return Residue(f, (self.v + other.v) % f.p, self.s + other.s, SUM, self, other)

    __radd__ = __add__

    def __sub__(self, other: Any) -> "Residue":
        f = self.field
        if type(other) is not Residue:
            if isinstance(other, NotFinite):
                return NotImplemented
            other = f.lift(other)
        if self.kind is CONSTANT is other.kind:
            return f.constant(self.v - other.v, self.a - other.a, self.s - other.s)
        return Residue(f, (self.v - other.v) % f.p, self.s - other.s, DIFFERENCE, self, other)

    def __rsub__(self, other: Any) -> "Residue":
        return self.field.lift(other) - self

    def __neg__(self) -> "Residue":
        if self.kind is CONSTANT:
            return self.field.constant(-self.v, -self.a, -self.s)
        return Residue(self.field, -self.v % self.field.p, -self.s, NEGATIVE, self)

    def __pos__(self) -> "Residue":
        return self

    def __mul__(self, other: Any) -> "Residue":
        f = self.field
        if type(other) is not Residue:
            if isinstance(other, NotFinite):
                return NotImplemented
            other = f.lift(other)
        if self.kind is CONSTANT is other.kind:
            return f.constant(self.v * other.v, self.a * other.a, self.s * other.s)
        return Residue(f, self.v * other.v % f.p, self.s * other.s, PRODUCT, self, other)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> "Residue":
        f = self.field
        if type(other) is not Residue:
            if isinstance(other, NotFinite):
                return NotImplemented
            other = f.lift(other)
        if other.v == 0:
            raise (Lost("a division by zero") if other.s == 0 else Resample("a denominator is zero"))
        v = self.v * pow(other.v, -1, f.p) % f.p
        s = self.s / other.s if other.s else math.nan
        if self.kind is CONSTANT is other.kind:
            return f.constant(v, self.a * pow(other.a, -1, f.q), s)
        return Residue(f, v, s, QUOTIENT, self, other)

    def __rtruediv__(self, other: Any) -> "Residue":
        return self.field.lift(other) / self

    def __pow__(self, n: Any) -> "Residue":
        f = self.field
        if isinstance(n, NotFinite):
            return NotImplemented
        n = f.lift(n)
        k = n.whole()
        if k is None:
            if self.kind is CONSTANT is n.kind and self.s >= 0:
                return f.lift(self.s**n.s)
            return self.sqrt() if n.kind is CONSTANT and n.s == 0.5 else (n * self.log()).exp()
        if k < 0:
            return f.lift(1) / self**-k
        if self.kind is CONSTANT:
            return f.constant(pow(self.v, k, f.p), pow(self.a, k, f.q), _shadow(pow, self.s, k))
        return Residue(f, pow(self.v, k, f.p), _shadow(pow, self.s, k), POWER, self, k) if k != 1 else self

    def __rpow__(self, base: Any) -> "Residue":
        return self.field.lift(base) ** self

    def whole(self) -> int | None:
        """The integer that it is, if it is a constant one: exactly, not as its shadow is rounded."""
        if self.kind is not CONSTANT or not float(self.s).is_integer():
            return None
        return int(self.s) if int(self.s) % self.field.p == self.v else None

    # -- branches ------------------------------------------------------------------------------------------------------

    def __gt__(self, other: Any) -> bool:
        return self._noted(self._beside(other) > 0)

    def __ge__(self, other: Any) -> bool:
        return self._noted(self._beside(other) >= 0)

    def __lt__(self, other: Any) -> bool:
        return self._noted(self._beside(other) < 0)

    def __le__(self, other: Any) -> bool:
        return self._noted(self._beside(other) <= 0)

    def __eq__(self, other: object) -> bool:
        return self._noted(self._beside(other) == 0)

    def __ne__(self, other: object) -> bool:
        return self._noted(self._beside(other) != 0)

    def _beside(self, other: Any) -> float:
        """The sign of self - other."""
        other = self.field.lift(other)
        if isinstance(other, NotFinite):
            return -other.value if math.isfinite(self.s) else math.nan
        if self.v == other.v:
            return 0.0
        if self.field.any_side and not self.kind is CONSTANT is other.kind:
            return self.field.some_sign((self.v - other.v) % self.field.p)
        apart = self.s - other.s
        if apart == 0 or math.isnan(apart):
            raise Lost("a tie")
        return apart

    def _noted(self, outcome: bool) -> bool:
        self.field.outcomes.append(outcome)
        return outcome

    def __abs__(self) -> "Residue":
        return self if self >= 0 else -self

    def sign(self) -> "Residue":
        """-1, 0 or 1."""
        side = self._beside(0)
        return self.field.lift(self._noted(side > 0) - self._noted(side < 0))

    def step(self, function: Callable[[float], float]) -> "Residue":
        """floor and its like: constant between their steps."""
        if not math.isfinite(self.s):
            raise Lost("a value that is not finite")
        self.field.outcomes.append(function(self.s))
        return self.field.lift(function(self.s))

    # -- functions -----------------------------------------------------------------------------------------------------

    def exp(self) -> "Residue":
        """e^x, the homomorphism."""
        from verify.exact.exponents import power_of

        if self.kind is CONSTANT:
            return self.field.lift(_shadow(math.exp, self.s))
        return Residue(self.field, power_of(self), _shadow(math.exp, self.s), EXP, self)

    def log(self) -> "Residue":
        """The logarithm, which turns products into sums."""
        from verify.exact.logarithms import logarithm

        if not (self.s > 0 or self.field.any_side):
            raise Lost("the logarithm of what is not positive")
        if self.kind is CONSTANT:
            return self.field.lift(_shadow(math.log, self.s))
        return logarithm(self)

    def sqrt(self) -> "Residue":
        """The root that is itself a square. Raises Resample if there is none."""
        f = self.field
        if not (self.s >= 0 or f.any_side):
            raise Lost("the root of what is not positive")
        if self.kind is CONSTANT:
            return f.lift(_shadow(math.sqrt, self.s))
        if self.kind is PRODUCT and self.a is self.b:
            return abs(self.a)
        if self.kind is POWER and self.b % 2 == 0:
            return abs(self.a ** (self.b // 2))
        f.radicands.add(self.v)
        if pow(self.v, f.q, f.p) != 1:
            raise Resample("a radicand is no square")
        return Residue(f, pow(self.v, (f.p + 1) // 4, f.p), _shadow(math.sqrt, self.s), ROOT, self)

    def cbrt(self) -> "Residue":
        """The cube root, of which there is one: 3 divides neither p - 1 nor, as a factor, any square."""
        f = self.field
        if self.kind is CONSTANT:
            return f.lift(math.cbrt(self.s))
        f.radicands.add(self.v)
        return Residue(f, pow(self.v, pow(3, -1, f.p - 1), f.p), math.cbrt(self.s))

    def tanh(self) -> "Residue":
        """(1 - e^-2x) / (1 + e^-2x)."""
        if self.kind is CONSTANT:
            return self.field.lift(math.tanh(self.s))
        e = (self * -2).exp()
        t = (1 - e) / (1 + e)
        t.s = math.tanh(self.s)
        self.field.known[(1 + t).v] = 2 / (1 + e)
        self.field.known[(1 - t).v] = 2 * e / (1 + e)
        return t

    def sigmoid(self) -> "Residue":
        """1 / (1 + e^-x)."""
        if self.kind is CONSTANT:
            return self.field.lift(special.expit(self.s))
        e = (-self).exp()
        a = 1 / (1 + e)
        a.s = float(special.expit(self.s))
        self.field.known[(1 - a).v] = e * a
        return a

    def sinh(self) -> "Residue":
        """(e^x - e^-x) / 2."""
        e = self.exp()
        return (e - 1 / e) / 2

    def cosh(self) -> "Residue":
        """(e^x + e^-x) / 2."""
        e = self.exp()
        return (e + 1 / e) / 2

    def sin(self) -> "Residue":
        """2 t / (1 + t^2), of an oracle's t."""
        t = self.opaque("half-angle tangent", lambda x: math.tan(x / 2))
        return 2 * t / (1 + t * t)

    def cos(self) -> "Residue":
        """(1 - t^2) / (1 + t^2)."""
        t = self.opaque("half-angle tangent", lambda x: math.tan(x / 2))
        return (1 - t * t) / (1 + t * t)

    def opaque(self, name: str, function: Callable[[float], Any], odd: bool = True) -> "Residue":
        """A function of which nothing is known but its value in floating point and whether it is odd."""
        f = self.field
        if self.kind is CONSTANT:
            return f.lift(float(function(self.s)))
        f.opaque.add(name)
        flipped = odd and self.v > f.q
        r = f.oracle(name, f.p - self.v if flipped else self.v) if self.v or not odd else 0
        return Residue(f, -r % f.p if flipped else r, float(_shadow(function, self.s)))

    def __float__(self) -> float:
        raise NotExact("conversion to a Python float")

    def __bool__(self) -> bool:
        return self != 0


def _shadow(function: Callable[..., Any], *x: Any) -> Any:
    try:
        return function(*x)
    except (OverflowError, ValueError):
        return math.nan
