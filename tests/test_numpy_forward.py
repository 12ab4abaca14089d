"""Forwards in plain NumPy: traced through the NumPy protocols, with the gradients of the same code in jax.numpy."""

import contextlib
import textwrap

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tests.documents import one, results
from verify.numpy_on_jax import dispatched, lift

CASES = {
    "functions": ("n m, n m", "np.sum(np.exp(-x) * np.tanh(y)) + np.sqrt((x ** 2).sum() + 1)",
                  "jnp.sum(jnp.exp(-x) * jnp.tanh(y)) + jnp.sqrt((x ** 2).sum() + 1)"),
    "both libraries": ("n, n", "jnp.sum(np.exp(x) * jnp.sin(y)) + np.max(jnp.cos(x))",
                       "jnp.sum(jnp.exp(x) * jnp.sin(y)) + jnp.max(jnp.cos(x))"),
    "einsum and matmul": ("n m, m k", "np.einsum('ij,jk->', x, y) + np.trace(x.T @ x)",
                          "jnp.einsum('ij,jk->', x, y) + jnp.trace(x.T @ x)"),
    "methods": ("n m, n m", "x.mean(axis=0, keepdims=True).sum() + y.var() + x.T.reshape(-1).dot(y.T.ravel())",
                "x.mean() * x.shape[1] + jnp.var(y) + jnp.sum(x * y)"),
    "where and maximum": ("n, n", "np.where(x > y, x * y, np.maximum(x, 0.5)).sum()",
                          "jnp.where(x > y, x * y, jnp.maximum(x, 0.5)).sum()"),
    "stacking": ("n, n", "(np.concatenate([x, y]) ** 2).sum() + np.stack([x, y]).prod(axis=0).sum()",
                 "(x ** 2).sum() + (y ** 2).sum() + (x * y).sum()"),
    "linear algebra": ("n n, n", "np.linalg.norm(x) + np.linalg.solve(x @ x.T + 9 * np.eye(len(x)), y) @ y",
                       "jnp.linalg.norm(x) + jnp.linalg.solve(x @ x.T + 9 * jnp.eye(len(x)), y) @ y"),
    "reduce and outer": ("n, n", "np.multiply.outer(x, y).sum() + np.add.reduce(x * x)",
                         "jnp.outer(x, y).sum() + (x * x).sum()"),
    "arrays from lists": ("3, 3", "(np.array([x[0], y[1] * 2, x[2]]) * np.asarray(y)).sum()",
                          "x[0] * y[0] + 2 * y[1] ** 2 + x[2] * y[2]"),
}


@pytest.mark.parametrize("name", CASES)
def test_the_gradient_is_that_of_the_same_code_in_jax(name):
    shapes, numpy_code, jax_code = CASES[name]
    names = {"np": np, "jnp": jnp}
    in_numpy, in_jax = (eval(f"lambda x, y: {code}", names) for code in (numpy_code, jax_code))
    rng = np.random.default_rng(0)
    x, y = (rng.standard_normal([{"n": 4, "m": 3, "k": 2, "3": 3}[d] for d in shape.split()]) for shape in shapes.split(", "))
    with jax.enable_x64(True):
        expected = jax.grad(in_jax, (0, 1))(x, y)
        with dispatched() if name == "both libraries" else contextlib.nullcontext():
            found = jax.grad(in_numpy if name == "both libraries" else lift(in_numpy), (0, 1))(x, y)
    for a, b in zip(found, expected, strict=True):
        assert np.abs(b).max() > 0
        np.testing.assert_allclose(a, b, rtol=1e-12)


