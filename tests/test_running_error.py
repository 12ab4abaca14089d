"""The bound of a `Bounded` array holds the true error: random programs against 1,200-bit arithmetic.

200 bits would be enough for any one operation; programs that mix 1e300 with 1e-300 need the rest."""

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import mpmath
import numpy as np
import pytest
from scipy import special

from verify.numbers import reductions
from verify.numbers.numpy_functions import FUNCTIONS, UFUNC_METHODS
from verify.numbers.running_error import Bounded, Unbounded, lift
from verify.numbers.ufuncs import UFUNCS

Array = np.ndarray[Any, np.dtype[Any]]
PRECISION = 1200
CHUNK = 250
LONGEST = 3000  # binary digits before or after the point; the sine of more takes minutes
NOTHING = 1e-300  # what the bounds may lose
U = {np.float64: 2.0**-53, np.float32: 2.0**-24}


@pytest.fixture(autouse=True)
def _as_the_checker_runs_it() -> Iterator[None]:
    with np.errstate(all="ignore"):
        yield


# -- the truth: the same operations on object arrays of long numbers ------------------------------------------------


def exact(x: Any) -> Array:
    """An array of mpmath numbers, equal to the floats."""
    return np.frompyfunc(lambda t: mpmath.mpf(float(t)), 1, 1)(np.asarray(x, dtype=object))


def by_entry(f: Callable[..., Any]) -> Callable[..., Any]:
    """A function of numbers as one of object arrays."""

    def entry(*numbers: Any) -> Any:
        return mpmath.nan if any(map(mpmath.isnan, numbers)) else f(*numbers)

    ufunc = np.frompyfunc(entry, f.__code__.co_argcount, 1)
    return lambda *arrays: np.asarray(ufunc(*arrays), dtype=object)


