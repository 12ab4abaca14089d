"""A forward with the space of its inputs, and derivations of it: right ones, and wrong ones with where they are wrong."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from verify import Claim, vjp
from verify.claim import latest

Function = Callable[..., Any]
REGISTERED: list["Case"] = []


@dataclass(frozen=True)
class Case:
    """A derivation with the outcome that the exam expects.

    category : the file that it stands in, such as "wrong_masks"
    name : the forward and the derivation
    outputs : of a wrong one those that are wrong; none where the failure is not an output's
    pattern : how the first of them is wrong, in the checker's words; "" where no phrase says it
    cause : for a wrong one, "value" or how else it breaks the contract
    """

    category: str
    name: str
    claim: Claim
    wrong: bool
    outputs: tuple[str, ...] = ()
    pattern: str = ""
    cause: str = "value"

    @property
    def id(self) -> str:
        """As in `-k`."""
        return f"{self.category}: {self.name}"


@dataclass(frozen=True)
class Forward:
    """What derivations are of: the function, the kind of claim, and its options."""

    of: Function
    kind: Function
    options: dict[str, Any]

    def given(self, **options: Any) -> "Forward":
        """The same function under further options, such as `wrt=` or `kink=`."""
        return Forward(self.of, self.kind, {**self.options, **options})

    def right(self, hand: Function) -> Function:
        """A derivation that must be verified."""
        return self._register(hand, wrong=False)

    def wrong(self, outputs: str = "", pattern: str = "", *, cause: str = "value") -> Callable[[Function], Function]:
        """A derivation that must be refuted, for this cause, in these outputs, such as "dX dW"."""
        return lambda hand: self._register(
            hand, wrong=True, outputs=tuple(outputs.split()), pattern=pattern, cause=cause
        )

    def case(self, hand: Function, **expected: Any) -> Case:
        """A case that is not in the exam."""
        # Shapes and values are drawn from the label: derivations of one forward share them, and with them its traces.
        self.kind(of=self.of, label=self.of.__name__, **self.options)(hand)
        claim = latest(hand)
        assert claim is not None
        name = f"{self.of.__name__}: {hand.__name__.replace('_', ' ')}"
        return Case(hand.__module__.rpartition(".")[2], name, claim, **expected)

    def _register(self, hand: Function, **expected: Any) -> Function:
        REGISTERED.append(self.case(hand, **expected))
        return hand


def forward(kind: Function = vjp, **options: Any) -> Callable[[Function], Forward]:
    """Turns a `jax.numpy` function into a Forward; the options are those of the claim."""
    return lambda of: Forward(of, kind, options)
