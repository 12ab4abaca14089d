"""The HTML report: self-contained, escaped, readable, and the same for the same results."""

import copy
import re
from html.parser import HTMLParser

import pytest

from reports import views
from reports.arrays import array_text
from reports.cards import percent
from reports.html import render, render_many
from reports.slugs import slug
from tests.documents import loaded, run, write
from verify.settings import EXAMPLES, NOTES, TRIALS

HOSTILE = "</pre></style><script>alert(1)</script><img src=x onerror=alert(1)> ]]> \" ' & {{ 7*7 }} {% raw %}"


@pytest.fixture
def results(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(tmp_path, """
gradient(of=lambda x: jnp.sum(x ** 2), shapes={'x': 'n'}, label='good', equation='dx = 2x')(lambda x: 2 * x)
gradient(of=lambda x: jnp.sum(x ** 2), shapes={'x': 'n'}, label='bad')(lambda x: x)
gradient(of=lambda x: jnp.sum(x ** 2), shapes={'x': 'n'}, label='known', expect='refuted', because='no 2',
         corrected_by='good')(lambda x: x)
""")
    run("verify", "document.py", "--examples", "10")
    return loaded(tmp_path / "reports/out/document.json")


class Page(HTMLParser):
    """Tags, attributes and text of a page; unbalanced tags are an error."""

    IMPLIED = frozenset({"td", "th", "tr", "thead", "tbody", "tfoot", "li", "p", "dt", "dd"})  # their end tags may be left out
    VOID = frozenset({"meta", "br", "link", "img", "hr"})

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.texts, self.open = [], [], [], []
        self.feed(text)
        assert not self.open, self.open

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += [(tag, *pair) for pair in attributes]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += [(tag, *pair) for pair in attributes]

    def handle_endtag(self, tag):
        while self.open[-1] in self.IMPLIED and self.open[-1] != tag:
            self.open.pop()
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)


def test_contents(results):
    page = Page(render(results))
    text = " ".join(" ".join(page.texts).split())
    assert "1 of 3 statements hold" in text
    for expected in ("Smallest counterexample found", "x = [1]", "dx = 2x", "refuted, not as expected (expected verified)", "no 2"):
        assert expected in text, expected
    assert text.index("bad") < text.index("good"), "unexpected rows come first"
    identifiers = [value for _, name, value in page.attributes if name == "id"]
    assert len(set(identifiers)) == len(identifiers)
    assert render({**results, "claims": results["claims"][2:]}).count("good</a>") == 0, "a link to a row that is not there"
    links = [value for tag, name, value in page.attributes if tag == "a" and name == "href"]
    assert links
    assert {link.removeprefix("#") for link in links} <= set(identifiers)


def test_self_contained(results):
    page = Page(render(results))
    assert not {"script", "img", "link", "iframe", "object"} & set(page.tags)
    assert not [a for a in page.attributes if a[1] == "src" or a[1].startswith("on")]
    policy = [value for tag, name, value in page.attributes if tag == "meta" and name == "content"]
    assert any("default-src 'none'" in value for value in policy)


@pytest.mark.parametrize("field", ["label", "name", "equation", "code", "message", "because", "section"])
def test_hostile_text_stays_text(results, field):
    hostile = copy.deepcopy(results)
    hostile["claims"][0][field] = HOSTILE
    hostile["document"] = HOSTILE
    page = Page(render(hostile))
    assert not {"script", "img"} & set(page.tags)
    assert HOSTILE in "".join(page.texts)


def test_hostile_inputs_stay_text(results):
    hostile = copy.deepcopy(results)
    hostile["claims"][1]["counterexample"]["inputs"] = {HOSTILE: HOSTILE, "list": [HOSTILE]}
    hostile["claims"][1]["counterexample"]["outputs"][0]["name"] = HOSTILE
    hostile["claims"][1]["notes"] = [HOSTILE * 2000]
    assert not {"script", "img"} & set(Page(render(hostile)).tags)


def test_nothing_that_varies_is_rendered(results):
    other = copy.deepcopy(results)
    other["provenance"] |= {"seconds": 99.0, "commit": "abc", "platform": "elsewhere"}
    for claim in other["claims"]:
        claim["seconds"] = 9.0
    assert render(other) == render(results)


