"""The page with fewer bytes: the same document, whatever stands in it."""

import random
import re
import time
from html.parser import HTMLParser

import pytest
from markupsafe import escape

from reports.compact import compact
from reports.drawings import entries_table, histogram, shapes_map, values_covered
from reports.formulas import formula_of_code
from reports.mathematics import mathml
from tests.drawn import HOSTILE
from tests.test_drawings import BEYOND, DIMENSIONS, MATRIX, SHAPES, VALUES, WITHIN

VOID = frozenset({"meta", "br", "link", "img", "hr", "path", "rect", "use"})
# HTML's rules of what closes an open element: a start tag, as far as the nearest of the elements after it.
CLOSED_BY = {
    "li": ({"li"}, {"ol", "ul"}), "td": ({"td", "th"}, {"table"}), "th": ({"td", "th"}, {"table"}),
    "tr": ({"td", "th", "tr"}, {"table"}), "tbody": ({"td", "th", "tr", "tbody", "thead"}, {"table"}),
    "tfoot": ({"td", "th", "tr", "tbody", "thead"}, {"table"}), "dt": ({"dd", "dt"}, {"dl"}), "dd": ({"dd", "dt"}, {"dl"}),
}
# Those that close an open paragraph, and elements whose end does.
CLOSE_P = frozenset({
    "address", "article", "aside", "blockquote", "details", "div", "dl", "fieldset", "figcaption", "figure", "footer",
    "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "main", "menu", "nav", "ol", "p", "pre", "search",
    "section", "table", "ul",
})
IMPLIED = frozenset({"p", "dt", "dd", "li", "td", "th", "tr", "thead", "tbody", "tfoot"})
VERBATIM = frozenset({"pre", "code", "style", "svg", "math", "title"})


class Tree(HTMLParser):
    """Elements with attributes, text and children, as a browser closes them; white space as a page shows it."""

    def __init__(self, html):
        super().__init__()
        self.root = ("", (), [])
        self.open = [self.root]
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attributes):
        closed, within = CLOSED_BY.get(tag, ((), ()))
        names = [name for name, _, _ in self.open]
        last = max((k for k, name in enumerate(names) if name in within), default=0)
        if tag in CLOSE_P and "p" in names:
            assert names[-1] == "p", f"<{tag}> within {names[-1]} of a paragraph"
            self.open.pop()
            names.pop()
        found = [k for k, name in enumerate(names) if name in closed and k > last]
        del self.open[found[0] if found else len(names):]
        element = (tag, tuple(attributes), [])
        self.open[-1][2].append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag, attributes):
        self.open[-1][2].append((tag, tuple(attributes), []))

    def handle_endtag(self, tag):
        while (name := self.open.pop()[0]) != tag:
            assert name in IMPLIED, f"</{tag}> ends {name}"

    def handle_data(self, data):
        if not VERBATIM & {name for name, _, _ in self.open}:
            data = re.sub("[ \t\n\r\f]+", " ", data)
        siblings = self.open[-1][2]
        if siblings and isinstance(siblings[-1], str):
            data = siblings.pop() + data
        siblings.append(data)


INLINE = frozenset({"a", "b", "br", "code", "em", "i", "math", "small", "span", "strong", "sub", "sup", "svg", ""})


def tree(html):
    return shown(Tree(html).root)


def shown(element):
    """The element without white space that stands beside blocks, which a page doesn't show."""
    if isinstance(element, str):
        return element
    tag, attributes, children = element
    if tag == "style":  # in which a space separates words alone; a comma, a colon or a brace need none after them
        rules = "".join(re.sub(r"(?s)/\*.*?\*/", "", text) for text in children)
        return tag, attributes, re.sub(r"([{};,:]) ", r"\1", re.sub(r" ([{};])", r"\1", " ".join(rules.split()))).replace(";}", "}")
    if tag in VERBATIM:
        return element
    block, out = tag not in INLINE - {""}, []
    for k, child in enumerate(children):
        if isinstance(child, str):
            first, last = k == 0, k == len(children) - 1
            before = "" if first else children[k - 1][0]
            after = "" if last else children[k + 1][0]
            child = child.lstrip(" ") if (first and block) or (not first and before not in INLINE) else child
            child = child.rstrip(" ") if (last and block) or (not last and after not in INLINE) else child
            if not child:
                continue
        out.append(shown(child))
    return tag, attributes, out


PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>A &amp; B</title>
<style>
td { color: red; }

li   { margin: 0 }
</style>
</head>
<body>
  <h1>One
    <em>two</em> three</h1>

  <table class="du"><caption>c</caption><thead><tr><th>a</th><th class="num">b</th></tr></thead>
  <tbody>
    <tr><td>1</td><td><table><tbody><tr><td>in</td></tr></tbody></table></td></tr>
    <tr><td> <p>x</p> </td><td></td></tr></tbody><tfoot><tr><td>f</td></tr></tfoot></table>
  <ul>
    <li>a <b>b</b>
      <i>c</i></li>
    <li><ol><li>1</li><li>2</li></ol></li>
    <li>z</li>  <!-- a comment -->
  </ul>
  <dl><dt>a</dt><dd>b</dd><dt>c</dt>
  <dd><p>d</p></dd></dl>
  <details><summary>s</summary><p>p</p></details>
  <div><p>before an inline element</p> <b>x</b><p>last</p></div>
  <pre>
  keep   this

    <code>a  b</code></li></pre>
  <p><a href="#x/" title="a &quot;b&quot; c=d">l</a> <a href="">e</a>
  <a href="#c-1_2e_5">m</a></p>
