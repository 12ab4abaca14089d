"""What is checked and how much is tried, unless the command line says otherwise, and where results go."""

from dataclasses import dataclass
from pathlib import Path

NOTES = "verify.notes.ledger"
OUT = Path("reports/out")
EXAMPLES = 200
TIMEOUT = 120.0
TRIALS = 4


@dataclass(frozen=True)
class Settings:
    """`examples` in all for each claim, determined by `seed`.

    counterexamples : the folder of counterexample files: replayed first, written for what is refuted; None for neither
    exact : whether exact arithmetic is tried on what floating point verified, in so many `trials`
    teeth : whether wrong versions of what is verified are tried, to see that the check refutes them
    """

    examples: int = EXAMPLES
    seed: int = 0
    counterexamples: Path | None = None
    exact: bool = True
    trials: int = TRIALS
    teeth: bool = False