def real(f: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """An mpmath function that is not a number outside its real domain."""

    def entry(t: Any) -> Any:
        if not mpmath.isfinite(t) or (t != 0 and abs(mpmath.mag(t)) > LONGEST):
            return mpmath.nan
        try:
            out = f(t)
        except (ValueError, ZeroDivisionError, OverflowError):
            return mpmath.nan
        return out if isinstance(out, mpmath.mpf) else mpmath.nan

    return by_entry(entry)


def _divide(a: Any, b: Any) -> Any:
    return a / b if b != 0 else mpmath.nan


def _true_mean(x: Array, axis: Any) -> Any:
    total = np.sum(x, axis=axis)
    return total / mpmath.mpf(x.size // max(np.size(total), 1))


def _true_extreme(f: Callable[..., Any], x: Array, axis: Any) -> Any:
    """Python's comparisons skip over what is not a number; NumPy's do not."""
    return f(x, axis=axis) + 0 * np.sum(x, axis=axis)


def _true_var(x: Array, axis: Any) -> Any:
    n = x.size if axis is None else x.shape[axis]
    centre = np.sum(x, axis=axis, keepdims=True) / mpmath.mpf(n)
    return np.sum((x - centre) ** 2, axis=axis) / mpmath.mpf(n)


# name -> (NumPy on Bounded arrays, the same by mpmath)
UNARY: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "exp": (np.exp, real(lambda t: mpmath.exp(t) if t < 1e6 else mpmath.nan)),
    "expm1": (np.expm1, real(lambda t: mpmath.expm1(t) if t < 1e6 else mpmath.nan)),
    "log": (np.log, real(mpmath.log)),
    "log_abs": (lambda x: np.log(abs(x)), real(lambda t: mpmath.log(abs(t)))),
    "log1p": (np.log1p, real(lambda t: mpmath.log(1 + t))),
    "tanh": (np.tanh, real(mpmath.tanh)),
    "sqrt": (np.sqrt, real(mpmath.sqrt)),
    "sqrt_abs": (lambda x: np.sqrt(abs(x)), real(lambda t: mpmath.sqrt(abs(t)))),
    "abs": (np.abs, by_entry(lambda t: abs(t))),
    "negative": (lambda x: -x, by_entry(lambda t: -t)),
    "square": (lambda x: x**2, by_entry(lambda t: t * t)),
    "cube": (lambda x: x**3, by_entry(lambda t: t * t * t)),
    "seventh": (lambda x: np.power(x, 7), by_entry(lambda t: t**7)),
    "inverse_square": (lambda x: np.power(x, -2.0), by_entry(lambda t: t**-2 if t != 0 else mpmath.nan)),
    "power": (lambda x: np.power(x, 1.5), real(lambda t: mpmath.power(t, mpmath.mpf(1.5)))),
    "reciprocal": (lambda x: 1 / x, by_entry(lambda t: 1 / t if t != 0 else mpmath.nan)),
    "sin": (np.sin, real(mpmath.sin)),
    "cos": (np.cos, real(mpmath.cos)),
    "tan": (np.tan, real(mpmath.tan)),
    "arctan": (np.arctan, real(mpmath.atan)),
    "arcsinh": (np.arcsinh, real(mpmath.asinh)),
    "arcsin": (np.arcsin, real(mpmath.asin)),
    "arctanh": (np.arctanh, real(mpmath.atanh)),
    "arccosh": (np.arccosh, real(mpmath.acosh)),
    "cbrt": (np.cbrt, by_entry(lambda t: mpmath.sign(t) * mpmath.cbrt(abs(t)))),
    "sinh": (np.sinh, real(lambda t: mpmath.sinh(t) if abs(t) < 1e6 else mpmath.nan)),
    "cosh": (np.cosh, real(lambda t: mpmath.cosh(t) if abs(t) < 1e6 else mpmath.nan)),
    "erf": (special.erf, real(mpmath.erf)),
    "erfc": (special.erfc, real(lambda t: mpmath.erfc(t) if t < 1e4 else mpmath.mpf(0))),
    "expit": (special.expit, real(lambda t: 1 / (1 + mpmath.exp(-t)) if abs(t) < 1e6 else mpmath.mpf(t > 0))),
    "gammaln": (special.gammaln, real(lambda t: mpmath.loggamma(t) if t > 0 else mpmath.nan)),
    "floor": (np.floor, real(mpmath.floor)),
    "sign": (np.sign, by_entry(lambda t: mpmath.sign(t))),
    "relu": (lambda x: np.where(x > 0, x, 0.0), by_entry(lambda t: t if t > 0 else mpmath.mpf(0))),
    "mask": (lambda x: (x >= 0.5) * x, by_entry(lambda t: t if t >= 0.5 else mpmath.mpf(0))),
    "relu_in_place": (lambda x: _zeroed(x), by_entry(lambda t: t if t > 0 else mpmath.mpf(0))),
    "clip": (lambda x: np.clip(x, -1.0, 2.0), by_entry(lambda t: min(max(t, mpmath.mpf(-1)), mpmath.mpf(2)))),
    "tenth": (lambda x: 0.1 * x, by_entry(lambda t: mpmath.mpf(0.1) * t)),
    "cumsum": (lambda x: np.cumsum(x, axis=-1), lambda x: np.cumsum(x, axis=-1)),
    "cumprod": (lambda x: np.cumprod(x, axis=0), lambda x: np.cumprod(x, axis=0)),
    "sort": (lambda x: np.sort(x, axis=-1), lambda x: _true_sort(x)),
    "row_add": (lambda x: _row_added(x.copy()), lambda x: _row_added(x.copy())),
    "doubled_in_place": (lambda x: _in_place(x.copy()), lambda x: _in_place(x.copy())),
    "softmax": (lambda x: _softmax(x), lambda x: _true_softmax(x)),
    "transpose": (lambda x: x.T, lambda x: x.T),
    "flip": (lambda x: np.flip(x, 0), lambda x: np.flip(x, 0)),
}
REDUCE: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "sum": (np.sum, lambda x, axis: np.sum(x, axis=axis)),
    "mean": (np.mean, _true_mean),
    "var": (np.var, _true_var),
    "std": (np.std, lambda x, axis: real(mpmath.sqrt)(_true_var(x, axis))),
    "max": (np.max, lambda x, axis: _true_extreme(np.max, x, axis)),
    "min": (np.min, lambda x, axis: _true_extreme(np.min, x, axis)),
    "prod": (np.prod, lambda x, axis: np.prod(x, axis=axis)),
    "norm": (lambda x, axis: np.linalg.norm(x, axis=axis), lambda x, axis: real(mpmath.sqrt)(np.sum(x * x, axis=axis))),
}
BINARY: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "add": (lambda a, b: a + b, by_entry(lambda a, b: a + b)),
    "subtract": (lambda a, b: a - b, by_entry(lambda a, b: a - b)),
    "multiply": (lambda a, b: a * b, by_entry(lambda a, b: a * b)),
    "divide": (lambda a, b: a / b, by_entry(_divide)),
    "maximum": (np.maximum, by_entry(lambda a, b: max(a, b))),
    "minimum": (np.minimum, by_entry(lambda a, b: min(a, b))),
    "where": (lambda a, b: np.where(a > b, a, 2 * b), by_entry(lambda a, b: a if a > b else 2 * b)),
    "logaddexp": (np.logaddexp, by_entry(
        lambda a, b: mpmath.nan if max(abs(a), abs(b)) > 1e6 else mpmath.log(mpmath.exp(a) + mpmath.exp(b))
    )),
    "hypot_angle": (np.arctan2, by_entry(lambda a, b: mpmath.atan2(a, b) if (a, b) != (0, 0) else mpmath.mpf(0))),
    "copysign": (np.copysign, by_entry(lambda a, b: abs(a) if b >= 0 else -abs(a))),
    "inner_row": (lambda a, b: np.einsum("ij,ij->i", a, b), lambda a, b: np.sum(a * b, axis=1)),
    "total": (lambda a, b: np.einsum("ij,ij->", a, b), lambda a, b: np.sum(a * b)),
    "outer_product": (lambda a, b: a @ b.T, lambda a, b: np.dot(a, b.T)),
    "gram": (lambda a, b: np.einsum("ij,ik->jk", a, b), lambda a, b: np.dot(a.T, b)),
}


