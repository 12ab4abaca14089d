"""Small trainings for the tests: data without scikit-learn, recipes, runs."""

from pathlib import Path
from typing import Any

import jsonschema
import numpy as np

from reports.schema import problem, schema
from tests import documents
from verify.training.data_set import DataSet, Split
from verify.training.prepared import Prepared, prepare
from verify.training.recipe import Recipe
from verify.training.running import Run

NO_MASK = """\
from manual_bp import backprop

def backward(trace, layers, Y, loss, dropout, *, stable):
    return backprop(trace, layers, Y, loss, None, stable=stable)
"""


def blobs(seed: int = 0, m: int = 60, features: int = 3, classes: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Points around a center for each class: X (m, features) and labels."""
    rng = np.random.default_rng(seed)
    labels = np.arange(m) % classes
    centers = 2.5 * rng.normal(size=(classes, features))
    return centers[labels] + rng.normal(size=(m, features)), labels


def loaded(path: Path) -> Any:
    """The content of a training's results file, valid by its schema."""
    content = documents.loaded(path)
    jsonschema.Draft202012Validator(schema("training")).validate(content)
    assert problem(content) == ""
    return content


def data(recipe: Recipe, constant: bool = False) -> Prepared:
    """Blobs in parts, for that recipe's widths."""
    X, labels = blobs(features=recipe.widths[0], classes=max(2, recipe.widths[-1]))
    if constant:
        X[:, 0] = 1.5

    def part(rows: Any) -> Split:
        return Split(X[rows].T.copy(), labels[rows])

    parts = part(slice(0, 36)), part(slice(36, 48)), part(slice(48, 60))
    names = tuple(f"x{i}" for i in range(recipe.widths[0]))
    found = DataSet("blobs", "blobs", names, ("a", "b", "c"), *parts, "0" * 64)
    return prepare(found, recipe.widths[-1], recipe.dtype)


def recipe(hidden: tuple[int, ...] = (5, 4), activation: str = "tanh", **options: Any) -> Recipe:
    """A recipe for three classes, or for `outputs` of them (1: two)."""
    outputs = options.pop("outputs", 3)
    names = (activation,) * len(hidden) + ("sigmoid" if outputs == 1 else "softmax",)
    return Recipe((3, *hidden, outputs), names, **{"rate": 0.5, "epochs": 6, **options})


def trained(plan: Recipe, **options: Any) -> Run:
    """A run that went to its end."""
    constant = options.pop("constant", False)
    run = Run(plan, data(plan, constant), **options)
    run.go()
    return run
