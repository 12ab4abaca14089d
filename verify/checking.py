"""One claim to one Result: draw, compare, judge, shrink."""

import inspect
import sys
import textwrap
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from verify import inputs
from verify.claim import Claim
from verify.inputs import Example
from verify.judging import Judge, Judgement
from verify.results import EDGES, Output, Result, encode
from verify.settings import Settings
from verify.shrinking import shrink
from verify.signatures import SetupError
from verify.symbolic import proved_dimensions

Array = np.ndarray[Any, np.dtype[Any]]


LOOSE, MEANINGLESS = 1e-6, 1e-2


def check_claim(claim: Claim, settings: Settings) -> Result:
    """The verdict on a claim. Never raises for what is wrong with the claim: that is the verdict `error`."""
    started = time.perf_counter()
    result = _blank(claim)
    try:
        Check(claim, settings, result).run()
    except SetupError as error:
        result.verdict, result.message = "error", str(error)
    result.seconds = round(time.perf_counter() - started, 4)
    return result


class Check:
    """The state of one claim's check."""

    def __init__(self, claim: Claim, settings: Settings, result: Result) -> None:
        self.claim, self.settings, self.result = claim, settings, result
        self.judge = Judge(claim, settings.seed)
        self.signature = self.judge.signature
        self.varied: set[str] = set()
        self.shares: dict[str, list[float]] = {}
        self.lacking: set[str] = set()
        result.dimensions = {item.name: item.shape.text for item in self.signature.inputs if item.shape is not None}

    def run(self) -> None:
        """Fill the result."""
        pin = self._pin()
        if pin is not None:
            judged = self.judge.batch([pin])[0]
            if judged.failure is None:
                raise SetupError("the pinned counterexample does not refute the statement; correct one of them")
            self.result.pinned = self._shown(pin, judged)
        first: tuple[Example, Judgement] | None = None
        for group in inputs.explore(
            self.claim, self.signature, self.settings.examples, self.settings.seed, self.judge.reference.output_shapes
        ):
            if not group:
                continue
            judgements = self.judge.batch(group)
            self._record(group, judgements)
            failed = next(((e, j) for e, j in zip(group, judgements, strict=True) if j.failure is not None), None)
            first = first or failed
        self.judge.compare_engines()
        self._conclude(first)

    # -- evidence ------------------------------------------------------------------------------------------------------

    def _record(self, group: Sequence[Example], judgements: Sequence[Judgement]) -> None:
        result, counts = self.result, self.result.examples
        program = self.judge.reference.program(group[0])
        self.lacking.update(program.unknown, [program.by_xla] if program.by_xla else [])
        counts["tried"] += len(group)
        counts["inconclusive"] += sum(not j.conclusive for j in judgements)
        if result.inconclusive is None:
            silent = next(((e, j) for e, j in zip(group, judgements, strict=True) if not j.conclusive), None)
            if silent is not None:
                why = _why_inconclusive(silent[1])
                result.inconclusive = {"inputs": {name: encode(x) for name, x in silent[0].items()}, "why": why}
        counts["at_kinks"] += sum(j.at_kink for j in judgements)
        counts["refuted"] += sum(j.failure is not None for j in judgements)
        counts["agreed"] += sum(j.conclusive and j.failure is None for j in judgements)
        self.varied |= _varying(group)
        scales = [_scale(example, judgement) for example, judgement in zip(group, judgements, strict=True)]
        for k, name in enumerate(program.names):
            output = self._output(name)
            shape = "×".join(map(str, judgements[0].autodiff[k].shape)) or "scalar"
            shapes = output.shape.split(", ") if output.shape else []
            output.shape = ", ".join(dict.fromkeys([*shapes, shape]))
            for scale, judgement in zip(scales, judgements, strict=True):
                if judgement.conclusive and np.any(judgement.autodiff[k] != 0):
                    output.zero_everywhere = False
                if judgement.fractions:
                    _tally(output, judgement.fractions[k])
                self.shares[name].append(float(np.max(judgement.reach[k], initial=0.0)) / scale if scale else 0.0)
        result.shapes.append(
            {
                "inputs": {name: _shape_of(x) for name, x in group[0].items()},
                "examples": len(group),
                "refuted": sum(j.failure is not None for j in judgements),
            }
        )

    def _output(self, name: str) -> Output:
        """The evidence on the output of that name; whole networks of several depths have several lists of outputs."""
        for output in self.result.outputs:
            if output.name == name:
                return output
        self.result.outputs.append(Output(name, "", zero_everywhere=True))
        self.shares[name] = []
        return self.result.outputs[-1]

    def _loosest(self) -> float:
        return max((_median(shares) for shares in self.shares.values()), default=0.0)

    def _conclude(self, first: tuple[Example, Judgement] | None) -> None:
        result, counts = self.result, self.result.examples
        if first is not None:
            self._refute(*first)
        elif not counts["tried"]:
            result.verdict, result.message = "vacuous", "no input was tried"
        elif not counts["agreed"]:
            why = result.inconclusive["why"] if result.inconclusive else "nothing could be compared"
            result.verdict, result.message = "inconclusive", f"on every input tried {why}"
        elif 2 * counts["inconclusive"] > counts["tried"]:
            result.verdict = "inconclusive"
            why = result.inconclusive["why"] if result.inconclusive else ""
            result.message = f"{counts['inconclusive']} of {counts['tried']} inputs are inconclusive: {why}"
        elif self._loosest() > MEANINGLESS:
            result.verdict = "inconclusive"
            result.message = (
                f"on half of the examples rounding could explain {self._loosest():.1g} of the largest entry: "
                "the code cancels so many digits that agreement says nothing"
            )
        elif not self.varied:
            result.verdict, result.message = "vacuous", "the inputs never varied"
        elif self.signature.cotangents and not self.varied & {*self.signature.cotangents}:
            result.verdict, result.message = "vacuous", "the cotangents never varied"
        else:
            result.verdict = "verified"
            result.message = f"{counts['agreed']} examples over {len(result.shapes)} shapes agree"
            if counts["at_kinks"]:
                result.message += f", {counts['at_kinks']} at kinks"
            if counts["inconclusive"]:
                result.message += f", {counts['inconclusive']} inconclusive"
        self._notes()

    def _refute(self, example: Example, judgement: Judgement) -> None:
        result = self.result
        assert judgement.failure is not None
        example, judgement = shrink(self.judge, self.settings, example, judgement)
        failure = judgement.failure
        assert failure is not None
        result.verdict, result.message = "refuted", failure.message
        result.localisation = failure.output
        result.counterexample = self._shown(example, judgement)

    def _notes(self) -> None:
        result, counts = self.result, self.result.examples
        result.bound = "estimated" if self.judge.estimated else "derived"
        if result.verdict == "verified":
            result.proved_dimensions = proved_dimensions(self.claim, self.signature)
            zero = [o.name for o in result.outputs if o.zero_everywhere]
            if zero:
                result.notes.append(f"zero everywhere: {', '.join(zero)}")
        if counts["at_kinks"]:
            result.notes.append(f"{counts['at_kinks']} examples at a kink lie between the one-sided values")
        if counts["inconclusive"] and result.verdict == "verified":
            why = result.inconclusive["why"] if result.inconclusive else ""
            result.notes.append(f"{counts['inconclusive']} examples inconclusive, on the first of them {why}")
        for output in result.outputs:
            output.relative_bound = _median(self.shares[output.name])
            if result.verdict == "verified" and output.relative_bound > LOOSE:
                result.notes.append(
                    f"loose: on half of the examples rounding could explain {output.relative_bound:.1g} of the largest "
                    f"entry of {output.name}; the code cancels digits"
                )
        if self.lacking:
            result.notes.append(f"left to XLA, its rounding estimated: {', '.join(sorted(self.lacking))}")

    def _shown(self, example: Example, judgement: Judgement) -> dict[str, Any]:
        program = self.judge.reference.program(example)
        failure = judgement.failure
        assert failure is not None
        wrong = [name for name in program.names if failure.output in ("", name)]
        by_hand: Sequence[Any] = (None,) * len(program.names) if judgement.by_hand is None else judgement.by_hand
        return {
            "inputs": {name: encode(x) for name, x in example.items()},
            "cause": failure.cause,
            "outputs": [
                {"name": name, "by_hand": encode(mine), "autodiff": encode(np.asarray(right))}
                for name, mine, right in zip(program.names, by_hand, judgement.autodiff, strict=True)
                if name in wrong
            ],
        }

    def _pin(self) -> Example | None:
        given = self.claim.counterexample
        if given is None:
            return None
        names = {*self.signature.forward, *self.signature.cotangents}
        if set(given) - names or set(self.signature.hand) - set(given):
            raise SetupError(
                f"the pinned counterexample names {', '.join(given)}; expected {', '.join(sorted(names))}"
            )
        return {name: np.asarray(x, float) if _numeric(x) else x for name, x in given.items()}


