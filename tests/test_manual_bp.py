"""The passes, losses and activations by hand: number types, exactness, saturation, and the errata's numbers."""

import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest

import manual_bp as bp
from manual_bp import activations, initialization, losses, penalties
from manual_bp.backprop import activation_backward, bias_gradient, error_recursion, error_recursion_dropout
from manual_bp.backprop_a import activation_gradient
from manual_bp.dropout import apply_mask, apply_mask_backward
from manual_bp.gradient_descent import update_biases
from manual_bp.training import network_loss, regularized_gradients, train
from verify.numbers.running_error import Bounded

NETWORKS = {
    "smooth": (("tanh", "sigmoid", "sigmoid"), "binary_cross_entropy"),
    "printed": (("tanh_printed", "sigmoid_printed", "sigmoid_printed"), "binary_cross_entropy"),
    "kinked": (("relu", "leaky_relu", "softmax"), "cross_entropy"),
    "linear": (("identity", "leaky_relu", "sigmoid"), "cross_entropy"),
}


@dataclass(frozen=True, eq=False)
class Given:
    """The arguments of the calls below, all of one number type."""

    X: Any
    Y: Any
    layers: list[bp.Layer]
    dropout: list[bp.Dropout | None]
    loss: bp.Loss
    alpha: Any
    lam: Any
    grads: list[Any]
    steps: list[Any]

    @property
    def trace(self) -> bp.Trace:
        return bp.forward(self.X, self.layers, self.dropout)

    @property
    def m(self) -> int:
        return int(self.X.shape[1])


def given(network: str, array: Callable[[Any], Any], number: Callable[[float], Any]) -> Given:
    """A network with dropout; `array` and `number` make arrays and hyperparameters of float64 ones."""
    names, loss = NETWORKS[network]
    rng = np.random.default_rng(7)
    widths, m = (4, 5, 6, 3), 7
    layers = [
        bp.Layer(array(rng.normal(size=(n, k)) / k**0.5), array(rng.normal(size=(n, 1))), g)
        for k, n, g in zip(widths[:-1], widths[1:], names, strict=True)
    ]
    masks = [rng.random((n, m)) < p for n, p in zip(widths[1:-1], (0.6, 0.8), strict=True)]
    dropout = [bp.Dropout(D, number(p)) for D, p in zip(masks, (0.6, 0.8), strict=True)]
    grads = [array(rng.normal(size=layer.W.shape)) for layer in layers]
    steps = [array(rng.normal(size=layer.b.shape)) for layer in layers]
    X, Y = array(rng.normal(size=(4, m)) * 2 + 1), array(rng.integers(0, 5, size=(3, m)) / 4)
    return Given(X, Y, layers, [*dropout, None], bp.loss(loss), number(0.3), number(0.7), grads, steps)


def every_activation(g: Given) -> list[Any]:
    out = []
    for a in bp.ACTIVATIONS.values():
        out.append(a.g(g.X))
        out.append(a.prime(g.X) if a.prime is not None else a.pullback(g.X, g.X))
    return [*out, activations.softmax_printed(g.X)]


def every_loss(g: Given) -> list[Any]:
    A = g.trace.A[-1]
    out = [f(A, g.Y) for loss in bp.LOSSES.values() for f in (loss.value, loss.dA)]
    fused = [f for loss in bp.LOSSES.values() for f in loss.fused.values()]
    return [*out, *(f(A, g.Y) for both in fused for f in (both.value, both.dZ)), bp.batch_loss(out[0])]


def normalization(g: Given) -> list[Any]:
    fitted = bp.fit_normalization(g.X)
    return [fitted.mu, fitted.sigma, fitted(g.X), fitted(g.X[:, :2])]


def every_penalty(g: Given) -> list[Any]:
    weights, W, dW, lam, m = [layer.W for layer in g.layers], g.layers[1].W, g.grads[1], g.lam, g.m
    return [
        penalties.l2_penalty(weights, lam, m), penalties.l1_penalty(weights, lam, m),
        penalties.l2_gradient(dW, W, lam, m), penalties.l1_gradient(dW, W, lam, m),
        penalties.l2_update(W, dW, g.alpha, lam, m), *regularized_gradients(g.layers, g.grads, lam, lam, m),
    ]


