"""`manual-bp errata`, and the same in the HTML report: what is printed, what is not, and where its numbers come from."""

import json
import re

import pytest

from reports.errata import select
from reports.html import render
from reports.markdown import code, errata_markdown, escaped, table, tex
from tests.documents import loaded, run, write
from tests.terminal import on_terminal, piped

ROWS = r'''
from verify import definition, measurement, missing, runs, statistic

def total(X):
    return jnp.sum(X**2)

def never(X):
    raise RuntimeError("not needed, hence never checked")

ONE, TWO = "1 First", "2 Second | `section`"
gradient(of=total, shapes={"X": "n m"}, label="1.1", section=ONE, equation=r"dX = X_1 * X_2 | \\ \mid", expect="refuted",
         because="E1: the factor 2 | is *missing*", counterexample={"X": [[1.5, -4.0]]}, corrected_by="1.1*")(lambda X: X)
gradient(of=total, shapes={"X": "n m"}, label="1.1*", section=ONE, equation="dX = 2 X")(lambda X: 2 * X)
gradient(of=total, shapes={"X": "n m"}, label="unneeded", section=ONE)(never)

@runs(label="1.1@np", section=ONE, expect="refuted", because="E1: misspelt")
def as_printed():
    return np.sum(np.ones((2, 3)), axis=1, keepdim=True)

identity(of=lambda X: X.T, shapes={"X": "n m"}, label="2.1", section=TWO, expect="refuted", because="E2: not transposed",
         counterexample={"X": [[1.0, 2.0, 3.0]]})(lambda X: X)
identity(of=lambda X: X + X, shapes={"X": "n m"}, label="2.2", section=TWO, equation="2X")(lambda X: 2 * X)
identity(of=lambda X: X + X, shapes={"X": "n m"}, label="2.2@other", section=TWO, equation="X^2", expect="refuted",
         because="2 is no exponent", counterexample={"X": [[3.0]]})(lambda X: X * X)
missing(label="2.3", because="the start", section=TWO)
identity(of=lambda X: jnp.zeros(3), shapes={"X": "n m"}, label="2.3@ours", section=TWO, equation="b = 0")(lambda X: np.zeros(3))
measurement(equals=lambda k: 2.0**k, within=1e-9, domains={"k": (1, 10)}, label="2.4", section=TWO, because="E4: an edge")(
    lambda k=1: 2.0**k)
definition(label="2.5", because="E5 (C1): a convention", equation="x := y", section=TWO)
'''


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def errata(*arguments):
    return run("errata", "document.py", "--jobs", "0", "--examples", "20", *arguments)


@pytest.fixture(scope="module")
def checked(tmp_path_factory):
    """The results file of all rows; one of them is not as expected."""
    folder = tmp_path_factory.mktemp("checked")
    write(folder, ROWS)
    assert run("verify", str(folder / "document.py"), "--examples", "20", "--json", str(folder / "it.json"),
               "--html", str(folder / "it.html")) == 1
    return folder / "it.json"


@pytest.fixture
def results(checked):
    """Its content, to be changed at will."""
    return loaded(checked)


def labelled(claims):
    return [claim["label"] for claim in claims]


# -- what is chosen ----------------------------------------------------------------------------------------------------


def test_the_selection_in_document_order(results):
    found = select(results)
    assert [(e.number, [w.claim["label"] for w in e.rows]) for e in found.errata] == [("E1", ["1.1", "1.1@np"]), ("E2", ["2.1"])]
    assert [(w.claim["label"], w.right["label"]) for w in found.readings] == [("2.2@other", "2.2")]
    assert [(c["label"], labelled(ours)) for c, ours in found.left_out] == [("2.3", ["2.3@ours"])]
    assert labelled(found.conditions) == ["2.4", "2.5"]
    assert labelled(found.unexpected) == ["unneeded"]


def test_rows_share_an_erratum_only_where_they_follow_each_other(results):
    known = next(claim for claim in results["claims"] if claim["label"] == "1.1")
    becauses = ["E1: a", "E1: b", "E12: c", "E1: d", "no number", "no number", "E1b: e", "E1b (C2): f", "E3 without a colon"]
    claims = [{**known, "label": f"r{k}", "because": because} for k, because in enumerate(becauses)]
    found = select({**results, "claims": claims}).errata
    assert [(e.number, len(e.rows)) for e in found] == [
        ("E1", 2), ("E12", 1), ("E1", 1), ("", 1), ("", 1), ("E1b", 2), ("", 1)
    ]