</body>
</html>
""".replace("</code></li>", "</code>")


def drawings(word):
    text = escape(word)
    shapes = shapes_map({"label": word, "shapes": SHAPES, "dimensions": DIMENSIONS})
    return (
        f'<article id="c-1"><h2>{text}</h2>\n<p title="{text}">{text}</p><ul>\n<li>{text}</li>\n<li>{text}\n\n {text}</li></ul>'
        f"<table><tbody><tr><td>{text}</td><td>{mathml(word) or text}</td></tr></tbody></table><pre>{text}\n\n  {text}</pre>"
        f"<code>{text}</code>\n{histogram(WITHIN)}{histogram(BEYOND)}{shapes}{values_covered(VALUES)}"
        f"{entries_table([MATRIX])}{mathml('a_1^{[l]} < 2')}{formula_of_code('def f(x):' + chr(10) + ' return x * 2')}</article>"
    )


@pytest.mark.parametrize("page", [
    PAGE, *map(drawings, [HOSTILE.replace("\0", "").replace("\x08", "").replace("\x1b", "").replace("\ud800", ""),
    "</td></tr></tbody></table>", '" onload="x', "a\n\n  b", "<li>", "&lt;/td&gt;", "\xa0\n\u2028 x", 'x ="y" z', "'", ""]),
])
def test_the_document_is_the_same(page):
    short = compact(page)
    assert tree(short) == tree(page)
    assert compact(short) == short
    assert len(short) < len(page)


def test_what_goes():
    assert compact("<style>\n/* of\nboth */ a :is(b, .c)  > d { e: 1px  2px; f: g;\n}\n</style>") == "<style>a :is(b,.c) > d{e:1px 2px;f:g}</style>"
    assert compact("<ul>\n  <li>a</li>\n  <li>b</li>\n</ul>") == "<ul><li>a<li>b</ul>"
    assert compact('<tr><td class="x">1</td>\n<td title="a b">2</td></tr>\n</tbody>') == '<tr><td class=x>1<td title="a b">2</tbody>'
    assert compact("<ul><li>a</li>b<li>c</li></ul>") == "<ul><li>a</li>b<li>c</ul>"
    assert compact('<path class="da" d="M0"/><use href="#a"/>') == "<path class=da d=M0 /><use href=#a />"
    assert compact("<p>a\n\n   b</p>\n\n<p>c</p>") == "<p>a\nb<p>c</p>"
    assert compact("<dl><dt>a</dt><dd>b</dd></dl>") == "<dl><dt>a<dd>b</dl>"
    assert compact("<p>a</p><b>c</b>") == "<p>a</p><b>c</b>"
    assert compact("<p>a &lt; b &gt; c</p>") == "<p>a &lt; b > c</p>"


@pytest.mark.parametrize("kept", [
    "<pre>a\n\n  b</pre>", "<pre><code>\n</code></pre>", "<code>a\n  b</code>", '<a href="x/">y</a>', '<a title="">y</a>',
    '<a title="a=b">y</a>', '<a title="a`b">y</a>', "<b>a</b>\n<i>b</i>", "<b>a</b> <i>b</i>", "<li>a</li>b",
    "<style>.a :is(b,.c)>d{e:1px 2px}@media (f:1rem){g{h:url(\"data:i,j\")}}</style>", "<svg><text>a\n\n b</text></svg>", "<title>a\n</title>", "<math><mi>a</mi>\n</math>",
    '<math><annotation>"a" \n\n </td></annotation></math>', "<td>1</td>x", """<a title='b ="c" d'>y</a>""", "a < b > c",
])
def test_what_stays(kept):
    assert compact(kept) == kept


def test_no_white_space_is_lost_between_words():
    draw = random.Random(0)
    pieces = ["a", "b ", " c", "\n", "\n  ", " ", "<b>x</b>", "<code>y</code>", "<i>", "</i>", "<span>\n", "\n</span>"]
    for _ in range(300):
        body = "".join(draw.choice(pieces) for _ in range(12))
        body = re.sub("</?(i|span)>", "", body)
        page = f"<div>{body}</div>\n<p>{body}</p>"
        assert tree(compact(page)) == tree(page), page


def test_a_thousand_claims_in_a_second_or_so():
    page = PAGE.replace("</body>", drawings("x") * 1000 + "</body>")
    start = time.process_time()
    short = compact(page)
    assert time.process_time() - start < 1.5
    assert len(page) - len(short) > len(page) // 20
