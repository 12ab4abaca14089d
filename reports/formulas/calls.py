"""Calls of NumPy's functions and of arrays' methods, and of functions known by name alone, as terms."""

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from markupsafe import Markup

from reports.formulas.axes import ALONG, REDUCTIONS, between, einsum, norm, reduction, shaped
from reports.formulas.terms import (
    ATOM,
    HADAMARD,
    MATRIX,
    RAISED,
    SUM,
    NoFormula,
    Term,
    applied,
    element,
    function,
    negative,
    number,
    operator,
    power,
    product,
    row,
    signed,
    text,
)

if TYPE_CHECKING:
    from reports.formulas.expressions import Expressions

MODULES = ("np", "numpy", "jnp", "math", "np.linalg", "numpy.linalg", "jnp.linalg", "scipy.special", "jax.nn")
_PLAIN = frozenset({
    "exp", "log", "log2", "log10", "sin", "cos", "tan", "sinh", "cosh", "tanh", "arctan", "arcsin", "arccos", "arctanh",
    "sign", "erf", "expit", "diag", "outer", "tril", "triu", "ravel", "det", "trace", "cholesky", "clip", "floor",
    "ceil", "logaddexp", "kron", "tri", "arange", "softmax", "sigmoid", "relu", "logsumexp",
})
_SHORTER = {"maximum": "max", "minimum": "min"}
_NOT_ONE_NUMBER = frozenset({"diag", "outer", "kron", "tri", "arange"})
_SHAPING = frozenset({"reshape", "ravel", "flatten", "swapaxes", "squeeze"})
_METHODS = frozenset({*REDUCTIONS, *_SHAPING, "dot", "copy", "transpose"})
_AS_IT_IS = frozenset({"float", "np.asarray", "np.array", "np.float64"})
BUILTINS = frozenset({"abs", "max", "min", "len", "float"})
_NOT_FUNCTIONS = frozenset({"sum", "range", "zip", "map", "list", "tuple", "dict", "set", "sorted", "any", "all"})


def call(node: ast.Call, of: "Expressions") -> Term:
    """The term for a call; raises NoFormula."""
    if any(isinstance(argument, ast.Starred) for argument in node.args) or any(k.arg is None for k in node.keywords):
        raise NoFormula("starred arguments")
    keywords = {keyword.arg or "": keyword.value for keyword in node.keywords}
    name = ast.unparse(node.func) if _dotted(node.func) else ""
    module, _, last = name.rpartition(".")
    if (name in _AS_IT_IS or name in of.conversions) and len(node.args) == 1 and not keywords:
        inner = of.term(node.args[0])
        return replace(inner, scalar=inner.scalar or name == "float" or name in of.conversions)
    if module in MODULES or name in BUILTINS:
        return _known(last, node.args, keywords, of, builtin=name in BUILTINS)
    if isinstance(node.func, ast.Attribute) and node.func.attr in _METHODS:
        return _known(node.func.attr, [node.func.value, *node.args], keywords, of, method=True)
    if keywords or name in _NOT_FUNCTIONS or not name:
        raise NoFormula(f"call of {name or 'what is no name'}")
    return _unknown(name, node.args, of)


def _dotted(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) or (isinstance(node, ast.Attribute) and _dotted(node.value))


def _unknown(name: str, arguments: list[ast.expr], of: "Expressions") -> Term:
    """A function that is known by its name: f(x), g.prime(Z) as g'(Z), module.f(x)."""
    owner, _, last = name.rpartition(".")
    if last == "prime" and owner and "." not in owner:
        shown = function(f"{owner}_prime")
    else:
        shown = element("mi", name) if owner else function(name)
    return applied(shown, [_argument(argument, of) for argument in arguments])


def _argument(node: ast.expr, of: "Expressions") -> Markup:
    match node:
        case ast.Constant(value=str(words)) if words.isprintable():
            return text(f"“{words}”")
    return of.term(node).markup


def _known(
    name: str, arguments: list[ast.expr], keywords: dict[str, ast.expr], of: "Expressions", method: bool = False,
    builtin: bool = False,
) -> Term:
    if name in REDUCTIONS and not (builtin and len(arguments) > 1):
        return reduction(name, arguments, keywords, of)
    if name == "norm":
        return norm(arguments, keywords, of)
    if name in ALONG or (name in _SHAPING and (method or name != "flatten")):
        return shaped(name, arguments, keywords, of)
    if keywords and not (name == "tri" and {*keywords} == {"dtype"}):
        raise NoFormula(f"{name} with keywords")
    match name, arguments:
        case "einsum", [ast.Constant(value=str(indices)), *arrays]:
            return einsum(indices, [of.term(array) for array in arrays])
        case "where", [test, body, other]:
            return of.cases(test, body, other)
        case "eye" | "identity", [size]:
            of.constants.add("I")
            return Term(element("msub", element("mi", "I"), of.term(size).markup), RAISED)
        case "ones_like" | "zeros_like", [array]:
            of.term(array)
            return Term(element("mn", "1" if name == "ones_like" else "0"), digit=True)
        case "len", [array]:
            return Term(row(text("length of "), of.term(array).at(ATOM)), SUM, scalar=True)
    terms = [of.term(argument) for argument in arguments]
    scalar = all(term.scalar for term in terms)
    match name, terms:
        case "abs" | "absolute" | "fabs", [x]:
            return Term(between("|", x.markup, "|"), scalar=scalar)
        case "sqrt", [x]:
            return Term(element("msqrt", x.markup), RAISED, scalar)
        case "square", [x]:
            return power(x, number(2))
        case "reciprocal", [x]:
            return power(x, negative(number(1)))
        case "power", [x, y]:
            return power(x, y)
        case "log1p", [x]:
            return applied(function("log"), [row(element("mn", "1"), operator("+"), x.at(HADAMARD))])
        case "expm1", [x]:
            exp = applied(function("exp"), [x.markup]).markup
            return Term(row(exp, operator("−"), element("mn", "1")), SUM, scalar)
        case "negative", [x]:
            return negative(x)
        case "dot" | "matmul", [_, _]:
            return of.matmul(arguments[0], arguments[1])
        case "transpose", [_]:
            return of.transposed(arguments[0], "T")
        case "copy", [x]:
            return x
        case "inv", [x]:
            return _inverse(x)
        case "solve", [x, y]:
            return product(_inverse(x), y, MATRIX)
    name = _SHORTER.get(name, name)
    if name not in _PLAIN and name not in ("max", "min"):
        raise NoFormula(name)
    shown = applied(function(name), [term.markup for term in terms])
    return Term(shown.markup, shown.level, scalar and name not in _NOT_ONE_NUMBER)


def _inverse(x: Term) -> Term:
    return Term(element("msup", x.at(ATOM), signed(-1)), RAISED)
