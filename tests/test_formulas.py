"""Formulas from code: right precedence, nothing misleading, nothing from a results file but text."""

import ast
import sys
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.formulas import LONGEST, formula_of_code
from reports.mathml import checked
from tests.gold import formulas as gold
from verify import documents


def read(markup):
    """A formula in one line of text: fractions with a slash between braces, scripts with ^ and _."""
    return spoken(ElementTree.fromstring(markup))


def spoken(node):
    parts = [spoken(child) for child in node]
    if node.tag == "mfrac":
        return f"{{{parts[0]}}}/{{{parts[1]}}}"
    if node.tag == "msqrt":
        return f"√{{{''.join(parts)}}}"
    if node.tag in ("msup", "msub", "munder"):
        return f"{parts[0]}{'^' if node.tag == 'msup' else '_'}{{{parts[1]}}}"
    if node.tag == "msubsup":
        return f"{parts[0]}_{{{parts[1]}}}^{{{parts[2]}}}"
    return (node.text or "").replace("\N{FUNCTION APPLICATION}", "").replace("\N{INVISIBLE TIMES}", " ") + "".join(parts)


def expression(code):
    formula = formula_of_code(f"def f(a, b, c, x, s: float, t: float):\n    return {code}")
    return formula and read(formula).partition("=")[2]


@pytest.mark.parametrize("name", gold.CODE)
def test_gold(name):
    """`python -m tests.gold.formulas` writes these files; look at them in a browser before they are kept."""
    formula = formula_of_code(gold.CODE[name])
    assert gold.lines(formula) == (gold.FOLDER / f"{name}.mathml").read_text(encoding="utf-8")


@pytest.mark.parametrize(("code", "shown"), [
    ("a - (b - c)", "a−(b−c)"),
    ("a - b - c", "a−b−c"),
    ("(a + b) * c", "(a+b)⊙c"),
    ("a + b * c", "a+b⊙c"),
    ("a @ b * c", "(a b)⊙c"),
    ("a @ (b * c)", "a⋅(b⊙c)"),
    ("a * b @ c", "(a⊙b) c"),
    ("a @ b @ c", "a b c"),
    ("a @ (b @ c)", "a⋅(b c)"),
    ("a * (b * c)", "a⊙(b⊙c)"),
    ("-a * b", "−a⊙b"),
    ("-(a @ b) * c", "−(a b)⊙c"),
    ("-(a + b)", "−(a+b)"),
    ("a - -b", "a−(−b)"),
    ("-a ** 2", "−a^{2}"),
    ("(-a) ** 2", "(−a)^{2}"),
    ("(a / b) ** 2", "({a}/{b})^{2}"),
    ("(a ** b) ** c", "(a^{b})^{c}"),
    ("a ** b ** c", "a^{b^{c}}"),
    ("a ** -1", "{1}/{a}"),
    ("a ** -2", "{1}/{a^{2}}"),
    ("np.linalg.inv(a) @ b", "a^{−1} b"),
    ("a / b / c", "{{a}/{b}}/{c}"),
    ("a * b / c", "{a⊙b}/{c}"),
    ("a / (b * c)", "{a}/{b⊙c}"),
    ("s * a", "s a"),
    ("s * (a + b)", "s⋅(a+b)"),
    ("s * t * a", "s t a"),
    ("2 * (1 / 2)", "2⋅{1}/{2}"),
    ("3 * 0.5 * a", "3⋅0.5 a"),
    ("a * 2", "a⋅2"),
    ("np.sum(a) * b", "(∑a) b"),
    ("b * np.sum(a, axis=0)", "b⊙(∑_{axis\xa00}a)"),
    ("np.sum(a + b)", "∑(a+b)"),
    ("np.sum(a * b) + c", "∑a⊙b+c"),
    ("(a @ b).T", "(a b)^{T}"),
    ("a.T @ b", "a^{T} b"),
    ("np.mean(a, axis=(0, 1))", "mean_{axes\xa00,1}(a)"),
    ("a.max(axis=-1, keepdims=True)", "max_{axis\xa0−1}(a)"),
    ("(a >= 0) * b", "[a≥0]⊙b"),
    ("np.where(a == 0, b, c)", "{bif\xa0a=0cotherwise"),
    ("np.where(a == 0, b, c) + x", "({bif\xa0a=0cotherwise)+x"),
    ("np.sqrt(a) ** 2", "(√{a})^{2}"),
    ("a ** 0.5", "√{a}"),
    ("np.log1p(-a)", "log(1+(−a))"),
    ("np.dot(a, b)", "a b"),
    ("np.maximum(a, 0)", "max(a,0)"),
    ("np.abs(a)", "|a|"),
    ("1e-8 + a", "10^{−8}+a"),
    ("a.shape[0] * b", "(rows\xa0of\xa0a) b"),
    ("a[:, None] * b", "a_{[:,None]}⊙b"),
    ("sigmoid_prime(x)", "sigmoid^{′}(x)"),
    ("np.einsum('ij,jk->ik', a, b) @ c", "(∑_{j}a_{ij} b_{jk})_{ik} c"),
])
def test_precedence(code, shown):
    assert expression(code) == shown


