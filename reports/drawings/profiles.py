"""Measured matrices of a few long rows, a scale for each layer for instance, as lines: found, and stated as dashes."""

from collections.abc import Sequence
from math import isfinite
from typing import Any

from markupsafe import Markup

from reports.drawings.numerals import encoded, entries, number, value

_LEAST, _MOST, _ROWS = 5, 60, 4  # entries of a row; rows
_WIDTH, _HEIGHT, _MARGIN = 120, 48, 3

Profile = list[list[float]]


def profiles(rows: Sequence[dict[str, Any]]) -> list[Markup]:
    """A picture for each row of a table of numbers, all on one scale; none unless all of them can be drawn."""
    both = [(_profile(row["found"]), _profile(row["stated"])) for row in rows]
    drawn = [(found, stated) for found, stated in both if found and stated]
    if len(drawn) < len(rows) or not drawn:
        return []
    every = [x for pair in drawn for profile in pair for line in profile for x in line]
    return [_picture(found, stated, min(every), max(every)) for found, stated in drawn]


def _profile(x: Any) -> Profile | None:
    if not encoded(x) or len(x["shape"]) != 2 or x["shape"][0] > _ROWS or not _LEAST <= x["shape"][1] <= _MOST:
        return None
    numbers = [y for _, item in entries(x) or () if (y := value(item)) is not None and isfinite(y)]
    width = x["shape"][1]
    if len(numbers) != x["shape"][0] * width:
        return None
    return [numbers[k : k + width] for k in range(0, len(numbers), width)]


def _picture(found: Profile, stated: Profile, low: float, high: float) -> Markup:
    title = f"Lines of found entries, and of stated ones dashed, between {number(low, 3)} and {number(high, 3)}"
    return Markup(
        '<svg class="dp" viewBox="0 0 %d %d" width="%d" role="img"><title>%s</title><path class="dpf" d="%s"/>'
        '<path class="dps" d="%s"/></svg>'
    ) % (_WIDTH, _HEIGHT, _WIDTH, title, _path(found, low, high), _path(stated, low, high))


def _path(profile: Profile, low: float, high: float) -> str:
    across, up = _WIDTH - 2 * _MARGIN, (_HEIGHT - 2 * _MARGIN) / ((high - low) or 1)
    return "".join(
        "ML"[k > 0] + f"{_MARGIN + across * k // (len(line) - 1)} {_HEIGHT - _MARGIN - round((y - low) * up)}"
        for line in profile for k, y in enumerate(line)
    )
