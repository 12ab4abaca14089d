"""Exit codes of the command line."""

OK, UNEXPECTED, USAGE, INTERNAL, NOTHING, INTERRUPTED = 0, 1, 2, 3, 5, 130

EXIT_CODES = """\
exit codes: 0 every row as expected, 1 some row not, 2 usage, 3 internal error, 5 nothing checked, 130 interrupted
"""

REGRESSION = """\
exit codes: 0 no regression, 1 a regression, 2 usage, 3 internal error, 130 interrupted

A regression is
  a row that was as expected and is not any more, or was verified and is now inconclusive or vacuous;
  a row, or one of its outputs, that was checked and is gone;
  an expectation that became weaker: verified, then refuted, then a row with nothing to compute;
  a worst error that was within its bound and is beyond it, in a row that holds;
  a document that passed and does not pass any more.
A row that was added, a worst error that grew within its bound and a number that changed are none.
"""

TRAINED = """\
exit codes: 0 trained, and together with autodiff; 1 parted from autodiff, or diverged; 2 usage; 3 internal error;
130 interrupted: the best parameters so far are saved
"""
