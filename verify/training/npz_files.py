"""Data from NPZ files: X with an example a row, y with their labels, and perhaps X_test and y_test."""

import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from verify.training.data_set import DataError, Labels, Table, listed, quoted
from verify.training.labels import is_missing

Array = np.ndarray[Any, np.dtype[Any]]

HOW = "numpy.savez(FILE, X=X, y=y), X of shape (examples, features) and y of shape (examples,)"


def read_npz(path: Path) -> tuple[Table, Table | None]:
    """The table of X and y, and that of X_test and y_test if they are there.

    Pickled objects are refused, unread. Raises DataError where the arrays can't be used.
    """
    arrays = _arrays(path)
    for name in ("X", "y"):
        if name not in arrays:
            raise DataError(f"{path} has no array {name}; it has {listed(arrays) or 'none'}. Write it by {HOW}")
    given = [name for name in ("X_test", "y_test") if name in arrays]
    if len(given) == 1:
        raise DataError(f"{path} has {given[0]} without the other of X_test and y_test; add it, or leave out both")
    others = [name for name in arrays if name not in ("X", "y", "X_test", "y_test")]
    notes = (f"other arrays of {path.name} are not used: {listed(others)}",) if others else ()
    held = _table(path, arrays, "X_test", "y_test") if given else None
    return _table(path, arrays, "X", "y", notes), held


def _arrays(path: Path) -> dict[str, Array]:
    try:
        with path.open("rb") as stream:
            file = np.load(stream, allow_pickle=False)
            if not isinstance(file, np.lib.npyio.NpzFile):
                raise DataError(f"{path} holds one array without a name; write both by {HOW}")
            return {name: _array(path, file, name) for name in file.files}
    except DataError:
        raise
    except (ValueError, EOFError, zipfile.BadZipFile, zlib.error):
        raise DataError(f"{path} is no NPZ file, or a damaged one; write it by {HOW}") from None


def _array(path: Path, file: Any, name: str) -> Array:
    try:
        return np.asarray(file[name])
    except ValueError as error:
        if "pickle" not in str(error):
            raise
        raise DataError(
            f"{path}: {name} holds Python objects, which are not loaded, since that may run anything; write "
            f"{name}.astype(float), or {name}.astype(str) for labels"
        ) from None


def _table(path: Path, arrays: dict[str, Array], x: str, y: str, notes: tuple[str, ...] = ()) -> Table:
    X, labels = arrays[x], arrays[y]
    if X.ndim != 2:
        raise DataError(f"{path}: {x} has shape {X.shape}; expected two dimensions, (examples, features): reshape it")
    if labels.ndim != 1:
        how = f"write {y}.ravel()" if labels.size in X.shape else f"if rows are one-hot, write {y}.argmax(axis=1)"
        raise DataError(f"{path}: {y} has shape {labels.shape}; expected one dimension, ({X.shape[0]},): {how}")
    if len(labels) != len(X):
        how = f"write {x}.T" if len(labels) == X.shape[1] else "expected as many"
        raise DataError(f"{path}: {x} has {len(X)} rows, of shape {X.shape}, but {y} has {len(labels)} labels; {how}")
    if X.size == 0:
        raise DataError(f"{path}: {x} has shape {X.shape}; expected an example and a feature at least")
    if X.dtype.kind not in "buif":
        raise DataError(f"{path}: {x} has dtype {X.dtype}; expected real numbers")
    with np.errstate(over="ignore"):
        numbers = np.array(X, dtype=np.float64)
    bad = ~np.isfinite(numbers)
    if bad.any():
        i, j = (int(k) for k in np.argwhere(bad)[0])
        many = f" ({bad.sum()} entries are not finite)" if bad.sum() > 1 else ""
        raise DataError(f"{path}: {x}[{i}, {j}] is {X[i, j]}{many}; correct it or remove the row")
    features = tuple(f"column {j}" for j in range(1, X.shape[1] + 1))
    return Table(str(path), features, False, numbers, _labels(path, y, labels), y, notes=notes)


def _labels(path: Path, y: str, labels: Array) -> Labels:
    if labels.dtype.kind not in "buifUS":
        raise DataError(f"{path}: {y} has dtype {labels.dtype}; expected whole numbers or texts")
    if labels.dtype.kind == "S":
        try:
            labels = np.char.decode(labels, "utf-8")
        except UnicodeDecodeError:
            raise DataError(f"{path}: {y} has bytes that are not UTF-8; write texts or whole numbers") from None
    texts, codes = np.unique(labels, return_inverse=True)
    for k, text in enumerate(texts.tolist()):
        if is_missing(str(text)):
            raise DataError(f"{path}: {y}[{np.argmax(codes == k)}] is {quoted(text)}; fill it in or remove the row")
    return Labels(tuple(map(str, texts.tolist())), codes.astype(np.int64))
