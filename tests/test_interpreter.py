"""The interpreter's rules give XLA's float64 values, each in some traced derivative."""

from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax
from jax.extend import core as jax_core

from verify.numbers import interpreter
from verify.numbers.bounded_rules import error_bounds
from verify.numbers.float_rules import FLOAT_RULES
from verify.numbers.interpreter import UNKNOWN, Unsupported, evaluate, primitives

Case = tuple[Callable[..., Any], tuple[Any, ...]]
BATCH = 3


def _rng() -> np.random.Generator:
    return np.random.default_rng(11)


def _x(*shape: int) -> Any:
    return _rng().uniform(0.2, 0.9, shape)


def _n(*shape: int) -> Any:
    return _rng().standard_normal(shape)


def _spd(n: int) -> Any:
    a = _n(n, n)
    return a @ a.T + n * np.eye(n)


TRI = np.tril(_n(4, 4)) + 4 * np.eye(4)
INDEX = np.array([[2, 0, 2], [1, 1, 3]])
ROWS = np.array([3, 0, 3])
NCHW = ("NCHW", "OIHW", "NCHW")


@jax.custom_jvp
def _own_jvp(x: Any) -> Any:
    return x**2


@_own_jvp.defjvp
def _own_jvp_rule(primals: Any, tangents: Any) -> Any:
    return _own_jvp(primals[0]), 5 * tangents[0] * primals[0]


@jax.custom_vjp
def _own_vjp(x: Any) -> Any:
    return jnp.sin(x)


_own_vjp.defvjp(lambda x: (jnp.sin(x), x), lambda x, g: (7 * g * x,))


def _loop(x: Any) -> Any:
    return lax.fori_loop(0, 4, lambda k, t: t * jnp.cos(t) + k, x)


def _bounded_while(x: Any) -> Any:
    return lax.while_loop(lambda s: s[0] < 5, lambda s: (s[0] + 1, s[1] * 1.5 - 0.1), (0, x))[1]


def _data_while(x: Any) -> Any:
    return lax.while_loop(lambda t: jnp.sum(t) < 20, lambda t: 2 * t, x)


def _scan(x: Any) -> Any:
    carry, ys = lax.scan(lambda c, t: (jnp.tanh(c + t), c * t), x[0], x)
    return carry, ys


def _reverse_scan(x: Any) -> Any:
    return lax.scan(lambda c, t: (c * t, c + t), x[0], x, reverse=True)


def _pool(x: Any, reducer: Any, init: float, pads: Any = "VALID", stride: int = 2) -> Any:
    return lax.reduce_window(x, init, reducer, (2, 3), (stride, 1), pads)


def _conv(x: Any, w: Any, **options: Any) -> Any:
    options = {"window_strides": (1, 1), "padding": "SAME", "dimension_numbers": NCHW} | options
    return lax.conv_general_dilated(x, w, **options)


