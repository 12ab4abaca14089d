"""The report's drawings: what they say, how they are marked, and that they are the same as when they were looked at."""

import math
import re
from itertools import pairwise

import pytest

from reports.drawings import (
    EDGES,
    entries_table,
    histogram,
    histogram_legend,
    numbers_table,
    shapes_map,
    values_covered,
)
from tests.drawn import array, assert_gold, claim, output, parsed, text

BEYOND = claim(outputs=[
    {"name": "dW", "worst": 0.03, "histogram": [6000, 0, 195, 900, 0, 0, 0, 0]},
    {"name": "db", "worst": 8.1, "histogram": [725, 0, 0, 48, 1116, 135, 3, 1]},
])
WITHIN = claim(outputs=[
    {"name": "dW", "worst": 0.03, "histogram": [6000, 0, 195, 900, 0, 0, 0, 0]},
    {"name": "db", "worst": 0.25, "histogram": [725, 0, 0, 48, 1116, 135, 0, 0]},
])
SHAPES = [
    {"inputs": {"A": [1, 1], "W": [1, 1], "mode": "mean"}, "examples": 25, "refuted": 0},
    {"inputs": {"A": [3, 5], "W": [7, 3], "mode": "mean"}, "examples": 25, "refuted": 24},
    {"inputs": {"A": [12, 2], "W": [1, 12], "mode": "sum"}, "examples": 1200, "refuted": 0},
]
DIMENSIONS = {"A": "n_prev m", "W": "n n_prev"}
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
    "histogram.svg": lambda: histogram(BEYOND) + histogram(WITHIN),
    "histogram_legend.svg": histogram_legend,
    "shapes_map.html": lambda: shapes_map(claim(shapes=SHAPES, dimensions=DIMENSIONS)),
    "skyline.html": lambda: shapes_map(claim(shapes=[SHAPES[0], SHAPES[2]], dimensions=DIMENSIONS)),
    "structures.html": lambda: shapes_map(claim(shapes=NETWORKS)),
    "values_covered.html": lambda: values_covered(VALUES),
    "entries_table.html": lambda: entries_table([MATRIX, output(array([1, 1], [[0.5]]), array([1], [0.5]), "db")]),
    "numbers_table.html": lambda: numbers_table(MEASURED),
}


@pytest.mark.parametrize("name", DRAWINGS)
def test_gold(name, tmp_path):
    assert_gold(name, DRAWINGS[name], tmp_path)


def heights(drawing):
    """The heights of the bars, those within the bound first."""
    figure = [path.get("d") for path in parsed(drawing).iter("path") if path.get("class") in ("db", "do")]
    if figure:
        return [int(a) - int(b) for a, b in re.findall(r" (\d+)V(\d+)", " ".join(figure))]
    return [int(height) for height in re.findall(r"v-(\d+)", next(parsed(drawing).iter("path")).get("d"))]


def one(counts, worst=0.5):
    return claim(outputs=[{"name": "dW", "worst": worst, "histogram": counts}])


def test_one_entry_beyond_the_bound_is_seen_among_millions():
    drawing = histogram(one([10**7, 0, 0, 0, 0, 0, 0, 1], 8.1))
    full, least = heights(drawing)
    assert full / 20 < least < full / 4
    assert "dW : 10,000,001 entries, ✗ 1 beyond the bound, worst 8.1 times the bound" in text(drawing)
    assert parsed(drawing).find(".//path[@class='do']") is not None


@pytest.mark.parametrize(("beyond", "most"), [(0, 18), (2, 74)])
def test_higher_counts_have_higher_bars(beyond, most):
    found = heights(histogram(one([3, 1, 40, 0, 0, 20, 9, beyond])))[:5]
    assert sorted(range(5), key=found.__getitem__) == [1, 0, 4, 3, 2]
    assert most / 2 < max(found) <= most


def test_the_outputs_of_a_claim_are_added_and_the_worst_is_named():
    assert text(histogram(WITHIN)) == "2 outputs: 9,119 entries, worst db 25 % of the bound"
    assert "2 outputs: 9,123 entries, ✗ 1 beyond the bound, worst db 8.1 times the bound" in text(histogram(BEYOND))
    assert [t.text for t in parsed(histogram(BEYOND)).iter("text")] == ["6,725", "195", "948", "1,116", "135", "3", "✗ 1"]
    unknown = claim(outputs=[*WITHIN["outputs"], {"name": "dX", "worst": "nan", "histogram": [1] * 8}])
    assert "% of the bound" not in text(histogram(unknown)), "what is not a number is the worst"


