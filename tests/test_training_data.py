"""Data sets to train on: what is read, what is refused and how the message says so, and how rows are split."""

import re
import sys
import time
import tracemalloc
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.test_independence import imported
from verify.training.data import BUILT_IN, DataError, load
from verify.training.splitting import split

ROWS = [(0.5 * i, -1.0 * i * i, "abc"[i % 3]) for i in range(12)]
GOOD = "".join(f"{a},{b},{c}\n" for a, b, c in ROWS)
NAMED = "width,height,label\n" + GOOD
X, Y = np.array([row[:2] for row in ROWS]), np.array([i % 3 for i in range(12)])


@pytest.fixture
def write(tmp_path):
    """A file of a name and content, text or bytes."""

    def written(content, name="data.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    return written


@pytest.fixture
def save(tmp_path):
    """An NPZ file of some arrays."""

    def saved(name="data.npz", /, **arrays):
        np.savez(tmp_path / name, **arrays)
        return str(tmp_path / name)

    return saved


def everything(data):
    """The examples and class names of all parts, in a standard order."""
    parts = [part for part in (data.train, data.validation, data.test) if part is not None]
    return sorted((*column, data.classes[k]) for part in parts for column, k in zip(part.X.T, part.labels, strict=True))


def test_the_module_brings_neither_jax_nor_scikit_learn():
    assert imported("import verify.training.data") == {"verify", "numpy"}


# -- what ships with scikit-learn --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "features", "m", "classes"),
    [("breast-cancer", 30, 569, ("benign", "malignant")), ("digits", 64, 1797, tuple("0123456789")),
     ("moons", 2, 1000, ("lower", "upper"))],
)
def test_a_built_in_set_has_its_examples_in_columns(name, features, m, classes):
    pytest.importorskip("sklearn")
    data = load(name, seed=0, validation_fraction=0.1)
    assert (data.name, data.source, data.classes, data.notes) == (name, name, classes, ())
    assert len(data.features) == len(set(data.features)) == features
    for part, share in ((data.train, 0.7), (data.validation, 0.1), (data.test, 0.2)):
        assert part.X.shape == (features, len(part.labels))
        assert part.X.dtype == np.float64
        assert part.X.flags.c_contiguous
        assert part.labels.dtype == np.int64
        assert abs(len(part.labels) - share * m) < 1
        assert set(part.labels) == set(range(len(classes)))


def test_the_labels_of_breast_cancer_are_those_of_its_names():
    datasets = pytest.importorskip("sklearn.datasets")
    found, data = datasets.load_breast_cancer(), load("breast-cancer", seed=3)
    expected = [(*row, str(found.target_names[k])) for row, k in zip(found.data, found.target, strict=True)]
    assert everything(data) == sorted(expected)


def test_the_upper_moon_is_above():
    pytest.importorskip("sklearn")
    train = load("moons", seed=0).train
    assert train.X[1, train.labels == 1].mean() > 0.5 > train.X[1, train.labels == 0].mean() + 0.4


def test_without_scikit_learn_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    for name in BUILT_IN:
        with pytest.raises(DataError, match=re.escape('pip install "manual-bp[data]"')):
            load(name, seed=0)


# -- CSV files that are read -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        NAMED, NAMED.replace(",", ";"), NAMED.replace(",", "\t"), NAMED.replace("\n", "\r\n"), NAMED.replace("\n", "\r"),
        "\ufeff" + NAMED, NAMED.replace("width", "# width"), NAMED.replace(",", " ,\t"), NAMED.replace(",", " , "),
        NAMED.replace("\n", "\n\n"), NAMED.replace("label", '"label"').replace(",a", ',"a"'), NAMED.rstrip("\n"),
        NAMED.replace("label", "Target"), NAMED.replace("width", '"width"'), NAMED + " \n",
    ],
    ids=["commas", "semicolons", "tabs", "CRLF", "CR", "BOM", "savetxt", "padded tabs", "padded", "blank lines", "quoted",
         "no last newline", "Target", "quoted name", "blank at the end"],
)
def test_a_csv_file_however_it_is_written(write, content):
    data = load(write(content), seed=0, validation_fraction=0.25)
    assert data.classes == ("a", "b", "c")
    assert data.features == ("width", "height")
    assert everything(data) == sorted(ROWS)
    assert data.notes == ()
    assert data.name == "data.csv"


