"""One plot: curves over steps, with marked steps. Where curves coincide both are seen, by width and dashes.

Their style is `reports/templates/training.css`.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from markupsafe import Markup

from reports.drawings.numerals import compact, number, value
from reports.training.scales import Scale, whole

_WIDTH, _PLOT = 400, 180
_RIGHT, _FOOT, _ROW = 14, 34, 13
_CHARACTER = 6.4  # of 11 pixels, in digits
_MANY = 10**7  # steps that are not written out

Points = list[tuple[int, float]]


@dataclass(frozen=True)
class Curve:
    """A curve: its name, its style and a value for each step.

    style : th by hand beside autodiff, ta autodiff, tv validation, to another one
    """

    name: str
    style: str
    steps: Sequence[int]
    values: Sequence[Any]

    @property
    def points(self) -> Points:
        """Steps and values; those that are no number are NaN."""
        pairs = zip(self.steps, self.values, strict=True)
        return [(step, math.nan if (y := value(x)) is None else y) for step, x in pairs]

    @property
    def finite(self) -> Points:
        """The points that can be drawn."""
        return [(step, x) for step, x in self.points if math.isfinite(x)]


@dataclass(frozen=True)
class Mark:
    """A step that is marked, with what is said of it; `bad` where something is wrong."""

    step: int
    text: str
    bad: bool = False


@dataclass(frozen=True)
class Dot:
    """A number that belongs to one step."""

    name: str
    step: int
    value: float


def plot(
    title: str, curves: Sequence[Curve], scale: Callable[[Sequence[float]], Scale], *, span: Sequence[int],
    marks: Sequence[Mark] = (), dots: Sequence[Dot] = (), rule: tuple[float, str] | None = None,
) -> Markup:
    """A figure with a legend; a sentence where no point can be drawn.

    scale : the axis for the numbers that are drawn
    span : steps that the axis holds
    rule : a level that is marked, with its name
    """
    drawn = [x for curve in curves for _, x in curve.finite]
    if not drawn:
        why = "no value is a finite number" if any(curve.points for curve in curves) else "there is no step to show"
        nothing = '<figure class="df tp"><figcaption><b>%s</b></figcaption><p class="dn">Not drawn: %s.</p></figure>'
        return Markup(nothing) % (title, why)
    y = scale([*drawn, *(dot.value for dot in dots), *([rule[0]] if rule else [])])
    frame = _Frame(y, [*span, *(mark.step for mark in marks), *(dot.step for dot in dots)], len(marks))
    words = f" ({y.words})" if y.words else ""
    return Markup(
        '<figure class="df tp"><figcaption><b>%s</b>%s %s</figcaption><svg class="dp" viewBox="0 0 %d %d" role="img">'
        "<title>%s</title><desc>%s</desc>%s</svg></figure>"
    ) % (
        title, words, _legend(curves, dots), _WIDTH, frame.bottom + _FOOT, f"{title}{words}",
        " ".join((*map(_told, curves), *(f"{dot.name}: {number(dot.value, 4)}." for dot in dots))),
        Markup("").join((
            frame.axes(), frame.rule(*rule) if rule else "", *map(frame.curve, curves), *map(frame.dot, dots),
            frame.marks(marks),
        )),
    )


class _Frame:
    """Where a step and a number are in the picture."""

    def __init__(self, scale: Scale, steps: Sequence[int], rows: int) -> None:
        self.scale, self.first = scale, int(min(steps))
        self.last = int(max(*steps, self.first + 1))
        self.left = round(10 + _CHARACTER * max(len(text) for _, text in scale.ticks))
        self.top = _ROW * rows + 8
        self.bottom = self.top + _PLOT

    def x(self, step: float) -> str:
        return _short(self.left + (_WIDTH - _RIGHT - self.left) * (step - self.first) / (self.last - self.first))

    def y(self, x: float) -> str:
        return self.height(self.scale.at(x))

    def height(self, fraction: float) -> str:
        return _short(self.bottom - _PLOT * fraction)

    def axes(self) -> Markup:
        """A line across for each tick, and the steps below."""
        across = "".join(f"M{self.left} {self.height(at)}H{_WIDTH - _RIGHT}" for at, _ in self.scale.ticks)
        level, beside = Markup('<text class="de" x="%d" y="%s">%s</text>'), self.left - 5
        texts = [level % (beside, _short(float(self.height(at)) + 4), text) for at, text in self.scale.ticks]
        for step in whole(self.first, self.last):
            text = steps_text(step, self.last)
            x = min(float(self.x(step)), _WIDTH - _CHARACTER * len(text) / 2)
            texts.append(Markup('<text x="%s" y="%d">%s</text>') % (_short(x), self.bottom + 15, text))
        texts.append(Markup('<text class="de" x="%d" y="%d">step</text>') % (_WIDTH - _RIGHT, self.bottom + 29))
        return Markup('<path class="tx" d="%s"/><path class="dl" d="M%d %dH%d"/><g class="di">%s</g>') % (
            across, self.left, self.bottom, _WIDTH - _RIGHT, Markup("").join(texts)
        )

    def rule(self, level: float, name: str) -> Markup:
        """A level, with its name below it at the right."""
        y = float(self.y(level))
        below = y + 13 if y + 15 < self.bottom else y - 4
        return Markup('<path class="dt" d="M%d %sH%d"/><text class="tm dr de" x="%d" y="%s">%s</text>') % (
            self.left, _short(y), _WIDTH - _RIGHT, _WIDTH - _RIGHT - 2, _short(below), name
        )

    def curve(self, curve: Curve) -> Markup:
        """Lines through what is finite, a dot for a point alone, a cross at the top where a gap begins."""
        lines, alone, gaps = "", Markup(""), ""
        for finite, run in groupby(curve.points, lambda point: math.isfinite(point[1])):
            points = list(run)
            places = [f"{self.x(step)} {self.y(x)}" for step, x in points] if finite else []
            if not finite:
                gaps += f"M{self.x(points[0][0])} {self.top}m-4-4l8 8m0-8l-8 8"
            elif len(places) == 1:
                x, y = places[0].split()
                alone += Markup('<circle class="%s" cx="%s" cy="%s" r="%d"/>') % (curve.style, x, y, _dot(curve.style))
            else:
                lines += "M" + "L".join(places)
        path = Markup('<path class="%s" d="%s"/>') % (curve.style, lines) if lines else Markup("")
        return path + alone + (Markup('<path class="tn" d="%s"/>') % gaps if gaps else Markup(""))

    def dot(self, dot: Dot) -> Markup:
        return Markup('<path class="td" d="M%s %sm0-6l6 6l-6 6l-6-6z"/>') % (self.x(dot.step), self.y(dot.value))

    def marks(self, marks: Sequence[Mark]) -> Markup:
        """A line from its text down for each, the texts in rows of their own."""
        found = Markup("")
        for row, mark in enumerate(sorted(marks, key=lambda one: one.step), 1):
            x = float(self.x(mark.step))
            style, x_text = ("de", x - 4) if x > 0.6 * _WIDTH else ("ds", x + 4)
            line, tone = ("tb", "dr ") if mark.bad else ("tk", "")
            found += Markup('<path class="%s" d="M%s %dV%d"/><text class="tm %s" x="%s" y="%d">%s</text>') % (
                line, _short(x), _ROW * row - 9, self.bottom, tone + style, _short(x_text), _ROW * row - 1, mark.text
            )
        return found


def steps_text(step: int, most: int | None = None) -> str:
    """A number of steps, written out unless `most` of them are too many."""
    return f"{step:,}" if (step if most is None else most) < _MANY else compact(int(step))


def _legend(curves: Sequence[Curve], dots: Sequence[Dot]) -> Markup:
    if len(curves) == 1 and not dots:
        return Markup("")
    lines = [('<path class="%s" d="M0 6H30"/>', curve.style, curve.name) for curve in curves if curve.finite]
    diamonds = [('<path class="%s" d="M15 0l6 6l-6 6l-6-6z"/>', "td", dot.name) for dot in dots]
    return Markup(" ").join(
        Markup('<span><svg viewBox="0 0 30 12" aria-hidden="true">%s</svg> %s</span>') % (Markup(drawn) % style, name)
        for drawn, style, name in (*lines, *diamonds)
    )


def _told(curve: Curve) -> str:
    """A curve in words."""
    points = curve.finite
    gaps = len(curve.points) - len(points)
    missing = f" {gaps} of {len(curve.points)} values are not finite." if gaps else ""
    if not points:
        return f"{curve.name}: nothing to draw.{missing}"
    (first, start), (last, end) = points[0], points[-1]
    if first == last:
        return f"{curve.name}: {number(start, 4)} at step {first:,}.{missing}"
    least, most = (number(pick(x for _, x in points), 4) for pick in (min, max))
    return (
        f"{curve.name}: {number(start, 4)} at step {first:,}, {number(end, 4)} at step {last:,}, between {least} and "
        f"{most}.{missing}"
    )


def _dot(style: str) -> int:
    return 4 if style == "th" else 2


def _short(x: float) -> str:
    return f"{x:.1f}".removesuffix(".0")
