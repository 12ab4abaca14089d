"""A counterexample as a Python file of its own, which shows the difference with NumPy and JAX alone."""

from collections.abc import Sequence
from pathlib import Path
from string import Template
from typing import Any

import numpy as np

from verify.claim import Claim, name_of
from verify.counterexamples import replay
from verify.counterexamples.literals import literal
from verify.counterexamples.slicing import NotSliceable, sliced
from verify.inputs import Example
from verify.judging import Judgement
from verify.results import write_atomically
from verify.signatures import Signature, call_order

_FILE = Template('''\
"""A counterexample: $what.

    python $file

prints both sides and exits with 1 as long as they differ. It needs $needs.
"""

from __future__ import annotations

import copy
import math
import sys

import jax
import jax.numpy as jnp
import numpy as np

jax.config.update("jax_enable_x64", True)

DOCUMENT = $document
CLAIM = $label
CAUSE = $cause
INPUTS = $inputs
NAMES = $names
WRT = $wrt
# How far apart rounding may take the two sides, entry by entry.
BOUNDS = $bounds

# -- the code ----------------------------------------------------------------------------------------------------------

$code

by_hand = $hand
forward = $forward

# -- both sides --------------------------------------------------------------------------------------------------------


def answer(given):
    out = by_hand($hand_call)
    if WRT and isinstance(out, dict):
        out = [out[name] for name in WRT]
    return [np.asarray(x) for x in jax.tree_util.tree_leaves(out)]


def value(*wrt):
    given = {**INPUTS, **dict(zip(WRT, wrt))}
    return forward($forward_call)


def reference():
$reference


def main():
    given = copy.deepcopy(INPUTS)
    mine, right = answer(given), [np.asarray(x) for x in jax.tree_util.tree_leaves(reference())]
    wrong = 0
    for name in INPUTS:
        if str(given[name]) != str(INPUTS[name]):
            print(f"{name} is changed: {INPUTS[name]} becomes {given[name]}")
            wrong += 1
    if len(mine) != len(right):
        print(f"{len(mine)} arrays are returned; expected {len(right)}: {', '.join(NAMES)}")
        return 1
    for again, first in zip(answer(copy.deepcopy(INPUTS)), mine):
        wrong += not np.array_equal(again, first, equal_nan=True)
    for name, a, b, bound in zip(NAMES, mine, right, BOUNDS):
        if a.shape != b.shape or (a.dtype != b.dtype and a.dtype.kind == "f"):
            print(f"{name} by hand has shape {a.shape} and dtype {a.dtype}; expected {b.shape}, {b.dtype}")
            wrong += 1
            continue
        far = ~(np.abs(a - b) <= bound$slack)
        wrong += int(far.sum())
        print(f"{name}: {int(far.sum())} of {far.size} entries differ")
        print(f"{'entry':<12} {'by hand':>24} {'$other':>24} {'difference':>12}")
        for at in np.ndindex(a.shape):
            x, y = float(a[at]), float(b[at])
            print(f"{str(list(at)):<12} {x:>24.17g} {y:>24.17g} {x - y:>12.3g}" + "  <--" * bool(far[at]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
''')

_REFERENCES = {
    "vjp": """\
    outputs, pullback = jax.vjp(value, *(INPUTS[name] for name in WRT))
    cotangents = [x for name in $leading for x in jax.tree_util.tree_leaves(INPUTS[name])]
    return pullback(jax.tree_util.tree_unflatten(jax.tree_util.tree_structure(outputs), cotangents))""",
    "gradient": """\
    return jax.grad(value, argnums=tuple(range(len(WRT))))(*(INPUTS[name] for name in WRT))""",
    "jvp": """\
    return jax.jvp(value, [INPUTS[name] for name in WRT], [INPUTS[name] for name in $leading])[1]""",
    "derivative": """\
    def along_ones(g):
        return lambda x: jax.jvp(g, (x,), (jnp.ones_like(x),))[1]

    g = value
    for _ in range($order):
        g = along_ones(g)
    return g(jnp.asarray(INPUTS[WRT[0]]))""",
    "identity": """\
    given = INPUTS
    return forward($forward_call)""",
}

# The forward is plain NumPy, which JAX alone can't differentiate: central differences.
_COTANGENT_DIFFERENCES = """\
    leaves, tree = jax.tree_util.tree_flatten([INPUTS[name] for name in WRT])
    weights = [x for name in $leading for x in jax.tree_util.tree_leaves(INPUTS[name])] or [1.0]

    def weighted(k, at, step):
        moved = [np.array(x) for x in leaves]
        moved[k][at] += step
        outputs = jax.tree_util.tree_leaves(value(*jax.tree_util.tree_unflatten(tree, [x[()] for x in moved])))
        return sum(np.sum(np.asarray(w) * np.asarray(y)) for w, y in zip(weights, outputs))

    out = []
    for k, x in enumerate(leaves):
        if np.asarray(x).dtype.kind == "f":
            out.append(np.zeros(np.shape(x)))
            for at in np.ndindex(np.shape(x)):
                step = 1e-6 * max(1.0, abs(float(np.asarray(x)[at])))
                out[-1][at] = (weighted(k, at, step) - weighted(k, at, -step)) / (2 * step)
    return out"""