@pytest.mark.parametrize(
    ("header", "order", "options"),
    [("label,width,height", (2, 0, 1), {}), ("width,kind,height", (0, 2, 1), {"label": "kind"}),
     ("class,width,height", (2, 0, 1), {"label": "class"}), ("0,label,1", (0, 2, 1), {})],
    ids=["first", "named by the option", "both", "numbered"],
)
def test_the_labels_may_stand_in_any_column(write, header, order, options):
    rows = "\n".join(",".join(str(row[j]) for j in order) for row in ROWS)
    data = load(write(f"{header}\n{rows}\n"), seed=0, **options)
    assert everything(data) == sorted(ROWS)
    assert data.features == (("0", "1") if header.startswith("0") else ("width", "height"))


def test_a_csv_file_without_names(write):
    data = load(write(GOOD), seed=0)
    assert everything(data) == sorted(ROWS)
    assert data.features == ("column 1", "column 2")
    assert data.notes == ("data.csv does not name its columns; the labels are the last column",)
    again = load(write(GOOD), seed=0, label="column 3")
    assert again.notes == ()
    assert again.sha256 == data.sha256


def test_the_last_column_has_the_labels_if_no_name_says_so(write):
    data = load(write(NAMED.replace("label", "species")), seed=0)
    assert everything(data) == sorted(ROWS)
    assert data.notes == ("the labels of data.csv are its last column, species; --label NAME takes another",)


@pytest.mark.parametrize(
    ("labels", "classes", "notes"),
    [
        ("012", ("0", "1", "2"), 0), (("2", "0", "1.0"), ("0", "1", "2"), 0), ("123", ("1", "2", "3"), 1),
        (("10", "9", "-1"), ("-1", "9", "10"), 1), (("yes", "no", "no"), ("no", "yes"), 0),
        (("1", "one", "two"), ("1", "one", "two"), 1), (("True", "False", "True"), ("False", "True"), 0),
        (("1_0", "1_1", "10"), ("10", "1_0", "1_1"), 1),
    ],
    ids=["from 0", "another order", "from 1", "gaps", "texts", "mixed", "booleans", "underscores"],
)
def test_labels_become_classes_in_order(write, labels, classes, notes):
    rows = [(i, labels[i % 3]) for i in range(12)]
    data = load(write("x,label\n" + "".join(f"{x},{label}\n" for x, label in rows)), seed=0)
    assert data.classes == classes
    assert [(x, name) for x, name in everything(data)] == [(float(x), label.removesuffix(".0")) for x, label in rows]
    assert len(data.notes) == notes


def test_huge_numbers_are_finite(write):
    data = load(write("x,z,label\n" + "".join(f"1.5e308,1.5e308,{i % 2}\n" for i in range(8))), seed=0)
    assert (data.train.X == 1.5e308).all()


def test_one_number_and_a_word_are_no_names(write):
    rows = [(float(i), ("target", "other")[i % 2]) for i in range(8)]
    assert everything(load(write("".join(f"{x:g},{name}\n" for x, name in rows)), seed=0)) == rows


def test_renumbered_labels_are_said_so(write):
    text = "x,label\n" + "".join(f"{i},{1 + i % 3}\n" for i in range(12))
    assert load(write(text), seed=0).notes == ("the labels 1, 2, 3 are counted from 0: 1 is class 0, 3 is class 2",)


def test_constant_features_are_let_through(write):
    data = load(write("x,c,label\n" + "".join(f"{i},7,{i % 2}\n" for i in range(8))), seed=0)
    assert (data.train.X[1] == 7).all()


# -- CSV files that are refused ----------------------------------------------------------------------------------------