OPERATIONS = {"⊙": "*", "⋅": "@", "\N{INVISIBLE TIMES}": "@", "−": "-", "\N{FUNCTION APPLICATION}": ""}


def as_python(node):
    """The formula read back as a reader does: what binds is what is seen, with no parentheses but those shown."""
    parts = [as_python(child) for child in node]
    if node.tag == "mfrac":
        return f"(({parts[0]})/({parts[1]}))"
    if node.tag == "msqrt":
        return f"(({''.join(parts)})**0.5)"
    if node.tag == "msup":
        bare = node[0].tag in ("mfrac", "msqrt")
        return f"{parts[0][1:-1] if bare else parts[0]}**({parts[1]})" if parts[1] != "T" else f"{parts[0]}.T"
    return OPERATIONS.get(node.text, node.text or "") + "".join(parts)


class Signs(ast.NodeTransformer):
    """(-a) b and -(a b) are the same to the bit, and so is a product whatever power its sign had."""

    def visit_BinOp(self, node):
        self.generic_visit(node)
        if isinstance(node.op, ast.Mult | ast.MatMult) and isinstance(node.left, ast.UnaryOp):
            return self.visit(ast.UnaryOp(ast.USub(), ast.BinOp(node.left.operand, node.op, node.right)))
        return node


def meaning(code):
    return ast.dump(Signs().visit(ast.parse(code, mode="eval")))


ARRAYS = st.recursive(
    st.sampled_from(["a", "b", "c", "x"]),
    lambda inner: st.one_of(
        st.builds("({} {} {})".format, inner, st.sampled_from(["+", "-", "*", "/", "@"]), inner),
        st.builds("(-{})".format, inner), st.builds("({} ** 2)".format, inner), st.builds("({} ** {})".format, inner, inner),
        st.builds("({}).T".format, inner), st.builds("(({}) ** 0.5)".format, inner),
    ),
    max_leaves=8,
)


@settings(max_examples=400)
@given(ARRAYS.filter(lambda code: "** (-" not in code))
def test_a_formula_read_back_is_the_code(code):
    formula = formula_of_code(f"f(1)(lambda a, b, c, x: {code})")
    assert meaning(as_python(ElementTree.fromstring(formula))) == meaning(code)


@pytest.mark.parametrize(("name", "shown"), [
    ("dZ", "dZ"), ("A_prev", "A_{prev}"), ("dZ_next", "dZ_{next}"), ("sigma2", "σ^{2}"), ("eps", "ε"), ("lam", "λ"),
    ("alpha", "α"), ("W1", "W_{1}"), ("dXhat", "dXˆ"), ("g_prime", "g^{′}"), ("p_t", "p_{t}"), ("dmu", "dμ"),
    ("normal", "normal"), ("X_centered", "X_{centered}"), ("dL_dZ", "dL_dZ"),
])
def test_names(name, shown):
    formula = formula_of_code(f"f(1)(lambda {name}: {name})")
    assert read(formula) == shown


@pytest.mark.parametrize("code", [
    "a % b", "a // b", "a and b", "not a", "[v for v in a]", "{'a': a}", "'text'", "True", "1j", "1e999",
    "np.unknown(a)", "np.sum(a, keepdim=True)", "np.sum(a, where=b)", "a.var(ddof=1)", "np.linalg.norm(a, 1)", "f(*a)",
    "f(**a)", "f(a, k=1)", "f(a)(b)", "sum(a)", "np.sum(v for v in a)", "[a] * 2", "np.sum(a, axis=b)", "a[::2]",
    "a < b < c", "a @ b is c", "np.eye(2) + I", "a_1 + a1", "sigma2 + sigma", "lam + lambda_", "np.pi * pi",
    "(yield a)", "max + np.max(a)", "f'{a}'", "a if b else 'c'", "np.einsum('...i->i', a)", "a.shape", "(a := b)",
])
def test_no_formula_rather_than_a_misleading_one(code):
    assert expression(code) is None


