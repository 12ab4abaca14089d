"""nerva-numpy: every gradient of its activations, softmax functions, losses and layers.

Rows are examples. The package keeps gradients in float32 buffers; here they get the dtype of its parameters.
"""

import copy

import numpy as np
from nerva_numpy import activation_functions, loss_functions, softmax_functions
from nerva_numpy.layers import (
    ActivationLayer,
    BatchNormalizationLayer,
    LinearLayer,
    LogSoftmaxLayer,
    SoftmaxLayer,
    SReLULayer,
)
from nerva_numpy.multilayer_perceptron import MultilayerPerceptron

from verify import derivative, gradient, one_hot, positive, vjp

SRELU = {"al": 0.2, "tl": -0.5, "ar": 0.3, "tr": 0.7}

for act in (
    activation_functions.ReLUActivation(),
    activation_functions.LeakyReLUActivation(0.1),
    activation_functions.AllReLUActivation(0.1),
    activation_functions.HyperbolicTangentActivation(),
    activation_functions.SigmoidActivation(),
    activation_functions.SReLUActivation(**SRELU),
):
    derivative(of=act, shapes={"X": "N D"}, label=type(act).__name__, section="Activations")(act.gradient)


def from_jacobian(function):
    """The VJP of a softmax function of one row, by its Jacobian."""
    return lambda dy, X: dy @ function.jacobian(X)


for function in (
    softmax_functions.SoftmaxFunction(),
    softmax_functions.StableSoftmaxFunction(),
    softmax_functions.LogSoftmaxFunction(),
    softmax_functions.StableLogSoftmaxFunction(),
):
    vjp(of=function, shapes={"X": "1 D"}, label=type(function).__name__, section="Softmax")(from_jacobian(function))


def loss(name, y, t, shape, /, **domains):
    """The gradient of a loss in its first argument, y."""
    of, hand = (getattr(loss_functions, name + suffix) for suffix in ("", "_gradient"))
    gradient(of=of, wrt=y, shapes={y: shape, t: shape}, domains=domains, label=name, section="Losses")(hand)


loss("squared_error_loss", "y", "t", "K")
loss("Squared_error_loss", "Y", "T", "N K")
loss("cross_entropy_loss", "y", "t", "K", y=positive)
loss("Cross_entropy_loss", "Y", "T", "N K", Y=positive)
loss("softmax_cross_entropy_loss", "y", "t", "1 K")
loss("Softmax_cross_entropy_loss", "Y", "T", "N K")
loss("stable_softmax_cross_entropy_loss", "y", "t", "1 K")
loss("Stable_softmax_cross_entropy_loss", "Y", "T", "N K")
loss("logistic_cross_entropy_loss", "y", "t", "K")
loss("Logistic_cross_entropy_loss", "Y", "T", "N K")
loss("negative_log_likelihood_loss", "y", "t", "K", y=positive, t=positive)
loss("Negative_log_likelihood_loss", "Y", "T", "N K", Y=positive, T=positive)


def one_hot_loss(name):
    """The gradient that holds for one-hot targets alone: columns of T here, so that the classes come first."""
    of, hand = (getattr(loss_functions, name + suffix) for suffix in ("", "_gradient_one_hot"))
    gradient(
        of=lambda Y, T: of(Y, T.T), wrt="Y", shapes={"Y": "N K", "T": "K N"}, domains={"T": one_hot},
        label=f"{name}, one-hot", section="Losses",
    )(lambda Y, T: hand(Y, T.T))


one_hot_loss("Softmax_cross_entropy_loss")
one_hot_loss("Stable_softmax_cross_entropy_loss")


def linear(layer, W, b):
    """A layer with these parameters."""
    layer.W, layer.b, layer.DW, layer.Db = W, b, np.zeros_like(W), np.zeros_like(b)
    return layer


def linear_layer(label, make):
    """The gradients of a layer with weights W and bias b in X, W and b; `make` builds it from (D, K)."""

    def forward(X, W, b):
        return linear(make(*W.T.shape), W, b).feedforward(X)

    @vjp(of=forward, shapes={"X": "N D", "W": "K D", "b": "K"}, label=label, section="Layers")
    def backward(dY, X, W, b):
        layer = linear(make(*W.T.shape), W, b)
        layer.backpropagate(layer.feedforward(X), dY)
        return layer.DX, layer.DW, layer.Db


linear_layer("LinearLayer", LinearLayer)
linear_layer("SoftmaxLayer", SoftmaxLayer)
linear_layer("LogSoftmaxLayer", LogSoftmaxLayer)
linear_layer("ActivationLayer", lambda D, K: ActivationLayer(D, K, activation_functions.SigmoidActivation()))


def srelu(X, W, b, x):
    act = activation_functions.SReLUActivation()
    act.x, act.Dx = x, np.zeros_like(x)
    layer = linear(SReLULayer(*W.T.shape, act), W, b)
    return layer, layer.feedforward(X)


@vjp(of=lambda X, W, b, x: srelu(X, W, b, x)[1], label="SReLULayer", section="Layers",
     shapes={"X": "N D", "W": "K D", "b": "K", "x": "4"})
def srelu_backward(dY, X, W, b, x):
    layer, Y = srelu(X, W, b, x)
    layer.backpropagate(Y, dY)
    return layer.DX, layer.DW, layer.Db, layer.act.Dx


BATCH_NORM = BatchNormalizationLayer(1)  # made once: its constructor computes in float32, which a forward may not


def batch_norm(X, gamma, beta):
    layer = copy.copy(BATCH_NORM)
    layer.gamma, layer.beta, layer.inv_sqrt_Sigma = gamma, beta, np.zeros_like(beta)
    layer.Dgamma, layer.Dbeta = np.zeros_like(gamma), np.zeros_like(beta)
    return layer, layer.feedforward(X)


@vjp(of=lambda X, gamma, beta: batch_norm(X, gamma, beta)[1], label="BatchNormalizationLayer", section="Layers",
     shapes={"X": "N D", "gamma": "D", "beta": "D"})
def batch_norm_backward(dY, X, gamma, beta):
    layer, Y = batch_norm(X, gamma, beta)
    layer.backpropagate(Y, dY)
    return layer.DX, layer.Dgamma, layer.Dbeta


def perceptron(X, W1, b1, W2, b2):
    first = ActivationLayer(*W1.T.shape, activation_functions.HyperbolicTangentActivation())
    model = MultilayerPerceptron([linear(first, W1, b1), linear(LogSoftmaxLayer(*W2.T.shape), W2, b2)])
    return model, model.feedforward(X)


@vjp(of=lambda X, W1, b1, W2, b2: perceptron(X, W1, b1, W2, b2)[1], label="MultilayerPerceptron", section="Layers",
     shapes={"X": "N D", "W1": "H D", "b1": "H", "W2": "K H", "b2": "K"})
def perceptron_backward(dY, X, W1, b1, W2, b2):
    model, Y = perceptron(X, W1, b1, W2, b2)
    model.backpropagate(Y, dY)
    first, last = model.layers
    return first.DX, first.DW, first.Db, last.DW, last.Db
