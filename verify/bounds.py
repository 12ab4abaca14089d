"""How far each side may be from the exact value: derived where the code runs on `Bounded` arrays, estimated elsewhere.

The estimate re-runs the code on inputs moved by an ulp: 16 runs, 64 times the spread. That alone misses what is lost
between input and output (1 - tanh(z)^2 far from 0), so the code runs in other precisions too: 8 times the distance from
an extended-precision run, where NumPy has one, and 64 times that from a float32 run, scaled by the ratio of the two
units of rounding. Code that converts to Python numbers undoes that, so the noise along a short line is taken besides,
from the differences of a smooth function's values that must vanish: Moré and Wild, "Estimating computational noise",
2011. Estimated bounds are labelled in the evidence.
"""

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from verify import hand, inputs
from verify.claim import Claim, SetupError
from verify.hand import Failure
from verify.inputs import Example
from verify.numbers.makers import BOUNDED
from verify.numbers.running_error import Bounded, no_narrower_than
from verify.program import Program, distance
from verify.signatures import Signature

Array = np.ndarray[Any, np.dtype[Any]]
RUNS = 16
SPREAD = 64.0
EXTENDED = 8.0
U_RATIO = 2.0**-29
SAME = 1e-12
LINE, STEP, LONGEST, ORDER = range(-5, 6), 2.0**-20, 2.0**-16, 6
GAMMA = math.factorial(ORDER) ** 2 / math.factorial(2 * ORDER)
NOISE = 16.0


def of_reference(program: Program, examples: Sequence[Example], values: Sequence[Array], rng: np.random.Generator
                 ) -> tuple[list[Array], str]:
    """A bound for each output of the reference, and how it was found."""
    if program.direct is not None:
        return _of_numpy(program, examples, values, rng)
    derived = program.bounds(examples, values)
    if derived is not None:
        return derived, "estimated" if program.unknown else "derived"
    return _estimate_program(program, examples, values, rng), "estimated"


def of_hand(
    claim: Claim, signature: Signature, example: Example, values: Sequence[Array], names: Sequence[str],
    rng: np.random.Generator,
) -> tuple[list[Array], str]:
    """A bound for each output of the hand function on one example, and how it was found."""
    floating = [x.dtype.itemsize for x in inputs.numbers(example) if x.dtype.kind == "f"]
    with no_narrower_than(min(floating, default=0)), BOUNDED.creating(claim.hand):
        out = hand.answer(claim, signature, lifted(example))
    if not isinstance(out, Failure):
        derived = _errors(hand.flatten(claim, signature, out), values)
        if derived is not None:
            return derived, "derived"

    def run(moved: Example) -> Sequence[Array] | None:
        out = hand.answer(claim, signature, moved, watched=False)
        return None if isinstance(out, Failure) else list(map(hand.plain, hand.flatten(claim, signature, out)))

    return estimate(values, example, run, rng), "estimated"


def _of_numpy(program: Program, examples: Sequence[Example], values: Sequence[Array], rng: np.random.Generator
              ) -> tuple[list[Array], str]:
    """As `of_reference`, for a stated value that is plain NumPy code."""
    assert program.direct is not None
    rows = []
    for k, example in enumerate(examples):
        try:
            with BOUNDED.creating(program.of):
                leaves = hand.leaves(program.direct(lifted(example)))
        except SetupError:
            leaves = []
        derived = _errors(leaves, [x[k] for x in values])
        if derived is None:
            return _estimate_program(program, examples, values, rng), "estimated"
        rows.append(derived)
    return [np.stack(column) for column in zip(*rows, strict=True)], "derived"


def _estimate_program(
    program: Program, examples: Sequence[Example], values: Sequence[Array], rng: np.random.Generator
) -> list[Array]:
    def run(moved: Any) -> Sequence[Array] | None:
        return program.evaluate(moved)

    return estimate(values, list(examples), run, rng)


def _errors(leaves: Sequence[Any], values: Sequence[Array]) -> list[Array] | None:
    """The errors of an answer on `Bounded` inputs; None if it is not the computation that gave the values."""
    if len(leaves) != len(values) or not all(map(_agrees, leaves, values)):
        return None
    return [_error(leaf, value) for leaf, value in zip(leaves, values, strict=True)]


