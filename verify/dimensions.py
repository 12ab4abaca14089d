"""Dimension strings such as "d m", "n+1" or "*batch m": parsed once, evaluated for given sizes."""

import ast
import operator
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

_OPERATORS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.FloorDiv: operator.floordiv}
_NAME = re.compile(r"[A-Za-z_]\w*")


class DimensionError(ValueError):
    """A dimension string that can't be read, or sizes that it does not allow."""


@dataclass(frozen=True)
class Axis:
    """One axis: an expression in dimension names, or a variadic group of axes (`*batch`)."""

    text: str
    names: tuple[str, ...]
    variadic: bool = False

    def size(self, sizes: Mapping[str, Any]) -> Any:
        """The axis's size for the given sizes of the names, which may be symbolic."""
        return _evaluate(_read(self.text), sizes)


@dataclass(frozen=True)
class Shape:
    """A parsed dimension string; `Shape.parse("")` is a scalar."""

    text: str
    axes: tuple[Axis, ...]

    @classmethod
    def parse(cls, text: str, owner: str) -> "Shape":
        """Parse; raises DimensionError that names the owner and the axis."""
        return cls(text, tuple(_axis(token, f"{owner}_{i}", owner) for i, token in enumerate(text.split())))

    def names(self) -> Iterator[tuple[str, bool]]:
        """Every name with whether it is variadic."""
        for axis in self.axes:
            for name in axis.names:
                yield name, axis.variadic

    def solve(self, sizes: Mapping[str, int], groups: Mapping[str, tuple[int, ...]]) -> tuple[int, ...]:
        """The concrete shape for the given sizes; raises DimensionError if an axis would be below 1."""
        out: list[int] = []
        for axis in self.axes:
            if axis.variadic:
                out.extend(groups[axis.names[0]])
            else:
                n = axis.size(sizes)
                if n < 1:
                    raise DimensionError(f"axis {axis.text!r} would have size {n}")
                out.append(n)
        return tuple(out)


def _axis(token: str, anonymous: str, owner: str) -> Axis:
    if token == "_":
        return Axis(f"_{anonymous}", (f"_{anonymous}",))
    if token == "..." or token[0] in "#?" or token.startswith("*#"):
        raise DimensionError(
            f"{owner}: the dimension {token!r} is not supported; write a name, a number, n+1, 2*k or *batch"
        )
    if token.startswith("*"):
        name = token[1:]
        if not _NAME.fullmatch(name):
            raise DimensionError(f"{owner}: the variadic dimension {token!r} needs a name, as in *batch")
        return Axis(name, (name,), variadic=True)
    if "=" in token:
        token = token.split("=", 1)[1]
    try:
        body = ast.parse(token, mode="eval").body
        names = tuple(dict.fromkeys(node.id for node in ast.walk(body) if isinstance(node, ast.Name)))
        _evaluate(body, dict.fromkeys(names, 7))
    except (SyntaxError, DimensionError, ZeroDivisionError):
        raise DimensionError(
            f"{owner}: can't read the dimension {token!r}; write a name, a number, n+1, 2*k or *batch"
        ) from None
    return Axis(token, names)


@cache
def _read(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


def _evaluate(node: ast.expr, sizes: Mapping[str, Any]) -> Any:
    if isinstance(node, ast.Constant) and isinstance(node.value, int):
        return node.value
    if isinstance(node, ast.Name):
        return sizes[node.id]
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        return _OPERATORS[type(node.op)](_evaluate(node.left, sizes), _evaluate(node.right, sizes))
    raise DimensionError(ast.dump(node))
