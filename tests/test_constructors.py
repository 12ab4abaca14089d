"""What can be claimed, and the rules on parameters, answers and options: right ones hold, wrong ones are named."""

import subprocess
import sys

import pytest

import verify
from tests.documents import one, results
from verify import documents

LAYER = """
def layer(X, W): return jnp.tanh(W @ X)
def slope(X, W): return 1 - np.tanh(W @ X) ** 2
SHAPES = {"X": "n m", "W": "k n"}
"""


def verdicts(found):
    return {label: result.verdict for label, result in found.items()}


# -- jvp ---------------------------------------------------------------------------------------------------------------


def test_jvp(tmp_path):
    found = results(tmp_path, LAYER + """
verify.jvp(of=layer, shapes=SHAPES, label="right")(lambda tX, tW, X, W: slope(X, W) * (W @ tX + tW @ X))
verify.jvp(of=layer, shapes=SHAPES, label="one term")(lambda tX, tW, X, W: slope(X, W) * (W @ tX))
verify.jvp(of=layer, shapes=SHAPES, label="slightly off")(lambda tX, tW, X, W: slope(X, W) * (W @ tX + tW @ X) * (1 + 1e-10))
verify.jvp(of=layer, shapes=SHAPES, label="in X", wrt="X")(lambda tX, X, W: slope(X, W) * (W @ tX))
verify.jvp(of=layer, shapes=SHAPES, label="in W, X", wrt=("W", "X"))(lambda a, b, X, W: slope(X, W) * (W @ b + a @ X))
verify.jvp(of=layer, shapes=SHAPES, label="zero")(lambda tX, tW, X, W: 0 * (W @ X))
    """)
    assert verdicts(found) == {
        "right": "verified", "one term": "refuted", "slightly off": "refuted", "in X": "verified", "in W, X": "verified",
        "zero": "refuted",
    }
    assert found["right"].proved_dimensions == ["n", "m", "k"]


def test_jvp_of_several_outputs(tmp_path):
    body = """
        def f(x, y): return x * y, jnp.sin(x)
        @verify.jvp(of=f, shapes={"x": "n", "y": "n"})
        def df(tx, ty, x, y): return tx * y + x * ty, SIGN np.cos(x) * tx
    """
    assert one(tmp_path, body.replace("SIGN", "")).verdict == "verified"
    wrong = one(tmp_path, body.replace("SIGN", "-"))
    assert wrong.verdict == "refuted"
    assert wrong.counterexample["outputs"][0]["name"] == "tangent[1]"


def test_jvp_of_lists_of_layers(tmp_path):
    body = """
        from hypothesis import strategies as st
        def draw(depth, seed):
            rng = np.random.default_rng(seed)
            return {"tx": rng.standard_normal(2), "tWs": [rng.standard_normal((2, 2)) for _ in range(depth)],
                    "x": rng.standard_normal(2), "Ws": [rng.standard_normal((2, 2)) for _ in range(depth)]}
        def run(x, Ws):
            for W in Ws: x = W @ x
            return x
        @verify.jvp(of=run, inputs=st.builds(draw, st.integers(1, 3), st.integers(0, 99)))
        def pushed(tx, tWs, x, Ws):
            for tW, W in zip(tWs, Ws): tx, x = W @ tx + FACTOR * tW @ x, W @ x
            return tx
    """
    assert one(tmp_path, body.replace("FACTOR", "1")).verdict == "verified"
    assert one(tmp_path, body.replace("FACTOR", "2")).verdict == "refuted"


def test_an_exception_without_a_text_refutes(tmp_path):
    body = """
        class Silent(Exception):
            def __str__(self):
                return 1 / 0

        @gradient(of=lambda x: jnp.sum(x), shapes={"x": "n"}, label="silent")
        def silent(x):
            raise Silent
    """
    found = one(tmp_path, body)
    assert found.verdict == "refuted"
    assert "silent raised Silent: (its text can't be had: ZeroDivisionError)" in found.message


# -- statistic ---------------------------------------------------------------------------------------------------------


