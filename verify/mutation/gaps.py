"""Why wrong versions survive: what the inputs that were drawn have in common, and the check therefore can't see."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from verify import inputs
from verify.signatures import Signature

LOOSE = 1e-6  # of the largest entry: a bound beyond hides mistakes


def gaps(signature: Signature, drawn: Sequence[Any]) -> list[str]:
    """What is missing in the inputs of some judged examples (`teeth.Drawn`), in sentences."""
    return [*_of_values(signature, drawn), *_of_shapes(drawn), *_of_bounds(drawn)]


def _of_values(signature: Signature, drawn: Sequence[Any]) -> Iterator[str]:
    for name in drawn[0].example:
        arrays = [inputs.numbers(one.example.get(name)) for one in drawn]
        kinds = {x.dtype.kind for found in arrays for x in found}
        if kinds != {"f"}:
            continue
        flat = [np.concatenate([np.ravel(x) for x in found]) if found else np.zeros(0) for found in arrays]
        together = np.concatenate(flat)
        if not together.size:
            continue
        cotangent = name in signature.leading
        if (together == 1).all() and max(map(np.size, flat)) > 1:
            yield f"every entry of {name} is 1: a mask that keeps all units" if not cotangent else _equal(name, 1)
        elif (together == together[0]).all():
            yield f"{name} is {together[0]:g} in every example"
        elif all((x == x[:1]).all() for x in flat if x.size) and max(map(np.size, flat)) > 1:
            yield _equal(name, None) if cotangent else f"all entries of {name} are equal in every example"


def _equal(name: str, value: float | None) -> str:
    what = "equal" if value is None else f"{value:g}"
    return f"all entries of the cotangent {name} are {what} in every example: a sum in place of a derivative passes"


def _of_shapes(drawn: Sequence[Any]) -> Iterator[str]:
    sizes = [one.sizes for one in drawn if one.sizes]
    for name in sizes[0] if sizes else ():
        if all(found.get(name) == 1 for found in sizes):
            yield f"the dimension {name} is 1 in every example"
    shapes = [
        x.shape for one in drawn for found in one.example.values() for x in inputs.numbers(found) if x.ndim >= 2
    ]
    if shapes and all(len(set(shape)) == 1 for shape in shapes):
        yield "every matrix is square: a transpose fits everywhere"
    if shapes and all(1 in shape for shape in shapes):
        yield "every matrix has one row or one column"


def _of_bounds(drawn: Sequence[Any]) -> Iterator[str]:
    shares = []
    for one in drawn:
        size = max((float(np.max(np.abs(x), initial=0.0)) for x in one.right), default=0.0)
        reach = max((float(np.max(x, initial=0.0)) for x in one.reach), default=0.0)
        if size > 0 and np.isfinite(size) and np.isfinite(reach):
            shares.append(reach / size)
    if shares and float(np.median(shares)) > LOOSE:
        yield f"the bound allows {float(np.median(shares)):.0e} of the largest entry on half of the examples"
