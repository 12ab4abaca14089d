"""axe-core's rules, in light and in dark. See README.md for where `axe.min.js` comes from."""

from functools import cache
from pathlib import Path

from tests.browser.page import Page

COLOURS = ["color-contrast", "link-in-text-block"]  # the rules whose answer depends on the colour scheme


def accessible_light(page: Page) -> list[str]:
    """What axe-core finds with all its rules, details open."""
    return _violations(page, "light", "{}")


def accessible_dark(page: Page) -> list[str]:
    """What axe-core finds in dark mode; the rules that don't look at colours have had their turn in light."""
    return _violations(page, "dark", f"{{runOnly: {{type: 'rule', values: {COLOURS}}}}}")


def _violations(page: Page, scheme: str, options: str) -> list[str]:
    page.media(scheme=scheme)
    page.open(policy=False).unfold()
    page.send("Runtime.evaluate", expression=_axe())
    return page.evaluate(f"""axe.run(document, {{...{options}, resultTypes: ['violations']}}).then(found =>
        found.violations.flatMap(v => v.nodes.map(n =>
            `${{v.id}}: ${{n.target.join(' ')}}: ${{n.failureSummary.split('\\n').slice(1).join(';').trim()}}`)))""")


@cache
def _axe() -> str:
    return (Path(__file__).parent / "axe.min.js").read_text()
