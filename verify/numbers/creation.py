"""Functions that no protocol lets another array type take over, replaced for a while in the code under test.

Code that fills an array, `out = np.zeros(n); out[k] = x`, makes a plain one: `np.zeros` has no operand whose type could
decide, and where x is of another array type, the assignment fails. `math.exp(x)` asks x for a plain number. Under
`creating`, the modules of the code under test see other functions by these names, through `np` and `math` and by
themselves. NumPy itself is not touched: compiled code takes what `np.empty` gives for an array's memory.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import numpy as np
from scipy import special

from verify.calls import scopes

Maker = Callable[..., Any]

_ALIKE = "exp expm1 log log1p log2 log10 sqrt sin cos tan sinh cosh tanh fabs"
_MATH: dict[str, Any] = {
    **{name: getattr(np, name) for name in _ALIKE.split()},
    "asin": np.arcsin, "acos": np.arccos, "atan": np.arctan, "atan2": np.arctan2, "asinh": np.arcsinh,
    "acosh": np.arccosh, "atanh": np.arctanh, "pow": np.power, "erf": special.erf, "erfc": special.erfc,
    "lgamma": special.gammaln,
}


class Replacements:
    """What the code under test sees in place of some functions of NumPy and `math`.

    Parameters
    ----------
    kind : the array type, which functions of `math` leave to NumPy's
    makers : by the name of a function of NumPy, one that gets the original first, then the call's arguments
    """

    def __init__(self, kind: type, makers: Mapping[str, Maker]) -> None:
        in_numpy = {name: _bound(getattr(np, name), make) for name, make in makers.items()}
        in_math = {name: _bound(getattr(math, name), _of_arrays(kind, twin)) for name, twin in _MATH.items()}
        self._modules = {id(np): _Like(np, in_numpy), id(math): _Like(math, in_math)}
        self._functions = {id(getattr(np, name)): new for name, new in in_numpy.items()}
        self._functions |= {id(getattr(math, name)): new for name, new in in_math.items()}
        self._plans: dict[int, tuple[Any, list[tuple[dict[str, Any], str, Any]]]] = {}

    @contextmanager
    def creating(self, function: Any) -> Iterator[None]:
        """Replace them in the modules of a function and of those that it calls."""
        originals = [(scope, name, scope[name]) for scope, name, _ in self._plan(function)]
        try:
            for scope, name, new in self._plan(function):
                scope[name] = new
            yield
        finally:
            for scope, name, original in originals:
                scope[name] = original

    def _plan(self, function: Any) -> list[tuple[dict[str, Any], str, Any]]:
        known = self._plans.get(id(function))
        if known is None:
            found = [
                (scope, name, self._modules.get(id(value)) or self._functions[id(value)])
                for scope in scopes(function)
                for name, value in scope.items()
                if id(value) in self._modules or id(value) in self._functions
            ]
            # The function is kept, so that its id stays its own.
            known = self._plans[id(function)] = (function, found)
        return known[1]


class _Like(ModuleType):
    """A module with some other functions in it."""

    def __init__(self, module: ModuleType, others: Mapping[str, Any]) -> None:
        super().__init__(module.__name__)
        self._module = module
        vars(self).update(others)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)


def _bound(original: Maker, make: Maker) -> Maker:
    return lambda *args, **options: make(original, *args, **options)


def _of_arrays(kind: type, twin: Maker) -> Maker:
    """A function of `math` that leaves arrays of a kind to its twin."""
    return lambda original, *args: twin(*args) if any(isinstance(x, kind) for x in args) else original(*args)
