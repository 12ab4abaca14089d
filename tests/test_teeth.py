"""Teeth: wrong versions of a function are refuted by its check, and what survives is named with what is missing."""

import json
import textwrap

import numpy as np
import pytest

from tests.documents import HEADER, write
from verify import documents
from verify.checking import check_claim
from verify.cli import main
from verify.mutation import teeth
from verify.mutation.versions import names_alike, versions
from verify.settings import Settings


def bite(folder, body, label=None, **options):
    """The result of a document's claim, with its teeth."""
    document = documents.load(str(write(folder, body)))
    claim = next(c for c in document.claims if label in (None, c.label))
    return check_claim(claim, Settings(60, 0, exact=False, teeth=True, **options))


LAYER = """
def layer(X, W, b): return jnp.tanh(W @ X + b)
@vjp(of=layer, shapes=SHAPES, domains=DOMAINS)
def backward(dY, X, W, b):
    G = dY * (1 - np.tanh(W @ X + b) ** 2)
    return W.T @ G, G @ X.T, G.sum(axis=1, keepdims=True)
"""
SHAPES = '{"X": "n m", "W": "k n", "b": "k 1"}'


def layer(shapes=SHAPES, domains="{}"):
    return f"SHAPES = {shapes}\nDOMAINS = {domains}\n{LAYER}"


def test_a_good_check_kills_them_all(tmp_path):
    found = bite(tmp_path, layer()).teeth
    assert found["killed"] + len(found["equivalent"]) == found["mutants"]
    assert found["mutants"] > 50
    assert (found["survivors"], found["gaps"]) == ([], [])
    assert set(found["causes"]) >= {"value", "shape", "exception"}
    assert sum(found["causes"].values()) == found["killed"]


def test_it_is_off_by_default(tmp_path):
    document = documents.load(str(write(tmp_path, layer())))
    assert check_claim(document.claims[0], Settings(20, 0)).teeth is None
    found = documents.check(document.claims[0], examples=20, teeth=True)
    assert found.score == 1
    assert f"; killed {found.teeth['killed']} of " in str(found)


EVERY = """
def f(x, y, W, n):
    eps = 1e-5
    s = np.sqrt(x.var(axis=0, keepdims=True) + eps)
    out = np.zeros_like(x)
    for k in range(1, n):
        out[k] += 0.5 * x[k - 1]
    z = np.where(x >= 0, x, -y)
    return (W @ x.T).T / n, z * s ** 2 - out[1:].sum()
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The changes that are made of one function, which has a place for each of them."""
    path = tmp_path_factory.mktemp("versions") / "module.py"
    path.write_text(HEADER + EVERY)
    scope = {}
    exec(compile(path.read_text(), str(path), "exec"), scope)
    square = np.ones((3, 3))
    held = {"x": square, "y": square, "z": square, "W": np.ones((2, 3))}
    return {version.text for version in versions(scope["f"], names_alike(scope["f"], held))}


@pytest.mark.parametrize("edit", [
    "W @ x.T -> x.T @ W", "W @ x.T -> W @ x", "W @ x.T -> W.T @ x.T", "(W @ x.T).T -> W @ x.T", "W @ x.T -> W * x.T",
    "(W @ x.T).T / n -> (W @ x.T).T", "(W @ x.T).T / n -> (W @ x.T).T / n / n", "(W @ x.T).T / n -> (W @ x.T).T * n",
    "x >= 0 -> x > 0", "x >= 0 -> x <= 0", "0.5 -> 1.0", "1 -> 2", "1e-05 -> 0.0", "1e-05 -> 0.0001", "-y -> y", "x -> y",
    "x.var(axis=0, keepdims=True) -> x.var(keepdims=True, axis=1)", "x.var(axis=0, keepdims=True) -> x.var(keepdims=True)",
    "x.var(axis=0, keepdims=True) -> x.var(axis=0)", "x.var(axis=0, keepdims=True) -> x.std(axis=0, keepdims=True)",
    "x.var(axis=0, keepdims=True) -> x.var(axis=0, keepdims=True, ddof=1)",
    "np.sqrt(x.var(axis=0, keepdims=True) + eps) -> np.sqrt(x.var(axis=0, keepdims=True)) + eps",
    "np.sqrt(x.var(axis=0, keepdims=True) + eps) -> x.var(axis=0, keepdims=True) + eps",
    "z * s ** 2 -> z", "z * s ** 2 -> z @ s ** 2", "z * s ** 2 -> z * s ** 2 * s ** 2", "s ** 2 -> s",
    "z * s ** 2 - out[1:].sum() -> z * s ** 2 + out[1:].sum()", "z * s ** 2 - out[1:].sum() -> z * s ** 2",
    "1: -> :", "out[1:].sum() -> out[1:].mean()", "np.zeros_like(x) -> np.ones_like(x)",
    "out[k] += 0.5 * x[k - 1] -> nothing", "out[k] += 0.5 * x[k - 1] -> out[k] -= 0.5 * x[k - 1]",
    "range(1, n) -> range(1, n - 1)", "np.where(x >= 0, x, -y) -> np.where(x >= 0, -y, x)",
    "(W @ x.T).T / n -> (W @ x.T).T / n * 0.0", "(W @ x.T).T / n -> ((W @ x.T).T / n)[:-1]",
    "(W @ x.T).T / n -> ((W @ x.T).T / n).astype('float32').astype('float64')",
    "((W @ x.T).T / n, z * s ** 2 - out[1:].sum()) -> (z * s ** 2 - out[1:].sum(), (W @ x.T).T / n)",
])
def test_the_mistakes_of_the_trade_are_made(made, edit):
    assert edit in made, sorted(made)


