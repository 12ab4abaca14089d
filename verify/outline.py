"""What a document claims, as plain data that another process can send: it needs neither the document nor JAX."""

import copy
from dataclasses import dataclass, field

from verify.results import Result


class DocumentError(Exception):
    """A document that can't be found, imported or read; the message says which and why."""


@dataclass(frozen=True)
class Outline:
    """A document's title and its claims in order, each as a result that is still blank.

    order : the labels in the order in which they are judged, callees first
    sha256 : a hash of the document's source
    declared : the number of rows that it declares (`ROWS`), or None
    timeouts : seconds, for the claims that say so
    calls : by label, the labels of the claims whose functions it calls
    """

    title: str
    name: str
    sha256: str
    declared: int | None
    rows: tuple[Result, ...]
    order: tuple[str, ...]
    timeouts: dict[str, float] = field(default_factory=dict)
    calls: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def blank(self, label: str) -> Result:
        """A fresh blank result for a label."""
        return copy.deepcopy(next(row for row in self.rows if row.label == label))
