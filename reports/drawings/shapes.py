"""The shapes on which a claim was tried: in a line, or as a heat map where some failed and others did not."""

from typing import Any

from markupsafe import Markup

from reports.drawings.figures import scrolling
from reports.drawings.sizes import is_shape, sizes
from reports.drawings.skyline import skyline
from reports.drawings.structures import described, failed, structures
from reports.drawings.text import line, plural, shown

_CELL = 14
_WIDEST = 640  # a printed page holds no more

Shape = dict[str, Any]
Rows = dict[str, list[str]]  # a text for each shape


def shapes_map(claim: dict[str, Any]) -> Markup:
    """Sizes by dimension name; empty where no shape was tried.

    Where some shapes failed it is a heat map, failures first; its columns are shapes, or its rows if that would be too
    wide. Otherwise it is a line with a skyline. Inputs without named dimensions, whole networks for instance, are
    described in words.
    """
    shapes = sorted(claim["shapes"], key=lambda shape: shape["refuted"] == 0)
    if not shapes:
        return Markup("")
    found = [sizes(shape["inputs"], claim["dimensions"]) for shape in shapes]
    label = f"Shapes explored, {line(claim['label'], 60)}"
    if not any(found):
        return structures(shapes, label)
    named, static = _rows(shapes, found, claim["dimensions"])
    rows = named | static
    if all(shape["refuted"] for shape in shapes) or not any(shape["refuted"] for shape in shapes):
        return skyline(shapes, named, static)
    widths = [max(min(len(row[k]), _CELL) for row in rows.values()) for k in range(len(shapes))]
    width = 72 + sum(14 + 8 * max(n, 2) for n in widths)
    each = len({shape["examples"] for shape in shapes}) == 1
    if width <= _WIDEST:
        return scrolling(_wide(shapes, rows, each), label, width)
    longest = [max(min(len(text), _CELL) for text in (name, *row)) for name, row in rows.items()]
    return scrolling(_tall(shapes, rows, each), label, 190 + sum(14 + 8 * n for n in longest))


def _rows(shapes: list[Shape], found: list[dict[str, str]], dimensions: dict[str, str]) -> tuple[Rows, Rows]:
    """Sizes by dimension name, then the static inputs that differ between shapes."""
    named = dict.fromkeys(name for row in found for name in row)
    inputs = dict.fromkeys(name for shape in shapes for name in shape["inputs"] if name not in dimensions)
    static = {name: [_static(shape["inputs"].get(name)) for shape in shapes] for name in inputs}
    varying = {name: row for name, row in static.items() if len(set(row)) > 1 and name not in named}
    return {name: [row.get(name, "") for row in found] for name in named}, varying


def _static(x: Any) -> str:
    return "" if is_shape(x) else described(x)


def _wide(shapes: list[Shape], rows: Rows, each: bool) -> Markup:
    """`each`: whether all shapes had as many examples, which the caption then says."""
    head = "".join("<th>✗</th>" if shape["refuted"] else f"<th>{k}</th>" for k, shape in enumerate(shapes, 1))
    body = Markup("").join(
        Markup("<tr><th><code>%s</code></th>%s</tr>") % (shown(name, _CELL), Markup("").join(map(_sized, row)))
        for name, row in rows.items()
    )
    tried = "" if each else f"<tr><th>examples</th>{''.join(_count(shape['examples']) for shape in shapes)}</tr>"
    refuted = "".join(map(_refuted, shapes))
    return Markup(
        '<table class="dm"><caption>%s</caption><thead><tr><th>shape</th>%s</tr></thead><tbody>%s</tbody><tfoot>%s'
        "<tr><th>refuted</th>%s</tr></tfoot></table>"
    ) % (_caption(shapes, each), Markup(head), body, Markup(tried), Markup(refuted))


def _tall(shapes: list[Shape], rows: Rows, each: bool) -> Markup:
    head = Markup("").join(Markup("<th><code>%s</code></th>") % shown(name, _CELL) for name in rows)
    body = Markup("").join(
        Markup("<tr><th>%s</th>%s%s%s</tr>") % (
            "✗" if shape["refuted"] else k, Markup("").join(_sized(row[k - 1]) for row in rows.values()),
            Markup("" if each else _count(shape["examples"])), Markup(_refuted(shape)),
        )
        for k, shape in enumerate(shapes, 1)
    )
    return Markup(
        '<table class="dm"><caption>%s</caption><thead><tr><th>shape</th>%s%s<th>refuted</th></tr></thead><tbody>%s'
        "</tbody></table>"
    ) % (_caption(shapes, each), head, Markup("" if each else "<th>examples</th>"), body)


def _caption(shapes: list[Shape], each: bool) -> Markup:
    said = failed(shapes, "shape")
    return Markup("%s; %s each") % (said, plural(shapes[0]["examples"], "example")) if each else said


def _sized(size: str) -> Markup:
    """A cell in one of five steps of the page's bar colour, by powers of two."""
    step = min(int(size[:9]).bit_length(), 5) if size.isdigit() and size.isascii() else 0
    return Markup('<td class="d%d">%s</td>') % (step, shown(size, _CELL))


def _count(count: int) -> str:
    return f"<td>{count:,}</td>"


def _refuted(shape: Shape) -> str:
    return f'<td class="dr">{shape["refuted"]:,}</td>' if shape["refuted"] else "<td>–</td>"
