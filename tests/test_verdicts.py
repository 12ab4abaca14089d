"""The checker's verdicts, proved by planted mistakes: each wrong derivation is refuted, each right one is verified."""

import numpy as np
import pytest

import verify
from tests.documents import one, results

LAYER = """
def layer(X, W): return jnp.tanh(W @ X)
def right(dY, X, W):
    G = dY * (1 - np.tanh(W @ X) ** 2)
    return W.T @ G, G @ X.T
SHAPES = {"X": "n m", "W": "k n"}
"""


def refuted_by(folder, body, cause):
    result = one(folder, LAYER + body)
    assert result.verdict == "refuted", result
    assert result.counterexample["cause"] == cause, result
    return result


def test_right_vjp_is_verified(tmp_path):
    result = one(tmp_path, LAYER + "vjp(of=layer, shapes=SHAPES)(right)")
    assert result.verdict == "verified", result
    assert result.as_expected
    assert result.bound == "derived"
    assert 0 < result.worst < 1
    assert [o.name for o in result.outputs] == ["dX", "dW"]


WRONG_VALUES = {
    "zeroed": "return np.zeros_like(X), right(dY, X, W)[1]",
    "sign": "a, b = right(dY, X, W); return a, -b",
    "small relative error": "a, b = right(dY, X, W); return a, b * (1 + 1e-10)",
    "one entry": "a, b = right(dY, X, W); b[-1, -1] *= 1 + 1e-8; return a, b",
    "missing factor": "a, b = right(dY, X, W); return a, b / X.shape[1]",
    "wrong beyond 3": "a, b = right(dY, X, W); return a, b * np.where(np.abs(W) > 3, 1.001, 1)",
    "wrong at exact zeros": "a, b = right(dY, X, W); return np.where(X == 0, 1.0, a), b",
    "wrong when a dimension is 1": "a, b = right(dY, X, W); return (a * 1.01 if X.shape[1] == 1 else a), b",
    "wrong above 8": "a, b = right(dY, X, W); return (a * 1.01 if max(X.shape) > 8 else a), b",
    "wrong when square": "a, b = right(dY, X, W); return (a * 1.01 if X.shape[0] == X.shape[1] else a), b",
    "nan": "a, b = right(dY, X, W); return a * np.nan, b",
    "infinite": "a, b = right(dY, X, W); b[0, 0] = np.inf; return a, b",
    "constant added": "a, b = right(dY, X, W); return a + 1e-9, b",
    "ignores the cotangent": "return right(np.ones_like(dY), X, W)",
}


@pytest.mark.parametrize("body", WRONG_VALUES.values(), ids=WRONG_VALUES.keys())
def test_wrong_value_is_refuted(tmp_path, body):
    result = refuted_by(tmp_path, f"@vjp(of=layer, shapes=SHAPES)\ndef wrong(dY, X, W):\n    {body}\n", "value")
    named = {place["output"] for place in result.located}
    assert named <= {"dX", "dW"}
    assert result.counterexample["output"] in named & {result.message.split(":")[0]}


WRONG_ANSWERS = {
    "count": ("return right(dY, X, W)[0]", "returned 1 arrays; expected 2 (X, W); wrt= names another choice"),
    "shape": ("a, b = right(dY, X, W); return a, b.T[:, :1]", "returned dW with shape"),
    "dtype": ("a, b = right(dY, X, W); return a.astype(np.float32), b", "returned dX as float32; expected float64"),
    "type": ("a, b = right(dY, X, W); return a, [list(row) for row in b]", ""),
    "changed input": ("dY *= 1 - np.tanh(W @ X) ** 2; return W.T @ dY, dY @ X.T", "changes its input dY"),
    "nothing": ("right(dY, X, W)", "wrong returned nothing; expected 2 (dX, dW): is there a return?"),
    "a list": ("a, b = right(dY, X, W); return a.tolist(), b", "returned a list for X; expected an array"),
    "exception": ("return right(dY, X, W)[5]", "raised IndexError: tuple index out of range"),
}


