"""`manual-bp train`: the command line to a recipe, the recipe to a run, the run to its files."""

import argparse
import shlex
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from manual_bp.backprop_a import backprop_a
from verify import outputs
from verify.chatter import complain
from verify.exit_codes import INTERRUPTED, OK, UNEXPECTED, USAGE
from verify.results import dump
from verify.settings import OUT
from verify.training import saved_model
from verify.training.backward import BackwardError, function_named, hint
from verify.training.data import BUILT_IN, DataError, load
from verify.training.data_set import DataSet
from verify.training.prepared import Prepared, prepare
from verify.training.recipe import DEFAULTS, OTHERS, Recipe, RecipeError, per_layer
from verify.training.results import results
from verify.training.running import Run

SHAPING = (  # what a resumed training has from its model
    "test", "label", "validation", "layers", "activation", "output", "initialization", "rate", "l1", "l2", "keep",
    "patience", "batch", "seed", "dtype", "lockstep", "backward",
)
VALIDATION = 0.2  # with --patience, where nothing is said


@dataclass(frozen=True, eq=False)
class Plan:
    """A run that is ready to start, its data, and where they come from."""

    run: Run
    data: DataSet
    source: saved_model.Source


def train(options: argparse.Namespace) -> int:
    """Train as the command line says; returns the exit code."""
    began = time.perf_counter()
    try:
        plan = _resumed(options) if options.resume else _new(options)
        places = _places(options, plan.data)
    except (DataError, RecipeError, BackwardError, saved_model.ModelError, _Usage) as error:
        complain(str(error))
        return USAGE
    run, model = plan.run, places["model"]
    console = Console(highlight=False, soft_wrap=True)
    if not options.quiet:
        _introduce(console, plan)
    try:
        with _Progress(console, run, options.quiet) as report:
            run.go(report)
    except (Exception, SystemExit) as error:
        if plan.source.backward is None:
            raise
        where = f"--backward {plan.source.backward} failed at step {run.state.step + 1}"
        complain(f"{where}: {type(error).__name__}: {error}{hint(error)}")
        return USAGE
    found = results(
        run, plan.data, command=_command(options), model=model.as_posix(), seconds=time.perf_counter() - began
    )
    problem = _write(plan, found, places)
    if problem:
        complain(problem)
        return USAGE
    console.print(f"[bold]{escape(found['conclusion'])}[/]")
    if found["advice"] and run.why != "interrupted":
        console.print(found["advice"], markup=False)
    if run.why == "interrupted":
        console.print(f"Go on with: manual-bp train --resume {shlex.quote(str(model))}", markup=False)
    if not options.quiet:
        console.print(f"Report: {places['html']}  Results: {places['json']}  Model: {model}", markup=False)
    return INTERRUPTED if run.why == "interrupted" else OK if found["passes"] else UNEXPECTED


class _Usage(ValueError):
    """A command line that says nothing that can be done."""


def _new(options: argparse.Namespace) -> Plan:
    """A training from its start."""
    name, seed = options.source or "digits", options.seed or 0
    if seed < 0:
        raise _Usage(f"--seed is {seed}; expected 0 or more")
    validation = options.validation
    if validation is None:
        validation = VALIDATION if options.patience is not None else 0.0
    data = load(name, seed=seed, test=options.test, label=options.label, validation_fraction=validation)
    recipe = _recipe(options, data, seed, validation)
    backward = function_named(options.backward) if options.backward else backprop_a
    prepared = _prepared(recipe, data)
    run = Run(recipe, prepared, lockstep=options.lockstep is not False, backward=backward)
    source = saved_model.Source(
        name, options.test, options.label, data.sha256, data.features, data.classes, options.backward
    )
    return Plan(run, data, source)


def _recipe(options: argparse.Namespace, data: DataSet, seed: int, validation: float) -> Recipe:
    """What the command line says, and the data set's defaults where it says nothing."""
    defaults = DEFAULTS.get(data.source, OTHERS)
    hidden = defaults.hidden if options.layers is None else _numbers("--layers", options.layers, int)
    names = tuple((options.activation or defaults.activation).split(","))
    output = options.output or ("sigmoid" if len(data.classes) == 2 else "softmax")
    last = 1 if output == "sigmoid" and len(data.classes) == 2 else len(data.classes)
    keep = None
    if options.keep is not None:
        keep = (*per_layer("--keep", _numbers("--keep", options.keep, float), len(hidden)), 1.0)
    return Recipe(
        widths=(len(data.features), *hidden, last),
        activations=(*per_layer("--activation", names, len(hidden)), output),
        rate=defaults.rate if options.rate is None else options.rate,
        epochs=defaults.epochs if options.epochs is None else options.epochs,
        l1=options.l1 or 0.0,
        l2=defaults.l2 if options.l2 is None else options.l2,
        keep=keep, initialization=options.initialization, validation=validation, patience=options.patience,
        batch=options.batch, seed=seed, dtype=options.dtype or "float64",
    )


def _prepared(recipe: Recipe, data: DataSet) -> Prepared:
    m = data.train.X.shape[1]
    if recipe.batch is not None and recipe.batch > m:
        raise RecipeError(f"--batch is {recipe.batch}; the training set has {m} examples, expected no more")
    return prepare(data, recipe.widths[-1], recipe.dtype)


