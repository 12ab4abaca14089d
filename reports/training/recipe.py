"""A training's recipe in words."""

from collections.abc import Mapping
from typing import Any

from reports.drawings.numerals import number, value

Results = Mapping[str, Any]

LOSSES = {"cross_entropy": "cross-entropy", "binary_cross_entropy": "binary cross-entropy, one sigmoid for each output"}
INITIALIZATIONS = {
    "he for relu, xavier for others": "He for ReLU, Xavier for the others", "he": "He", "xavier": "Xavier",
    "bengio": "Bengio",
}
ENDINGS = {
    "epochs": "all epochs are done", "early stopping": "the validation loss did not fall any more",
    "interrupted": "it was interrupted", "diverged": "the loss is no finite number any more",
}


def recipe(results: Results) -> tuple[tuple[str, str], ...]:
    """What was asked for and how it ended, as names with words."""
    plan = results["recipe"]
    patience = plan["patience"]
    return (
        ("Layers", _layers(plan)),
        ("Loss", LOSSES.get(plan["loss"], plan["loss"])),
        ("Initialization", INITIALIZATIONS.get(plan["initialization"], plan["initialization"])),
        ("Learning rate", number(plan["rate"])),
        ("Epochs", f"{plan['epochs']:,}"),
        ("Batches", _batches(plan["batch"])),
        ("L2 penalty", _penalty(plan["l2"])),
        ("L1 penalty", _penalty(plan["l1"])),
        ("Dropout", _dropout(plan["keep"])),
        ("Early stopping", f"after {_epochs(patience)} without a lower validation loss" if patience else "none"),
        ("Numbers", plan["dtype"]),
        ("Seed", f"{results['provenance']['seed']}"),
        ("Ended", _ended(results["stopped"])),
    )


def _layers(plan: Mapping[str, Any]) -> str:
    first, *rest = plan["widths"]
    units = [f"{width:,} ({name})" for width, name in zip(rest, plan["activations"], strict=False)]
    return " → ".join([f"{first:,} features", *units])


def _batches(size: int | None) -> str:
    if size is None:
        return "all examples in every step, as in the notes"
    return f"mini-batches of {size:,}: an extension, not in the notes"


def _penalty(factor: Any) -> str:
    return "none" if value(factor) == 0 else f"λ = {number(factor)}"


def _dropout(keep: list[Any] | None) -> str:
    """Keep probabilities of the layers that drop something."""
    dropping = [f"{number(p)} in layer {l}" for l, p in enumerate(keep or (), 1) if value(p) != 1]
    return f"keep probability {', '.join(dropping)}" if dropping else "none"


def _ended(stopped: Mapping[str, Any]) -> str:
    step, best = stopped["step"], stopped["best_step"]
    kept = "the last parameters are kept" if step == best else f"the parameters of step {best:,} are kept"
    return f"after {step:,} step{'s' * (step != 1)}, since {ENDINGS.get(stopped['why'], stopped['why'])}; {kept}"


def _epochs(count: int) -> str:
    return "1 epoch" if count == 1 else f"{count:,} epochs"
