"""Exponentials, logarithms, powers and roots of arrays of exact scalars, and the degrees of their values."""

import functools
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from verify.exact.arrays import ExactArray, lift, note_argument, system
from verify.exact.degrees import VARIABLE, Degree
from verify.exact.field import Field, Residue
from verify.exact.infinity import NotFinite
from verify.numbers.protocols import Rule

ONE = Degree()


def reciprocal_degree(b: ExactArray) -> Degree:
    """The bound of one over each entry."""
    return b.degree.reciprocal(_key("", b), b.size)


def _key(name: str, a: ExactArray) -> int:
    return hash((name, *(x.v if type(x) is Residue else 0 for x in a.x.flat)))


def _applied(f: Rule) -> Callable[..., tuple[Any, Degree]]:
    """A function of scalars, done to arrays; also the degree of an exponential in it, with its powers."""

    def apply(a: ExactArray, *rest: Any, scale: int = 1) -> tuple[Any, Degree]:
        field = system()
        if not isinstance(field, Field):
            return f(a.x, *rest), VARIABLE
        for entry in a.x.flat:
            if type(entry) is Residue:
                field.degrees[entry.v * scale % field.p] = a.degree
        known, powers = len(field.logarithms), len(field.powers)
        out = f(a.x, *rest)
        for base in list(field.logarithms.values())[known:]:
            field.degrees.setdefault(base.v, a.degree)
        return out, _of_exponentials(field, field.powers[powers:])

    return apply


def _of_exponentials(field: Field, powers: Iterable[tuple[int, int]]) -> Degree:
    """Of an exponential whose exponents held logarithms: of c log u the factor u^c.

    u is a factor of something known: its numerator and its denominator have at most that one's degree, and twice that
    if an exponential has been divided out.
    """
    highest: dict[tuple[int, bool], int] = {}
    for v, c in powers:
        for inverted in (c < 0,) if c else (False, True):  # 0 stands for a fraction
            highest[v, inverted] = max(highest.get((v, inverted), 1), abs(c))
    total = VARIABLE
    for (v, inverted), c in highest.items():
        known = known_degree(field, v)
        n = 2 * known.whole
        base = Degree(n, known.bits, 0, {hash(("power", v, inverted)): (n, known.bits, 1)})
        total = total.times(ONE.plus(base.power(c)))
    return total


def known_degree(field: Field, v: int) -> Degree:
    """Of a number that an oracle was asked of."""
    return field.degrees.get(v) or Degree(2 * field.highest, field.argument_bits)


def power(a: Any, b: Any) -> ExactArray:
    """a to the power of b."""
    a, b = lift(a), lift(b)
    powers = {None if isinstance(n, NotFinite) else n.whole() for n in b.x.flat}
    if powers == {2}:
        return ExactArray(np.multiply(a.x, a.x), a.degree.times(a.degree))
    whole = {n for n in powers if n is not None}
    # An entry to a lower power has more of the common denominator above: it may be 1 instead.
    bases = [ONE] if len(whole) != 1 or 0 in whole else []
    bases += [a.degree] if max(whole, default=0) > 0 else []
    bases += [reciprocal_degree(a)] if min(whole, default=0) < 0 else []
    degree = functools.reduce(Degree.plus, bases).power(max(map(abs, whole), default=0))
    if whole == powers:
        return ExactArray(a.x ** b.x, degree)
    note_argument(a.degree.times(b.degree), exponent=True)
    out, other = _POWER(a, b.x)
    return ExactArray(out, degree.plus(other).plus(a.degree.root()))


_POWER = _applied(lambda a, b: a**b)


def exp(a: Any) -> ExactArray:
    """e^x, a variable of its own."""
    a = lift(a)
    note_argument(a.degree, exponent=True)
    return ExactArray(*_EXP(a))


def log(a: Any) -> ExactArray:
    """The logarithm: a sum of variables, and of exponents if exponentials are among the factors."""
    a, field = lift(a), system()
    note_argument(a.degree)
    before = len(field.sums) if isinstance(field, Field) else 0
    out, degree = _LOG(a)[0], VARIABLE
    if isinstance(field, Field):
        exponents: dict[int, Degree] = {}
        for parts, size, twos in field.sums[before:]:
            degree = Degree(1, max(degree.bits, size.bit_length() + twos), max(degree.twos, twos))
            exponents |= {id(found): found for found in (known_degree(field, v) for v in parts)}
        factor = Degree(0, degree.bits, degree.twos)
        for found in exponents.values():
            degree = degree.plus(found.times(factor))
    return ExactArray(out, degree)


def _each(name: str) -> Any:
    return np.frompyfunc(lambda scalar: getattr(scalar, name)(), 1, 1)


_EXP, _LOG, _TANH, _SIGMOID = (_applied(_each(name)) for name in ("exp", "log", "tanh", "sigmoid"))


def tanh(a: Any) -> ExactArray:
    """tanh."""
    a = lift(a)
    note_argument(a.degree, exponent=True)
    out, e = _TANH(a, scale=-2)
    return ExactArray(out, _fraction("tanh", a, e))


def sigmoid(a: Any) -> ExactArray:
    """1 / (1 + e^-x)."""
    a = lift(a)
    note_argument(a.degree, exponent=True)
    out, e = _SIGMOID(a, scale=-1)
    return ExactArray(out, _fraction("sigmoid", a, e))


def _fraction(name: str, a: ExactArray, e: Degree) -> Degree:
    """Of (1 - e) / (1 + e) and its like."""
    below = ONE.plus(e)
    return below.times(below.reciprocal(_key(name, a), a.size))


def hyperbolic(name: str) -> Rule:
    """sinh or cosh: (e -+ 1 / e) / 2."""
    each = _applied(_each(name))

    def rule(a: Any) -> ExactArray:
        a = lift(a)
        note_argument(a.degree, exponent=True)
        out, e = each(a)
        return ExactArray(out, e.plus(e.reciprocal(_key("e", a), a.size)).times(Degree(0, 1, 1)))

    return rule


def circular(name: str) -> Rule:
    """sin or cos, 2 t / (1 + t^2) or (1 - t^2) / (1 + t^2)."""
    each = _each(name)

    def rule(a: Any) -> ExactArray:
        a = lift(a)
        note_argument(a.degree)
        return ExactArray(each(a.x), Degree(2, 1).times(Degree(2, 1).reciprocal(_key("t", a), a.size)))

    return rule


def root(name: str) -> Rule:
    """sqrt or cbrt."""
    each = _each(name)

    def rule(a: Any) -> ExactArray:
        a = lift(a)
        return ExactArray(each(a.x), a.degree.root() if name == "sqrt" else a.degree.cube_root())

    return rule


def opaque(name: str, function: Callable[[float], Any], odd: bool = False) -> Rule:
    """A function that is left opaque; its values are variables of their own."""
    each = np.frompyfunc(lambda scalar: scalar.opaque(name, function, odd), 1, 1)

    def rule(a: Any) -> ExactArray:
        a = lift(a)
        note_argument(a.degree)
        return ExactArray(each(a.x), VARIABLE)

    return rule


def step(function: Callable[[float], float]) -> Rule:
    """A function that is constant between its steps."""
    each = np.frompyfunc(lambda scalar: scalar.step(function), 1, 1)
    return lambda a: ExactArray(each(lift(a).x), Degree(0, 64))
