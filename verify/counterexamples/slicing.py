"""The part of a module's source that a function needs: the function and what it refers to, in the file's order."""

import ast
import builtins
import importlib.util
import inspect
import linecache
import textwrap
from collections.abc import Callable, Iterator
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

from verify.counterexamples.literals import NotLiteral, literal

_BUILTIN = frozenset(dir(builtins))
Statement = ast.stmt
_LAST = 10**9  # after all lines of a file


class NotSliceable(Exception):
    """A function whose source can't be taken out of its module; the message says why."""


def sliced(functions: list[Callable[..., Any]]) -> tuple[str, list[str]]:
    """Source text that defines the functions with NumPy-like imports alone, and an expression for each of them.

    Raises NotSliceable for code without a source, and for closures over what is no plain data.
    """
    parts: dict[str, _Module] = {}
    names = [_expression(function, parts) for function in functions]
    texts = [part.text() for part in parts.values()]
    bound = [name for part in parts.values() for name in part.bound]
    clashes = {name for name in bound if bound.count(name) > 1}
    if len({part.definition(name) for name in clashes for part in parts.values() if name in part.bound}) > len(clashes):
        raise NotSliceable(f"two modules define {', '.join(sorted(clashes))}")
    return "\n\n".join(text for text in texts if text), names


def _expression(function: Callable[..., Any], parts: dict[str, "_Module"]) -> str:
    """An expression for a function, whose definition is added to its module's part."""
    if isinstance(function, np.ufunc):
        return f"np.{function.__name__}"
    module, name = getattr(function, "__module__", None), getattr(function, "__qualname__", "")
    if module and module.split(".")[0] in ("jax", "numpy", "scipy") and name.isidentifier():
        return f"__import__('importlib').import_module({module!r}).{name}"
    plain = inspect.unwrap(function)
    if not isinstance(plain, FunctionType):
        raise NotSliceable(f"{name or function!r} is no plain function")
    file = plain.__code__.co_filename
    part = parts.setdefault(file, _Module(file, plain.__globals__))
    return part.add(plain)