def _zeroed(x: Any) -> Any:
    out = x.copy()
    out[out <= 0] = 0
    return out


def _row_added(x: Any) -> Any:
    x[0] += x[-1]
    return x


def _in_place(x: Any) -> Any:
    view = x.reshape(-1)
    view *= 2
    view[1:] += view[:-1]
    return x


def _softmax(x: Any) -> Any:
    t = np.exp(x - np.max(x, axis=-1, keepdims=True))
    return t / t.sum(axis=-1, keepdims=True)


def _true_softmax(x: Any) -> Any:
    if any(not mpmath.isfinite(t) or abs(t) > 1e6 for t in x.ravel()):
        return np.full(x.shape, mpmath.nan)
    t = UNARY["exp"][1](x - np.max(x, axis=-1, keepdims=True))
    return t / np.sum(t, axis=-1, keepdims=True)


def _true_sort(x: Any) -> Any:
    return np.sort(x, axis=-1) if all(not mpmath.isnan(t) for t in x.ravel()) else np.full(x.shape, mpmath.nan)


def draw(rng: np.random.Generator, shape: tuple[int, ...], dtype: Any, tame: bool) -> Array:
    """An input: small integers and halves, normals, tiny, huge, mixed scales."""
    high = 30 if dtype is np.float64 else 8
    kind = rng.integers(2 if tame else 6)
    x = rng.standard_normal(shape)
    if kind == 0:
        x = rng.integers(-4, 5, shape) / 2
    elif kind == 2:
        x = x * 10.0 ** -rng.integers(1, high)
    elif kind == 3:
        x = x * 10.0 ** rng.integers(1, high)
    elif kind == 4:
        x = x * 10.0 ** rng.integers(-high, high, shape)
    elif kind == 5:
        x = np.where(rng.random(shape) < 0.3, 0.0, x * 10.0 ** rng.choice([-300 if dtype is np.float64 else -40, 0]))
    return x.astype(dtype)


def program(seed: int, dtype: Any = np.float64, tame: bool = False, only: str = "") -> list[tuple[str, Any, Any]]:
    """A random program: its steps with their `Bounded` and their true values.

    only : an operation that half of the steps are to be
    """
    rng = np.random.default_rng([seed, 8])
    shape = (int(rng.integers(1, 4)), int(rng.integers(1, 5)))
    values: list[tuple[str, Any, Any]] = []
    for _ in range(int(rng.integers(1, 4))):
        x = draw(rng, shape, dtype, tame)
        values.append(("input", Bounded(x), exact(x)))
    names = [*UNARY, *BINARY, *BINARY, *REDUCE] if not tame else TAME
    for _ in range(int(rng.integers(3, 26))):
        name = only if only and rng.random() < 0.5 else names[rng.integers(len(names))]
        (_, a, a_true), (_, b, b_true) = (values[rng.integers(len(values))] for _ in range(2))
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            try:
                if name in UNARY:
                    step = UNARY[name][0](a), UNARY[name][1](a_true)
                elif name in REDUCE:
                    axis = None if rng.random() < 0.3 else int(rng.integers(2))
                    step = REDUCE[name][0](a, axis=axis), REDUCE[name][1](a_true, axis)
                else:
                    step = BINARY[name][0](a, b), BINARY[name][1](a_true, b_true)
            except Unbounded:
                continue
            if step[0].ndim < 2 or step[0].shape != shape:
                if step[0].ndim == 1 and step[0].size == shape[0] and step[0].size != shape[1]:
                    step = step[0][:, None], step[1][:, None]
                try:
                    step = step[0] + 0 * np.zeros(shape, dtype), np.asarray(step[1]) + exact(np.zeros(shape))
                except ValueError:
                    continue
            if step[0].shape != shape:
                continue
        values.append((name, *step))
    return values