WEAKENED = {
    "cotangents of equal entries": (
        "def f(x): return x / x.sum()\nFLAT = Domain('flat', lambda rng, shape: np.full(shape, rng.normal()), lambda x: True)\n"
        "@vjp(of=f, shapes={'x': 'n', 'dy': 'n'}, domains={'dy': FLAT, 'x': verify.positive})\n"
        "def g(dy, x):\n    s = x.sum()\n    return dy / s - (dy * x).sum() / s ** 2\n",
        None, "all entries of the cotangent dy are equal in every example",
    ),
    "square matrices": (
        "def f(X): return X.mean(axis=1)\n@vjp(of=f, shapes={'X': 'n m', 'dy': 'n'})\n"
        "def g(dy, X):\n    m = X.shape[1]\n    return np.repeat(dy[:, None] / m, m, axis=1)\n",
        [lambda rng, n, k=k: [k] * n for k in (2, 3, 5)], "every matrix is square",
    ),
    "one example": (
        "def f(X): return X.mean(axis=1)\n@vjp(of=f, shapes={'X': 'n m', 'dy': 'n'})\n"
        "def g(dy, X):\n    m = X.shape[1]\n    return np.repeat(dy[:, None] / m, m, axis=1)\n",
        [lambda rng, n, k=k: [k, 1] for k in (2, 3, 5)], "the dimension m is 1 in every example",
    ),
    "masks that keep all": (
        "def f(A, D, p): return A * D / p\nONES = Domain('ones', lambda rng, shape: np.ones(shape), lambda x: True, differentiable=False)\n"
        "@vjp(of=f, shapes={'A': 'n m', 'D': 'n m', 'p': ''}, domains={'D': ONES, 'p': verify.keep_probability})\n"
        "def g(dY, A, D, p): return dY * D / p\n",
        None, "every entry of D is 1: a mask that keeps all units",
    ),
    "a keep probability of 1": (
        "def f(A, D, p): return A * D / p\nONE = Domain('one', lambda rng, shape: np.ones(shape), lambda x: True, differentiable=False)\n"
        "@vjp(of=f, shapes={'A': 'n m', 'D': 'n m', 'p': ''}, domains={'D': verify.mask, 'p': ONE})\n"
        "def g(dY, A, D, p): return dY * D / p\n",
        None, "p is 1 in every example",
    ),
}


@pytest.mark.parametrize(("body", "plans", "missing"), WEAKENED.values(), ids=WEAKENED.keys())
def test_a_weakened_check_loses_its_teeth(tmp_path, monkeypatch, body, plans, missing):
    body = "from verify.domains import Domain\n" + body
    if plans is not None:
        assert bite(tmp_path, body).score == 1
        monkeypatch.setattr("verify.sizes._PLANS", tuple(plans))
    result = bite(tmp_path, body)
    assert result.verdict == "verified", result
    assert result.score < 1
    assert any(missing in gap for gap in result.teeth["gaps"]), result.teeth["gaps"]


