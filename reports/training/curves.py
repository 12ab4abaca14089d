"""The curves of a training as plots: loss, accuracy, parameters' distance and gradients' errors."""

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from reports.drawings.numerals import value
from reports.training.plot import Curve, Dot, Mark, plot, steps_text
from reports.training.scales import fitting, linear, logarithmic

Results = Mapping[str, Any]


def plots(results: Results) -> tuple[Markup, ...]:
    """A plot for each thing that was measured."""
    found = [
        loss_plot(results), accuracy_plot(results),
        *([distance_plot(results), error_plot(results)] if results["lockstep"] else []),
    ]
    return tuple(one for one in found if one)


def loss_plot(results: Results) -> Markup:
    """The objective on the training set, of both trajectories, and the loss on the validation set."""
    both = results["curves"]["reference_loss"] is not None
    ours = ("by hand", "th") if both else ("training", "to")
    named = ("loss", *ours), ("reference_loss", "by autodiff", "ta"), ("validation_loss", "validation", "tv")
    return plot("Loss", _curves(results, *named), fitting, **_steps(results))


def accuracy_plot(results: Results) -> Markup:
    """On the training set and the validation set, and once on the test set."""
    curves = _curves(results, ("train_accuracy", "training", "to"), ("validation_accuracy", "validation", "tv"))
    tested = value(results["test_accuracy"])
    kept = results["stopped"]["best_step"]
    dots = [Dot("test, once", kept, tested)] if tested is not None and abs(tested) <= 1 else []
    return plot("Accuracy", curves, linear, **_steps(results), dots=dots) if curves else Markup("")


def distance_plot(results: Results) -> Markup:
    """How far the two trajectories are apart."""
    curves = _curves(results, ("distance", "the largest of all parameters", "to"), compared=True)
    return plot("Parameters: max |W − W′| / max |W|", curves, logarithmic, **_steps(results)) if curves else Markup("")


def error_plot(results: Results) -> Markup:
    """The gradients by hand against autodiff's at the same parameters."""
    curves = _curves(results, ("gradient_error", "the worst entry", "to"), compared=True)
    if not curves:
        return Markup("")
    title = "Gradients: error of the worst entry, in bounds"
    return plot(title, curves, logarithmic, **_steps(results), rule=(1.0, "the bound"))


def _curves(results: Results, *named: tuple[str, str, str], compared: bool = False) -> list[Curve]:
    """Those of the curves that were measured; `compared` leaves out the start, before which no step was compared."""
    curves = results["curves"]
    first = 1 if compared and curves["step"][:1] == [0] else 0
    return [
        Curve(name, style, curves["step"][first:], curves[key][first:])
        for key, name, style in named if curves[key] is not None
    ]


def _steps(results: Results) -> dict[str, Any]:
    """What the axes of all plots hold: the same steps, and the same of them are marked."""
    return {"span": results["curves"]["step"] or [0], "marks": _marks(results)}


def _marks(results: Results) -> list[Mark]:
    """The step that is kept, unless it is the last, and the one at which the two parted."""
    stopped, lockstep = results["stopped"], results["lockstep"]
    parted = lockstep and lockstep["parted"]
    kept = [Mark(stopped["best_step"], f"step {steps_text(stopped['best_step'])}, kept")]
    return [
        *(kept if stopped["best_step"] != stopped["step"] else []),
        *([Mark(parted["step"], f"✗ parted at step {steps_text(parted['step'])}", bad=True)] if parted else []),
    ]
