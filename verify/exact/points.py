"""Points at which both programs are run exactly: random ones in a field, and given ones in balls.

A random point lies beside an example, which is its float shadow. What may vary by itself is a random residue; what may
not (masks, labels) keeps its numbers; probabilities sum to 1, and symmetric matrices are symmetric. Of inputs that a
strategy draws, whose domains nobody states, integers keep their numbers: they may be labels, or an interval's ends.
"""

from collections.abc import Sequence
from typing import Any

import jax
import numpy as np

from verify import domains
from verify.exact.arrays import ExactArray, lift
from verify.exact.balls import Balls
from verify.exact.degrees import VARIABLE
from verify.exact.field import Field
from verify.inputs import Example, is_array
from verify.signatures import Signature

Array = np.ndarray[Any, np.dtype[Any]]
UNKNOWN = domains.Domain("unknown", lambda rng, shape: np.zeros(shape), lambda x: False)
NUDGE = 2.0**-10


class Plan:
    """Which arrays of a claim's inputs vary, and in what relation: a domain by name and path."""

    def __init__(self, signature: Signature, examples: Sequence[Example]) -> None:
        declared = {
            item.name: item.domain for item in signature.inputs
            if isinstance(item.domain, domains.Domain) and not item.static
        }
        self._domains: dict[str, domains.Domain] = {}
        for example in examples:
            for path, leaf in jax.tree_util.tree_flatten_with_path(example)[0]:
                key = jax.tree_util.keystr(path)
                if not is_array(leaf) or leaf.dtype.kind != "f":
                    continue
                name = str(getattr(path[0], "key", ""))
                self._domains[key] = declared.get(name, UNKNOWN)

    def generic(self, example: Example, rng: np.random.Generator) -> Example:
        """The example moved a little where its domain lets it: off ties, zeros and integers."""

        def move(path: Any, x: Any) -> Any:
            domain = self._domains.get(jax.tree_util.keystr(path))
            if domain is None or not domain.free or domain.sums_along is not None or domain.symmetric:
                return x
            moved = (x + NUDGE * (1 + np.abs(x)) * rng.uniform(-1, 1, x.shape)).astype(x.dtype)[()]
            return moved if domain.contains(np.asarray(moved)) else x

        return _in_order(example, jax.tree_util.tree_map_with_path(move, example))

    def at_random(self, example: Example, field: Field) -> Example:
        """A random point beside the example."""

        def exact(path: Any, x: Any) -> Any:
            domain = self._domains.get(jax.tree_util.keystr(path))
            if domain is None:
                return x
            return _random(x, domain, field) if domain.free else lift(x)

        return jax.tree_util.tree_map_with_path(exact, example)


def _in_order(example: Example, mapped: Example) -> Example:
    """JAX sorts the names of a dict; ours stand in the order of the parameters."""
    return {name: mapped[name] for name in example}


def _random(x: Any, domain: domains.Domain, field: Field) -> ExactArray:
    out = np.empty(np.shape(x), object)
    out.reshape(-1)[:] = [
        field.lift(shadow) if domain is UNKNOWN and shadow == int(shadow) else field.free(shadow)
        for shadow in np.ravel(x).tolist()
    ]
    if domain.symmetric:
        lower = np.tril(np.ones(out.shape[-2:], bool))
        out = np.where(lower, out, np.swapaxes(out, -1, -2))
    if domain.sums_along is not None:
        parts = np.moveaxis(out, domain.sums_along, 0)
        rest: Any = field.lift(1)
        for part in parts[:-1]:
            rest = np.subtract(rest, part)
        parts[-1] = rest
    return ExactArray(out, VARIABLE)


def in_balls(example: Example, balls: Balls) -> Example:
    """The example itself, each float the number that it is."""

    def exact(x: Any) -> Any:
        if not is_array(x) or x.dtype.kind != "f":
            return x
        out = np.empty(np.shape(x), object)
        out.reshape(-1)[:] = [balls.exact(float(entry)) for entry in np.ravel(x)]
        return ExactArray(out, VARIABLE)

    return jax.tree_util.tree_map(exact, example)


def by_leaves(example: Example, dynamic: Sequence[int]) -> list[Any]:
    """The arrays that a traced program takes, in its order."""
    leaves = jax.tree_util.tree_leaves(example)
    return [leaves[i] for i in dynamic]


