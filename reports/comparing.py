"""What changed between two runs, told from their results alone. A regression is one of these:

- a row that was as expected and is not any more, or was verified and is now inconclusive or vacuous;
- a row, or one of its outputs, that was checked and is gone;
- an expectation that became weaker: verified, then refuted, then a row with nothing to compute;
- a worst error that was within its bound and is beyond it, in a row that holds;
- a document that passed and does not pass any more.
"""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import chain
from typing import Any

from reports.arrays import array_text
from reports.rows import HOLDS, Claim, as_expected, number

FACTOR = 2.0   # by which a worst error must grow or shrink to be told
FLOOR = 1e-3   # of the bound; below it errors are noise
STRENGTH = {"certified": 3, "verified": 2, "refuted": 1}


@dataclass(frozen=True)
class Change:
    """One change of one row, or of the document as a whole where the label is empty.

    what : added, removed, verdict, expected, error, output, number, teeth or passes
    name : the output or the inputs that it is about, if any
    before, after : as in the results files, measured numbers as text; None where there is none
    """

    label: str
    what: str
    name: str
    before: Any
    after: Any
    regression: bool
    message: str = ""


@dataclass(frozen=True)
class Comparison:
    """All changes, regressions first, then in the order of the second run; how many rows are in both and unchanged.

    circumstances : what is different about the runs themselves, as name, before, after
    """

    changes: tuple[Change, ...]
    unchanged: int
    circumstances: tuple[tuple[str, str, str], ...]

    @property
    def regressions(self) -> tuple[Change, ...]:
        """The changes that are regressions."""
        return tuple(change for change in self.changes if change.regression)

    def to_json(self) -> dict[str, Any]:
        """The same as plain data."""
        return {"regressed": bool(self.regressions), **asdict(self)}


def compare(before: Mapping[str, Any], after: Mapping[str, Any]) -> Comparison:
    """Compare two results files' contents (format 1)."""
    old = {claim["label"]: claim for claim in before["claims"]}
    new = {claim["label"]: claim for claim in after["claims"]}
    found = list(chain(
        _passes(before, after),
        *(_changes(old[label], claim) if label in old else [_added(claim)] for label, claim in new.items()),
        (_removed(claim) for label, claim in old.items() if label not in new),
    ))
    changed = {change.label for change in found}
    return Comparison(
        changes=tuple(sorted(found, key=lambda change: not change.regression)),
        unchanged=sum(label in old and label not in changed for label in new),
        circumstances=tuple(_circumstances(before, after)),
    )


def _passes(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    if before["passes"] != after["passes"]:
        words = ("does not pass", "passes")
        said = (words[before["passes"]], words[after["passes"]])
        yield Change("", "passes", "", *said, regression=before["passes"], message=after["conclusion"])


def _added(claim: Claim) -> Change:
    return Change(claim["label"], "added", "", None, claim["verdict"], False, claim["message"])


def _removed(claim: Claim) -> Change:
    return Change(claim["label"], "removed", "", claim["verdict"], None, True)


def _changes(old: Claim, new: Claim) -> Iterator[Change]:
    label = new["label"]
    if old["expected"] != new["expected"]:
        weaker = STRENGTH.get(new["expected"], 0) < STRENGTH.get(old["expected"], 0)
        yield Change(label, "expected", "", old["expected"], new["expected"], weaker, new["because"])
    worse = as_expected(old) and not as_expected(new)
    if old["verdict"] != new["verdict"] or worse:
        worse |= old["verdict"] in HOLDS and new["verdict"] in ("inconclusive", "vacuous")
        yield Change(label, "verdict", "", old["verdict"], new["verdict"], worse, new["message"])
    if old["verdict"] in HOLDS and new["verdict"] in HOLDS:
        yield from _outputs(old, new)
        yield from _teeth(old, new)
    yield from _numbers(old, new)


def _outputs(old: Claim, new: Claim) -> Iterator[Change]:
    """Outputs that came or went, and worst errors that are of another size."""
    before, after = ({output["name"]: output for output in claim["outputs"]} for claim in (old, new))
    for name in dict.fromkeys((*before, *after)):
        if name not in after or name not in before:
            was, now = (outputs.get(name, {}).get("shape") for outputs in (before, after))
            yield Change(new["label"], "output", name, was, now, name not in after)
            continue
        x, y = number(before[name]["worst"]), number(after[name]["worst"])
        if x is not None and y is not None and max(x, y) > FLOOR and not x / FACTOR <= y <= x * FACTOR:
            yield Change(new["label"], "error", name, before[name]["worst"], after[name]["worst"], x <= 1 < y)


def _teeth(old: Claim, new: Claim) -> Iterator[Change]:
    """A check that refutes another share of the wrong versions, where both runs tried them; less is a regression."""
    if not old["teeth"] or not new["teeth"]:
        return
    counts = [(t["killed"], t["mutants"] - len(t["equivalent"])) for t in (old["teeth"], new["teeth"])]
    x, y = (killed / wrong if wrong else 1.0 for killed, wrong in counts)
    if x != y:
        was, now = (f"{killed} of {wrong}" for killed, wrong in counts)
        yield Change(new["label"], "teeth", "", was, now, y < x)


def _numbers(old: Claim, new: Claim) -> Iterator[Change]:
    """Measured numbers that are apart by more than is allowed between them and what is stated."""
    before, after = ({_key(row["inputs"]): row for row in claim["numbers"]} for claim in (old, new))
    for key in dict.fromkeys((*before, *after)):
        x, y = before.get(key), after.get(key)
        if x is None or y is None or _apart(x, y):
            inputs = ((y or x) or {})["inputs"]
            name = ", ".join(f"{name} = {array_text(value)}" for name, value in inputs.items())
            was, now = (array_text(row["found"], 8) if row else None for row in (x, y))
            yield Change(new["label"], "number", name, was, now, False)


def _apart(x: Mapping[str, Any], y: Mapping[str, Any]) -> bool:
    a, b = (list(_flat(row["found"]["data"])) for row in (x, y))
    within = max(float(x["within"]), float(y["within"]))
    return len(a) != len(b) or not all(
        p == q or abs(p - q) <= within or (math.isnan(p) and math.isnan(q)) for p, q in zip(a, b, strict=True)
    )


def _flat(data: Any) -> Iterator[float]:
    if isinstance(data, list):
        for item in data:
            yield from _flat(item)
    else:
        yield float(data)


def _key(inputs: Any) -> str:
    return json.dumps(inputs, sort_keys=True)


def _circumstances(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    pairs: list[tuple[str, Any, Any]] = [("document", before["document"], after["document"])]
    a, b = before["provenance"], after["provenance"]
    hashes = (a["document_sha256"][:12], b["document_sha256"][:12])
    pairs += [("document's hash", *hashes)]
    pairs += [(name, a["versions"].get(name), b["versions"].get(name)) for name in {**a["versions"], **b["versions"]}]
    pairs += [(name, a[name], b[name]) for name in ("platform", "seed", "examples", "trials", "target")]
    yield from ((name, _said(x), _said(y)) for name, x, y in pairs if x != y)


def _said(value: Any) -> str:
    return "none" if value is None else str(value)
