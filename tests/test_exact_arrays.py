"""NumPy's functions on exact arrays: on balls what NumPy gives on floats, on residues what it gives on fractions."""

import math
import random
from collections.abc import Callable
from contextlib import suppress
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

pytest.importorskip("flint")

from tests.field_laws import prime
from verify.exact import functions, linear_algebra, ufuncs
from verify.exact.arrays import ExactArray, lift, using
from verify.exact.balls import Balls
from verify.exact.field import Field, Resample, Residue
from verify.exact.functions import FUNCTIONS, UFUNC_METHODS

Function = Callable[..., Any]
SYSTEM = Balls(160)
RNG = np.random.default_rng(3)


def eighths(*shape: int) -> Any:
    """Numbers that are fractions and floats alike; no two are equal."""
    return RNG.permutation(np.arange(-20, 60))[: math.prod(shape)].reshape(shape) / 8 + 0.0625


A, B, V, W, C = eighths(2, 3), eighths(3, 2), eighths(3), eighths(3), eighths(2, 3, 2)
S = (lambda x: x @ x.T + 3 * np.eye(3))(np.round(4 * RNG.standard_normal((3, 3))) / 4)
P = np.abs(A) + 1


def _at(add: Any, x: Any, *args: Any) -> Any:
    target = x.copy()
    add(target, *args)
    return target


