"""A counterexample's outputs entry by entry: by hand, the other side, and the difference, with wrong entries marked."""

from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from reports.drawings.differing import Differing, compare
from reports.drawings.figures import scrolling
from reports.drawings.matrices import matrix, slices
from reports.drawings.numerals import Index, difference, entries, inline, number, pair, tuple_text
from reports.drawings.text import line, shown

ABRIDGED = 60
_LISTED = 16  # a longer list leaves out what agrees


def entries_table(outputs: Sequence[dict[str, Any]], other: str = "by autodiff") -> Markup:
    """One block per output of a counterexample.

    `other` is what the hand function was compared with, "by autodiff" or "as stated".
    """
    if outputs and all(output["by_hand"] is None for output in outputs):
        rights = "; ".join(f"{line(output['name'], 40)} = {inline(output['autodiff'], 60)}" for output in outputs[:12])
        told = Markup('<p class="dn">Nothing was returned by hand; %s, <code>%s</code>.</p>')
        return told % (other, line(rights, 400))
    found = compare(outputs)
    return Markup("").join(_block(output, differing, other) for output, differing in zip(outputs, found, strict=True))


def _block(output: dict[str, Any], differing: Differing, other: str) -> Markup:
    mine, right = output["by_hand"], output["autodiff"]
    if mine is None:
        said, body = Markup("nothing was returned by hand"), _one_side(right, other, output["name"])
    elif mine["shape"] != right["shape"]:
        said = Markup('<b class="dr">✗ shape %s by hand, %s %s</b>') % (
            tuple_text(mine["shape"]), tuple_text(right["shape"]), other
        )
        body = Markup('<div class="dx">%s%s</div>') % (
            _one_side(mine, "by hand", output["name"]), _one_side(right, other, output["name"])
        )
    elif differing.entries is None:
        said = Markup("by hand %s, %s %s") % (inline(mine), other, inline(right))
        body = Markup("")
    else:
        said, body = _said(differing, right), _compared(output, differing, other)
    return Markup('<div class="df"><p><code>%s</code>: %s</p>%s</div>') % (
        shown(output["name"], 40) or "output", said, body
    )


def _said(differing: Differing, right: dict[str, Any]) -> Markup:
    total, wrong = len(differing.entries or ()), len(differing.wrong)
    if not total:
        return Markup("no entries")
    if not wrong:
        return Markup("%s, <code>%s</code>") % (
            "the entry agrees" if total == 1 else f"all {total:,} entries agree", inline(right)
        )
    many = "the entry is wrong" if total == 1 else f"{wrong:,} of {total:,} entries wrong"
    return Markup('<b class="dr">✗ %s</b>') % many


def _compared(output: dict[str, Any], differing: Differing, other: str) -> Markup:
    found, shape = differing.entries or [], output["autodiff"]["shape"]
    if not differing.wrong:
        return Markup("")
    matrices = 1 < len(found) <= ABRIDGED and slices(shape) is not None
    if not matrices and len(found) > _LISTED:
        wrong = [entry for entry in found if entry[0] in differing.wrong]
        told = f"the first {ABRIDGED} wrong ones" if len(wrong) > ABRIDGED else "the wrong ones"
        note = Markup('<p class="dn">Of %s entries, %s are shown.</p>') % (f"{len(found):,}", told)
        return _list(wrong[:ABRIDGED], differing, other, output["name"]) + note
    if not matrices:
        return _list(found, differing, other, output["name"])
    texts = {index: (*_beside(a, b, index in differing.wrong), difference(a, b)) for index, a, b in found}
    sides = [
        matrix(shape, {index: text[k] for index, text in texts.items()}, caption, differing.wrong if k != 1 else set())
        for k, caption in enumerate(("by hand", other, "difference"))
    ]
    # Each may scroll by itself: side by side where there is room, one below the other on a phone.
    return Markup('<div class="dx">%s</div>') % (
        Markup("").join(scrolling(side, f"{line(output['name'], 40)}, matrix", width) for side, width in sides)
    )


def _list(found: list[tuple[Index, Any, Any]], differing: Differing, other: str, name: str) -> Markup:
    rows, longest = [], 0
    for index, a, b in found:
        wrong = index in differing.wrong
        one, two = _beside(a, b, wrong)
        longest = max(longest, len(one) + len(two))
        rows.append(
            Markup('<tr>%s%s<td>%s</td>%s</tr>') % (
                Markup('<th>[%s]</th>') % ", ".join(map(str, index)) if index else "",
                _entry(one, wrong), two, _entry(difference(a, b), wrong, mark=False),
            )
        )
    table = Markup(
        '<table class="dj"><thead><tr>%s<th>by hand</th><th>%s</th>'
        '<th>difference</th></tr></thead><tbody>%s</tbody></table>'
    ) % (Markup("<th>entry</th>" if found[0][0] else ""), other, Markup("").join(rows))
    return scrolling(table, f"{line(name, 40)}, entry by entry", 190 + 8 * longest)


def _beside(a: Any, b: Any, wrong: bool) -> tuple[str, str]:
    return pair(a, b) if wrong else (number(a), number(b))


def _entry(text: str, wrong: bool, mark: bool = True) -> Markup:
    if not wrong:
        return Markup('<td>%s</td>') % text
    return Markup('<td class="dr">%s%s</td>') % ("✗ " if mark else "", text)


def _one_side(array: dict[str, Any], side: str, name: str) -> Markup:
    """One side alone: a small matrix where it can be drawn as one, else a line."""
    found = entries(array)
    caption = f"{side}, shape {tuple_text(array['shape'])}"
    if found is None or len(found) > ABRIDGED or slices(array["shape"] or [1]) is None:
        return Markup('<p class="dn">%s: <code>%s</code></p>') % (caption, inline(array))
    texts = {index: pair(x, x)[0] for index, x in found}
    table, width = matrix(array["shape"], texts, caption, set())
    return scrolling(table, f"{line(name, 40)}, {caption}", width)
