"""The data sets that ship with scikit-learn: nothing is downloaded."""

from collections.abc import Callable
from typing import Any

import numpy as np

from verify.training.data_set import ADVICE, DataError, Labels, Table


def built_in(name: str) -> Table:
    """The table of one of `BUILT_IN`. Raises DataError without scikit-learn."""
    try:
        from sklearn import datasets
    except ImportError:
        raise DataError(f"the data set {name} comes with scikit-learn, which is not here; {ADVICE}") from None
    X, labels, features, classes = BUILT_IN[name](datasets)
    codes = np.asarray(labels, dtype=np.int64)
    numbers = np.ascontiguousarray(X, dtype=np.float64)
    return Table(name, tuple(map(str, features)), True, numbers, Labels(tuple(map(str, classes)), codes), "label")


def _breast_cancer(datasets: Any) -> Any:
    found = datasets.load_breast_cancer()
    return found.data, found.target, found.feature_names, found.target_names


def _digits(datasets: Any) -> Any:
    found = datasets.load_digits()
    return found.data, found.target, found.feature_names, found.target_names


def _moons(datasets: Any) -> Any:
    """One draw for ever: the seed of a training splits it."""
    X, labels = datasets.make_moons(1000, noise=0.2, random_state=0)
    return X, labels, ("x", "y"), ("upper", "lower")


BUILT_IN: dict[str, Callable[[Any], Any]] = {"breast-cancer": _breast_cancer, "digits": _digits, "moons": _moons}
