"""Counterexample files: they reproduce the difference with NumPy and JAX alone, and are replayed first."""

import ast
import subprocess
import sys

import numpy as np
import pytest

from tests.documents import HEADER, loaded, run, write
from verify.counterexamples.literals import NotLiteral, literal, value_of
from verify.counterexamples.replay import slug

ALONE = """
import sys
class Blocked:
    def find_spec(self, name, *_):
        if name.split(".")[0] in ("verify", "jaxtyping", "manual_bp", "hypothesis"):
            raise ImportError(f"{name} is not there")
sys.meta_path.insert(0, Blocked())
import runpy
runpy.run_path(sys.argv[1], run_name="__main__")
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def reproduce(path, folder):
    """Run a counterexample file elsewhere, where neither the checker nor the document can be imported."""
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir(exist_ok=True)
    return subprocess.run(
        [sys.executable, "-c", ALONE, str(path)], cwd=elsewhere, capture_output=True, text=True, timeout=120, check=False
    )


DOCUMENTS = {
    "vjp": """
        FACTOR = 3.0
        def helper(x): return FACTOR * x
        def layer(X, W): return jnp.tanh(W @ X)
        @vjp(of=layer)
        def layer_backward(dY: Float[np.ndarray, "k m"], X: Float[np.ndarray, "n m"], W: Float[np.ndarray, "k n"]):
            '''Wrong by a factor of 3.'''
            G = dY * (1 - np.tanh(W @ X) ** 2)  # the slope
            return helper(W.T @ G), G @ X.T
    """,
    "gradient by lambdas": "gradient(of=lambda x: jnp.sum(x ** 2), shapes={'x': 'n'}, label='layer_backward')(lambda x: x)",
    "jvp": "verify.jvp(of=lambda x, y: x * y, shapes={'x': 'n', 'y': 'n'}, label='layer_backward')(lambda a, b, x, y: a * y)",
    "second derivative": "derivative(of=jnp.sin, order=2, shapes={'x': 'n'}, label='layer_backward')(lambda x: np.sin(x))",
    "identity": "identity(of=lambda x: np.sum(x), shapes={'x': 'n'}, label='layer_backward')(lambda x: x.sum() + x[0])",
    "numpy forward": """
        def layer(X):
            out = np.zeros(len(X))
            for k in range(len(X)): out[k] = np.sum(X[: k + 1]) ** 2
            return out
        @vjp(of=layer, shapes={"X": "n"}, label="layer_backward")
        def backward(dY, X): return 2 * X * dY
    """,
    "a closure": """
        def make(scale, other):
            def inner(x): return scale * other(x)
            return inner
        gradient(of=lambda x: 2 * jnp.sum(x), shapes={'x': 'n'}, label='layer_backward')(
            make(np.float64(3.0), lambda x: np.ones_like(x)))
    """,
    "exception": "gradient(of=lambda x: jnp.sum(x), shapes={'x': 'n'}, label='layer_backward')(lambda x: x[7])",
    "shape": "gradient(of=lambda x: jnp.sum(x), shapes={'x': 'n 1'}, label='layer_backward')(lambda x: np.ones(len(x)))",
    "changed input": """
        @gradient(of=lambda x: jnp.sum(x ** 2), shapes={'x': 'n'}, label='layer_backward')
        def backward(x):
            x *= 2
            return x
    """,
    "static parameters and a keyword": """
        def f(x, *, power, mode="sum"): return jnp.sum(x ** power)
        gradient(of=f, shapes={'x': 'n'}, domains={'power': [2, 3]}, label='layer_backward')(lambda x, power: 2 * x)
    """,
    "jvp of a numpy forward": """
        def f(x): return np.sort(x) * np.sum(x)
        verify.jvp(of=f, shapes={"x": "n"}, domains={"x": verify.distinct}, label="layer_backward")(lambda t, x: t * np.sum(x))
    """,
    "derivative of a numpy forward": """
        def f(x): return np.exp(x) * x
        derivative(of=f, order=2, shapes={"x": "n"}, domains={"x": verify.between(-1, 1)}, label="layer_backward")(np.exp)
    """,
    "a custom rule": """
        import jax
        @jax.custom_jvp
        def square(x): return x ** 2
        @square.defjvp
        def square_jvp(primals, tangents): return square(*primals), 3 * primals[0] * tangents[0]
        gradient(of=lambda x: jnp.sum(square(x)), shapes={"x": "n"}, label="layer_backward")(lambda x: 2 * x)
    """,
    "decorators, dataclasses and constants that change": """
        import functools
        from dataclasses import dataclass
        @dataclass(frozen=True)
        class Config:
            scale: float = 2.0
        TABLE = np.zeros(3)
        TABLE[1] = 2.0
        K = 1.0
        K += 1.0
        @functools.lru_cache
        def factor(k): return TABLE[k] * K
        def f(x): return jnp.sum(x) * factor(1) * Config().scale
        gradient(of=f, shapes={"x": "n"}, label="layer_backward")(lambda x: 7.0 * np.ones_like(x))
    """,
    "helpers of a neighbour": """
        from neighbour import square, STEP
        gradient(of=lambda x: jnp.sum(square(x)) + STEP, shapes={"x": "n"}, label="layer_backward")(lambda x: x)
    """,
    "trees": """
        from hypothesis import strategies as st
        def draw(n, seed): return {"xs": [np.random.default_rng(seed).standard_normal(k + 1) for k in range(n)], "names": ("a", 1)}
        def f(xs, names): return sum(jnp.sum(x ** 2) for x in xs)
        gradient(of=f, inputs=st.builds(draw, st.integers(1, 3), st.integers(0, 9)), wrt="xs", label="layer_backward")(
            lambda xs, names: [x for x in xs])
    """,
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_file_reproduces_the_difference_alone(folder, name):
    write(folder, DOCUMENTS[name])
    (folder / "neighbour.py").write_text("STEP = 0.5\ndef square(x): return power(x, 2)\ndef power(x, n): return x**n\n")
    assert run("verify", "document.py", "--examples", "20") == 1
    (claim,) = loaded(folder / "reports/out/document.json")["claims"]
    path = folder / "reports/out/counterexamples/layer_backward.py"
    assert claim["reproduce"] == "reports/out/counterexamples/layer_backward.py"
    assert "It needs NumPy and JAX alone." in path.read_text()
    done = reproduce(path, folder)
    assert done.returncode == 1, done.stdout + done.stderr
    if name == "exception":
        assert "IndexError" in done.stderr
    else:
        assert "Traceback" not in done.stderr, done.stderr
        assert done.stdout


def test_a_mended_copy_of_the_file_agrees(folder):
    """The file's own comparison can pass: with the right formula in it, it exits with 0."""
    write(folder, DOCUMENTS["vjp"])
    run("verify", "document.py", "--examples", "20")
    path = folder / "reports/out/counterexamples/layer_backward.py"
    path.write_text(path.read_text().replace("FACTOR = 3.0", "FACTOR = 1.0"))
    done = reproduce(path, folder)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("hand", ["functools.partial(lambda x, k: k * x, k=2.0)", "make(2.0)"])
