"""Data from CSV files: a column of labels, numbers in the others, the columns' names in the first line or not."""

import math
import re
from array import array
from collections import Counter
from collections.abc import Sequence
from itertools import chain
from pathlib import Path

import numpy as np

from verify.training import csv_text
from verify.training.data_set import DataError, Labels, Table, listed, quoted
from verify.training.labels import is_missing

LABELS = ("label", "target", "class", "y")
DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+")


def read_csv(path: Path, label: str | None = None, like: Table | None = None) -> Table:
    """A CSV file's table; `label` is the name of the column of labels. A test set is read `like` the training set.

    It is read as a stream: a number takes eight bytes, a label eight too.

    Raises DataError where the file can't be used: it names the row, counted from 1, the line, the column and the value.
    """
    rows = csv_text.rows(path)
    first = next(rows, None)
    if first is None:
        raise DataError(f"{path} is empty; expected an example a line, features and a label")
    header = _is_header(first.cells)
    names = _names(path, first.cells) if header else [f"column {j}" for j in range(1, len(first.cells) + 1)]
    at, notes = _label_column(path, names, header, label) if like is None else _column_like(path, names, header, like)
    features = [name for j, name in enumerate(names) if j != at]
    values, codes, texts = array("d"), array("q"), dict[str, int]()
    for number, (line, cells) in enumerate(rows if header else chain([first], rows), 1):
        where = f"{path}, row {number} (line {line})"
        if len(cells) != len(names):
            raise DataError(
                f"{where}: {len(cells)} cells; expected {len(names)}, as in the first line. Quote cells that hold a "
                "delimiter, and fill in those that are missing"
            )
        text = cells.pop(at).strip()
        if is_missing(text):
            raise DataError(
                f"{where}, column {quoted(names[at])}: the label is {quoted(text)}; fill it in or remove the row"
            )
        codes.append(texts.setdefault(text, len(texts)))
        numbers = _numbers(cells)
        if numbers is None:
            hint = "" if header or number > 1 else " (the first line names the columns only if it has no numbers)"
            raise DataError(f"{where}, {_first_unfit(features, cells)}{hint}")
        values.extend(numbers)
    if not codes:
        raise DataError(f"{path} has no examples: its one line names the columns")
    X = np.frombuffer(values, dtype=np.float64).reshape(len(codes), len(features))
    labels = Labels(tuple(texts), np.frombuffer(codes, dtype=np.int64))
    return Table(str(path), tuple(features), header, X, labels, names[at], at, notes)


def _numbers(cells: Sequence[str]) -> list[float] | None:
    """The cells' numbers, or None if one is no finite number."""
    try:
        numbers = [float(cell) for cell in cells]
    except ValueError:
        return None
    readable = (math.isfinite(sum(numbers)) or all(map(math.isfinite, numbers))) and "_" not in "".join(cells)
    return numbers if readable else None


def _first_unfit(features: Sequence[str], cells: Sequence[str]) -> str:
    """The first cell that is no finite number, and what to do."""
    at = next(j for j, cell in enumerate(cells) if _numbers([cell]) is None)
    cell, column = cells[at].strip(), f"column {quoted(features[at])}: "
    if not cell:
        return column + "the cell is empty; fill it in or remove the row"
    if is_missing(cell):
        return column + f"{quoted(cell)} is a missing value; fill it in or remove the row"
    if DECIMAL_COMMA.fullmatch(cell):
        return column + f"{quoted(cell)} has a decimal comma; write a point"
    try:
        float(cell.replace("_", "?"))
    except ValueError:
        return column + f"{quoted(cell)} is no number; encode text as numbers, or remove the column"
    return column + f"{quoted(cell)} is not finite; correct it or remove the row"


# -- the first line ----------------------------------------------------------------------------------------------------


def _is_header(cells: Sequence[str]) -> bool:
    """Whether the first line names the columns: none is a number, or all but the label's are numbered in order."""
    numbers = [cell.strip() for cell in cells if _is_number(cell)]
    if not numbers:
        return True
    others = [cell.strip().lower() for cell in cells if not _is_number(cell)]
    in_order = any(numbers == [str(i) for i in range(start, start + len(numbers))] for start in (0, 1))
    return len(numbers) > 1 and in_order and len(others) == 1 and others[0] in LABELS[:3]


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _names(path: Path, cells: Sequence[str]) -> list[str]:
    names = [cell.strip() for cell in cells]
    names[0] = names[0].removeprefix("#").strip()  # numpy.savetxt begins so
    for at, name in enumerate(names, 1):
        if not name:
            raise DataError(
                f"{path}: column {at} has no name in the first line; name it, or remove it if it numbers the rows"
            )
    again = {name: count for name, count in Counter(names).items() if count > 1}
    if again:
        name = next(iter(again))
        places = [at for at, other in enumerate(names, 1) if other == name]
        raise DataError(f"{path}: columns {listed(places)} are all named {quoted(name)}; give each its own name")
    return names


def _label_column(path: Path, names: Sequence[str], header: bool, label: str | None) -> tuple[int, tuple[str, ...]]:
    """Where the labels stand, and what the user should know of it."""
    if len(names) < 2:
        raise DataError(
            f"{path} has one column, {quoted(names[0])}; expected features and a label, separated by commas, "
            "semicolons or tabs"
        )
    if label is not None:
        if label not in names:
            known = listed(map(quoted, names))
            raise DataError(f"{path} has no column {quoted(label)} for the labels; its columns: {known}")
        return names.index(label), ()
    if not header:
        return len(names) - 1, (f"{path.name} does not name its columns; the labels are the last column",)
    found = [at for at, name in enumerate(names) if name.lower() in LABELS]
    if len(found) > 1:
        raise DataError(
            f"{path}: the columns {listed(quoted(names[at]) for at in found)} could all hold the labels; say which "
            f"with --label {names[found[-1]]}, and remove the others unless they are features"
        )
    if found:
        return found[0], ()
    return len(names) - 1, (f"the labels of {path.name} are its last column, {names[-1]}; --label NAME takes another",)


def _column_like(path: Path, names: Sequence[str], header: bool, like: Table) -> tuple[int, tuple[str, ...]]:
    """The same for a test set: the training set's name for it if both name their columns, else its place there."""
    if header and like.named and like.label_at is not None:
        return _label_column(path, names, header, like.label)
    if len(names) - 1 != len(like.features):
        raise DataError(
            f"the test set {path} has {len(names) - 1} features and a label; expected {len(like.features)}, as in "
            f"{like.name}"
        )
    return (len(names) - 1 if like.label_at is None else like.label_at), ()
