"""Claims about measured numbers: `measurement`. What the code returns must lie within a stated distance of a number."""

from typing import Any

import numpy as np

from verify import hand, inputs
from verify.claim import Claim, SetupError
from verify.hand import Failure
from verify.inputs import Example
from verify.membership import pinned
from verify.results import Output, Result, encode
from verify.settings import Settings
from verify.signatures import Signature, bind, read

Array = np.ndarray[Any, np.dtype[Any]]


def check_measurement(claim: Claim, settings: Settings, result: Result) -> None:
    """Fill the result of a `measurement`: one call if the code takes nothing, else one for each choice of inputs."""
    signature = read(claim)
    result.bound = "stated"
    result.dimensions = {item.name: item.shape.text for item in signature.inputs if item.shape is not None}
    if claim.counterexample is not None:
        pin = _Measured(claim, signature, pinned(claim.counterexample, signature))
        if not pin.failure:
            raise SetupError("the pinned counterexample does not refute the statement; correct one of them")
        result.pinned = pin.shown()
    found = [_Measured(claim, signature, example) for example in _examples(claim, signature, settings, result)]
    failing = [measured for measured in found if measured.failure]
    result.examples.update(tried=len(found), refuted=len(failing), agreed=len(found) - len(failing))
    result.numbers = [measured.number() for measured in found if measured.mine is not None]
    shapes = dict.fromkeys("×".join(map(str, measured.stated.shape)) or "scalar" for measured in found)
    worst = max((measured.fraction for measured in found if measured.mine is not None), default=None)
    result.outputs = [Output("value", ", ".join(shapes), worst)]
    if failing:
        first = min(failing, key=lambda measured: measured.size)
        result.verdict, result.message, result.counterexample = "refuted", first.failure, first.shown()
    elif not found:
        result.verdict, result.message = "vacuous", "no input was tried"
    else:
        result.verdict = "verified"
        choices = f" for each of {len(found)} choices of inputs" if len(found) > 1 else ""
        result.message = f"measured as stated, within {claim.within:g}{choices}"


class _Measured:
    """What was measured for one choice of inputs. `failure` is a sentence, empty if all is well."""

    def __init__(self, claim: Claim, signature: Signature, example: Example) -> None:
        self.example, self.within, self.cause, self.failure = example, claim.within, "", ""
        self.mine: Array | None = None
        self.fraction = 0.0
        try:
            with np.errstate(all="ignore"):
                self.stated = np.asarray(bind(claim.of, signature.of, example), dtype=float)
        except Exception as error:
            raise SetupError(f"the stated number failed with {type(error).__name__}: {error}") from None
        if not np.isfinite(self.stated).all():
            raise SetupError("the stated number is not finite")
        answer = hand.answer(claim, signature, example)
        if isinstance(answer, Failure):
            self.cause, self.failure = answer.cause, answer.message
            return
        try:
            mine = np.asarray(answer, dtype=float)
        except (TypeError, ValueError):
            self.cause, self.failure = "type", f"{claim.name} returned a {type(answer).__name__}; expected numbers"
            return
        self.mine = mine
        if mine.shape != self.stated.shape:
            self.cause = "shape"
            self.failure = f"{claim.name} returned shape {mine.shape}; expected {self.stated.shape}"
            return
        off = np.abs(mine - self.stated)
        self.fraction = float(np.max(off / claim.within, initial=0.0)) if np.isfinite(off).all() else np.inf
        if not self.fraction <= 1:
            at = np.unravel_index(int(np.argmax(np.where(np.isnan(off), np.inf, off))), off.shape)
            entry = f"[{', '.join(str(int(i)) for i in at)}] " if at else ""
            self.cause = "value"
            self.failure = f"measured {entry}{mine[at]:.8g}; stated is {self.stated[at]:.8g}, within {claim.within:g}"

    @property
    def size(self) -> int:
        """How many numbers the inputs have."""
        return sum(x.size for x in inputs.numbers(self.example))

    def number(self) -> dict[str, Any]:
        """What was found and what is stated."""
        return {
            "inputs": {name: encode(x) for name, x in self.example.items()}, "found": encode(self.mine),
            "stated": encode(self.stated), "within": self.within,
        }

    def shown(self) -> dict[str, Any]:
        """As a counterexample."""
        mine = None if self.mine is None else encode(self.mine)
        return {
            "inputs": {name: encode(x) for name, x in self.example.items()}, "cause": self.cause,
            "message": self.failure, "output": "value",
            "outputs": [{"name": "value", "by_hand": mine, "autodiff": encode(self.stated)}],
        }


def _examples(claim: Claim, signature: Signature, settings: Settings, result: Result) -> list[Example]:
    if not signature.forward:
        return [{}]
    examples = []
    for group in inputs.explore(claim, signature, claim.count(settings.examples), settings.seed, lambda _: ()):
        group = inputs.distinct(group)
        examples += group.examples
        if group.examples:
            result.shapes.append(inputs.describe(group, refuted=0))
    return examples
