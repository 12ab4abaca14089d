"""One claim to one Result."""

import inspect
import textwrap
import time
import warnings
from functools import cache

import jax

from verify.calling import check_runs
from verify.claim import Claim, SetupError
from verify.comparing import compare
from verify.measuring import check_measurement
from verify.results import Result, relative_path
from verify.settings import Settings
from verify.statistics import check_statistic


def check_claim(claim: Claim, settings: Settings) -> Result:
    """The verdict on a claim. Never raises for what is wrong with the claim: that is the verdict `error`."""
    started = time.perf_counter()
    result = blank(claim)
    try:
        # Code of JAX in a hand function is as precise as that of NumPy; and where warnings are errors, a function that
        # warns would seem to fail.
        with jax.enable_x64(True), warnings.catch_warnings():
            warnings.simplefilter("default")
            _CHECKS.get(claim.kind, compare)(claim, settings, result)
    except SetupError as error:
        result.verdict, result.message = "error", str(error)
    result.seconds = round(time.perf_counter() - started, 4)
    return result


def _nothing_to_compute(claim: Claim, settings: Settings, result: Result) -> None:
    result.verdict, result.message = claim.kind, claim.because


_CHECKS = {
    "statistic": check_statistic, "measurement": check_measurement, "runs": check_runs,
    "definition": _nothing_to_compute, "missing": _nothing_to_compute,
}


def blank(claim: Claim) -> Result:
    """A claim's result before anything is checked."""
    return Result(
        label=claim.label, name=claim.name if claim.computed else "", section=claim.section, kind=claim.kind,
        equation=claim.equation, dimensions=dict(claim.shapes), code=_source(claim) if claim.computed else "",
        source={"file": relative_path(claim.file), "line": claim.line}, path=claim.file, expected=claim.expect,
        because=claim.because, corrected_by=claim.corrected_by, uses=list(claim.uses),
    )


@cache
def _source(claim: Claim) -> str:
    try:
        return textwrap.dedent(inspect.getsource(claim.hand))
    except (OSError, TypeError):
        return ""
