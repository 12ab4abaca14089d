"""What NumPy does along axes: sums and other reductions, norms, einsum, and arrays in another shape."""

import ast
from typing import TYPE_CHECKING

from markupsafe import Markup

from reports.formulas.terms import (
    ATOM,
    HADAMARD,
    PREFIX,
    RAISED,
    NoFormula,
    Term,
    applied,
    element,
    filled,
    function,
    operator,
    parenthesized,
    row,
    signed,
    text,
)

if TYPE_CHECKING:
    from reports.formulas.expressions import Expressions

REDUCTIONS = ("sum", "prod", "mean", "max", "min", "amax", "amin", "var", "std", "argmax", "argmin", "any", "all")
ALONG = frozenset({"split", "concatenate", "stack", "hstack", "vstack", "repeat", "cumsum", "flip", "expand_dims"})


def reduction(name: str, arguments: list[ast.expr], keywords: dict[str, ast.expr], of: "Expressions") -> Term:
    if not arguments:
        raise NoFormula(f"{name} of nothing")
    if filled(arguments[0]):
        raise NoFormula(f"{name} of ones, or zeros")
    axis, x = _axis(arguments[1:], keywords, ("keepdims",)), of.term(arguments[0])
    one = axis is None
    if name in ("sum", "prod"):
        sign = operator("∑" if name == "sum" else "∏")
        inner = x.markup if x.big else x.at(HADAMARD)
        return Term(row(sign if axis is None else element("munder", sign, axis), inner), PREFIX, one, big=True)
    shown = function(name.removeprefix("a") if name in ("amax", "amin") else name)
    shown = shown if axis is None else element("munder", shown, axis)
    return Term(applied(shown, [x.markup]).markup, ATOM, one)


def norm(arguments: list[ast.expr], keywords: dict[str, ast.expr], of: "Expressions") -> Term:
    if len(arguments) != 1:
        raise NoFormula("a norm of another order")
    axis, inner = _axis([], keywords, ("keepdims",)), between("‖", of.term(arguments[0]).markup, "‖")
    return Term(inner, ATOM, scalar=True) if axis is None else Term(element("msub", inner, axis), RAISED)


def einsum(indices: str, terms: list[Term]) -> Term:
    """The entries of the result: a sum over the indices that it lacks."""
    inputs, arrow, output = indices.replace(" ", "").partition("->")
    operands = inputs.split(",")
    letters = set("".join(operands))
    if not arrow or len(operands) != len(terms) or not all(c.isascii() and c.isalpha() for c in letters | set(output)):
        raise NoFormula("einsum without its result's indices")
    factors: list[Markup] = []
    for letters_of, term in zip(operands, terms, strict=True):
        space = [operator("\N{INVISIBLE TIMES}", lspace="0", rspace="0.17em")] if factors else []
        factors += [*space, element("msub", term.at(ATOM), _letters(letters_of)) if letters_of else term.at(ATOM)]
    summed = "".join(dict.fromkeys(c for c in "".join(operands) if c not in output))
    big = [element("munder", operator("∑"), _letters(summed))] if summed else []
    whole = row(*big, *factors)
    if not output:
        return Term(whole, PREFIX, scalar=True, big=True)
    return Term(element("msub", parenthesized(whole), _letters(output)), RAISED, digit=True)


def shaped(name: str, arguments: list[ast.expr], keywords: dict[str, ast.expr], of: "Expressions") -> Term:
    """What is made of several arrays, or the same entries in another shape."""
    if not arguments:
        raise NoFormula(f"{name} of nothing")
    axis = _axis([], keywords, ()) if name in ALONG or not keywords else None
    if keywords and axis is None:
        raise NoFormula(f"{name} with keywords")
    first, parts = arguments[0], arguments
    if isinstance(first, ast.List | ast.Tuple):
        if arguments[1:]:
            raise NoFormula("an axis beside arrays")
        parts = first.elts
    flat = [node for part in parts for node in (part.elts if isinstance(part, ast.Tuple) else [part])]
    shown = element("mi", name) if axis is None else element("munder", element("mi", name), axis)
    return applied(shown, [_size(node, of) for node in flat])


def between(left: str, inner: Markup, right: str) -> Markup:
    return row(operator(left, form="prefix", stretchy="true"), inner, operator(right, form="postfix", stretchy="true"))


def _axis(arguments: list[ast.expr], keywords: dict[str, ast.expr], allowed: tuple[str, ...]) -> Markup | None:
    """The axes that a reduction takes, in words; None for all."""
    if not {*keywords} <= {"axis", *allowed} or len(arguments) > 1 or (arguments and "axis" in keywords):
        raise NoFormula("a reduction with further arguments")
    axis = keywords.get("axis", arguments[0] if arguments else ast.Constant(None))
    try:
        value = ast.literal_eval(axis)
    except ValueError:
        raise NoFormula("an axis that is computed") from None
    if value is None:
        return None
    axes = value if isinstance(value, tuple) else (value,)
    if not axes or not all(isinstance(k, int) and not isinstance(k, bool) for k in axes):
        raise NoFormula("an axis that is no number")
    parts = [text("axis " if len(axes) == 1 else "axes ")]
    for k in axes:
        parts += [operator(","), signed(k)] if parts[1:] else [signed(k)]
    return row(*parts)


def _size(node: ast.expr, of: "Expressions") -> Markup:
    if isinstance(node, ast.Attribute) and node.attr == "shape":
        return row(text("shape of "), of.term(node.value).at(ATOM))
    return of.term(node).markup


def _letters(indices: str) -> Markup:
    return row(*(element("mi", c) for c in indices))