def test_statistic(tmp_path):
    found = results(tmp_path, """
        D = dict(shapes={"A": "n m", "p": ""}, domains={"p": verify.keep_probability})
        verify.statistic(equals=lambda A: A, label="dropout", **D)(
            lambda rng, draws, A, p: A * (rng.random((draws, *A.shape)) < p) / p)
        verify.statistic(equals=lambda A: A, label="not scaled", **D)(
            lambda rng, draws, A, p: A * (rng.random((draws, *A.shape)) < p))
        verify.statistic(equals=lambda n: 1 / n, label="variance", shapes={"n": ""}, domains={"n": verify.between(1, 9)})(
            lambda rng, n: rng.standard_normal((500, 2)) ** 2 / n)
        verify.statistic(equals=np.array([0.0, 1.0]), label="an array")(lambda rng: rng.standard_normal((900, 2)) + [0, 1])
        verify.statistic(equals=np.array([1.0, 0.0]), label="in the wrong order")(
            lambda rng: rng.standard_normal((900, 2)) + [0, 1])
        verify.statistic(equals=0.0, label="a scalar for all entries")(lambda rng: rng.standard_normal((900, 2, 3)))
        verify.statistic(equals=2.0, label="never varies")(lambda rng: np.full(100, 2.0))
        verify.statistic(equals=2.0, label="never varies, wrong")(lambda rng: np.full(100, 2.0 + 1e-9))
        verify.statistic(equals=0.0, label="its own generator")(lambda rng: np.random.default_rng().standard_normal(100))
        verify.statistic(equals=0.0, label="not a number")(lambda rng: np.full(100, np.nan))
        verify.statistic(equals=np.zeros(3), label="shape")(lambda rng: rng.standard_normal((900, 2)))
        verify.statistic(equals=0.0, label="no generator")(lambda x: x)
        verify.statistic(equals=0.0, label="raises")(lambda rng: rng.nonsense())
    """)
    assert verdicts(found) == {
        "dropout": "verified", "not scaled": "refuted", "variance": "verified", "an array": "verified",
        "in the wrong order": "refuted", "a scalar for all entries": "verified", "never varies": "verified",
        "never varies, wrong": "refuted", "its own generator": "refuted", "not a number": "refuted", "shape": "refuted",
        "no generator": "error", "raises": "refuted",
    }
    assert found["its own generator"].message == "a second call with an equal generator returns other draws"
    assert found["never varies"].notes == ["the draws never vary"]
    assert "its first parameter must be `rng`" in found["no generator"].message
    assert found["dropout"].bound == "statistical"
    assert 0.01 < found["a scalar for all entries"].statistic["detects"] < 0.1


@pytest.mark.parametrize("distribution", ["standard_normal", "standard_exponential", "random", "standard_t(3, ", "pareto(3, "])
def test_statistics_find_the_deviation_that_they_say_and_raise_no_false_alarm(tmp_path, distribution):
    call = distribution if "(" in distribution else f"{distribution}("
    (claimed,) = results(tmp_path, f"verify.statistic(equals=MEAN, label='x')(lambda rng: rng.{call}size=(5000, 4)))".replace(
        "MEAN", {"standard_exponential": "1.0", "random": "0.5", "pareto(3, ": "0.5"}.get(distribution, "0.0"))).values()
    assert claimed.verdict == "verified"
    detects = claimed.statistic["detects"]
    hits = 0
    for seed in range(20):
        result = one(
            tmp_path,
            f"verify.statistic(equals=OFF, label='x')(lambda rng: rng.{call}size=(5000, 4)))".replace(
                "OFF", str({"standard_exponential": 1.0, "random": 0.5, "pareto(3, ": 0.5}.get(distribution, 0.0) + detects)
            ),
            seed=seed,
        )
        hits += result.verdict == "refuted"
    assert hits >= 18


# -- runs, definition, missing -----------------------------------------------------------------------------------------


