"""The distribution of an output's errors as fractions of their bound."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from markupsafe import Markup

from reports.drawings.figures import hatch
from reports.drawings.numerals import compact, share
from reports.drawings.text import line, shown

EDGES = (0.0, 1e-4, 1e-3, 1e-2, 0.03, 0.1, 0.3, 1.0)
_BIN, _LEFT, _TOP, _PLOT = 46, 12, 30, 74
_MOST = 10**15  # what a float counts exactly
_LEAST = 5  # the height of a bar for one entry among millions


def histogram(output: dict[str, Any], edges: Sequence[float], prefix: str, axis: str = "") -> Markup:
    """A figure for one output of a claim; `prefix` makes the ids of its title and description unique on the page.

    axis : the id of a `shared_axis` on the page, which saves a third of the picture's text; by default it has its own
    `output["histogram"][k]` counts errors from `edges[k]` to `edges[k + 1]` of the bound, the last count all above.
    Heights are logarithmic, the counts stand over the bars. Where all errors are next to nothing, a sentence says so.
    """
    counts = [min(count, _MOST) for count in output["histogram"]]
    name = shown(output["name"], 40) or Markup("output")
    if not sum(counts):
        return Markup('<p class="d-note"><code>%s</code> no entry was compared</p>') % name
    if not any(counts[1:]):
        return Markup('<p class="d-note"><code>%s</code> %s</p>') % (name, _next_to_nothing(output, edges))
    worst, all_of = share(output.get("worst")), _entries(sum(counts))
    beyond = Markup('<strong class="d-bad">✗ %s of %s</strong> beyond the bound') % (f"{counts[-1]:,}", all_of)
    return Markup('<figure class="d-figure"><figcaption><code>%s</code> %s%s</figcaption>%s</figure>') % (
        name, beyond if counts[-1] else f"{all_of}, all within the bound", f"; worst {worst}" if worst else "",
        _picture(counts, edges, line(output["name"], 40), prefix, axis),
    )


def shared_axis(edges: Sequence[float], axis: str) -> Markup:
    """The axis of all histograms with these edges, to stand once on the page, under the id `axis`."""
    opening = Markup('<svg class="d-picture d-shared" width="0" height="0" aria-hidden="true"><g id="%s">%s</g></svg>')
    return opening % (axis, Markup(_axis(edges)))


def _next_to_nothing(output: dict[str, Any], edges: Sequence[float]) -> str:
    total = _entries(sum(output["histogram"]))
    return f"{total}, all equal" if output.get("worst") == 0 else f"{total}, all below {edges[1]:g} of the bound"


def _picture(counts: Sequence[int], edges: Sequence[float], name: str, prefix: str, axis: str) -> Markup:
    drawn = Markup('<use href="#%s"/>') % axis if axis else Markup(_axis(edges))
    return Markup(
        '<svg class="d-picture" viewBox="0 0 %(w)d %(h)d" width="%(w)d" height="%(h)d" role="img" '
        'aria-labelledby="%(id)s-t %(id)s-d"><title id="%(id)s-t">%(title)s</title><desc id="%(id)s-d">%(desc)s</desc>'
        '%(axis)s<g class="d-middle">%(bars)s</g></svg>'
    ) % {
        "w": 2 * _LEFT + _BIN * len(counts), "h": _TOP + _PLOT + 32, "id": prefix,
        "title": f"{name or 'output'}: errors as fractions of their bound", "desc": _description(counts, edges),
        "axis": drawn, "bars": Markup(_bars(counts)),
    }


def _axis(edges: Sequence[float]) -> str:
    base, bound = _TOP + _PLOT, _LEFT + _BIN * (len(edges) - 1)
    labels = "".join(f'<text x="{_LEFT + _BIN * k}" y="{base + 14}">{edge:g}</text>' for k, edge in enumerate(edges))
    return (
        f'<path class="d-line" d="M{_LEFT} {base}H{bound + _BIN}"/><path class="d-bound" d="M{bound} 4V{base + 4}"/>'
        f'<g class="d-axis"><text x="{_LEFT}" y="11">entries, log scale</text>'
        f'<text x="{_LEFT}" y="{base + 28}">error, as a fraction of the bound</text>'
        f'<text class="d-end" x="{bound - 4}" y="11">the bound</text><g class="d-middle">{labels}</g></g>'
    )


def _bars(counts: Sequence[int]) -> str:
    out = []
    for k, count in enumerate(counts):
        if count:
            height = round(max(_LEAST, _PLOT * math.log1p(count) / math.log1p(max(counts))), 1)
            x, y, width, over = _LEFT + _BIN * k + 4, _TOP + _PLOT - height, _BIN - 8, k == len(counts) - 1
            kind, mark, text = ("d-over", "✗ ", ' class="d-bad"') if over else ("d-bar", "", "")
            out.append(f'<rect class="{kind}" x="{x}" y="{y:.4g}" width="{width}" height="{height:.4g}"/>')
            out.append(hatch(x, y, width, height) if over else "")
            out.append(f'<text{text} x="{x + width / 2:g}" y="{y - 4:.4g}">{mark}{compact(count)}</text>')
    return "".join(out)


def _description(counts: Sequence[int], edges: Sequence[float]) -> str:
    ranges = [f"{a:g} to {b:g}" for a, b in pairwise(edges)]
    found = [f"{count:,} from {where}" for count, where in zip(counts[:-1], ranges, strict=True) if count]
    found.append(f"{counts[-1]:,} beyond the bound" if counts[-1] else "none beyond the bound")
    return f"Of {_entries(sum(counts))}: {', '.join(found)}."


def _entries(count: int) -> str:
    return "1 entry" if count == 1 else f"{count:,} entries"
