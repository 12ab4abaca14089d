"""numpy-ml's layers on volumes: convolutions and pooling. Kernels are small, so that every padding fits."""

from numpy_ml.neural_nets.activations import Tanh
from numpy_ml.neural_nets.layers import Conv1D, Conv2D, Deconv2D, Pool2D

from benchmarks.public.numpy_ml.findings import named
from benchmarks.public.numpy_ml.made import made
from verify import vjp

SECTION = "Volumes"


def convolution(label, make, X, W, backward="backward"):
    """A layer with kernels W and bias b; `make` builds it from the number of channels that come out."""

    def layer(X, W, b):
        this = made(make(W.shape[-1]), X, W=W, b=b)
        return this, this.forward(X)

    shapes = {"X": X, "W": W, "b": "1 " * X.count(" ") + W.split()[-1]}

    @vjp(of=lambda X, W, b: layer(X, W, b)[1], shapes=shapes, **named(label, SECTION))
    def by_hand(dY, X, W, b):
        this, _ = layer(X, W, b)
        return getattr(this, backward)(dY), this.gradients["W"], this.gradients["b"]


LINE = {"X": "n l+4 c", "W": "3 c k"}
PLANE = {"X": "n h+2 w+1 c", "W": "3 2 c k"}

convolution("Conv1D", lambda k: Conv1D(k, 3, act_fn=Tanh()), **LINE)
convolution("Conv1D, stride 2, pad 1", lambda k: Conv1D(k, 3, pad=1, stride=2, act_fn=Tanh()), **LINE)
convolution("Conv1D, same, dilation 1", lambda k: Conv1D(k, 3, pad="same", dilation=1), **LINE)
convolution("Conv1D, causal", lambda k: Conv1D(k, 3, pad="causal"), **LINE)
convolution("Conv1D, naive", lambda k: Conv1D(k, 3, pad=1, stride=2), X="2 5 2", W="3 2 3", backward="_backward_naive")

convolution("Conv2D", lambda k: Conv2D(k, (3, 2), act_fn=Tanh()), **PLANE)
convolution("Conv2D, stride 2, pad 1", lambda k: Conv2D(k, (3, 2), pad=1, stride=2, act_fn=Tanh()), **PLANE)
convolution("Conv2D, same", lambda k: Conv2D(k, (3, 2), pad="same"), **PLANE)
convolution("Conv2D, dilation 1", lambda k: Conv2D(k, (3, 2), pad=(2, 1), dilation=1), **PLANE)
convolution("Conv2D, naive", lambda k: Conv2D(k, (3, 2), pad=1), X="2 3 3 2", W="3 2 2 2", backward="_backward_naive")

SMALL = {"X": "2 3 4 c", "W": "3 2 c k"}

convolution("Deconv2D", lambda k: Deconv2D(k, (3, 2), act_fn=Tanh()), **SMALL)
convolution("Deconv2D, stride 2", lambda k: Deconv2D(k, (3, 2), stride=2), **SMALL)
convolution("Deconv2D, pad 1", lambda k: Deconv2D(k, (3, 2), pad=1), **SMALL)
convolution("Deconv2D, stride 2, pad 1", lambda k: Deconv2D(k, (3, 2), stride=2, pad=1), **SMALL)


def pooling(label, **options):
    """Pooling of windows of 2 by 3, over volumes of one size: the package goes through them entry by entry."""

    def layer(X):
        this = Pool2D((2, 3), **options)
        return this, this.forward(X)

    @vjp(of=lambda X: layer(X)[1], shapes={"X": "2 4 5 2"}, **named(label, SECTION))
    def by_hand(dY, X):
        return layer(X)[0].backward(dY)


pooling("Pool2D, max", mode="max")
pooling("Pool2D, max, stride 2", mode="max", stride=2)
pooling("Pool2D, max, pad 1", mode="max", pad=1)
pooling("Pool2D, average, stride 2", mode="average", stride=2)
pooling("Pool2D, average, pad 1", mode="average", pad=1)