def bad(cell):
    """NAMED with another width in its fifth row, on line 6."""
    return NAMED.replace("\n2.0,", f"\n{cell},", 1)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (bad("tall"), r"data.csv, row 5 \(line 6\), column 'width': 'tall' is no number; encode text as numbers"),
        (bad(""), r"row 5 \(line 6\), column 'width': the cell is empty; fill it in"),
        (bad("?"), r"row 5 \(line 6\), column 'width': '\?' is a missing value; fill it in"),
        (bad("nan"), r"row 5 \(line 6\), column 'width': 'nan' is a missing value"),
        (bad("-inf"), r"row 5 \(line 6\), column 'width': '-inf' is not finite"),
        (bad("1e999"), r"row 5 \(line 6\), column 'width': '1e999' is not finite"),
        (bad("1_000"), r"row 5 \(line 6\), column 'width': '1_000' is no number"),
        (bad('"2,5"'), r"row 5 \(line 6\), column 'width': '2,5' has a decimal comma; write a point"),
        (bad("2.0,3.0"), r"row 5 \(line 6\): 4 cells; expected 3, as in the first line"),
        (NAMED.replace(",b", ""), r"row 2 \(line 3\): 2 cells; expected 3"),
        (NAMED.replace(",b", "").replace(",", ";"), r"row 2 \(line 3\): 2 cells; expected 3"),
        ("x,y\n1,0,5\n2,1\n", r"row 1 \(line 2\): 3 cells; expected 2"), ("x\ty\n1\t0\t5\n", r"row 1 \(line 2\): 3 cells; expected 2"),
        (NAMED.replace(",b", ","), r"row 2 \(line 3\), column 'label': the label is ''; fill it in"),
        (NAMED.replace(",b", ",NA"), r"row 2 \(line 3\), column 'label': the label is 'NA'"),
        ("\n\n" + bad("tall"), r"row 5 \(line 8\)"),
        (GOOD.replace("\n2.0,", "\ntall,"), r"row 5 \(line 5\), column 'column 1': 'tall' is no number"),
        ("3,size,label\n" + GOOD, r"row 1 \(line 1\), column 'column 2': 'size' is no number.*names the columns only if"),
        (NAMED.replace("height", "width"), r"columns 1, 2 are all named 'width'; give each its own name"),
        (NAMED.replace("width", ""), r"column 1 has no name in the first line; name it, or remove it if it numbers the rows"),
        (NAMED.replace("width", "class"), r"columns 'class', 'label' could all hold the labels; say which with --label label"),
        ("", r"data.csv is empty"), ("\n \n", r"data.csv is empty"), ("\ufeff", r"data.csv is empty"),
        ("width,height,label\n", r"has no examples"),
        ("label\na\nb\n", r"has one column, 'label'; expected features and a label"),
        (NAMED.replace(",a", ",b").replace(",c", ",b"), r"all 12 rows have the label 'b'; expected two classes or more"),
        (NAMED + "1,2,d\n", r"label: class 'd' has 1 row; expected 2 or more, one for each part"),
        (NAMED + "1,2,d\n1,2,e\n", r"class 'd' has 1 row \(2 classes have too few\); expected 2"),
        ("x,label\n1,a\n2,b\n3,c\n", r"3 classes in 3 rows; expected 2 rows or more of each. Is it the right column"),
        ("x,y\n1,0\n2,0.5\n3,1.25\n4,0\n", r"row 2, y: the label is 0.5, no whole number.*regression"),
        ("x,y\n1,0\n2,inf\n3,0\n", r"row 2, y: the label is inf, no whole number"),
        (bad('"2.0').replace("\n", "\r\n"), r"look for a quote"), (bad('"2"0'), r"line 6: .*look for a quote"),
        (NAMED.replace("width", "größe").encode("latin-1"), r"line 1: the byte 0xf6 is not UTF-8; save the file as UTF-8"),
        (NAMED.encode() + b"1.0,\xff,a\n", r"line 14: the byte 0xff is not UTF-8"),
        (NAMED.encode("utf-16"), r"is encoded as UTF-16; save the file as UTF-8"),
        (b"PK\x03\x04\0\0\0\0", r"is no text file"),
    ],
)
def test_a_bad_csv_file_is_refused_with_its_place_and_advice(write, content, message):
    with pytest.raises(DataError, match=message) as caught:
        load(write(content), seed=0)
    assert "data.csv" in str(caught.value)


