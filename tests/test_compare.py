"""`manual-bp compare`: each kind of change is found, and is a regression or is none."""

import copy
import json

import pytest

from reports.comparing import Change, compare
from tests.documents import loaded, run, write
from tests.terminal import on_terminal, piped, uncoloured
from tests.thousand import thousand
from verify.results import dump

BODY = """
f = lambda x: jnp.sum(x ** 2)
gradient(of=f, shapes={'x': 'n'}, label='a')(lambda x: 2 * x)
gradient(of=f, shapes={'x': 'n'}, label='b', expect='refuted', because='no 2')(lambda x: x)
vjp(of=lambda x, y: x * y, shapes={'x': 'n', 'y': 'n'}, label='c')(lambda d, x, y: (d * y, d * x))
verify.measurement(equals=lambda k: 2.0**k, within=1e-9, domains={'k': (1, 10)}, label='m')(lambda k=1: 2.0**k)
verify.missing(label='gone', because='the start')
"""


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """The results of five rows, all as expected."""
    folder = tmp_path_factory.mktemp("compared")
    write(folder, BODY)
    assert run("verify", str(folder / "document.py"), "--examples", "10", "--no-exact", "--json", str(folder / "it.json"),
               "--html", str(folder / "it.html")) == 0
    content = loaded(folder / "it.json")
    for k, worst in ((0, 0.1), (2, 0.1)):
        content["claims"][k]["outputs"][0]["worst"] = worst
    return content


def changed(results, label, **keys):
    """The results with some keys of a row replaced."""
    other = copy.deepcopy(results)
    next(claim for claim in other["claims"] if claim["label"] == label).update(keys)
    return other


def without(results, label):
    return {**results, "claims": [claim for claim in results["claims"] if claim["label"] != label]}


def with_worst(results, worst, label="a"):
    other = copy.deepcopy(results)
    next(claim for claim in other["claims"] if claim["label"] == label)["outputs"][0]["worst"] = worst
    return other


def found(before, after):
    """The changes in short."""
    return [(c.label, c.what, c.before, c.after, c.regression) for c in compare(before, after).changes]


def test_nothing_changed(results):
    same = compare(results, copy.deepcopy(results))
    assert same.changes == same.circumstances == same.regressions == ()
    assert same.unchanged == 5


@pytest.mark.parametrize(("verdict", "regression"), [
    ("refuted", True), ("inconclusive", True), ("vacuous", True), ("error", True), ("certified", False),
])
def test_a_verified_row(results, verdict, regression):
    assert found(results, changed(results, "a", verdict=verdict)) == [("a", "verdict", "verified", verdict, regression)]


@pytest.mark.parametrize(("verdict", "regression"), [
    ("refuted", True), ("inconclusive", True), ("vacuous", True), ("error", True), ("verified", False),
])
def test_a_certified_row(results, verdict, regression):
    certified = changed(results, "a", verdict="certified")
    assert found(certified, changed(results, "a", verdict=verdict)) == [("a", "verdict", "certified", verdict, regression)]


def test_worst_errors_of_certified_rows_are_compared(results):
    before, after = (changed(with_worst(results, worst), "a", verdict="certified") for worst in (0.4, 1.1))
    assert found(before, after) == [("a", "error", 0.4, 1.1, True)]


def test_a_verdict_that_is_mended_is_no_regression(results):
    assert found(changed(results, "a", verdict="refuted"), results) == [("a", "verdict", "refuted", "verified", False)]


def test_a_row_that_was_unexpected_before_is_no_regression_unless_it_was_verified(results):
    wrong = changed(results, "a", verdict="refuted")
    assert found(wrong, changed(results, "a", verdict="error")) == [("a", "verdict", "refuted", "error", False)]
    holds = changed(results, "b", verdict="verified")
    assert found(holds, changed(results, "b", verdict="error")) == [("b", "verdict", "verified", "error", False)]
    assert found(holds, changed(results, "b", verdict="vacuous")) == [("b", "verdict", "verified", "vacuous", True)]


def test_a_known_error_that_holds_now_is_a_regression(results):
    assert found(results, changed(results, "b", verdict="verified")) == [("b", "verdict", "refuted", "verified", True)]


@pytest.mark.parametrize(("label", "expected", "regression"), [
    ("a", "refuted", True), ("a", "missing", True), ("b", "definition", True), ("b", "verified", False),
    ("gone", "verified", False), ("gone", "definition", False),
])
def test_an_expectation(results, label, expected, regression):
    verdict = "verified" if expected == "verified" else expected
    changes = found(results, changed(results, label, expected=expected, verdict=verdict))
    assert changes[0][1] in ("expected", "verdict")
    assert {what: regressed for _, what, _, _, regressed in changes}["expected"] is regression


def test_an_expectation_that_the_verdict_does_not_follow(results):
    changes = found(results, changed(results, "b", expected="verified"))
    assert sorted(changes) == [("b", "expected", "refuted", "verified", False), ("b", "verdict", "refuted", "refuted", True)]


def test_rows_added_and_removed(results):
    assert found(without(results, "a"), results) == [("a", "added", None, "verified", False)]
    assert found(results, without(results, "a")) == [("a", "removed", "verified", None, True)]


def test_an_output_that_is_not_compared_any_more(results):
    fewer = changed(results, "c", outputs=results["claims"][2]["outputs"][:1])
    (lost,) = compare(results, fewer).changes
    assert (lost.what, lost.name, lost.after, lost.regression) == ("output", "dy", None, True)
    assert [change.regression for change in compare(fewer, results).changes] == [False]