@pytest.mark.parametrize("cause", WRONG_ANSWERS)
def test_wrong_answer_is_refuted_and_its_cause_named(tmp_path, cause):
    body, message = WRONG_ANSWERS[cause]
    result = one(tmp_path, LAYER + f"@vjp(of=layer, shapes=SHAPES)\ndef wrong(dY, X, W):\n    {body}\n")
    assert result.verdict == "refuted"
    assert result.counterexample["cause"] in (cause, "count", "type")
    assert message in result.message
    assert all(np.prod(x["shape"]) <= 2 for x in result.counterexample["inputs"].values()), "not shrunk"


def test_a_column_for_a_vector_is_not_broadcast(tmp_path):
    result = one(tmp_path, """
        @gradient(of=lambda b: jnp.sum(b ** 2), shapes={"b": "n 1"})
        def db(b): return 2 * b[:, 0]
    """)
    assert result.verdict == "refuted"
    assert result.message == "db returned db with shape (1,); expected (1, 1)"


def test_none_for_a_wanted_gradient(tmp_path):
    result = refuted_by(
        tmp_path, "@vjp(of=layer, shapes=SHAPES)\ndef wrong(dY, X, W): return right(dY, X, W)[0], None", "count"
    )
    assert "returned None for W; leave W out by wrt=" in result.message


def test_another_answer_on_a_second_call(tmp_path):
    result = one(tmp_path, LAYER + """
calls = []
@vjp(of=layer, shapes=SHAPES)
def wrong(dY, X, W):
    calls.append(1)
    a, b = right(dY, X, W)
    return (a if len(calls) % 2 else a * 2), b
    """)
    assert result.verdict == "refuted"


def test_wrt_dict_and_bare_answers(tmp_path):
    found = results(tmp_path, LAYER + """
vjp(of=layer, shapes=SHAPES, wrt=("W", "X"), label="order")(lambda dY, X, W: right(dY, X, W)[::-1])
vjp(of=layer, shapes=SHAPES, wrt="W", label="bare")(lambda dY, X, W: right(dY, X, W)[1])
vjp(of=layer, shapes=SHAPES, label="dict")(lambda dY, X, W: dict(zip(("X", "W"), right(dY, X, W))))
vjp(of=layer, shapes=SHAPES, label="wrong dict")(lambda dY, X, W: dict(zip(("X", "V"), right(dY, X, W))))
    """)
    assert {label: r.verdict for label, r in found.items()} == {
        "order": "verified", "bare": "verified", "dict": "verified", "wrong dict": "refuted",
    }


def test_vacuous_when_inputs_never_vary(tmp_path):
    result = one(tmp_path, """
        from hypothesis import strategies as st
        @gradient(of=lambda x: jnp.sum(x), shapes={"x": "3"}, domains={"x": st.just(1.0)})
        def dx(x): return np.ones(3)
    """)
    assert result.verdict == "vacuous", result
    assert not result.as_expected


def test_vacuous_when_the_cotangents_never_vary(tmp_path):
    """All-ones cotangents see only column sums: whatever they verify is not the VJP."""
    result = one(tmp_path, """
        from hypothesis import strategies as st
        @vjp(of=lambda X: 2 * X, shapes={"X": "n m", "dY": "n m"}, domains={"dY": st.just(1.0)})
        def dX(dY, X): return 2 * np.ones_like(X)
    """)
    assert (result.verdict, result.message) == ("vacuous", "the cotangents never varied")


