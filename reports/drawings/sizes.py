"""The size that each dimension name has in a shape that was explored."""

import re
from collections.abc import Mapping
from typing import Any

_NAME = re.compile(r"[^\W\d]\w*")


def sizes(inputs: Mapping[str, Any], dimensions: Mapping[str, str]) -> dict[str, str]:
    """Sizes by name, in order of appearance: {"n": "3", "*batch": "2×2"}.

    An axis such as `2*k`, of a name that has no axis of its own, stands under its own text.
    """
    alone: dict[str, str] = {}
    composed: dict[str, str] = {}
    for name, text in dimensions.items():
        for axis, size in _axes(text.split(), inputs.get(name)):
            if axis.isidentifier() or axis.startswith("*"):
                alone.setdefault(axis, size)
            elif _NAME.search(axis):
                composed.setdefault(axis, size)
    unexplained = {
        axis: size for axis, size in composed.items() if any(name not in alone for name in _NAME.findall(axis))
    }
    return alone | unexplained


def _axes(axes: list[str], shape: Any) -> list[tuple[str, str]]:
    """Each axis of a dimension string with its size; none where the two do not fit."""
    if not is_shape(shape):
        return []
    groups = [k for k, axis in enumerate(axes) if axis.startswith("*")]
    if not groups:
        return list(zip(axes, map(str, shape), strict=True)) if len(axes) == len(shape) else []
    before, after = groups[0], len(axes) - groups[0] - 1
    if len(groups) > 1 or len(shape) < before + after:
        return []
    end = len(shape) - after
    group = "×".join(map(str, shape[before:end])) or "none"
    return [
        *zip(axes[:before], map(str, shape[:before]), strict=True), (axes[before], group),
        *zip(axes[before + 1 :], map(str, shape[end:]), strict=True),
    ]


def is_shape(x: Any) -> bool:
    """Whether a described input is an array's shape rather than a static value or a structure."""
    return isinstance(x, list) and all(isinstance(n, int) and not isinstance(n, bool) for n in x)