# Differentiated by vjp, vectorised over a batch.
SMOOTH: dict[str, Case] = {
    "matmul": (lambda a, b: a @ b, (_n(3, 4), _n(4, 2))),
    "batched matmul": (lambda a, b: a @ b, (_n(2, 3, 4), _n(2, 4, 2))),
    "einsum two batches": (lambda a, b: jnp.einsum("abij,abjk->baik", a, b), (_n(2, 3, 2, 2), _n(2, 3, 2, 4))),
    "tensordot two axes": (lambda a, b: jnp.tensordot(a, b, ((1, 2), (2, 0))), (_n(2, 3, 4), _n(4, 2, 3))),
    "dot of vectors": (jnp.dot, (_n(4), _n(4))),
    "sum": (lambda x: jnp.sum(x, axis=(0, 2)) ** 2, (_n(2, 3, 4),)),
    "mean and var": (lambda x: (x - x.mean(-1, keepdims=True)) / jnp.sqrt(x.var(-1, keepdims=True) + 1e-5), (_n(3, 5),)),
    "max": (lambda x: jnp.max(x, axis=1) ** 2, (_n(3, 4),)),
    "min": (lambda x: jnp.min(x), (_n(3, 4),)),
    "prod": (lambda x: jnp.prod(x, axis=1), (_x(3, 4),)),
    "logsumexp": (lambda x: jax.nn.logsumexp(x, axis=0), (_n(3, 4),)),
    "softmax": (lambda x: jax.nn.softmax(x), (_n(3, 4),)),
    "log_softmax": (lambda x: jax.nn.log_softmax(x), (_n(3, 4),)),
    "gelu": (lambda x: jax.nn.gelu(x, approximate=False), (_n(5),)),
    "gelu by tanh": (lambda x: jax.nn.gelu(x), (_n(5),)),
    "softplus": (jax.nn.softplus, (_n(5),)),
    "elu": (jax.nn.elu, (_n(5),)),
    "cumsum": (lambda x: jnp.cumsum(x, axis=1) ** 2, (_n(3, 4),)),
    "cumsum reversed": (lambda x: lax.cumsum(x, axis=0, reverse=True) ** 2, (_n(3, 4),)),
    "cumprod": (lambda x: lax.cumprod(x, axis=1), (_x(3, 4),)),
    "cumprod reversed": (lambda x: lax.cumprod(x, axis=1, reverse=True), (_x(3, 4),)),
    "cummax": (lambda x: lax.cummax(x, axis=1), (_n(3, 4),)),
    "cummax reversed": (lambda x: lax.cummax(x, axis=0, reverse=True), (_n(3, 4),)),
    "cummin": (lambda x: lax.cummin(x, axis=1), (_n(3, 4),)),
    "cumlogsumexp": (lambda x: lax.cumlogsumexp(x, axis=1), (_n(3, 4),)),
    "cumlogsumexp reversed": (lambda x: lax.cumlogsumexp(x, axis=1, reverse=True), (_n(3, 4),)),
    "sort": (lambda x: jnp.sort(x, axis=0) * jnp.arange(3.0)[:, None], (_n(3, 4),)),
    "sort by two keys": (lambda x, y: lax.sort((jnp.round(x), y, x * y), num_keys=2)[2], (_n(6), _n(6))),
    "sort with a partner": (lambda x, y: lax.sort((x, y), num_keys=1)[1] * jnp.arange(6.0), (_n(6), _n(6))),
    "top_k": (lambda x: lax.top_k(x, 2)[0] * jnp.array([1.0, 2.0]), (_n(3, 5),)),
    "median": (jnp.median, (_n(5),)),
    "x[i]": (lambda x: x[1] ** 2, (_n(3, 4),)),
    "x[:, idx]": (lambda x: x[:, ROWS] ** 2, (_n(3, 4),)),
    "x[idx, idx]": (lambda x: x[INDEX, INDEX[::-1]], (_n(4, 4),)),
    "x[None, 1:, ::2]": (lambda x: x[None, 1:, ::2] ** 2, (_n(3, 5),)),
    "x[::-1]": (lambda x: x[::-1, -1] ** 2, (_n(3, 5),)),
    "take": (lambda x: jnp.take(x, INDEX, axis=0), (_n(4, 2),)),
    "take past the end": (lambda x: jnp.take(x, jnp.array([0, 9]), axis=0, mode="clip"), (_n(4, 2),)),
    "take past the end, filled": (
        lambda x: jnp.take(x, jnp.array([0, 9]), axis=0, mode="fill", fill_value=2.0), (_n(4, 2),)
    ),
    "take_along_axis": (lambda x: jnp.take_along_axis(x, INDEX, axis=1), (_n(2, 4),)),
    "at set": (lambda x, y: x.at[ROWS[:2]].set(y) ** 2, (_n(4, 2), _n(2, 2))),
    "at add with repeats": (lambda x, y: x.at[ROWS].add(y) ** 2, (_n(4, 2), _n(3, 2))),
    "at add out of bounds": (lambda x, y: x.at[jnp.array([0, 7, 1])].add(y, mode="drop"), (_n(4, 2), _n(3, 2))),
    "at multiply": (lambda x: x.at[1].multiply(3.0), (_n(4, 2),)),
    "at column": (lambda x, y: x.at[:, 1].set(y), (_n(4, 2), _n(4))),
    "dynamic_slice": (lambda x: lax.dynamic_slice(x, (jnp.argmax(x[:, 0]), 1), (2, 2)), (_n(4, 4),)),
    "dynamic_slice constant": (lambda x: lax.dynamic_slice(x, (3, 1), (2, 2)) ** 2, (_n(4, 4),)),
    "dynamic_update_slice": (lambda x, y: lax.dynamic_update_slice(x, y, (1, 3)), (_n(4, 4), _n(2, 2))),
    "where": (lambda x: jnp.where(x > 0, jnp.exp(x), x), (_n(3, 4),)),
    "where by mask": (lambda x: jnp.where(np.eye(3, dtype=bool), x, -jnp.inf).max(1), (_n(3, 3),)),
    "select_n of three": (lambda x: lax.select_n(jnp.array([0, 2, 1]), x, x**2, x**3), (_n(3),)),
    "clamp": (lambda x: lax.clamp(-0.5, x, 0.5) * x, (_n(6),)),
    "clip": (lambda x: jnp.clip(x, -0.5, 0.5), (_n(6),)),
    "erf family": (lambda x: jax.scipy.special.erf(x) + jax.scipy.special.erfc(x) * x + jax.scipy.special.erfinv(x), (_x(4),)),
    "rsqrt": (lambda x: lax.rsqrt(x), (_x(4),)),
    "integer powers": (lambda x: x**3 + x**-2 + lax.integer_pow(x, 5), (_x(4),)),
    "real powers": (lambda x, y: x**y + x**2.5, (_x(4), _n(4))),
    "logistic": (jax.nn.sigmoid, (_n(4),)),
    "silu": (jax.nn.silu, (_n(4),)),
    "trigonometric": (lambda x: jnp.sin(x) * jnp.cos(x) + jnp.tan(x) + jnp.arcsin(x) + jnp.arccos(x) * x, (_x(4),)),
    "arctangents": (lambda x, y: jnp.arctan2(x, y) + jnp.arctan(x), (_n(4), _n(4))),
    "hyperbolic": (lambda x: jnp.sinh(x) * jnp.cosh(x) * jnp.tanh(x) + jnp.arcsinh(x) + jnp.arctanh(x) + jnp.arccosh(1 + x),
                   (_x(4),)),
    "exponentials": (lambda x: jnp.exp(x) + jnp.exp2(x) + jnp.expm1(x) * jnp.log(x) + jnp.log1p(x), (_x(4),)),
    "roots": (lambda x: jnp.sqrt(x) + jnp.cbrt(x) + lax.square(x), (_x(4),)),
    "gamma": (lambda x: lax.lgamma(x) * x, (_x(4),)),
    "absolute value and sign": (lambda x: abs(x) * jnp.sign(x) * x, (_n(4),)),
    "remainder": (lambda x: jnp.fmod(x, 0.3) * x, (_n(4),)),
    "rounding": (lambda x: x * (jnp.floor(3 * x) + jnp.ceil(5 * x) + jnp.round(7 * x) + lax.round(9 * x)), (_n(4),)),
    "halves are rounded away": (lambda x: x * lax.round(jnp.array([0.5, 1.5, -2.5, 3.0])), (_n(4),)),
    "halves are rounded to even": (lambda x: x * jnp.round(jnp.array([0.5, 1.5, -2.5, 3.0])), (_n(4),)),
    "pad": (lambda x: lax.pad(x, 2.0, ((1, 2, 0), (0, 1, 0))) ** 2, (_n(3, 4),)),
    "pad interior": (lambda x: lax.pad(x, 0.0, ((1, 0, 2), (0, 1, 1))) ** 2, (_n(3, 4),)),
    "pad negative": (lambda x: lax.pad(x, 0.0, ((-1, 2, 1), (1, -2, 0))) ** 2, (_n(3, 4),)),
    "slice with strides": (lambda x: lax.slice(x, (0, 1), (3, 6), (2, 3)) ** 2, (_n(3, 6),)),
    "rev": (lambda x: lax.rev(x, (0, 1)) * jnp.arange(4.0), (_n(3, 4),)),
    "concatenate": (lambda x, y: jnp.concatenate([x, y**2], axis=1), (_n(3, 2), _n(3, 1))),
    "stack and transpose": (lambda x, y: jnp.stack([x, y]).transpose(2, 0, 1) ** 2, (_n(3, 2), _n(3, 2))),
    "split": (lambda x: jnp.split(x, (1, 3), axis=1)[1] ** 2, (_n(3, 4),)),
    "roll and tile": (lambda x: jnp.tile(jnp.roll(x, 1), 2) ** 2, (_n(4),)),
    "diagonal and trace": (lambda x: jnp.diagonal(x) * jnp.trace(x), (_n(3, 3),)),
    "reshape and squeeze": (lambda x: jnp.squeeze(x.reshape(1, 6)) * x.ravel(), (_n(2, 3),)),
    "expand_dims": (lambda x: lax.expand_dims(x, (0, 2)) * x[:, None], (_n(3),)),
    "iota": (lambda x: x * lax.broadcasted_iota(jnp.float64, (2, 3), 1), (_n(2, 3),)),
    "triangular": (lambda x: jnp.tril(x) @ jnp.triu(x, 1), (_n(3, 3),)),
    "cholesky": (lambda a: jnp.linalg.cholesky(a), (_spd(4),)),
    "scan": (_scan, (_n(4, 2),)),
    "scan reversed": (_reverse_scan, (_n(4, 2),)),
    "scan of nothing": (lambda x: lax.scan(lambda c, t: (c * 2, c + t), x, jnp.zeros((0, 2)))[0], (_n(2),)),
    "fori_loop": (_loop, (_n(2),)),
    "cond": (lambda x: lax.cond(x.sum() > 0, jnp.sin, lambda t: t**3, x), (_n(3),)),
    "switch": (lambda x: lax.switch(jnp.int32(x[0] > 0) + 1, [jnp.sin, jnp.cos, jnp.exp], x), (_n(3),)),
    "custom_jvp": (_own_jvp, (_n(3),)),
    "custom_vjp": (_own_vjp, (_n(3),)),
    "checkpoint": (jax.checkpoint(lambda x: jnp.sin(jnp.sin(x))), (_n(3),)),
    "jit": (jax.jit(lambda x: jnp.exp(x) * 2), (_n(3),)),
    "relu": (jax.nn.relu, (_n(3, 4),)),
    "leaky relu": (jax.nn.leaky_relu, (_n(3, 4),)),
    "float32 inside": (lambda x: x.astype(jnp.float32).astype(jnp.float64) * x, (np.array([1.0, 0.5, -3.0]),)),
    "reduce_precision of nothing": (lambda x: lax.reduce_precision(x, 11, 52) ** 2, (_n(3),)),
    "inv": (jnp.linalg.inv, (_spd(3),)),
    "solve": (jnp.linalg.solve, (_spd(3), _n(3, 2))),
    "solve a vector": (jnp.linalg.solve, (_spd(3), _n(3))),
    "slogdet": (lambda a: jnp.linalg.slogdet(a)[1], (_spd(3),)),
    "cho_solve": (lambda a, b: jax.scipy.linalg.cho_solve((jnp.linalg.cholesky(a), True), b), (_spd(3), _n(3))),
    **{
        f"triangular_solve {'left' if left else 'right'}{' lower' if lower else ' upper'}"
        f"{' transposed' if transposed else ''}{' unit' if unit else ''}": (
            lambda a, b, o=dict(left_side=left, lower=lower, transpose_a=transposed, unit_diagonal=unit): (  # noqa: C408
                lax.linalg.triangular_solve(a, b, **o)
            ),
            (TRI if lower else TRI.T, _n(4, 2) if left else _n(2, 4)),
        )
        for left in (True, False) for lower in (True, False) for transposed in (True, False) for unit in (True, False)
    },
    "conv same": (_conv, (_n(2, 3, 5, 4), _n(4, 3, 3, 2))),
    "conv strided": (lambda x, w: _conv(x, w, window_strides=(2, 1), padding="VALID"), (_n(2, 3, 5, 4), _n(2, 3, 2, 2))),
    "conv dilated": (
        lambda x, w: _conv(x, w, padding=((2, 1), (0, 2)), rhs_dilation=(2, 1), lhs_dilation=(1, 2)),
        (_n(1, 2, 4, 4), _n(3, 2, 2, 2)),
    ),
    "conv by groups": (lambda x, w: _conv(x, w, feature_group_count=2), (_n(2, 4, 3, 3), _n(6, 2, 2, 2))),
    "conv by batch groups": (
        lambda x, w: _conv(x, w, batch_group_count=2, padding="VALID"), (_n(4, 2, 3, 3), _n(6, 2, 2, 2))
    ),
    "conv channels last": (
        lambda x, w: _conv(x, w, dimension_numbers=("NHWC", "HWIO", "NHWC")), (_n(2, 4, 3, 2), _n(2, 2, 2, 3))
    ),
    "conv cropped": (lambda x, w: _conv(x, w, padding=((-1, 2), (2, -1))), (_n(1, 1, 5, 5), _n(1, 1, 2, 2))),
    "convolve": (lambda a, v: jnp.convolve(a, v, mode="same"), (_n(6), _n(3))),
    "max pooling": (lambda x: _pool(x, lax.max, -jnp.inf), (_n(6, 5),)),
    "max pooling padded": (lambda x: _pool(x, lax.max, -jnp.inf, "SAME", 1), (_n(6, 5),)),
    "max pooling of ties": (lambda x: _pool(x, lax.max, -jnp.inf, "SAME", 1), (np.round(_n(6, 5)),)),
    "min pooling": (lambda x: _pool(x, lax.min, jnp.inf), (_n(6, 5),)),
    "mean pooling": (lambda x: _pool(x, lax.add, 0.0, ((1, 1), (0, 2))) / 6, (_n(6, 5),)),
    "while by data": (lambda x: x * lax.stop_gradient(_data_while(abs(x))), (_n(3),)),
}

