"""What data are: a table as it was read, and the data set that is made of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float64, Int64

ADVICE = 'install it with pip install "manual-bp[data]"'


class DataError(ValueError):
    """Data that can't be used; the message says what stands where, what was expected, and what to do."""


@dataclass(frozen=True, eq=False)
class Labels:
    """The labels of a table's rows: `texts` are the different ones, `codes[i]` says which of them row i has."""

    texts: tuple[str, ...]
    codes: Int64[np.ndarray, " m"]


@dataclass(frozen=True, eq=False)
class Table:
    """A source as it was read: an example is a row of X.

    Parameters
    ----------
    name : what messages call the source
    features : the columns' names; `named` says whether they come from the source
    X : array of finite numbers, shape (m, n_x)
    labels : Labels
    label : what the labels are called there; `label_at` is their column in a CSV file
    notes : what a user should know of how it was read
    """

    name: str
    features: tuple[str, ...]
    named: bool
    X: Float64[np.ndarray, "m n_x"]
    labels: Labels
    label: str
    label_at: int | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Split:
    """Part of a data set: an example is a column of X, as in the notes; labels count from 0."""

    X: Float64[np.ndarray, "n_x m"]
    labels: Int64[np.ndarray, " m"]


@dataclass(frozen=True, eq=False)
class DataSet:
    """A data set in parts. `classes[k]` is the name of the class with label k; `sha256` is that of the content, before
    it was split; `notes` are sentences that a user should know."""

    name: str
    source: str
    features: tuple[str, ...]
    classes: tuple[str, ...]
    train: Split
    validation: Split | None
    test: Split
    sha256: str
    notes: tuple[str, ...] = ()


def quoted(value: Any, length: int = 40) -> str:
    """A value in a message: as in code, cut where it is long."""
    text = repr(value)
    return text if len(text) <= length else f"{text[: length - 2]}…{text[-1]}"


def listed(values: Iterable[Any], most: int = 8) -> str:
    """Values in a message: the first few, and how many there are."""
    values = list(values)
    shown = ", ".join(map(str, values[:most]))
    return shown if len(values) <= most else f"{shown}, … ({len(values)} in all)"
