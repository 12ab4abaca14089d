"""2-D convolution, as the field says it (a cross-correlation), of stride 1 and without padding.

Ian Goodfellow, Yoshua Bengio and Aaron Courville, "Deep Learning", 2016, section 9.5.
"""

import numpy as np
from jax import Array, lax
from jaxtyping import Float

from verify import vjp


def convolution(X: Array, K: Array) -> Array:
    """Images (examples, channels, height, width) by kernels (features, channels, height, width)."""
    return lax.conv(X, K, window_strides=(1, 1), padding="VALID")


@vjp(of=convolution, section="Convolution")
def convolution_backward(
    dY: Float[np.ndarray, "m f p q"], X: Float[np.ndarray, "m c p+2 q+2"], K: Float[np.ndarray, "f c 3 3"]
) -> tuple[np.ndarray, np.ndarray]:
    r"""$$ dX_{n c, i+a, j+b} \mathrel{+}= \sum_f dY_{n f i j}\, K_{f c a b}, \quad
    dK_{f c a b} = \sum_{n i j} dY_{n f i j}\, X_{n c, i+a, j+b} $$"""
    dX, dK = np.zeros_like(X), np.zeros_like(K)
    p, q = dY.shape[2:]
    for a, b in np.ndindex(*K.shape[2:]):
        dX[:, :, a : a + p, b : b + q] += np.einsum("nfij,fc->ncij", dY, K[:, :, a, b])
        dK[:, :, a, b] = np.einsum("nfij,ncij->fc", dY, X[:, :, a : a + p, b : b + q])
    return dX, dK
