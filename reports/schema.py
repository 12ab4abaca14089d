"""Whether something is a results file, by the schemas that ship with the package. It may be anybody's.

There is one for the results of a check and one for those of a training. They are read with the keywords that they use;
a test holds this against a full validator.
"""

import json
import math
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Any

RESULTS, TRAINING = "results", "training"
DEPTH = 100  # of nested lists and objects; NumPy's arrays have 64 dimensions at most
NUMBERS = ("nan", "inf", "-inf")
GREATEST = {RESULTS: 1e300, TRAINING: sys.float_info.max}  # a loss that diverges comes through all magnitudes
COMPARED = ("outputs", "found", "stated")  # where arrays hold numbers alone
TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,), "array": (list,), "string": (str,), "integer": (int,), "number": (int, float),
    "boolean": (bool,), "null": (type(None),),
}
KEYWORDS = frozenset({
    "type", "const", "enum", "minimum", "maximum", "minLength", "pattern", "minItems", "maxItems", "required",
    "properties", "additionalProperties", "items", "$ref", "anyOf", "allOf", "if", "then", "else", "description",
})


def problem(content: Any) -> str:
    """The first thing that makes it no results file, as "claims[2].verdict is ..."; an empty string for a valid one."""
    kind = TRAINING if is_training(content) else RESULTS
    found = _unreadable(content, "", DEPTH, GREATEST[kind]) or _problem(content, schema(kind), "", kind)
    if kind == TRAINING:
        return found or _uneven(content["curves"])
    return found or _twice(content["claims"]) or next(_arrays(content, ""), "")


def is_training(content: Any) -> bool:
    """Whether it says of itself that it holds a training."""
    return isinstance(content, dict) and content.get("kind") == TRAINING


@cache
def schema(kind: str = RESULTS) -> dict[str, Any]:
    """The schema of results files, or of those of trainings."""
    loaded: dict[str, Any] = json.loads((files("reports") / f"{kind}.schema.json").read_text(encoding="utf-8"))
    return loaded


def _problem(value: Any, rules: Mapping[str, Any], at: str, kind: str) -> str:
    """The first rule that a value breaks."""
    if "$ref" in rules:
        rules = schema(kind)["$defs"][rules["$ref"].rpartition("/")[2]]
    types = [rules["type"]] if isinstance(rules.get("type"), str) else rules.get("type", ())
    if types and not any(_is(value, name) for name in types):
        return f"{at or 'it'} is {_kind(value)}, not {' or '.join(types)}"
    if ("const" in rules and value != rules["const"]) or ("enum" in rules and value not in rules["enum"]):
        return f"{at} is {_short(value)}, which is none of its values"
    if "anyOf" in rules:
        found = [_problem(value, rule, at, kind) for rule in rules["anyOf"]]
        if all(found):
            return found[0]
    for rule in (rules, *rules.get("allOf", ())):
        if "if" in rule:
            branch = "else" if _problem(value, rule["if"], at, kind) else "then"
            if found_there := _problem(value, rule.get(branch, {}), at, kind):
                return found_there
    if isinstance(value, dict):
        return next(_of_object(value, rules, at, kind), "")
    if isinstance(value, list):
        return next(_of_list(value, rules, at, kind), "")
    return next(_of_scalar(value, rules, at), "")


def _of_object(value: Mapping[str, Any], rules: Mapping[str, Any], at: str, kind: str) -> Iterator[str]:
    yield from (f"{at or 'it'} lacks {_short(key)}" for key in rules.get("required", ()) if key not in value)
    known, others = rules.get("properties", {}), rules.get("additionalProperties", True)
    for key, item in value.items():
        inside = f"{at}.{key[:40]}" if at else key[:40]
        if key in known:
            found = _problem(item, known[key], inside, kind)
        elif others is False:
            found = f"{inside} is no part of it"
        else:
            found = "" if others is True else _problem(item, others, inside, kind)
        if found:
            yield found


def _of_list(value: Sequence[Any], rules: Mapping[str, Any], at: str, kind: str) -> Iterator[str]:
    if not rules.get("minItems", 0) <= len(value) <= rules.get("maxItems", math.inf):
        yield f"{at} has {len(value)} items"
    if "items" in rules:
        found = (_problem(item, rules["items"], f"{at}[{k}]", kind) for k, item in enumerate(value))
        yield from filter(None, found)


def _of_scalar(value: Any, rules: Mapping[str, Any], at: str) -> Iterator[str]:
    if isinstance(value, str):
        if len(value) < rules.get("minLength", 0):
            yield f"{at} is empty"
        if "pattern" in rules and not re.search(rules["pattern"], value):
            yield f"{at} is {_short(value)}, which is not of its form"
    elif isinstance(value, int | float):
        if not value >= rules.get("minimum", -math.inf):
            yield f"{at} is {_short(value)}, which is too small"
        if not value <= rules.get("maximum", math.inf):
            yield f"{at} is {_short(value)}, which is too large"


def _unreadable(value: Any, at: str, depth: int, greatest: float) -> str:
    """What no renderer should meet: nesting without end, numbers that no float holds."""
    if depth == 0:
        return f"{at[:40]}… is nested too deeply"
    if isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        found = (_unreadable(item, f"{at}.{key}"[-80:], depth - 1, greatest) for key, item in items)
        return next(filter(None, found), "")
    if isinstance(value, int | float) and not abs(value) <= greatest:
        return f"{at.lstrip('.')} is a number that is too large"
    return ""


def _uneven(curves: Mapping[str, Any]) -> str:
    """A curve without a value for each step, or steps that do not rise."""
    steps = curves["step"]
    for name, curve in curves.items():
        if curve is not None and len(curve) != len(steps):
            return f"curves.{name} has {len(curve)} values for {len(steps)} steps"
    return "" if all(a < b for a, b in pairwise(steps)) else "curves.step does not rise"


def _twice(claims: Sequence[Mapping[str, Any]]) -> str:
    seen: set[str] = set()
    for claim in claims:
        if claim["label"] in seen:
            return f"two claims are labelled {_short(claim['label'])}"
        seen.add(claim["label"])
    return ""


def _arrays(value: Any, at: str, numeric: bool = False) -> Iterator[str]:
    """What looks like an encoded array, anywhere, and is none; those that are compared hold numbers in their shape."""
    if isinstance(value, dict) and "data" in value and "dtype" in value:
        broken = _problem(value, {"$ref": "#/$defs/array"}, at.lstrip("."), RESULTS)
        if broken or (numeric and not _fits(value["data"], value["shape"])):
            yield broken or f"{at.lstrip('.')} has data of another shape, or no numbers"
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _arrays(item, f"{at}.{key}"[-80:], numeric or key in COMPARED)
    elif isinstance(value, list):
        for item in value:
            yield from _arrays(item, at, numeric)


def _fits(data: Any, shape: Sequence[int]) -> bool:
    if not shape:
        return isinstance(data, int | float) or data in NUMBERS
    return isinstance(data, list) and len(data) == shape[0] and all(_fits(item, shape[1:]) for item in data)


def _is(value: Any, name: str) -> bool:
    if isinstance(value, bool):
        return name == "boolean"
    return isinstance(value, TYPES[name]) or (name == "integer" and isinstance(value, float) and value.is_integer())


def _kind(value: Any) -> str:
    kinds = (kind for kind in ("null", "boolean", "integer", "number", "string", "array", "object") if _is(value, kind))
    return {"array": "a list", "object": "an object", "integer": "an integer"}.get(kind := next(kinds), f"a {kind}")


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:39]}…"