# Each public function on a network; what it computes is compared between number types.
CALLS: dict[str, Callable[[Given], Any]] = {
    "forward": lambda g: g.trace,
    "predict": lambda g: bp.predict(g.X, g.layers),
    "backprop": lambda g: bp.backprop(g.trace, g.layers, g.Y, g.loss, g.dropout),
    "backprop, stable": lambda g: bp.backprop(g.trace, g.layers, g.Y, g.loss, g.dropout, stable=True),
    "backprop_a": lambda g: bp.backprop_a(g.trace, g.layers, g.Y, g.loss, g.dropout),
    "backprop_a, stable": lambda g: bp.backprop_a(g.trace, g.layers, g.Y, g.loss, g.dropout, stable=True),
    "network_loss": lambda g: network_loss(g.trace, g.layers, g.Y, g.loss),
    "losses": every_loss,
    "activations": every_activation,
    "normalization": normalization,
    "initializations": lambda g: [draw(g.X) for draw in bp.INITIALIZATIONS.values()],
    "penalties": every_penalty,
    "descend": lambda g: bp.descend(g.layers, g.grads, g.steps, g.alpha),
}
FLOAT_CALLS: dict[str, Callable[[Given], Any]] = {
    **CALLS,
    "train": lambda g: train(
        g.X, g.Y, g.layers, g.loss, alpha=g.alpha, steps=3, lam=g.lam, lam1=g.lam, keep=[np.float64(0.6), 0.8, 1],
        rng=np.random.default_rng(0), validation=(g.X, g.Y), stopping=bp.EarlyStopping(2, np.float64(1e-4)),
    ).layers,
}


def arrays(x: Any) -> Iterator[Any]:
    """The arrays and numbers in an answer, in order; masks, functions and names are none."""
    if isinstance(x, (list, tuple)):
        for item in x:
            yield from arrays(item)
    elif is_dataclass(x):
        for field in fields(x):
            yield from arrays(getattr(x, field.name))
    elif x is not None and not isinstance(x, str) and not callable(x):
        yield x


def copied(x: Any) -> Any:
    return np.array(x)


# -- float32, and inputs that stay as they are -------------------------------------------------------------------------


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("call", FLOAT_CALLS)
def test_float32_stays_float32(network, call):
    """NumPy 2 keeps float32 beside Python floats and not beside np.float64: the hyperparameters are of that type."""
    with np.errstate(all="ignore"):
        out = list(arrays(FLOAT_CALLS[call](given(network, np.float32, np.float64))))
    assert out
    assert {x.dtype for x in out} == {np.dtype(np.float32)}


def test_initialization_has_the_dtype_asked_for():
    layers = bp.initialize(np.random.default_rng(0), [2, 3, 1], ["relu", "sigmoid"], dtype=np.float32)
    assert [(layer.W.dtype, layer.b.dtype) for layer in layers] == [(np.float32, np.float32)] * 2


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("call", FLOAT_CALLS)
def test_inputs_are_not_changed(network, call):
    g = given(network, copied, np.float64)
    inputs = [x for x in arrays(g) if isinstance(x, np.ndarray)]
    before = [x.tobytes() for x in inputs]
    assert len(inputs) > 12
    with np.errstate(all="ignore"):
        FLOAT_CALLS[call](g)
    assert [x.tobytes() for x in inputs] == before


def single(x: Any) -> Any:
    return np.asarray(x, dtype=np.float32)


ONE = np.ones((2, 2), np.float32)
UPCASTS = {
    "eps of leaky_relu": lambda: bp.leaky_relu_activation(np.float64(0.1)).g(ONE),
    "eps of leaky_relu'": lambda: bp.leaky_relu_activation(np.float64(0.1)).prime(ONE),
    "m of l2_gradient": lambda: penalties.l2_gradient(ONE, ONE, 0.5, np.int64(3)),
    "m of l1_gradient": lambda: penalties.l1_gradient(ONE, ONE, 0.5, np.int64(3)),
    "m of l2_update": lambda: penalties.l2_update(ONE, ONE, 0.1, 0.5, np.int64(3)),
    "p of apply_mask": lambda: apply_mask(ONE, ONE > 0, np.float64(0.5)),
    "p of apply_mask_backward": lambda: apply_mask_backward(ONE, ONE > 0, np.float64(0.5)),
    "a float64 mask": lambda: bp.forward(
        ONE, [bp.Layer(ONE, single([[0], [0]]), "tanh")] * 2, [bp.Dropout(np.ones((2, 2)), 0.5), None]).A[-1],
    "alpha as an array": lambda: bp.descend(
        [bp.Layer(ONE, ONE[:, :1], "tanh")], [ONE], [ONE[:, :1]], np.array(0.1))[0].W,
}


