"""Documents for the tests: written to a folder, checked by the real command line or the public API."""

import json
import textwrap
from pathlib import Path
from typing import Any

from verify import documents
from verify.checking import check_claim
from verify.cli import main
from verify.results import Result
from verify.settings import Settings

HEADER = """\
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float
import verify
from verify import derivative, gradient, identity, vjp
"""


def write(folder: Path, body: str, name: str = "document.py") -> Path:
    """A document with the usual imports and this body."""
    path = folder / name
    path.write_text(HEADER + textwrap.dedent(body))
    return path


def results(folder: Path, body: str, examples: int = 60, seed: int = 0, exact: bool = False) -> dict[str, Result]:
    """The results of a document's claims by label; in floating point alone unless exact arithmetic is asked for."""
    document = documents.load(str(write(folder, body)))
    return {claim.label: check_claim(claim, Settings(examples, seed, exact=exact)) for claim in document.claims}


def one(folder: Path, body: str, examples: int = 60, seed: int = 0, exact: bool = False) -> Result:
    """The result of a document's only claim."""
    (result,) = results(folder, body, examples, seed, exact).values()
    return result


def run(*arguments: str) -> int:
    """`manual-bp ARGUMENTS`; the exit code. Claims are checked in this process, unless `--jobs` says otherwise."""
    here = ("--jobs", "0") if arguments[:1] == ("verify",) and "--jobs" not in arguments else ()
    return main([*arguments, *here])


def loaded(path: Path) -> Any:
    """A results file's content."""
    return json.loads(path.read_text())
