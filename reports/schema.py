"""Whether something is a results file, by the schema that ships with the package. It may be anybody's.

The schema is read with the keywords that it uses; a test holds this against a full validator.
"""

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

DEPTH = 100  # of nested lists and objects; NumPy's arrays have 64 dimensions at most
NUMBERS = ("nan", "inf", "-inf")
COMPARED = ("outputs", "found", "stated")  # where arrays hold numbers alone
TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,), "array": (list,), "string": (str,), "integer": (int,), "number": (int, float),
    "boolean": (bool,), "null": (type(None),),
}
KEYWORDS = frozenset({
    "type", "const", "enum", "minimum", "minLength", "pattern", "minItems", "maxItems", "required", "properties",
    "additionalProperties", "items", "$ref", "anyOf", "allOf", "if", "then", "description",
})


def problem(content: Any) -> str:
    """The first thing that makes it no results file, as "claims[2].verdict is ..."; an empty string for a valid one."""
    found = _unreadable(content, "", DEPTH) or _problem(content, schema(), "")
    return found or _twice(content["claims"]) or next(_arrays(content, ""), "")


@cache
def schema() -> dict[str, Any]:
    """The schema of results files."""
    loaded: dict[str, Any] = json.loads((files("reports") / "results.schema.json").read_text(encoding="utf-8"))
    return loaded


def _problem(value: Any, rules: Mapping[str, Any], at: str) -> str:
    """The first rule that a value breaks."""
    if "$ref" in rules:
        rules = schema()["$defs"][rules["$ref"].rpartition("/")[2]]
    types = [rules["type"]] if isinstance(rules.get("type"), str) else rules.get("type", ())
    if types and not any(_is(value, name) for name in types):
        return f"{at or 'it'} is {_kind(value)}, not {' or '.join(types)}"
    if ("const" in rules and value != rules["const"]) or ("enum" in rules and value not in rules["enum"]):
        return f"{at} is {_short(value)}, which is none of its values"
    if "anyOf" in rules:
        found = [_problem(value, rule, at) for rule in rules["anyOf"]]
        if all(found):
            return found[0]
    for rule in rules.get("allOf", ()):
        if "if" in rule and not _problem(value, rule["if"], at) and (found_then := _problem(value, rule["then"], at)):
            return found_then
    if isinstance(value, dict):
        return next(_of_object(value, rules, at), "")
    if isinstance(value, list):
        return next(_of_list(value, rules, at), "")
    return next(_of_scalar(value, rules, at), "")


def _of_object(value: Mapping[str, Any], rules: Mapping[str, Any], at: str) -> Iterator[str]:
    yield from (f"{at or 'it'} lacks {_short(key)}" for key in rules.get("required", ()) if key not in value)
    known, others = rules.get("properties", {}), rules.get("additionalProperties", True)
    for key, item in value.items():
        inside = f"{at}.{key[:40]}" if at else key[:40]
        if key in known:
            found = _problem(item, known[key], inside)
        elif others is False:
            found = f"{inside} is no part of it"
        else:
            found = "" if others is True else _problem(item, others, inside)
        if found:
            yield found


def _of_list(value: Sequence[Any], rules: Mapping[str, Any], at: str) -> Iterator[str]:
    if not rules.get("minItems", 0) <= len(value) <= rules.get("maxItems", math.inf):
        yield f"{at} has {len(value)} items"
    if "items" in rules:
        yield from filter(None, (_problem(item, rules["items"], f"{at}[{k}]") for k, item in enumerate(value)))


def _of_scalar(value: Any, rules: Mapping[str, Any], at: str) -> Iterator[str]:
    if isinstance(value, str):
        if len(value) < rules.get("minLength", 0):
            yield f"{at} is empty"
        if "pattern" in rules and not re.search(rules["pattern"], value):
            yield f"{at} is {_short(value)}, which is not of its form"
    elif isinstance(value, int | float) and not value >= rules.get("minimum", -math.inf):
        yield f"{at} is {_short(value)}, which is too small"


def _unreadable(value: Any, at: str, depth: int) -> str:
    """What no renderer should meet: nesting without end, numbers that no float holds."""
    if depth == 0:
        return f"{at[:40]}… is nested too deeply"
    if isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        return next(filter(None, (_unreadable(item, f"{at}.{key}"[-80:], depth - 1) for key, item in items)), "")
    if isinstance(value, int | float) and not abs(value) < 1e300:
        return f"{at.lstrip('.')} is a number that is too large"
    return ""


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
        broken = _problem(value, {"$ref": "#/$defs/array"}, at.lstrip("."))
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
