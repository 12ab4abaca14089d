"""Balls contain the exact value, here mpmath's at 60 digits, and are small."""

import math
import random
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

flint = pytest.importorskip("flint")

from verify.exact import balls as balls_module  # noqa: E402
from verify.exact.arrays import ExactArray, using  # noqa: E402
from verify.exact.balls import ULPS, Ball, Balls, Undecided  # noqa: E402
from verify.exact.field import Lost, NotExact  # noqa: E402
from verify.exact.infinity import NotFinite  # noqa: E402
from verify.exact.ufuncs import UFUNCS  # noqa: E402

DIGITS = 60
SYSTEM = Balls(240)


@pytest.fixture(autouse=True)
def _precisely() -> Iterator[None]:
    with mpmath.workdps(DIGITS), SYSTEM.precision(), using(SYSTEM):
        yield


def fits(ball: Any, value: Any) -> bool:
    """Whether a ball contains a number, up to the number's own rounding, and is small."""
    if isinstance(value, (bool, np.bool_)):
        return ball is bool(value)
    if not isinstance(ball, Ball) or not ball.b.is_finite():
        return False
    (man, exp), radius = ball.b.mid().man_exp(), mpmath.mpf(float(ball.b.rad()))
    middle, size = mpmath.ldexp(int(man), int(exp)), abs(value) + mpmath.mpf(10) ** -20
    rounding = size * mpmath.mpf(10) ** (4 - DIGITS)
    return bool(abs(middle - value) <= radius + rounding and radius <= rounding)


Function = Callable[..., Any]
mp = mpmath.mp

# By ufunc: mpmath's function, and where arguments are drawn.
EVERYWHERE, POSITIVE, INSIDE, ABOVE_ONE = (-3.0, 3.0), (0.1, 4.0), (-0.9, 0.9), (1.1, 4.0)
UNARY: Mapping[Any, tuple[Function, tuple[float, float]]] = {
    np.negative: (lambda x: -x, EVERYWHERE), np.positive: (lambda x: x, EVERYWHERE),
    np.conjugate: (lambda x: x, EVERYWHERE), np.absolute: (abs, EVERYWHERE), np.fabs: (abs, EVERYWHERE),
    np.square: (lambda x: x * x, EVERYWHERE), np.reciprocal: (lambda x: 1 / x, EVERYWHERE), np.sqrt: (mpmath.sqrt, POSITIVE),
    np.cbrt: (lambda x: mpmath.sign(x) * mpmath.cbrt(abs(x)), EVERYWHERE), np.exp: (mpmath.exp, EVERYWHERE),
    np.expm1: (mpmath.expm1, EVERYWHERE), np.log: (mpmath.log, POSITIVE), np.log1p: (mpmath.log1p, INSIDE),
    np.tanh: (mpmath.tanh, EVERYWHERE), np.sinh: (mpmath.sinh, EVERYWHERE), np.cosh: (mpmath.cosh, EVERYWHERE),
    np.sin: (mpmath.sin, EVERYWHERE), np.cos: (mpmath.cos, EVERYWHERE), np.tan: (mpmath.tan, INSIDE),
    np.arctan: (mpmath.atan, EVERYWHERE), np.arcsinh: (mpmath.asinh, EVERYWHERE), np.arcsin: (mpmath.asin, INSIDE),
    np.arccos: (mpmath.acos, INSIDE), np.arccosh: (mpmath.acosh, ABOVE_ONE), np.arctanh: (mpmath.atanh, INSIDE),
    special.expit: (lambda x: 1 / (1 + mpmath.exp(-x)), EVERYWHERE),
    special.log_expit: (lambda x: -mpmath.log1p(mpmath.exp(-x)), EVERYWHERE),
    special.logit: (lambda x: mpmath.log(x) - mpmath.log1p(-x), (0.1, 0.9)),
    special.erf: (mpmath.erf, EVERYWHERE), special.erfc: (mpmath.erfc, EVERYWHERE), special.erfinv: (mpmath.erfinv, INSIDE),
    special.gammaln: (mpmath.loggamma, POSITIVE), special.digamma: (mpmath.digamma, POSITIVE),
    np.sign: (mpmath.sign, EVERYWHERE), np.floor: (mpmath.floor, EVERYWHERE), np.ceil: (mpmath.ceil, EVERYWHERE),
    np.rint: (mpmath.nint, EVERYWHERE), np.trunc: (lambda x: mpmath.mpf(int(x)), EVERYWHERE),
    np.isnan: (lambda x: False, EVERYWHERE), np.isinf: (lambda x: False, EVERYWHERE), np.isfinite: (lambda x: True, EVERYWHERE),
    np.signbit: (lambda x: bool(x < 0), EVERYWHERE), np.logical_not: (lambda x: bool(x == 0), EVERYWHERE),
    # The constants log 2, log 10 and the root of 1/2 are floats, as they are in code.
    np.exp2: (lambda x: mpmath.exp(x * mpmath.mpf(math.log(2))), EVERYWHERE),
    np.log2: (lambda x: mpmath.log(x) / mpmath.mpf(math.log(2)), POSITIVE),
    np.log10: (lambda x: mpmath.log(x) / mpmath.mpf(math.log(10)), POSITIVE),
    special.ndtr: (lambda x: (1 + mpmath.erf(x * mpmath.mpf(math.sqrt(0.5)))) / 2, EVERYWHERE),
}
BINARY: Mapping[Any, tuple[Function, tuple[float, float]]] = {
    np.add: (lambda a, b: a + b, EVERYWHERE), np.subtract: (lambda a, b: a - b, EVERYWHERE),
    np.multiply: (lambda a, b: a * b, EVERYWHERE), np.divide: (lambda a, b: a / b, EVERYWHERE),
    np.power: (mpmath.power, POSITIVE), np.float_power: (mpmath.power, POSITIVE),
    np.copysign: (lambda a, b: abs(a) * mpmath.sign(b), EVERYWHERE),
    np.logaddexp: (lambda a, b: mpmath.log(mpmath.exp(a) + mpmath.exp(b)), EVERYWHERE),
    np.arctan2: (mpmath.atan2, POSITIVE), np.maximum: (max, EVERYWHERE), np.fmax: (max, EVERYWHERE),
    np.minimum: (min, EVERYWHERE), np.fmin: (min, EVERYWHERE),
    np.greater: (lambda a, b: bool(a > b), EVERYWHERE), np.greater_equal: (lambda a, b: bool(a >= b), EVERYWHERE),
    np.less: (lambda a, b: bool(a < b), EVERYWHERE), np.less_equal: (lambda a, b: bool(a <= b), EVERYWHERE),
    np.equal: (lambda a, b: bool(a == b), EVERYWHERE), np.not_equal: (lambda a, b: bool(a != b), EVERYWHERE),
    np.logical_and: (lambda a, b: bool(a) and bool(b), EVERYWHERE), np.logical_or: (lambda a, b: bool(a) or bool(b), EVERYWHERE),
    np.logical_xor: (lambda a, b: bool(a) != bool(b), EVERYWHERE),
    np.matmul: (lambda a, b: None, EVERYWHERE),  # below, on vectors
}