# -- the Markdown ------------------------------------------------------------------------------------------------------


def test_the_whole_text(folder, capsys):
    write(folder, ROWS)
    assert errata() == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    out = captured.out
    assert [line for line in out.splitlines() if line.startswith("#")] == [
        "# Errata: document",
        "## Errata", "### 1. `1.1`, `1.1@np` (1 First)", "#### `1.1`", "#### `1.1@np`", r"### 2. `2.1` (2 Second \| \`section\`)",
        "## Ambiguous, and the reading that holds", r"### `2.2@other` (2 Second \| \`section\`)",
        "## Left out", "## Conditions and conventions",
    ]
    assert "2 errata, 1 ambiguous reading, 1 part left out, 2 conditions and conventions." in out
    assert "unneeded" not in out
    first = out.split("#### `1.1`")[1].split("####")[0]
    assert "\n$$\ndX = X_1 * X_2 | \\\\ \\mid\n$$\n" in first, "the equation verbatim"
    assert r"**Why it is wrong.** E1: the factor 2 \| is \*missing\*." in first
    assert re.search(r"\*\*Correct\*\*: `1\.1\*`, certified: .*\n\n\$\$\ndX = 2 X\n\$\$", first)
    assert "**Counterexample**\n\n```text\nX = [[1.5, -4]]\n```\n\n" in first
    assert "| dX[0, 0] | 1.5 | 3 | -1.5 |\n| dX[0, 1] | -4 | -8 | 4 |\n" in first
    assert "**Smallest counterexample found**\n\n```text\nX = [[" in first


def test_what_has_no_numbers_is_told(folder, capsys):
    write(folder, ROWS)
    errata()
    out = capsys.readouterr().out
    ran = out.split("#### `1.1@np`")[1].split("### 2.")[0]
    assert "```python\ndef as_printed():\n    return np.sum(" in ran, "code without an equation, nor its decorator"
    assert "**When run**: it raised TypeError: sum() got an unexpected keyword argument 'keepdim'" in ran
    shape = out.split("### 2. ")[1].split("## Ambiguous")[0]
    assert "**Counterexample**: " in shape
    assert "returned value with shape (1, 3); expected (3, 1)" in shape
    assert "X = [[1, 2, 3]]" in shape


def test_readings_missing_parts_and_conditions(folder, capsys):
    write(folder, ROWS)
    errata()
    out = capsys.readouterr().out
    reading = out.split("## Ambiguous")[1].split("## Left out")[0]
    assert re.search(r"\*\*The reading that holds\*\*: `2\.2`, certified.*\n\n\$\$\n2X\n\$\$", reading)
    assert "| entry | read so | should be | difference |\n| --- | ---: | ---: | ---: |\n| value[0, 0] | 9 | 6 | 3 |" in reading
    left_out = out.split("## Left out")[1].split("## Conditions")[0]
    assert "- `2.3` (2 Second" in left_out
    assert re.search(r"the start\.\n\n  What we fill in: `2\.3@ours`, certified.*\n\n  \$\$\n  b = 0\n  \$\$", left_out)
    conditions = out.split("## Conditions and conventions")[1]
    assert "  | k = 1 | 2 | 2 | 1e-09 |\n  | k = 10 | 1024 | 1024 | 1e-09 |\n" in conditions
    assert "E5 (C1): a convention\n\n  $$\n  x := y\n  $$\n" in conditions


def test_the_numbers_are_computed(folder, capsys):
    """The pinned input doubled: its two sides and their difference are doubled, as nothing else tells them."""
    numbers = []
    for pin in ("[[1.5, -4.0]]", "[[3.0, -8.0]]"):
        write(folder, ROWS.replace("[[1.5, -4.0]]", pin))
        assert errata() == 0
        first = capsys.readouterr().out.split("#### `1.1`")[1]
        rows = re.findall(r"^\| dX\[0, (\d)\] \| (.*) \| (.*) \| (.*) \|$", first.split("**Smallest")[0], re.M)
        numbers.append([[float(x) for x in row] for row in rows])
    assert numbers[0] == [[0, 1.5, 3, -1.5], [1, -4, -8, 4]]
    assert numbers[1] == [[k, *(2 * x for x in row)] for k, *row in numbers[0]]
    write(folder, ROWS.replace("lambda k=1: 2.0**k", "lambda k=1: 2.0**k + 1e-10").replace("(1, 10)", "(2, 10)"))
    errata()
    assert "  | k = 2 | 4 | 4 | 1e-09 |" in capsys.readouterr().out