def _numeric(x: Any) -> bool:
    return isinstance(x, (list, float)) or (isinstance(x, np.ndarray) and x.dtype.kind in "iu")


def _why_inconclusive(judgement: Judgement) -> str:
    if not all(np.isfinite(x).all() for x in judgement.autodiff):
        return "the reference is not finite"
    if not all(np.isfinite(x).all() for x in judgement.reach):
        return "the bound on the rounding error is infinite"
    return "a kink is near that could not be analysed"


def _tally(output: Output, fraction: Array) -> None:
    if not fraction.size:
        return
    worst = float(np.max(fraction))
    output.worst = worst if output.worst is None else max(output.worst, worst)
    counts = np.histogram(fraction, bins=[*EDGES, np.inf])[0]
    counts[-1] += int(np.isinf(fraction).sum()) - int(np.isinf(fraction[fraction >= EDGES[-1]]).sum())
    output.histogram = [a + int(b) for a, b in zip(output.histogram, counts, strict=True)]


def _varying(group: Sequence[Example]) -> set[str]:
    """The inputs that differ in some number between two examples of a batch."""
    return {
        name
        for name in group[0]
        if any(
            not all(map(np.array_equal, inputs.numbers(group[0][name]), inputs.numbers(other[name])))
            for other in group[1:]
        )
    }


