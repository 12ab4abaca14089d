"""Arithmetic: differences of near-equal numbers, small divisors, products of many factors."""

import jax.numpy as jnp
import numpy as np

from benchmarks.cases import Family
from benchmarks.draws import hard, near, ordinary, positive, spread


def cube_of_difference(a, b):
    return (a - b) ** 3


def cube_of_difference_backward(dY, a, b):
    """Expanded: a^2 - 2ab + b^2 cancels twice."""
    d = 3 * dY * (a * a - 2 * a * b + b * b)
    return d, -d


def near_inputs(rng, n):
    a, b = near(rng, (n,))
    return {"a": a, "b": b}


def difference_of_squares(a, b):
    return a * a - b * b


def difference_of_squares_backward(dY, a, b):
    s, d = a + b, a - b
    return dY * (s + d), dY * (d - s)


def reciprocal_difference(a, b):
    return 1 / a - 1 / b


def reciprocal_difference_backward(dY, a, b):
    return -dY / a / a, dY / b**2


def quotient(a, b):
    return a / b


def quotient_backward(dY, a, b):
    q = a / b
    return dY / b, -dY * q / b


def quotient_inputs(rng, n):
    return {"a": spread(rng, (n,), 50), "b": spread(rng, (n,), 60)}


def divide_by_difference(a, b, c):
    return c / (a - b)


def divide_by_difference_backward(dY, a, b, c):
    r = 1 / (a - b)
    d = dY * c * r * r
    return -d, d, dY * r


def divide_by_difference_inputs(rng, n):
    a, b = near(rng, (n,))
    b = np.where(a == b, 2 * a, b)
    return {"a": a, "b": b, "c": hard(rng, (n,), 10)}


def product(x):
    return jnp.prod(x)


def product_backward(dY, x):
    """Products of what stands left and right of each factor: no division."""
    left = np.concatenate([np.ones(1), np.cumprod(x[:-1])])
    right = np.concatenate([np.cumprod(x[:0:-1])[::-1], np.ones(1)])
    return dY * left * right


def product_inputs(rng, n):
    return {"x": hard(rng, (n,), 4)}


def far_product_inputs(rng, n):
    """Factors whose partial products may leave the range of float64."""
    return {"x": spread(rng, (n,), 130)}


def mean_product(x):
    """Geometric mean."""
    return jnp.exp(jnp.mean(jnp.log(x)))


def mean_product_backward(dY, x):
    return dY * np.prod(x ** (1 / x.size)) / (x.size * x)


def positive_inputs(rng, n):
    return {"x": positive(rng, (n,), 100)}


def harmonic_mean(x):
    return x.size / jnp.sum(1 / x)


def harmonic_mean_backward(dY, x):
    h = x.size / (1 / x).sum()
    return dY * (h / x) ** 2 / x.size


def power(x, p):
    return x**p


def power_backward(dY, x, p):
    return dY * p * x ** (p - 1), dY * x**p * np.log(x)


def power_inputs(rng, n):
    return {"x": positive(rng, (n,), 20), "p": rng.uniform(-5, 5, n)}


def polynomial(x):
    """(x - 1)^7 expanded: rounding dominates near 1."""
    value = 0.0
    for c in (1.0, -7.0, 21.0, -35.0, 35.0, -21.0, 7.0, -1.0):
        value = value * x + c
    return value


def polynomial_backward(dY, x):
    return 7 * dY * (x - 1) ** 6


def polynomial_inputs(rng, n):
    return {"x": 1 + spread(rng, (n,), 1) * 10.0 ** rng.uniform(-8, 0)}


def hypotenuse(a, b):
    return jnp.sqrt(a * a + b * b)


def hypotenuse_backward(dY, a, b):
    h = np.hypot(a, b)
    return dY * a / h, dY * b / h


def hypotenuse_inputs(rng, n):
    return {"a": spread(rng, (n,), 140), "b": spread(rng, (n,), 140)}


def quadratic_root(b, c):
    """The small root of x^2 - 2bx + c, which cancels."""
    return b - jnp.sqrt(b * b - c)


def quadratic_root_backward(dY, b, c):
    s = np.sqrt(b * b - c)
    x = c / (b + s)
    return -dY * x / s, dY / (2 * s)


def quadratic_root_inputs(rng, n):
    b = positive(rng, (n,), 6)
    return {"b": b, "c": b * b * rng.uniform(0.01, 0.99, n) * 10.0 ** rng.uniform(-12, 0)}


def cancelling_sum(x):
    return jnp.sum(x) ** 2