@pytest.mark.parametrize(("before", "after", "expected"), [
    (0.1, 0.19, []), (0.1, 0.21, [False]), (0.1, 0.04, [False]), (0.1, 0.0, [False]), (0.0, 0.1, [False]),
    (1e-4, 9e-4, []), (1e-4, 2e-3, [False]), (0.0, 0.0, []), (None, 0.5, []), (0.9, 1.1, []), (0.4, 1.1, [True]),
    (1.5, 9.0, [False]), (0.4, "inf", [True]), ("inf", "inf", []),
])
def test_a_worst_error(results, before, after, expected):
    changes = compare(with_worst(results, before), with_worst(results, after)).changes
    assert [change.regression for change in changes] == expected
    assert all((change.what, change.name) == ("error", "dx") for change in changes)


def test_worst_errors_of_rows_that_do_not_hold_are_left_alone(results):
    assert found(with_worst(results, 5.0, "b"), with_worst(results, 5e6, "b")) == []


def test_numbers(results):
    def numbers(x, inputs=1):
        array = {"shape": [2], "dtype": "float64", "data": [x, "nan"]}
        return changed(results, "m", numbers=[{"inputs": {"k": inputs}, "found": array, "stated": array, "within": 1e-3}])
    assert found(numbers(1.0), numbers(1.0009)) == []
    assert found(numbers(1.0), numbers(1.1)) == [("m", "number", "[1, nan]", "[1.1, nan]", False)]
    assert found(numbers(1.0), numbers("nan")) == [("m", "number", "[1, nan]", "[nan, nan]", False)]
    assert [(name, was, now) for _, name, was, now, _ in found(numbers(1.0), numbers(1.0, 2))] == [
        ("number", "[1, nan]", None), ("number", None, "[1, nan]")]


def test_the_gate(results):
    short = {**results, "passes": False, "conclusion": "the number of rows is not the declared one."}
    assert compare(results, short).changes == (
        Change("", "passes", "", "passes", "does not pass", True, "the number of rows is not the declared one."),
    )
    assert [change.regression for change in compare(short, results).changes] == [False]


def test_circumstances_are_told_and_change_nothing(results):
    other = copy.deepcopy(results)
    other["provenance"] |= {"seed": 7, "trials": 4, "document_sha256": "f" * 64, "seconds": 9.0, "commit": "abc"}
    other["provenance"]["versions"] |= {"numpy": "9.9", "scipy": None}
    told = compare(results, other)
    assert told.changes == ()
    assert [name for name, _, _ in told.circumstances] == ["document's hash", "numpy", "scipy", "seed", "trials"]
    assert told.circumstances[3:] == (("seed", "0", "7"), ("trials", "0", "4"))
    assert told.circumstances[2][2] == "none"


def test_regressions_come_first(results):
    worse = without(changed(results, "a", verdict="certified"), "c")
    assert [change.label for change in compare(results, worse).changes] == ["c", "a"]


def test_the_command(results, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.json").write_text(dump(results))
    (tmp_path / "b.json").write_text(dump(changed(without(results, "c"), "a", verdict="refuted", message="it differs\x1b[31m\n")))
    assert run("compare", "a.json", "a.json") == 0
    assert capsys.readouterr().out == "No regressions, 0 other changes; 5 rows as before.\n"
    assert run("compare", "b.json", "a.json") == 0
    assert run("compare", "a.json", "b.json", "--json") == 1
    out = capsys.readouterr().out
    told = json.loads(out[out.index("{"):])
    assert told["regressed"] is True
    assert [(change["label"], change["what"]) for change in told["changes"]] == [("a", "verdict"), ("c", "removed")]
    process = piped(tmp_path, "compare", "a.json", "b.json", PYTHONIOENCODING="ascii")
    assert process.returncode == 1
    assert process.stderr == ""
    assert process.stdout == (
        "Regressions\n  a  verified \\u2192 refuted: it differs\\ufffd[31m\n  c  removed: it was verified\n\n"
        "2 regressions, 0 other changes; 3 rows as before.\n"
    )
    code, text = on_terminal(tmp_path, 60, "compare", "a.json", "b.json")
    assert code == 1
    assert "\x1b[" in text
    assert "a  verified → refuted: it differs�[31m" in uncoloured(text)
    assert run("compare", "a.json") == 2
    assert run("compare", "--help") == 0
    assert "an expectation that became weaker" in capsys.readouterr().out


def test_any_results_can_be_compared(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for seed in (0, 1):
        (tmp_path / f"{seed}.json").write_text(dump(thousand(seed)), errors="backslashreplace")
    assert run("compare", "0.json", "1.json") == 1
    out = capsys.readouterr().out
    assert all(line.isprintable() for line in out.splitlines())
    assert run("compare", "0.json", "1.json", "--json") == 1
    told = json.loads(capsys.readouterr().out)
    assert len(told["changes"]) > 100


def bites(killed, mutants, equivalent=0):
    one = {"file": "a.py", "line": 1, "function": "f", "what": "flip a sign", "edit": "a -> b", "before": "a", "after": "b", "why": ""}
    rest = mutants - killed - equivalent
    return {
        "killed": killed, "mutants": mutants, "causes": {}, "equivalent": [one] * equivalent, "survivors": [one] * rest, "gaps": [],
        "disputed": [], "unknown": [],
    }


def test_a_check_that_refutes_fewer_wrong_versions_is_a_regression(results):
    sound, weak = changed(results, "a", teeth=bites(9, 10, 1)), changed(results, "a", teeth=bites(8, 10, 1))
    assert found(sound, weak) == [("a", "teeth", "9 of 9", "8 of 9", True)]
    assert found(weak, sound) == [("a", "teeth", "8 of 9", "9 of 9", False)]
    assert found(sound, results) == found(results, weak) == []
