"""A claim's forward as JAX sees it: `jax.numpy` code, NumPy code, or a mixture; and its value as it is.

`jax.numpy` code is traced as it stands. In code that mixes both libraries, NumPy functions are made to take tracers;
plain NumPy code runs on arrays that stand for tracers, and its reading is held against NumPy's own values.
"""

import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import jax
import numpy as np

from verify.calls import mentions_jax
from verify.claim import Claim, SetupError, identity, name_of
from verify.domains import ORDINARY
from verify.inputs import Example, is_array, numbers, structure
from verify.numbers.bounded_rules import error_bounds
from verify.numbers.float_rules import FLOAT_RULES, run_by_xla
from verify.numbers.interpreter import UNKNOWN, Unsupported, evaluate
from verify.numbers.running_error import Unbounded
from verify.numpy_on_jax import NotTraceable, dispatched, lift
from verify.signatures import Signature, bind

CHECKED = 5  # examples of a structure
_READINGS: dict[Any, str] = {}
_CHECKED: set[Any] = set()


class Forward:
    """The forward of one claim.

    reading : "jax", "mixed" or "numpy"; "called" for an identity's whose NumPy code is only called; empty before it is
        known. Claims about the same function share it.
    """

    def __init__(self, claim: Claim, signature: Signature) -> None:
        self.claim, self.signature = claim, signature

    @property
    def reading(self) -> str:
        """How the forward is read."""
        return _READINGS.get((identity(self.claim.of), self.claim.kind == "identity"), "")

    @reading.setter
    def reading(self, reading: str) -> None:
        _READINGS[identity(self.claim.of), self.claim.kind == "identity"] = reading

    def output_shapes(self, example: Example) -> Sequence[Any]:
        """Shapes of the outputs for an example without cotangents."""
        with jax.enable_x64(True):
            self.is_traceable(example)
            return jax.tree_util.tree_leaves(self.trace(lambda: jax.eval_shape(*self.of_leaves(example)), example))

    def of_leaves(self, example: Example) -> tuple[Callable[[list[Any]], Any], list[Any]]:
        """The forward as a function of the example's dynamic leaves, and those leaves."""
        leaves, tree = jax.tree_util.tree_flatten(example)
        dynamic = [i for i, leaf in enumerate(leaves) if is_array(leaf)]

        def forward(values: list[Any]) -> Any:
            filled = list(leaves)
            for i, v in zip(dynamic, values, strict=True):
                filled[i] = v
            out = self.on_tracers(jax.tree_util.tree_unflatten(tree, filled))
            if any(getattr(getattr(x, "dtype", None), "kind", "") == "c" for x in jax.tree_util.tree_leaves(out)):
                raise SetupError(
                    f"the forward {name_of(self.claim.of)} returns complex numbers; return their real and imaginary "
                    "parts"
                )
            return out

        return forward, [leaves[i] for i in dynamic]

    def call(self, inputs: Mapping[str, Any]) -> Any:
        """The forward's own value on copies of plain inputs; raises SetupError if it fails."""
        given = {name: _copied(x) for name, x in inputs.items() if name in self.signature.of}
        try:
            with np.errstate(all="ignore"):
                return bind(self.claim.of, self.signature.of, given)
        except Exception as error:
            raise SetupError(_where(self.claim, error, inputs)) from None

    def names(self, example: Example) -> list[str]:
        """The names of the outputs of a forward that is only called."""
        return output_names(self.call(example))

    def trace(self, run: Callable[[], Any], example: Example) -> Any:
        """The answer of a function that traces the forward for an example; raises SetupError if it fails.

        For other static values than those before, another reading may be the one that works.
        """
        before = self.reading
        try:
            return run()
        except SetupError:
            raise
        except Exception as error:
            self.reading = ""
            if self.is_traceable(example) and self.reading != before:
                return run()
            raise SetupError(_where(self.claim, error, example)) from None

    def is_traceable(self, example: Example) -> bool:
        """Whether JAX can trace the forward, which settles its reading; an identity's need not be, else SetupError."""
        if self.reading:
            return self.reading != "called"
        failures: list[Exception] = []
        # The order matters where both readings work: y *= 2 changes an array for its other owners in NumPy alone.
        order = ("jax", "mixed", "numpy") if mentions_jax(self.claim.of) else ("numpy", "jax")
        for reading in ("jax",) if self.claim.kind == "identity" else order:
            self.reading = reading
            try:
                forward, values = self.of_leaves(example)
                jax.make_jaxpr(forward)(values)
            except SetupError:
                self.reading = ""
                raise
            except Exception as error:
                failures.append(error)
                if reading == "jax" and order[0] == "jax" and not _is_for_numpy(error):
                    break
            else:
                return True
        self.reading = ""
        if self.claim.kind == "identity" and _is_for_numpy(failures[0]):
            self.reading = "called"
            return False
        worst = failures[-1] if order[0] == "jax" else failures[0]
        if _is_for_numpy(failures[0]):
            raise SetupError(
                f"{_where(self.claim, worst, example)}: JAX can't trace it; write the forward with jax.numpy or with "
                "NumPy functions that it has, without conversions to plain numbers and Python branches on values"
            ) from None
        raise SetupError(_where(self.claim, worst, example)) from None

    def check_reading(self, examples: Sequence[Example]) -> None:
        """Hold the reading of NumPy code against NumPy's own values on a few examples of one structure.

        A NumPy function and its JAX twin may differ, in defaults or for integers, and code may depend on which arrays
        share their memory: such a reading is refused.
        """
        key = (identity(self.claim.of), structure(examples[0]))
        if self.reading in ("jax", "called") or key in _CHECKED:
            return
        _CHECKED.add(key)
        forward, values = self.of_leaves(examples[0])
        traced = self.trace(lambda: jax.make_jaxpr(forward)(values), examples[0])
        ordinary = [e for e in examples if all(np.abs(x).max(initial=0) <= ORDINARY for x in numbers(e))]
        for example in ordinary[: -CHECKED - 1 : -1]:
            given = [np.asarray(x) for x in self.of_leaves(example)[1]]
            outputs, errors = _values(traced, given)
            own = jax.tree_util.tree_leaves(self.call(example))
            if len(own) != len(outputs) or not all(map(_agree, outputs, own, errors)):
                raise SetupError(
                    f"the forward {name_of(self.claim.of)} is NumPy code that JAX reads differently: it gives other "
                    "values than NumPy; write it with jax.numpy"
                )

    def on_tracers(self, given: Mapping[str, Any]) -> Any:
        """The forward on tracers by name, read as JAX's code, as code that mixes in NumPy functions, or as NumPy's."""
        with _unchanged(getattr(self.claim.of, "__self__", None)):
            return self._read(given)

    def _read(self, given: Mapping[str, Any]) -> Any:
        if self.reading == "numpy":
            return lift(lambda inputs: bind(self.claim.of, self.signature.of, inputs), self.claim.of)(given)
        if self.reading == "mixed":
            with dispatched():
                return bind(self.claim.of, self.signature.of, given)
        return bind(self.claim.of, self.signature.of, given)


