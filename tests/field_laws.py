"""What must hold of residues of a random prime field: laws as pairs of values that are one, or that are two.

A law is a function of a field and of three inputs, whose shadows are positive and apart.
"""

import math
import random
from collections.abc import Callable, Iterable, Mapping
from functools import cache, reduce
from typing import Any

from verify.exact.field import Field, Resample, Residue
from verify.exact.primes import safe_prime

Law = Callable[[Field, Any, Any, Any], tuple[Any, Any]]
ATTEMPTS = 400


def known(f: Field, v: int, s: float) -> Residue:
    """A residue that stands for no computation."""
    return Residue(f, v % f.p, s)


def over(f: Field, v: int) -> int:
    return pow(v, -1, f.p)


def is_square(x: Residue) -> bool:
    return pow(x.v, x.field.q, x.field.p) == 1


def softmax_log(f: Field, x: Any, y: Any, z: Any, shift: Any) -> Any:
    """The logarithm of the sum of e^x, e^y and e^z, computed with a shift."""
    return shift + ((x - shift).exp() + (y - shift).exp() + (z - shift).exp()).log()


RING: dict[str, Law] = {
    "x + y": lambda f, x, y, z: (x + y, known(f, x.v + y.v, x.s + y.s)),
    "x - y": lambda f, x, y, z: (x - y, known(f, x.v - y.v, x.s - y.s)),
    "-x": lambda f, x, y, z: (-x, known(f, -x.v, -x.s)),
    "+x": lambda f, x, y, z: (+x, x),
    "x y": lambda f, x, y, z: (x * y, known(f, x.v * y.v, x.s * y.s)),
    "x / y": lambda f, x, y, z: (x / y, known(f, x.v * over(f, y.v), x.s / y.s)),
    "x^0": lambda f, x, y, z: (x**0, known(f, 1, 1.0)),
    "x^1": lambda f, x, y, z: (x**1, x),
    "x^5": lambda f, x, y, z: (x**5, x * x * x * x * x),
    "x^-3": lambda f, x, y, z: (x**-3, 1 / (x * x * x)),
    "x^2.0": lambda f, x, y, z: (x**2.0, x * x),
    "x + c": lambda f, x, y, z: (x + 3, known(f, x.v + 3, x.s + 3)),
    "c + x": lambda f, x, y, z: (0.375 + x, known(f, x.v + 3 * over(f, 8), x.s + 0.375)),
    "x - c": lambda f, x, y, z: (x - 3, known(f, x.v - 3, x.s - 3)),
    "c - x": lambda f, x, y, z: (0.375 - x, known(f, 3 * over(f, 8) - x.v, 0.375 - x.s)),
    "x c": lambda f, x, y, z: (x * 3, known(f, 3 * x.v, 3 * x.s)),
    "c x": lambda f, x, y, z: (-0.375 * x, known(f, -3 * over(f, 8) * x.v, -0.375 * x.s)),
    "x / c": lambda f, x, y, z: (x / 3, known(f, x.v * over(f, 3), x.s / 3)),
    "c / x": lambda f, x, y, z: (3 / x, known(f, 3 * over(f, x.v), 3 / x.s)),
    "a constant": lambda f, x, y, z: (f.lift(-0.375), known(f, -3 * over(f, 8), -0.375)),
    "a large constant": lambda f, x, y, z: (f.lift(2.0**80 + 2.0**40), known(f, 2**80 + 2**40, 2.0**80 + 2.0**40)),
    "a small constant": lambda f, x, y, z: (f.lift(3 * 2.0**-70), known(f, 3 * over(f, 2**70), 3 * 2.0**-70)),
    "constants": lambda f, x, y, z: ((f.lift(7) - 2 + 4) * 3 / -f.lift(2) ** 3, known(f, -27 * over(f, 8), -27 / 8)),
    "constants to powers": lambda f, x, y, z: (2 ** f.lift(3) + f.lift(3) ** -2, known(f, 8 + over(f, 9), 8 + 1 / 9)),
    "associative +": lambda f, x, y, z: ((x + y) + z, x + (y + z)),
    "associative *": lambda f, x, y, z: ((x * y) * z, x * (y * z)),
    "distributive": lambda f, x, y, z: (x * (y - z), x * y - x * z),
    "inverses": lambda f, x, y, z: (x / x, x - x + 1),
    "quotients": lambda f, x, y, z: (x / (y / z), x * z / y),
}

