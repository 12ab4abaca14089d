"""`manual-bp list`: which rows, in which order, and how they look, piped and on a terminal. Nothing is computed."""

import subprocess

import pytest

from tests.documents import run, write
from tests.terminal import COMMAND, on_terminal, piped, uncoloured

LONG = r"\frac{1}{m} \sum_{i=1}^m " * 12 + "END"
ROWS = rf'''
from verify import definition, missing

def never(x):
    raise RuntimeError("list computes nothing")

def row(label, section, **options):
    gradient(of=never, shapes={{"x": "n"}}, label=label, section=section, **options)(never)

row("4.5", "4 Vectorized backward pass", equation=r"{LONG}")
row("4.5*", "4 Vectorized backward pass", equation="a\n  b", expect="refuted", because="E1: why")
row("6.4.x", "6.4 The 4 gates")
row("14.1", "14 Others", expect="refuted", because="no reason")
definition(label="6.1", section="6 Optimization", equation="x := y")
missing(label="none", because="left out")
'''


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(tmp_path, ROWS)
    return tmp_path


def listed(capsys, *arguments):
    """The labels that are listed, and the last line."""
    assert run("list", "document.py", *arguments) == 0
    lines = capsys.readouterr().out.splitlines()
    return [line.split()[2] for line in lines if line.startswith("  ")], lines[-1]


def test_every_row_stands_under_its_section_in_aligned_columns(folder, capsys):
    assert run("list", "document.py") == 0
    out = capsys.readouterr().out
    assert out.splitlines() == [
        "document",
        "",
        "4 Vectorized backward pass",
        f"  ✓ verified    4.5    gradient    {LONG}",
        "  ✗ refuted     4.5*   gradient    a b",
        "",
        "6.4 The 4 gates",
        "  ✓ verified    6.4.x  gradient",
        "",
        "14 Others",
        "  ✗ refuted     14.1   gradient",
        "",
        "6 Optimization",
        "  ≔ definition  6.1    definition  x := y",
        "",
        "  · missing     none   missing",
        "",
        "6 of 6 rows",
    ]


SELECTIONS = [
    (["--verdict", "refuted"], ["4.5*", "14.1"]),
    (["--verdict", "verified"], ["4.5", "6.4.x"]),
    (["--verdict", "definition"], ["6.1"]),
    (["--verdict", "missing"], ["none"]),
    (["--section", "4"], ["4.5", "4.5*"]),
    (["--section", "6"], ["6.4.x", "6.1"]),
    (["--section", "6.4"], ["6.4.x"]),
    (["--section", "14"], ["14.1"]),
    (["--section", "VECTORIZED"], ["4.5", "4.5*"]),
    (["--section", "4 Vec"], ["4.5", "4.5*"]),
    (["--section", "gates"], ["6.4.x"]),
    (["--section", "4", "--verdict", "refuted"], ["4.5*"]),
    (["--section", "6", "--verdict", "missing"], []),
]


@pytest.mark.parametrize(("arguments", "labels"), SELECTIONS, ids=[" ".join(a) for a, _ in SELECTIONS])
def test_a_selection(folder, capsys, arguments, labels):
    assert listed(capsys, *arguments) == (labels, f"{len(labels)} of 6 rows")


BAD = {
    "verdict": (["--verdict", "wrong"], "'verified', 'refuted', 'definition', 'missing'"),
    "section number": (["--section", "5"], "no section of document matches '5'; they are: 4 Vectorized backward pass, "
                       "6.4 The 4 gates, 14 Others, 6 Optimization"),
    "section text": (["--section", "nothing"], "no section of document matches 'nothing'"),
    "empty section": (["--section", ""], "no section of document matches ''"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_mistyped_selection_lists_what_there_is(folder, capsys, name):
    arguments, message = BAD[name]
    assert run("list", "document.py", *arguments) == 2
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.out == ""


def test_a_document_without_sections(folder, capsys):
    write(folder, "vjp(of=jnp.sin, shapes={'x': 'n'}, label='one')(np.cos)\n")
    assert listed(capsys) == (["one"], "1 of 1 row")
    assert run("list", "document.py", "--section", "1") == 2
    assert "its rows are in no sections" in capsys.readouterr().err


def test_a_document_that_can_not_be_loaded(folder, capsys):
    assert run("list", "nowhere.py") == 2
    assert capsys.readouterr().err == "manual-bp: no file nowhere.py\n"
    (folder / "broken.py").write_text("def f(:\n")
    assert run("list", "broken.py") == 2
    assert "syntax error in line 1" in capsys.readouterr().err


def test_labels_and_equations_keep_to_their_line(folder, capsys):
    write(folder, r"""
for label in ("`a|b`", "[red]*x*[/]", "two\nlines", "\x1b[31mred", "界"):
    vjp(of=jnp.sin, shapes={"x": "n"}, label=label, equation="$$ [bold]y[/] \n\n \x1b[2J z", section="[link](x)\n")(np.cos)
""")
    assert run("list", "document.py") == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 10
    assert lines[3].split()[2:] == ["`a|b`", "vjp", "$$", "[bold]y[/]", "�[2J", "z"]
    assert lines[2] == "[link](x)"
    assert "two lines" in lines[5]
    assert "\x1b" not in "".join(lines)
    assert {line.index("vjp") + line.count("界") for line in lines[3:8]} == {lines[3].index("vjp")}


def test_on_a_terminal_lines_are_cut_at_its_width(folder):
    code, out = on_terminal(folder, 60, "list", "document.py")
    assert code == 0
    assert "\x1b[1m" in out, "bold labels"
    lines = uncoloured(out).splitlines()
    (long,) = [line for line in lines if " 4.5 " in line]
    assert len(long) == 60
    assert long.endswith("…")
    assert max(map(len, lines)) == 60


def test_what_the_document_prints_is_no_part_of_the_answer(folder):
    write(folder, ROWS + "print('noise')\nimport os\nos.write(1, b'more noise')\n")
    done = piped(folder, "list", "document.py", PYTHONIOENCODING="ascii")
    assert done.returncode == 0
    assert "noise" not in done.stdout
    assert "noise" in done.stderr
    assert "more noise" in done.stderr
    assert r"\u2717 refuted     4.5*" in done.stdout, "what ASCII lacks is spelt out"


def test_a_reader_that_goes_away_is_no_failure(folder):
    write(folder, ROWS + "for k in range(3000):\n    row(f'many{k}', 'Many')\n")
    process = subprocess.Popen(
        [*COMMAND, "list", "document.py"], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stderr is not None
    assert process.stdout.readline() == "document\n"
    process.stdout.close()
    error = process.stderr.read()
    process.stderr.close()
    assert (process.wait(timeout=60), error) == (0, "")


def test_the_notes_are_the_default(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run("list", "--section", "5", "--verdict", "refuted") == 0
    out = capsys.readouterr().out
    assert r"5.2Arecall" in out
    assert "5.2A " not in out
    assert not (tmp_path / "reports").exists()