def test_an_unknown_column_of_labels(write):
    with pytest.raises(DataError, match=r"no column 'kind' for the labels; its columns: 'width', 'height', 'label'"):
        load(write(NAMED), seed=0, label="kind")
    with pytest.raises(DataError, match="no column 'kind' for the labels; its columns: 'column 1'"):
        load(write(GOOD), seed=0, label="kind")


def test_a_long_value_is_cut_in_the_message(write):
    with pytest.raises(DataError, match=r"'x{30,38}…' is no number") as caught:
        load(write(bad("x" * 10_000)), seed=0)
    assert len(str(caught.value)) < 400


def test_a_missing_validation_row_counts(write):
    text = "x,label\n" + "".join(f"{i},{i % 2}\n" for i in range(4))
    assert len(load(write(text), seed=0).test.labels) == 2
    with pytest.raises(DataError, match="2 classes in 4 rows; expected 3 rows or more of each"):
        load(write(text), seed=0, validation_fraction=0.2)


def test_a_large_file_is_read_as_a_stream(tmp_path):
    """Time and memory grow as the file does, which is more than twice as large as its numbers."""
    line = ",".join(["0.123456789012345678"] * 20)
    path = tmp_path / "large.csv"

    def read(rows):
        path.write_text("".join(f"{line},{i % 2}\n" for i in range(rows)))
        tracemalloc.start()
        started = time.process_time()
        data = load(str(path), seed=0)
        seconds, peak = time.process_time() - started, tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert data.train.X.shape[1] + data.test.X.shape[1] == rows
        return seconds, peak

    (short, _), (long, peak) = read(2000), read(8000)
    assert long < 12 * short
    assert peak < path.stat().st_size * 1.9


# -- NPZ files ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("y", "classes"),
    [(Y, ("0", "1", "2")), (Y + 1, ("1", "2", "3")), (Y.astype(float), ("0", "1", "2")), (Y > 0, ("False", "True")),
     (np.array([*"abc"])[Y], ("a", "b", "c")), (np.array([b"a", b"b", b"c"])[Y], ("a", "b", "c")),
     (Y.astype(np.uint8), ("0", "1", "2"))],
    ids=["int", "from 1", "float", "bool", "text", "bytes", "uint8"],
)
def test_an_npz_file(save, y, classes):
    data = load(save(X=X, y=y), seed=1)
    names = [classes[k] for k in np.unique(y, return_inverse=True)[1]]
    assert everything(data) == sorted((*row, name) for row, name in zip(X.tolist(), names, strict=True))
    assert data.classes == classes


@pytest.mark.parametrize("dtype", ["float32", "int8", "uint64", "bool", "float16"])
def test_features_of_any_real_type_become_float64(save, dtype):
    data = load(save(X=X.astype(dtype), y=Y), seed=0)
    assert data.train.X.dtype == np.float64
    assert [row[:2] for row in everything(data)] == sorted(map(tuple, X.astype(dtype).astype(float)))


def test_an_npz_file_with_its_test_set(save):
    data = load(save(X=X, y=Y, X_test=X[:2] + 1, y_test=Y[:2]), seed=0)
    assert (data.test.X == X[:2].T + 1).all()
    assert data.test.labels.tolist() == [0, 1]
    assert len(data.train.labels) == 12
    assert data.notes == ("the test set has no example of 2",)


