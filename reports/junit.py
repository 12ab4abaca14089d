"""Results as JUnit XML, as CI systems read it: a suite per document, a case per row."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from reports.rows import ROWS_ALONE, Claim, as_expected, told

DETAILS = 20_000  # characters of a failure's text
LINE = 1_000      # characters of an attribute
# What XML 1.0 has no place for, and control characters, which move the cursor of a terminal that shows the file.
_UNFIT = re.compile("[^\n\t\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(results: Sequence[Mapping[str, Any]]) -> str:
    """The results of some documents. Row not as expected: failure; error: error; nothing to compute: skipped.

    A document that doesn't pass although its rows are as expected has one more case, which fails and says why.
    """
    suites = [_suite(one) for one in results]
    top = Element("testsuites", {"name": "manual-bp", **_counts(suites)})
    top.extend(suites)
    indent(top)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(top, encoding="unicode")}\n'


def _suite(results: Mapping[str, Any]) -> Element:
    provenance = results["provenance"]
    cases = [_case(results["document"], claim) for claim in results["claims"]]
    if not results["passes"] and all(map(as_expected, results["claims"])):
        cases.append(_case_of(results["document"], "the document", 0.0))
        _add(cases[-1], "failure", "does not pass", results["conclusion"])
    found = {kind: str(sum(case.find(kind[:-1]) is not None for case in cases)) for kind in ("failures", "errors")}
    skipped = str(sum(case.find("skipped") is not None for case in cases))
    suite = Element("testsuite", {
        "name": _attribute(results["document"]), "tests": str(len(cases)), **found, "skipped": skipped,
        "time": _time(provenance["seconds"]),
    })
    properties = SubElement(suite, "properties")
    for name, value in _properties(provenance):
        SubElement(properties, "property", name=_attribute(name), value=_attribute(str(value)))
    suite.extend(cases)
    SubElement(suite, "system-out").text = _fit(results["conclusion"], DETAILS)
    return suite


def _properties(provenance: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    yield from ((name, provenance[name]) for name in ("target", "seed", "examples", "document_sha256"))
    yield from ((name, version) for name, version in provenance["versions"].items() if version)


def _case(document: str, claim: Claim) -> Element:
    place = f"{document}/{claim['section']}" if claim["section"] else document
    case = _case_of(place, claim["label"], claim["seconds"])
    verdict, expected = claim["verdict"], claim["expected"]
    if verdict == "error":
        _add(case, "error", verdict, claim["message"], "\n".join(told(claim)))
    elif not as_expected(claim):
        message = f"{verdict}, expected {expected}: {claim['message']}"
        _add(case, "failure", verdict, message, "\n".join(told(claim)))
    elif verdict in ROWS_ALONE:
        _add(case, "skipped", verdict, f"{verdict}: {claim['because']}" if claim["because"] else verdict)
    return case


def _case_of(place: str, name: str, seconds: float) -> Element:
    return Element("testcase", classname=_attribute(place), name=_attribute(name), time=_time(seconds))


def _add(case: Element, outcome: str, kind: str, message: str, text: str = "") -> None:
    SubElement(case, outcome, type=kind, message=_attribute(message)).text = _fit(text, DETAILS) or None


def _counts(suites: Sequence[Element]) -> dict[str, str]:
    counts = {name: str(sum(int(suite.get(name, "0")) for suite in suites)) for name in ("tests", "failures", "errors")}
    return {**counts, "time": _time(sum(float(suite.get("time", "0")) for suite in suites))}


def _time(seconds: float) -> str:
    return f"{seconds:.3f}"


def _attribute(text: str) -> str:
    return _fit(" ".join(text.split()), LINE)


def _fit(text: str, characters: int) -> str:
    """Text without what XML can't hold, which is shown as an escape, and not longer than that."""
    text = text[: characters + 1].replace("\r\n", "\n").replace("\r", "\n")
    text = _UNFIT.sub(lambda match: match[0].encode("unicode_escape").decode(), text)
    return text if len(text) <= characters else f"{text[: characters - 1]}…"
