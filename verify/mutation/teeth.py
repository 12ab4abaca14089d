"""A claim's teeth: which wrong versions of its function its check refutes, on the values that it has drawn already.

The reference is not computed again: every wrong version is called on the examples and held against the values and the
bounds that the check used, and is killed by the first that refutes it. What survives all of them is compared with the
right function in exact arithmetic: where that proves them equal, it is no wrong version at all.
"""

import functools
import random
import warnings
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from types import FunctionType
from typing import Any

import numpy as np

from verify import hand, inputs
from verify.calls import plain_function, reachable
from verify.claim import Claim
from verify.hand import Failure
from verify.inputs import Example
from verify.mutation.equality import are_equal, examples_beside
from verify.mutation.gaps import gaps
from verify.mutation.operators import NARROWER
from verify.mutation.versions import Version, names_alike, versions, watched
from verify.reference import Reference
from verify.signatures import Signature

OWN, CALLED = 400, 40  # wrong versions of a claim's function at most, and of those that it calls
FEW = 6  # examples on which a version of a called function must have some effect


@dataclass(frozen=True)
class Drawn:
    """An example that the check has judged: what the outputs are called, what is right, and within which bound.

    sizes : of the named dimensions
    """

    names: Sequence[str]
    sizes: dict[str, int]
    example: Example
    right: Sequence[Any]
    reach: Sequence[Any]
    at_kink: bool


@dataclass
class Teeth:
    """The score of one claim.

    causes : how many were killed by what: value, shape, exception and so on
    equivalent : what is no wrong version, with the reason
    survivors : what the check would not have caught
    gaps : what the inputs lack, where there are survivors
    disputed, unknown : what the claim calls equivalent, and the check refutes, or that was none of the versions tried
    """

    killed: int = 0
    mutants: int = 0
    causes: dict[str, int] = field(default_factory=dict)
    equivalent: list[dict[str, Any]] = field(default_factory=list)
    survivors: list[dict[str, Any]] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)
    disputed: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """As in a results file."""
        return asdict(self)

    def count(self, cause: str) -> None:
        """Count a wrong version, killed by a cause or, if that is empty, alive."""
        self.mutants += 1
        if cause:
            self.killed += 1
            self.causes[cause] = self.causes.get(cause, 0) + 1


def measure(claim: Claim, signature: Signature, reference: Reference, drawn: Sequence[Drawn]) -> Teeth:
    """The teeth of a claim's check, by the examples that it has judged."""
    teeth = Teeth()
    if not drawn:
        return teeth
    with warnings.catch_warnings():  # what a wrong version warns of is nobody's concern
        warnings.simplefilter("ignore")
        _measure(teeth, claim, signature, reference, drawn)
    return teeth


def _measure(
    teeth: Teeth, claim: Claim, signature: Signature, reference: Reference, drawn: Sequence[Drawn]
) -> None:
    order = _quickest_first(drawn)
    own, called = _versions(claim, signature, order[0].example)
    few, alive, dead = order[:FEW], list[Version](), set[str]()
    for version in (*own, *called):
        cause = _killed_by(claim, signature, version, order)
        # Of a called function, what has no effect on this claim's outputs is a wrong version of something else.
        if not cause and version in called and all(_same_floats(claim, signature, version, one) for one in few):
            continue
        teeth.count(cause)
        if cause:
            dead.add(spelled(version.text))
        else:
            alive.append(version)
    smooth = [one.example for one in order if not one.at_kink]
    beside = examples_beside(claim, signature, reference, smooth) if alive else []
    idle: dict[str, None] = {}
    for version in alive:
        why = _no_mistake(claim, signature, version, order, beside)
        (teeth.equivalent if why else teeth.survivors).append({**version.place, "why": why})
        if not why and not _is_run(claim, signature, version, order, beside):
            idle[f"no input runs what was changed in line {version.line} of {version.function.__name__}"] = None
    if teeth.survivors:
        teeth.gaps = [*idle, *gaps(signature, drawn)]
    living = {spelled(version.text) for version in alive}
    teeth.disputed = [text for text in claim.equivalent if spelled(text) in dead - living]
    teeth.unknown = [text for text in claim.equivalent if spelled(text) not in dead | living]


