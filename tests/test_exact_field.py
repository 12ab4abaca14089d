"""Residues of a random prime field obey the laws of the numbers that they stand for, and no wrong rule does."""

import math
import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.field_laws import APART, LAWS, broken, evaluate, is_square, prime, same
from verify.exact import exponents, field, logarithms
from verify.exact.field import Field, Lost, NotExact, Resample, Residue
from verify.exact.infinity import NotFinite

POSITIVE = st.lists(st.floats(0.125, 2.5), min_size=3, max_size=3, unique_by=lambda x: round(x, 2))


@pytest.mark.parametrize("name", LAWS)
@settings(max_examples=12)
@given(seed=st.integers(0, 10**6), shadows=POSITIVE)
def test_law(name: str, seed: int, shadows: list[float]) -> None:
    a, b = evaluate(LAWS[name], seed, shadows)
    assert same(a, b), (a, b)


@pytest.mark.parametrize("name", APART)
@settings(max_examples=12)
@given(seed=st.integers(0, 10**6))
def test_different_numbers(name: str, seed: int) -> None:
    assert not same(*evaluate(APART[name], seed))


# -- mutants ---------------------------------------------------------------------------------------------------------


def _other_residue(out: Any) -> Any:
    return Residue(out.field, (out.v + 1) % out.field.p, out.s, out.kind, out.a, out.b) if type(out) is Residue else out


def _other_shadow(out: Any) -> Any:
    return Residue(out.field, out.v, out.s * 1.001 + 1e-6, out.kind, out.a, out.b) if type(out) is Residue else out


def _other_answer(out: Any) -> Any:
    if isinstance(out, bool):
        return not out
    return -out if isinstance(out, float) else out + 1 if isinstance(out, int) else out


VALUES = [
    name for name, f in vars(Residue).items()
    if callable(f) and name not in ("__init__", "__repr__", "__float__") and not isinstance(f, type)
]
ANSWERS = {"__gt__", "__ge__", "__lt__", "__le__", "__eq__", "__ne__", "__bool__", "_beside", "_noted", "whole"}
MUTANTS: list[tuple[str, Callable[[Any], Any]]] = [
    (name, change) for name in VALUES
    for change in ([_other_answer] if name in ANSWERS else [_other_residue, _other_shadow])
]


