"""How far each side may be from the exact value: derived where the code runs on `Bounded` arrays, estimated elsewhere.

The estimate re-runs the code on inputs moved by an ulp: 16 runs, 64 times the spread. It is labelled in the evidence.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from verify import hand
from verify.claims import Claim
from verify.hand import Failure
from verify.inputs import Example
from verify.numbers.running_error import Bounded
from verify.reference import Program
from verify.signatures import SetupError, Signature

Array = np.ndarray[Any, np.dtype[Any]]
RUNS = 16
SPREAD = 64.0


def of_reference(program: Program, examples: Sequence[Example], values: Sequence[Array], rng: np.random.Generator
                 ) -> tuple[list[Array], str]:
    """A bound for each output of the reference, and how it was found."""
    if program.direct is not None:
        return _of_numpy(program, examples, values, rng)
    derived = program.bounds(examples)
    if derived is not None:
        return derived, "derived"
    return estimate(values, lambda: program.evaluate([nudged(example, rng) for example in examples])), "estimated"


def of_hand(
    claim: Claim, signature: Signature, example: Example, values: Sequence[Array], names: Sequence[str],
    rng: np.random.Generator,
) -> tuple[list[Array], str]:
    """A bound for each output of the hand function on one example, and how it was found."""
    out = hand.answer(claim, signature, lifted(example))
    if not isinstance(out, Failure):
        derived = _errors(hand.flatten(claim, signature, out), values)
        if derived is not None:
            return derived, "derived"

    def again() -> list[Array]:
        out = hand.answer(claim, signature, nudged(example, rng))
        if isinstance(out, Failure):
            return [np.full(x.shape, np.inf) for x in values]
        leaves = hand.flatten(claim, signature, out)
        return [np.asarray(leaf, dtype=float) for leaf in leaves]

    return estimate(values, again), "estimated"


def _of_numpy(program: Program, examples: Sequence[Example], values: Sequence[Array], rng: np.random.Generator
              ) -> tuple[list[Array], str]:
    """As `of_reference`, for a stated value that is plain NumPy code."""
    assert program.direct is not None
    rows = []
    for k, example in enumerate(examples):
        try:
            leaves = hand.leaves(program.direct(lifted(example)))
        except SetupError:
            leaves = []
        derived = _errors(leaves, [x[k] for x in values])
        if derived is None:
            return estimate(values, lambda: program.evaluate([nudged(example, rng) for example in examples])), "estimated"
        rows.append(derived)
    return [np.stack(column) for column in zip(*rows, strict=True)], "derived"


def _errors(leaves: Sequence[Any], values: Sequence[Array]) -> list[Array] | None:
    """The errors of an answer on `Bounded` inputs; None if it is not the computation that gave the values."""
    if len(leaves) != len(values) or not all(map(_agrees, leaves, values)):
        return None
    return [_error(leaf, value) for leaf, value in zip(leaves, values, strict=True)]


def estimate(values: Sequence[Array], again: Callable[[], Sequence[Array]]) -> list[Array]:
    """64 times the spread over runs on moved inputs, and the rounding of the last operations."""
    spread = [np.zeros(x.shape) for x in values]
    for _ in range(RUNS):
        with np.errstate(all="ignore"):
            moved = [np.abs(np.asarray(y, dtype=float) - x) for x, y in zip(values, again(), strict=True)]
        spread = [np.fmax(a, np.where(np.isnan(b), np.inf, b)) for a, b in zip(spread, moved, strict=True)]
    return [SPREAD * (s + _unit(x) * np.abs(x) / 8) for s, x in zip(spread, values, strict=True)]


def lifted(x: Any) -> Any:
    """An input with every floating array as an exact `Bounded` one."""
    return _mapped(x, lambda a: Bounded(np.array(a)))


def nudged(x: Any, rng: np.random.Generator) -> Any:
    """An input with every floating entry moved towards zero by an ulp or not at all.

    Zeros stay, equal entries stay equal, and what lies between 0 and 1 stays there.
    """

    def move(a: Any) -> Any:
        distinct, where = np.unique(np.asarray(a), return_inverse=True)
        step = -rng.integers(0, 2, distinct.shape) * np.spacing(distinct) * (distinct != 0)
        return (distinct + step).astype(a.dtype)[where].reshape(np.shape(a))[()]

    return _mapped(x, move)


def _mapped(x: Any, f: Callable[[Any], Any]) -> Any:
    if isinstance(x, (np.ndarray, np.generic)):
        return f(x) if x.dtype.kind == "f" else x
    if isinstance(x, dict):
        return {key: _mapped(item, f) for key, item in x.items()}
    if isinstance(x, tuple) and hasattr(x, "_fields"):
        return type(x)(*(_mapped(item, f) for item in x))
    if isinstance(x, (list, tuple)):
        return type(x)(_mapped(item, f) for item in x)
    return x


def _unit(x: Array) -> float:
    return float(np.finfo(x.dtype).eps) if x.dtype.kind == "f" else 0.0


def _agrees(leaf: Any, value: Array) -> bool:
    """Whether the run on `Bounded` arrays is the same computation as the plain one."""
    v = leaf.v if isinstance(leaf, Bounded) else leaf
    if np.shape(v) != value.shape:
        return False
    with np.errstate(all="ignore"):
        apart = np.abs(np.asarray(v, dtype=float) - value.astype(float))
        return bool(((apart <= 2 * _error(leaf, value)) | np.isnan(apart)).all())


def _error(leaf: Any, value: Array) -> Array:
    if not isinstance(leaf, Bounded):
        return np.zeros(value.shape)
    return np.where(np.isnan(leaf.e) | ~np.isfinite(np.asarray(leaf.v, dtype=float)), np.inf, leaf.e)