def test_code_that_cancels_digits_is_noted(tmp_path):
    found = results(tmp_path, """
        F = lambda x: jnp.sum(x ** 2)
        gradient(of=F, shapes={"x": "n"}, label="loose")(lambda x: (2 * x + 1e11) - 1e11)
        gradient(of=F, shapes={"x": "n"}, label="tight")(lambda x: 2 * x)
        gradient(of=F, shapes={"x": "n"}, label="meaningless")(lambda x: 3 * x + ((x + 1e22) - 1e22))
        gradient(of=lambda x: jnp.sum(x - x.mean()), shapes={"x": "n"}, label="zero")(lambda x: np.zeros_like(x))
    """)
    assert found["meaningless"].verdict == "inconclusive"
    assert "agreement says nothing" in found["meaningless"].message
    assert found["zero"].verdict == "verified"
    assert found["loose"].verdict == "verified"
    assert any(note.startswith("loose: on half of the examples rounding could explain") for note in found["loose"].notes)
    assert found["tight"].notes == []


def test_outputs_of_networks_of_several_depths_are_kept_apart(tmp_path):
    result = one(tmp_path, """
        from hypothesis import strategies as st
        def draw(depth, seed): return {"xs": [np.random.default_rng(seed + k).standard_normal(3) for k in range(depth)]}
        @gradient(of=lambda xs: sum(jnp.sum(x ** 2) for x in xs), inputs=st.builds(draw, st.integers(1, 3), st.integers(0, 99)))
        def back(xs): return [2 * x for x in xs]
    """)
    assert result.verdict == "verified"
    assert sorted(o.name for o in result.outputs) == ["d(xs[0])", "d(xs[1])", "d(xs[2])"]


def test_vacuous_when_no_input_is_tried(tmp_path):
    result = one(tmp_path, """
        from hypothesis import strategies as st
        @gradient(of=lambda x: jnp.sum(x), inputs=st.nothing())
        def dx(x): return np.ones(3)
    """)
    assert (result.verdict, result.message) == ("vacuous", "no input was tried")


def test_zero_reference_is_verified_with_a_note_and_a_zeroed_gradient_elsewhere_is_not(tmp_path):
    result = one(tmp_path, """
        @vjp(of=lambda X: X - X, shapes={"X": "n m"})
        def dX(dY, X): return np.zeros_like(X)
    """)
    assert result.verdict == "verified"
    assert result.notes == ["zero everywhere: dX"]


def test_all_ones_cotangents_would_not_see_this(tmp_path):
    """softmax's VJP of an all-ones cotangent is zero: only random cotangents refute a zeroed gradient."""
    result = one(tmp_path, """
        import jax
        @vjp(of=lambda Z: jax.nn.softmax(Z, axis=0), shapes={"Z": "k m"})
        def dZ(dA, Z): return np.zeros_like(Z)
    """)
    assert result.verdict == "refuted"


@pytest.mark.parametrize(("forward", "verdict"), [("X / 0 * 0", "inconclusive"), ("jnp.where(X > 9, X, jnp.nan)", "inconclusive")])
def test_a_reference_that_is_not_finite_is_never_a_pass(tmp_path, forward, verdict):
    result = one(tmp_path, f"identity(of=lambda X: {forward}, shapes={{'X': 'n'}}, label='x')(lambda X: X)")
    assert result.verdict == verdict
    assert not result.as_expected


def test_nan_equals_nothing_where_the_reference_is_finite(tmp_path):
    result = one(tmp_path, "identity(of=lambda X: X, shapes={'X': 'n'}, label='x')(lambda X: np.where(X > 1, np.nan, X))")
    assert result.verdict == "refuted"


def test_kinks(tmp_path):
    found = results(tmp_path, """
        RELU = lambda z: jnp.maximum(z, 0.0)
        def at_zero(value): return lambda z: np.where(z == 0, value, z > 0)
        for value in (0.0, 0.3, 1.0, 1.1, -0.1):
            derivative(of=RELU, shapes={"z": "n"}, label=f"{value}")(at_zero(value))
        for value in (0.5, 1.0):
            derivative(of=RELU, shapes={"z": "n"}, label=f"strict {value}", kink="autodiff")(at_zero(value))
        gradient(of=lambda x: jnp.max(x), shapes={"x": "n"}, label="first")(
            lambda x: (np.arange(x.size) == np.argmax(x)).astype(float))
    """)
    assert {label: r.verdict for label, r in found.items()} == {
        "0.0": "verified", "0.3": "verified", "1.0": "verified", "1.1": "refuted", "-0.1": "refuted",
        "strict 0.5": "verified", "strict 1.0": "refuted", "first": "verified",
    }
    assert found["1.0"].examples["at_kinks"] > 0
    assert "at kinks" in found["1.0"].message