EXP: dict[str, Law] = {
    "e^(x+y)": lambda f, x, y, z: ((x + y).exp(), x.exp() * y.exp()),
    "e^(x-y)": lambda f, x, y, z: ((x - y).exp(), x.exp() / y.exp()),
    "e^-x": lambda f, x, y, z: ((-x).exp(), 1 / x.exp()),
    "e^0": lambda f, x, y, z: ((x - x).exp(), f.lift(1)),
    "e^3x": lambda f, x, y, z: ((3 * x).exp(), x.exp() ** 3),
    "e^(x 3/8)": lambda f, x, y, z: ((x * 0.375).exp() ** 8, x.exp() ** 3),
    "e^(x/3)": lambda f, x, y, z: ((x / 3).exp() ** 3, x.exp()),
    "constant fractions": lambda f, x, y, z: (
        ((f.lift(5) - 2 * f.lift(1)) / -(-(f.lift(2) ** 3) + 0) * x).exp() ** 8, x.exp() ** 3
    ),
    "e^(x+c)": lambda f, x, y, z: ((x + 0.5).exp() * (y - 0.5).exp(), (x + y).exp()),
    "order": lambda f, x, y, z: ((x + y + z).exp(), (z + (x + y)).exp()),
    "e^((x+y)z)": lambda f, x, y, z: (((x + y) * z).exp(), (x * z).exp() * (z * y).exp()),
    "e^((x+y)^2)": lambda f, x, y, z: (((x + y) ** 2).exp(), (x * x).exp() * (2 * x * y).exp() * (y**2).exp()),
    "e^((x+y)/z)": lambda f, x, y, z: (((x + y) / z).exp(), (x / z).exp() * (y / z).exp()),
    "e^(x/3y)": lambda f, x, y, z: ((x / (3 * y)).exp() ** 3, (x / y).exp()),
    "e^(xy/y)": lambda f, x, y, z: ((x * y / y).exp(), x.exp()),
    "e^(-x)^5": lambda f, x, y, z: (((-x) ** 5).exp() * (x**5).exp(), f.lift(1)),
    "e^(1/(x+y))": lambda f, x, y, z: ((z / (x + y)).exp() * (1 / (x + y)).exp(), ((z + 1) / (y + x)).exp()),
    "e^e^x": lambda f, x, y, z: ((x.exp() + y.exp() * z).exp(), x.exp().exp() * (z * y.exp()).exp()),
    "a value of e^x is a square": lambda f, x, y, z: (is_square((x * y).exp()), True),
    "sigmoid": lambda f, x, y, z: (x.sigmoid() * (1 + (-x).exp()), f.lift(1)),
    "1 - sigmoid": lambda f, x, y, z: (1 - x.sigmoid(), (-x).sigmoid()),
    "tanh by sigmoid": lambda f, x, y, z: (x.tanh(), 2 * (2 * x).sigmoid() - 1),
    "tanh": lambda f, x, y, z: (x.tanh(), x.sinh() / x.cosh()),
    "tanh(x+y)": lambda f, x, y, z: ((x + y).tanh() * (1 + x.tanh() * y.tanh()), x.tanh() + y.tanh()),
    "sinh + cosh": lambda f, x, y, z: (x.sinh() + x.cosh(), x.exp()),
    "cosh^2 - sinh^2": lambda f, x, y, z: (x.cosh() ** 2 - x.sinh() ** 2, f.lift(1)),
    "sinh 2x": lambda f, x, y, z: ((2 * x).sinh(), 2 * x.sinh() * x.cosh()),
    "sin^2 + cos^2": lambda f, x, y, z: (x.sin() ** 2 + x.cos() ** 2, f.lift(1)),
    "sin is odd": lambda f, x, y, z: ((-x).sin(), -(x.sin())),
    "cos is even": lambda f, x, y, z: ((y - x).cos(), (x - y).cos()),
    "sin in floats": lambda f, x, y, z: ((x.sin().s, x.cos().s), (math.sin(x.s), math.cos(x.s))),
    "sinh in floats": lambda f, x, y, z: ((x.sinh().s, x.cosh().s), (math.sinh(x.s), math.cosh(x.s))),
    "e^(z + erf(-x)) e^erf(x)": lambda f, x, y, z: (
        (z + (-x).opaque("erf", math.erf)).exp() * x.opaque("erf", math.erf).exp(), z.exp()
    ),
    "exp in floats": lambda f, x, y, z: ((x.exp().s, x.tanh().s), (math.exp(x.s), math.tanh(x.s))),
}