def test_runs(tmp_path):
    found = results(tmp_path, """
        verify.runs(label="keepdim", expect="refuted", because="the keyword is keepdims")(
            lambda: np.sum(np.ones((2, 3)), axis=1, keepdim=True))
        verify.runs(label="keepdims")(lambda: np.sum(np.ones((2, 3)), axis=1, keepdims=True))
        verify.runs(label="square only", shapes={"X": "n m"})(lambda X: X @ X)
        verify.runs(label="any shape", shapes={"X": "n m"})(lambda X: X.T @ X)
    """)
    assert verdicts(found) == {
        "keepdim": "refuted", "keepdims": "verified", "square only": "refuted", "any shape": "verified",
    }
    assert found["keepdim"].as_expected
    assert "TypeError" in found["keepdim"].message
    assert found["square only"].counterexample["cause"] == "exception"


def test_definitions_and_missing_parts_are_rows(tmp_path):
    found = results(tmp_path, """
        verify.definition(label="1.1", equation="n_x", because="the input's dimension", section="1")
        verify.missing(label="7.3", because="early stopping: a heading only")
    """)
    assert verdicts(found) == {"1.1": "definition", "7.3": "missing"}
    assert all(result.as_expected for result in found.values())
    assert (found["1.1"].equation, found["1.1"].section, found["1.1"].message) == ("n_x", "1", "the input's dimension")


# -- parameters and answers --------------------------------------------------------------------------------------------


def test_static_parameters(tmp_path):
    found = results(tmp_path, """
        from hypothesis import strategies as st
        def f(x, n: int, mode: str, flag: bool, eps=0.5):
            y = jnp.sum(x ** n) + eps * jnp.sum(x)
            return -y if (mode == "minus") != flag else y
        def g(x, n, mode, flag, eps): return (n * x ** (n - 1) + eps) * (-1 if (mode == "minus") != flag else 1)
        N = dict(of=f, shapes={"x": "k"})
        D = {"n": [1, 2, 3], "mode": ("plus", "minus")}
        gradient(**N, domains=D, label="right")(g)
        gradient(**N, domains=D, label="flag forgotten")(lambda x, n, mode, flag, eps: g(x, n, mode, False, eps))
        gradient(**N, domains={**D, "n": verify.integers_below(4)}, label="n = 0 too")(
            lambda x, n, mode, flag, eps: g(x, n, mode, flag, eps) if n else g(x, 1, mode, flag, eps))
        gradient(**N, domains={**D, "n": st.integers(1, 3)}, label="strategy")(g)
        gradient(**N, domains={**D, "eps": verify.positive}, label="eps drawn")(g)
        gradient(**N, domains={**D, "eps": verify.positive}, label="eps fixed")(
            lambda x, n, mode, flag: g(x, n, mode, flag, 0.5))
        gradient(**N, domains={"mode": ("plus",)}, label="no n")(g)
    """, examples=120)
    assert verdicts(found) == {
        "right": "verified", "flag forgotten": "refuted", "n = 0 too": "refuted", "strategy": "verified",
        "eps drawn": "verified", "eps fixed": "refuted", "no n": "error",
    }
    assert "n is annotated int and has no default; list its values" in found["no n"].message


def test_floats_are_drawn_and_passed_as_numpy_scalars(tmp_path):
    found = results(tmp_path, """
        def f(x, a: float, b: Float[np.ndarray, ""]): return jnp.sum(x) * a * b
        @gradient(of=f, shapes={"x": "n"})
        def df(x, a, b):
            assert type(a) is type(b) and type(a).__name__ in ("float64", "Bounded"), (a, b)
            return a * b * np.ones_like(x), np.sum(x) * b, np.sum(x) * a
    """)
    assert found["df"].verdict == "verified"
    assert [o.name for o in found["df"].outputs] == ["dx", "da", "db"]


def test_none_stands_for_a_parameter_outside_wrt(tmp_path):
    found = results(tmp_path, """
        def f(X, D, p): return X * D / p
        OPTIONS = dict(of=f, shapes={"X": "n m", "D": "n m", "p": ""},
                       domains={"D": verify.mask, "p": verify.keep_probability})
        vjp(**OPTIONS, label="tuple")(lambda dY, X, D, p: (dY * D / p, None, None))
        vjp(**OPTIONS, label="dict")(lambda dY, X, D, p: {"X": dY * D / p, "D": None, "p": None})
        vjp(**OPTIONS, label="in the wrong place")(lambda dY, X, D, p: (None, dY * D / p, None))
        vjp(**OPTIONS, label="unmasked")(lambda dY, X, D, p: (dY / p, None, None))
    """)
    assert verdicts(found) == {
        "tuple": "verified", "dict": "verified", "in the wrong place": "refuted", "unmasked": "refuted",
    }


