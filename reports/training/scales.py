"""Axes: numbers to heights between 0 and 1, with ticks at round numbers."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

_LARGEST = 1e300  # so that differences are finite
_APART = 1e-9     # relatively: less than this is rounding, not a curve
_WIDEST = 3       # decades with ticks within them
_MARGIN = 0.03   # of the height, above and below
_ZERO = 0.1       # of the height, below the least number on a log scale


@dataclass(frozen=True)
class Scale:
    """An axis.

    at : a number's height, 0 at the bottom and 1 at the top
    ticks : heights with their texts
    words : what is said of it
    """

    at: Callable[[float], float]
    ticks: tuple[tuple[float, str], ...]
    words: str = ""


def linear(values: Sequence[float], most: int = 6) -> Scale:
    """A scale that holds some finite numbers, with about `most` ticks."""
    inside = [min(max(x, -_LARGEST), _LARGEST) for x in values] or [0.0, 1.0]
    low, high = min(inside), max(inside)
    size = max(abs(low), abs(high))
    if high - low <= max(_APART * size, 1e-290):
        pad = 0.1 * size if size > 1e-290 else 1.0
        low, high = low - pad, high + pad
    step = _round((high - low) / most)
    low, high = _roomy(low, high)
    ticks = [k * step for k in range(math.ceil(low / step - 1e-6), math.floor(high / step + 1e-6) + 1)]

    def at(x: float) -> float:
        return (min(max(x, low), high) - low) / (high - low)

    return Scale(at, tuple((at(x), _decimal(x, step)) for x in ticks))


def logarithmic(values: Sequence[float], most: int = 5) -> Scale:
    """A log scale that holds some positive finite numbers; 0 stands below them, if it is there."""
    positive = [math.log10(x) for x in values if x > 0] or [-0.5, 0.5]
    low, high = min(positive), max(positive)
    pad = max(0.0, 1 - (high - low)) / 2
    low, high = low - pad, high + pad
    low, high = _roomy(low, high)
    foot = _ZERO if 0 in values else 0.0
    every = max(1, math.ceil((high - low) / most))
    digits = (1, 2, 5) if high - low < 2 else (1, 3) if high - low < _WIDEST else (1,)
    exponents = range(math.floor(low), math.ceil(high) + 1)
    marked = [(k + math.log10(d), d, k) for k in exponents if k % every == 0 for d in digits]
    ticks = [(x, _power(d, k)) for x, d, k in marked if low - 1e-6 <= x <= high + 1e-6]

    def height(power: float) -> float:
        return foot + (1 - foot) * (power - low) / (high - low)

    zero = [(0.0, "0")] if foot else []
    named = (*zero, *((height(x), text) for x, text in ticks))
    return Scale(lambda x: height(math.log10(x)) if x > 0 else 0.0, named, "log scale")


def fitting(values: Sequence[float]) -> Scale:
    """A log scale if the numbers are positive and far apart, else a linear one."""
    wide = bool(values) and min(values) > 0 and max(values) / 20 > min(values)
    return logarithmic(values) if wide else linear(values)


def whole(first: int, last: int, most: int = 5) -> list[int]:
    """Round whole numbers from `first` to `last`, about `most` of them."""
    stride = max(1, int(_round((last - first) / most))) if last > first else 1
    return list(range(-(-first // stride) * stride, last + 1, stride))


def _roomy(low: float, high: float) -> tuple[float, float]:
    """A little more on both sides, so that a line is not on the edge."""
    return low - _MARGIN * (high - low), high + _MARGIN * (high - low)


def _round(step: float) -> float:
    """The least of 1, 2 and 5 times a power of ten that is not below."""
    power = 10.0 ** math.floor(math.log10(step))
    return next((d * power for d in (1, 2, 5) if d * power >= step * (1 - 1e-9)), 10 * power)


def _decimal(x: float, step: float) -> str:
    """A tick of a linear axis, with the digits that tell it from its neighbours."""
    last = math.floor(math.log10(step) + 1e-9)
    if max(abs(x), step) >= 1e6 or step < 1e-6:
        digits = 1 + max(0, math.floor(math.log10(abs(x)) + 1e-9) - last) if x else 1
        return _minus(f"{x:.{digits}g}")
    return _minus(f"{x:.{max(0, -last)}f}")


def _power(digit: int, exponent: int) -> str:
    return f"{digit * 10.0**exponent:g}" if -4 <= exponent <= 4 else _minus(f"{digit}e{exponent}")


def _minus(text: str) -> str:
    return text.replace("-", "−")
