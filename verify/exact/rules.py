"""The interpreter's rules over exact arrays: those over NumPy arrays, constants exact from the start."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from verify.exact.arrays import ExactArray, lift
from verify.exact.field import NotExact
from verify.numbers.float_rules import FLOAT_RULES
from verify.numbers.interpreter import CONSTANT, UNKNOWN, Rule, Unsupported, evaluate


def _exact(x: Any) -> Any:
    """A floating array as an exact one; integers and booleans as they are. Masks of infinities stay plain too."""
    if isinstance(x, ExactArray):
        return x
    plain = np.asarray(x)
    return lift(plain) if plain.dtype.kind == "f" and np.isfinite(plain).all() else plain


def _giving_exact(rule: Rule) -> Rule:
    return lambda *operands, **params: _exact(rule(*operands, **params))


def _lifting(rule: Rule) -> Rule:
    """A rule that writes into a copy of its first operand."""
    return lambda first, *rest, **params: rule(_exact(first), *rest, **params)


def _unknown(primitive: Any, operands: Sequence[Any], params: Mapping[str, Any]) -> list[Any]:
    raise NotExact(f"JAX's {primitive.name}")


EXACT_RULES: dict[str, Rule] = {
    **FLOAT_RULES,
    UNKNOWN: _unknown,
    CONSTANT: _exact,
    **{name: _giving_exact(FLOAT_RULES[name]) for name in ("iota", "convert_element_type")},
    **{name: _lifting(FLOAT_RULES[name]) for name in ("scatter", "scatter-add", "dynamic_update_slice")},
    "pad": lambda x, value, **params: FLOAT_RULES["pad"](_exact(x), _exact(value), **params),
}


def run_exactly(jaxpr: Any, consts: Sequence[Any], inputs: Sequence[Any]) -> list[Any]:
    """The outputs of a traced program on exact inputs. Raises NotExact where a step has no exact form."""
    try:
        return evaluate(jaxpr, consts, inputs, EXACT_RULES)
    except Unsupported as error:
        raise NotExact(f"JAX's {error}") from None
