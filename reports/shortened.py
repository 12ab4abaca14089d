"""MathML that looks the same in fewer characters: a page holds hundreds of formulas."""

from xml.etree import ElementTree

from markupsafe import Markup

from reports.brackets import ROWS, base, identified

Element = ElementTree.Element

_BRACKETS = frozenset("()[]")
_SMALL = frozenset("+−±=≔≠<>≤≥≈∼∈,.:;⋅·∗⊙⊗×/…′″∑∏\u2061\u2062")  # signs that don't grow with their row


def shortened(root: Element) -> Element:
    """The formula without empty spaces and without rows that change nothing; the element itself is changed.

    A row of one part, or within a row, goes, unless operators at its ends would then be set in another way, or
    brackets grow to another height.
    """
    for child in root:
        shortened(child)
    if root.tag in ROWS:
        root[:] = [part for child in root for part in _parts(child, alone=len(root) == 1)]
    else:
        root[:] = [_unwrapped(child) for child in root]
    return root


def serialized(root: Element) -> Markup:
    """The element as markup, its brackets in brief."""
    identified(root)
    markup = ElementTree.tostring(root, encoding="unicode", short_empty_elements=False)
    return Markup(markup.replace("></mspace>", "/>"))


def _unwrapped(child: Element) -> Element:
    """An argument of a fraction or a script: a row of one part is that part, unless an operator, which has a form."""
    bare = child.tag == "mrow" and not child.attrib and len(child) == 1
    return child[0] if bare and child[0].tag not in ("mo", "mspace") else child


def _parts(child: Element, alone: bool) -> list[Element]:
    """What a row may hold in place of one of its parts."""
    if child.tag == "mspace" and not child.attrib:
        return []
    if child.tag != "mrow" or child.attrib or not len(child):
        return [child]
    parts = list(child)
    if alone:
        return parts
    operators = all(part.tag in ("mo", "mspace") for part in parts)
    needed = operators or any(map(_grows, parts)) or not (_same_anywhere(parts[0]) and _same_anywhere(parts[-1]))
    return [child] if needed else parts


def _grows(part: Element) -> bool:
    """Whether it may be an operator, with scripts or without, that is as high as its row."""
    part = base(part)
    return part.tag == "mo" and part.get("stretchy") != "false" and part.text not in _SMALL


def _same_anywhere(part: Element) -> bool:
    """Whether it is set alike at the end of a row and within one: all but operators without a form of their own."""
    return part.tag not in ("mo", "mspace") or part.get("form") is not None or part.text in _BRACKETS
