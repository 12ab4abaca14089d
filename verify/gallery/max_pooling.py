"""Max pooling over windows of 2 by 2 that do not overlap.

Dominik Scherer, Andreas Müller and Sven Behnke, "Evaluation of Pooling Operations in Convolutional Architectures for
Object Recognition", 2010. Where a window has several largest entries there is no derivative; the first one gets it all.
"""

import numpy as np
from jax import Array
from jaxtyping import Float

from verify import vjp


def max_pooling(X: Array) -> Array:
    """The largest entry of each window of images (examples, channels, height, width)."""
    m, c, h, w = X.shape
    return X.reshape(m, c, h // 2, 2, w // 2, 2).max(axis=(3, 5))


@vjp(of=max_pooling, section="Max pooling")
def max_pooling_backward(dY: Float[np.ndarray, "m c p q"], X: Float[np.ndarray, "m c 2*p 2*q"]) -> np.ndarray:
    r"""$$ dX_{n c, 2i+a, 2j+b} = dY_{n c i j}\, [(a, b) = \arg\max_{a', b'} X_{n c, 2i+a', 2j+b'}] $$"""
    m, c, p, q = dY.shape
    windows = X.reshape(m, c, p, 2, q, 2).swapaxes(3, 4).reshape(m, c, p, q, 4)
    first = np.arange(4) == windows.argmax(axis=-1)[..., None]
    return (first * dY[..., None]).reshape(m, c, p, q, 2, 2).swapaxes(3, 4).reshape(X.shape)