@pytest.mark.parametrize("drawing", [histogram(WITHIN), histogram(BEYOND), histogram_legend()])
def test_a_histogram_is_described(drawing):
    svg = list(parsed(drawing).iter("svg"))[-1]
    assert svg.get("role") == "img"
    assert svg[0].tag == "title"
    assert svg[0].text


def test_a_description_has_the_counts():
    assert "6,725 up to 0.0001, 195 up to 0.01, 948 up to 0.03" in histogram(WITHIN)
    assert "of the bound, none beyond" in histogram(WITHIN)
    assert "3 up to 1 of the bound, 1 beyond" in histogram(BEYOND)


def test_the_legend_has_the_axis_of_all_figures():
    (use,), legend = parsed(histogram(BEYOND)).iter("use"), parsed(histogram_legend())
    (group,) = (g for g in legend.iter("g") if g.get("id"))
    assert use.get("href") == "#" + group.get("id")
    labels = [t.text for t in group.iter("text")]
    assert [*map("{:g}".format, EDGES)] == labels[-len(EDGES):]
    assert "the bound" in labels


@pytest.mark.parametrize(
    ("counts", "worst", "said"),
    [([0] * 8, None, "no entry compared"), ([9, *[0] * 7], 0.0, "9 entries, all equal"),
     ([9, *[0] * 7], 1e-5, "9 entries, all below 0.0001 of the bound")],
)
def test_nothing_to_draw_is_said(counts, worst, said):
    assert text(histogram(one(counts, worst))) == f"dW : {said}"
    assert histogram(claim(outputs=[])) == ""


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
        ["shape", "n", "m", "mode", "refuted"], ["✗", "3", "6", "mean", "5"], ["2", "1", "2", "mean", "–"],
    ]
    assert len(found) == 25


def test_as_many_examples_of_each_shape_are_said_once():
    shapes = [{"inputs": {"x": [n]}, "examples": 25, "refuted": n} for n in range(3)]
    drawing = shapes_map(claim(shapes=shapes, dimensions={"x": "n"}))
    assert "3 shapes, ✗ 2 failed ; 25 examples each" in text(drawing)
    assert [row[0] for row in rows(drawing)] == ["shape", "n", "refuted"]


@pytest.mark.parametrize(("refuted", "said"), [
    (0, "3 shapes, none failed: n×m 2×3, 4×4 (25 examples each), 10×1 (24)"),
    (9, "3 shapes, ✗ all failed : n×m 2×3, 4×4 (9 of 25 examples each), 10×1 (9 of 24)"),
])
def test_shapes_that_came_out_alike_are_a_line(refuted, said):
    shapes = [
        {"inputs": {"x": [n, m]}, "examples": k, "refuted": refuted} for n, m, k in ((2, 3, 25), (4, 4, 25), (10, 1, 24))
    ]
    drawing = shapes_map(claim(shapes=shapes, dimensions={"x": "n m"}))
    assert text(drawing) == f"▃▄▃ {said}"
    (picture,) = parsed(drawing).iter("i")
    assert picture.attrib == {"aria-hidden": "true", **({"class": "dr"} if refuted else {})}


def test_larger_shapes_are_higher():
    shapes = [{"inputs": {"x": [n, m]}, "examples": 1, "refuted": 0} for n, m in ((1, 1), (2, 5), (12, 12), (40, 300))]
    (picture,) = parsed(shapes_map(claim(shapes=shapes, dimensions={"x": "n m"}))).iter("i")
    assert picture.text == "▁▃▆█"


def test_sizes_of_composed_and_variadic_dimensions():
    shapes = [{"inputs": {"X": [4, 5, 3, 8], "Y": [3, 5], "s": []}, "examples": 1, "refuted": 0}]
    dimensions = {"X": "*batch n 2*k", "Y": "n n+2", "s": ""}
    assert "*batch×n×2*k 4×5×3×8 (1 example)" in text(shapes_map(claim(shapes=shapes, dimensions=dimensions)))
    other = [*shapes, {"inputs": {"X": [3, 8], "Y": [3, 5], "s": []}, "examples": 1, "refuted": 1}]
    assert ["*batch", "none", "4×5"] in rows(shapes_map(claim(shapes=other, dimensions=dimensions)))


