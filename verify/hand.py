"""The hand-derived side of a claim: called on copies, its answer held against what the contract allows."""

import traceback
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from verify.claim import Claim
from verify.inputs import Example, is_array
from verify.numbers.protocols import ArrayLike
from verify.numbers.running_error import Bounded
from verify.signatures import Signature, bind

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class Failure:
    """How the hand function breaks the contract on an input: the cause, a sentence, the output if one is concerned.

    returned : for a wrong shape, the arrays as they were returned; they may still show what is wrong
    """

    cause: str
    message: str
    output: str = ""
    returned: list[Array] | None = field(default=None, compare=False, repr=False)


def call(
    claim: Claim, signature: Signature, example: Example, names: Sequence[str], expected: Sequence[Array],
    twice: bool = True,
) -> list[Array] | Failure:
    """The hand function's outputs for one example, or how it fails.

    Called on writable copies, which must be unchanged afterwards; `twice`, and then both answers must be equal.
    """
    first = answer(claim, signature, example)
    if isinstance(first, Failure):
        return first
    outputs = _fit(claim, signature, first, names, expected)
    if isinstance(outputs, Failure):
        return outputs
    if not twice:
        return outputs
    second = answer(claim, signature, example)
    if isinstance(second, Failure):
        return second
    again = _fit(claim, signature, second, names, expected)
    if isinstance(again, Failure):
        return Failure("second call", f"a second call with equal inputs fails: {again.message}", again.output)
    for name, a, b in zip(names, outputs, again, strict=True):
        if not _same(a, b):
            return Failure("second call", f"a second call with equal inputs returns another {name}", name)
    return outputs


def answer(claim: Claim, signature: Signature, example: Example, watched: bool = True,
           raising: tuple[type[BaseException], ...] = ()) -> Any:
    """What the hand function returns on copies of the inputs, or a Failure if it raises or, `watched`, changes them.

    raising : exceptions that are none of its own, and are passed on
    """
    copies = _copy(example)
    try:
        with np.errstate(all="ignore"):
            out = bind(claim.hand, signature.hand, copies)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        if isinstance(error, raising):
            raise
        return Failure("exception", f"{claim.name} raised {type(error).__name__}: {_said(error)}{_line(claim, error)}")
    for name in example if watched else ():
        if not _equal(example[name], copies[name]):
            return Failure("changed input", f"{claim.name} changes its input {name}")
    return out


def _said(error: BaseException) -> str:
    try:
        return str(error)
    except Exception as another:
        return f"(its text can't be had: {type(another).__name__})"


def _line(claim: Claim, error: BaseException) -> str:
    code = getattr(claim.hand, "__code__", None)
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if code is not None and frame.filename == code.co_filename:
            return f" (line {frame.lineno}: {frame.line})"
    return ""


def _copy(x: Any) -> Any:
    """A deep copy of the arrays of an input, everything else as it is."""
    if isinstance(x, (np.ndarray, ArrayLike)):
        return x.copy()
    if isinstance(x, dict):
        return {key: _copy(item) for key, item in x.items()}
    if isinstance(x, tuple) and hasattr(x, "_fields"):
        return type(x)(*(_copy(item) for item in x))
    if isinstance(x, (list, tuple)):
        return type(x)(_copy(item) for item in x)
    return x


def _equal(a: Any, b: Any) -> bool:
    if isinstance(a, Bounded):
        return isinstance(b, Bounded) and _equal(a.v, b.v)
    if is_array(a):
        return is_array(b) and _same(a, b)
    if isinstance(a, dict):
        return isinstance(b, dict) and a.keys() == b.keys() and all(_equal(a[k], b[k]) for k in a)
    if isinstance(a, (list, tuple)):
        return type(a) is type(b) and len(a) == len(b) and all(map(_equal, a, b))
    return bool(a == b)


def _same(a: Any, b: Any) -> bool:
    """Equal to the bit, or equal as numbers."""
    if a.dtype != b.dtype or a.shape != b.shape:
        return False
    return a.tobytes() == b.tobytes() or np.array_equal(a, b, equal_nan=a.dtype.kind == "f")