LOG: dict[str, Law] = {
    "log xy": lambda f, x, y, z: ((x * y).log(), x.log() + y.log()),
    "log x/y": lambda f, x, y, z: ((x / y).log(), x.log() - y.log()),
    "log x^3": lambda f, x, y, z: ((x**3).log(), 3 * x.log()),
    "log 1/x": lambda f, x, y, z: ((1 / x).log(), -(x.log())),
    "log sqrt x": lambda f, x, y, z: (2 * x.sqrt().log(), x.log()),
    "log |x|": lambda f, x, y, z: (((-x) * (-y)).log(), (x * y).log()),
    "log 1": lambda f, x, y, z: ((x / x).log(), f.lift(0)),
    "log x^3 / x": lambda f, x, y, z: ((x**3 / x).log(), (x * x).log()),
    "log e^x": lambda f, x, y, z: (x.exp().log(), x),
    "log e^x y": lambda f, x, y, z: ((x.exp() * y / z.exp()).log(), x + y.log() - z),
    "log(e^x + e^y + e^z), shifted": lambda f, x, y, z: (softmax_log(f, x, y, z, x), softmax_log(f, x, y, z, y)),
    "log(e^x + e^y + e^z), or not": lambda f, x, y, z: (softmax_log(f, x, y, z, z), (x.exp() + y.exp() + z.exp()).log()),
    "log of quotients of exponentials": lambda f, x, y, z: (
        (x.exp() / y.exp() + z.exp() / y.exp()).log(), (x.exp() + z.exp()).log() - y
    ),
    "log softmax": lambda f, x, y, z: (
        (x.exp() / (x.exp() + y.exp() + z.exp())).log(), x - softmax_log(f, x, y, z, f.lift(0))
    ),
    "log sigmoid": lambda f, x, y, z: (x.sigmoid().log(), -((1 + (-x).exp()).log())),
    "log sigmoid, stable": lambda f, x, y, z: (x.sigmoid().log(), x - (1 + x.exp()).log()),
    "log(1 - sigmoid)": lambda f, x, y, z: ((1 - x.sigmoid()).log(), (-x).sigmoid().log()),
    "log(1 - sigmoid), a difference": lambda f, x, y, z: ((1 - x.sigmoid()).log(), x.sigmoid().log() - x),
    "log(1 - 1/(1+e^-x))": lambda f, x, y, z: ((1 - 1 / (1 + (-x).exp())).log(), -x - (1 + (-x).exp()).log()),
    "log(1 - tanh)": lambda f, x, y, z: ((1 - x.tanh()).log(), (2 / (1 + (2 * x).exp())).log()),
    "log(1 + tanh)": lambda f, x, y, z: ((1 + x.tanh()).log(), (2 / (1 + (-2 * x).exp())).log()),
    "e^log x": lambda f, x, y, z: ((x + y).log().exp(), x + y),
    "e^log 2x": lambda f, x, y, z: ((2 * x).log().exp(), 2 * x),
    "e^(3 log x)": lambda f, x, y, z: ((3 * x.log() + y).exp(), x**3 * y.exp()),
    "e^(-log x)": lambda f, x, y, z: ((y - 2 * x.log()).exp(), y.exp() / x**2),
    "e^(log x / 2) squared": lambda f, x, y, z: ((x.log() / 2).exp() ** 2, x),
    "e^(log x / 2)": lambda f, x, y, z: ((x.log() / 2).exp(), x.sqrt()),
    "u^x u^y": lambda f, x, y, z: (z**x * z**y, z ** (x + y)),
    "(xy)^z": lambda f, x, y, z: ((x * y) ** z, x**z * y**z),
    "(x^y)^z": lambda f, x, y, z: ((x**y) ** z, x ** (y * z)),
    "log u^x": lambda f, x, y, z: ((z**x).log(), x * z.log()),
    "u^2.5": lambda f, x, y, z: (x**2.5, x**2 * x.sqrt()),
    "2^x": lambda f, x, y, z: (2**x * 2.0**y, 2 ** (x + y)),
    "log in floats": lambda f, x, y, z: ((x.log().s, (x**y).s, (2**x).s), (math.log(x.s), x.s**y.s, 2**x.s)),
    "a logarithm leaves what it is taken of": lambda f, x, y, z: ((x * 2.0**-70).exp().log() > 0, True),
}

