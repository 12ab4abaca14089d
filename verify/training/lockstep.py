"""Two trainings in lock-step: by hand and by autodiff, from the same start, on the same examples with the same masks.

After every step two questions are asked. At the parameters of the training by hand: are its gradients, and the step
that it took, those of autodiff, up to rounding? A mistake shows here, with its place. And how far are the two
trajectories apart? That is measured, not judged: training amplifies rounding, most of all at the kinks of ReLU.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from manual_bp.notation import Layer
from manual_bp.training import Step
from verify.training.hints import hint_of_gradient, hint_of_step
from verify.training.recipe import Recipe
from verify.training.rounding import KINKED
from verify.training.twin import twin

Array = np.ndarray[Any, np.dtype[Any]]
Params = list[tuple[Array, Array]]


@dataclass(frozen=True)
class Parting:
    """Where the two first differ by more than rounding: what, in which step, layer, parameter and entry; both values;
    how many bounds they are apart; what may be wrong."""

    step: int
    what: str  # gradient, parameters
    layer: int
    parameter: str  # W, b
    entry: tuple[int, ...]
    manual: float
    reference: float
    in_bounds: float
    hint: str | None = None

    def __str__(self) -> str:
        name = f"{'d' * (self.what == 'gradient')}{self.parameter}"
        place = f"{name}[{', '.join(map(str, self.entry))}] of layer {self.layer}"
        moved = "" if self.what == "gradient" else " after the step"
        return (
            f"at step {self.step} {place}{moved} is {self.manual:.9g} by hand and {self.reference:.9g} by autodiff, "
            f"{self.in_bounds:.2g} times the bound from rounding apart"
        )


class Lockstep:
    """The reference, one step after another.

    Parameters
    ----------
    recipe : Recipe
    X, Y : the training set
    start : the parameters of all layers

    Attributes
    ----------
    params : the reference's parameters
    steps, worst, distance, parted, at, crossed : the steps that were compared; the largest error of a gradient in
        bounds; the largest relative distance of parameters; where they part; how many entries of Z were 0, and how
        many had different signs, at ReLU's kinks
    """

    def __init__(self, recipe: Recipe, X: Array, Y: Array, start: Params) -> None:
        self.recipe, self.X, self.Y, self.params = recipe, X, Y, start
        self.twin = twin(recipe, X.shape[1])
        self.steps = self.at = self.crossed = 0
        self.worst = self.distance = 0.0
        self.latest_error = self.latest_distance = 0.0
        self.parted: Parting | None = None

    def follow(self, one: Step) -> None:
        """Take the step that was taken by hand, and compare."""
        X, Y = (self.X, self.Y) if one.examples is None else (self.X[:, one.examples], self.Y[:, one.examples])
        masks = [None if drop is None else drop.D for drop in one.dropout or [None] * len(one.layers)]
        params, signs = self.twin.step(self.params, X, Y, masks)
        before = parameters(one.layers)
        gradients, after, bounds, step_bounds = self.twin.check(before, X, Y, masks)
        by_hand = list(zip(one.dW, one.db, strict=True))
        error, place = _worst(by_hand, gradients, bounds)
        step_error, step_place = _worst(parameters(one.after), after, step_bounds)
        parted = self.parted
        if parted is None and error > 1:
            m = self.X.shape[1]
            hint = hint_of_gradient(self.recipe, m, place, by_hand, gradients, bounds, before, X, Y, masks)
            parted = _parting(self.steps + 1, "gradient", place, by_hand, gradients, bounds, hint)
        elif parted is None and step_error > 1:
            hint = hint_of_step(before, parameters(one.after), after, step_place)
            parted = _parting(self.steps + 1, "parameters", step_place, parameters(one.after), after, step_bounds, hint)
        at, crossed = self._kinks(one, signs)
        distance = relative_distance(parameters(one.after), params)
        self.params, self.parted = params, parted
        self.steps, self.at, self.crossed = self.steps + 1, self.at + at, self.crossed + crossed
        self.worst, self.distance = max(self.worst, error), max(self.distance, distance)
        self.latest_error, self.latest_distance = max(self.latest_error, error), distance

    def loss(self) -> float:
        """The reference's objective on the whole training set, without dropout."""
        return float(self.twin.value(self.params, self.X, self.Y))

    def record(self) -> dict[str, Any]:
        """What is kept of it, beside the parameters."""
        kept = ("steps", "worst", "distance", "at", "crossed", "latest_error", "latest_distance")
        return {name: getattr(self, name) for name in kept} | {"parted": self.parted and asdict(self.parted)}

    def restore(self, record: dict[str, Any], params: Params) -> None:
        """Go on from what was kept."""
        for name, value in record.items():
            setattr(self, name, value)
        parted = record["parted"]
        self.parted = parted and Parting(**{**parted, "entry": tuple(parted["entry"])})
        self.params = params

    def _kinks(self, one: Step, signs: Sequence[Array | None]) -> tuple[int, int]:
        at = crossed = 0
        for Z, theirs, name in zip(one.trace.Z, signs, self.recipe.activations, strict=True):
            if name in KINKED and theirs is not None:
                at += int(np.count_nonzero(Z == 0))
                crossed += int(np.count_nonzero((Z >= 0) != theirs))
        return at, crossed


def parameters(layers: Sequence[Layer]) -> Params:
    """W and b of each layer."""
    return [(layer.W, layer.b) for layer in layers]


def relative_distance(one: Params, other: Params) -> float:
    """max |W - W'| / max |W|, the largest of all parameters."""
    worst = 0.0
    with np.errstate(invalid="ignore", over="ignore"):
        for ours, theirs in zip(_flat(one), _flat(other), strict=True):
            apart = float(np.max(np.abs(ours - theirs)))
            if apart != 0:
                size = float(np.max(np.abs(ours)))
                worst = max(worst, apart / size if size and np.isfinite(apart) else float("inf"))
    return worst


def in_bounds(manual: Array, reference: Array, bound: Array) -> Array:
    """|manual - reference| in bounds; 0 where the reference or its bound is not finite, which says nothing."""
    with np.errstate(invalid="ignore", over="ignore"):
        ratio = np.abs(manual - reference) / bound
    ratio = np.where(np.isnan(ratio), np.inf, ratio)
    return np.where(np.isfinite(reference) & np.isfinite(bound), ratio, 0.0)


def _worst(manual: Params, reference: Params, bounds: Params) -> tuple[float, tuple[int, int, tuple[int, ...]]]:
    """The largest error of all; and the place of the first one beyond its bound in the order of the backward pass:
    the layer, 0 for W or 1 for b, and the entry that is off the most."""
    worst, place = 0.0, None
    for l in range(len(manual), 0, -1):
        for k in (0, 1):
            ratio = in_bounds(manual[l - 1][k], reference[l - 1][k], bounds[l - 1][k])
            largest = float(ratio.max())
            worst = max(worst, largest)
            if largest > 1 and place is None:
                place = (l, k, tuple(int(i) for i in np.unravel_index(int(ratio.argmax()), ratio.shape)))
    return worst, place or (1, 0, (0, 0))


def _parting(
    step: int, what: str, place: tuple[int, int, tuple[int, ...]], manual: Params, reference: Params, bounds: Params,
    hint: str | None,
) -> Parting:
    l, k, entry = place
    ours, theirs, bound = (x[l - 1][k][entry] for x in (manual, reference, bounds))
    ratio = float(in_bounds(ours, theirs, bound))
    return Parting(step, what, l, "Wb"[k], entry, float(ours), float(theirs), ratio, hint)


def _flat(params: Params) -> Iterator[Array]:
    for pair in params:
        yield from pair