def _fit(
    claim: Claim, signature: Signature, out: Any, names: Sequence[str], expected: Sequence[Array]
) -> list[Array] | Failure:
    """The answer as one array per expected output, each of the right shape and a fitting dtype."""
    wanted = f"expected {len(names)} ({', '.join(names)})"
    wrt = signature.wrt
    if out is None:
        return Failure("count", f"{claim.name} returned nothing; {wanted}: is there a return?")
    if claim.kind in ("vjp", "gradient"):
        items = _by_name(signature, out)
        if isinstance(out, dict) and items[0] is out and (len(wrt) > 1 or claim.inputs is None):
            keys = ", ".join(map(str, out))
            return Failure("count", f"{claim.name} returned a dict of {keys}; expected {', '.join(wrt)}")
        if len(items) != len(wrt):
            return Failure(
                "count",
                f"{claim.name} returned {len(items)} arrays; expected {len(wrt)} ({', '.join(wrt)}); "
                "wrt= names another choice",
            )
        for name, item in zip(wrt, items, strict=True):
            if isinstance(item, (list, tuple)) and claim.inputs is None:
                what = type(item).__name__
                return Failure("type", f"{claim.name} returned a {what} for {name}; expected an array", f"d{name}")
            if item is None:
                return Failure("count", f"{claim.name} returned None for {name}; leave {name} out by wrt=", f"d{name}")
    arrays = flatten(claim, signature, out)
    if len(arrays) != len(names):
        return Failure("count", f"{claim.name} returned {len(arrays)} arrays; {wanted}")
    fitted = []
    for name, leaf, reference in zip(names, arrays, expected, strict=True):
        checked = _one(claim, name, leaf, reference)
        if isinstance(checked, Failure):
            shown = checked.cause == "shape" and all(isinstance(x, np.ndarray) for x in arrays)
            return replace(checked, returned=list(arrays)) if shown else checked
        fitted.append(checked)
    return fitted


def flatten(claim: Claim, signature: Signature, out: Any) -> list[Any]:
    """The arrays of an answer, in the order of the expected outputs."""
    return leaves(list(_by_name(signature, out)) if claim.kind in ("vjp", "gradient") else out)


def _by_name(signature: Signature, out: Any) -> tuple[Any, ...]:
    """A gradient's answer as one item per entry of wrt: a dict by name, a tuple, or a bare array.

    None may stand for the forward's parameters outside wrt.
    """
    wrt, forward = signature.wrt, signature.forward
    if isinstance(out, dict):
        left = {name: item for name, item in out.items() if item is not None or name in wrt}
        return tuple(out[name] for name in wrt) if set(left) == set(wrt) else (out,)
    if not isinstance(out, (tuple, list)):
        return (out,)
    if len(out) == len(forward) != len(wrt):
        by_name = dict(zip(forward, out, strict=True))
        if all(item is None for name, item in by_name.items() if name not in wrt):
            return tuple(by_name[name] for name in wrt)
        if any(item is None for item in out):
            return tuple(out)
    if len(wrt) == 1 and len(out) != 1:
        return (out,)
    return tuple(out)


def plain(leaf: Any) -> Any:
    """An array that code kept from a run with error bounds, as the values that it would have kept."""
    return leaf.v if isinstance(leaf, Bounded) else leaf


def leaves(x: Any) -> list[Any]:
    """The leaves of an answer in the order in which JAX flattens it: dicts by key, None is nothing."""
    import jax

    return list(jax.tree_util.tree_leaves(x))


def _one(claim: Claim, name: str, leaf: Any, reference: Array) -> Array | Failure:
    shape = np.shape(reference)
    leaf = plain(leaf)
    if isinstance(leaf, (bool, int, float)):
        leaf = np.asarray(leaf)
    if not hasattr(leaf, "dtype") or not hasattr(leaf, "shape"):
        return Failure("type", f"{claim.name} returned a {type(leaf).__name__} for {name}; expected an array", name)
    array = np.array(leaf)  # a copy: the function may use its memory again
    if array.dtype.kind == "c":
        what = f"{claim.name} returned {name} as {array.dtype}"
        return Failure("dtype", f"{what}; expected real numbers: compare real and imaginary parts", name)
    if array.shape != shape:
        return Failure("shape", f"{claim.name} returned {name} with shape {array.shape}; expected {shape}", name)
    wanted = reference.dtype
    exact = array.dtype.kind in "biu" or array.dtype == wanted
    if not exact and (array.dtype.kind != "f" or array.dtype.itemsize < wanted.itemsize or wanted.itemsize < 8):
        return Failure("dtype", f"{claim.name} returned {name} as {array.dtype}; expected {wanted}", name)
    return array
