"""The arbiter: exact values say who is wrong where floats disagree, and how large a mistake is."""

import math

import jax
import mpmath
import numpy as np
import pytest

import verify
from tests.documents import one
from verify import judging
from verify.claim import latest
from verify.exact.arbiter import opinion
from verify.judging import Judge

pytest.importorskip("flint")

SATURATED = {
    "the tail of JAX's sigmoid": (
        "@gradient(of=lambda z: jax.nn.sigmoid(z).sum(), label='a', shapes={'z': 'n'}, domains={'z': verify.between(25, 34)})\n"
        "def f(z):\n    e = np.exp(-z); return e / (1 + e) ** 2",
        "autodiff is off by ", "; the hand-derived formula is right",
    ),
    "the printed derivative of the tail of a sigmoid": (
        "@derivative(of=lambda z: -1 / (1 + jnp.exp(z)), label='a', shapes={'z': 'n'}, domains={'z': verify.between(25, 34)})\n"
        "def f(z):\n    s = 1 / (1 + np.exp(-z)); return s * (1 - s)",
        "the formula is right, and its floating-point value is off by ", "; autodiff is right",
    ),
    "the printed derivative of BCE, saturated": (
        "def loss(z, y): return -(y * jax.nn.log_sigmoid(z) + (1 - y) * jax.nn.log_sigmoid(-z)).sum()\n"
        "@gradient(of=loss, wrt='z', shapes={'z': 'n', 'y': 'n'}, domains={'z': verify.between(28, 34), 'y': verify.between(0.1, 0.9)})\n"
        "def f(z, y):\n    a = 1 / (1 + np.exp(-z)); return (-y / a + (1 - y) / (1 - a)) * (np.exp(-z) / (1 + np.exp(-z)) ** 2)",
        "the formula is right, and its floating-point value is off by ", "; autodiff is right",
    ),
    "the gradient of the printed tanh beyond 354": (
        "def tanh(z): return (jnp.exp(z) - jnp.exp(-z)) / (jnp.exp(z) + jnp.exp(-z))\n"
        "@derivative(of=tanh, shapes={'z': 'n'}, domains={'z': verify.between(360, 700)})\n"
        "def f(z): return 1 - np.tanh(z) ** 2",
        "autodiff is not finite here; ", "the hand-derived formula is right",
    ),
}


@pytest.mark.parametrize(("body", "first", "second"), SATURATED.values(), ids=SATURATED.keys())
def test_it_says_who_is_wrong_where_a_function_saturates(tmp_path, body, first, second):
    result = one(tmp_path, "import jax\n" + body, exact=True)
    assert result.arbiter.startswith(first), (result.arbiter, result)
    assert second in result.arbiter
    assert f"exact: {result.arbiter}" in str(result)
    assert result.verdict != "refuted"
    assert one(tmp_path, "import jax\n" + body).arbiter == ""


def test_sizes_are_those_of_mpmath(tmp_path):
    result = one(tmp_path, "import jax\n" + SATURATED["the tail of JAX's sigmoid"][0], exact=True)
    off = float(result.arbiter.split("off by ")[1].split(" of its size here")[0])
    exact = float(result.arbiter.split("exactly ")[1].rstrip(")"))
    with mpmath.workdps(60):
        z = -mpmath.log(exact)
        s = 1 / (1 + mpmath.exp(-z))
        assert float(s * (1 - s)) == pytest.approx(exact, rel=1e-4)
    rounded = 1 / (1 + np.exp(-float(z)))
    assert off < 2.0**-52 / exact
    assert off > 1e-8
    assert rounded * (1 - rounded) == pytest.approx(exact, rel=2.0**-52 / exact)


def test_a_wrong_formula_is_confirmed_with_its_size(tmp_path):
    body = "@derivative(of=jnp.tanh, shapes={'x': 'n'}, domains={'x': verify.between(0.5, 1)})\ndef f(x): return 1 - np.tanh(x) ** 3"
    result = one(tmp_path, body, exact=True)
    assert result.verdict == "refuted"
    assert result.arbiter.startswith("the formulas differ, value")
    z = np.asarray(result.counterexample["inputs"]["x"]["data"], float)
    mine, right = 1 - np.tanh(z) ** 3, 1 - np.tanh(z) ** 2
    size = float(result.arbiter.split(" by ")[1].split(" of its size")[0])
    assert size == pytest.approx(float(np.max(np.abs(mine - right) / mine)), rel=0.05)


UNSTABLE = """
def f_(x): return jnp.log1p(x)
@identity(of=f_, label="log", shapes={"x": "n"}, domains={"x": verify.between(1e-12, 1e-10)})
def f(x): return np.log(1 + x)
"""


def test_a_right_formula_with_bad_rounding_is_told_so(tmp_path):
    result = one(tmp_path, UNSTABLE, exact=True)
    assert result.verdict in ("verified", "certified", "inconclusive"), result
    assert result.arbiter.startswith("the formula is right, and its floating-point value is off by ")
    assert result.arbiter.count("what is stated is right") == 1


def test_failures_of_autodiff_alone_are_taken_back(tmp_path, monkeypatch):
    """With bounds that are far too small, what JAX rounds away looks like a mistake of the right side."""
    original = judging.bounds.of_reference

    def too_small(program, group, outputs, rng):
        limits, how = original(program, group, outputs, rng)
        return [x * 1e-9 for x in limits], how

    monkeypatch.setattr(judging.bounds, "of_reference", too_small)
    body = "import jax\n" + SATURATED["the tail of JAX's sigmoid"][0]
    assert one(tmp_path, body).verdict == "refuted"
    excused = one(tmp_path, body, exact=True)
    assert "the hand-derived formula is right" in excused.arbiter
    assert excused.examples["refuted"] < one(tmp_path, body).examples["refuted"]


def test_opinion_on_given_points():
    def f(x):
        e = np.exp(-x)
        return e / (1 + e) ** 2

    verify.derivative(of=jax.nn.sigmoid, shapes={"x": "n"})(f)
    claim = latest(f)
    judge = Judge(claim, 0)
    example = {"x": np.array([0.5, 40.0, 700.0])}
    with jax.enable_x64(True):
        found = opinion(claim, judge.signature, judge.reference.single(example), example)
    assert not found.differ
    assert found.largest == 0
    expected = [math.exp(-z) / (1 + math.exp(-z)) ** 2 for z in (0.5, 40.0, 700.0)]
    np.testing.assert_allclose(found.by_hand[0], expected, rtol=1e-14)
    np.testing.assert_allclose(found.autodiff[0], expected, rtol=1e-14)


def test_float32_is_not_held_against_what_is_notable_in_float64(tmp_path):
    body = """
    import jaxtyping
    @vjp(of=lambda x: x * x / 2, label="square", wrt="x", domains={"x": verify.between(0.5, 1)})
    def f(dy: jaxtyping.Float32[np.ndarray, "n"], x: jaxtyping.Float32[np.ndarray, "n"]): return ((x + 30) - 30) * dy
    """
    result = one(tmp_path, body, exact=True)
    assert result.verdict == "verified", result
    assert result.arbiter == ""
