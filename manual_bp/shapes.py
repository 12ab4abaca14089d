"""Checks of arguments: each error names the argument, what it got and what was expected."""

from collections.abc import Sequence
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]


def require_matrix(name: str, value: Array, rows: int | None = None, columns: int | None = None) -> None:
    """Raise unless `value` is a 2-D array with the given numbers of rows and columns (None: any)."""
    if not hasattr(value, "ndim") or not hasattr(value, "shape"):
        raise TypeError(f"{name} is a {type(value).__name__}; expected a NumPy array with two dimensions")
    wanted = f"({'any' if rows is None else rows}, {'any' if columns is None else columns})"
    if value.ndim != 2:
        hint = ": write a column as shape (n, 1)" if value.ndim == 1 else ""
        raise ValueError(f"{name} has shape {value.shape}; expected two dimensions, {wanted}{hint}")
    if (rows is not None and value.shape[0] != rows) or (columns is not None and value.shape[1] != columns):
        raise ValueError(f"{name} has shape {value.shape}; expected {wanted}")


def require_same_shape(name: str, value: Array, other_name: str, other: Array) -> None:
    """Raise unless two arrays have one shape: NumPy would broadcast, the notes do not."""
    if value.shape != other.shape:
        raise ValueError(f"{name} has shape {value.shape}; expected {other.shape}, the shape of {other_name}")


def require_examples(name: str, value: Array) -> int:
    """The batch size m of a matrix whose columns are examples; raise if there is none."""
    require_matrix(name, value)
    m: int = value.shape[1]
    if m == 0:
        raise ValueError(f"{name} has no examples (m = 0, shape {value.shape}); expected at least one column")
    return m


def require_numbers(name: str, value: Array) -> None:
    """Raise if a floating array contains NaN or an infinity, naming the first such entry."""
    if value.dtype.kind not in "fc":
        return
    bad = ~np.isfinite(value)
    if bad.any():
        first = tuple(int(i) for i in np.argwhere(bad)[0])
        raise ValueError(
            f"{name} contains {int(bad.sum())} entries that are NaN or infinite, the first at index {first}; "
            "remove or impute them first"
        )


def require_labels(name: str, value: Array) -> None:
    """Raise if a target lies outside [0, 1]."""
    outside = (value < 0) | (value > 1)
    if np.any(outside):
        first = tuple(int(i) for i in np.argwhere(outside)[0])
        raise ValueError(
            f"{name} has {int(np.sum(outside))} labels outside [0, 1], the first {value[first]} at index {first}; "
            "targets are probabilities: 0 or 1, one-hot columns, or soft labels between"
        )


def require_keep_probability(name: str, p: Any) -> None:
    """Raise unless 0 < p <= 1: at p = 0 the scale 1/p of (7.2c) is 0/0 (E16b)."""
    if not (0 < p <= 1):
        raise ValueError(f"{name} is {p!r}; a keep probability lies in (0, 1]: at 0 nothing is kept and A / p is 0/0")


def require_positive(name: str, value: Any) -> None:
    """Raise unless a hyperparameter is a finite number above zero."""
    if not value > 0 or value == float("inf"):
        raise ValueError(f"{name} is {value!r}; expected a finite number above 0")


def require_not_negative(name: str, value: Any) -> None:
    """Raise unless a hyperparameter is a finite number, zero or more."""
    if not value >= 0 or value == float("inf"):
        raise ValueError(f"{name} is {value!r}; expected a finite number, 0 or more")


def require_known(kind: str, name: str, known: Sequence[str]) -> None:
    """Raise if a name is not one of those known, listing them."""
    if name not in known:
        raise ValueError(f"unknown {kind} {name!r}; known: {', '.join(sorted(known))}")


def weak(scalar: Any) -> Any:
    """A hyperparameter that leaves the arrays' dtype alone.

    NumPy 2 upcasts float32 arrays by a `np.float64` scalar but not by a Python float; exact numbers pass as they are.
    """
    if isinstance(scalar, np.generic) or (type(scalar) is np.ndarray and scalar.ndim == 0):
        return scalar.item()
    return scalar
