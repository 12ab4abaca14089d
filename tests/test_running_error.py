"""The bound of a `Bounded` array holds the true error: random programs against 200-bit arithmetic."""

import warnings
from collections.abc import Callable
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
PRECISION = 200
CHUNK = 250
U = {np.float64: 2.0**-53, np.float32: 2.0**-24}


# -- the truth: the same operations on object arrays of 200-bit numbers ------------------------------------------------


def exact(x: Any) -> Array:
    """An array of mpmath numbers, equal to the floats."""
    return np.frompyfunc(lambda t: mpmath.mpf(float(t)), 1, 1)(np.asarray(x, dtype=object))


def by_entry(f: Callable[..., Any]) -> Callable[..., Any]:
    """A function of numbers as one of object arrays."""
    ufunc = np.frompyfunc(f, f.__code__.co_argcount, 1)
    return lambda *arrays: np.asarray(ufunc(*arrays), dtype=object)


def real(f: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """An mpmath function that is not a number outside its real domain."""

    def entry(t: Any) -> Any:
        if not mpmath.isfinite(t):
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
    "max": (np.max, lambda x, axis: np.max(x, axis=axis)),
    "min": (np.min, lambda x, axis: np.min(x, axis=axis)),
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
    "logaddexp": (np.logaddexp, real2 := by_entry(
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
            # Cancellation may exhaust the 200 bits of the truth itself.
            if apart > mpmath.mpf(float(e)) and apart > 1e-300:
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