def test_what_inputs_draws(tmp_path):
    found = results(tmp_path, """
        from hypothesis import strategies as st
        X = st.integers(0, 99).map(lambda s: np.random.default_rng(s).standard_normal(3))
        def f(x, n, a): return jnp.sum(x ** n) * a
        gradient(of=f, inputs=st.fixed_dictionaries({"x": X, "n": st.integers(1, 3), "a": st.floats(1, 2)}), label="floating")(
            lambda x, n, a: (n * x ** (n - 1) * a, np.sum(x ** n)))
        gradient(of=lambda p: jnp.sum(p["W"] * p["b"]), inputs=st.fixed_dictionaries({"p": st.fixed_dictionaries({"W": X, "b": X})}),
                 label="a tree")(lambda p: {"W": p["b"], "b": p["W"]})
        gradient(of=f, inputs=st.fixed_dictionaries({"x": X}), label="too few")(lambda x: x)
        gradient(of=f, inputs=X, label="no dict")(lambda x: x)
        gradient(of=lambda x: jnp.sum(x), shapes={"x": "n n"}, domains={"x": lambda shape: st.just(np.ones(7))}, label="shape")(
            lambda x: np.ones_like(x))
    """)
    assert verdicts(found) == {
        "floating": "verified", "a tree": "verified", "too few": "error", "no dict": "error", "shape": "error",
    }
    assert "expected a, n, x" in found["too few"].message
    assert "drew a ndarray" in found["no dict"].message
    assert "gave an array of shape (7,)" in found["shape"].message


def test_pins_have_the_declared_dtypes(tmp_path):
    found = results(tmp_path, """
        def f(table, at): return table[at]
        O = dict(of=f, shapes={"table": "v d", "at": "m"}, domains={"at": verify.integers_below("v")}, expect="refuted",
                 because="rows that occur twice are lost")
        def lost(dY, table, at): out = np.zeros_like(table); out[at] += dY; return out
        vjp(**O, label="pinned", counterexample={"dY": [[1.0], [1.0]], "table": [[0.0]], "at": [0, 0]})(lost)
        vjp(**O, label="incomplete", counterexample={"dY": [[1.0]], "table": [[0.0]]})(lost)
    """)
    assert verdicts(found) == {"pinned": "refuted", "incomplete": "error"}
    assert found["pinned"].pinned["outputs"][0]["autodiff"]["data"] == [[2.0]]
    assert "names dY, table; expected dY, table, at" in found["incomplete"].message


def test_answers_that_are_written_over_or_complex(tmp_path):
    found = results(tmp_path, """
        B = np.empty(4)
        F = dict(of=lambda x: jnp.exp(jnp.sin(x)), shapes={"x": "4"})
        def right(dy, x): return dy * np.exp(np.sin(x)) * np.cos(x)
        @vjp(**F)
        def buffer(dy, x): B[:] = right(dy, x); return B
        vjp(**F, label="complex")(lambda dy, x: right(dy, x) + 0j)
        vjp(of=np.sin, shapes={"x": "n"}, label="ufunc")(lambda dy, x: dy * np.cos(x))
    """)
    assert {k: (r.verdict, (r.counterexample or {"cause": ""})["cause"]) for k, r in found.items()} == {
        "buffer": ("verified", ""), "complex": ("refuted", "dtype"), "ufunc": ("verified", ""),
    }


