"""Statements about shapes, proved for all sizes: both sides of a claim traced with JAX's symbolic dimensions.

A proof holds for all sizes of at least 1. Where a side can't be traced so (in-place fills, branches on sizes, code that
JAX has no twin of), nothing is claimed: the shapes tried are all the evidence.
"""

from collections.abc import Callable, Mapping
from typing import Any

import jax
from jax import export

from verify import hand
from verify.claim import Claim
from verify.numpy_on_jax import lift
from verify.signatures import Signature, bind

Forward = Callable[[Mapping[str, Any]], Any]


def proved_dimensions(claim: Claim, signature: Signature, on_tracers: Forward) -> list[str]:
    """The dimension names for all of whose sizes the hand function's shapes are those of the reference; else none.

    `on_tracers` is the forward, a function of the primal inputs by name.
    """
    primals_first = sorted(signature.inputs, key=lambda i: i.cotangent)
    names = list(dict.fromkeys(name for i in primals_first if i.shape for name, _ in i.shape.names()))
    variadic = any(v for i in signature.inputs if i.shape for _, v in i.shape.names())
    if not names or variadic or claim.inputs is not None:
        return []
    try:
        with jax.enable_x64(True):
            sizes = dict(zip(names, export.symbolic_shape(", ".join(names)), strict=True))
            return names if _shapes_agree(claim, signature, on_tracers, sizes) else []
    except KeyboardInterrupt:
        raise
    except Exception:
        # Not traceable with symbolic sizes, for one of many reasons: no proof, and no verdict either.
        return []


def _shapes_agree(claim: Claim, signature: Signature, on_tracers: Forward, sizes: Mapping[str, Any]) -> bool:
    statics = {i.name: i.choices[0] for i in signature.inputs if i.static}
    arrays = {
        i.name: jax.ShapeDtypeStruct(tuple(axis.size(sizes) for axis in i.shape.axes), i.dtype)
        for i in signature.inputs
        if i.shape is not None
    }

    def shapes(run: Callable[..., Any], given: Mapping[str, Any]) -> list[Any]:
        return [x.shape for x in jax.tree_util.tree_leaves(jax.eval_shape(run, given))]

    def forward(values: dict[str, Any]) -> Any:
        return on_tracers({**values, **statics})

    primals = {name: x for name, x in arrays.items() if name in signature.forward}
    outputs = jax.tree_util.tree_leaves(jax.eval_shape(forward, primals))
    for name, output in zip(signature.cotangents, outputs, strict=bool(signature.cotangents)):
        if arrays.setdefault(name, output).shape != output.shape:
            return False
    expected = [arrays[name].shape for name in signature.wrt]
    if claim.kind in ("derivative", "identity", "jvp"):
        expected = [x.shape for x in outputs]

    def by_hand(values: dict[str, Any]) -> Any:
        traceable = lift(
            lambda inputs: hand.flatten(claim, signature, bind(claim.hand, signature.hand, inputs)), claim.hand
        )
        return traceable({**values, **statics})

    return shapes(by_hand, {k: v for k, v in arrays.items() if k in signature.hand}) == expected
