"""Bad input: each public function raises an error that names the argument, what it got and what was expected."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import manual_bp as bp
from manual_bp.backprop import activation_backward
from manual_bp.dropout import draw_mask
from manual_bp.gradient_descent import update_biases
from manual_bp.training import network_loss, train

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(3, 5)), RNG.random((2, 5))
LAYERS = bp.initialize(RNG, [3, 4, 2], ["tanh", "sigmoid"])
TRACE = bp.forward(X, LAYERS)
BCE = bp.loss("binary_cross_entropy")
G = bp.backprop(TRACE, LAYERS, Y, BCE)
MASK = bp.Dropout(np.ones((4, 5)), 0.5)
NAN = X.copy()
NAN[1, 2], NAN[2, 4] = np.nan, np.inf
OUTSIDE = Y.copy()
OUTSIDE[1, 3] = 1.5


def fit(**change: Any) -> Any:
    """Training, with some arguments replaced."""
    return train(**{"X": X, "Y": Y, "layers": LAYERS, "loss": BCE, "alpha": 0.1, "steps": 1, **change})


@dataclass(frozen=True)
class Bad:
    """A call, the type of its exception, and what its message must say."""

    name: str
    call: Callable[[], Any]
    says: tuple[str, ...]
    error: type[Exception] = ValueError


def bad(name: str, call: Callable[[], Any], *says: str, error: type[Exception] = ValueError) -> Bad:
    return Bad(name, call, says, error)


def both(name: str, call: Callable[[Any], Any], *says: str) -> list[Bad]:
    """The same mistake in sections 4 and 5."""
    return [bad(f"{f.__name__}: {name}", lambda f=f: call(f), *says) for f in (bp.backprop, bp.backprop_a)]


ACTIVATIONS = "known: identity, leaky_relu, relu, sigmoid, sigmoid_printed, softmax, tanh, tanh_printed"
PROBABILITY = "a keep probability lies in (0, 1]"
TWO = "expected two dimensions"
NO_OUTPUT_DROPOUT = ("the output layer has dropout", "expected None")

TABLE = [
    # layers and the forward pass
    bad("Layer: W of one dimension", lambda: bp.Layer(np.ones(3), np.ones((3, 1)), "tanh"), "W has shape (3,)", TWO),
    bad("Layer: W a list", lambda: bp.Layer([[1.0]], np.ones((1, 1)), "tanh"), "W is a list", "expected a NumPy array",
        error=TypeError),
    bad("Layer: b of shape (n,)", lambda: bp.Layer(np.ones((3, 3)), np.ones(3), "tanh"),
        "b has shape (3,)", TWO, "(3, 1)", "write a column as shape (n, 1)"),
    bad("Layer: b a row", lambda: bp.Layer(np.ones((3, 2)), np.ones((1, 3)), "tanh"), "b has shape (1, 3); expected (3, 1)"),
    bad("Layer: unknown activation", lambda: bp.Layer(np.ones((1, 1)), np.ones((1, 1)), "swish"),
        "unknown activation 'swish'", ACTIVATIONS),
    bad("forward: X a list", lambda: bp.forward([[1.0]], LAYERS), "X is a list", error=TypeError),
    bad("forward: X of one dimension", lambda: bp.forward(X[:, 0], LAYERS), "X has shape (3,)", TWO),
    bad("forward: X of three dimensions", lambda: bp.forward(X[None], LAYERS), "X has shape (1, 3, 5)", TWO),
    bad("forward: m = 0", lambda: bp.forward(X[:, :0], LAYERS), "X has no examples (m = 0, shape (3, 0))", "at least one"),
    bad("forward: NaN", lambda: bp.forward(NAN, LAYERS), "X contains 2 entries", "NaN or infinite", "index (1, 2)"),
    bad("forward: X of another width", lambda: bp.forward(X[:2], LAYERS),
        "W of layer 1 has shape (4, 3); expected (4, 2)", "X has 2 rows"),
    bad("forward: widths that do not fit", lambda: bp.forward(X, [LAYERS[0], LAYERS[0]]),
        "W of layer 2 has shape (4, 3); expected (4, 4)", "layer 1 has 4 rows"),
    bad("forward: no layers", lambda: bp.forward(X, []), "layers is empty", "at least one Layer"),
    bad("forward: one mask too few", lambda: bp.forward(X, LAYERS, [None]),
        "dropout has 1 entries for 2 layers", "one per layer"),
    bad("forward: mask of another batch", lambda: bp.forward(X, LAYERS, [bp.Dropout(np.ones((4, 6)), 0.5), None]),
        "D of layer 1 has shape (4, 6); expected (4, 5)"),
    bad("forward: dropout on the output", lambda: bp.forward(X, LAYERS, [None, bp.Dropout(np.ones((2, 5)), 0.5)]),
        *NO_OUTPUT_DROPOUT),
    bad("predict: X of another width", lambda: bp.predict(X[:2], LAYERS), "W of layer 1", "X has 2 rows"),
    bad("predict: NaN", lambda: bp.predict(NAN, LAYERS), "X contains 2 entries"),
    # the backward passes
    *both("Y of another batch", lambda f: f(TRACE, LAYERS, Y[:, :4], BCE), "Y has shape (2, 4); expected (2, 5)"),
    *both("Y transposed", lambda f: f(TRACE, LAYERS, Y.T, BCE), "Y has shape (5, 2); expected (2, 5)", "A[N]"),
    *both("Y of one dimension", lambda f: f(TRACE, LAYERS, Y[0], BCE), "Y has shape (5,)", TWO),
    *both("Y with m = 0", lambda f: f(TRACE, LAYERS, Y[:, :0], BCE), "Y has no examples (m = 0, shape (2, 0))"),
    *both("Y with NaN", lambda f: f(TRACE, LAYERS, Y * np.nan, BCE), "Y contains 10 entries", "index (0, 0)"),
    *both("labels above 1", lambda f: f(TRACE, LAYERS, OUTSIDE, BCE),
          "Y has 1 labels outside [0, 1]", "1.5", "index (1, 3)", "0 or 1, one-hot columns, or soft labels"),
    *both("labels below 0", lambda f: f(TRACE, LAYERS, -Y, BCE), "Y has 10 labels outside [0, 1]", "index (0, 0)"),
    *both("layers of another width", lambda f: f(TRACE, LAYERS[1:], Y, BCE), "W of layer 1 has shape (2, 4); expected (2, 3)"),
    *both("no layers", lambda f: f(TRACE, [], Y, BCE), "layers is empty"),
    *both("mask of another width", lambda f: f(TRACE, LAYERS, Y, BCE, [bp.Dropout(np.ones((5, 5)), 0.5), None]),
          "D of layer 1 has shape (5, 5); expected (4, 5)"),
    *both("one mask too many", lambda f: f(TRACE, LAYERS, Y, BCE, [MASK, None, None]), "dropout has 3 entries for 2 layers"),
    *both("dropout on the output", lambda f: f(TRACE, LAYERS, Y, BCE, [None, bp.Dropout(np.ones((2, 5)), 0.5)]),
          *NO_OUTPUT_DROPOUT),
    bad("activation_backward: shapes", lambda: activation_backward(X, X[:, :1], bp.activation("tanh")),
        "dA has shape (3, 5); expected (3, 1), the shape of Z"),
    # losses, activations, initialization by name
    bad("loss: unknown", lambda: bp.loss("mse"), "unknown loss 'mse'", "known: binary_cross_entropy, cross_entropy"),
    bad("activation: unknown", lambda: bp.activation("Sigmoid"), "unknown activation 'Sigmoid'", ACTIVATIONS),
    bad("Activation: no derivative", lambda: bp.Activation("mine", np.tanh), "'mine'", "either prime", "or pullback"),
    bad("Activation: two derivatives", lambda: bp.Activation("mine", np.tanh, np.cos, np.add), "'mine'", "not both"),
    bad("leaky_relu_activation: eps > 1", lambda: bp.leaky_relu_activation(1.5), "eps is 1.5", "eps <= 1", "E18"),
    bad("leaky_relu_activation: NaN", lambda: bp.leaky_relu_activation(float("nan")), "eps is nan"),
    bad("batch_loss: one dimension", lambda: bp.batch_loss(np.ones(3)), "L has shape (3,)", TWO),
    bad("batch_loss: m = 0", lambda: bp.batch_loss(np.ones((1, 0))), "L has no examples (m = 0, shape (1, 0))"),
    bad("network_loss: labels", lambda: network_loss(TRACE, LAYERS, OUTSIDE, BCE), "Y has 1 labels outside [0, 1]"),
    bad("initialize: unknown", lambda: bp.initialize(RNG, [1, 1], ["tanh"], "glorot"),
        "unknown initialization 'glorot'", "known: bengio, he, xavier"),
    bad("initialize: activation", lambda: bp.initialize(RNG, [1, 1], ["swish"]), "unknown activation 'swish'", ACTIVATIONS),
    bad("initialize: widths", lambda: bp.initialize(RNG, [1, 1], ["tanh", "tanh"]),
        "2 widths for 2 activations", "n[0]..n[N]"),
    bad("initialize: no neuron", lambda: bp.initialize(RNG, [2, 0], ["tanh"]), "widths[1] is 0", "at least one neuron"),
    # normalization
    bad("fit_normalization: NaN", lambda: bp.fit_normalization(NAN), "X contains 2 entries", "index (1, 2)", "impute"),
    bad("fit_normalization: one dimension", lambda: bp.fit_normalization(X[0]), "X has shape (5,)", TWO),
    bad("fit_normalization: m = 0", lambda: bp.fit_normalization(X[:, :0]), "X has no examples (m = 0, shape (3, 0))"),
    bad("Normalization: another width", lambda: bp.fit_normalization(X)(X[:2]), "X has shape (2, 5); expected (3, any)"),
    # descent
    bad("descend: alpha", lambda: bp.descend(LAYERS, G.dW, G.db, -0.1), "alpha is -0.1; expected a finite number above 0"),
    bad("descend: alpha NaN", lambda: bp.descend(LAYERS, G.dW, G.db, float("nan")), "alpha is nan"),
    bad("descend: dW", lambda: bp.descend(LAYERS, [dW.T for dW in G.dW], G.db, 0.1),
        "dW has shape (3, 4); expected (4, 3), the shape of W"),
    bad("descend: db of shape (n,)", lambda: bp.descend(LAYERS, G.dW, [db[:, 0] for db in G.db], 0.1),
        "db has shape (4,); expected (4, 1), the shape of b"),
    bad("update_biases", lambda: update_biases(np.ones((3, 1)), np.ones((3, 3)), 0.1), "db has shape (3, 3); expected (3, 1)"),
    # dropout
    *(
        bad(f"{name}: p = {p}", lambda call=call, p=p: call(p), f"{says} is {p}", PROBABILITY)
        for name, call, says in (
            ("Dropout", lambda p: bp.Dropout(np.ones((2, 2)), p), "p"),
            ("draw_mask", lambda p: draw_mask(RNG, p, 2, 2), "p"),
            ("draw_dropout", lambda p: bp.draw_dropout(RNG, (p, 1), (4, 2), 5), "keep[0] (layer 1)"),
            ("train", lambda p: fit(keep=(p, 1), rng=RNG), "keep[0] (layer 1)"),
        )
        for p in (0, -0.5, 1.5, float("nan"))
    ),
    bad("Dropout: D", lambda: bp.Dropout(np.ones(4), 0.5), "D has shape (4,)", TWO),
    bad("draw_dropout: output", lambda: bp.draw_dropout(RNG, (0.5, 0.5), (4, 2), 5),
        "keep[1] is 0.5", "the output layer has no dropout", "expected 1"),
    bad("draw_dropout: layers", lambda: bp.draw_dropout(RNG, (1,), (4, 2), 5),
        "keep has 1 probabilities for 2 layers", "one per layer"),
    bad("draw_dropout: m = 0", lambda: bp.draw_dropout(RNG, (0.5, 1), (4, 2), 0), "m is 0"),
    # early stopping and training
    bad("EarlyStopping: patience", lambda: bp.EarlyStopping(0), "patience is 0; expected at least 1 step"),
    bad("EarlyStopping: min_delta", lambda: bp.EarlyStopping(1, -0.5), "min_delta is -0.5; expected 0 or more"),
    bad("EarlyStopping: min_delta NaN", lambda: bp.EarlyStopping(1, float("nan")), "min_delta is nan"),
    *(
        bad(f"train: {name} = {value}", lambda name=name, value=value: fit(**{name: value}), f"{name} is {value}", says)
        for name, values, says in (
            ("alpha", (0, -1.0, float("nan"), float("inf")), "expected a finite number above 0"),
            ("lam", (-0.5, float("nan"), float("inf")), "expected a finite number, 0 or more"),
            ("lam1", (-0.5, float("nan"), float("inf")), "expected a finite number, 0 or more"),
            ("steps", (-1,), "expected 0 or more"),
        )
        for value in values
    ),
    bad("train: alpha, no steps", lambda: fit(alpha=-1.0, steps=0), "alpha is -1.0"),
    bad("train: keep without rng", lambda: fit(keep=(0.5, 1)), "keep was given without rng", "numpy.random.Generator"),
    bad("train: dropout on the output", lambda: fit(keep=(1, 0.5), rng=RNG), "keep[1] is 0.5", "expected 1"),
    bad("train: stopping without validation", lambda: fit(stopping=bp.EarlyStopping(2)),
        "stopping was given without validation", "the validation set (X, Y)"),
    bad("train: NaN", lambda: fit(X=NAN), "X contains 2 entries"),
    bad("train: X of one dimension", lambda: fit(X=X[0]), "X has shape (5,)", TWO),
    bad("train: X with m = 0", lambda: fit(X=X[:, :0], Y=Y[:, :0]), "X has no examples (m = 0, shape (3, 0))"),
    bad("train: Y of another batch", lambda: fit(Y=Y[:, :4]), "Y has shape (2, 4); expected (2, 5)"),
    bad("train: labels", lambda: fit(Y=OUTSIDE), "Y has 1 labels outside [0, 1]"),
    bad("train: widths", lambda: fit(X=X[:2]), "W of layer 1 has shape (4, 3); expected (4, 2)"),
    bad("train: validation set", lambda: fit(validation=(X, Y[:1])), "Y has shape (1, 5); expected (2, 5)"),
    bad("train: validation labels", lambda: fit(validation=(X, OUTSIDE)), "Y has 1 labels outside [0, 1]"),
]


@pytest.mark.parametrize("bad", TABLE, ids=lambda bad: bad.name)
def test_bad_input(bad):
    with pytest.raises(bad.error) as caught:
        bad.call()
    message = str(caught.value)
    missing = [text for text in bad.says if text not in message]
    assert not missing, f"{message!r} does not say {missing}"
    assert type(caught.value) is bad.error


def test_the_names_in_the_table_are_distinct():
    assert len({bad.name for bad in TABLE}) == len(TABLE)


def test_every_public_function_and_class_has_a_row():
    """Except those that are data, and Trace and Gradients, which only results are."""
    rows = {bad.name.partition(":")[0] for bad in TABLE}
    data = {"ACTIVATIONS", "LOSSES", "INITIALIZATIONS", "Trace", "Gradients", "Loss", "Training"}
    assert set(bp.__all__) - data <= rows


def test_good_input_is_accepted():
    """The rows' inputs without their mistakes."""
    out = fit(keep=(0.5, 1), rng=np.random.default_rng(0), validation=(X, Y), stopping=bp.EarlyStopping(1, 0.0))
    assert len(out.objective) == 1
    assert bp.leaky_relu_activation(1).prime(X).shape == X.shape
    assert bp.Dropout(np.ones((2, 2)), 1).p == 1


