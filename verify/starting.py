"""`manual-bp init`: a commented document to start from."""

import keyword
import os
import shlex
import sys
from importlib import resources
from importlib.machinery import PathFinder
from pathlib import Path

from verify.exit_codes import OK, USAGE
from verify.results import write_atomically


def init(file: str) -> int:
    """Write the starter document to a new file; returns the exit code."""
    path = Path(file)
    try:
        problem = _problem(path)
        if not problem:
            write_atomically(path, resources.files("verify").joinpath("starter.py").read_text(encoding="utf-8"))
    except OSError as error:
        problem = f"can't write {file}: {error.strerror}"
    if problem:
        print(f"manual-bp: {problem}", file=sys.stderr)
        return USAGE
    print(f"{file} is written: a small derivation that holds, and what the parts mean. Edit it, then check it:")
    print(f"  manual-bp verify {shlex.quote(file)}")
    if not _importable(path.stem):
        print(f"Tests can't import it by name, since {path.stem!r} is not a Python name; rename it if they should.")
    return OK


def _problem(path: Path) -> str:
    """Why no document may be written there, or an empty string."""
    if path.is_dir():
        return f"{path} is a folder; name a file in it"
    if path.suffix != ".py":
        return f"{path} is not named as a Python file; let its name end in .py"
    if os.path.lexists(path):
        return f"{path} exists already, and init never overwrites; name another file"
    if not path.parent.is_dir():
        return f"there is no folder {path.parent}; make it first, or name a file in another one"
    if _hides(path.stem):
        return f"{path.name} would hide the module {path.stem!r} from programs started in its folder; name another file"
    return ""


def _hides(name: str) -> bool:
    """Whether a module of that name is installed, or Python's own; the working folder's files are not counted."""
    elsewhere = [entry for entry in sys.path if Path(entry).resolve() != Path.cwd()]
    found = PathFinder.find_spec(name, elsewhere)
    return name in sys.stdlib_module_names or (found is not None and found.origin is not None)


def _importable(name: str) -> bool:
    return name.isidentifier() and not keyword.iskeyword(name)
