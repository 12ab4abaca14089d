"""What the report shows of one claim: its card, from a results file's entry."""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from reports.certainty import certificate_markup, teeth_sentence
from reports.drawings import entries_table, histogram, numbers_table, shapes_map, values_covered
from reports.drawings.marks import tone, words
from reports.errata import undecorated
from reports.formulas import formula_of_code
from reports.listings import Listing, listings
from reports.mathematics import mathml
from reports.rows import SYMBOLS, as_expected, worst

Claim = Mapping[str, Any]

_COMPUTES = re.compile(r"[@*/]| [-+] |np\.")  # a line that only calls something says nothing as a formula
STATED = ("identity", "statistic", "measurement")
KINDS = {
    "vjp": "vector-Jacobian product, against autodiff", "gradient": "gradient, against autodiff",
    "jvp": "directional derivative, against autodiff", "derivative": "derivative, against autodiff",
    "identity": "equality with another function", "statistic": "mean of random draws",
    "measurement": "measured number", "runs": "code that runs", "definition": "definition", "missing": "not given",
}


@dataclass(frozen=True)
class Card:
    """One claim as the templates take it. Markup is empty where there is nothing to show.

    formula : what the code computes; None where it is shown as code
    listings : pieces of code, the transcribing lines first
    """

    claim: Claim
    id: str
    as_expected: bool
    tone: str
    symbol: str
    words: str
    kind: str
    worst: str
    tried: str
    equation: Markup
    formula: Markup | None
    listings: tuple[Listing, ...]
    histogram: Markup
    shapes: Markup
    values: Markup
    numbers: Markup
    found: Markup
    certificate: Markup
    teeth: str
    command: str

    @property
    def label(self) -> str:
        """The claim's label."""
        return str(self.claim["label"])

    @property
    def evidence(self) -> bool:
        """Whether there is more than the statement."""
        return bool(self.listings or self.histogram or self.shapes or self.values or self.numbers)


def card(claim: Claim, slug: Callable[[str], str], command: Callable[[str], str]) -> Card:
    """The card of a claim; `slug` makes ids, `command` the command that reproduces a label."""
    computed = claim["kind"] not in ("definition", "missing")
    return Card(
        claim=claim, id=slug(claim["label"]), as_expected=as_expected(claim), tone=tone(dict(claim)),
        symbol=SYMBOLS[claim["verdict"]], words=words(dict(claim)), kind=KINDS[claim["kind"]],
        worst=percent(worst(claim)) if claim["verdict"] in ("verified", "certified") else "",
        tried=_tried(claim), equation=mathml(claim["equation"]),
        formula=_formula(claim) if computed else None, listings=listings(claim),
        histogram=Markup("") if claim["numbers"] and not _compared(claim) else histogram(dict(claim)),
        shapes=shapes_map(dict(claim)), values=values_covered(dict(claim)), numbers=numbers_table(dict(claim)),
        found=_found(claim), certificate=certificate_markup(claim),
        teeth=teeth_sentence(claim),
        command=command(claim["label"]) if computed else "",
    )


def percent(fraction: float | None) -> str:
    """An error as a share of its bound: "12 %", "3e+06 ×"."""
    if fraction is None:
        return ""
    if fraction == 0:
        return "0"
    if fraction <= 1:
        return f"{100 * fraction:.2g} %" if fraction < 0.995 else "100 %"
    return "∞" if math.isinf(fraction) else f"{fraction:.1g} ×"


def _tried(claim: Claim) -> str:
    tried, shapes = claim["examples"]["tried"], len(claim["shapes"])
    return "" if not tried else f"{tried} in {shapes}" if shapes else str(tried)


def _formula(claim: Claim) -> Markup | None:
    """Of the function that transcribes the equation, or of its tagged line; else of the claim's own function."""
    for line in claim["transcribed"]:
        conversions = {"weak"} if line["file"].startswith("manual_bp/") else ()
        found = formula_of_code(line["code"], "", conversions)
        if found is None and _COMPUTES.search(line["text"].partition("#")[0]):
            found = formula_of_code(line["code"], line["text"], conversions)
        if found is not None:
            return found
    if not claim["code"]:
        return None
    returned = [output["name"] for output in claim["outputs"]] if claim["kind"] in ("vjp", "gradient", "jvp") else []
    return formula_of_code(undecorated(claim["code"]), returned=returned, dimensions=claim["dimensions"])


def _compared(claim: Claim) -> bool:
    return any(any(output["histogram"]) for output in claim["outputs"])


def _found(claim: Claim) -> Markup:
    """The counterexample that was found, entry by entry."""
    shown = claim["counterexample"]
    if shown is None or not shown["outputs"]:
        return Markup("")
    return entries_table(shown["outputs"], "stated" if claim["kind"] in STATED else "by autodiff")
