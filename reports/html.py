"""A results file as one self-contained HTML page: no script, no network, light and dark, printable."""

import math
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from reports.arrays import array_text, entries
from reports.errata import aligned, select, sentence, undecorated

SYMBOLS = {
    "verified": "✓", "certified": "✓", "refuted": "✗", "vacuous": "∅", "inconclusive": "?", "error": "!",
    "definition": "≔", "missing": "·",
}


def render(results: dict[str, Any]) -> str:
    """The page for a results file's content (format 1)."""
    environment = Environment(
        loader=PackageLoader("reports"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        array=array_text, percent=percent, slug=slug, number=_number, sentence=sentence, aligned=aligned,
        undecorated=undecorated,
    )
    claims = [{**claim, "as_expected": _as_expected(claim), "worst": _worst(claim)} for claim in results["claims"]]
    ordered = sorted(claims, key=lambda claim: claim["as_expected"])
    return environment.get_template("report.html.j2").render(
        results=results, claims=ordered, symbols=SYMBOLS, rows=entries, errata=select(results),
        labels={claim["label"] for claim in claims},
        sections=any(claim["section"] for claim in claims),
        gate=bool(claims) and all(claim["as_expected"] for claim in claims),
    )


def _as_expected(claim: dict[str, Any]) -> bool:
    met = {"certified": "verified"}.get(claim["verdict"], claim["verdict"])
    return bool(met == claim["expected"] or claim["verdict"] == claim["expected"])


def _worst(claim: dict[str, Any]) -> float | None:
    found = [_number(o["worst"]) for o in claim["outputs"]]
    return max((x for x in found if x is not None), default=None)


def _number(x: Any) -> float | None:
    """A number of a results file, where those that are not finite are strings."""
    return None if x is None else float(x)


def percent(fraction: float | None) -> str:
    """An error as a share of its bound: "12 % of the bound", "3e+06 × the bound"."""
    if fraction is None:
        return "—"
    if fraction == 0:
        return "0"
    if fraction <= 1:
        return f"{100 * fraction:.2g} %" if fraction < 0.995 else "100 %"
    return "∞" if math.isinf(fraction) else f"{fraction:.1g} ×"


def slug(label: str) -> str:
    """A label as an HTML id, one to one."""
    return "c-" + "".join(c if c.isalnum() and c.isascii() else f"_{ord(c):x}_" for c in label)
