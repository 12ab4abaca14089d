"""All that is asked of a report, each by name: a function from a page to what is wrong with it."""

from collections.abc import Callable

from tests.browser.accessibility import accessible_dark, accessible_light
from tests.browser.keyboard import reachable
from tests.browser.layout import laid_out, narrow
from tests.browser.links import linked
from tests.browser.page import Page
from tests.browser.paper import in_pdf, printed
from tests.browser.quiet import guarded, light, offline, quiet

CHECKS: dict[str, Callable[[Page], list[str]]] = {
    check.__name__: check for check in (
        quiet, offline, guarded, light, linked, laid_out, narrow, reachable, printed, in_pdf, accessible_light,
        accessible_dark,
    )
}
