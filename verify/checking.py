"""One claim to one Result: draw, compare, judge, shrink."""

import inspect
import sys
import textwrap
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from verify import bounds, hand, inputs, shrinking
from verify.claim import Claim
from verify.hand import Failure
from verify.inputs import Example
from verify.numbers.interpreter import Unsupported
from verify.reference import Program, Reference
from verify.results import EDGES, Output, Result, encode
from verify.signatures import SetupError, Signature, read
from verify.symbolic import proved_dimensions

Array = np.ndarray[Any, np.dtype[Any]]
EXAMPLES = 200
KINK_DIRECTIONS = 16
ENGINES = 4.0
CALLED_TWICE = 8


@dataclass(frozen=True)
class Settings:
    """How much to try: `examples` in all for each claim, determined by `seed`."""

    examples: int = EXAMPLES
    seed: int = 0


@dataclass
class Judgement:
    """One example: `failure` is None where it agreed or where nothing can be said (`conclusive` False)."""

    failure: Failure | None
    conclusive: bool
    at_kink: bool
    fractions: list[Array]
    by_hand: list[Array] | None
    autodiff: list[Array]
    reach: list[Array]


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
        self.signature: Signature = read(claim)
        self.reference = Reference(claim, self.signature)
        self.rng = inputs.generator(settings.seed, claim.label, "tolerance")
        self.witness: tuple[Program, Sequence[Example], list[Array], list[Array]] | None = None
        self.varied = False
        self.lacking: set[str] = set()
        result.dimensions = {item.name: item.shape.text for item in self.signature.inputs if item.shape is not None}

    def run(self) -> None:
        """Fill the result."""
        pin = self._pin()
        if pin is not None:
            judged = self.judge([pin])[0]
            if judged.failure is None:
                raise SetupError("the pinned counterexample does not refute the statement; correct one of them")
            self.result.pinned = self._shown(pin, judged)
        first: tuple[Example, Judgement] | None = None
        for group in inputs.explore(
            self.claim, self.signature, self.settings.examples, self.settings.seed, self.reference.output_shapes
        ):
            if not group:
                continue
            judgements = self.judge(group)
            self._record(group, judgements)
            failed = next(((e, j) for e, j in zip(group, judgements, strict=True) if j.failure is not None), None)
            first = first or failed
        self._compare_engines()
        self._conclude(first)

    # -- one batch -----------------------------------------------------------------------------------------------------

    def judge(self, group: Sequence[Example], kinks: bool = True) -> list[Judgement]:
        """Examples of one structure, each compared with the reference."""
        program = self.reference.program(group[0])
        outputs = program.evaluate(group)
        limits, how = bounds.of_reference(program, group, outputs, self.rng)
        self._ask_xla(program, group, outputs, limits)
        if program.probe:
            self._refuse_not_elementwise(outputs.pop(), outputs[0], limits.pop())
        judged = []
        for k, example in enumerate(group):
            autodiff, reach = [x[k] for x in outputs], [x[k] for x in limits]
            answer = hand.call(self.claim, self.signature, example, program.names, autodiff, k < CALLED_TWICE)
            if not isinstance(answer, Failure):
                more, how_hand = bounds.of_hand(self.claim, self.signature, example, answer, program.names, self.rng)
                reach = [a + b for a, b in zip(reach, more, strict=True)]
                self._note_bound(how, how_hand)
            judged.append(self._judge_one(program, answer, autodiff, reach))
        if kinks and self.claim.kink == "between":
            suspects = [k for k, j in enumerate(judged) if j.failure is not None and j.failure.cause == "value"]
            if suspects:
                self._allow_kinks(program, [group[k] for k in suspects], [judged[k] for k in suspects])
        return judged

    def _judge_one(
        self, program: Program, answer: list[Array] | Failure, autodiff: list[Array], reach: list[Array]
    ) -> Judgement:
        if isinstance(answer, Failure):
            ignorable = answer.cause == "exception" and not all(np.isfinite(x).all() for x in autodiff)
            return Judgement(None if ignorable else answer, not ignorable, False, [], None, autodiff, reach)
        fractions, failure, conclusive = [], None, True
        excused = not all(np.isfinite(x).all() for x in autodiff)
        for name, by_hand, right, bound in zip(program.names, answer, autodiff, reach, strict=True):
            unknown = ~np.isfinite(right) | np.where(np.isfinite(by_hand), ~np.isfinite(bound), excused)
            conclusive = conclusive and not unknown.any()
            fraction = np.where(unknown, 0.0, _fraction(by_hand, right, bound))
            fractions.append(fraction[~unknown])
            if failure is None and (fraction > 1).any():
                failure = Failure("value", _worst_entry(self.claim, name, by_hand, right, fraction), name)
        return Judgement(failure, conclusive, False, fractions, answer, autodiff, reach)

    def _note_bound(self, *how: str) -> None:
        if "estimated" in how:
            self.result.bound = "estimated"

    def _allow_kinks(self, program: Program, group: list[Example], judged: list[Judgement]) -> None:
        """Accept what lies between the one-sided values where a kink was met."""
        rng = inputs.generator(self.settings.seed, self.claim.label, "kinks")
        low: list[Array] = []
        high: list[Array] = []
        try:
            for k in range(KINK_DIRECTIONS):
                outputs, met = program.one_sided(group, rng)
                if k == 0 and not met.any():
                    return
                outputs = outputs[: len(program.names)]
                low = [np.fmin(a, b) for a, b in zip(low, outputs, strict=True)] if low else outputs
                high = [np.fmax(a, b) for a, b in zip(high, outputs, strict=True)] if high else outputs
        except Unsupported:
            self._excuse_points(group, judged)
            return
        for k, judgement in enumerate(judged):
            answer = judgement.by_hand
            if not met[k] or answer is None:
                continue
            if all(
                ((a >= lo[k] - b) & (a <= hi[k] + b)).all()
                for a, lo, hi, b in zip(answer, low, high, judgement.reach, strict=True)
            ):
                judgement.failure, judgement.at_kink, judgement.fractions = None, True, []

    def _excuse_points(self, group: list[Example], judged: list[Judgement]) -> None:
        """Where one-sided values can't be had, a mismatch counts only if it stays when the inputs move a little."""
        if not self.signature.wrt:
            return
        rng = inputs.generator(self.settings.seed, self.claim.label, "beside")
        moved = [inputs.moved(example, self.signature.wrt, rng) for example in group]
        for judgement, beside in zip(judged, self.judge(moved, kinks=False), strict=True):
            if beside.failure is None:
                judgement.failure, judgement.conclusive, judgement.fractions = None, False, []

    def _ask_xla(self, program: Program, group: Sequence[Example], outputs: list[Array], limits: list[Array]) -> None:
        """XLA on one shape of a claim, so that our interpreter is not the only witness; it compiles meanwhile."""
        if self.witness is None and program.direct is None and not program.by_xla:
            program.compile()
            self.witness = (program, group, list(outputs), list(limits))

    def _compare_engines(self) -> None:
        if self.witness is None:
            return
        program, group, outputs, limits = self.witness
        for ours, xla, limit in zip(outputs, program.compiled(group), limits, strict=True):
            with np.errstate(invalid="ignore"):
                apart = np.abs(ours - xla) > ENGINES * limit + np.finfo(float).tiny
            apart &= np.isfinite(ours) & np.isfinite(xla)
            if apart.any():
                raise SetupError(
                    "the interpreter and XLA disagree on the reference, by "
                    f"{np.abs(ours - xla)[apart].max():.2g}; please report this with the forward"
                )

    def _refuse_not_elementwise(self, rest: Array, d: Array, limit: Array) -> None:
        """A derivative's second output must vanish: it measures what is not elementwise."""
        with np.errstate(invalid="ignore"):
            scale = np.max(np.abs(d[np.isfinite(d)]), initial=0.0)
            if (np.isfinite(rest) & (np.abs(rest) > limit + 1e-9 * scale)).any():
                raise SetupError(
                    f"the forward is not elementwise in {self.signature.wrt[0]}: an entry of its output depends on "
                    "other entries; claim a vjp"
                )

    # -- evidence ------------------------------------------------------------------------------------------------------

    def _record(self, group: Sequence[Example], judgements: Sequence[Judgement]) -> None:
        result, counts = self.result, self.result.examples
        program = self.reference.program(group[0])
        if not result.outputs:
            result.outputs = [Output(name, "") for name in program.names]
            for output in result.outputs:
                output.zero_everywhere = True
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
        self.varied = self.varied or _varies(group)
        for k, output in enumerate(result.outputs[: len(program.names)]):
            shape = "×".join(map(str, judgements[0].autodiff[k].shape)) or "scalar"
            shapes = output.shape.split(", ") if output.shape else []
            output.shape = ", ".join(dict.fromkeys([*shapes, shape]))
            for judgement in judgements:
                if judgement.conclusive and np.any(judgement.autodiff[k] != 0):
                    output.zero_everywhere = False
                if judgement.fractions:
                    _tally(output, judgement.fractions[k])
        result.shapes.append(
            {
                "inputs": {name: _shape_of(x) for name, x in group[0].items()},
                "examples": len(group),
                "refuted": sum(j.failure is not None for j in judgements),
            }
        )

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
        elif not self.varied:
            result.verdict, result.message = "vacuous", "the inputs never varied"
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
        example, judgement = shrinking.shrink(self, example, judgement)
        failure = judgement.failure
        assert failure is not None
        result.verdict, result.message = "refuted", failure.message
        result.localisation = failure.output
        result.counterexample = self._shown(example, judgement)

    def _notes(self) -> None:
        result, counts = self.result, self.result.examples
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
        if self.lacking:
            result.notes.append(f"left to XLA, its rounding estimated: {', '.join(sorted(self.lacking))}")

    def _shown(self, example: Example, judgement: Judgement) -> dict[str, Any]:
        program = self.reference.program(example)
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


