"""Traced programs on exact numbers: the interpreter's rules, on balls, give what they give on floats."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

pytest.importorskip("flint")

from tests.test_interpreter import SMOOTH, VALUES, _jvp_of, _n, _vjp_of
from verify.exact.arrays import ExactArray, using
from verify.exact.balls import Balls
from verify.exact.field import Lost, NotExact
from verify.exact.infinity import NotFinite
from verify.exact.rules import EXACT_RULES, run_exactly
from verify.numbers.float_rules import FLOAT_RULES
from verify.numbers.interpreter import CONSTANT, UNKNOWN, evaluate, primitives

SYSTEM = Balls(160)
OWN = {
    "arctangents to the right": (lambda x, y: jnp.arctan2(x, abs(y)) + jnp.arctan(x), (_n(4), _n(4))),
    "sort alone": (lambda x: jnp.sort(x, axis=1), (_n(2, 3),)),
    "finite": (lambda x: jnp.isfinite(jnp.where(x > 0, x, jnp.inf)), (_n(4),)),
    "jvp max pooling": (_jvp_of(SMOOTH["max pooling"][0]), SMOOTH["max pooling"][1]),
}
CASES = {
    **OWN,
    **VALUES,
    **{f"value {name}": case for name, case in SMOOTH.items()},
    **{f"vjp {name}": (_vjp_of(f), xs) for name, (f, xs) in SMOOTH.items()},
}


@pytest.fixture(autouse=True)
def _precisely() -> Iterator[None]:
    with SYSTEM.precision(), using(SYSTEM), np.errstate(all="ignore"):
        yield


@cache
def traced(name: str) -> Any:
    f, xs = CASES[name]
    with jax.enable_x64(True):
        jaxpr = jax.make_jaxpr(lambda *xs: jax.tree_util.tree_leaves(f(*xs)))(*xs)
    with np.errstate(all="ignore"):
        return jaxpr, evaluate(jaxpr.jaxpr, jaxpr.consts, list(xs), FLOAT_RULES)


def exact(x: Any) -> ExactArray:
    out = np.empty(np.shape(x), object)
    out.reshape(-1)[:] = [SYSTEM.exact(float(entry)) for entry in np.ravel(x)]
    return ExactArray(out)


def floats(x: Any) -> Any:
    if not isinstance(x, ExactArray):
        return x
    values = [entry.value if isinstance(entry, NotFinite) else entry.s for entry in x.x.ravel()]
    return np.array(values, float).reshape(x.shape)


def differs(name: str) -> bool:
    """Whether a case's outputs on balls are not those on floats."""
    jaxpr, wanted = traced(name)
    got = [floats(x) for x in run_exactly(jaxpr.jaxpr, jaxpr.consts, list(map(exact, CASES[name][1])))]
    return not all(a.shape == b.shape and np.allclose(a, b, rtol=1e-11, atol=1e-12, equal_nan=True)
                   for a, b in zip(got, wanted, strict=True))


NO_EXACT_FORM = {
    "sort of integers": "conversion to integers", "integers": "conversion to integers", "real part": "JAX's complex",
    "sort by two keys": "np.lexsort", "at multiply": "np.multiply.at", "remainder": "np.fmod",
    "arctangents": "np.arctan2 of a point to the left",
}
OTHERS = {"is finite", "vjp float32 inside"}  # below


def _bare(name: str) -> str:
    return name.removeprefix("value ").removeprefix("vjp ")


EXACT = [name for name in CASES if name not in OTHERS and _bare(name) not in NO_EXACT_FORM]


@pytest.mark.parametrize("name", EXACT)
def test_a_traced_program_gives_what_it_gives_on_floats(name: str) -> None:
    assert not differs(name)


@pytest.mark.parametrize("name", [name for name in CASES if _bare(name) in NO_EXACT_FORM])
def test_without_an_exact_form_the_function_is_named(name: str) -> None:
    with pytest.raises(NotExact, match=NO_EXACT_FORM[_bare(name)]):
        differs(name)


def test_no_infinity_is_made_and_nothing_is_rounded_to_float32() -> None:
    with pytest.raises(Lost, match="a division by zero"):
        differs("is finite")
    jaxpr, (wanted,) = traced("vjp float32 inside")
    (got,) = run_exactly(jaxpr.jaxpr, jaxpr.consts, [exact(CASES["vjp float32 inside"][1][0])])
    np.testing.assert_allclose(floats(got), wanted, rtol=1e-6)


# -- mutants -----------------------------------------------------------------------------------------------------------

SINCE_0_12 = {"one_minus_square", "exp_neg_sq"}  # that only some versions of JAX trace


@cache
def met() -> dict[str, list[str]]:
    """By primitive, the cases that it is in."""
    out: dict[str, list[str]] = {}
    for name in EXACT:
        for primitive in primitives(traced(name)[0].jaxpr, FLOAT_RULES):
            out.setdefault(primitive, []).append(name)
    return out


def wrong(out: Any) -> Any:
    """A result of which the first entry is another."""
    if isinstance(out, (tuple, list)):
        return type(out)([wrong(out[0]), *out[1:]])
    if isinstance(out, ExactArray):
        changed = out.copy()
        changed.x.reshape(-1)[:1] = [SYSTEM.exact(0.6180339887)]
        return changed
    flat = np.array(out).reshape(-1)
    flat[:1] = ~flat[:1] if flat.dtype == bool else flat[:1] + 1
    return flat.reshape(np.shape(out))


def is_noticed(primitive: str) -> bool:
    for name in met()[primitive]:
        try:
            if differs(name):
                return True
        except Exception:  # whatever a wrong rule leads to
            return True
    return False


WITHOUT_CASE = {UNKNOWN, CONSTANT}  # below
NO_FORM = {"real", "rem", "scatter-mul"}
EQUIVALENT = {"empty2", "platform_index"}  # what it holds is written over; the variants for all platforms are one function


def test_every_rule_is_met() -> None:
    assert set(EXACT_RULES) - met().keys() - WITHOUT_CASE - SINCE_0_12 <= NO_FORM


@pytest.mark.parametrize("primitive", sorted(set(EXACT_RULES) - WITHOUT_CASE - SINCE_0_12 - NO_FORM - EQUIVALENT))
def test_a_wrong_rule_is_noticed(primitive: str, monkeypatch: pytest.MonkeyPatch) -> None:
    right = EXACT_RULES[primitive]
    monkeypatch.setitem(EXACT_RULES, primitive, lambda *args, **params: wrong(right(*args, **params)))
    assert is_noticed(primitive)


def test_a_rounded_constant_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(EXACT_RULES, CONSTANT, lambda x: exact(np.float32(x)) if np.asarray(x).dtype == float else np.asarray(x))
    assert differs("value gelu by tanh")