def _median(shares: list[float]) -> float:
    return sorted(shares)[len(shares) // 2] if shares else 0.0


def _scale(example: Example, judgement: Judgement) -> float:
    """The largest entry of all outputs, which bounds are held against; a gradient that is zero but for rounding is held
    against a millionth of the inputs."""
    sizes = [float(np.abs(x).max(initial=0.0)) for x in judgement.autodiff]
    sizes += [1e-6 * float(np.abs(x).max(initial=0.0)) for x in inputs.numbers(example) if x.dtype.kind == "f"]
    return max((size for size in sizes if np.isfinite(size)), default=0.0)


def _shape_of(x: Any) -> Any:
    if inputs.is_array(x):
        return list(x.shape)
    if isinstance(x, dict):
        return {key: _shape_of(item) for key, item in x.items()}
    if isinstance(x, (list, tuple)):
        return [_shape_of(item) for item in x]
    return encode(x)


def _blank(claim: Claim) -> Result:
    return Result(
        label=claim.label, name=claim.name, section=claim.section, kind=claim.kind, equation=claim.equation,
        dimensions=dict(claim.shapes), code=_source(claim), source={"file": _relative(claim.file), "line": claim.line},
        expected=claim.expect, because=claim.because, corrected_by=claim.corrected_by, uses=list(claim.uses),
    )


def _relative(file: str) -> str:
    """A file as seen from the working folder, or from the folder that it is installed in."""
    path = Path(file)
    for root in (Path.cwd(), *(Path(entry).resolve() for entry in sys.path if entry)):
        if path.is_relative_to(root):
            return path.relative_to(root).as_posix()
    return path.name


def _source(claim: Claim) -> str:
    try:
        return textwrap.dedent(inspect.getsource(claim.hand))
    except (OSError, TypeError):
        return ""
