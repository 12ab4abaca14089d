"""What is said of where a derivation is wrong: exactly what was planted, nothing that belongs to another mistake."""

import time
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

from tests.documents import write
from verify import documents, inputs
from verify.evidence import observed
from verify.judging import Judge
from verify.localising import Location, Observation, locate

Arguments = dict[str, Any]
Wrong = Callable[[Arguments, np.ndarray, np.ndarray], Any]

SHAPES = ((3, 5), (4, 4), (1, 4), (3, 1), (9, 12), (2, 17), (5, 3), (1, 1))
NAMES = ("dX", "dW")
EPS = np.finfo(float).eps


def arguments(rng: np.random.Generator, *shape: int) -> Arguments:
    """Inputs with zeros, ones, integers and wide values among them; cotangents that are 0 in places."""

    def real(*shape: int) -> np.ndarray:
        x = rng.standard_normal(shape) * rng.choice([1.0, 4.0, 12.0])
        return np.where(rng.random(shape) < 0.1, rng.choice([0.0, 1.0, -1.0, 2.0], shape), x)

    return {
        "dY": np.where(rng.random(shape) < 0.1, 0.0, rng.standard_normal(shape)),
        "X": real(*shape),
        "W": real(*shape),
        "Y": np.where(rng.random(shape) < 0.6, rng.integers(0, 2, shape), rng.random(shape)),
        "gamma": np.exp(real(*shape[:1], *(1 for _ in shape[1:])) / 8),
        "beta": real(*shape[:1], *(1 for _ in shape[1:])),
        "D": (rng.random(shape) < 0.6).astype(float),
        "lam": np.float64(rng.uniform(0.1, 2)),
        "p": np.float64(rng.choice([0.35, 0.6, 0.8])),
        "mode": str(rng.choice(["relu", "tanh"])),
    }


def right_values(a: Arguments) -> list[np.ndarray]:
    """dX is entry by entry and 0 where dY or D is; dW mixes the entries of a column."""
    return [a["dY"] * np.cos(a["X"]) * a["D"] / a["p"], np.asarray(a["W"] - (a["W"] * a["dY"]).mean(0, keepdims=True))]


def observe(
    wrong: Wrong, *, shapes: tuple[tuple[int, ...], ...] = SHAPES, count: int = 160, seed: int = 0,
    sizes: tuple[str, ...] = ("d", "m"), right: Callable[[Arguments], list[np.ndarray]] = right_values,
) -> list[Observation]:
    """Examples of the answers `wrong(arguments, *right values)`, or of its exception."""
    rng = np.random.default_rng(seed)
    out = []
    for k in range(count):
        shape = shapes[k % len(shapes)]
        a = arguments(rng, *shape)
        autodiff = right(a)
        reach = [8 * EPS * np.abs(x) for x in autodiff]
        by_hand: list[np.ndarray] | None = None
        try:
            with np.errstate(all="ignore"):
                by_hand = [np.asarray(x) for x in wrong(a, *(x.copy() for x in autodiff))]
        except ArithmeticError:
            pass
        failed = by_hand is None or len(by_hand) != len(autodiff) or not all(
            h.shape == x.shape and (np.abs(h - x) <= b).all() for h, x, b in zip(by_hand, autodiff, reach, strict=True)
        )
        out.append(Observation(dict(zip(sizes, shape, strict=False)), a, by_hand, autodiff, reach, failed))
    return out


def only(wrong: Wrong, **options: Any) -> Location:
    """The only location."""
    (found,) = locate(NAMES, observe(wrong, **options))
    return found


def where(mask: Any, x: np.ndarray, y: Any) -> np.ndarray:
    """`y` where the mask holds, `x` elsewhere."""
    return np.where(np.broadcast_to(mask, x.shape), y, x)


def edge(x: np.ndarray, axis: int, last: bool) -> np.ndarray:
    """Whether an entry is the last (or first) along an axis."""
    index = np.indices(x.shape)[axis]
    return index == (x.shape[axis] - 1 if last else 0)


def over_diagonal(x: np.ndarray) -> np.ndarray:
    """Column number minus row number."""
    i, j = np.indices(x.shape)
    return j - i


def anywhere(a: Arguments, n: int) -> int:
    """A number below n that depends on the example alone."""
    return int(abs(a["X"].sum()) * 1e6) % n


class Kind(NamedTuple):
    """A planted mistake, the output that it spoils, and exactly what must be said."""

    output: str
    wrong: Wrong
    patterns: tuple[str, ...]
    repair: str = ""


