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
    "guards": """
        def f(x):
            assert isinstance(x, np.ndarray)
            assert x.ndim == 1
            if not np.all(np.isfinite(x)): raise ValueError("not finite")
            if np.isnan(x).any(): return 0.0
            return np.sum(x ** 2)
        def df(x): return 2 * x
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


ALIASES = {
    "scalars are copies": ("t = y[0]; y[0] = abs(y[0]); return t * y[0]", "d = np.zeros_like(x); d[0] = 2 * abs(x[0]); return d"),
    "a swap": ("y[0], y[1] = y[1], y[0]; return y @ np.arange(len(y))", "d = np.arange(len(x)) * 1.0; d[:2] = 1, 0; return d"),
    "a running sum": ("a = y[0]\n    for k in range(1, len(y)): a += y[k] ** 2\n    return a + y[0]",
                      "d = 2 * x; d[0] = 2; return d"),
    "parts of a split": ("for part in np.split(y, [1]): part *= 3\n    return y.sum()", "return 3 * np.ones_like(x)"),
    "a transposed one": ("np.transpose(y.reshape(1, -1))[0] *= 5; np.squeeze(y)[1] *= 2; return y.sum()",
                         "d = np.ones_like(x); d[0] = 5; d[1] = 2; return d"),
    "rows of an iteration": ("for row in y.reshape(-1, 1): row *= 2\n    return y.sum()", "return 2 * np.ones_like(x)"),
    "random numbers": ("return y @ np.random.default_rng(0).random(len(y))", "return np.random.default_rng(0).random(len(x))"),
}


@pytest.mark.parametrize("name", ALIASES)
def test_arrays_share_memory_as_in_numpy(tmp_path, name):
    forward, backward = ALIASES[name]
    found = results(tmp_path, f"""
def f(x):
    y = np.empty(len(x)); y[:] = x
    {forward}
def df(x): {backward}
D = dict(of=f, shapes={{"x": "n+2"}}, domains={{"x": verify.distinct}})
gradient(**D, label="right")(df)
gradient(**D, label="wrong")(lambda x: df(x) * np.where(np.arange(len(x)) == 1, 1.5, 1) + (np.arange(len(x)) == 0))
""")
    assert found["right"].verdict == "verified", found["right"]
    assert found["wrong"].verdict == "refuted"


@pytest.mark.parametrize(
    ("library", "right", "wrong"), [("np.log1p(np.exp(x))", "verified", "refuted"), ("jax.nn.softplus(x)", "error", "error")]
)
def test_each_static_value_has_its_own_reading(tmp_path, library, right, wrong):
    """Code that names JAX is read as its code, where views are copies: that is refused, not taken for NumPy's meaning."""
    found = results(tmp_path, f"""
        import jax
        def f(x, kind):
            y = np.zeros_like(x) + x
            if kind == "views":
                for part in np.split(y, [1]): part *= 3
                return np.sum(y)
            return ({library}).sum()
        def df(x, kind): return 3 * np.ones_like(x) if kind == "views" else 1 / (1 + np.exp(-x))
        K = dict(of=f, shapes={{"x": "n"}}, domains={{"kind": ["plain", "views"], "x": verify.between(-9, 9)}})
        gradient(**K, label="right")(df)
        gradient(**K, label="wrong")(lambda x, kind: df(x, kind) if kind != "views" else np.ones_like(x))
    """)
    assert (found["right"].verdict, found["wrong"].verdict) == (right, wrong), found
    assert right == "verified" or "JAX reads differently" in found["right"].message


def test_a_forward_that_keeps_state(tmp_path):
    found = results(tmp_path, """
        class Centred:
            mean, seen = 0.0, []
            def forward(self, X):
                mu = jnp.mean(X, axis=0)
                self.mean = 0.9 * self.mean + 0.1 * mu
                return X - mu
        vjp(of=Centred().forward, shapes={"X": "n m"}, label="of a method")(lambda dY, X: dY - dY.mean(0))
        SEEN = []
        def leaking(X):
            SEEN.append(X)
            return X * SEEN[0]
        vjp(of=leaking, shapes={"X": "n m"}, label="leaking")(lambda dY, X: dY)
        from dataclasses import dataclass
        @dataclass
        class Scale:
            k: float
            def __call__(self, X): return self.k * X
        vjp(of=Scale(2.0), shapes={"X": "n m"}, label="not hashable")(lambda dY, X: 2 * dY)
    """)
    assert {label: r.verdict for label, r in found.items()} == {
        "of a method": "verified", "leaking": "error", "not hashable": "verified",
    }
    assert "keeps a value from an earlier call" in found["leaking"].message


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
    """Code that looks at the type itself can tell the stand-in from an array."""
    result = one(tmp_path, """
        class Odd:
            def __call__(self, x): return x * (2 if type(x) is np.ndarray else 3)
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