@pytest.mark.parametrize("name", UPCASTS)
def test_float32_stays_float32_beside_any_scalar(name):
    assert UPCASTS[name]().dtype == np.float32


@pytest.mark.parametrize("name", bp.ACTIVATIONS)
def test_outputs_of_an_activation_are_new_arrays(name):
    """The identity too: writing into A must not change Z."""
    Z = np.ones((2, 3))
    assert not np.shares_memory(bp.activation(name).g(Z), Z)


# -- arrays of objects -------------------------------------------------------------------------------------------------


class Digits:
    """A number of 40 digits with the methods that NumPy calls on the entries of an object array."""

    __slots__ = ("x",)
    __hash__ = None

    def __init__(self, x: Any) -> None:
        self.x = mpmath.mpf(x)

    def __float__(self) -> float:
        return float(self.x)

    def __neg__(self) -> "Digits":
        return Digits(-self.x)

    def __abs__(self) -> "Digits":
        return Digits(abs(self.x))


def _install(context: Any) -> None:
    def binary(f: Callable[[Any, Any], Any], wrap: Callable[[Any], Any], swapped: bool = False) -> Callable[..., Any]:
        def method(self: Digits, other: Any) -> Any:
            if not isinstance(other, (Digits, int, float)):
                return NotImplemented
            with context.workdps(40):
                a, b = self.x, other.x if isinstance(other, Digits) else mpmath.mpf(other)
                return wrap(f(b, a) if swapped else f(a, b))

        return method

    for name in ("add", "sub", "mul", "truediv", "pow"):
        f = getattr(operator, name)
        setattr(Digits, f"__{name}__", binary(f, Digits))
        setattr(Digits, f"__r{name}__", binary(f, Digits, swapped=True))
    for name in ("lt", "le", "gt", "ge", "eq", "ne"):
        setattr(Digits, f"__{name}__", binary(getattr(operator, name), bool))

    def unary(f: Callable[[Any], Any]) -> Callable[[Digits], Digits]:
        def method(self: Digits) -> Digits:
            with context.workdps(40):
                return Digits(f(self.x))

        return method

    for name in ("exp", "log", "tanh", "log1p", "sqrt"):
        setattr(Digits, name, unary(getattr(mpmath, name)))


_install(mpmath.mp)


def of(number: type) -> Callable[[Any], Any]:
    """An object array of that number type."""

    def make(x: Any) -> Any:
        return np.array([number(float(v)) for v in np.ravel(x)], dtype=object).reshape(np.shape(x))

    return make


def agree(call: Callable[[Given], Any], network: str, array: Any, number: Any) -> None:
    """Assert that an answer in an exact number type is the float64 answer, within the latter's running error bound."""
    with np.errstate(all="ignore"):
        values = list(arrays(call(given(network, copied, float))))
        bounds = list(arrays(call(given(network, Bounded, lambda x: Bounded(np.float64(x))))))
        exact = list(arrays(call(given(network, array, number))))
    assert len(values) == len(bounds) == len(exact) > 0
    floating = 0
    for v, b, x in zip(values, bounds, exact, strict=True):
        assert np.shape(v) == np.shape(x) == np.shape(b)
        if np.asarray(v).dtype.kind != "f":
            continue
        floating += 1
        e = b.e if isinstance(b, Bounded) else np.zeros(np.shape(v))
        apart = np.array([float(abs(d)) for d in np.ravel(x - v)]).reshape(np.shape(v))
        assert np.isfinite(e).all()
        assert (apart <= e).all(), f"{v} in float64, {x} exactly, allowed {e}"
    assert floating


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("call", CALLS)
def test_forty_digits_agree_with_float64(network, call):
    """The same code on numbers of 40 digits: float64's distance from them is within its running error bound."""
    agree(CALLS[call], network, of(Digits), Digits)


@pytest.mark.parametrize("call", ["forward", "backprop", "activations", "losses"])
def test_that_comparison_notices_another_number(call):
    """A float32 answer beside the float64 bounds is too far away."""
    with pytest.raises(AssertionError, match="in float64"):
        agree(CALLS[call], "smooth", lambda x: np.float32(x).astype(float), float)


EPS = Fraction(1, 100)
LEAKY = bp.Activation(
    "exact_leaky", lambda z: activations.leaky_relu(z, EPS), lambda z: activations.leaky_relu_prime(z, EPS)
)
SQUARES = bp.Loss("squares", lambda A, Y: np.sum((A - Y) ** 2, axis=0, keepdims=True) / 2, lambda A, Y: A - Y)


