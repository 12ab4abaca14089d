"""A training from its start, or from where it stood, to its end, step by step."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from manual_bp.backprop_a import backprop_a
from manual_bp.early_stopping import EarlyStopping
from manual_bp.forward import forward
from manual_bp.initialization import initialize
from manual_bp.losses import loss as loss_named
from manual_bp.notation import Layer
from manual_bp.training import Backward, Step, descent, mini_batches, network_loss, objective
from verify.training.interruption import at_the_end_of_a_step
from verify.training.lockstep import Lockstep, Params, parameters
from verify.training.prepared import Prepared, accuracy
from verify.training.recipe import Recipe

START, MASKS = 1, 2  # beside the seed, so that the random numbers are independent
NEVER = 2**62
FLOATS: dict[str, type[np.floating[Any]]] = {"float64": np.float64, "float32": np.float32}

Report = Callable[[int, float], None]


@dataclass(frozen=True)
class Record:
    """What is known before an epoch: after so many steps, on whole sets and without dropout.

    gradient_error : the largest one of the steps since the record before, in bounds
    distance : the relative distance of the two trainings' parameters
    """

    step: int
    loss: float
    train_accuracy: float
    validation_loss: float | None = None
    validation_accuracy: float | None = None
    reference_loss: float | None = None
    distance: float | None = None
    gradient_error: float | None = None


@dataclass(frozen=True, eq=False)
class State:
    """Where a training stands after a step: all that it takes to go on. It is replaced as a whole, so that an
    interruption never finds half of it.

    random : the state of the masks' generator
    best : steps, loss and layers of the least validation loss, or training loss where there is no validation set
    reference, lockstep : the reference's parameters, and what else is kept of it
    """

    step: int
    layers: tuple[Layer, ...]
    random: dict[str, Any]
    best_step: int = -1
    best_loss: float = float("inf")
    best_layers: tuple[Layer, ...] = ()
    reference: Params | None = None
    lockstep: dict[str, Any] | None = None


class Run:
    """A training.

    Parameters
    ----------
    recipe : Recipe
    data : Prepared
    lockstep : whether autodiff takes the same steps
    backward : the backward pass by hand
    state, records, seconds : of a training that goes on

    Attributes
    ----------
    why : why it ended: epochs, early stopping, interrupted, diverged
    """

    def __init__(
        self, recipe: Recipe, data: Prepared, *, lockstep: bool = True, backward: Backward = backprop_a,
        state: State | None = None, records: Sequence[Record] = (), seconds: float = 0.0,
    ) -> None:
        self.recipe, self.data, self.backward = recipe, data, backward
        self.loss = loss_named(recipe.loss)
        self.m = data.train.X.shape[1]
        self.each = recipe.steps_in_epoch(self.m)
        self.total = recipe.epochs * self.each
        self.state = start(recipe) if state is None else state
        self.records = [record for record in records if record.step < self.state.step]
        self.seconds, self.why = seconds, ""
        self.lockstep: Lockstep | None = None
        if lockstep:
            self.lockstep = Lockstep(recipe, data.train.X, data.train.Y, parameters(self.state.layers))
            if self.state.lockstep is not None and self.state.reference is not None:
                self.lockstep.restore(self.state.lockstep, self.state.reference)

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The result: the best layers with early stopping, or where training broke off; else the last."""
        return self.state.best_layers if self._takes_best else self.state.layers

    @property
    def best_step(self) -> int:
        """The step whose layers these are."""
        return self.state.best_step if self._takes_best else self.state.step

    @property
    def _takes_best(self) -> bool:
        broken_off = self.why in ("interrupted", "diverged")
        return bool(self.state.best_layers) and (broken_off or self.recipe.patience is not None)

    def go(self, report: Report = lambda step, loss: None) -> str:
        """Train to the end; `report` is called after every step. Returns why it ended."""
        began = time.perf_counter()
        try:
            with np.errstate(over="ignore", invalid="ignore", divide="ignore"), at_the_end_of_a_step() as check:
                self.why = self._go(report, check)
        except KeyboardInterrupt:
            self.why = "interrupted"
        finally:
            self.seconds += time.perf_counter() - began
        return self.why

    def _go(self, report: Report, check: Callable[[], None]) -> str:
        recipe, train, state = self.recipe, self.data.train, self.state
        random = np.random.default_rng()
        random.bit_generator.state = state.random
        batches = None if recipe.batch is None else mini_batches(recipe.seed, self.m, recipe.batch, state.step)
        taken = descent(
            train.X, train.Y, state.layers, self.loss, alpha=recipe.rate, lam=recipe.l2, lam1=recipe.l1,
            keep=recipe.keep if recipe.dropout else None, rng=random, batches=batches, backward=self.backward,
        )
        whole = recipe.batch is None and not recipe.dropout  # the forward pass of a step is that of the record
        while True:
            one = next(taken) if whole and self.state.step < self.total else None
            if self.state.step % self.each == 0:
                record = self._record(one)
                self.records.append(record)
                if not np.isfinite(record.loss):
                    return "diverged"
                if self._should_stop(record):
                    return "early stopping"
            if self.state.step == self.total:
                return "epochs"
            one = one or next(taken)
            if not np.isfinite(one.objective):
                return "diverged"
            self._step(one, random)
            report(self.state.step, float(one.objective))
            check()

    def _step(self, one: Step, random: np.random.Generator) -> None:
        """A step is taken: by the reference too, then by the state."""
        lockstep = self.lockstep
        if lockstep is not None:
            lockstep.follow(one)
        self.state = replace(
            self.state, step=self.state.step + 1, layers=one.after, random=dict(random.bit_generator.state),
            reference=None if lockstep is None else lockstep.params,
            lockstep=None if lockstep is None else lockstep.record(),
        )

    def _record(self, one: Step | None) -> Record:
        """Losses and accuracies at the present layers, from the step that begins there if it shows them."""
        recipe, train, layers, lockstep = self.recipe, self.data.train, self.state.layers, self.lockstep
        if one is None:
            trace, J = objective(train.X, train.Y, layers, self.loss, None, recipe.l2, recipe.l1, self.m)
        else:
            trace, J = one.trace, one.objective
        record = Record(self.state.step, float(J), accuracy(trace.A[-1], train.labels))
        validation = self.data.validation
        if validation is not None:
            trace = forward(validation.X, layers)
            J_val = float(network_loss(trace, layers, validation.Y, self.loss))
            right = accuracy(trace.A[-1], validation.labels)
            record = replace(record, validation_loss=J_val, validation_accuracy=right)
        if lockstep is not None:
            error, lockstep.latest_error = lockstep.latest_error, 0.0
            record = replace(
                record, reference_loss=lockstep.loss(), distance=lockstep.latest_distance, gradient_error=error
            )
        return record

    def _should_stop(self, record: Record) -> bool:
        """Keep the best layers; whether patience has run out. It counts epochs."""
        state, patience = self.state, self.recipe.patience
        best = -1 if state.best_step < 0 else state.best_step // self.each
        rule = EarlyStopping(patience or NEVER, 0.0, best, state.best_loss, state.best_layers)
        judged = record.loss if record.validation_loss is None else record.validation_loss
        stop = rule.should_stop(record.step // self.each, judged, state.layers)
        self.state = replace(
            state, best_step=rule.best_step * self.each, best_loss=rule.best_loss, best_layers=tuple(rule.best_layers)
        )
        return stop


def start(recipe: Recipe) -> State:
    """Before the first step."""
    random = np.random.default_rng((recipe.seed, 0, START))
    layers = initialize(random, recipe.widths, recipe.activations, recipe.initialization, FLOATS[recipe.dtype])
    masks = np.random.default_rng((recipe.seed, 0, MASKS))
    return State(0, tuple(layers), dict(masks.bit_generator.state))