def test_equal_maxima_in_windows_that_overlap(tmp_path):
    """The first of equal entries, or the last, gets it all: in every window at once, over many ties."""
    found = results(tmp_path, """
        from hypothesis import strategies as st
        def f(X): return jnp.stack([X[i : i + 4].max() for i in range(25)])
        def give(pick):
            def backward(dY, X):
                dX = np.zeros_like(X)
                for i, d in enumerate(dY): dX[i + pick(X[i : i + 4])] += d
                return dX
            return backward
        O = dict(of=f, shapes={"X": "28"}, domains={"X": st.sampled_from([0.0, 1.0])})
        vjp(**O, label="first")(give(np.argmax))
        vjp(**O, label="last")(give(lambda w: 3 - np.argmax(w[::-1])))
        vjp(**O, label="smallest")(give(np.argmin))
        vjp(**O, label="half too much")(lambda dY, X: 1.5 * give(np.argmax)(dY, X))
    """, examples=20)
    assert {label: r.verdict for label, r in found.items()} == {
        "first": "verified", "last": "verified", "smallest": "refuted", "half too much": "refuted",
    }


ERRORS = {
    "no dimensions": ("@vjp(of=layer)\ndef f(dY, X, W): ...", 'X has no dimensions; annotate it in either function'),
    "no cotangent": ("@vjp(of=layer, shapes=SHAPES)\ndef f(X, W): ...", "has no cotangent: a vjp takes one per output"),
    "too many cotangents": (
        "@vjp(of=layer, shapes={**SHAPES, 'dV': 'n', 'dY': 'k m'})\ndef f(dY, dV, X, W): ...",
        "takes 2 cotangents (dY, dV); the forward layer has 1 outputs",
    ),
    "wrong cotangent shape": (
        "@vjp(of=layer, shapes={**SHAPES, 'dY': 'm k'})\ndef f(dY, X, W): ...", "the cotangent dY is declared with shape"
    ),
    "foreign parameter": ("@gradient(of=layer, shapes=SHAPES)\ndef f(X, V): ...", "f takes V, which the forward layer(X, W)"),
    "stray shapes=": ("@vjp(of=layer, shapes={**SHAPES, 'V': 'n'})\ndef f(dY, X, W): ...", "shapes= names V"),
    "stray wrt": ("@vjp(of=layer, shapes=SHAPES, wrt='V')\ndef f(dY, X, W): ...", "wrt= names V"),
    "unreadable dimension": ("@vjp(of=layer, shapes={'X': '#n m', 'W': 'k n'})\ndef f(dY, X, W): ...", "'#n' is not supported"),
    "contradicting annotations": (
        'def g(X: Float[np.ndarray, "a b"]): return jnp.sum(X)\n'
        '@gradient(of=g)\ndef f(X: Float[np.ndarray, "b a"]): ...',
        "the dimensions of X contradict each other: 'b a' in f, 'a b' in g",
    ),
    "impossible sizes": ("@gradient(of=lambda X: jnp.sum(X), shapes={'X': 'n-n'})\ndef f(X): ...", "no sizes satisfy"),
    "shapes that don't fit": (
        "@vjp(of=layer, shapes={'X': 'n m', 'W': 'n k'})\ndef f(dY, X, W): ...", ", on X (",
    ),
    "indices of no domain": (
        "@gradient(of=lambda X, t: jnp.sum(X[t]), wrt='X', shapes={'X': 'n', 't': 'm'})\ndef f(X, t): ...",
        "integers are drawn by domains= such as verify.integers_below",
    ),
    "complex numbers": (
        "@vjp(of=lambda X: jnp.fft.fft(X), shapes={'X': 'n'})\ndef f(dY, X): ...", "returns complex numbers; return their real",
    ),
    "not a scalar": (
        "@gradient(of=lambda X: jnp.sum(X, keepdims=True), shapes={'X': 'n m'})\ndef f(X): ...",
        "returns shape (1, 1); a gradient needs a scalar, shape ()",
    ),
    "a number from an array": (
        "@gradient(of=lambda X: np.sum(X) * float(X[0]), shapes={'X': 'n'})\ndef f(X): ...", "JAX can't trace it"
    ),
    "forward raises": (
        "def g(X): return jnp.sum(X) + undefined\n@gradient(of=g, shapes={'X': 'n'})\ndef f(X): ...",
        "return jnp.sum(X) + undefined) failed with NameError",
    ),
    "float32 constant": (
        "C = jnp.array(0.1, jnp.float32)\n@gradient(of=lambda X: jnp.sum(X * C), shapes={'X': 'n'})\ndef f(X): ...",
        "uses a float32 constant",
    ),
    "not elementwise": (
        "@derivative(of=lambda X: jnp.cumsum(X), shapes={'X': 'n+1'})\ndef f(X): return np.ones_like(X)",
        "the forward is not elementwise in X",
    ),
    "changes shape": (
        "@derivative(of=lambda X: X[:-1], shapes={'X': 'n+1'})\ndef f(X): return X", "is not elementwise in X"
    ),
    "integers of no domain": (
        "from jaxtyping import Int\n@gradient(of=lambda X, t: jnp.sum(X[t]), wrt='X', shapes={'X': 'n'})\n"
        "def f(X, t: Int[np.ndarray, 'm']): ...", "t holds integers: say which, as in domains={'t'",
    ),
    "bad domain": ("@gradient(of=lambda X: jnp.sum(X), shapes={'X': 'n'}, domains={'X': 3})\ndef f(X): ...", "the domain of X is 3"),
    "pin that does not refute": (
        "@gradient(of=lambda X: jnp.sum(X), shapes={'X': 'n'}, expect='refuted', because='no', "
        "counterexample={'X': [1.0]})\ndef f(X): return np.ones_like(X)",
        "the pinned counterexample does not refute the statement",
    ),
}


