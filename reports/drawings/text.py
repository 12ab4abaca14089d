"""Text of a results file made fit for a page: nothing that XML forbids, one line where a line is drawn, abridged."""

import re
import unicodedata

from markupsafe import Markup, escape

# What XML 1.0 can't hold, the C1 controls, and the marks that make text read in another order than it is written.
_UNFIT = re.compile(
    "[^\t\n\r\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|[\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)
_LONGEST_TITLE = 400


def clean(text: object) -> str:
    """The text without control characters, lone surrogates and direction marks."""
    return _UNFIT.sub("", str(text))


def line(text: object, limit: int, tail: int | None = None) -> str:
    """The text on one line; beyond `limit` characters its middle is left out, its last `tail`, or a third, stay."""
    # A megabyte of text is not cleaned to show thirty characters of it.
    whole = str(text)
    if len(whole) > 40 * limit:
        whole = whole[: 20 * limit] + "…" + whole[-20 * limit :]
    flat = " ".join(clean(whole).split())
    if len(flat) <= limit:
        return flat
    tail = limit // 3 if tail is None else tail
    return flat[: limit - 1 - tail] + "…" + (flat[-tail:] if tail else "")


def shown(text: object, limit: int) -> Markup:
    """`line` as HTML; what was abridged can be read in the title."""
    short, whole = line(text, limit), line(text, _LONGEST_TITLE)
    if short == whole:
        return escape(short)
    return Markup('<span title="%s">%s</span>') % (whole, short)


def columns(text: str) -> int:
    """How many columns of a fixed-width font the text takes."""
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    return len(text) + wide - sum(unicodedata.combining(c) > 0 for c in text)


def plural(count: int, noun: str) -> str:
    """A count with its noun: "1 shape", "1,200 shapes"."""
    return f"{count:,} {noun}{'s' * (count != 1)}"
