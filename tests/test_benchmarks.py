"""The benchmarks run, and tell right derivations from wrong ones."""

import ast
import json
from pathlib import Path

import numpy as np
import pytest
import sympy

import verify
from benchmarks import detection, false_alarms
from benchmarks.__main__ import main
from benchmarks.exactness import benchmark, places, rewriting
from benchmarks.exactness.solving import NOT_ZERO, TOO_LONG, ZERO, Solver
from benchmarks.hard import normalisation, probability
from benchmarks.public import packages
from tests.documents import results


def test_no_argument_lists_the_benchmarks(capsys):
    assert main([]) == 2
    printed = capsys.readouterr().out
    assert "detection" in printed
    assert "false-alarms" in printed
    assert "public" in printed


def test_right_derivations_are_not_refuted():
    tallies = false_alarms.run(40, families=[normalisation.FAMILIES[0], probability.FAMILIES[0]])
    assert sum(t.cases for t in tallies) == 40
    assert [t.refuted[false_alarms.OURS] for t in tallies] == [0, 0]
    assert "layer norm" in false_alarms.report(tallies)


def test_injected_errors_are_found(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(detection, "EXPONENTS", (0, 2, 8))
    monkeypatch.setattr(detection.peers, "PEERS", {"scipy": detection.peers.scipy_check_grad, "none": _missing})
    path = tmp_path / "out.json"
    assert main(["detection", "--cases", "10", "--claims", "1", "--peer-cases", "2", "--json", str(path)]) == 0
    assert "manual-bp[bench]" in capsys.readouterr().out
    rows = {row["rule"]: row["found"] for row in json.loads(path.read_text())["result"]["rows"]}
    assert rows["manual-bp"] == [0.0, 1.0, 1.0]
    assert rows["np.allclose, defaults"] == [0.0, 1.0, 0.0]
    assert rows["scipy"][1] == 1.0


def test_exact_arithmetic_finds_what_floats_hide_and_accuses_no_right_derivation(tmp_path, capsys):
    pytest.importorskip("flint")
    path = tmp_path / "out.json"
    assert main(["exactness", "--quick", "--json", str(path)]) == 0
    assert "in how many trials" in capsys.readouterr().out
    result = json.loads(path.read_text())["result"]
    for case in result["injected"]:
        assert case["found"]["exact"]["verdict"] == ("refuted" if case["exponent"] else "holds"), case
    assert {c["found"]["floating point"]["verdict"] for c in result["injected"] if c["exponent"] == 15} == {"holds"}
    for case in result["batches"] + result["labels"]:
        assert case["found"]["exact"]["verdict"] == ("holds" if case["true"] else "refuted"), case
    assert sum(tally["configurations"] for tally in result["right"]) == 40
    assert sum(tally["certified"] for tally in result["right"]) > 30
    assert [tally["refuted"] for tally in result["right"]] == [[]] * 5


def test_without_the_arbiter_the_benchmark_says_what_is_missing(monkeypatch):
    monkeypatch.setattr(benchmark, "available", lambda: False)
    with pytest.raises(SystemExit, match="python-flint is not installed"):
        main(["exactness"])


def mean_of_rows(X, m):
    return (X - X[0 + 1]).sum(axis=0) / m


def test_errors_go_into_terms_and_into_the_sizes_of_batches():
    X = np.arange(6.0).reshape(3, 2)
    assert rewriting.terms(mean_of_rows) == ["X", "X[0 + 1]"]
    assert rewriting.batch_sizes(mean_of_rows) == ["m"]
    np.testing.assert_array_equal(rewriting.with_term(mean_of_rows, 0, lambda x: 2 * x)(X, 3), [2, 3])
    np.testing.assert_array_equal(rewriting.with_batch_size(mean_of_rows, 0, lambda m: 2 * m)(X, 3), mean_of_rows(X, 6))
    assert {place.kind for place in places.find(0)} == {"output", "term"}


def test_sympy_is_ended_where_it_takes_too_long():
    x, y = sympy.symbols("x y")
    with Solver(20.0) as solver:
        assert solver.ask([(x + y) ** 2 - x**2 - 2 * x * y - y**2])[0] == ZERO
        assert solver.ask([sympy.Rational(1, 10**15) * x])[0] == NOT_ZERO
        solver.limit = 0.0
        assert solver.ask([sympy.sin(x) - x])[0] == TOO_LONG
        solver.limit = 20.0
        assert solver.ask([x - x])[0] == ZERO


def test_the_same_seed_gives_the_same_cases():
    first, second = (false_alarms.run(20, families=normalisation.FAMILIES[:1]) for _ in range(2))
    assert first == second


def test_training_beside_its_peer(monkeypatch, capsys):
    monkeypatch.setattr("benchmarks.training.BUILT_IN", ("breast-cancer",))
    assert main(["training", "--cases", "1"]) == 0
    (row,) = [line.split() for line in capsys.readouterr().out.splitlines() if line.startswith("breast-cancer")]
    ours, theirs = map(float, row[1:3])
    assert abs(ours - theirs) < 0.03
    assert min(ours, theirs) > 0.94


def _missing():
    raise ImportError("no such peer")


@pytest.mark.parametrize("bad", ["0", "-3"])
def test_a_case_count_below_1_is_refused(bad, capsys):
    with pytest.raises(SystemExit):
        main(["false-alarms", "--cases", bad])
    assert "below 1" in capsys.readouterr().err


PUBLIC = sorted(path for path in Path(packages.__file__).parent.rglob("*.py") if path.name != "packages.py")


def test_claims_about_public_packages_are_labelled_and_made_through_the_public_api():
    labelled = 0
    for path in PUBLIC:
        tree = ast.parse(path.read_text())
        imported = {
            alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module == "verify"
            for alias in node.names
        }
        assert imported <= set(verify.__all__), path
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in imported & {"vjp", "gradient", "derivative", "runs"}:
                named = [k for k in node.keywords if k.arg == "label" or getattr(getattr(k.value, "func", None), "id", "") == "named"]
                assert len(named) == 1, f"{path}:{node.lineno}"
                labelled += 1
    assert labelled > 20


def test_the_report_on_public_packages(tmp_path):
    claims = [result.to_json() for result in results(tmp_path, """
        def square(x): return jnp.sum(x ** 2)
        gradient(of=square, shapes={"x": "n"}, label="right")(lambda x: 2 * x)
        gradient(of=square, shapes={"x": "n"}, label="known", expect="refuted", because="a.py:3: no 2")(lambda x: x)
        gradient(of=square, shapes={"x": "n"}, label="unknown")(lambda x: 3 * x)
    """).values()]
    report = packages.report({"nerva-numpy": claims[:2], "numpy-ml": claims[2:]})
    assert [line.split() for line in report.splitlines()[4:6]] == [
        ["nerva-numpy", "1.0.0", "2", "1", "1", "0"], ["numpy-ml", "0.1.2", "1", "0", "1", "0"],
    ]
    assert "cause: a.py:3: no 2" in report
    assert "x = [1.]" in report
    assert report.endswith("Not as expected:\nnumpy-ml, unknown: refuted; expected verified")
    assert packages.report({"nerva-numpy": claims[:2]}).endswith("Every verdict is as expected.")
