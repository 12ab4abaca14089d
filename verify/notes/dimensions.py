"""Statements about dimensions: a function's answer, whatever its entries, has the stated shape, for all sizes."""

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any

import jax.numpy as jnp
import numpy as np

Function = Callable[..., Any]

FEW = 24  # examples of a statement about dimensions: the entries don't matter


def stated(gives: str, shapes: Mapping[str, str]) -> Function:
    """Ones of the stated dimensions, such as "n 1", as a function of arrays of the given ones."""
    sizes = {size: (name, axis) for name, text in shapes.items() for axis, size in enumerate(text.split())}

    def of_those_dimensions(**arrays: Any) -> Any:
        places = [(size, sizes.get(size)) for size in gives.split()]
        return jnp.ones([int(size) if at is None else arrays[at[0]].shape[at[1]] for size, at in places])

    parameters = [inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY) for name in shapes]
    of_those_dimensions.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return of_those_dimensions


def shape_of(function: Function) -> Function:
    """The function with ones for the entries of its answer."""

    @functools.wraps(function)
    def ones(*args: Any, **options: Any) -> Any:
        return np.ones_like(function(*args, **options))

    return ones