_DIFFERENCES = {
    "vjp": _COTANGENT_DIFFERENCES,
    "gradient": _COTANGENT_DIFFERENCES,
    "jvp": """\
    primals, tangents = ([INPUTS[name] for name in names] for names in (WRT, $leading))

    def along(step):
        moved = jax.tree_util.tree_map(lambda x, t: x + step * t, primals, tangents)
        return [np.asarray(y) for y in jax.tree_util.tree_leaves(value(*moved))]

    return [(a - b) / 2e-6 for a, b in zip(along(1e-6), along(-1e-6))]""",
    "derivative": """\
    order, step = $order, 10.0 ** (-6 / $order)
    terms = [(-1) ** k * math.comb(order, k) * value(INPUTS[WRT[0]] + (order / 2 - k) * step) for k in range(order + 1)]
    return sum(terms) / step**order""",
}

_FALLBACK = """\
from verify.documents import load

claim = next(claim for claim in load($path).claims if claim.label == CLAIM)"""
_SENTENCES = {
    "vjp": "{} is not the VJP of {}", "gradient": "{} is not the gradient of {}", "jvp": "{} is not the JVP of {}",
    "derivative": "{} is not the derivative of {}", "identity": "{} does not equal {}",
}
_SHOWN = 400  # entries beyond which a bound is one number


def write(
    folder: Path, claim: Claim, signature: Signature, example: Example, names: Sequence[str], judgement: Judgement,
    numpy_forward: bool,
) -> str:
    """Write the file; returns its path as text. Raises NotLiteral if the inputs are no plain data.

    A file of that name that belongs to another document's claim is left alone.
    """
    inputs = literal(dict(example))
    first, other = replay.places(folder, claim)
    path = other if _belongs_elsewhere(first, claim) else first
    code, hand, forward, needs = _code(claim)
    differences = numpy_forward and claim.kind in _DIFFERENCES
    leading = repr(list(signature.leading))
    forward_call = _call(claim.of, signature.of)
    reference = Template((_DIFFERENCES if differences else _REFERENCES)[claim.kind]).substitute(
        leading=leading, order=claim.order, forward_call=forward_call
    )
    assert judgement.failure is not None
    text = _FILE.substitute(
        what=_SENTENCES[claim.kind].format(name_of(claim.hand), name_of(claim.of)), file=path.name, needs=needs,
        document=repr(replay.owner(claim)), label=repr(claim.label), cause=repr(judgement.failure.cause), inputs=inputs,
        names=repr(list(names)), wrt=repr(list(signature.wrt)), bounds=literal([_bound(x) for x in judgement.reach]),
        code=code, hand=hand, forward=forward, hand_call=_call(claim.hand, signature.hand), forward_call=forward_call,
        reference=reference, slack=f" + {1e-6 if claim.order == 1 else 1e-4} * (1 + np.abs(b))" if differences else "",
        other={"identity": "as stated"}.get(claim.kind, "by differences" if differences else "by autodiff"),
    )
    write_atomically(path, text)
    return path.as_posix()


def _code(claim: Claim) -> tuple[str, str, str, str]:
    """The source of both functions, an expression for each, and what the file needs."""
    try:
        found = sliced([claim.hand, claim.of])
    except NotSliceable as why:
        path = repr(str(Path(claim.file)))
        needs = f"`verify` and the document, {Path(claim.file).name}, since {why}"
        return Template(_FALLBACK).substitute(path=path), "claim.hand", "claim.of", needs
    hand, forward = found.expressions
    needs = ", ".join(["NumPy", "JAX", *found.needs]) if found.needs else "NumPy and JAX alone"
    return found.text, hand, forward, needs


def _call(function: Any, names: tuple[str, ...]) -> str:
    positional, keyword = call_order(function, names)
    return ", ".join([*(f"given[{n!r}]" for n in positional), *(f"{n}=given[{n!r}]" for n in keyword)])


def _bound(reach: Any) -> Any:
    """The bound as it is, or its largest entry where that would be too much to read."""
    array = np.asarray(reach, dtype=float)
    return array if array.size <= _SHOWN else float(np.max(array))


def _belongs_elsewhere(path: Path, claim: Claim) -> bool:
    if not path.is_file():
        return False
    try:
        held = replay.read(path)
    except (OSError, SyntaxError, ValueError):
        return False
    return (held.get("DOCUMENT"), held.get("CLAIM")) != (replay.owner(claim), claim.label)
