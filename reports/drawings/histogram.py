"""The distribution of a claim's errors as fractions of their bound: a sparkline, or a figure where some are beyond."""

import math
from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from reports.drawings.numerals import compact, share, value
from reports.drawings.text import plural, shown

EDGES = (0.0, 1e-4, 1e-3, 1e-2, 0.03, 0.1, 0.3, 1.0)
AXIS = "errors-axis"  # the id of the legend's axis, which the figures show again
_BIN, _LEFT, _TOP, _PLOT = 46, 12, 30, 74
_SPARK, _LOW = 9, 18  # a sparkline's bins and height; both and the bars' widths are in the style
_SAMPLE = (900, 0, 8, 90, 400, 200, 6, 0)
_MOST = 10**15  # what a float counts exactly
_LEAST = 5  # the height of a bar for one entry among millions


def histogram(claim: dict[str, Any], edges: Sequence[float] = EDGES) -> Markup:
    """The errors of all outputs of a claim; empty without outputs. `histogram_legend` explains it, once on the page.

    `output["histogram"][k]` counts errors from `edges[k]` to `edges[k + 1]` of the bound, the last count all above.
    Heights are logarithmic. With errors beyond the bound it is a figure with counts; where all are next to nothing, a
    sentence.
    """
    outputs = claim["outputs"]
    if not outputs:
        return Markup("")
    each = [[min(count, _MOST) for count in output["histogram"]] for output in outputs]
    counts = [sum(bins) for bins in zip(*each, strict=True)]
    one = Markup("<code>%s</code>") % (shown(outputs[0]["name"], 40) or "output")
    whose = Markup("%s: %s") % (one if len(outputs) == 1 else plural(len(outputs), "output"), _entries(sum(counts)))
    if not any(counts[1:]):
        return Markup('<p class="dn">%s%s</p>') % (whose, _nothing(outputs, sum(counts), edges))
    if not counts[-1]:
        worst = _worst(outputs) if len(outputs) > 1 else ""  # which of them
        return Markup('<p class="dh">%s %s%s</p>') % (_sparkline(counts, edges), whose, worst)
    beyond = Markup('<b class="dr">✗ %s</b> beyond the bound') % f"{counts[-1]:,}"
    return Markup('<figure class="df"><figcaption>%s, %s%s</figcaption>%s</figure>') % (
        whose, beyond, _worst(outputs), _figure(counts, edges)
    )


def histogram_legend(edges: Sequence[float] = EDGES) -> Markup:
    """How to read the histograms, with the axis that those with errors beyond the bound share."""
    return Markup(
        '<figure class="df"><figcaption>Errors as fractions of their bound: a bar for each range, as high as the '
        "logarithm of how many entries have such an error. Where none is beyond the bound, the bars stand in the line, "
        '<span class="dh">%s</span>; the bound is their right edge.</figcaption><svg class="dp" viewBox="0 0 %d %d" '
        'width="%d" role="img"><title>%s</title><g id="%s">%s</g><path class="db" d="%s"/></svg></figure>'
    ) % (
        _sparkline(_SAMPLE, None), *_size(edges), _size(edges)[0],
        f"The ranges end at {', '.join(f'{edge:g}' for edge in edges[1:])} of the bound", AXIS, Markup(_axis(edges)),
        "".join(
            f"M{_LEFT + _BIN * k + _BIN // 2} {_TOP + _PLOT}v-{round(height)}"
            for k, height in enumerate(_heights(_SAMPLE, _PLOT)) if height
        ),
    )


def _nothing(outputs: Sequence[dict[str, Any]], total: int, edges: Sequence[float]) -> str:
    if not total:
        return " compared"
    equal = all(output.get("worst") == 0 for output in outputs)
    return ", all equal" if equal else f", all below {edges[1]:g} of the bound"


def _worst(outputs: Sequence[dict[str, Any]]) -> Markup:
    """Which output is worst, if there are several, and how bad it is."""
    found = [(output["name"], x) for output in outputs if (x := value(output.get("worst"))) is not None]
    if not found:
        return Markup("")
    name, worst = max(found, key=lambda item: math.inf if math.isnan(item[1]) else item[1])
    which = Markup(" <code>%s</code>") % (shown(name, 40) or "output") if len(outputs) > 1 else ""
    return Markup(", worst%s %s") % (which, share(worst)) if share(worst) else Markup("")


def _sparkline(counts: Sequence[int], edges: Sequence[float] | None) -> Markup:
    """The ranges within the bound, one bar each; what they count is the title. Without edges it is but a sample."""
    bars = "".join(
        f"M{_SPARK * k + 4} {_LOW}v-{round(max(2, height))}"
        for k, height in enumerate(_heights(counts[:-1], _LOW - 1)) if height
    )
    if edges is None:
        return Markup('<svg aria-hidden="true"><path d="%s"/></svg>') % bars
    return Markup('<svg role="img"><title>%s</title><path d="%s"/></svg>') % (
        f"{_counted(counts, edges)} of the bound, none beyond", bars
    )


def _figure(counts: Sequence[int], edges: Sequence[float]) -> Markup:
    base, bars, texts = _TOP + _PLOT, "", Markup("")
    for k, height in enumerate(_heights(counts, _PLOT)):
        if height:
            x, top, over = _LEFT + _BIN * k + _BIN // 2, base - round(max(_LEAST, height)), k == len(counts) - 1
            text = Markup('<text class="dr" x="%d" y="%d">✗ %s</text>' if over else '<text x="%d" y="%d">%s</text>')
            texts += text % (x, top - 4, compact(counts[k]))
            bars += f'"/><path class="do" d="M{x} {base}V{top}' if over else f"M{x} {base}V{top}"
    return Markup(
        '<svg class="dp" viewBox="0 0 %d %d" width="%d" role="img"><title>Of %s: %s of the bound, %s beyond</title>'
        '<use href="#%s"/><path class="db" d="%s"/>%s</svg>'
    ) % (
        *_size(edges), _size(edges)[0], _entries(sum(counts)), _counted(counts, edges) or "none up to 1",
        f"{counts[-1]:,}", AXIS, Markup(bars), texts,
    )


def _size(edges: Sequence[float]) -> tuple[int, int]:
    return 2 * _LEFT + _BIN * len(edges), _TOP + _PLOT + 32


def _heights(counts: Sequence[int], most: float) -> list[float]:
    return [most * math.log1p(count) / math.log1p(max(counts)) if count else 0 for count in counts]


def _axis(edges: Sequence[float]) -> str:
    base, bound = _TOP + _PLOT, _LEFT + _BIN * (len(edges) - 1)
    labels = "".join(f'<text x="{_LEFT + _BIN * k}" y="{base + 14}">{edge:g}</text>' for k, edge in enumerate(edges))
    return (
        f'<path class="dl" d="M{_LEFT} {base}H{bound + _BIN}"/><path class="dt" d="M{bound} 4V{base + 4}"/>'
        f'<g class="di"><text class="ds" x="{_LEFT}" y="11">entries, log scale</text>'
        f'<text class="ds" x="{_LEFT}" y="{base + 28}">error, as a fraction of the bound</text>'
        f'<text class="de" x="{bound - 4}" y="11">the bound</text>{labels}</g>'
    )


def _counted(counts: Sequence[int], edges: Sequence[float]) -> str:
    return ", ".join(f"{count:,} up to {edge:g}" for count, edge in zip(counts, edges[1:], strict=False) if count)


def _entries(count: int) -> str:
    return "no entry" if not count else "1 entry" if count == 1 else f"{count:,} entries"
