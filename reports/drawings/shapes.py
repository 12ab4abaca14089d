"""The shapes on which a claim was tried as a heat map, with those that failed marked."""

from typing import Any

from markupsafe import Markup

from reports.drawings.figures import scrolling
from reports.drawings.sizes import is_shape, sizes
from reports.drawings.structures import caption, described, structures
from reports.drawings.text import line, shown

_CELL = 14
_WIDEST = 640  # a printed page holds no more

Shape = dict[str, Any]


def shapes_map(claim: dict[str, Any]) -> Markup:
    """Dimension names against shapes, failures first; empty where no shape was tried.

    The shapes are columns, or rows if these would be too wide. Inputs without named dimensions, whole networks for
    instance, become a table with a row per structure.
    """
    shapes = sorted(claim["shapes"], key=lambda shape: shape["refuted"] == 0)
    if not shapes:
        return Markup("")
    found = [sizes(shape["inputs"], claim["dimensions"]) for shape in shapes]
    label = f"Shapes explored, {line(claim['label'], 60)}"
    if not any(found):
        return structures(shapes, label)
    rows = _rows(shapes, found, claim["dimensions"])
    widths = [max(min(len(row[k]), _CELL) for row in rows.values()) for k in range(len(shapes))]
    width = 72 + sum(14 + 8 * max(n, 2) for n in widths)
    if width <= _WIDEST:
        return scrolling(_wide(shapes, rows), label, width)
    longest = [max(min(len(text), _CELL) for text in (name, *row)) for name, row in rows.items()]
    return scrolling(_tall(shapes, rows), label, 190 + sum(14 + 8 * n for n in longest))


def _rows(shapes: list[Shape], found: list[dict[str, str]], dimensions: dict[str, str]) -> dict[str, list[str]]:
    """Sizes by dimension name, then the static inputs that differ between shapes."""
    named = dict.fromkeys(name for row in found for name in row)
    inputs = dict.fromkeys(name for shape in shapes for name in shape["inputs"] if name not in dimensions)
    static = {name: [_static(shape["inputs"].get(name)) for shape in shapes] for name in inputs}
    varying = {name: row for name, row in static.items() if len(set(row)) > 1 and name not in named}
    return {name: [row.get(name, "") for row in found] for name in named} | varying


def _static(x: Any) -> str:
    return "" if is_shape(x) else described(x)


def _wide(shapes: list[Shape], rows: dict[str, list[str]]) -> Markup:
    head = "".join(_heading(k, shape, "") for k, shape in enumerate(shapes, 1))
    body = Markup("").join(
        Markup('<tr><th scope="row"><code>%s</code></th>%s</tr>')
        % (shown(name, _CELL), Markup("").join(map(_sized, row)))
        for name, row in rows.items()
    )
    tried = "".join(f"<td>{shape['examples']:,}</td>" for shape in shapes)
    refuted = "".join(map(_refuted, shapes)) if any(shape["refuted"] for shape in shapes) else ""
    foot = f'<tr><th scope="row">examples</th>{tried}</tr>'
    foot += f'<tr><th scope="row">refuted</th>{refuted}</tr>' if refuted else ""
    return Markup(
        '<table class="d-shapes"><caption>%s</caption><thead><tr><th>shape</th>%s</tr></thead><tbody>%s</tbody>'
        "<tfoot>%s</tfoot></table>"
    ) % (caption(shapes, "shape"), Markup(head), body, Markup(foot))


def _tall(shapes: list[Shape], rows: dict[str, list[str]]) -> Markup:
    head = Markup("").join(Markup("<th><code>%s</code></th>") % shown(name, _CELL) for name in rows)
    body = Markup("").join(
        Markup('<tr>%s%s<td class="d-count">%s</td>%s</tr>') % (
            Markup(_heading(k, shape, ' scope="row"')),
            Markup("").join(_sized(row[k - 1]) for row in rows.values()), f"{shape['examples']:,}",
            Markup(_refuted(shape)),
        )
        for k, shape in enumerate(shapes, 1)
    )
    return Markup(
        '<table class="d-shapes"><caption>%s</caption><thead><tr><th>shape</th>%s<th>examples</th><th>refuted</th></tr>'
        "</thead><tbody>%s</tbody></table>"
    ) % (caption(shapes, "shape"), head, body)


def _heading(number: int, shape: Shape, scope: str) -> str:
    return f'<th{scope} class="d-failed">✗</th>' if shape["refuted"] else f"<th{scope}>{number}</th>"


def _sized(size: str) -> Markup:
    """A cell in one of five steps of the page's bar colour, by powers of two."""
    step = min(int(size[:9]).bit_length(), 5) if size.isdigit() and size.isascii() else 0
    return Markup('<td class="d-s%d">%s</td>') % (step, shown(size, _CELL))


def _refuted(shape: Shape) -> str:
    return f'<td class="d-failed">{shape["refuted"]:,}</td>' if shape["refuted"] else '<td class="d-count">–</td>'
