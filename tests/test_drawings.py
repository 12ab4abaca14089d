"""The report's drawings: what they say, how they are marked, and that they are the same as when they were looked at."""

import math

import pytest

from reports.drawings import EDGES, entries_table, histogram, numbers_table, shapes_map, shared_axis, values_covered
from tests.drawn import array, assert_gold, claim, output, parsed, text

COUNTS = {"name": "dW", "worst": 8.1, "histogram": [6725, 0, 195, 948, 1116, 135, 3, 1]}
SHAPES = [
    {"inputs": {"A": [1, 1], "W": [1, 1], "mode": "mean"}, "examples": 25, "refuted": 0},
    {"inputs": {"A": [3, 5], "W": [7, 3], "mode": "mean"}, "examples": 25, "refuted": 24},
    {"inputs": {"A": [12, 2], "W": [1, 12], "mode": "sum"}, "examples": 1200, "refuted": 0},
]
NETWORKS = [
    {"inputs": {"X": [1, 1], "params": [[[1, 1], [1, 1]]], "loss": "cross_entropy", "keep": [None]}, "examples": 38,
     "refuted": 0},
    {"inputs": {"X": [3, 6], "params": [[[5, 3], [5, 1]], [[2, 5], [2, 1]]], "loss": "cross_entropy",
                "keep": [None, None]}, "examples": 44, "refuted": 2},
]
MATRIX = output(array([2, 3], [[1.0, 2.5, 3.0], [4.0, 5.0, "nan"]]), array([2, 3], [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]))
VALUES = claim(
    examples={"tried": 203, "agreed": 170, "inconclusive": 12, "at_kinks": 30, "refuted": 21},
    branches=[{"line": 21, "kind": "where", "code": "jnp.where(z >= 0, z, 0.0)", "taken": {"true": 2140, "false": 0}}],
)
MEASURED = claim(kind="measurement", numbers=[
    {"inputs": {"n": 3, "x": array([2], [0.5, 1.0])}, "found": array([], 0.5), "stated": array([], 0.52), "within": 0.1},
    {"inputs": {"n": 4, "x": array([2], [0.0, "inf"])}, "found": array([], 0.9), "stated": array([], 0.52), "within": 0.1},
])
DRAWINGS = {
    "histogram.svg": lambda: histogram(COUNTS, EDGES, "h"),
    "shapes_map.html": lambda: shapes_map(claim(shapes=SHAPES, dimensions={"A": "n_prev m", "W": "n n_prev"})),
    "structures.html": lambda: shapes_map(claim(shapes=NETWORKS)),
    "values_covered.html": lambda: values_covered(VALUES),
    "entries_table.html": lambda: entries_table([MATRIX, output(array([1, 1], [[0.5]]), array([1], [0.5]), "db")]),
    "numbers_table.html": lambda: numbers_table(MEASURED),
}


@pytest.mark.parametrize("name", DRAWINGS)
def test_gold(name, tmp_path):
    assert_gold(name, DRAWINGS[name], tmp_path)


def heights(drawing):
    return [(rect.get("class"), float(rect.get("height"))) for rect in parsed(drawing).iter("rect")]


def test_one_entry_beyond_the_bound_is_seen_among_millions():
    drawing = histogram({**COUNTS, "histogram": [10**7, 0, 0, 0, 0, 0, 0, 1]}, EDGES, "h")
    (_, full), (kind, least) = heights(drawing)
    assert kind == "d-over"
    assert full / 20 < least < full / 4
    assert "✗ 1 of 10,000,001 entries beyond the bound" in text(drawing)
    assert parsed(drawing).find(".//path[@class='d-hatch']") is not None, "marked by its colour alone"


def test_higher_counts_have_higher_bars():
    found = [height for _, height in heights(histogram({**COUNTS, "histogram": [3, 1, 40, 0, 0, 2, 9, 0]}, EDGES, "h"))]
    assert sorted(range(5), key=found.__getitem__) == [1, 3, 0, 4, 2]
    assert max(found) <= 74