def estimate(
    values: Sequence[Array], example: Any, run: Callable[[Any], Sequence[Array] | None], rng: np.random.Generator
) -> list[Array]:
    """A bound from further runs: on moved inputs, and in other precisions. A run that fails tells nothing."""
    out = [SPREAD * _unit(x) * np.abs(x) / 8 for x in values]
    parts: dict[int, tuple[Array, Array, Array]] = {}
    for _ in range(RUNS):
        out = _widened(out, values, _quietly(run, nudged(example, rng, parts)), SPREAD)
    out = _noisy(out, values, example, run)
    if np.finfo(np.longdouble).eps < np.finfo(float).eps:
        out = _widened(out, values, _quietly(run, cast(example, np.longdouble)), EXTENDED)
    return _widened(out, values, _quietly(run, cast(example, np.float32)), SPREAD * U_RATIO)


def _noisy(
    bounds: list[Array], values: Sequence[Array], example: Any, run: Callable[[Any], Sequence[Array] | None]
) -> list[Array]:
    """The bounds, raised to the noise of the code on a line of inputs, all of them scaled by about 1 + k 2^-20."""
    rows: list[Sequence[Array]] = []
    for k in LINE:
        row = _quietly(run, _mapped(example, partial(_along, k=k)))
        if row is None or any(np.shape(a) != np.shape(b) for a, b in zip(row, values, strict=True)):
            return bounds
        rows.append(row)
    out = []
    with np.errstate(all="ignore"):
        for k, bound in enumerate(bounds):
            differences = np.diff(np.stack([np.asarray(row[k], dtype=float) for row in rows]), ORDER, axis=0)
            noise = np.sqrt(np.mean(differences**2, axis=0) * GAMMA)
            out.append(np.fmax(bound, np.where(np.isfinite(noise), NOISE * noise, 0.0)))
    return out


def _along(a: Any, k: int) -> Any:
    """k steps along the line: far enough for a rounded intermediate to change, near enough for the slope not to."""
    step = np.sign(a) * np.minimum(np.abs(a) * STEP, LONGEST)
    return (a + k * step).astype(a.dtype)[()]


def _quietly(run: Callable[[Any], Sequence[Array] | None], moved: Any) -> Sequence[Array] | None:
    try:
        return run(moved)
    except (SetupError, TypeError, ValueError):
        return None


def _widened(bounds: list[Array], values: Sequence[Array], other: Sequence[Array] | None, factor: float) -> list[Array]:
    if other is None or any(np.shape(y) != np.shape(x) for x, y in zip(values, other, strict=True)):
        return bounds
    with np.errstate(all="ignore"):
        apart = [
            np.abs(np.asarray(y, dtype=np.longdouble) - x).astype(float) for x, y in zip(values, other, strict=True)
        ]
    return [np.fmax(b, np.where(np.isfinite(a), factor * a, 0.0)) for b, a in zip(bounds, apart, strict=True)]


def cast(x: Any, dtype: Any) -> Any:
    """An input with every floating array in another precision."""
    with np.errstate(over="ignore", under="ignore"):
        return _mapped(x, lambda a: a.astype(dtype))


def lifted(x: Any) -> Any:
    """An input with every floating array as an exact `Bounded` one."""
    return _mapped(x, lambda a: Bounded(np.array(a)))


def nudged(x: Any, rng: np.random.Generator, parts: dict[int, tuple[Array, Array, Array]]) -> Any:
    """An input with every floating entry moved towards zero by an ulp or not at all.

    Zeros stay, equal entries stay equal, and what lies between 0 and 1 stays there. `parts` keeps, for all runs on one
    input, its arrays' distinct entries.
    """

    def move(a: Any) -> Any:
        if id(a) not in parts:
            distinct, where = np.unique(np.asarray(a), return_inverse=True)
            parts[id(a)] = distinct, where.reshape(np.shape(a)), np.spacing(distinct) * (distinct != 0)
        distinct, where, ulp = parts[id(a)]
        return (distinct - rng.integers(0, 2, distinct.shape) * ulp).astype(a.dtype)[where][()]

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
    if np.equal(v, value).all():
        return True
    e = leaf.e if isinstance(leaf, Bounded) else 0.0
    with np.errstate(invalid="ignore"):
        near = distance(v, value) <= 2 * e + SAME * np.abs(value)
    return bool((near | np.isnan(e) | ~np.isfinite(value)).all())


def _error(leaf: Any, value: Array) -> Array:
    """The bound for a value, which its run on `Bounded` arrays may have come to by another order of summation."""
    if not isinstance(leaf, Bounded):
        return np.zeros(value.shape)
    e = leaf.e + distance(leaf.v, value)
    unknown = np.isnan(leaf.e) | ~np.isfinite(np.asarray(leaf.v, dtype=float))
    return np.where(unknown, np.inf, e) if unknown.any() else e

