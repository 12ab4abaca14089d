"""The scalar equations of the notes, exactly: the code of manual_bp run on symbols, its residual the number 0.

An array of `Symbolic` entries goes through NumPy, which calls their methods (`exp`, `log`, ...). What it is compared
with is SymPy's own derivative, or the notes' sum written out. Each case comes with wrong versions of the formula, for
which the same residual must not vanish.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import sympy
from sympy import Rational, diff, exp, log

import manual_bp as bp
from manual_bp import activations, dropout, losses, normalization, penalties
from manual_bp.backprop import activation_backward, bias_gradient, error_recursion, weight_gradient
from manual_bp.backprop_a import activation_gradient
from manual_bp.forward import affine

SAMPLE: dict[Any, Any] = {}


class Symbolic:
    """A SymPy expression with the methods that NumPy calls on objects.

    A comparison, which decides a branch, is made at one sample point; the code's answer is exact on that branch.
    """

    def __init__(self, of: Any) -> None:
        self.of = sympy.sympify(of.of if isinstance(of, Symbolic) else of)

    def _with(self, other: Any, operation: Callable[[Any, Any], Any]) -> Any:
        return NotImplemented if isinstance(other, np.ndarray) else Symbolic(operation(self.of, expression(other)))

    def __add__(self, other: Any) -> Any:
        return self._with(other, lambda x, y: x + y)

    def __sub__(self, other: Any) -> Any:
        return self._with(other, lambda x, y: x - y)

    def __rsub__(self, other: Any) -> Any:
        return self._with(other, lambda x, y: y - x)

    def __mul__(self, other: Any) -> Any:
        return self._with(other, lambda x, y: x * y)

    def __truediv__(self, other: Any) -> Any:
        return self._with(other, lambda x, y: x / y)

    def __rtruediv__(self, other: Any) -> Any:
        return self._with(other, lambda x, y: y / x)

    def __pow__(self, other: Any) -> Any:
        return self._with(other, lambda x, y: x**y)

    __radd__, __rmul__ = __add__, __mul__

    def __neg__(self) -> "Symbolic":
        return Symbolic(-self.of)

    def __abs__(self) -> "Symbolic":
        return self if self >= 0 else -self

    def __ge__(self, other: Any) -> bool:
        return bool((self.of - expression(other)).subs(SAMPLE) >= 0)

    def __le__(self, other: Any) -> bool:
        return bool((self.of - expression(other)).subs(SAMPLE) <= 0)

    def exp(self) -> "Symbolic":
        return Symbolic(exp(self.of))

    def log(self) -> "Symbolic":
        return Symbolic(log(self.of))

    def log1p(self) -> "Symbolic":
        return Symbolic(log(1 + self.of))

    def sqrt(self) -> "Symbolic":
        return Symbolic(sympy.sqrt(self.of))


def expression(x: Any) -> Any:
    return x.of if isinstance(x, Symbolic) else sympy.sympify(x.item() if isinstance(x, np.generic) else x)


def symbols(name: str, rows: int, columns: int, positive: bool = False) -> Any:
    """A matrix of symbols, each with a sample value of its own: of both signs, or positive ones."""
    out = np.empty((rows, columns), object)
    for k, at in enumerate(np.ndindex(rows, columns)):
        symbol = sympy.Symbol(f"{name}_{at[0] + 1}{at[1] + 1}", positive=positive, real=True)
        SAMPLE[symbol] = Rational(2 * k + 3, 7) if positive else (-1) ** (k + len(name)) * Rational(2 * k + 3, 7)
        out[at] = Symbolic(symbol)
    return out


def scalar(name: str) -> Symbolic:
    return symbols(name, 1, 1, positive=True)[0, 0]


def values(array: Any) -> list[Any]:
    """The expressions of an array, in C order."""
    return [expression(x) for x in np.asarray(array, object).ravel()]


def gradient(of: Any, by: Any) -> Any:
    """The derivatives of a scalar by each symbol of an array, in its shape."""
    out = np.empty(by.shape, object)
    for at in np.ndindex(by.shape):
        out[at] = Symbolic(diff(expression(of), by[at].of))
    return out


def total(array: Any) -> Any:
    return sum(values(array))


def vanishes(residual: Any) -> bool:
    """Whether an expression is identically 0."""
    residual = sympy.expand(expression(residual))
    return residual == 0 or sympy.simplify(residual.rewrite(exp)) == 0


@dataclass(frozen=True)
class Case:
    """A statement as a residual, a function of the formula that it is about; that formula; wrong versions of it."""

    residual: Callable[[Any], Any]
    formula: Callable[..., Any]
    wrong: tuple[Callable[..., Any], ...]


Z, z = symbols("Z", 2, 2), symbols("z", 1, 2)
A, W, b = symbols("A", 2, 3), symbols("W", 2, 2), symbols("b", 2, 1)
D, delta, X = symbols("D", 2, 3), symbols("dZ", 2, 3), symbols("X", 2, 3)
a, Y = symbols("a", 2, 2, positive=True), symbols("Y", 2, 2)
p, alpha, lam, m = (scalar(name) for name in ("p", "alpha", "lambda", "m"))
COMPONENTWISE = {"sigmoid_printed": lambda x: 1 / (1 + exp(-x)), "tanh_printed": sympy.tanh}


def componentwise(g: Callable[[Any], Any], array: Any) -> Any:
    out = np.empty(array.shape, object)
    for at in np.ndindex(array.shape):
        out[at] = Symbolic(g(array[at].of))
    return out


def binary(a: Any, y: Any) -> Any:
    """The binary cross-entropy of one output."""
    return -y.of * log(a.of) - (1 - y.of) * log(1 - a.of)


def binary_total() -> Any:
    return sum(binary(a[at], Y[at]) for at in np.ndindex(a.shape))


def softmax(array: Any) -> Any:
    E = componentwise(exp, array)
    return E / E.sum(axis=0, keepdims=True)


# -- section 2 and 4.1 -------------------------------------------------------------------------------------------------


def slope_of(g: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda formula: formula(z) - gradient(total(componentwise(g, z)), z)


def value_of(g: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda formula: formula(z) - componentwise(g, z)


def simplification(formula: Any) -> Any:
    """The cross-entropy of the pairs, less the binary one."""
    y, q = Y[:1], a[:1]
    return formula(np.concatenate([q, 1 - q]), np.concatenate([y, 1 - y])) - losses.binary_cross_entropy(q, y)


def of_binary_loss(formula: Any) -> Any:
    return formula(a, Y) - gradient(binary_total(), a)


def of_softmax_loss(formula: Any) -> Any:
    return formula(Z, Y) - gradient(total(-(Y * componentwise(log, softmax(Z)))), Z)


def of_sigmoid_loss(formula: Any) -> Any:
    s = componentwise(COMPONENTWISE["sigmoid_printed"], Z)
    return formula(Z, Y) - gradient(sum(binary(s[at], Y[at]) for at in np.ndindex(Z.shape)), Z)


def of_softmax(formula: Any) -> Any:
    return formula(Y, Z) - gradient(total(Y * softmax(Z)), Z)


# -- the layers --------------------------------------------------------------------------------------------------------


def jacobian(order: str, expected: Callable[[], Any]) -> Callable[[Any], Any]:
    """dZ/dA, the entries of either matrix in C order or example by example (F)."""

    def residual(formula: Any) -> Any:
        out = formula(W, A, b)
        rows = [[diff(v.of, x.of) for x in A.ravel(order)] for v in out.ravel(order)]
        return np.array(rows, object) - expected()

    return residual


def recursion(formula: Any) -> Any:
    """For two activations: the error of a layer against the derivative of what the next layer makes of it."""
    parts = []
    for name, g in COMPONENTWISE.items():
        Z_next = affine(W, componentwise(g, Z), b)
        parts.append(formula(W, delta[:, :2], Z, bp.activation(name)) - gradient(total(delta[:, :2] * Z_next), Z))
    return np.concatenate(parts)


def batch(W: Any, b: Any) -> tuple[Any, Any]:
    """J = 1/m sum L with L = sum_s (c_s z_s + z_s^3), and delta, of a batch of 3."""
    out = affine(W, A, b)
    return total(delta * out + out**3) / 3, delta + 3 * out**2


def bias(formula: Any) -> Any:
    J, error = batch(W, b)
    return formula(error) - gradient(J, b)


def weights(formula: Any) -> Any:
    J, error = batch(W, b)
    return formula(error, A) - gradient(J, W)


def weights_by_terms(formula: Any) -> Any:
    """1/m sum_k sum_s dL/dZ_s dZ_s/dW_ij, each derivative apart."""
    out = affine(W, A, b)
    written = np.empty(W.shape, object)
    for at in np.ndindex(W.shape):
        terms = (expression(delta[s, k]) * diff(expression(out[s, k]), W[at].of) for s, k in np.ndindex(2, 3))
        written[at] = Symbolic(sum(terms) / 3)
    return formula(delta, A) - written


def weights_by_entries(formula: Any) -> Any:
    """1/m sum_k delta_i a_j."""
    written = np.empty(W.shape, object)
    for i, j in np.ndindex(W.shape):
        written[i, j] = sum((delta[i, k] * A[j, k] for k in range(3)), Symbolic(0)) / 3
    return formula(delta, A) - written


def through_weights(formula: Any) -> Any:
    return formula(W, delta) - gradient(total(delta * affine(W, A, b)), A)


# -- sections 6 and 7 --------------------------------------------------------------------------------------------------


def mean_of_centred(formula: Any) -> Any:
    return total(formula(X, normalization.feature_mean(X))[0]) / 3


def variance_of_scaled(formula: Any) -> Any:
    """The variance of a feature after centring and scaling, less 1."""
    centred = normalization.center(X, normalization.feature_mean(X))
    return total(formula(centred, normalization.feature_variance(centred))[0] ** 2) / 3 - 1


def penalty(formula: Any) -> Any:
    squares = sum(x**2 for x in [*values(W), *values(A)])
    return formula((W, A), lam, m) - lam * Symbolic(squares) / (2 * m)


def of_penalty(formula: Any) -> Any:
    return formula(delta, A, lam, m) - gradient(total(delta * A) + expression(penalties.l2_penalty((W, A), lam, m)), A)


def decay(formula: Any) -> Any:
    return formula(A, delta, alpha, lam, m) - (A - alpha * penalties.l2_gradient(delta, A, lam, m))


def moments(formula: Any) -> Any:
    """Mean and variance of what dropout leaves, less A and A^2 (1 - p)/p: both values of the mask, weighed."""
    kept, dropped = formula(A, np.ones(A.shape, int), p), formula(A, np.zeros(A.shape, int), p)
    mean = p * kept + (1 - p) * dropped
    return np.concatenate([mean - A, p * kept**2 + (1 - p) * dropped**2 - A**2 - A**2 * (1 - p) / p])


def through_dropout(formula: Any) -> Any:
    out = affine(W, dropout.apply_mask(A, D, p), b)
    return formula(activation_gradient(W, delta), D, p) - gradient(total(delta * out), A)


I3 = np.eye(3, dtype=int)
CASES = {
    "2.sigmoid'": Case(
        slope_of(COMPONENTWISE["sigmoid_printed"]), activations.sigmoid_printed_prime,
        (lambda z: activations.sigmoid_printed(z) ** 2, lambda z: -activations.sigmoid_printed_prime(z)),
    ),
    "2.sigmoid@stable": Case(
        value_of(COMPONENTWISE["sigmoid_printed"]), activations.sigmoid, (lambda z: activations.sigmoid(-z),)
    ),
    "2.sigmoid'@stable": Case(
        slope_of(COMPONENTWISE["sigmoid_printed"]), activations.sigmoid_prime, (lambda z: activations.sigmoid(z) ** 2,)
    ),
    "2.tanh": Case(
        value_of(sympy.tanh), activations.tanh_printed, (lambda z: -activations.tanh_printed(z), activations.sigmoid)
    ),
    "2.tanh'": Case(
        slope_of(sympy.tanh), activations.tanh_printed_prime,
        (lambda z: 1 - activations.tanh_printed(z), lambda z: 1 + activations.tanh_printed(z) ** 2),
    ),
    "2.tanh'@stable": Case(
        slope_of(sympy.tanh), activations.tanh_prime, (activations.sigmoid_prime, lambda z: activations.tanh_prime(z / 2))
    ),
    "2.simpl": Case(
        simplification, losses.cross_entropy,
        (lambda A, Y: losses.cross_entropy(A[:1], Y[:1]), lambda A, Y: losses.cross_entropy(A[:1], Y[:1]) * 2),
    ),
    "4.1": Case(
        of_binary_loss, losses.binary_cross_entropy_dA,
        (losses.cross_entropy_dA, lambda A, Y: -losses.binary_cross_entropy_dA(A, Y),
         lambda A, Y: losses.binary_cross_entropy_dA(A, Y[:1] + 0 * A)),
    ),
    "2.BCE'@stable": Case(
        of_sigmoid_loss, losses.sigmoid_binary_cross_entropy_dZ,
        (losses.softmax_cross_entropy_dZ, lambda Z, Y: activations.sigmoid(Z)),
    ),
    "2.CE'@stable": Case(
        of_softmax_loss, losses.softmax_cross_entropy_dZ,
        (lambda Z, Y: activations.softmax(Z) - Y, losses.sigmoid_binary_cross_entropy_dZ),
    ),
    "2.softmax'": Case(
        of_softmax, activations.softmax_pullback,
        (lambda dA, Z: dA * activations.softmax(Z) * (1 - activations.softmax(Z)),),
    ),
    "4.0b, C order": Case(
        jacobian("C", lambda: np.kron(W, I3)), affine, (lambda W, A, b: affine(W.T, A, b),)
    ),
    "4.0b, example-major": Case(
        jacobian("F", lambda: np.kron(I3, W)), affine, (lambda W, A, b: affine(W, 2 * A, b),)
    ),
    "4.2rec": Case(
        recursion, error_recursion,
        (lambda W, d, Z, g: W.T @ activation_backward(d, Z, g), lambda W, d, Z, g: error_recursion(W.T, d, Z, g)),
    ),
    "4.4": Case(bias, bias_gradient, (lambda d: bias_gradient(d) * 3, lambda d: bias_gradient(d[:, :2]))),
    "4.5": Case(weights, weight_gradient, (lambda d, A: weight_gradient(d, A) * 3, lambda d, A: weight_gradient(A, d))),
    "4.5i1": Case(weights_by_terms, weight_gradient, (lambda d, A: weight_gradient(A, d),)),
    "4.5i3": Case(weights_by_entries, weight_gradient, (lambda d, A: weight_gradient(A, d),)),
    "5.2A": Case(through_weights, activation_gradient, (lambda W, d: activation_gradient(W.T, d),)),
    "6.1.1c": Case(mean_of_centred, normalization.center, (lambda X, mu: X + mu, lambda X, mu: X - 3 * mu)),
    "6.1.1s*": Case(
        variance_of_scaled, lambda X, variance: normalization.scale(X, np.sqrt(variance)),
        (normalization.scale_printed, lambda X, variance: X),
    ),
    "7.1J": Case(
        penalty, penalties.l2_penalty,
        (lambda weights, lam, m: penalties.l2_penalty(weights[:-1], lam, m),
         lambda weights, lam, m: penalties.l2_penalty(weights, 2 * lam, m)),
    ),
    "7.1g": Case(
        of_penalty, penalties.l2_gradient,
        (lambda dW, W, lam, m: penalties.l2_gradient(dW, W, lam / 2, m), lambda dW, W, lam, m: dW),
    ),
    "7.1u": Case(
        decay, penalties.l2_update,
        (lambda W, dW, alpha, lam, m: penalties.l2_update(W, dW, alpha, lam, 2 * m),
         lambda W, dW, alpha, lam, m: penalties.l2_update(W, dW, alpha, lam / alpha, m)),
    ),
    "7.2c": Case(moments, dropout.apply_mask, (lambda A, D, p: A * D, lambda A, D, p: A * D * p)),
    "7.2bw": Case(
        through_dropout, dropout.apply_mask_backward, (lambda dA, D, p: dA * D, lambda dA, D, p: dA / p)
    ),
}
WRONG = [(label, k) for label, case in CASES.items() for k in range(len(case.wrong))]


@pytest.mark.parametrize("label", CASES)
def test_the_residual_is_exactly_0(label):
    case = CASES[label]
    residuals = values(case.residual(case.formula))
    assert residuals
    assert all(vanishes(residual) for residual in residuals)


@pytest.mark.parametrize(("label", "k"), WRONG)
def test_that_of_a_wrong_formula_is_not(label, k):
    case = CASES[label]
    assert not all(vanishes(residual) for residual in values(case.residual(case.wrong[k])))


# -- statements that are known to be false -----------------------------------------------------------------------------

FALSE = {
    "2.simpl of one output (E3)": lambda: losses.cross_entropy(a[:1], Y[:1]) - losses.binary_cross_entropy(a[:1], Y[:1]),
    "2.leaky' for eps > 1 (E18)": lambda: activations.leaky_relu_prime(
        np.array([1, -1]), sympy.Integer(2)) - np.array([2, 1]),
    "4.0b, I kron W in C order": lambda: jacobian("C", lambda: np.kron(I3, W))(affine),
    "4.2rec, g' before the product (E7)": lambda: recursion(CASES["4.2rec"].wrong[0]),
    "5.2A with W[l] (E10)": lambda: through_weights(lambda W, d: activation_gradient(symbols("V", 2, 2), d)),
    "6.1.1s (E12)": lambda: variance_of_scaled(normalization.scale_printed),
    "7.1J without the last layer (E14)": lambda: penalty(CASES["7.1J"].wrong[0]),
    "2.CE' is a - y for any targets (E4)": lambda: of_softmax_loss(CASES["2.CE'@stable"].wrong[0]),
}


@pytest.mark.parametrize("name", FALSE)
def test_a_false_statement_leaves_a_residual(name):
    assert not all(vanishes(residual) for residual in values(FALSE[name]()))


def test_variance_after_the_printed_scaling_is_1_over_sigma_squared():
    """E12, exactly: not 1 but the inverse of the variance."""
    variance = normalization.feature_variance(normalization.center(X, normalization.feature_mean(X)))[0, 0]
    residual = expression(variance_of_scaled(normalization.scale_printed)) + 1 - 1 / expression(variance)
    assert vanishes(residual)


def test_a_minus_y_is_right_for_targets_that_sum_to_1():
    """E4: the last target is what the others leave."""
    targets = np.concatenate([Y[:1], 1 - Y[:1]])
    residual = (activations.softmax(Z) - targets) - losses.softmax_cross_entropy_dZ(Z, targets)
    assert all(vanishes(entry) for entry in values(residual))


def test_both_branches_are_met():
    """A comparison is made at the sample point: there the stable forms take either side."""
    assert {bool(x) for x in (z >= 0).ravel()} == {True, False}
    assert {bool(x) for x in Z[0] >= Z[1]} == {True, False}