def test_inputs_that_differ_follow_the_sizes():
    assert "n_prev×m×n, mode 1×1×1 mean (25 examples), 12×2×1 sum (1,200)" in text(DRAWINGS["skyline.html"]())


def test_hundreds_of_shapes_are_abridged():
    shapes = [{"inputs": {"x": [n]}, "examples": 1, "refuted": 0} for n in range(200)]
    assert text(shapes_map(claim(shapes=shapes, dimensions={"x": "n"}))).endswith("23 (1 example each), and 176 more")


def test_larger_sizes_are_darker():
    shapes = [{"inputs": {"x": [n]}, "examples": 1, "refuted": n == 1} for n in (1, 2, 5, 12, 40, 300)]
    cells = parsed(shapes_map(claim(shapes=shapes, dimensions={"x": "n"}))).iterfind(".//tbody/tr/td")
    assert [cell.get("class") for cell in cells] == ["d1", "d2", "d3", "d4", "d5", "d5"]


def test_structures_without_dimension_names():
    drawing = shapes_map(claim(shapes=NETWORKS))
    assert rows(drawing) == [
        ["X", "params", "examples", "refuted"], ["3×6", "(5×3 5×1) (2×5 2×1)", "44", "✗ 2"], ["1×1", "(1×1 1×1)", "38", "–"],
    ]
    assert "The same in all: loss: cross_entropy; keep: none." in text(drawing)
    alike = text(shapes_map(claim(shapes=[{**shape, "refuted": 0} for shape in NETWORKS])))
    assert alike == (
        "2 structures, none failed: X, params 1×1, (1×1 1×1) (38 examples); 3×6, (5×3 5×1) (2×5 2×1) (44). "
        "The same in all: loss: cross_entropy; keep: none."
    )


@pytest.mark.parametrize(("count", "scrolls"), [(2, False), (8, False), (12, True), (24, False)])
def test_what_may_not_fit_a_phone_scrolls_by_keyboard(count, scrolls):
    shapes = [{"inputs": {"x": [n]}, "examples": 25, "refuted": n % 2} for n in range(count)]
    (box,) = parsed(shapes_map(claim(shapes=shapes, dimensions={"x": "n"})))
    assert (box.get("tabindex") == "0") == bool(box.get("aria-label")) == scrolls


def test_values_covered():
    drawing = values_covered(VALUES)
    assert "✓ 140 agree ∧ 30 agree at a kink ? 12 inconclusive ✗ 21 refuted" in text(drawing)
    assert "true 2,140 ∅ false: none" in text(drawing)
    ends = {p.get("class"): [int(x) for x in re.findall(r"[MH](\d+)", p.get("d"))] for p in parsed(drawing).iter("path")}
    widths = {kind: right - left for kind, (left, right) in ends.items()}
    assert widths["da"] > widths["dk"] > widths["dr"] > widths["dw"] > 2
    assert next(iter(ends.values()))[0] == 0
    assert [*ends.values()][-1][1] == 319
    assert all(right + 1 == left for (_, right), (left, _) in pairwise(ends.values()))


def test_one_outcome_needs_no_bar():
    drawing = values_covered(claim(examples={"tried": 200, "agreed": 200}))
    assert text(drawing) == "✓ 200 agree"
    assert not list(parsed(drawing).iter("svg"))
    assert values_covered(claim()) == ""


def wrong(drawing):
    """The texts of the entries marked as wrong, which are bold and, by hand, have a sign."""
    return ["".join(cell.itertext()) for cell in parsed(drawing).iter("td") if cell.get("class") == "dr"]


def test_wrong_entries_are_marked():
    drawing = entries_table([MATRIX])
    assert "dW : ✗ 2 of 6 entries wrong" in text(drawing)
    assert wrong(drawing) == ["✗ 2.5", "✗ nan", "✗ 0.5", "✗ nan"]
    assert len(list(parsed(drawing).iterfind(".//td[@class='dr']"))) == 4
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
        ["n", "x", "found", "stated"], ["4", "[0, ∞]", "✗ 0.9", "0.52"], ["3", "[0.5, 1]", "0.5", "0.52"],
    ]
    assert text(numbers_table(MEASURED)).endswith("Within 0.1.")


