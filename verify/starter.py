"""A layer and the loss of a softmax, by hand."""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float
from verify import between, gradient, one_hot, vjp

# A document is a Python file: functions derived by hand, and decorators that say what they claim to be.


# The forward is the function whose derivative is claimed, in jax.numpy or in plain NumPy.
def layer(X, W, b):
    return jnp.tanh(W @ X + b)


# The hand-derived side is NumPy. The cotangents come first, one per output of the forward, by any name; then those of
# the forward's parameters that it needs, by the same names. It returns one array per parameter of the forward, in
# order. The annotations hold the dimensions: "n m" is a matrix, equal names are equal sizes, several sizes are tried.
@vjp(of=layer)
def layer_backward(
    dA: Float[np.ndarray, "k m"], X: Float[np.ndarray, "n m"], W: Float[np.ndarray, "k n"], b: Float[np.ndarray, "k 1"]
):
    r"""What stands between the dollars is shown in the report: $$ dZ = dA \odot (1 - \tanh^2 Z),\; dW = dZ\,X^T $$"""
    dZ = dA * (1 - np.tanh(W @ X + b) ** 2)
    return W.T @ dZ, dZ @ X.T, dZ.sum(axis=1, keepdims=True)


def cross_entropy(Z, Y):
    return jnp.mean(jnp.log(jnp.exp(Z).sum(axis=0)) - (Y * Z).sum(axis=0))


# shapes= gives the dimensions where there are no annotations, also of somebody else's functions. domains= says which
# values an input takes; without it any number is tried. wrt= names the parameters whose gradients are returned.
@gradient(
    of=cross_entropy, wrt="Z", shapes={"Z": "k m", "Y": "k m"}, domains={"Z": between(-20, 20), "Y": one_hot}
)
def cross_entropy_gradient(Z, Y):
    r"""$$ \frac{\partial J}{\partial Z} = \frac{1}{m} (\operatorname{softmax}(Z) - Y) $$"""
    P = np.exp(Z) / np.exp(Z).sum(axis=0)
    return (P - Y) / Z.shape[1]


# A formula that is known to be wrong, say a misprint, is kept with the reason; the check fails if it ever holds.
@vjp(of=layer, wrt="b", shapes={"X": "n m", "W": "k n", "b": "k 1"}, expect="refuted", because="the sum is missing")
def printed_db(dA, X, W, b):
    return dA * (1 - np.tanh(W @ X + b) ** 2)