def _fraction(by_hand: Array, right: Array, bound: Array) -> Array:
    """|by hand - autodiff| / bound entry by entry: 0 for equal numbers, infinite where the answer is not finite."""
    with np.errstate(all="ignore"):
        apart = np.abs(by_hand.astype(float) - right.astype(float))
        fraction = np.where(apart == 0, 0.0, apart / np.broadcast_to(bound, apart.shape))
    return np.where(np.isnan(fraction), np.inf, fraction)


def _worst_entry(claim: Claim, name: str, by_hand: Array, right: Array, fraction: Array) -> str:
    wrong = int((~(fraction <= 1)).sum())
    at = np.unravel_index(int(np.argmax(fraction)), fraction.shape) if fraction.shape else ()
    entry = "".join(f"[{', '.join(str(int(i)) for i in at)}]") if at else ""
    share = f"{wrong} of {fraction.size} entries differ" if fraction.size > 1 else "it differs"
    source = "the stated value" if claim.kind == "identity" else "autodiff"
    return f"{name}: {share}; {name}{entry} is {by_hand[at]:.10g} by hand, {right[at]:.10g} by {source}"


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


def _varies(group: Sequence[Example]) -> bool:
    """Whether two examples of a batch differ in some number."""
    first = inputs.numbers(group[0])
    return any(
        any(not np.array_equal(a, b) for a, b in zip(first, inputs.numbers(other), strict=True)) for other in group[1:]
    )


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
