"""Numbers of a results file as text: those that are not finite are written as strings there."""

import math
from typing import Any

from reports.drawings.text import line

Index = tuple[int, ...]
_SMALL = 12
_AXES, _DEEPEST = 32, 8


def value(x: Any) -> float | None:
    """An entry as a float; None for what is no number."""
    if isinstance(x, (bool, int, float)) or x in ("nan", "inf", "-inf"):
        try:
            return float(x)
        except OverflowError:
            return math.copysign(math.inf, x)
    return None


def number(x: Any, digits: int = 6) -> str:
    """An entry as text, with a real minus sign; what is no number as it stands."""
    if isinstance(x, bool):
        return str(x).lower()
    y = value(x)
    if y is None:
        return line(x, 40)
    return ("∞" if y > 0 else "−∞") if math.isinf(y) else f"{y:.{digits}g}".replace("-", "−")


def pair(a: Any, b: Any) -> tuple[str, str]:
    """Two entries as text, with as many digits as it takes to tell them apart."""
    for digits in range(6, 18):
        one, other = number(a, digits), number(b, digits)
        if one != other or a == b:
            break
    return one, other


def difference(a: Any, b: Any) -> str:
    """The first entry minus the second, as text."""
    x, y = value(a), value(b)
    if x is None or y is None:
        return "—"
    return "0" if x == y else number(x - y, 4)


def compact(count: int) -> str:
    """A count that fits over a bar: 12,345 or 1.2M."""
    for size, unit in ((10**12, "T"), (10**9, "G"), (10**6, "M")):
        if count >= size:
            return f"{count / size:.3g}{unit}"
    return f"{count:,}"


def share(fraction: Any) -> str:
    """An error as a share of its bound: "12 % of the bound", "3e+06 times the bound"."""
    x = value(fraction)
    if x is None or math.isnan(x):
        return ""
    if x > 1:
        return "beyond any bound" if math.isinf(x) else f"{x:.2g} times the bound"
    return f"{100 * x:.2g} % of the bound" if x < 0.995 else "100 % of the bound"


def shape_text(shape: list[int]) -> str:
    """A shape as people write it: "3×4", "scalar"."""
    return "×".join(map(str, shape)) or "scalar"


def tuple_text(shape: list[int]) -> str:
    """A shape as NumPy writes it, where `(3,)` and `(3, 1)` must be told apart."""
    return f"({shape[0]},)" if len(shape) == 1 else f"({', '.join(map(str, shape))})"


def entries(array: dict[str, Any]) -> list[tuple[Index, Any]] | None:
    """The entries of an encoded array with their indices; None if its data are not of its shape."""
    out: list[tuple[Index, Any]] = []
    return out if len(array["shape"]) <= _AXES and _collect(array["data"], array["shape"], (), out) else None


def _collect(data: Any, shape: list[int], index: Index, out: list[tuple[Index, Any]]) -> bool:
    if not shape:
        out.append((index, data))
        return not isinstance(data, (list, dict))
    if not isinstance(data, list) or len(data) != shape[0]:
        return False
    return all(_collect(item, shape[1:], (*index, k), out) for k, item in enumerate(data))


def encoded(x: Any) -> bool:
    """Whether a value of a results file is an array."""
    return isinstance(x, dict) and set(x) == {"shape", "dtype", "data"} and isinstance(x["shape"], list)


def inline(x: Any, limit: int = 120, depth: int = 0) -> str:
    """An input or a number on one line: a small array as nested brackets, a large one as its shape and range."""
    if depth > _DEEPEST:
        return "…"
    if encoded(x):
        found = entries(x)
        if found is None:
            return f"{shape_text(x['shape'])} array"
        if len(found) > _SMALL:
            numbers = [y for _, item in found if (y := value(item)) is not None and not math.isnan(y)]
            between = f", {number(min(numbers), 3)} to {number(max(numbers), 3)}" if numbers else ""
            return f"{shape_text(x['shape'])} array{between}"
        return line(_nested(x["data"]), limit)
    if isinstance(x, dict):
        inside = ", ".join(f"{line(key, 40)}: {inline(item, limit, depth + 1)}" for key, item in x.items())
        return line(f"{{{inside}}}", limit)
    if isinstance(x, list):
        some = [*(inline(item, limit, depth + 1) for item in x[:_SMALL]), *["…"] * (len(x) > _SMALL)]
        return line(f"[{', '.join(some)}]", limit)
    return "none" if x is None else number(x) if not isinstance(x, str) else line(x, limit)


def _nested(data: Any) -> str:
    return "[" + ", ".join(map(_nested, data)) + "]" if isinstance(data, list) else number(data)
