"""log as a map from products to sums: the argument's factors, read off how it was made, each with an oracle's value.

A sum of exponentials has a factor too, e to its largest exponent: log (e^x + e^y) and x + log (1 + e^(y - x)) are one
residue. e to the logarithm of u is u.
"""

import math
from fractions import Fraction
from typing import TYPE_CHECKING

from verify.exact import field as made
from verify.exact.exponents import summands

if TYPE_CHECKING:
    from verify.exact.field import Residue

FEW = 4  # summands of a difference whose numerator may be one term
LONGEST = 4096  # summands of a sum that is looked through for exponentials

Factors = tuple[list[tuple["Residue", Fraction]], list[tuple["Residue", Fraction]]]


def logarithm(u: "Residue") -> "Residue":
    """The logarithm of |u|."""
    f = u.field
    bases, exponents = factors(u)
    total: Residue | None = None
    together: dict[int, tuple[Residue, Fraction]] = {}
    for base, k in bases:
        base = -base if base.s < 0 else base
        together[base.v] = base, together.get(base.v, (base, Fraction(0)))[1] + k
    parts = [(_of_base(base), k) for base, k in together.values() if k and base.v != 1]
    twos = max((k.denominator.bit_length() - 1 for _, k in parts + exponents), default=0)
    size = math.ceil(sum(abs(k) for _, k in parts + exponents) * 2**twos)
    f.sums.append(([part.v for part, _ in exponents], size, twos))
    for part, k in parts + exponents:
        term = part if k == 1 else part * f.lift(k.numerator) / f.lift(k.denominator)
        total = term if total is None else total + term
    if total is None:
        return f.lift(0)
    if all(total is not part for part, _ in exponents):  # the log of e^x is x itself, which is another's
        total.s = made._shadow(math.log, u.s)
    return total


def _of_base(base: "Residue") -> "Residue":
    f = base.field
    v = f.lift(made._shadow(math.log, base.s)).v if base.kind is made.CONSTANT else f.oracle("log", base.v)
    f.logarithms[v] = base
    return made.Residue(f, v, made._shadow(math.log, base.s))


def factors(u: "Residue") -> Factors:
    """u, but for its sign, as powers of what is no product, times e to multiples of exponents."""
    if u.kind in (made.SUM, made.DIFFERENCE):
        u = u.field.known.get(u.v, u)
    if u.kind is made.PRODUCT:
        return _joined(factors(u.a), factors(u.b), 1)
    if u.kind is made.QUOTIENT:
        return _joined(factors(u.a), factors(u.b), -1)
    if u.kind is made.NEGATIVE:
        return factors(u.a)
    if u.kind is made.POWER:
        return _joined(([], []), factors(u.a), u.b)
    if u.kind is made.ROOT:
        return _joined(([], []), factors(u.a), Fraction(1, 2))
    if u.kind is made.EXP:
        return [], [(u.a, Fraction(1))]
    if u.kind in (made.SUM, made.DIFFERENCE):
        return _of_sum(u)
    return [(u, Fraction(1))], []


def _joined(a: Factors, b: Factors, k: Fraction | int) -> Factors:
    return a[0] + [(base, k * n) for base, n in b[0]], a[1] + [(y, k * n) for y, n in b[1]]


def _of_sum(u: "Residue") -> Factors:
    """A sum of multiples of exponentials, less e to the largest of their exponents."""
    parts = summands(u)
    product = _over_one_denominator(u, parts)
    if product is not None:
        return factors(product)
    if len(parts) > LONGEST or all(part.kind in (made.CONSTANT, "") for _, part in parts):
        return [(u, Fraction(1))], []
    largest: list[tuple[Residue, Fraction]] = []
    height = -math.inf
    for _, part in parts:
        exponents = _exponentials(part)
        size = sum(float(k) * y.s for y, k in exponents)
        if size > height:
            height, largest = size, exponents
    if not largest:
        return [(u, Fraction(1))], []
    f = u.field
    divisor = f.lift(1)
    for y, k in largest:
        divisor = divisor * (y * f.lift(k.numerator) / f.lift(k.denominator)).exp()
    rest = u / divisor
    rest.kind = ""  # it is no product of known factors
    return [(rest, Fraction(1))], largest


def _over_one_denominator(u: "Residue", parts: list[tuple[int, "Residue"]]) -> "Residue | None":
    """A sum such as 1 - 1 / (1 + e) as a quotient, if its numerator is one term: e / (1 + e)."""
    below = next((part.b for _, part in parts if part.kind is made.QUOTIENT), None)
    if below is None or len(parts) > FEW:
        return None
    numerator = u * below
    for _, term in summands(below):
        # The numerator is among the terms of the denominator, up to its sign.
        if term.v in (numerator.v, u.field.p - numerator.v):
            return term / below
    return None


def _exponentials(part: "Residue") -> list[tuple["Residue", Fraction]]:
    """The exponents of a product's exponentials."""
    if part.kind is made.EXP:
        return [(part.a, Fraction(1))]
    if part.kind is made.PRODUCT:
        return _exponentials(part.a) + _exponentials(part.b)
    if part.kind is made.QUOTIENT:
        return _exponentials(part.a) + [(y, -k) for y, k in _exponentials(part.b)]
    return []
