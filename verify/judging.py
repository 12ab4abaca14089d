"""Examples judged: both sides run, their distance held against the bound of both, kinks allowed for."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from verify import bounds, domains, hand, inputs
from verify.claim import Claim, SetupError
from verify.coverage import Branches
from verify.hand import Failure
from verify.inputs import Example
from verify.numbers.interpreter import Unsupported
from verify.numbers.one_sided import sides as sides_for
from verify.program import Program, distance
from verify.reference import Reference
from verify.signatures import read

Array = np.ndarray[Any, np.dtype[Any]]
ENGINES = 4.0
CALLED_TWICE = 8
SAME = 1e-12
SIDES = 16.0
ALL, FEW = 1000, 6


@dataclass
class Judgement:
    """One example: `failure` is None where it agreed or where nothing can be said (`conclusive` False).

    overflow : the answer by hand is not finite on huge inputs, which says nothing of the derivation
    loose : rounding could explain so much that agreement says nothing
    """

    failure: Failure | None
    conclusive: bool
    at_kink: bool
    fractions: list[Array]
    by_hand: list[Array] | None
    autodiff: list[Array]
    reach: list[Array]
    overflow: bool = False
    loose: bool = False


class Judge:
    """Compares a claim's two sides. `estimated` turns True once a bound had to be estimated; `alone` says why XLA could
    not run the reference, whose only witness is then the interpreter. XLA is not asked by one that is not `witnessed`,
    whose engines nobody compares."""

    def __init__(self, claim: Claim, seed: int, branches: Branches | None = None, witnessed: bool = True) -> None:
        self.claim, self.seed, self.witnessed = claim, seed, witnessed
        self.branches = branches or Branches(claim)
        self.signature = read(claim)
        self.reference = Reference(claim, self.signature)
        self.estimated = False
        self.alone = ""
        self._rng = inputs.generator(seed, claim.label, "tolerance")
        self._witness: tuple[Program, Sequence[Example], list[Array], list[Array]] | None = None

    def batch(self, group: Sequence[Example], sides: int = ALL) -> list[Judgement]:
        """Examples of one structure, each compared with the reference; at kinks with so many of the sides at most."""
        program = self.reference.program(group[0])
        self.reference.forward.check_reading(group)
        outputs = program.evaluate(group, self.branches.observer(len(group)))
        limits, how = bounds.of_reference(program, group, outputs, self._rng)
        self._ask_xla(program, group, outputs, limits)
        if program.probe:
            self._refuse_not_elementwise(outputs.pop(), outputs[0], limits.pop())
        judged = []
        for k, example in enumerate(group):
            autodiff, reach = [x[k] for x in outputs], [x[k] for x in limits]
            answer = hand.call(self.claim, self.signature, example, program.names, autodiff, k < CALLED_TWICE)
            if not isinstance(answer, Failure):
                more, how_hand = bounds.of_hand(self.claim, self.signature, example, answer, program.names, self._rng)
                reach = [a + b for a, b in zip(reach, more, strict=True)]
                self.estimated = self.estimated or "estimated" in (how, how_hand)
            judged.append(self._judge_one(program, answer, autodiff, reach, self._is_huge(example)))
        if sides and self.claim.kink == "between":
            suspects = [k for k, j in enumerate(judged) if j.failure is not None and j.failure.cause == "value"]
            if suspects:
                self._allow_kinks(program, [group[k] for k in suspects], [judged[k] for k in suspects], sides)
        return judged

    def _judge_one(
        self, program: Program, answer: list[Array] | Failure, autodiff: list[Array], reach: list[Array], huge: bool
    ) -> Judgement:
        if isinstance(answer, Failure):
            ignorable = answer.cause == "exception" and not all(np.isfinite(x).all() for x in autodiff)
            return Judgement(None if ignorable else answer, not ignorable, False, [], None, autodiff, reach)
        fractions, failure, conclusive, overflow = [], None, True, False
        for name, by_hand, right, bound in zip(program.names, answer, autodiff, reach, strict=True):
            fraction = _fraction(by_hand, right, bound)
            if not (np.isfinite(by_hand) & np.isfinite(right) & np.isfinite(bound)).all():
                excused = not all(np.isfinite(x).all() for x in autodiff)
                lost = ~np.isfinite(by_hand) & np.isfinite(right) & huge
                overflow = overflow or bool(lost.any())
                unknown = lost | ~np.isfinite(right) | np.where(np.isfinite(by_hand), ~np.isfinite(bound), excused)
                conclusive = conclusive and not unknown.any()
                fraction = np.where(unknown, 0.0, fraction)
                fractions.append(fraction[~unknown])
            else:
                fractions.append(fraction.ravel())
            if failure is None and (fraction > 1).any():
                failure = Failure("value", _worst_entry(self.claim, name, by_hand, right, fraction), name)
        return Judgement(failure, conclusive, False, fractions, answer, autodiff, reach, overflow)

    def _is_huge(self, example: Example) -> bool:
        """Whether an input of no declared domain has entries beyond the ordinary."""
        return any(
            item.domain is domains.real and np.abs(example[item.name]).max(initial=0.0) > domains.ORDINARY
            for item in self.signature.inputs
        )

    def _allow_kinks(self, program: Program, group: list[Example], judged: list[Judgement], most: int) -> None:
        """Accept what lies between the one-sided values where a kink was met."""
        rng = inputs.generator(self.seed, self.claim.label, "kinks")
        hull = _Hull()
        open_ones = list(range(len(group)))
        try:
            for side in sides_for(max(np.size(x) for x in inputs.numbers(group[0])))[:most]:
                outputs, met = program.one_sided(group, side, rng)
                hull.add(outputs[: len(program.names)])
                for k in open_ones:
                    if met[k] and all(inside.all() for inside in hull.holds(judged[k], k)):
                        judged[k].failure, judged[k].at_kink, judged[k].fractions = None, True, []
                open_ones = [k for k in open_ones if met[k] and judged[k].failure is not None]
                if not open_ones:
                    return
        except Unsupported:
            self._excuse_points(group, judged)
            return
        for k in open_ones:
            self._excuse_entries(program, judged[k], hull, k)

    def _excuse_entries(self, program: Program, judgement: Judgement, hull: "_Hull", k: int) -> None:
        """Of an answer that is wrong elsewhere, the entries that lie between the one-sided values are not."""
        assert judgement.by_hand is not None
        bounds = [
            np.where(excused, np.fmax(b, distance(a, right) * (1 + SAME)), b)
            for excused, a, right, b in zip(
                hull.excuses(judgement, k), judgement.by_hand, judgement.autodiff, judgement.reach, strict=True
            )
        ]
        again = self._judge_one(program, judgement.by_hand, judgement.autodiff, bounds, huge=judgement.overflow)
        if again.failure is not None:
            judgement.reach, judgement.failure, judgement.fractions = bounds, again.failure, again.fractions

    def _excuse_points(self, group: list[Example], judged: list[Judgement]) -> None:
        """Where one-sided values can't be had, a mismatch counts only if it stays when the inputs move a little."""
        if not self.signature.wrt:
            return
        rng = inputs.generator(self.seed, self.claim.label, "beside")
        moved = [inputs.moved(example, self.signature.wrt, rng) for example in group]
        for judgement, beside in zip(judged, self.batch(moved, sides=0), strict=True):
            if beside.failure is None:
                judgement.failure, judgement.conclusive, judgement.fractions = None, False, []

    def _ask_xla(self, program: Program, group: Sequence[Example], outputs: list[Array], limits: list[Array]) -> None:
        """XLA on one shape of a claim, so that our interpreter is not the only witness; it compiles meanwhile.

        XLA's elementary functions round in their own way, so the two are held together loosely: a wrong rule of the
        interpreter is wrong in the first digits.
        """
        if not self.witnessed or self._witness is not None or program.direct is not None:
            return
        if not (program.by_xla or program.agrees_with_xla):
            try:
                program.compile()
            except Exception as error:  # such as NotImplementedError for np.argsort of a tracer
                self.alone = f"{type(error).__name__}: {error}".splitlines()[0]
                return
            self._witness = (program, group, list(outputs), list(limits))

    def compare_engines(self) -> None:
        """Hold the interpreter's values on the first batch against XLA's; raises SetupError if they disagree."""
        if self._witness is None:
            return
        program, group, outputs, limits = self._witness
        try:
            by_xla = program.compiled(group)
        except Exception as error:
            self.alone = f"{type(error).__name__}: {error}".splitlines()[0]
            return
        for ours, xla, limit in zip(outputs, by_xla, limits, strict=True):
            finite = np.isfinite(ours) & np.isfinite(xla)
            scale = np.max(np.abs(ours), initial=0.0, where=finite)
            with np.errstate(invalid="ignore"):
                off = np.abs(np.subtract(ours, xla, dtype=float))
                apart = finite & (off > ENGINES * (limit + scale * _half_precision(ours)))
            if apart.any():
                raise SetupError(
                    f"the interpreter and XLA disagree on the reference, by {off[apart].max():.2g}; please report this "
                    "with the forward"
                )
        program.agrees_with_xla = True

    def _refuse_not_elementwise(self, rest: Array, d: Array, limit: Array) -> None:
        """A derivative's second output must vanish: it measures what is not elementwise."""
        with np.errstate(invalid="ignore"):
            scale = np.max(np.abs(d[np.isfinite(d)]), initial=0.0)
            if (np.isfinite(rest) & (np.abs(rest) > limit + 1e-9 * scale)).any():
                raise SetupError(
                    f"the forward is not elementwise in {self.signature.wrt[0]}: an entry of its output depends on "
                    "other entries; claim a vjp"
                )