def test_a_tolerance_of_a_hundredth_loses_teeth(tmp_path, monkeypatch):
    from verify import judging

    original = judging.bounds.of_reference

    def loose(program, group, outputs, rng):
        limits, how = original(program, group, outputs, rng)
        return [limit + 1e-2 * np.max(np.abs(x), initial=0.0) for limit, x in zip(limits, outputs, strict=True)], how

    body = layer().replace("return W.T @ G", "G = G * 1.0001 / 1.0001\n    return W.T @ G")
    sound = bite(tmp_path, body)
    monkeypatch.setattr(judging.bounds, "of_reference", loose)
    monkeypatch.setattr("verify.evidence.MEANINGLESS", 1.0)
    weak = bite(tmp_path, body)
    assert sound.score > weak.score
    assert any("the bound allows" in gap for gap in weak.teeth["gaps"])


RELU = """
def f(z): return jnp.maximum(z, 0.0)
@derivative(of=f, shapes={"z": "n"}, equivalent=EQUIVALENT)
def g(z): return np.where(z >= 0, 1.0, 0.0)
"""


def test_what_differs_at_kinks_alone_is_no_mistake(tmp_path):
    result = bite(tmp_path, "EQUIVALENT = {}\n" + RELU)
    assert result.score == 1
    (same,) = [one for one in result.teeth["equivalent"] if one["edit"] == "z >= 0 -> z > 0"]
    assert "kinks alone" in same["why"]


def test_what_differs_at_kinks_and_beside_them_is_a_mistake(tmp_path):
    body = RELU.replace("z >= 0", "z + 1e-30 >= 0")
    result = bite(tmp_path, "EQUIVALENT = {}\n" + body)
    assert result.verdict == "verified"
    assert result.examples["at_kinks"] > 0
    survivors = {one["edit"] for one in result.teeth["survivors"]}
    assert "z + 1e-30 -> z - 1e-30" in survivors
    assert "z + 1e-30 -> z - 1e-30" not in {one["edit"] for one in result.teeth["equivalent"]}


def test_a_persons_judgement_is_kept_with_its_reason(tmp_path):
    result = bite(tmp_path, "EQUIVALENT = {'z >= 0 → z > 0': 'a convention'}\n" + RELU)
    assert {one["edit"]: one["why"] for one in result.teeth["equivalent"]}["z >= 0 -> z > 0"] == "a convention"


def test_a_persons_judgement_that_is_wrong_is_refused(tmp_path):
    result = bite(tmp_path, "EQUIVALENT = {'z >= 0 -> z <= 0': 'no matter'}\n" + RELU)
    assert result.verdict == "error"
    assert "'z >= 0 -> z <= 0', which the check refutes" in result.message
    unknown = bite(tmp_path, "EQUIVALENT = {'z -> q': 'no matter'}\n" + RELU)
    assert unknown.verdict == "verified"
    assert any("none of the versions tried" in note for note in unknown.notes)


UNTAKEN = """
@gradient(of=lambda x: jnp.sum(jnp.where(x > 100, x**2, x)), label="a", shapes={"x": "n"}, domains={"x": verify.between(0, 1)})
def g(x):
    if len(x) > 1000:
        return x * 7
    return np.where(x > 100, 3 * x, 1.0)
"""


def test_behind_a_branch_that_no_input_takes_nothing_is_equivalent(tmp_path):
    found = bite(tmp_path, UNTAKEN).teeth
    survivors = {one["edit"] for one in found["survivors"]}
    assert {"3 * x -> x", "3 -> 4", "100 -> 101", "x * 7 -> x"} <= survivors
    equal = {one["edit"] for one in found["equivalent"]}
    assert not equal & survivors
    assert not any(one["line"] == found["survivors"][0]["line"] for one in found["equivalent"])
    assert any("no input runs what was changed in line" in gap for gap in found["gaps"])
    assert any("no input took" in gap for gap in found["gaps"]), found["gaps"]


def test_equal_versions_are_recognised_by_exact_arithmetic(tmp_path):
    body = """
    def f(x): return x * x
    @vjp(of=f, shapes={"x": "n"})
    def g(dy, x):
        zero = (x - x.mean()).sum()
        return 2 * x * dy + 3 * zero * dy
    """
    found = bite(tmp_path, body).teeth
    edits = {one["edit"]: one["why"] for one in found["equivalent"]}
    assert edits["3 * zero -> zero"] == "equal in exact arithmetic"
    assert not found["survivors"]
    assert "2 * x -> x" not in edits


