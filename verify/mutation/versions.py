"""Wrong versions of a function: its code with one edit, put in the place of its own for a while."""

import __future__

import ast
import functools
import inspect
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import CodeType, FrameType, FunctionType
from typing import Any

import numpy as np

from verify.mutation.operators import NO_PLACE, Edit, Names, edits
from verify.results import relative_path

ENDLESS = 100_000  # turns of a loop
PROBE = "_no_such_name"  # which code names that is to fail where it is run
ENDLESS_ITERATORS = {"iter", "count", "cycle", "repeat"}
_FUTURE = 0
for _name in __future__.all_feature_names:
    _FUTURE |= getattr(__future__, _name).compiler_flag


@dataclass(frozen=True)
class Version:
    """A wrong version: which function, where, what was changed, the statement before and after, and the code.

    raises : whether the place is in what is raised
    probed : makes code that fails where the place is run
    """

    function: FunctionType
    what: str
    line: int
    text: str
    before: str
    after: str
    code: CodeType
    raises: bool
    probed: Callable[[], CodeType | None]

    @property
    def place(self) -> dict[str, Any]:
        """As in a results file."""
        file = relative_path(self.function.__code__.co_filename)
        name = self.function.__name__
        return {
            "file": file, "line": self.line, "function": name, "what": self.what, "edit": self.text,
            "before": self.before, "after": self.after,
        }

    @contextmanager
    def running(self) -> Iterator[None]:
        """The function is this version of it, wherever it is called from."""
        with _put(self.function, self.code):
            yield

    def is_run(self, calls: Iterable[Callable[[], str]]) -> bool:
        """Whether one of some calls of the function, which give their error's message, runs the place."""
        code = self.probed()
        if code is None:
            return True
        with _put(self.function, code):
            return any(PROBE in call() for call in calls)


@contextmanager
def _put(function: FunctionType, code: CodeType) -> Iterator[None]:
    right = function.__code__
    function.__code__ = code
    try:
        yield
    finally:
        function.__code__ = right


def versions(function: FunctionType, alike: Names) -> Iterator[Version]:
    """All wrong versions of a function that has a text; none of one that has not, such as a lambda."""
    tree = _parsed(function)
    if tree is None:
        return
    right = _compiled(function, tree)
    seen = {_essence(right)} if right is not None else set()
    for edit in list(edits(tree, alike)):
        before = edit.before
        with edit.applied():
            code, after = _compiled(function, tree), edit.after
        if code is not None and _essence(code) not in seen:
            seen.add(_essence(code))
            raises = isinstance(edit.statement, (ast.Raise, ast.Assert))
            probed = functools.partial(_probed, function, tree, edit)
            yield Version(function, edit.what, edit.line, edit.text, before, after, code, raises, probed)


def _probed(function: FunctionType, tree: ast.FunctionDef, edit: Edit) -> CodeType | None:
    """Code that fails with a name that nobody knows where the edit's place is run; None if there is none."""
    unknown = ast.copy_location(ast.Name(PROBE, ast.Load()), edit.statement)
    with edit.replaced_by(unknown if isinstance(edit.old, ast.expr) else ast.Expr(unknown)).applied():
        return _compiled(function, tree)


def watched(functions: Sequence[FunctionType], run: Callable[[], Any]) -> dict[FunctionType, dict[str, Any]]:
    """Which of the functions a run calls, and what their names held when they returned for the first time."""
    by_code = {function.__code__: function for function in functions}
    held: dict[FunctionType, dict[str, Any]] = {}

    def watch(frame: FrameType, event: str, _: Any) -> None:
        function = by_code.get(frame.f_code)
        if event == "return" and function is not None and function not in held:
            held[function] = dict(frame.f_locals)

    before = sys.getprofile()
    sys.setprofile(watch)
    try:
        run()
    finally:
        sys.setprofile(before)
    return held