def _fraction(by_hand: Array, right: Array, bound: Array) -> Array:
    """|by hand - autodiff| / bound entry by entry: 0 for equal numbers, infinite where the answer is not finite."""
    with np.errstate(all="ignore"):
        apart = np.abs(by_hand.astype(float) - right.astype(float))
        fraction = np.where(apart == 0, 0.0, apart / bound)
    return np.where(np.isnan(fraction), np.inf, fraction)


def _worst_entry(claim: Claim, name: str, by_hand: Array, right: Array, fraction: Array) -> str:
    wrong = int((~(fraction <= 1)).sum())
    at = np.unravel_index(int(np.argmax(fraction)), fraction.shape) if fraction.shape else ()
    entry = "".join(f"[{', '.join(str(int(i)) for i in at)}]") if at else ""
    share = f"{wrong} of {fraction.size} entries differ" if fraction.size > 1 else "it differs"
    source = "as stated" if claim.kind == "identity" else "by autodiff"
    a, b = float(by_hand[at]), float(right[at])
    mine, theirs = (f"{a:.10g}", f"{b:.10g}") if f"{a:.10g}" != f"{b:.10g}" else (f"{a:.17g}", f"{b:.17g}")
    return f"{name}: {share}; {name}{entry} is {mine} by hand, {theirs} {source}"


