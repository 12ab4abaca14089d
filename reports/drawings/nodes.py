"""One connected part of the graph of equations as SVG: nodes that are links, edges from left to right."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from reports.drawings.figures import scrolling
from reports.drawings.layers import Edge
from reports.drawings.marks import TONES
from reports.drawings.placing import Layout, Place, place
from reports.drawings.text import columns, line, plural

_HEIGHT, _GAP, _MARGIN, _LETTER = 24, 28, 4, 7  # a box's height and corners are in the style
_LABEL = 26
_TONES = TONES | {"ok": "", "none": "dy"}  # most are verified
_ELSEWHERE = {"bad": "dr dee"}


def short(label: str) -> str:
    """A label as it is drawn."""
    return line(label, _LABEL)


@dataclass(frozen=True)
class Node:
    """What a node shows: `href` is empty where there is nothing to link to; `tone` is its colour.

    `told` is what symbol, label and colour don't say. `elsewhere` is a node of another section, drawn for what it feeds
    here.
    """

    label: str
    symbol: str
    tone: str
    told: str
    href: str
    elsewhere: bool = False

    @property
    def short(self) -> str:
        """The label as it is drawn."""
        return short(self.label)

    @property
    def width(self) -> int:
        """The box's width."""
        return round(_LETTER * columns(f"{self.symbol} {self.short}".strip()) + 16)


def part(names: Sequence[str], edges: Sequence[Edge], nodes: Mapping[str, Node]) -> Markup:
    """The drawing of one connected part, in a box that scrolls if it is wide."""
    layout = place(names, edges)
    starts, widths = _columns(layout, nodes)
    width = starts[-1] + widths[-1] + _MARGIN
    height = max(layout.y.values()) + _HEIGHT // 2 + (12 if layout.back else 0)
    boxes = {
        name: (starts[k], layout.y[name, k], nodes[name].width)
        for k, row in enumerate(layout.rows) for name, _ in row if name in nodes
    }
    lines, heads = zip(*(_edge(layout, edge, boxes, starts, widths) for edge in layout.routes), strict=True)
    returning = [_returning(boxes[a], boxes[b]) for a, b in layout.back]
    paths = Markup(f'<path d="{"".join(lines)}"/>') + Markup("").join(path for path, _ in returning)
    paths += Markup('<path class="dq" d="%s"/>') % "".join(dict.fromkeys([*heads, *(head for _, head in returning)]))
    drawing = Markup('<svg class="dp dg" viewBox="0 0 %d %d" width="%d" role="group" aria-label="%s">%s%s</svg>') % (
        width, height + _MARGIN + 4, width,
        f"{plural(len(names), 'equation')} and {plural(len(edges), 'arrow')}, from {line(nodes[names[0]].label, 40)}",
        paths, Markup("").join(_node(nodes[name], boxes[name]) for name in names),
    )
    return scrolling(drawing, f"Equations from {line(nodes[names[0]].label, 40)}", width)


def _columns(layout: Layout, nodes: Mapping[str, Node]) -> tuple[list[int], list[int]]:
    """Where each layer starts and how wide it is."""
    widths = [max((nodes[name].width for name, _ in row if name in nodes), default=0) for row in layout.rows]
    starts, x = [], _MARGIN
    for width in widths:
        starts.append(x)
        x += width + _GAP
    return starts, widths


Box = tuple[int, int, int]  # left, middle height, width


def _edge(
    layout: Layout, edge: Edge, boxes: Mapping[str, Box], starts: Sequence[int], widths: Sequence[int]
) -> tuple[str, str]:
    """From the right of a box, through its places in the layers between, to the left of the other; and a head."""
    route: list[Place] = layout.routes[edge]
    left, y, width = boxes[edge[0]]
    x = starts[route[0][1]] + widths[route[0][1]]
    path, at = f"M{left + width} {y}", left + width
    for spot in route[1:]:
        end, to = starts[spot[1]], layout.y[spot]
        last = spot is route[-1]
        half, stop = (end - x) // 2, end - x - (5 if last else 0)
        if to != y:
            path += f"H{x}" if x != at else ""
            path += f"c{half} 0 {half} {to - y} {stop} {to - y}".replace(" -", "-")
            at, y = x + stop, to
        x = end + (0 if last else widths[spot[1]])
    end = starts[route[-1][1]]
    path += f"H{end - 5}" if at != end - 5 else ""
    return path, f"M{end} {y}l-6-3v6"


def _returning(a: Box, b: Box) -> tuple[Markup, str]:
    """An edge that closes a cycle: dashed, from the bottom of a box to the bottom of one on its left; a head."""
    x, y, to, end = a[0] + a[2] // 2, a[1] + _HEIGHT // 2, b[0] + b[2] // 2, b[1] + _HEIGHT // 2
    low = max(y, end) + 14
    path = Markup(f'<path class="dz" d="M{x} {y}C{x} {low} {to} {low} {to} {end + 5}"/>')
    return path, f"M{to} {end}l-3 6h6"


def _node(node: Node, box: Box) -> Markup:
    x, y, width = box
    body = Markup('%s<rect x="%d" y="%d" width="%d"/><text x="%d" y="%d">%s</text>') % (
        Markup("<title>%s</title>") % node.told if node.told else "",
        x, y - _HEIGHT // 2, width, x + 8, y + 4, f"{node.symbol} {node.short}".strip(),
    )
    kind = _ELSEWHERE.get(node.tone, "dee") if node.elsewhere else _TONES[node.tone]
    given = Markup(' class="%s"') % kind if kind else Markup("")
    if not node.href:
        return Markup("<g%s>%s</g>") % (given, body)
    return Markup('<a%s href="%s">%s</a>') % (given, node.href, body)
