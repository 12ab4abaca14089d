"""A small array as a table of numbers: its last two axes are rows and columns, a table for each index before them."""

import math
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet

from markupsafe import Markup

from reports.drawings.numerals import Index

_COLUMNS, _SLICES = 8, 4


def slices(shape: list[int]) -> list[Index] | None:
    """The indices before the last two axes; None where a list of entries reads better than matrices."""
    if not shape or len(shape) > 4 or not math.prod(shape) or shape[-1] > _COLUMNS:
        return None
    if len(shape) == 1:
        return [()]
    return list(_indices(shape[:-2])) if math.prod(shape[:-2]) <= _SLICES else None


def matrix(
    shape: list[int], texts: Mapping[Index, str], caption: str, wrong: AbstractSet[Index]
) -> tuple[Markup, float]:
    """The entries' texts as tables with a caption, and about how many pixels wide they are."""
    tables = [_table(shape, lead, texts, caption, wrong) for lead in (slices(shape) or [()])]
    longest = max((len(text) for text in texts.values()), default=0)
    return Markup("").join(tables), 40 + (shape[-1] if shape else 1) * (22 + 8 * longest)


def _table(
    shape: list[int], lead: Index, texts: Mapping[Index, str], caption: str, wrong: AbstractSet[Index]
) -> Markup:
    rows, columns = (shape[-2] if len(shape) > 1 else 1), (shape[-1] if shape else 1)
    where = f" [{', '.join([*map(str, lead), ':', ':'])}]" if lead else ""
    body = []
    for i in range(rows):
        indices = [(*lead, *((i,) if len(shape) > 1 else ()), *((j,) if shape else ())) for j in range(columns)]
        cells = Markup("").join(_cell(texts[index], index in wrong) for index in indices)
        head = Markup('<th>%d</th>') % i if rows > 1 else Markup("")
        body.append(Markup("<tr>%s%s</tr>") % (head, cells))
    return Markup('<table class="dmx"><caption>%s%s</caption>%s<tbody>%s</tbody></table>') % (
        caption, where, _heads(rows, columns), Markup("").join(body)
    )


def _heads(rows: int, columns: int) -> Markup:
    if columns == 1:
        return Markup("")
    numbers = "".join(f"<th>{j}</th>" for j in range(columns))
    return Markup("<thead><tr>%s%s</tr></thead>") % (Markup("<td></td>" if rows > 1 else ""), Markup(numbers))


def _cell(text: str, wrong: bool) -> Markup:
    if wrong:
        return Markup('<td class="dr">✗ %s</td>') % text
    return Markup("<td>%s</td>") % text


def _indices(shape: list[int]) -> Iterator[Index]:
    if not shape:
        yield ()
        return
    for k in range(shape[0]):
        for rest in _indices(shape[1:]):
            yield (k, *rest)
