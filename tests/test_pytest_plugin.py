"""The pytest plugin: claims as test items, in runs of pytest of their own. A run costs an import of JAX: few, and full."""

import ast
import os
import sys
import tomllib
import xml.etree.ElementTree as ElementTree
from inspect import isfunction
from pathlib import Path

import pytest

import verify
from tests.documents import HEADER, write
from tests.test_independence import imported
from verify import apart, claim, pytest_plugin
from verify.checking import check_claim
from verify.documents import DocumentError
from verify.settings import Settings
from verify.source_text import CONSTRUCTORS, SourceText

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parent.parent
GOOD = "gradient(of=lambda x: jnp.sum(x ** 2), shapes={'x': 'n'}, label='good')(lambda x: 2 * x)\n"
STRANGE = ["2.tanh'", "5.B2*", "a::b", "a::c", "x[y]", "f[a::b]", "::", "line\nbreak", "∂/∂x é"]
VERDICTS = f"""
import dataclasses, warnings
from verify.claim import _REGISTRY

for label in {STRANGE!r}:
    derivative(of=jnp.tanh, shapes={{"x": "n"}}, label=label)(lambda x: 1 - np.tanh(x) ** 2)

@gradient(of=lambda x: jnp.sum(x ** 2), shapes={{"x": "n"}})
def wrong(x):
    return x

def warns(x):
    warnings.warn("a warning is no error in a document")
    return 2 * x
warnings.warn("nor is this one")

SQUARE = {{"of": lambda x: jnp.sum(x ** 2), "shapes": {{"x": "n"}}}}
gradient(**SQUARE)(warns)
gradient(**SQUARE, label="known", expect="refuted", because="the factor is missing")(lambda x: x)
gradient(**SQUARE, label="holds[1]", expect="refuted", because="a sign")(lambda x: 2 * x)
gradient(of=jnp.sum, label="error")(lambda x: x)
_REGISTRY.append(dataclasses.replace(_REGISTRY[-1], label="a row", kind="definition", expect="definition"))
"""


@pytest.fixture
def run(pytester, monkeypatch):
    """Runs pytest in a process of its own, with the plugin as if it were not installed, and no other one."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)

    def run(*arguments):
        plugin = ("-p", "verify.pytest_plugin", "--manual-bp-examples", "20")
        return pytester.runpytest_subprocess(*plugin, *arguments, timeout=120)

    return run


def test_verdicts_in_two_processes_with_strange_labels_and_warnings_as_errors(pytester, run):
    path = write(pytester.path, VERDICTS)
    xml = pytester.path / "junit.xml"
    arguments = ("--manual-bp-seed", "7", "-p", "xdist", "-n", "2", f"--junitxml={xml}", "-W", "error")
    result = run("document.py", "--strict-markers", *arguments)
    result.assert_outcomes(passed=len(STRANGE) + 2, failed=3)
    line = 1 + path.read_text().splitlines().index("@gradient(of=lambda x: jnp.sum(x ** 2), shapes={\"x\": \"n\"})")
    result.stdout.fnmatch_lines_random([
        f"document.py:{line}: refuted, expected verified",
        "✗ refuted  wrong: dx: it differs; dx[[]0[]] is 1 by hand, 2 by autodiff",
        "  dx by hand     [[]1.[]]",
        "document.py:*: certified, expected refuted, because a sign",
        "✓ certified  holds[[]1[]]: 20 examples over * shapes agree*",
        "document.py:*: error, expected verified",
        "* UserWarning: a warning is no error in a document",
        "* UserWarning: nor is this one",
        "FAILED document.py::wrong*",
    ])
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("*pytest_plugin.py*")

    cases = {case.get("name"): case for case in ElementTree.parse(xml).iter("testcase")}
    assert "a row" not in cases
    assert {"2.tanh'", "5.B2*", "b", "c", "x[y]", "f[a::b]", "", "line\\nbreak", "∂/∂x é"} <= {*cases}
    properties = {
        name: {p.get("name"): p.get("value") for p in case.iter("property")} for name, case in cases.items()
    }
    with pytest.warns(UserWarning, match="nor is this one"):
        made = apart.load(str(path)).claims[0]
    same = check_claim(made, Settings(20, 7))
    assert same.worst > 0
    assert properties["2.tanh'"] == {"verdict": "certified", "worst_error": str(same.worst), "bound": "derived"}
    assert properties["wrong"]["verdict"] == "refuted"
    assert properties["error"] == {"verdict": "error"}
    assert "dx by autodiff [2.]" in cases["wrong"].find("failure").get("message")


def test_a_node_id_selects_a_claim(pytester, run):
    write(pytester.path, VERDICTS)
    labels = [*(label for label in STRANGE if label.isprintable()), "holds[1]"]
    result = run("-v", *(f"document.py::{label}" for label in labels))
    result.assert_outcomes(passed=len(STRANGE) - 1, failed=1)
    result.stdout.fnmatch_lines(["document.py::2.tanh' PASSED*", "document.py::a::b PASSED*"])
    run("--last-failed", "document.py").assert_outcomes(failed=1, deselected=len(STRANGE) + 4)
    result = run("document.py::nothing")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: not found: *document.py::nothing"])


def test_the_ini_setting_and_what_is_wrong_with_documents(pytester, run):
    pytester.makeini("[pytest]\nmanual_bp_files = docs/**/*.py appendix.py 'nowhere/*.py'\n")
    sub = pytester.mkdir("docs") / "sub"
    sub.mkdir()
    for name, body in {
        "docs/empty.py": "x = 1\n", "docs/broken.py": "x = 1 / 0\n", "docs/twice.py": GOOD + GOOD,
        "docs/sub/good.py": GOOD, "docs/sub/appendix.py": GOOD, "docs/rows.py": f"ROWS = 2\n{GOOD}",
        "docs/skipped.py": f"import pytest\npytest.importorskip('no_such_module')\n{GOOD}", "unmatched.py": "1 / 0\n",
        "docs/syntax.py": "def f(:\n",
    }.items():
        write(pytester.path, body, name)
    result = run("--continue-on-collection-errors")
    result.assert_outcomes(passed=2, errors=5, skipped=1)
    lines = result.stdout.lines
    for message in (
        "docs/empty.py: no claims: nothing is checked",
        "docs/broken.py can't be imported: ZeroDivisionError: division by zero in line 6 (x = 1 / 0)",
        "docs/rows.py declares ROWS = 2; the number of its claims is 1",
        "docs/syntax.py has a syntax error in line 6: invalid syntax",
        f"manual_bp_files: nowhere/*.py matches no file in {pytester.path}: nothing is checked",
    ):
        assert lines.count(message) == 1, message
    result.stdout.fnmatch_lines(["two claims are labelled 'good': lines 6 and 7 of *twice.py; *"])
    result.stdout.no_fnmatch_line("*Traceback*")


def test_tests_and_claims_in_one_file_and_beside_it(pytester, run):
    """Tests keep a module of their own, with rewritten assertions, and see its claims once, in whatever order."""
    write(pytester.path, """