def array(values: Any) -> ExactArray:
    """Balls of no width about floats."""
    out = np.empty(np.shape(values), object)
    out.reshape(-1)[:] = [SYSTEM.exact(float(x)) for x in np.ravel(values)]
    return ExactArray(out)


def wrong_ufunc(ufunc: Any) -> bool:
    """Whether a ufunc's balls do not contain mpmath's values somewhere, or are large."""
    function, (low, high) = {**UNARY, **BINARY}[ufunc]
    rng = random.Random(ufunc.__name__)
    arguments = [[rng.uniform(low, high) for _ in range(5)] for _ in range(2 if ufunc in BINARY else 1)]
    if low < 0 and ufunc not in (np.reciprocal, np.divide, np.copysign):
        arguments[0][0] = 0.0
    if ufunc in BINARY:
        arguments[1][1] = arguments[0][1]
    numbers = [[mpmath.mpf(x) for x in values] for values in arguments]
    if ufunc is np.matmul:
        out, wanted = np.matmul(array([arguments[0]]), array(arguments[1])), [mpmath.fdot(*numbers)]
    else:
        out, wanted = ufunc(*map(array, arguments)), [function(*each) for each in zip(*numbers, strict=True)]
    got = out.x.ravel() if isinstance(out, ExactArray) else out.tolist()
    return len(got) != len(wanted) or not all(map(fits, got, wanted))


def test_every_ufunc_has_its_function_here() -> None:
    assert set(UFUNCS) == {*UNARY, *BINARY}


@pytest.mark.parametrize("ufunc", UFUNCS, ids=lambda f: f.__name__)
def test_a_ufunc_contains_the_value(ufunc: Any) -> None:
    assert not wrong_ufunc(ufunc)


def _off(out: Any) -> Any:
    """Another result, by 2^-160 if it is a number."""
    if isinstance(out, ExactArray):
        return ExactArray(np.frompyfunc(_off, 1, 1)(out.x))
    if isinstance(out, Ball):
        return Ball(out.b + flint.arb(2) ** -160, out.system)
    return ~out if isinstance(out, np.ndarray) else not out if isinstance(out, bool) else out + 1