@pytest.mark.parametrize(("alpha", "step"), [(1e200, 1), (1e60, 3)])
def test_divergence_names_the_step(alpha, step):
    """Decay with alpha lambda/m far above 2: the weights grow by that factor, their squares overflow."""
    layers = [bp.Layer(np.ones((1, 1)), np.zeros((1, 1)), "sigmoid")]
    says = rf"the objective is (inf|nan) at step {step}; try a smaller alpha than {re.escape(str(alpha))}"
    with np.errstate(all="ignore"), pytest.raises(FloatingPointError, match=says):
        train(np.ones((1, 2)), np.full((1, 2), 0.5), layers, BCE, alpha=alpha, steps=10, lam=2.0)


FINDINGS = [
    bad("descend: a layer too few", lambda: bp.descend(LAYERS, G.dW[:1], G.db, 0.1), "dW has 1 entries; expected 2"),
    bad("loss.value: Y broadcasts", lambda: BCE.value(TRACE.A[-1], Y[:1]), "Y has shape (1, 5)"),
    bad("loss.dA: Y broadcasts", lambda: BCE.dA(TRACE.A[-1], Y[:, :1]), "Y has shape (2, 1)"),
    bad("batch_loss: several rows", lambda: bp.batch_loss(np.ones((3, 4))), "L has shape (3, 4); expected (1, any)"),
    bad("Normalization: NaN", lambda: bp.fit_normalization(X)(NAN), "X contains 2 entries"),
    bad("Layer: no activation", lambda: bp.Layer(np.ones((1, 1)), np.ones((1, 1)), None), "g is a NoneType", error=TypeError),
    bad("Dropout: D is no mask", lambda: bp.Dropout(np.full((2, 2), 0.3), 0.5), "D"),
    bad("train: X of one dimension, dropout", lambda: fit(X=X[0], keep=(0.5, 1), rng=RNG), "X has shape (5,)"),
    bad("train: no steps, bad X", lambda: fit(X=NAN, steps=0), "X contains 2 entries"),
    bad("train: no steps, bad Y", lambda: fit(Y=Y[:1], steps=0), "Y has shape (1, 5)"),
]


@pytest.mark.parametrize("bad", FINDINGS, ids=lambda bad: bad.name)
def test_bad_input_that_goes_unnamed(bad):
    with np.errstate(all="ignore"):
        test_bad_input(bad)


def test_divergence_in_the_last_step_is_an_error_too():
    with np.errstate(all="ignore"), pytest.raises(FloatingPointError):
        fit(alpha=1e308, lam=1e10)


def test_divergence_is_one_error_and_no_warnings():
    with pytest.raises(FloatingPointError):
        fit(alpha=1e200, lam=2.0, steps=5)
