"""Training beside scikit-learn's MLPClassifier: the same architecture, rate, penalty and rows, full-batch SGD."""

import time
import warnings
from collections.abc import Callable
from statistics import mean, median

import numpy as np

from benchmarks.tables import table
from manual_bp import forward
from verify.training.data import BUILT_IN, load
from verify.training.prepared import Prepared, accuracy, prepare
from verify.training.recipe import DEFAULTS, Defaults, Recipe
from verify.training.running import Run

Result = dict[str, dict[str, list[float]]]


def run(seeds: int, seed: int, progress: Callable[[str, int], None]) -> Result:
    """Accuracies on the test set and seconds of training by data set and side, a number for each seed.

    Both sides get the same normalized arrays; they take turns, and who begins alternates.
    """
    results: Result = {}
    for name in BUILT_IN:
        columns = [f"{side} {what}" for side in ("ours", "theirs") for what in ("accuracy", "seconds")]
        found: dict[str, list[float]] = {column: [] for column in columns}
        for k in range(seed, seed + seeds):
            data = load(name, seed=k)
            outputs = 1 if len(data.classes) == 2 else len(data.classes)
            prepared, defaults = prepare(data, outputs, "float64"), DEFAULTS[name]
            sides = (("ours", _ours), ("theirs", _theirs))
            for side, trained in sides if k % 2 else sides[::-1]:
                accuracy, seconds = trained(prepared, defaults, k)
                found[f"{side} accuracy"].append(accuracy)
                found[f"{side} seconds"].append(seconds)
            progress(name, 1)
        results[name] = found
    return results


def _ours(data: Prepared, defaults: Defaults, seed: int) -> tuple[float, float]:
    outputs = data.train.Y.shape[0]
    activations = (defaults.activation,) * len(defaults.hidden)
    recipe = Recipe(
        (data.train.X.shape[0], *defaults.hidden, outputs), (*activations, "sigmoid" if outputs == 1 else "softmax"),
        defaults.rate, defaults.epochs, l2=defaults.l2, seed=seed,
    )
    started = time.perf_counter()
    training = Run(recipe, data, lockstep=False)
    training.go(lambda step, loss: None)
    seconds = time.perf_counter() - started
    return accuracy(forward(data.test.X, training.layers).A[-1], data.test.labels), seconds


def _theirs(data: Prepared, defaults: Defaults, seed: int) -> tuple[float, float]:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier

    X, labels = np.ascontiguousarray(data.train.X.T), data.train.labels
    network = MLPClassifier(
        defaults.hidden, activation=defaults.activation, solver="sgd", alpha=defaults.l2, batch_size=len(labels),
        learning_rate_init=defaults.rate, max_iter=defaults.epochs, momentum=0, shuffle=False, tol=0,
        n_iter_no_change=defaults.epochs, random_state=seed,
    )
    started = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        network.fit(X, labels)
    seconds = time.perf_counter() - started
    return float(network.score(data.test.X.T, data.test.labels)), seconds


def report(results: Result) -> str:
    """A row for each data set: mean accuracies, and how long ours takes as a ratio of medians."""
    rows = []
    for name, found in results.items():
        ours, theirs = median(found["ours seconds"]), median(found["theirs seconds"])
        rows.append([
            name, f"{mean(found['ours accuracy']):.4f}", f"{mean(found['theirs accuracy']):.4f}", f"{ours:.2f} s",
            f"{theirs:.2f} s", f"{ours / theirs:.2f}",
        ])
    header = ["without lock-step", "accuracy", "MLPClassifier", "seconds", "MLPClassifier", "ratio"]
    return table(header, rows)

