"""A results file as the templates take it: counts, sections of cards, errata, the graph of equations."""

import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from markupsafe import Markup

from reports.cards import Card, card
from reports.drawings import equations_graph
from reports.errata import Errata, select
from reports.listings import once
from reports.rows import SYMBOLS
from reports.slugs import slug

Results = Mapping[str, Any]

LONG = 300  # characters
EXAMPLES, TRIALS = 200, 4  # how much it tries unless told otherwise
NOTES = "verify.notes.ledger"  # what the command checks when it names no document


@dataclass(frozen=True)
class Section:
    """Cards under one heading; `id` is unique on the page."""

    title: str
    id: str
    cards: tuple[Card, ...]


@dataclass(frozen=True)
class View:
    """One document.

    prefix : what its ids begin with, empty for a page of one document
    counts : how many rows have which verdict, in words
    unexpected : the cards that are not as expected
    """

    results: Results
    prefix: str
    passes: bool
    counts: tuple[tuple[str, str, str], ...]
    unexpected: tuple[Card, ...]
    sections: tuple[Section, ...]
    cards: Mapping[str, Card]
    errata: Errata
    graph: Markup
    command: str

    @property
    def has_errata(self) -> bool:
        """Whether there is anything for the document's author."""
        found = self.errata
        return bool(found.errata or found.limits or found.readings or found.left_out)

    @property
    def certified(self) -> bool:
        """Whether some claim is certified."""
        return any(one.claim["verdict"] == "certified" for one in self.cards.values())

    @property
    def title(self) -> str:
        """The document's title."""
        return str(self.results["document"])


def view(results: Results, prefix: str = "") -> View:
    """What the page shows of a results file's content (format 1)."""

    def identified(label: str) -> str:
        return slug(label, prefix)

    command = _command(results)
    cards = [
        card(claim, identified, lambda label: f"{command} --select {shlex.quote(label)}") for claim in results["claims"]
    ]
    listed = once((one.label, one.listings) for one in cards)
    cards = [replace(one, listings=found) for one, found in zip(cards, listed, strict=True)]
    cards = list(_shapes_once(cards))
    sections = tuple(
        Section(title, f"{prefix}section-{k}", tuple(found))
        for k, (title, found) in enumerate(groupby(cards, lambda one: str(one.claim["section"])))
    )
    return View(
        results=results, prefix=prefix, passes=results["passes"], counts=_counts(cards),
        unexpected=tuple(one for one in cards if not one.as_expected), sections=sections,
        cards={one.label: one for one in cards}, errata=select(results),
        graph=equations_graph([dict(claim) for claim in results["claims"]], identified, f"{prefix}graph"),
        command=command,
    )


def _shapes_once(cards: Iterable[Card]) -> Iterator[Card]:
    """The cards; shapes that take room and that an earlier card shows, all the same, refer to it."""
    seen: dict[Markup, Card] = {}
    for one in cards:
        first = seen.setdefault(one.shapes, one)
        if first is one or len(one.shapes) < LONG:
            yield one
        else:
            told = Markup('<p class="dn">Shapes, and how they came out: as at <a href="#%s">%s</a></p>')
            yield replace(one, shapes=told % (first.id, first.label))


def _command(results: Results) -> str:
    """What makes these results again."""
    provenance = results["provenance"]
    words = ["manual-bp", "verify", *([provenance["target"]] if provenance["target"] not in ("", NOTES) else [])]
    words += ["--seed", str(provenance["seed"])] if provenance["seed"] else []
    words += ["--examples", str(provenance["examples"])] if provenance["examples"] != EXAMPLES else []
    words += ["--no-exact"] if not provenance["trials"] else []
    words += ["--trials", str(provenance["trials"])] if provenance["trials"] not in (0, TRIALS) else []
    return shlex.join([*words, *(["--teeth"] if any(claim["teeth"] for claim in results["claims"]) else [])])


def _counts(cards: list[Card]) -> tuple[tuple[str, str, str], ...]:
    """Symbol, text and tone of each kind of row that there is, unexpected ones first."""
    order = list(SYMBOLS)
    found: dict[tuple[bool, int, str], list[Card]] = {}
    for one in cards:
        key = (one.as_expected, order.index(one.claim["verdict"]), one.words)
        found.setdefault(key, []).append(one)
    return tuple(
        (group[0].symbol, f"{len(group)} {key[2]}{'s' * (key[2] == 'definition' and len(group) > 1)}", group[0].tone)
        for key, group in sorted(found.items())
    )
