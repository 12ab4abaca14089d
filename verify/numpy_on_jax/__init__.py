"""Plain NumPy code traced by JAX, through the NumPy protocols: each NumPy function becomes its `jax.numpy` twin.

`dispatched` lets NumPy functions take JAX's own tracers, for code that mixes both libraries; `lift` wraps tracers in
arrays that can be written to, as NumPy's can, so that `out[k] = x` and `x += y` work, through views as well.
"""

from verify.numpy_on_jax.tracing import dispatched, lift
from verify.numpy_on_jax.twins import NotTraceable

__all__ = ["NotTraceable", "dispatched", "lift"]
