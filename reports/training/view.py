"""A training results file as the template takes it: counts, facts in words, the parting, plots."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from reports.drawings.numerals import number, pair, share, value
from reports.drawings.text import line, plural
from reports.training.curves import plots
from reports.training.recipe import recipe

Results = Mapping[str, Any]
Facts = tuple[tuple[str, str], ...]

ALONE = (
    "Autodiff did not take the same steps, as was asked for by --no-lockstep: nothing here says whether the gradients "
    "are right. Train again without that option to see."
)
_NAMED = 20  # classes or features that are named


@dataclass(frozen=True)
class Parting:
    """The first place where the two sides differ by more than rounding.

    name : of the gradient or parameter, with its entry
    facts : what is said of it
    """

    title: str
    name: str
    facts: Facts


@dataclass(frozen=True)
class View:
    """A training.

    counts : symbol, text and tone of what is to be seen first
    together : what lock-step says, sentence by sentence
    """

    results: Results
    counts: tuple[tuple[str, str, str], ...]
    together: tuple[str, ...]
    parting: Parting | None
    plots: tuple[Markup, ...]
    recipe: Facts
    data: Facts


def view(results: Results) -> View:
    """What the page shows of a training results file's content (format 1)."""
    return View(
        results=results, counts=_counts(results), together=_together(results), parting=_parting(results),
        plots=plots(results), recipe=recipe(results), data=_data(results),
    )


def _counts(results: Results) -> tuple[tuple[str, str, str], ...]:
    found = [("", f"{accuracy(results['test_accuracy'])} test accuracy", "")]
    found.append(("", f"{accuracy(results['train_accuracy'])} on the training set", ""))
    if results["validation_accuracy"] is not None:
        found.append(("", f"{accuracy(results['validation_accuracy'])} on the validation set", ""))
    why = results["stopped"]["why"]
    if why in ("interrupted", "diverged"):
        found.append(("✗", why, "bad" if why == "diverged" else "warn"))
    lockstep = results["lockstep"]
    if not lockstep:
        found.append(("·", "not compared with autodiff", "none"))
    elif lockstep["parted"]:
        found.append(("✗", f"parted from autodiff at step {lockstep['parted']['step']:,}", "bad"))
    elif lockstep["steps"]:
        found.append(("✓", f"{plural(lockstep['steps'], 'step')} in step with autodiff", "ok"))
    return tuple(found)


def _together(results: Results) -> tuple[str, ...]:
    lockstep = results["lockstep"]
    if not lockstep:
        return (ALONE,)
    if not lockstep["steps"]:
        return ("No step was taken, so nothing was compared with autodiff.",)
    worst = value(lockstep["worst_gradient_error"])
    said = [
        f"Autodiff took the same {plural(lockstep['steps'], 'step')} from the same start, with the same masks. After "
        "each the gradients by hand, and the step that they made, were compared with those of autodiff at the same "
        "parameters. The bound is what rounding can explain, entry by entry; "
        + (f"the worst entry of all is {share(worst)}." if share(worst) else "the worst entry of all is no number.")
    ]
    furthest = results["max_relative_parameter_difference"]
    if furthest is not None:
        judged = "" if lockstep["parted"] else " That is measured, not judged: training amplifies rounding."
        said.append(
            f"The parameters of the two trajectories are at most {number(furthest, 3)} apart, relative to the largest "
            f"entry of each.{judged}"
        )
    at, crossed = lockstep["kinks"]["at"], lockstep["kinks"]["crossed"]
    if at or crossed:
        zero, sides = f"{_entries(at)} of Z exactly 0", f"{_entries(crossed)} on different sides in the two"
        said.append(f"At the kinks of ReLU: {zero}, {sides}.")
    return tuple(said)


def _parting(results: Results) -> Parting | None:
    found = results["lockstep"] and results["lockstep"]["parted"]
    if not found:
        return None
    gradient = found["what"] == "gradient"
    manual, reference = pair(found["manual"], found["reference"])
    entry = ", ".join(map(str, found["entry"]))
    facts = [
        ("What", "the gradient" if gradient else "the parameter after the step; its gradient agrees"),
        ("Step", f"{found['step']:,}"),
        ("Layer", f"{found['layer']} of {len(results['recipe']['widths']) - 1}"),
        ("Parameter", found["parameter"]),
        ("Entry", f"[{entry}], counted from 0"),
        ("By hand", manual),
        ("By autodiff", reference),
        ("Apart", _apart(found["in_bounds"])),
        *([("Perhaps", found["hint"])] if found["hint"] else []),
    ]
    name = f"{'d' * gradient}{found['parameter']}[{entry}]"
    return Parting(f"Step {found['step']:,}, layer {found['layer']}", name, tuple(facts))


def _data(results: Results) -> Facts:
    data = results["data"]
    constant = data["constant_features"]
    source = [("Source", data["source"])] if data["source"] != data["name"] else []
    return (
        ("Name", data["name"]), *source,
        ("Examples", _sizes(data)),
        ("Features", f"{data['features']:,}"),
        ("Classes", f"{len(data['classes']):,}: {_named(data['classes'])}"),
        ("Constant features", f"{len(constant):,}, centred but not scaled: {_named(constant)}" if constant else "none"),
        *(("Note", note) for note in data["notes"]),
        ("SHA-256", results["provenance"]["data_sha256"]),
    )


def _sizes(data: Mapping[str, Any]) -> str:
    validation = f", {data['validation']:,} for validation" if data["validation"] else ""
    return f"{data['train']:,} for training{validation}, {data['test']:,} for the test"


def _named(names: list[str]) -> str:
    rest = len(names) - _NAMED
    return ", ".join([line(name, 60) for name in names[:_NAMED]]) + (f" and {rest:,} more" if rest > 0 else "")


def _entries(count: int) -> str:
    return "1 entry" if count == 1 else f"{count:,} entries"


def _apart(in_bounds: Any) -> str:
    return share(in_bounds) or "no number can be said"


def accuracy(x: Any) -> str:
    """A share of right answers, with four digits as the conclusion has it."""
    y = value(x)
    return f"{y:.4f}" if y is not None and abs(y) <= 1 else number(x, 4)