class _Module:
    """One module's source, and the statements of it that are needed."""

    def __init__(self, file: str, scope: dict[str, Any]) -> None:
        self.scope = scope
        self.lines = linecache.getlines(file)
        if not self.lines:
            raise NotSliceable(f"the source of {file} is not at hand")
        self.tree = ast.parse("".join(self.lines))
        self.statements = dict(self._top_level())
        self.taken: dict[tuple[int, str], str] = {}
        self.bound: set[str] = set()
        self.functions: dict[tuple[int, int], FunctionType] = {}

    def text(self) -> str:
        """The needed statements in the order of the file, imports first."""
        return "\n\n".join(text.rstrip() for _, text in sorted(self.taken.items()))

    def definition(self, name: str) -> str:
        """The source of a name's statement."""
        node = self.statements.get(name)
        return self._source(node) if node is not None else ""

    def add(self, function: FunctionType) -> str:
        """Take a function and what it needs; returns the name that it has in the text."""
        node = self._find(function)
        name = function.__code__.co_name
        if self.functions.setdefault((node.lineno, node.col_offset), function) is not function:
            raise NotSliceable(f"two functions are made by the code of {name} in line {node.lineno}")
        if isinstance(node, ast.Lambda):
            name = f"lambda_{node.lineno}_{node.col_offset}"
            segment = ast.get_source_segment("".join(self.lines), node)
            assert segment is not None
            self._take(node.lineno, name, f"{name} = ({segment})")
        else:
            name = node.name
            self._take(node.lineno, name, self._source(node))
        cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
        closed = {free: cell.cell_contents for free, cell in cells}
        for free, value in closed.items():
            if free == name:
                continue
            if isinstance(value, FunctionType):
                inner = self.add(value)
                if inner != free:
                    self._take(_LAST, free, f"{free} = {inner}")
            else:
                self._literal(free, value)
        self._resolve(node, set(closed) | {name})
        return name

    def _top_level(self) -> Iterator[tuple[str, Statement]]:
        for node in self.tree.body:
            for name in _binds(node):
                yield name, node

    def _take(self, line: int, name: str, text: str) -> None:
        self.bound.add(name)
        if text:
            self.taken[line, name] = text

    def _resolve(self, node: ast.AST, known: set[str]) -> None:
        """Take the definitions of the global names that a piece of code reads."""
        for name in sorted(_reads(node) - known - self.bound):
            statement = self.statements.get(name)
            if statement is None:
                if name in self.scope:
                    self._literal(name, self.scope[name])
                continue  # a local name, or a builtin one
            self.bound.add(name)
            if isinstance(statement, (ast.Import, ast.ImportFrom)):
                self.taken[0, name] = self._import(statement, name)
                continue
            self.taken[statement.lineno, name] = self._source(statement)
            self._resolve(statement, {name})

    def _literal(self, name: str, value: Any) -> None:
        if name in _BUILTIN:
            return
        if isinstance(value, ModuleType):
            self._take(0, name, f"import {value.__name__} as {name}")
            return
        try:
            self._take(1, name, f"{name} = {literal(value)}")
        except NotLiteral:
            raise NotSliceable(f"{name} is a {type(value).__name__} that no statement of the module makes") from None

    def _import(self, statement: ast.Import | ast.ImportFrom, name: str) -> str:
        alias = next(a for a in statement.names if (a.asname or a.name.split(".")[0]) == name)
        renamed = f" as {alias.asname}" if alias.asname else ""
        if isinstance(statement, ast.Import):
            return f"import {alias.name}{renamed}"
        module = "." * statement.level + (statement.module or "")
        if statement.level:
            module = importlib.util.resolve_name(module, self.scope.get("__package__") or "")
        return f"from {module} import {alias.name}{renamed}"

    def _source(self, node: Statement) -> str:
        """A statement's lines without its decorators, which make the claims."""
        return textwrap.dedent("".join(self.lines[node.lineno - 1 : node.end_lineno]))

    def _find(self, function: FunctionType) -> ast.FunctionDef | ast.Lambda:
        code = function.__code__
        found = []
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef) and node.name == code.co_name:
                first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
                if first == code.co_firstlineno:
                    return node
            if isinstance(node, ast.Lambda) and code.co_name == "<lambda>" and node.lineno == code.co_firstlineno:
                found.append(node)
        if len(found) > 1:
            positions = [p for p in code.co_positions() if p[0] is not None and p[2] is not None]
            inside = [
                n for n in found
                if all((n.lineno, n.col_offset) <= (p[0], p[2]) and (p[1], p[3]) <= (n.end_lineno, n.end_col_offset)
                       for p in positions if p[2] != p[3])
            ]
            found = sorted(inside, key=lambda n: len(ast.unparse(n)))[:1]
        if not found:
            raise NotSliceable(f"{function.__qualname__} is not found in its source")
        return found[0]


def _binds(node: Statement) -> Iterator[str]:
    """The names that a top-level statement binds."""
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        yield node.name
    elif isinstance(node, (ast.Import, ast.ImportFrom)):
        for alias in node.names:
            yield alias.asname or alias.name.split(".")[0]
    elif isinstance(node, (ast.Assign, ast.AnnAssign)):
        for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
            for inner in ast.walk(target):
                if isinstance(inner, ast.Name):
                    yield inner.id


def _reads(node: ast.AST) -> set[str]:
    """The names that a piece of code reads, annotations and decorators left out."""
    found: set[str] = set()
    stack: list[ast.AST] = [node]
    while stack:
        current = stack.pop()
        if isinstance(current, ast.Name) and isinstance(current.ctx, ast.Load):
            found.add(current.id)
        for field, value in ast.iter_fields(current):
            if field in ("annotation", "returns", "decorator_list"):
                continue
            stack += [v for v in (value if isinstance(value, list) else [value]) if isinstance(v, ast.AST)]
    return found
