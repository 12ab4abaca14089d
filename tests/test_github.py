"""What GitHub Actions gets: annotations and a summary, whatever the texts hold."""

import html
import re

import pytest

from tests.documents import results
from verify import github
from verify.results import Result

NASTY = "100% | <b>`x`</b> a\\|b $x$ *y* [z](u) @me #1\r\n::error::no, really: \ud800"
BODY = """
gradient(of=lambda x: jnp.sum(x ** 2), shapes={'x': 'n'}, label='good')(lambda x: 2 * x)
gradient(of=lambda x: jnp.sum(x ** 2), shapes={'x': 'n'}, label='bad')(lambda x: x)
"""


def made(label="a", verdict="refuted", expected="verified", message="it differs", **more):
    source = {"file": "paper/appendix.py", "line": 7}
    return Result(label, label, "", "vjp", "", {}, "", source, expected, verdict=verdict, message=message, **more)


def cells(row):
    """A table row as GitHub reads it: split at the bars, tags dropped, entities resolved."""
    return [html.unescape(re.sub("</?code>", "", cell)).strip() for cell in row.strip().strip("|").split("|")]


def rows(markdown):
    return [cells(line) for line in markdown.splitlines() if line.startswith("| ") and not line.startswith("| claim")]


@pytest.fixture
def actions(tmp_path, monkeypatch):
    """A run of GitHub Actions that stands in a folder of the workspace; returns the summary's file."""
    (tmp_path / "paper").mkdir()
    monkeypatch.chdir(tmp_path / "paper")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    return tmp_path / "summary.md"


def test_a_run_annotates_the_unexpected_claim_and_appends_to_the_summary(actions, capsys):
    found = [*results(actions.parent / "paper", BODY, examples=20).values()]
    actions.write_text("before\n")
    github.report("1 of 2 statements hold.", "A document", found)
    out, err = capsys.readouterr()
    (line,) = out.splitlines()
    place, message = re.fullmatch("::error (.*?)::(.*)", line).groups()
    assert place == "file=paper/document.py,line=8,title=bad%3A refuted%2C expected verified"
    assert "dx[0] is 1 by hand, 2 by autodiff%0A" in message
    assert "dx by autodiff [2.]%0A" in message
    assert err == ""
    text = actions.read_text()
    assert text.startswith("before\n### A document\n\n**1 of 2 statements hold.**\n\n| claim |")
    unexpected, *both = [(label, verdict) for label, verdict, *_ in rows(text)]
    assert unexpected == ("bad", "✗ refuted")
    assert both == [("good", "✓ verified"), ("bad", "✗ refuted")]
    assert rows(text)[0][2:] == ["verified", "dx: it differs; dx[0] is 1 by hand, 2 by autodiff", "document.py:8"]
    assert text.index("<details>") < text.index("good") < text.index("</details>")


def test_elsewhere_nothing_is_reported(actions, monkeypatch, capsys):
    monkeypatch.setenv("GITHUB_ACTIONS", "false")
    github.report("Nothing.", "A document", [made()])
    assert capsys.readouterr() == ("", "")
    assert not actions.exists()


def test_annotations_are_escaped():
    label = "a:b,c%"
    (line,) = github.annotate([made(label, message=NASTY), made("fine", "verified")])
    assert line.startswith("::error file=paper/appendix.py,line=7,title=a%3Ab%2Cc%25%3A refuted%2C expected verified::")
    assert "100%25 | <b>" in line
    assert "#1%0D%0A::error::no, really: " in line
    assert not re.search("[\r\n]", line)


def test_an_annotation_names_a_statement_that_should_have_failed():
    (line,) = github.annotate([made("m", "verified", "refuted", "all agree", because="a sign")])
    assert "title=m%3A verified%2C expected refuted::" in line
    assert "because a sign" in line


def test_a_known_error_is_as_expected():
    known = made("known", expected="refuted", because="a misprint")
    assert github.annotate([known]) == []
    text = github.summarise("All as expected.", "A document", [known])
    assert [row[3] for row in rows(text)] == ["as expected: a misprint"]
    assert text.index("<details>") < text.index("| claim |"), "no table of unexpected claims"


def test_cells_keep_their_texts_and_their_number():
    text = github.summarise(NASTY, NASTY, [made(NASTY, message=NASTY)])
    assert len(rows(text)) == 2
    for row in rows(text):
        assert len(row) == 5
        assert row[0] == row[3] == " ".join(NASTY.split())
    for mark in ("`", "*y*", "$", "@", "[z]", "<b>", "\\", "\n#1", "&lt"):
        assert mark not in text.replace("**", "")
    assert max(map(len, github.summarise("", "", [made("l" * 10_000)]).splitlines())) < 1000


@pytest.mark.parametrize("limit", [3_000, 20_000, 50_000])
def test_a_long_summary_is_cut_by_whole_rows(limit):
    many = [made(f"claim {k} ∂", "verified" if k % 3 else "refuted") for k in range(500)]
    unexpected = [result for result in many if not result.as_expected]
    text = github.summarise("Some.", "A document", many, limit)
    assert limit - 500 < len(text.encode()) <= limit
    left_out = [int(n) for n in re.findall(r"^(\d+) rows? left out", text, re.M)]
    assert sum(left_out) + len(rows(text)) == len(unexpected) + len(many)
    assert rows(text)[0][0] == "claim 0 ∂"
    assert text.endswith("</details>\n\n")


def test_nothing_is_left_out_without_need():
    many = [made(f"claim {k}") for k in range(100)]
    assert "left out" not in github.summarise("Some.", "A document", many)


def test_the_limit_is_the_step_s(actions, monkeypatch):
    monkeypatch.setattr(github, "LIMIT", 30_000)
    many = [made(f"claim {k}") for k in range(100)]
    for _ in range(3):
        github.report("Some.", "A document", many)
    assert 29_000 < actions.stat().st_size < 31_000
    assert actions.read_text().count("### A document") == 3


@pytest.mark.parametrize("place", ["missing/summary.md", ".", "a\0b"])
def test_a_summary_that_cannot_be_written_is_a_warning(actions, monkeypatch, capsys, place):
    monkeypatch.setattr(github.os, "environ", {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": place})
    github.report("None.", "A document", [made()])
    out, err = capsys.readouterr()
    assert out.startswith("::error ")
    assert err.startswith(f"manual-bp: can't write the summary {place}: ")


def test_without_a_summary_file_there_are_annotations_alone(actions, monkeypatch, capsys):
    monkeypatch.delenv("GITHUB_STEP_SUMMARY")
    github.report("None.", "A document", [made()])
    assert capsys.readouterr().out.startswith("::error ")


def test_texts_that_cannot_be_encoded_are_written(actions, capsys):
    github.report("\ud800", "\ud800", [made("\ud800")])
    assert "\\ud800" in actions.read_text()
    assert "\\ud800" in capsys.readouterr().out
