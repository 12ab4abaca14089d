"""NumPy's array-making functions, replaced for a while: `np.zeros(...)` has no operand whose type could decide.

Code that fills an array, `out = np.zeros(n); out[k] = x`, makes a plain one; where x is of another array type, the
assignment fails. Under `creating`, the calls that the code under test makes, in this thread, give that type. Calls from
libraries and from this package's own machinery get NumPy's.
"""

import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

Maker = Callable[..., Any]

_LIBRARIES = frozenset({"numpy", "jax", "jaxlib", "scipy", "hypothesis", "jaxtyping", "concurrent"})
_OURS = ("verify.numbers", "verify.numpy_on_jax", "verify.reference", "verify.program", "verify.bounds", "verify.hand")


@contextmanager
def creating(makers: Mapping[str, Maker]) -> Iterator[None]:
    """Replace functions of NumPy by name; a maker gets the original first, then the call's arguments."""
    originals = {name: getattr(np, name) for name in makers}
    thread = threading.get_ident()
    for name, make in makers.items():
        setattr(np, name, _replacement(originals[name], make, thread))
    try:
        yield
    finally:
        for name, original in originals.items():
            setattr(np, name, original)


def _replacement(original: Maker, make: Maker, thread: int) -> Maker:
    def replaced(*args: Any, **options: Any) -> Any:
        caller = sys._getframe(1).f_globals.get("__name__", "")
        if threading.get_ident() != thread or caller.split(".")[0] in _LIBRARIES or caller.startswith(_OURS):
            return original(*args, **options)
        return make(original, *args, **options)

    return replaced
