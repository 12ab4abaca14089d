"""Brackets that don't grow, in fewer characters: every fourth sign of a page's formulas is one."""

from collections.abc import Iterable
from xml.etree import ElementTree

Element = ElementTree.Element

ROWS = frozenset({"math", "mrow", "mtd", "msqrt"})  # lay out what they hold side by side
SCRIPTED = frozenset({"msub", "msup", "msubsup", "munder", "mover", "munderover"})
_BRACKETS = frozenset("()[]{}")
_UNSEEN = frozenset("\u2061\u2062")


def identified(formula: Element) -> None:
    """Makes `<mi>(</mi>` of `<mo stretchy="false">(</mo>` wherever browsers set them alike.

    Firefox, as TeX does, sets a name and a fraction apart from an identifier beside it, but not from an operator.
    Screen readers tell a bracket by its character; MathCAT makes an operator of it again.
    """
    rows = [element for element in formula.iter() if element.tag in ROWS]
    for row in rows:
        for k, part in enumerate(row):
            flat = part.tag == "mo" and part.attrib == {"stretchy": "false"} and part.text in _BRACKETS
            if flat and _close(reversed(row[:k])) and _close(row[k + 1 :]):
                part.tag, part.attrib = "mi", {}


def _close(beside: Iterable[Element]) -> bool:
    """Whether what is seen first of some elements is set close to an identifier."""
    for part in beside:
        base = part
        while base.tag in SCRIPTED and len(base):
            base = base[0]
        if base.tag != "mspace" and base.text not in _UNSEEN:
            letter = base.tag == "mi" and len(base.text or "") == 1 and not base.attrib
            return letter or base.tag in ("mn", "mo", "mtext")
    return True
