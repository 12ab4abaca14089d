"""The interpreter's rules over `Bounded` arrays: those over NumPy arrays, with targets lifted before they are written to."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from verify.numbers.interpreter import FLOAT_RULES, Rule, Unsupported, evaluate
from verify.numbers.running_error import Bounded, Unbounded, lift


def _lifting(rule: Rule) -> Rule:
    """A rule that writes into a copy of its first operand."""

    def lifted(first: Any, *rest: Any, **params: Any) -> Any:
        return rule(lift(first), *rest, **params)

    return lifted


BOUNDED_RULES: dict[str, Rule] = {
    **FLOAT_RULES,
    **{name: _lifting(FLOAT_RULES[name]) for name in ("scatter", "scatter-add", "scatter_add", "dynamic_update_slice")},
    "pad": lambda x, value, **params: FLOAT_RULES["pad"](lift(x), lift(value), **params),
}


def error_bounds(jaxpr: Any, consts: Sequence[Any], inputs: Sequence[Any]) -> list[Any] | None:
    """For each output of a program a bound on its rounding error; None where some step has no rule for it."""
    lifted = [Bounded(x) if np.asarray(x).dtype.kind == "f" else x for x in inputs]
    try:
        with np.errstate(all="ignore"):
            out = evaluate(jaxpr, consts, lifted, BOUNDED_RULES)
    except (Unbounded, Unsupported, TypeError):
        return None
    return [_bound(x) for x in out]


def _bound(x: Any) -> Any:
    if not isinstance(x, Bounded):
        return np.zeros(np.shape(x))
    return np.where(np.isnan(x.e) | ~np.isfinite(x.v), np.inf, x.e)
