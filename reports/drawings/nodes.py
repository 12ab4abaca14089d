"""One connected part of the graph of equations as SVG: nodes that are links, edges from left to right."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from reports.drawings.figures import scrolling
from reports.drawings.layers import Edge
from reports.drawings.placing import Layout, Place, place
from reports.drawings.text import columns, line, plural

_HEIGHT, _GAP, _MARGIN, _LETTER = 24, 28, 4, 7.0
_LABEL = 26


@dataclass(frozen=True)
class Node:
    """What a node shows: `href` is empty where there is nothing to link to; `tone` is its colour.

    `elsewhere` is a node of another section, drawn for what it feeds here.
    """

    label: str
    symbol: str
    tone: str
    words: str
    href: str
    elsewhere: bool = False

    @property
    def short(self) -> str:
        """The label as it is drawn."""
        return line(self.label, _LABEL)

    @property
    def width(self) -> float:
        """The box's width."""
        return round(_LETTER * columns(f"{self.symbol} {self.short}".strip()) + 16, 1)


def part(names: Sequence[str], edges: Sequence[Edge], nodes: Mapping[str, Node], prefix: str) -> Markup:
    """The drawing of one connected part, in a box that scrolls if it is wide."""
    layout = place(names, edges)
    starts, widths = _columns(layout, nodes)
    width = round(starts[-1] + widths[-1] + _MARGIN, 1)
    height = max(layout.y.values()) + _HEIGHT / 2 + (12 if layout.back else 0)
    boxes = {
        name: (starts[k], layout.y[name, k], nodes[name].width)
        for k, row in enumerate(layout.rows) for name, _ in row if name in nodes
    }
    lines = [_edge(layout, edge, boxes, starts, widths) for edge in layout.routes]
    lines += [_returning(boxes[a], boxes[b]) for a, b in layout.back]
    fed: dict[str, list[str]] = {name: [] for name in names}
    for a, b in edges:
        fed[b].append(line(a, 40))
    drawn = [_node(nodes[name], boxes[name], fed[name]) for name in names]
    title = f"{plural(len(names), 'equation')}, from {line(nodes[names[0]].label, 40)}"
    described = f"{plural(len(edges), 'arrow')} from an equation to one that uses it."
    drawing = Markup(
        '<svg class="d-picture d-graph" viewBox="0 0 %(w)s %(h)s" width="%(w)s" height="%(h)s" role="group" '
        'aria-labelledby="%(id)s-t %(id)s-d"><title id="%(id)s-t">%(title)s</title><desc id="%(id)s-d">%(desc)s</desc>'
        "%(drawn)s</svg>"
    ) % {
        "w": f"{width:g}", "h": f"{height + _MARGIN + 4:g}", "id": prefix, "title": title, "desc": described,
        "drawn": Markup("").join([*lines, *drawn]),
    }
    return scrolling(drawing, title, width)


def _columns(layout: Layout, nodes: Mapping[str, Node]) -> tuple[list[float], list[float]]:
    """Where each layer starts and how wide it is."""
    widths = [max((nodes[name].width for name, _ in row if name in nodes), default=0.0) for row in layout.rows]
    starts, x = [], float(_MARGIN)
    for width in widths:
        starts.append(round(x, 1))
        x += width + _GAP
    return starts, widths


Box = tuple[float, float, float]  # left, middle height, width


def _edge(
    layout: Layout, edge: Edge, boxes: Mapping[str, Box], starts: Sequence[float], widths: Sequence[float]
) -> Markup:
    """From the right of a box through its places in the layers between to the left of the other, with a head."""
    route: list[Place] = layout.routes[edge]
    left, y, width = boxes[edge[0]]
    x = starts[route[0][1]] + widths[route[0][1]]
    path = f"M{left + width:g} {y:g}H{x:g}"
    for spot in route[1:]:
        end, to = starts[spot[1]], layout.y[spot]
        last = spot is route[-1]
        stop, middle = end - (5 if last else 0), round((x + end) / 2, 1)
        path += f"C{middle:g} {y:g} {middle:g} {to:g} {stop:g} {to:g}"
        y = to
        if not last:
            x = end + widths[spot[1]]
            path += f"H{x:g}"
    head = f"M{starts[route[-1][1]]:g} {y:g}l-6 -3.5v7z"
    return Markup('<path class="d-edge" d="%s"/><path class="d-head" d="%s"/>') % (path, head)


def _returning(a: Box, b: Box) -> Markup:
    """An edge that closes a cycle: dashed, from the bottom of a box to the bottom of one on its left."""
    x, y, to, end = a[0] + a[2] / 2, a[1] + _HEIGHT / 2, b[0] + b[2] / 2, b[1] + _HEIGHT / 2
    low = max(y, end) + 14
    return Markup(
        f'<path class="d-edge d-back" d="M{x:g} {y:g}C{x:g} {low:g} {to:g} {low:g} {to:g} {end + 5:g}"/>'
        f'<path class="d-head" d="M{to:g} {end:g}l-3.5 6h7z"/>'
    )


def _node(node: Node, box: Box, fed: Sequence[str]) -> Markup:
    x, y, width = box
    more = f", uses {', '.join(fed[:8])}{' and others' if len(fed) > 8 else ''}" if fed else ""
    words = f"{line(node.label, 200)}: {node.words}{more}"
    body = Markup(
        '<title>%s</title><rect x="%s" y="%s" width="%s" height="%s" rx="5"/><text x="%s" y="%s">'
        '<tspan class="d-symbol">%s</tspan>%s%s</text>'
    ) % (
        words, f"{x:g}", f"{y - _HEIGHT / 2:g}", f"{width:g}", _HEIGHT, f"{x + 8:g}", f"{y + 4:g}", node.symbol,
        " " if node.symbol else "", node.short,
    )
    kind = f"d-node d-tone-{node.tone}{' d-elsewhere' if node.elsewhere else ''}"
    if not node.href:
        return Markup('<g class="%s">%s</g>') % (kind, body)
    return Markup('<a class="%s" href="%s">%s</a>') % (kind, node.href, body)
