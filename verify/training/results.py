"""A training as a results file: what was done, what came of it, and whether the two sides stayed together."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from manual_bp.forward import forward
from manual_bp.training import network_loss
from verify.provenance import surroundings
from verify.results import plain
from verify.training.data_set import DataSet
from verify.training.lockstep import Lockstep
from verify.training.prepared import Examples, accuracy
from verify.training.running import Record, Run

FORMAT, KIND = 1, "training"
POINTS = 500  # of a curve, about
CURVES = (
    "step", "loss", "validation_loss", "train_accuracy", "validation_accuracy", "reference_loss", "distance",
    "gradient_error",
)
PACKAGES = ("manual-bp", "numpy", "jax", "jaxlib", "scikit-learn")


def results(run: Run, data: DataSet, *, command: str, model: str, seconds: float) -> dict[str, Any]:
    """The results file's content; `seconds` are those of the whole command."""
    prepared, recipe, lockstep = run.data, run.recipe, run.lockstep
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        trained, tested = _measured(run, prepared.train), _measured(run, prepared.test)
        validated = None if prepared.validation is None else _measured(run, prepared.validation)
    parted = lockstep is not None and lockstep.parted is not None
    return plain({
        "format": FORMAT,
        "kind": KIND,
        "document": title(run, data),
        "conclusion": conclusion(run, tested["accuracy"]),
        "passes": run.why in ("epochs", "early stopping") and not parted,
        "advice": advice(run),
        "provenance": {
            **surroundings(PACKAGES), "seed": recipe.seed, "seconds": round(seconds, 2), "command": command,
            "data_sha256": data.sha256,
        },
        "data": {
            "name": data.name, "source": data.source, "features": len(data.features), "classes": list(data.classes),
            "train": len(prepared.train.labels),
            "validation": 0 if prepared.validation is None else len(prepared.validation.labels),
            "test": len(prepared.test.labels), "constant_features": list(prepared.constant), "notes": list(data.notes),
        },
        "recipe": {
            "widths": list(recipe.widths), "activations": list(recipe.activations), "loss": recipe.loss,
            "initialization": recipe.initialization or "he for relu, xavier for others", "rate": recipe.rate,
            "epochs": recipe.epochs, "l1": recipe.l1, "l2": recipe.l2,
            "keep": None if recipe.keep is None else list(recipe.keep), "patience": recipe.patience,
            "batch": recipe.batch, "dtype": recipe.dtype,
        },
        "train_accuracy": trained["accuracy"],
        "validation_accuracy": None if validated is None else validated["accuracy"],
        "test_accuracy": tested["accuracy"],
        "test_loss": tested["loss"],
        "seconds": round(run.seconds, 3),
        "max_relative_parameter_difference": None if lockstep is None else lockstep.distance,
        "stopped": {"why": run.why, "step": run.state.step, "best_step": run.best_step},
        "curves": curves(run),
        "lockstep": None if lockstep is None else _together(lockstep),
        "model": model,
    })


def title(run: Run, data: DataSet) -> str:
    """The data and the widths."""
    return f"{data.name}, {'-'.join(map(str, run.recipe.widths))}"


def conclusion(run: Run, test_accuracy: float) -> str:
    """One sentence: how training ended, how good the network is, whether the two sides stayed together."""
    step, best = run.state.step, run.best_step
    steps = f"{step} step{'s' * (step != 1)}"
    if run.why == "diverged":
        said = f"Diverged after {steps}: the loss is no finite number any more"
    elif run.why == "interrupted":
        said = f"Interrupted after {steps}; the parameters of step {best} are kept: test accuracy {test_accuracy:.4f}"
    elif run.why == "early stopping":
        said = f"Stopped early after {steps}; those of step {best} are best: test accuracy {test_accuracy:.4f}"
    else:
        said = f"Trained for {steps}: test accuracy {test_accuracy:.4f}"
    lockstep = run.lockstep
    if lockstep is None:
        return f"{said}."
    if lockstep.parted is not None:
        return f"{said}; not in step with autodiff: {lockstep.parted}."
    if lockstep.steps == 0:
        return f"{said}; nothing was compared with autodiff."
    together = f"in step with autodiff throughout: gradients within {lockstep.worst:.2g} of the bound from rounding"
    drift = "and yet the parameters moved apart by" if drifted(run) else "parameters within"
    return f"{said}; {together}, {drift} {lockstep.distance:.2g}."


def advice(run: Run) -> str | None:
    """What to do, if something is to be done."""
    parted = run.lockstep.parted if run.lockstep is not None else None
    if parted is not None and parted.what == "gradient":
        hint = parted.hint or "the layers after it agree with autodiff"
        return f"Look at layer {parted.layer} in the backward pass: {hint}."
    if parted is not None:
        return f"The gradients agree and the step does not: {parted.hint or 'look at the update of the parameters'}."
    if run.why == "diverged":
        return f"Train with a smaller --rate than {run.recipe.rate:g}, as {run.recipe.rate / 10:g}."
    if run.why == "interrupted":
        return "Go on with --resume."
    if drifted(run) and run.lockstep is not None:
        at, crossed = run.lockstep.at, run.lockstep.crossed
        if at or crossed:
            return (
                f"Every step agrees with autodiff, up to the kinks of ReLU: {at} entries of Z were exactly 0, where "
                f"another slope is as right, and {crossed} on different sides in the two. With tanh in place of relu "
                "they stay together."
            )
        return (
            "Every step agrees with autodiff, and yet the two trajectories drift apart: training amplifies rounding, "
            "most of all where the loss does not fall evenly. A smaller --rate keeps them together."
        )
    return None


def drifted(run: Run) -> bool:
    """Whether the parameters, though no step was wrong, moved apart by more than the square root of rounding's unit."""
    unit = float(np.finfo(run.recipe.dtype).eps)
    return run.lockstep is not None and run.lockstep.distance > unit**0.5


def curves(run: Run) -> dict[str, list[Any] | None]:
    """The records by name, thinned; None for what was not measured."""
    kept = thinned(run.records, run)
    columns = {name: [getattr(record, name) for record in kept] for name in CURVES}
    return {name: None if None in column else column for name, column in columns.items()}


def thinned(records: Sequence[Record], run: Run) -> list[Record]:
    """At most about POINTS of the records: evenly, and always the first, the last, the best and the parting one."""
    stride = -(-len(records) // POINTS)
    parted = run.lockstep.parted.step if run.lockstep is not None and run.lockstep.parted is not None else None
    after_parting = next((k for k, record in enumerate(records) if parted is not None and record.step >= parted), None)
    return [
        record for k, record in enumerate(records)
        if k % max(stride, 1) == 0 or k in (len(records) - 1, after_parting) or record.step == run.best_step
    ]


def _measured(run: Run, part: Examples) -> dict[str, float]:
    trace = forward(part.X, run.layers)
    J = float(network_loss(trace, run.layers, part.Y, run.loss))
    return {"accuracy": accuracy(trace.A[-1], part.labels), "loss": J}


def _together(lockstep: Lockstep) -> dict[str, Any]:
    parted = lockstep.parted
    return {
        "steps": lockstep.steps, "together": parted is None, "worst_gradient_error": lockstep.worst,
        "parted": None if parted is None else {**asdict(parted), "entry": list(parted.entry)},
        "kinks": {"at": lockstep.at, "crossed": lockstep.crossed},
    }
