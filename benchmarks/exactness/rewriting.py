"""Wrong versions of a function made from its source: one term scaled, or one size of a batch moved.

A term is what is added or subtracted. A size of a batch is what is divided by: `m`, `len(X)`, `X.shape[0]`.
"""

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator
from typing import Any

Function = Callable[..., Any]
Change = Callable[[Any], Any]
CHANGED = "_changed_by_the_benchmark"


def terms(function: Function) -> list[str]:
    """The terms of a function's formulas, in their order."""
    return [ast.unparse(getattr(owner, field)) for owner, field in _terms(_parsed(function))]


def batch_sizes(function: Function) -> list[str]:
    """The sizes of a batch that it divides by, in their order."""
    return [ast.unparse(getattr(owner, field)) for owner, field in _batch_sizes(_parsed(function))]


def with_term(function: Function, k: int, change: Change) -> Function:
    """The function with its k-th term changed."""
    return _with(function, _terms, k, change)


def with_batch_size(function: Function, k: int, change: Change) -> Function:
    """The function with the k-th size of a batch changed."""
    return _with(function, _batch_sizes, k, change)


Place = tuple[Any, str]


def _with(function: Function, places: Callable[[ast.AST], Iterator[Place]], k: int, change: Change) -> Function:
    tree = _parsed(function)
    owner, field = list(places(tree))[k]
    call = ast.Call(ast.Name(CHANGED, ast.Load()), [getattr(owner, field)], [])
    setattr(owner, field, call)
    namespace = {**function.__globals__, CHANGED: change}
    exec(compile(ast.fix_missing_locations(tree), inspect.getfile(function), "exec"), namespace)
    return namespace[function.__name__]


def _parsed(function: Function) -> ast.Module:
    """The function's source without its decorators; nothing of a lambda, or of one with a closure."""
    if not inspect.isfunction(function) or function.__closure__ or function.__name__ == "<lambda>":
        return ast.Module([], [])
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            node.decorator_list = []
    return tree


def _terms(tree: ast.AST) -> Iterator[Place]:
    for node in _formulas(tree):
        if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Sub)):
            yield node, "left"
            yield node, "right"
        if isinstance(node, ast.AugAssign) and isinstance(node.op, (ast.Add, ast.Sub)):
            yield node, "value"


def _batch_sizes(tree: ast.AST) -> Iterator[Place]:
    for node in _formulas(tree):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            yield from _sizes_in(node, "right")


def _sizes_in(owner: Any, field: str) -> Iterator[Place]:
    node = getattr(owner, field)
    if _is_size(node):
        yield owner, field
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        yield from _sizes_in(node, "left")
        yield from _sizes_in(node, "right")


def _is_size(node: ast.AST) -> bool:
    if isinstance(node, ast.Subscript):
        return isinstance(node.value, ast.Attribute) and node.value.attr == "shape"
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name) and node.func.id == "len"
    return isinstance(node, ast.Name) and node.id == "m"


def _formulas(tree: ast.AST) -> Iterator[ast.AST]:
    """All nodes outside of indices and options, in which a factor would be no error of a formula."""
    yield tree
    for child in ast.iter_child_nodes(tree):
        if not isinstance(child, (ast.Slice, ast.keyword, ast.arguments)) and not _is_index(tree, child):
            yield from _formulas(child)


def _is_index(owner: ast.AST, child: ast.AST) -> bool:
    return isinstance(owner, ast.Subscript) and child is owner.slice