def test_every_loop_ends(tmp_path):
    body = """
    import itertools
    def f(x): return x * 9.0
    @vjp(of=f, shapes={"x": "n"})
    def g(dy, x):
        total, i = 0 * dy, 0
        while i < 3:
            j = 0
            while j < 3:
                total = total + dy
                j += 1
            i += 1
        for k in itertools.count():
            if k > 2:
                break
        return total
    """
    result = bite(tmp_path, body)
    assert not result.teeth["survivors"]
    assert result.teeth["causes"]["exception"] >= 6
    everything = [*result.teeth["survivors"], *result.teeth["equivalent"]]
    assert not any("turns" in one["edit"] for one in everything)
    assert all(one["line"] in range(11, 26) for one in everything)


def test_endless_loops_and_exceptions_are_killed(tmp_path):
    body = """
    def f(x): return x * 8.0
    @vjp(of=f, shapes={"x": "n"})
    def g(dy, x):
        k, out = 0, dy
        while k < 3:
            out = out * 2
            k += 1
        return out
    """
    result = bite(tmp_path, body)
    assert result.score == 1
    assert result.teeth["causes"]["exception"] >= 1


@pytest.mark.parametrize("rest", [
    "if abs(x.sum()) > 1e9:\n            return 3 * dy\n        return dy * 2",
    "return dy * 2 if abs(x.sum()) < 1e9 else 3 * dy",
], ids=["statement", "expression"])
def test_mistakes_in_code_that_no_input_runs_are_survivors(tmp_path, rest):
    body = f"""
    def f(x): return x * 2.0
    @vjp(of=f, shapes={{"x": "n"}}, domains={{"x": verify.between(-1, 1)}})
    def g(dy, x):
        {rest}
    """
    found = bite(tmp_path, "import verify\n" + textwrap.dedent(body)).teeth
    edits = {one["edit"] for one in found["survivors"]}
    assert {"3 * dy -> dy", "3 -> 2"} <= edits
    assert all(one["before"].endswith("3 * dy") or "100" in one["before"] for one in found["survivors"])
    assert "no input runs what was changed in line" in found["gaps"][0]


def test_what_is_only_raised_is_no_mistake(tmp_path):
    body = """
    def f(x): return x * 2.0
    @vjp(of=f, shapes={"x": "n"})
    def g(dy, x):
        if dy.ndim != 1:
            raise ValueError(f"{dy.ndim - 1} dimensions too many")
        return dy * 2
    """
    result = bite(tmp_path, body)
    assert result.score == 1
    assert {one["why"] for one in result.teeth["equivalent"]} >= {"it changes only what is raised"}


LOOPS = {
    "nested": """
        k, out = 0, 0 * dy
        while k < 3:
            j = 0
            while j < 2:
                out = out + dy
                j += 1
            k += 1
        return out
    """,
    "counting": """
        out = 0 * dy
        for k in itertools.count():
            if k >= 6:
                break
            out = out + dy
        return out
    """,
}


@pytest.mark.parametrize("code", LOOPS.values(), ids=LOOPS)
def test_loops_of_any_kind_end_and_their_guards_are_not_mutated(tmp_path, code):
    body = f"""
    import itertools
    def f(x): return x * 6.0
    @vjp(of=f, shapes={{"x": "n"}})
    def g(dy, x):{code}"""
    result = bite(tmp_path, body)
    assert result.score == 1
    assert result.teeth["causes"]["exception"] >= 1
    assert not any("_turns" in one["after"] for one in result.teeth["equivalent"])


def test_functions_that_it_calls_are_mutated_too(tmp_path):
    body = """
    def slope(z): return 1 - np.tanh(z) ** 2
    def unused(z): return z + 1
    def f(x): return jnp.tanh(x)
    @vjp(of=f, shapes={"x": "n"})
    def g(dy, x): return dy * slope(x)
    """
    document = documents.load(str(write(tmp_path, body)))
    (claim,) = document.claims
    result = check_claim(claim, Settings(40, 0, exact=False, teeth=True))
    own = result.teeth["mutants"]
    assert result.score == 1
    assert own > 15
    before = claim.hand.__globals__["slope"].__code__
    assert before.co_consts.count(1) == 1, "the right code is back in its place"
    assert check_claim(claim, Settings(40, 0, exact=False)).verdict == "verified"