def names_alike(function: FunctionType, held: Mapping[str, Any]) -> Names:
    """Which of a function's names held arrays of one shape, and from which line on."""
    tree = _parsed(function)
    if tree is None:
        return {}
    shapes = {name: x.shape for name, x in held.items() if isinstance(x, np.ndarray) and x.ndim}
    lines = {argument.arg: 0 for argument in (*tree.args.posonlyargs, *tree.args.args, *tree.args.kwonlyargs)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            lines[node.id] = min(lines.get(node.id, node.lineno), node.lineno)
    known = [name for name in lines if name in shapes]
    return {
        name: tuple((other, lines[other]) for other in known if other != name and shapes[other] == shapes[name])
        for name in known
    }


def _parsed(function: FunctionType) -> ast.FunctionDef | None:
    """The function's definition, with the lines of its file; while loops end in it."""
    try:
        lines, start = inspect.getsourcelines(function)
        module = ast.parse(textwrap.dedent("".join(lines)))
    except (OSError, TypeError, SyntaxError, IndentationError):
        return None
    if len(module.body) != 1 or not isinstance(module.body[0], ast.FunctionDef):
        return None
    tree = module.body[0]
    ast.increment_lineno(tree, start - 1)
    tree.decorator_list, tree.returns = [], None
    for argument in (*tree.args.posonlyargs, *tree.args.args, *tree.args.kwonlyargs):
        argument.annotation = None
    tree = _Ended().visit(tree)
    keep = [ast.copy_location(ast.Expr(ast.Name(name, ast.Load())), tree) for name in function.__code__.co_freevars]
    if keep:  # never run, but the code keeps its closure
        never = ast.copy_location(ast.If(ast.Constant(False), list(keep), []), tree)
        setattr(never, NO_PLACE, True)
        tree.body.append(never)
    return ast.fix_missing_locations(tree)


class _Ended(ast.NodeTransformer):
    """Gives an end to every loop that may have none: each has a counter of its own, which no version changes."""

    def __init__(self) -> None:
        self._loops = 0

    def visit_While(self, node: ast.While) -> list[ast.stmt]:
        return self._ended(node)

    def visit_For(self, node: ast.For) -> Any:
        called = {getattr(f.func, "id", getattr(f.func, "attr", "")) for f in ast.walk(node.iter)
                  if isinstance(f, ast.Call)}
        return self._ended(node) if called & ENDLESS_ITERATORS else self.generic_visit(node)

    def _ended(self, node: Any) -> list[ast.stmt]:
        name = f"_turns_{self._loops}"
        self._loops += 1
        self.generic_visit(node)
        guard = ast.parse(
            f"{name} = 0\n{name} += 1\nif {name} > {ENDLESS}: raise RecursionError('an endless loop')"
        ).body
        for statement in guard:
            for part in ast.walk(statement):
                ast.copy_location(part, node)
            setattr(statement, NO_PLACE, True)
        count, step, check = guard
        node.body = [step, check, *node.body]
        return [count, node]


def _compiled(function: FunctionType, tree: ast.FunctionDef) -> CodeType | None:
    """The code of a definition; None if it is no Python, or has another closure."""
    free = function.__code__.co_freevars
    top: ast.stmt = tree
    if free:
        assigned = [ast.Assign([ast.Name(name, ast.Store())], ast.Constant(None)) for name in free]
        arguments = ast.arguments([], [], None, [], [], None, [])
        top = ast.FunctionDef("_closure", arguments, [*assigned, tree], [], None)
        if sys.version_info >= (3, 12):
            top.type_params = []
    try:
        module = ast.fix_missing_locations(ast.Module([top], []))
        code = compile(
            module, function.__code__.co_filename, "exec", function.__code__.co_flags & _FUTURE, dont_inherit=True
        )
    except (SyntaxError, ValueError, TypeError):
        return None
    found = _inner(code, function.__name__)
    return found if found is not None and found.co_freevars == free else None


def _inner(code: CodeType, name: str) -> CodeType | None:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            if constant.co_name == name:
                return constant
            found = _inner(constant, name)
            if found is not None:
                return found
    return None


def _essence(code: CodeType) -> Any:
    """What two codes share that do the same."""
    constants = tuple(_essence(x) if isinstance(x, CodeType) else (type(x).__name__, repr(x)) for x in code.co_consts)
    return code.co_code, constants, code.co_names, code.co_varnames