class Planted:
    """Writes to a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (self.path, "w")


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x": X, "y": Y}, r"has no array X; it has x, y. Write it by numpy.savez"),
        ({"X": X}, r"has no array y; it has X"),
        ({"X": X, "y": Y, "X_test": X}, r"has X_test without the other"),
        ({"X": X[0], "y": Y}, r"X has shape \(2,\); expected two dimensions"),
        ({"X": X.reshape(3, 4, 2), "y": Y}, r"X has shape \(3, 4, 2\); expected two dimensions"),
        ({"X": X.T, "y": Y}, r"X has 2 rows, of shape \(2, 12\), but y has 12 labels; write X.T"),
        ({"X": X[:7], "y": Y}, r"X has 7 rows.*y has 12 labels"),
        ({"X": X, "y": np.eye(3)[Y]}, r"y has shape \(12, 3\); expected one dimension.*y.argmax\(axis=1\)"),
        ({"X": X, "y": Y[:, None]}, r"y has shape \(12, 1\); expected one dimension, \(12,\): write y.ravel"),
        ({"X": X[:0], "y": Y[:0]}, r"X has shape \(0, 2\); expected an example"),
        ({"X": X[:, :0], "y": Y}, r"X has shape \(12, 0\); expected an example and a feature"),
        ({"X": X + 1j, "y": Y}, r"X has dtype complex128; expected real numbers"),
        ({"X": X.astype(str), "y": Y}, r"X has dtype <U32; expected real numbers"),
        ({"X": np.where(X == 2.0, np.nan, X), "y": Y}, r"X\[4, 0\] is nan; correct it"),
        ({"X": np.where(X < -1.0, np.inf, X), "y": Y}, r"X\[2, 1\] is inf \(10 entries are not finite\)"),
        ({"X": X, "y": np.where(Y == 1, np.nan, Y)}, r"y\[1\] is nan; fill it in"),
        ({"X": X, "y": Y + 0.5}, r"row 1, y: the label is 0.5, no whole number.*regression"),
        ({"X": X, "y": 1j * Y}, r"y has dtype complex128; expected whole numbers or texts"),
        ({"X": X, "y": np.zeros(12, int)}, r"all 12 rows have the label '0'"),
        ({"X": X, "y": np.array([b"\xff", b"a"])[Y % 2]}, r"y has bytes that are not UTF-8"),
        ({"X": X, "y": Y, "X_test": X[:, :1], "y_test": Y}, r"the test set .*data.npz has 1 features; expected 2"),
        ({"X": X, "y": Y, "X_test": X, "y_test": Y + 1}, r"row 3, y_test: the training set has no class '3'; it has 0, 1, 2"),
    ],
)
def test_a_bad_npz_file_is_refused(save, arrays, message):
    with pytest.raises(DataError, match=message) as caught:
        load(save(**arrays), seed=0)
    assert "data.npz" in str(caught.value)


def test_pickled_objects_are_refused_unread(save, tmp_path):
    written = tmp_path / "written"
    path = save(X=X, y=np.array([Planted(str(written))] * 12, dtype=object))
    with pytest.raises(DataError, match=r"y holds Python objects.*y.astype\(float\)"):
        load(path, seed=0)
    assert not written.exists()


@pytest.mark.parametrize("content", [b"", b"no archive", b"\x80\x04N."], ids=["empty", "text", "pickle"])
def test_what_is_no_npz_file(write, content):
    with pytest.raises(DataError, match=r"data.npz is no NPZ file, or a damaged one"):
        load(write(content, "data.npz"), seed=0)


def test_a_cut_npz_file(save, tmp_path):
    whole = save(X=X, y=Y)
    (tmp_path / "cut.npz").write_bytes(Path(whole).read_bytes()[:-200])
    with pytest.raises(DataError, match=r"cut.npz is no NPZ file, or a damaged one"):
        load(str(tmp_path / "cut.npz"), seed=0)


def test_one_array_is_no_npz_file(tmp_path):
    with open(tmp_path / "data.npz", "wb") as file:
        np.save(file, X)
    with pytest.raises(DataError, match=r"holds one array without a name"):
        load(str(tmp_path / "data.npz"), seed=0)


def test_other_arrays_are_not_used(save):
    assert load(save(X=X, y=Y, w=X), seed=0).notes == ("other arrays of data.npz are not used: w",)


# -- test sets ---------------------------------------------------------------------------------------------------------


def test_a_test_file_leaves_the_training_file_whole(write):
    data = load(write(NAMED), seed=0, test=write("width,height,label\n1,2,c\n3,4,a\n", "test.csv"))
    assert len(data.train.labels) == 12
    assert data.test.X.tolist() == [[1, 3], [2, 4]]
    assert data.test.labels.tolist() == [2, 0]
    assert data.notes == ("the test set has no example of b",)


@pytest.mark.parametrize(
    ("training", "content", "name"),
    [(NAMED, "label,height,width\nc,2,1\na,4,3\n", "test.csv"), (NAMED, "1,2,c\n3,4,a\n", "test.csv"),
     (GOOD, "u,v,w\n1,2,c\n3,4,a\n", "test.csv"), (NAMED.replace("label", "kind"), "kind,width,height\nc,1,2\na,3,4\n", "t.txt")],
    ids=["another order", "no names", "names in the test alone", "the training's last column"],
)
def test_columns_of_the_test_set_find_theirs(write, training, content, name):
    data = load(write(training), seed=0, test=write(content, name))
    assert data.test.X.tolist() == [[1, 3], [2, 4]]
    assert data.test.labels.tolist() == [2, 0]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("width,label\n1,a\n", r"test.csv has 1 features; expected 2, as in .*data.csv: width, height"),
        ("1,2,3,a\n", r"test.csv has 3 features and a label; expected 2"),
        ("width,depth,label\n1,2,a\n", r"test.csv has no feature 'height', which .*data.csv has; it has 'width', 'depth'"),
        ("width,height,kind\n1,2,a\n", r"test.csv has no column 'label' for the labels"),
        ("width,height,label\n1,2,a\n1,2,z\n", r"row 2, label: the training set has no class 'z'; it has a, b, c"),
        ("width,height,label\n1,nan,a\n", r"test.csv, row 1 \(line 2\), column 'height'"),
    ],
)
def test_a_test_set_that_does_not_fit(write, content, message):
    with pytest.raises(DataError, match=message):
        load(write(NAMED), seed=0, test=write(content, "test.csv"))


def test_a_test_set_must_be_another_file(write, save):
    path = write(NAMED)
    with pytest.raises(DataError, match="is the training set; without it, part of"):
        load(path, seed=0, test=path)
    with pytest.raises(DataError, match=r"has X_test, and a test set .* was given; leave out one of them"):
        load(save(X=X, y=Y, X_test=X, y_test=Y), seed=0, test=path)
    with pytest.raises(DataError, match="the test set is digits; expected a file"):
        load(path, seed=0, test="digits")


def test_a_test_set_of_another_format(write, save):
    data = load(write(NAMED), seed=0, test=save("t.npz", X=X[:3], y=np.array([*"cba"])))
    assert data.test.labels.tolist() == [2, 1, 0]
    data = load(save(X=X, y=Y), seed=0, test=write("1,2,2.0\n", "test.csv"))
    assert data.test.labels.tolist() == [2]


# -- sources and options -----------------------------------------------------------------------------------------------


def test_a_source_that_is_none(tmp_path, write):
    for source, message in (
        (str(tmp_path), "is a directory; give a file in it"), (str(tmp_path / "no.csv"), "is no data set and no file; expected"),
        ("digit", "did you mean digits?"), (write(NAMED, "data.xlsx"), "ends in '.xlsx'; expected .csv or .npz"),
        (write(NAMED, "data"), "ends in ''; expected .csv"),
    ):
        with pytest.raises(DataError, match=re.escape(message)):
            load(source, seed=0)
        with pytest.raises(DataError, match=re.escape(message)):
            load(write(NAMED, "train.csv"), seed=0, test=source)


@pytest.mark.parametrize(
    ("options", "message"),
    [({"seed": -1}, "seed is -1"), ({"test_fraction": 0.0}, "test_fraction is 0.0"), ({"test_fraction": 1.0}, "is 1.0"),
     ({"test_fraction": float("nan")}, "is nan"), ({"validation_fraction": -0.1}, "validation_fraction is -0.1"),
     ({"test_fraction": 0.6, "validation_fraction": 0.4}, "leave nothing to train on")],
)
def test_options_that_do_not_fit(write, options, message):
    with pytest.raises(DataError, match=message):
        load(write(NAMED), **{"seed": 0, **options})


def test_a_label_is_for_csv_files(save):
    for source in (save(X=X, y=Y), "moons"):
        with pytest.raises(DataError, match="the label 'y' names a column of a CSV file"):
            load(source, seed=0, label="y")


def test_the_hash_is_that_of_the_content(write, save):
    one = load(write(NAMED), seed=0)
    assert load(write(NAMED.replace(",", ";"), "other.csv"), seed=1, validation_fraction=0.2).sha256 == one.sha256
    for content in (NAMED.replace("-4.0", "-4.5"), NAMED.replace("width", "depth"), NAMED.replace("0.0,a", "0.0,b", 1)):
        assert load(write(content), seed=0).sha256 != one.sha256
    with_test = [load(write(NAMED), seed=0, test=write(f"1,{x},a\n", "t.csv")).sha256 for x in (1, 2)]
    assert len({one.sha256, *with_test}) == 3


# -- splitting ---------------------------------------------------------------------------------------------------------


@st.composite
def cases(draw):
    """Labels 0..K-1 in any order, each class with a row for every part at least; one or two fractions; a seed."""
    fractions = draw(st.sampled_from([(0.2,), (0.5,), (0.01,), (0.9,), (0.2, 0.2), (0.3, 0.1), (0.05, 0.9), (0.1, 0.45)]))
    counts = draw(st.lists(st.integers(len(fractions) + 1, 40), min_size=2, max_size=6))
    labels = np.repeat(np.arange(len(counts)), counts)
    return draw(st.permutations(list(labels)).map(np.array)), fractions, draw(st.integers(0, 2**40))


@given(cases())
def test_parts_are_disjoint_complete_and_in_order(case):
    labels, fractions, seed = case
    parts = split(labels, fractions, seed)
    assert len(parts) == len(fractions) + 1
    assert sorted(np.concatenate(parts)) == list(range(len(labels)))
    assert all((np.diff(rows) > 0).all() for rows in parts)


@given(cases())
def test_parts_are_stratified(case):
    """A class's share is rounded up or down, or is the 1 at least; the whole part is as near where no class is so small."""
    labels, fractions, seed = case
    counts, parts = np.bincount(labels), split(labels, fractions, seed)
    small = False
    for i, fraction in enumerate(fractions):
        shares = np.bincount(labels[parts[i]], minlength=len(counts))
        assert (shares >= 1).all()
        room = counts - sum(np.bincount(labels[parts[j]], minlength=len(counts)) for j in range(i)) - (len(fractions) - i)
        exact = counts * fraction
        limited = (exact < 1) | (room < exact)
        small |= bool(limited.any())
        assert (np.abs(shares - exact)[~limited] < 1).all()
        if not small:
            assert abs(len(parts[i]) - fraction * len(labels)) <= 0.5
    assert (np.bincount(labels[parts[-1]], minlength=len(counts)) >= 1).all()