def test_percent():
    assert [percent(x) for x in (None, 0.0, 0.123, 1.0, 3e6, float("inf"))] == ["", "0", "12 %", "100 %", "3e+06 ×", "∞"]


def test_slugs_are_one_to_one():
    labels = ["2.tanh'", "x" * 100, "x" * 101, "5.B2*", "5.B2", "a b", "a_b", "a.b", "é", "2.leaky'@eps>1"]
    assert len({slug(label) for label in labels}) == len(labels)
    assert all(re.fullmatch("[A-Za-z0-9_.@*-]+", slug(label)) for label in labels)


def test_array_text():
    assert array_text({"shape": [2], "dtype": "float64", "data": [1.5, "nan"]}) == "[1.5, nan]"
    assert array_text({"shape": [100], "dtype": "float64", "data": [0] * 100}) == "float64 array of shape 100"
    assert array_text({"a": [1, "b"]}) == "{a: [1, b]}"


def test_the_command_leaves_out_the_document_that_is_the_default(results):
    assert (views.NOTES, views.EXAMPLES, views.TRIALS) == (NOTES, EXAMPLES, TRIALS)
    for target, command in ((NOTES, "manual-bp verify"), ("", "manual-bp verify"), ("a b.py", "manual-bp verify 'a b.py'")):
        provenance = {**results["provenance"], "target": target, "examples": views.EXAMPLES}
        assert views.view({**results, "provenance": provenance}).command == command


def test_what_is_as_expected_is_headed_where_something_is_not(results):
    page = render(results)
    assert page.index("Not as expected<") < page.index("As expected<") < page.index("<article")
    fine = [claim for claim in results["claims"] if claim["verdict"] == claim["expected"]]
    assert "As expected<" not in render({**results, "claims": fine})


PROVED = "What is proved, and what is not"


def test_what_is_proved_is_said_where_something_is_certified(results):
    assert [claim["verdict"] for claim in results["claims"]] == ["certified", "refuted", "refuted"]
    page = Page(render(results))
    text = " ".join(" ".join(page.texts).split())
    for part in (PROVED, "Verified : on every input tried", "Certified : besides", "Not proved : shapes, and values such as a mode, that were not tried"):
        assert text.count(part) == 1, part
    assert ("section", "aria-labelledby", "proved-parts") in page.attributes
    assert page.attributes.count(("h2", "id", "proved-parts")) == 1
    assert page.attributes.count(("a", "href", "#proved-parts")) == 1


def test_what_is_proved_is_not_said_where_nothing_is_certified(results):
    without = copy.deepcopy(results)
    without["claims"][0] |= {"verdict": "verified", "certificate": {"certified": False, "why": "no exact form"}}
    page = render(without)
    assert "Not certified: no exact form." in page
    assert PROVED not in page
    assert "proved-parts" not in page


def test_each_document_on_a_page_says_what_is_proved_of_it(results):
    without = copy.deepcopy(results)
    without["claims"] = without["claims"][1:]
    page = Page(render_many([results, without, results]))
    identifiers = [value for _, name, value in page.attributes if name == "id"]
    assert [identifier for identifier in identifiers if "proved" in identifier] == ["d1-proved-parts", "d3-proved-parts"]
    assert {value for _, name, value in page.attributes if name == "href" and "proved" in value} == {
        "#d1-proved-parts", "#d3-proved-parts"
    }


def test_hostile_certificates_stay_text(results):
    hostile = copy.deepcopy(results)
    hostile["claims"][0]["certificate"]["opaque"] = [HOSTILE, "\x00\x1b"]
    hostile["claims"][1]["arbiter"] = HOSTILE
    hostile["claims"].append({
        **hostile["claims"][0], "label": "other", "verdict": "verified", "certificate": {"certified": False, "why": HOSTILE},
    })
    html = render(hostile)
    page = Page(html)
    assert not {"script", "img"} & set(page.tags)
    assert "".join(page.texts).count(HOSTILE) == 3
    assert not {"\x00", "\x1b"} & set(html)