@pytest.mark.parametrize("name", ERRORS)
def test_what_cannot_be_set_up_is_an_error_that_says_where(tmp_path, name):
    body, message = ERRORS[name]
    result = one(tmp_path, LAYER + body)
    assert result.verdict == "error", result
    assert message in result.message
    assert not result.as_expected


MISUSE = {
    "of": ("vjp(of=3)", TypeError, "expected the forward function"),
    "expect": ("vjp(of=abs, expect='true')", ValueError, "expected 'verified' or 'refuted'"),
    "because": ("vjp(of=abs, expect='refuted')", ValueError, "needs because="),
    "kink": ("vjp(of=abs, kink='none')", ValueError, "expected 'between' or 'autodiff'"),
    "inputs": ("vjp(of=abs, inputs=3, shapes={'x': 'n'})", ValueError, "stands in place of shapes= and domains="),
    "order": ("derivative(of=abs, order=0)", ValueError, "expected 1, 2, ..."),
    "lambda": ("vjp(of=abs)(lambda x: x)", ValueError, "a lambda has no name; pass label="),
    "between": ("between(1, 0)", ValueError, "the lower first"),
    "positional": ("vjp(abs)", TypeError, "positional"),
}


@pytest.mark.parametrize("name", MISUSE)
def test_misuse_of_a_constructor(name):
    call, kind, message = MISUSE[name]
    with pytest.raises(kind, match=message.replace("(", r"\(")):
        eval(call, vars(verify) | {n: getattr(verify, n) for n in verify.__all__})


