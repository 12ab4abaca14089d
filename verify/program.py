"""A traced reference program: `evaluate` interprets it by NumPy, without compiling; `compiled` runs it by XLA, so that
two engines can be compared; `bounds` is how far rounding may have taken the values, `one_sided` what they are beside a
kink.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

import jax
import numpy as np

from verify import compiling
from verify.inputs import Example
from verify.numbers.bounded_rules import error_bounds
from verify.numbers.float_rules import FLOAT_RULES
from verify.numbers.interpreter import Observer, Unsupported, evaluate
from verify.numbers.one_sided import Side, Ties, moved, value
from verify.numbers.running_error import Unbounded

Arrays = list[np.ndarray[Any, np.dtype[Any]]]


@dataclass
class Program:
    """A traced reference for one structure of inputs.

    names : one per output, such as "dW" or "d(params[0].W)"
    unknown : names of primitives that the interpreter has no rule for; XLA runs them alone
    direct : in place of a trace, the function of the inputs by name; `of` is the function that the claim names
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
    of: Callable[..., Any] | None = None
    agrees_with_xla: bool = False
    _xla: Future[Any] | None = field(default=None, repr=False)

    def evaluate(self, examples: Sequence[Example], observe: Observer | None = None) -> Arrays:
        """Outputs with a leading axis over the examples, in chunks of the traced batch size.

        `observe` is called with each equation and its operands before it is evaluated.
        """
        if self.direct is not None:
            rows = [jax.tree_util.tree_leaves(self.direct(example)) for example in examples]
            return [np.stack([np.asarray(row[k]) for row in rows]) for k in range(len(self.names))]
        return self._chunked(examples, lambda batch: self._run(batch, observe))

    def compiled(self, examples: Sequence[Example]) -> Arrays:
        """The same outputs by XLA."""
        return self._chunked(examples, self._run_xla)

    def bounds(self, examples: Sequence[Example], values: Sequence[Any]) -> Arrays | None:
        """A bound on the rounding error of each of the values of `evaluate`; None where a step has no rule for it.

        A bound holds for the values that it was computed with, so their distance from these is added; it is zero unless
        NumPy took another path through a sum or a vectorised function.
        """
        if self.jaxpr is None or self.by_xla:
            return None
        def run(batch: Arrays) -> Arrays:
            bounded, errors = error_bounds(self.jaxpr.jaxpr, self.jaxpr.consts, batch)
            return [*bounded, *errors]

        try:
            both = self._chunked(examples, run)
            return [e + distance(v, x) for v, e, x in zip(both, both[len(values) :], values, strict=False)]
        except (Unbounded, Unsupported, TypeError):
            return None

    def one_sided(self, examples: Sequence[Example], side: Side, rng: np.random.Generator) -> tuple[Arrays, Any]:
        """Outputs on one side of the examples, and which examples met a tie.

        Raises Unsupported if a primitive has no one-sided rule.
        """
        if self.direct is not None or self.by_xla:
            raise Unsupported("one-sided values need an interpreted program")
        met: list[Any] = []

        def run(batch: Arrays) -> Arrays:
            ties = Ties(self.size, side)
            inputs = [moved(x, side.direction(rng, x.shape)) for x in batch]
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
        """Start to compile the program."""
        if self._xla is None:
            self._xla = compiling.start(self.jaxpr)

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

    def _run(self, batch: Arrays, observe: Observer | None) -> Arrays:
        if self.by_xla:
            return self._run_xla(batch)
        try:
            with np.errstate(all="ignore"):
                return evaluate(self.jaxpr.jaxpr, self.jaxpr.consts, batch, FLOAT_RULES, observe)
        except Unsupported as error:
            self.by_xla = str(error)
            return self._run_xla(batch)

    def _run_xla(self, batch: Arrays) -> Arrays:
        self.compile()
        assert self._xla is not None
        with jax.enable_x64(True):
            return [np.asarray(x) for x in self._xla.result()(*batch)]


def distance(a: Any, b: Any) -> Any:
    """|a - b| entry by entry, zero where they are equal or neither is a number."""
    equal = np.asarray(a == b)
    if equal.all():  # as nearly always
        return np.zeros(equal.shape)
    with np.errstate(invalid="ignore"):
        apart = np.abs(np.asarray(a, dtype=float) - np.asarray(b, dtype=float))
    return np.where(np.isnan(apart) | equal, 0.0, apart)
