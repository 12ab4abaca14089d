"""The Markdown summary: for GitHub's step and for `--markdown`; it stays a table, whatever the texts hold, and small."""

import re

import pytest

from reports.markdown_summary import LIMIT, summary
from tests.test_github import NASTY, content, made, rows
from tests.thousand import thousand


def test_a_known_error_is_as_expected():
    known = made("known", expected="refuted", because="a misprint")
    text = summary([{**content("All as expected.", "A document", [known]), "passes": True}])
    assert "**✓ All as expected.**" in text
    assert [row[3] for row in rows(text)] == ["as expected: a misprint"]
    assert text.index("<details>") < text.index("| claim |"), "no table of unexpected claims"


def test_cells_keep_their_texts_and_their_number():
    text = summary([content(NASTY, NASTY, [made(NASTY, message=NASTY)])])
    assert len(rows(text)) == 2
    for row in rows(text):
        assert len(row) == 5
        assert row[0] == row[3] == " ".join(NASTY.replace("\ud800", "�").split())
    for mark in ("`", "*y*", "$", "@", "[z]", "<b>", "\\", "\n#1", "&lt"):
        assert mark not in text.replace("**", "")
    assert max(map(len, summary([content("", "", [made("l" * 10_000)])]).splitlines())) < 1000


@pytest.mark.parametrize("documents", [1, 3])
@pytest.mark.parametrize("limit", [6_000, 20_000, 50_000])
def test_a_long_summary_is_cut_by_whole_rows(limit, documents):
    many = [made(f"claim {k} ∂", "verified" if k % 3 else "refuted") for k in range(500)]
    unexpected = [result for result in many if not result.as_expected]
    text = summary([content("Some.", "A document", many)] * documents, limit)
    assert limit - 500 * documents < len(text.encode()) <= limit
    assert text.count("**✗ Some.**") == documents
    left_out = [int(n) for n in re.findall(r"^(\d+) rows? left out", text, re.M)]
    assert sum(left_out) + len(rows(text)) == documents * (len(unexpected) + len(many))
    assert rows(text)[0][0] == "claim 0 ∂"
    assert text.endswith("</details>\n\n")


def test_nothing_is_left_out_without_need():
    many = [made(f"claim {k}") for k in range(100)]
    assert "left out" not in summary([content("Some.", "A document", many)])


def test_any_results_make_a_table_that_github_takes():
    text = summary([thousand()] * 8)
    assert len(text.encode("utf-8", "backslashreplace")) <= LIMIT == 1024 * 1024
    assert "left out" in text
    assert all(len(row) == 5 for row in rows(text))
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f]", text)
