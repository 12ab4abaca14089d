"""A data set as a network takes it: normalized by the training set's statistics, labels as targets, in one dtype."""

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

from manual_bp.normalization import Normalization, fit_normalization
from verify.training.data_set import DataSet, Split

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True, eq=False)
class Examples:
    """Features X (n_x, m), targets Y (n[N], m), labels (m,)."""

    X: Array
    Y: Array
    labels: Array


@dataclass(frozen=True, eq=False)
class Prepared:
    """The parts of a data set, the statistics, and the names of the features that are constant in the training set."""

    train: Examples
    validation: Examples | None
    test: Examples
    normalization: Normalization
    constant: tuple[str, ...]


def prepare(data: DataSet, outputs: int, dtype: str) -> Prepared:
    """The parts for a network with so many outputs: one-hot columns, or a row of 0 and 1 for one output.

    The statistics are those of float64; their results are rounded to `dtype` once.
    """
    X = data.train.X
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "constant features")  # named by the caller
        normalization = fit_normalization(X)
    constant = np.flatnonzero(np.max(X, axis=1) == np.min(X, axis=1))

    def examples(part: Split) -> Examples:
        Y = part.labels[None] if outputs == 1 else np.eye(outputs)[:, part.labels]
        return Examples(normalization(part.X).astype(dtype), Y.astype(dtype), part.labels)

    validation = None if data.validation is None else examples(data.validation)
    names = tuple(data.features[i] for i in constant)
    return Prepared(examples(data.train), validation, examples(data.test), normalization, names)


def accuracy(A: Array, labels: Array) -> float:
    """The part of examples whose label is that of the largest output, or of the side of 1/2 for one output."""
    predicted = A[0] > 0.5 if A.shape[0] == 1 else np.argmax(A, axis=0)
    return float(np.mean(predicted == labels))