def spelled(text: str) -> str:
    """A change as a person may write it: any spaces, an arrow of either kind."""
    return " ".join(text.replace("→", "->").split())


def _versions(claim: Claim, signature: Signature, example: Example) -> tuple[list[Version], list[Version]]:
    """Wrong versions of the claim's function, and some of those that it calls."""
    start = plain_function(claim.hand)
    functions = [f for f in (start, *reachable(claim.hand)) if isinstance(f, FunctionType)]
    seen = watched(functions, lambda: hand.answer(claim, signature, example, watched=False))
    own = _cached(start, seen[start]) if start in seen else []
    called = [version for f in functions if f is not start and f in seen for version in _cached(f, seen[f])]
    some = random.Random(claim.label).sample(called, CALLED) if len(called) > CALLED else called
    return own[:OWN], some


_VERSIONS: dict[Any, list[Version]] = {}


def _cached(function: FunctionType, held: Any) -> list[Version]:
    """The versions of a function, shared by claims in whose runs the same names hold arrays of one shape.

    They are those of the claim alone, whichever claims were checked before.
    """
    alike = names_alike(function, held)
    key = function, tuple(alike.items())
    if key not in _VERSIONS:
        _VERSIONS[key] = list(versions(function, alike))
    return _VERSIONS[key]


def _quickest_first(drawn: Sequence[Drawn]) -> list[Drawn]:
    """One example of each structure first, then the others."""
    rows: dict[Any, list[Drawn]] = {}
    for one in drawn:
        rows.setdefault(inputs.structure(one.example), []).append(one)
    most = max(map(len, rows.values()))
    return [row[k] for k in range(most) for row in rows.values() if k < len(row)]


def _killed_by(claim: Claim, signature: Signature, version: Version, drawn: Sequence[Drawn]) -> str:
    """What refutes a version, or an empty string. What differs at a kink alone is not refuted."""
    with version.running():
        for one in drawn:
            out = hand.call(claim, signature, one.example, one.names, one.right, twice=False)
            if isinstance(out, Failure):
                return out.cause
            if not one.at_kink and any(map(_differs, out, one.right, one.reach)):
                return "value"
    return ""


def _differs(mine: Any, right: Any, reach: Any) -> bool:
    with np.errstate(all="ignore"):
        known = np.isfinite(right) & np.isfinite(reach)
        return bool((known & ~(np.abs(mine - right) <= reach)).any())


def _no_mistake(
    claim: Claim, signature: Signature, version: Version, drawn: Sequence[Drawn], beside: Sequence[list[Example]]
) -> str:
    """Why a version that is not refuted is none; empty if it is one."""
    for text, why in claim.equivalent.items():
        if spelled(text) == spelled(version.text):
            return why
    if not _is_run(claim, signature, version, drawn, beside):
        return "it changes only what is raised" if version.raises else ""
    if version.what == NARROWER:  # which exact arithmetic does not see
        same = all(_same_floats(claim, signature, version, one) for one in drawn)
        return "equal to the last bit on every input" if same else ""
    if not are_equal(claim, signature, version, beside):
        return ""
    if all(_same_floats(claim, signature, version, one) for one in drawn if one.at_kink):
        return "equal in exact arithmetic"
    return "it differs at kinks alone, where any value between the slopes is right"


def _is_run(
    claim: Claim, signature: Signature, version: Version, drawn: Sequence[Drawn], beside: Sequence[list[Example]]
) -> bool:
    """Whether any input runs the place that was changed: elsewhere nothing can be said of it."""

    def message(example: Example) -> str:
        out = hand.answer(claim, signature, example, watched=False)
        return out.message if isinstance(out, Failure) else ""

    examples = [*(one.example for one in drawn), *(example for row in beside for example in row)]
    return version.is_run(functools.partial(message, example) for example in examples)


def _same_floats(claim: Claim, signature: Signature, version: Version, one: Drawn) -> bool:
    def answer() -> Any:
        return hand.call(claim, signature, one.example, one.names, one.right, twice=False)

    right = answer()
    with version.running():
        other = answer()
    if isinstance(right, Failure) or isinstance(other, Failure):
        return False
    return all(np.array_equal(a, b, equal_nan=True) for a, b in zip(right, other, strict=True))
