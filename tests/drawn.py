"""For the tests of the drawings: claims as a results file holds them, and drawings parsed as XML."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

GOLD = Path(__file__).parent / "gold"
HOSTILE = "</title></svg><script>alert(1)</script><a href='https://x.example' onload=alert(1)> ]]> \" ' & %s {0} \x00\x08\x1b\ud800\u202e"
LONG = "W<" * 50_000


def claim(**given: Any) -> dict[str, Any]:
    """A claim of a results file, as far as drawings read it."""
    examples = {"tried": 0, "agreed": 0, "inconclusive": 0, "at_kinks": 0, "refuted": 0}
    return {
        "label": "4.5", "verdict": "verified", "expected": "verified", "section": "", "uses": [], "shapes": [],
        "dimensions": {}, "branches": [], "numbers": [], "outputs": [], "kind": "vjp", **given,
        "examples": examples | given.get("examples", {}),
    }


def array(shape: list[int], data: Any) -> dict[str, Any]:
    """An encoded array."""
    return {"shape": shape, "dtype": "float64", "data": data}


def output(by_hand: Any, right: Any, name: str = "dW") -> dict[str, Any]:
    """A counterexample's output."""
    return {"name": name, "by_hand": by_hand, "autodiff": right}


def parsed(drawing: str) -> ElementTree.Element:
    """The drawing as XML, below one element; not well-formed text is an error."""
    return ElementTree.fromstring(f"<drawing>{drawing}</drawing>")


def text(drawing: str) -> str:
    """All text of a drawing that is seen, on one line: without titles and descriptions."""
    root = parsed(drawing)
    for parent in root.iter():
        for child in [child for child in parent if child.tag in ("title", "desc")]:
            parent.remove(child)
    return " ".join(" ".join(root.itertext()).split())


def assert_gold(name: str, draw: Callable[[], str], folder: Path) -> None:
    """The drawing is the one in `tests/gold`, a tag a line; another one is left in `folder`, to be looked at and copied."""
    drawn = re.sub("(?<=>)(?=<)", "\n", draw()) + "\n"
    assert drawn == re.sub("(?<=>)(?=<)", "\n", draw()) + "\n", "two drawings of the same differ"
    (folder / name).write_text(drawn, "utf-8")
    assert drawn == (GOLD / name).read_text("utf-8"), f"if {folder / name} is as it should be, copy it to {GOLD}"
