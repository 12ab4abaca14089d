"""Whatever a results file holds, a drawing stays well-formed, without scripts and without anything from elsewhere."""

import re
from functools import cache
from pathlib import Path

import pytest

import reports
from reports.drawings import entries_table, equations_graph, histogram, numbers_table, shapes_map, values_covered
from reports.drawings.text import clean, line, shown
from reports.slugs import slug
from tests.drawn import HOSTILE, LONG, array, claim, output, parsed

TEMPLATES = Path(reports.__file__).parent / "templates"


def short_slug(label):
    """The id of a long label is as long; here that of its beginning."""
    return slug(label[:30])


@cache
def drawings(text):
    """Each drawing with the text wherever a results file has text."""
    odd = {"shape": [2], "dtype": text, "data": [text, 1.0]}
    nested = [text]
    for _ in range(700):
        nested = [nested]
    counts = {"tried": 2, "agreed": 1, "refuted": 1}
    shapes = [{"inputs": {text: text, "x": [3], "deep": nested, "map": {text: [1, 2]}}, "examples": 3, "refuted": 1}] * 2
    return {
        "histogram": histogram(claim(outputs=[{"name": text, "worst": text, "histogram": [1, *[0] * 6, 10**400]}])),
        "sparkline": histogram(claim(outputs=[{"name": text, "worst": "0.1", "histogram": [10**400, 1, *[0] * 6]}] * 2)),
        "sentence": histogram(claim(outputs=[{"name": text, "worst": 0.0, "histogram": [10**400, *[0] * 7]}])),
        "shapes": shapes_map(claim(label=text, shapes=shapes, dimensions={"x": f"n{text}", text: text})),
        "named": shapes_map(claim(label=text, shapes=shapes, dimensions={"x": "n"})),
        "mixed": shapes_map(claim(label=text, shapes=[{**shapes[0], "refuted": 0}, *shapes], dimensions={"x": "n"})),
        "structures": shapes_map(claim(label=text, shapes=shapes)),
        "some structures": shapes_map(claim(label=text, shapes=[{**shapes[0], "refuted": 0}, *shapes])),
        "values": values_covered(claim(
            label=text, examples=counts, branches=[{"line": 1, "kind": "where", "code": text, "taken": {text: 0, "b": 2}}],
        )),
        "entries": entries_table([output(odd, array([2], [1.0, 2.0]), text), output(None, odd, text)], other="by autodiff"),
        "nothing": entries_table([output(None, odd, text)]),
        "unlike": entries_table([output(array([1], nested), array([1], [text]), text), output(odd, array([1], [0]), text)]),
        "numbers": numbers_table(claim(
            label=text, kind="measurement",
            numbers=[{"inputs": {text: odd, "b": nested, "c": {text: text}}, "found": odd, "stated": odd, "within": text}] * 2,
        )),
        "number": numbers_table(claim(
            label=text, kind="measurement",
            numbers=[{"inputs": {text: odd, "b": nested, "c": {text: text}}, "found": odd, "stated": odd, "within": text}],
        )),
        "graph": equations_graph([claim(label=text, section=text), claim(label="b", uses=[text, f"{text}!"])], short_slug),
        "sections": equations_graph(
            [claim(label=f"{text}{k}", section=f"{k % 2}{text}", uses=[f"{text}{k - 1}"]) for k in range(60)],
            short_slug,
        ),
    }


NAMES = sorted(drawings(""))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("text", [HOSTILE, "\x00\ud800\ufffe", "]]>", "\0" * 3, "{0} %s %(a)s %", "א‏ב\u202e", "n\u0301"])
def test_hostile_text_stays_text(name, text):
    root = parsed(drawings(text)[name])
    str(drawings(text)[name]).encode("utf-8")
    for element in root.iter():
        assert element.tag not in ("script", "image", "foreignObject", "iframe", "style", "object", "img", "animate", "set")
        for attribute, value in element.attrib.items():
            assert not attribute.startswith("on")
            assert "href" not in attribute or value.startswith("#")
            assert attribute not in ("src", "style", "xlink:href")
            assert "url(" not in value or attribute in ("title", "aria-label")


@pytest.mark.parametrize("name", ["histogram", "shapes", "values", "entries", "nothing", "numbers", "graph"])
def test_hostile_text_is_shown(name):
    assert "<script>" in "".join(parsed(drawings("a<script>")[name]).itertext())


@pytest.mark.parametrize("name", NAMES)
def test_long_text_is_abridged(name):
    drawn = drawings(LONG)[name]
    parsed(drawn)
    assert len(drawn) < 2 * len(LONG)


def test_clean():
    assert clean("a\x00b\x1bc\x7f\x85d\ud800e\ufffe\u202ef\tg\nhé日🙂") == "abcdef\tg\nhé日🙂"


def test_line():
    assert line("a \n\t b", 10) == "a b"
    assert line("0123456789", 10) == "0123456789"
    assert line("0123456789x", 10) == "012345…89x"
    assert line("0123456789x", 10, tail=0) == "012345678…"
    assert len(line(LONG, 30)) == 30
    assert shown("0123456789<", 10) == '<span title="0123456789&lt;">012345…89&lt;</span>'


def colours(css, dark):
    """The page's variables, light or dark, as sRGB fractions."""
    light, night = re.findall(r":root \{([^}]*)\}", css)
    found = dict(re.findall(r"--(\w+): (#\w+)", night if dark else light))
    full = {name: x if len(x) == 7 else "#" + "".join(2 * c for c in x[1:]) for name, x in found.items()}
    return {name: [int(x[k : k + 2], 16) / 255 for k in (1, 3, 5)] for name, x in full.items()}


def contrast(a, b):
    def luminance(colour):
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("dark", [False, True])
def test_contrast_is_sufficient(dark):
    """WCAG AA: 4.5 for text, 3 for what is drawn, on the page and on every shade."""
    page = colours((TEMPLATES / "style.css").read_text().partition("@media print")[0], dark)
    shades = [int(x) / 100 for x in re.findall(r"var\(--bar\) (\d+)%", (TEMPLATES / "drawings.css").read_text())]
    assert len(shades) == 5
    for share in shades:
        mixed = [share * x + (1 - share) * y for x, y in zip(page["bar"], page["bg"], strict=True)]
        assert contrast(page["fg"], mixed) >= 4.5, share
    for ground in ("bg", "soft"):
        for name in ("fg", "mut", "ok", "bad", "warn", "bar"):
            assert contrast(page[name], page[ground]) >= 4.5, (name, ground)


def test_the_style_has_no_ids_and_loads_nothing():
    css = re.sub(r"/\*.*?\*/", "", (TEMPLATES / "drawings.css").read_text(), flags=re.DOTALL)
    assert not re.findall(r"(^|[\s,}])#[A-Za-z]", css)
    assert "url(" not in css
    assert "@import" not in css
    assert css.count("{") == css.count("}")


@pytest.mark.parametrize("name", NAMES)
def test_every_class_has_a_style(name):
    css = (TEMPLATES / "drawings.css").read_text()
    used = {kind for element in parsed(drawings("a")[name]).iter() for kind in element.get("class", "").split()}
    assert used
    assert not [kind for kind in used if not re.search(rf"\.{kind}\b", css)]
