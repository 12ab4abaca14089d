"""Section 7.3, early stopping. The notes give its heading alone; all of it is ours."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import isnan

from manual_bp.notation import Layer


@dataclass
class EarlyStopping:
    """Stop when the validation loss has not improved for `patience` steps; the best layers are kept.

    Parameters
    ----------
    patience : int, at least 1
        Steps without improvement after which to stop.
    min_delta : float, 0 or more
        An improvement counts if the loss falls by more than this.
    """

    patience: int
    min_delta: float = 0.0
    best_step: int = -1
    best_loss: float = float("inf")
    best_layers: Sequence[Layer] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        if self.patience < 1:
            raise ValueError(f"patience is {self.patience}; expected at least 1 step")
        if not self.min_delta >= 0:
            raise ValueError(f"min_delta is {self.min_delta}; expected 0 or more")

    def fresh(self) -> "EarlyStopping":
        """The same rule with nothing recorded, for another training."""
        return EarlyStopping(self.patience, self.min_delta)

    def should_stop(self, step: int, validation_loss: float, layers: Sequence[Layer]) -> bool:
        """Record one step; True if training should stop and go back to `best_layers`.

        A loss that is not a number improves on nothing, and anything improves on it.
        """
        if self.best_step < 0 or validation_loss < self.best_loss - self.min_delta or (
            isnan(self.best_loss) and not isnan(validation_loss)
        ):
            self.best_step, self.best_loss, self.best_layers = step, validation_loss, tuple(layers)
        return step - self.best_step >= self.patience                       # (7.3@ours) (7.3@steps)