# By function, calls of it: each is given the function and arrays.
Call = tuple[Function, tuple[Any, ...]]
CALLS: dict[Any, list[Call]] = {
    np.reshape: [(lambda f, x: f(x, (3, 2)), (A,))], np.transpose: [(lambda f, x: f(x, (1, 2, 0)), (C,))],
    np.swapaxes: [(lambda f, x: f(x, 0, 1), (C,))], np.moveaxis: [(lambda f, x: f(x, 0, 2), (C,))],
    np.squeeze: [(lambda f, x: f(x), (A[None],))], np.expand_dims: [(lambda f, x: f(x, 1), (A,))],
    np.broadcast_to: [(lambda f, x: f(x, (2, 2, 3)), (A,))], np.rollaxis: [(lambda f, x: f(x, 2), (C,))],
    **{f: [(lambda f, x, y: f([x, y]), (A, A * 2))]
       for f in (np.concatenate, np.stack, np.hstack, np.vstack, np.column_stack, np.dstack)},
    np.flip: [(lambda f, x: f(x, 1), (A,))], np.roll: [(lambda f, x: f(x, 1), (A,))], np.repeat: [(lambda f, x: f(x, 2, 0), (A,))],
    **{f: [(lambda f, x: f(x), (A,))] for f in (np.fliplr, np.flipud, np.rot90, np.ravel, np.copy)},
    np.tile: [(lambda f, x: f(x, (2, 1)), (A,))], np.take: [(lambda f, x: f(x, [2, 0], 1), (A,))],
    np.take_along_axis: [(lambda f, x: f(x, np.array([[1], [0]]), 1), (A,))], np.delete: [(lambda f, x: f(x, 1, 1), (A,))],
    np.diagonal: [(lambda f, x: f(x), (S,))], np.diag: [(lambda f, x: f(x), (S,)), (lambda f, x: f(x, 1), (V,))],
    np.diagflat: [(lambda f, x: f(x), (V,))], np.tril: [(lambda f, x: f(x), (S,))], np.triu: [(lambda f, x: f(x, 1), (S,))],
    **{f: [(lambda f, x: f(x, 3), (C.reshape(3, 2, 2),))] for f in (np.split, np.array_split, np.vsplit)},
    np.hsplit: [(lambda f, x: f(x, 3), (A,))],
    **{f: [(lambda f, x: f(x), (V,))] for f in (np.atleast_1d, np.atleast_2d, np.atleast_3d)},
    np.shape: [(lambda f, x: f(x), (A,))], np.ndim: [(lambda f, x: f(x), (A,))], np.size: [(lambda f, x: f(x), (A,))],
    np.iscomplexobj: [(lambda f, x: f(x), (A,))], np.isrealobj: [(lambda f, x: f(x), (A,))],
    np.result_type: [(lambda f, x: f(x, 1), (A,))], np.real: [(lambda f, x: f(x), (A,))],
    np.zeros_like: [(lambda f, x: f(x), (A,)), (lambda f, x: f(x, dtype=bool), (A,))],
    np.ones_like: [(lambda f, x: f(x, shape=(2,)), (A,))], np.full_like: [(lambda f, x: f(x, 2.5), (A,))],
    np.empty_like: [(lambda f, x: (y := f(x)).fill(1) or y, (A,))],
    np.sum: [(lambda f, x: f(x), (A,)), (lambda f, x: f(x, (0, 2), keepdims=True), (C,)),
             (lambda f, x: f(x, 0, where=np.array([[True], [False]])), (A,))],
    np.mean: [(lambda f, x: f(x, 1), (A,)), (lambda f, x: f(x), (A,))],
    np.average: [(lambda f, x: f(x, 0), (A,)), (lambda f, x, w: f(x, weights=w), (V, np.abs(W) + 1))],
    np.var: [(lambda f, x: f(x, 1), (A,)), (lambda f, x: f(x, ddof=1), (A,))], np.std: [(lambda f, x: f(x, 1), (A,))],
    np.prod: [(lambda f, x: f(x, 0), (A,))], np.cumsum: [(lambda f, x: f(x, 1), (A,))], np.cumprod: [(lambda f, x: f(x, 1), (A,))],
    **{f: [(lambda f, x: f(x, 1), (A,)), (lambda f, x: f(x), (A,))] for f in (np.max, np.min, np.argmax, np.argmin)},
    np.where: [(lambda f, x: f(x > 1, x, 2 * x), (A,))], np.clip: [(lambda f, x: f(x, 0, 2), (A,)), (lambda f, x: f(x, None, 1.5), (A,))],
    np.einsum: [(lambda f, x, y: f("ij,jk->k", x, y), (A, B)), (lambda f, x: f("ii->i", x), (S,))],
    np.tensordot: [(lambda f, x, y: f(x, y, ((1, 2), (0, 1))), (C, B))],
    np.dot: [(lambda f, x, y: f(x, y), (A, B)), (lambda f, x, y: f(x, y), (A, C.reshape(2, 3, 2))), (lambda f, x: f(x, 2.0), (A,))],
    np.inner: [(lambda f, x, y: f(x, y), (A, V))], np.vdot: [(lambda f, x, y: f(x, y), (A, B))], np.outer: [(lambda f, x, y: f(x, y), (V, W))],
    np.trace: [(lambda f, x: f(x), (S,)), (lambda f, x: f(x, 1), (S,))], np.sort: [(lambda f, x: f(x, 0), (A,))],
    np.argsort: [(lambda f, x: f(x, 1), (A,))], np.round: [(lambda f, x: f(3 * x), (A,))], np.nan_to_num: [(lambda f, x: f(x), (A,))],
    **{f: [(lambda f, x: f(x > 1, 1), (A,)), (lambda f, x: f(0 * x), (A,)), (lambda f, x: f(x), (A,))] for f in (np.any, np.all)},
    np.count_nonzero: [(lambda f, x: f(x * (x > 1)), (A,))],
    np.pad: [(lambda f, x: f(x, ((1, 0), (0, 2))), (A,)), (lambda f, x: f(x, 1, constant_values=2.5), (A,)),
             (lambda f, x: f(x, 1, mode="edge"), (A,))],
    np.linalg.solve: [(lambda f, x, y: f(x, y), (S, V)), (lambda f, x, y: f(x[::-1], y), (S, B))],
    np.linalg.inv: [(lambda f, x: f(x), (S,))], np.linalg.det: [(lambda f, x: f(x), (S,)), (lambda f, x: f(x[::-1]), (S,))],
    np.linalg.slogdet: [(lambda f, x: tuple(f(-x)), (S,))], np.linalg.cholesky: [(lambda f, x: f(x), (S,))],
    np.linalg.norm: [(lambda f, x: f(x), (A,)), (lambda f, x: f(x, axis=1, keepdims=True), (A,))],
    np.linalg.matrix_power: [(lambda f, x: f(x, 3), (S,)), (lambda f, x: f(x, -2), (S,)), (lambda f, x: f(x, 0), (S,))],
    (np.add, "reduce"): [(lambda f, x: f(x, 1), (A,))], (np.multiply, "reduce"): [(lambda f, x: f(x, 1), (A,))],
    (np.maximum, "reduce"): [(lambda f, x: f(x, 1), (A,))], (np.minimum, "reduce"): [(lambda f, x: f(x, 0), (A,))],
    (np.add, "accumulate"): [(lambda f, x: f(x, 1), (A,))], (np.maximum, "accumulate"): [(lambda f, x: f(x, 1), (A,))],
    (np.minimum, "accumulate"): [(lambda f, x: f(x, 0), (A,))], (np.logaddexp, "accumulate"): [(lambda f, x: f(x, 1), (A / 4,))],
    (np.add, "at"): [(lambda f, x, y: _at(f, x, [0, 1, 0], y), (V, W))],
}
# Of what is not a map of fractions, or what NumPy can't do with them.
NOT_RATIONAL = {
    np.std, np.linalg.slogdet, np.linalg.cholesky, np.linalg.norm, (np.logaddexp, "accumulate"), np.round, np.linalg.solve,
    np.linalg.inv, np.linalg.det, np.result_type,
}
NOT_ON_OBJECTS = {CALLS[np.sum][2][0], CALLS[np.linalg.matrix_power][1][0]}


def function_of(key: Any) -> Function:
    return getattr(*key) if isinstance(key, tuple) else key


def balls(x: Any) -> ExactArray:
    out = np.empty(np.shape(x), object)
    out.reshape(-1)[:] = [SYSTEM.exact(float(entry)) for entry in np.ravel(x)]
    return ExactArray(out)


def fractions(x: Any) -> Any:
    out = np.empty(np.shape(x), object)
    out.reshape(-1)[:] = [Fraction(float(entry)) for entry in np.ravel(x)]
    return out


