"""Where a function stands, and its code."""

import functools
import inspect
import textwrap
from dataclasses import dataclass
from typing import Any

from verify.claim import name_of
from verify.constructors import Constant
from verify.results import relative_path

LIBRARIES = frozenset({"jax", "jaxlib", "numpy", "scipy"})


@dataclass(frozen=True)
class Source:
    """A function's name, its file and line, and its code; a library's function has its full name alone."""

    name: str
    place: str = ""
    code: str = ""


def source(function: Any) -> Source:
    """The source of a function, whatever wraps it; of a constant, its value."""
    if isinstance(function, Constant):
        return Source(str(function.value))
    while isinstance(function, functools.partial):
        function = function.func
    plain = inspect.unwrap(function)
    name = name_of(plain)
    module = getattr(plain, "__module__", None) or ""
    if module.partition(".")[0] in LIBRARIES:
        return Source(f"{_public(module)}.{name}")
    try:
        lines, line = inspect.getsourcelines(plain)
        file = inspect.getsourcefile(plain)
    except (OSError, TypeError):
        return Source(name)
    return Source(name, f"{relative_path(str(file))}:{line}", textwrap.dedent("".join(lines)).rstrip())


def _public(module: str) -> str:
    """A module's name without what is private in it: jax._src.numpy.ufuncs is known as jax.numpy."""
    parts = [part for part in module.split(".") if not part.startswith("_")]
    return ".".join(parts[:2])
