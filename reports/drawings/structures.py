"""The structures of inputs without named dimensions, abridged: in words, or as a table where only some failed."""

from collections.abc import Sequence
from typing import Any

from markupsafe import Markup, escape

from reports.drawings.figures import scrolling
from reports.drawings.numerals import shape_text
from reports.drawings.sizes import is_shape
from reports.drawings.text import line, plural, shown

_NAME, _STRUCTURE, _DEEPEST = 14, 30, 8
_NAMED = 24  # shapes that are named in a line


def structures(shapes: list[dict[str, Any]], label: str) -> Markup:
    """What differs between the structures; what does not is said once."""
    names = dict.fromkeys(name for shape in shapes for name in shape["inputs"])
    cells = {name: [described(shape["inputs"].get(name)) for shape in shapes] for name in names}
    varying = [name for name, column in cells.items() if len(set(column)) > 1] or list(names)[:1]
    same = "; ".join(f"{line(name, 24)}: {line(cells[name][0], 40)}" for name in names if name not in varying)
    note = f"The same in all: {same}." if same else ""
    if 0 < sum(shape["refuted"] > 0 for shape in shapes) < len(shapes):
        told = Markup('<p class="dn">%s</p>') % note if note else Markup("")
        return _table(shapes, varying, cells, label) + told
    texts = [", ".join(line(cells[name][k], _STRUCTURE) for name in varying) for k in range(len(shapes))]
    named = Markup("<code>%s</code> ") % ", ".join(line(name, _NAME) for name in varying) if varying else ""
    apart = Markup("<br/>") if max(map(len, texts)) > _STRUCTURE else "; "
    return Markup('<p class="dn">%s: %s%s%s%s</p>') % (
        failed(shapes, "structure"), named, apart if apart != "; " else "", grouped(shapes, texts, apart),
        f". {note}" if note else "",
    )


def _table(shapes: list[dict[str, Any]], varying: list[str], cells: dict[str, list[str]], label: str) -> Markup:
    head = Markup("").join(Markup("<th><code>%s</code></th>") % shown(name, _NAME) for name in varying)
    body = Markup("").join(
        Markup("<tr>%s<td>%s</td><td>%s</td></tr>") % (
            Markup("").join(Markup("<td>%s</td>") % shown(cells[name][k], _STRUCTURE) for name in varying),
            f"{shape['examples']:,}",
            Markup('<b class="dr">✗ %s</b>') % f"{shape['refuted']:,}" if shape["refuted"] else "–",
        )
        for k, shape in enumerate(shapes)
    )
    table = Markup(
        '<table class="dd"><caption>%s</caption><thead><tr>%s<th>examples</th><th>refuted</th></tr></thead>'
        "<tbody>%s</tbody></table>"
    ) % (failed(shapes, "structure"), head, body)
    return scrolling(table, label, 1000)


def failed(shapes: Sequence[dict[str, Any]], noun: str) -> Markup:
    """How many there are and how many of them failed."""
    bad = sum(shape["refuted"] > 0 for shape in shapes)
    if not bad:
        return Markup("%s, none failed") % plural(len(shapes), noun)
    many = f"{bad}" if bad < len(shapes) else "all" if bad > 1 else "it"
    return Markup('%s, <b class="dr">✗ %s failed</b>') % (plural(len(shapes), noun), many)


def grouped(shapes: Sequence[dict[str, Any]], texts: Sequence[str], between: str = ", ") -> Markup:
    """The shapes' texts, each group of the same counts with them: "2×3, 4×4 (25 examples each), 1×5 (30 examples)"."""
    groups: dict[tuple[int, int], list[str]] = {}
    for shape, text in zip(shapes[:_NAMED], texts, strict=False):
        groups.setdefault((shape["refuted"], shape["examples"]), []).append(text)
    first, out = True, list[Markup]()
    for (refuted, examples), group in groups.items():
        told = f"{refuted:,} of {examples:,}" if refuted else f"{examples:,}"
        told += (" examples" if examples != 1 else " example") * first + " each" * (len(group) > 1)
        out.append(Markup("%s (%s)") % (escape(between).join(group), told))
        first = False
    out += [Markup(f"and {len(shapes) - _NAMED:,} more")] if len(shapes) > _NAMED else []
    return escape(between).join(out)


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