ERRORS = {
    "second derivative of what is not elementwise": (
        "@derivative(of=lambda x: x**2 - x.mean(), order=2, shapes={'x': 'n+1'})\ndef g(x): return 2 * np.ones_like(x)",
        "the forward is not elementwise in x",
    ),
    "defaults contradict": (
        "def f(x, eps=1e-5): return jnp.sum(x) * eps\n@gradient(of=f, shapes={'x': 'n'})\ndef g(x, eps=1e-8): ...",
        "the defaults of eps contradict each other: 1e-08 in g, 1e-05 in f",
    ),
    "too few tangents": (
        "@verify.jvp(of=lambda x, y: x * y, shapes={'x': 'n', 'y': 'n'})\ndef g(tx, x, y): ...",
        "g takes 1 tangents (tx); expected 2, one each for x, y: wrt= names another choice",
    ),
    "no tangent": (
        "@verify.jvp(of=lambda x: x, shapes={'x': 'n'})\ndef g(x): ...", "g(x) has no tangent: a jvp takes one per entry of wrt",
    ),
    "tangent of another shape": (
        "@verify.jvp(of=lambda x: x, shapes={'x': 'n', 'tx': 'm'})\ndef g(tx, x): ...",
        "the tangent tx is declared as 'm'; x has 'n'",
    ),
    "wrt twice": (
        "@gradient(of=lambda x: jnp.sum(x), wrt=('x', 'x'), shapes={'x': 'n'})\ndef g(x): ...", "wrt= names a parameter twice",
    ),
    "integers without a domain": (
        "@gradient(of=lambda x, k: jnp.sum(x) * k, shapes={'x': 'n'})\ndef g(x, k: int): ...", "k is annotated int",
    ),
}


@pytest.mark.parametrize("name", ERRORS)
def test_what_does_not_fit_is_an_error_that_says_where(tmp_path, name):
    body, message = ERRORS[name]
    result = one(tmp_path, body)
    assert result.verdict == "error", result
    assert message in result.message