# Not differentiated: values alone, and derivatives by jvp.
VALUES: dict[str, Case] = {
    "argmax and argmin": (lambda x: (jnp.argmax(x, axis=1), jnp.argmin(x, axis=0)), (_n(3, 4),)),
    "argsort": (lambda x: jnp.argsort(x, axis=0), (_n(3, 4),)),
    "sort of integers": (lambda x: jnp.sort((10 * x).astype(int)), (_n(5),)),
    "comparisons": (lambda x, y: (x == y, x != y, x < y, x <= y, x > y, x >= y), (_n(4), np.sort(_n(4)))),
    "logic": (lambda x, y: ((x > 0) & (y > 0), (x > 0) | (y > 0), (x > 0) ^ (y > 0), ~(x > 0)), (_n(6), np.sort(_n(6)))),
    "any and all": (lambda x: (jnp.any(x > 1, axis=0), jnp.all(x > -1, axis=1)), (_n(3, 4),)),
    "is finite": (lambda x: jnp.isfinite(x / jnp.floor(x)), (np.array([0.5, 1.5, -0.5]),)),
    "digamma": (lambda x: lax.digamma(x), (_x(4),)),
    "real part": (lambda x: lax.real(lax.complex(x, x)), (_n(4),)),
    "bounded while": (_bounded_while, (_n(3),)),
    "while by data": (_data_while, (_x(3),)),
    "integers": (lambda x: (3 * x).astype(int) * 2 - 1, (_n(4),)),
    "bool dot": (lambda x: (x > 0).astype(int) @ (x > 0).astype(int), (_n(4),)),
    "one half of each": (lambda x: lax.top_k(x, 2)[1], (_n(3, 5),)),
}


