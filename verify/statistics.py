"""Claims about the mean of random draws: `statistic`.

An entry is refuted if two independent samples of n draws both put its mean off the claimed one, on the same side, each
at a rate of sqrt(1e-6 / tests) over all entries and parameters tried: together 1e-6. Each sample is tested by Hall's
transformation of the t-statistic ("On the removal of skewness by transformation", 1992), whose distribution is normal
up to 1/n where that of t is only up to 1/sqrt(n). An entry whose draws never vary is compared as it is.
"""

from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np
from scipy.special import ndtri

from verify import hand, inputs
from verify.claim import Claim, SetupError
from verify.hand import Failure
from verify.inputs import Example
from verify.membership import pinned
from verify.results import Output, Result, encode
from verify.settings import Settings
from verify.signatures import DRAWS, RNG, Signature, bind, read

Array = np.ndarray[Any, np.dtype[Any]]
FALSE_ALARMS = 1e-6
POWER = 0.99
PARAMETERS = 12  # how many choices of parameters are tried at most
SAME = 1e-12


@dataclass(frozen=True)
class Sample:
    """Mean, standard deviation and skewness of n draws, entry by entry."""

    n: int
    mean: Array
    deviation: Array
    skewness: Array

    @classmethod
    def of(cls, x: Array) -> "Sample":
        """Of draws along axis 0."""
        mean = x.mean(axis=0)
        centred = x - mean
        deviation = centred.std(axis=0)
        with np.errstate(invalid="ignore", divide="ignore"):
            skewness = np.where(deviation > 0, (centred**3).mean(axis=0) / deviation**3, 0.0)
        return cls(len(x), mean, deviation, skewness)

    def normal(self, mean: Array) -> Array:
        """Hall's statistic: standard normal if the mean is the given one; infinite if it isn't and no draw varies."""
        apart = self.mean - mean
        with np.errstate(invalid="ignore", divide="ignore"):
            s, g = apart / self.deviation, self.skewness
            t = sqrt(self.n) * (s + g * s**2 / 3 + g**2 * s**3 / 27 + g / (6 * self.n))
        constant = self.deviation <= SAME * np.abs(self.mean)
        same = np.abs(apart) <= SAME * np.maximum(np.abs(self.mean), np.abs(mean))
        return np.where(constant, np.where(same, 0.0, np.copysign(np.inf, apart)), t)


def check_statistic(claim: Claim, settings: Settings, result: Result) -> None:
    """Fill the result of a `statistic`."""
    signature = read(claim)
    result.bound = "statistical"
    result.dimensions = {item.name: item.shape.text for item in signature.inputs if item.shape is not None}
    if claim.counterexample is not None:
        found = _Test(claim, signature, settings.seed, pinned(claim.counterexample, signature), 0, 1).run()
        if not isinstance(found, Refuted):
            raise SetupError("the pinned counterexample does not refute the statement; correct one of them")
        result.pinned = found.shown
    examples = _parameters(claim, signature, settings, result)
    refuted: list[Refuted] = []
    output = Output("mean", "")
    effects: list[float] = []
    for k, example in enumerate(examples):
        answer = _Test(claim, signature, settings.seed, example, k, len(examples)).run()
        result.examples["tried"] += 1
        if isinstance(answer, Refuted):
            result.examples["refuted"] += 1
            refuted.append(answer)
        else:
            result.examples["agreed"] += 1
            output.worst = max(output.worst or 0.0, answer.worst)
            effects.append(answer.effect)
            result.numbers.append(
                {
                    "inputs": {name: encode(x) for name, x in example.items()}, "found": encode(answer.found),
                    "stated": encode(answer.stated), "within": answer.effect,
                }
            )
            shape = "×".join(map(str, answer.stated.shape)) or "scalar"
            output.shape = ", ".join(dict.fromkeys([*filter(None, output.shape.split(", ")), shape]))
    result.outputs = [output]
    effect = max(effects, default=None)
    result.statistic = {"draws": claim.draws, "false_alarms": FALSE_ALARMS, "power": POWER, "detects": effect}
    if refuted:
        first = min(refuted, key=lambda r: r.size)
        result.verdict, result.message, result.counterexample = "refuted", first.message, first.shown
    elif not examples:
        result.verdict, result.message = "vacuous", "no input was tried"
    else:
        result.verdict = "verified"
        plural = "s" * (len(examples) != 1)
        choices = f"{len(examples)} choice{plural} of parameters" if signature.forward else "one sample"
        result.message = f"{choices}, {claim.draws} draws each; a deviation of {effect:.2g} would be seen"
        if effect == 0:
            result.notes.append("the draws never vary")


@dataclass(frozen=True)
class Agreed:
    """A test passed: the mean that was found and the stated one, the worst statistic as a share of its limit, and the
    deviation that would be detected."""

    found: Array
    stated: Array
    worst: float
    effect: float


@dataclass(frozen=True)
class Refuted:
    """A test failed: what to say, what to show, and how large the example is."""

    message: str
    shown: dict[str, Any]
    size: int