REFUSED = {
    "without parentheses": ("verify.vjp(abs)", TypeError, "vjp takes no positional arguments; write @vjp(of=f)"),
    "dimensions as a tuple": ("verify.vjp(of=abs, shapes={'x': ('n', 'm')})", TypeError, "expected a text such as"),
    "unknown option": ("verify.vjp(of=abs, shape={})", TypeError, "vjp has no option 'shape'; did you mean shapes=?"),
    "wrt of an identity": ("verify.identity(of=abs, wrt='x')", TypeError, "identity has no option 'wrt'"),
    "of": ("verify.vjp(of=3)", TypeError, "vjp(of=...) is 3; expected the forward function"),
    "expect": ("verify.vjp(of=abs, expect='wrong')", ValueError, "expect='wrong'; expected 'verified' or 'refuted'"),
    "because": ("verify.vjp(of=abs, expect='refuted')", ValueError, "needs because="),
    "kink": ("verify.vjp(of=abs, kink='left')", ValueError, "kink='left'"),
    "inputs and shapes": ("verify.vjp(of=abs, inputs=1, shapes={'x': 'n'})", ValueError, "inputs= stands in place of"),
    "order": ("verify.derivative(of=abs, order=0)", ValueError, "order=0; expected 1, 2"),
    "uses": ("verify.vjp(of=abs, uses=[abs])", TypeError, "uses= has <built-in function abs>; expected the labels of the claims"),
    "timeout": ("verify.vjp(of=abs, timeout=0)", ValueError, "timeout=0; expected a positive number of seconds"),
    "equivalent": ("verify.vjp(of=abs, equivalent={'x': ''})", ValueError, "equivalent= needs the reason of each"),
    "draws": ("verify.statistic(equals=0, draws=3)", ValueError, "draws=3; expected at least 100"),
    "lambda": ("verify.vjp(of=abs)(lambda d, x: d)", ValueError, "a lambda has no name; pass label="),
    "hand": ("verify.vjp(of=abs)(3)", TypeError, "was applied to 3; expected the hand-derived function"),
    "missing": ("verify.missing(label='x', because='')", ValueError, "needs because="),
    "definition": ("verify.definition(label='')", ValueError, "needs a label"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_options_that_do_not_fit_are_refused_at_once(name):
    code, error, message = REFUSED[name]
    with pytest.raises(error) as caught:
        eval(code, {"verify": verify})
    assert message in str(caught.value)


def test_metadata_is_kept(tmp_path):
    _, result = results(tmp_path, """
        verify.definition(label="0.1")
        @gradient(of=lambda x: jnp.sum(x ** 2), shapes={"x": "n"}, label="1.2", section="One", uses=("0.1",), timeout=9,
                  equivalent={"x * 2": "the same"})
        def dx(x):
            r'''The gradient: $$ dx = 2 x $$'''
            return 2 * x
    """).values()
    assert (result.label, result.name, result.section, result.equation, result.uses) == ("1.2", "dx", "One", "dx = 2 x", ["0.1"])


def test_what_a_strategy_draws_depends_on_the_seed_alone(tmp_path):
    """Hypothesis also draws constants that it finds in the user's modules, whichever are loaded by then."""
    program = (
        "import sys\nsys.path.insert(0, '.')\nif len(sys.argv) > 1: import constants\n"
        "from hypothesis import strategies as st\nfrom verify.strategies import sample\n"
        "print(sum(map(abs, sample(st.floats(-9e9, 9e9), 100, 0))))\n"
    )
    (tmp_path / "constants.py").write_text("".join(f"x{k} = {k}.123456789\n" for k in range(200)))
    command = [sys.executable, "-c", program]
    outputs = {
        subprocess.run([*command, *more], cwd=tmp_path, capture_output=True, text=True, check=True, timeout=60).stdout
        for more in ([], ["with"])
    }
    assert len(outputs) == 1


# -- registration ------------------------------------------------------------------------------------------------------


def test_a_claim_belongs_to_the_file_that_made_it(tmp_path):
    (tmp_path / "library.py").write_text("def square_backward(x): return 2 * x\n")
    (tmp_path / "theirs.py").write_text(
        "import jax.numpy as jnp\nfrom verify import gradient\nfrom library import square_backward\n"
        "gradient(of=lambda x: jnp.sum(x ** 2), shapes={'x': 'n'})(square_backward)\n"
    )
    (tmp_path / "ours.py").write_text(
        "import jax.numpy as jnp\nfrom verify import gradient\nfrom theirs import square_backward\n"
        "gradient(of=lambda x: jnp.sum(x ** 2), shapes={'x': 'm'}, label='ours')(square_backward)\n"
    )
    document = documents.load(str(tmp_path / "ours.py"))
    assert [claim.label for claim in document.claims] == ["ours"]
    assert document.claims[0].line == 4
    assert verify.check(document.claims[0].hand).label == "ours"


def test_callees_are_judged_first_and_named(tmp_path):
    body = """
        def total(x): return jnp.sum(jnp.sin(x))
        def chained(x): return helper(x)
        gradient(of=total, shapes={"x": "n"})(chained)
        def helper(x): return inner(x) * 1.0
        def inner(x): return FACTOR * np.cos(x)
        gradient(of=total, shapes={"x": "n"})(inner)
        gradient(of=total, shapes={"x": "n"}, label="alone")(lambda x: np.cos(x))
    """
    right = results(tmp_path, body.replace("FACTOR", "1"))
    assert list(right) == ["inner", "chained", "alone"], "the callee comes first, though it stands below"
    from tests.documents import write

    module = documents.load(str(write(tmp_path, body.replace("FACTOR", "2"))))
    result = verify.check(next(claim for claim in module.claims if claim.label == "chained"))
    assert result.calls == ["inner"]
    assert result.notes[0] == "it calls inner, which is refuted: mend that first"
    assert module.outline().calls == {"chained": ("inner",), "inner": (), "alone": ()}


def test_check_takes_a_module(tmp_path):
    from tests.documents import write

    path = write(tmp_path, "gradient(of=lambda x: jnp.sum(x), shapes={'x': 'n'}, label='a')(lambda x: np.ones_like(x))\n")
    module = documents._from_file(path)
    found = verify.check(module, examples=10)
    assert [r.verdict for r in found] == ["certified"]
    assert [r.verdict for r in verify.check(module, examples=10, exact=False)] == ["verified"]
    with pytest.raises(ValueError, match="nothing is claimed of 'nothing'"):
        verify.check(nothing)


def nothing():
    """Of this, nothing is claimed."""
