"""The reference side of a claim: JAX's derivative of the forward, traced once per shape, evaluated without compiling.

`Reference.program(example)` traces the claim's VJP, gradient, derivative or value for the example's shapes, vectorised
over a batch of values. `Program.evaluate` interprets the trace by NumPy; `Program.compiled` runs it by XLA, so that two
engines can be compared; a primitive without a rule leaves XLA alone to answer.
"""

import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend import core as jax_core

from verify.claim import Claim
from verify.inputs import Example, is_array, structure
from verify.numbers.bounded_rules import error_bounds
from verify.numbers.interpreter import FLOAT_RULES, Unsupported, evaluate, primitives
from verify.numbers.one_sided import Ties, moved, value
from verify.numbers.running_error import Unbounded
from verify.signatures import SetupError, Signature, bind

_COMPILER = ThreadPoolExecutor(max_workers=1, thread_name_prefix="xla")
Arrays = list[np.ndarray[Any, np.dtype[Any]]]
BATCH = 48


@dataclass
class Program:
    """A traced reference for one structure of inputs.

    names : one per output, such as "dW" or "d(params[0].W)"
    unknown : names of primitives that the interpreter has no rule for; XLA runs them alone
    by_xla : why the whole program is left to XLA, or an empty string
    """

    names: list[str]
    jaxpr: Any
    dynamic: list[int]
    size: int
    probe: bool = False
    unknown: tuple[str, ...] = ()
    by_xla: str = ""
    direct: Callable[[Example], Any] | None = None
    _xla: Future[Any] | None = field(default=None, repr=False)

    def evaluate(self, examples: Sequence[Example]) -> Arrays:
        """Outputs with a leading axis over the examples, in chunks of the traced batch size."""
        if self.direct is not None:
            rows = [jax.tree_util.tree_leaves(self.direct(example)) for example in examples]
            return [np.stack([np.asarray(row[k]) for row in rows]) for k in range(len(self.names))]
        return self._chunked(examples, self._run)

    def compiled(self, examples: Sequence[Example]) -> Arrays:
        """The same outputs by XLA."""
        return self._chunked(examples, self._run_xla)

    def bounds(self, examples: Sequence[Example]) -> Arrays | None:
        """A bound on the rounding error of each output; None where the program has a step without a rule for it."""
        if self.jaxpr is None or self.by_xla:
            return None
        try:
            return self._chunked(examples, lambda batch: error_bounds(self.jaxpr.jaxpr, self.jaxpr.consts, batch))
        except (Unbounded, Unsupported, TypeError):
            return None

    def one_sided(self, examples: Sequence[Example], rng: np.random.Generator) -> tuple[Arrays, Any]:
        """Outputs beside the examples in one random direction, and which examples met a tie.

        Raises Unsupported if a primitive has no one-sided rule.
        """
        if self.direct is not None or self.by_xla:
            raise Unsupported("one-sided values need an interpreted program")
        met: list[Any] = []

        def run(batch: Arrays) -> Arrays:
            ties = Ties(self.size)
            inputs = [moved(x, _direction(rng, x.shape)) for x in batch]
            try:
                with np.errstate(all="ignore"):
                    out = evaluate(self.jaxpr.jaxpr, self.jaxpr.consts, inputs, ties.rules)
            except TypeError as error:
                raise Unsupported(str(error)) from None
            met.append(ties.met)
            return [np.asarray(value(x), dtype=float) for x in out]

        outputs = self._chunked(examples, run)
        return outputs, np.concatenate(met)[: len(examples)]

    def compile(self) -> None:
        """Start to compile the program in another thread, where LLVM works without holding up Python."""
        if self._xla is not None:
            return
        options: Any = {"xla_backend_optimization_level": 0, "xla_llvm_disable_expensive_passes": True}
        shapes = [jax.ShapeDtypeStruct(a.shape, a.dtype) for a in self.jaxpr.in_avals]
        with jax.enable_x64(True):
            lowered = jax.jit(jax_core.jaxpr_as_fun(self.jaxpr)).lower(*shapes)
        self._xla = _COMPILER.submit(lowered.compile, options)

    def _chunked(self, examples: Sequence[Example], run: Callable[[Arrays], Arrays]) -> Arrays:
        parts: list[Arrays] = []
        for start in range(0, len(examples), self.size):
            chunk = list(examples[start : start + self.size])
            count = len(chunk)
            chunk += [chunk[-1]] * (self.size - count)
            rows = [jax.tree_util.tree_leaves(example) for example in chunk]
            batch = [np.stack([np.asarray(row[i]) for row in rows]) for i in self.dynamic]
            parts.append([np.asarray(x)[:count] for x in run(batch)])
        return [np.concatenate(columns) for columns in zip(*parts, strict=True)]

    def _run(self, batch: Arrays) -> Arrays:
        if self.by_xla:
            return self._run_xla(batch)
        try:
            with np.errstate(all="ignore"):
                return evaluate(self.jaxpr.jaxpr, self.jaxpr.consts, batch, FLOAT_RULES)
        except Unsupported as error:
            self.by_xla = str(error)
            return self._run_xla(batch)

    def _run_xla(self, batch: Arrays) -> Arrays:
        self.compile()
        assert self._xla is not None
        with jax.enable_x64(True):
            return [np.asarray(x) for x in self._xla.result()(*batch)]


