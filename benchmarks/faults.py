"""Errors of a chosen relative size, put into one term of a derivation or into one entry of one of its outputs.

A fault travels with the inputs, as an array of integers (site, output, entry, exponent): one batch then holds many
different faults, and the checker sees an ordinary function of its inputs. Site 0 is an entry, site k the k-th term.
"""

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from benchmarks.derivations import Derivation

NEGLIGIBLE = 1e-3
ENTRY = 0


def size_of(exponent: int) -> float:
    """The relative error 10^-exponent; exponent 0 stands for no error."""
    return 10.0 ** -int(exponent) if exponent else 0.0


def terms(derivation: Derivation, example: dict[str, Any]) -> list[str]:
    """The names of a derivation's terms, in the order in which they are met."""
    met: dict[str, None] = {}

    def note(name: str, value: Any) -> Any:
        met[name] = None
        return value

    derivation.hand(note, *example.values())
    return list(met)


def answer(derivation: Derivation, values: Sequence[Any], site: str, factor: float) -> list[Any]:
    """The hand function's outputs with one term scaled."""
    out = derivation.hand(lambda name, value: value * factor if name == site else value, *values)
    return list(out) if isinstance(out, tuple) else [out]


def faulty(derivation: Derivation, names: Sequence[str], values: Sequence[Any], fault: Any) -> tuple[Any, ...]:
    """The hand function's outputs with the error in its place. `names` are those of its terms."""
    site, output, entry, exponent = (int(k) for k in fault)
    eps = size_of(exponent)
    if site != ENTRY:
        return tuple(answer(derivation, values, names[site - 1], 1 + eps))
    out = answer(derivation, values, "", 1.0)
    factor = np.ones(out[output].shape)
    factor.flat[entry] += eps
    out[output] = out[output] * factor
    return tuple(out)


def choose(derivation: Derivation, example: dict[str, Any], rng: np.random.Generator) -> Any:
    """A random fault that is not negligible, its exponent left open: an entry or a term with equal probability.

    An entry has at least 1e-3 of the largest magnitude in its output; a term moves some output by at least 1e-3 of that
    output's largest entry, per unit of relative error.
    """
    values = list(example.values())
    right = answer(derivation, values, "", 1.0)
    if rng.random() < 0.5:
        output = int(rng.integers(len(right)))
        size = np.abs(np.ravel(right[output]))
        return np.array([ENTRY, output, rng.choice(np.flatnonzero(size >= NEGLIGIBLE * size.max())), 0])
    names = terms(derivation, example)
    for k in rng.permutation(len(names)):
        moved = answer(derivation, values, names[k], 2.0)
        if any(np.max(np.abs(b - a)) >= NEGLIGIBLE * np.max(np.abs(a)) for a, b in zip(right, moved, strict=True)):
            return np.array([k + 1, 0, 0, 0])
    raise ValueError(f"{derivation.name}: every term is negligible on this example")


def functions(derivation: Derivation, xp: Any) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """A forward and a hand function that take the fault as their last argument, for the checker."""
    example = derivation.draw(np.random.default_rng(0), derivation.sizes[0])
    names = terms(derivation, example)

    def forward(*values: Any) -> Any:
        return derivation.forward(xp, *values[:-1])

    def hand(*values: Any) -> Any:
        return faulty(derivation, names, values[:-1], values[-1])

    cotangent, *primals = example
    for function, parameters in ((forward, (*primals, "fault")), (hand, (cotangent, *primals, "fault"))):
        kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
        function.__signature__ = inspect.Signature([inspect.Parameter(p, kind) for p in parameters])  # type: ignore[attr-defined]
    return forward, hand