def test_check_and_claims(tmp_path):
    def forward(x):
        return (x * x).sum()

    def hand(x):
        return 2 * x

    with pytest.raises(ValueError, match="nothing is claimed of 'hand'"):
        verify.check(hand)
    decorated = verify.gradient(of=forward, shapes={"x": "n"})(hand)
    assert decorated is hand
    result = verify.check(hand, examples=30, exact=False)
    assert result.verdict == "verified"
    assert result.raise_for_verdict() is result
    assert "verified" in str(result)
    certified = verify.check(hand, examples=30, trials=2)
    assert (certified.verdict, certified.certificate["trials"]) == ("certified", 2)
    assert certified.raise_for_verdict() is certified
    assert "certified" in str(certified)
    assert "<pre>" in result._repr_html_()
    verify.gradient(of=forward, shapes={"x": "n"}, label="again", expect="refuted", because="it is right")(hand)
    with pytest.raises(verify.VerdictError, match="certified"):
        verify.check(hand, examples=30).raise_for_verdict()
    with pytest.raises(verify.VerdictError, match="verified"):
        verify.check(hand, examples=30, exact=False).raise_for_verdict()


def test_expected_refutation_needs_its_pin(tmp_path):
    found = one(tmp_path, """
        @gradient(of=lambda X: jnp.sum(X ** 2), shapes={"X": "n"}, expect="refuted", because="factor 2 is missing",
                  counterexample={"X": [3.0]})
        def dX(X): return X
    """)
    assert (found.verdict, found.as_expected) == ("refuted", True)
    assert found.pinned["outputs"][0]["by_hand"]["data"] == [3.0]
    assert found.pinned["outputs"][0]["autodiff"]["data"] == [6.0]
    assert found.counterexample["inputs"]["X"]["shape"] == [1]


def test_float32_claims_use_float32_rounding(tmp_path):
    found = results(tmp_path, """
        from jaxtyping import Float32
        def f(x): return jnp.sum(jnp.exp(x))
        @gradient(of=f)
        def right(x: Float32[np.ndarray, "n"]): return np.exp(x)
        @gradient(of=f)
        def wrong(x: Float32[np.ndarray, "n"]): return np.exp(x) * np.float32(1 + 2e-5)
        @gradient(of=f)
        def upcast(x: Float32[np.ndarray, "n"]): return np.exp(x.astype(np.float64))
    """)
    assert {label: r.verdict for label, r in found.items()} == {
        "right": "verified", "wrong": "refuted", "upcast": "refuted",
    }
    assert "as float64; expected float32" in found["upcast"].message


def test_code_that_cannot_carry_errors_has_an_estimated_bound_that_still_catches_mistakes(tmp_path):
    found = results(tmp_path, """
        D = dict(shapes={"X": "n n"}, domains={"X": verify.positive_definite})
        F = lambda X: jnp.linalg.slogdet(X)[1]
        gradient(of=F, label="right", **D)(lambda X: np.linalg.inv(X).T)
        gradient(of=F, label="wrong", **D)(lambda X: np.linalg.inv(X).T * (1 + 1e-6))
    """)
    assert (found["right"].verdict, found["right"].bound) == ("verified", "estimated")
    assert found["wrong"].verdict == "refuted"


def test_low_precision_in_the_middle_is_no_excuse(tmp_path):
    found = results(tmp_path, """
        from jaxtyping import Float32
        F = lambda x: jnp.sum(jnp.exp(x))
        gradient(of=F, shapes={"x": "n"}, label="float32 inside")(lambda x: np.exp(x.astype(np.float32)).astype(float))
        gradient(of=F, shapes={"x": "n"}, label="float16 inside")(lambda x: np.exp(x.astype(np.float16)).astype(float))
        @gradient(of=F)
        def wider_inside(x: Float32[np.ndarray, "n"]): return np.exp(x.astype(np.float64)).astype(np.float32)
    """)
    assert {label: r.verdict for label, r in found.items()} == {
        "float32 inside": "refuted", "float16 inside": "refuted", "wider_inside": "verified",
    }


