"""The mistakes of this trade, as edits of a syntax tree: dropped terms and factors, signs, transposes, axes, names.

An `Edit` puts another node in a place of the tree, and can take it back: the tree is never copied.
"""

import ast
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from verify.mutation.neighbours import COMPARISONS, DROPPED, FUNCTIONS, constants

Names = Mapping[str, tuple[tuple[str, int], ...]]
NO_PLACE = "no_place"  # the attribute of statements that are not the function's own
NARROWER = "float32 in the middle"
MOST_NAMES = 2  # others that one name is replaced by


@dataclass(frozen=True)
class Edit:
    """Another node in a place: field `field` of `parent`, or its `index`-th item.

    what : the operator, such as "drop a factor"
    statement : the statement that the place stands in
    """

    what: str
    statement: ast.stmt
    parent: ast.AST
    field: str
    index: int | None
    old: Any
    new: Any

    @property
    def line(self) -> int:
        """The line of the place in the function's own text."""
        return int(getattr(self.old, "lineno", getattr(self.parent, "lineno", 0)))

    @property
    def text(self) -> str:
        """The change, as in "z >= 0 -> z > 0"."""
        return f"{_shown(self.old)} -> {_shown(self.new)}"

    @property
    def before(self) -> str:
        """The statement without the change, while it is not applied."""
        return _shown(self.statement)

    @property
    def after(self) -> str:
        """The statement with the change in it, while it is applied."""
        return _shown(self.new if self.statement is self.old else self.statement)

    def replaced_by(self, node: ast.AST) -> "Edit":
        """Another edit of the same place."""
        return replace(self, new=node)

    @contextmanager
    def applied(self) -> Iterator[None]:
        """The tree with the change in it."""
        self._put(self.new)
        try:
            yield
        finally:
            self._put(self.old)

    def _put(self, node: Any) -> None:
        if self.index is None:
            setattr(self.parent, self.field, node)
        else:
            getattr(self.parent, self.field)[self.index] = node


def _shown(node: Any) -> str:
    """A node in one line; of a compound statement, its head."""
    if isinstance(node, ast.Pass):
        return "nothing"
    if isinstance(node, (ast.For, ast.While, ast.If, ast.With)):
        return ast.unparse(node).partition("\n")[0]
    return " ".join(ast.unparse(node).split()) if isinstance(node, ast.AST) else str(node)


def edits(function: ast.FunctionDef, alike: Names) -> Iterator[Edit]:
    """All edits of a function's body, in the order of its text.

    alike : by name, the others that hold arrays of the same shape, with the line from which on they do
    """
    for statement, parent, field, index, node in _places(function):
        for make in _OF_TYPE.get(type(node), ()):
            for what, new in make(node):
                yield Edit(what, statement, parent, field, index, node, ast.copy_location(new, node))
        if isinstance(node, ast.Return):
            yield from _outputs(node)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            for other in [name for name, line in alike.get(node.id, ()) if line < node.lineno][:MOST_NAMES]:
                new_name = ast.copy_location(ast.Name(other, ast.Load()), node)
                yield Edit("another name", statement, parent, field, index, node, new_name)


_NO_PLACES = ("annotation", "returns", "decorator_list", "ctx", "op", "ops")
Place = tuple[ast.stmt, ast.AST, str, int | None, ast.AST]


def _places(root: ast.FunctionDef) -> Iterator[Place]:
    """Every node of the body with its statement and its place; annotations, docstrings and what we added are none."""
    stack: list[Place] = [(node, root, "body", k, node) for k, node in reversed(list(enumerate(root.body)))]
    while stack:
        statement, parent, field, index, node = stack.pop()
        if hasattr(node, NO_PLACE) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
            continue
        yield statement, parent, field, index, node
        children: list[Place] = []
        for name, value in ast.iter_fields(node):
            if name in _NO_PLACES or isinstance(value, ast.arguments):
                continue
            for k, item in enumerate(value) if isinstance(value, list) else ((None, value),):
                if isinstance(item, ast.AST):
                    own = item if isinstance(item, ast.stmt) else statement
                    children.append((own, node, name, k, item))
        stack += reversed(children)


Made = Iterator[tuple[str, ast.AST]]


def _binary(node: ast.BinOp) -> Made:
    left, op, right = node.left, node.op, node.right
    if isinstance(op, (ast.Add, ast.Sub)):
        other: ast.operator = ast.Sub() if isinstance(op, ast.Add) else ast.Add()
        yield "flip a sign", ast.BinOp(left, other, right)
        yield "drop a term", left
        yield "drop a term", right if isinstance(op, ast.Add) else ast.UnaryOp(ast.USub(), right)
    elif isinstance(op, ast.Mult):
        yield "drop a factor", left
        yield "drop a factor", right
        yield "square a factor", ast.BinOp(node, ast.Mult(), right)
        yield "@ for *", ast.BinOp(left, ast.MatMult(), right)
    elif isinstance(op, ast.Div):
        yield "drop a divisor", left
        yield "square a divisor", ast.BinOp(node, ast.Div(), right)
        yield "multiply for divide", ast.BinOp(left, ast.Mult(), right)
    elif isinstance(op, ast.MatMult):
        yield "swap the operands", ast.BinOp(right, op, left)
        yield "* for @", ast.BinOp(left, ast.Mult(), right)
        yield "transpose an operand", ast.BinOp(_transposed(left), op, right)
        yield "transpose an operand", ast.BinOp(left, op, _transposed(right))
    elif isinstance(op, ast.Pow):
        yield "drop a power", left


def _transposed(node: ast.expr) -> ast.expr:
    return node.value if _is_transpose(node) else ast.Attribute(node, "T", ast.Load())  # type: ignore[attr-defined]


