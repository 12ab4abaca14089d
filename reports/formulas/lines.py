"""A function's statements as lines of a formula: what is assigned, and what is returned."""

import ast
from collections import Counter
from collections.abc import Mapping, Sequence

from markupsafe import Markup

from reports.formulas.calls import BUILTINS
from reports.formulas.expressions import Expressions
from reports.formulas.terms import (
    ATOM,
    NoFormula,
    Term,
    applied,
    element,
    filled,
    function,
    parenthesized,
    row,
    separated,
    text,
    variable,
)

_CHECKS = ("require", "check", "validate", "assert")
_OWN = frozenset({"exp", "log", "sqrt", "tanh", "where", "sum", "mean", "maximum", "minimum", "abs", "tril", "triu"})
_SHORT = 26  # letters of a function's name and parameters that are both shown
Line = tuple[Markup, str, Markup]  # what, := or =, which value
_SAME: Line = (Markup(""), "", Markup(""))  # said by the line before
_Assigned = list[tuple[str, Term | None, Line]]  # name, its term if it has one of its own, its line


class Lines:
    """One function: its parameters, what is known of its names, and its lines."""

    def __init__(
        self, node: ast.FunctionDef | ast.Lambda, conversions: frozenset[str], returned: Sequence[str],
        dimensions: Mapping[str, str],
    ) -> None:
        self.node, self.returned = node, returned
        arguments = node.args
        if arguments.vararg or arguments.kwarg:
            raise NoFormula("starred parameters")
        given = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        self.parameters = [a.arg for a in given]
        known = {a.arg: _dimensions(a.annotation) for a in given}
        known |= {name: _count(dimensions[name]) for name, axes in known.items() if axes is None and name in dimensions}
        self.of = Expressions(
            {name for name, axes in known.items() if axes == 0},
            {name: axes for name, axes in known.items() if axes is not None},
            conversions,
        )
        self.of.matrices = {name for name, axes in known.items() if axes is None and name not in dimensions}
        self.of.names.update(self.parameters)
        self.fresh: set[str] = set()
        self.sizes: dict[str, Line] = {}

    def lines(self, only: ast.stmt | None) -> list[Line]:
        """All lines, or those of one statement after the sizes that it names."""
        if isinstance(self.node, ast.Lambda):
            return [(Markup(""), "", self.of.term(self.node.body).markup)]
        if only is not None:
            out = self._one(only, self.node)
        else:
            statements = _plain(self.node.body)
            if not statements or not isinstance(statements[-1], ast.Return):
                raise NoFormula("nothing returned at the end")
            out = [line for statement in statements for line in self._statement(statement)]
        self._check_names()
        return out

    def _one(self, only: ast.stmt, function_node: ast.FunctionDef) -> list[Line]:
        for statement in _plain(function_node.body):
            if isinstance(statement, ast.Assign) and statement is not only:
                self._notice(statement)
        stored = Counter(
            n.id for n in ast.walk(function_node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
        )
        self.of.scalars -= {name for name in self.of.scalars if stored[name] > 1}
        used = {n.id for n in ast.walk(only) if isinstance(n, ast.Name)}
        sizes = [line for name, line in self.sizes.items() if name in used and stored[name] == 1]
        return sizes + self._statement(only)

    def _notice(self, statement: ast.Assign) -> None:
        """What a line says that is not shown: which names are numbers, and sizes."""
        try:
            for target, _, line in self._assigned(statement):
                if any(isinstance(n, ast.Attribute) and n.attr in ("shape", "size") for n in ast.walk(statement.value)):
                    self.sizes[target] = line
        except NoFormula:
            return

    def _check_names(self) -> None:
        """Two names that look the same make a formula that says something else."""
        names = self.of.names
        looks = Counter(str(variable(name)) for name in names)
        if max(looks.values(), default=1) > 1 or self.of.constants & names:
            raise NoFormula("two names that look the same")
        if names & {"np", "jnp", "numpy", "math", *BUILTINS, *self.of.conversions}:
            raise NoFormula("a known name with another meaning")
        if "sigma" in names and any(name.startswith("sigma") and name[5:6].isdigit() for name in names):
            raise NoFormula("sigma2 beside sigma")

    def _statement(self, statement: ast.stmt) -> list[Line]:
        match statement:
            case ast.Assign(targets=[_]):
                # alpha := alpha says nothing
                return [line for _, _, line in self._assigned(statement) if line[0] != line[2]]
            case ast.AugAssign(target=ast.Name(id=name) as target, op=op, value=value) if name in self.fresh:
                again = ast.BinOp(left=ast.Name(id=name, ctx=ast.Load()), op=op, right=value)
                return [line for _, _, line in self._assigned(ast.Assign(targets=[target], value=again))]
            case ast.Return(value=value) if value is not None:
                return self._returned(value)
        raise NoFormula(type(statement).__name__)

    def _assigned(self, statement: ast.Assign) -> _Assigned:
        pairs = _pairs(statement.targets[0], statement.value)
        if any(isinstance(value, ast.Call) and filled(value.func) for _, value in pairs):
            raise NoFormula("an array of ones, or zeros")
        out: _Assigned = []
        for target, value in pairs:
            match target, value:
                case ast.Name(id=name), _:
                    one = self.of.term(value)
                    out.append((name, one, (variable(name), "≔", one.markup)))
                case ast.Tuple(elts=elements), _:
                    out += self._several(elements, value)
                case _:
                    raise NoFormula("a target")
        for name, term, _ in out:
            (self.of.scalars.add if term is not None and term.scalar else self.of.scalars.discard)(name)
            self.of.names.add(name)
            self.of.axes.pop(name, None)
            self.of.matrices.discard(name)
        self._own(pairs)
        return out

    def _several(self, elements: list[ast.expr], value: ast.expr) -> _Assigned:
        """n, m = X.shape; or several names for what one call gives."""
        names = [element.id for element in elements if isinstance(element, ast.Name)]
        if len(names) != len(elements):
            raise NoFormula("a target")
        self.of.names.update(name for name in names if name != "_")
        what = parenthesized(*separated([variable(name) for name in names]))
        match value:
            case ast.Attribute(value=array, attr="shape") if len(names) == 2:
                sizes = [self.of.size(array, axis) for axis in range(2)]
                lines: _Assigned = [
                    (name, size, (variable(name), "≔", size.markup)) for name, size in zip(names, sizes, strict=True)
                ]
                return [line for line in lines if line[0] != "_"]
            case ast.Attribute(value=array, attr="shape"):
                line = what, "≔", row(text("shape of "), self.of.term(array).at(ATOM))
                size = Term(Markup(""), scalar=True)
                several: _Assigned = [(name, size, line if k == 0 else _SAME) for k, name in enumerate(names)]
                return several
            case ast.Call():
                self.of.scalars.difference_update(names)
                return [(names[0], None, (what, "≔", self.of.term(value).markup))]
        raise NoFormula("a target")

    def _own(self, pairs: list[tuple[ast.expr, ast.expr]]) -> None:
        """Which names hold arrays of their own, so that changing them in place changes nothing else."""
        for target, value in pairs:
            own = isinstance(value, ast.BinOp | ast.UnaryOp) or (
                isinstance(value, ast.Call) and ast.unparse(value.func).removeprefix("np.") in _OWN
            )
            if not own:  # it may be a view of any array that it mentions
                self.fresh -= {node.id for node in ast.walk(value) if isinstance(node, ast.Name)}
            self.fresh -= {node.id for node in ast.walk(target) if isinstance(node, ast.Name)}
            if own and isinstance(target, ast.Name):
                self.fresh.add(target.id)

    def _returned(self, value: ast.expr) -> list[Line]:
        """By the names of what is returned, unless one of them names something else; else by the function's."""
        name = self.node.name if isinstance(self.node, ast.FunctionDef) else ""
        values = value.elts if isinstance(value, ast.Tuple) else [value]
        whats = self._own_names(values)
        if whats is None and isinstance(value, ast.Tuple):
            whats = [element("msub", function(name), element("mn", str(k))) for k in range(1, len(values) + 1)]
        elif whats is None:
            short = len(name) + sum(map(len, self.parameters)) <= _SHORT
            shown = applied(function(name), [variable(p) for p in self.parameters]).markup if short else function(name)
            whats = [shown]
        lines: list[Line] = [(what, "=", self.of.term(value).markup) for what, value in zip(whats, values, strict=True)]
        return [line for line in lines if line[0] != line[2]]

    def _own_names(self, values: list[ast.expr]) -> list[Markup] | None:
        own = [value.id if isinstance(value, ast.Name) else "" for value in values]
        known = self.of.names | self.of.constants
        if len(self.returned) != len(values) or not all(
            name.isidentifier() and (name == mine or name not in known)
            for name, mine in zip(self.returned, own, strict=True)
        ):
            return None
        self.of.names.update(self.returned)
        return [variable(name) for name in self.returned]


def _pairs(target: ast.expr, value: ast.expr) -> list[tuple[ast.expr, ast.expr]]:
    """A simultaneous assignment as single ones, where it is the same."""
    if not (isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple)):
        return [(target, value)]
    if len(target.elts) != len(value.elts):
        raise NoFormula("a target")
    set_before: set[str] = set()
    for one, its in zip(target.elts, value.elts, strict=True):
        if set_before & {node.id for node in ast.walk(its) if isinstance(node, ast.Name)}:
            raise NoFormula("names that change places")
        set_before |= {node.id for node in ast.walk(one) if isinstance(node, ast.Name)}
    return list(zip(target.elts, value.elts, strict=True))