def test_an_error_that_is_none_is_not_printed(folder, capsys):
    write(folder, ROWS.replace("(lambda X: X)\ngradient", "(lambda X: 2 * X)\ngradient").replace(
        "counterexample={\"X\": [[1.5, -4.0]]}, ", ""))
    assert errata() == 1
    captured = capsys.readouterr()
    assert "### 1. `1.1@np` (1 First)" in captured.out
    assert "dX = X_1" not in captured.out
    assert "## Not as expected\n\n- `1.1` is certified, expected refuted: " in captured.out
    assert "manual-bp: 1.1 is certified, expected refuted" in captured.err


def test_a_correction_that_does_not_hold_is_told(folder, capsys):
    write(folder, ROWS.replace("(lambda X: 2 * X)\ngradient", "(lambda X: 3 * X)\ngradient"))
    assert errata() == 1
    captured = capsys.readouterr()
    assert "**Correct**: `1.1*`, refuted: dX: " in captured.out
    assert "manual-bp: 1.1* is refuted, expected verified" in captured.err


def test_without_errata(folder, capsys):
    write(folder, "vjp(of=jnp.sin, shapes={'x': 'n'}, label='fine')(lambda dy, x: dy * np.cos(x))\n")
    assert errata() == 0
    out = capsys.readouterr().out
    assert out.startswith("# Errata: document\n")
    assert out.endswith("\n\nNo errata.\n")
    assert out.count("#") == 1


def test_without_claims_nothing_is_checked(folder, capsys):
    write(folder, "x = 1\n")
    assert errata() == 5
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "nothing is claimed" in captured.err


# -- files, processes, streams -----------------------------------------------------------------------------------------


def test_from_a_results_file(folder, checked, results, capsys):
    capsys.readouterr()
    assert run("errata", "--results", str(checked)) == 1, "one row is not as expected"
    captured = capsys.readouterr()
    assert "| dX[0, 0] | 1.5 | 3 | -1.5 |" in captured.out
    assert "- `unneeded` is refuted, expected verified: " in captured.out
    assert "manual-bp: unneeded is" in captured.err
    results["claims"] = [claim for claim in results["claims"] if claim["label"] not in ("unneeded", "1.1*")]
    (folder / "part.json").write_text(json.dumps(results))
    assert run("errata", "--results", "part.json") == 0
    assert "**Correct**: `1.1*`, which is not among these results." in capsys.readouterr().out


def test_results_of_another_state_are_refused(folder, checked, capsys):
    write(folder, ROWS)
    assert errata("--results", str(checked)) == 1
    write(folder, ROWS + "# changed\n")
    capsys.readouterr()
    assert errata("--results", str(checked)) == 2
    captured = capsys.readouterr()
    assert "it.json is of another document, or of an earlier state of document.py" in captured.err
    assert captured.out == ""


