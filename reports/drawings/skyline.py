"""Shapes in one line of text after a picture of them: a bar for each size, so that a square shape has a flat top."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from markupsafe import Markup

from reports.drawings.structures import failed, grouped
from reports.drawings.text import line

_BAR, _SPACE, _HEIGHT, _STEP = 4, 3, 15, 3  # the height is in the style too
_MOST = 60  # shapes that are drawn, and named


def skyline(
    shapes: Sequence[dict[str, Any]], sizes: dict[str, list[str]], static: dict[str, list[str]]
) -> Markup:
    """A line for shapes that came out alike: "8 shapes, none failed: n×m 2×3, 4×4, 1×5 (25 examples each)".

    The sizes stand by dimension name, in the order of the shapes; static inputs that differ follow as words.
    """
    drawn = [_heights([row[k] for row in sizes.values()]) for k in range(len(shapes[:_MOST]))]
    kind, width = "do" if shapes[0]["refuted"] else "db", sum(_BAR * len(bars) + _SPACE for bars in drawn)
    picture = Markup('<svg class="dy" width="%d" aria-hidden="true"><path class="%s" d="%s"/></svg> ') % (
        width, kind, _path(drawn)
    ) if any(drawn) else ""
    texts = [_text(k, sizes, static) for k in range(len(shapes[:_MOST]))]
    names = ", ".join(["×".join(line(name, 14) for name in sizes), *(line(name, 14) for name in static)])
    return Markup('<p class="dn">%s%s: <code>%s</code> %s</p>') % (
        picture, failed(shapes, "shape"), names, grouped(shapes, texts)
    )


def _text(k: int, sizes: dict[str, list[str]], static: dict[str, list[str]]) -> str:
    of_axes = "×".join(line(row[k], 14) or "–" for row in sizes.values())
    return " ".join([of_axes, *(line(row[k], 20) for row in static.values())])


def _heights(sizes: Sequence[str]) -> list[int]:
    """By powers of two, of what is a number."""
    return [_STEP * min(int(size[:9]).bit_length(), 5) for size in sizes if size.isdigit() and size.isascii()]


def _path(shapes: Sequence[Sequence[int]]) -> str:
    """The outline of the bars, those of a shape side by side."""
    path, x = "", 0
    for bars in shapes:
        path += f"M{x} {_HEIGHT}" if bars else ""
        before = 0
        for height, run in groupby(bars):
            path += f"v{before - height}h{_BAR * len(list(run))}"
            before = height
        path += f"V{_HEIGHT}" if bars else ""
        x += _BAR * len(bars) + _SPACE
    return path
