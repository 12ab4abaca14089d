"""Functions that no protocol lets another array type take over, replaced for a while.

Code that fills an array, `out = np.zeros(n); out[k] = x`, makes a plain one: `np.zeros` has no operand whose type could
decide, and where x is of another array type, the assignment fails. `math.exp(x)` asks x for a plain number. Under
`creating`, the calls that the code under test makes, in this thread, give that type. Calls from libraries and from this
package's own machinery get the originals.
"""

import math
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
from scipy import special

Maker = Callable[..., Any]

_LIBRARIES = frozenset({"numpy", "jax", "jaxlib", "scipy", "hypothesis", "jaxtyping", "concurrent"})
_OURS = ("verify.numbers", "verify.numpy_on_jax", "verify.reference", "verify.program", "verify.bounds", "verify.hand")


_ALIKE = "exp expm1 log log1p log2 log10 sqrt sin cos tan sinh cosh tanh fabs"
_MATH: dict[str, Any] = {
    **{name: getattr(np, name) for name in _ALIKE.split()},
    "asin": np.arcsin, "acos": np.arccos, "atan": np.arctan, "atan2": np.arctan2, "asinh": np.arcsinh,
    "acosh": np.arccosh, "atanh": np.arctanh, "pow": np.power, "erf": special.erf, "erfc": special.erfc,
    "lgamma": special.gammaln,
}


@contextmanager
def creating(kind: type, makers: Mapping[str, Maker]) -> Iterator[None]:
    """Replace functions of NumPy by name, and those of `math` where they meet an array of the kind.

    A maker gets the original first, then the call's arguments.
    """
    thread = threading.get_ident()
    names = [*((np, name) for name in makers), *((math, name) for name in _MATH)]
    originals = [(module, name, getattr(module, name)) for module, name in names]
    for module, name, original in originals:
        make = makers[name] if module is np else _of_arrays(kind, _MATH[name])
        setattr(module, name, _replacement(original, make, thread))
    try:
        yield
    finally:
        for module, name, original in originals:
            setattr(module, name, original)


def _of_arrays(kind: type, twin: Maker) -> Maker:
    """A function of `math` that leaves arrays of a kind to its twin."""
    return lambda original, *args: twin(*args) if any(isinstance(x, kind) for x in args) else original(*args)


def _replacement(original: Maker, make: Maker, thread: int) -> Maker:
    def replaced(*args: Any, **options: Any) -> Any:
        caller = sys._getframe(1).f_globals.get("__name__", "")
        if threading.get_ident() != thread or caller.split(".")[0] in _LIBRARIES or caller.startswith(_OURS):
            return original(*args, **options)
        return make(original, *args, **options)

    return replaced
