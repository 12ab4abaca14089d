"""The part of a module's source that a function needs: the function and what it refers to, in the file's order.

Decorators stay, but for those that make claims; so do the statements that change what a name stands for. What a
neighbour of the file defines is taken from there; installed packages are imported.
"""

import ast
import builtins
import importlib.util
import inspect
import linecache
import sys
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

from verify.counterexamples.literals import NotLiteral, literal

_BUILTIN = frozenset(dir(builtins))
_EVERYWHERE = frozenset({"jax", "jaxlib", "numpy", "scipy"})
_SCOPES = (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)  # names bound there are their own
_LAST = 10**9  # after all lines of a file


class NotSliceable(Exception):
    """A function whose source can't be taken out of its module; the message says why."""


@dataclass
class Slice:
    """Source text that defines some functions, an expression for each, and the further packages that it imports."""

    text: str
    expressions: list[str]
    needs: list[str] = field(default_factory=list)


def sliced(functions: list[Callable[..., Any]]) -> Slice:
    """The source of functions. Raises NotSliceable for code without one, and closures over what is no plain data."""
    modules = _Modules()
    expressions = [modules.expression(function) for function in functions]
    modules.refuse_clashes()
    texts = [module.text() for module in reversed(modules.by_file.values())]
    return Slice("\n\n".join(text for text in texts if text), expressions, sorted(modules.needs))


class _Modules:
    """The modules that source is taken from."""

    def __init__(self) -> None:
        self.by_file: dict[str, _Module] = {}
        self.needs: set[str] = set()

    def expression(self, function: Callable[..., Any]) -> str:
        """An expression for a function, whose definition is taken."""
        if isinstance(function, np.ufunc):
            return f"np.{function.__name__}"
        module, name = getattr(function, "__module__", None), getattr(function, "__qualname__", "")
        if module and module.split(".")[0] in _EVERYWHERE and name.isidentifier():
            return f"__import__('importlib').import_module({module!r}).{name}"
        plain = inspect.unwrap(function)
        if not isinstance(plain, FunctionType):
            raise NotSliceable(f"{name or function!r} is no plain function")
        return self.of(plain).add(plain)

    def of(self, function: FunctionType) -> "_Module":
        """The module of a function."""
        file = function.__code__.co_filename
        if file not in self.by_file:
            self.by_file[file] = _Module(file, function.__globals__, self)
        return self.by_file[file]

    def refuse_clashes(self) -> None:
        """Two modules that mean different things by a name can't stand in one file."""
        meanings: dict[str, set[str]] = {}
        for module in self.by_file.values():
            for (_, name), text in module.taken.items():
                meanings.setdefault(name, set()).add(text)
        clashes = [name for name, texts in meanings.items() if len(texts) > 1 and self._owners(name) > 1]
        if clashes:
            raise NotSliceable(f"two modules define {', '.join(sorted(clashes))}")

    def _owners(self, name: str) -> int:
        return sum(any(taken == name for _, taken in module.taken) for module in self.by_file.values())


