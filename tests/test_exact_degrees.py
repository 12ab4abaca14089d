"""Degrees and sizes that arrays carry are never below those of the rational functions that they stand for."""

import dataclasses
import math
import random
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import special
from sympy import ZZ
from sympy.polys.fields import FracElement
from sympy.polys.fields import field as fractions_of

from tests.field_laws import prime
from verify.exact import arrays, degrees, elementary
from verify.exact.arrays import ExactArray, using
from verify.exact.degrees import Degree, fraction, of_constants, weight
from verify.exact.field import Field, Lost, Resample

RATIONAL, *GENERATORS = fractions_of("x0,x1,y0,y1," + ",".join(f"t{k}" for k in range(12)), ZZ)
LARGEST = 40  # a degree beyond which a program is not followed
Lines = list[tuple[str, int, int]]


class Left(Exception):
    """A program that is not followed."""


class Program:
    """Runs on rational functions; an exponential or a half-angle's tangent is a variable of its own."""

    def __init__(self) -> None:
        self.variables: dict[Any, FracElement] = {}

    def variable(self, name: str, argument: FracElement) -> FracElement:
        if (name, argument) not in self.variables and len(self.variables) == len(GENERATORS) - 4:
            raise Left
        return self.variables.setdefault((name, argument), GENERATORS[4 + len(self.variables)])

    def each(self, a: Any, name: str, f: Callable[[FracElement], FracElement]) -> Any:
        return np.frompyfunc(lambda entry: f(self.variable(name, entry)), 1, 1)(a)


Step = tuple[Callable[..., Any], Callable[..., Any]]  # on exact arrays; on arrays of rational functions


def _both(f: Callable[..., Any]) -> Step:
    return f, lambda program, *arrays: f(*arrays)