class _Hull:
    """The extremes of the one-sided values of some examples, entry by entry.

    On a side other terms are added up than autodiff adds at the kink, which its bound was derived from: a few roundings
    of the largest value on any side are allowed for.
    """

    def __init__(self) -> None:
        self.low: list[Array] = []
        self.high: list[Array] = []

    def add(self, outputs: Sequence[Array]) -> None:
        """The values on one more side."""
        self.low = [np.fmin(a, b) for a, b in zip(self.low, outputs, strict=True)] if self.low else list(outputs)
        self.high = [np.fmax(a, b) for a, b in zip(self.high, outputs, strict=True)] if self.high else list(outputs)

    def slack(self, k: int) -> list[float]:
        """What rounding may have done to the k-th example's values."""
        sizes = [np.fmax(np.abs(lo[k]), np.abs(hi[k])) for lo, hi in zip(self.low, self.high, strict=True)]
        return [SIDES * float(np.finfo(float).eps * np.max(x, initial=0.0, where=np.isfinite(x))) for x in sizes]

    def holds(self, judgement: Judgement, k: int) -> list[Array]:
        """Which entries of the k-th example's answer lie between the extremes."""
        if judgement.by_hand is None:
            return [np.zeros(1, bool)]
        return [
            np.isfinite(a) & (a >= lo[k] - b - s) & (a <= hi[k] + b + s)
            for a, lo, hi, b, s in zip(
                judgement.by_hand, self.low, self.high, judgement.reach, self.slack(k), strict=True
            )
        ]

    def excuses(self, judgement: Judgement, k: int) -> list[Array]:
        """Which of these are entries at which the sides differ."""
        wide = [hi[k] - lo[k] > 4 * s for lo, hi, s in zip(self.low, self.high, self.slack(k), strict=True)]
        return [a & b for a, b in zip(self.holds(judgement, k), wide, strict=True)]


def _half_precision(x: Array) -> float:
    return float(np.sqrt(np.finfo(x.dtype).eps)) if x.dtype.kind == "f" else 0.0