@pytest.mark.parametrize("body", [
    "for k in a:\n        b = b + k\n    return b",
    "while a:\n        a = a - 1\n    return a",
    "if a:\n        return b\n    return c",
    "b[0] = a\n    return b",
    "b += a\n    return b",                                   # an argument, changed in place
    "x = a * 2\n    y = x\n    x /= 3\n    return y",          # y changes too
    "x = a * 2\n    y = x.T\n    x /= 3\n    return y",
    "x = a * 2\n    y = np.asarray(x)\n    x /= 3\n    return y",
    "a, b = b, a\n    return a",
    "np.add.at(b, a, 1)\n    return b",
    "np = a\n    return np.exp(b)",
    "x = a",
    "def g(x):\n        return x\n    return g(a)",
    "return",
    "try:\n        return a\n    finally:\n        pass",
    "a.b = c\n    return a",
    "global a\n    a = 1\n    return a",
    "return a, *b",
])
def test_statements_that_are_no_formula(body):
    assert formula_of_code(f"def f(a, b, c):\n    {body}\n") is None


def test_lines_stand_in_order():
    code = "def f(a, b):\n    x = a * 2\n    x /= b\n    n, m = a.shape\n    return x / m, -x\n"
    assert read(formula_of_code(code)) == "x≔a⋅2x≔{x}/{b}n≔rows\xa0of\xa0am≔columns\xa0of\xa0af_{1}={x}/{m}f_{2}=−x"


def test_a_tagged_line_comes_with_the_sizes_that_it_names():
    code = "def f(a, b):\n    m = a.shape[1]\n    k = g(a)\n    if k:\n        b = a @ b / m  # (4.5)\n    return b\n"
    assert formula_of_code(code) is None
    assert read(formula_of_code(code, "b = a @ b / m  # (4.5)")) == "m≔columns\xa0of\xa0ab≔{a b}/{m}"
    assert formula_of_code(code, "if k:") is None
    assert formula_of_code(code, "b = a @ b") is None


@pytest.mark.parametrize("code", [
    "", "   ", "def", "def f(:", ")(lambda: 1)", "\x00", "\ud800", "class A:\n    x: int\n", "x = 1", "(" * 5000,
    "def f(a):\n    return " + "-" * 4000 + "a", "def f(a):\n    return " + "a + " * 1500 + "a", "a" * (LONGEST + 1),
    "def f(a):\n    return " + "(" * 90 + "a" + ")" * 90 + "[" * 300, "def f(" + ", ".join(f"a{k}" for k in range(900)) + "): return a1",
    "def f(a):\n    return '<script>'", "def f(a):\n" + "    b = a + 1\n" * 40 + "    return b",
])
def test_hostile_code_gives_none(code):
    assert formula_of_code(code) is None


def test_conversions_that_the_caller_knows():
    code = "def f(W, lam, m):\n    return weak(lam) / weak(m) * W"
    assert read(formula_of_code(code)) == "f(W,λ,m)={weak(λ)}/{weak(m)}⊙W"
    assert read(formula_of_code(code, conversions={"weak"})) == "f(W,λ,m)={λ}/{m} W"


def test_names_are_escaped_and_unicode_is_kept():
    assert read(formula_of_code("def f(é, 变量): return é @ 变量")) == "f(é,变量)=é 变量"


def without_loops(code):
    return not any(isinstance(node, ast.For | ast.While | ast.comprehension) for node in ast.walk(ast.parse(code)))


