"""One output over many examples, laid out for looking at it: the entries of all of them end to end."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from verify.patterns.observations import Array, Row, numbers

REACHES, RELATIVE = 3.0, 1e-12


@dataclass(frozen=True)
class Entries:
    """Some of an output's entries: the two values, the bound, which example, and the place among all entries."""

    hand: Array
    right: Array
    reach: Array
    example: Array
    at: Array

    def take(self, where: Array) -> "Entries":
        """Those at the given places of these."""
        return Entries(self.hand[where], self.right[where], self.reach[where], self.example[where], self.at[where])


def tolerance(reach: Array, a: Array, b: Array, scale: Array | float = 1.0) -> Array:
    """How far apart two values may be that are said to be equal: a few times the bound, scaled as the values are."""
    return REACHES * scale * reach + RELATIVE * np.maximum(np.abs(a), np.abs(b))


def equal(hand: Array, predicted: Array, reach: Array, scale: Array | float = 1.0) -> Array:
    """Entry by entry whether the answer is the predicted one; what is not finite equals what is not finite."""
    near = np.abs(hand - predicted) <= tolerance(reach, hand, predicted, scale)
    return np.where(np.isfinite(predicted), near, ~np.isfinite(hand))


class Compared:
    """An output's entries over examples whose answers have the right shape.

    Over entries run `hand`, `right`, `reach`, `example` (a number), `wrong` (refuted), and `unknown` (nothing can be
    said); over examples `rows` and `failing` (some entry is wrong).
    """

    def __init__(self, rows: Iterable[Row]) -> None:
        self.rows = [one for one in rows if one.right.size]
        lengths = [one.right.size for one in self.rows]
        self.starts = np.cumsum([0, *lengths])
        self.example = np.repeat(np.arange(len(self.rows)), lengths)
        self.hand = _end_to_end(one.hand for one in self.rows if one.hand is not None)
        self.right = _end_to_end(one.right for one in self.rows)
        self.reach = _end_to_end(one.reach for one in self.rows)
        finite = np.isfinite(self.hand)
        self.unknown = ~np.isfinite(self.right) | (finite & ~np.isfinite(self.reach))
        if not finite.all():
            # As the judge does: where the reference of an example is not finite, no more is asked of the answer.
            excused = [not all(np.isfinite(x).all() for x in one.observation.autodiff) for one in self.rows]
            self.unknown |= ~finite & np.asarray(excused)[self.example]
        apart = ~self.unknown & ~(np.abs(self.hand - self.right) <= self.reach)
        failed = np.asarray([one.observation.failed for one in self.rows], dtype=bool)[self.example]
        # At a kink the judge accepts values between the one-sided ones: these say nothing here.
        self.wrong, self.unknown = apart & failed, self.unknown | (apart & ~failed)
        self.failing = self.any_of(self.wrong)
        self._spread: dict[str, Array] = {}

    def take(self, examples: Iterable[int]) -> "Compared":
        """The same for some of the examples."""
        return Compared(self.rows[k] for k in examples)

    def any_of(self, mask: Array) -> Array:
        """Per example whether the mask holds for some of its entries."""
        return np.logical_or.reduceat(mask, self.starts[:-1]) if self.rows else np.zeros(0, dtype=bool)

    @cached_property
    def entries(self) -> Entries:
        """All entries."""
        return Entries(self.hand, self.right, self.reach, self.example, np.arange(self.hand.size))

    @cached_property
    def wrong_entries(self) -> Entries:
        """The wrong ones."""
        return self.entries.take(np.flatnonzero(self.wrong))

    @cached_property
    def of_failing(self) -> Array:
        """Whether an entry's example has a wrong one."""
        return self.failing[self.example]

    @cached_property
    def dimensions(self) -> dict[str, Array]:
        """Over examples the size of each dimension that all of them have."""
        return {
            name: np.asarray([one.observation.sizes[name] for one in self.rows], dtype=float)
            for name in (self.rows[0].observation.sizes if self.rows else ())
            if all(name in one.observation.sizes for one in self.rows)
        }

    @cached_property
    def inputs(self) -> dict[str, list[Array]]:
        """Over examples the value of each input that holds numbers in all of them."""
        found: dict[str, list[Array]] = {}
        for name in self.rows[0].observation.inputs if self.rows else ():
            values = [numbers(one.observation.inputs.get(name)) for one in self.rows]
            kept = [x for x in values if x is not None and np.isfinite(x).all()]
            if len(kept) == len(values):
                found[name] = kept
        return found

    @cached_property
    def scalars(self) -> dict[str, Array]:
        """Over examples the value of each scalar input, static numbers among them."""
        found = {name: np.asarray(x) for name, x in self.inputs.items() if all(not one.ndim for one in x)}
        for name in self.rows[0].observation.inputs if self.rows else ():
            static = [one.observation.inputs.get(name) for one in self.rows]
            if all(type(x) is int and abs(x) < 1e15 for x in static):
                found[name] = np.asarray(static, dtype=float)
        return found

    @cached_property
    def arrays(self) -> dict[str, list[Array]]:
        """Over examples each input that is an array and broadcasts to the output."""
        return {
            name: values
            for name, values in self.inputs.items()
            if any(x.ndim for x in values)
            and all(_broadcasts(x.shape, one.right.shape) for x, one in zip(values, self.rows, strict=True))
        }

    def spread(self, name: str) -> Array:
        """An input of `arrays`, over entries."""
        if name not in self._spread:
            self._spread[name] = _end_to_end(
                x if x.shape == one.right.shape else np.broadcast_to(x, one.right.shape)
                for x, one in zip(self.arrays[name], self.rows, strict=True)
            )
        return self._spread[name]

    @cached_property
    def ndim(self) -> int | None:
        """The number of axes, if it is the same in all examples."""
        found = {one.right.ndim for one in self.rows}
        return found.pop() if len(found) == 1 else None

    @cached_property
    def index(self) -> Array:
        """Over entries the index along each axis; only where `ndim` is known."""
        known: dict[tuple[int, ...], Array] = {}
        for one in self.rows:
            if one.right.shape not in known:
                known[one.right.shape] = np.indices(one.right.shape).reshape(one.right.ndim, -1)
        return np.concatenate([known[one.right.shape] for one in self.rows], axis=1)

    @cached_property
    def extent(self) -> Array:
        """Over entries the size along each axis; only where `ndim` is known."""
        return np.asarray([one.right.shape for one in self.rows])[self.example].T

    def agrees(self, predicted: Array, scale: Array | float = 1.0) -> Array:
        """Over entries whether the answer is the predicted one, or nothing can be said."""
        return self.unknown | equal(self.hand, predicted, self.reach, scale)


def _end_to_end(arrays: Iterable[Array]) -> Array:
    flat = [x.ravel() for x in arrays]
    return np.concatenate(flat) if flat else np.zeros(0)


def _broadcasts(shape: tuple[int, ...], to: tuple[int, ...]) -> bool:
    return len(shape) <= len(to) and all(
        a in (1, b) for a, b in zip(shape[::-1], to[::-1], strict=False)
    )