class _Module:
    """One module's source, and the statements of it that are needed."""

    def __init__(self, file: str, scope: dict[str, Any], modules: _Modules) -> None:
        self.scope, self.modules, self.folder = scope, modules, Path(file).parent
        self.lines = linecache.getlines(file)
        if not self.lines:
            raise NotSliceable(f"the source of {Path(file).name} is not at hand")
        self.tree = _parsed("".join(self.lines))
        self.statements: dict[str, list[ast.stmt]] = {}
        for node in self.tree.body:
            for name in dict.fromkeys((*_binds(node), *_changes(node))):
                self.statements.setdefault(name, []).append(node)
        self.taken: dict[tuple[int, str], str] = {}
        self.bound: set[str] = set()
        self.functions: dict[tuple[int, int], FunctionType] = {}

    def text(self) -> str:
        """The needed statements in the order of the file, imports first; each of them once."""
        return "\n\n".join(dict.fromkeys(text.rstrip() for _, text in sorted(self.taken.items())))

    def add(self, function: FunctionType) -> str:
        """Take a function and what it needs; returns the name that it has in the text."""
        node = self._find(function)
        name = function.__code__.co_name
        if self.functions.setdefault((node.lineno, node.col_offset), function) is not function:
            raise NotSliceable(f"two functions are made by the code of {name} in line {node.lineno}")
        if isinstance(node, ast.FunctionDef) and node in self.statements.get(name, ()):
            self._name(name)
            return name
        if isinstance(node, ast.Lambda):
            name = f"lambda_{node.lineno}_{node.col_offset}"
            segment = ast.get_source_segment("".join(self.lines), node)
            self._take(node.lineno, name, f"{name} = ({segment})")
        else:
            self._take(node.lineno, name, self._source(node))
        cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
        closed = {free: cell.cell_contents for free, cell in cells if free != name}
        for free, value in closed.items():
            if isinstance(value, FunctionType):
                inner = self.modules.expression(value)
                if inner != free:
                    self._take(_LAST, free, f"{free} = {inner}")
            else:
                self._literal(free, value)
        self._resolve(node, set(closed) | {name})
        return name

    def _take(self, line: int, name: str, text: str) -> None:
        self.bound.add(name)
        self.taken[line, name] = text

    def _resolve(self, node: ast.AST, known: set[str]) -> None:
        """Take the definitions of the global names that a piece of code reads."""
        for name in sorted(self._reads(node) - known - self.bound):
            self._name(name)

    def _name(self, name: str) -> None:
        """Take what binds or changes a global name."""
        if name in self.bound:
            return
        statements = self.statements.get(name)
        if statements is None:
            if name in self.scope:
                self._literal(name, self.scope[name])
            return  # else a local name, or a builtin one
        self.bound.add(name)
        for statement in statements:
            if isinstance(statement, (ast.Import, ast.ImportFrom)):
                self._import(statement, name)
            else:
                self.taken[statement.lineno, name] = self._source(statement)
                self._resolve(statement, {name})

    def _literal(self, name: str, value: Any) -> None:
        if isinstance(value, ModuleType):
            self._imported(value.__name__)
            self._take(0, name, f"import {value.__name__} as {name}")
            return
        try:
            self._take(1, name, f"{name} = {literal(value)}")
        except NotLiteral:
            raise NotSliceable(f"{name} is a {type(value).__name__} that no statement of the module makes") from None

    def _import(self, statement: ast.Import | ast.ImportFrom, name: str) -> None:
        alias = next(a for a in statement.names if (a.asname or a.name.split(".")[0]) == name)
        renamed = f" as {alias.asname}" if alias.asname else ""
        if isinstance(statement, ast.Import):
            if self._is_neighbour(alias.name):
                raise NotSliceable(f"it uses the module {alias.name} as a whole")
            self._imported(alias.name)
            self.taken[0, name] = f"import {alias.name}{renamed}"
            return
        module = "." * statement.level + (statement.module or "")
        if statement.level:
            module = importlib.util.resolve_name(module, self.scope.get("__package__") or "")
        if not self._is_neighbour(module):
            self._imported(module)
            self.taken[0, name] = f"from {module} import {alias.name}{renamed}"
            return
        value = self.scope.get(name)
        if not callable(value):
            self._literal(name, value)
            return
        inner = self.modules.expression(value)
        if inner != name:
            self.taken[0, name] = f"{name} = {inner}"

    def _imported(self, module: str) -> None:
        top = module.split(".")[0]
        if top not in _EVERYWHERE and top not in sys.stdlib_module_names:
            self.modules.needs.add(top)

    def _is_neighbour(self, module: str) -> bool:
        """Whether a module is a file beside this one, which the copy will not find."""
        top = module.split(".")[0]
        if not any((self.folder / place).is_file() for place in (f"{top}.py", f"{top}/__init__.py")):
            return False
        spec = importlib.util.find_spec(top)  # an installed package of that name comes first
        return spec is None or Path(spec.origin or self.folder).resolve().is_relative_to(self.folder.resolve())

    def _source(self, node: ast.stmt) -> str:
        """A statement's lines, without the decorators that make claims."""
        lines = textwrap.dedent("".join(self.lines[node.lineno - 1 : node.end_lineno]))
        kept = [ast.unparse(d) for d in getattr(node, "decorator_list", ()) if not self._makes_claims(d)]
        return "".join(f"@{decorator}\n" for decorator in kept) + lines

    def _makes_claims(self, decorator: ast.expr) -> bool:
        value = self.scope.get(_root(decorator) or "")
        module = value.__name__ if isinstance(value, ModuleType) else getattr(value, "__module__", None)
        return str(module or "").split(".")[0] == "verify"

    def _reads(self, node: ast.AST) -> set[str]:
        """The names that a piece of code reads, but for annotations and claims."""
        found: set[str] = set()
        stack: list[ast.AST] = [node]
        while stack:
            current = stack.pop()
            if isinstance(current, ast.Name) and isinstance(current.ctx, ast.Load):
                found.add(current.id)
            for name, value in ast.iter_fields(current):
                items = value if isinstance(value, list) else [value]
                if name in ("annotation", "returns"):
                    continue
                if name == "decorator_list":
                    items = [d for d in items if not self._makes_claims(d)]
                stack += [item for item in items if isinstance(item, ast.AST)]
        return found - (_BUILTIN - self.statements.keys())

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
            found = [node for node in found if _covers(node, function)]
            found = sorted(found, key=lambda node: len(ast.unparse(node)))[:1]
        if not found:
            raise NotSliceable(f"{function.__qualname__} is not found in its source")
        return found[0]


@lru_cache(maxsize=64)
def _parsed(source: str) -> ast.Module:
    """The tree of a source, which many claims are made from; nobody changes it."""
    return ast.parse(source)


def _covers(node: ast.Lambda, function: FunctionType) -> bool:
    """Whether a lambda's text holds all that the code was compiled from."""
    start, end = (node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset)
    return all(
        start <= (first, left) and (last, right) <= end
        for first, last, left, right in function.__code__.co_positions()
        if first is not None and left is not None and left != right
    )


def _binds(node: ast.stmt) -> Iterator[str]:
    """The names that a top-level statement binds."""
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        yield node.name
        return
    waiting: list[ast.AST] = [node]
    while waiting:
        inner = waiting.pop()
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
            yield inner.id
        elif isinstance(inner, (ast.Import, ast.ImportFrom)):
            yield from (alias.asname or alias.name.split(".")[0] for alias in inner.names)
        elif not isinstance(inner, _SCOPES):
            waiting += ast.iter_child_nodes(inner)


def _changes(node: ast.stmt) -> Iterator[str]:
    """The names whose objects a top-level statement changes: `x[0] = 1`, `f.defjvp(g)`, `@f.defjvp`."""
    targets: list[ast.expr] = []
    if isinstance(node, ast.Assign):
        targets = [target for target in node.targets if isinstance(target, (ast.Subscript, ast.Attribute))]
    elif isinstance(node, ast.AugAssign):
        targets = [node.target]
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        targets = [node.value.func] if isinstance(node.value.func, ast.Attribute) else []
    elif isinstance(node, ast.FunctionDef):
        targets = [d.func if isinstance(d, ast.Call) else d for d in node.decorator_list]
        targets = [target for target in targets if isinstance(target, ast.Attribute)]
    for target in targets:
        root = _root(target)
        if root is not None:
            yield root


def _root(node: ast.expr) -> str | None:
    """The name that an expression begins with."""
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Call)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else None
