"""The exam: the checker verifies every right derivation and refutes every wrong one, where it is wrong."""

from operator import attrgetter

import pytest

from tests.planted.cases import Case, forward
from tests.planted.exam import CASES, RIGHT, WRONG, checked, passed, table
from verify import gradient

CAUSES = {"value", "count", "shape", "dtype", "type", "changed input", "second call", "exception"}


@pytest.mark.parametrize("case", RIGHT, ids=attrgetter("id"))
def test_a_right_derivation_is_verified(case: Case) -> None:
    result = checked(case)
    assert passed(result, case), str(result)


@pytest.mark.parametrize("case", WRONG, ids=attrgetter("id"))
def test_a_wrong_derivation_is_refuted_where_it_is_wrong(case: Case) -> None:
    result = checked(case)
    assert passed(result, case), f"expected {case.cause} in {case.outputs}\n{result}"


def test_the_exam_is_as_large_as_it_says_and_knows_every_cause() -> None:
    assert len({case.id for case in CASES}) == len(CASES)
    assert len(RIGHT) >= 130
    assert len(WRONG) >= 240
    assert {case.cause for case in WRONG} == CAUSES
    assert {case.claim.kind for case in WRONG} == {"vjp", "gradient", "derivative", "identity"}


def sum_of_squares(x):
    return (x**2).sum()


def twice(x):
    return 2 * x


def thrice(x):
    return 3 * x


EXPECTED = {
    "a right one": (True, twice, {"wrong": False}),
    "a wrong one": (True, thrice, {"wrong": True, "outputs": ("dx",)}),
    "a wrong one taken for a right one": (False, thrice, {"wrong": False}),
    "a right one taken for a wrong one": (False, twice, {"wrong": True, "outputs": ("dx",)}),
    "another output": (False, thrice, {"wrong": True, "outputs": ("dy",)}),
    "another cause": (False, thrice, {"wrong": True, "outputs": ("dx",), "cause": "shape"}),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_the_exam_notices_what_is_not_as_expected(name: str) -> None:
    as_expected, hand, expected = EXPECTED[name]
    case = forward(gradient, shapes={"x": "n"})(sum_of_squares).case(hand, **expected)
    assert passed(checked(case), case) == as_expected
    assert table([case], {"": passed}).endswith("1 of 1" if as_expected else "0 of 1")
