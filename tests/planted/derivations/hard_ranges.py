"""Right derivations where floating-point numbers end: saturation, overflow avoided, tiny, huge and mixed magnitudes."""

import jax
import jax.numpy as jnp
import numpy as np
from scipy import special

from tests.planted.cases import forward
from tests.planted.derivations.right_layers import affine, attention, attention_backward, softmax
from tests.planted.derivations.right_losses import cross_entropy
from tests.planted.derivations.right_matrices import product
from tests.planted.derivations.right_pointwise import sigmoid, softplus, tanh
from tests.planted.derivations.right_sequences import recurrence
from verify import Domain, between, derivative, gradient, one_hot

far = between(-600, 600)


def _mixed_scales(rng, shape):
    return rng.standard_normal(shape) * 10.0 ** rng.integers(-8, 9, shape)


mixed_scales = Domain("mixed scales", _mixed_scales, lambda x: bool(np.isfinite(x).all()))


def magnitude(exponent):
    """Numbers of about that power of ten."""
    return Domain(f"1e{exponent}", lambda rng, shape: rng.standard_normal(shape) * 10.0**exponent, lambda x: True)


@tanh.right
def one_minus_square_at_saturation(z):
    return 1 - np.tanh(z) ** 2


@tanh.given(domains={"z": far}).right
def slope_that_underflows(z):
    e = np.exp(-2 * np.abs(z))
    return 4 * e / (1 + e) ** 2


@sigmoid.given(domains={"z": between(-40, 700)}).right
def slope_by_the_small_exponential(z):
    e = np.exp(-np.abs(z))
    return e / (1 + e) ** 2


@softplus.given(domains={"z": far}).right
def sigmoid_in_two_branches(z):
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1 / (1 + e), e / (1 + e))


@softplus.given(domains={"z": far}).right
def sigmoid_from_scipy(z):
    return special.expit(z)


@cross_entropy.given(domains={"Z": far, "Y": one_hot}).right
def softmax_of_far_logits(Z, Y):
    return (softmax(Z, axis=0) - Y) / Z.shape[1]


@cross_entropy.given(domains={"Z": between(-3, 3), "Y": one_hot}).right
def through_the_probabilities(Z, Y):
    A = np.exp(Z) / np.exp(Z).sum(axis=0)
    dA = -Y / A / Z.shape[1]
    return A * (dA - (A * dA).sum(axis=0))


@cross_entropy.given(domains={"Y": one_hot}).right
def softmax_in_the_log_domain(Z, Y):
    top = Z.max(axis=0)
    return (np.exp(Z - (top + np.log(np.exp(Z - top).sum(axis=0)))) - Y) / Z.shape[1]


@product.given(domains={"X": mixed_scales, "W": mixed_scales}).right
def sums_of_mixed_scales(dY, X, W):
    return dY @ W.T, X.T @ dY


@product.given(domains={"X": mixed_scales, "W": mixed_scales}).right
def sums_of_mixed_scales_in_another_order(dY, X, W):
    return dY[:, ::-1] @ W.T[::-1], np.einsum("ij,ik->jk", X[::-1], dY[::-1])


@forward(gradient, shapes={"x": "n"}, domains={"x": magnitude(-100)})
def tiny_squares(x):
    return jnp.sum(x**2) / 2


@tiny_squares.right
def tiny_gradient(x):
    return x * 1.0


@forward(gradient, shapes={"x": "n+1"}, domains={"x": magnitude(150)})
def huge_norm(x):
    largest = jax.lax.stop_gradient(jnp.max(jnp.abs(x)))
    return largest * jnp.sqrt(jnp.sum((x / largest) ** 2))


@huge_norm.right
def huge_norm_scaled_otherwise(x):
    scaled = x * 2.0**-500
    return scaled / np.sqrt(scaled @ scaled)


@forward(derivative, shapes={"x": "n"}, domains={"x": between(1e-9, 1e-3)})
def entropy(x):
    return -x * jnp.log(x)


@entropy.right
def entropy_prime(x):
    return -np.log(x) - 1


@forward(derivative, shapes={"z": "n"})
def exact_gelu(z):
    return jax.nn.gelu(z, approximate=False)


@exact_gelu.right
def exact_gelu_prime(z):
    return special.ndtr(z) + z * np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)


@forward(derivative, shapes={"x": "n"}, domains={"x": between(0.1, 50)})
def log_gamma(x):
    return jax.scipy.special.gammaln(x)


@log_gamma.right
def digamma(x):
    return special.digamma(x)


@affine.given(shapes={"X": "400 2", "W": "3 400", "b": "3 1"}).right
def width_400(dY, X, W):
    return W.T @ dY, dY @ X.T, dY.sum(axis=1, keepdims=True)


@affine.given(shapes={"X": "2 400", "W": "3 2", "b": "3 1"}).right
def batch_of_400_from_the_end(dY, X, W):
    dW = np.cumsum(dY[:, None, ::-1] * X[:, ::-1], axis=2)[:, :, -1]
    return W.T @ dY, dW, np.cumsum(dY[:, ::-1], axis=1)[:, -1:]


@cross_entropy.given(shapes={"Z": "400 2", "Y": "400 2"}, domains={"Y": one_hot}).right
def softmax_over_400_classes(Z, Y):
    E = np.exp(Z)
    return (E / np.cumsum(E, axis=0)[-1] - Y) / 2


@attention.given(domains={"Q": between(-20, 20), "K": between(-20, 20)}).right
def attention_that_is_nearly_hard(dY, Q, K, V):
    return attention_backward(dY, Q, K, V)


@recurrence.given(shapes={"x": "60", "a": ""}).right
def recurrence_of_sixty_steps(dh, x, a):
    powers = a ** np.maximum(np.arange(60)[:, None] - np.arange(60), 0) * np.tri(60)
    h = powers @ x
    dx = powers.T @ dh
    return dx, dx[1:] @ h[:-1]


@forward(gradient, shapes={"x": "30"}, domains={"x": between(0.2, 3)})
def product_of_thirty(x):
    return jnp.prod(x)


@product_of_thirty.right
def product_of_thirty_by_logarithms(x):
    return np.exp(np.log(x).sum() - np.log(x))