@given(cases())
def test_the_seed_alone_decides(case):
    labels, fractions, seed = case
    first, again = split(labels, fractions, seed), split(labels.copy(), fractions, seed)
    assert all((a == b).all() for a, b in zip(first, again, strict=True))
    counts = np.bincount(labels)
    if (counts * (1 - fractions[0]) >= 2).all() and (counts * fractions[0] >= 1).all():
        assert (split(labels, fractions[:1], seed)[0] == first[0]).all()


def test_seeds_give_different_splits_and_every_row_is_tested_in_turn():
    labels = np.arange(60) % 3
    tested = [tuple(split(labels, (0.2,), seed)[0]) for seed in range(200)]
    assert len(set(tested)) > 190
    times = Counter(row for rows in tested for row in rows)
    assert len(times) == 60
    assert min(times.values()) > 15
    assert max(times.values()) < 75


@given(st.integers(0, 2**32))
def test_splitting_leaves_the_callers_state_alone(seed):
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    split(np.arange(10) % 2, (0.3,), seed)
    assert (np.random.get_state()[1] == before).all()  # noqa: NPY002


@pytest.mark.parametrize("source", ["csv", "npz"])
def test_rows_keep_their_order_in_each_part(write, save, source):
    path = write("x,label\n" + "".join(f"{i},{i % 2}\n" for i in range(50))) if source == "csv" else save(
        X=np.arange(50.0)[:, None], y=np.arange(50) % 2)
    data = load(path, seed=4, validation_fraction=0.3)
    for part in (data.train, data.validation, data.test):
        assert (np.diff(part.X[0]) > 0).all()
        assert (part.labels == part.X[0] % 2).all()
