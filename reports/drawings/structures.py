"""The structures of inputs without named dimensions, abridged, with those that failed marked."""

from typing import Any

from markupsafe import Markup

from reports.drawings.figures import scrolling
from reports.drawings.numerals import shape_text
from reports.drawings.sizes import is_shape
from reports.drawings.text import line, plural, shown

_NAME, _STRUCTURE, _DEEPEST = 14, 30, 8


def structures(shapes: list[dict[str, Any]], label: str) -> Markup:
    """A row per structure with what differs between them; what does not is said once."""
    names = dict.fromkeys(name for shape in shapes for name in shape["inputs"])
    cells = {name: [described(shape["inputs"].get(name)) for shape in shapes] for name in names}
    varying = [name for name, column in cells.items() if len(set(column)) > 1] or list(names)[:1]
    same = [f"{line(name, 24)}: {line(cells[name][0], 40)}" for name in names if name not in varying]
    head = Markup("").join(Markup("<th><code>%s</code></th>") % shown(name, _NAME) for name in varying)
    body = Markup("").join(
        Markup('<tr>%s<td class="d-num">%s</td><td>%s</td></tr>') % (
            Markup("").join(Markup("<td>%s</td>") % shown(cells[name][k], _STRUCTURE) for name in varying),
            f"{shape['examples']:,}",
            Markup('<strong class="d-bad">✗ %s</strong>') % f"{shape['refuted']:,}" if shape["refuted"] else "–",
        )
        for k, shape in enumerate(shapes)
    )
    table = Markup(
        '<table class="d-table"><caption>%s</caption><thead><tr>%s<th class="d-num">examples</th><th>refuted</th></tr>'
        "</thead><tbody>%s</tbody></table>"
    ) % (caption(shapes, "structure"), head, body)
    note = Markup('<p class="d-note">The same in all: %s.</p>') % "; ".join(same) if same else Markup("")
    return scrolling(table, label, 1000) + note


def caption(shapes: list[dict[str, Any]], noun: str) -> Markup:
    """How many there are and how many of them failed."""
    bad = sum(shape["refuted"] > 0 for shape in shapes)
    if not bad:
        return Markup("%s, none failed") % plural(len(shapes), noun)
    many = f"{bad}" if bad < len(shapes) else "all" if bad > 1 else "it"
    return Markup('%s, <strong class="d-bad">✗ %s failed</strong>') % (plural(len(shapes), noun), many)


def described(x: Any, depth: int = 0) -> str:
    """A described input as text: a shape, a static value, or a structure of them."""
    if depth > _DEEPEST:
        return "…"
    if is_shape(x):
        return shape_text(x)
    if isinstance(x, list):
        if all(item is None for item in x):
            return "none"
        return " ".join(f"({described(item, depth + 1)})" if _deep(item) else described(item, depth + 1) for item in x)
    if isinstance(x, dict):
        return " ".join(f"{key}: {described(item, depth + 1)}" for key, item in x.items())
    return "none" if x is None else line(x, 200)


def _deep(x: Any) -> bool:
    return isinstance(x, (list, dict)) and not is_shape(x)
