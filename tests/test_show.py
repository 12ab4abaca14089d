"""`manual-bp show`: one row whole, from the document as it stands and the results of its last run."""

import json
import re

import pytest

from tests.documents import run, write
from tests.terminal import on_terminal, uncoloured

ROWS = r'''
from verify import between, definition, measurement, missing, runs, statistic

def total(X, c):
    return jnp.sum(c * X**2)

@gradient(of=total, wrt="X", label="2.tanh'", section="2 A section", equation="dX = 2 c X \\\\\n  y", uses="4.2rec@x*")
def dX(X: Float[np.ndarray, "n m"], c: Float[np.ndarray, ""]):
    Y = 2 * c
    return Y * X  # (2.tanh')

gradient(of=total, wrt="X", label="4.2rec@x", shapes={"X": "n m", "c": ""}, expect="refuted", because="E1: no factor 2",
         counterexample={"X": [[1.0, 3.0]], "c": 0.5}, corrected_by="4.2rec@x*")(lambda X, c: c * X)

def mended(X, c):
    return helper(X) * c

gradient(of=total, wrt="X", label="4.2rec@x*", shapes={"X": "n m", "c": ""})(mended)

def helper(X):
    return 2 * X  # (4.2rec@x*) (odd: `label`)

measurement(equals=lambda k: 2.0**k, within=1e-9, domains={"k": (1, 10)}, label="powers")(lambda k=1: 2.0**k)
statistic(equals=0.5, label="draws")(lambda rng, draws: rng.random(draws))
runs(label="runs")(lambda: None)
definition(label="defined", because="a remark")
missing(label="left out", because="never given")
vjp(of=jnp.sin, shapes={"x": "n"}, label="odd:`label`")(lambda dy, x: dy * np.cos(x))
'''


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(tmp_path, ROWS.replace(" (odd: `label`)", ""))
    return tmp_path


@pytest.fixture
def shown(folder, capsys):
    """What is shown of a row, as text."""

    def show(row, *arguments):
        capsys.readouterr()
        assert run("show", f"document.py:{row}", *arguments) == 0
        captured = capsys.readouterr()
        assert captured.err == ""
        return captured.out

    return show


def checked(*arguments):
    return run("verify", "document.py", "--examples", "20", *arguments)


def facts(text):
    """The named facts of the first paragraph."""
    return dict(re.findall(r"^  (\w[\w ]*?)  +(.*)$", text.split("\n\n")[0], re.M))


def test_a_row_before_any_run(shown):
    out = shown("2.tanh'")
    assert out.startswith("2.tanh' · 2 A section\n")
    assert facts(out) == {
        "statement": "dX is the gradient of total with respect to X", "equation": r"dX = 2 c X \\",
        "dimensions": "X: (n m), c: ()", "expected": "✓ verified", "uses": "4.2rec@x*",
    }
    assert "\n                  y\n" in out, "the equation's second line"
    assert "Checked against JAX's autodiff of total (document.py:9)\n    def total(X, c):\n        return jnp.sum" in out
    assert "By hand, dX (document.py:12)\n    @gradient(" in out
    assert "        Y = 2 * c\n  →     return Y * X  # (2.tanh')\n" in out
    assert out.count("return Y * X") == 1, "what transcribes the equation is the function itself, shown once"
    assert "No results yet: there is no reports/out/document.json. Make it by: manual-bp verify document.py\n" in out


def test_the_command_that_is_named_makes_the_evidence(folder, shown):
    before = shown("2.tanh'")
    command = re.search(r"Make it by: manual-bp (.*)", before)[1].split()
    assert run(*command) == 0
    out = shown("2.tanh'")
    assert "Evidence (reports/out/document.json: manual-bp 0." in out
    assert re.search(r"jax [\d.]+, seed 0\)", out)
    assert "✓ certified, as expected: 200 examples over" in out
    assert re.search(r"dX: shapes .*×.*, worst error 0[.\d]* of the derived bound", out)
    assert "shapes proved for all n, m" in out
    assert re.search(r"^  Equal in 4 exact trials: p < 2\^-\d+\.$", out, re.M)


