"""Random safe primes: prime indeed, of the size asked for, and each as likely as any other."""

import random
from collections import Counter

import numpy as np
import pytest
import sympy
from scipy import stats

from verify.exact import primes
from verify.exact.field import Field

DRAWS = 40  # of each prime, on average


def safe_primes(bits: int) -> list[int]:
    """All of them, by a sieve."""
    sieve = np.ones(2**bits, bool)
    sieve[:2] = False
    for n in range(2, 2 ** ((bits + 1) // 2)):
        if sieve[n]:
            sieve[n * n :: n] = False
    found = np.flatnonzero(sieve)
    found = found[found > 2 ** (bits - 1)]
    return [int(p) for p in found[sieve[found // 2]]]


def test_primes_are_those_of_a_sieve() -> None:
    assert [n for n in range(5000) if primes.is_prime(n)] == list(sympy.primerange(5000))


@pytest.mark.parametrize("n", [
    561, 2047, 3215031751, 3474749660383, 341550071728321, 3825123056546413051, 318665857834031151167461,
    (2**31 - 1) * (2**61 - 1) % 10**20 | 1,
])
def test_pseudoprimes_are_not_taken_for_primes(n: int) -> None:
    """Carmichael numbers, and the least strong pseudoprimes to the first bases."""
    assert primes.is_prime(n) == sympy.isprime(n)


@pytest.mark.parametrize("p", [2, 3, 37, 2**31 - 1, 2**61 - 1, 2305843009213691579, 10**24 + 7])
def test_large_primes(p: int) -> None:
    assert primes.is_prime(p) == sympy.isprime(p)


def not_uniform(bits: int) -> float:
    """How unlikely the frequencies of all safe primes of that many bits are, were each as likely as any other."""
    possible, rng = safe_primes(bits), random.Random(bits)
    drawn = Counter(primes.safe_prime(rng, bits) for _ in range(DRAWS * len(possible)))
    assert set(drawn) <= set(possible)
    return float(stats.chisquare([drawn[p] for p in possible]).pvalue)


@pytest.mark.parametrize("bits", [7, 8, 9, 10, 11, 13])
def test_each_is_as_likely_as_any_other(bits: int) -> None:
    assert not_uniform(bits) > 1e-6


def test_a_search_upwards_from_a_random_number_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def next_one(rng: random.Random, bits: int) -> int:
        start = rng.randrange(2 ** (bits - 1), 2**bits)
        possible = safe_primes(bits)
        return min((p for p in possible if p >= start), default=possible[0])

    monkeypatch.setattr(primes, "safe_prime", next_one)
    assert not_uniform(10) < 1e-6


def test_few_bits() -> None:
    assert {primes.safe_prime(random.Random(k), 5) for k in range(9)} == {23}
    with pytest.raises(ValueError, match="4 bits: at least 5"):
        primes.safe_prime(random.Random(0), 4)


@pytest.mark.parametrize("bits", [21, 40, 61, 64])
def test_the_sampled_prime_is_safe_and_of_that_size(bits: int) -> None:
    for seed in range(3):
        p = primes.safe_prime(random.Random(seed), bits)
        assert p.bit_length() == bits
        assert sympy.isprime(p)
        assert sympy.isprime((p - 1) // 2)


def test_how_many_there_are() -> None:
    for bits in range(5, 15):
        assert primes.how_many(bits) == len(safe_primes(bits))
    for bits in (21, 22):  # an estimate from below, not far from the number
        found = len(safe_primes(bits))
        assert 0.85 * found < primes.how_many(bits) < found


def test_a_field_has_the_prime_that_it_is_given_or_a_random_one() -> None:
    assert Field(random.Random(0), p=23).p == 23
    assert Field(random.Random(0)).p.bit_length() == primes.BITS
    assert Field(random.Random(0), bits=9).p in safe_primes(9)
    assert Field(random.Random(0)).p != Field(random.Random(1)).p
