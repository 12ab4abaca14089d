"""How likely a trial is to miss that two programs differ.

Fix a shape and a region, that is, the outcomes of all comparisons. There both outputs are rational functions of the
inputs, of exponentials, roots and the values of opaque functions; let them differ, and let N be the numerator of their
difference: a polynomial that is not zero, of degree at most D, its coefficients integers whose magnitudes sum to at
most 2^B (`degrees.py` bounds both for the programs as they ran). A trial misses it only if one of these happens.

1. The prime p of b bits divides all coefficients, or q = (p - 1) / 2 a minor of the exponents' coefficients.

   - A coefficient of N is an integer of at most B bits, which has at most B / (b - 1) prime factors of b bits. With r
     square roots it is N times its conjugates that must not vanish: 2^r B bits, and n-th roots multiply by n.
   - Exponents that are independent, k at most, have a minor that is not zero, of at most k H bits if each exponent's
     coefficients have H: at most k H / (b - 2) primes q of b - 1 bits, modulo which they may become dependent.

   The prime was one of S safe primes of b bits, each as likely (`primes.how_many`; from 21 bits on S is an estimate of
   Hardy and Littlewood, which is not proved). Chance: at most (floor(2^r B / (b - 1)) + floor(k H / (b - 2))) / S.
2. N is zero modulo p at the point. Inputs are uniform modulo p; a value of an oracle is uniform among q - 1, if the
   oracle is taken for a random function. By Schwartz and Zippel the chance is at most D / (q - 1), where

   - exponentials of independent exponents are independent variables; what others are of them multiplies the degree
     (`degrees.weight`), as does 2, since powers may be negative: take the variables one by one, in each the outermost
     power m; its coefficient has degree D - m at most, and there are 2 m roots;
   - e^(c log u) is u^c, and has its degree (`elementary.py`); a power of a/b multiplies by max(a, b);
   - of r square roots, N times its conjugates is a polynomial of degree 2^r D in the radicands, and points were drawn
     again until all r were squares, which about one in 2^r is: together a factor of 4^r.
3. Two different arguments of an oracle, or exponents, were one residue, or each other's negative: by the same
   reasoning at most 2 (2 D') / (q - 1) + floor((2 B' + 1) / (b - 1)) / S for each of the k (k - 1) / 2 pairs, D' and B'
   being the largest degree and number of bits of an argument, its denominator included.
4. Two different numbers that were compared were one residue, and were taken for equal: at most D'' / (q - 1) for each
   comparison, where D'' is the largest degree of a difference.

The chance of a miss is at most the sum, divided by the share of points at which no denominator is zero, since others
were drawn again. Errors show with that chance where the functions differ; those of a root's sign (the root of (x + y)^2
against x + y) show in half of the trials only, and are left to the comparison in floating point, in which they are as
large as the values.
"""

import math
from collections import Counter

from verify.exact import primes
from verify.exact.degrees import Degree, fraction, weight
from verify.exact.field import Field


def log2_of_miss(degree: Degree, field: Field) -> float:
    """The logarithm to the base 2 of the bound; 0 where it says nothing.

    degree : of the difference of both outputs
    """
    conjugates = 2 ** len(field.radicands)
    for c in field.fractions:
        conjugates *= max(map(abs, fraction(c, field.q)))
    exponents = 2 * weight(field.exponents.values(), field.q) if field.exponents else 1
    zero = 2 ** len(field.radicands) * conjugates * exponents / (field.q - 1)
    pairs = sum(k * (k - 1) // 2 for k in Counter(name for name, _ in field.asked).values())
    by_point = zero * (max(degree.n, 1) + 4 * pairs * field.highest + len(field.outcomes) * field.compared)
    by_prime = conjugates * degree.bits // (field.bits - 1)
    by_half = len(field.exponentials) * field.exponent_bits // (field.bits - 2)
    by_pair = pairs * ((2 * field.argument_bits + 1) // (field.bits - 1))
    finite = 1 - zero * (degree.whole - degree.n)
    if finite <= 0:
        return 0.0
    total = (by_point + (by_prime + by_half + by_pair) / primes.how_many(field.bits)) / finite
    return min(0.0, math.log2(total)) if total > 0 else -math.inf
