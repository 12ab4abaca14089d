"""The exam: right derivations must be verified, wrong ones refuted where they are wrong.

`python -m tests.planted.exam` prints how many are, category by category.
"""

import importlib
import pkgutil
import sys
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from itertools import groupby

from tests.planted import derivations
from tests.planted.cases import REGISTERED, Case
from verify.checking import check_claim
from verify.results import Result
from verify.settings import Settings

EXAMPLES = 60

for _module in pkgutil.iter_modules(derivations.__path__):
    importlib.import_module(f"{derivations.__name__}.{_module.name}")

CASES = tuple(sorted(REGISTERED, key=lambda case: case.category))
RIGHT = tuple(case for case in CASES if not case.wrong)
WRONG = tuple(case for case in CASES if case.wrong)


@cache
def checked(case: Case) -> Result:
    """The result of the check in floating point; a process checks a case once."""
    return check_claim(case.claim, Settings(EXAMPLES, exact=False))


def passed(result: Result, case: Case) -> bool:
    """Whether a right one is verified; whether a wrong one is refuted for the expected cause, in an output that is wrong."""
    if not case.wrong:
        return result.verdict == "verified"
    shown = result.counterexample or {"cause": "", "output": ""}
    return (result.verdict, shown["cause"]) == ("refuted", case.cause) and shown["output"] in (case.outputs or ("",))


def localised(result: Result, case: Case) -> bool:
    """Whether a wrong one is refuted as expected and the checker says how it is wrong, if there is a phrase for it."""
    return passed(result, case) and (not case.pattern or case.pattern in result.patterns(case.outputs[0]))


Judgement = Callable[[Result, Case], bool]
COLUMNS: dict[str, Judgement] = {"as expected": passed, "localised": localised}


def table(cases: Iterable[Case], columns: Mapping[str, Judgement]) -> str:
    """How many cases of each category, and of all, meet each of the columns."""
    cases = list(cases)
    groups = [(name, list(group)) for name, group in groupby(cases, key=lambda case: case.category)]
    rows = [
        [name, *(f"{sum(holds(checked(case), case) for case in group)} of {len(group)}" for holds in columns.values())]
        for name, group in [*groups, ("all", cases)]
    ]
    widths = [max(map(len, column)) for column in zip(["", *columns], *rows, strict=True)]
    lines = [[cell.ljust(width) for cell, width in zip(row, widths, strict=True)] for row in [["", *columns], *rows]]
    return "\n".join("  ".join(line).rstrip() for line in lines)


def main() -> None:
    """Print both tables, and each case that is not as expected."""
    sys.stdout.write(f"{table(RIGHT, {'verified': passed})}\n\n{table(WRONG, COLUMNS)}\n")
    for case in CASES:
        if not passed(checked(case), case):
            sys.stdout.write(f"\n{case.id}\n{checked(case)}\n")


if __name__ == "__main__":
    main()
