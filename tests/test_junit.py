"""JUnit XML as CI systems read it: what Jenkins' schema allows, with every row's outcome, whatever the texts hold."""

import re
from xml.etree import ElementTree

import pytest

from reports.junit import junit
from tests.documents import loaded, run, write
from tests.thousand import HOSTILE, thousand

# By element: the attributes that must be there, those that may be, the elements inside in their order. After
# junit-10.xsd of Jenkins' xUnit plugin, which pytest too is held against, and narrower where others are (order, time).
RULES = {
    "testsuites": ({"name", "tests", "failures", "errors", "time"}, set(), ["testsuite"]),
    "testsuite": (
        {"name", "tests", "failures", "errors", "skipped", "time"}, set(), ["properties", "testcase", "system-out"]
    ),
    "properties": (set(), set(), ["property"]),
    "property": ({"name", "value"}, set(), []),
    "testcase": ({"name", "classname", "time"}, set(), ["skipped", "error", "failure"]),
    "skipped": ({"type", "message"}, set(), []),
    "error": ({"type", "message"}, set(), []),
    "failure": ({"type", "message"}, set(), []),
    "system-out": (set(), set(), []),
}


def parsed(text):
    """The document, checked: elements, attributes, times, and counts that are what is there."""
    assert text.startswith('<?xml version="1.0" encoding="UTF-8"?>\n')
    top = ElementTree.fromstring(text.encode("utf-8"))
    assert top.tag == "testsuites"
    for element in top.iter():
        must, may, inside = RULES[element.tag]
        assert must <= set(element.attrib) <= must | may
        order = [inside.index(child.tag) for child in element]
        assert order == sorted(order)
        assert re.fullmatch(r"\d+\.\d{3}", element.get("time", "0.000"))
        if element.tag == "testcase":
            assert len(element) <= 1
    for suite in (top, *top):
        assert int(suite.get("tests")) == len(list(suite.iter("testcase")))
        for count, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert int(suite.get(count, len(list(suite.iter(tag))))) == len(list(suite.iter(tag)))
    return top


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The XML and the results of a document that has rows of all outcomes."""
    folder = tmp_path_factory.mktemp("junit")
    write(folder, """
f = lambda x: jnp.sum(x ** 2)
gradient(of=f, shapes={'x': 'n'}, label='good', section='1 One')(lambda x: 2 * x)
gradient(of=f, shapes={'x': 'n'}, label='bad', section='1 One')(lambda x: x)
gradient(of=f, shapes={'x': 'n'}, label='known', expect='refuted', because='no 2')(lambda x: x)
vjp(of=lambda x: x, label='error')(lambda dy, x: dy)
verify.definition(label='defined', equation='x := y')
verify.missing(label='gone', because='left to the reader')
""")
    place = folder / "new" / "it.xml"
    assert run("verify", str(folder / "document.py"), "--examples", "10", "--seed", "3", "--junit", str(place),
               "--json", str(folder / "it.json"), "--html", str(folder / "it.html")) == 1
    return parsed(place.read_text()), loaded(folder / "it.json")


def test_a_case_per_row(made):
    top, results = made
    (suite,) = top
    assert suite.get("name") == "document"
    cases = {case.get("name"): case for case in suite.iter("testcase")}
    assert list(cases) == [claim["label"] for claim in results["claims"]]
    assert cases["good"].get("classname") == "document/1 One"
    assert cases["known"].get("classname") == "document"
    outcomes = {name: [(child.tag, child.get("type")) for child in case] for name, case in cases.items()}
    assert outcomes == {
        "good": [], "bad": [("failure", "refuted")], "known": [], "error": [("error", "error")],
        "defined": [("skipped", "definition")], "gone": [("skipped", "missing")],
    }
    for claim in results["claims"]:
        assert cases[claim["label"]].get("time") == f"{claim['seconds']:.3f}"


def test_a_failure_says_what_where_and_how_to_see_it(made):
    failure = next(made[0].iter("failure"))
    assert failure.get("message") == "refuted, expected verified: dx: it differs; dx[0] is 1 by hand, 2 by autodiff"
    for line in ("document.py:9 <lambda>", "x = [1]", "dx[0]: 1 as printed, 2 by autodiff, difference -1",
                 "where: dx: off by a constant factor 0.5; agrees after multiplying by 2"):
        assert line in failure.text.splitlines()
    assert re.search(r"^reproduce: python .*bad\.py$", failure.text, re.M)
    assert [s.get("message") for s in made[0].iter("skipped")] == ["definition", "missing: left to the reader"]


def test_the_properties_are_the_run_s(made):
    top, results = made
    properties = {item.get("name"): item.get("value") for item in top.iter("property")}
    assert properties["seed"] == "3"
    assert properties["target"].endswith("document.py")
    assert properties["numpy"] == results["provenance"]["versions"]["numpy"]
    assert top.find("testsuite/system-out").text == results["conclusion"]


def test_a_document_that_does_not_pass_fails_although_its_rows_are_as_expected(made):
    results = {**made[1], "claims": made[1]["claims"][:1], "conclusion": "the number of rows is not the declared one."}
    top = parsed(junit([results]))
    assert [(case.get("name"), len(case)) for case in top.iter("testcase")] == [("good", 0), ("the document", 1)]
    assert next(top.iter("failure")).get("message") == "the number of rows is not the declared one."
    assert len(list(parsed(junit([{**results, "passes": True}])).iter("testcase"))) == 1


def test_whatever_the_texts_hold():
    results = thousand()
    text = junit([results, results])
    top = parsed(text)
    assert [len(list(suite.iter("testcase"))) for suite in top] == [1000, 1000]
    assert not re.search("[^\n\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", text)
    assert "]]>" not in text
    told = "".join(element.text or "" for element in top.iter()) + "".join(case.get("name") for case in top.iter("testcase"))
    for hostile in (HOSTILE[0], HOSTILE[1], "\\x00\\x07\\x1b[31m\\x7f \\ufffe\\ud800", "∂L/∂W é 漢字 🙂"):
        assert hostile in told
    assert max(len(element.text or "") for element in top.iter()) <= 20_000
    assert max(len(value) for element in top.iter() for value in element.attrib.values()) <= 1_000
