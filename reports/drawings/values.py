"""How the examples of a claim came out, and which branches of the forward they took."""

from typing import Any

from markupsafe import Markup

from reports.drawings.figures import scrolling
from reports.drawings.text import line, shown

_WIDTH = 320  # of the bar; its height is in the style
_LEAST = 4  # the width of one example among thousands
_PARTS = (
    ("agreed", "da", "✓", "agree"), ("kinks", "dk", "∧", "agree at a kink"),
    ("inconclusive", "dw", "?", "inconclusive"), ("refuted", "dr", "✗", "refuted"),
)


def values_covered(claim: dict[str, Any]) -> Markup:
    """The examples by outcome, a bar where there are several, then a table of branches; empty without examples."""
    return _outcomes(claim["examples"]) + _branches(claim)


def _outcomes(examples: dict[str, int]) -> Markup:
    kinks = min(examples["at_kinks"], examples["agreed"])
    counts = {**examples, "agreed": examples["agreed"] - kinks, "kinks": kinks}
    present = [
        (kind, f"{symbol} {counts[key]:,} {text}", counts[key]) for key, kind, symbol, text in _PARTS if counts[key]
    ]
    if not present:
        return Markup("")
    if len(present) == 1:
        return Markup('<p class="dn %s">%s</p>') % present[0][:2]
    keys = Markup(" ").join(Markup('<span class="%s">%s</span>') % (kind, text) for kind, text, _ in present)
    bar = Markup(_bar([(kind, count) for kind, _, count in present]))
    return Markup('<p class="dn"><svg class="dv" aria-hidden="true">%s</svg> %s</p>') % (bar, keys)


def _bar(parts: list[tuple[str, int]]) -> str:
    """Strokes as wide as the bar is high; that of the refuted is dashed."""
    total, free = sum(count for _, count in parts), _WIDTH - _LEAST * len(parts)
    out, x = "", 0.0
    for kind, count in parts:
        width = _LEAST + free * count / total
        out += f'<path class="{kind}" d="M{round(x)} 7H{round(x + width) - 1}"/>'
        x += width
    return out


def _branches(claim: dict[str, Any]) -> Markup:
    if not claim["branches"]:
        return Markup("")
    rows = Markup("").join(
        Markup("<tr><td>%d</td><td><code>%s</code></td><td>%s</td></tr>")
        % (branch["line"], shown(branch["code"], 90), Markup("<br/>").join(_sides(branch["taken"])))
        for branch in claim["branches"]
    )
    table = Markup(
        '<table class="dd"><thead><tr><th>Line</th><th>Branch of the forward</th><th>Entries on each side</th></tr>'
        "</thead><tbody>%s</tbody></table>"
    ) % rows
    longest = max(len(line(branch["code"], 90)) for branch in claim["branches"])
    return scrolling(table, f"Branches of the forward, {line(claim['label'], 60)}", 170 + 7.5 * longest)


def _sides(taken: dict[str, int]) -> list[Markup]:
    return [
        Markup("%s %s") % (shown(side, 24), f"{count:,}")
        if count
        else Markup('<b class="dw">∅ %s: none</b>') % shown(side, 24)
        for side, count in taken.items()
    ]
