"""The formula that a small NumPy function computes, from its syntax tree; none rather than a misleading one."""

import ast
import textwrap
from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from xml.etree import ElementTree

from markupsafe import Markup

from reports.formulas.lines import Line, Lines
from reports.formulas.terms import NoFormula, element, operator, row
from reports.mathml import LARGEST
from reports.shortened import serialized, shortened

LEGEND = (
    "⊙, fractions, powers and functions work entry by entry; factors side by side are a matrix product, or a product "
    "with one number. Indices in brackets are Python's, from 0."
)
LONGEST, MOST_NODES, MOST_LINES = 8000, 800, 30


def formula_of_code(
    code: str, line: str = "", conversions: Collection[str] = (), returned: Sequence[str] = (),
    dimensions: Mapping[str, str] = MappingProxyType({}),
) -> Markup | None:
    """The function's formula as MathML: its local names line by line, then what it returns.

    With `line`, one line of the code, the formula of that line alone, after the sizes that it names. None where the
    code is more than assignments and a return, or calls what has no notation: then the code itself is to be shown.
    `conversions` names functions that give back their argument, one number: the notes' code has `weak`. `returned`
    names what the function returns, `dimensions` has those of its parameters, as "n m".
    """
    if not 0 < len(code) <= LONGEST:
        return None
    try:
        function_node = _function(ast.parse(textwrap.dedent(code)))
        if sum(1 for _ in ast.walk(function_node)) > MOST_NODES:
            return None
        only = _statement(function_node, code, line) if line else None
        shown = Lines(function_node, frozenset(conversions), returned, dimensions).lines(only)
    except (NoFormula, SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    out = _display(shown) if 0 < len(shown) <= MOST_LINES else None
    return out if out is not None and len(out) <= LARGEST else None


def _function(tree: ast.Module) -> ast.FunctionDef | ast.Lambda:
    match tree.body:
        case [ast.FunctionDef() as found]:
            return found
        case [ast.Expr(value=ast.Call(func=ast.Call(), args=[ast.Lambda() as found], keywords=[]))]:
            return found  # vjp(of=f)(lambda x: ...)
    raise NoFormula("more than one function")


def _statement(function_node: ast.FunctionDef | ast.Lambda, code: str, line: str) -> ast.stmt:
    rows = textwrap.dedent(code).splitlines()
    for node in ast.walk(function_node):
        if not isinstance(node, ast.Assign | ast.Return) or node.lineno != node.end_lineno:
            continue
        if rows[node.lineno - 1].strip() == line.strip():
            return node
    raise NoFormula("no statement on one line")


def _display(lines: list[Line]) -> Markup:
    if len(lines) == 1:
        what, sign, value = lines[0]
        inner = row(what, operator(sign), value) if sign else value
    else:
        inner = element(
            "mtable",
            *(
                element(
                    "mtr", element("mtd", what),
                    element("mtd", operator(sign), value),
                )
                for what, sign, value in lines
            ),
            **{"class": "mf"},
        )
    return serialized(shortened(ElementTree.fromstring(element("math", inner))))
