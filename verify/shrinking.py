"""A failing example made small: the smallest shape first, then the simplest values.

Hypothesis can shrink what its own strategies draw, and does so for `inputs=`. Inputs that we draw ourselves are shrunk
from the very example that failed, so that a rare failure is not lost in the search for another one: axes are cut along
the named dimensions, then entries become 0, 1 or a short decimal, as long as the claim still fails in the same way.
"""

from typing import Any

import numpy as np
from hypothesis.errors import HypothesisException

from verify import domains, inputs
from verify.claim import SetupError
from verify.dimensions import DimensionError
from verify.inputs import Example
from verify.judging import FEW, Judge, Judgement
from verify.membership import inside
from verify.parameters import Input
from verify.settings import Settings
from verify.strategies import seed_alone

ATTEMPTS = 150
ENTRIES = 64


def shrink(judge: Judge, settings: Settings, example: Example, judgement: Judgement) -> tuple[Example, Judgement]:
    """The smallest failing example found within the attempts allowed, with its judgement."""
    search = _Search(judge, settings, example, judgement)
    try:
        if judge.claim.inputs is not None:
            search.by_strategy()
        else:
            search.shapes()
            search.values()
    except _Exhausted:
        pass
    return search.settled()


class _Exhausted(KeyboardInterrupt):
    """No attempt is left. Hypothesis takes any other exception for a failing example."""


