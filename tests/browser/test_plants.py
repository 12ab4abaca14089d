"""Each check finds what it is there for: a fault is planted into a sound report."""

import re

import pytest

from tests.browser.checks import CHECKS

NO_POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy"[^>]*>')
TINY = "data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAACADs="

# check, where it is planted ("body", "style" or "unguarded": body, without the policy), what, what is to be reported
PLANTS = [
    ("quiet", "body", "<script>1</script>", "Content Security Policy"),
    ("quiet", "unguarded", "<script>console.log('hello')</script>", "console.log: hello"),
    ("quiet", "unguarded", "<script>undefined.x</script>", "exception: TypeError"),
    ("quiet", "body", "<script>alert('boo')</script>", "dialog: boo"),
    ("quiet", "body", f"<img src='{TINY}' alt='' onload=\"console.warn('ran')\">", "console.warning: ran"),
    ("offline", "body", "<img src='https://example.invalid/x.png' alt=''>", "https://example.invalid/x.png"),
    ("offline", "body", "<link rel='stylesheet' href='style.css'>", "style.css"),
    ("offline", "style", "@media print { body { background: url(https://example.invalid/paper.png) } }", "paper.png"),
    ("offline", "style", "@font-face { font-family: F; src: url(https://example.invalid/f.woff2) } body { font-family: F }", "f.woff2"),
    ("offline", "unguarded", "<script>fetch('https://example.invalid/fetched').catch(() => 0)</script>", "fetched"),
    ("guarded", "unguarded", "", "a script was run"),
    ("light", "body", "much text " * 100_000, "bytes"),
    ("linked", "body", "<p id='x'></p><p id='x'></p>", "twice: id x"),
    ("linked", "body", "<a href='#not-there'>there</a>", "nowhere: not-there"),
    ("linked", "body", "<p aria-labelledby='not-there'></p>", "nowhere: not-there"),
    ("linked", "body", "<svg><use href='#not-there'/><path marker-end='url(#no-arrow)'/></svg>", "nowhere: no-arrow"),
    ("linked", "body", "<a href='javascript:alert(1)'>run</a>", "not a place in this page: javascript:"),
    ("linked", "body", "<a href='other.html'>other</a>", "not a place in this page: other.html"),
    ("laid_out", "body", "<details><p><math style='display: none'><mi>x</mi></math></p></details>", "math"),
    ("laid_out", "body", "<details><math></math></details>", "0 by 0 px"),
    ("laid_out", "body", "<math><merror><mi>x</mi></merror></math>", "holds an error"),
    ("narrow", "body", "<div style='width: 900px'>wide</div>", "the page is 9"),
    ("narrow", "body", "<details><p style='width: 900px'>wide</p></details>", "beyond the screen"),
    ("narrow", "body", f"<p style='overflow-wrap: normal'>{'long' * 100}</p>", "the page is"),
    ("narrow", "body", "<div style='overflow: hidden'><p style='width: 900px'>wide</p></div>", "cut off by div"),
    ("narrow", "body", f"<p style='overflow: hidden; white-space: nowrap'>{'much text ' * 50}</p>", "hides a part of itself"),
    ("narrow", "body", "<p style='height: 9px; overflow: clip'>text</p>", "hides a part of itself"),
    ("narrow", "body", "<p style='margin-left: -50px'>left</p>", "reaches from"),
    ("narrow", "body", "<svg style='width: 50px'><text x='9' y='9'>a text that is long</text></svg>", "cut off by svg"),
    ("reachable", "body", "<a href='#x' tabindex='-1'>there</a><div tabindex='0' style='outline: none'>a</div>", "invisibly"),
    ("reachable", "style", "summary:focus { outline: none }", "invisibly"),
    ("reachable", "body", "<div style='overflow: auto; width: 9em'><p style='width: 90em'>wide</p></div>", "it needs a tabindex"),
    ("reachable", "body", "<div style='overflow: auto; width: 9em'><math><mi>x</mi><mspace width='90em'></mspace><mi>x</mi></math></div>", "it needs a tabindex"),
    ("reachable", "body", "<div tabindex='0' role='group'>unnamed</div>", "has no role and label"),
    ("reachable", "body", "<div tabindex='0' aria-label='No role'>text</div>", "has no role and label"),
    ("reachable", "unguarded", "<script>onkeydown = e => { if (e.target.innerText === 'trap') e.preventDefault() }</script>"
     "<button>trap</button>", "is not reached"),
    ("reachable", "unguarded", "<script>onkeydown = e => { if (e.key === 'Enter') e.preventDefault() }</script>", "open with Enter"),
    ("printed", "style", "@media print { details > * { display: none !important } }", "is not printed, in closed details"),
    ("printed", "style", "@media print { details::details-content { content-visibility: hidden !important } }", "is not printed"),
    ("printed", "body", "<div style='overflow: auto; width: 9em'><p style='width: 90em'>wide</p></div>", "scrolls on paper"),
    ("printed", "body", "<div style='width: 900px'>wide</div>", "on 718 px"),
    ("in_pdf", "style", "@media print { details::details-content { content-visibility: hidden !important } }", "not in the PDF"),
    ("in_pdf", "style", "@media print { details * { font-size: 0 } }", "not in the PDF"),
    ("accessible_light", "body", "<p style='color: #ccc; background: #fff'>faint</p>", "color-contrast"),
    ("accessible_light", "body", "<details><p style='color: #ccc; background: #fff'>faint</p></details>", "color-contrast"),
    ("accessible_light", "body", f"<img src='{TINY}'>", "image-alt"),
    ("accessible_light", "body", f"<pre style='overflow: auto; width: 9em; white-space: pre'>{'much text ' * 50}</pre>", "scrollable-region-focusable"),
    ("accessible_light", "body", "<section aria-label='A'></section><section aria-label='A'></section>", "landmark-unique"),
    ("accessible_dark", "style", "@media (prefers-color-scheme: dark) { p { color: #333 !important } }", "color-contrast"),
]


