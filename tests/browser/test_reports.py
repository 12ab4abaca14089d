"""Every check on every kind of report."""

import pytest

from tests.browser.checks import CHECKS
from tests.browser.layout import formulas
from tests.browser.quiet import load_seconds
from tests.browser.reports import HOSTILE, REPORTS

SLOW = 10  # seconds until the load event, on a busy machine; 2 on a quiet one

# The hostile report turns the direction of its text around, and a PDF holds text as it is seen.
PAIRS = [(report, check) for report in REPORTS for check in CHECKS if (report, check) != ("hostile", "in_pdf")]


@pytest.mark.parametrize(("name", "check"), PAIRS, ids=["-".join(pair) for pair in PAIRS])
def test_nothing_is_wrong(report, tab, name, check):
    assert CHECKS[check](tab(report(name))) == []


@pytest.mark.parametrize("name", REPORTS)
def test_it_is_loaded_soon(report, tab, name):
    assert 0 < load_seconds(tab(report(name))) < SLOW


def test_the_reports_hold_what_the_checks_are_about(report, tab):
    page = tab(report("refuted")).open()
    for selector, least in (("details pre", 3), ("[tabindex='0'] > table", 2), ("a[href^='#']", 3), ("svg, table", 3)):
        assert page.evaluate(f'all("{selector}").length') >= least, selector
    assert formulas(tab(report("notes"))) > 50
    page = tab(report("hostile")).open()
    text = page.evaluate("document.body.textContent")
    assert text.count("<script>alert(1)</script>") > 100
    assert HOSTILE.split("\x00")[0] in text
    assert page.evaluate("all('script, img').length") == 0