ROOTS: dict[str, Law] = {
    "sqrt(x)^2": lambda f, x, y, z: (x.sqrt() ** 2, x),
    "sqrt xy": lambda f, x, y, z: ((x * y).sqrt(), x.sqrt() * y.sqrt()),
    "sqrt x/y": lambda f, x, y, z: ((x / y).sqrt(), x.sqrt() / y.sqrt()),
    "sqrt is a square": lambda f, x, y, z: (x.sqrt().sqrt() ** 4, x),
    "sqrt x^2": lambda f, x, y, z: ((x * x).sqrt(), x),
    "sqrt (-x)^2": lambda f, x, y, z: (((-x) ** 2).sqrt(), x),
    "sqrt (x-y)^4": lambda f, x, y, z: (((x - y) ** 4).sqrt(), (x - y) ** 2),
    "x^0.5": lambda f, x, y, z: (x**0.5, x.sqrt()),
    "sqrt e^x": lambda f, x, y, z: (x.exp().sqrt(), (x / 2).exp()),
    "cbrt(x)^3": lambda f, x, y, z: (x.cbrt() ** 3, x),
    "cbrt xy": lambda f, x, y, z: ((x * y).cbrt(), x.cbrt() * y.cbrt()),
    "cbrt is odd": lambda f, x, y, z: ((-x).cbrt(), -(x.cbrt())),
    "roots in floats": lambda f, x, y, z: ((x.sqrt().s, x.cbrt().s), (x.s**0.5, x.s ** (1 / 3))),
    "erf is odd": lambda f, x, y, z: ((y - x).opaque("erf", math.erf), -((x - y).opaque("erf", math.erf))),
    "erf of one number": lambda f, x, y, z: ((x * y / y).opaque("erf", math.erf), x.opaque("erf", math.erf)),
    "erf 0": lambda f, x, y, z: ((x - x).opaque("erf", math.erf), f.lift(0)),
    "erf of a constant": lambda f, x, y, z: (f.lift(0.5).opaque("erf", math.erf), f.lift(math.erf(0.5))),
    "erf in floats": lambda f, x, y, z: (x.opaque("erf", math.erf).s, math.erf(x.s)),
}


def _constants(f: Field, x: Any, y: Any, z: Any) -> tuple[Any, Any]:
    """Functions of constants are the floats' values."""
    names = ("exp", "log", "sqrt", "cbrt", "tanh")
    values = [getattr(math, name)(0.375) for name in names]
    return [getattr(f.lift(0.375), name)() for name in names] + [f.lift(0.375).sigmoid(), f.lift(0.75) ** 0.3], (
        [f.lift(value) for value in values] + [f.lift(1 / (1 + math.exp(-0.375))), f.lift(0.75**0.3)]
    )


BRANCHES: dict[str, Law] = {
    "order": lambda f, x, y, z: ((x > y, x >= y, x < y, x <= y), (x.s > y.s, x.s >= y.s, x.s < y.s, x.s <= y.s)),
    "order with constants": lambda f, x, y, z: ((x > math.pi, x < 3.1, x <= 3.2), (x.s > math.pi, x.s < 3.1, x.s <= 3.2)),
    "equality": lambda f, x, y, z: ((x == x + y - y, x != x + y - y, x == y, x != y), (True, False, False, True)),
    "order of equals": lambda f, x, y, z: (
        [(a >= b, a <= b, a > b, a < b) for a, b in ((x, x * y / y), (f.lift(3), f.lift(3)))],
        [(True, True, False, False)] * 2,
    ),
    "order beside infinity": lambda f, x, y, z: ((x < math.inf, x > -math.inf, x == math.inf), (True, True, False)),
    "equals are not less": lambda f, x, y, z: ((x * y / y < x, x * y / y <= x), (False, True)),
    "abs": lambda f, x, y, z: (abs(x - y) * (x - y).sign(), x - y),
    "abs in floats": lambda f, x, y, z: ((abs(-x).s, abs(x).s), (x.s, x.s)),
    "sign": lambda f, x, y, z: ([(-x).sign(), (x - x).sign(), x.sign()], [f.lift(k) for k in (-1, 0, 1)]),
    "truth": lambda f, x, y, z: ((bool(x), bool(x - x)), (True, False)),
    "steps": lambda f, x, y, z: (
        [x.step(math.floor), x.step(math.ceil)], [f.lift(math.floor(x.s)), f.lift(math.ceil(x.s))]
    ),
    "whole": lambda f, x, y, z: (
        (f.lift(3).whole(), f.lift(2.5).whole(), x.whole(), (f.lift(1) / 2 + 1.5).whole()), (3, None, None, 2)
    ),
    "not whole": lambda f, x, y, z: (
        ((f.lift(1) + 2.0**-60).whole(), (f.lift(2.0**600) * 2.0**600).whole(), f.lift(1 / 3).whole()), (None,) * 3
    ),
    "outcomes are noted": lambda f, x, y, z: (
        (x > y, x >= y, x < y, x <= y, x == y, x != y), tuple(f.outcomes[-6:])
    ),
    "constants": _constants,
}