def test_without_exact_arithmetic_nothing_is_said_of_it(shown):
    checked("--select", "2.tanh'", "--no-exact")
    out = shown("2.tanh'")
    assert "✓ verified, as expected: 20 examples over" in out
    assert "exact" not in out
    assert "ertified" not in out


def test_why_a_row_is_not_certified_and_the_arbiter_s_word(folder, shown):
    checked("--select", "2.tanh'")
    path = folder / "reports/out/document.json"
    content = json.loads(path.read_text())
    content["claims"][0] |= {
        "verdict": "verified", "certificate": {"certified": False, "why": "no exact form: np.convolve"},
        "arbiter": "autodiff is off by 2e-07 here",
    }
    path.write_text(json.dumps(content))
    out = shown("2.tanh'")
    assert "✓ verified, as expected" in out
    assert "\n  Not certified: no exact form: np.convolve.\n  exact: autodiff is off by 2e-07 here\n" in out


def test_a_refuted_row_shows_both_counterexamples_entry_by_entry(shown):
    checked()
    out = shown("4.2rec@x")
    assert facts(out)["because"] == "E1: no factor 2"
    assert facts(out)["corrected by"] == "4.2rec@x*"
    pinned, found = out.split("Counterexample of the document")[1].split("Smallest counterexample found")
    assert [line.split() for line in pinned.splitlines()[1:] if line.strip()] == [
        ["X", "=", "[[1,", "3]]"], ["c", "=", "0.5"], ["by", "hand", "by", "autodiff", "difference"],
        ["dX[0,", "0]", "0.5", "1", "-0.5"], ["dX[0,", "1]", "1.5", "3", "-1.5"],
    ]
    assert "dX[0, 0]" in found
    assert "reproduce: python reports/out/counterexamples/" in found


def test_the_correction_names_what_it_corrects_and_the_function_that_transcribes_it(shown):
    out = shown("4.2rec@x*")
    assert facts(out) | {"corrects": "4.2rec@x", "used by": "2.tanh'"} == facts(out)
    assert "Transcribed by helper (document.py:26)\n    def helper(X):\n  →     return 2 * X  # (4.2rec@x*)\n" in out


KINDS = {
    "powers": ("measures <lambda>, within 1e-09", "Checked against the stated number, <lambda> (document.py:"),
    "draws": ("the mean of the random draws of <lambda> is 0.5", "Checked against the stated mean, 0.5\n"),
    "runs": ("<lambda> runs", "By hand, <lambda> (document.py:"),
    "defined": ("a definition: nothing to compute", "because       a remark"),
    "left out": ("a part that the document leaves out: nothing to compute", "because       never given"),
    "odd:`label`": ("<lambda> is the VJP of jax.numpy.sin", "Checked against JAX's autodiff of jax.numpy.sin\n"),
}


@pytest.mark.parametrize("label", KINDS)
def test_every_kind_in_words(shown, label):
    statement, also = KINDS[label]
    out = shown(label)
    assert facts(out)["statement"].endswith(statement)
    assert also in out
    checked("--select", label)
    assert "as expected" in shown(label).split("Evidence")[1]


def test_numbers_are_a_table(shown):
    checked("--select", "powers")
    table = shown("powers").split("Numbers\n")[1].splitlines()
    assert [line.split() for line in table[:3]] == [
        ["inputs", "found", "stated", "within"], ["k", "=", "1", "2", "2", "1e-09"], ["k", "=", "10", "1024", "1024", "1e-09"]
    ]
    assert len({len(line) for line in table[:3]}) == 1


def test_stale_results_are_no_evidence(folder, shown):
    checked()
    assert "Evidence (" in shown("draws")
    write(folder, ROWS + "# changed\n")
    out = shown("draws")
    assert "The results are stale: reports/out/document.json is of another state" in out
    assert out.endswith("Make it anew by: manual-bp verify document.py\n")
    assert "Evidence (" not in out
    checked()
    assert "Evidence (" in shown("draws")


def test_a_row_that_the_run_left_out(shown):
    checked("--select", "draws")
    assert "the run of reports/out/document.json left this row out" in shown("powers")