def _traced(f: Callable[..., Any], arguments: tuple[Any, ...]) -> tuple[Any, list[Any]]:
    """The jaxpr of a vectorised function, and a batch that differs from example to example."""
    batch = [np.stack([x * s for s in (1.0, 0.9, 1.05)]) for x in arguments]
    return jax.make_jaxpr(jax.vmap(lambda *xs: jax.tree_util.tree_leaves(f(*xs))))(*batch), batch


def _by_xla(jaxpr: Any, batch: list[Any]) -> list[Any]:
    lowered = jax.jit(jax_core.jaxpr_as_fun(jaxpr)).lower(*batch)
    return [np.asarray(x) for x in lowered.compile({"xla_backend_optimization_level": 0})(*batch)]


def _vjp_of(f: Callable[..., Any]) -> Callable[..., Any]:
    """Gradients for cotangents that differ from entry to entry."""

    def vjp(*xs: Any) -> Any:
        out, pullback = jax.vjp(f, *xs)
        return pullback(jax.tree_util.tree_map(lambda y: jnp.cos(jnp.arange(y.size, dtype=y.dtype)).reshape(y.shape), out))

    return vjp


def _jvp_of(f: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *xs: jax.jvp(f, xs, tuple(jnp.cos(x + 1) for x in xs))


def _compare(f: Callable[..., Any], arguments: tuple[Any, ...], rules: Mapping[str, Any] = FLOAT_RULES) -> Any:
    with jax.enable_x64(True):
        jaxpr, batch = _traced(f, arguments)
        want = _by_xla(jaxpr, batch)
    with np.errstate(all="ignore"):
        got = evaluate(jaxpr.jaxpr, jaxpr.consts, batch, rules)
    assert len(got) == len(want)
    for g, w in zip(got, want, strict=True):
        assert g.shape == w.shape
        assert g.dtype == w.dtype
        np.testing.assert_allclose(g, w, rtol=1e-11, atol=1e-12)
    return jaxpr


FORWARD_ONLY = {"custom_vjp"}  # JAX has no jvp of it
CASES = {
    **{f"vjp {name}": (_vjp_of(f), xs) for name, (f, xs) in SMOOTH.items()},
    **{f"jvp {name}": (_jvp_of(f), xs) for name, (f, xs) in SMOOTH.items() if name not in FORWARD_ONLY},
    **{f"value {name}": case for name, case in {**SMOOTH, **VALUES}.items()},
}


@pytest.mark.parametrize("name", CASES)
def test_values_are_those_of_xla(name: str) -> None:
    _compare(*CASES[name])


# -- no rule without a test --------------------------------------------------------------------------------------------

# Primitives that only some versions of JAX trace.
SINCE_0_12 = {"one_minus_square", "exp_neg_sq"}
CONTROL_NOT_TRACED = {"closed_call"}  # of jax.pure_callback and custom partitioning: one body, called


def _names(jaxpr: Any) -> set[str]:
    """All names in a jaxpr, control included."""
    found = {equation.primitive.name for equation in jaxpr.eqns}
    return found.union(*(_names(inner) for equation in jaxpr.eqns for inner in interpreter._inner(equation.params)))


def test_every_rule_is_met_by_some_case() -> None:
    met, control = set(), set()
    with jax.enable_x64(True):
        for f, xs in CASES.values():
            jaxpr = _traced(f, xs)[0].jaxpr
            met |= primitives(jaxpr, FLOAT_RULES)
            control |= _names(jaxpr)
    old = jax.__version_info__ < (0, 12)
    assert set(FLOAT_RULES) - {UNKNOWN} - met == (SINCE_0_12 if old else set())
    assert set(interpreter._CONTROL) - control <= CONTROL_NOT_TRACED | {"checkpoint", "remat2"}
    assert control & {"checkpoint", "remat2"}


# -- primitives without a rule -----------------------------------------------------------------------------------------


def test_a_primitive_without_a_rule_is_run_by_xla() -> None:
    jaxpr = _compare(lambda a: jnp.linalg.eigh(a)[0], (_spd(3),))
    assert primitives(jaxpr.jaxpr, FLOAT_RULES) - FLOAT_RULES.keys()


def test_without_xla_a_primitive_without_a_rule_is_named() -> None:
    rules = {name: rule for name, rule in FLOAT_RULES.items() if name != UNKNOWN}
    with pytest.raises(Unsupported, match="eigh"):
        _compare(lambda a: jnp.linalg.eigh(a)[0], (_spd(3),), rules)


def test_low_precision_is_left_to_xla() -> None:
    with pytest.raises(Unsupported, match="reduce_precision"):
        _compare(lambda x: lax.reduce_precision(x, 5, 10), (_n(3),))


def test_an_endless_loop_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interpreter, "MAX_ITERATIONS", 3)
    with pytest.raises(Unsupported, match="beyond 3 iterations"):
        _compare(_bounded_while, (_n(3),))