def in_dX(change: Callable[[Arguments, np.ndarray], Any], *patterns: str, repair: str = "") -> Kind:
    return Kind("dX", lambda a, dX, dW: (change(a, dX), dW), patterns, repair)


def in_dW(change: Callable[[Arguments, np.ndarray], Any], *patterns: str, repair: str = "") -> Kind:
    return Kind("dW", lambda a, dX, dW: (dX, change(a, dW)), patterns, repair)


RELATIONS = {
    "zero": in_dX(lambda a, x: 0 * x, "zero"),
    "sign": in_dX(lambda a, x: -x, "opposite sign", repair="agrees after changing the sign"),
    "twice": in_dX(lambda a, x: 2 * x, "off by a constant factor 2", repair="agrees after multiplying by 0.5"),
    "half": in_dW(lambda a, x: x / 2, "off by a constant factor 0.5", repair="agrees after multiplying by 2"),
    "a third": in_dX(lambda a, x: x / 3, "off by a constant factor 1/3", repair="agrees after multiplying by 3"),
    "tiny factor": in_dX(
        lambda a, x: x * (1 + 1e-8), "off by a constant factor 1 + 1e-08", repair="agrees after multiplying by 1 - 1e-08"
    ),
    "tinier factor": in_dW(
        lambda a, x: x * (1 - 1e-10), "off by a constant factor 1 - 1e-10", repair="agrees after multiplying by 1 + 1e-10"
    ),
    "m": in_dX(lambda a, x: x * x.shape[1], "a factor of m", repair="agrees after multiplying by 1/m"),
    "1/m": in_dW(lambda a, x: x / x.shape[1], "a factor of 1/m", repair="agrees after multiplying by m"),
    "d*m": in_dX(lambda a, x: x * x.size, "a factor of d*m", repair="agrees after multiplying by 1/(d*m)"),
    "sqrt m": in_dX(lambda a, x: x * x.shape[1] ** 0.5, "a factor of sqrt(m)", repair="agrees after multiplying by 1/sqrt(m)"),
    "m - 1 over m": in_dX(lambda a, x: x * (x.shape[1] - 1) / x.shape[1], "a factor of (m-1)/m"),
    "m/d": in_dX(lambda a, x: x * x.shape[1] / x.shape[0], "a factor of m/d", repair="agrees after multiplying by d/m"),
    "2/m": in_dX(lambda a, x: 2 * x / x.shape[1], "a factor of 2/m", repair="agrees after multiplying by m/2"),
    "-m": in_dX(
        lambda a, x: -x * x.shape[1], "opposite sign", "a factor of m",
        repair="agrees after multiplying by 1/m and changing the sign",
    ),
    "lam": in_dX(lambda a, x: x * a["lam"], "a factor of lam", repair="agrees after dividing by lam"),
    "1/p": in_dX(lambda a, x: x / a["p"], "a factor of 1/p", repair="agrees after multiplying by p"),
    "lam/m": in_dW(
        lambda a, x: x * a["lam"] / x.shape[1], "a factor of lam/m", repair="agrees after multiplying by m/lam"
    ),
    "gamma": in_dW(lambda a, x: x * a["gamma"], "a factor of gamma", repair="agrees after dividing by gamma"),
    "1/gamma": in_dX(lambda a, x: x / a["gamma"], "a factor of 1/gamma", repair="agrees after multiplying by gamma"),
    "beta, which is 0 in places": in_dW(lambda a, x: x * a["beta"], "a factor of beta"),
    "1/beta, infinite in places": in_dW(lambda a, x: x / a["beta"], "a factor of 1/beta"),
    "no mask": in_dX(
        lambda a, x: a["dY"] * np.cos(a["X"]) / a["p"], "missing mask D", repair="agrees after multiplying by D"
    ),
    "no mask, no p": in_dX(
        lambda a, x: a["dY"] * np.cos(a["X"]), "missing mask D", repair="agrees after multiplying by D / p"
    ),
    "transposed": in_dX(lambda a, x: x.T, "transposed", repair="agrees after transposing"),
    "not finite": in_dX(lambda a, x: x * np.nan, "not finite"),
    "reversed": in_dX(
        lambda a, x: x[::-1], "reversed along axis 0", repair="agrees after reversing along axis 0"
    ),
    "shifted": in_dX(lambda a, x: np.roll(x, 1, axis=1), "shifted by one along axis 1"),
    "plus 0.5": in_dX(lambda a, x: x + 0.5, "off by a constant 0.5", repair="agrees after subtracting 0.5"),
    "minus 0.001": in_dW(lambda a, x: x - 0.001, "off by a constant -0.001", repair="agrees after adding 0.001"),
    "plus X": in_dX(lambda a, x: x + a["X"], "off by a multiple of X", repair="agrees after subtracting X"),
    "plus dY": in_dW(lambda a, x: x + 0.5 * a["dY"], "off by a multiple of dY", repair="agrees after subtracting 0.5 * dY"),
    "no penalty": in_dW(lambda a, x: x - a["lam"] * a["W"], "off by a multiple of W", repair="agrees after adding lam * W"),
    "no L1 penalty": in_dW(
        lambda a, x: x - a["lam"] / x.shape[1] * np.sign(a["W"]), "off by a multiple of sign(W)",
        repair="agrees after adding lam/m * sign(W)",
    ),
    "no mean": in_dW(lambda a, x: a["W"], "off by a constant along axis 0"),
    "not normalised": in_dW(
        lambda a, x: x * (1 + (a["X"] ** 2).sum(0, keepdims=True)), "a factor that is constant along axis 0"
    ),
}

