"""Pieces that several drawings are made of: hatching, a box that scrolls where it must."""

from markupsafe import Markup

from reports.drawings.text import line

_NARROWEST = 320  # what a card holds without scrolling on a page that is 400 px wide


def hatch(x: float, y: float, width: float, height: float, step: float = 5) -> str:
    """Diagonals in a rectangle, each clipped by hand: a pattern would need an id. Made of numbers alone."""
    strokes, c = [], step
    while c < width + height:
        start = f"{x + max(0, c - height):.4g} {y + min(c, height):.4g}"
        strokes.append(f"M{start}L{x + min(c, width):.4g} {y + max(0, c - width):.4g}")
        c += step
    path = "".join(strokes)
    return f'<path class="d-hatch" d="{path}"/>'


def scrolling(body: Markup, label: str, width: float) -> Markup:
    """The body in a box; the box scrolls, and is reached by the keyboard, if `width` pixels may not fit a phone."""
    if width <= _NARROWEST:
        return Markup('<div class="d-scroll">%s</div>') % body
    return Markup('<div class="d-scroll" role="group" tabindex="0" aria-label="%s">%s</div>') % (line(label, 120), body)
