"""Results: the verdict on a claim with its evidence, and the results file that they make."""

import json
import math
import os
import sys
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

FORMAT = 1
EDGES = (0.0, 1e-4, 1e-3, 1e-2, 0.03, 0.1, 0.3, 1.0)
SYMBOLS = {
    "verified": "✓", "certified": "✓", "refuted": "✗", "vacuous": "∅", "inconclusive": "?", "error": "!",
    "definition": "≔", "missing": "·",
}


class VerdictError(AssertionError):
    """Raised by `Result.raise_for_verdict`: the verdict is not the expected one."""


@dataclass
class Output:
    """One compared output: its worst error as a fraction of its bound, and how the errors are distributed.

    `relative_bound` is the median over examples of the largest bound over the largest entry.
    `histogram[k]` counts entries with an error from `EDGES[k]` to `EDGES[k + 1]` of the bound, the last one all above.
    """

    name: str
    shape: str
    worst: float | None = None
    histogram: list[int] = field(default_factory=lambda: [0] * len(EDGES))
    zero_everywhere: bool = False
    relative_bound: float = 0.0


@dataclass
class Result:
    """The verdict on one claim, with its evidence. `str()` is a readable summary.

    bound : "derived" from both programs, "estimated" where the hand function can't run on `Bounded` arrays, or
        "statistical" for random draws, "stated" for a measurement
    proved_dimensions : the dimension names for all of whose sizes the shapes are proved right
    verdict : verified, certified, refuted, vacuous, inconclusive, error, definition or missing
    outputs : per output its name, shape and worst error
    inconclusive : the first inputs on which nothing could be said, and why; else None
    branches : where the reference has a `where` or `max`, and how many entries took each side
    calls : labels of the claims whose functions this one's function calls; they are judged first
    numbers : for a statistic or a measurement, what was found for each choice of inputs and what is stated
    transcribed : the lines of code that are tagged with this label, with the functions that they stand in
    located : for a refutation, per wrong output which entries, a list of patterns, and what would make it right
    localisation : the same as a sentence
    reproduce : the file that reproduces the counterexample, if one was written
    counterexample : for a refutation the inputs, a message, what the hand function gave, what autodiff gave; else None
    pinned : the same on the inputs that the claim itself names
    certificate : what exact arithmetic showed of a verified claim, or why it showed nothing
    teeth : which wrong versions of the function the check refutes, and which not
    arbiter : who is wrong where floats disagree, as exact arithmetic says
    """

    label: str
    name: str
    section: str
    kind: str
    equation: str
    dimensions: dict[str, str]
    code: str
    source: dict[str, Any]
    expected: str
    verdict: str = "error"
    because: str = ""
    message: str = ""
    corrected_by: str = ""
    uses: list[str] = field(default_factory=list)
    bound: str = "derived"
    proved_dimensions: list[str] = field(default_factory=list)
    outputs: list[Output] = field(default_factory=list)
    shapes: list[dict[str, Any]] = field(default_factory=list)
    examples: dict[str, int] = field(
        default_factory=lambda: {"tried": 0, "agreed": 0, "inconclusive": 0, "at_kinks": 0, "refuted": 0}
    )
    notes: list[str] = field(default_factory=list)
    counterexample: dict[str, Any] | None = None
    pinned: dict[str, Any] | None = None
    inconclusive: dict[str, Any] | None = None
    localisation: str = ""
    located: list[dict[str, Any]] = field(default_factory=list)
    reproduce: str = ""
    branches: list[dict[str, Any]] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    statistic: dict[str, Any] | None = None
    numbers: list[dict[str, Any]] = field(default_factory=list)
    transcribed: list[dict[str, Any]] = field(default_factory=list)
    teeth: dict[str, Any] | None = None
    certificate: dict[str, Any] | None = None
    arbiter: str = ""
    seconds: float = 0.0
    # Not part of a claim's entry in a results file: the document's path on this machine, how many counterexamples of
    # earlier runs were tried first, and the traceback of a fault of the checker.
    path: str = ""
    replayed: int = 0
    fault: str = ""

    @property
    def as_expected(self) -> bool:
        """Whether the verdict meets the expectation: certified meets verified, everything else must be equal."""
        return self.verdict == self.expected or (self.expected == "verified" and self.verdict == "certified")

    @property
    def other_side(self) -> str:
        """What the hand function is compared with, in two words."""
        return "as stated" if self.kind in ("identity", "statistic", "measurement") else "by autodiff"

    @property
    def worst(self) -> float | None:
        """The worst error over all outputs, as a fraction of its bound."""
        return max((o.worst for o in self.outputs if o.worst is not None), default=None)

    @property
    def chance(self) -> str:
        """The bound on the chance that a certified claim is wrong where it was tried; empty for others."""
        if self.verdict != "certified" or self.certificate is None:
            return ""
        return f"p < 2^{math.ceil(self.certificate['log2_miss'])}"

    @property
    def score(self) -> float | None:
        """The share of wrong versions that the check refutes; None if none were tried."""
        if self.teeth is None:
            return None
        killed, wrong = killed_of_wrong(self.teeth)
        return killed / wrong if wrong else 1.0

    @property
    def bites(self) -> str:
        """The same in words; empty if none were tried."""
        if self.teeth is None:
            return ""
        killed, wrong = killed_of_wrong(self.teeth)
        same = len(self.teeth["equivalent"])
        if not self.teeth["mutants"]:
            return "no wrong version could be made of its code"
        return f"killed {killed} of {wrong} wrong versions" + (f", {same} equivalent" if same else "")

    def patterns(self, output: str) -> list[str]:
        """What was found wrong with an output: patterns, then the repair if there is one."""
        return [
            text
            for place in self.located
            if place["output"] in (output, "")
            for text in (*place["patterns"], place["repair"])
            if text
        ]

    def where(self) -> str:
        """The same for all outputs, as a sentence; empty where no pattern was found."""
        parts = []
        for place in self.located:
            found = "; ".join(text for text in (*place["patterns"], place["repair"]) if text)
            if found:
                parts.append(f"{place['output']}: {found}" if place["output"] else found)
        return " | ".join(parts)

    def raise_for_verdict(self) -> "Result":
        """Raise VerdictError, with the summary, unless the verdict is the expected one; else return the result."""
        if not self.as_expected:
            raise VerdictError(str(self))
        return self

    def to_json(self) -> dict[str, Any]:
        """The claim's entry of a results file."""
        return {key: plain(value) for key, value in asdict(self).items() if key not in ("path", "replayed", "fault")}

    def __str__(self) -> str:
        more = "".join(f"; {text}" for text in (self.chance, self.bites) if text)
        lines = [f"{SYMBOLS[self.verdict]} {self.verdict}  {self.label}: {self.message}{more}"]
        if self.localisation:
            lines.append(f"  where: {self.localisation}")
        if self.counterexample is not None:
            lines.append(describe(self.counterexample, "  ", self.other_side))
        if self.arbiter:
            lines.append(f"  exact: {self.arbiter}")
        lines += [f"  note: {note}" for note in self.notes]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        from html import escape

        return f"<pre>{escape(str(self))}</pre>"


