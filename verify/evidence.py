"""What a comparison has seen: counts, errors as fractions of their bounds, what varied, and some of what it judged."""

from collections.abc import Sequence
from math import isfinite
from typing import Any

import numpy as np

from verify import inputs
from verify.hand import Failure
from verify.inputs import Example, Group
from verify.judging import Judgement
from verify.localising import Observation
from verify.results import EDGES, Output, Result, encode

Array = np.ndarray[Any, np.dtype[Any]]
KEPT = 16  # judged examples of a shape that are kept for localisation
MEANINGLESS = 1e-2
SMALL = 100_000  # entries beyond which only a few are kept


class Evidence:
    """Fills a result with what its examples showed."""

    def __init__(self, result: Result) -> None:
        self.result = result
        self.varied: set[str] = set()
        self.observations: list[Observation] = []
        self.overflows = 0
        self._first: Example = {}
        self.itemsize = 8
        self._shares: dict[str, list[float]] = {}

    def add(self, group: Group, names: Sequence[str], judgements: Sequence[Judgement]) -> None:
        """The judged examples of one structure."""
        result, counts, examples = self.result, self.result.examples, group.examples
        scales = [_scale(example, judgement) for example, judgement in zip(examples, judgements, strict=True)]
        for scale, judgement in zip(scales, judgements, strict=True):
            _refuse_loose(judgement, scale)
        counts["tried"] += len(examples)
        counts["inconclusive"] += sum(not j.conclusive for j in judgements)
        counts["at_kinks"] += sum(j.at_kink for j in judgements)
        counts["refuted"] += sum(j.failure is not None for j in judgements)
        counts["agreed"] += sum(j.conclusive and j.failure is None for j in judgements)
        self.overflows += sum(j.overflow for j in judgements)
        if result.inconclusive is None:
            silent = next(((e, j) for e, j in zip(examples, judgements, strict=True) if not j.conclusive), None)
            if silent is not None:
                why = _why_inconclusive(silent[1])
                result.inconclusive = {"inputs": {name: encode(x) for name, x in silent[0].items()}, "why": why}
        self.varied |= _varying(examples) | self._differing(examples[0])
        self.itemsize = min([self.itemsize, *(x.itemsize for x in judgements[0].autodiff if x.dtype.kind == "f")])
        for k, name in enumerate(names):
            self._tally(self._output(name), k, judgements, scales)
        result.shapes.append(inputs.describe(group, sum(j.failure is not None for j in judgements)))
        self._keep(group, judgements)

    def _differing(self, example: Example) -> set[str]:
        """The inputs in which an example of another structure has other numbers, in the same shapes."""
        first = self._first = self._first or example
        pairs = {name: (inputs.numbers(first.get(name)), inputs.numbers(x)) for name, x in example.items()}
        alike = {name: [x.shape for x in a] == [x.shape for x in b] for name, (a, b) in pairs.items()}
        return {name for name, (a, b) in pairs.items() if alike[name] and not all(map(np.array_equal, a, b))}

    def share(self, output: str) -> float:
        """What share of an output's largest entry rounding could explain, on half of the examples."""
        return _median(self._shares[output])

    def _output(self, name: str) -> Output:
        """The evidence on the output of that name; whole networks of several depths have several lists of outputs."""
        for output in self.result.outputs:
            if output.name == name:
                return output
        self.result.outputs.append(Output(name, "", zero_everywhere=True))
        self._shares[name] = []
        return self.result.outputs[-1]

    def _tally(self, output: Output, k: int, judgements: Sequence[Judgement], scales: Sequence[float]) -> None:
        shape = "×".join(map(str, judgements[0].autodiff[k].shape)) or "scalar"
        shapes = output.shape.split(", ") if output.shape else []
        output.shape = ", ".join(dict.fromkeys([*shapes, shape]))
        _count(output, [judgement.fractions[k] for judgement in judgements if judgement.fractions])
        for scale, judgement in zip(scales, judgements, strict=True):
            if output.zero_everywhere and judgement.conclusive and np.any(judgement.autodiff[k] != 0):
                output.zero_everywhere = False
            self._shares[output.name].append(_largest(judgement.reach[k]) / scale if scale else 0.0)

    def _keep(self, group: Group, judgements: Sequence[Judgement]) -> None:
        """Keep some judged examples of this shape, failing ones first."""
        together = zip(group.examples, judgements, strict=True)
        pairs = [(e, j) for e, j in together if j.conclusive or j.failure is not None]
        room = KEPT if sum(x.size for x in inputs.numbers(group.examples[0])) <= SMALL else 2
        failing = [pair for pair in pairs if pair[1].failure is not None][: room // 2]
        passing = [pair for pair in pairs if pair[1].failure is None][: room - len(failing)]
        self.observations += [observed(group.sizes, example, judgement) for example, judgement in failing + passing]


def observed(sizes: dict[str, int], example: Example, judgement: Judgement) -> Observation:
    """A judged example as localisation takes it."""
    failure = judgement.failure
    by_hand: Any = judgement.by_hand
    if by_hand is None and isinstance(failure, Failure):
        by_hand = failure.returned
    return Observation(sizes, example, by_hand, judgement.autodiff, judgement.reach, failure is not None)


def _refuse_loose(judgement: Judgement, scale: float) -> None:
    """An example on which rounding could explain a large part of the answer agrees with anything."""
    if not judgement.conclusive or judgement.failure is not None:
        return
    reach = max(map(_largest, judgement.reach), default=0.0)
    if isfinite(reach) and reach > MEANINGLESS * scale:
        judgement.conclusive, judgement.loose, judgement.fractions = False, True, []


def _why_inconclusive(judgement: Judgement) -> str:
    if judgement.loose:
        return (
            f"rounding could explain more than {MEANINGLESS:.0%} of the largest entry: the code cancels so many digits "
            "that agreement says nothing"
        )
    if not all(np.isfinite(x).all() for x in judgement.autodiff):
        return "the reference is not finite"
    if judgement.overflow:
        return "the answer by hand overflows"
    if not all(np.isfinite(x).all() for x in judgement.reach):
        return "the bound on the rounding error is infinite"
    return "a kink is near that could not be analysed"


def _count(output: Output, fractions: Sequence[Array]) -> None:
    """Sort the fractions of some examples into the histogram."""
    fraction = np.concatenate([x.ravel() for x in fractions]) if fractions else np.zeros(0)
    if not fraction.size:
        return
    worst = float(np.max(fraction))
    output.worst = worst if output.worst is None else max(output.worst, worst)
    counts = np.histogram(fraction, bins=[*EDGES, np.inf])[0]
    output.histogram = [a + int(b) for a, b in zip(output.histogram, counts, strict=True)]


def _varying(examples: Sequence[Example]) -> set[str]:
    """The inputs that differ in some number between two examples of a batch."""
    return {
        name
        for name in examples[0]
        if any(
            not all(map(np.array_equal, inputs.numbers(examples[0][name]), inputs.numbers(other[name])))
            for other in examples[1:]
        )
    }


def _median(shares: list[float]) -> float:
    return sorted(shares)[len(shares) // 2] if shares else 0.0


def _largest(x: Any) -> float:
    """The largest of some magnitudes; 0 of none."""
    return float(np.maximum.reduce(x, axis=None, initial=0.0))


def _scale(example: Example, judgement: Judgement) -> float:
    """The largest entry of all outputs, which bounds are held against; a gradient that is zero but for rounding is held
    against a millionth of the inputs."""
    sizes = [_largest(np.abs(x)) for x in judgement.autodiff]
    sizes += [1e-6 * _largest(np.abs(x)) for x in inputs.numbers(example) if x.dtype.kind == "f"]
    return max((size for size in sizes if isfinite(size)), default=0.0)
