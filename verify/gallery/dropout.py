"""Dropout with a given mask, scaled in training ("inverted").

Nitish Srivastava, Geoffrey Hinton, Alex Krizhevsky, Ilya Sutskever and Ruslan Salakhutdinov, "Dropout: A Simple Way to
Prevent Neural Networks from Overfitting", 2014.
"""

import numpy as np
from jax import Array
from jaxtyping import Float

from verify import keep_probability, mask, vjp


def dropout(X: Array, D: Array, p: Array) -> Array:
    """X where the mask D is 1, over the probability p that it is."""
    return X * D / p


@vjp(of=dropout, section="Dropout", domains={"D": mask, "p": keep_probability})
def dropout_backward(
    dY: Float[np.ndarray, "m d"], X: Float[np.ndarray, "m d"], D: Float[np.ndarray, "m d"], p: Float[np.ndarray, ""]
) -> np.ndarray:
    r"""$$ dX = \frac{dY \odot D}{p} $$"""
    return dY * D / p
