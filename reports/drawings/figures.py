"""A box that scrolls where it must."""

from markupsafe import Markup

from reports.drawings.text import line

_NARROWEST = 320  # what a card holds without scrolling on a page that is 400 px wide


def scrolling(body: Markup, label: str, width: float) -> Markup:
    """The body in a box; the box scrolls, and is reached by the keyboard, if `width` pixels may not fit a phone."""
    if width <= _NARROWEST:
        return body
    return Markup('<div class="dc" role="group" tabindex="0" aria-label="%s">%s</div>') % (line(label, 120), body)