def residues(x: Any, field: Field) -> ExactArray:
    """Of numbers, as if they were inputs."""
    out = np.empty(np.shape(x), object)
    out.reshape(-1)[:] = [Residue(field, field.lift(float(entry)).v, float(entry)) for entry in np.ravel(x)]
    return ExactArray(out)


def floats(x: Any) -> Any:
    if isinstance(x, ExactArray):
        return np.array([entry.s for entry in x.x.ravel()], float).reshape(x.shape)
    return [floats(part) for part in x] if isinstance(x, (list, tuple)) else x


def close(a: Any, b: Any) -> bool:
    """Whether two results are one, shapes and kinds of numbers included."""
    if isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(map(close, a, b))
    if isinstance(b, (bool, np.dtype)):
        return bool(a == b)
    a, b = np.asarray(a), np.asarray(b)
    return a.shape == b.shape and a.dtype.kind == b.dtype.kind and np.allclose(a, b, rtol=1e-12, atol=1e-12)


def residue_of(x: Any, field: Field) -> Any:
    x = Fraction(x)
    return x.numerator * pow(x.denominator, -1, field.p) % field.p


def wrong(key: Any) -> bool:
    """Whether some call gives something else than NumPy does, on balls or on residues."""
    f = function_of(key)
    for call, arrays in CALLS[key]:
        with SYSTEM.precision(), using(SYSTEM):
            if not close(floats(call(f, *map(balls, arrays))), call(f, *arrays)):
                return True
        field = Field(random.Random(1), p=prime(0))
        with using(field), suppress(Resample):
            got = call(f, *(residues(x, field) for x in arrays))
            if not close(floats(got), call(f, *arrays)):
                return True
            rational = key not in NOT_RATIONAL and call not in NOT_ON_OBJECTS
            if rational and not _same_residues(got, call(f, *map(fractions, arrays)), field):
                return True
    return False


def _same_residues(got: Any, wanted: Any, field: Field) -> bool:
    if isinstance(got, list):
        return all(_same_residues(a, b, field) for a, b in zip(got, wanted, strict=True))
    if not isinstance(got, ExactArray):
        return bool(np.array_equal(got, wanted))
    return [x.v for x in got.x.ravel()] == [residue_of(x, field) for x in np.asarray(wanted, object).ravel()]


def test_every_function_is_called_here() -> None:
    assert {*FUNCTIONS, *UFUNC_METHODS} == set(CALLS)


def _name(key: Any) -> str:
    return f"{key[0].__name__}.{key[1]}" if isinstance(key, tuple) else key.__name__


@pytest.mark.parametrize("key", CALLS, ids=_name)
def test_function(key: Any) -> None:
    assert not wrong(key)


def _off(out: Any) -> Any:
    """Another result, in one entry."""
    if isinstance(out, (list, tuple)):
        return type(out)([_off(out[0]), *out[1:]])
    if isinstance(out, ExactArray):
        changed = out.copy()
        first = changed.x.reshape(-1)[0]
        changed.x.reshape(-1)[0] = first + 2.0**-30
        return changed
    if isinstance(out, np.dtype):
        return np.dtype(np.int32)
    flat = np.array(out).reshape(-1)
    flat[0] = not flat[0] if flat.dtype == bool else flat[0] + 1
    return flat.reshape(np.shape(out))[()]


@pytest.mark.parametrize("key", CALLS, ids=_name)
def test_a_wrong_function_is_noticed(key: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    table = FUNCTIONS if key in FUNCTIONS else UFUNC_METHODS
    right = table[key]
    if key == (np.add, "at"):
        other = lambda target, at, values: right(target, at, -values)  # noqa: E731
    elif key is np.empty_like:  # what it holds is nobody's business
        other = lambda x: right(x)[:1]  # noqa: E731
    else:
        other = lambda *args, **options: _off(right(*args, **options))  # noqa: E731
    monkeypatch.setitem(table, key, other)  # type: ignore[arg-type]
    assert wrong(key)


EXCHANGED = linear_algebra._eliminated

MISTAKES: dict[str, tuple[Any, str, Any, Any]] = {
    "mean divides by n - 1": (functions, "_terms", lambda x, out: x.size // max(np.size(out), 1) - 1, np.mean),
    "var divides by n - 1": (functions, "_terms", lambda x, out: x.size // max(np.size(out), 1) - 1, np.var),
    "rows are taken from below": (functions, "matmul", lambda a, b: ufuncs.matmul(lift(a), lift(b)[::-1]), np.dot),
    "row exchanges do not change the sign": (
        linear_algebra, "_eliminated", lambda a, b: (*EXCHANGED(a, b)[:2], 1), np.linalg.det
    ),
    "the transposed system is solved": (linear_algebra, "_eliminated", lambda a, b: EXCHANGED(a.T, b), np.linalg.solve),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_plausible_mistake_is_noticed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    owner, attribute, other, key = MISTAKES[name]
    monkeypatch.setattr(owner, attribute, other)
    assert wrong(key)