def test_a_countsis_named_and_described():
    (svg,) = parsed(histogram(COUNTS, EDGES, "c7-0")).iter("svg")
    by_id = {element.get("id"): element.text for element in svg.iter() if element.get("id")}
    assert svg.get("role") == "img"
    assert [*by_id] == svg.get("aria-labelledby").split() == ["c7-0-t", "c7-0-d"]
    assert by_id["c7-0-t"] == "dW: errors as fractions of their bound"
    assert "6,725 from 0 to 0.0001, 195 from 0.001 to 0.01" in by_id["c7-0-d"]
    assert "1 beyond the bound" in by_id["c7-0-d"]


def test_a_shared_axis_is_used_and_says_the_same():
    alone, shared = histogram(COUNTS, EDGES, "h"), histogram(COUNTS, EDGES, "h", axis="errors")
    (use,), (group,) = parsed(shared).iter("use"), parsed(shared_axis(EDGES, "errors")).iterfind("svg/g")
    assert use.get("href") == "#" + group.get("id")
    assert set(text(alone).split()) == set(text(shared).split()) | set(text(shared_axis(EDGES, "errors")).split())


@pytest.mark.parametrize(
    ("counts", "worst", "said"),
    [([0] * 8, None, "no entry was compared"), ([9, *[0] * 7], 0.0, "9 entries, all equal"),
     ([9, *[0] * 7], 1e-5, "9 entries, all below 0.0001 of the bound")],
)
def test_nothing_to_draw_is_said(counts, worst, said):
    drawing = histogram({"name": "db", "worst": worst, "histogram": counts}, EDGES, "h")
    assert text(drawing) == f"db {said}"


def rows(drawing):
    """The cells of each table row."""
    return [["".join(cell.itertext()) for cell in row] for row in parsed(drawing).iter("tr")]


def test_shapes_by_dimension_name_failures_first():
    found = rows(DRAWINGS["shapes_map.html"]())
    assert found == [
        ["shape", "✗", "2", "3"], ["n_prev", "3", "1", "12"], ["m", "5", "1", "2"], ["n", "7", "1", "1"],
        ["mode", "mean", "mean", "sum"], ["examples", "25", "25", "1,200"], ["refuted", "24", "–", "–"],
    ]
    assert "3 shapes, ✗ 1 failed" in text(DRAWINGS["shapes_map.html"]())


def test_many_shapes_are_rows():
    shapes = [
        {"inputs": {"A": [n, 2 * n], "mode": "mean" if n % 2 else "sum"}, "examples": 25, "refuted": 5 * (n == 3)}
        for n in range(1, 25)
    ]
    found = rows(shapes_map(claim(shapes=shapes, dimensions={"A": "n m"})))
    assert found[:3] == [
        ["shape", "n", "m", "mode", "examples", "refuted"], ["✗", "3", "6", "mean", "25", "5"],
        ["2", "1", "2", "mean", "25", "–"],
    ]
    assert len(found) == 25


def test_sizes_of_composed_and_variadic_dimensions():
    shapes = [{"inputs": {"X": [4, 5, 3, 8], "Y": [3, 5], "s": []}, "examples": 1, "refuted": 0}]
    dimensions = {"X": "*batch n 2*k", "Y": "n n+2", "s": ""}
    assert rows(shapes_map(claim(shapes=shapes, dimensions=dimensions)))[1:-1] == [["*batch", "4×5"], ["n", "3"], ["2*k", "8"]]
    other = [*shapes, {"inputs": {"X": [3, 8], "Y": [3, 5], "s": []}, "examples": 1, "refuted": 0}]
    assert ["*batch", "4×5", "none"] in rows(shapes_map(claim(shapes=other, dimensions=dimensions)))