def fractions(rng: np.random.Generator, *shape: int) -> Any:
    n = int(np.prod(shape))
    pairs = zip(rng.integers(-9, 10, n), rng.integers(1, 8, n), strict=True)
    return np.array([Fraction(int(a), int(b)) for a, b in pairs], dtype=object).reshape(shape)


def rational(names: tuple[Any, ...]) -> tuple[Any, Any, list[bp.Layer], list[Any]]:
    """X, Y, layers and dropout in exact fractions."""
    rng = np.random.default_rng(4)
    widths, m = (3, 4, 5, 2), 3
    layers = [
        bp.Layer(fractions(rng, n, k), fractions(rng, n, 1), g)
        for k, n, g in zip(widths[:-1], widths[1:], names, strict=True)
    ]
    D = rng.random((4, m)) < 0.6
    Y = np.array([Fraction(int(k), 4) for k in rng.integers(0, 5, 2 * m)], dtype=object).reshape(2, m)
    return fractions(rng, 3, m), Y, layers, [bp.Dropout(D, Fraction(3, 5)), None, None]


@pytest.mark.parametrize(
    "names", [("relu", LEAKY, "identity"), (LEAKY, "relu", "relu"), ("identity", "relu", LEAKY)],
    ids=["leaky in the middle", "leaky first", "leaky last"],
)
@pytest.mark.parametrize("algorithm", [bp.backprop, bp.backprop_a])
def test_fractions_give_the_exact_gradient(names, algorithm):
    """Between its kinks this J is a polynomial of degree 2 in each parameter: a central difference is its derivative."""
    X, Y, layers, dropout = rational(names)
    trace = bp.forward(X, layers, dropout)
    assert all((Z != 0).all() for Z in trace.Z)     # no kink within h
    g = algorithm(trace, layers, Y, SQUARES, dropout)
    h = Fraction(1, 10**9)

    def J(X: Any, layers: list[bp.Layer]) -> Any:
        return bp.batch_loss(SQUARES.value(bp.forward(X, layers, dropout).A[-1], Y))

    def slopes(x: Any, objective: Callable[[Any], Any]) -> Any:
        out = np.empty(x.shape, dtype=object)
        for at in np.ndindex(x.shape):
            up, down = x.copy(), x.copy()
            up[at] += h
            down[at] -= h
            out[at] = (objective(up) - objective(down)) / (2 * h)
        return out

    found = [*g.dW, *g.db, g.dX]
    assert all(type(v) in (Fraction, int) for x in found for v in x.flat)
    for l, layer in enumerate(layers):
        def moved(l: int = l, **change: Any) -> list[bp.Layer]:
            return [*layers[:l], replace(layers[l], **change), *layers[l + 1 :]]

        dW = slopes(layer.W, lambda W, moved=moved: J(X, moved(W=W)))
        db = slopes(layer.b, lambda b, moved=moved: J(X, moved(b=b)))
        assert (g.dW[l] == dW).all()
        assert (g.db[l] == db).all()
    assert (g.dX == slopes(X, lambda X: J(X, layers)) * X.shape[1]).all()
    assert any((x != 0).any() for x in found)


def test_leaky_relu_takes_a_fraction():
    Z = np.array([[Fraction(-3), Fraction(2)]])
    assert bp.leaky_relu_activation(EPS).g(Z).tolist() == [[Fraction(-3, 100), 2]]


def test_fractions_pass_through_the_updates():
    third, W, dW = Fraction(1, 3), fractions(np.random.default_rng(0), 2, 3), fractions(np.random.default_rng(1), 2, 3)
    layer = bp.Layer(W, W[:, :1], "identity")
    (stepped,) = bp.descend([layer], [dW], [dW[:, :1]], third)
    assert (W - dW / 3 == stepped.W).all()
    assert (stepped.b == W[:, :1] - dW[:, :1] / 3).all()
    assert (penalties.l2_gradient(dW, W, third, 5) == dW + W / 15).all()
    assert (penalties.l2_update(W, dW, third, third, 5) == W - (dW + W / 15) / 3).all()
    assert penalties.l2_penalty([W], third, 5) == sum(w * w for w in W.flat) / 30
    assert penalties.l1_penalty([W], third, 5) == sum(abs(w) for w in W.flat) / 15
    assert (penalties.l1_gradient(dW, W, third, 5) == dW + np.sign(W) * Fraction(1, 15)).all()
    assert {type(w) for w in stepped.W.flat} == {Fraction}