PLACES = {
    "last row": in_dW(lambda a, x: where(edge(x, 0, True), x, 1.1 * x), "off by a constant factor 1.1", "last row"),
    "first row": in_dW(lambda a, x: where(edge(x, 0, False), x, 0), "zero", "first row"),
    "last column": in_dX(lambda a, x: where(edge(x, 1, True), x, x + 1), "off by a constant 1", "last column"),
    "first column": in_dX(lambda a, x: where(edge(x, 1, False), x, -x), "opposite sign", "first column"),
    "last entry": in_dW(
        lambda a, x: where(edge(x, 0, True) & edge(x, 1, True), x, np.nan), "not finite", "last entry"
    ),
    "first entry": in_dW(
        lambda a, x: where(edge(x, 0, False) & edge(x, 1, False), x, x + a["X"]), "off by a multiple of X", "first entry"
    ),
    "some entry": in_dW(
        lambda a, x: where(np.arange(x.size).reshape(x.shape) == anywhere(a, x.size), x, 1.1 * x),
        "off by a constant factor 1.1", "one entry",
    ),
    "some row": in_dW(
        lambda a, x: where(np.arange(len(x))[:, None] == anywhere(a, len(x)), x, np.sin(x)), "one row"
    ),
    "some column": in_dW(
        lambda a, x: where(np.arange(x.shape[1]) == anywhere(a, x.shape[1]), x, np.sin(x)), "one column"
    ),
    "diagonal": in_dX(lambda a, x: where(over_diagonal(x) == 0, x, 2 * x), "off by a constant factor 2", "diagonal only"),
    "off the diagonal": in_dX(lambda a, x: where(over_diagonal(x) != 0, x, 0), "zero", "all but the diagonal"),
    "above": in_dX(lambda a, x: where(over_diagonal(x) > 0, x, 0), "zero", "above the diagonal"),
    "below": in_dW(lambda a, x: where(over_diagonal(x) < 0, x, np.sin(x)), "below the diagonal"),
}

VALUES = {
    "X < 0": in_dX(lambda a, x: where(a["X"] < 0, x, -x), "opposite sign", "only where X < 0"),
    "X > 0": in_dX(lambda a, x: where(a["X"] > 0, x, np.sin(x)), "only where X > 0"),
    "X == 0": in_dX(lambda a, x: where(a["X"] == 0, x, x + 1), "off by a constant 1", "only where X == 0"),
    "0 / 0": in_dX(lambda a, x: where(a["X"] == 0, x, np.nan), "not finite", "only where X == 0"),
    "|X| > 3": in_dX(lambda a, x: where(np.abs(a["X"]) > 3, x, np.sin(x)), "only where |X| > 3"),
    "|W| > 20": in_dW(lambda a, x: where(np.abs(a["W"]) > 20, x, np.sin(x)), "only where |W| > 20"),
    "|X| < 0.5": in_dX(lambda a, x: where(np.abs(a["X"]) < 0.5, x, 0), "zero", "only where |X| < 0.5"),
    "X > 2.5": in_dX(lambda a, x: where(a["X"] > 2.5, x, np.sin(x)), "only where X > 2.5"),
    "soft labels": in_dX(
        lambda a, x: where((a["Y"] != 0) & (a["Y"] != 1), x, np.sin(x)), "only where Y is neither 0 nor 1"
    ),
    "beta < 0": in_dX(lambda a, x: where(a["beta"] < 0, x, 0), "zero", "only where beta < 0"),
    "masked twice": in_dW(lambda a, x: x * a["D"], "zero", "only where D == 0"),
    "columns": in_dW(
        lambda a, x: where((a["X"] == 0).any(0, keepdims=True), x, np.sin(x)), "only in columns where some X == 0"
    ),
    "rows": in_dW(
        lambda a, x: where((np.abs(a["X"]) > 20).any(1, keepdims=True), x, np.sin(x)), "only in rows where some |X| > 20"
    ),
}


