"""One-sided values at a kink: the same program on inputs moved by an infinitesimal amount.

At a kink (a tie in `max`, a zero in `where(z >= 0, ...)`) there is no derivative, only the values that the two sides
have. An input x is moved in a direction v by writing it as the complex number x + i t v with t so small that t^2 is
nothing: NumPy's complex arithmetic then carries, for every intermediate, its value in the real part and its first
order motion in the imaginary part (the complex-step method). Comparisons look at the motion where the values tie, so
the program takes the branch that it would take just beside the kink, and its real part is the one-sided value *at* it.
"""

from typing import Any

import numpy as np

from verify.numbers.interpreter import FLOAT_RULES, UNKNOWN, Rule

STEP = 1e-200


def moved(x: Any, direction: Any) -> Any:
    """A floating input moved in a direction; other inputs as they are."""
    return x + 1j * STEP * direction if np.issubdtype(x.dtype, np.floating) else x


def value(x: Any) -> Any:
    """The value without its motion."""
    return x.real if np.iscomplexobj(x) else x


class Ties:
    """The rules of one evaluation; `met` holds one boolean per example: whether a comparison was decided by motion."""

    def __init__(self, examples: int) -> None:
        self.met = np.zeros(examples, bool)
        self.rules: dict[str, Rule] = {
            **{name: rule for name, rule in FLOAT_RULES.items() if name != UNKNOWN},
            "eq": lambda a, b, **_: self._sign(a, b) == 0,
            "ne": lambda a, b, **_: self._sign(a, b) != 0,
            "lt": lambda a, b, **_: self._sign(a, b) < 0,
            "le": lambda a, b, **_: self._sign(a, b) <= 0,
            "gt": lambda a, b, **_: self._sign(a, b) > 0,
            "ge": lambda a, b, **_: self._sign(a, b) >= 0,
            "max": lambda a, b, **_: np.where(self._sign(a, b) >= 0, a, b),
            "min": lambda a, b, **_: np.where(self._sign(a, b) <= 0, a, b),
            "abs": lambda x, **_: x * self._sign(x, np.zeros_like(x)) if np.iscomplexobj(x) else np.abs(x),
            "sign": lambda x, **_: self._sign(x, np.zeros_like(x)).astype(float),
            "floor": lambda x, **_: np.floor(value(x)),
            "ceil": lambda x, **_: np.ceil(value(x)),
            "round": lambda x, **_: np.round(value(x)),
            "clamp": lambda low, x, high, **_: self._clamp(low, x, high),
            "reduce_max": lambda x, *, axes, **_: self._extreme(x, axes, 1),
            "reduce_min": lambda x, *, axes, **_: self._extreme(x, axes, -1),
            "convert_element_type": self._convert,
            "is_finite": lambda x, **_: np.isfinite(value(x)),
            "pow": lambda x, y, **_: np.power(x, value(y) if not np.any(np.imag(y)) else y),
            "logistic": lambda x, **_: 1 / (1 + np.exp(-x)),
        }

    def _sign(self, a: Any, b: Any) -> Any:
        """The sign of a - b, decided by the motion where the values tie."""
        real, motion = np.sign(value(a) - value(b)), np.sign(np.imag(a) - np.imag(b))
        with np.errstate(invalid="ignore"):
            same = value(a) == value(b)
        real = np.where(same, 0.0, real)
        tie = same & (motion != 0)
        if np.ndim(tie) and np.shape(tie)[0] == len(self.met):
            self.met |= tie.reshape(len(self.met), -1).any(axis=1)
        elif np.any(tie):
            self.met[:] = True
        return np.where(same, motion, real)

    def _clamp(self, low: Any, x: Any, high: Any) -> Any:
        x = np.where(self._sign(x, low) >= 0, x, low)
        return np.where(self._sign(x, high) <= 0, x, high)

    def _extreme(self, x: Any, axes: Any, sign: int) -> Any:
        out = x
        for axis in sorted((int(a) for a in axes), reverse=True):
            parts = np.moveaxis(out, axis, 0)
            best = parts[0]
            for part in parts[1:]:
                best = np.where(sign * self._sign(part, best) > 0, part, best)
            out = best
        return out

    @staticmethod
    def _convert(x: Any, *, new_dtype: Any, **_: Any) -> Any:
        if np.iscomplexobj(x) and np.issubdtype(new_dtype, np.floating):
            return x
        return value(x).astype(new_dtype)
