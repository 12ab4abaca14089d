"""Elementwise functions with their derivatives."""

import jax
import jax.numpy as jnp
import numpy as np

from tests.planted.cases import forward
from verify import between, derivative, positive


@forward(derivative, shapes={"z": "n"})
def sigmoid(z):
    return 1 / (1 + jnp.exp(-z))


@sigmoid.right
def sigmoid_prime(z):
    s = 1 / (1 + np.exp(-z))
    return s * (1 - s)


@sigmoid.right
def sigmoid_prime_by_tanh(z):
    return (1 - np.tanh(z / 2) ** 2) / 4


@sigmoid.given(order=2).right
def sigmoid_second(z):
    s = 1 / (1 + np.exp(-z))
    return s * (1 - s) * (1 - 2 * s)


@forward(derivative, shapes={"z": "n"})
def tanh(z):
    return jnp.tanh(z)


@tanh.right
def tanh_prime(z):
    return 1 / np.cosh(z) ** 2


@forward(derivative, shapes={"z": "n"})
def swish(z):
    return z * jax.nn.sigmoid(z)


@swish.right
def swish_prime(z):
    s = 1 / (1 + np.exp(-z))
    return s + z * s * (1 - s)


@forward(derivative, shapes={"z": "n"})
def softplus(z):
    return jnp.logaddexp(0.0, z)


@softplus.right
def softplus_prime(z):
    return 1 / (1 + np.exp(-z))


@forward(derivative, shapes={"z": "n"})
def gelu(z):
    return z / 2 * (1 + jnp.tanh(np.sqrt(2 / np.pi) * (z + 0.044715 * z**3)))


@gelu.right
def gelu_prime(z):
    return gelu_slope(z, np.sqrt(2 / np.pi), 0.044715)


def gelu_slope(z, c, a):
    t = np.tanh(c * (z + a * z**3))
    return (1 + t) / 2 + z / 2 * (1 - t**2) * c * (1 + 3 * a * z**2)


@forward(derivative, shapes={"z": "n", "a": ""}, domains={"a": between(0, 1)})
def leaky_relu(z, a):
    return jnp.where(z >= 0, z, a * z)


@leaky_relu.right
def leaky_relu_prime(z, a):
    return np.where(z > 0, 1.0, a)


@forward(derivative, shapes={"z": "n"})
def squared_relu(z):
    return jnp.maximum(z, 0.0) ** 2


@squared_relu.right
def squared_relu_prime(z):
    return z + np.abs(z)


@forward(derivative, shapes={"z": "n"})
def elu(z):
    return jnp.where(z > 0, z, jnp.expm1(jnp.minimum(z, 0.0)))


@elu.right
def elu_prime(z):
    return np.exp(np.minimum(z, 0))


@forward(derivative, shapes={"z": "n"})
def hard_tanh(z):
    return jnp.clip(z, -1.0, 1.0)


@hard_tanh.right
def hard_tanh_prime(z):
    return np.where(np.abs(z) <= 1, 1.0, 0.0)


@forward(derivative, shapes={"r": "n", "delta": ""}, domains={"delta": positive})
def huber(r, delta):
    return jnp.where(jnp.abs(r) <= delta, r**2 / 2, delta * (jnp.abs(r) - delta / 2))


@huber.right
def huber_prime(r, delta):
    return np.clip(r, -delta, delta)


@forward(derivative, shapes={"x": "n"})
def absolute(x):
    return jnp.abs(x)


@absolute.right
def absolute_prime(x):
    return np.where(x < 0, -1.0, 1.0)


@forward(derivative, shapes={"x": "n"})
def bell(x):
    return jnp.exp(-(x**2) / 2)


@bell.right
def bell_prime(x):
    return -x * np.exp(-(x**2) / 2)


@bell.given(order=2).right
def bell_second(x):
    return (x - 1) * (x + 1) * np.exp(-(x**2) / 2)


@forward(derivative, shapes={"x": "n", "p": ""}, domains={"x": positive, "p": between(0, 3)}, wrt="p")
def power(x, p):
    return x**p


@power.right
def power_by_exponent(x, p):
    return np.exp(p * np.log(x)) * np.log(x)


@forward(derivative, shapes={"p": "n"}, domains={"p": between(0, 1)})
def logit(p):
    return jnp.log(p) - jnp.log1p(-p)


@logit.right
def logit_prime(p):
    return 1 / (p * (1 - p))


@forward(derivative, shapes={"x": "n"}, domains={"degree": (2, 3)})
def monomial(x, degree):
    return x**degree


@monomial.right
def monomial_prime(x, degree):
    return degree * x ** (degree - 1)