# -- printed and stable ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["sigmoid", "tanh"])
def test_the_stable_activation_is_the_printed_one_where_both_are_finite(name):
    Z = np.concatenate([np.linspace(-30, 30, 121), [1e-12, -1e-12, 0.0]])[None]
    for attribute in ("g", "prime"):
        stable = getattr(bp.activation(name), attribute)(Bounded(Z))
        printed = getattr(bp.activation(f"{name}_printed"), attribute)(Bounded(Z))
        assert np.isfinite(stable.e + printed.e).all()
        assert (np.abs(stable.v - printed.v) <= stable.e + printed.e).all()


@pytest.mark.parametrize("name", ["sigmoid", "tanh", "relu", "leaky_relu", "identity", "softmax"])
def test_the_stable_activations_are_finite_and_silent_everywhere(name):
    Z = np.array([[-1e300, -1e4, -745.0, -40.0, -0.0], [0.0, 36.8, 710.0, 1e5, 1e300]])
    g = bp.activation(name)
    assert np.isfinite(g.g(Z)).all()
    assert np.isfinite(g.prime(Z) if g.prime is not None else g.pullback(np.ones_like(Z), Z)).all()


TAIL = np.array([[-700.0, -100.0, -40.0, -25.0, -1e-9, 0.5, 19.5, 23.0, 37.0, 50.0, 300.0, 700.0]])
ACCURATE = {
    "sigmoid": (activations.sigmoid, lambda z: 1 / (1 + mpmath.exp(-z))),
    "sigmoid'": (activations.sigmoid_prime, lambda z: mpmath.exp(-z) / (1 + mpmath.exp(-z)) ** 2),
    "tanh": (activations.tanh, mpmath.tanh),
    "tanh'": (lambda z: activations.tanh_prime(z / 2), lambda z: mpmath.sech(z / 2) ** 2),
    "sigmoid and loss, y = 1": (
        lambda z: losses.sigmoid_binary_cross_entropy(z, np.ones_like(z)), lambda z: mpmath.log1p(mpmath.exp(-z))),
    "sigmoid and loss, y = 0": (
        lambda z: losses.sigmoid_binary_cross_entropy(z, np.zeros_like(z)), lambda z: mpmath.log1p(mpmath.exp(z))),
}


@pytest.mark.parametrize("name", ACCURATE)
def test_the_stable_forms_keep_their_digits_in_the_tails(name):
    """Within 64 units of rounding, relatively, where s (1 - s), 1 - tanh^2 and log(1 + e) have lost all of theirs."""
    form, exact = ACCURATE[name]
    with mpmath.workdps(700):
        for z in TAIL[0]:
            wanted = exact(mpmath.mpf(float(z)))
            got = form(np.array([[z]])).item()
            assert abs(got / wanted - 1) < 64 * 2.0**-53, z


def saturated(z: float, g: str) -> tuple[list[bp.Layer], bp.Trace]:
    layers = [bp.Layer(np.array([[1.0]]), np.array([[0.0]]), g)]
    with np.errstate(over="ignore"):
        return layers, bp.forward(np.array([[z]]), layers)


@pytest.mark.parametrize("algorithm", [bp.backprop, bp.backprop_a])
@pytest.mark.parametrize("g", ["sigmoid", "sigmoid_printed"])
@pytest.mark.parametrize(("z", "y", "error"), [(40, 1, 0), (40, 0, 1), (-720, 1, -1), (-720, 0, 0)])
def test_a_saturated_output(algorithm, g, z, y, error):
    """Stable: a - y, whose sigmoid(-720) of 2e-313 is no error. Printed: NaN."""
    layers, trace = saturated(z, g)
    Y, loss = np.array([[float(y)]]), bp.loss("binary_cross_entropy")
    with np.errstate(over="ignore"):
        out = algorithm(trace, layers, Y, loss, stable=True)
    got = [x.item() for x in (out.dZ[0], out.dW[0], out.db[0], out.dX)]
    assert np.abs(np.subtract(got, [error, error * z, error, error])).max() < 1e-300
    J = network_loss(trace, layers, Y, loss)
    assert abs(z) == J if error else 0 <= J < 1e-17
    if g == "sigmoid_printed":
        with np.errstate(all="ignore"):
            assert np.isnan(algorithm(trace, layers, Y, loss).dZ[0]).all()