def _is_transpose(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "T"


def _unary(node: ast.UnaryOp) -> Made:
    if isinstance(node.op, ast.USub):
        yield "flip a sign", node.operand


def _attribute(node: ast.Attribute) -> Made:
    if _is_transpose(node):
        yield "drop .T", node.value


def _call(node: ast.Call) -> Made:
    function = node.func
    name = str(getattr(function, "attr", getattr(function, "id", "")))
    for other in FUNCTIONS.get(name, ()):
        renamed: ast.expr = (
            ast.Attribute(function.value, other, ast.Load()) if isinstance(function, ast.Attribute)
            else ast.Name(other, ast.Load())
        )
        if isinstance(function, ast.Attribute):
            yield f"{other} for {name}", ast.Call(renamed, node.args, node.keywords)
    if name == "sqrt" and len(node.args) == 1 and _adds_an_eps(node.args[0]):
        inside: Any = node.args[0]
        yield "an eps moved", ast.BinOp(ast.Call(function, [inside.left], []), ast.Add(), inside.right)
    if name in DROPPED and len(node.args) == 1 and not node.keywords:
        yield f"drop {name}", node.args[0]
    for k, keyword in enumerate(node.keywords):
        others = [*node.keywords[:k], *node.keywords[k + 1 :]]
        if keyword.arg == "axis":
            yield "drop axis", ast.Call(function, node.args, others)
            if isinstance(keyword.value, ast.Constant) and keyword.value.value in (0, 1):
                changed = ast.keyword("axis", ast.Constant(1 - keyword.value.value))
                yield "another axis", ast.Call(function, node.args, [*others, changed])
        if keyword.arg in ("keepdims", "ddof"):
            yield f"drop {keyword.arg}", ast.Call(function, node.args, others)
    if name in ("var", "std") and not any(keyword.arg == "ddof" for keyword in node.keywords):
        yield "ddof=1", ast.Call(function, node.args, [*node.keywords, ast.keyword("ddof", ast.Constant(1))])
    if name == "where" and len(node.args) == 3:
        condition, a, b = node.args
        yield "swap the cases", ast.Call(function, [condition, b, a], node.keywords)
    if isinstance(function, ast.Name) and name == "range":
        *before, stop = node.args[:2]
        yield "a loop that ends earlier", ast.Call(
            function, [*before, ast.BinOp(stop, ast.Sub(), ast.Constant(1)), *node.args[2:]], []
        )
        if len(node.args) == 1:
            yield "a loop that starts later", ast.Call(function, [ast.Constant(1), stop], [])


def _adds_an_eps(node: ast.expr) -> bool:
    """Whether it is a sum with a small constant, or with a name as constants have."""
    if not isinstance(node, ast.BinOp) or not isinstance(node.op, ast.Add):
        return False
    small = isinstance(node.right, ast.Constant) and isinstance(node.right.value, float)
    return small or (isinstance(node.right, ast.Name) and node.right.id.lower().startswith("eps"))


def _compare(node: ast.Compare) -> Made:
    if len(node.ops) == 1:
        for other in COMPARISONS.get(type(node.ops[0]), ()):
            yield "another comparison", ast.Compare(node.left, [other()], node.comparators)


def _constant(node: ast.Constant) -> Made:
    for value in constants(node.value):
        yield "another constant", ast.Constant(value)


def _slice(node: ast.Slice) -> Made:
    if node.lower is not None:
        yield "drop a bound", ast.Slice(None, node.upper, node.step)
    if node.upper is not None:
        yield "drop a bound", ast.Slice(node.lower, None, node.step)
    if node.lower is None and node.upper is None and node.step is not None:
        yield "drop a step", ast.Slice(None, None, None)


def _outputs(node: ast.Return) -> Iterator[Edit]:
    """Each output of a return changed in turn, and neighbours swapped."""
    value = node.value
    if value is None:
        return
    together = value.elts if isinstance(value, ast.Tuple) else None
    for k, output in enumerate(together or [value]):
        if isinstance(output, ast.Starred):
            continue
        parent, field, index = (node, "value", None) if together is None else (value, "elts", k)
        for what, new in (
            ("an output zeroed", ast.BinOp(output, ast.Mult(), ast.Constant(0.0))),
            ("its last row dropped", ast.Subscript(output, ast.Slice(None, ast.Constant(-1)), ast.Load())),
            ("add .T", ast.Attribute(output, "T", ast.Load())),
            (NARROWER, _converted(_converted(output, "float32"), "float64")),
        ):
            yield Edit(what, node, parent, field, index, output, new)
    for k in range(len(together or ()) - 1):
        assert together is not None
        swapped = [*together[:k], together[k + 1], together[k], *together[k + 2 :]]
        yield Edit("two outputs swapped", node, node, "value", None, value, ast.Tuple(swapped, ast.Load()))


def _converted(node: ast.expr, dtype: str) -> ast.expr:
    return ast.Call(ast.Attribute(node, "astype", ast.Load()), [ast.Constant(dtype)], [])


def _augmented(node: ast.AugAssign) -> Made:
    yield "drop a statement", ast.Pass()
    if isinstance(node.op, (ast.Add, ast.Sub)):
        other: ast.operator = ast.Sub() if isinstance(node.op, ast.Add) else ast.Add()
        yield "flip a sign", ast.AugAssign(node.target, other, node.value)


_OF_TYPE: dict[type[ast.AST], tuple[Callable[[Any], Made], ...]] = {
    ast.BinOp: (_binary,), ast.UnaryOp: (_unary,), ast.Attribute: (_attribute,), ast.Call: (_call,),
    ast.Compare: (_compare,), ast.Constant: (_constant,), ast.Slice: (_slice,),
    ast.AugAssign: (_augmented,),
}