def test_code_that_has_no_source_of_its_own_goes_through_the_document(folder, hand):
    write(folder, f"""
        import functools
        def make(k): return lambda x: k * x.sum()
        gradient(of=make(1.0), shapes={{"x": "n"}}, label="made")({hand})
    """)
    assert run("verify", "document.py", "--examples", "20") == 1
    path = folder / "reports/out/counterexamples/made.py"
    assert "It needs `verify` and the document" in path.read_text()
    done = subprocess.run([sys.executable, path], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 1
    assert "dx by hand has shape ()" in done.stdout if "make" in hand else "entries differ" in done.stdout


def test_what_the_claim_could_not_draw_is_not_replayed(folder):
    """A claim that is narrowed until it is right must not stay refuted by an input that it no longer has."""
    claim = "vjp(of=lambda x: jnp.abs(x) * x, shapes={{'x': '{dims}'}}, domains={domains}, label='back')(lambda dy, x: dy * 2 * x)"
    write(folder, claim.format(dims="n m", domains="{}"))
    assert run("verify", "document.py", "--examples", "20") == 1
    for dims, domains, why in (
        ("n m", "{'x': verify.positive}", "x lies outside its domain"), ("n 3", "{'x': verify.positive}", "x has shape"),
        ("n", "{'x': verify.positive}", "x has shape"),
    ):
        write(folder, claim.format(dims=dims, domains=domains))
        assert run("verify", "document.py", "--examples", "20") == 0
        (result,) = loaded(folder / "reports/out/document.json")["claims"]
        assert result["notes"][0].startswith("not replayed: back.py: ")
        assert why in result["notes"][0]
    write(folder, "from hypothesis import strategies as st\nvjp(of=lambda x: jnp.abs(x) * x, label='back', inputs=st.fixed_dictionaries("
          "{'dy': st.just(np.ones((1, 1))), 'x': st.floats(1, 2).map(lambda v: np.full((1, 1), v))}))(lambda dy, x: dy * 2 * x)\n")
    run("verify", "document.py", "--examples", "20")
    (result,) = loaded(folder / "reports/out/document.json")["claims"]
    assert any("if inputs= has been narrowed since, delete its file" in note for note in result["notes"])


def test_it_is_replayed_first_and_counted_apart(folder, capsys):
    write(folder, DOCUMENTS["vjp"])
    contents = []
    for _ in range(2):
        assert run("verify", "document.py", "--examples", "20") == 1
        contents.append(loaded(folder / "reports/out/document.json"))
    assert [content["provenance"]["replayed"] for content in contents] == [0, 1]
    for content in contents:
        content["claims"][0].pop("seconds")
    assert contents[0]["claims"] == contents[1]["claims"], "the same result, whether found or replayed"
    write(folder, DOCUMENTS["vjp"].replace("FACTOR = 3.0", "FACTOR = 1.0"))
    assert run("verify", "document.py", "--examples", "20") == 0
    content = loaded(folder / "reports/out/document.json")
    assert content["provenance"]["replayed"] == 1
    assert content["claims"][0]["notes"] == ["the counterexample of an earlier run agrees now (layer_backward.py)"]


def test_a_rare_counterexample_is_not_lost(folder):
    """What 20 other examples would not find is found again, since the file is tried first; its inputs may be edited."""
    rare = """
        gradient(of=lambda x: jnp.sum(x ** 2), shapes={'x': '1'}, label='rare')(
            lambda x: np.where(x == 0.123, 0.0, 2 * x))
    """
    write(folder, rare)
    assert run("verify", "document.py", "--examples", "20") == 0
    other = rare.replace("np.where(x == 0.123, 0.0, 2 * x)", "x")
    write(folder, other)
    assert run("verify", "document.py", "--examples", "20") == 1
    path = folder / "reports/out/counterexamples/rare.py"
    text = path.read_text()
    (line,) = [line for line in text.splitlines() if line.startswith("INPUTS")]
    path.write_text(text.replace(line, "INPUTS = {'x': np.array([0.123], dtype='float64')}"))
    write(folder, rare)
    assert run("verify", "document.py", "--examples", "20") == 1
    (claim,) = loaded(folder / "reports/out/document.json")["claims"]
    assert claim["counterexample"]["inputs"]["x"]["data"] == [0.123]


BROKEN = {
    "no Python": "def f(:",
    "not plain data": "DOCUMENT = 'document.py'\nCLAIM = 'bad'\nINPUTS = {'x': __import__('os').getcwd()}",
    "other inputs": "import numpy as np\nDOCUMENT = 'document.py'\nCLAIM = 'bad'\nINPUTS = {'y': np.array([1.0])}",
    "other shapes": "import numpy as np\nDOCUMENT = 'document.py'\nCLAIM = 'bad'\nINPUTS = {'x': np.array([[1.0]])}",
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_file_that_cannot_be_replayed_is_named_and_replaced(folder, name):
    write(folder, "gradient(of=lambda x: jnp.sum(x[0] * x), shapes={'x': 'n'}, label='bad')(lambda x: 0.5 * x)")
    path = folder / "reports/out/counterexamples/bad.py"
    path.parent.mkdir(parents=True)
    path.write_text(BROKEN[name])
    assert run("verify", "document.py", "--examples", "20") == 1
    (claim,) = loaded(folder / "reports/out/document.json")["claims"]
    assert claim["verdict"] == "refuted"
    assert reproduce(path, folder).returncode == 1


def test_two_documents_with_one_label_keep_their_files_apart(folder):
    bad = "gradient(of=lambda x: jnp.sum(x ** 2), shapes={'x': 'n'}, label='bad')(lambda x: FACTOR * x)"
    write(folder, bad.replace("FACTOR", "3"), "one.py")
    write(folder, bad.replace("FACTOR", "4"), "two.py")
    for _ in range(2):
        assert run("verify", "one.py", "two.py", "--examples", "10") == 1
    found = sorted(path.name for path in (folder / "reports/out/counterexamples").iterdir())
    assert found == ["bad.py", "two-bad.py"]
    assert loaded(folder / "reports/out/two.json")["claims"][0]["reproduce"].endswith("two-bad.py")


def test_known_errors_have_their_files_too(folder):
    write(folder, "gradient(of=lambda x: jnp.sum(x), shapes={'x': 'n'}, label='5.B2*', expect='refuted', because='no')(lambda x: x)")
    assert run("verify", "document.py", "--examples", "20") == 0
    assert (folder / f"reports/out/counterexamples/{slug('5.B2*')}.py").is_file()


def test_check_writes_nothing(folder):
    program = HEADER + (
        "gradient(of=lambda x: jnp.sum(x), shapes={'x': 'n'}, label='f')(f := lambda x: x)\nprint(verify.check(f).verdict)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout == "refuted\n"
    assert not list(folder.iterdir())


def test_labels_become_file_names():
    labels = ["2.tanh'", "ID*", "a/b", "a\\b", "a b", "é", "x" * 300, "x" * 299 + "y", "CON", "..", "a.", "a", "", "a:b", "a~b"]
    names = [slug(label) for label in labels]
    assert len(set(names)) == len(names)
    for name in names:
        assert len(name) < 120
        assert not set(name) & set("/\\:*?\"<>| '")
        assert not name.endswith(".")


def test_literals_read_back_as_they_were_written():
    values = {
        "a": np.array([[0.1, -np.inf], [np.nan, 1e-300]]), "b": np.float64(1 / 3), "c": np.array([], dtype=np.float64),
        "d": [np.array([True, False]), ("x", 1, None, -2.5)], "e": np.arange(3), "f": {"g": np.float32(0.1), "h": True},
        "i": np.zeros((0, 3)), "j": float("inf"), "k": np.array(2.5),
    }
    back = value_of(ast.parse(literal(values), mode="eval").body)
    assert repr(back) == repr(values)
    for bad in (object(), lambda: 0, np.array(["text"]), 1j):
        with pytest.raises(NotLiteral):
            literal(bad)
    for code in ("__import__('os')", "np.load('x')", "open('x')", "x", "[y for y in ()]", "1 + 1"):
        with pytest.raises(NotLiteral):
            value_of(ast.parse(code, mode="eval").body)