@pytest.mark.parametrize(("target", "least"), [("verify.notes.ledger", 0.8), ("verify.gallery", 0.85)])
def test_share_of_the_functions_without_loops_that_have_a_formula(target, least, capsys):
    """Of the gallery's, and of the package's own: what the ledger defines beside them calls whole networks."""
    rows = documents.load(target).outline().rows
    own = [row.code for row in rows if row.code.startswith("def" if "ledger" in target else ("@", "def"))]
    codes = dict.fromkeys([*own, *(t["code"] for row in rows for t in row.transcribed if t["code"].startswith("def"))])
    straight = [code for code in codes if without_loops(code)]
    formulas = [formula for code in straight if (formula := formula_of_code(code))]
    lines = dict.fromkeys((t["code"], t["text"]) for row in rows for t in row.transcribed)
    shown = [formula for line in lines if (formula := formula_of_code(*line))]
    with capsys.disabled():
        sys.stdout.write(f"\n{target}: {len(formulas)} of {len(straight)} functions, {len(shown)} of {len(lines)} tagged lines\n")
    assert len(formulas) > least * len(straight)
    for formula in formulas + shown:
        assert checked(formula), "every element and attribute is one that a report may hold"


SEVERAL = "def backward(dY, W, X):\n    dW = dY @ X.T\n    return dW, W.T @ dY\n"


@pytest.mark.parametrize(("returned", "lines"), [
    (("dW", "dX"), ["dW≔dY XT", "dX=WT dY"]),
    ((), ["dW≔dY XT", "backward1=dW", "backward2=WT dY"]),
    (("dW",), ["dW≔dY XT", "backward1=dW", "backward2=WT dY"]),
    (("dX", "dW"), ["dW≔dY XT", "backward1=dW", "backward2=WT dY"]),  # another dW
    (("dW", "W"), ["dW≔dY XT", "backward1=dW", "backward2=WT dY"]),
    (("[0]", "[1]"), ["dW≔dY XT", "backward1=dW", "backward2=WT dY"]),
])
def test_several_values_have_the_names_of_the_outputs(returned, lines):
    root = ElementTree.fromstring(formula_of_code(SEVERAL, returned=returned))
    assert ["".join(line.itertext()).replace("\u2062", " ") for line in root.iter("mtr")] == lines


def shown(body, **given):
    formula = formula_of_code(f"def f(X, v, w, T, lam):\n    return {body}\n", **given)
    return None if formula is None else read(formula).partition("=")[2]


KNOWN = {"X": "n m", "v": "m", "w": "m", "T": "a b c", "lam": ""}


@pytest.mark.parametrize(("body", "formula"), [
    ("np.max(X, 1)", shown("X.max(1)")), ("np.min(X, 0)", shown("X.min(0)")), ("np.max(X, v)", None),
    ("max(lam, 0)", "max(λ,0)"),
    ("v @ v.T", "v^{T} v"), ("v.T @ w", "v^{T} w"), ("v * w.T", "v⊙w"), ("X @ v.T", "X v"), ("v @ X.T", "v^{T} X^{T}"),
    ("np.dot(v, w)", "v^{T} w"), ("np.transpose(v)", "v"), ("T.T", None), ("T.mT", "T^{T}"), ("np.transpose(T)", None),
    ("X @ np.ones_like(v)", None), ("np.ones_like(X).T @ X", None), ("np.ones_like(X).T", None),
    ("(2 * np.ones_like(X)) @ v", None), ("np.dot(X, np.zeros_like(v))", None), ("np.ones_like(X).sum(0)", None),
    ("X * np.ones_like(X)", "X⊙1"),
    ("T / T.shape[1]", "{T}/{length\xa0of\xa0axis\xa01\xa0of\xa0T}"), ("X / X.shape[1]", "{X}/{columns\xa0of\xa0X}"),
    ("lam * X", "λ X"),
])
def test_dimensions_and_what_would_read_as_something_else(body, formula):
    assert shown(body, dimensions=KNOWN) == formula


def test_a_name_that_is_another_array_now_has_other_dimensions():
    code = "def f(v):\n    v = v[None]\n    return v @ v.T / v.shape[1]\n"
    assert read(formula_of_code(code, dimensions={"v": "n"})).endswith("{v v^{T}}/{length\xa0of\xa0axis\xa01\xa0of\xa0v}")


def test_an_assigned_array_of_ones_is_shown_as_code():
    assert formula_of_code("def f(X):\n    o = np.ones_like(X)\n    return o.T @ X\n") is None


def test_one_value_has_the_name_of_the_output():
    code = "def ridge_gradient(W, X):\n    return X.T @ W\n"
    assert read(formula_of_code(code, returned=["dW"])) == "dW=X^{T} W"
    assert read(formula_of_code(code, returned=["X"])) == "ridge_gradient(W,X)=X^{T} W"