BAD = {
    "no results": (["--results", "none.json"], "can't read the results file none.json: there is no such file"),
    "no JSON": (["--results", "document.py"], "document.py is no results file: it is not JSON"),
    "to a folder": (["-o", "sub"], "sub is a folder; name a file"),
    "under a file": (["-o", "document.py/errata.md"], "can't write to document.py: "),
    "timeout 0": (["--timeout", "0"], "0 is no positive number of seconds"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_usage(folder, capsys, name):
    write(folder, ROWS)
    (folder / "sub").mkdir()
    arguments, message = BAD[name]
    assert errata(*arguments) == 2
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.out == ""


def test_to_a_file(folder, capsys):
    write(folder, ROWS)
    assert errata("-o", "to/errata.md") == 0
    assert capsys.readouterr().out == (
        "to/errata.md: 2 errata, 1 ambiguous reading, 1 part left out, 2 conditions and conventions.\n"
    )
    text = (folder / "to/errata.md").read_text()
    assert errata() == 0
    assert capsys.readouterr().out == text
    assert not list(folder.rglob("*.part"))
    assert [path.name for path in (folder / "to").iterdir()] == ["errata.md"]


def test_piped_the_answer_is_alone_on_stdout(folder):
    noisy = ROWS.replace("def total(X):\n", "import os\nos.write(1, b'raw\\n')\ndef total(X):\n    print('noise')\n")
    write(folder, noisy)
    done = piped(folder, "errata", "document.py", "--examples", "10", "--jobs", "2")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("# Errata: document\n")
    assert "noise" not in done.stdout
    assert "raw" not in done.stdout
    assert "noise" in done.stderr
    assert "1.1" not in done.stderr, "no progress where there is no terminal"


def test_on_a_terminal_progress_is_shown(folder):
    write(folder, ROWS)
    code, out = on_terminal(folder, 80, "errata", "document.py", "--examples", "10", "--jobs", "1", "-o", "errata.md")
    assert code == 0
    assert "10/10" in out
    assert out.splitlines()[-1].endswith("errata.md: 2 errata, 1 ambiguous reading, 1 part left out, 2 conditions and conventions.")


# -- hostile text ------------------------------------------------------------------------------------------------------


def test_escaped():
    assert escaped("a_b *c* `d` <e> $f$ |g| ~h~ \\i") == r"a\_b \*c\* \`d\` \<e> \$f\$ \|g\| \~h\~ \\i"
    assert escaped("W[l+1] and [1, 2]") == "W[l+1] and [1, 2]"
    assert escaped("[a](b)") == r"\[a\](b)"
    assert escaped("[a]: b") == r"\[a\]: b"
    assert escaped("&amp; & &#60;") == "&amp;amp; & &amp;#60;"
    assert escaped(" two\nlines ") == "two lines"


def test_code_and_equations_that_would_end_too_soon():
    assert code("4.5*") == "`4.5*`"
    assert code("a`b") == "``a`b``"
    assert code("``a") == "``` ``a ```"
    assert tex("a | b_1 * c") == "$$\na | b_1 * c\n$$"
    assert tex("a $$ ``` b") == "````tex\na $$ ``` b\n````"
    assert tex("a\n\nb") == "```tex\na\n\nb\n```"


def test_a_tables_cells_keep_to_their_row():
    text = table(("a|b", "c"), [("`x|y`\nz", "|"), ("\\|", "1")])
    rows = [re.split(r"(?<!\\)(?:\\\\)*\|", line) for line in text.splitlines()]
    assert {len(row) for row in rows} == {4}


HOSTILE = "</pre><script>alert(1)</script> | ``` `x` *y* [z](w) $$ \n# heading"


@pytest.mark.parametrize("field", ["label", "because", "section", "equation", "code", "message", "name"])
def test_hostile_fields(results, field):
    for claim in results["claims"]:
        claim[field] = HOSTILE + claim["label"]
    text = errata_markdown(results, select(results))
    plain = re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", text, flags=re.S)  # without code
    assert "<script" not in plain.replace("\\<", "")
    assert not re.search(r"^# heading", plain, re.M)
    page = render(results)
    assert "<script" not in page
    assert page.count("id=errata-list>") == 1


# -- the report --------------------------------------------------------------------------------------------------------


def test_the_report_has_the_errata_after_the_table(results):
    page = render(results)
    start, end = page.index("<section class=errata"), page.index('<article')
    assert page.index("</table>") < start < page.index("<article")
    tex = re.sub(r"(?s)<math.*?</math>", "FORMULA", page[start:end])
    section = " ".join(re.sub(r"<[^>]*>", " ", tex).split())
    for part in (
        "Printed: 1.1 FORMULA Correct: 1.1* ✓ certified FORMULA E1: the factor 2 | is *missing*.",
        "X = [[1.5, -4]]", "dX[0, 0] 1.5 3", "[0, 1] -4 -8 4",
        "2.2@other : 2 is no exponent. Right is 2.2 .", "2.3 : the start. Filled in by 2.3@ours .",
    ):
        assert part in section, part
    assert "href=#1.1>" in page[start:end]


def test_a_report_without_errata_has_no_such_section(results):
    fine = [claim for claim in results["claims"] if claim["verdict"] == "certified"]
    assert "id=errata-list>" not in render({**results, "claims": fine})


def test_a_condition_under_which_a_statement_fails_is_no_erratum(results):
    (wrong,) = [claim for claim in results["claims"] if claim["label"] == "1.1"]
    limit = {**wrong, "label": "1.1@wide", "because": "E9: under a condition"}
    with_limit = {**results, "claims": [*results["claims"], limit]}
    found = select(with_limit)
    assert [row.claim["label"] for one in found.limits for row in one.rows] == ["1.1@wide"]
    assert [one.rows for one in found.errata] == [one.rows for one in select(results).errata]
    text = errata_markdown(with_limit, found)
    assert "1 condition under which a statement fails" in text
    assert "`1.1@wide`" in text.split("## Where a statement does not hold")[1].split("\n## ")[0]
    assert "Where a statement does not hold" in render(with_limit)
