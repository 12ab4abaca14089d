"""One-sided values at kinks: over random directions exactly the derivatives known on paper, and nothing else."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from verify.numbers.float_rules import FLOAT_RULES
from verify.numbers.interpreter import evaluate
from verify.numbers.one_sided import Ties, moved, value

DRAWS = 64


def _sides(f: Callable[..., Any], x: Any, rest: tuple[Any, ...] = ()) -> tuple[set[tuple[float, ...]], Any]:
    """The gradients of f at x met beside it, one random direction per example, and which examples met a tie."""
    rng = np.random.default_rng(2)
    batch = [np.stack([np.asarray(a, dtype=float)] * DRAWS) for a in (x, *rest)]
    with jax.enable_x64(True):
        jaxpr = jax.make_jaxpr(jax.vmap(jax.grad(lambda *xs: jnp.sum(f(*xs)))))(*batch)
    ties = Ties(DRAWS)
    inputs = [moved(b, rng.choice([-1.0, 1.0], b.shape) * rng.uniform(0.5, 1.5, b.shape)) for b in batch]
    with np.errstate(all="ignore"):
        (out,) = evaluate(jaxpr.jaxpr, jaxpr.consts, inputs, ties.rules)
    rows = np.asarray(value(out)).reshape(DRAWS, -1)
    return {tuple(float(t) + 0.0 for t in np.round(row, 12)) for row in rows}, ties.met


def _leaky(x: Any, slope: Any) -> Any:
    return jnp.where(x > 0, x, slope * x)


def _max_pool(x: Any) -> Any:
    return lax.reduce_window(x, -jnp.inf, lax.max, (2,), (2,), "VALID") * jnp.array([3.0, 5.0])


A = np.array([[1.0, -2.0], [0.0, 0.0]])
ORDER = np.array([1.0, 10.0, 100.0])

# name -> (function, where, further arguments, the gradients on the sides)
KINKS: dict[str, tuple[Callable[..., Any], Any, tuple[Any, ...], set[tuple[float, ...]]]] = {
    "relu by maximum": (lambda x: jnp.maximum(x, 0.0), [0.0], (), {(0.0,), (1.0,)}),
    "relu by maximum, swapped": (lambda x: jnp.maximum(0.0, x), [0.0], (), {(0.0,), (1.0,)}),
    "relu by where": (lambda x: jnp.where(x > 0, x, 0.0), [0.0], (), {(0.0,), (1.0,)}),
    "relu by where, closed": (lambda x: jnp.where(x >= 0, x, 0.0), [0.0], (), {(0.0,), (1.0,)}),
    "relu by mask": (lambda x: (x > 0) * x, [0.0], (), {(0.0,), (1.0,)}),
    "jax.nn.relu": (jax.nn.relu, [0.0], (), {(0.0,), (1.0,)}),
    "jax.nn.relu6 at 6": (jax.nn.relu6, [6.0], (), {(0.0,), (1.0,)}),
    "two relus": (jax.nn.relu, [0.0, 0.0], (), {(0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0)}),
    "one relu at its kink": (jax.nn.relu, [0.0, 2.0], (), {(0.0, 1.0), (1.0, 1.0)}),
    "absolute value": (jnp.abs, [0.0], (), {(-1.0,), (1.0,)}),
    "absolute value at 3": (lambda x: abs(x - 3), [3.0], (), {(-1.0,), (1.0,)}),
    "sign": (lambda x: jnp.sign(x) * x, [0.0], (), {(-1.0,), (1.0,)}),
    "leaky, slope drawn": (_leaky, [0.0], ([0.3],), {(0.3,), (1.0,)}),
    "elu": (jax.nn.elu, [0.0], (), {(1.0,)}),
    "hard tanh": (lambda x: jnp.clip(x, -1.0, 1.0), [-1.0], (), {(0.0,), (1.0,)}),
    "clip above": (lambda x: jnp.clip(x, -1.0, 1.0), [1.0], (), {(0.0,), (1.0,)}),
    "clamp": (lambda x: lax.clamp(-1.0, x, 1.0), [1.0], (), {(0.0,), (1.0,)}),
    "minimum of two": (lambda x: jnp.minimum(x[0], x[1]), [2.0, 2.0], (), {(0.0, 1.0), (1.0, 0.0)}),
    "maximum of all": (jnp.max, [2.0, 2.0, 1.0], (), {(1.0, 0.0, 0.0), (0.0, 1.0, 0.0)}),
    "minimum of all": (jnp.min, [2.0, 1.0, 1.0], (), {(0.0, 1.0, 0.0), (0.0, 0.0, 1.0)}),
    "three tied": (jnp.max, [2.0] * 3, (), {(1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)}),
    "max pooling": (_max_pool, [1.0, 1.0, 4.0, 2.0], (), {(3.0, 0.0, 5.0, 0.0), (0.0, 3.0, 5.0, 0.0)}),
    "max pooling by reshape": (
        lambda x: x.reshape(2, 2).max(1), [1.0, 1.0, 4.0, 2.0], (), {(1.0, 0.0, 1.0, 0.0), (0.0, 1.0, 1.0, 0.0)}
    ),
    "entry at the argmax": (lambda x: x[jnp.argmax(x)], [2.0, 2.0], (), {(1.0, 0.0), (0.0, 1.0)}),
    "entry at the argmin": (lambda x: x[jnp.argmin(x)], [2.0, 2.0], (), {(1.0, 0.0), (0.0, 1.0)}),
    "sorted": (lambda x: jnp.sort(x) * ORDER, [2.0, 2.0, 1.0], (), {(10.0, 100.0, 1.0), (100.0, 10.0, 1.0)}),
    "largest two": (lambda x: lax.top_k(x, 2)[0] * ORDER[:2], [5.0, 3.0, 3.0], (), {(1.0, 10.0, 0.0), (1.0, 0.0, 10.0)}),
    "largest so far": (lambda x: lax.cummax(x) * ORDER[:2], [2.0, 2.0], (), {(11.0, 0.0), (1.0, 10.0)}),
    "nested": (lambda x: jnp.maximum(jnp.maximum(x, 0.0), 2 * x), [0.0], (), {(0.0,), (2.0,)}),
    "kink of a kink": (lambda x: abs(jax.nn.relu(x) - 1), [0.0, 1.0], (), {(0.0, -1.0), (0.0, 1.0), (-1.0, -1.0), (-1.0, 1.0)}),
    "computed zero": (lambda x: jax.nn.relu(A @ x), [2.0, 1.0], (), {(0.0, 0.0), (1.0, -2.0)}),
    "weights at zero": (lambda w: jax.nn.relu(w @ jnp.array([1.0, 2.0])), [0.0, 0.0], (), {(0.0, 0.0), (1.0, 2.0)}),
    "cancelled by reordering": (lambda x: jax.nn.relu(x[0] - x[1]), [0.1, 0.1], (), {(0.0, 0.0), (1.0, -1.0)}),
    "cond": (lambda x: jnp.where(x[0] == x[1], 7.0 * x[0], x[1]), [1.0, 1.0], (), {(0.0, 1.0)}),
    "fmin by select": (lambda x: lax.select(x < 0, 2 * x, 3 * x), [0.0], (), {(2.0,), (3.0,)}),
    "hinge": (lambda x: jnp.maximum(0.0, 1 - 2 * x), [0.5], (), {(0.0,), (-2.0,)}),
}


@pytest.mark.parametrize("name", KINKS)
def test_the_sides_of_a_kink_are_those_on_paper(name: str) -> None:
    f, x, rest, sides = KINKS[name]
    got, met = _sides(f, x, rest)
    assert got == sides
    assert met.all()


AWAY: dict[str, tuple[Callable[..., Any], Any]] = {
    "relu": (jax.nn.relu, [0.3, -0.2]),
    "abs": (jnp.abs, [1e-300, -1e-9]),
    "leaky": (jax.nn.leaky_relu, [0.3, -0.2]),
    "maximum": (jnp.max, [1.0, 3.0, 2.0]),
    "max pooling": (_max_pool, [1.0, 1.5, 4.0, 2.0]),
    "sort": (lambda x: jnp.sort(x) * ORDER, [3.0, 1.0, 2.0]),
    "top_k": (lambda x: lax.top_k(x, 2)[0] * ORDER[:2], [3.0, 1.0, 2.0]),
    "argmax": (lambda x: x[jnp.argmax(x)], [3.0, 1.0, 2.0]),
    "cummax": (lambda x: lax.cummax(x) * ORDER, [1.0, 3.0, 2.0]),
    "clip": (lambda x: jnp.clip(x, -1.0, 1.0), [0.3, 2.0, -4.0]),
    "smooth": (lambda x: jnp.tanh(x) * jnp.exp(x) + jax.nn.sigmoid(x) + jax.scipy.special.erf(x), [0.3, -0.2]),
    "softmax": (lambda x: jax.nn.softmax(x) * ORDER, [0.3, -0.2, 2.0]),
    "cholesky": (lambda x: jnp.linalg.cholesky(jnp.diag(x) + 0.1), [2.0, 3.0]),
    "conv": (lambda x: jnp.convolve(x, x), [0.3, -0.2, 2.0]),
    "gelu": (jax.nn.gelu, [0.3, -0.2]),
    "power": (lambda x: x**2.5 + x**3, [0.3, 2.0]),
}


@pytest.mark.parametrize("name", AWAY)
def test_away_from_kinks_the_value_is_the_plain_one(name: str) -> None:
    f, x = AWAY[name]
    got, met = _sides(f, x)
    with jax.enable_x64(True):
        jaxpr = jax.make_jaxpr(jax.grad(lambda t: jnp.sum(f(t))))(np.array(x))
    with np.errstate(all="ignore"):
        (plain,) = evaluate(jaxpr.jaxpr, jaxpr.consts, [np.array(x)], FLOAT_RULES)
    assert not met.any()
    assert len(got) == 1
    np.testing.assert_allclose(np.array(next(iter(got))), plain, rtol=1e-11, atol=2e-12)


def test_only_the_examples_at_a_tie_are_marked() -> None:
    batch = np.array([[0.0, 1.0], [2.0, 1.0], [-1.0, 0.0]])
    with jax.enable_x64(True):
        jaxpr = jax.make_jaxpr(jax.vmap(jax.grad(lambda x: jnp.sum(jax.nn.relu(x)))))(batch)
    ties = Ties(3)
    evaluate(jaxpr.jaxpr, jaxpr.consts, [moved(batch, np.ones_like(batch))], ties.rules)
    assert ties.met.tolist() == [True, False, True]


def test_inputs_that_do_not_move_meet_no_tie() -> None:
    ties = Ties(2)
    with jax.enable_x64(True):
        jaxpr = jax.make_jaxpr(jax.vmap(lambda k: jnp.maximum(k, 3)))(np.array([3, 4]))
    out = evaluate(jaxpr.jaxpr, jaxpr.consts, [moved(np.array([3, 4]), np.ones(2))], ties.rules)
    assert out[0].tolist() == [3, 4]
    assert not ties.met.any()
