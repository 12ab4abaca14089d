"""Whether given inputs are ones of a claim: pinned counterexamples, and those of earlier runs."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from verify import domains
from verify.claim import SetupError
from verify.dimensions import DimensionError
from verify.inputs import Example
from verify.parameters import Input
from verify.signatures import Signature


def pinned(given: Mapping[str, Any], signature: Signature) -> Example:
    """A pinned counterexample as an example: lists and numbers become arrays of the inputs' dtypes.

    Raises SetupError if it lacks an input or names another one.
    """
    names = (*signature.leading, *signature.forward)
    if set(given) != set(names):
        raise SetupError(f"the pinned counterexample names {', '.join(given)}; expected {', '.join(names)}")
    declared = {item.name: item for item in signature.inputs}
    return {name: _array(x, declared.get(name)) for name, x in given.items()}


def _array(x: Any, item: Input | None) -> Any:
    if item is None:
        return np.asarray(x, float) if isinstance(x, (list, float)) else x
    return x if item.static else np.asarray(x, item.dtype)[()]


def stranger(example: Mapping[str, Any], signature: Signature) -> str:
    """Why an example is none that the claim could draw; an empty string if it is one, as far as can be told."""
    names = {*signature.leading, *signature.forward}
    if set(example) != names:
        return f"it has the inputs {', '.join(example)}; this claim has {', '.join(sorted(names))}"
    sizes: dict[str, int] = {}
    for item in signature.inputs:
        x = example[item.name]
        if item.static:
            if not any(type(x) is type(choice) and _equal(x, choice) for choice in item.choices):
                return f"{item.name} is {x!r}, none of its values now"
            continue
        if getattr(x, "dtype", None) != item.dtype:
            return f"{item.name} is no {item.dtype} array"
        if item.shape is not None and not _fits(item, x, sizes):
            return f"{item.name} has shape {x.shape}; expected ({item.shape.text})"
    for item in signature.inputs:
        if not item.static and not inside(item, example[item.name], sizes):
            return f"{item.name} lies outside its domain"
    return ""


def _fits(item: Input, x: Any, sizes: dict[str, int]) -> bool:
    """Whether an array has the declared shape, given the sizes so far; those that it shows are added."""
    assert item.shape is not None
    if any(axis.variadic for axis in item.shape.axes):
        return True
    if len(item.shape.axes) != x.ndim:
        return False
    for axis, n in zip(item.shape.axes, x.shape, strict=True):
        if axis.names == (axis.text,):
            if sizes.setdefault(axis.text, n) != n:
                return False
        elif all(name in sizes for name in axis.names):
            try:
                if axis.size(sizes) != n:
                    return False
            except (DimensionError, ZeroDivisionError):
                return False
    return True


def inside(item: Input, x: Any, sizes: Mapping[str, int]) -> bool:
    """Whether an array is in an input's domain, as far as can be told; `sizes` are those of the dimensions."""
    domain = item.domain
    if not isinstance(domain, domains.Domain):
        return True
    if domain.per_size is not None:
        bound = domain.per_size if isinstance(domain.per_size, int) else sizes.get(domain.per_size)
        return bound is None or bool((np.asarray(x) < bound).all())
    return bool(domain.contains(np.asarray(x)))


def _equal(a: Any, b: Any) -> bool:
    try:
        return bool(np.all(a == b))
    except (TypeError, ValueError):
        return False
