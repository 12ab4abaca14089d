"""A user's own backward pass, from a Python file."""

import importlib.util
from pathlib import Path

from manual_bp.training import Backward


class BackwardError(ValueError):
    """A function that isn't there, or a file that can't be run; the message says which and why."""


def function_named(name: str) -> Backward:
    """The function of FILE.py:FUNCTION; it is called as `manual_bp.backprop_a` is, and returns `Gradients`."""
    file, colon, function = name.rpartition(":")
    if not colon or not file.endswith(".py") or not function.isidentifier():
        raise BackwardError(f"--backward is {name!r}; expected FILE.py:FUNCTION, as derivation.py:backward")
    path = Path(file)
    if not path.is_file():
        raise BackwardError(f"--backward {name}: there is no file {path}")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise BackwardError(f"--backward {name}: {path} can't be run: {type(error).__name__}: {error}") from error
    found = getattr(module, function, None)
    if not callable(found):
        raise BackwardError(f"--backward {name}: {path} has no function {function}")
    backward: Backward = found
    return backward