@pytest.mark.parametrize("ufunc", UFUNCS, ids=lambda f: f.__name__)
def test_a_wrong_ufunc_is_noticed(ufunc: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    right = UFUNCS[ufunc]
    monkeypatch.setitem(UFUNCS, ufunc, lambda *args: _off(right(*args)))  # type: ignore[arg-type]
    assert wrong_ufunc(ufunc)


# -- scalars -----------------------------------------------------------------------------------------------------------

OPERATORS: dict[str, Function] = {
    "+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b, "/": lambda a, b: a / b, "**": lambda a, b: a**b,
    ">": lambda a, b: a > b, ">=": lambda a, b: a >= b, "<": lambda a, b: a < b, "<=": lambda a, b: a <= b,
    "==": lambda a, b: a == b, "!=": lambda a, b: a != b,
}
UNARY_OPERATORS: dict[str, Function] = {"neg": lambda a: -a, "pos": lambda a: +a, "abs": abs, "bool": lambda a: bool(a)}
METHODS: dict[str, Function] = {
    "exp": mpmath.exp, "log": mpmath.log, "sqrt": mpmath.sqrt, "cbrt": mpmath.cbrt, "tanh": mpmath.tanh, "sin": mpmath.sin,
    "cos": mpmath.cos, "sinh": mpmath.sinh, "cosh": mpmath.cosh, "sigmoid": lambda x: 1 / (1 + mpmath.exp(-x)),
    "sign": mpmath.sign,
}
OPAQUE: dict[str, Function] = {
    "erf": mpmath.erf, "erfinv": mpmath.erfinv, "gammaln": mpmath.loggamma, "digamma": mpmath.digamma, "arctan": mpmath.atan,
    "arcsin": mpmath.asin, "arccos": mpmath.acos, "arccosh": mpmath.acosh,
}


def wrong_scalars(x: float, y: float) -> list[str]:
    """What goes wrong with two numbers, 0 < x < 1 < y."""
    a, b = SYSTEM.exact(x), SYSTEM.exact(y)
    u, v = mpmath.mpf(x), mpmath.mpf(y)
    out = [
        f"{name} of {pair}" for name, f in OPERATORS.items()
        for pair, (left, right), (p, q) in (
            ("two", (a, b), (u, v)), ("equals", (b, SYSTEM.exact(y)), (v, v)), ("itself", (b, b), (v, v)),
            ("a constant on the right", (a, 3), (u, mpmath.mpf(3))), ("a constant on the left", (3, a), (mpmath.mpf(3), u)),
            ("another on the right", (b, -2.0), (v, mpmath.mpf(-2))), ("a half", (a, 0.5), (u, mpmath.mpf(0.5))),
        )
        if not fits(f(left, right), f(p, q))
    ]
    out += [name for name, f in UNARY_OPERATORS.items() for s in (1, -1) if not fits(f(s * a), f(s * u))]
    out += [name for name, f in METHODS.items() if not fits(getattr(a, name)(), f(u))]
    out += [
        name for name, f in OPAQUE.items()
        if not fits((b if name == "arccosh" else a).opaque(name, math.erf), f(v if name == "arccosh" else u))
    ]
    if (a.whole(), (a * 0 + 3).whole(), (b.exp() * 0 + 3).whole()) != (None, 3, 3):
        out.append("whole")
    out += ["step" for f in (math.floor, math.ceil) if not fits(b.step(f), mpmath.mpf(f(v)))]
    out += ["s"] if (a.s, b.s) != (x, y) else []
    return out


@given(st.floats(0.01, 0.99), st.floats(1.01, 5).filter(lambda y: not y.is_integer()))
def test_scalars_contain_the_value(x: float, y: float) -> None:
    with mpmath.workdps(DIGITS), SYSTEM.precision(), using(SYSTEM):
        assert wrong_scalars(x, y) == []


MUTATED = [
    name for name, f in vars(Ball).items() if callable(f) and name not in ("__init__", "__repr__", "__float__", "__hash__")
]


@pytest.mark.parametrize("name", MUTATED)
def test_a_wrong_method_is_noticed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    right = getattr(Ball, name)
    other = (lambda out: -out + 0.0) if name == "_beside" else _off
    monkeypatch.setattr(Ball, name, lambda *args, **options: (
        lambda out: out if out is None or out is NotImplemented else other(out)
    )(right(*args, **options)))
    assert wrong_scalars(0.375, 2.6) or wrong_scalars(0.3, 1.7)


@pytest.mark.parametrize("name", OPAQUE)
def test_a_wrong_function_is_noticed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(balls_module._OPAQUE, name, "exp")
    assert wrong_scalars(0.375, 2.6) == [name]


def test_every_opaque_function_is_known() -> None:
    assert set(OPAQUE) == set(balls_module._OPAQUE)
    with pytest.raises(NotExact, match="bessel in ball arithmetic"):
        SYSTEM.exact(0.5).opaque("bessel", math.erf)
    with pytest.raises(NotExact, match="a Python float"):
        float(SYSTEM.exact(0.5))


# -- constants, and what is undecided ----------------------------------------------------------------------------------


@given(st.floats(1e-3, 1e3), st.integers(-ULPS, ULPS))
def test_a_widened_constant_holds_its_neighbours(x: float, ulps: int) -> None:
    wide = Balls(240, widened={x})
    with wide.precision():
        ball, near = wide.lift(x), x + ulps * math.ulp(x)
        meant = (math.frexp(x)[0] * 2**24).is_integer()
        assert ball.b.contains(flint.arb(near)) or meant
        assert not ball.b.contains(flint.arb(x + 2 * ULPS * math.ulp(x)))
        assert ball.b.is_exact() == meant
        assert wide.lift(-x).b.is_exact() == meant
        assert wide.lift(3 * x + 0.1).b.is_exact()
        assert wide.constants == {y for y in (x, 3 * x + 0.1) if not (math.frexp(y)[0] * 2**24).is_integer()}
        assert SYSTEM.lift(x).b.is_exact()


def test_which_constants_are_widened() -> None:
    exact = [0.0, 0.5, 3.0, -1 / 1024, 1e6, 7, True, 1 + 2.0**-23, 1e-5 * 0 + 2.0**-40]
    wide = Balls(240, widened={0.1, 1 / 3, 1e-5, math.pi, 1 + 2.0**-24, *map(abs, exact)})
    assert all(wide.lift(x).b.is_exact() for x in exact)
    rounded = {0.1: flint.arb(1) / 10, 1 / 3: flint.arb(1) / 3, 1e-5: flint.arb(1) / 10**5, math.pi: flint.arb.pi()}
    with wide.precision():
        assert all(wide.lift(x).b.contains(meant) for x, meant in rounded.items())
        assert not any(SYSTEM.lift(x).b.overlaps(meant) for x, meant in rounded.items())
        assert wide.exact(0.1).b.is_exact()
    assert not wide.lift(1 + 2.0**-24).b.is_exact()
    assert isinstance(wide.lift(math.inf), NotFinite)
    assert isinstance(SYSTEM.exact(math.nan), NotFinite)


def about(middle: float, radius: float) -> Ball:
    return Ball(flint.arb(middle, radius), SYSTEM)


@pytest.mark.parametrize(("compute", "raised"), [
    *((lambda f=f: f(about(1, 1e-9), about(1, 1e-9)), Undecided) for f in list(OPERATORS.values())[5:]),
    (lambda: 1 / about(0, 1e-9), Undecided), (lambda: 1 / SYSTEM.exact(0.0), Lost), (lambda: SYSTEM.exact(0.0) ** -1, Lost),
    (lambda: about(0, 1e-9) ** -2, Undecided), (lambda: about(0, 1e-9).sqrt(), Undecided), (lambda: SYSTEM.exact(-1.0).sqrt(), Lost),
    (lambda: about(1e-12, 1e-9).log(), Undecided), (lambda: SYSTEM.exact(0.0).log(), Lost), (lambda: about(2, 1e-9).step(math.floor), Undecided),
    (lambda: bool(about(0, 1e-9)), Undecided), (lambda: about(0, 1e-9).sign(), Undecided), (lambda: abs(about(0, 1e-9)), Undecided),
    (lambda: about(1, 1e-9).opaque("arcsin", math.asin), Undecided), (lambda: SYSTEM.exact(2.0).opaque("arcsin", math.asin), Lost),
])
def test_undecided_or_lost(compute: Callable[[], Any], raised: type[Exception]) -> None:
    with pytest.raises(raised):
        compute()


def test_more_precision_decides() -> None:
    def is_larger(bits: int) -> bool:
        system = Balls(bits)
        with system.precision():
            return bool(1 + (-system.exact(200.0)).exp() > 1)

    with pytest.raises(Undecided):
        is_larger(128)
    assert is_larger(512)


def test_steps_are_those_of_the_number_and_not_of_a_float_near_it() -> None:
    below, half = 2 - SYSTEM.exact(2.0**-100), SYSTEM.exact(2.5)
    assert [below.step(f).s for f in (math.floor, math.ceil, round, math.trunc)] == [1, 2, 2, 1]
    assert [half.step(f).s for f in (math.floor, math.ceil, round, math.trunc)] == [2, 3, 2, 2]
    assert (half + 2.0**-100).step(round).s == 3
    assert about(2.5, 0.25).step(math.floor).s == 2
