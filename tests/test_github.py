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


def content(conclusion, document, found):
    """What the summary needs of a results file."""
    return {"document": document, "conclusion": conclusion, "passes": False, "claims": [one.to_json() for one in found]}


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
    github.report(content("1 of 2 statements hold.", "A document", found), found)
    out, err = capsys.readouterr()
    (line,) = out.splitlines()
    place, message = re.fullmatch("::error (.*?)::(.*)", line).groups()
    assert place == "file=paper/document.py,line=8,title=bad%3A refuted%2C expected verified"
    assert "dx[0] is 1 by hand, 2 by autodiff%0A" in message
    assert "dx by autodiff [2.]%0A" in message
    assert err == ""
    text = actions.read_text()
    assert text.startswith("before\n### A document\n\n**✗ 1 of 2 statements hold.**\n\n| claim |")
    unexpected, *both = [(label, verdict) for label, verdict, *_ in rows(text)]
    assert unexpected == ("bad", "✗ refuted")
    assert both == [("good", "✓ verified"), ("bad", "✗ refuted")]
    assert rows(text)[0][2:] == ["verified", "dx: it differs; dx[0] is 1 by hand, 2 by autodiff", "document.py:8"]
    assert text.index("<details>") < text.index("good") < text.index("</details>")


def test_elsewhere_nothing_is_reported(actions, monkeypatch, capsys):
    monkeypatch.setenv("GITHUB_ACTIONS", "false")
    github.report(content("Nothing.", "A document", [made()]), [made()])
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


def test_a_known_error_is_not_annotated():
    assert github.annotate([made("known", expected="refuted", because="a misprint")]) == []


def test_the_limit_is_the_step_s(actions, monkeypatch):
    monkeypatch.setattr(github, "LIMIT", 30_000)
    many = [made(f"claim {k}") for k in range(100)]
    for _ in range(3):
        github.report(content("Some.", "A document", many), many)
    assert 29_000 < actions.stat().st_size < 31_000
    assert actions.read_text().count("### A document") == 3


@pytest.mark.parametrize("place", ["missing/summary.md", ".", "a\0b"])
def test_a_summary_that_cannot_be_written_is_a_warning(actions, monkeypatch, capsys, place):
    monkeypatch.setattr(github.os, "environ", {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": place})
    github.report(content("None.", "A document", [made()]), [made()])
    out, err = capsys.readouterr()
    assert out.startswith("::error ")
    assert err.startswith(f"manual-bp: can't write the summary {place}: ")


def test_without_a_summary_file_there_are_annotations_alone(actions, monkeypatch, capsys):
    monkeypatch.delenv("GITHUB_STEP_SUMMARY")
    github.report(content("None.", "A document", [made()]), [made()])
    assert capsys.readouterr().out.startswith("::error ")


def test_texts_that_cannot_be_encoded_are_written(actions, capsys):
    github.report(content("\ud800", "\ud800", [made("\ud800")]), [made("\ud800")])
    assert "�" in actions.read_text()
    assert "\\ud800" in capsys.readouterr().out
