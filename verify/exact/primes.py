"""Random safe primes: p with (p - 1) / 2 prime too."""

import math
import random
from functools import cache

BITS = 61
_WITNESSES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41)  # enough below 3.3e24: Sorenson and Webster, 2015
_SMALL = [n for n in range(3, 400, 2) if all(n % k for k in range(3, math.isqrt(n) + 1, 2))]
_PRODUCT = math.prod(_SMALL)


def is_prime(n: int) -> bool:
    """Whether n < 3.3e24 is prime, by Miller and Rabin's test with the witnesses that decide it."""
    if n < 2 or n % 2 == 0:
        return n == 2
    d, s = n - 1, 0
    while d % 2 == 0:
        d, s = d // 2, s + 1
    for witness in _WITNESSES:
        if witness % n == 0:
            continue
        x = pow(witness, d, n)
        if x in (1, n - 1):
            continue
        for _ in range(s - 1):
            x = x * x % n
            if x == n - 1:
                break
        else:
            return False
    return True


def safe_prime(rng: random.Random, bits: int = BITS) -> int:
    """A safe prime of exactly that many bits, each as likely as any other. Raises ValueError below 5 bits."""
    if bits < 5:
        raise ValueError(f"a safe prime of {bits} bits: at least 5 are needed")
    while True:
        # (p - 1) / 2 is odd and not 1 mod 3, else 3 divides p: it is 5 mod 6.
        half = 6 * rng.randrange((2 ** (bits - 2) - 5) // 6 + 1, (2 ** (bits - 1) - 5) // 6 + 1) + 5
        p = 2 * half + 1
        if bits > 20 and math.gcd(half * p, _PRODUCT) != 1:
            continue
        if pow(2, half - 1, half) == 1 and is_prime(half) and is_prime(p) and p.bit_length() == bits:
            return p


@cache
def how_many(bits: int) -> float:
    """How many safe primes of that many bits there are: counted up to 20 bits, else Hardy and Littlewood's estimate.

    That is 2 C times the integral of 1 / (ln x ln(x / 2)) with C = 0.66016; here with x at its largest, which is less.
    """
    if bits <= 20:
        return float(sum(is_prime(p) and is_prime(p // 2) for p in range(2 ** (bits - 1) + 1, 2**bits, 2)))
    return 1.32032 * 2 ** (bits - 2) / (bits * math.log(2) * (bits - 1) * math.log(2))