def cancelling_sum_backward(dY, x):
    return np.full(x.shape, 2 * dY * x.sum())


def cancelling_inputs(rng, n):
    x = spread(rng, (n,), 10)
    return {"x": np.concatenate([x, -x * (1 + 1e-12 * rng.standard_normal(n))])[rng.permutation(2 * n)]}


def continued_fraction(x):
    value = x[0]
    for k in range(1, 5):
        value = x[k] + 1 / value
    return value


def continued_fraction_backward(dY, x):
    values = [x[0]]
    for k in range(1, 5):
        values.append(x[k] + 1 / values[-1])
    out = np.zeros(5)
    d = dY
    for k in range(4, -1, -1):
        out[k] = d
        if k:
            d = -d / (values[k - 1] * values[k - 1])
    return out


def fraction_inputs(rng):
    return {"x": hard(rng, (5,), 3) + 1e-6 * ordinary(rng, (5,))}


def power_of_ten(x):
    return 10.0**x


def power_of_ten_backward(dY, x):
    """By the exponential: the rounding of the constant log 10 is multiplied by x."""
    c = np.log(10)
    return dY * c * np.exp(c * x)


def power_of_ten_inputs(rng, n):
    return {"x": rng.uniform(-250, 250, n)}


def far_arcsinh(a, b, c, t):
    return jnp.arcsinh(a * c - b) * t


def far_arcsinh_backward(dY, a, b, c, t):
    y = np.arcsinh((a - b / c) * c)
    d = dY * t / np.cosh(y)
    return d * c, -d, d * a, dY * y


def far_arcsinh_inputs(rng, n):
    a, c = positive(rng, (n,), 1) * 10.0 ** rng.uniform(0, 190), positive(rng, (n,), 0.3)
    return {"a": a, "b": a * c * (1 + 10.0 ** rng.uniform(-15, 0, n)), "c": c, "t": ordinary(rng, (n,))}


def waves(x, w):
    return jnp.sin(w * x) ** 2 + jnp.cos(w * x) ** 2 * x


def waves_backward(dY, x, w):
    s, c = np.sin(w * x), np.cos(w * x)
    d = (1 - x) * np.sin(2 * w * x)
    return dY * (w * d + c * c), dY * x * (2 * s * c - 2 * x * s * c)


def waves_inputs(rng, n):
    return {"x": hard(rng, (n,), 2), "w": spread(rng, (n,), 4)}


LENGTHS = ((1,), (10,))
FAMILIES = (
    Family("(a - b)^3, near", cube_of_difference, cube_of_difference_backward, near_inputs, LENGTHS),
    Family("a^2 - b^2, near", difference_of_squares, difference_of_squares_backward, near_inputs, LENGTHS),
    Family("1/a - 1/b, near", reciprocal_difference, reciprocal_difference_backward, near_inputs, LENGTHS),
    Family("quotient, 1e-60 to 1e60", quotient, quotient_backward, quotient_inputs, LENGTHS),
    Family(
        "c / (a - b), near", divide_by_difference, divide_by_difference_backward, divide_by_difference_inputs, LENGTHS
    ),
    Family("product of many", product, product_backward, product_inputs, ((3,), (30,))),
    Family("product, far partial products", product, product_backward, far_product_inputs, ((3,), (6,))),
    Family("geometric mean", mean_product, mean_product_backward, positive_inputs, ((3,), (30,))),
    Family("harmonic mean", harmonic_mean, harmonic_mean_backward, positive_inputs, ((3,), (30,))),
    Family("real powers", power, power_backward, power_inputs, LENGTHS),
    Family("(x - 1)^7 expanded", polynomial, polynomial_backward, polynomial_inputs, LENGTHS),
    Family("hypotenuse, 1e-140 to 1e140", hypotenuse, hypotenuse_backward, hypotenuse_inputs, LENGTHS),
    Family("small root of a quadratic", quadratic_root, quadratic_root_backward, quadratic_root_inputs, LENGTHS),
    Family("cancelling sum", cancelling_sum, cancelling_sum_backward, cancelling_inputs, ((5,), (100,))),
    Family("continued fraction", continued_fraction, continued_fraction_backward, fraction_inputs),
    Family("10^x by exp", power_of_ten, power_of_ten_backward, power_of_ten_inputs, LENGTHS),
    Family("arcsinh, cancelling", far_arcsinh, far_arcsinh_backward, far_arcsinh_inputs, LENGTHS),
    Family("waves", waves, waves_backward, waves_inputs, LENGTHS),
)
