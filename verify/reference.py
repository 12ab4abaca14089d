"""The reference side of a claim: JAX's derivative of the forward, traced once per shape, evaluated without compiling.

`Reference.program(example)` traces the claim's VJP, gradient, derivative or value for the example's shapes, vectorised
over a batch of values.
"""

import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from verify.claim import Claim, SetupError, name_of
from verify.inputs import Example, is_array, structure
from verify.numbers.float_rules import FLOAT_RULES, run_by_xla
from verify.numbers.interpreter import UNKNOWN, evaluate, primitives
from verify.numpy_on_jax import NotTraceable, dispatched, lift
from verify.program import Program
from verify.signatures import Signature, bind

BATCH, BATCH_OF_LARGE, LARGE = 32, 8, 4096
READINGS = ("jax", "mixed", "numpy")


@dataclass
class _Traces:
    """What claims about the same forward share."""

    reading: str = ""
    programs: dict[Any, Program] = field(default_factory=dict)


_TRACES: dict[Any, _Traces] = {}


class Reference:
    """The reference of one claim. Traces are kept by structure and shared by claims about the same forward."""

    def __init__(self, claim: Claim, signature: Signature) -> None:
        self.claim, self.signature = claim, signature
        same = (claim.of, claim.kind, claim.order, signature.wrt, signature.leading, signature.forward)
        self._traces = _TRACES.setdefault(same, _Traces())

    @property
    def reading(self) -> str:
        """How the forward is read: as "jax" code, as "numpy" code, as "mixed"; "called" if JAX does not trace it."""
        return self._traces.reading

    def output_shapes(self, example: Example) -> Sequence[Any]:
        """Shapes of the forward's outputs for an example without cotangents."""
        with jax.enable_x64(True):
            self._choose_reading(example)
            return jax.tree_util.tree_leaves(self._trace(lambda: jax.eval_shape(*self._forward_of(example))))

    def program(self, example: Example) -> Program:
        """The traced reference for inputs of the example's structure; raises SetupError if it can't be traced."""
        key = structure(example)
        programs = self._traces.programs
        if key not in programs:
            with jax.enable_x64(True):
                programs[key] = self._make(example)
        return programs[key]

    def _forward_of(self, example: Example) -> tuple[Callable[[list[Any]], Any], list[Any]]:
        """The forward as a function of the example's dynamic leaves, and those leaves."""
        leaves, tree = jax.tree_util.tree_flatten(example)
        dynamic = [i for i, leaf in enumerate(leaves) if is_array(leaf)]

        def forward(values: list[Any]) -> Any:
            filled = list(leaves)
            for i, v in zip(dynamic, values, strict=True):
                filled[i] = v
            return self._call(jax.tree_util.tree_unflatten(tree, filled))

        return forward, [leaves[i] for i in dynamic]

    def _call(self, given: Mapping[str, Any]) -> Any:
        """The forward on tracers, read as `jax.numpy` code, as code that mixes in NumPy functions, or as NumPy code."""
        if self.reading == "numpy":
            return lift(lambda inputs: bind(self.claim.of, self.signature.of, inputs))(given)
        if self.reading == "mixed":
            with dispatched():
                return bind(self.claim.of, self.signature.of, given)
        return bind(self.claim.of, self.signature.of, given)

    def _make(self, example: Example) -> Program:
        forward, values = self._forward_of(example)
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

        self._choose_reading(example)
        if self.reading == "called":
            return self._direct(example, dynamic)
        jaxpr = self._trace(lambda: jax.make_jaxpr(jax.vmap(flat))(*shapes((n,))))
        self._refuse_low_precision(jaxpr, values)
        unknown = tuple(sorted(primitives(jaxpr.jaxpr, FLOAT_RULES) - FLOAT_RULES.keys()))
        return Program(names, jaxpr, dynamic, n, self._probed(values, owners), unknown)

    def _direct(self, example: Example, dynamic: list[int]) -> Program:
        """An identity's forward in plain NumPy: called as it is."""

        def call(inputs: Example) -> Any:
            try:
                with np.errstate(all="ignore"):
                    return bind(self.claim.of, self.signature.of, inputs)
            except Exception as error:
                raise SetupError(_where(self.claim, error)) from None

        return Program(_output_names(call(example)), None, dynamic, BATCH, direct=call)

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
                names[:] = _output_names(out)
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
            names[:] = [_tangent_name(name) for name in _output_names(jax.eval_shape(forward, args))]
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
            t = 1.5 + jnp.cos(jnp.arange(x.size, dtype=x.dtype)).reshape(x.shape)
            return [d, jax.jvp(g, (x,), (t,))[1] - d * t]

        return {"vjp": vjp, "jvp": jvp, "gradient": gradient, "derivative": derivative}[kind]

    def _leading(self, args: list[Any], owners: list[tuple[str, str]]) -> list[Any]:
        """The leaves of the cotangents or tangents, in their order."""
        return [args[i] for name in self.signature.leading for i, (owner, _) in enumerate(owners) if owner == name]

    def _fit_cotangents(self, outputs: list[Any], cotangents: list[Any]) -> None:
        claim, names = self.claim, self.signature.cotangents
        if len(cotangents) != len(outputs):
            raise SetupError(
                f"{claim.name} takes {len(cotangents)} cotangents ({', '.join(names)}); the forward {name_of(claim.of)} "
                f"has {len(outputs)} outputs: one cotangent each, in their order"
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

    def _choose_reading(self, example: Example) -> None:
        """Find out how JAX can trace the forward; raises SetupError if it can't, except for an identity's.

        What JAX makes of NumPy code is held against NumPy's own values.
        """
        if self.reading:
            return
        failures = []
        for self._traces.reading in READINGS if self.claim.kind != "identity" else READINGS[:1]:
            try:
                forward, values = self._forward_of(example)
                traced = jax.make_jaxpr(forward)(values)
            except Exception as error:
                failures.append(error)
                if not _is_for_numpy(error):
                    break
            else:
                if self.reading != "jax":
                    self._compare_with_numpy(traced, example, values)
                return
        self._traces.reading = ""
        if self.claim.kind == "identity" and _is_for_numpy(failures[0]):
            self._traces.reading = "called"
            return
        worst = failures[-1]
        if _is_for_numpy(failures[0]):
            raise SetupError(
                f"{_where(self.claim, worst)}: JAX can't trace it; write the forward with jax.numpy or with NumPy functions "
                "that it has, without conversions to plain numbers and without Python branches on values"
            ) from None
        raise SetupError(_where(self.claim, worst)) from None

    def _compare_with_numpy(self, traced: Any, example: Example, values: list[Any]) -> None:
        """A NumPy function and its JAX twin may differ (in defaults, in rounding of integers): such a reading is refused."""
        outputs = evaluate(traced.jaxpr, traced.consts, [np.asarray(x) for x in values], {**FLOAT_RULES, UNKNOWN: _by_xla})
        given = {name: _copied(x) for name, x in example.items() if name in self.signature.of}
        try:
            with np.errstate(all="ignore"):
                own = jax.tree_util.tree_leaves(bind(self.claim.of, self.signature.of, given))
        except Exception as error:
            raise SetupError(_where(self.claim, error)) from None
        for ours, theirs in zip(outputs, own, strict=True):
            a, b = np.asarray(ours, dtype=float), np.asarray(theirs, dtype=float)
            if a.shape != b.shape or not np.allclose(a, b, rtol=1e-6, atol=1e-9 * np.max(np.abs(b), initial=1.0), equal_nan=True):
                raise SetupError(
                    f"the forward {name_of(self.claim.of)} is NumPy code that JAX reads differently: it gives other values "
                    "than NumPy; write it with jax.numpy"
                )

    def _trace(self, run: Callable[[], Any]) -> Any:
        try:
            return run()
        except SetupError:
            raise
        except Exception as error:
            raise SetupError(_where(self.claim, error)) from None

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
        for equation in jaxpr.jaxpr.eqns:
            if any(getattr(v.aval, "dtype", None) in low for v in equation.outvars):
                raise SetupError(
                    f"the forward {name_of(self.claim.of)} computes in {equation.outvars[0].aval.dtype} "
                    f"({equation.primitive.name}) on float64 inputs; remove the conversion"
                )


def _is_for_numpy(error: Exception) -> bool:
    """Whether a failed trace is of code that means NumPy arrays: it may be traced as such."""
    if isinstance(error, (jax.errors.TracerArrayConversionError, jax.errors.ConcretizationTypeError, NotTraceable)):
        return True
    return isinstance(error, (TypeError, AttributeError, ValueError)) and any(
        word in str(error) for word in ("immutable", "__jax_array__", "Traced", "Tracer", "setting an array element")
    )


def _by_xla(primitive: Any, operands: Sequence[Any], params: Mapping[str, Any]) -> list[Any]:
    return run_by_xla(primitive, operands, params)


def _copied(x: Any) -> Any:
    return jax.tree_util.tree_map(lambda leaf: leaf.copy() if is_array(leaf) else leaf, x)


def _along_ones(g: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda x: jax.jvp(g, (x,), (jnp.ones_like(x),))[1]


def _output_names(out: Any) -> list[str]:
    paths = jax.tree_util.tree_flatten_with_path(out)[0]
    return [jax.tree_util.keystr(path) or "value" for path, _ in paths]


def _tangent_name(output: str) -> str:
    return "tangent" if output == "value" else f"tangent{output}"


def _key(entry: Any) -> str:
    return str(getattr(entry, "key", entry))


def _where(claim: Claim, error: BaseException) -> str:
    """What failed in the forward, with its line if the traceback passes through it."""
    code = getattr(claim.of, "__code__", None)
    line = ""
    for frame in traceback.extract_tb(error.__traceback__):
        if code is not None and frame.filename == code.co_filename:
            line = f", line {frame.lineno} ({frame.line})"
    text = str(error).strip().splitlines()
    return f"the forward {name_of(claim.of)}{line} failed with {type(error).__name__}: {text[0] if text else ''}"
