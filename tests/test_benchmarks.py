"""The benchmarks run, and tell right derivations from wrong ones."""

import json

import pytest

from benchmarks import detection, false_alarms
from benchmarks.__main__ import main
from benchmarks.hard import normalisation, probability


def test_no_argument_lists_both_benchmarks(capsys):
    assert main([]) == 2
    printed = capsys.readouterr().out
    assert "detection" in printed
    assert "false-alarms" in printed


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


def test_the_same_seed_gives_the_same_cases():
    first, second = (false_alarms.run(20, families=normalisation.FAMILIES[:1]) for _ in range(2))
    assert first == second


def _missing():
    raise ImportError("no such peer")


@pytest.mark.parametrize("bad", ["0", "-3"])
def test_a_case_count_below_1_is_refused(bad, capsys):
    with pytest.raises(SystemExit):
        main(["false-alarms", "--cases", bad])
    assert "below 1" in capsys.readouterr().err