def some(condition: Callable[[Arguments, int, int], bool]) -> Callable[[Arguments, np.ndarray], np.ndarray]:
    """Wrong in no way that has a name, where the condition on the example holds."""
    return lambda a, x: np.sin(x) if condition(a, *x.shape) else x


WHEN = {
    "d == m": in_dW(some(lambda a, d, m: d == m), "only when d == m"),
    "d == m > 1": in_dW(some(lambda a, d, m: d == m > 1), "only when d == m"),
    "d != m": in_dW(some(lambda a, d, m: d != m), "only when d != m"),
    "m == 1": in_dX(some(lambda a, d, m: m == 1), "only when m == 1"),
    "d > 1": in_dX(some(lambda a, d, m: d > 1), "only when d > 1"),
    "m > 8": in_dX(some(lambda a, d, m: m > 8), "only when m > 8"),
    "d > m": in_dX(some(lambda a, d, m: d > m), "only when d > m"),
    "mode": in_dX(some(lambda a, d, m: a["mode"] == "relu"), "only when mode == 'relu'"),
    "lam": in_dW(some(lambda a, d, m: a["lam"] > 1), "only when lam > 1"),
    "transposed if square": in_dX(
        lambda a, x: x.T if x.shape == x.shape[::-1] else x, "transposed", "only when d == m",
        repair="agrees after transposing",
    ),
    "last row if square": in_dW(
        lambda a, x: where(edge(x, 0, True), x, np.sin(x)) if len(x) == len(x.T) else x, "last row", "only when d == m"
    ),
    "twice if wide": in_dX(
        lambda a, x: 2 * x if len(x.T) > 8 else x, "off by a constant factor 2", "only when m > 8",
        repair="agrees after multiplying by 0.5",
    ),
}

NAMELESS = {
    "another function": in_dX(lambda a, x: a["dY"] * np.sin(a["X"])),
    "the mean over the other axis": in_dW(lambda a, x: a["W"] - (a["W"] * a["dY"]).mean(1, keepdims=True)),
    "noise": in_dW(lambda a, x: x + np.random.default_rng(anywhere(a, 1000)).standard_normal(x.shape)),
    "here and there": in_dW(lambda a, x: where(np.random.default_rng(anywhere(a, 1000)).random(x.shape) < 0.3, x, np.sin(x))),
}

KINDS = {**RELATIONS, **PLACES, **VALUES, **WHEN, **NAMELESS}


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
def test_exactly_the_planted_mistake_is_described(kind: Kind, seed: int) -> None:
    found = only(kind.wrong, seed=seed)
    assert (found.output, found.patterns, found.repair) == (kind.output, kind.patterns, kind.repair)


def test_every_phrase_of_the_table_tells_its_kind_apart() -> None:
    """Equality above is a test only as far as no two kinds, but those named, are described alike."""
    alike = {"d == m > 1": "d == m"}
    described = {
        (kind.output, kind.patterns, kind.repair): name
        for name, kind in KINDS.items()
        if name not in alike and name not in NAMELESS
    }
    assert len(described) == len(KINDS) - len(alike) - len(NAMELESS)


# -- other shapes ------------------------------------------------------------------------------------------------------

VECTORS, CUBES = ((5,), (1,), (8,), (13,), (3,)), ((2, 3, 4), (3, 2, 2), (1, 4, 3), (4, 3, 1), (5, 2, 6))


def entrywise(a: Arguments) -> list[np.ndarray]:
    return [a["dY"] * np.cos(a["X"]), a["dY"] * a["W"] ** 2]