def test_versions_of_a_called_function_that_have_no_effect_are_not_counted(tmp_path):
    body = """
    def both(dy, x):
        left = dy * x * 2
        right = dy * x * 5
        return left, right
    def f(x): return x * x
    @vjp(of=f, shapes={"x": "n"})
    def g(dy, x): return both(dy, x)[0]
    """
    found = bite(tmp_path, body).teeth
    assert not found["survivors"]
    assert not [one for one in found["equivalent"] if "right" in one["before"] and one["what"] != "add .T"], found["equivalent"]


def test_the_score_does_not_depend_on_the_claims_before(tmp_path):
    """Two claims call a function in whose runs other names are of one shape."""
    body = """
    def product(A, B, C): return A @ B + C
    def f(x, y): return x @ y
    @vjp(of=f, shapes={"x": "2 2", "y": "2 2"}, label="square")
    def g(dz, x, y): return product(dz, y.T, 0 * x), product(x.T, dz, 0 * y)
    @vjp(of=f, shapes={"x": "2 3", "y": "3 4"}, label="not square")
    def h(dz, x, y): return product(dz, y.T, 0 * x), product(x.T, dz, 0 * y)
    """
    alone = {}
    for label in ("square", "not square"):
        teeth._VERSIONS.clear()
        alone[label] = bite(tmp_path, body, label).teeth["mutants"]
    teeth._VERSIONS.clear()
    document = documents.load(str(write(tmp_path, body)))
    settings = Settings(60, 0, exact=False, teeth=True)
    for order in (document.claims, tuple(reversed(document.claims))):
        assert {c.label: check_claim(c, settings).teeth["mutants"] for c in order} == alone
        teeth._VERSIONS.clear()
    assert alone["square"] > alone["not square"]


def test_a_function_without_a_text_has_no_versions():
    assert list(versions(lambda x: x + 1, {})) == []
    scope = {}
    exec("def made(x): return x + 1", scope)
    assert list(versions(scope["made"], {})) == []


def test_a_lambda_is_told_to_have_no_versions(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = write(tmp_path, 'vjp(of=lambda x: 2.0 * x, label="double", shapes={"x": "n"})(lambda dy, x: 2 * dy)')
    assert main(["verify", str(path), "--teeth", "--jobs", "0"]) == 0
    shown = capsys.readouterr().out
    assert "no wrong version could be made of its code" in shown
    assert "killed" not in shown


def test_closures_are_kept(tmp_path):
    body = """
    def make(scale):
        def g(dy, x): return dy * scale * 2 * x
        return g
    vjp(of=lambda x: 3.0 * x * x, label="closure", shapes={"x": "n"})(make(3.0))
    """
    result = bite(tmp_path, body)
    assert result.verdict == "verified"
    assert result.score == 1
    assert result.teeth["mutants"] > 8


def test_the_command_line_and_its_gate(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = write(tmp_path, "from verify.domains import Domain\n" + WEAKENED["masks that keep all"][0])
    assert main(["verify", str(path), "--jobs", "0", "--teeth"]) == 0
    shown = capsys.readouterr().out
    assert "; killed " in shown
    assert "        - return dY * D / p\n        + return dY / p" in shown
    assert "missing: every entry of D is 1" in shown
    assert main(["verify", str(path), "--jobs", "0", "--min-score", "1"]) == 1
    assert "1 check below --min-score: g" in capsys.readouterr().out
    assert main(["verify", str(path), "--jobs", "0", "--min-score", "0.5"]) == 0
    report = json.loads((tmp_path / "reports/out/document.json").read_text())
    (claim,) = report["claims"]
    assert claim["teeth"]["survivors"][0]["after"]
    page = (tmp_path / "reports/out/document.html").read_text()
    assert "would not have caught" in page
    assert "+ return dY / p" in page
    assert f"Killed {claim['teeth']['killed']} of " in page
    with pytest.raises(SystemExit):
        raise SystemExit(main(["verify", str(path), "--min-score", "2"]))


def test_code_is_put_back_after_an_interrupt(tmp_path, monkeypatch):
    document = documents.load(str(write(tmp_path, layer())))
    (claim,) = document.claims
    code = claim.hand.__code__

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(teeth, "_differs", interrupted)
    with pytest.raises(KeyboardInterrupt):
        check_claim(claim, Settings(20, 0, exact=False, teeth=True))
    assert claim.hand.__code__ is code
