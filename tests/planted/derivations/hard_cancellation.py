"""Right derivations that lose digits, meet kinks, or are zero."""

import math

import jax
import jax.numpy as jnp
import numpy as np

from tests.planted.cases import forward
from tests.planted.derivations.hard_ranges import exact_gelu
from tests.planted.derivations.right_layers import layer_norm, normalized_backward
from tests.planted.derivations.right_losses import hinge, lasso
from tests.planted.derivations.right_matrices import distances, variance
from tests.planted.derivations.right_pointwise import absolute, hard_tanh, leaky_relu, logit, sigmoid
from tests.planted.derivations.right_sequences import largest
from verify import Domain, between, derivative, distinct, gradient


def _nearly_singular(rng, shape):
    x = rng.standard_normal((shape[0], 1))
    return x @ x.T + 1e-6 * np.diag(rng.uniform(1, 2, shape[0]))


def _is_positive_definite(A):
    return bool((A == A.T).all() and (np.linalg.eigvalsh(A) > 0).all())


small_integers = Domain("small integers", lambda rng, shape: 1.0 * rng.integers(-2, 3, shape), lambda x: True)
nearly_singular = Domain("nearly singular", _nearly_singular, _is_positive_definite)


def _nearly_constant(rng, shape):
    return rng.standard_normal(shape[-1:]) + rng.choice([0.0, 1e-6, 1e-3]) * rng.standard_normal(shape)


nearly_constant = Domain("nearly constant columns", _nearly_constant, lambda X: bool((np.ptp(X, axis=0) < 0.1).all()))


@variance.given(domains={"X": between(100, 101)}).right
def moments_far_from_zero(X):
    return (X**2).mean(axis=1) - X.mean(axis=1) ** 2


@distances.given(domains={"X": between(1000, 1001)}).right
def distances_pair_by_pair(X):
    return 2 * (X[:, :, None] - X[:, None, :]).sum(axis=2)


@layer_norm.given(domains={"X": nearly_constant}).right
def variance_beside_eps(dY, X, gamma):
    return normalized_backward(dY, X, gamma, axis=0)


@forward(derivative, shapes={"x": "n"}, domains={"x": between(0, 100)})
def excess(x):
    return jnp.sqrt(x**2 + 1) - x


@excess.right
def excess_prime(x):
    return x / np.sqrt(x**2 + 1) - 1


@excess.right
def excess_prime_without_cancellation(x):
    r = np.sqrt(x**2 + 1)
    return -1 / (r * (r + x))


@sigmoid.right
def slope_number_by_number(z):
    s = [1 / (1 + math.exp(-x)) for x in z]
    return np.array([a * (1 - a) for a in s])


@exact_gelu.right
def distribution_number_by_number(z):
    return np.array([(1 + math.erf(x / 2**0.5)) / 2 + x * math.exp(-x * x / 2) / (2 * math.pi) ** 0.5 for x in z])


@forward(derivative, shapes={"x": "n"}, domains={"x": between(-1e-4, 1e-4)})
def growth(x):
    return jnp.log1p(x) * jnp.expm1(x)


@growth.right
def growth_prime_naively(x):
    return (np.exp(x) - 1) / (1 + x) + np.log(1 + x) * np.exp(x)


@forward(derivative, shapes={"x": "n"}, domains={"x": between(0.9, 1.1)})
def sixth_power(x):
    return (x - 1) ** 6 / 6


@sixth_power.right
def sixth_power_expanded(x):
    return ((((x - 5) * x + 10) * x - 10) * x + 5) * x - 1


@logit.given(domains={"p": between(1e-9, 1 - 1e-9)}).right
def logit_by_two_fractions(p):
    return 1 / p + 1 / (1 - p)


@forward(gradient, shapes={"x": "n+1"})
def third_moment(x):
    return jnp.mean((x - x.mean()) ** 3)


@third_moment.right
def third_moment_gradient_by_raw_moments(x):
    mu, second = x.mean(), (x**2).mean()
    return 3 * (x**2 - 2 * mu * x + 2 * mu**2 - second) / x.size


@forward(gradient, shapes={"A": "n n"}, domains={"A": nearly_singular})
def log_determinant_by_cholesky(A):
    return 2 * jnp.sum(jnp.log(jnp.diagonal(jnp.linalg.cholesky((A + A.T) / 2))))


@log_determinant_by_cholesky.right
def inverse_of_a_nearly_singular_matrix(A):
    return np.linalg.inv(A)


@forward(gradient, shapes=dict.fromkeys("abcd", ""), domains=dict.fromkeys("abcd", between(1, 1.01)))
def two_by_two(a, b, c, d):
    return jnp.log(jnp.abs(a * d - b * c))


@two_by_two.right
def two_by_two_by_cofactors(a, b, c, d):
    det = a * d - b * c
    return d / det, -c / det, -b / det, a / det


@forward(gradient, shapes={"x": "n"}, domains={"x": distinct})
def angle_with_ones(x):
    return jnp.sum(x) / jnp.sqrt(jnp.sum(x**2) * x.shape[0])


@angle_with_ones.right
def angle_with_ones_gradient(x):
    return (1 / np.sqrt(x @ x) - x * x.sum() / (x @ x) ** 1.5) / np.sqrt(x.size)


@forward(gradient, shapes={"Z": "k m"})
def total_probability(Z):
    return jnp.sum(jax.nn.softmax(Z, axis=0))


@total_probability.right
def total_probability_is_constant(Z):
    return np.zeros_like(Z)


@forward(gradient, shapes={"X": "d m"})
def sum_of_deviations(X):
    return jnp.sum(X - X.mean(axis=1, keepdims=True))


@sum_of_deviations.right
def deviations_sum_to_zero(X):
    return np.zeros_like(X)


@forward(derivative, shapes={"z": "n"})
def relu(z):
    return jnp.maximum(z, 0.0)


@relu.right
def zero_at_the_kink(z):
    return (z > 0) * 1.0


@relu.right
def one_at_the_kink(z):
    return (z >= 0) * 1.0


@relu.given(kink="autodiff").right
def half_at_the_kink(z):
    return np.heaviside(z, 0.5)


@absolute.right
def zero_at_the_origin(x):
    return np.sign(x)


@leaky_relu.right
def mean_slope_at_the_kink(z, a):
    return (1 + a) / 2 + (1 - a) / 2 * np.sign(z)


@hard_tanh.right
def half_at_both_kinks(z):
    return (np.sign(z + 1) - np.sign(z - 1)) / 2


@hinge.given(domains={"z": small_integers, "y": small_integers}).right
def margins_of_exactly_one(z, y):
    return np.where(y * z <= 1, -y, 0.0)


@lasso.right
def subgradient_at_zero_weights(W, lam):
    return lam * np.where(W > 0, 1.0, -1.0)


@largest.right
def shared_among_ties(x):
    top = x == x.max()
    return top / top.sum()
