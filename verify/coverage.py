"""Which branches the drawn inputs take: the sides of each `where`, `maximum`, `clip` and ReLU in a claim's forward.

A wrong formula behind a side that no input takes goes unseen, so the evidence names such sides.
"""

import linecache
from collections.abc import Sequence
from typing import Any

import numpy as np

from verify.claim import Claim
from verify.numbers.interpreter import Observer

_LIKE_RELU = ("relu", "relu6")
_SIDES = {
    "where": ("true", "false"),
    "max": ("first larger", "second larger"),
    "min": ("first smaller", "second smaller"),
    "clip": ("below", "inside", "above"),
    "relu": ("positive", "negative"),
}
# What the forward's line calls, for a branch to be its own: jax.numpy's function, or ours that stands for NumPy's.
_NUMPY = ("__array_ufunc__", "__array_function__", "array_ufunc", "array_function")
_UFUNC = (*_NUMPY, "maximum", "minimum", "__call__")
_CALLED = {
    "where": (*_NUMPY, "where"), "max": _UFUNC, "min": _UFUNC, "clip": (*_NUMPY, "clip", "lambda", ""),
    "relu": ("relu", "relu6", "leaky_relu", "__call__", ""),
}
_PLUMBING = ("traceback_util.py", "pjit.py", "core.py", "api.py")


class Branches:
    """Counts per line and kind of branch how many entries took each side."""

    def __init__(self, claim: Claim) -> None:
        code = getattr(claim.of, "__code__", None)
        self._file = code.co_filename if code is not None else ""
        self._counts: dict[tuple[int, str], np.ndarray[Any, Any]] = {}
        self._places: dict[int, tuple[Any, tuple[int, str] | None]] = {}
        self.closed = False

    def observer(self, count: int) -> Observer | None:
        """What to call with each equation of the reference and its operands, whose first `count` rows are examples."""
        if self.closed or not self._file:
            return None

        def observe(equation: Any, operands: Sequence[Any]) -> None:
            place = self._place(equation)
            if place is None:
                return
            first, *others = (_rows(x, count) for x in operands)
            sides = _sides(place[1], first, others)
            counts = np.array([np.count_nonzero(side) for side in sides])
            self._counts[place] = self._counts.get(place, 0) + counts

        return observe

    def to_json(self) -> list[dict[str, Any]]:
        """One entry per branch, by line."""
        return [
            {
                "line": line, "code": linecache.getline(self._file, line).strip(), "kind": kind,
                "taken": dict(zip(_SIDES[kind], counts.tolist(), strict=True)),
            }
            for (line, kind), counts in sorted(self._counts.items())
        ]

    def notes(self) -> list[str]:
        """The sides that no input took."""
        out = []
        for branch in self.to_json():
            never = [side for side, count in branch["taken"].items() if not count]
            if never:
                out.append(f"no input took a side of `{branch['code']}` (line {branch['line']}): {', '.join(never)}")
        return out

    def _place(self, equation: Any) -> tuple[int, str] | None:
        known = self._places.get(id(equation))
        if known is None:
            kind = _kind(equation)
            line = self._line(equation, kind) if kind else 0
            # The equation is kept, so that its id stays its own.
            known = self._places[id(equation)] = (equation, (line, kind) if line else None)
        return known[1]

    def _line(self, equation: Any, kind: str) -> int:
        """The line of the forward that an equation comes from; 0 if it comes from inside a library's function."""
        traceback = getattr(equation.source_info, "traceback", None)
        called = ""
        for frame in traceback.frames if traceback is not None else ():
            if frame.file_name == self._file:
                return int(frame.line_num) if called in _CALLED[kind] else 0
            if frame.file_name.endswith(_PLUMBING):
                continue
            called = frame.function_name.rpartition(".")[2]
        return 0


def _kind(equation: Any) -> str:
    name, operands = equation.primitive.name, equation.invars
    if name in ("max", "min"):
        return name
    if name == "jit":
        called = equation.params.get("name", "")
        if called == "_where" and len(operands) == 3:
            return "where"
        if called == "clip" and len(operands) == 3 and operands[1].aval.shape == operands[2].aval.shape == ():
            return "clip"
        return "relu" if called == "leaky_relu" and operands[0].aval.shape else ""
    if name == "custom_jvp_call":
        inner = equation.params["call_jaxpr"].jaxpr.eqns
        return "relu" if inner and inner[0].params.get("name") in _LIKE_RELU else ""
    return ""


def _rows(x: Any, count: int) -> Any:
    """The rows of a batch that are examples, not padding; an operand without a batch axis as it is."""
    x = np.asarray(x)
    return x[:count] if x.ndim else x


def _sides(kind: str, first: Any, others: Sequence[Any]) -> tuple[Any, ...]:
    with np.errstate(invalid="ignore"):
        if kind == "where":
            return first.astype(bool), ~first.astype(bool)
        if kind == "relu":
            return first > 0, first < 0
        if kind == "clip":
            low, high = others
            return first < low, (first > low) & (first < high), first > high
        (other,) = others
        if kind == "min":
            return first < other, first > other
        return first > other, first < other