class _Search:
    def __init__(self, judge: Judge, settings: Settings, example: Example, judgement: Judgement) -> None:
        self.judge, self.settings, self.best, self.judgement = judge, settings, example, judgement
        assert judgement.failure is not None
        self.cause = judgement.failure.cause
        self.attempts = ATTEMPTS
        self.passed: list[tuple[Example, Judgement]] = []

    def accept(self, candidates: list[Example]) -> bool:
        """Take the first candidate that still fails in the same way; candidates share one structure."""
        if not candidates:
            return False
        if self.attempts <= 0:
            raise _Exhausted
        self.attempts -= 1
        try:
            for candidate, judgement in zip(candidates, self.judge.batch(candidates, FEW), strict=True):
                if self._fails(judgement):
                    self.passed.append((self.best, self.judgement))
                    self.best, self.judgement = candidate, judgement
                    return True
        except SetupError:
            return False
        return False

    def settled(self) -> tuple[Example, Judgement]:
        """The smallest example that fails for certain: on the way, a kink was looked at from a few sides only."""
        while self.passed:
            (certain,) = self.judge.batch([self.best])
            if self._fails(certain):
                return self.best, certain
            self.best, self.judgement = self.passed.pop()
        return self.best, self.judgement

    def _fails(self, judgement: Judgement) -> bool:
        return judgement.failure is not None and judgement.failure.cause == self.cause

    # -- shapes --------------------------------------------------------------------------------------------------------

    def shapes(self) -> None:
        """Cut each named dimension as far as the failure allows."""
        items = [item for item in self.judge.signature.inputs if not item.static]
        if any(axis.variadic for item in items if item.shape for axis in item.shape.axes):
            return
        names = list(dict.fromkeys(name for item in items if item.shape for name, _ in item.shape.names()))
        sizes = self._sizes(items, names)
        if sizes is None:
            return
        progress = True
        while progress:
            progress = False
            for name in names:
                for smaller in sorted({1, 2, sizes[name] // 2, sizes[name] - 1}):
                    if not 1 <= smaller < sizes[name]:
                        continue
                    attempt = {**sizes, name: smaller}
                    cut = [c for c in (self._cut(items, attempt, last) for last in (False, True)) if c is not None]
                    if self.accept(cut):
                        sizes, progress = attempt, True
                        break

    def _sizes(self, items: list[Input], names: list[str]) -> dict[str, int] | None:
        """The sizes that the example was drawn with: read off axes that are plain names, searched for otherwise."""
        sizes: dict[str, int] = {}
        axes = [
            (axis, n)
            for item in items
            if item.shape
            for axis, n in zip(item.shape.axes, np.shape(self.best[item.name]), strict=True)
        ]
        for axis, n in axes:
            if axis.names == (axis.text,):
                sizes[axis.text] = n
        for axis, n in axes:
            unknown = [name for name in axis.names if name not in sizes]
            if len(unknown) == 1:
                fits = [k for k in range(1, 2 * n + 2) if axis.size({**sizes, unknown[0]: k}) == n]
                sizes.update({unknown[0]: fits[0]} if fits else {})
        return sizes if all(name in sizes for name in names) else None

    def _cut(self, items: list[Input], sizes: dict[str, int], last: bool) -> Example | None:
        out = dict(self.best)
        for item in (*(i for i in items if i.shape), *(i for i in items if not i.shape)):
            array = np.asarray(self.best[item.name])
            try:
                shape = item.shape.solve(sizes, {}) if item.shape else self._implied(out, item.name)
            except (DimensionError, SetupError):
                return None
            if len(shape) != array.ndim or any(n > old for n, old in zip(shape, array.shape, strict=True)):
                return None
            sizes_now = zip(shape, array.shape, strict=True)
            window = tuple(slice(old - n, None) if last else slice(0, n) for n, old in sizes_now)
            out[item.name] = np.array(array[window])[()]
            if not inside(item, out[item.name], sizes):
                return None
        return out

    def _implied(self, example: Example, cotangent: str) -> tuple[int, ...]:
        """The shape of a cotangent that follows from the forward's output."""
        names = self.judge.signature.cotangents
        primal = {name: x for name, x in example.items() if name not in names}
        return tuple(self.judge.reference.forward.output_shapes(primal)[names.index(cotangent)].shape)

    # -- values --------------------------------------------------------------------------------------------------------

    def values(self) -> None:
        """Simplify whole arrays, then entries."""
        items = [
            item
            for item in self.judge.signature.inputs
            if not item.static and item.dtype.kind == "f" and isinstance(item.domain, domains.Domain)
        ]
        for item in items:
            x = np.asarray(self.best[item.name])
            whole = (np.zeros_like(x), np.ones_like(x), np.round(x), np.round(x, 1))
            self.accept(self._candidates(item, whole))
        for item in items:
            x = np.asarray(self.best[item.name])
            for at in list(np.ndindex(x.shape))[:ENTRIES]:
                x = np.asarray(self.best[item.name])
                now = float(x[at])
                simpler = [v for v in (0.0, 1.0, -1.0, 2.0, float(round(now)), round(now, 1)) if _rank(v) < _rank(now)]
                self.accept(self._candidates(item, [_with(x, at, v) for v in simpler]))

    def _candidates(self, item: Input, arrays: Any) -> list[Example]:
        current = np.asarray(self.best[item.name])
        return [
            {**self.best, item.name: a.astype(item.dtype)[()]}
            for a in arrays
            if not np.array_equal(a, current) and inside(item, a, {})
        ]

    # -- strategies ----------------------------------------------------------------------------------------------------

    def by_strategy(self) -> None:
        """Let Hypothesis shrink what the user's strategy draws: the same seed draws the failing example again."""
        import warnings

        from hypothesis import HealthCheck, Phase, given, settings
        from hypothesis import seed as with_seed

        known, reached = inputs.numbers(self.best), False

        @with_seed(self.settings.seed)
        @settings(
            max_examples=self.settings.examples, database=None, deadline=None, derandomize=False,
            phases=[Phase.generate, Phase.shrink], suppress_health_check=list(HealthCheck), report_multiple_bugs=False,
        )
        @given(self.judge.claim.inputs)
        def fails(example: Example) -> None:
            nonlocal reached
            if not reached:
                drawn = inputs.numbers(example)
                reached = len(drawn) == len(known) and all(map(np.array_equal, drawn, known))
            if reached and self.accept([example]):
                raise _Failed

        with warnings.catch_warnings(), seed_alone():
            warnings.simplefilter("ignore")
            try:
                fails()
            except _Exhausted:
                raise
            except (_Failed, HypothesisException, BaseExceptionGroup):
                return


class _Failed(Exception):
    """The example still fails."""


def _rank(v: float) -> tuple[int, int, float, bool]:
    """Simple numbers first: integers, then one decimal, then the rest; small before large, positive before negative."""
    return (int(v != round(v)), int(v != round(v, 1)), abs(v), v < 0)


def _with(x: Any, at: tuple[int, ...], v: float) -> Any:
    out = x.copy()
    out[at] = v
    return out
