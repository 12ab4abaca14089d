"""How the examples of a claim came out, and which branches of the forward they took."""

from typing import Any

from markupsafe import Markup

from reports.drawings.figures import hatch, scrolling
from reports.drawings.text import line, shown

_WIDTH, _HEIGHT = 320, 14
_LEAST = 4  # the width of one example among thousands
_PARTS = (
    ("agreed", "✓", "agree"), ("kinks", "∧", "agree at a kink"), ("inconclusive", "?", "inconclusive"),
    ("refuted", "✗", "refuted"),
)


def values_covered(claim: dict[str, Any]) -> Markup:
    """The examples by outcome, a bar where there are several, then a table of branches; empty without examples."""
    return _outcomes(claim["examples"]) + _branches(claim)


def _outcomes(examples: dict[str, int]) -> Markup:
    kinks = min(examples["at_kinks"], examples["agreed"])
    counts = {**examples, "agreed": examples["agreed"] - kinks, "kinks": kinks}
    present = [(key, symbol, text, counts[key]) for key, symbol, text in _PARTS if counts[key]]
    if not present:
        return Markup("")
    keys = Markup(" ").join(
        Markup('<span class="d-key d-%s">%s</span>') % (key, f"{symbol} {count:,} {text}")
        for key, symbol, text, count in present
    )
    if len(present) == 1:
        return Markup('<p class="d-keys">%s</p>') % keys
    bar = Markup(_bar([(key, count) for key, _, _, count in present]))
    return Markup(
        '<div class="d-outcomes"><svg class="d-picture" viewBox="0 0 %d %d" width="%d" height="%d" aria-hidden="true">'
        '%s</svg><p class="d-keys">%s</p></div>'
    ) % (_WIDTH, _HEIGHT, _WIDTH, _HEIGHT, bar, keys)


def _bar(parts: list[tuple[str, int]]) -> str:
    total, free = sum(count for _, count in parts), _WIDTH - _LEAST * len(parts)
    out, x = "", 0.0
    for key, count in parts:
        width = _LEAST + free * count / total
        out += f'<rect class="d-{key}" x="{x:.5g}" width="{max(width - 1, 1):.5g}" height="{_HEIGHT}"/>'
        if key == "refuted":
            out += hatch(round(x, 1), 0, round(width - 1, 1), _HEIGHT)
        x += width
    return out


def _branches(claim: dict[str, Any]) -> Markup:
    if not claim["branches"]:
        return Markup("")
    rows = Markup("").join(
        Markup('<tr><td class="d-num">%d</td><td><code>%s</code></td><td>%s</td></tr>')
        % (branch["line"], shown(branch["code"], 90), Markup("<br/>").join(_sides(branch["taken"])))
        for branch in claim["branches"]
    )
    table = Markup(
        '<table class="d-table"><thead><tr><th>Line</th><th>Branch of the forward</th><th>Entries on each side</th>'
        "</tr></thead><tbody>%s</tbody></table>"
    ) % rows
    longest = max(len(line(branch["code"], 90)) for branch in claim["branches"])
    return scrolling(table, f"Branches of the forward, {line(claim['label'], 60)}", 170 + 7.5 * longest)


def _sides(taken: dict[str, int]) -> list[Markup]:
    return [
        Markup("%s %s") % (shown(side, 24), f"{count:,}")
        if count
        else Markup('<strong class="d-warn">∅ %s: none</strong>') % shown(side, 24)
        for side, count in taken.items()
    ]