def test_large_and_tiny_values_are_tried(tmp_path):
    found = results(tmp_path, """
        F = lambda x: jnp.sum(jnp.tanh(x))
        right = lambda x: 1 / np.cosh(x) ** 2
        gradient(of=F, shapes={"x": "n"}, label="right")(right)
        gradient(of=F, shapes={"x": "n"}, label="beyond 20")(lambda x: np.where(np.abs(x) > 20, 0.0, right(x)))
        G = lambda x: jnp.sum(x ** 2)
        gradient(of=G, shapes={"x": "n"}, label="beyond 25")(lambda x: np.where(np.abs(x) > 25, 50.0, 2 * x))
        gradient(of=G, shapes={"x": "n"}, label="below 1e-5")(lambda x: np.where(np.abs(x) < 1e-5, 0.0, 2 * x))
    """, examples=200)
    assert {label: r.verdict for label, r in found.items()} == {
        "right": "verified", "beyond 20": "verified", "beyond 25": "refuted", "below 1e-5": "refuted",
    }


def test_static_parameters_and_fixed_sizes(tmp_path):
    found = results(tmp_path, """
        def f(x, n, k=2): return jnp.sum(x ** n) * k
        gradient(of=f, shapes={"x": "3"}, domains={"n": (2, 3)}, label="right")(lambda x, n: 2 * n * x ** (n - 1))
        gradient(of=f, shapes={"x": "3"}, domains={"n": (2, 3)}, label="for 2 alone")(lambda x, n: 2 * n * x)
    """)
    assert {label: r.verdict for label, r in found.items()} == {"right": "verified", "for 2 alone": "refuted"}
    assert found["for 2 alone"].counterexample["inputs"]["n"] == 3


def test_no_static_value_is_left_out(tmp_path):
    result = one(tmp_path, """
        def f(x, n): return jnp.sum(x * n)
        gradient(of=f, shapes={"x": "k"}, domains={"n": tuple(range(1, 41))}, label="wrong for 40")(
            lambda x, n: np.full_like(x, n if n < 40 else 0))
    """, examples=20)
    assert result.verdict == "refuted"
    assert result.counterexample["inputs"]["n"] == 40


def test_future_annotations_and_closures(tmp_path):
    path = tmp_path / "future.py"
    path.write_text(
        "from __future__ import annotations\nimport numpy as np\nimport jax.numpy as jnp\nfrom jaxtyping import Float\n"
        "from verify import gradient\ndef make():\n    Local = Float[np.ndarray, 'n m']\n"
        "    @gradient(of=lambda X: jnp.sum(X ** 2))\n    def dX(X: Local):\n        assert Local\n        return 2 * X\nmake()\n"
    )
    from verify import documents
    from verify.checking import check_claim
    from verify.settings import Settings

    (claim,) = documents.load(str(path)).claims
    assert check_claim(claim, Settings(20, exact=False)).verdict == "verified"


def test_inputs_strategy_of_pytrees(tmp_path):
    body = """
        from hypothesis import strategies as st
        @st.composite
        def stacks(draw):
            rng = np.random.default_rng(draw(st.integers(0, 99)))
            sizes = draw(st.lists(st.integers(1, 3), min_size=2, max_size=4))
            return {"x": rng.standard_normal(sizes[0]), "layers": [rng.standard_normal((b, a)) for a, b in zip(sizes, sizes[1:])]}
        def run(x, layers):
            for W in layers: x = W @ x
            return jnp.sum(x ** 2)
        @gradient(of=run, inputs=stacks(), wrt="layers")
        def back(x, layers):
            xs = [x]
            for W in layers: xs.append(W @ xs[-1])
            d, out = 2 * xs[-1], []
            for W, a in zip(reversed(layers), reversed(xs[:-1])):
                out.insert(0, np.outer(d, a)); d = W.T @ d
            return [FACTOR * g for g in out]
    """
    assert one(tmp_path, body.replace("FACTOR", "1")).verdict == "verified"
    wrong = one(tmp_path, body.replace("FACTOR", "2"))
    assert wrong.verdict == "refuted"
    assert wrong.counterexample["output"] == "d(layers[0])"


