"""Exit codes of the command line."""

OK, UNEXPECTED, USAGE, INTERNAL, NOTHING, INTERRUPTED = 0, 1, 2, 3, 5, 130

EXIT_CODES = """\
exit codes: 0 every row as expected, 1 some row not, 2 usage, 3 internal error, 5 nothing checked, 130 interrupted
"""