def _plain(body: list[ast.stmt]) -> list[ast.stmt]:
    """The statements that compute: without the docstring, assertions and checks of arguments."""
    out: list[ast.stmt] = []
    for statement in body:
        match statement:
            case ast.Expr(value=ast.Constant(value=str())) | ast.Assert() | ast.If(body=[ast.Raise()], orelse=[]):
                continue
            case ast.Expr(value=ast.Call(func=ast.Name(id=name))) if name.startswith(_CHECKS):
                continue
            case ast.With(items=[ast.withitem(context_expr=ast.Call() as context, optional_vars=None)], body=inner) if (
                ast.unparse(context.func) == "np.errstate"
            ):
                out += _plain(inner)
            case _:
                out.append(statement)
    return out


def _dimensions(annotation: ast.expr | None) -> int | None:
    """How many axes an annotation gives: float 0, Float[np.ndarray, "n m"] 2; None if it doesn't say."""
    match annotation:
        case ast.Name(id="float" | "int"):
            return 0
        case ast.Subscript(slice=ast.Tuple(elts=[_, ast.Constant(value=str(dims))])):
            return _count(dims)
    return None


def _count(dimensions: str) -> int | None:
    """How many axes they are; None if it may be any number."""
    parts = dimensions.split()
    return None if any(part[0] in "*.#" for part in parts) else len(parts)
