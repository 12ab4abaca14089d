"""Brackets that don't grow, in fewer characters: every fourth sign of a page's formulas is one."""

from collections.abc import Iterable
from xml.etree import ElementTree

Element = ElementTree.Element

ROWS = frozenset({"math", "mrow", "mtd", "msqrt"})  # lay out what they hold side by side
_SCRIPTED = frozenset({"msub", "msup", "msubsup", "munder", "mover", "munderover"})
_BRACKETS = frozenset("()[]{}")
_UNSEEN = frozenset("\u2061\u2062")


def identified(formula: Element) -> None:
    """Makes `<mi>(</mi>` of `<mo stretchy="false">(</mo>` wherever browsers set them alike, with scripts or without.

    Firefox, as TeX does, sets a name and a fraction apart from an identifier beside it, but not from an operator.
    Screen readers tell a bracket by its character; MathCAT makes an operator of it again.
    """
    rows = [element for element in formula.iter() if element.tag in ROWS]
    for row in rows:
        for k, part in enumerate(row):
            sign = base(part)
            flat = sign.tag == "mo" and sign.attrib == {"stretchy": "false"} and sign.text in _BRACKETS
            if flat and _close(reversed(row[:k])) and _close(row[k + 1 :]):
                sign.tag, sign.attrib = "mi", {}


def base(part: Element) -> Element:
    """What bears the scripts, if there are some."""
    while part.tag in _SCRIPTED and len(part):
        part = part[0]
    return part


def _close(beside: Iterable[Element]) -> bool:
    """Whether what is seen first of some elements is set close to an identifier."""
    for sign in map(base, beside):
        if sign.tag != "mspace" and sign.text not in _UNSEEN:
            letter = sign.tag == "mi" and len(sign.text or "") == 1 and not sign.attrib
            return letter or sign.tag in ("mn", "mo", "mtext")
    return True
