"""How a network is trained: everything that the result depends on, beside the data."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

HIDDEN = ("relu", "tanh", "sigmoid", "leaky_relu", "identity")
LOSSES = {"sigmoid": "binary_cross_entropy", "softmax": "cross_entropy"}  # by the activation of the output
INITIALIZATIONS = ("xavier", "he", "bengio")
DTYPES = ("float64", "float32")


class RecipeError(ValueError):
    """A recipe that can't be followed; the message says which option, what was given, and what was expected."""


@dataclass(frozen=True)
class Recipe:
    """A recipe.

    Parameters
    ----------
    widths : n[0], n[1], ..., n[N]
    activations : N names, the last one sigmoid or softmax
    rate : the learning rate, alpha
    epochs : passes over the training set; a step each, unless `batch` is given
    l1, l2 : the penalties' factors, lambda of the notes
    keep : keep probabilities, one per layer, the last 1; None for no dropout
    initialization : a scheme of the notes; None takes He for ReLU and Xavier for the others
    validation : the part of the data that is kept for validation
    patience : epochs without a lower validation loss after which training stops; None for never
    batch : examples of a step, an extension: not in the notes; None for all, as there
    seed : of the split, the start, the masks and the batches
    dtype : float64 or float32
    """

    widths: tuple[int, ...]
    activations: tuple[str, ...]
    rate: float
    epochs: int
    l1: float = 0.0
    l2: float = 0.0
    keep: tuple[float, ...] | None = None
    initialization: str | None = None
    validation: float = 0.0
    patience: int | None = None
    batch: int | None = None
    seed: int = 0
    dtype: str = "float64"

    def __post_init__(self) -> None:
        N = len(self.activations)
        _require(len(self.widths) == N + 1, f"there are {len(self.widths)} widths for {N} activations")
        _require(min(self.widths) >= 1, f"a layer has {min(self.widths)} neurons; expected at least 1")
        for name in self.activations[:-1]:
            _require(name in HIDDEN, f"--activation is {name!r}; known for hidden layers: {', '.join(HIDDEN)}")
        last = self.activations[-1]
        _require(last in LOSSES, f"--output is {last!r}; known: {', '.join(LOSSES)}")
        _require(last == "sigmoid" or self.widths[-1] > 1, "softmax of one output is 1 always; take --output sigmoid")
        _require(self.rate > 0 and isfinite(self.rate), f"--rate is {self.rate}; expected a number above 0")
        _require(self.epochs >= 0, f"--epochs is {self.epochs}; expected 0 or more")
        for option, penalty in (("--l1", self.l1), ("--l2", self.l2)):
            _require(penalty >= 0 and isfinite(penalty), f"{option} is {penalty}; expected a number, 0 or more")
        if self.keep is not None:
            _require(len(self.keep) == N, f"keep has {len(self.keep)} probabilities for {N} layers")
            for p in self.keep:
                _require(0 < p <= 1, f"--keep is {p}; a keep probability is above 0 and at most 1")
            _require(self.keep[-1] == 1, "the output layer has no dropout: its keep probability is 1 (E16b)")
        _require(
            self.initialization in (None, *INITIALIZATIONS),
            f"--initialization is {self.initialization!r}; known: {', '.join(INITIALIZATIONS)}",
        )
        _require(0 <= self.validation < 1, f"--validation is {self.validation}; expected 0, or a part below 1, as 0.2")
        _require(self.patience is None or self.patience >= 1, f"--patience is {self.patience}; expected at least 1")
        _require(
            self.patience is None or self.validation > 0,
            "--patience needs a validation set; give --validation too, as 0.2",
        )
        _require(self.batch is None or self.batch >= 1, f"--batch is {self.batch}; expected at least 1 example")
        _require(self.seed >= 0, f"--seed is {self.seed}; expected 0 or more")
        _require(self.dtype in DTYPES, f"--dtype is {self.dtype!r}; known: {', '.join(DTYPES)}")

    @property
    def loss(self) -> str:
        """The loss that belongs to the output's activation."""
        return LOSSES[self.activations[-1]]

    @property
    def dropout(self) -> bool:
        """Whether anything is dropped."""
        return self.keep is not None and any(p < 1 for p in self.keep)

    def steps_in_epoch(self, m: int) -> int:
        """Steps of an epoch over m examples."""
        return 1 if self.batch is None else -(-m // self.batch)


@dataclass(frozen=True)
class Defaults:
    """What is taken where the command line says nothing: the hidden layers and how they are trained."""

    hidden: tuple[int, ...]
    activation: str
    rate: float
    epochs: int
    l2: float = 0.0


DEFAULTS = {
    "digits": Defaults((64,), "relu", 1.0, 500, 3.0),
    "breast-cancer": Defaults((16,), "tanh", 0.3, 300, 1.0),
    "moons": Defaults((16, 16), "tanh", 0.3, 1000),
}
OTHERS = Defaults((32,), "relu", 0.1, 500)


def per_layer(option: str, given: Sequence[Any], hidden: int) -> tuple[Any, ...]:
    """One value for each hidden layer: as given, or the only one for all of them."""
    if len(given) == 1:
        return (given[0],) * hidden
    _require(
        len(given) == hidden, f"{option} has {len(given)} values for {hidden} hidden layers; expected one, or one each"
    )
    return tuple(given)


def _require(holds: bool, problem: str) -> None:
    if not holds:
        raise RecipeError(problem)