def test_larger_sizes_are_darker():
    shapes = [{"inputs": {"x": [n]}, "examples": 1, "refuted": 0} for n in (1, 2, 5, 12, 40, 300)]
    cells = parsed(shapes_map(claim(shapes=shapes, dimensions={"x": "n"}))).iterfind(".//tbody/tr/td")
    assert [cell.get("class") for cell in cells] == ["d-s1", "d-s2", "d-s3", "d-s4", "d-s5", "d-s5"]


def test_structures_without_dimension_names():
    drawing = shapes_map(claim(shapes=NETWORKS))
    assert rows(drawing) == [
        ["X", "params", "examples", "refuted"], ["3×6", "(5×3 5×1) (2×5 2×1)", "44", "✗ 2"], ["1×1", "(1×1 1×1)", "38", "–"],
    ]
    assert "The same in all: loss: cross_entropy; keep: none." in text(drawing)


@pytest.mark.parametrize(("count", "scrolls"), [(1, False), (8, False), (12, True), (24, False)])
def test_what_may_not_fit_a_phone_scrolls_by_keyboard(count, scrolls):
    shapes = [{"inputs": {"x": [n]}, "examples": 25, "refuted": 0} for n in range(count)]
    (box,) = parsed(shapes_map(claim(shapes=shapes, dimensions={"x": "n"})))
    assert (box.get("tabindex") == "0") == bool(box.get("aria-label")) == scrolls


def test_values_covered():
    drawing = values_covered(VALUES)
    assert "✓ 140 agree ∧ 30 agree at a kink ? 12 inconclusive ✗ 21 refuted" in text(drawing)
    assert "true 2,140 ∅ false: none" in text(drawing)
    widths = {rect.get("class"): float(rect.get("width")) for rect in parsed(drawing).iter("rect")}
    assert widths["d-agreed"] > widths["d-kinks"] > widths["d-refuted"] > widths["d-inconclusive"] > 2
    assert math.isclose(sum(widths.values()) + 4, 320, abs_tol=0.1)


def test_one_outcome_needs_no_bar():
    drawing = values_covered(claim(examples={"tried": 200, "agreed": 200}))
    assert text(drawing) == "✓ 200 agree"
    assert not list(parsed(drawing).iter("svg"))
    assert values_covered(claim()) == ""


def wrong(drawing):
    """The texts of the entries marked as wrong, which are bold and, by hand, have a sign."""
    return ["".join(cell.itertext()) for cell in parsed(drawing).iter("td") if "d-bad" in cell.get("class", "")]


def test_wrong_entries_are_marked():
    drawing = entries_table([MATRIX])
    assert "dW : ✗ 2 of 6 entries wrong" in text(drawing)
    assert wrong(drawing) == ["✗ 2.5", "✗ nan", "✗ 0.5", "✗ nan"]
    assert len(list(parsed(drawing).iterfind(".//td/strong"))) == 4
    assert [c.text for c in parsed(drawing).iter("caption")] == ["by hand", "by autodiff", "difference"]


def test_digits_enough_to_tell_entries_apart():
    one = output(array([1], [1.000000001]), array([1], [1.0]))
    assert rows(entries_table([one], "as stated")) == [
        ["entry", "by hand", "as stated", "difference"], ["[0]", "✗ 1.000000001", "1", "1e−09"],
    ]


def test_rounding_is_not_marked_unless_nothing_else_differs():
    rounded = output(array([2], [1.0, 1.0 + 2**-52]), array([2], [1.0, 1.0]), "dX")
    assert wrong(entries_table([rounded, MATRIX]))[0] == "✗ 2.5"
    assert wrong(entries_table([rounded])) == ["✗ 1.0000000000000002", "✗ 2.22e−16"]


def test_what_cancelled_is_rounding_beside_larger_entries():
    off = output(array([3], [1e-17, 3.0, 1e-9]), array([3], [0.0, 1.0, 2e-9]))
    assert wrong(entries_table([off])) == ["✗ 3", "✗ 1e−09", "✗ 2", "✗ −1e−09"]