@pytest.mark.parametrize(("name", "change"), MUTANTS, ids=lambda x: getattr(x, "__name__", x))
def test_a_wrong_method_breaks_a_law(name: str, change: Callable[[Any], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    right = getattr(Residue, name)
    monkeypatch.setattr(Residue, name, lambda *args, **options: change(right(*args, **options)))
    assert broken(LAWS, APART)


def test_the_right_methods_break_none() -> None:
    assert not broken(LAWS, APART)


WRONG: dict[str, tuple[Any, str, Any]] = {
    "exp is linear in residues": (exponents, "power_of", lambda x: pow(4, x.v % x.field.q, x.field.p)),
    "exp is an oracle": (exponents, "power_of", lambda x: pow(4, x.field.oracle("exp", x.v), x.field.p)),
    "values of exp are no squares": (field, "_GENERATOR", -1),
    "products are not multiplied out": (exponents, "EXPANDED", 0),
    "monomials have a sign": (exponents, "_atom", lambda v, c, f: {v: c % f.q}),
    "reciprocals lose their factor": (exponents, "_reciprocal", lambda x: exponents._atom(pow(x.v, -1, x.field.p), 1, x.field)),
    "coefficients are not added": (exponents, "_add", lambda total, more, c, q: total.update({v: c * d % q for v, d in more.items()})),
    "powers of logarithms are lost": (exponents, "_power", lambda u, c: u.v),
    "fractions of logarithms are integers": (exponents, "WHOLE", 2**70),
    "log without the exponent": (logarithms, "_joined", lambda a, b, k: (a[0] + b[0], a[1] + b[1])),
    "log of exponentials is left": (logarithms, "_of_sum", lambda u: ([(u, 1)], [])),
    "nothing over one denominator": (logarithms, "_over_one_denominator", lambda u, parts: None),
    "the exponents of a quotient are lost": (
        logarithms, "_exponentials", lambda part: [(part.a, 1)] if part.kind is field.EXP else []
    ),
    "every base has one logarithm": (logarithms, "_of_base", lambda u: Residue(u.field, 7, math.log(u.s))),
    "factors are not found": (logarithms, "factors", lambda u: ([(u, 1)], [])),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_map_breaks_a_law(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(*WRONG[name])
    assert broken(LAWS, APART)


def _the_other_root(x: Any) -> Any:
    out = ROOT(x)
    return Residue(out.field, -out.v % out.field.p, out.s, out.kind, out.a, out.b) if out.kind is field.ROOT else out


ROOT = Residue.sqrt
OTHER_METHODS: dict[str, tuple[str, Callable[..., Any]]] = {
    "the other root": ("sqrt", _the_other_root),
    "tanh with the wrong sign": ("tanh", lambda x, right=Residue.tanh: right(-x)),
    "sigmoid of -x": ("sigmoid", lambda x, right=Residue.sigmoid: right(-x)),
    "x - y is y - x": ("__sub__", lambda x, y, right=Residue.__sub__: right(x.field.lift(y), x)),
    "x / y is y / x": ("__truediv__", lambda x, y, right=Residue.__truediv__: right(x.field.lift(y), x)),
    "x^n is x^(n+1)": ("__pow__", lambda x, n, right=Residue.__pow__: right(x, x.field.lift(n) + 1)),
    "sin is cos": ("sin", Residue.cos),
    "sinh is cosh": ("sinh", Residue.cosh),
    "erf is even": ("opaque", lambda x, name, f, odd=True, right=Residue.opaque: right(x, name, f, False)),
    "floor is ceil": ("step", lambda x, f, right=Residue.step: right(x, lambda t: f(t) + 1)),
    "> is >=": ("__gt__", Residue.__ge__),
    "< is <=": ("__lt__", Residue.__le__),
    "comparisons are not noted": ("_noted", lambda x, outcome: outcome),
    "equal residues are unequal": ("_beside", lambda x, y: x.s - x.field.lift(y).s),
}


@pytest.mark.parametrize("name", OTHER_METHODS)
def test_a_plausible_mistake_breaks_a_law(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    method, wrong = OTHER_METHODS[name]
    monkeypatch.setattr(Residue, method, wrong)
    assert broken(LAWS, APART)


# -- what has no answer ----------------------------------------------------------------------------------------------


@pytest.fixture
def f() -> Field:
    return Field(random.Random(3), p=prime(0))


def test_ties_are_lost(f: Field) -> None:
    x, y, no_float = f.free(1.5), f.free(1.5), f.free(1e200) ** 3
    for compare in (Residue.__gt__, Residue.__ge__, Residue.__lt__, Residue.__le__, Residue.__eq__, Residue.__ne__):
        with pytest.raises(Lost, match="a tie"):
            compare(x, y)
        with pytest.raises(Lost, match="a tie"):
            compare(x, no_float)
    with pytest.raises(Lost, match="a tie"):
        (x - y).sign()
    with pytest.raises(Lost, match="not finite"):
        no_float.step(math.floor)


def test_half_of_all_radicands_have_no_root(f: Field) -> None:
    outcomes = []
    for _ in range(400):
        x = f.free(2.0)
        try:
            root = x.sqrt()
            outcomes.append(is_square(x) and is_square(root) and root.v * root.v % f.p == x.v)
        except Resample:
            outcomes.append(is_square(x))
    assert outcomes.count(True) == len([x for x in outcomes if x])
    assert 140 < outcomes.count(True) < 260
    assert len(f.radicands) == 400


@pytest.mark.parametrize(("compute", "raised", "message"), [
    (lambda f: 1 / (f.free(2.0) * 0 + f.constant(0, 0, 1e-9)), Resample, "a denominator is zero"),
    (lambda f: f.free(2.0) / 0, Lost, "a division by zero"),
    (lambda f: f.free(-2.0).sqrt(), Lost, "the root of what is not positive"),
    (lambda f: f.lift(-2.0).sqrt(), Lost, "the root of what is not positive"),
    (lambda f: f.free(-2.0).log(), Lost, "the logarithm of what is not positive"),
    (lambda f: f.lift(0.0).log(), Lost, "the logarithm of what is not positive"),
    (lambda f: f.lift(-2.0) ** 0.5, Lost, "of what is not positive"),
    (lambda f: f.free(-2.0) ** 0.3, Lost, "of what is not positive"),
    (lambda f: f.lift(0) ** -1, Lost, "a division by zero"),
    (lambda f: float(f.free(2.0)), NotExact, "a Python float"),
])
def test_what_has_no_value(f: Field, compute: Callable[[Field], Any], raised: type[Exception], message: str) -> None:
    with pytest.raises(raised, match=message):
        compute(f)


def test_an_oracle_is_a_function_of_its_argument(f: Field) -> None:
    assert f.oracle("exp", 5) == f.oracle("exp", 5)
    assert len({f.oracle(name, v) for name in ("exp", "log") for v in range(1000)}) == 2000
    assert f.oracle("exp", 5) != Field(random.Random(4), p=f.p).oracle("exp", 5)
    small = Field(random.Random(0), p=23)
    assert {small.oracle("exp", v) for v in range(400)} == set(range(1, small.q))


# -- what is not finite ----------------------------------------------------------------------------------------------

OPERATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b, "/": lambda a, b: a / b,
    "<": lambda a, b: a < b, "<=": lambda a, b: a <= b, ">": lambda a, b: a > b, ">=": lambda a, b: a >= b,
    "==": lambda a, b: a == b, "!=": lambda a, b: a != b,
}
UNARY: dict[str, Callable[[Any], Any]] = {
    "exp": np.exp, "log": np.log, "sqrt": np.sqrt, "tanh": np.tanh, "sign": np.sign, "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "__abs__": abs, "__neg__": lambda x: -x, "__pos__": lambda x: x,
}
NOT_FINITE = (math.inf, -math.inf, math.nan)


def _as_float(x: Any) -> float:
    return x.value if isinstance(x, NotFinite) else x.s if isinstance(x, Residue) else float(x)


def wrong_beside_infinity(f: Field) -> list[str]:
    """The operations that do not go as floats go."""
    out = []
    with np.errstate(all="ignore"):
        for name, operation in OPERATIONS.items():
            for a in NOT_FINITE:
                for b in (*NOT_FINITE, 2.5, -2.5):
                    scalar = f.lift(a)
                    want, wanted = operation(np.float64(a), np.float64(b)), operation(np.float64(b), np.float64(a))
                    for mine in (f.lift(b), b, *([f.free(b)] if math.isfinite(b) else [])):
                        got, back = _as_float(operation(scalar, mine)), _as_float(operation(mine, scalar))
                        if not np.array_equal([got, back], [float(want), float(wanted)], equal_nan=True):
                            out.append(f"{a} {name} {b}")
        out += [
            f"{name}({a})" for name, function in UNARY.items() for a in NOT_FINITE
            if not np.array_equal(_as_float(getattr(f.lift(a), name)()), float(function(np.float64(a))), equal_nan=True)
        ]
    return out


def test_infinities_go_as_floats_go(f: Field) -> None:
    assert wrong_beside_infinity(f) == []
    masked = f.free(1.0).exp() + (f.lift(-math.inf) + f.free(2.0)).exp()
    assert type(masked) is Residue  # e^-inf is zero, exactly
    assert f.lift(-math.inf).exp().v == 0
    assert f.lift(math.inf).step(math.floor).value == math.inf
    assert f.lift(math.inf).opaque("erf", math.erf).v == 1
    assert bool(f.lift(-math.inf))


@pytest.mark.parametrize("name", [
    *UNARY, *(f"__{op}__" for op in ("add", "radd", "sub", "rsub", "mul", "rmul", "truediv", "rtruediv")),
    *(f"__{op}__" for op in ("lt", "le", "gt", "ge", "eq", "ne")),
])
def test_a_wrong_rule_beside_infinity_is_noticed(name: str, f: Field, monkeypatch: pytest.MonkeyPatch) -> None:
    right = getattr(NotFinite, name)
    wrong = lambda *args: (lambda out: (not out) if isinstance(out, bool) else 0.25)(right(*args))  # noqa: E731
    monkeypatch.setattr(NotFinite, name, wrong)
    assert wrong_beside_infinity(f)