HALF = RATIONAL(1) / 2
UNARY: dict[str, Step] = {
    "sum": _both(lambda a: 0 * a + a.sum()), "mean": _both(lambda a: a * a.mean()),
    "cumprod": _both(np.cumprod), "cumsum": _both(np.cumsum), "product": _both(lambda a: 0 * a + a.prod()),
    "reciprocal": _both(lambda a: 1 / a), "square": _both(lambda a: a * a), "cube": _both(lambda a: a**3),
    "powers": _both(lambda a: a ** np.array([0, 2])), "inverse powers": _both(lambda a: a ** np.array([1, -2])),
    "inverse square": _both(lambda a: a**-2), "turned": _both(lambda a: a[::-1]), "negative": _both(lambda a: -a),
    "plus 5": _both(lambda a: a + 5), "times 3": _both(lambda a: 3 * a), "over 3": _both(lambda a: a / 3),
    "minus a half": (lambda a: a - 0.5, lambda program, a: a - HALF),
    "times a quarter": (lambda a: a * 0.25, lambda program, a: a * HALF * HALF),
    "exp": (np.exp, lambda program, a: program.each(a, "e", lambda e: e)),
    "sigmoid": (special.expit, lambda program, a: program.each(-a, "e", lambda e: 1 / (1 + e))),
    "tanh": (np.tanh, lambda program, a: program.each(-2 * a, "e", lambda e: (1 - e) / (1 + e))),
    "sinh": (np.sinh, lambda program, a: program.each(a, "e", lambda e: (e - 1 / e) / 2)),
    "sin": (np.sin, lambda program, a: program.each(a, "t", lambda t: 2 * t / (1 + t * t))),
    "cos": (np.cos, lambda program, a: program.each(a, "t", lambda t: (1 - t * t) / (1 + t * t))),
    "erf": (special.erf, lambda program, a: program.each(a, "erf", lambda t: t)),
}
BINARY: dict[str, Step] = {
    "+": _both(lambda a, b: a + b), "-": _both(lambda a, b: a - b), "*": _both(lambda a, b: a * b),
    "/": _both(lambda a, b: a / b), "matmul": _both(lambda a, b: 0 * a + a @ b),
    "outer": _both(lambda a, b: np.outer(a, b).sum(0)), "dot": _both(lambda a, b: b * np.dot(a, b)),
    "einsum": _both(lambda a, b: np.einsum("i,j->i", a, b)), "stack": _both(lambda a, b: np.stack([a, b])[:, 1]),
    "where": _both(lambda a, b: np.where(np.array([True, False]), a, b)),
}
STEPS = {**UNARY, **BINARY}
PROGRAMS = st.lists(
    st.tuples(st.sampled_from(sorted(STEPS)), st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=5
)


def run(program: Lines) -> tuple[Degree, list[FracElement]]:
    """The bound, and the entries as rational functions."""
    field = Field(random.Random(len(program)), p=prime(0))
    shadows, follower = iter([0.3, 0.7, 0.4, 0.9]), Program()
    mine, theirs = [], []
    for k in (0, 2):
        x, y = np.empty(2, object), np.empty(2, object)
        x[:], y[:] = [field.free(next(shadows)), field.free(next(shadows))], GENERATORS[k : k + 2]
        mine.append(ExactArray(x))
        theirs.append(y)
    with using(field):
        for name, i, j in program:
            at = [i % len(mine), *([j % len(mine)] if name in BINARY else [])]
            exact, rational = STEPS[name]
            mine.append(exact(*(mine[k] for k in at)))
            if mine[-1].degree.whole > LARGEST:
                raise Left
            theirs.append(rational(follower, *(theirs[k] for k in at)))
    return mine[-1].degree, list(theirs[-1])


def too_low(program: Lines) -> str:
    """What a bound is below, or nothing."""
    try:
        degree, entries = run(program)
    except (Lost, Resample, ValueError, ZeroDivisionError):
        raise Left from None
    for entry in entries:
        above, below = (sum(abs(c) for c in part.coeffs()) for part in (entry.numer, entry.denom))
        n, m = (max(map(sum, part.monoms()), default=0) for part in (entry.numer, entry.denom))
        if n > degree.n or m > degree.whole - degree.n:
            return f"degree {n}, {m}: {degree}"
        if above and (math.log2(above) > degree.bits or below > 2 ** (degree.twos + sum(
            bits * k for _, bits, k in degree.divisors.values()
        ))):
            return f"size {above}, {below}: {degree}"
    return ""


@settings(max_examples=300)
@given(PROGRAMS)
def test_no_bound_is_too_low(program: Lines) -> None:
    try:
        assert not too_low(program)
    except Left:
        assume(False)


def some_bound_is_too_low(names: list[str], programs: int = 400) -> bool:
    """Whether one is, in programs of such steps that a seed draws."""
    rng = random.Random(5)
    for _ in range(programs):
        program = [(rng.choice(names), rng.randrange(6), rng.randrange(6)) for _ in range(rng.randint(1, 5))]
        try:
            if too_low(program):
                return True
        except Left:
            continue
    return False


def test_no_bound_is_too_low_in_programs_drawn_from_a_seed() -> None:
    assert not some_bound_is_too_low(sorted(STEPS))


def _less(**changes: Callable[[Degree], Any]) -> Callable[[Any], Any]:
    """A method with some parts of its result changed."""
    return lambda right: lambda *args: (
        lambda out: dataclasses.replace(out, **{key: change(out) for key, change in changes.items()})
    )(right(*args))


MUTANTS: dict[str, tuple[Any, str, Callable[[Any], Any]]] = {
    **{
        f"{method} with a smaller {part}": (Degree, method, _less(**{part: change}))
        for method in ("plus", "times", "power", "reciprocal", "added")
        for part, change in {"n": lambda d: d.n - 1, "bits": lambda d: d.bits - 1}.items()
        if (method, part) != ("added", "n")
    },
    "times without divisors": (Degree, "times", _less(divisors=lambda d: {})),
    "times without twos": (Degree, "times", _less(twos=lambda d: 0)),
    "plus without twos": (Degree, "plus", _less(twos=lambda d: 0)),
    "plus for one denominator": (degrees, "_missing", lambda right: lambda *args: (0, 0)),
    "powers have divisors to the first": (
        Degree, "power", lambda right: lambda self, k: dataclasses.replace(right(self, k), divisors=self.divisors)
    ),
    "one over the entry alone": (Degree, "reciprocal", lambda right: lambda self, key, entries: right(self, key, 1)),
    "constants are small": (arrays, "of_constants", lambda right: lambda values: Degree()),
    "all are divided by one number": (elementary, "_key", lambda right: lambda name, a: 1),
    "tanh and sigmoid have one denominator": (elementary, "_key", lambda right: lambda name, a: right("", a)),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_wrong_bound_is_found(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    owner, attribute, change = MUTANTS[name]
    monkeypatch.setattr(owner, attribute, change(getattr(owner, attribute)))
    assert some_bound_is_too_low(sorted(STEPS), 1500)


# -- logarithms, powers, constants and exponents -----------------------------------------------------------------------

# What a program is, by its numerator's and its denominator's degree in x, y and logarithms.
ALGEBRAIC: dict[str, tuple[Callable[..., Any], int, int]] = {
    "x^3": (lambda x, y: np.exp(3 * np.log(x)), 3, 0),
    "(x y + 1)^3": (lambda x, y: np.exp(3 * np.log(x * y + 1)), 6, 0),
    "1 / x^2": (lambda x, y: np.exp(-2 * np.log(x)), 0, 2),
    "x^2 / y^2": (lambda x, y: np.exp(2 * np.log(x / y)), 2, 2),
    "the sum of x_k^-1": (lambda x, y: np.exp(-np.log(x)).sum(), 1, 2),
    "x^(y + 2) / x^y": (lambda x, y: np.exp((y + 2) * np.log(x) - y * np.log(x)), 2, 0),
    "sigmoid of 2 log x": (lambda x, y: special.expit(2 * np.log(x)), 2, 2),
    "tanh of log x": (lambda x, y: np.tanh(np.log(x)), 2, 2),
    "sinh of log x": (lambda x, y: np.sinh(np.log(x)), 2, 1),
    "x y x": (lambda x, y: np.log(np.exp(x * y * x)), 3, 0),
    "x / y + log x": (lambda x, y: np.log(x * np.exp(x / y)), 2, 1),
    "2 log x - 3 log y": (lambda x, y: np.log(x**2 / y**3), 1, 0),
    "x^5, by powers": (lambda x, y: (x * y) ** 2.5, 5, 0),
    "x^0 and x^-3": (lambda x, y: x ** np.array([0, -3]), 3, 3),
}


@pytest.mark.parametrize("name", ALGEBRAIC)
def test_powers_of_logarithms_have_their_degree(name: str) -> None:
    program, above, below = ALGEBRAIC[name]
    rng = random.Random(name)
    for _ in range(400):
        field = Field(rng, p=prime(2))
        x, y = (ExactArray(np.array([field.free(s), field.free(s + 0.5)], object)) for s in (0.5, 1.5))
        with using(field), suppress(Resample):
            degree = program(x, y).degree
            break
    assert degree.n >= above
    assert degree.whole - degree.n >= below


def test_constants_are_dyadic_fractions() -> None:
    assert of_constants([3, 0.375, -5.0, math.inf, True]) == Degree(0, 3 + 3, 3)
    assert of_constants([]) == Degree()


@pytest.mark.parametrize(("exponents", "factor"), [
    ([], 1), ([{1: 1}], 1), ([{1: 1}, {2: 1}, {3: 5}], 1), ([{1: 1}, {1: 2}], 2), ([{1: 2}, {1: 1}], 2),
    ([{1: 3}, {1: 2}], 3), ([{1: 1}, {2: 1}, {1: 1, 2: 1}], 2), ([{1: 1}, {2: 1}, {1: 3, 2: -4}], 7),
    ([{1: 1, 2: 1}, {1: 1, 2: -1}, {1: 1}], 2), ([{1: 2}, {2: 3}, {1: 1, 2: 1}], 3), ([{1: 6}, {1: 4}, {1: 3}], 6),
])
def test_weight_of_exponents(exponents: list[dict[int, int]], factor: int) -> None:
    """With coefficients modulo q, in any order: no smaller than the largest power of a common variable."""
    q = prime(0) // 2
    assert weight([{v: c % q for v, c in row.items()} for row in exponents], q) == factor


@given(st.integers(-(2**28), 2**28), st.integers(1, 2**28))
def test_small_fractions_are_found(a: int, b: int) -> None:
    q = prime(0) // 2
    common = math.gcd(a, b)
    assert fraction(a * pow(b, -1, q) % q, q) == (a // common, b // common)