@pytest.mark.parametrize(
    ("rule", "wrong"),
    [("reshape", lambda x, *, new_sizes, **_: np.reshape(x, tuple(new_sizes))), ("tanh", lambda x, **_: np.sin(x)),
     ("cumsum", lambda x, *, axis, **_: np.cumsum(x, axis=axis)), ("sub", lambda a, b, **_: b - a),
     ("conv_general_dilated", lambda x, w, **o: FLOAT_RULES["conv_general_dilated"](x, w, **o | {"lhs_dilation": (1, 1)})),
     ("scatter-add", FLOAT_RULES["scatter"]), ("round", lambda x, **_: np.round(x))],
    ids=lambda x: x if isinstance(x, str) else "",
)
def test_a_wrong_rule_is_caught(rule: str, wrong: Any) -> None:
    """The table notices a planted rule."""
    caught = 0
    for name in ("vjp prod", "vjp scan", "vjp cumsum reversed", "value conv dilated", "vjp at add with repeats",
                 "vjp take", "value halves are rounded away", "value mean and var", "vjp x[idx, idx]"):
        try:
            _compare(*CASES[name], {**FLOAT_RULES, rule: wrong})
        except (AssertionError, ValueError):
            caught += 1
    assert caught


# -- the same rules over Bounded arrays --------------------------------------------------------------------------------