def _resumed(options: argparse.Namespace) -> Plan:
    """A training that goes on from its model."""
    given = [f"--{name}" for name in SHAPING if getattr(options, name) is not None]
    if given:
        raise _Usage(f"{', '.join(given)} can't be changed with --resume: training goes on as it was started")
    path = Path(options.resume)
    model = saved_model.load(path)
    source, recipe = model.source, model.recipe
    if options.source not in (None, source.source):
        raise _Usage(f"{path} was trained on {source.source}; leave out {options.source}")
    if options.epochs is not None:
        recipe = replace(recipe, epochs=options.epochs)
    for place in (source.source, source.test):
        if place not in (None, *BUILT_IN) and not Path(place or "").exists():
            raise _Usage(f"{path} was trained on {place}, which is not there; resume where training began")
    data = load(
        source.source, seed=recipe.seed, test=source.test, label=source.label, validation_fraction=recipe.validation
    )
    if data.sha256 != source.sha256:
        raise _Usage(f"{source.source} is not what {path} was trained on: its content changed; train from the start")
    if model.why == "diverged":
        raise _Usage(f"{path} diverged at step {model.state.step}; train from the start with a smaller --rate")
    if model.why == "early stopping":
        raise _Usage(f"{path} stopped early at step {model.state.step}; train from the start with more --patience")
    prepared = _prepared(recipe, data)
    step, total = model.state.step, recipe.epochs * recipe.steps_in_epoch(prepared.train.X.shape[1])
    if step >= total:
        raise _Usage(f"{path} was trained for {step} of {total} steps; give more --epochs than {recipe.epochs}")
    run = Run(
        recipe, prepared, lockstep=model.lockstep, state=model.state, records=model.records, seconds=model.seconds,
        backward=function_named(source.backward) if source.backward else backprop_a,
    )
    return Plan(run, data, source)


def _places(options: argparse.Namespace, data: DataSet) -> dict[str, Path]:
    """Where the files go; raises _Usage if one can't go there."""
    name = Path(data.name).stem
    suffixes = {"model": "npz", "json": "json", "html": "html"}
    places = {key: Path(getattr(options, key) or OUT / f"{name}.{suffix}") for key, suffix in suffixes.items()}
    if options.resume and not options.model:
        places["model"] = Path(options.resume)
    named = [(f"--{key}", str(place)) for key, place in places.items()]
    code = (options.backward or "").rpartition(":")[0]
    inputs = [("the data", data.source), ("--test", options.test), ("--backward", code)]
    problem = outputs.clash(named) or outputs.clash([*named, *((what, place) for what, place in inputs if place)])
    for key, place in places.items():
        problem = problem or outputs.unwritable(place, f"--{key}")
    if problem:
        raise _Usage(problem)
    return places


def _write(plan: Plan, found: dict[str, Any], places: dict[str, Path]) -> str:
    """Write the model, the results and the page; returns what went wrong, or an empty string."""
    from reports.training import render_training

    try:
        saved_model.save(places["model"], plan.run, plan.source)
    except OSError as error:
        return f"can't write the model {places['model']}: {error.strerror}"
    return outputs.write({places["json"]: dump(found), places["html"]: render_training(found)})


def _introduce(console: Console, plan: Plan) -> None:
    """What will be trained on what, and what a user should know of the data."""
    recipe, prepared = plan.run.recipe, plan.run.data
    widths = "-".join(map(str, recipe.widths))
    names = ", ".join(recipe.activations)
    console.print(
        f"[bold]{escape(plan.data.name)}, {widths}[/] · {escape(names)} · {prepared.train.X.shape[1]} examples · "
        f"{recipe.epochs} epoch{'s' * (recipe.epochs != 1)} · seed {recipe.seed}"
    )
    if recipe.batch is not None:
        console.print(f"Mini-batches of {recipe.batch} examples: an extension, not in the notes.", markup=False)
    if plan.run.state.step:
        console.print(f"Going on from step {plan.run.state.step}.", markup=False)
    for note in plan.data.notes:
        console.print(note, markup=False)
    if prepared.constant:
        count = len(prepared.constant)
        console.print(
            f"{count} constant feature{'s' * (count != 1)}, centred but not scaled: {', '.join(prepared.constant)}",
            markup=False,
        )


class _Progress:
    """A bar with the loss, on a terminal."""

    def __init__(self, console: Console, run: Run, quiet: bool) -> None:
        self.progress = Progress(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
            console=console, transient=True, disable=quiet or not console.is_terminal,
        )
        self.task = self.progress.add_task("loss", total=run.total, completed=run.state.step)

    def __enter__(self) -> Callable[[int, float], None]:
        self.progress.start()
        return lambda step, loss: self.progress.update(self.task, completed=step, description=f"loss {loss:.4g}")

    def __exit__(self, *exception: object) -> None:
        self.progress.stop()


def _numbers(option: str, text: str, kind: Callable[[str], Any]) -> tuple[Any, ...]:
    """Numbers between commas; `none` is none of them."""
    if text.strip() in ("", "none"):
        return ()
    try:
        return tuple(kind(part) for part in text.split(","))
    except ValueError:
        what = "whole numbers" if kind is int else "numbers"
        raise RecipeError(f"{option} is {text!r}; expected {what} between commas, one for each hidden layer") from None


def _command(options: argparse.Namespace) -> str:
    """The command line, as it would be written."""
    words = ["manual-bp", "train", *([options.source] if options.source else [])]
    for name in (*SHAPING, "epochs", "resume"):
        value = getattr(options, name)
        if isinstance(value, bool):
            words.append(f"--{'' if value else 'no-'}{name}")
        elif value is not None:
            words += [f"--{name}", f"{value:g}" if isinstance(value, float) else str(value)]
    return shlex.join(words)
