"""The bound on the chance of a miss is one: with small primes, programs that differ are taken for equal no more often.

Most pairs differ by a product of linear factors, which has as many zeros as its degree allows.
"""

import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from scipy import special, stats

from tests.test_exact_primes import safe_primes
from verify import identity
from verify.claim import latest
from verify.exact import degrees, elementary, failure, primes, ufuncs
from verify.exact.arrays import ExactArray, using
from verify.exact.field import Field, Resample
from verify.exact.points import Plan
from verify.exact.primes import safe_prime
from verify.exact.trials import run_trial
from verify.reference import Reference
from verify.signatures import read

TRIALS, LEVEL = 1000, 1e-6
TWO_PRIMES = math.prod(safe_primes(11)[:2])
TWO_HALVES = math.prod(p // 2 for p in safe_primes(11)[:2])


def roots(x: Any, n: int = 6) -> Any:
    """x (x - 1) ... (x - n + 1): a polynomial with as many zeros as it can have."""
    return math.prod((x - k for k in range(1, n)), start=x)


@dataclass
class Pair:
    """Two programs of one array that differ; `inputs` are the floats beside which the trials are."""

    f: Callable[[Any], Any]
    g: Callable[[Any], Any]
    inputs: list[float]
    bits: int = 11


ONE, THREE, SIX = [9.3], [0.7, 1.9, 3.2], [0.7, 1.9, 3.2, 4.1, 5.3, 6.6]
PAIRS: dict[str, Pair] = {
    "a linear form": Pair(lambda x: x.sum(), lambda x: x[0] - x[1], THREE, 7),
    "a product": Pair(np.prod, lambda x: 0 * x[0], SIX, 10),
    "a product, 7 bits": Pair(np.prod, lambda x: 0 * x[0], THREE, 7),
    "a product of twelve": Pair(np.prod, lambda x: 0 * x[0], [0.5 + k for k in range(12)], 8),
    "a product of differences": Pair(lambda x: (x[0] - x[1]) * (x[1] - x[2]) * (x[2] - x[0]), lambda x: 0 * x[0], THREE, 9),
    "x to the power of 6": Pair(lambda x: x**6, lambda x: x**5 + x**4 - x**3, ONE),
    "all roots": Pair(roots, lambda x: 0 * x, ONE),
    "three roots": Pair(lambda x: x**3, lambda x: x, ONE, 8),
    "a constant that two primes divide": Pair(lambda x: TWO_PRIMES * x, lambda x: 0 * x, ONE),
    "a variance": Pair(lambda x: x[:2].var(), lambda x: x[:2].mean() ** 2, THREE),
    "a quotient": Pair(lambda x: (x[0] * x[1] - 1) / x[2], lambda x: x[2], THREE, 9),
    "quotients": Pair(lambda x: (1 / x).sum(), lambda x: 1 / x.sum(), THREE, 9),
    "powers of quotients": Pair(lambda x: (1 / x) ** np.array([0, 2, 3]), lambda x: x, THREE),
    "a sum of quotients": Pair(lambda x: (x / (x + 1)).sum(), lambda x: 0 * x[0], THREE),
    "a matrix's inverse": Pair(
        lambda x: np.linalg.inv(x[:4].reshape(2, 2))[0, 0], lambda x: x[3], [3.0, 1.1, 0.7, 2.0]
    ),
    "exponentials": Pair(lambda x: np.exp(x).sum(), lambda x: 0 * x[0], THREE, 10),
    "an exponential's multiples": Pair(lambda x: np.exp(3 * x) - np.exp(x), lambda x: 0 * x, ONE),
    "an exponential and its reciprocal": Pair(lambda x: np.exp(x) + np.exp(-x), lambda x: x, ONE),
    "exponents that are one modulo q": Pair(lambda x: np.exp(TWO_HALVES * x), lambda x: np.exp(0 * x), [0.001]),
    "exponents of many monomials": Pair(lambda x: np.exp(x[0] * x[1] + x[2]), lambda x: np.exp(x[0] * x[1] - x[2]), THREE),
    "sigmoids": Pair(lambda x: special.expit(x).sum(), lambda x: 0 * x[0], THREE, 10),
    "tanh and sigmoid": Pair(lambda x: np.tanh(x) + special.expit(x), lambda x: x, ONE),
    "softmax": Pair(lambda x: (np.exp(x) / np.exp(x).sum())[0], lambda x: x[1], THREE),
    "log-sum-exp": Pair(lambda x: np.log(np.exp(x).sum()), lambda x: x[0], THREE),
    "softmax by log-sum-exp": Pair(lambda x: np.exp(x - np.log(np.exp(x).sum())).sum(), lambda x: 0 * x[0], THREE),
    "cosines": Pair(lambda x: np.cos(x).prod(), lambda x: 0 * x[0], SIX),
    "a sum of sines": Pair(lambda x: np.sin(x).sum(), lambda x: 0 * x[0], THREE),
    "erf": Pair(lambda x: special.erf(x).sum(), lambda x: 0 * x[0], THREE),
    "a root": Pair(lambda x: np.sqrt(roots(x) + 1), lambda x: 0 * x + 1, ONE),
    "a root by a power": Pair(lambda x: (roots(x) + 1) ** 0.5, lambda x: 0 * x + 1, ONE),
    "two roots": Pair(lambda x: np.sqrt(x).sum(), lambda x: 2 * np.sqrt(x[0]), [0.7, 1.9]),
    "a cube root": Pair(lambda x: np.cbrt(roots(x) + 1), lambda x: 0 * x + 1, ONE),
    "e to a logarithm": Pair(lambda x: np.exp(np.log(roots(x) + 1)), lambda x: 0 * x + 1, ONE),
    "e to a logarithm of degree 12": Pair(lambda x: np.exp(np.log(roots(x, 12) + 1)), lambda x: 0 * x + 1, [12.5], 9),
    "e to logarithms": Pair(
        lambda x: np.exp(np.log(roots(x, 3) + 1) - np.log(roots(x - 3, 3) + 1)), lambda x: 0 * x + 1, ONE
    ),
    "e to a logarithm's multiple": Pair(lambda x: np.exp(2 * np.log(roots(x, 4) + 1)), lambda x: 0 * x + 1, ONE),
    "u^x": Pair(lambda x: (roots(x) + 1) ** x / (roots(x) + 1) ** (x - 1), lambda x: 0 * x + 1, ONE),
    "the logarithm of an exponential": Pair(lambda x: np.log(np.exp(roots(x) / 2.0**20)), lambda x: 0 * x, ONE),
    "a comparison": Pair(lambda x: np.where(roots(x, 12) > 0, 1.0, 0.0), lambda x: np.zeros(1), ONE, 9),
    "a maximum": Pair(lambda x: np.maximum(roots(x), 0.0) + 1, lambda x: 0 * x + 1, ONE),
    "a sign": Pair(lambda x: np.sign(roots(x)), lambda x: 0 * x, ONE, 9),
    "where the largest is": Pair(lambda x: np.argmax(np.stack([0 * x[0], roots(x[0])])) + 0 * x, lambda x: 0 * x, ONE, 9),
    "comparisons": Pair(
        lambda x: np.where(np.all(x > np.array([0, 1, 2, 3, 4, 5])), 1.0, 0.0) + 0 * x[0], lambda x: 0 * x[0], SIX
    ),
}


def trial(pair: Pair, rng: random.Random) -> tuple[bool, float]:
    """Whether the pair was taken for one function, and the bound on the chance of that."""
    p = safe_prime(rng, pair.bits)
    while True:
        field = Field(rng, pair.bits, p)
        x = np.empty(len(pair.inputs), object)
        x[:] = [field.free(shadow) for shadow in pair.inputs]
        try:
            with using(field):
                array = ExactArray(x)
                a, b = (ExactArray.lift(function(array)) for function in (pair.f, pair.g))
                apart = a.degree.plus(b.degree)
        except Resample:
            continue
        assert a.shape == b.shape
        missed = all(u.v == v.v for u, v in zip(a.x.flat, b.x.flat, strict=True))
        return missed, 2.0 ** failure.log2_of_miss(apart, field)


def rates(name: str, trials: int = TRIALS) -> tuple[int, float]:
    """How many trials of a pair missed, and the mean of the bounds."""
    rng = random.Random(name)
    outcomes = [trial(PAIRS[name], rng) for _ in range(trials)]
    return sum(missed for missed, _ in outcomes), float(np.mean([bound for _, bound in outcomes]))


def too_many(misses: int, bound: float, trials: int = TRIALS) -> bool:
    return bool(bound < 1 and stats.binomtest(misses, trials, bound, alternative="greater").pvalue < LEVEL)


@pytest.mark.parametrize("name", PAIRS)
def test_misses_are_no_more_frequent_than_the_bound(name: str) -> None:
    misses, bound = rates(name)
    assert not too_many(misses, bound), (misses / TRIALS, bound)


@pytest.mark.parametrize("name", [
    "a linear form", "a product, 7 bits", "a product of twelve", "three roots", "a constant that two primes divide",
    "exponents that are one modulo q",
])
def test_the_bound_is_nearly_attained(name: str) -> None:
    """So that the test above has power: it says something, and a tenth of it would be refuted."""
    misses, bound = rates(name, 3000)
    assert bound < 0.9
    assert misses / 3000 > bound / 5
    assert too_many(misses, bound / 10, 3000)


def test_the_bound_of_the_checker_s_own_trials() -> None:
    """`run_trial` on a claim, at primes of 9 bits."""

    def product(x: Any) -> Any:
        return x[0] * x[1] * x[2] * x[3]

    identity(of=lambda x: 0.0 * x[0], shapes={"x": "4"}, label="zero")(product)
    claim = latest(product)
    assert claim is not None
    signature = read(claim)
    example = {"x": np.array([0.7, 1.9, 3.2, 4.1])}
    reference = Reference(claim, signature)
    plan, program, rng = Plan(signature, [example]), reference.single(example), random.Random(1)
    trials = [run_trial(claim, signature, program, plan, example, rng, bits=9) for _ in range(1000)]
    misses, bound = sum(not trial.differ for trial in trials), float(np.mean([2.0**trial.log2_miss for trial in trials]))
    assert {trial.prime for trial in trials} == set(safe_primes(9))
    assert bound < 0.9
    assert misses / len(trials) > bound / 10
    assert not too_many(misses, bound, len(trials))


def test_more_bits_miss_less() -> None:
    chances = []
    for bits in (21, 40, 61):
        field = Field(random.Random(0), bits)
        chances.append(failure.log2_of_miss(degrees.Degree(8, 6), field))
    assert chances == pytest.approx([3 - 20, 3 - 39, 3 - 60], abs=1.01)
    field = Field(random.Random(0))
    assert failure.log2_of_miss(degrees.Degree(8, 600), field) == pytest.approx(math.log2(10 / primes.how_many(61)), abs=0.1)


# -- wrong bounds ------------------------------------------------------------------------------------------------------

WRONG: dict[str, tuple[str, Any, str, Any]] = {
    "a prime divides nothing": ("a constant that two primes divide", failure.primes, "how_many", lambda bits: 2.0**bits),
    "exponents stay independent": ("exponents that are one modulo q", failure.primes, "how_many", lambda bits: 2.0**bits),
    "a product has the degree of a factor": (
        "a product of twelve", degrees.Degree, "power", lambda self, k: degrees.Degree(self.n, self.bits, self.twos, self.divisors)
    ),
    "comparisons are not counted": ("a comparison", ufuncs, "note_comparison", lambda degree: None),
    "powers of logarithms are variables": (
        "e to a logarithm of degree 12", elementary, "_of_exponentials", lambda field, powers: degrees.VARIABLE
    ),
    "the degree of a difference is one": (
        "a product of twelve", degrees.Degree, "plus", lambda self, other: degrees.Degree(0)
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_bound_is_exceeded(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pair, module, attribute, wrong = WRONG[name]
    monkeypatch.setattr(module, attribute, wrong)
    assert too_many(*rates(pair, 2000), 2000)
