"""How likely a trial is to miss that two programs differ.

Fix a shape and a region, that is, the outcomes of all comparisons. There both outputs are rational functions of the
inputs, of exponentials, roots and the values of opaque functions; let them differ, and let N be the numerator of their
difference: a polynomial that is not zero, of degree at most D, its coefficients integers whose magnitudes sum to at
most 2^B (`degrees.py` bounds both for the programs as they ran). A trial misses it only if one of these happens.

1. The prime divides all of N's coefficients. One of them is an integer of at most B bits, which has at most
   B / (b - 1) prime factors of b bits; the prime was one of S safe primes of b bits, each as likely
   (`primes.how_many`; from 21 bits on S is an estimate of Hardy and Littlewood, which is not proved). Chance: at most
   floor(B / (b - 1)) / S.
2. N is zero modulo p at the point. Inputs are uniform modulo p; a value of an oracle is uniform among q or more, if the
   oracle is taken for a random function. By Schwartz and Zippel the chance is at most D / q, where
   - exponentials of independent exponents are independent variables; what others are of them multiplies the degree
     (`degrees.weight`), as does 2, since powers may be negative; a power of a/b has degree max(a, b);
   - of r square roots, N times its conjugates is a polynomial of degree 2^r D in the radicands, and points were drawn
     again until all r were squares, which about one in 2^r is: together a factor of 4^r.
3. Two different arguments of an oracle, or exponents, were one residue, or each other's negative: by the same
   reasoning at most 2 (2 D') / q + floor((2 B' + 1) / (b - 1)) / S for each of the k (k - 1) / 2 pairs, D' and B' being
   the largest degree and number of bits of an argument, its denominator included.

The chance of a miss is at most the sum. Errors show with that chance where the functions differ; those of a root's sign
(the root of (x + y)^2 against x + y) show in half of the trials only, and are left to the comparison in floating point,
in which they are as large as the values.
"""

import math

from verify.exact import primes
from verify.exact.degrees import Degree, fraction, weight
from verify.exact.field import Field


def log2_of_miss(degree: Degree, field: Field) -> float:
    """The logarithm to the base 2 of the bound; 0 where it says nothing.

    degree : of the difference of both outputs
    """
    exponents = 2 * weight(field.exponents.values(), field.q) if field.exponents else 1
    for c in field.fractions:
        exponents *= max(map(abs, fraction(c, field.q)))
    pairs = len(field.asked) * (len(field.asked) - 1) // 2
    roots = 4 ** len(field.radicands)
    by_point = roots * exponents * (max(degree.n, 1) + 4 * pairs * field.highest) / field.q
    factors = degree.bits // (field.bits - 1) + pairs * ((2 * field.most_bits + 1) // (field.bits - 1))
    by_prime = factors / primes.how_many(field.bits)
    total = by_point + by_prime
    return min(0.0, math.log2(total)) if total > 0 else -math.inf
