"""The README is true: its document is checked, its outputs are what the command prints, its commands are CI's."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.documents import run

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
PYTHON = re.findall(r"```python\n(.*?)```", README, re.S)
TEXT = re.findall(r"```text\n(.*?)```", README, re.S)
SHELL = re.findall(r"```sh\n(.*?)```", README, re.S)
DB, WRONG_DB = "dY.sum(axis=0)", "dY.sum(axis=0) / len(dY)"


def masked(text):
    """Text with its numbers masked: the last digits and the sign of a counterexample's entries differ by platform."""
    return re.sub(r"-?\d+\.?\d*(e-?\d+)?", "#", text).split()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "layer_norm.py").write_text(PYTHON[0])
    return tmp_path


def test_the_document_is_verified_as_printed(folder, capsys):
    assert run("verify", "layer_norm.py") == 0
    assert masked(capsys.readouterr().out) == masked(TEXT[0])


def test_the_class_is_verified(folder):
    (folder / "dense.py").write_text(PYTHON[1])
    assert run("verify", "dense.py") == 0


def test_the_refutation_looks_as_printed(folder, capsys):
    assert PYTHON[1].count(DB) == 1
    assert WRONG_DB in README
    (folder / "dense.py").write_text(PYTHON[1].replace(DB, WRONG_DB))
    assert run("verify", "dense.py") == 1
    out = capsys.readouterr().out
    printed, rest = TEXT[1].split("dY =")
    assert " ".join(masked(printed)) in " ".join(masked(out))
    for line in rest.splitlines():
        assert line.split("=")[0].split("[")[0] in out
    assert (folder / "reports/out/counterexamples/dense_backward.py").is_file()


def test_the_commands_that_look_things_up_are_as_printed(folder, capsys):
    found = re.findall(r"`manual-bp ((?:list|show|errata)[^`]*)`", README)
    assert sorted(command.split()[0] for command in found) == ["errata", "list", "list", "show", "show"]
    assert run("verify", "layer_norm.py", "--examples", "20") == 0
    for command in found:
        # The errata of the notes are made in the notes' own tests; here it is the command's form.
        more = ["--results", "reports/out/layer_norm.json"] if command.startswith("errata") else []
        assert run(*command.split(), *more) == 0, command
    assert (folder / "errata.md").read_text().endswith("No errata.\n")
    assert "✓ certified, as expected: 20 examples" in capsys.readouterr().out


def test_the_commands_on_kept_results_are_as_printed(folder, capsys):
    found = re.findall(r"`manual-bp ((?:report|compare|verify [^`]*--junit)[^`]*)`", " ".join(README.split()))
    assert sorted(command.split()[0] for command in found) == ["compare", "report", "verify"]
    for name in ("before.json", "after.json"):
        assert run("verify", "layer_norm.py", "--examples", "20", "--quiet", "--json", name) == 0
    assert run("verify", "layer_norm.py", "--examples", "20", "--quiet") == 0
    capsys.readouterr()
    for command in found:
        assert run(*command.split()) == 0, command
    assert (folder / "appendix.html").read_bytes() == (folder / "reports/out/layer_norm.html").read_bytes()
    assert "No regressions, 0 other changes; 1 row as before." in capsys.readouterr().out
    assert "layer_norm_backward" in (folder / "results.xml").read_text()
    assert "layer_norm_backward" in (folder / "summary.md").read_text().replace("&#95;", "_")


def test_the_gallery_is_as_large_as_it_says():
    from verify import gallery

    assert f"has {len(gallery.DOCUMENTS)} documents" in " ".join(README.split())


def test_every_constructor_is_in_the_table():
    import verify

    for name in ("vjp", "gradient", "jvp", "derivative", "identity", "statistic", "runs", "definition", "missing"):
        assert f"`{name}(" in README
        assert callable(getattr(verify, name))


def test_check_in_a_test(folder):
    subprocess.run([sys.executable, "-c", PYTHON[2]], cwd=folder, check=True, timeout=120)


def test_the_missing_mask_is_found_as_printed(folder, capsys):
    """With fewer steps: the first one is what matters."""
    pytest.importorskip("sklearn")
    (folder / "no_mask.py").write_text(PYTHON[3])
    (command,) = re.findall(r"`manual-bp (train [^`]*--backward[^`]*)`", " ".join(README.split()))
    assert run(*command.split(), "--epochs", "2", "--quiet") == 1
    assert masked(capsys.readouterr().out) == masked(TEXT[3])


def test_the_document_is_about_20_lines():
    code = [line for line in PYTHON[0].splitlines() if line.strip()]
    assert len(code) <= 22


def test_the_commands_are_those_of_ci():
    verify, test = (line.strip() for line in SHELL)
    assert verify.startswith("python3 -m venv .venv && .venv/bin/python -m pip install")
    assert verify.endswith("manual-bp verify")
    assert test.split(" && ")[1:] == [
        ".venv/bin/python -m pip install --quiet -e '.[test]'", ".venv/bin/python -m pytest"
    ]
    if not (ROOT / ".ci/run").exists():
        pytest.skip("this is not a checkout")
    script = (ROOT / ".ci/run").read_text()
    for part in ("-m pip install --quiet -e '.[test]'", "-m pytest\n"):
        assert part in test + "\n"
        assert part in script
    assert test in (ROOT / ".github/workflows/ci.yml").read_text()


def test_links_lead_somewhere():
    for target in re.findall(r"\]\(([^)h][^)]*)\)", README):
        assert (ROOT / target).exists(), target


KEPT = '''
"""Dropout."""
import numpy as np
from verify import vjp
from verify.domains import Domain

KEEPS = Domain("ones", lambda rng, shape: np.ones(shape), lambda x: True, differentiable=False)

def dropout(A, D, p):
    return A * D / p

@vjp(of=dropout, shapes={"A": "n m", "D": "n m", "p": ""}, wrt="A", domains={"D": KEEPS})
def dropout_backward(dY, A, D, p):
    return dY * D / p
'''.lstrip()


def test_the_teeth_are_as_printed(folder, capsys):
    (folder / "layer_norm.py").write_text(PYTHON[0])
    assert run("verify", "layer_norm.py", "--teeth") == 0
    (printed,) = re.findall(r"`(killed \d+ of \d+ wrong versions, \d+ equivalent)`", README)
    assert printed in capsys.readouterr().out
    (folder / "dropout.py").write_text(KEPT)
    assert run("verify", "dropout.py", "--teeth") == 0
    out = capsys.readouterr().out
    for line in TEXT[2].splitlines():
        assert line in out
    assert run("verify", "dropout.py", "--min-score", "1") == 1
