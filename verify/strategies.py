"""Hypothesis strategies that users supply, drawn from by seed. Hypothesis is imported when one is met."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from verify.claim import SetupError


def is_strategy(x: Any) -> bool:
    """Whether something is a Hypothesis strategy."""
    return hasattr(x, "example") and hasattr(x, "map")


def sample(strategy: Any, count: int, seed: int) -> list[Any]:
    """`count` values of a Hypothesis strategy, determined by the seed."""
    from hypothesis import HealthCheck, Phase, given, settings
    from hypothesis import seed as with_seed
    from hypothesis.errors import Unsatisfiable

    drawn: list[Any] = []

    @with_seed(seed)
    @settings(
        max_examples=count, database=None, phases=[Phase.generate], deadline=None, derandomize=False,
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def collect(value: Any) -> None:
        drawn.append(value)

    try:
        with warnings.catch_warnings(), seed_alone():
            warnings.simplefilter("ignore")
            collect()
    except Unsatisfiable:
        return drawn
    except SetupError:
        raise
    except Exception as error:
        raise SetupError(f"the input strategy failed with {type(error).__name__}: {error}") from None
    return drawn


@contextmanager
def seed_alone() -> Iterator[None]:
    """Hypothesis draws by seed alone, not also from the constants that it finds in the modules that are loaded by now.

    What it is switched off by is not public: a version without it draws as it likes, by seed and by modules.
    """
    from hypothesis.internal.conjecture import providers

    if not all(hasattr(providers, name) for name in ("_get_local_constants", "Constants", "CONSTANTS_CACHE")):
        yield
        return
    original, nothing = providers._get_local_constants, vars(providers)["Constants"]()
    providers.CONSTANTS_CACHE.cache.clear()
    providers._get_local_constants = lambda: nothing
    try:
        yield
    finally:
        providers._get_local_constants = original
        providers.CONSTANTS_CACHE.cache.clear()


def array_strategy(domain: Any, dtype: np.dtype[Any], shape: tuple[int, ...]) -> Any:
    """A strategy for arrays: of entries that a strategy draws, or the one that a function of the shape returns."""
    from hypothesis import strategies as st
    from hypothesis.extra import numpy as hnp

    if isinstance(domain, st.SearchStrategy):
        arrays = hnp.arrays(dtype, shape, elements=domain, fill=st.nothing())
    else:
        arrays = domain(shape)
    def fitted(x: Any) -> Any:
        array = np.asarray(x, dtype=dtype)
        if array.shape != shape:
            raise SetupError(f"a domain gave an array of shape {array.shape}; expected {shape}")
        return array[()]

    return arrays.map(fitted)
