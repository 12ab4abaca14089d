"""A claim whose function is compared with a reference: draw, compare, judge, shrink, localise."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from verify import inputs, membership
from verify.claim import Claim, SetupError
from verify.counterexamples import replay, standalone
from verify.counterexamples.literals import NotLiteral
from verify.coverage import Branches
from verify.evidence import Evidence, observed
from verify.exact import concluding as certainty
from verify.exact.blame import Arbitration
from verify.hand import Failure
from verify.inputs import Example, Group
from verify.judging import Judge, Judgement
from verify.localising import locate
from verify.mutation.teeth import Drawn, measure
from verify.results import Result, encode
from verify.settings import Settings
from verify.shrinking import shrink
from verify.symbolic import proved_dimensions

HOLDS = ("verified", "certified")
LOOSE = {8: 1e-6, 4: 1e-3}  # by the reference's itemsize


def compare(claim: Claim, settings: Settings, result: Result) -> None:
    """Fill the result of a claim that has a reference; raises SetupError if it can't be checked as it stands."""
    Comparison(claim, settings, result).run()


class Comparison:
    """The state of one claim's check."""

    def __init__(self, claim: Claim, settings: Settings, result: Result) -> None:
        self.claim, self.settings, self.result = claim, settings, result
        self.branches = Branches(claim)
        self.judge = Judge(claim, settings.seed, self.branches)
        self.signature = self.judge.signature
        self.evidence = Evidence(result)
        self.lacking: set[str] = set()
        self.kept: list[Drawn] = []
        self.arbitration = Arbitration(claim, self.judge, settings.exact)
        result.dimensions = {item.name: item.shape.text for item in self.signature.inputs if item.shape is not None}

    def run(self) -> None:
        """Fill the result."""
        pinned = self._pin()
        replayed = self._replay()
        first: tuple[Example, Judgement] | None = None
        count, seed = self.claim.count(self.settings.examples), self.settings.seed
        forward = self.judge.reference.forward
        for group in inputs.explore(self.claim, self.signature, count, seed, forward.output_shapes):
            if not group.examples:
                continue
            judgements = self.judge.batch(group.examples)
            self.arbitration.see(group.examples, judgements)
            self._record(group, judgements)
            if self.settings.teeth:
                self._keep(group, judgements)
            pairs = zip(group.examples, judgements, strict=True)
            first = first or next(((e, j) for e, j in pairs if j.failure is not None), None)
        self.branches.closed = True
        if replayed is not None and first is None and self.claim.inputs is not None:
            self.result.notes.append(
                "only the counterexample of an earlier run fails; if inputs= has been narrowed since, delete its file"
            )
        self.judge.compare_engines()
        if replayed is None and first is None:
            first = pinned  # a counterexample all the same, though none was found
        if replayed is None and first is not None:
            first = shrink(self.judge, self.settings, *first)
        self._conclude(replayed or first)

    # -- evidence ------------------------------------------------------------------------------------------------------

    def _record(self, group: Group, judgements: Sequence[Judgement]) -> None:
        program = self.judge.reference.program(group.examples[0])
        self.lacking.update(program.unknown, [program.by_xla] if program.by_xla else [])
        self.evidence.add(group, program.names, judgements)

    def _keep(self, group: Group, judgements: Sequence[Judgement]) -> None:
        """Keep what wrong versions will be held against."""
        names = self.judge.reference.program(group.examples[0]).names
        self.kept += [
            Drawn(names, group.sizes, example, found.autodiff, found.reach, found.at_kink)
            for example, found in zip(group.examples, judgements, strict=True) if found.conclusive
        ]

    def _pin(self) -> tuple[Example, Judgement] | None:
        """The counterexample that the claim itself names: it must refute the statement. None outside its domains."""
        given = self.claim.counterexample
        if given is None:
            return None
        pin = membership.pinned(given, self.signature)
        judged = self.judge.batch([pin])[0]
        if judged.failure is None:
            raise SetupError("the pinned counterexample does not refute the statement; correct one of them")
        self.result.pinned = self._shown(pin, judged)
        return None if membership.stranger(pin, self.signature) else (pin, judged)

    def _replay(self) -> tuple[Example, Judgement] | None:
        """The counterexample that an earlier run wrote, if it is one still."""
        found = replay.load(self.settings.counterexamples, self.claim)
        if found is None:
            return None
        if isinstance(found, str):
            self.result.notes.append(f"not replayed: {found}")
            return None
        stranger = membership.stranger(found.inputs, self.signature)
        if stranger:
            self.result.notes.append(f"not replayed: {found.path.name}: {stranger}")
            return None
        try:
            # A judge of its own: what was replayed has no influence on what follows.
            judged = Judge(self.claim, self.settings.seed, witnessed=False).batch([found.inputs])[0]
        except SetupError as error:
            self.result.notes.append(f"not replayed: {found.path.name}: {error}")
            return None
        self.result.replayed = 1
        if judged.failure is None:
            self.result.notes.append(f"the counterexample of an earlier run agrees now ({found.path.name})")
            return None
        return found.inputs, judged

    # -- verdict -------------------------------------------------------------------------------------------------------

    def _conclude(self, failed: tuple[Example, Judgement] | None) -> None:
        result, counts = self.result, self.result.examples
        if failed is not None:
            self._refute(*failed)
        elif not counts["tried"]:
            result.verdict, result.message = "vacuous", "no input was tried"
        elif not counts["agreed"]:
            why = result.inconclusive["why"] if result.inconclusive else "nothing could be compared"
            result.verdict, result.message = "inconclusive", f"on every input tried {why}"
            result.arbiter = self.arbitration.on_agreement()
        elif 2 * counts["inconclusive"] > counts["tried"]:
            result.verdict = "inconclusive"
            why = result.inconclusive["why"] if result.inconclusive else ""
            result.message = f"{counts['inconclusive']} of {counts['tried']} inputs are inconclusive: {why}"
            result.arbiter = self.arbitration.on_agreement()
        elif not self.evidence.varied:
            result.verdict, result.message = "vacuous", "the inputs never varied"
        elif self.signature.leading and not self.evidence.varied & {*self.signature.leading}:
            what = "cotangents" if self.signature.cotangents else "tangents"
            result.verdict, result.message = "vacuous", f"the {what} never varied"
        else:
            result.verdict = "verified"
            shapes = len(result.shapes)
            result.message = f"{counts['agreed']} examples over {shapes} shape{'s' * (shapes != 1)} agree"
            if counts["at_kinks"]:
                result.message += f", {counts['at_kinks']} at kinks"
            if counts["inconclusive"]:
                result.message += f", {counts['inconclusive']} inconclusive"
            result.arbiter = self.arbitration.on_agreement()
            if self.settings.exact:
                certainty.conclude(self.claim, self.judge, self.settings, result)
            if self.settings.teeth and result.verdict in HOLDS:
                self._bite()
        self._notes()

    def _bite(self) -> None:
        """Try wrong versions of the function; what a person calls equivalent must not be one that the check refutes."""
        result, found = self.result, measure(self.claim, self.signature, self.judge.reference, self.kept)
        if found.survivors:
            found.gaps += self.branches.notes()
        result.teeth = found.to_json()
        if found.disputed:
            known = "; ".join(repr(text) for text in found.disputed)
            raise SetupError(f"equivalent= names {known}, which the check refutes: it is a mistake; take it out")
        result.notes += [f"equivalent= names {text!r}, which was none of the versions tried" for text in found.unknown]

    def _refute(self, example: Example, judgement: Judgement) -> None:
        result, failure = self.result, judgement.failure
        assert failure is not None
        result.verdict, result.message = "refuted", failure.message
        result.counterexample = self._shown(example, judgement)
        program = self.judge.reference.program(example)
        observations = self.evidence.observations or [observed({}, example, judgement)]
        for location in locate(program.names, observations):
            place = {**asdict(location), "patterns": list(location.patterns)}
            result.located.append({**place, "output": location.output or failure.output})
        result.localisation = result.where() or failure.output
        result.arbiter = self.arbitration.on(example, judgement)
        if self.settings.counterexamples is None:
            return
        reading = self.judge.reference.forward.reading
        try:
            result.reproduce = standalone.write(
                self.settings.counterexamples, self.claim, self.signature, example, program.names, judgement,
                numpy_forward=reading != "jax",
            )
        except NotLiteral as what:
            result.notes.append(f"no counterexample file is written: the inputs hold {what}, which is no plain data")

    def _notes(self) -> None:
        result, counts = self.result, self.result.examples
        result.bound = "estimated" if self.judge.estimated else "derived"
        result.branches = self.branches.to_json()
        result.notes += self.branches.notes()
        if result.verdict in HOLDS:
            result.proved_dimensions = proved_dimensions(
                self.claim, self.signature, self.judge.reference.forward.on_tracers
            )
            zero = [o.name for o in result.outputs if o.zero_everywhere]
            if zero:
                result.notes.append(f"zero everywhere: {', '.join(zero)}")
        if counts["at_kinks"]:
            lie = "lies" if counts["at_kinks"] == 1 else "lie"
            result.notes.append(f"{_examples(counts['at_kinks'])} at a kink {lie} between the one-sided values")
        if counts["inconclusive"] and result.verdict in HOLDS:
            why = result.inconclusive["why"] if result.inconclusive else ""
            first = ", on the first of them " if counts["inconclusive"] > 1 else ": "
            result.notes.append(f"{_examples(counts['inconclusive'])} inconclusive{first}{why}")
        for output in result.outputs:
            output.relative_bound = self.evidence.share(output.name)
            if result.verdict in HOLDS and output.relative_bound > LOOSE.get(self.evidence.itemsize, 1.0):
                result.notes.append(
                    f"loose: on half of the examples rounding could explain {output.relative_bound:.1g} of the largest "
                    f"entry of {output.name}; the code cancels digits"
                )
        if self.judge.alone:
            result.notes.append(f"the reference was not held against XLA, which can't compile it: {self.judge.alone}")
        if self.lacking:
            result.notes.append(f"left to XLA, its rounding estimated: {', '.join(sorted(self.lacking))}")

    def _shown(self, example: Example, judgement: Judgement) -> dict[str, Any]:
        program = self.judge.reference.program(example)
        failure = judgement.failure
        assert failure is not None
        wrong = [name for name in program.names if failure.output in ("", name)]
        by_hand: Sequence[Any] | None = judgement.by_hand
        if by_hand is None and isinstance(failure, Failure):
            by_hand = failure.returned
        if by_hand is None:
            by_hand = (None,) * len(program.names)
        return {
            "inputs": {name: encode(x) for name, x in example.items()},
            "cause": failure.cause,
            "message": failure.message,
            "output": failure.output,
            "outputs": [
                {"name": name, "by_hand": encode(mine), "autodiff": encode(np.asarray(right))}
                for name, mine, right in zip(program.names, by_hand, judgement.autodiff, strict=True)
                if name in wrong
            ],
        }


def _examples(count: int) -> str:
    return f"{count} example{'s' * (count != 1)}"