def test_a_scalar_has_no_index():
    assert rows(entries_table([output(array([], 0.5), array([], 1.0))], "as stated")) == [
        ["by hand", "as stated", "difference"], ["✗ 0.5", "1", "−0.5"],
    ]


def test_other_shapes_stand_side_by_side():
    drawing = entries_table([output(array([1, 2], [[1.0, 2.0]]), array([2], [1.0, 2.0]))])
    assert "✗ shape (1, 2) by hand, (2,) by autodiff" in text(drawing)
    assert [c.text for c in parsed(drawing).iter("caption")] == ["by hand, shape (1, 2)", "by autodiff, shape (2,)"]


def test_nothing_returned():
    none = output(None, array([2], [1.0, "-inf"]))
    assert text(entries_table([none])) == "Nothing was returned by hand; by autodiff, dW = [1, −∞] ."
    assert "nothing was returned by hand" in text(entries_table([none, MATRIX]))


@pytest.mark.parametrize(
    ("shape", "tables"), [([], 1), ([1], 1), ([5], 3), ([3, 4], 3), ([2, 3, 2], 6), ([2, 2, 2, 2], 12), ([2, 20], 1)]
)
def test_arrays_of_every_number_of_axes(shape, tables):
    def filled(lengths, value):
        return [filled(lengths[1:], value) for _ in range(lengths[0])] if lengths else value

    drawing = entries_table([output(array(shape, filled(shape, 1.0)), array(shape, filled(shape, 2.0)))])
    assert len(list(parsed(drawing).iter("table"))) == tables
    assert len(wrong(drawing)) == 2 * math.prod(shape)


def test_large_arrays_are_abridged_to_what_is_wrong():
    right = [[float(i + j) for j in range(30)] for i in range(30)]
    mine = [[x + (x == 30) for x in row] for row in right]
    drawing = entries_table([output(array([30, 30], mine), array([30, 30], right))])
    assert "✗ 29 of 900 entries wrong" in text(drawing)
    assert [row[0] for row in rows(drawing)[1:]] == [f"[{i}, {30 - i}]" for i in range(1, 30)]
    every = [[x + 1 for x in row] for row in right]
    drawing = entries_table([output(array([30, 30], every), array([30, 30], right))])
    assert len(rows(drawing)) == 61
    assert "Of 900 entries, the first 60 wrong ones are shown." in text(drawing)


def test_data_that_do_not_fit_their_shape_are_not_drawn():
    drawing = entries_table([output(array([2, 2], [1.0]), array([2, 2], [[1.0, 2.0], [3.0, 4.0]]))])
    assert text(drawing) == "dW : by hand 2×2 array, by autodiff [[1, 2], [3, 4]]"


def test_measured_numbers():
    assert rows(numbers_table(MEASURED)) == [
        ["inputs", "found", "stated", "within"],
        ["n = 4; x = [0, ∞]", "✗ 0.9", "0.52", "0.1"], ["n = 3; x = [0.5, 1]", "0.5", "0.52", "0.1"],
    ]


@pytest.mark.parametrize("found", ["nan", "inf", 0.63, 0.41])
def test_what_is_off_is_marked(found):
    numbers = [{"inputs": {}, "found": array([], found), "stated": array([], 0.52), "within": 0.1}]
    assert len(wrong(numbers_table(claim(kind="measurement", numbers=numbers)))) == 1


def test_a_statistic_shows_what_it_would_have_seen():
    long = array([4, 4], [[0.5 + i - j for j in range(4)] for i in range(4)])
    drawing = numbers_table(claim(kind="statistic", numbers=[{"inputs": {}, "found": long, "stated": long, "within": 0.01}] * 30))
    assert rows(drawing)[:2] == [["found", "stated", "detects"], ["4×4 array, −2.5 to 3.5"] * 2 + ["0.01"]]
    assert "24 of 30 choices of inputs" in text(drawing)
    assert not wrong(drawing)
