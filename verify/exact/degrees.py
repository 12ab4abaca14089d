"""How large the polynomials are that a computation stands for: their degree, and the size of their coefficients.

Every entry of an array is a quotient N / (D_1^k_1 ... D_r^k_r 2^t) of polynomials with integer coefficients in the
inputs, the exponentials, the roots and the values of opaque functions. `Degree` bounds the degree of N and the
logarithm of the sum of its coefficients' magnitudes, for all entries of an array at once. A D_i is the product of the
numerators of all entries of an array that was divided by, so that sums over entries have a common denominator.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

Divisors = Mapping[int, tuple[int, int, int]]


@dataclass(frozen=True)
class Degree:
    """A bound for the entries of an array.

    n : the degree of their numerators
    bits : the logarithm to the base 2 of the sum of their coefficients' magnitudes
    twos : the power of 2 that they are divided by
    divisors : by key, a divisor's degree, its bits, and its power
    """

    n: int = 0
    bits: int = 0
    twos: int = 0
    divisors: Divisors = field(default_factory=dict)

    @property
    def whole(self) -> int:
        """The degree of numerator and denominator together."""
        return self.n + sum(n * k for n, _, k in self.divisors.values())

    @property
    def whole_bits(self) -> int:
        """The bits of numerator and denominator together."""
        return self.bits + self.twos + sum(bits * k for _, bits, k in self.divisors.values())

    def plus(self, other: "Degree") -> "Degree":
        """The bound of sums and differences, and of arrays that hold entries of both."""
        if self.divisors == other.divisors:
            divisors, missing, lacking = self.divisors, (0, 0), (0, 0)
        else:
            divisors = {**self.divisors}
            for key, (n, bits, k) in other.divisors.items():
                divisors[key] = (n, bits, max(k, divisors.get(key, (0, 0, 0))[2]))
            missing, lacking = _missing(divisors, self.divisors), _missing(divisors, other.divisors)
        twos = max(self.twos, other.twos)
        return Degree(
            max(self.n + missing[0], other.n + lacking[0]),
            max(self.bits + missing[1] + twos - self.twos, other.bits + lacking[1] + twos - other.twos) + 1,
            twos, divisors,
        )

    def times(self, other: "Degree", terms: int = 1) -> "Degree":
        """The bound of products, of which so many are added up."""
        divisors = {**self.divisors}
        for key, (n, bits, k) in other.divisors.items():
            divisors[key] = (n, bits, k + divisors.get(key, (0, 0, 0))[2])
        more = (terms - 1).bit_length() if terms > 1 else 0
        return Degree(self.n + other.n, self.bits + other.bits + more, self.twos + other.twos, divisors)

    def added(self, terms: int) -> "Degree":
        """The bound of sums of so many entries."""
        return Degree(self.n, self.bits + ((terms - 1).bit_length() if terms > 1 else 0), self.twos, self.divisors)

    def power(self, k: int) -> "Degree":
        """The bound of k-th powers."""
        divisors = {key: (n, bits, k * j) for key, (n, bits, j) in self.divisors.items()}
        return Degree(k * self.n, k * self.bits, k * self.twos, divisors)

    def reciprocal(self, key: int, entries: int) -> "Degree":
        """The bound of one over so many entries."""
        above = _missing(self.divisors, {})
        n, bits = self.n * entries, self.bits * entries
        # Over the product of all numerators stand the other ones.
        others = (n - self.n, bits - self.bits)
        divisors = {key: (n, bits, 1)} if n or bits else {}
        return Degree(above[0] + others[0], above[1] + others[1] + self.twos, 0, divisors)

    def root(self) -> "Degree":
        """The bound of square roots: of N / D it is the root of N D over D."""
        above = _missing(self.divisors, {})
        return Degree(self.n + above[0], self.bits + above[1] + self.twos % 2, (self.twos + 1) // 2, self.divisors)

    def cube_root(self) -> "Degree":
        """The bound of cube roots: of N / D it is the root of N D^2 over D."""
        above = _missing(self.divisors, {})
        return Degree(
            self.n + 2 * above[0], self.bits + 2 * above[1] + -self.twos % 3, (self.twos + 2) // 3, self.divisors
        )


VARIABLE = Degree(1)


def of_constants(values: Any) -> Degree:
    """The bound of an array of floats or integers, the finite ones among them."""
    bits = twos = 0
    for value in values:
        if not math.isfinite(value):
            continue
        above, below = (int(value), 1) if isinstance(value, (bool, int)) else float(value).as_integer_ratio()
        bits, twos = max(bits, above.bit_length()), max(twos, below.bit_length() - 1)
    return Degree(0, bits + twos, twos)


def _missing(all_: Divisors, own: Divisors) -> tuple[int, int]:
    """Degree and bits of the divisors that `own` lacks of `all_`."""
    degree = bits = 0
    for key, (n, b, k) in all_.items():
        lacking = k - (own[key][2] if key in own else 0)
        degree, bits = degree + n * lacking, bits + b * lacking
    return degree, bits


def weight(exponents: Iterable[Mapping[int, int]], q: int) -> int:
    """What the degree in the exponentials is multiplied by, since some exponents are combinations of others.

    exponents : by monomial, the coefficients modulo q

    Exponentials of linearly independent exponents are independent variables. Among others, a basis is chosen; an
    exponent is a combination of the basis with fractions a_i / b_i of small integers, so that its exponential is a
    product of powers a_i B_i / b_i of variables e^(x_i / B_i), B_i being a common denominator.
    """
    rows: list[tuple[int, dict[int, int], dict[int, int]]] = []  # pivot, reduced row, its combination of the basis
    dependent: list[dict[int, tuple[int, int]]] = []
    for exponent in exponents:
        left, found = dict(exponent), dict[int, int]()
        for pivot, row, combination in rows:
            if pivot in left:
                t = left[pivot] * pow(row[pivot], -1, q) % q
                _subtract(left, row, t, q)
                _subtract(found, combination, -t, q)
        if left:
            k = len(rows)
            own = {k: 1}
            _subtract(own, found, 1, q)
            rows.append((next(iter(left)), left, own))
        else:
            dependent.append({k: fraction(c, q) for k, c in found.items()})
    common: dict[int, int] = {}
    for combination_ in dependent:
        for k, (_, b) in combination_.items():
            common[k] = math.lcm(common.get(k, 1), b)
    sums = [sum(abs(a) * common[k] // b for k, (a, b) in each.items()) for each in dependent]
    return max([1, *common.values(), *sums])


def _subtract(row: dict[int, int], other: Mapping[int, int], t: int, q: int) -> None:
    for key, c in other.items():
        value = (row.get(key, 0) - t * c) % q
        if value:
            row[key] = value
        else:
            row.pop(key, None)


def fraction(x: int, q: int) -> tuple[int, int]:
    """Small integers a and b > 0 with a = x b modulo q, by the Euclidean algorithm (Wang's rational reconstruction)."""
    r0, r1, t0, t1 = q, x, 0, 1
    while r1 * r1 * 2 > q:
        k = r0 // r1
        r0, r1, t0, t1 = r1, r0 - k * r1, t1, t0 - k * t1
    return (r1, t1) if t1 > 0 else (-r1, -t1)
