"""Which equation feeds which: a drawing for a small document, one for each section of a large one."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from markupsafe import Markup

from reports.drawings.layers import Edge, components
from reports.drawings.marks import TONES, tone, words
from reports.drawings.nodes import Node, part, short
from reports.drawings.text import line, plural
from reports.rows import SYMBOLS, as_expected

Claim = dict[str, Any]
_SMALL, _LARGE, _SECTIONS = 40, 400, 60
_LEGEND = (
    ("ok", "✓", "verified"), ("known", "✗", "known to be wrong, and refuted"), ("warn", "?", "nothing could be said"),
    ("bad", "✗", "not as expected"), ("none", "≔", "a definition, or missing"),
)


def equations_graph(claims: Sequence[Claim], slug: Callable[[str], str], prefix: str = "graph") -> Markup:
    """The graph that `uses` makes, in parts; empty where no claim uses another one.

    `slug` makes a claim's id from its label. Up to 40 connected claims make one figure; more, a figure for each section
    below one of the sections; beyond 400 the sections alone are drawn, if these are few.
    """
    known = {claim["label"]: claim for claim in claims}
    edges = list(dict.fromkeys((a, b) for b, claim in known.items() for a in claim.get("uses", ()) if a != b))
    if not edges:
        return Markup("")
    joined = {label for edge in edges for label in edge}
    sections = list(dict.fromkeys(claim["section"] for claim in known.values()))
    nodes = {label: _node(label, known.get(label), slug) for label in dict.fromkeys([*known, *sorted(joined)])}
    if len(joined) <= _SMALL or len(sections) < 2:
        if len(joined) > _LARGE:
            return _too_many(len(joined))
        return _figure("", [n for n in nodes if n in joined], edges, nodes, prefix) + _legend(known, joined)
    detailed, many = len(joined) <= _LARGE, len(sections) > _SECTIONS
    if many and not detailed:
        return _too_many(len(joined))
    drawn = Markup("") if many else _overview(known, edges, sections, prefix, detailed)
    if detailed:
        for k, section in enumerate(sections):
            drawn += _section(section, known, edges, nodes, f"{prefix}-{k}")
    return drawn + _legend(known, joined, parted=detailed)


def _too_many(count: int) -> Markup:
    text = f"{count:,} equations that use each other are too many for a drawing; with a few sections, these are drawn."
    return Markup('<p class="dn">%s</p>') % text


def _node(label: str, claim: Claim | None, slug: Callable[[str], str]) -> Node:
    if claim is None:
        return Node(label, "", "none", f"{line(label, 200)}: not in this document", "")
    told = "" if as_expected(claim) and short(label) == label else f"{line(label, 200)}: {words(claim)}"
    return Node(label, SYMBOLS[claim["verdict"]], tone(claim), told, f"#{slug(label)}")


def _figure(
    caption: str, names: Sequence[str], edges: Sequence[Edge], nodes: dict[str, Node], prefix: str
) -> Markup:
    of: dict[str, int] = {}
    parts = components(names, edges)
    for k, names_of in enumerate(parts):
        of.update(dict.fromkeys(names_of, k))
    inside: list[list[Edge]] = [[] for _ in parts]
    for edge in edges:
        inside[of[edge[0]]].append(edge)
    drawings = Markup("").join(part(names_of, inside[k], nodes) for k, names_of in enumerate(parts))
    head = Markup("<figcaption>%s</figcaption>") % caption if caption else Markup("")
    return Markup('<figure class="df" id="%s">%s<div class="dx">%s</div></figure>') % (
        prefix, head, drawings
    )


def _section(
    section: str, known: dict[str, Claim], edges: Sequence[Edge], nodes: dict[str, Node], prefix: str
) -> Markup:
    """A section's claims that are joined to others, with those of other sections that feed them."""
    own = {label for label, claim in known.items() if claim["section"] == section}
    here = [edge for edge in edges if edge[1] in own]
    joined = {label for edge in here for label in edge}
    if not joined:
        return Markup("")
    shown = {label: replace(node, elsewhere=label not in own) for label, node in nodes.items() if label in joined}
    return _figure(line(section, 80) or "Without a section", list(shown), here, shown, prefix)


def _overview(
    known: dict[str, Claim], edges: Sequence[Edge], sections: Sequence[str], prefix: str, linked: bool
) -> Markup:
    """The sections as nodes, in their worst colour; linked to their own drawings where there are some."""
    drawn = {known[b]["section"] for _, b in edges}
    nodes = {
        section: _section_node(section, known, f"#{prefix}-{k}" if linked and section in drawn else "")
        for k, section in enumerate(sections)
    }
    between = dict.fromkeys(
        (known[a]["section"], known[b]["section"])
        for a, b in edges if a in known and known[a]["section"] != known[b]["section"]
    )
    names = [section for section in sections if any(section in edge for edge in between)]
    return _figure("Sections", names, list(between), nodes, prefix) if names else Markup("")


def _section_node(section: str, known: dict[str, Claim], href: str) -> Node:
    inside = [claim for claim in known.values() if claim["section"] == section]
    off = sum(not as_expected(claim) for claim in inside)
    name = line(section, 22, tail=0) or "Without a section"
    told = f"{line(section, 80) or name}: {plural(len(inside), 'statement')}, {off or 'none'} not as expected"
    return Node(name, "✗" if off else "✓", "bad" if off else "ok", told, href)


def _legend(known: dict[str, Claim], joined: set[str], parted: bool = False) -> Markup:
    present = {tone(claim) for label, claim in known.items() if label in joined}
    keys = [
        Markup('<span class="%s">%s %s</span>') % (TONES[kind], symbol, text)
        for kind, symbol, text in _LEGEND if kind in present
    ]
    return Markup('<p class="dn">An arrow leads to the equation that uses the other.%s %s</p>') % (
        " A dashed box stands in another section." if parted else "", Markup(" ").join(keys)
    )