@pytest.mark.parametrize(("shapes", "wrong", "patterns", "repair"), [
    (VECTORS, lambda a, x, w: (where(edge(x, 0, True), x, x + a["W"]), w), ("off by a multiple of W", "last entry"), ""),
    (VECTORS, lambda a, x, w: (where(edge(x, 0, False), x, np.nan), w), ("not finite", "first entry"), ""),
    (VECTORS, lambda a, x, w: (x[::-1], w), ("reversed along axis 0",), "agrees after reversing along axis 0"),
    (VECTORS, lambda a, x, w: (x + a["W"].mean(), w), ("off by a constant along axis 0",), ""),
    (CUBES, lambda a, x, w: (where(edge(x, 0, True), x, np.sin(x)), w), ("last along axis 0",), ""),
    (CUBES, lambda a, x, w: (where(edge(x, 2, False), x, 0), w), ("zero", "first along axis 2"), ""),
    (CUBES, lambda a, x, w: (np.moveaxis(x, 0, 2), w), ("in the wrong order",), "agrees after reordering the axes as (2, 0, 1)"),
    (CUBES, lambda a, x, w: (x + a["W"].sum(1, keepdims=True), w), ("off by a constant along axis 1",), ""),
])
def test_vectors_and_three_axes(
    shapes: tuple[tuple[int, ...], ...], wrong: Wrong, patterns: tuple[str, ...], repair: str
) -> None:
    found = only(wrong, shapes=shapes, right=entrywise)
    assert (found.patterns, found.repair) == (patterns, repair)


def scalar_values(a: Arguments) -> list[np.ndarray]:
    return [np.asarray(np.sum(a["W"] ** 2)), np.asarray(a["lam"] ** 3)]


def test_scalar_outputs() -> None:
    found = only(lambda a, J, w: (J * a["X"].shape[1], w), right=scalar_values)
    assert (found.patterns, found.repair) == (("a factor of m",), "agrees after multiplying by 1/m")
    observations = observe(lambda a, J, w: (J, w + 1 if a["lam"] > 1.5 else w), right=scalar_values)
    (found,) = locate(NAMES, observations)
    assert found.patterns == ("off by a constant 1", "only when lam > 1.5")
    failing = sum(one.failed for one in observations)
    assert found.entries == f"{failing} of {failing} entries"


def column_values(a: Arguments) -> list[np.ndarray]:
    return [a["dY"] * np.cos(a["X"]), a["dY"].sum(1, keepdims=True)]


def vector_values(a: Arguments) -> list[np.ndarray]:
    return [a["dY"] * np.cos(a["X"]), a["dY"].sum(1)]


@pytest.mark.parametrize(("right", "wrong", "repair"), [
    (column_values, lambda a: a["dY"], "agrees after summing over axis 1 (keepdims=True)"),
    (column_values, lambda a: a["dY"] * a["dY"].shape[1], "agrees after averaging over axis 1 (keepdims=True)"),
    (column_values, lambda a: a["dY"].sum(1), "agrees after adding the missing axis, [:, None]"),
    (vector_values, lambda a: a["dY"].sum(1, keepdims=True), "agrees after dropping the axis, [:, 0]"),
    (vector_values, lambda a: a["dY"], "agrees after summing over axis 1"),
])
def test_what_makes_a_wrong_shape_right(
    right: Callable[[Arguments], list[np.ndarray]], wrong: Callable[[Arguments], np.ndarray], repair: str
) -> None:
    found = only(lambda a, x, w: (x, wrong(a)), right=right)
    assert (found.output, found.patterns, found.repair) == ("dW", (), repair)
    assert "the shape in" in found.entries


def test_outputs_of_different_shapes_are_swapped() -> None:
    found = locate(NAMES, observe(lambda a, x, w: (w, x), right=column_values))
    repair = "agrees after swapping dX and dW"
    assert [(one.output, one.patterns, one.repair) for one in found] == [
        ("dX", ("swapped with dW",), repair), ("dW", ("swapped with dX",), repair),
    ]
    twice = locate(NAMES, observe(lambda a, x, w: (w, w)))
    assert [(one.output, one.patterns) for one in twice] == [("dX", ())]


def test_each_wrong_output_has_its_own_location() -> None:
    found = locate(NAMES, observe(lambda a, x, w: (2 * x, where(a["W"] < 0, w, np.sin(w)))))
    assert [(one.output, one.patterns) for one in found] == [
        ("dX", ("off by a constant factor 2",)), ("dW", ("only where W < 0",)),
    ]


# -- failures without values -------------------------------------------------------------------------------------------


def raises(a: Arguments) -> None:
    raise ArithmeticError


def test_exceptions_have_conditions_alone() -> None:
    found = only(lambda a, x, w: raises(a) if x.shape[0] == x.shape[1] else (x, w))
    assert found == Location("", "40 examples", ("only when d == m",), "")
    found = only(lambda a, x, w: raises(a))
    assert found == Location("", "160 examples", (), "")


def test_a_wrong_count_concerns_no_output() -> None:
    found = only(lambda a, x, w: (x,) if a["mode"] == "relu" else (x, w))
    assert (found.output, found.patterns, found.repair) == ("", ("only when mode == 'relu'",), "")


