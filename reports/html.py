"""A results file as one self-contained HTML page: no script, no network, light and dark, printable."""

import math
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

SYMBOLS = {
    "verified": "✓", "certified": "✓", "refuted": "✗", "vacuous": "∅", "inconclusive": "?", "error": "!",
    "definition": "≔", "missing": "·",
}
ABRIDGED = 60


def render(results: dict[str, Any]) -> str:
    """The page for a results file's content (format 1)."""
    environment = Environment(
        loader=PackageLoader("reports"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(array=array_text, percent=percent, slug=slug, number=_number)
    claims = [{**claim, "as_expected": _as_expected(claim), "worst": _worst(claim)} for claim in results["claims"]]
    ordered = sorted(claims, key=lambda claim: claim["as_expected"])
    return environment.get_template("report.html.j2").render(
        results=results, claims=ordered, symbols=SYMBOLS, rows=_rows, labels={claim["label"] for claim in claims},
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


def array_text(value: Any) -> str:
    """An encoded input: an array as nested brackets, abridged beyond 60 entries."""
    if isinstance(value, dict) and "data" in value and "dtype" in value:
        count = math.prod(value["shape"])
        shape = "×".join(map(str, value["shape"]))
        return _nested(value["data"]) if count <= ABRIDGED else f"{value['dtype']} array of shape {shape}"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {array_text(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(array_text, value)) + "]"
    return str(value)


def _nested(data: Any) -> str:
    if isinstance(data, list):
        return "[" + ", ".join(map(_nested, data)) + "]"
    return f"{data:.6g}" if isinstance(data, float) else str(data)


def _rows(output: dict[str, Any]) -> list[dict[str, str]]:
    """A counterexample's output entry by entry: index, by hand, autodiff, difference; at most 60 entries."""
    mine, right = output["by_hand"], output["autodiff"]
    if mine is None or mine["shape"] != right["shape"] or math.prod(right["shape"]) > ABRIDGED:
        return []
    out = []
    for index, a, b in _entries(mine["data"], right["data"], ()):
        x, y = float(a), float(b)
        out.append(
            {
                "index": "[" + ", ".join(map(str, index)) + "]" if index else "",
                "by_hand": f"{x:.8g}", "autodiff": f"{y:.8g}", "difference": f"{x - y:.3g}",
                "wrong": "wrong" if not math.isclose(x, y, rel_tol=1e-12) else "",
            }
        )
    return out


def _entries(a: Any, b: Any, index: tuple[int, ...]) -> list[tuple[tuple[int, ...], Any, Any]]:
    if isinstance(b, list):
        return [row for k, (x, y) in enumerate(zip(a, b, strict=True)) for row in _entries(x, y, (*index, k))]
    return [(index, a, b)]