@pytest.mark.parametrize("algorithm", [bp.backprop, bp.backprop_a])
def test_a_stable_pass_over_saturated_outputs_is_silent(algorithm):
    layers, trace = saturated(-720.0, "sigmoid")
    algorithm(trace, layers, np.array([[1.0]]), bp.loss("binary_cross_entropy"), stable=True)


@pytest.mark.parametrize("used", [2, 4])
@pytest.mark.parametrize("algorithm", [bp.backprop, bp.backprop_a])
def test_a_trace_of_another_depth_is_refused(algorithm, used):
    layers = [bp.Layer(np.eye(3), np.zeros((3, 1)), "tanh")] * 4
    trace = bp.forward(np.ones((3, 5)), layers[:3])
    with pytest.raises(ValueError, match="trace"):
        algorithm(trace, layers[:used], np.full((3, 5), 0.5), bp.loss("binary_cross_entropy"))


@pytest.mark.parametrize("output", ["sigmoid", "softmax"])
def test_the_fused_loss_is_the_printed_one_where_both_are_finite(output):
    loss = bp.loss("binary_cross_entropy" if output == "sigmoid" else "cross_entropy")
    rng = np.random.default_rng(0)
    Z, Y = rng.normal(size=(3, 50)) * 8, rng.random((3, 50))
    layers = [bp.Layer(np.eye(3), np.zeros((3, 1)), output)]
    with np.errstate(all="ignore"):
        A, fused = layers[0].g.g(Bounded(Z)), loss.fused[output]
        pairs = [(loss.value(A, Bounded(Y)), fused.value(Bounded(Z), Bounded(Y)))]
        dA = loss.dA(A, Bounded(Y))
        pairs.append((activation_backward(dA, Bounded(Z), layers[0].g), fused.dZ(Bounded(Z), Bounded(Y))))
    for printed, stable in pairs:
        assert np.isfinite(printed.e + stable.e).all()
        assert (np.abs(printed.v - stable.v) <= printed.e + stable.e).all()


@pytest.mark.parametrize("z", [-1e6, -800.0, 800.0, 1e6])
def test_the_fused_losses_are_finite_where_the_printed_ones_are_not(z):
    Z, Y = np.array([[z], [0.0]]), np.array([[0.25], [0.75]])
    for fused in (bp.loss("binary_cross_entropy").fused["sigmoid"], bp.loss("cross_entropy").fused["softmax"]):
        assert np.isfinite(fused.value(Z, Y)).all()
        assert np.isfinite(fused.dZ(Z, Y)).all()
    with np.errstate(all="ignore"):
        A = activations.sigmoid(Z)
        assert not np.isfinite(losses.binary_cross_entropy(A, Y)).all()


@pytest.mark.parametrize(
    ("printed", "inside", "outside", "becomes"),
    [
        (lambda z: activations.sigmoid_printed(z) == 1, 36.73, 36.74, True),
        (lambda z: activations.sigmoid_printed_prime(z) == 0, 36.73, 36.74, True),
        (lambda z: np.isnan(activations.tanh_printed(z)), 709.78, 709.79, True),
        (lambda z: np.isnan(activations.tanh_printed(-z)), 709.78, 709.79, True),
        (lambda z: activations.tanh_printed_prime(z) == 0, 18.71, 18.72, True),
        (lambda z: np.isinf(losses.binary_cross_entropy(activations.sigmoid(z), 0 * z)), 36.73, 36.74, True),
        (lambda z: np.isinf(losses.binary_cross_entropy(activations.sigmoid_printed(-z), 1 + 0 * z)), 709.78, 709.79, True),
        (lambda z: np.isnan(activations.softmax_printed(z)), 709.78, 709.79, True),
    ],
    ids=["sigmoid", "sigmoid'", "tanh", "tanh, below", "tanh'", "loss", "loss, below", "softmax"],
)
def test_the_printed_forms_end_where_the_notes_of_their_domain_say(printed, inside, outside, becomes):
    with np.errstate(all="ignore"):
        assert not printed(np.array([[inside]])).item()
        assert printed(np.array([[outside]])).item() is becomes


def test_printed_tanh_loses_its_digits_near_zero():
    z = np.array([1e-6, 1e-10, 1e-15])
    lost = np.abs(activations.tanh_printed(z) / np.tanh(z) - 1)
    assert (lost > [1e-11, 1e-8, 1e-2]).all()
    assert (activations.tanh(z) == np.tanh(z)).all()


# -- the errata's numbers ----------------------------------------------------------------------------------------------


