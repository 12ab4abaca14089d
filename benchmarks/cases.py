"""Families of right cases, and the checker itself applied to given examples."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st

import verify
from benchmarks import draws
from verify import claim
from verify.judging import Judge, Judgement

Example = dict[str, Any]
Sizes = tuple[int, ...]
BATCH = 48


@dataclass(frozen=True)
class Family:
    """A forward in JAX, a right hand-written VJP in NumPy, and random inputs.

    draw : the forward's inputs from a generator and sizes
    sizes : the shapes to try
    wrt : names of the inputs whose cotangents the hand function returns; all of them if empty
    """

    name: str
    forward: Callable[..., Any]
    hand: Callable[..., Any]
    draw: Callable[..., Example]
    sizes: Sequence[Sizes] = ((),)
    wrt: tuple[str, ...] = ()

    def batches(self, checker: "Checker", count: int, rng: np.random.Generator) -> Iterator[list[Example]]:
        """Examples with cotangents, `count` in all, in batches of one shape each."""
        for k, sizes in enumerate(self.sizes):
            share = count // len(self.sizes) + (k < count % len(self.sizes))
            while share > 0:
                group = [self.draw(rng, *sizes) for _ in range(min(share, BATCH))]
                shape = checker.output_shape(group[0])
                yield [{"dY": draws.cotangent(rng, shape), **example} for example in group]
                share -= BATCH


class Checker:
    """The checker of one claim: a forward and its hand-written VJP, judged on examples that are drawn elsewhere."""

    def __init__(
        self, forward: Callable[..., Any], hand: Callable[..., Any], label: str, wrt: tuple[str, ...], seed: int = 0
    ) -> None:
        verify.vjp(of=forward, inputs=st.nothing(), wrt=wrt or None, label=label)(hand)
        stated = claim.latest(hand)
        assert stated is not None
        self._judge = Judge(stated, seed)

    def output_shape(self, example: Example) -> tuple[int, ...]:
        """The shape of the forward's output."""
        (output,) = self._judge.reference.forward.output_shapes(example)
        return tuple(output.shape)

    def judge(self, examples: Sequence[Example]) -> list[Judgement]:
        """The checker's judgement of each example; all have one shape."""
        return self._judge.batch(examples)

    @property
    def bound(self) -> str:
        """ "derived", or "estimated" if one bound so far was."""
        return "estimated" if self._judge.estimated else "derived"
