"""Data sets to train on: those of scikit-learn, and a user's own CSV and NPZ files."""

import difflib
import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from jaxtyping import Int64

from verify.training.built_in import BUILT_IN, built_in
from verify.training.csv_files import read_csv
from verify.training.data_set import DataError, DataSet, Split, Table, listed, quoted
from verify.training.labels import classes_of, numbered, require_rows
from verify.training.npz_files import read_npz
from verify.training.splitting import split

__all__ = ["BUILT_IN", "DataError", "DataSet", "Split", "load"]

TEXT = (".csv", ".tsv", ".txt")


def load(
    source: str,
    *,
    seed: int,
    test: str | None = None,
    label: str | None = None,
    test_fraction: float = 0.2,
    validation_fraction: float = 0.0,
) -> DataSet:
    """A data set in parts, stratified, each with its rows in the source's order.

    Parameters
    ----------
    source : breast-cancer, digits, moons, or a path that ends in .csv or .npz
    seed : of the split, which depends on nothing else
    test : a file with the test set; without it, and without X_test in an NPZ file, part of the source is kept for it
    label : the name of a CSV file's column of labels; by default label, target, class or y, else the last
    test_fraction, validation_fraction : parts of the source, above 0 (validation: 0 for none) and below 1 together

    Raises
    ------
    DataError
        If the data can't be used: the message says what stands where, and what to do.
    """
    _require_options(seed, test_fraction, validation_fraction)
    training, held = _read(source, label)
    notes = training.notes
    if test is not None:
        if held is not None:
            raise DataError(f"{source} has X_test, and a test set {test} was given; leave out one of them")
        held = _read_test(test, source, training)
    if held is not None:
        held, more = _with_features_of(training, held)
        notes += more
    classes, more = classes_of(training)
    notes += more
    labels = numbered(training, classes)
    fractions = [test_fraction] * (held is None) + [validation_fraction] * (validation_fraction > 0)
    require_rows(training, labels, classes.names, len(fractions) + 1)
    *parts, rest = (_part(training, labels, rows) for rows in split(labels, fractions, seed))
    tables = [(training, labels)]
    if held is None:
        tested = parts.pop(0)
    else:
        labels_of_test = numbered(held, classes)
        tested = _part(held, labels_of_test, np.arange(len(labels_of_test)))
        tables.append((held, labels_of_test))
        absent = [name for k, name in enumerate(classes.names) if k not in labels_of_test]
        notes += (f"the test set has no example of {listed(absent)}",) if absent else ()
    return DataSet(
        Path(source).name, source, training.features, classes.names, rest, parts[0] if parts else None, tested,
        _sha256(training.features, classes.names, tables), notes,
    )


def _require_options(seed: int, test_fraction: float, validation_fraction: float) -> None:
    if seed < 0:
        raise DataError(f"seed is {seed}; expected 0 or more")
    if not 0 < test_fraction < 1:
        raise DataError(f"test_fraction is {test_fraction}; expected between 0 and 1, as 0.2")
    if not 0 <= validation_fraction < 1:
        raise DataError(f"validation_fraction is {validation_fraction}; expected 0, or a part of the data, as 0.2")
    if not test_fraction + validation_fraction < 1:
        raise DataError(
            f"test_fraction {test_fraction} and validation_fraction {validation_fraction} leave nothing to train on; "
            "expected below 1 together"
        )


# -- sources -----------------------------------------------------------------------------------------------------------


def _read(source: str, label: str | None) -> tuple[Table, Table | None]:
    """A source's table, and that of its test set if it has one."""
    path = None if source in BUILT_IN else _file(source)
    if label is not None and (path is None or path.suffix.lower() == ".npz"):
        raise DataError(f"the label {quoted(label)} names a column of a CSV file; {source} is none, leave it out")
    return (built_in(source), None) if path is None else _read_file(path, label, None)


def _read_file(path: Path, label: str | None, like: Table | None) -> tuple[Table, Table | None]:
    try:
        return read_npz(path) if path.suffix.lower() == ".npz" else (read_csv(path, label, like), None)
    except OSError as error:
        raise DataError(f"can't read {path}: {error.strerror or error}") from None


def _file(source: str) -> Path:
    """A source's path, if there is such a file and its name says what it holds."""
    path = Path(source)
    if not path.exists():
        near = difflib.get_close_matches(source.lower(), BUILT_IN, 1)
        known = f"expected {', '.join(BUILT_IN)}, or a file that ends in .csv or .npz"
        raise DataError(f"{source} is no data set and no file; {f'did you mean {near[0]}?' if near else known}")
    if path.is_dir():
        raise DataError(f"{source} is a directory; give a file in it that ends in .csv or .npz")
    if path.suffix.lower() not in (*TEXT, ".npz"):
        raise DataError(f"{source} ends in {quoted(path.suffix)}; expected .csv or .npz: write it as one of them")
    return path


def _read_test(test: str, source: str, training: Table) -> Table:
    """The table of a test set that is another file."""
    if test in BUILT_IN:
        raise DataError(f"the test set is {test}; expected a file that ends in .csv or .npz")
    path = _file(test)
    if source not in BUILT_IN and path.samefile(source):
        raise DataError(f"the test set {test} is the training set; without it, part of {source} is kept for testing")
    return _read_file(path, None, training)[0]


def _with_features_of(training: Table, held: Table) -> tuple[Table, tuple[str, ...]]:
    """A test set with the training set's features in their order, and what the user should know."""
    if held.X.shape[1] != training.X.shape[1]:
        raise DataError(
            f"the test set {held.name} has {held.X.shape[1]} features; expected {training.X.shape[1]}, as in "
            f"{training.name}: {listed(training.features)}"
        )
    if not (held.named and training.named) or held.features == training.features:
        return held, held.notes
    for name in training.features:
        if name not in held.features:
            known = listed(map(quoted, held.features))
            raise DataError(f"{held.name} has no feature {quoted(name)}, which {training.name} has; it has {known}")
    order = [held.features.index(name) for name in training.features]
    more = f"the columns of {Path(held.name).name} are taken in the order of {Path(training.name).name}"
    return replace(held, X=held.X[:, order], features=training.features), (*held.notes, more)


# -- parts -------------------------------------------------------------------------------------------------------------


def _part(table: Table, labels: Int64[np.ndarray, " m"], rows: Int64[np.ndarray, " rows"]) -> Split:
    return Split(np.ascontiguousarray(table.X[rows].T), labels[rows])


def _sha256(
    features: Sequence[str], classes: Sequence[str], tables: Sequence[tuple[Table, Int64[np.ndarray, " m"]]]
) -> str:
    """Of the names, the numbers and the labels, however a file writes them."""
    digest = hashlib.sha256(repr((tuple(features), tuple(classes))).encode())
    for table, labels in tables:
        digest.update(repr(table.X.shape).encode())
        digest.update(np.ascontiguousarray(table.X, dtype="<f8").data)
        digest.update(labels.astype("<i8").data)
    return digest.hexdigest()