def shown(x: Any, digits: int = 4) -> list[Any]:
    return np.round(np.asarray(x, dtype=float), digits).tolist()


def test_E3_binary_cross_entropy_is_cross_entropy_of_pairs():
    y, a = np.array([[0.0]]), np.array([[0.7]])
    pairs = np.vstack([a, 1 - a]), np.vstack([y, 1 - y])
    assert losses.cross_entropy(a, y).item() == 0
    assert shown(losses.binary_cross_entropy(a, y), 7) == [[1.2039728]]
    assert shown(losses.cross_entropy(*pairs), 7) == [[1.2039728]]


def test_E4_cross_entropy_of_sigmoids_is_nothing_for_a_useless_classifier():
    Y = np.array([[0.0], [1.0], [0.0]])
    assert losses.cross_entropy(activations.sigmoid(np.full((3, 1), 30.0)), Y).item() == pytest.approx(9.3e-14, rel=0.01)


@pytest.mark.parametrize(
    ("Y", "dZ", "a_minus_y"),
    [
        ((0, 1, 0), (0.5815, -0.8703, 0.2888), (0.5815, -0.8703, 0.2888)),
        ((0.5, 1, 0.2), (0.4885, -0.7794, 0.2909), (0.0815, -0.8703, 0.0888)),
    ],
)
@pytest.mark.parametrize("stable", [False, True])
def test_E4_softmax_under_cross_entropy(Y, dZ, a_minus_y, stable):
    Z, Y = np.array([[1.0], [-0.5], [0.3]]), np.array(Y, dtype=float)[:, None]
    layers = [bp.Layer(np.eye(3), np.zeros((3, 1)), "softmax")]
    trace = bp.forward(Z, layers)
    loss = bp.loss("cross_entropy")
    assert shown(bp.backprop(trace, layers, Y, loss, stable=stable).dZ[0][:, 0]) == list(dZ)
    assert shown((trace.A[-1] - Y)[:, 0]) == list(a_minus_y)
    a = trace.A[-1]
    if Y.sum() == 1:        # the component-wise reading, which softmax excludes
        assert shown((loss.dA(a, Y) * a * (1 - a))[:, 0]) == [0, -0.8703, 0]


def test_E5_each_output_has_its_own_target():
    A, Y = np.array([[0.2, 0.6], [0.9, 0.3]]), np.array([[1.0, 0.0], [0.0, 1.0]])
    assert shown(losses.binary_cross_entropy_dA(A, Y), 2) == [[-5, 2.5], [10, -3.33]]
    assert shown(losses.binary_cross_entropy_dA(A[:1], Y[:1]), 2) == [[-5, 2.5]]


def test_E6_the_derivative_is_not_a_broadcast_column():
    Z = np.array([[0.5, -2.0], [1.0, 3.0]])
    for name in ("tanh", "tanh_printed"):
        assert shown(activation_backward(np.ones_like(Z), Z, bp.activation(name))) == [[0.7864, 0.0707], [0.42, 0.0099]]


def test_E7_the_matrix_product_comes_first():
    W, dZ, slope = np.array([[1.0, 2], [3, 4]]), np.array([[1.0, 0], [1, 2]]), np.array([[0.5, 1], [0.25, 0.75]])
    g = bp.Activation("given slope", lambda Z: Z, lambda Z: slope)
    assert error_recursion(W, dZ, np.zeros((2, 2)), g).tolist() == [[2, 6], [1.5, 6]]
    D = np.array([[1.0, 0], [1, 1]])
    assert error_recursion_dropout(W, dZ, np.zeros((2, 2)), D, 0.5, g).tolist() == [[4, 0], [3, 12]]


def test_E9_the_bias_gradient_is_a_column():
    dZ = np.array([[1.0, 2.0, 6.0], [0.0, 1.0, 2.0], [1.0, 1.0, 1.0]])
    assert bias_gradient(dZ).tolist() == [[3], [1], [1]]
    with pytest.raises(ValueError, match=r"db has shape \(3,\); expected \(3, 1\)"):
        update_biases(np.zeros((3, 1)), bias_gradient(dZ)[:, 0], 0.1)


def test_E10_the_next_layers_weights():
    d = np.array([[1.0], [2.0]])
    assert activation_gradient(np.array([[5.0, 6], [7, 8]]), d).tolist() == [[19], [22]]
    with pytest.raises(ValueError, match="matmul"):
        activation_gradient(np.zeros((3, 2)), np.zeros((4, 1)))