@pytest.fixture
def planted(report, tmp_path):
    """A copy of a report with something planted into it."""

    def make(where, what):
        text = report("readme").read_text()
        if where == "unguarded":
            text, found = NO_POLICY.subn("", text)
            assert found == 1, "the report has no policy to take away"
        here = "</style>" if where == "style" else re.search(r"<main[^>]*>", text).group()
        assert text.count(here) == 1
        path = tmp_path / "planted.html"
        path.write_text(text.replace(here, what + here if where == "style" else here + what))
        return path

    return make


@pytest.mark.parametrize(("check", "where", "what", "reported"), PLANTS, ids=[f"{p[0]}-{i}" for i, p in enumerate(PLANTS)])
def test_a_planted_fault_is_found(planted, tab, check, where, what, reported):
    problems = CHECKS[check](tab(planted(where, what)))
    assert any(reported in problem for problem in problems), problems


def test_every_check_has_a_plant():
    assert {plant[0] for plant in PLANTS} == set(CHECKS)


def test_colours_of_the_other_scheme_are_left_alone(planted, tab):
    path = planted("style", "@media (prefers-color-scheme: dark) { p { color: #333 !important } }")
    assert CHECKS["accessible_light"](tab(path)) == []


@pytest.mark.parametrize("shown", [
    "summary:focus-visible { outline: none; background: yellow }",
    "summary:focus-visible { outline: none; box-shadow: 0 0 3px red }",
    "svg a:focus-visible { outline: none } svg a:focus-visible rect { stroke-width: 3 }",
])
def test_focus_may_be_shown_in_other_ways(planted, tab, shown):
    path = planted("style", shown)
    drawing = "<svg><a href='#x' aria-label='x'><rect width='9' height='9'/></a></svg><p id='x'></p>"
    path.write_text(path.read_text().replace("</main>", drawing + "</main>"))
    page = tab(path)
    assert CHECKS["reachable"](page) == []
    assert page.evaluate("reached.some(([e]) => e.matches('svg a'))")
