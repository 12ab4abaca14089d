"""Of the exam's wrong derivations, at least nine in ten are said to be wrong in the way in which they are."""

from tests.planted.exam import COLUMNS, WRONG, checked, localised, table

SHARE = 0.9


def test_nine_in_ten_wrong_derivations_are_localised_as_expected() -> None:
    missed = [case for case in WRONG if not localised(checked(case), case)]
    said = "\n".join(f"{case.id}: {case.pattern!r}, not {checked(case).patterns((*case.outputs, '')[0])}" for case in missed)
    assert len(missed) <= (1 - SHARE) * len(WRONG), f"{table(WRONG, COLUMNS)}\n{said}"
