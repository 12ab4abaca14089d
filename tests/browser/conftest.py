"""One browser and one set of reports for all tests of a process; a tab for each test."""

import os

import pytest

from tests.browser.chromium import chromium, find
from tests.browser.page import Page
from tests.browser.reports import REPORTS


@pytest.fixture(scope="session")
def devtools():
    path = find()
    if path is None:
        why = "no Chromium: apt-get install chromium, or name one in the environment as CHROMIUM"
        if os.environ.get("REQUIRE_BROWSER", "0") not in ("", "0"):
            pytest.fail(f"REQUIRE_BROWSER is set, and there is {why}")
        pytest.skip(why)
    with chromium(path) as connection:
        yield connection


@pytest.fixture(scope="session")
def report(devtools, tmp_path_factory):
    """The report of a name, made when it is first asked for."""
    made = {}

    def get(name):
        if name not in made:
            made[name] = REPORTS[name](tmp_path_factory.mktemp(name))
        return made[name]

    return get


@pytest.fixture
def tab(devtools):
    """Opens a file in a tab that is closed after the test."""
    pages = []

    def make(path):
        pages.append(Page(devtools, path))
        return pages[-1]

    yield make
    for page in pages:
        page.close()
