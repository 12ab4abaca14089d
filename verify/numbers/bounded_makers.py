"""Arrays that code makes and then fills, as `Bounded` ones: as the code under test sees them."""

from typing import Any

import numpy as np

from verify.numbers.creation import Maker, Replacements
from verify.numbers.running_error import Bounded, lift


def _made(original: Maker, *args: Any, **options: Any) -> Any:
    made = original(*args, **options)
    return Bounded(made) if made.dtype.kind == "f" else made


def _made_like(original: Maker, like: Any, *args: Any, **options: Any) -> Any:
    made = original(like, *args, **options)
    return Bounded(made) if isinstance(made, np.ndarray) and made.dtype.kind == "f" else made


def _converted(original: Maker, x: Any, dtype: Any = None, **options: Any) -> Any:
    """`np.array` and its like: of what holds a `Bounded` array, one; of plain data, a plain array."""
    if not _holds(x):
        return original(x, dtype=dtype, **options)
    made = x if isinstance(x, Bounded) else _stacked(x)
    if dtype is not None and np.dtype(dtype) != made.dtype:
        return made.astype(dtype)
    return made.copy() if original.__name__ == "array" else made


def _holds(x: Any) -> bool:
    return isinstance(x, Bounded) or (isinstance(x, (list, tuple)) and any(map(_holds, x)))


def _stacked(x: Any) -> Bounded:
    if isinstance(x, (list, tuple)):
        parts = [_stacked(item) for item in x]
        return Bounded(np.stack([part.v for part in parts]), np.stack([part.e for part in parts]))
    return lift(x)


_MAKERS: dict[str, Maker] = {
    **dict.fromkeys(("zeros", "ones", "empty", "full", "eye", "identity", "arange", "linspace"), _made),
    **dict.fromkeys(("zeros_like", "ones_like", "empty_like", "full_like"), _made_like),
    **dict.fromkeys(("array", "asarray", "asanyarray", "ascontiguousarray"), _converted),
}
BOUNDED = Replacements(Bounded, _MAKERS)