TAME = ["add", "subtract", "multiply", "tanh", "expit", "mean", "sin", "relu", "maximum", "abs", "max", "erf", "arctan"]


def violations(values: list[tuple[str, Any, Any]]) -> tuple[list[str], int]:
    """Steps whose finite bound does not hold the true error, and how many entries had a finite bound."""
    wrong, finite = [], 0
    for name, got, true in values:
        assert got.e.shape == got.v.shape
        assert got.e.dtype == np.float64, name
        assert not (got.e < 0).any()
        for v, e, t in zip(got.v.ravel(), got.e.ravel(), np.asarray(true).ravel(), strict=True):
            if not (np.isfinite(v) and np.isfinite(e)) or not mpmath.isfinite(t):
                continue
            finite += 1
            apart = abs(mpmath.mpf(float(v)) - t)
            if apart > mpmath.mpf(float(e)) and apart > NOTHING:
                wrong.append(f"{name}: value {v!r}, truth {mpmath.nstr(t, 20)}, off by {mpmath.nstr(apart, 5)}, e={e!r}")
    return wrong, finite


@pytest.mark.parametrize("chunk", range(20), ids=lambda k: f"programs-{k * CHUNK}")
@pytest.mark.parametrize("dtype", [np.float64, np.float32], ids=["float64", "float32"])
def test_every_finite_bound_holds_the_true_error(dtype: Any, chunk: int) -> None:
    count, finite = (CHUNK, 0) if dtype is np.float64 else (CHUNK // 5, 0)
    with mpmath.workprec(PRECISION):
        for seed in range(chunk * CHUNK, chunk * CHUNK + count):
            wrong, entries = violations(program(seed, dtype))
            assert not wrong, f"program {seed}: {wrong[0]}"
            finite += entries
    assert finite > 15 * count


# -- the harness has teeth ---------------------------------------------------------------------------------------------


def _without_rounding(rule: Callable[..., Any]) -> Callable[..., Any]:
    """The rule with what it inherits and without the rounding that it adds for exact operands."""

    def planted(*arguments: Any) -> Any:
        out = rule(*arguments)
        parts = [lift(x) for x in arguments]
        own = lift(rule(*(Bounded(p.v) for p in parts))).e
        return Bounded(out.v, np.maximum(out.e - own * (1 + 1e-6), 0.0))

    return planted


@pytest.mark.parametrize(
    ("ufunc", "step"),
    [(np.add, "add"), (np.subtract, "subtract"), (np.multiply, "multiply"), (np.divide, "divide"), (np.exp, "exp"),
     (np.tanh, "tanh"), (np.sqrt, "sqrt_abs"), (np.log, "log_abs"), (special.erf, "erf"), (special.expit, "expit"),
     (np.matmul, "outer_product"), (np.sin, "sin"), (np.expm1, "expm1")],
    ids=lambda x: getattr(x, "__name__", ""),
)
def test_a_rule_without_its_rounding_is_caught(ufunc: Any, step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(UFUNCS, ufunc, _without_rounding(UFUNCS[ufunc]))
    with mpmath.workprec(PRECISION):
        assert any(violations(program(seed, only=step))[0] for seed in range(60))


@pytest.mark.parametrize("ufunc", [np.multiply, np.divide, np.exp, np.log, np.sqrt, np.maximum], ids=lambda f: f.__name__)
def test_a_rule_that_forgets_inherited_errors_is_caught(ufunc: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    rule = UFUNCS[ufunc]
    step = {"log": "log_abs", "sqrt": "sqrt_abs"}.get(ufunc.__name__, ufunc.__name__)
    monkeypatch.setitem(UFUNCS, ufunc, lambda *xs: lift(rule(*(lift(x).v for x in xs))))
    with mpmath.workprec(PRECISION):
        assert any(violations(program(seed, only=step))[0] for seed in range(60))


def test_a_choice_by_an_open_comparison_covers_both_cases() -> None:
    x = _bounded(1.0, 3.0, e=0.1)
    chosen = np.where(x > 1.05, 1.0, 5.0)
    assert chosen.v.tolist() == [5.0, 1.0]
    assert chosen.e.tolist() == pytest.approx([4.0, 0.0])


# -- the bound is useful -----------------------------------------------------------------------------------------------


def test_the_bound_is_small_on_well_conditioned_programs() -> None:
    ratios = []
    with np.errstate(all="ignore"):
        for seed in range(300):
            _, out, _ = program(seed, tame=True)[-1]
            scale = np.abs(out.v).max()
            if np.isfinite(out.e).all() and scale > 0:
                ratios.append(float(out.e.max() / (U[np.float64] * scale)))
    assert len(ratios) > 250
    assert np.median(ratios) < 16  # 8.0 measured, 17.6 at the 90th percentile


@pytest.mark.parametrize("dtype", [np.float64, np.float32], ids=["float64", "float32"])
def test_short_arithmetic_is_exact(dtype: Any) -> None:
    rng = np.random.default_rng(3)
    x, y = (Bounded((rng.integers(-8, 9, (4, 4)) / 2).astype(dtype)) for _ in range(2))
    for out in (x + y, x - y, x * y, x @ y, x * 3 - y / 4, x.sum(axis=0), x.mean(axis=1), np.maximum(x, y), x**2,
                np.where(x > y, x, y), np.cumsum(x, axis=0), np.einsum("ij,jk->ik", x, y), np.exp(0 * x), abs(x),
                np.sqrt(x * x), x.astype(np.float32), np.prod(2 * x[:3], axis=0), np.tanh(x - x)):
        assert not out.e.any()


@pytest.mark.parametrize("k", [-3, 1, 40], ids="2^{}".format)
def test_powers_of_two_scale_exactly(k: int) -> None:
    x = Bounded(np.random.default_rng(0).standard_normal(8))
    assert not (x * 2.0**k).e.any()
    assert not (x / 2.0**k).e.any()
    assert (x * 3).e.any()


# -- edges -------------------------------------------------------------------------------------------------------------


def _bounded(*values: float, e: float = 0.0, dtype: Any = np.float64) -> Bounded:
    v = np.array(values, dtype=dtype)
    return Bounded(v, np.full(v.shape, e))


EDGES: dict[str, tuple[Callable[[], Any], float]] = {
    # what runs, and the exact answer of its only entry
    "underflow of a product": (lambda: _bounded(1e-200) * 1e-200, 0.0),
    "underflow in a long product": (lambda: np.prod(_bounded(1e-200, 1e-200, 1e300), keepdims=True), 1e-100),
    "underflow of exp": (lambda: np.exp(_bounded(-800.0, e=200.0)), float(np.exp(-600.0))),
    "underflow of expit in float32": (lambda: special.expit(_bounded(-90.0, dtype=np.float32)), float(np.exp(-90.0))),
    "overflow of expit": (lambda: special.expit(_bounded(-710.5)), float(np.exp(-710.5))),
    "floor just below a step": (lambda: np.floor(_bounded(3.0, e=1e-30)), 2.0),
    "sign at a computed zero": (lambda: np.sign(_bounded(0.0, e=1e-30)), -1.0),
    "seventh power of a small error": (lambda: np.power(_bounded(3.0, e=2e-16), 40), (3 + 2e-16) ** 40),
    "inverse cosine below an ulp": (lambda: np.arccosh(_bounded(1 + 1e-15, e=1e-17)), float(np.sqrt(2 * 1.11e-15))),
    "a tenth in float32": (lambda: _bounded(1.0, dtype=np.float32) * 0.1, 0.1),
    "float64 into float32": (lambda: _assigned(_bounded(0.0, dtype=np.float32), _bounded(0.1)), 0.1),
    "conversion to float32": (lambda: _bounded(0.1).astype(np.float32), 0.1),
    "underflow in conversion": (lambda: _bounded(1e-50).astype(np.float32), 1e-50),
    "maximum near a tie": (lambda: np.maximum(_bounded(1.0, e=0.5), _bounded(1.2)), 1.5),
    "truth of a computed zero": (lambda: np.logical_not(_bounded(0.0, e=1e-20)).astype(float), 0.0),
    "einsum without an arrow": (lambda: np.einsum("ij,ij", *[Bounded(np.full((9, 9), 0.1))] * 2).reshape(1),
                                float(81 * mpmath.mpf(0.1) ** 2)),
}


def _assigned(target: Bounded, new: Bounded) -> Bounded:
    target[...] = new
    return target


@pytest.mark.parametrize("name", EDGES)
def test_edges_are_inside_the_bound(name: str) -> None:
    run, truth = EDGES[name]
    with np.errstate(all="ignore"):
        out = run()
    assert abs(float(out.v[0]) - truth) <= out.e[0] * (1 + 1e-12)


@pytest.mark.parametrize(
    "run",
    [lambda: 1 / _bounded(1e-20, e=1e-19), lambda: _bounded(1e308) * 10, lambda: _bounded(1e308) * 2,
     lambda: np.log(_bounded(1e-20, e=1e-19)), lambda: _bounded(1e308) + 1e308, lambda: np.tan(_bounded(1.57, e=0.1)),
     lambda: np.power(_bounded(1e-20, e=1e-19), -2), lambda: 1 / (_bounded(1e308) * 2)],
    ids=["division across 0", "product overflows", "doubling overflows", "log across 0", "sum overflows",
         "tangent across its pole", "inverse power across 0", "one by an overflow"],
)
def test_nothing_is_promised_across_a_pole_or_an_overflow(run: Callable[[], Any]) -> None:
    with np.errstate(all="ignore"):
        assert not np.isfinite(run().e).any()


def test_an_infinite_mask_is_exact() -> None:
    scores = np.where(Bounded(np.array([0.1, 0.2, 0.3])) > 0.25, -np.inf, Bounded(np.array([0.1, 0.2, 0.3])) * 3)
    with np.errstate(all="ignore"):
        out = _softmax(scores)
    assert out.v[2] == 0
    assert out.e[2] == 0
    assert (out.e[:2] < 1e-14).all()


def test_zero_times_an_unknown_is_zero() -> None:
    with np.errstate(all="ignore"):
        assert (_bounded(0.0) * _bounded(2.0, e=np.inf)).e[0] == 0


def test_views_share_values_and_bounds() -> None:
    x = -Bounded(np.arange(12.0).reshape(3, 4)).T  # values in Fortran order
    flat = x.reshape(-1)
    flat[...] = Bounded(np.full(12, 7.0), np.full(12, 0.5))
    assert not x.e.any()  # a copy for the values is a copy for the bounds
    view = x[1:]
    view += Bounded(np.ones(3), np.full(3, 0.25))
    assert (x.e[1:] >= 0.25).all()
    assert not x.e[0].any()
    y = Bounded(np.zeros(3))
    kept = y.flatten()
    kept[0] = 5
    assert y.v[0] == 0


def test_an_open_mask_covers_both_cases() -> None:
    x = _bounded(1e-20, 3.0, e=1e-19)
    x[x > 0] = 7.0
    assert x.v.tolist() == [7.0, 7.0]
    assert x.e[0] >= 7.0
    assert x.e[1] == 0
    with pytest.raises(Unbounded, match="mask"):
        x[x - 7 > 0] = Bounded(np.array([1.0, 2.0]))


OPEN = _bounded(1.0, 1.0 + 1e-16, 0.5, e=1e-15)


@pytest.mark.parametrize(
    "run",
    [lambda: float(OPEN[0]), lambda: int(OPEN[0]), lambda: np.asarray(OPEN), lambda: bool(OPEN[0] > 1.0),
     lambda: bool(OPEN[0] - 1.0), lambda: np.add(OPEN, 1.0, out=np.zeros(3)), lambda: np.sum(OPEN, out=np.zeros(())),
     lambda: np.argmax(OPEN), lambda: np.argsort(OPEN), lambda: np.zeros(3)[OPEN], lambda: np.linalg.svd(OPEN),
     lambda: np.add(OPEN, 1.0, where=np.ones(3, bool)), lambda: np.sum(OPEN, where=np.ones(3, bool)),
     lambda: np.sum(OPEN, initial=3.0), lambda: OPEN.astype(int), lambda: np.take(np.zeros(3), OPEN),
     lambda: np.pad(OPEN, 1, mode="mean"), lambda: np.linalg.norm(OPEN, ord=1), lambda: np.round(OPEN, 2),
     lambda: np.modf(OPEN), lambda: np.multiply.reduceat(OPEN, [0, 1]), lambda: np.where(OPEN > 1),
     lambda: np.add(OPEN, 1.0, dtype=np.float32), lambda: np.einsum(OPEN, [0], OPEN, [0])],
    ids=["float", "int", "asarray", "branch", "truth", "out=", "sum out=", "argmax", "argsort", "index", "svd", "where=",
         "sum where=", "sum initial=", "to int", "take", "pad mean", "norm 1", "round 2", "modf", "reduceat",
         "where of one", "dtype=", "einsum of lists"],
)
def test_what_cannot_be_followed_is_refused(run: Callable[[], Any]) -> None:
    with pytest.raises(Unbounded):
        run()


def test_functions_outside_the_arrays_are_refused() -> None:
    target = np.zeros(3)
    with pytest.raises(ValueError, match="sequence") as caught:
        target[0] = OPEN[0]
    assert isinstance(caught.value.__cause__, Unbounded)
    with pytest.raises(Unbounded):
        target += OPEN


# -- every NumPy function does what NumPy does -------------------------------------------------------------------------

X = np.random.default_rng(5).uniform(0.1, 0.9, (3, 4))
Y = np.random.default_rng(6).uniform(0.1, 0.9, (3, 4))
ABOVE_1 = {np.arccosh}
TWO = {f for f in UFUNCS if f.nin == 2}
BITS = {np.bitwise_and, np.bitwise_or, np.bitwise_xor, np.invert}


def _plain_arguments(ufunc: Any) -> tuple[Array, ...]:
    if ufunc is np.matmul:
        return X, Y.T
    if ufunc in BITS:
        return (X > 0.5, Y > 0.5)[: ufunc.nin]
    return (X + (1 if ufunc in ABOVE_1 else 0), Y)[: ufunc.nin]


def _same(got: Any, want: Any) -> None:
    if isinstance(want, (list, tuple)):
        assert len(got) == len(want)
        for g, w in zip(got, want, strict=True):
            _same(g, w)
        return
    v, e = (got.v, got.e) if isinstance(got, Bounded) else (np.asarray(got), 0.0)
    assert v.shape == np.shape(want)
    assert v.dtype == np.asarray(want).dtype
    assert (np.abs(v.astype(float) - np.asarray(want, dtype=float)) <= np.where(np.isfinite(e), e, 0.0)).all()


@pytest.mark.parametrize("dtype", [np.float64, np.float32], ids=["float64", "float32"])
@pytest.mark.parametrize("ufunc", UFUNCS, ids=lambda f: f.__name__)
def test_each_ufunc_has_numpys_value(ufunc: Any, dtype: Any) -> None:
    arguments = [x.astype(dtype) if x.dtype.kind == "f" else x for x in _plain_arguments(ufunc)]
    _same(ufunc(*map(Bounded, arguments)), ufunc(*arguments))
    if ufunc in TWO and ufunc is not np.matmul and ufunc not in BITS:
        _same(ufunc(Bounded(arguments[0]), 0.5), ufunc(arguments[0], 0.5))
        _same(ufunc(0.5, Bounded(arguments[0])), ufunc(0.5, arguments[0]))


CALLS: dict[Any, tuple[Callable[..., Any], ...]] = {
    np.reshape: (lambda f, x: f(x, (4, 3)), lambda f, x: f(x, -1)),
    np.transpose: (lambda f, x: f(x), lambda f, x: f(x, (1, 0))),
    np.swapaxes: (lambda f, x: f(x, 0, 1),),
    np.moveaxis: (lambda f, x: f(x, 0, 1),),
    np.squeeze: (lambda f, x: f(x[:1]),),
    np.expand_dims: (lambda f, x: f(x, 1),),
    np.broadcast_to: (lambda f, x: f(x, (2, 3, 4)),),
    np.concatenate: (lambda f, x: f([x, X], axis=1),),
    np.stack: (lambda f, x: f([x, x], axis=1),),
    **dict.fromkeys((np.hstack, np.vstack, np.column_stack, np.dstack), (lambda f, x: f((x, X)),)),
    np.flip: (lambda f, x: f(x), lambda f, x: f(x, 1)),
    np.roll: (lambda f, x: f(x, 1, axis=0),),
    np.repeat: (lambda f, x: f(x, 2, axis=0),),
    np.tile: (lambda f, x: f(x, (2, 1)),),
    np.take: (lambda f, x: f(x, [0, 2], axis=1),),
    np.take_along_axis: (lambda f, x: f(x, np.argsort(X, axis=1), axis=1),),
    np.split: (lambda f, x: f(x, [1, 3], axis=1),),
    np.array_split: (lambda f, x: f(x, 2),),
    np.hsplit: (lambda f, x: f(x, 2),),
    np.vsplit: (lambda f, x: f(x, 3),),
    np.rollaxis: (lambda f, x: f(x, 1),),
    np.delete: (lambda f, x: f(x, 1, axis=0),),
    np.full_like: (lambda f, x: f(x, 0.25),),
    **dict.fromkeys(
        (np.sum, np.mean, np.var, np.std, np.prod, np.max, np.min),
        (lambda f, x: f(x), lambda f, x: f(x, axis=0), lambda f, x: f(x, axis=(0, 1), keepdims=True)),
    ),
    np.average: (lambda f, x: f(x), lambda f, x: f(x, axis=0, weights=Y)),
    **dict.fromkeys(
        (np.cumsum, np.cumprod, np.argmax, np.argmin), (lambda f, x: f(x), lambda f, x: f(x, axis=1))
    ),
    np.where: (lambda f, x: f(x > 0.5, x, Y), lambda f, x: f(x > 0.5, 1.0, x), lambda f, x: f(X > 0.5, x, 0)),
    np.einsum: (lambda f, x: f("ij,kj->ik", x, Y), lambda f, x: f("ij,ij", x, x), lambda f, x: f("...j->...", x),
                lambda f, x: f("ij,ij,j->i", x, Y, Y[0])),
    np.tensordot: (lambda f, x: f(x, Y, 2), lambda f, x: f(x, Y, ([0], [0]))),
    np.dot: (lambda f, x: f(x, Y.T), lambda f, x: f(x, 2.0), lambda f, x: f(x, Y[0])),
    np.inner: (lambda f, x: f(x, Y), lambda f, x: f(x[0], Y[0])),
    **dict.fromkeys((np.vdot, np.outer), (lambda f, x: f(x, Y),)),
    np.clip: (lambda f, x: f(x, 0.3, 0.6), lambda f, x: f(x, None, Y)),
    np.linalg.norm: (lambda f, x: f(x), lambda f, x: f(x, axis=1), lambda f, x: f(x[0], 2), lambda f, x: f(x, "fro")),
    np.sort: (lambda f, x: f(x), lambda f, x: f(x, axis=0), lambda f, x: f(x, axis=None)),
    np.any: (lambda f, x: f(x > 0.5), lambda f, x: f(x > 0.5, axis=0)),
    np.all: (lambda f, x: f(x > 0.5), lambda f, x: f(x > 0.5, axis=0)),
    np.pad: (lambda f, x: f(x, 1), lambda f, x: f(x, ((0, 1), (2, 0)), mode="edge"),
             lambda f, x: f(x, 1, constant_values=2.0)),
    np.result_type: (lambda f, x: np.zeros((), f(x, np.float32)),),
}
ONE_ARGUMENT = (lambda f, x: f(x),)


@pytest.mark.parametrize("dtype", [np.float64, np.float32], ids=["float64", "float32"])
@pytest.mark.parametrize("function", [f for f in FUNCTIONS if f is not np.empty_like], ids=lambda f: f.__name__)
def test_each_function_has_numpys_value(function: Any, dtype: Any) -> None:
    for call in CALLS.get(function, ONE_ARGUMENT):
        got = call(function, Bounded(X.astype(dtype)))
        _same(got, call(function, X.astype(dtype)))
        if isinstance(got, Bounded):
            assert got.e.shape == got.v.shape


@pytest.mark.parametrize("key", UFUNC_METHODS, ids=lambda k: f"{k[0].__name__}.{k[1]}")
def test_each_ufunc_method_has_numpys_value(key: tuple[Any, str]) -> None:
    ufunc, method = key
    if method == "at":
        plain, bounded = X.copy(), Bounded(X.copy())
        ufunc.at(plain, np.array([0, 0, 2]), Y)
        ufunc.at(bounded, np.array([0, 0, 2]), Bounded(Y))
        _same(bounded, plain)
        return
    _same(getattr(ufunc, method)(Bounded(X), axis=1), getattr(ufunc, method)(X, axis=1))


@pytest.mark.parametrize("ufunc", [np.add, np.subtract, np.multiply], ids=lambda f: f.__name__)
def test_outer_has_numpys_value(ufunc: Any) -> None:
    _same(ufunc.outer(Bounded(X), Bounded(Y[0])), ufunc.outer(X, Y[0]))


@pytest.mark.parametrize(
    "run",
    [lambda x: x.sum(axis=0), lambda x: x.flatten(), lambda x: x.T.ravel(), lambda x: x.mean(), lambda x: len(x),
     lambda x: [row.sum() for row in x], lambda x: x[:, None] * x, lambda x: x[x > 0.5], lambda x: (x > 0.5).sum(),
     lambda x: (x > 0.5).astype(int), lambda x: x[[0, 1], [1, 2]], lambda x: (x > 0.5).mean(axis=0), lambda x: x.mT,
     lambda x: x.clip(0.2, 0.5), lambda x: x.std(ddof=1), lambda x: 2**x, lambda x: abs(-x), lambda x: x.size / x.mean()],
    ids=["sum", "flatten", "ravel of T", "mean", "len", "rows", "broadcast", "mask", "count", "mask to int", "fancy",
         "share", "mT", "clip", "std ddof", "two to the", "abs", "size"],
)
def test_array_syntax_has_numpys_value(run: Callable[[Any], Any]) -> None:
    _same(run(Bounded(X)), run(X))


def test_wrong_sums_do_not_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    """The table's comparison fails on a function with a wrong value."""
    monkeypatch.setitem(FUNCTIONS, np.sum, lambda x, **o: reductions.add_up(x, **o) * (1 + 1e-12))
    with pytest.raises(AssertionError):
        _same(np.sum(Bounded(X)), np.sum(X))
