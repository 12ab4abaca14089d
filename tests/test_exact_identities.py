"""Exact arrays: identities of linear algebra and of reductions on residues, what is refused, and writing into them."""

import itertools
import random
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np
import pytest

pytest.importorskip("flint")

from tests.field_laws import prime
from tests.test_exact_arrays import SYSTEM, A, B, S, V, balls, floats
from verify.exact.arrays import ExactArray, lift, using
from verify.exact.field import Field, NotExact, Resample


def with_field(check: Callable[[Field], None]) -> None:
    """At a point at which all roots exist."""
    rng = random.Random(7)
    for _ in range(200):
        field = Field(rng, p=prime(1))
        with using(field), suppress(Resample):
            return check(field)
    raise AssertionError("no point was found")


def equal(a: Any, b: Any) -> bool:
    a, b = lift(a), lift(b)
    return a.shape == b.shape and all(x.v == y.v for x, y in zip(a.x.ravel(), b.x.ravel(), strict=True))


def _random(x: Any, field: Field) -> ExactArray:
    """Random residues beside floats, symmetric if they are."""
    symmetric = x.ndim == 2 and np.array_equal(x, x.T) if x.ndim == 2 and x.shape[0] == x.shape[1] else False
    out = np.empty(x.shape, object)
    for at in np.ndindex(x.shape):
        out[at] = out[at[::-1]] if symmetric and at[::-1] < at else field.free(float(x[at]))
    return ExactArray(out)


IDENTITIES: dict[str, Callable[[Any, Any, Any], list[tuple[Any, Any]]]] = {
    "solve": lambda s, b, v: [(s @ np.linalg.solve(s, b), b), (s @ np.linalg.solve(s, v), v)],
    "inverse": lambda s, b, v: [(np.linalg.inv(s) @ s, np.eye(3)), (np.linalg.matrix_power(s, -2) @ s @ s, np.eye(3))],
    "determinant": lambda s, b, v: [
        (np.linalg.det(s), sum(
            sign * s[0, i] * s[1, j] * s[2, k]
            for (i, j, k), sign in zip(itertools.permutations(range(3)), (1, -1, -1, 1, 1, -1), strict=True)
        )),
        (np.linalg.slogdet(s)[1], np.log(np.linalg.det(s))), (np.linalg.slogdet(-s)[0], -1),
    ],
    "cholesky": lambda s, b, v: [(np.linalg.cholesky(s) @ np.linalg.cholesky(s).T, s), (np.triu(np.linalg.cholesky(s), 1), np.zeros((3, 3)))],
    "norm": lambda s, b, v: [(np.linalg.norm(v) ** 2, v @ v), (np.linalg.norm(s, axis=1) ** 2, (s * s).sum(1))],
    "standard deviation": lambda s, b, v: [(v.std() ** 2, v.var()), (b.std(0) ** 2, b.var(0))],
    "cumulative log-sum-exp": lambda s, b, v: [
        (np.logaddexp.accumulate(v), np.log(np.cumsum(np.exp(v)))), (np.logaddexp(v, 2 * v), 2 * v + np.log(1 + np.exp(-v)))
    ],
    "einsum": lambda s, b, v: [(np.einsum("ij,jk,i->k", s, b, v), (s @ b).T @ v)],
    "linear": lambda s, b, v: [(np.mean(3 * b - 1, 0), 3 * b.sum(0) / 3 - 1), ((2 * v).var(), 4 * v.var())],
}


@pytest.mark.parametrize("name", IDENTITIES)
def test_identity(name: str) -> None:
    def check(field: Field) -> None:
        point = (_random(x, field) for x in (S, B, V))
        assert all(equal(a, b) for a, b in IDENTITIES[name](*point))

    with_field(check)


# -- refusals ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("compute", "message"), [
    (lambda x: np.fft.fft(x), "np.fft"), (lambda x: np.median(x), "np.median"), (lambda x: np.fmod(x, 2), "np.fmod"),
    (lambda x: np.asarray(x), "a plain NumPy array"), (lambda x: float(x[0, 0]), "a Python float"), (lambda x: np.round(x, 2), "with decimals"),
    (lambda x: np.linalg.norm(x, 1), "ord=1"), (lambda x: np.sum(x, initial=3.0), "np.sum with initial"), (lambda x: x.astype(int), "integers"),
    (lambda x: x + 1j, "complex"), (lambda x: np.einsum(x, [0, 1]), "subscript string"), (lambda x: np.add(x, 1, out=np.zeros((2, 3))), "into a plain"),
])
def test_what_has_no_exact_form_is_named(compute: Callable[[Any], Any], message: str) -> None:
    field = Field(random.Random(1), p=prime(0))
    with using(field), pytest.raises(NotExact, match=message):
        compute(_random(A, field))


def test_writing_into_an_exact_array() -> None:
    with SYSTEM.precision(), using(SYSTEM):
        x = balls(A)
        y = x.copy()
        x[0, 1:] = 7.5
        x[1] += x[0]
        x[:, 0] *= 2
        plain = A.copy()
        plain[0, 1:] = 7.5
        plain[1] += plain[0]
        plain[:, 0] *= 2
        np.testing.assert_allclose(floats(x), plain, rtol=1e-12)
        np.testing.assert_array_equal(floats(y), A)
        assert (x.shape, x.ndim, x.size, len(x), x.dtype) == ((2, 3), 2, 6, 2, np.dtype(float))
        np.testing.assert_array_equal(floats(x[balls(np.array([1.0, 0.0]))]), floats(x)[::-1])
        with pytest.raises(ValueError, match="ambiguous"):
            bool(x)
        assert bool(x[0, 1])
