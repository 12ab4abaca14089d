"""What a statistic or a measurement found beside what the claim states."""

from typing import Any

from markupsafe import Markup

from reports.drawings.figures import scrolling
from reports.drawings.numerals import encoded, entries, inline, number, pair, value
from reports.drawings.profiles import profiles
from reports.drawings.text import line, plural

_ROWS, _FEW = 24, 8  # at most, and of many that are all within
_NAMES = 3  # inputs that have columns of their own
_ALL = "inputs"

Row = dict[str, Any]


def numbers_table(claim: dict[str, Any]) -> Markup:
    """A row for each choice of inputs: found, stated, and how far apart they may be; empty without numbers.

    A measurement beyond its distance is marked. For a statistic it is the deviation that would be seen. One choice is a
    line instead.
    """
    rows = claim["numbers"]
    if not rows:
        return Markup("")
    measured = claim["kind"] == "measurement"
    off, word = [measured and _off(row) for row in rows], "within" if measured else "detects"
    if len(rows) == 1:
        return _line(rows[0], off[0], word)
    # Those that are off first, as far as there is room; otherwise in the order in which they were tried.
    most = _ROWS if any(off) or len(rows) <= _ROWS else _FEW
    order = sorted(range(len(rows)), key=lambda k: not off[k])[:most]
    distances = {number(row["within"], 3) for row in rows}
    columns = _columns(rows)
    pictures = profiles([rows[k] for k in order])
    heads = [*columns, *(["by entry"] if pictures else []), "found", "stated", *([word] if len(distances) > 1 else [])]
    body = Markup("").join(
        _row(rows[k], off[k], columns, picture, len(distances) > 1)
        for k, picture in zip(order, pictures or [Markup("")] * len(order), strict=True)
    )
    # In the style, the last columns of this table are numbers: two or, where they differ, three with the distances.
    table = Markup('<table class="%s"><thead><tr>%s</tr></thead><tbody>%s</tbody></table>') % (
        "du" if len(distances) == 1 else "dj", Markup("").join(Markup("<th>%s</th>") % head for head in heads), body
    )
    label = f"Numbers found and stated, {line(claim['label'], 60)}"
    told = [f"{word.capitalize()} {distances.pop()}"] if len(distances) == 1 else []
    if len(order) < len(rows):
        told.append(f"{len(order)} of {plural(len(rows), 'choice')} of inputs")
        told.append(f"{sum(off):,} off" if any(off) else "all within" if measured else "")
    note = Markup('<p class="dn">%s.</p>') % "; ".join(filter(None, told)) if told else Markup("")
    return scrolling(table, label, 1000 if columns else 290) + note


def _columns(rows: list[Row]) -> list[str]:
    """The inputs' names where these are few and the same in all rows, else one column of all; none without inputs."""
    names = list(rows[0]["inputs"])
    if 0 < len(names) <= _NAMES and all(list(row["inputs"]) == names for row in rows):
        return [line(name, 24) for name in names]
    return [_ALL] if any(row["inputs"] for row in rows) else []


def _row(row: Row, off: bool, columns: list[str], picture: Markup, distance: bool) -> Markup:
    inputs = [_named(row)] if columns == [_ALL] else [inline(x, 48) for x in row["inputs"].values()]
    found, stated = _both(row["found"], row["stated"])
    last = Markup("<td>%s</td>") % number(row["within"], 3) if distance else Markup("")
    drawn = Markup("<td>%s</td>") % picture if picture else ""
    return Markup("<tr>%s%s%s<td>%s</td>%s</tr>") % (
        Markup("").join(Markup("<td>%s</td>") % x for x in inputs), drawn, _found(found, off, "td"), stated, last
    )


def _line(row: Row, off: bool, word: str) -> Markup:
    found, stated = _both(row["found"], row["stated"])
    inputs = _named(row)
    return Markup('<p class="dn">%sfound %s, stated %s, %s %s</p>') % (
        f"{inputs}: " if inputs else "", _found(found, off, "b"), stated, word, number(row["within"], 3)
    )


def _named(row: Row) -> str:
    return line("; ".join(f"{line(name, 24)} = {inline(x, 48)}" for name, x in row["inputs"].items()), 160)


def _found(text: str, off: bool, tag: str) -> Markup:
    if not off:
        return Markup("<%s>%s</%s>") % (Markup(tag), text, Markup(tag))
    return Markup('<%s class="dr">✗ %s</%s>') % (Markup(tag), text, Markup(tag))


def _both(found: Any, stated: Any) -> tuple[str, str]:
    if found["shape"] == stated["shape"] == []:
        return pair(found["data"], stated["data"])
    return inline(found, 60), inline(stated, 60)


def _off(row: Row) -> bool:
    """Whether some entry is farther from what is stated than the claim allows."""
    found, stated, within = row["found"], row["stated"], value(row["within"])
    if not (encoded(found) and encoded(stated)) or found["shape"] != stated["shape"] or within is None:
        return True
    a, b = entries(found), entries(stated)
    if a is None or b is None:
        return True
    pairs = [(value(x), value(y)) for (_, x), (_, y) in zip(a, b, strict=True)]
    return any(x is None or y is None or not abs(x - y) <= within for x, y in pairs)