def test_exceptions_beside_wrong_values() -> None:
    found = locate(NAMES, observe(lambda a, x, w: raises(a) if x.shape[1] == 1 else (2 * x, w)))
    assert [(one.output, one.patterns) for one in found] == [
        ("dX", ("off by a constant factor 2",)), ("", ("only when m == 1",)),
    ]


# -- what must not be said ---------------------------------------------------------------------------------------------


def test_nothing_is_said_where_all_is_well() -> None:
    assert locate(NAMES, observe(lambda a, x, w: (x * (1 + EPS), w))) == []


def test_squares_alone_give_no_condition() -> None:
    found = only(lambda a, x, w: (x, np.sin(w)), shapes=((2, 2), (4, 4), (3, 3)))
    assert found.patterns == ()


def test_the_only_size_seen_is_a_constant() -> None:
    found = only(lambda a, x, w: (x * x.shape[1], w), shapes=((3, 2), (5, 2), (4, 2)))
    assert (found.patterns, found.repair) == (("off by a constant factor 2",), "agrees after multiplying by 0.5")
    found = only(lambda a, x, w: (x * x.shape[1], w), shapes=((3, 2), (5, 2), (4, 1)))
    assert found.patterns == ("a factor of m",), "a factor of 1 where m is 1 is explained by m alone"


def test_columns_have_no_last_column() -> None:
    found = only(lambda a, x, w: (x, where(edge(w, 0, True), w, np.sin(w))), shapes=((4, 1), (7, 1), (3, 1)))
    assert found.patterns == ("last row",)


@pytest.mark.parametrize("shape", [(1, 1), (1, 6), (6, 1), (5, 5)])
def test_a_wrong_answer_throughout_has_no_place(shape: tuple[int, int]) -> None:
    assert only(lambda a, x, w: (x, np.sin(w)), shapes=(shape,)).patterns == ()


def test_almost_a_factor_is_none() -> None:
    found = only(lambda a, x, w: (x * (2 + 1e-9 * np.sin(a["X"])), w))
    assert (found.patterns, found.repair) == ((), "")


def test_a_repair_must_mend_every_failing_example() -> None:
    def wrong(a: Arguments, x: np.ndarray, w: np.ndarray) -> Any:
        return (x, w.T if len(w) < 9 else np.sin(w))

    assert only(wrong, shapes=((3, 3), (5, 5), (9, 9))).repair == ""


def test_an_error_that_grows_from_nothing_has_no_threshold() -> None:
    found = only(lambda a, x, w: (x * (1 + 1e-16 * np.exp(np.abs(a["X"]))), w))
    assert found.patterns == ()


def test_few_examples_show_no_pattern() -> None:
    for seed in range(20):
        found = locate(NAMES, observe(some_entries_of_some_examples(seed), count=24, seed=seed))
        assert all(one.patterns == () for one in found), (seed, found)


def some_entries_of_some_examples(seed: int) -> Wrong:
    rng = np.random.default_rng(seed)

    def wrong(a: Arguments, x: np.ndarray, w: np.ndarray) -> Any:
        return (x, w + (rng.random(w.shape) < 0.3) * rng.standard_normal(w.shape) if rng.random() < 0.3 else w)

    return wrong


# -- values that say nothing -------------------------------------------------------------------------------------------


def relu_values(a: Arguments) -> list[np.ndarray]:
    return [a["dY"] * np.where(a["X"] == 0, 0.5, a["X"] > 0), a["W"].copy()]


def test_another_slope_at_a_kink_hides_nothing() -> None:
    """By hand relu's slope at 0 is 1, by autodiff 0.5: accepted where all else is right, and not what is wrong."""
    slope = [
        Observation(**{**vars(one), "inputs": {"dY": one.inputs["dY"] + 1, "X": one.inputs["X"]}})
        for one in observe(lambda a, x, w: (2 * a["dY"] * (a["X"] >= 0), w), right=relu_values)
    ]
    (found,) = locate(NAMES, slope)
    assert (found.output, found.patterns, found.repair) == ("dX", ("off by a constant factor 2",), "")


def test_values_accepted_at_a_kink_are_no_errors() -> None:
    accepted = [
        one if not (one.inputs["X"] == 0).any() else Observation(**{**vars(one), "failed": False})
        for one in observe(lambda a, x, w: (where(np.abs(a["X"]) > 3, a["dY"] * (a["X"] >= 0), 0), w), right=relu_values)
    ]
    (found,) = locate(NAMES, accepted)
    assert found.patterns == ("zero", "only where X > 3")


