"""Encoded arrays as people read them: on one line, and a counterexample's two sides entry by entry."""

import math
from typing import Any

ABRIDGED = 60


def array_text(value: Any, digits: int | None = 6) -> str:
    """An encoded input: an array as nested brackets, abridged beyond 60 entries. `digits` None: exactly as it was."""
    if isinstance(value, dict) and "data" in value and "dtype" in value:
        count = math.prod(value["shape"])
        shape = "×".join(map(str, value["shape"]))
        return _nested(value["data"], digits) if count <= ABRIDGED else f"{value['dtype']} array of shape {shape}"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {array_text(item, digits)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(array_text(item, digits) for item in value) + "]"
    return _number(value, digits) if isinstance(value, float) else str(value)


def entries(output: dict[str, Any]) -> list[dict[str, str]]:
    """A counterexample's output entry by entry: index, by hand, autodiff, difference, and "wrong" where they differ.

    Nothing where the sides can't be set beside each other: by hand there is no array, or one of another shape, or there
    are more than 60 entries.
    """
    mine, right = output["by_hand"], output["autodiff"]
    if mine is None or mine["shape"] != right["shape"] or math.prod(right["shape"]) > ABRIDGED:
        return []
    out = []
    for index, a, b in _paired(mine["data"], right["data"], ()):
        x, y = float(a), float(b)
        out.append(
            {
                "index": "[" + ", ".join(map(str, index)) + "]" if index else "",
                "by_hand": f"{x:.8g}", "autodiff": f"{y:.8g}", "difference": f"{x - y:.3g}",
                "wrong": "wrong" if not math.isclose(x, y, rel_tol=1e-12) else "",
            }
        )
    return out


def _paired(a: Any, b: Any, index: tuple[int, ...]) -> list[tuple[tuple[int, ...], Any, Any]]:
    if isinstance(b, list):
        return [row for k, (x, y) in enumerate(zip(a, b, strict=True)) for row in _paired(x, y, (*index, k))]
    return [(index, a, b)]


def _nested(data: Any, digits: int | None) -> str:
    if isinstance(data, list):
        return "[" + ", ".join(_nested(item, digits) for item in data) + "]"
    return _number(data, digits) if isinstance(data, float) else str(data)


def _number(x: float, digits: int | None) -> str:
    return f"{x:.{digits}g}" if digits else repr(x).removesuffix(".0")
