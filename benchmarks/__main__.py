"""`python -m benchmarks`: the command line."""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any


def main(argv: Sequence[str] | None = None) -> int:
    """Run one benchmark, print its table, save it if asked."""
    parser = _parser()
    options = parser.parse_args(argv)
    if options.benchmark is None:
        parser.print_help()
        return 2
    started = time.perf_counter()
    text, data = options.run(options)
    seconds = time.perf_counter() - started
    print(f"{text}\n\n{seconds:.0f} s, seed {options.seed}")
    if options.json is not None:
        record = {"benchmark": options.benchmark, "seed": options.seed, "seconds": round(seconds, 1), "result": data}
        options.json.write_text(json.dumps(record, indent=1) + "\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m benchmarks", description="Measurements of the checker.")
    names = parser.add_subparsers(dest="benchmark", metavar="{detection,false-alarms,public,training}")
    for name, run, cases, text in (
        ("detection", _detection, 400, "errors of 1e-2 to 1e-14 injected into right derivations"),
        ("false-alarms", _false_alarms, 20_000, "right derivations on hard inputs"),
        ("public", _public, 100, "the gradients of two public packages, which are installed for it"),
        ("exactness", _exactness, 2000, "exact arithmetic: errors down to 1e-15, right derivations, beside SymPy"),
        ("training", _training, 5, "networks trained on real data beside scikit-learn's; a case is a seed"),
    ):
        command = names.add_parser(name, help=text, description=text)
        command.add_argument("--cases", type=_positive, default=cases, metavar="N", help="default: %(default)s")
        command.add_argument("--seed", type=int, default=0, help="default: %(default)s")
        command.add_argument("--json", type=Path, metavar="PATH", help="save the result as JSON")
        command.set_defaults(run=run)
        if name == "detection":
            command.add_argument("--peer-cases", type=_positive, default=40, metavar="N", help="default: %(default)s")
            command.add_argument("--claims", type=_positive, default=60, metavar="N", help="default: %(default)s")
        if name == "exactness":
            command.add_argument("--places", type=_positive, default=200, metavar="N", help="default: %(default)s")
            command.add_argument("--peer-cases", type=_positive, default=40, metavar="N", help="default: %(default)s")
            command.add_argument("--limit", type=float, default=5.0, metavar="S", help="SymPy's seconds; default: 5")
            command.add_argument("--quick", action="store_true", help="a little of everything, in less than a minute")
    return parser


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is below 1")
    return value


def _detection(options: argparse.Namespace) -> tuple[str, Any]:
    from benchmarks import detection

    with _progress() as tell:
        result = detection.run(options.cases, options.seed, options.peer_cases, options.claims, tell)
    return detection.report(result), detection.as_json(result)


def _false_alarms(options: argparse.Namespace) -> tuple[str, Any]:
    from benchmarks import false_alarms

    with _progress() as tell:
        result = false_alarms.run(options.cases, options.seed, progress=tell)
    return false_alarms.report(result), false_alarms.as_json(result)


def _public(options: argparse.Namespace) -> tuple[str, Any]:
    from benchmarks.public import packages

    with _progress() as tell:
        result = packages.run(options.cases, options.seed, tell)
    return packages.report(result), result


def _exactness(options: argparse.Namespace) -> tuple[str, Any]:
    from benchmarks.exactness import benchmark

    chosen = benchmark.Options(
        configurations=options.cases, places=options.places, peers=options.peer_cases, limit=options.limit,
        seed=options.seed,
    )
    with _progress() as tell:
        result = benchmark.run(chosen.quick() if options.quick else chosen, tell)
    return benchmark.report(result), benchmark.as_json(result)


def _training(options: argparse.Namespace) -> tuple[str, Any]:
    from benchmarks import training

    with _progress() as tell:
        result = training.run(options.cases, options.seed, tell)
    return training.report(result), result


@contextmanager
def _progress() -> Iterator[Callable[[str, int], None]]:
    """A line on a terminal that says how many cases are done, and what is being tried."""
    done = 0
    shown = sys.stderr.isatty()

    def tell(name: str, count: int) -> None:
        nonlocal done
        done += count
        if shown:
            sys.stderr.write(f"\r\033[K{done} cases, {name}")
            sys.stderr.flush()

    yield tell
    if shown:
        sys.stderr.write("\r\033[K")


if __name__ == "__main__":
    sys.exit(main())
