"""A checker for hand-derived gradients: say what a NumPy function claims to be, and get a verdict with evidence.

    from verify import check, vjp

    @vjp(of=forward)
    def backward(dY, X): ...

    print(check(backward))
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from verify.claim import Claim
    from verify.constructors import (
        Options,
        definition,
        derivative,
        gradient,
        identity,
        jvp,
        measurement,
        missing,
        runs,
        statistic,
        vjp,
    )
    from verify.documents import check, claims
    from verify.domains import (
        Domain,
        between,
        distinct,
        integers_below,
        keep_probability,
        mask,
        one_hot,
        positive,
        positive_definite,
        probabilities,
        real,
        symmetric,
    )
    from verify.results import Result, VerdictError

_HOMES = {
    "verify.claim": ("Claim",),
    "verify.constructors": (
        "Options", "definition", "derivative", "gradient", "identity", "jvp", "measurement", "missing", "runs",
        "statistic", "vjp",
    ),
    "verify.documents": ("check", "claims"),
    "verify.domains": (
        "Domain", "between", "distinct", "integers_below", "keep_probability", "mask", "one_hot", "positive",
        "positive_definite", "probabilities", "real", "symmetric",
    ),
    "verify.results": ("Result", "VerdictError"),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "Claim",
    "Domain",
    "Options",
    "Result",
    "VerdictError",
    "between",
    "check",
    "claims",
    "definition",
    "derivative",
    "distinct",
    "gradient",
    "identity",
    "integers_below",
    "jvp",
    "keep_probability",
    "mask",
    "measurement",
    "missing",
    "one_hot",
    "positive",
    "positive_definite",
    "probabilities",
    "real",
    "runs",
    "statistic",
    "symmetric",
    "vjp",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'verify' has no attribute {name!r}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
