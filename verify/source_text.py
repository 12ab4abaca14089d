"""What a file's text says of itself: whether it makes claims, whether it holds tests. It is parsed, never run."""

import ast
import re
from collections.abc import Callable, Iterator
from functools import cached_property

CONSTRUCTORS = frozenset({
    "vjp", "gradient", "derivative", "identity", "jvp", "statistic", "measurement", "runs", "definition", "missing",
})
_HOMES = ("verify", "verify.claim", "verify.constructors")
_IMPORT = re.compile(rb"^[ \t]*(?:from|import)[ \t]+verify\b", re.M)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)

Accepts = Callable[[str], bool]


class SourceText:
    """A Python file's text."""

    def __init__(self, text: bytes) -> None:
        self.text = text

    @cached_property
    def tree(self) -> ast.Module | None:
        """The text parsed; None if it is no Python."""
        try:
            return ast.parse(self.text)
        except (SyntaxError, ValueError):  # ValueError: a null byte
            return None

    def is_document(self, is_function: Accepts, is_class: Accepts) -> bool:
        """Whether it makes claims, or seems meant to: it imports a constructor and holds no tests, or is no Python.

        `is_function` and `is_class` say which names pytest takes for tests.
        """
        if not _IMPORT.search(self.text):  # a cheap look that saves the parsing
            return False
        if self.tree is None:
            return True
        return self.makes_claims() or (any(_imported(self.tree)) and not self.may_hold_tests(is_function, is_class))

    def makes_claims(self) -> bool:
        """Whether importing it would call a constructor: at module level, or in a function that this level mentions."""
        if self.tree is None:
            return False
        makers, modules = _imported(self.tree)
        functions = [node for node in ast.walk(self.tree) if isinstance(node, _FUNCTIONS)]
        while True:
            found = {f.name for f in functions if any(_mentions(node, makers, modules) for node in ast.walk(f))}
            if found <= makers:
                return any(_mentions(node, makers, modules) for node in _at_import(self.tree))
            makers |= found

    def may_hold_tests(self, is_function: Accepts, is_class: Accepts) -> bool:
        """Whether it binds a name that pytest looks at."""
        return self.tree is None or any(
            name in ("*", "pytestmark") or is_function(name) or is_class(name) for name in _bound(self.tree)
        )


def _imported(tree: ast.Module) -> tuple[set[str], set[str]]:
    """The names under which constructors are known, and those of modules that hold them."""
    makers: set[str] = set()
    modules: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules |= {
                alias.asname or "verify" for alias in node.names if alias.name in _HOMES or
                (alias.name.startswith("verify.") and alias.asname is None)
            }
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module in _HOMES:
            for alias in node.names:
                if alias.name == "*":
                    makers |= CONSTRUCTORS
                elif alias.name in CONSTRUCTORS:
                    makers.add(alias.asname or alias.name)
                elif f"verify.{alias.name}" in _HOMES:
                    modules.add(alias.asname or alias.name)
    return makers, modules


def _mentions(node: ast.AST, makers: set[str], modules: set[str]) -> bool:
    if isinstance(node, ast.Attribute) and node.attr in CONSTRUCTORS:
        root: ast.expr = node
        while isinstance(root, ast.Attribute):
            root = root.value
        return isinstance(root, ast.Name) and root.id in modules
    return isinstance(node, ast.Name) and node.id in makers


def _at_import(tree: ast.Module) -> Iterator[ast.AST]:
    """What runs when the module is imported: everything but the bodies of functions."""
    waiting: list[ast.AST] = [*tree.body]
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, _FUNCTIONS):
            waiting += [*node.decorator_list, *node.args.defaults, *(x for x in node.args.kw_defaults if x is not None)]
        else:
            waiting += ast.iter_child_nodes(node)


def _bound(tree: ast.Module) -> Iterator[str]:
    """The names that the module binds; a subclass of some TestCase counts as one named Test."""
    for node in _at_import(tree):
        if isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
            yield node.name
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from (alias.asname or alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        if isinstance(node, ast.ClassDef) and any("Test" in ast.unparse(base) for base in node.bases):
            yield "*"
