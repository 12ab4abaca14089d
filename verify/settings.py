"""How much is tried."""

from dataclasses import dataclass

EXAMPLES = 200


@dataclass(frozen=True)
class Settings:
    """`examples` in all for each claim, determined by `seed`."""

    examples: int = EXAMPLES
    seed: int = 0