def killed_of_wrong(teeth: dict[str, Any]) -> tuple[int, int]:
    """How many wrong versions were killed, and how many there were: those that are equivalent are none."""
    return teeth["killed"], teeth["mutants"] - len(teeth["equivalent"])


def describe(counterexample: dict[str, Any], indent: str = "", other: str = "by autodiff") -> str:
    """A counterexample as text: the inputs, then by hand against the other side."""
    lines = [f"{indent}{name} = {_text(value)}" for name, value in counterexample["inputs"].items()]
    for output in counterexample["outputs"]:
        if output["by_hand"] is not None:
            lines.append(f"{indent}{output['name']} {'by hand':<{len(other)}} {_text(output['by_hand'])}")
            lines.append(f"{indent}{output['name']} {other} {_text(output['autodiff'])}")
            lines.append(f"{indent}{output['name']} {'difference':<{len(other)}} {_text(_difference(output))}")
    return "\n".join(lines)


def _difference(output: dict[str, Any]) -> Any:
    """By hand minus the other side, encoded; a text where the shapes differ."""
    mine, right = (np.asarray(output[side]["data"], dtype=float) for side in ("by_hand", "autodiff"))
    return encode(np.asarray(mine - right)) if mine.shape == right.shape else "of different shapes"


def _text(value: Any) -> str:
    """An encoded array as NumPy would print it, on one line where it is small; large ones abridged."""
    if isinstance(value, dict) and "data" in value and "dtype" in value:
        array = np.asarray(value["data"], dtype=float if value["dtype"].startswith("float") else None)
        shown = np.array2string(array.reshape(value["shape"]), precision=6, separator=", ", threshold=40)
        return " ".join(shown.split())
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k}: {_text(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_text(v) for v in value) + "]"
    return str(value)


def encode(value: Any) -> Any:
    """An input as JSON: an array becomes its shape, dtype and (possibly non-finite, then quoted) entries."""
    if isinstance(value, (np.ndarray, np.generic)):
        return {"shape": list(value.shape), "dtype": str(value.dtype), "data": plain(value.tolist())}
    if isinstance(value, dict):
        return {str(k): encode(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [encode(v) for v in value]
    if value is None or isinstance(value, (bool, int, str)):
        return value
    return plain(value) if isinstance(value, float) else repr(value)


def plain(value: Any) -> Any:
    """JSON has no NaN and no infinity: they are written as strings."""
    if isinstance(value, float) and not math.isfinite(value):
        return repr(value)
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    return value


def relative_path(file: str) -> str:
    """A file as seen from the working folder, or from the folder that it is installed in."""
    path = Path(file)
    for root in (Path.cwd(), *(Path(entry).resolve() for entry in sys.path if entry)):
        if path.is_relative_to(root):
            return path.relative_to(root).as_posix()
    return path.name


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write a file whole or not at all: to a temporary file beside it, then renamed. Raises OSError with the path.

    A symbolic link stays one: the file that it leads to is written.
    Half a surrogate pair, which UTF-8 lacks, becomes its escape, which JSON reads as what it was.
    """
    path = path.resolve() if path.is_symlink() else path
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content.encode("utf-8", "backslashreplace") if isinstance(content, str) else content)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def dump(results: dict[str, Any]) -> str:
    """A results file's text."""
    return json.dumps(results, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
