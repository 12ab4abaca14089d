"""The interpreter's rules over `Bounded` arrays: those over NumPy arrays, targets lifted before they are written to."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from verify.numbers.arithmetic import ELEMENTARY, rounded
from verify.numbers.float_rules import FLOAT_RULES, run_by_xla
from verify.numbers.interpreter import CONSTANT, UNKNOWN, Rule, evaluate
from verify.numbers.running_error import Bounded, lift


def _lifting(rule: Rule) -> Rule:
    """A rule that writes into a copy of its first operand."""

    def lifted(first: Any, *rest: Any, **params: Any) -> Any:
        return rule(lift(first), *rest, **params)

    return lifted


def _exact(x: Any) -> Any:
    """A floating array as an exact one: what is computed from it rounds, such as 1 / 6."""
    x = x if isinstance(x, Bounded) else np.asarray(x)
    return Bounded(x) if not isinstance(x, Bounded) and x.dtype.kind == "f" else x


def _constant(x: Any) -> Any:
    """A floating constant of the program, rounded once if it is not short."""
    x = np.asarray(x)
    return lift(x) if x.dtype.kind == "f" else x


def _giving_exact(rule: Rule) -> Rule:
    """A rule that may give a floating array from none."""
    return lambda *operands, **params: _exact(rule(*operands, **params))


def _unknown(primitive: Any, operands: Sequence[Any], params: Mapping[str, Any]) -> list[Any]:
    """A primitive without a rule: its value by XLA, its error from its values on operands moved within their errors."""
    exact = [lift(x) for x in operands]
    values = run_by_xla(primitive, [x.v for x in exact], params)
    rng = np.random.default_rng(0)
    spread = [np.zeros(np.shape(v)) for v in values]
    for _ in range(MOVES):
        moved = [_moved(x, rng) for x in exact]
        for k, v in enumerate(run_by_xla(primitive, moved, params)):
            spread[k] = np.fmax(spread[k], np.abs(v.astype(float) - values[k].astype(float)))
    return [
        rounded(v, MARGIN * e, ELEMENTARY) if v.dtype.kind == "f" else v
        for v, e in zip(values, spread, strict=True)
    ]


def _moved(x: Bounded, rng: np.random.Generator) -> Any:
    if x.v.dtype.kind != "f":
        return x.v
    reach = np.where(np.isfinite(x.e), x.e, 0.0) + np.spacing(np.abs(x.v))
    return (x.v + rng.choice([-1.0, 1.0], x.shape) * reach).astype(x.v.dtype)


MOVES = 6
MARGIN = 8.0

BOUNDED_RULES: dict[str, Rule] = {
    **FLOAT_RULES,
    UNKNOWN: _unknown,
    CONSTANT: _constant,
    **{name: _giving_exact(FLOAT_RULES[name]) for name in ("iota", "convert_element_type")},
    **{name: _lifting(FLOAT_RULES[name]) for name in ("scatter", "scatter-add", "dynamic_update_slice")},
    "pad": lambda x, value, **params: FLOAT_RULES["pad"](lift(x), lift(value), **params),
}


def error_bounds(jaxpr: Any, consts: Sequence[Any], inputs: Sequence[Any]) -> tuple[list[Any], list[Any]]:
    """The outputs of a program and a bound on the rounding error of each; raises where some step has no rule for it."""
    lifted = [_exact(x) for x in inputs]
    with np.errstate(all="ignore"):
        outputs = evaluate(jaxpr, consts, lifted, BOUNDED_RULES)
    return [x.v if isinstance(x, Bounded) else np.asarray(x) for x in outputs], [_bound(x) for x in outputs]


def _bound(x: Any) -> Any:
    if not isinstance(x, Bounded):
        return np.zeros(np.shape(x))
    return np.where(np.isnan(x.e) | ~np.isfinite(x.v), np.inf, x.e)
