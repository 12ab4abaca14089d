"""Plain data as Python source, and back: numbers, strings, arrays, and lists, tuples and dicts of them."""

import ast
from collections.abc import Mapping
from typing import Any

import numpy as np

ROOM = 2000  # entries of an array beyond which it is no literal


class NotLiteral(ValueError):
    """A value that is no plain data."""


def literal(value: Any) -> str:
    """An expression that makes the value, where `np` is NumPy; raises NotLiteral for what is no plain data."""
    if isinstance(value, (np.ndarray, np.generic)) and value.dtype.kind in "biuf":
        if value.size > ROOM:
            raise NotLiteral(f"an array of {value.size} entries")
        return _array(value)
    if value is None or isinstance(value, (bool, int, str)):
        return repr(value)
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, tuple) and type(value) is tuple:
        return "(" + "".join(f"{literal(x)}, " for x in value).rstrip() + ")"
    if isinstance(value, list):
        return "[" + ", ".join(literal(x) for x in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{literal(k)}: {literal(v)}" for k, v in value.items()) + "}"
    raise NotLiteral(type(value).__name__)


def value_of(node: ast.expr) -> Any:
    """The value of an expression that `literal` wrote; nothing else is evaluated. Raises NotLiteral."""
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -value_of(node.operand)
    if isinstance(node, ast.Attribute) and _is_numpy(node.value) and node.attr in ("inf", "nan"):
        return getattr(np, node.attr)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and _is_numpy(node.func.value):
        return _called(node.func.attr, node)
    if isinstance(node, ast.Tuple):
        return tuple(value_of(x) for x in node.elts)
    if isinstance(node, ast.List):
        return [value_of(x) for x in node.elts]
    if isinstance(node, ast.Dict):
        return {value_of(k): value_of(v) for k, v in zip(node.keys, node.values, strict=True) if k is not None}
    raise NotLiteral(ast.unparse(node))


_SCALARS: Mapping[str, Any] = {
    name: getattr(np, name) for name in ("float64", "float32", "float16", "int64", "int32", "bool_")
}


def _array(value: Any) -> str:
    name = {"bool": "bool_"}.get(value.dtype.name, value.dtype.name)
    data = _nested(value.tolist())
    if isinstance(value, np.generic):
        return f"np.{name}({data})"
    text = f"np.array({data}, dtype={value.dtype.name!r})"
    return text if value.size else f"np.zeros({value.shape!r}, dtype={value.dtype.name!r})"


def _nested(data: Any) -> str:
    if isinstance(data, list):
        return "[" + ", ".join(map(_nested, data)) + "]"
    return _number(data) if isinstance(data, float) else repr(data)


def _number(x: float) -> str:
    if x != x:
        return "np.nan"
    return ("np.inf" if x > 0 else "-np.inf") if abs(x) == float("inf") else repr(x)


def _is_numpy(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "np"


def _called(name: str, node: ast.Call) -> Any:
    arguments = [value_of(x) for x in node.args]
    options = {str(k.arg): value_of(k.value) for k in node.keywords}
    if name in ("array", "zeros"):
        return getattr(np, name)(*arguments, **options)
    if name in _SCALARS:
        return _SCALARS[name](*arguments)
    raise NotLiteral(f"np.{name}")
