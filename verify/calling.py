"""Claims that code runs: `runs`. Its code is called, nothing is compared."""

from verify import hand, inputs
from verify.claim import Claim
from verify.hand import Failure
from verify.membership import pinned
from verify.results import Result, encode
from verify.settings import Settings
from verify.signatures import read


def check_runs(claim: Claim, settings: Settings, result: Result) -> None:
    """Fill the result of a `runs`: one call if the code takes nothing, else one for each example."""
    signature = read(claim)
    result.dimensions = {item.name: item.shape.text for item in signature.inputs if item.shape is not None}
    groups = [inputs.Group({}, [{}])]
    if claim.counterexample is not None:
        groups = [inputs.Group({}, [pinned(claim.counterexample, signature)])]
    elif signature.forward:
        groups = list(inputs.explore(claim, signature, claim.count(settings.examples), settings.seed, lambda _: ()))
    failures: list[tuple[Failure, inputs.Example]] = []
    for group in groups:
        before = len(failures)
        for example in group.examples:
            out = hand.answer(claim, signature, example)
            result.examples["tried"] += 1
            result.examples["refuted" if isinstance(out, Failure) else "agreed"] += 1
            if isinstance(out, Failure):
                failures.append((out, example))
        if group.examples and signature.forward:
            result.shapes.append(inputs.describe(group, len(failures) - before))
    if failures:
        failure, example = min(failures, key=lambda pair: sum(x.size for x in inputs.numbers(pair[1])))
        result.verdict, result.message = "refuted", failure.message
        shown = {name: encode(x) for name, x in example.items()}
        result.counterexample = {
            "inputs": shown, "cause": failure.cause, "message": failure.message, "output": "", "outputs": []
        }
        if claim.counterexample is not None:
            result.pinned = result.counterexample
    elif not result.examples["tried"]:
        result.verdict, result.message = "vacuous", "no input was tried"
    else:
        result.verdict = "verified"
        times = f"{result.examples['tried']} inputs" if signature.forward else "a call"
        result.message = f"it runs, on {times}" if signature.forward else "it runs"
