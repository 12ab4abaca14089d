"""A script: the command line's `main` on one copy of `manual_bp` after another.

`python worker.py FOLDER` imports `verify` and `reports` from FOLDER. Each line of its input is a JSON list, a folder with
a copy of `manual_bp` and the command line's arguments; each line of its output is the exit code, what was printed, and
the folders that the ledger's hand-derived functions came from.

Between two copies everything that imports `manual_bp` is forgotten. JAX, the checker and the twin stay, and with them
the twin's traces; no copy can have changed those.
"""

import contextlib
import io
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType, ModuleType

SHARED = ("verify.notes.twin", "verify.notes.networks")


def depends(name: str) -> bool:
    """Whether a module is the hand-derived package, or a part of the ledger that imports it."""
    return name.split(".")[0] == "manual_bp" or (name.startswith("verify.notes.") and name not in SHARED)


def forget() -> None:
    """Forget the last copy: its modules, as attributes of their packages too, and the claims about it."""
    from verify.claim import forget as forget_claims

    for name in filter(depends, list(sys.modules)):
        module = sys.modules.pop(name)
        forget_claims(str(module.__file__))
        package, _, attribute = name.rpartition(".")
        if package in sys.modules:
            vars(sys.modules[package]).pop(attribute, None)


def origins() -> Iterator[str]:
    """The folder of each function and module of `manual_bp` that a loaded part of the ledger or of `manual_bp` holds."""
    for name in filter(depends, list(sys.modules)):
        for value in vars(sys.modules[name]).values():
            if isinstance(value, ModuleType) and value.__name__.split(".")[0] == "manual_bp":
                yield str(Path(str(value.__file__)).parent)
            if isinstance(value, FunctionType) and value.__module__.split(".")[0] == "manual_bp":
                yield str(Path(value.__code__.co_filename).parent)


def main() -> None:
    """Serve until the input ends."""
    shared = sys.argv[1]
    sys.path[0] = shared
    from verify import cli, shrinking

    assert Path(cli.__file__).is_relative_to(shared), cli.__file__
    # The smallest counterexample is not the point here, and the search for it takes most of the time.
    assert shrinking.ATTEMPTS > 0
    shrinking.ATTEMPTS = 0
    for line in sys.stdin:
        folder, arguments = json.loads(line)
        forget()
        os.chdir(folder)
        sys.path.insert(0, folder)
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            code = cli.main(arguments)
        sys.path.remove(folder)
        answer = {"code": code, "printed": printed.getvalue(), "imported": sorted(set(origins()))}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
