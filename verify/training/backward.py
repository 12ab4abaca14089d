"""A user's own backward pass, from a Python file."""

import importlib.util
import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import Any

from manual_bp.dropout import Dropout
from manual_bp.losses import Loss
from manual_bp.notation import Gradients, Layer, Matrix, Trace
from manual_bp.training import Backward


class BackwardError(ValueError):
    """A function that isn't there, or a file that can't be run; the message says which and why."""


def function_named(name: str) -> Backward:
    """The function of FILE.py:FUNCTION; it is called as `manual_bp.backprop_a` is, and returns `Gradients`.

    Its arguments can't be changed in place: the training, and what it is compared with, go on with them.
    """
    file, colon, function = name.rpartition(":")
    if not colon or not file.endswith(".py") or not function.isidentifier():
        raise BackwardError(f"--backward is {name!r}; expected FILE.py:FUNCTION, as derivation.py:backward")
    path = Path(file)
    if not path.is_file():
        raise BackwardError(f"--backward {name}: there is no file {path}")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    folder = str(path.resolve().parent)
    if folder not in sys.path:
        sys.path.insert(0, folder)  # as for `python FILE.py`
    try:
        if path.stem not in sys.modules:
            sys.modules[path.stem] = module
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        raise BackwardError(f"--backward {name}: {path} can't be run: {type(error).__name__}: {error}") from error
    found = getattr(module, function, None)
    if not callable(found):
        raise BackwardError(f"--backward {name}: {path} has no function {function}")
    return _guarded(found)


def _guarded(function: Backward) -> Backward:
    @wraps(function)
    def backward(
        trace: Trace, layers: Sequence[Layer], Y: Matrix, loss: Loss, dropout: Sequence[Dropout | None] | None = None,
        *, stable: bool = False,
    ) -> Gradients:
        guarded = Trace(tuple(map(_read_only, trace.Z)), tuple(map(_read_only, trace.A)))
        own = [replace(layer, W=_read_only(layer.W), b=_read_only(layer.b)) for layer in layers]
        drops = None if dropout is None else [drop and _read_only_mask(drop) for drop in dropout]
        found = function(guarded, own, _read_only(Y), loss, drops, stable=stable)
        if not (hasattr(found, "dW") and hasattr(found, "db")) or not len(found.dW) == len(found.db) == len(layers):
            raise TypeError(f"it returned {_described(found)}; expected manual_bp.Gradients of {len(layers)} layers")
        return found

    return backward


def _read_only_mask(drop: Dropout) -> Dropout:
    own = replace(drop)  # which copies the mask
    own.D.flags.writeable = False
    return own


def _read_only(x: Any) -> Any:
    view = x.view()
    view.flags.writeable = False
    return view


def _described(found: Any) -> str:
    if hasattr(found, "dW") and hasattr(found, "db"):
        return f"Gradients with {len(found.dW)} dW and {len(found.db)} db"
    return f"what is {type(found).__name__}"


def hint(error: BaseException) -> str:
    """What a user may do about an error that this file makes more likely, or an empty string."""
    if isinstance(error, ValueError) and "read-only" in str(error):
        return "; its arguments can't be changed in place, so copy what it works on"
    return ""
