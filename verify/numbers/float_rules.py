"""The interpreter's rules over plain NumPy arrays: for each primitive of JAX a NumPy function of its operands."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from scipy import special

from verify.numbers.indexing import gather, scatter_positions
from verify.numbers.interpreter import UNKNOWN, Rule, Unsupported
from verify.numbers.linear_algebra import cholesky, lu, triangular_solve
from verify.numbers.windows import convolution, gather_from_windows, reduce_windows, scatter_to_windows


def _elementwise(f: Callable[..., Any]) -> Rule:
    return lambda *operands, **_: f(*operands)


def _convert(x: Any, *, new_dtype: Any, **_: Any) -> Any:
    return x.astype(new_dtype)


def _broadcast(x: Any, *, shape: Sequence[int], broadcast_dimensions: Sequence[int], **_: Any) -> Any:
    expanded = [1] * len(shape)
    for i, d in enumerate(broadcast_dimensions):
        expanded[d] = x.shape[i]
    return np.broadcast_to(np.reshape(x, expanded), tuple(shape))


def _reshape(x: Any, *, new_sizes: Sequence[int], dimensions: Any = None, **_: Any) -> Any:
    return np.reshape(x if dimensions is None else np.transpose(x, dimensions), tuple(new_sizes))


def _select(which: Any, *cases: Any, **_: Any) -> Any:
    if which.dtype == np.bool_:
        return np.where(which, cases[1], cases[0])
    out = cases[0]
    for k, case in enumerate(cases[1:], start=1):
        out = np.where(which == k, case, out)
    return out


def _reduce(f: Callable[..., Any]) -> Rule:
    return lambda x, *, axes, **_: f(x, axis=tuple(int(a) for a in axes)) if axes else x


def _argument(f: Callable[..., Any]) -> Rule:
    return lambda x, *, axes, index_dtype, **_: f(x, axis=axes[0]).astype(index_dtype)


def _cumulative(f: Callable[..., Any]) -> Rule:
    def rule(x: Any, *, axis: int, reverse: bool, **_: Any) -> Any:
        return np.flip(f(np.flip(x, axis), axis=axis), axis) if reverse else f(x, axis=axis)

    return rule


def _logcumsumexp(x: Any, axis: int) -> Any:
    return np.logaddexp.accumulate(x, axis=axis)


def dot_general_axes(
    a_ndim: int, b_ndim: int, dimension_numbers: Any
) -> tuple[tuple[int, ...], tuple[int, ...], int, int]:
    """Permutations that put each operand in order (batch, free, contracted) and (batch, contracted, free)."""
    (ca, cb), (ba, bb) = dimension_numbers
    free_a = [d for d in range(a_ndim) if d not in ca and d not in ba]
    free_b = [d for d in range(b_ndim) if d not in cb and d not in bb]
    return (*ba, *free_a, *ca), (*bb, *cb, *free_b), len(ba), len(ca)


def _dot_general(a: Any, b: Any, *, dimension_numbers: Any, preferred_element_type: Any = None, **_: Any) -> Any:
    if preferred_element_type is not None:
        a, b = (_widened(x, preferred_element_type) for x in (a, b))
    order_a, order_b, n_batch, n_contracted = dot_general_axes(a.ndim, b.ndim, dimension_numbers)
    a, b = np.transpose(a, order_a), np.transpose(b, order_b)
    batch = a.shape[:n_batch]
    free_a, free_b = a.shape[n_batch : a.ndim - n_contracted], b.shape[n_batch + n_contracted :]
    k = math.prod(b.shape[n_batch : n_batch + n_contracted])
    a = np.reshape(a, (*batch, math.prod(free_a), k))
    b = np.reshape(b, (*batch, k, math.prod(free_b)))
    return np.reshape(np.matmul(a, b), (*batch, *free_a, *free_b))


def _widened(x: Any, dtype: Any) -> Any:
    return x if x.dtype == dtype or x.dtype.kind == "c" else x.astype(dtype)


def _pad(x: Any, value: Any, *, padding_config: Sequence[tuple[int, int, int]], **_: Any) -> Any:
    shape = tuple(
        lo + hi + n + max(n - 1, 0) * inner for n, (lo, hi, inner) in zip(x.shape, padding_config, strict=True)
    )
    out = np.broadcast_to(value, shape).astype(np.result_type(x.dtype, value.dtype))
    source, target = [], []
    for n, size, (lo, _hi, inner) in zip(x.shape, shape, padding_config, strict=True):
        positions = lo + np.arange(n) * (inner + 1)
        keep = (positions >= 0) & (positions < size)
        source.append(np.flatnonzero(keep))
        target.append(positions[keep])
    out[np.ix_(*target)] = x[np.ix_(*source)]
    return out


def _slice(x: Any, *, start_indices: Sequence[int], limit_indices: Sequence[int], strides: Any, **_: Any) -> Any:
    steps = strides or (1,) * len(start_indices)
    return x[tuple(slice(a, b, s) for a, b, s in zip(start_indices, limit_indices, steps, strict=True))]


def _dynamic_slice(x: Any, *starts: Any, slice_sizes: Sequence[int], **_: Any) -> Any:
    at = [min(max(int(s), 0), n - k) for s, n, k in zip(starts, x.shape, slice_sizes, strict=True)]
    return x[tuple(slice(s, s + k) for s, k in zip(at, slice_sizes, strict=True))]


def _dynamic_update_slice(x: Any, update: Any, *starts: Any, **_: Any) -> Any:
    at = [min(max(int(s), 0), n - k) for s, n, k in zip(starts, x.shape, update.shape, strict=True)]
    out = x.astype(np.result_type(x.dtype, update.dtype))
    out[tuple(slice(s, s + k) for s, k in zip(at, update.shape, strict=True))] = update
    return out


def _scatter(combine: Callable[[Any, Any, Any], None]) -> Rule:
    def rule(operand: Any, indices: Any, updates: Any, **params: Any) -> Any:
        where, valid, moved = scatter_positions(operand, indices, updates, **params)
        out = operand.astype(np.result_type(operand.dtype, updates.dtype))
        combine(out, tuple(w[valid] for w in where), moved[valid])
        return out

    return rule


def _assign(out: Any, where: Any, values: Any) -> None:
    out[where] = values


def _sort(*operands: Any, dimension: int, num_keys: int, **_: Any) -> tuple[Any, ...]:
    if len(operands) == 1:
        return (np.sort(operands[0], axis=dimension),)
    keys = tuple(reversed(operands[:num_keys]))
    order = np.argsort(keys[0], axis=dimension, kind="stable") if num_keys == 1 else np.lexsort(keys, axis=dimension)
    return tuple(np.take_along_axis(x, order, axis=dimension) for x in operands)


def _top_k(x: Any, *, k: int, **_: Any) -> tuple[Any, Any]:
    order = np.argsort(-x, axis=-1, kind="stable")[..., :k]
    return np.take_along_axis(x, order, axis=-1), order.astype(np.int32)


def _split(x: Any, *, sizes: Sequence[int], axis: int, **_: Any) -> tuple[Any, ...]:
    return tuple(np.split(x, np.cumsum(sizes)[:-1], axis=axis))


def _iota(*_: Any, dtype: Any, shape: Sequence[int], dimension: int, **__: Any) -> Any:
    form = [n if d == dimension else 1 for d, n in enumerate(shape)]
    return np.broadcast_to(np.arange(shape[dimension], dtype=dtype).reshape(form), tuple(shape))


def _clamp(low: Any, x: Any, high: Any, **_: Any) -> Any:
    return np.minimum(np.maximum(x, low), high)


def _round(x: Any, *, rounding_method: Any, **_: Any) -> Any:
    if int(rounding_method) == 1:
        return np.round(x)
    return np.sign(x) * np.floor(np.abs(x) + 0.5)  # half away from zero


def _reduce_precision(x: Any, *, exponent_bits: int, mantissa_bits: int, **_: Any) -> Any:
    if x.dtype.kind == "f" and mantissa_bits < np.finfo(x.dtype).nmant:
        raise Unsupported("reduce_precision")
    return x


def run_by_xla(primitive: Any, operands: Sequence[Any], params: Mapping[str, Any]) -> list[Any]:
    """A primitive that we have no rule for, run alone on plain arrays."""
    with jax.enable_x64(True):
        out = primitive.bind(*(jnp.asarray(x) for x in operands), **params)
    return [np.asarray(x) for x in (out if primitive.multiple_results else [out])]


def _on_cpu(*, platforms: Any, **_: Any) -> Any:
    """Which of the variants of a function is the one for CPUs."""
    named = [k for k, names in enumerate(platforms) if names is not None and "cpu" in names]
    return np.asarray(named[0] if named else platforms.index(None), np.int32)


def _reciprocal_root(x: Any) -> Any:
    return 1 / np.sqrt(x)


FLOAT_RULES: dict[str, Rule] = {
    **{
        name: _elementwise(f)
        for name, f in {
            "add": np.add, "add_any": np.add, "sub": np.subtract, "mul": np.multiply, "div": np.divide,
            "neg": np.negative, "exp": np.exp, "exp2": np.exp2, "log": np.log, "log1p": np.log1p,
            "expm1": np.expm1, "tanh": np.tanh, "sinh": np.sinh, "cosh": np.cosh, "sin": np.sin, "cos": np.cos,
            "tan": np.tan, "asin": np.arcsin, "acos": np.arccos, "atan": np.arctan, "atan2": np.arctan2,
            "asinh": np.arcsinh, "acosh": np.arccosh, "atanh": np.arctanh, "logistic": special.expit, "sqrt": np.sqrt,
            "rsqrt": _reciprocal_root, "cbrt": np.cbrt, "abs": np.abs, "sign": np.sign, "floor": np.floor,
            "ceil": np.ceil, "max": np.maximum, "min": np.minimum, "pow": np.power, "square": np.square,
            "erf": special.erf, "erfc": special.erfc, "erf_inv": special.erfinv, "lgamma": special.gammaln,
            "digamma": special.digamma, "is_finite": np.isfinite, "rem": np.fmod,
            "and": np.bitwise_and, "or": np.bitwise_or, "xor": np.bitwise_xor, "not": np.bitwise_not,
            "eq": np.equal, "ne": np.not_equal, "lt": np.less, "le": np.less_equal, "gt": np.greater,
            "ge": np.greater_equal, "real": np.real,
        }.items()
    },
    UNKNOWN: run_by_xla,
    "exp_neg_sq": lambda x, **_: np.exp(-(x * x)),
    "one_minus_square": lambda x, **_: (1 - x) * (1 + x),
    "integer_pow": lambda x, *, y, **_: np.power(x, y) if y >= 0 else 1 / np.power(x, -y),
    "round": _round,
    "convert_element_type": _convert,
    **dict.fromkeys(("copy", "stop_gradient"), lambda x, **_: x),
    "reduce_precision": _reduce_precision,
    "broadcast_in_dim": _broadcast,
    "reshape": _reshape,
    "transpose": lambda x, *, permutation, **_: np.transpose(x, permutation),
    "squeeze": lambda x, *, dimensions, **_: np.squeeze(x, tuple(dimensions)),
    "concatenate": lambda *xs, dimension, **_: np.concatenate(xs, axis=dimension),
    "rev": lambda x, *, dimensions, **_: np.flip(x, tuple(dimensions)),
    "select_n": _select,
    "clamp": _clamp,
    "reduce_sum": _reduce(np.sum),
    "reduce_max": _reduce(np.max),
    "reduce_min": _reduce(np.min),
    "reduce_prod": _reduce(np.prod),
    "reduce_and": _reduce(np.all),
    "reduce_or": _reduce(np.any),
    "argmax": _argument(np.argmax),
    "argmin": _argument(np.argmin),
    "cumsum": _cumulative(np.cumsum),
    "cumprod": _cumulative(np.cumprod),
    "cummax": _cumulative(np.maximum.accumulate),
    "cummin": _cumulative(np.minimum.accumulate),
    "cumlogsumexp": _cumulative(_logcumsumexp),
    "dot_general": _dot_general,
    "pad": _pad,
    "slice": _slice,
    "dynamic_slice": _dynamic_slice,
    "dynamic_update_slice": _dynamic_update_slice,
    "gather": gather,
    "scatter": _scatter(_assign),
    "scatter-add": _scatter(np.add.at),
    "sort": _sort,
    "top_k": _top_k,
    "split": _split,
    "stack": lambda *xs, axis, **_: np.stack(xs, axis=axis),
    "unstack": lambda x, *, axis, **_: tuple(np.moveaxis(x, axis, 0)),
    "tile": lambda x, *, reps, **_: np.tile(x, tuple(reps)),
    "scatter-mul": _scatter(np.multiply.at),
    "triangular_solve": triangular_solve,
    "cholesky": cholesky,
    "lu": lu,
    "platform_index": _on_cpu,
    "empty2": lambda *, dtype, **_: np.zeros((), dtype),
    "conv_general_dilated": convolution,
    "reduce_window_sum": reduce_windows(np.add, 0.0),
    "reduce_window_max": reduce_windows(np.maximum, -np.inf),
    "reduce_window_min": reduce_windows(np.minimum, np.inf),
    "select_and_gather_add": gather_from_windows,
    "select_and_scatter_add": scatter_to_windows,
    "iota": _iota,
}
