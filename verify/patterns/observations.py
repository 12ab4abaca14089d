"""Judged examples as they come, and one output of one of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class Observation:
    """One judged example of a claim.

    Parameters
    ----------
    sizes : dimension name to size; {} if unknown
    inputs : arguments by name: arrays, NumPy scalars, static values; what is nested is ignored
    by_hand : one array per output, as returned, possibly of a wrong shape; None if nothing was returned
    autodiff : the reference, one array per output
    reach : entry by entry how far rounding can put the two apart; may be infinite
    failed : whether this example refutes the claim
    """

    sizes: Mapping[str, int]
    inputs: Mapping[str, Any]
    by_hand: Sequence[Array] | None
    autodiff: Sequence[Array]
    reach: Sequence[Array]
    failed: bool


class Row(NamedTuple):
    """One output of one example; `hand` is None where no array of numbers was returned."""

    observation: Observation
    hand: Array | None
    right: Array
    reach: Array

    @property
    def misshapen(self) -> bool:
        """Whether the answer can't be compared entry by entry."""
        return self.hand is None or self.hand.shape != self.right.shape


def numbers(x: Any) -> Array | None:
    """Data (an array, a NumPy scalar, a float) as floats; None for anything else."""
    if not isinstance(x, (np.ndarray, np.generic, float)):
        return None
    array = np.asarray(x)
    return array.astype(float, copy=False) if array.dtype.kind in "fiub" else None


def row(observation: Observation, output: int) -> Row | None:
    """An output of an example that returned a value for each; None if autodiff's values are no numbers."""
    assert observation.by_hand is not None
    right, reach = numbers(observation.autodiff[output]), numbers(observation.reach[output])
    if right is None:
        return None
    if reach is None or reach.shape not in ((), right.shape):
        reach = np.asarray(np.inf)
    reach = reach if reach.shape == right.shape else np.broadcast_to(reach, right.shape)
    return Row(observation, _returned(observation.by_hand[output]), right, reach)


def _returned(x: Any) -> Array | None:
    """An answer as it came: perhaps a list, or None."""
    try:
        return numbers(np.asarray(x))
    except ValueError:  # a ragged list
        return None
