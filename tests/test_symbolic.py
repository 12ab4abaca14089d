"""Shapes proved for all sizes: proofs where they are true, none where a shape is wrong for some size."""

import numpy as np
import pytest

from tests.documents import results, write
from verify import documents
from verify.signatures import bind, read
from verify.symbolic import proved_dimensions

CASES = {
    "right": ("gradient(of=lambda X: jnp.sum(X ** 2), shapes={'X': 'd m'}, label='x')(lambda X: 2 * X)", ["d", "m"]),
    "vjp": (
        "vjp(of=lambda X, W: W @ X, shapes={'X': 'n m', 'W': 'k n'}, label='x')(lambda dY, X, W: (W.T @ dY, dY @ X.T))",
        ["n", "m", "k"],
    ),
    "transposed": (
        "vjp(of=lambda X, W: W @ X, shapes={'X': 'n m', 'W': 'k n'}, label='x')(lambda dY, X, W: (W.T @ dY, X @ dY.T))",
        [],
    ),
    "right for square ones alone": (
        "gradient(of=lambda X: jnp.sum(X ** 2), shapes={'X': 'd m'}, label='x')(lambda X: 2 * X.T)", []
    ),
    "declared cotangent": (
        "vjp(of=lambda X: X.sum(0), shapes={'X': 'd m', 'dY': 'm'}, label='x')"
        "(lambda dY, X: np.broadcast_to(dY, X.shape) * np.ones_like(X))", ["d", "m"],
    ),
    "expression": (
        "identity(of=lambda x: x[1:] - x[:-1], shapes={'x': 'n+1'}, label='x')(lambda x: np.diff(x))", ["n"],
    ),
    "keepdims": (
        "identity(of=lambda x: x.mean(0, keepdims=True), shapes={'x': 'n m'}, label='x')"
        "(lambda x: x.sum(0, keepdims=True) / x.shape[0])", ["n", "m"],
    ),
    "no keepdims": (
        "identity(of=lambda x: x.mean(0, keepdims=True), shapes={'x': 'n m'}, label='x')(lambda x: x.mean(0))", []
    ),
    "a loop over a size": (
        "def f(x):\n    out = 0 * x[0]\n    for k in range(x.shape[0]):\n        out = out + x[k]\n    return out\n"
        "identity(of=lambda x: x.sum(0), shapes={'x': 'n m'}, label='x')(f)", [],
    ),
    "fixed sizes": ("gradient(of=lambda X: jnp.sum(X ** 2), shapes={'X': '3 4'}, label='x')(lambda X: 2 * X)", []),
}


@pytest.mark.parametrize("name", CASES)
def test_proofs(tmp_path, name):
    body, expected = CASES[name]
    (claim,) = documents.load(str(write(tmp_path, body))).claims
    signature = read(claim)
    assert proved_dimensions(claim, signature, lambda given: bind(claim.of, signature.of, given)) == expected


def test_a_proof_is_part_of_the_evidence(tmp_path):
    (result,) = results(tmp_path, CASES["right"][0]).values()
    assert result.proved_dimensions == ["d", "m"]


def test_numpy_code_runs_on_tracers_with_the_same_values():
    import jax

    from verify.numpy_on_jax import NotTraceable, lift

    def code(x, y):
        z = np.where(x > 0, np.exp(x), np.tanh(y)) @ y.T
        z[0] = z[0] * 2
        a, b = np.maximum(z, 0.1).sum(axis=0, keepdims=True), np.einsum("ij,kj->ik", x, y)
        return a / len(x) - np.linalg.norm(b), (np.concatenate([x, y]).reshape(-1)[::2], -np.ones_like(x))

    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((3, 4)), rng.standard_normal((3, 4))
    with jax.enable_x64(True):
        got = jax.tree_util.tree_leaves(jax.jit(lift(code))(x, y))
    for a, b in zip(got, jax.tree_util.tree_leaves(code(x, y)), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-14)
    plain = np.zeros(3)
    for wrong in (lambda x: plain.__setitem__(0, x[0]), lambda x: np.add(x, 1, out=plain), lambda x: np.add.reduceat(x, [0, 1])):
        with pytest.raises((NotTraceable, ValueError)):
            jax.eval_shape(lift(wrong), jax.ShapeDtypeStruct((3,), np.float32))