def _direction(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    """A random direction with no small entry, so that no motion is lost among the others."""
    return rng.choice([-1.0, 1.0], shape) * rng.uniform(0.5, 1.5, shape)


_TRACES: dict[Any, dict[Any, Program]] = {}


class Reference:
    """The reference of one claim. Traces are kept by structure and shared by claims about the same forward."""

    def __init__(self, claim: Claim, signature: Signature) -> None:
        self.claim, self.signature = claim, signature
        same = (claim.of, claim.kind, claim.order, signature.wrt, signature.cotangents, signature.forward)
        self._programs: dict[Any, Program] = _TRACES.setdefault(same, {})

    def output_shapes(self, example: Example) -> Sequence[Any]:
        """Shapes of the forward's outputs for an example without cotangents."""
        with jax.enable_x64(True):
            return jax.tree_util.tree_leaves(self._trace(lambda: jax.eval_shape(*self._forward_of(example))))

    def program(self, example: Example) -> Program:
        """The traced reference for inputs of the example's structure; raises SetupError if it can't be traced."""
        key = structure(example)
        if key not in self._programs:
            with jax.enable_x64(True):
                self._programs[key] = self._make(example)
        return self._programs[key]

    def _forward_of(self, example: Example) -> tuple[Callable[[list[Any]], Any], list[Any]]:
        """The forward as a function of the example's dynamic leaves, and those leaves."""
        leaves, tree = jax.tree_util.tree_flatten(example)
        dynamic = [i for i, leaf in enumerate(leaves) if is_array(leaf)]

        def forward(values: list[Any]) -> Any:
            filled = list(leaves)
            for i, v in zip(dynamic, values, strict=True):
                filled[i] = v
            return bind(self.claim.of, self.signature.forward, jax.tree_util.tree_unflatten(tree, filled))

        return forward, [leaves[i] for i in dynamic]

    def _make(self, example: Example) -> Program:
        forward, values = self._forward_of(example)
        paths = jax.tree_util.tree_flatten_with_path(example)[0]
        dynamic = [i for i, (_, leaf) in enumerate(paths) if is_array(leaf)]
        owners = [(_key(paths[i][0][0]), jax.tree_util.keystr(paths[i][0][1:])) for i in dynamic]
        names: list[str] = []
        function = self._function(forward, values, owners, names)
        n = BATCH

        def shapes(lead: tuple[int, ...]) -> list[Any]:
            return [jax.ShapeDtypeStruct((*lead, *np.shape(v)), np.asarray(v).dtype) for v in values]

        def flat(*args: Any) -> list[Any]:
            return list(function(list(args)))

        try:
            jaxpr = self._trace(lambda: jax.make_jaxpr(jax.vmap(flat))(*shapes((n,))))
        except _NotTraceable as error:
            if self.claim.kind == "identity":
                return self._direct(example, dynamic)
            raise SetupError(str(error)) from None
        self._refuse_low_precision(jaxpr, values)
        unknown = tuple(sorted(primitives(jaxpr.jaxpr) - FLOAT_RULES.keys()))
        return Program(names, jaxpr, dynamic, n, self._probed(values, owners), unknown)

    def _direct(self, example: Example, dynamic: list[int]) -> Program:
        """An identity's forward in plain NumPy: called as it is."""

        def call(inputs: Example) -> Any:
            try:
                with np.errstate(all="ignore"):
                    return bind(self.claim.of, self.signature.forward, inputs)
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
        if kind != "derivative":
            names[:] = [f"d({owner}{path})" if path else f"d{owner}" for owner, path in (owners[i] for i in wrt)]
        else:
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
            cotangents = [
                args[i] for name in self.signature.cotangents for i, (owner, _) in enumerate(owners) if owner == name
            ]
            self._fit_cotangents(outputs, cotangents)
            (grads,) = pullback([c.astype(o.dtype) for c, o in zip(cotangents, outputs, strict=True)])
            return list(grads)

        def gradient(args: list[Any]) -> list[Any]:
            def scalar(chosen: list[Any]) -> Any:
                out = restricted(args)(chosen)
                if len(out) != 1 or out[0].shape != ():
                    shapes = ", ".join(str(o.shape) for o in out)
                    raise SetupError(
                        f"the forward {_name(claim.of)} returns shape {shapes}; a gradient needs a scalar, shape (): "
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
                        f"the forward {_name(claim.of)} is not elementwise in {self.signature.wrt[0]}: it maps shape "
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

        return {"vjp": vjp, "gradient": gradient, "derivative": derivative}[kind]

    def _fit_cotangents(self, outputs: list[Any], cotangents: list[Any]) -> None:
        claim, names = self.claim, self.signature.cotangents
        if len(cotangents) != len(outputs):
            raise SetupError(
                f"{claim.name} takes {len(cotangents)} cotangents ({', '.join(names)}); the forward {_name(claim.of)} "
                f"has {len(outputs)} outputs: one cotangent each, in their order"
            )
        for name, cotangent, output in zip(names, cotangents, outputs, strict=True):
            if cotangent.shape != output.shape:
                raise SetupError(
                    f"the cotangent {name} is declared with shape {cotangent.shape}; the forward's output has "
                    f"{output.shape}: correct its dimensions, or leave them out"
                )

    def _trace(self, run: Callable[[], Any]) -> Any:
        try:
            return run()
        except (SetupError, _NotTraceable):
            raise
        except (jax.errors.TracerArrayConversionError, jax.errors.ConcretizationTypeError) as error:
            raise _NotTraceable(
                f"{_where(self.claim, error)}: JAX can't trace it; write the forward with jax.numpy, without "
                "conversions to NumPy and without Python branches on values"
            ) from None
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
                    f"the forward {_name(self.claim.of)} uses a {constant.dtype} constant, "
                    f"{np.asarray(constant).ravel()[:3].tolist()}; make it with NumPy (float64), or inside the function"
                )
        for equation in jaxpr.jaxpr.eqns:
            if any(getattr(v.aval, "dtype", None) in low for v in equation.outvars):
                raise SetupError(
                    f"the forward {_name(self.claim.of)} computes in {equation.outvars[0].aval.dtype} "
                    f"({equation.primitive.name}) on float64 inputs; remove the conversion"
                )


class _NotTraceable(Exception):
    pass


def _along_ones(g: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda x: jax.jvp(g, (x,), (jnp.ones_like(x),))[1]


def _output_names(out: Any) -> list[str]:
    paths = jax.tree_util.tree_flatten_with_path(out)[0]
    return [jax.tree_util.keystr(path) or "value" for path, _ in paths]


def _key(entry: Any) -> str:
    return str(getattr(entry, "key", entry))


def _name(function: Callable[..., Any]) -> str:
    return getattr(function, "__name__", type(function).__name__)


def _where(claim: Claim, error: BaseException) -> str:
    """What failed in the forward, with its line if the traceback passes through it."""
    code = getattr(claim.of, "__code__", None)
    line = ""
    for frame in traceback.extract_tb(error.__traceback__):
        if code is not None and frame.filename == code.co_filename:
            line = f", line {frame.lineno} ({frame.line})"
    text = str(error).strip().splitlines()
    return f"the forward {_name(claim.of)}{line} failed with {type(error).__name__}: {text[0] if text else ''}"