# Steps that Bounded arrays refuse, or that it leaves to XLA with an estimate.
DERIVED = ("matmul", "mean and var", "softmax", "gelu", "cumprod", "take", "at add with repeats", "pad negative", "cholesky",
           "scan", "conv dilated", "conv by groups", "max pooling", "mean pooling", "triangular_solve left lower",
           "sort", "where by mask", "cumlogsumexp", "integer powers", "logistic", "split", "roll and tile", "stack and transpose")


def test_constants_alone_round_too() -> None:
    """The gradient of a mean of 6 is 1/6, which no float is."""
    with jax.enable_x64(True):
        jaxpr, batch = _traced(jax.grad(lambda x: jnp.sum(x) / 6.0), (_n(6),))
    _, (bound,) = error_bounds(jaxpr.jaxpr, jaxpr.consts, batch)
    assert (bound > 0).all()


@pytest.mark.parametrize("name", DERIVED)
def test_bounds_hold_the_distance_between_two_engines(name: str) -> None:
    f, xs = SMOOTH[name]
    with jax.enable_x64(True):
        jaxpr, batch = _traced(_vjp_of(f), xs)
        want = _by_xla(jaxpr, batch)
    with np.errstate(all="ignore"):
        got = evaluate(jaxpr.jaxpr, jaxpr.consts, batch, FLOAT_RULES)
        _, bounds = error_bounds(jaxpr.jaxpr, jaxpr.consts, batch)
    for g, w, e in zip(got, want, bounds, strict=True):
        assert np.isfinite(e).all()
        # Both engines round; neither is further from the truth than about its bound.
        assert (np.abs(g - w) <= 2 * e).all()
        assert (e <= 1e-9 * (1 + np.abs(g).max())).all()
