"""A NumPy expression as a term, by its syntax tree: parentheses stand where the tree needs them.

`*` of arrays is ⊙, `@` is juxtaposition, so is a product with what is certainly one number.
"""

import ast

from markupsafe import Markup

from reports.formulas.calls import call
from reports.formulas.terms import (
    ATOM,
    HADAMARD,
    MATRIX,
    RAISED,
    RELATION,
    SCALED,
    SUM,
    NoFormula,
    Term,
    element,
    filled,
    negative,
    number,
    operator,
    power,
    product,
    row,
    separated,
    signed,
    text,
    variable,
)

_RELATIONS: dict[type[ast.cmpop], str] = {
    ast.Lt: "<", ast.LtE: "≤", ast.Gt: ">", ast.GtE: "≥", ast.Eq: "=", ast.NotEq: "≠",
}
_CONSTANTS = {"pi": "π", "inf": "∞", "e": "e"}
_TRANSPOSED = ("T", "mT")


class Expressions:
    """Renders expressions; knows which names are certainly one number, and how many axes a name has.

    `conversions` are functions that give back their argument, which is one number.
    """

    def __init__(self, scalars: set[str], axes: dict[str, int], conversions: frozenset[str]) -> None:
        self.conversions = conversions
        self.scalars = scalars
        self.axes = axes
        self.matrices: set[str] = set()  # what is one if nothing else is known
        self.names: set[str] = set()
        self.constants: set[str] = set()

    def term(self, node: ast.expr) -> Term:
        """The term for an expression; raises NoFormula."""
        match node:
            case ast.Constant(value=bool()):
                raise NoFormula("a truth value")
            case ast.Constant(value=int() | float() as value):
                return number(value)
            case ast.Name(id=name):
                self.names.add(name)
                return Term(variable(name), scalar=name in self.scalars)
            case ast.Attribute(value=ast.Name(id=module), attr=name) if module in ("np", "numpy", "jnp", "math"):
                if name not in _CONSTANTS:
                    raise NoFormula(name)
                self.constants.add(name)
                return Term(element("mi", _CONSTANTS[name]), scalar=True)
            case ast.Attribute():
                return self._attribute(node)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return negative(self.term(operand))
            case ast.UnaryOp(op=ast.UAdd(), operand=operand):
                return self.term(operand)
            case ast.BinOp():
                return self._binary(node)
            case ast.Compare():
                return Term(row(operator("["), self.relation(node), operator("]")))
            case ast.IfExp(test=test, body=body, orelse=other):
                return self.cases(test, body, other)
            case ast.Subscript():
                return self._entry(node)
            case ast.Call():
                return call(node, self)
        raise NoFormula(type(node).__name__)

    def relation(self, node: ast.expr) -> Markup:
        """A condition: a comparison of two terms."""
        match node:
            case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _RELATIONS:
                sign = operator(_RELATIONS[type(op)])
                return row(self.term(left).at(SUM), sign, self.term(right).at(SUM))
        return self.term(node).markup

    def cases(self, test: ast.expr, body: ast.expr, other: ast.expr) -> Term:
        first = element("mtd", self.term(body).markup), element("mtd", text("if "), self.relation(test))
        second = element("mtd", self.term(other).markup), element("mtd", text("otherwise"))
        table = element("mtable", element("mtr", *first), element("mtr", *second), **{"class": "mc"})
        return Term(row(operator("{", stretchy="true", form="prefix"), table), RELATION)

    def size(self, array: ast.expr, axis: int) -> Term:
        """The length of an axis in words: of a matrix, its rows or columns."""
        axes = self._axes(array)
        if axes is None and isinstance(array, ast.Name) and array.id in self.matrices:
            axes = 2
        words = ("rows of ", "columns of ")[axis] if axes == 2 and axis in (0, 1) else f"length of axis {axis} of "
        return Term(row(text(words), self.term(array).at(ATOM)), SUM, scalar=True)

    def matmul(self, left: ast.expr, right: ast.expr) -> Term:
        """A matrix product; a vector on the left is a row."""
        if filled(left) or filled(right):
            raise NoFormula("a matrix of ones, or zeros, which elsewhere is the number")
        first = self.term(left)
        if self._axes(left) == 1:
            first = _raised(first)
        return product(first, self.term(right), MATRIX)

    def transposed(self, node: ast.expr, attribute: str) -> Term:
        """What is transposed, which a vector is as it was."""
        inner, axes = self.term(node), self._axes(node)
        if filled(node) or (axes is not None and axes > 2 and attribute == "T"):
            raise NoFormula("all axes the other way round")
        return inner if axes == 1 else _raised(inner)

    def _axes(self, node: ast.expr) -> int | None:
        """How many axes it has, of a name where that is known, also transposed."""
        while isinstance(node, ast.Attribute) and node.attr in _TRANSPOSED:
            node = node.value
        return self.axes.get(node.id) if isinstance(node, ast.Name) else None

    def _attribute(self, node: ast.Attribute) -> Term:
        if node.attr in _TRANSPOSED:
            return self.transposed(node.value, node.attr)
        if node.attr == "size":
            return Term(row(text("number of entries of "), self.term(node.value).at(ATOM)), SUM, scalar=True)
        base = node.value
        while isinstance(base, ast.Attribute | ast.Subscript):
            base = base.value
        if node.attr == "shape" or not isinstance(base, ast.Name):
            raise NoFormula(f".{node.attr}")
        owner = self.term(node.value).markup if not isinstance(node.value, ast.Name) else element("mi", node.value.id)
        return Term(row(owner, operator(".", lspace="0", rspace="0"), variable(node.attr)))

    def _entry(self, node: ast.Subscript) -> Term:
        match node:
            case ast.Subscript(value=ast.Attribute(value=array, attr="shape"), slice=ast.Constant(value=int(axis))):
                return self.size(array, axis)
        parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        inside, base = separated([self._index(part) for part in parts]), self.term(node.value)
        return Term(element("msub", base.at(ATOM), row(operator("["), *inside, operator("]"))), RAISED)

    def _index(self, node: ast.expr | None) -> Markup:
        """An index in Python's notation, which counts from 0."""
        match node:
            case ast.Constant(value=None):
                return text("None")
            case ast.Constant(value=v) if v is Ellipsis:
                return operator("…")
            case ast.Constant(value=int(value)) if not isinstance(value, bool):
                return signed(value)
            case ast.Slice(lower=low, upper=high, step=None):
                ends = [Markup("") if end is None else self._index(end) for end in (low, high)]
                return row(ends[0], operator(":", lspace="0", rspace="0"), ends[1])
            case ast.Name() | ast.BinOp(op=ast.Add() | ast.Sub()) | ast.UnaryOp(op=ast.USub()):
                return self.term(node).markup
        raise NoFormula("an index")

    def _binary(self, node: ast.BinOp) -> Term:
        left, right = self.term(node.left), self.term(node.right)
        scalar = left.scalar and right.scalar
        match node.op:
            case ast.Add() | ast.Sub():
                sign = operator("+" if isinstance(node.op, ast.Add) else "−")
                last = right.markup if right.big else right.at(HADAMARD)
                return Term(row(left.at(SUM), sign, last), SUM, scalar)
            case ast.Div():
                return Term(element("mfrac", left.markup, right.markup), RAISED, scalar, digit=True)
            case ast.Pow():
                return power(left, right)
            case ast.MatMult():
                return self.matmul(node.left, node.right)
            case ast.Mult():
                return product(left, right, SCALED if left.scalar or right.scalar else HADAMARD)
        raise NoFormula(type(node.op).__name__)


def _raised(term: Term) -> Term:
    return Term(element("msup", term.at(ATOM), element("mi", "T")), RAISED, term.scalar)
