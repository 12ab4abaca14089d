"""Certificates: what holds is equal in exact arithmetic, and the smallest mistake is not."""

import json
import random
import textwrap

import jax
import numpy as np
import pytest

from reports.schema import problem
from tests.documents import one, results, write
from verify import documents
from verify.cli import main
from verify.exact import arbiter
from verify.exact.arrays import using
from verify.exact.certifying import certify
from verify.exact.field import Field
from verify.exact.points import Plan
from verify.exact.primes import is_prime
from verify.judging import Judge
from verify.settings import Settings

pytest.importorskip("flint")

LAYER = """
def layer(X, W): return jnp.tanh(W @ X)
def right(dY, X, W):
    G = dY * (1 - np.tanh(W @ X) ** 2)
    return W.T @ G, G @ X.T
SHAPES = {"X": "n m", "W": "k n"}
"""


def test_what_holds_is_certified(tmp_path):
    result = one(tmp_path, LAYER + "vjp(of=layer, shapes=SHAPES)(right)", exact=True)
    found = result.certificate
    assert result.verdict == "certified", result
    assert result.as_expected
    assert found["certified"] is True
    assert found["log2_miss"] < -57
    assert result.chance.startswith("p < 2^-")
    assert found["trials"] == len(found["primes"]) == len(set(found["primes"])) == 4
    assert all(p.bit_length() == 61 and is_prime(p) and is_prime(p // 2) for p in found["primes"])
    assert [list(shape) for shape in found["shapes"]] == [["dY", "X", "W"]] * 2  # in the hand function's order
    assert found["shapes"][0] != found["shapes"][1]
    assert (found["regions"], found["comparisons"], found["opaque"]) == (1, 0, [])


def test_without_exact_arithmetic_it_is_verified(tmp_path):
    result = one(tmp_path, LAYER + "vjp(of=layer, shapes=SHAPES)(right)")
    assert (result.verdict, result.certificate, result.chance) == ("verified", None, "")


RIGHT = {
    "sigmoid from its value": "@derivative(of=jax.nn.sigmoid, shapes={'x': 'n'})\ndef f(x):\n    s = 1 / (1 + np.exp(-x)); return s * (1 - s)",
    "sigmoid from e^x": "@derivative(of=jax.nn.sigmoid, shapes={'x': 'n'})\ndef f(x):\n    e = np.exp(x); return e / (1 + e) ** 2",
    "sigmoid from tanh": "@derivative(of=jax.nn.sigmoid, shapes={'x': 'n'})\ndef f(x): return (1 - np.tanh(x / 2) ** 2) / 4",
    "tanh from cosh": "@derivative(of=jnp.tanh, shapes={'x': 'n'})\ndef f(x): return 1 / np.cosh(x) ** 2",
    "log-sum-exp, shifted": "@identity(of=lambda x: jax.scipy.special.logsumexp(x), label='a', shapes={'x': 'n'})\ndef f(x):\n    m = x.max(); return m + np.log(np.exp(x - m).sum())",
    "log-sum-exp, plain": "@identity(of=lambda x: jax.scipy.special.logsumexp(x), label='a', shapes={'x': 'n'})\ndef f(x): return np.log(np.exp(x).sum())",
    "log-softmax": "@identity(of=lambda x: jax.nn.log_softmax(x), label='a', shapes={'x': 'n'})\ndef f(x):\n    e = np.exp(x); return np.log(e / e.sum())",
    "log of a sigmoid": "@identity(of=lambda x: jax.nn.log_sigmoid(x), label='a', shapes={'x': 'n'})\ndef f(x): return np.log(1 / (1 + np.exp(-x)))",
    "log of one minus a sigmoid": "@identity(of=lambda x: jax.nn.log_sigmoid(-x), label='a', shapes={'x': 'n'})\ndef f(x): return np.log(1 - 1 / (1 + np.exp(-x)))",
    "gaussian, multiplied out": "@identity(of=lambda x, y: jnp.exp(-(x - y) ** 2 / 2), label='a', shapes={'x': 'n', 'y': 'n'})\ndef f(x, y): return np.exp(-x * x / 2) * np.exp(x * y) * np.exp(-y * y / 2)",
    "power with a variable exponent": "@gradient(of=lambda x, y: (x ** y).sum(), label='a', shapes={'x': 'n', 'y': 'n'}, domains={'x': verify.positive})\ndef f(x, y): return y * x ** y / x, x ** y * np.log(x)",
    "root of a product": "@identity(of=lambda x, y: jnp.sqrt(x * y), label='a', shapes={'x': 'n', 'y': 'n'}, domains={'x': verify.positive, 'y': verify.positive})\ndef f(x, y): return np.sqrt(x) * np.sqrt(y)",
    "angle addition is left": "@derivative(of=jnp.sin, shapes={'x': 'n'})\ndef f(x): return np.cos(x)",
    "inverse": "@vjp(of=jnp.linalg.inv, shapes={'a': 'n n'}, domains={'a': verify.positive_definite})\ndef f(dY, a):\n    i = np.linalg.inv(a).T; return -i @ dY @ i",
    "masked softmax": "@identity(of=lambda x: jax.nn.softmax(jnp.where(jnp.arange(len(x)) < 2, x, -jnp.inf)), label='a', shapes={'x': 'n'})\ndef f(x):\n    e = np.exp(np.where(np.arange(len(x)) < 2, x, -np.inf)); return e / e.sum()",
    "arrays filled in place": "@vjp(of=lambda x: x * x, label='a', shapes={'x': 'n'})\ndef f(dy, x):\n    out = np.zeros_like(x); buffer = np.empty(len(x))\n    for k in range(len(x)):\n        buffer[k] = 2 * x[k] * dy[k]\n    out += buffer\n    return out",
    "a mean over columns": "@vjp(of=lambda x: x.mean(axis=1), label='a', shapes={'x': 'n m'})\ndef f(dy, x): return np.repeat(dy[:, None] / x.shape[1], x.shape[1], axis=1)",
    "probabilities sum to 1": "@gradient(of=lambda z, y: -(y * jax.nn.log_softmax(z, axis=0)).sum(), wrt='z', label='a', shapes={'z': 'k m', 'y': 'k m'}, domains={'y': verify.probabilities})\ndef f(z, y):\n    e = np.exp(z - z.max(axis=0)); return e / e.sum(axis=0) - y",
    "gather by labels": "@gradient(of=lambda z, y: -jax.nn.log_softmax(z)[jnp.arange(len(y)), y].sum(), wrt='z', label='a', shapes={'z': 'm k', 'y': 'm'}, domains={'y': verify.integers_below('k')})\ndef f(z, y: np.ndarray):\n    e = np.exp(z); p = e / e.sum(axis=1, keepdims=True); p[np.arange(len(y)), y] -= 1; return p",
}


@pytest.mark.parametrize("body", RIGHT.values(), ids=RIGHT.keys())
def test_forms_of_one_formula_are_certified(tmp_path, body):
    result = one(tmp_path, "import jax\n" + body, exact=True)
    assert result.verdict == "certified", (result, result.certificate)


TINY = {
    "one part in 1e15": "a, b = right(dY, X, W); return a, b * (1 + 1e-15)",
    "one entry by one part in 1e15": "a, b = right(dY, X, W); a[0, 0] *= 1 + 1e-15; return a, b",
    "one term": "G = dY * (1 - (1 + 1e-15) * np.tanh(W @ X) ** 2); return W.T @ G, G @ X.T",
    "an eps in a denominator": "a, b = right(dY, X, W); return a / (1 + 1e-15), b",
}


@pytest.mark.parametrize("body", TINY.values(), ids=TINY.keys())
def test_what_rounding_hides_is_refuted(tmp_path, body):
    document = f"{LAYER}\n@vjp(of=layer, shapes=SHAPES)\ndef wrong(dY, X, W):\n    {body}\n"
    assert one(tmp_path, document).verdict == "verified"
    result = one(tmp_path, document, exact=True)
    assert result.verdict == "refuted", (result, result.certificate)
    assert result.counterexample["cause"] == "exact"
    assert "in exact arithmetic" in result.message
    size = float(result.message.split(" by ")[1].split(" of its size")[0])
    assert 1e-16 < size < 1e-12
    shown = result.counterexample["outputs"]
    assert all(one["name"] == result.localisation and one["by_hand"] != one["autodiff"] for one in shown)


def test_what_exact_arithmetic_refutes_is_told_everywhere(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(tmp_path, f"{LAYER}\n@vjp(of=layer, shapes=SHAPES)\ndef wrong(dY, X, W):\n    {TINY['one part in 1e15']}\n")
    assert main(["verify", "document.py", "--jobs", "0", "--examples", "20"]) == 1
    content = json.loads((tmp_path / "reports/out/document.json").read_text())
    assert problem(content) == ""
    (claim,) = content["claims"]
    assert (claim["verdict"], claim["counterexample"]["cause"], claim["certificate"]) == ("refuted", "exact", None)
    assert "of its size in exact arithmetic; rounding hides it in floating point" in capsys.readouterr().out
    page = (tmp_path / "reports/out/document.html").read_text()
    assert "rounding hides it in floating point" in page
    assert "What is proved" not in page
    assert main(["report", "reports/out/document.json", "-o", "again.html"]) == 1
    assert (tmp_path / "again.html").read_text() == page
    assert main(["show", "document.py:wrong"]) == 0
    assert "✗ refuted, expected verified: dW: dW[" in capsys.readouterr().out


def test_a_slip_of_a_constant_is_refuted(tmp_path):
    document = """
    @vjp(of=lambda x: x.mean(axis=1), label="mean", shapes={"x": "n m"})
    def wrong(dy, x):
        m = x.shape[1]
        return np.repeat(dy[:, None] / (m + 1e-9), m, axis=1)
    """
    assert one(tmp_path, document, exact=True).verdict == "refuted"


def test_what_is_undecided_somewhere_is_not_certified(tmp_path):
    """The root of a dimension is exact where that is 4, and rounded where it is 2; and a slip below what floats show."""
    body = """
    def f(x): return x / jnp.sqrt(x.shape[0])
    @vjp(of=f, shapes={"x": "n"})
    def g(dy, x): return dy * (1 / np.sqrt(x.shape[0]))
    """
    result = one(tmp_path, body, exact=True)
    assert result.verdict == "verified", (result, result.certificate)
    assert "rounded constants explain" in result.certificate["why"]
    slip = """
    @derivative(of=lambda x: x ** 2, label="slip", shapes={"x": "n"})
    def g(x): return np.where(x > 0, 2 * x * (1 + 2.3e-16), 2 * x)
    """
    assert one(tmp_path, slip, exact=True).verdict == "verified"


MODES = """
def f(x, mode): return x * {"a": 1.0, "b": 2.0, "c": 3.0, "d": 4.0}[mode]
@vjp(of=f, shapes={"x": "n"}, domains={"mode": ["a", "b", "c", "d"]})
def g(dy, x, mode): return dy * {"a": 1.0, "b": 2.0, "c": 3.0, "d": WRONG}[mode]
"""


def test_every_choice_of_a_mode_has_a_trial(tmp_path):
    right = one(tmp_path, "WRONG = 4.0\n" + MODES, exact=True)
    assert right.verdict == "certified"
    assert {shape["mode"] for shape in right.certificate["shapes"]} == {"a", "b", "c", "d"}
    assert one(tmp_path, "WRONG = 4.0 * (1 + 1e-15)\n" + MODES, exact=True).verdict == "refuted"


ROUNDED = """
@vjp(of=lambda x: x / 3, label="third", shapes={"x": "n"})
def third(dy, x): return dy * (1 / 3)
"""


def test_a_rounded_constant_is_neither_refuted_nor_certified(tmp_path):
    result = one(tmp_path, ROUNDED, exact=True)
    assert result.verdict == "verified"
    assert "rounded constants explain" in result.certificate["why"]


def test_without_the_arbiter_nothing_is_refuted(tmp_path, monkeypatch):
    monkeypatch.setattr(arbiter, "available", lambda: False)
    document = f"{LAYER}\n@vjp(of=layer, shapes=SHAPES)\ndef wrong(dY, X, W):\n    {TINY['one part in 1e15']}\n"
    result = one(tmp_path, document, exact=True)
    assert result.verdict == "verified"
    assert "pip install 'manual-bp[exact]'" in result.certificate["why"]
    assert one(tmp_path, LAYER + "vjp(of=layer, shapes=SHAPES)(right)", exact=True).verdict == "certified"


INEXACT = {
    "conversion to a Python float": "out = np.empty(x.shape)\n    for k in range(x.size): out[k] = 2 * float(x[k])\n    return dy * out",
    "np.convolve": "return np.convolve(x, [2.0]) * dy",
}


@pytest.mark.parametrize(("name", "body"), INEXACT.items(), ids=INEXACT.keys())
def test_code_without_an_exact_form_stays_verified(tmp_path, name, body):
    document = f"@vjp(of=lambda x: x * x, label='square', shapes={{'x': 'n'}})\ndef f(dy, x):\n    {body}\n"
    result = one(tmp_path, document, exact=True)
    assert result.verdict == "verified"
    assert result.certificate["why"].startswith("no exact form: ")
    assert name in result.certificate["why"]


BEHIND = """
@derivative(of=lambda x: jnp.maximum(x, 0) ** 2, label="squared relu", shapes={"x": "n"})
def f(x): return np.where(x > 0, 2 * x, 0.0) * np.where(x > THRESHOLD, 1 + 1e-15, 1.0)
"""


def test_a_mistake_counts_in_the_regions_that_are_visited(tmp_path):
    visited = one(tmp_path, "THRESHOLD = 0\n" + BEHIND, exact=True)
    assert visited.verdict == "refuted"
    behind = one(tmp_path, "THRESHOLD = 1e6\n" + BEHIND, exact=True)
    assert behind.verdict == "certified"
    assert behind.certificate["regions"] > 1
    assert behind.certificate["comparisons"] > 0


def test_statements_about_float32_are_left_to_it(tmp_path):
    body = "@vjp(of=lambda x: x * x, label='a')\ndef f(dy: Float[np.ndarray, 'n'], x: jaxtyping.Float32[np.ndarray, 'n']): return 2 * x * dy.astype(np.float32)"
    result = one(tmp_path, "import jaxtyping\n" + body, exact=True)
    assert result.verdict in ("verified", "error"), result
    assert result.certificate is None or "float32" in result.certificate["why"]


def test_points_depend_on_the_seed_alone(tmp_path):
    body = LAYER + "vjp(of=layer, shapes=SHAPES)(right)"
    first, again, other = (one(tmp_path, body, seed=seed, exact=True).certificate for seed in (0, 0, 1))
    assert first == again
    assert first["primes"] != other["primes"]


def test_opaque_functions_are_named(tmp_path):
    body = "import jax\n@derivative(of=jax.scipy.special.gammaln, shapes={'x': 'n'}, domains={'x': verify.positive})\ndef f(x):\n    from scipy.special import digamma\n    return digamma(x)"
    result = one(tmp_path, body, exact=True)
    assert result.verdict == "certified", (result, result.certificate)
    assert result.certificate["opaque"] == ["digamma", "gammaln"]


def test_a_callee_of_a_certified_claim_changes_nothing(tmp_path):
    body = LAYER + "vjp(of=layer, shapes=SHAPES)(right)\n@vjp(of=layer, shapes=SHAPES)\ndef twice(dY, X, W):\n    a, b = right(dY, X, W)\n    return a + 0, b * 1\n"
    assert {r.verdict for r in results(tmp_path, body, exact=True).values()} == {"certified"}


@pytest.mark.parametrize(("options", "verdict", "trials"), [
    ((), "certified", 4), (("--trials", "2"), "certified", 2), (("--no-exact",), "verified", 0),
])
def test_command_line(tmp_path, capsys, monkeypatch, options, verdict, trials):
    monkeypatch.chdir(tmp_path)
    path = write(tmp_path, LAYER + "vjp(of=layer, shapes=SHAPES)(right)")
    assert main(["verify", str(path), "--jobs", "0", *options]) == 0
    shown = capsys.readouterr().out
    assert ("; certified, p < 2^-" in shown) == (verdict == "certified")
    report = json.loads((tmp_path / "reports/out/document.json").read_text())
    (claim,) = report["claims"]
    assert claim["verdict"] == verdict
    assert report["provenance"]["trials"] == trials
    assert (claim["certificate"] or {"trials": 0})["trials"] == trials
    page = (tmp_path / "reports/out/document.html").read_text()
    assert ("What is proved" in page) == (verdict == "certified")


OTHER_PATHS = {
    "asks for a type": "if type(x) is not np.ndarray: return 2 * x * dy\n    return 2 * x * dy * 1.001",
    "catches an exception": "try:\n        scale = float(np.convolve(x, [0.0])[0]) + 1.0\n    except TypeError:\n        scale = 2.0\n    return 2 * x * dy * scale",
}


@pytest.mark.parametrize("body", OTHER_PATHS.values(), ids=OTHER_PATHS.keys())
def test_code_that_does_something_else_on_exact_numbers_is_neither(tmp_path, body):
    document = f"@vjp(of=lambda x: x * x, label='square', shapes={{'x': 'n'}})\ndef f(dy, x):\n    {body}\n"
    result = one(tmp_path, document, exact=True)
    if result.verdict == "refuted":  # as floats show: exact arithmetic alone must not certify it
        (claim,) = documents.load(str(tmp_path / "document.py")).claims
        judge = Judge(claim, 0)
        with jax.enable_x64(True):
            outcome = certify(claim, judge.signature, judge.reference, Settings())
        assert not outcome.certified
        assert "another number on exact arrays" in outcome.why
    else:
        assert result.verdict == "verified"
        assert "another number on exact arrays" in result.certificate["why"]


def test_arrays_that_code_keeps_stay_floats(tmp_path):
    body = """
    import functools
    @functools.cache
    def ones(n): return np.ones(n)
    def f(dy, x): return 2 * x * dy * ones(len(x))
    vjp(of=lambda x: x * x, label="a", shapes={"x": "n"})(f)
    vjp(of=lambda x: x * x, label="b", shapes={"x": "n"})(f)
    """
    found = results(tmp_path, body, exact=True)
    assert [r.verdict for r in found.values()] == ["certified", "certified"], found


def test_floats_beside_exact_numbers_overflow_in_silence(tmp_path, recwarn):
    body = """
    @derivative(of=jnp.tanh, shapes={"x": "n"}, domains={"x": verify.between(-1000, 1000)}, label="slope")
    def slope(x):
        e = np.exp(-2 * np.abs(x))
        return 4 * e / (1 + e) ** 2
    """
    assert one(tmp_path, body, exact=True).verdict == "certified"
    assert [str(warning.message) for warning in recwarn] == []


def test_no_trials_are_refused():
    with pytest.raises(ValueError, match="trials=0: expected at least 1, or exact=False"):
        documents.check(one, trials=0)


def test_a_constant_that_cancels_is_explained_by_its_rounding(tmp_path):
    """What is left of 1/3 has lost four digits, far more than float64 can show; 0.3333 stands on both sides."""
    body = """
    def f(x): return x / 3 - x * 0.3333
    @vjp(of=f, shapes={"x": "n"})
    def g(dy, x): return dy * (1 / 3) - dy * THIRD
    """
    result = one(tmp_path, "THIRD = 0.3333\n" + textwrap.dedent(body), exact=True)
    assert result.verdict == "verified", result
    assert "rounded constants explain" in result.certificate["why"]
    other = one(tmp_path, "THIRD = 0.3333 * (1 + 1e-13)\n" + textwrap.dedent(body), exact=True)
    assert other.verdict == "refuted", (other, other.certificate)


TIES = """
from hypothesis import strategies as st
SAME = st.integers(1, 4).map(lambda k: np.full(3, float(k)))
def f(x, y): return jnp.maximum(x, y)
@vjp(of=f, inputs=st.tuples(SAME, st.booleans()).map(
    lambda d: {"dz": d[0] + 0.5, "x": d[0], "y": d[0] if d[1] else d[0] + 1}))
def g(dz, x, y): return dz * (x >= y), dz * (x < y)
"""


def test_another_side_of_a_kink_is_no_mismatch(tmp_path):
    """At a tie autodiff halves the gradient, and the code gives all of it to the first."""
    always = one(tmp_path, TIES.replace("if d[1] else d[0] + 1", ""), exact=True)
    assert always.verdict == "verified", always
    assert always.examples["at_kinks"] == always.examples["tried"]
    assert "another side of a kink" in always.certificate["why"]
    wrong = one(tmp_path, TIES.replace("dz * (x >= y)", "dz * (x >= y) * (1 + 1e-15)").replace("(x < y)", "(x < y) * (1 + 1e-15)"), exact=True)
    assert wrong.verdict == "refuted", (wrong, wrong.certificate)


def test_points_lie_beside_examples_and_in_their_domains(tmp_path):
    body = """
    def f(x, D, p, y): return x * D / p + y
    @vjp(of=f, shapes=dict.fromkeys("xDy", "n") | {"p": ""}, domains={"D": verify.mask, "p": verify.keep_probability, "y": verify.between(0, 1)})
    def g(dz, x, D, p, y): return dz * D / p, dz
    """
    (claim,) = documents.load(str(write(tmp_path, body))).claims
    signature = Judge(claim, 0).signature
    example = {"dz": np.zeros(3), "x": np.array([0.0, 1.0, -2.0]), "D": np.array([0.0, 1.0, 1.0]), "p": np.float64(1), "y": np.array([0.5, 0.25, 0.999])}
    plan = Plan(signature, [example])
    near = plan.generic(example, np.random.default_rng(0))
    assert list(near) == list(example)
    assert not np.isin(near["x"], [0.0, 1.0, -2.0]).any()
    np.testing.assert_allclose(near["x"], example["x"], atol=0.01)
    np.testing.assert_array_equal(near["D"], example["D"])
    assert ((near["y"] > 0) & (near["y"] < 1)).all()
    assert 0 < near["p"] <= 1
    field = Field(random.Random(0))
    with using(field):
        point = plan.at_random(near, field)
    assert [r.kind for r in point["D"].x] == ["constant"] * 3
    assert len({r.v for r in point["x"].x} | {r.v for r in point["y"].x}) == 6
    assert [r.s for r in point["x"].x] == list(near["x"])
