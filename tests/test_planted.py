"""Mistakes planted in copies of `manual_bp`: the ledger must refute each of them, and name a guilty formula.

All of them with `--hypothesis-profile=long`, every eighth by default.
"""

from collections.abc import Iterator
from operator import attrgetter
from pathlib import Path

import pytest

from tests.planted import mistakes, mistakes_of_training
from tests.planted.copies import PACKAGES, Interpreter, Outcome, by_command_line, copy, planted, substitute
from tests.planted.mistakes import Mistake

MISTAKES = (*mistakes.MISTAKES, *mistakes_of_training.MISTAKES)
# Whole networks, forward and backward: checked with every mistake, whichever row is guilty.
NETWORKS = ("3.pass", "7.2back")
COMPARED = ("5.0", "5.0@dropout")
ONE_OF_EACH_KIND = tuple({mistake.kind: mistake for mistake in reversed(mistakes.MISTAKES)}.values())[::-1]
HARMLESS = Mistake(
    "harmless", "a local variable renamed", "activations.py",
    "A = softmax(Z)\n    return A * (dA - np.sum(A * dA,", "S = softmax(Z)\n    return S * (dA - np.sum(S * dA,", (),
)
OK, UNEXPECTED = 0, 1


@pytest.fixture(scope="module")
def interpreter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Interpreter]:
    with Interpreter(tmp_path_factory.mktemp("shared")) as started:
        yield started


def assert_refuted(mistake: Mistake, outcome: Outcome) -> None:
    assert outcome.code == UNEXPECTED, outcome.printed
    assert mistake.guilty
    assert {label: outcome.unexpected.get(label) for label in mistake.guilty} == dict.fromkeys(mistake.guilty, "refuted")
    # Where the two algorithms are compared, one of them is the reference: if that one raises, the claim is in error.
    others = {verdict for label, verdict in outcome.unexpected.items() if label not in COMPARED}
    assert others <= {"refuted"}, outcome.printed


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "some_mistake" in metafunc.fixturenames:
        every = 1 if metafunc.config.getoption("--hypothesis-profile") == "long" else 8
        metafunc.parametrize("some_mistake", MISTAKES[::every], ids=attrgetter("id"))


def test_a_mistake_is_refuted(some_mistake: Mistake, interpreter: Interpreter, tmp_path: Path) -> None:
    outcome = interpreter.check(planted(tmp_path, some_mistake, ("manual_bp",)), some_mistake.guilty + NETWORKS)
    assert outcome.imported == (str(tmp_path / "manual_bp"),)
    assert_refuted(some_mistake, outcome)


@pytest.mark.parametrize("mistake", ONE_OF_EACH_KIND, ids=attrgetter("id"))
def test_the_command_line_refutes_one_of_each_kind(mistake: Mistake, tmp_path: Path) -> None:
    outcome = by_command_line(planted(tmp_path, mistake), mistake.guilty[:1])
    assert_refuted(Mistake(**{**vars(mistake), "guilty": mistake.guilty[:1]}), outcome)
    assert f"✗ refuted      {mistake.guilty[0]} " in outcome.printed


def test_the_command_line_accepts_the_unmodified_copy(tmp_path: Path) -> None:
    outcome = by_command_line(copy(tmp_path), ("3.*", "7.2*"))
    assert (outcome.code, outcome.unexpected) == (OK, {}), outcome.printed
    assert outcome.rows > 20


def test_the_command_line_imports_the_copy(tmp_path: Path) -> None:
    for package in PACKAGES:
        with (copy(tmp_path, [package]) / package / "__init__.py").open("a", encoding="utf-8") as file:
            file.write("\nimport sys\nprint('imported', __file__, file=sys.stderr)\n")
    outcome = by_command_line(tmp_path, ["4.4"])
    assert outcome.code == OK, outcome.printed
    for package in PACKAGES:
        assert f"imported {tmp_path / package / '__init__.py'}\n" in outcome.printed


def test_a_harmless_change_is_noticed_as_undetected(tmp_path: Path) -> None:
    outcome = by_command_line(planted(tmp_path, HARMLESS), ("4.3@softmax", "7.2back"))
    assert (outcome.code, outcome.unexpected, outcome.rows) == (OK, {}, 2), outcome.printed
    with pytest.raises(AssertionError):
        assert_refuted(HARMLESS, outcome)


def test_the_interpreter_keeps_nothing_of_the_copies_before(interpreter: Interpreter, tmp_path: Path) -> None:
    mistake = MISTAKES[0]
    labels = ("4.3@softmax", "4.5", "5.0", *mistake.guilty, *NETWORKS)
    before = interpreter.check(planted(tmp_path / "before", mistake, ["manual_bp"]), mistake.guilty)
    between = interpreter.check(planted(tmp_path / "between", HARMLESS, ["manual_bp"]), labels)
    after = interpreter.check(planted(tmp_path / "after", mistake, ["manual_bp"]), mistake.guilty)
    assert_refuted(mistake, before)
    assert_refuted(mistake, after)
    assert (between.code, between.unexpected) == (OK, {}), between.printed
    with pytest.raises(AssertionError):
        assert_refuted(HARMLESS, between)


def test_a_text_that_is_not_found_once_is_no_mistake(tmp_path: Path) -> None:
    for text in ("no such text", "dZ"):
        with pytest.raises(AssertionError, match="expected once"):
            substitute(copy(tmp_path / text, ["manual_bp"]) / "manual_bp" / "backprop.py", text, "")


def test_the_table_is_well_formed() -> None:
    assert len({mistake.id for mistake in MISTAKES}) == len(MISTAKES)
    assert all(mistake.guilty for mistake in MISTAKES)