def test_infinite_bounds_and_references_are_left_out() -> None:
    observations = []
    for k, one in enumerate(observe(lambda a, x, w: (2 * x, w))):
        autodiff, reach = [x.copy() for x in one.autodiff], [b.copy() for b in one.reach]
        (autodiff if k % 3 else reach)[0][0, 0] = np.inf
        failed = bool(one.autodiff[0].ravel()[1:].any())
        observations.append(Observation(one.sizes, one.inputs, one.by_hand, autodiff, reach, failed))
    (found,) = locate(NAMES, observations)
    assert (found.patterns, found.repair) == (("off by a constant factor 2",), "agrees after multiplying by 0.5")


ODD = [None, [[1.0], [1.0, 2.0]], np.array(["a"]), np.array([None]), np.zeros((0, 3)), np.float64(3), 2, 1j, {}, np.ones((2, 2, 2))]


@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_odd_answers_and_inputs_are_survived(odd: Any) -> None:
    observations = observe(lambda a, x, w: (2 * x, w), count=40)
    for k in range(0, 40, 5):
        one = observations[k]
        observations[k] = Observation({}, one.inputs, [odd, odd], one.autodiff, one.reach, True)
        observations[k + 1] = Observation(one.sizes, {**one.inputs, "X": odd}, one.by_hand, one.autodiff, one.reach, True)
        observations[k + 2] = Observation(one.sizes, {}, [odd], one.autodiff, one.reach, True)
    assert [one.output for one in locate(NAMES, observations)] == ["dX", "dW", ""]


def test_empty_arrays_and_no_examples() -> None:
    assert locate(NAMES, []) == []
    assert locate((), []) == []
    observations = observe(lambda a, x, w: (2 * x, w), shapes=((0, 3), (3, 0)), right=entrywise)
    assert locate(NAMES, observations) == []
    observations = observe(lambda a, x, w: (x.T, w), shapes=((0, 3), (3, 0)), right=entrywise)
    assert [one.output for one in locate(NAMES, observations)] == ["dX"]


def test_integers_and_single_precision() -> None:
    def rounded(a: Arguments) -> list[np.ndarray]:
        return [np.rint(10 * x).astype(int) for x in right_values(a)]

    observations = observe(lambda a, x, w: (2 * x, -w.astype(np.float32)), right=rounded)
    assert [one.patterns for one in locate(NAMES, observations)] == [("off by a constant factor 2",), ("opposite sign",)]


@pytest.mark.parametrize("wrong", [
    lambda a, x, w: (a["dY"] * np.sin(a["X"]), np.sin(w)),
    lambda a, x, w: (where(a["X"] > 3, x, 2 * x), where(edge(w, 0, True), w, 0)),
], ids=["nameless", "places"])
@pytest.mark.parametrize(("shapes", "count"), [(SHAPES, 600), (((400, 400), (400, 399)), 6), (((1200, 1000), (2, 3)), 2)])
def test_it_is_quick(wrong: Wrong, shapes: tuple[tuple[int, ...], ...], count: int) -> None:
    observations = observe(wrong, shapes=shapes, count=count)
    seconds = []
    for _ in range(3):
        started = time.perf_counter()
        found = locate(NAMES, observations)
        seconds.append(time.perf_counter() - started)
    assert [one.output for one in found] == ["dX", "dW"]
    assert min(seconds) < 2  # ten times what it takes: a guard against what grows with the square of the entries


# -- what the checker returns ------------------------------------------------------------------------------------------

LAYER = """
def layer(X, W, b): return jnp.tanh(W @ X + b)
@vjp(of=layer, shapes={"X": "n m", "W": "k n", "b": "k 1"})
def backward(dY, X, W, b):
    G = dY * (1 - np.tanh(W @ X + b) ** 2)
    dX, dW, db = W.T @ G, G @ X.T, G.sum(1, keepdims=True)
    WRONG
    return dX, dW, db
"""
LAYER_MISTAKES = {
    "dX = 0 * dX": [("dX", ("zero",), "")],
    "dW = -dW": [("dW", ("opposite sign",), "agrees after changing the sign")],
    "dW, db = dW / X.shape[1], db / X.shape[1]": [
        ("dW", ("a factor of 1/m",), "agrees after multiplying by m"), ("db", ("a factor of 1/m",), "agrees after multiplying by m"),
    ],
    "dW = dW * (1 + 1e-10)": [("dW", ("off by a constant factor 1 + 1e-10",), "agrees after multiplying by 1 - 1e-10")],
    "dW = dW * np.where(np.abs(W) > 3, 1.001, 1)": [("dW", ("off by a constant factor 1.001", "only where |W| > 3"), "")],
    "dX = np.where(X == 0, 1.0, dX)": [("dX", ("only where X == 0",), "")],
    "dX = np.where(X < 0, 0.0, dX)": [("dX", ("zero", "only where X < 0"), "")],
    "dW[-1, -1] += 1e-9": [("dW", ("off by a constant 1e-09", "last entry"), "")],
    "dX = dX + 1e-9 if X.shape[1] == 1 else dX": [
        ("dX", ("off by a constant 1e-09", "only when m == 1"), "agrees after subtracting 1e-09")
    ],
    "dW = dW.T if len(W) == len(W.T) else dW": [("dW", ("transposed", "only when n == k"), "agrees after transposing")],
    "dW = dW + 0.1 * W": [("dW", ("off by a multiple of W",), "agrees after subtracting 0.1 * W")],
    "dX = dX * np.nan": [("dX", ("not finite",), "")],
    "dX = dX if X.shape[1] <= 8 else 1 // 0": [("", ("only when n > 8 and m > 8",), "")],
    "dX = W.T @ dY": [("dX", (), "")],
    "pass": [],
}