@contextmanager
def _unchanged(owner: Any) -> Iterator[None]:
    """The object of a bound method keeps its attributes: a tracer kept from one trace is of no use in another."""
    before = dict(vars(owner)) if hasattr(owner, "__dict__") and not isinstance(owner, (type, ModuleType)) else None
    try:
        yield
    finally:
        if before is not None:
            vars(owner).clear()
            vars(owner).update(before)


def output_names(out: Any) -> list[str]:
    """Names for the leaves of an answer: "value", or their places in it."""
    paths = jax.tree_util.tree_flatten_with_path(out)[0]
    return [jax.tree_util.keystr(path) or "value" for path, _ in paths]


def _is_for_numpy(error: Exception) -> bool:
    """Whether a failed trace is of code that means NumPy arrays: it may be traced as such."""
    if isinstance(error, (jax.errors.TracerArrayConversionError, jax.errors.ConcretizationTypeError, NotTraceable)):
        return True
    return isinstance(error, (TypeError, AttributeError, ValueError)) and any(
        word in str(error) for word in ("immutable", "__jax_array__", "Traced", "Tracer", "setting an array element")
    )


def _values(traced: Any, given: Sequence[Any]) -> tuple[Sequence[Any], Sequence[Any]]:
    """The outputs of a traced forward, and how far rounding may have taken them, as far as that is known."""
    try:
        return error_bounds(traced.jaxpr, traced.consts, given)
    except (Unbounded, Unsupported, TypeError):
        with np.errstate(all="ignore"):
            outputs = evaluate(traced.jaxpr, traced.consts, given, {**FLOAT_RULES, UNKNOWN: run_by_xla})
        return outputs, [np.zeros(np.shape(x)) for x in outputs]


def _agree(a: Any, b: Any, error: Any) -> bool:
    """Whether two readings give the same: a wrong one is off in the first digits, another order of sums in the last."""
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    size = np.max(np.abs(b), initial=0.0, where=np.isfinite(b))
    if a.shape != b.shape:
        return False
    with np.errstate(invalid="ignore"):
        near = np.abs(a - b) <= 1e-6 * (size + np.abs(b)) + 8 * np.asarray(error, dtype=float)
    return bool((near | (a == b) | (np.isnan(a) & np.isnan(b))).all())


def _copied(x: Any) -> Any:
    return jax.tree_util.tree_map(lambda leaf: leaf.copy() if hasattr(leaf, "copy") else leaf, x)


def _where(claim: Claim, error: BaseException, example: Mapping[str, Any]) -> str:
    """What failed in the forward, with its line if the traceback passes through it."""
    code = getattr(claim.of, "__code__", None)
    line = ""
    for frame in traceback.extract_tb(error.__traceback__):
        if code is not None and frame.filename == code.co_filename:
            line = f", line {frame.lineno} ({frame.line})"
    if isinstance(error, jax.errors.UnexpectedTracerError):
        return (
            f"the forward {name_of(claim.of)}{line} keeps a value from an earlier call: it must depend on its "
            "arguments alone; make the object that keeps state inside the function"
        )
    text = str(error).strip().splitlines()
    told = text[0].rstrip(".") if text else ""
    given = ", ".join(f"{name} {np.shape(x)}" for name, x in example.items() if is_array(x) and np.ndim(x))
    on = f", on {given}" if given else ""
    hint = "; integers are drawn by domains= such as verify.integers_below" if "integer" in told else ""
    return f"the forward {name_of(claim.of)}{line} failed with {type(error).__name__}: {told}{on}{hint}"
