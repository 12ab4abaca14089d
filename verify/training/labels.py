"""From labels as they were read to classes, counted from 0."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int64

from verify.training.data_set import DataError, Labels, Table, listed, quoted

MISSING = frozenset({"", "?", "na", "n/a", "nan", "null"})


def is_missing(text: str) -> bool:
    """Whether a cell says that there is no value."""
    return text.strip().lower() in MISSING


@dataclass(frozen=True)
class Classes:
    """The classes' names in order; `numeric` where labels are whole numbers, of which `1.0` and `1` are one."""

    names: tuple[str, ...]
    numeric: bool

    def name(self, text: str) -> str:
        """A label's class name."""
        number = _number(text) if self.numeric else None
        return text if number is None else str(number)


def classes_of(table: Table) -> tuple[Classes, tuple[str, ...]]:
    """The classes of a training table, whole numbers by size and texts by alphabet, and what the user should know.

    Raises DataError where labels are numbers but no classes, or where there is one class.
    """
    texts = table.labels.texts
    numbers = {text: number for text in texts if (number := _number(text)) is not None}
    numeric = len(numbers) == len(texts)
    if numeric:
        for text, number in numbers.items():
            if isinstance(number, float):
                raise DataError(
                    f"{table.name}, row {_first_row(table.labels, text)}, {table.label}: the label is {text}, no whole "
                    "number; expected classes. To predict numbers is regression, which train does not do; write "
                    "classes as whole numbers or names"
                )
    names = tuple(map(str, sorted({int(n) for n in numbers.values()}))) if numeric else tuple(sorted(texts))
    if len(names) < 2:
        raise DataError(
            f"{table.name}, {table.label}: all {len(table.labels.codes)} rows have the label {quoted(names[0])}; "
            "expected two classes or more. Is it the right column?"
        )
    notes: tuple[str, ...] = ()
    if numeric and names != tuple(map(str, range(len(names)))):
        last = len(names) - 1
        notes = (f"the labels {listed(names)} are counted from 0: {names[0]} is class 0, {names[-1]} is class {last}",)
    elif numbers and not numeric:
        notes = (f"labels are taken as text, though some are numbers: {listed(numbers)}",)
    return Classes(names, numeric), notes


def numbered(table: Table, classes: Classes) -> Int64[np.ndarray, " m"]:
    """The rows' labels 0..K-1. Raises DataError at one of a class that the training set does not have."""
    known = {name: k for k, name in enumerate(classes.names)}
    of_text = [known.get(classes.name(text), -1) for text in table.labels.texts]
    for text, k in zip(table.labels.texts, of_text, strict=True):
        if k < 0:
            raise DataError(
                f"{table.name}, row {_first_row(table.labels, text)}, {table.label}: the training set has no class "
                f"{quoted(text)}; it has {listed(classes.names)}. Remove such rows, or train with examples of them"
            )
    return np.array(of_text, dtype=np.int64)[table.labels.codes]


def require_rows(table: Table, labels: Int64[np.ndarray, " m"], names: Sequence[str], needed: int) -> None:
    """Raise unless each class has a row for each part of the split."""
    counts = np.bincount(labels, minlength=len(names))
    few = np.flatnonzero(counts < needed)
    if not few.size:
        return
    if 2 * few.size > len(names):
        raise DataError(
            f"{table.name}, {table.label}: {len(names)} classes in {len(labels)} rows; expected {needed} rows or more "
            "of each. Is it the right column, and are its values classes?"
        )
    k, rows = few[0], "1 row" if counts[few[0]] == 1 else f"{counts[few[0]]} rows"
    others = f" ({few.size} classes have too few)" if few.size > 1 else ""
    raise DataError(
        f"{table.name}, {table.label}: class {quoted(names[k])} has {rows}{others}; expected {needed} or more, one for "
        "each part of the data. Add examples, or remove the class"
    )


def _first_row(labels: Labels, text: str) -> int:
    """The first row of a label, counted from 1."""
    return int(np.argmax(labels.codes == labels.texts.index(text))) + 1


def _number(text: str) -> int | float | None:
    """The number that a label is, an int where it is whole."""
    if "_" in text:
        return None
    try:
        return int(text)
    except ValueError:
        pass
    try:
        value = float(text)
    except ValueError:
        return None
    return int(value) if value.is_integer() else value