LAWS: dict[str, Law] = {
    f"{part}: {name}": law
    for part, laws in {"ring": RING, "exp": EXP, "log": LOG, "root": ROOTS, "branch": BRANCHES}.items()
    for name, law in laws.items()
}

# Two numbers that are not one: a map that forgets its argument satisfies every law.
APART: dict[str, Law] = {
    "exp": lambda f, x, y, z: (x.exp(), y.exp()),
    "exp of a product": lambda f, x, y, z: ((x * y).exp(), x.exp() * y.exp()),
    "exp of a constant sum": lambda f, x, y, z: ((x + 1).exp(), x.exp()),
    "log": lambda f, x, y, z: (x.log(), y.log()),
    "log of a sum": lambda f, x, y, z: ((x + y).log(), x.log() + y.log()),
    "log of a power": lambda f, x, y, z: ((x**2).log(), (x**3).log()),
    "sqrt of a sum": lambda f, x, y, z: ((x + y).sqrt(), x.sqrt() + y.sqrt()),
    "sqrt of a square of another": lambda f, x, y, z: (x.sqrt(), y.sqrt()),
    "tanh": lambda f, x, y, z: (x.tanh(), y.tanh()),
    "sin": lambda f, x, y, z: (x.sin(), y.sin()),
    "sin and cos": lambda f, x, y, z: (x.sin(), x.cos()),
    "cbrt": lambda f, x, y, z: (x.cbrt(), y.cbrt()),
    "opaque functions": lambda f, x, y, z: (x.opaque("a", math.erf), x.opaque("b", math.erf)),
    "opaque arguments": lambda f, x, y, z: (x.opaque("a", math.erf), y.opaque("a", math.erf)),
    "opaque, not odd": lambda f, x, y, z: ((-x).opaque("a", math.exp, False), -(x.opaque("a", math.exp, False))),
    "opaque, not even": lambda f, x, y, z: ((-x).opaque("a", math.exp, False), x.opaque("a", math.exp, False)),
}


@cache
def prime(k: int) -> int:
    return safe_prime(random.Random(k))


def same(a: Any, b: Any) -> bool:
    """Whether two values are one number, shadows included up to rounding."""
    if isinstance(a, Residue) and isinstance(b, Residue):
        return a.v == b.v and math.isclose(a.s, b.s, rel_tol=1e-9, abs_tol=1e-9)
    if isinstance(a, (tuple, list)):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, float):
        return math.isclose(a, b, rel_tol=1e-9)
    return bool(type(a) is type(b) and a == b)


def evaluate(law: Law, seed: int, shadows: Iterable[float] = ()) -> tuple[Any, Any]:
    """Both sides at a random point, which is drawn again as the law's roots demand."""
    rng = random.Random(f"point {seed}")
    shadows = list(shadows) or [rng.uniform(0.2, 1), rng.uniform(1.1, 2), rng.uniform(2.2, 3)]
    for _ in range(ATTEMPTS):
        f = Field(rng, p=prime(seed % 3))
        try:
            return law(f, *map(f.free, shadows))
        except Resample:
            continue
    raise AssertionError("no point was found")


def fails(law: Law, seeds: Iterable[int] = range(3), apart: bool = False) -> bool:
    """Whether a law fails at one of some points; an unexpected exception is a failure."""
    try:
        return any(same(*evaluate(law, seed)) is apart for seed in seeds)
    except Exception:  # whatever a wrong rule leads to
        return True


def broken(laws: Mapping[str, Law], apart: Mapping[str, Law]) -> str:
    """The name of a law that fails, or nothing."""
    found = reduce(lambda name, law: name or (law if fails(laws[law]) else ""), laws, "")
    return found or next((name for name, law in apart.items() if fails(law, apart=True)), "")