def test_every_domain_draws_members_of_itself():
    rng = np.random.default_rng(0)
    for name in ("real", "positive", "one_hot", "probabilities", "mask", "keep_probability", "symmetric",
                 "positive_definite", "distinct"):
        domain = getattr(verify, name)
        for _ in range(30):
            x = domain.draw(rng, (4, 4))
            assert x.shape == (4, 4)
            assert domain.contains(x), (name, x)
    assert not verify.mask.contains(np.array([0.5]))
    assert not verify.one_hot.contains(np.eye(3) * 2)
    assert not verify.between(0, 1).contains(np.array([1.0]))


def test_tables_that_the_code_computes(tmp_path):
    """Two ways to compute a table of cosines differ by many roundings of an entry, also where it should be zero."""
    found = results(tmp_path, """
        def table(n): return np.cos(2 * np.pi * np.outer(np.arange(n), np.arange(n)) / n)
        def reduced(n): return np.cos(2 * np.pi * (np.outer(np.arange(n), np.arange(n)) % n) / n)
        O = dict(of=lambda x: table(len(x)) @ x, shapes={"x": "n"})
        vjp(**O, label="right")(lambda dy, x: reduced(len(x)).T @ dy)
        vjp(**O, label="wrong")(lambda dy, x: reduced(len(x)).T @ dy * (1 + 1e-11))
    """)
    assert {label: r.verdict for label, r in found.items()} == {"right": "verified", "wrong": "refuted"}


def test_classes_along_another_axis(tmp_path):
    rng = np.random.default_rng(0)
    for domain in (verify.one_hot, verify.probabilities):
        x = domain.along(1).draw(rng, (5, 3))
        assert x.shape == (5, 3)
        np.testing.assert_allclose(x.sum(axis=1), 1)
        assert domain.along(-1).contains(x)
        assert not domain.contains(x)
    found = results(tmp_path, """
        import jax
        def ce(Z, Y): return -jnp.sum(Y * jax.nn.log_softmax(Z, axis=1))
        def softmax(Z): E = np.exp(Z - Z.max(1, keepdims=True)); return E / E.sum(1, keepdims=True)
        O = dict(of=ce, shapes={"Z": "m k", "Y": "m k"})
        gradient(**O, domains={"Y": verify.one_hot.along(1)}, label="right")(lambda Z, Y: softmax(Z) - Y)
        gradient(**O, domains={"Y": verify.between(0, 1)}, label="soft targets")(lambda Z, Y: softmax(Z) - Y)
        gradient(**O, domains={"Y": verify.one_hot.along(2)}, label="no such axis")(lambda Z, Y: softmax(Z) - Y)
    """)
    assert {label: r.verdict for label, r in found.items()} == {
        "right": "verified", "soft targets": "refuted", "no such axis": "error",
    }
    assert "there is no axis 2" in found["no such axis"].message


def test_integers_below(tmp_path):
    found = results(tmp_path, """
        def f(table, at): return table[at]
        @vjp(of=f, shapes={"table": "v d", "at": "m"}, domains={"at": verify.integers_below("v")})
        def right(dY, table, at):
            out = np.zeros_like(table); np.add.at(out, at, dY); return out
        @vjp(of=f, shapes={"table": "v d", "at": "m"}, domains={"at": verify.integers_below("v")})
        def wrong(dY, table, at):
            out = np.zeros_like(table); out[at] += dY; return out
    """)
    assert {label: r.verdict for label, r in found.items()} == {"right": "verified", "wrong": "refuted"}