def judged(path: Any, count: int = 200) -> tuple[list[str], list[Observation]]:
    """The checker's judgements of a document's only claim, as observations."""
    (claim,) = documents.load(str(path)).claims
    judge = Judge(claim, 0)
    names: list[str] = []
    observations = []
    for group in inputs.explore(claim, judge.signature, count, 0, judge.reference.forward.output_shapes):
        names = list(judge.reference.program(group.examples[0]).names)
        pairs = zip(group.examples, judge.batch(group.examples), strict=True)
        observations += [observed(group.sizes, example, judgement) for example, judgement in pairs]
    return names, observations


@pytest.mark.parametrize("wrong", LAYER_MISTAKES)
def test_mistakes_in_a_layer_as_the_checker_judges_it(tmp_path: Any, wrong: str) -> None:
    found = locate(*judged(write(tmp_path, LAYER.replace("WRONG", wrong))))
    assert [(one.output, one.patterns, one.repair) for one in found] == LAYER_MISTAKES[wrong]


OTHERS = {
    "the mask left out": ("""
        def drop(A, D, p): return A * D / p
        @vjp(of=drop, shapes={"A": "n m", "D": "n m", "p": ""}, domains={"D": verify.mask, "p": verify.keep_probability})
        def dA(dY, D, p): return dY
     """, ("missing mask D",), "agrees after multiplying by D / p"),
    "the penalty left out": ("""
        def J(W, X, lam): return jnp.sum((W @ X) ** 2) + lam / 2 * jnp.sum(W ** 2)
        @gradient(of=J, shapes={"W": "k n", "X": "n m", "lam": ""}, wrt="W")
        def dW(W, X, lam): return 2 * (W @ X) @ X.T
     """, ("off by a multiple of W",), "agrees after adding lam * W"),
    "a mean left out of layer normalisation": ("""
        def norm(X): return (X - X.mean(0, keepdims=True)) / jnp.sqrt(X.var(0, keepdims=True) + 1e-5)
        @vjp(of=norm, shapes={"X": "d m"})
        def dX(dY, X):
            s = np.sqrt(X.var(0, keepdims=True) + 1e-5)
            Xhat = (X - X.mean(0, keepdims=True)) / s
            return (dY - Xhat * (dY * Xhat).mean(0, keepdims=True)) / s
     """, ("off by a constant along axis 0",), ""),
    "right for squares alone": ("""
        def f(x, n): return jnp.sum(x ** n)
        @gradient(of=f, shapes={"x": "3"}, domains={"n": (2, 3, 4)})
        def dx(x, n): return 2 * x
     """, ("only when n != 2",), ""),
    "relu twice": ("""
        @derivative(of=lambda x: jnp.maximum(x, 0), shapes={"x": "n"})
        def prime(x): return 2.0 * (x >= 0)
     """, ("off by a constant factor 2",), ""),
    "a saturated scalar": ("""
        @derivative(of=jnp.tanh, shapes={"x": ""})
        def prime(x): return np.where(x > 2.5, 0.0, 1 - np.tanh(x) ** 2)
     """, ("zero", "only when x > 2.5"), ""),
}


@pytest.mark.parametrize("body", OTHERS)
def test_other_mistakes_as_the_checker_judges_them(tmp_path: Any, body: str) -> None:
    text, patterns, repair = OTHERS[body]
    (found,) = locate(*judged(write(tmp_path, text)))
    assert (found.patterns, found.repair) == (patterns, repair)
