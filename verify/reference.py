"""The reference side of a claim: JAX's derivative of the forward, traced once per shape, evaluated without compiling.

`Reference.program(example)` traces the claim's VJP, gradient, derivative or value for the example's shapes, vectorised
over a batch of values.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend import core as jax_core

from verify.claim import Claim, SetupError, identity, name_of
from verify.forward import Forward, output_names
from verify.inputs import Example, is_array, structure
from verify.numbers.float_rules import FLOAT_RULES
from verify.numbers.interpreter import primitives
from verify.program import Program
from verify.signatures import Signature

BATCH, BATCH_OF_LARGE, LARGE = 32, 8, 4096
_TRACES: dict[Any, dict[Any, Program]] = {}


class Reference:
    """The reference of one claim. Traces are kept by structure and shared by claims about the same forward."""

    def __init__(self, claim: Claim, signature: Signature) -> None:
        self.claim, self.signature = claim, signature
        self.forward = Forward(claim, signature)
        same = (identity(claim.of), claim.kind, claim.order, signature.wrt, signature.leading, signature.forward)
        self._programs: dict[Any, Program] = _TRACES.setdefault(same, {})

    def program(self, example: Example) -> Program:
        """The traced reference for inputs of the example's structure; raises SetupError if it can't be traced."""
        key = structure(example)
        if key not in self._programs:
            with jax.enable_x64(True):
                self._programs[key] = self._make(example)
        return self._programs[key]

    def single(self, example: Example) -> Program:
        """The same, traced for one example, without an axis of examples."""
        key = ("single", structure(example))
        if key not in self._programs:
            with jax.enable_x64(True):
                self._programs[key] = self._make(example, batched=False)
        return self._programs[key]

    def _make(self, example: Example, batched: bool = True) -> Program:
        forward, values = self.forward.of_leaves(example)
        paths = jax.tree_util.tree_flatten_with_path(example)[0]
        dynamic = [i for i, (_, leaf) in enumerate(paths) if is_array(leaf)]
        owners = [(_key(paths[i][0][0]), jax.tree_util.keystr(paths[i][0][1:])) for i in dynamic]
        names: list[str] = []
        function = self._function(forward, values, owners, names)
        n = BATCH if sum(np.size(v) for v in values) < LARGE else BATCH_OF_LARGE

        def shapes(lead: tuple[int, ...]) -> list[Any]:
            return [jax.ShapeDtypeStruct((*lead, *np.shape(v)), np.asarray(v).dtype) for v in values]

        def flat(*args: Any) -> list[Any]:
            return list(function(list(args)))

        if not self.forward.is_traceable(example):
            names = self.forward.names(example)
            return Program(names, None, dynamic, BATCH, direct=self.forward.call, of=self.claim.of)
        if batched:
            jaxpr = self.forward.trace(lambda: jax.make_jaxpr(jax.vmap(flat))(*shapes((n,))), example)
        else:
            jaxpr = self.forward.trace(lambda: jax.make_jaxpr(flat)(*shapes(())), example)
        if any(isinstance(constant, jax.core.Tracer) for constant in jaxpr.consts):
            raise SetupError(
                f"the forward {name_of(self.claim.of)} keeps a value from an earlier call: it must depend on its "
                "arguments alone; make the object that keeps state inside the function"
            )
        self._refuse_low_precision(jaxpr, values)
        unknown = tuple(sorted(primitives(jaxpr.jaxpr, FLOAT_RULES) - FLOAT_RULES.keys()))
        return Program(names, jaxpr, dynamic, n, self._probed(values, owners), unknown)

    def _probed(self, values: list[Any], owners: list[tuple[str, str]]) -> bool:
        if self.claim.kind != "derivative":
            return False
        return bool(np.shape(values[self._wrt_positions(values, owners)[0]]) != ())

    def _wrt_positions(self, values: list[Any], owners: list[tuple[str, str]]) -> list[int]:
        positions = [
            i
            for name in self.signature.wrt
            for i, (owner, _) in enumerate(owners)
            if owner == name and np.asarray(values[i]).dtype.kind == "f"
        ]
        missing = set(self.signature.wrt) - {owners[i][0] for i in positions}
        if missing and self.claim.wrt is not None:
            raise SetupError(f"wrt= names {', '.join(sorted(missing))}, which holds no floating array")
        if not positions and self.claim.kind != "identity":
            raise SetupError(f"{self.claim.label}: no floating parameter to differentiate; name some by wrt=")
        return positions

    def _function(
        self, forward: Callable[[list[Any]], Any], values: list[Any], owners: list[tuple[str, str]], names: list[str]
    ) -> Callable[[list[Any]], list[Any]]:
        kind, claim = self.claim.kind, self.claim
        wrt = self._wrt_positions(values, owners)
        if kind == "identity":

            def identity(args: list[Any]) -> list[Any]:
                out = forward(args)
                names[:] = output_names(out)
                return [jnp.asarray(leaf) for leaf in jax.tree_util.tree_leaves(out)]

            return identity
        if kind in ("vjp", "gradient"):
            names[:] = [f"d({owner}{path})" if path else f"d{owner}" for owner, path in (owners[i] for i in wrt)]
        elif kind == "derivative":
            names[:] = ["value"]

        def restricted(args: list[Any]) -> Callable[[list[Any]], list[Any]]:
            def primal(chosen: list[Any]) -> list[Any]:
                filled = list(args)
                for i, v in zip(wrt, chosen, strict=True):
                    filled[i] = v
                return [jnp.asarray(leaf) for leaf in jax.tree_util.tree_leaves(forward(filled))]

            return primal

        def vjp(args: list[Any]) -> list[Any]:
            outputs, pullback = jax.vjp(restricted(args), [args[i] for i in wrt])
            cotangents = self._leading(args, owners)
            self._fit_cotangents(outputs, cotangents)
            (grads,) = pullback([c.astype(o.dtype) for c, o in zip(cotangents, outputs, strict=True)])
            return list(grads)

        def jvp(args: list[Any]) -> list[Any]:
            tangents = self._leading(args, owners)
            self._fit_tangents([args[i] for i in wrt], tangents)
            names[:] = [_tangent_name(name) for name in output_names(jax.eval_shape(forward, args))]
            return list(jax.jvp(restricted(args), ([args[i] for i in wrt],), (tangents,))[1])

        def gradient(args: list[Any]) -> list[Any]:
            def scalar(chosen: list[Any]) -> Any:
                out = restricted(args)(chosen)
                if len(out) != 1 or out[0].shape != ():
                    shapes = ", ".join(str(o.shape) for o in out)
                    raise SetupError(
                        f"the forward {name_of(claim.of)} returns shape {shapes}; a gradient needs a scalar, shape (): "
                        "sum it, or claim a vjp"
                    )
                return out[0]

            return list(jax.grad(scalar)([args[i] for i in wrt]))

        def derivative(args: list[Any]) -> list[Any]:
            (x,) = (args[i] for i in wrt)

            def value(x: Any) -> Any:
                out = restricted(args)([x])
                if len(out) != 1 or (x.shape != () and out[0].shape != x.shape):
                    raise SetupError(
                        f"the forward {name_of(claim.of)} is not elementwise in {self.signature.wrt[0]}: it maps shape "
                        f"{x.shape} to {', '.join(str(o.shape) for o in out)}; claim a vjp"
                    )
                return out[0]

            g: Callable[[Any], Any] = value
            for _ in range(claim.order - 1):
                g = _along_ones(g)
            d = jax.jvp(g, (x,), (jnp.ones_like(x),))[1]
            if x.shape == ():
                return [d]
            # What is elementwise has derivatives along t that are t times those along ones.
            t = 1.5 + jnp.cos(jnp.arange(x.size, dtype=x.dtype)).reshape(x.shape)
            rest = jax.jvp(g, (x,), (t,))[1] - d * t
            if claim.order > 1:
                rest += jax.jvp(value, (x,), (t,))[1] - jax.jvp(value, (x,), (jnp.ones_like(x),))[1] * t
            return [d, rest]

        return {"vjp": vjp, "jvp": jvp, "gradient": gradient, "derivative": derivative}[kind]

    def _leading(self, args: list[Any], owners: list[tuple[str, str]]) -> list[Any]:
        """The leaves of the cotangents or tangents, in their order."""
        return [args[i] for name in self.signature.leading for i, (owner, _) in enumerate(owners) if owner == name]

    def _fit_cotangents(self, outputs: list[Any], cotangents: list[Any]) -> None:
        claim, names = self.claim, self.signature.cotangents
        if len(cotangents) != len(outputs):
            raise SetupError(
                f"{claim.name} takes {len(cotangents)} cotangents ({', '.join(names)}); the forward "
                f"{name_of(claim.of)} has {len(outputs)} outputs: one cotangent each, in their order"
            )
        for name, cotangent, output in zip(names, cotangents, outputs, strict=True):
            if cotangent.shape != output.shape:
                raise SetupError(
                    f"the cotangent {name} is declared with shape {cotangent.shape}; the forward's output has "
                    f"{output.shape}: correct its dimensions, or leave them out"
                )

    def _fit_tangents(self, primals: list[Any], tangents: list[Any]) -> None:
        claim, signature = self.claim, self.signature
        if [t.shape for t in tangents] != [x.shape for x in primals]:
            raise SetupError(
                f"{claim.name} takes the tangents {', '.join(signature.tangents)} of shapes "
                f"{', '.join(str(t.shape) for t in tangents)}; expected those of {', '.join(signature.wrt)}: "
                f"{', '.join(str(x.shape) for x in primals)}; wrt= names another choice"
            )

    def _refuse_low_precision(self, jaxpr: Any, values: list[Any]) -> None:
        """float32 in the middle of a float64 forward is rounding that nobody claimed."""
        if any(np.asarray(v).dtype in (np.float32, np.float16) for v in values):
            return
        low = (np.dtype(np.float32), np.dtype(np.float16))
        for constant in jaxpr.consts:
            if getattr(constant, "dtype", None) in low:
                raise SetupError(
                    f"the forward {name_of(self.claim.of)} uses a {constant.dtype} constant, "
                    f"{np.asarray(constant).ravel()[:3].tolist()}; make it with NumPy (float64), or inside the function"
                )
        for equation in _used(jaxpr.jaxpr):
            if any(getattr(v.aval, "dtype", None) in low for v in equation.outvars):
                raise SetupError(
                    f"the forward {name_of(self.claim.of)} computes in {equation.outvars[0].aval.dtype} "
                    f"({equation.primitive.name}) on float64 inputs; remove the conversion"
                )


def _used(jaxpr: Any) -> list[Any]:
    """The equations whose results are used."""
    wanted, used = {v for v in jaxpr.outvars if not isinstance(v, jax_core.Literal)}, []
    for equation in reversed(jaxpr.eqns):
        if wanted.intersection(equation.outvars):
            used.append(equation)
            wanted.update(v for v in equation.invars if not isinstance(v, jax_core.Literal))
    return used


def _along_ones(g: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda x: jax.jvp(g, (x,), (jnp.ones_like(x),))[1]


def _tangent_name(output: str) -> str:
    return "tangent" if output == "value" else f"tangent{output}"


def _key(entry: Any) -> str:
    return str(getattr(entry, "key", entry))