def test_E11_the_output_error_is_not_transposed():
    A, Y = np.array([[0.2, 0.6], [0.9, 0.3]]), np.array([[1.0, 0.0], [0.0, 1.0]])
    layers = [bp.Layer(np.eye(2), np.zeros((2, 1)), "sigmoid")]
    trace = bp.forward(np.log(A / (1 - A)), layers)
    for algorithm in (bp.backprop, bp.backprop_a):
        assert shown(algorithm(trace, layers, Y, bp.loss("binary_cross_entropy")).dZ[0]) == [[-0.8, 0.6], [0.9, -0.7]]


def test_E16_the_derivative_is_taken_before_the_mask():
    Z, D = np.array([[0.5]]), np.array([[1.0]])
    layers = [bp.Layer(np.eye(1), np.zeros((1, 1)), "tanh"), bp.Layer(np.eye(1), np.zeros((1, 1)), "identity")]
    dropout = [bp.Dropout(D, 0.5), None]
    trace = bp.forward(Z, layers, dropout)
    assert trace.A[1].item() == 2 * np.tanh(0.5)
    assert shown(1 - trace.A[1] ** 2) == [[0.1458]]
    for algorithm in (bp.backprop, bp.backprop_a):
        g = algorithm(trace, layers, np.array([[0.25]]), SQUARES, dropout)
        assert shown(g.dZ[0] / g.dZ[1]) == [[2 * 0.7864]] or shown(g.dZ[0] / g.dZ[1] / 2) == [[0.7864]]
        assert (g.dW[1] == g.dZ[1] * trace.A[1]).all()      # dW takes A after the mask and the scale


def test_E16_the_mask_and_the_scale_go_both_ways():
    A, D = np.array([[1.0, 2], [3, 4]]), np.array([[1.0, 0], [0, 1]])
    assert apply_mask(A, D, 0.25).tolist() == [[4, 0], [0, 16]]
    assert apply_mask_backward(A, D, 0.25).tolist() == [[4, 0], [0, 16]]


def test_E17_the_derivative_at_the_kink_is_one():
    zero = np.array([[0.0, -0.0]])
    assert activations.relu_prime(zero).tolist() == [[1, 1]]
    assert activations.leaky_relu_prime(zero).tolist() == [[1, 1]]
    assert activations.relu_prime(np.array([[-1.0, 1.0, np.nan]])).tolist() == [[0, 1, 0]]
    assert np.isnan(activations.relu(np.array([[np.nan]]))).all()


@pytest.mark.parametrize(
    ("eps", "values", "slopes"), [(0.01, (2, -0.02), (1, 0.01)), (1, (2, -2), (1, 1)), (-0.5, (2, 1), (1, -0.5))]
)
def test_E18_leaky_relu_up_to_a_slope_of_one(eps, values, slopes):
    g = bp.leaky_relu_activation(eps)
    Z = np.array([[2.0, -2.0]])
    assert g.g(Z).tolist() == [list(values)]
    assert g.prime(Z).tolist() == [list(slopes)]


def test_E18_above_a_slope_of_one_the_printed_derivative_is_wrong():
    Z, h = np.array([[2.0, -2.0]]), 2.0**-20
    slope = (activations.leaky_relu(Z + h, 2) - activations.leaky_relu(Z - h, 2)) / (2 * h)
    assert slope.tolist() == [[2, 1]]
    assert activations.leaky_relu_prime(Z, 2).tolist() == [[1, 2]]
    with pytest.raises(ValueError, match="E18"):
        bp.leaky_relu_activation(2)


def test_E19_every_gradient_has_its_variables_shape():
    g = given("kinked", copied, float)
    for algorithm in (bp.backprop, bp.backprop_a):
        out = algorithm(g.trace, g.layers, g.Y, g.loss, g.dropout)
        assert [x.shape for x in out.dW] == [layer.W.shape for layer in g.layers]
        assert [x.shape for x in out.db] == [layer.b.shape for layer in g.layers]
        assert [x.shape for x in out.dZ] == [Z.shape for Z in g.trace.Z]
        assert out.dX.shape == g.X.shape


def test_no_dropout_at_test_time():
    g = given("smooth", copied, float)
    plain = bp.forward(g.X, g.layers)
    assert (bp.predict(g.X, g.layers) == plain.A[-1]).all()
    assert (g.trace.A[-1] != plain.A[-1]).all()
    assert initialization.INITIALIZATIONS is bp.INITIALIZATIONS