def test_another_results_file(folder, shown, capsys):
    checked("--json", "else where.json", "--html", "x.html")
    assert "Evidence (else where.json:" in shown("draws", "--results", "else where.json")
    assert "No results yet" in shown("draws")
    write(folder, ROWS + "# changed\n")
    out = shown("draws", "--results", "else where.json")
    assert out.endswith("Make it anew by: manual-bp verify document.py --json 'else where.json'\n")


FILES = {
    "missing": (None, "can't read the results file it.json: there is no such file"),
    "no JSON": ("{", "it.json is no results file: it is not JSON"),
    "a list": ("[]", "it.json is no results file of manual-bp"),
    "format 2": ('{"format": 2}', "it.json has format 2; this version reads 1"),
    "parts missing": ('{"format": 1, "claims": [{}]}', "it.json is damaged, or of an older version"),
}


@pytest.mark.parametrize("name", FILES)
def test_a_results_file_that_can_not_be_read(folder, capsys, name):
    text, message = FILES[name]
    if text is not None:
        (folder / "it.json").write_text(text)
    assert run("show", "document.py:draws", "--results", "it.json") == 2
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.out == ""


def test_a_default_results_file_that_can_not_be_read_is_no_obstacle(folder, shown):
    checked("--select", "powers")
    path = folder / "reports/out/document.json"
    content = json.loads(path.read_text())
    del content["claims"][0]["numbers"]
    path.write_text(json.dumps(content))
    assert "No results: reports/out/document.json is damaged, or of an older version" in shown("draws")


STRANGERS = {
    "2.tanh": "no row '2.tanh' in document; near it: 2.tanh'",
    "4.2REC": "near it: 4.2rec@x, 4.2rec@x*",
    "drwas": "near it: draws",
    "zzzzzz": "no row 'zzzzzz' in document; manual-bp list document.py shows all",
    "": "name a row of document.py, as in document.py:LABEL; it has 2.tanh', 4.2rec@x, 4.2rec@x*, powers",
}


@pytest.mark.parametrize("label", STRANGERS)
def test_near_misses_are_suggested(folder, capsys, label):
    assert run("show", f"document.py:{label}" if label else "document.py") == 2
    assert STRANGERS[label] in capsys.readouterr().err


def test_the_only_row_needs_no_label(folder, capsys):
    write(folder, "vjp(of=jnp.sin, shapes={'x': 'n'}, label='one')(lambda dy, x: dy * np.cos(x))\n")
    assert run("show", "document.py") == 0
    assert capsys.readouterr().out.startswith("one\n")


def test_the_notes_are_the_default(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run("show", "5.B2*") == 0
    out = capsys.readouterr().out
    assert out.startswith("5.B2* · 5 Alternative vectorized backward pass\n")
    assert facts(out)["corrects"] == "5.B2"
    assert re.search(r"Transcribed by \w+ \(manual_bp/\w+\.py:\d+\)\n.*→ .*# .*\(5\.B2\*\)", out, re.S)
    assert out.endswith("Make it by: manual-bp verify\n")


def test_one_row_of_a_module_whose_rows_refer_to_others(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run("show", "verify.notes.section_5:5.B2*") == 0
    assert capsys.readouterr().out.endswith("Make it by: manual-bp verify 'verify.notes.section_5:5.B2*'\n")
    assert run("verify", "verify.notes.section_5:5.B2*", "--examples", "20") == 0
    capsys.readouterr()
    assert run("show", "verify.notes.section_5:5.B2*") == 0
    assert "✓ certified, as expected: 20 examples" in capsys.readouterr().out
    assert run("show", "verify.notes.section_5:5.B9") == 2
    assert "verify.notes.section_5 has no claim '5.B9'; it has" in capsys.readouterr().err


def test_the_results_of_one_row_of_a_document_in_several_files(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run("verify", "verify.notes.ledger:5.B2*", "--examples", "20") == 0
    capsys.readouterr()
    assert run("show", "5.B2*") == 0
    assert "Evidence (reports/out/notes.json" in capsys.readouterr().out


def test_on_a_terminal(folder):
    checked()
    code, out = on_terminal(folder, 50, "show", "document.py:4.2rec@x")
    assert code == 0
    assert "\x1b[31m✗ refuted" in out
    assert "def total(X, c):" in uncoloured(out)
