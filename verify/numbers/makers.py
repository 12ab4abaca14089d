"""Arrays that code makes and then fills, as arrays of a type of ours: as the code under test sees them."""

from collections.abc import Callable
from typing import Any

import numpy as np

from verify.numbers.creation import Maker, Replacements
from verify.numbers.protocols import ArrayLike
from verify.numbers.running_error import Bounded


def replacing(kind: type[ArrayLike], wrap: Callable[[Any], Any]) -> Replacements:
    """What makes arrays of a kind where NumPy would make plain ones of floats; `wrap` makes one of a plain one."""

    def made(original: Maker, *args: Any, **options: Any) -> Any:
        plain = original(*args, **options)
        return wrap(plain) if plain.dtype.kind == "f" else plain

    def made_like(original: Maker, like: Any, *args: Any, **options: Any) -> Any:
        plain = original(like, *args, **options)
        return wrap(plain) if isinstance(plain, np.ndarray) and plain.dtype.kind == "f" else plain

    def holds(x: Any) -> bool:
        return isinstance(x, kind) or (isinstance(x, (list, tuple)) and any(map(holds, x)))

    def stacked(x: Any) -> Any:
        if isinstance(x, (list, tuple)):
            return np.stack([stacked(item) for item in x])
        return kind.lift(x)

    def converted(original: Maker, x: Any, dtype: Any = None, **options: Any) -> Any:
        """`np.array` and its like: of what holds an array of the kind, one; of plain data, a plain array."""
        if not holds(x):
            return original(x, dtype=dtype, **options)
        own: Any = x if isinstance(x, kind) else stacked(x)
        if dtype is not None and np.dtype(dtype) != own.dtype:
            return own.astype(dtype)
        return own.copy() if original.__name__ == "array" else own

    return Replacements(kind, {
        **dict.fromkeys(("zeros", "ones", "empty", "full", "eye", "identity", "arange", "linspace"), made),
        **dict.fromkeys(("zeros_like", "ones_like", "empty_like", "full_like"), made_like),
        **dict.fromkeys(("array", "asarray", "asanyarray", "ascontiguousarray"), converted),
    })


BOUNDED = replacing(Bounded, Bounded)
