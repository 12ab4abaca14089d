"""What a statistic or a measurement found beside what the claim states."""

from typing import Any

from markupsafe import Markup

from reports.drawings.figures import scrolling
from reports.drawings.numerals import encoded, entries, inline, number, pair, value
from reports.drawings.text import line, plural

_ROWS = 24


def numbers_table(claim: dict[str, Any]) -> Markup:
    """A row for each choice of inputs: found, stated, and how far apart they may be; empty without numbers.

    A measurement beyond its distance is marked. For a statistic it is the deviation that would be seen.
    """
    rows = claim["numbers"]
    if not rows:
        return Markup("")
    measured = claim["kind"] == "measurement"
    off = [measured and _off(row) for row in rows]
    # Those that are off first, as far as there is room; otherwise in the order in which they were tried.
    order = sorted(range(len(rows)), key=lambda k: not off[k])[:_ROWS]
    with_inputs = any(row["inputs"] for row in rows)
    body = Markup("").join(_row(rows[k], off[k], with_inputs) for k in order)
    table = Markup(
        '<table class="d-table"><thead><tr>%s<th scope="col" class="d-num">found</th><th scope="col" class="d-num">'
        'stated</th><th scope="col" class="d-num">%s</th></tr></thead><tbody>%s</tbody></table>'
    ) % (
        Markup('<th scope="col">inputs</th>') if with_inputs else "", "within" if measured else "detects", body
    )
    label = f"Numbers found and stated, {line(claim['label'], 60)}"
    return scrolling(table, label, 1000 if with_inputs else 290) + _rest(len(rows), len(order), sum(off))


def _row(row: dict[str, Any], off: bool, with_inputs: bool) -> Markup:
    found, stated = _both(row["found"], row["stated"])
    inputs = "; ".join(f"{line(name, 24)} = {inline(x, 48)}" for name, x in row["inputs"].items())
    return Markup('<tr>%s<td class="d-num%s">%s</td><td class="d-num">%s</td><td class="d-num">%s</td></tr>') % (
        Markup("<td>%s</td>") % (line(inputs, 160)) if with_inputs else "", " d-bad" if off else "",
        Markup("<strong>✗ %s</strong>") % (found) if off else found, stated, number(row["within"], 3),
    )


def _both(found: Any, stated: Any) -> tuple[str, str]:
    if found["shape"] == stated["shape"] == []:
        return pair(found["data"], stated["data"])
    return inline(found, 60), inline(stated, 60)


def _off(row: dict[str, Any]) -> bool:
    """Whether some entry is farther from what is stated than the claim allows."""
    found, stated, within = row["found"], row["stated"], value(row["within"])
    if not (encoded(found) and encoded(stated)) or found["shape"] != stated["shape"] or within is None:
        return True
    a, b = entries(found), entries(stated)
    if a is None or b is None:
        return True
    pairs = [(value(x), value(y)) for (_, x), (_, y) in zip(a, b, strict=True)]
    return any(x is None or y is None or not abs(x - y) <= within for x, y in pairs)


def _rest(total: int, shown: int, off: int) -> Markup:
    if total == shown:
        return Markup("")
    told = f", {off:,} of them off" if off else ", all within"
    return Markup('<p class="d-note">%s of %s%s.</p>') % (shown, plural(total, "choice") + " of inputs", told)