STATEFUL = {
    "an array that is filled": """
        def f(x):
            out = np.zeros((len(x), 2))
            for k in range(len(x)):
                out[k] = x[k] * (k + 1)
                out[k, 1] += 1.0
            return np.sum(out ** 2)
        def df(x): k = np.arange(1, len(x) + 1); return 2 * k * (k * x) + 2 * k * (k * x + 1)
    """,
    "a view that is written to": """
        def f(x):
            y = np.stack([x, 2 * x])
            row = y[1]
            row *= 3
            y.T[:, 0] += row
            y.reshape(-1)[0] = 0.0
            return np.sum(y * y[::-1])
        def df(x):
            g = 2 * 2 * 7 * 6 * x; g[0] = 0.0
            return g
    """,
    "out= and np.add.at": """
        def f(x):
            y = np.empty_like(x)
            np.multiply(x, x, out=y)
            np.add.at(y, np.zeros(2, int), x[0])
            return np.sum(y)
        def df(x): g = 2 * x; g[0] += 2; return g
    """,
    "in place": """
        def f(x):
            y = x.copy(); y[y < 0] = 0.0; y -= 1; y /= 2; y.sort()
            return np.sum(y * np.arange(len(y)))
        def df(x):
            rank = np.argsort(np.argsort(np.maximum(x, 0), kind="stable"), kind="stable")
            return np.where(x > 0, rank / 2, 0.0)
    """,
    "an argument of its caller": """
        def double(y): y *= 2
        def f(x):
            y = x * 1.0
            double(y)
            return np.sum(y ** 2)
        def df(x): return 8 * x
    """,
    "classes with caches": """
        class Square:
            def forward(self, x): self.x = x; return np.sum(x ** 2)
            def backward(self): return 2 * self.x
        def f(x): return Square().forward(x)
        def df(x): layer = Square(); layer.forward(x); return layer.backward()
    """,
}


@pytest.mark.parametrize("name", STATEFUL)
def test_code_that_writes_to_arrays(tmp_path, name):
    claims = """
gradient(of=f, shapes={"x": "n+1"}, domains={"x": verify.distinct}, label="right")(df)
gradient(of=f, shapes={"x": "n+1"}, domains={"x": verify.distinct}, label="wrong")(lambda x: df(x) + 1e-6)
"""
    found = results(tmp_path, textwrap.dedent(STATEFUL[name]) + claims)
    assert found["right"].verdict == "verified", found["right"]
    assert found["wrong"].verdict == "refuted"


UNTRACEABLE = {
    "a branch on a value": ("if x[0] > 0: x = -x\n    return np.sum(x)", "line 7 (if x[0] > 0: x = -x)"),
    "a plain number": ("return np.sum(x) * float(x[0])", "line 7 (return np.sum(x) * float(x[0]))"),
    "no twin": ("return np.add.reduceat(x, [0]).sum()", "np.add.reduceat"),
    "a fault of its own": ("return np.sum(x) + undefined", "NameError: name 'undefined' is not defined"),
}


@pytest.mark.parametrize("name", UNTRACEABLE)
def test_what_cannot_be_traced_is_named_with_its_line(tmp_path, name):
    body, message = UNTRACEABLE[name]
    result = one(tmp_path, f"def f(x):\n    {body}\n@gradient(of=f, shapes={{'x': 'n'}})\ndef df(x): return x\n")
    assert result.verdict == "error"
    assert message in result.message


def test_a_reading_with_other_values_than_numpy_is_refused(tmp_path):
    """`np.float32(x)` rounds; JAX's reading of this code would not."""
    result = one(tmp_path, """
        class Odd:
            def __call__(self, x): return x * (2 if isinstance(x, np.ndarray) else 3)
        def f(x): return np.sum(Odd()(x) + np.exp(x))
        gradient(of=f, shapes={"x": "n"}, label="x")(lambda x: 2 + np.exp(x))
    """)
    assert result.verdict == "error"
    assert "JAX reads differently" in result.message


def test_numpy_is_as_before_afterwards(tmp_path):
    zeros, array = np.zeros, np.array
    one(tmp_path, "def f(x): return np.sum(np.zeros_like(x) + x)\n@gradient(of=f, shapes={'x': 'n'})\ndef df(x): return x / 0\n")
    assert np.zeros is zeros
    assert np.array is array
    assert not hasattr(jax.core.Tracer, "__array_ufunc__")
