"""Dual numbers against mpmath's derivatives, and planted mistakes in the rules of JAX that only they can see."""

import jax
import mpmath
import numpy as np
import pytest
from scipy import special

from verify import documents
from verify.checking import check_claim
from verify.numbers import duals
from verify.numbers.duals import Dual, NotDifferentiable
from verify.settings import Settings

UNARY = {
    "negative": lambda x: -x, "square": lambda x: x * x, "exp": mpmath.exp, "expm1": mpmath.expm1,
    "log": mpmath.log, "log1p": lambda x: mpmath.log(1 + x), "sqrt": mpmath.sqrt, "tanh": mpmath.tanh,
    "absolute": abs, "sign": mpmath.sign, "positive": lambda x: x,
}
X = np.array([0.3, 1.7, 2.9])
T = np.array([1.0, -2.0, 0.5])


def slope_along(f, x, t):
    return float(mpmath.diff(lambda s: f(mpmath.mpf(float(x)) + s * mpmath.mpf(float(t))), 0))


@pytest.mark.parametrize("name", UNARY)
def test_functions_of_one_argument(name):
    out = getattr(np, name)(Dual(X, T))
    np.testing.assert_allclose(out.v, [float(UNARY[name](mpmath.mpf(x))) for x in X], rtol=1e-12)
    np.testing.assert_allclose(out.d, [slope_along(UNARY[name], x, t) for x, t in zip(X, T, strict=True)], rtol=1e-9)


def test_the_sigmoid_of_scipy():
    out = special.expit(Dual(X, T))
    expected = [slope_along(lambda z: 1 / (1 + mpmath.exp(-z)), x, t) for x, t in zip(X, T, strict=True)]
    np.testing.assert_allclose(out.d, expected, rtol=1e-9)


BINARY = {
    "sum": lambda a, b: a + b, "difference": lambda a, b: a - b, "product": lambda a, b: a * b,
    "quotient": lambda a, b: a / b, "power": lambda a, b: a**3 + 0 * b, "reciprocal": lambda a, b: 1 / a + 0 * b,
}


@pytest.mark.parametrize("name", BINARY)
def test_arithmetic(name):
    f, Y, S = BINARY[name], np.array([1.1, -0.4, 0.9]), np.array([0.2, 1.0, -3.0])
    out = f(Dual(X, T), Dual(Y, S))
    for k in range(3):
        slope = mpmath.diff(lambda s, k=k: f(X[k] + s * mpmath.mpf(T[k]), Y[k] + s * mpmath.mpf(S[k])), 0)
        assert out.d[k] == pytest.approx(float(slope), rel=1e-9)


def test_products_sums_and_choices_of_matrices():
    rng = np.random.default_rng(0)
    W, dW, A, dA = (rng.standard_normal(s) for s in ((3, 4), (3, 4), (4, 5), (4, 5)))
    w, a = Dual(W, dW), Dual(A, dA)
    np.testing.assert_allclose((w @ a).d, dW @ A + W @ dA)
    np.testing.assert_allclose((w @ A).d, dW @ A)
    np.testing.assert_allclose((W @ a).d, W @ dA)
    np.testing.assert_allclose(w.T.d, dW.T)
    np.testing.assert_allclose(np.sum(w, axis=0, keepdims=True).d, dW.sum(axis=0, keepdims=True))
    np.testing.assert_allclose(w.mean(axis=1).d, dW.mean(axis=1))
    np.testing.assert_allclose(np.max(w, axis=0).d, dW[W.argmax(axis=0), range(4)])
    np.testing.assert_allclose(np.where(w > 0, w, 2 * w).d, np.where(W > 0, dW, 2 * dW))
    np.testing.assert_allclose(np.maximum(0, w).d, np.where(W > 0, dW, 0))
    np.testing.assert_allclose(w[1:, ::2].d, dW[1:, ::2])
    assert np.concatenate([w, w]).d.shape == (6, 4)


def test_kinks_are_taken_from_the_right():
    z = Dual(np.zeros(1), np.ones(1))
    assert np.maximum(0, z).d == 1
    assert np.maximum(0.01 * z, z).d == 1
    assert np.abs(z).d == 1


def test_what_has_no_rule_is_named():
    with pytest.raises(NotDifferentiable, match=r"np\.arctan"):
        np.arctan(Dual(X, T))
    with pytest.raises(NotDifferentiable, match="variable exponent"):
        Dual(X, T) ** Dual(X, T)
    with pytest.raises(NotDifferentiable, match="plain NumPy array"):
        np.asarray(Dual(X, T))


NOTES = {claim.label: claim for claim in documents.load("verify.notes.ledger").claims}
ROWS = ("4.B@dual", "7.2back@dual", "7.1g@dual")
FEW = Settings(examples=36)


@pytest.mark.parametrize("label", ROWS)
def test_the_notes_agree_with_dual_numbers(label):
    result = check_claim(NOTES[label], FEW)
    assert result.verdict == "certified", result


def test_a_wrong_rule_of_jax_does_not_reach_them(monkeypatch):
    """With a wrong derivative of tanh in JAX, rows against autodiff are refuted, and these are not."""
    from jax._src.lax import lax
    from jax.interpreters import ad

    monkeypatch.setitem(ad.primitive_jvps, lax.tanh_p, lambda primals, tangents, **_: (
        jax.lax.tanh_p.bind(*primals, accuracy=None), tangents[0] * 2.0
    ))
    jax.clear_caches()
    from verify.reference import _TRACES

    kept = dict(_TRACES)
    _TRACES.clear()
    try:
        assert check_claim(NOTES["4.B@dual"], FEW).verdict == "certified"
        assert check_claim(NOTES["2.tanh'@stable"], FEW).verdict == "refuted"
    finally:
        _TRACES.clear()
        _TRACES.update(kept)
        monkeypatch.undo()
        jax.clear_caches()


@pytest.mark.parametrize("rule", [np.tanh, np.exp, np.multiply, np.divide, np.matmul, np.log, np.maximum])
def test_a_wrong_rule_of_dual_numbers_is_seen(rule, monkeypatch):
    right = duals.UFUNCS[rule]
    wrong = {**duals.UFUNCS, rule: lambda *args: Dual(right(*args).v, right(*args).d * 1.01)}
    monkeypatch.setitem(vars(Dual.tables), "all", (wrong, {}, duals.FUNCTIONS))
    monkeypatch.setitem(vars(Dual.tables), "ufuncs", wrong)
    assert check_claim(NOTES["7.2back@dual"], FEW).verdict == "refuted"
