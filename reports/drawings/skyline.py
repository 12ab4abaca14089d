"""Shapes in one line of text after a picture of them: a bar for each, as high as it has entries."""

from collections.abc import Sequence
from math import prod
from typing import Any

from markupsafe import Markup

from reports.drawings.structures import failed, grouped
from reports.drawings.text import line

_BARS = "▁▂▃▄▅▆▇█"
_MOST = 60  # shapes that are drawn, and named


def skyline(
    shapes: Sequence[dict[str, Any]], sizes: dict[str, list[str]], static: dict[str, list[str]]
) -> Markup:
    """A line for shapes that came out alike: "8 shapes, none failed: n×m 2×3, 4×4, 1×5 (25 examples each)".

    The sizes stand by dimension name, in the order of the shapes; static inputs that differ follow as words.
    """
    bars = "".join(_bar([row[k] for row in sizes.values()]) for k in range(len(shapes[:_MOST])))
    kind = Markup(' class="dr"') if shapes[0]["refuted"] else ""
    picture = Markup('<i%s aria-hidden="true">%s</i> ') % (kind, bars) if bars else ""
    texts = [_text(k, sizes, static) for k in range(len(shapes[:_MOST]))]
    names = ", ".join(["×".join(line(name, 14) for name in sizes), *(line(name, 14) for name in static)])
    return Markup('<p class="dn">%s%s: <code>%s</code> %s</p>') % (
        picture, failed(shapes, "shape"), names, grouped(shapes, texts)
    )


def _text(k: int, sizes: dict[str, list[str]], static: dict[str, list[str]]) -> str:
    of_axes = "×".join(line(row[k], 14) or "–" for row in sizes.values())
    return " ".join([of_axes, *(line(row[k], 20) for row in static.values())])


def _bar(sizes: Sequence[str]) -> str:
    """By powers of two and a half of the product of what is a number; nothing where nothing is."""
    numbers = [int(size[:9]) for size in sizes if size.isdigit() and size.isascii()]
    return _BARS[min(2 * prod(numbers).bit_length() // 3, len(_BARS) - 1)] if numbers else ""
