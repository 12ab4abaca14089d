"""One-sided values at a kink: the same program on inputs moved by an infinitesimal amount.

At a kink (a tie in `max`, a zero in `where(z >= 0, ...)`) there is no derivative, only the values that the two sides
have. An input x is moved in a direction v by writing it as the complex number x + i t v with t so small that t^2 is
nothing: NumPy's complex arithmetic then carries, for every intermediate, its value in the real part and its first
order motion in the imaginary part (the complex-step method). Comparisons look at the motion where the values tie, so
the program takes the branch that it would take just beside the kink, and its real part is the one-sided value *at* it.

Many kinks at once have more combinations of sides than there are directions to try. `Side` therefore also sends every
tie to one side, whatever its motion: so a convention that treats all kinks alike is always among the values.
"""

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np

from verify.numbers.float_rules import FLOAT_RULES
from verify.numbers.interpreter import UNKNOWN, Rule, Unsupported
from verify.numbers.windows import reduce_windows

STEP = 1e-200


@dataclass(frozen=True)
class Side:
    """How ties are decided: by motion in a random direction, in which one entry of each input may lead the others
    (`leader`, its position and sign); in order, so that of equal entries the first ones are larger (`first`, 1) or the
    last (-1), all moving up or down (`up`); or all to one side (`towards`, 1 or -1)."""

    towards: int = 0
    leader: tuple[int, int] | None = None
    first: int = 0
    up: int = 1

    def direction(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
        """A random direction without small entries, so that no motion is lost among the others; examples come first."""
        if self.first:
            order = np.linspace(1.5, 0.5, int(np.prod(shape[1:]))).reshape(shape[1:])
            return np.broadcast_to(self.up * (order if self.first == self.up else np.flip(order)), shape)
        v = rng.choice([-1.0, 1.0], shape) * rng.uniform(0.5, 1.5, shape)
        if self.leader is not None and v.size:
            position, sign = self.leader
            entries = v.reshape(shape[0], -1)
            entries[:, position % entries.shape[1]] = sign * LEAD
        return v


LEAD = 1e3


def sides(size: int) -> list[Side]:
    """The sides to try for inputs of up to `size` entries: uniform, in order, at random, and each entry leading."""
    leaders = [Side(leader=(k, sign)) for k in range(min(size, LEADERS)) for sign in (1, -1)]
    ordered = [Side(first=first, up=up) for first in (1, -1) for up in (1, -1)]
    return [Side(towards=1), Side(towards=-1), *ordered, *[Side()] * RANDOM, *leaders]


LEADERS, RANDOM = 24, 12


def moved(x: Any, direction: Any) -> Any:
    """A floating input moved in a direction; other inputs as they are."""
    return x + 1j * STEP * direction if np.issubdtype(x.dtype, np.floating) else x


def value(x: Any) -> Any:
    """The value without its motion."""
    return x.real if np.iscomplexobj(x) else x


class Ties:
    """The rules of one evaluation; `met` holds one boolean per example: whether a comparison was decided by motion."""

    def __init__(self, examples: int, side: Side | None = None) -> None:
        self.met = np.zeros(examples, bool)
        self.towards = side.towards if side is not None else 0
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
            **{name: self._marking(name) for name in ("argmax", "argmin")},
            "sort": self._sort,
            "top_k": self._top_k,
            "cummax": lambda x, *, axis, reverse, **_: self._running(x, axis, reverse, "max"),
            "cummin": lambda x, *, axis, reverse, **_: self._running(x, axis, reverse, "min"),
            "reduce_window_max": reduce_windows(lambda a, b: self.rules["max"](a, b), -np.inf),
            "reduce_window_min": reduce_windows(lambda a, b: self.rules["min"](a, b), np.inf),
            **{name: self._pooled(name) for name in ("select_and_gather_add", "select_and_scatter_add")},
            "pow": lambda x, y, **_: np.power(x, value(y) if not np.any(np.imag(y)) else y),
            "logistic": lambda x, **_: 1 / (1 + np.exp(-x)),
        }

    def _sign(self, a: Any, b: Any) -> Any:
        """The sign of a - b, decided by the motion where the values tie.

        Towards a side, what moves counts as larger (or smaller) than what does not, and a as larger than b.
        """
        real, motion = np.sign(value(a) - value(b)), np.sign(np.imag(a) - np.imag(b))
        if self.towards:
            forced = np.where((np.imag(a) == 0) & (np.imag(b) != 0), -self.towards, self.towards)
            motion = np.where(motion != 0, forced, 0)
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

    # NumPy orders complex numbers by their real and then their imaginary parts, so that motion decides ties in its
    # sorts and arguments; what is left to do is to mark the tie, and to order ties by position towards a side.

    def _ranked(self, x: Any, axis: int) -> Any:
        """What to order by in place of x."""
        if not self.towards or not np.iscomplexobj(x):
            return x
        form = [1] * x.ndim
        form[axis] = x.shape[axis]
        return value(x) + 1j * STEP * self.towards * np.arange(x.shape[axis]).reshape(form)

    def _marking(self, name: str) -> Rule:
        def rule(x: Any, *, axes: Any, **params: Any) -> Any:
            self._extreme(x, axes, 1 if name == "argmax" else -1)
            return FLOAT_RULES[name](self._ranked(x, axes[0]), axes=axes, **params)

        return rule

    def _mark_neighbours(self, ordered: Any, axis: int) -> None:
        parts = np.moveaxis(ordered, axis, 0)
        for before, after in itertools.pairwise(parts):
            self._sign(after, before)

    def _sort(self, *operands: Any, dimension: int, num_keys: int, **params: Any) -> Any:
        if num_keys > 1:
            raise Unsupported("sort by several keys")
        by = self._ranked(operands[0], dimension)
        _, *out = FLOAT_RULES["sort"](by, *operands, dimension=dimension, num_keys=num_keys, **params)
        self._mark_neighbours(out[0], dimension)
        return tuple(out)

    def _top_k(self, x: Any, *, k: int, **params: Any) -> Any:
        wider, _ = FLOAT_RULES["top_k"](x, k=min(k + 1, x.shape[-1]), **params)
        self._mark_neighbours(wider, -1)
        _, at = FLOAT_RULES["top_k"](self._ranked(x, -1), k=k, **params)
        return np.take_along_axis(x, at, axis=-1), at

    def _running(self, x: Any, axis: int, reverse: bool, name: str) -> Any:
        parts = list(np.moveaxis(np.flip(x, axis) if reverse else x, axis, 0))
        out = np.stack(list(itertools.accumulate(parts, self.rules[name])), axis=axis)
        return np.flip(out, axis) if reverse else out

    def _pooled(self, name: str) -> Rule:
        def rule(first: Any, x: Any, *, select_prim: Any, **params: Any) -> Any:
            ones = (1,) * x.ndim
            windows = {"base_dilation": ones, "window_dilation": ones} | params
            self.rules["reduce_window_max" if select_prim.name == "ge" else "reduce_window_min"](x, **windows)
            return FLOAT_RULES[name](first, x, select_prim=select_prim, **params)

        return rule

    @staticmethod
    def _convert(x: Any, *, new_dtype: Any, **_: Any) -> Any:
        if np.iscomplexobj(x) and np.issubdtype(new_dtype, np.floating):
            return x
        return value(x).astype(new_dtype)