@pytest.mark.parametrize("found", ["nan", "inf", 0.63, 0.41])
def test_what_is_off_is_marked(found):
    number = {"inputs": {}, "found": array([], found), "stated": array([], 0.52), "within": 0.1}
    assert len(wrong(numbers_table(claim(kind="measurement", numbers=[number, {**number, "within": 1.0}])))) == (
        2 if isinstance(found, str) else 1
    )


def test_one_choice_of_inputs_is_a_line():
    (number, off) = MEASURED["numbers"]
    drawing = numbers_table(claim(kind="measurement", numbers=[number]))
    assert text(drawing) == "n = 3; x = [0.5, 1]: found 0.5 , stated 0.52, within 0.1"
    assert "found ✗ 0.9 , stated" in text(numbers_table(claim(kind="measurement", numbers=[off])))


def test_inputs_with_other_names_share_a_column():
    number = {"found": array([], 0.5), "stated": array([], 0.5), "within": 0.1}
    numbers = [{**number, "inputs": {"a": 1}}, {**number, "inputs": {"b": 2}, "within": 0.2}]
    assert rows(numbers_table(claim(kind="statistic", numbers=numbers))) == [
        ["inputs", "found", "stated", "detects"], ["a = 1", "0.5", "0.5", "0.1"], ["b = 2", "0.5", "0.5", "0.2"],
    ]


def test_a_statistic_shows_what_it_would_have_seen():
    long = array([4, 4], [[0.5 + i - j for j in range(4)] for i in range(4)])
    drawing = numbers_table(claim(kind="statistic", numbers=[{"inputs": {}, "found": long, "stated": long, "within": 0.01}] * 30))
    assert rows(drawing) == [["found", "stated"], *[["4×4 array, −2.5 to 3.5"] * 2] * 8]
    assert text(drawing).endswith("Detects 0.01; 8 of 30 choices of inputs.")
    assert not wrong(drawing)


def test_of_many_choices_those_that_are_off_are_shown():
    within = {"inputs": {}, "found": array([], 0.5), "stated": array([], 0.5), "within": 0.1}
    numbers = [*[within] * 30, {**within, "found": array([], 1.0)}]
    drawing = numbers_table(claim(kind="measurement", numbers=numbers))
    assert rows(drawing)[1] == ["✗ 1", "0.5"]
    assert text(drawing).endswith("Within 0.1; 24 of 31 choices of inputs; 1 off.")
    assert text(numbers_table(claim(kind="measurement", numbers=numbers[:30]))).endswith("8 of 30 choices of inputs; all within.")


# -- profiles ----------------------------------------------------------------------------------------------------------


def measured(*found):
    shapes = [[len(one)] if not isinstance(one[0], list) else [len(one), len(one[0])] for one in found]
    rows = [
        {"inputs": {"k": k}, "found": array(shape, one), "stated": array(shape, one), "within": 0.1}
        for k, (shape, one) in enumerate(zip(shapes, found, strict=True))
    ]
    return numbers_table(claim(kind="measurement", numbers=rows))


def test_long_rows_are_drawn_on_one_scale():
    drawing = measured([[0, 1, 2, 3, 4], [4, 4, 4, 4, 4]], [[-4, 0, 0, 0, 0], [0, 0, 0, 0, 0]])
    first, second = parsed(drawing).iter("svg")
    assert first.find("title").text == "Lines of found entries, and of stated ones dashed, between −4 and 4"
    assert [path.get("d") for path in first.iter("path")] == ["M3 24L31 19L60 13L88 8L117 3M3 3L31 3L60 3L88 3L117 3"] * 2
    assert next(second.iter("path")).get("d").startswith("M3 45L31 24L")
    assert [th.text for th in parsed(drawing).iter("th")] == ["k", "by entry", "found", "stated"]


@pytest.mark.parametrize("found", [[[0, 1, 2, 3]], [0, 1, 2, 3, 4], [[0, 1, 2, 3, "nan"]], [[0] * 5] * 5, [[0] * 61]])
def test_what_is_no_profile_is_not_drawn(found):
    assert "<svg" not in measured(found, found)
    assert "<svg" not in measured([[1, 2, 3, 4, 5]], found)


def test_a_constant_profile_is_a_line():
    assert "M3 45L31 45" in measured([[2] * 5], [[2] * 5])