import sys

@gradient(of=lambda x: jnp.sum(x ** 2) * jnp.array(0.1), shapes={"x": "n"})
def scaled(x):
    return 0.2 * x

def test_claims():
    assert [claim.label for claim in verify.claims(sys.modules[__name__])] == ["scaled"]

def test_fails():
    assert verify.check(scaled, examples=10).verdict == "something"
""", "both.py")
    write(pytester.path, """
import sys
import both

def test_claims():
    assert [claim.label for claim in verify.claims(both)] == ["scaled"]
    assert verify.check(both.scaled, examples=10).label == "scaled"
""", "test_beside.py")
    for order in (["both.py", "test_beside.py"], ["test_beside.py", "both.py"]):
        result = run(*order)
        result.assert_outcomes(passed=3, failed=1)
        result.stdout.fnmatch_lines(["E * assert '*' == 'something'", "FAILED both.py::test_fails*"])


ORDINARY = """
import sys
with open("imports", "a") as log:
    log.write("once ")
def test_nothing_heavy_is_loaded():
    assert not {"jax", "numpy", "verify.claim", "verify.documents"} & {*sys.modules}
def test_a_claim_made_in_a_test():
    from verify import check, vjp
"""


def test_an_ordinary_test_file_is_left_alone(pytester, run):
    (pytester.path / "test_ordinary.py").write_text(ORDINARY)
    pytester.makeini("[pytest]\nmanual_bp_files = docs/*.py\n")
    result = run("test_ordinary.py")
    result.assert_outcomes(passed=2)
    assert (pytester.path / "imports").read_text() == "once "
    result = run("--collect-only", "test_ordinary.py")
    result.stdout.fnmatch_lines(["*<Module test_ordinary.py>"])
    result.stdout.no_fnmatch_line("*Document*")


def test_installed_it_is_loaded_by_its_entry_point_and_can_be_disabled(pytester, monkeypatch):
    (name, value), = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"]["pytest11"].items()
    installed = pytester.mkdir("installed") / "manual_bp_plugin-0.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: manual-bp-plugin\nVersion: 0\n")
    (installed / "entry_points.txt").write_text(f"[pytest11]\n{name} = {value}\n")
    monkeypatch.setenv("PYTHONPATH", str(installed.parent), prepend=os.pathsep)
    write(pytester.path, GOOD)
    pytester.runpytest_subprocess("document.py").assert_outcomes(passed=1)
    result = pytester.runpytest_subprocess("document.py", "-p", "no:manual-bp")
    assert result.ret == pytest.ExitCode.NO_TESTS_COLLECTED


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--manual-bp-examples", "0"], "*--manual-bp-examples: 0 is less than 1"),
        (["--manual-bp-seed", "-1"], "*--manual-bp-seed: -1 is less than 0"),
        (["--manual-bp-seed", "x"], "*--manual-bp-seed: invalid integer value: 'x'"),
    ],
)
def test_wrong_options(run, arguments, message):
    result = run(*arguments)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([message])


def test_the_plugin_imports_nothing_but_pytest_and_the_standard_library():
    assert imported("import verify.pytest_plugin") == {"verify"}
    body = ast.parse(Path(pytest_plugin.__file__).read_text()).body
    names = {a.name for node in body if isinstance(node, ast.Import) for a in node.names}
    names |= {str(node.module) for node in body if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in names} - sys.stdlib_module_names == {"pytest"}


# -- which files are documents -----------------------------------------------------------------------------------------

DOCUMENTS = {
    "decorator": "from verify import vjp\n@vjp(of=f)\ndef g(dy, x): ...",
    "module": "import verify as v\nv.gradient(of=f)(g)",
    "submodule": "import verify.claim\nverify.claim.gradient(of=f)(g)",
    "its module": "from verify import constructors\nconstructors.jvp(of=f)(g)",
    "another name": "from verify import vjp as claimed\nif True:\n    claimed(of=f)(g)",
    "star": "from verify import *\nidentity(of=f)(g)",
    "by a helper": "from verify import vjp\ndef register(g):\n    vjp(of=f)(g)\ndef both():\n    register(g)\nboth()",
    "in a class": "from verify import vjp\nclass Claims:\n    vjp(of=f)(g)",
    "no tests": "from verify import vjp\n",
    "no Python": "from verify import vjp\ndef f(:",
}
NO_DOCUMENTS = {
    "nothing of ours": "import numpy\ndef test(): ...",
    "verify in a text": "text = 'verify'\ndef test(): ...",
    "another verify": "from .verify import vjp\nvjp(of=f)(g)",
    "in a test": "from verify import check, vjp\ndef test():\n    vjp(of=f)(g)",
    "in a test's helper": "import verify\ndef make():\n    return verify.vjp(of=f)(g)\ndef test():\n    make()",
    "in a class": "from verify import vjp\nclass TestThat:\n    def test(self):\n        vjp(of=f)(g)",
    "check alone": "from verify import check\nfrom layer_norm import layer_norm_backward\ncheck(layer_norm_backward)",
    "no Python": "import numpy\ndef f(:",
}


@pytest.mark.parametrize(("texts", "expected"), [(DOCUMENTS, True), (NO_DOCUMENTS, False)], ids=["are", "are not"])
def test_which_named_files_are_documents(texts, expected):
    for name, text in texts.items():
        found = SourceText(text.encode()).is_document(
            lambda name: name.startswith("test"), lambda name: name.startswith("Test")
        )
        assert found is expected, name


def test_our_own_tests_are_no_documents():
    files = sorted((ROOT / "tests").glob("test_*.py"))
    assert len(files) > 10
    assert not [path.name for path in files if SourceText(path.read_bytes()).makes_claims()]


@pytest.mark.parametrize("text", [
    "def test_it(): ...", "class TestIt: ...", "from shared import test_it", "from shared import *", "test_it = 1",
    "import unittest\nclass It(unittest.TestCase): ...", "pytestmark = []", "if x:\n    async def test_it(): ...",
])
def test_files_that_may_hold_tests(text):
    names = (lambda name: name.startswith("test"), lambda name: name.startswith("Test"))
    assert SourceText(text.encode()).may_hold_tests(*names)
    assert not SourceText(text.replace("est", "ext").replace("*", "a").replace("mark", "").encode()).may_hold_tests(*names)


def test_every_constructor_is_known():
    makers = {name for name in verify.__all__ if isfunction(getattr(verify, name))} - {"check", "claims"}
    assert {name for name in makers if getattr(verify, name).__module__ != "verify.domains"} <= CONSTRUCTORS
    assert {"vjp", "gradient", "derivative", "identity"} <= CONSTRUCTORS & makers


# -- loading apart -----------------------------------------------------------------------------------------------------


def test_documents_are_loaded_apart(tmp_path):
    """Two folders with a neighbour of the same name: each document has its own; nothing stays behind."""
    body = "from neighbour_of_ours import FACTOR\nimport colorsys\n" + GOOD.replace("2 * x", "FACTOR * x")
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        write(tmp_path / name, body)
        (tmp_path / name / "neighbour_of_ours.py").write_text(f"from verify import vjp\nFACTOR = {ord(name)}\n")
    modules, claims = dict(sys.modules), claim.since(0)
    factors = [apart.load(str(tmp_path / name / "document.py")).claims[0].hand(1) for name in ("a", "b")]
    assert factors == [97, 98]
    assert claim.since(0) == claims
    assert {*sys.modules} - {*modules} <= {"colorsys"}
    assert all(sys.modules[name] is module for name, module in modules.items())


def test_a_failing_document_leaves_nothing_behind(tmp_path):
    path = write(tmp_path, f"{HEADER}{GOOD}1 / 0\n", "failing_document.py")
    claims = claim.since(0)
    with pytest.raises(DocumentError, match="division by zero"):
        apart.load(str(path))
    assert claim.since(0) == claims
    assert "failing_document" not in sys.modules
