"""Which MathML a report may hold: what a converter made is parsed, and what is not known to be harmless is refused."""

import re
from html.entities import html5
from xml.etree import ElementTree

from markupsafe import Markup

from reports.shortened import serialized, shortened

DEEPEST = 100  # browsers flatten what is nested more deeply than a few hundred elements
LARGEST = 100_000

_ELEMENTS = frozenset({
    "math", "mrow", "mi", "mn", "mo", "mtext", "mspace", "mfrac", "msqrt", "mroot", "mstyle", "mpadded",
    "msub", "msup", "msubsup", "munder", "mover", "munderover", "mmultiscripts", "mprescripts", "mtable", "mtr", "mtd",
})
_TOKENS = frozenset({"mi", "mn", "mo", "mtext"})
_IN_TOKENS = frozenset({"b", "i", "code", "span"})  # HTML, which would end the formula anywhere else
_BOOLEAN = re.compile("true|false")
_LENGTH = re.compile(r"[+-]?(?:1?\d(?:\.\d*)?|\.\d+)(?:em|ex|px)|0")
_ATTRIBUTES = {
    "display": re.compile("block"), "mathvariant": re.compile("normal"), "form": re.compile("prefix|postfix|infix"),
    "scriptlevel": re.compile(r"[+-]?\d"), "columnspan": re.compile(r"\d\d?"), "rowspan": re.compile(r"\d\d?"),
    **dict.fromkeys(
        ("displaystyle", "stretchy", "symmetric", "accent", "accentunder", "movablelimits", "largeop", "fence",
         "separator"), _BOOLEAN,
    ),
    **dict.fromkeys(
        ("lspace", "rspace", "minsize", "maxsize", "width", "height", "depth", "voffset", "linethickness"), _LENGTH
    ),
}
_STYLES = {
    "text-align": re.compile("left|right|center"), "justify-items": re.compile("start|end|center"),
    **dict.fromkeys(("padding", "padding-left", "padding-right", "margin-left", "margin-right"), _LENGTH),
    **dict.fromkeys(
        ("border", "border-top", "border-right", "border-bottom", "border-left"),
        re.compile(r"0\.05em (?:solid|dashed) currentcolor"),
    ),
}  # colours are the page's own, light and dark
_BOX = "border:0.05em solid currentcolor;padding:0.2em"
_CIRCLED = frozenset("⊕⊖⊗⊘⊙")  # Firefox takes them for large operators
# The font has no variants of a letter's shape; Chromium doesn't centre a combining arrow.
_SHOWN = {0xFE00: None, 0xFE01: None, 0x20D7: 0x2192}
_HARMLESS = frozenset({"class", "xmlns", "style"})


class NotShown(ValueError):
    """Raised for what can't be shown as a formula, or not whole."""


def checked(markup: str) -> Markup:
    """The `<math>` element with known elements and attributes only; raises NotShown."""
    if len(markup) > LARGEST or not markup.startswith("<math"):  # no document type, hence no entities of its own
        raise NotShown("more markup than a formula has")
    try:
        root = ElementTree.fromstring(re.sub(r"&(\w+;)", _entity, markup))
    except ElementTree.ParseError as why:
        raise NotShown(f"no XML: {why}") from None
    if root.tag != "math" or not "".join(root.itertext()).strip():
        raise NotShown("nothing to show")
    formula = ElementTree.Element("math")
    formula.extend([_known(child, "math", DEEPEST) for child in root])
    return serialized(shortened(formula))


def _entity(match: re.Match[str]) -> str:
    """XML knows five entities by name, HTML two thousand."""
    return match[0] if match[1] in ("lt;", "gt;", "amp;", "quot;", "apos;") else html5.get(match[1], match[0])


def _known(element: ElementTree.Element, parent: str, depth: int) -> ElementTree.Element:
    if not depth:
        raise NotShown("nested too deeply")
    tag, attributes = element.tag, dict(element.attrib)
    if tag == "menclose" and attributes == {"notation": "box"}:  # browsers have no menclose
        tag, attributes = "mrow", {"style": _BOX}
    if tag not in (_IN_TOKENS if parent in _TOKENS | _IN_TOKENS else _ELEMENTS):
        raise NotShown(f"<{tag}> in <{parent}>")
    if tag == "mo" and element.text in _CIRCLED:
        attributes["largeop"] = "false"
    out = ElementTree.Element(tag, _known_attributes(tag, attributes))
    out.text, out.tail = _shown(element.text), _shown(element.tail)
    out.extend([_known(child, tag, depth - 1) for child in element])
    return out


def _shown(text: str | None) -> str | None:
    return text and text.translate(_SHOWN)


def _known_attributes(tag: str, attributes: dict[str, str]) -> dict[str, str]:
    out = {}
    for name, value in attributes.items():
        pattern = _ATTRIBUTES.get(name)
        if pattern is not None and pattern.fullmatch(value):
            out[name] = value
        elif name not in _HARMLESS:
            raise NotShown(f'<{tag} {name}="{value}">')
    styles = [
        f"{name}:{value}"
        for name, _, value in (map(str.strip, part.partition(":")) for part in attributes.get("style", "").split(";"))
        if name in _STYLES and _STYLES[name].fullmatch(value)
    ]
    return {**out, "style": ";".join(styles)} if styles else out
