"""The command line. Nothing heavy is imported until a command needs it: `--help` answers at once."""

import argparse
import io
import os
import sys
from collections.abc import Sequence

from verify.exit_codes import EXIT_CODES, INTERNAL, INTERRUPTED, OK, REGRESSION, USAGE
from verify.settings import TIMEOUT, TRIALS
from verify.training.options import add_train

EXPECTED = ("verified", "refuted", "definition", "missing")


def parser() -> argparse.ArgumentParser:
    """The command line's grammar."""
    top = argparse.ArgumentParser(
        prog="manual-bp", description="Check hand-derived gradients against autodiff.", epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="store_true", help="print the version and exit")
    commands = top.add_subparsers(dest="command", metavar="COMMAND")
    verify = commands.add_parser(
        "verify", help="check a document's claims (default: the notes)", epilog=EXIT_CODES,
        description="Check every claim of a document and write a results file and a report.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verify.add_argument(
        "targets", nargs="*", metavar="FILE|MODULE|MODULE:CLAIM", help="documents to check (default: the notes)"
    )
    verify.add_argument("--json", metavar="PATH", help="the results file (default: reports/out/NAME.json)")
    verify.add_argument("--html", metavar="PATH", help="the report (default: reports/out/NAME.html)")
    _for_machines(verify)
    verify.add_argument(
        "--select", action="append", metavar="LABEL", help="check only this label; * matches any text; may be repeated"
    )
    _how_much(verify)
    _how_exactly(verify)
    verify.add_argument("--quiet", action="store_true", help="print the unexpected rows and the conclusion only")
    listed = commands.add_parser(
        "list", help="list a document's rows (default: the notes)",
        description="List a document's rows: expected verdict, label, kind and equation. Nothing is computed.",
    )
    listed.add_argument("target", nargs="?", metavar="FILE|MODULE", help="the document (default: the notes)")
    listed.add_argument("--verdict", choices=EXPECTED, help="only rows with this expected verdict")
    listed.add_argument("--section", metavar="TEXT", help="only sections of this number, or with this text")
    show = commands.add_parser(
        "show", help="show one row whole",
        description="Show one row whole: the statement, the code, what it is checked against, the last run's evidence.",
    )
    show.add_argument(
        "row", metavar="[FILE:|MODULE:]LABEL", help="a row's label, in the notes unless a document is named"
    )
    show.add_argument("--results", metavar="PATH", help="the results file (default: reports/out/NAME.json)")
    errata = commands.add_parser(
        "errata", help="write what is wrong in a document, as Markdown", epilog=EXIT_CODES,
        description="Write what is wrong in a document, why, and the correct form, with numbers, as Markdown for its "
        "author. Without a results file the rows that this needs are checked.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    errata.add_argument("target", nargs="?", metavar="FILE|MODULE", help="the document (default: the notes)")
    errata.add_argument("--results", metavar="FILE", help="a results file of verify, in place of a run")
    errata.add_argument("-o", "--output", metavar="FILE", help="the file to write (default: stdout)")
    _how_much(errata)
    report = commands.add_parser(
        "report", help="make the report again from results files", epilog=EXIT_CODES,
        description="Make the HTML report from results files alone: for one the same that verify wrote, for several "
        "one report with an index. Nothing is checked again; the exit code is that of the results.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    report.add_argument("results", nargs="+", metavar="RESULTS", help="results files of verify, or one of train")
    report.add_argument(
        "-o", "--output", metavar="FILE",
        help="the report (default: beside the first file, as NAME.html, for several files as report.html)",
    )
    _for_machines(report)
    compare = commands.add_parser(
        "compare", help="show what changed between two runs", epilog=REGRESSION,
        description="Show what changed between two results files: rows, verdicts, expectations, worst errors by more "
        "than a factor of 2, measured numbers, and what is different about the runs themselves.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    compare.add_argument("before", metavar="BEFORE", help="a results file of verify")
    compare.add_argument("after", metavar="AFTER", help="a later one")
    compare.add_argument("--json", action="store_true", help="print JSON")
    add_train(commands)
    init = commands.add_parser(
        "init", help="write a commented document to start from",
        description="Write a small verified derivation, with comments that say what its parts mean.",
    )
    init.add_argument("file", metavar="FILE", help="a new Python file")
    return top


def _for_machines(command: argparse.ArgumentParser) -> None:
    """The files that other programs read."""
    command.add_argument("--junit", metavar="PATH", help="write JUnit XML too, for CI: a case per row")
    command.add_argument("--markdown", metavar="PATH", help="write a Markdown summary too, of at most 1 MiB")


def _how_much(command: argparse.ArgumentParser) -> None:
    """The options of a command that checks claims."""
    command.add_argument("--examples", type=_positive, metavar="N", help="inputs to try for each claim (default: 200)")
    command.add_argument("--seed", type=_natural, default=0, metavar="N", help="determines the inputs (default: 0)")
    command.add_argument(
        "--jobs", type=_natural, metavar="N",
        help="processes to use (default: up to 4 for 24 claims or more, else 1); 0: this one, without a time limit",
    )
    command.add_argument(
        "--timeout", type=_seconds, default=TIMEOUT, metavar="S",
        help="seconds after which a claim is stopped and the others go on (default: %(default)g)",
    )


def _how_exactly(command: argparse.ArgumentParser) -> None:
    """The options on exact arithmetic."""
    command.add_argument(
        "--exact", action=argparse.BooleanOptionalAction, default=True,
        help="certify what holds with no tolerance at all, in random prime fields (default: on)",
    )
    command.add_argument(
        "--trials", type=_positive, default=TRIALS, metavar="N",
        help="random points for each certificate, two beside each input: more of them try more shapes "
        "(default: %(default)d)",
    )
    command.add_argument(
        "--teeth", action=argparse.BooleanOptionalAction, default=False,
        help="try wrong versions of each function, to see that its check refutes them (default: off)",
    )
    command.add_argument(
        "--min-score", type=_share, metavar="X",
        help="--teeth, and exit with 1 if a check refutes less than this share of the wrong versions, as in 0.97",
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # what a terminal can't show is no reason to stop
            stream.reconfigure(errors="backslashreplace")
    top = parser()
    try:
        options = top.parse_args(argv)
    except SystemExit as stop:
        return int(stop.code or 0)
    if options.version:
        from importlib.metadata import version

        print(f"manual-bp {version('manual-bp')}")
        return OK
    if options.command is None:
        top.print_help()
        return USAGE
    try:
        return _command(options)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return INTERRUPTED
    except Exception as error:
        import traceback

        traceback.print_exc()
        print(f"manual-bp: internal error: {error}; please report it with the lines above", file=sys.stderr)
        return INTERNAL


def _command(options: argparse.Namespace) -> int:
    """Run one command; returns its exit code."""
    if options.command == "init":
        from verify.starting import init

        return init(options.file)
    if options.command == "list":
        from verify.listing import list_rows

        return list_rows(options)
    if options.command == "show":
        from verify.showing import show

        return show(options)
    if options.command == "report":
        from verify.report import report

        return report(options)
    if options.command == "compare":
        from verify.compare import compare

        return compare(options)
    if options.command == "errata":
        from verify.errata import errata

        return errata(options)
    if options.command == "train":
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # on small matrices threads cost more than they save
        from verify.training.command import train

        return train(options)
    from verify.run import verify_documents

    return verify_documents(options)


def _share(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text} is no share: expected a number from 0 to 1")
    return value


def _positive(text: str) -> int:
    n = int(text)
    if n < 1:
        raise argparse.ArgumentTypeError(f"{n} is not at least 1")
    return n


def _natural(text: str) -> int:
    n = int(text)
    if n < 0:
        raise argparse.ArgumentTypeError(f"{n} is negative; expected 0 or more")
    return n


def _seconds(text: str) -> float:
    s = float(text)
    if not 0 < s < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is no positive number of seconds")
    return s


_positive.__name__ = _natural.__name__ = "integer"
_seconds.__name__ = "number"