class _Test:
    """The test for one choice of parameters, the k-th of so many."""

    def __init__(self, claim: Claim, signature: Signature, seed: int, example: Example, k: int, of: int) -> None:
        self.claim, self.signature, self.example, self.of = claim, signature, example, of
        parts = ("first", "first", "second")
        self.rngs = [inputs.generator(seed, claim.label, "draws", str(k), part) for part in parts]

    def run(self) -> Agreed | Refuted:
        """Draw, and once more if the first sample is off."""
        try:
            with np.errstate(all="ignore"):
                mean = np.asarray(bind(self.claim.of, self.signature.of, self.example), dtype=float)
        except Exception as error:
            raise SetupError(f"the claimed mean failed with {type(error).__name__}: {error}") from None
        first, again = self._draws(self.rngs[0]), self._rows(self.rngs[1])
        if isinstance(first, Failure):
            return self._refuted(first.cause, first.message)
        if isinstance(again, Failure) or not np.array_equal(again, first[: len(again)], equal_nan=True):
            return self._refuted("second call", "a second call with an equal generator returns other draws")
        if mean.shape not in ((), first.shape[1:]):
            return self._refuted(
                "shape", f"{self.claim.name} returned draws of shape {first.shape[1:]}; expected {mean.shape}"
            )
        if not np.isfinite(first).all():
            return self._refuted("value", "a draw is not a finite number")
        if not np.isfinite(mean).all():
            raise SetupError("the claimed mean is not finite")
        sample, mean = Sample.of(first), np.broadcast_to(mean, first.shape[1:])
        limit = float(-ndtri(sqrt(FALSE_ALARMS / (self.of * max(mean.size, 1))) / 2))
        t = sample.normal(mean)
        if (np.abs(t) > limit).any():
            second = self._draws(self.rngs[2])
            if isinstance(second, Failure):
                return self._refuted(second.cause, second.message)
            confirmed = Sample.of(second).normal(mean)
            off = (np.abs(t) > limit) & (np.abs(confirmed) > limit) & (np.sign(t) == np.sign(confirmed))
            if off.any():
                return self._off(Sample.of(np.concatenate([first, second])), mean, off)
        # Both samples must be off: each of them is with probability sqrt(POWER).
        reach = limit + float(ndtri(sqrt(POWER)))
        worst = float(np.max(np.abs(t), initial=0.0)) / limit
        effect = float(np.max(reach * sample.deviation / sqrt(sample.n), initial=0.0))
        return Agreed(sample.mean, mean, min(worst, 1.0), effect)

    def _draws(self, rng: np.random.Generator) -> Array | Failure:
        parts, count = [], 0
        while count < self.claim.draws:
            rows = self._rows(rng)
            if isinstance(rows, Failure):
                return rows
            parts.append(rows)
            count += len(rows)
        return np.concatenate(parts)

    def _rows(self, rng: np.random.Generator) -> Array | Failure:
        given = {**self.example, RNG: rng, DRAWS: self.claim.draws}
        out = hand.answer(self.claim, self.signature, given)
        if isinstance(out, Failure):
            return out
        try:
            rows = np.asarray(out, dtype=float)
        except (TypeError, ValueError):
            return Failure("type", f"{self.claim.name} returned a {type(out).__name__}; expected an array of draws")
        if rows.ndim == 0 or not len(rows):
            return Failure("shape", f"{self.claim.name} returned shape {rows.shape}; expected draws along axis 0")
        return rows

    def _off(self, sample: Sample, mean: Array, off: Array) -> Refuted:
        at = np.unravel_index(int(np.argmax(off)), off.shape) if off.shape else ()
        entry = f"[{', '.join(str(int(i)) for i in at)}]" if at else ""
        message = (
            f"the mean of {sample.n} draws{f', entry {entry},' if entry else ''} is {sample.mean[at]:.6g} ± "
            f"{sample.deviation[at] / sqrt(sample.n):.1g}; stated is {mean[at]:.6g}"
        )
        return self._refuted("value", message, sample.mean, mean)

    def _refuted(self, cause: str, message: str, mine: Any = None, stated: Any = None) -> Refuted:
        shown = {
            "inputs": {name: encode(x) for name, x in self.example.items()},
            "cause": cause,
            "message": message,
            "output": "" if mine is None else "mean",
            "outputs": []
            if mine is None
            else [{"name": "mean", "by_hand": encode(np.asarray(mine)), "autodiff": encode(np.asarray(stated))}],
        }
        return Refuted(message, shown, sum(x.size for x in inputs.numbers(self.example)))


def _parameters(claim: Claim, signature: Signature, settings: Settings, result: Result) -> list[Example]:
    """The parameters to try, or the one empty choice where there are none."""
    if not signature.forward:
        return [{}]
    count = min(claim.count(settings.examples), PARAMETERS)
    examples = []
    for group in inputs.explore(claim, signature, count, settings.seed, lambda _: ()):
        group = inputs.distinct(group)
        examples += group.examples
        if group.examples:
            result.shapes.append(inputs.describe(group, refuted=0))
    return examples
