"""The rows of a CSV file, one at a time: its encoding, its delimiter, its quotes."""

import codecs
import csv
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from verify.training.data_set import DataError

DELIMITERS = ("\t", ";", ",")
NOT_UTF_8 = "save the file as UTF-8, in a spreadsheet: 'CSV UTF-8'"


class Row(NamedTuple):
    """The cells of a row, and the line of the file on which it ends."""

    line: int
    cells: list[str]


def rows(path: Path) -> Iterator[Row]:
    """The rows that are not blank. Raises DataError where the file is not text in UTF-8 or its quotes do not close."""
    _require_text(path)
    return _rows(path, _delimiter(path), strict=True)


def _rows(path: Path, delimiter: str, strict: bool) -> Iterator[Row]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, delimiter=delimiter, skipinitialspace=True, strict=strict)
            try:
                for cells in reader:
                    if len(cells) > 1 or any(cell.strip() for cell in cells):
                        yield Row(reader.line_num, cells)
            except csv.Error as error:
                raise DataError(
                    f"{path}, line {reader.line_num}: {error}; look for a quote \" that is not closed, or that stands "
                    "in a quoted cell and is not doubled"
                ) from None
    except UnicodeDecodeError:
        raise DataError(_first_undecodable(path)) from None


def _require_text(path: Path) -> None:
    with path.open("rb") as file:
        start = file.read(4096)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise DataError(f"{path} is encoded as UTF-16; {NOT_UTF_8}")
    if b"\0" in start:
        raise DataError(f"{path} is no text file; expected comma-separated values, one example a line")


def _delimiter(path: Path) -> str:
    """The delimiter that gives the first two rows as many cells, two at least; else that with most cells in the first.

    A comma before each tab is the delimiter, and the tab is padding.
    """
    found = {}
    for delimiter in DELIMITERS:
        first = [row.cells for row in islice(_rows(path, delimiter, strict=False), 2)]
        widths = {len(cells) for cells in first}
        others = tuple(other for other in DELIMITERS if other != delimiter)
        padded = any(cell.rstrip(" ").endswith(others) for cells in first for cell in cells)
        if len(widths) == 1 and widths != {1} and not padded:
            return delimiter
        found[delimiter] = len(first[0]) if first else 0
    return max(DELIMITERS, key=lambda delimiter: found[delimiter])


def _first_undecodable(path: Path) -> str:
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError as error:
                return f"{path}, line {number}: the byte {line[error.start]:#04x} is not UTF-8; {NOT_UTF_8}"
    return f"{path} is not UTF-8; {NOT_UTF_8}"
