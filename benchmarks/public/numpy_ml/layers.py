"""numpy-ml's layers on matrices."""

import numpy as np
from numpy_ml.neural_nets.activations import ReLU, Tanh
from numpy_ml.neural_nets.layers import (
    Add,
    BatchNorm1D,
    BatchNorm2D,
    DotProductAttention,
    Embedding,
    Flatten,
    FullyConnected,
    LayerNorm1D,
    LayerNorm2D,
    Multiply,
    Softmax,
    SparseEvolution,
)
from numpy_ml.neural_nets.wrappers import Dropout

from benchmarks.public.numpy_ml.findings import named
from benchmarks.public.numpy_ml.made import made
from verify import integers_below, mask, runs, vjp

SECTION = "Layers"
LINEAR = {"X": "n i", "W": "i o", "b": "1 o"}


def fully_connected(label, act):
    """A linear map and an activation: its VJP, and the VJP of that in the cotangent and the parameters."""

    def layer(X, W, b):
        return made(FullyConnected(W.shape[1], act), X, W=W, b=b)

    @vjp(of=lambda X, W, b: layer(X, W, b).forward(X), shapes=LINEAR, **named(label, SECTION))
    def backward(dY, X, W, b):
        this = layer(X, W, b)
        this.forward(X)
        return this.backward(dY), this.gradients["W"], this.gradients["b"]

    @vjp(of=lambda dY, X, W, b: layer(X, W, b)._bwd(dY, X)[0], wrt=("dY", "W", "b"), shapes={**LINEAR, "dY": "n o"},
         **named(f"{label}, of its backward", SECTION))
    def second(ddX, dY, X, W, b):
        return layer(X, W, b)._bwd2(ddX, X, dY)


fully_connected("FullyConnected, ReLU", ReLU())
fully_connected("FullyConnected, tanh", Tanh())


@runs(**named("SparseEvolution runs", SECTION))
def sparse_runs():
    SparseEvolution(n_out=2).forward(np.ones((1, 3)))


SPARSE = {"shapes": {**LINEAR, "W_mask": "i o"}, "domains": {"W_mask": mask}}


def sparse(W, b, W_mask):
    """The layer as if its initialisation did run."""
    layer = SparseEvolution(W.shape[1], act_fn=Tanh())
    layer.parameters, layer.is_initialized = {"W": W, "b": b, "W_mask": W_mask}, True
    layer.gradients, layer.derived_variables = {"W": np.zeros_like(W), "b": np.zeros_like(b)}, {"Z": []}
    return layer


@vjp(of=lambda X, W, b, W_mask: sparse(W, b, W_mask).forward(X), **SPARSE, **named("SparseEvolution", SECTION))
def sparse_backward(dY, X, W, b, W_mask):
    layer = sparse(W, b, W_mask)
    layer.forward(X)
    return layer.backward(dY), layer.gradients["W"], layer.gradients["b"]


SPARSE["shapes"] = {**SPARSE["shapes"], "dY": "n o"}


@vjp(of=lambda dY, X, W, b, W_mask: sparse(W, b, W_mask)._bwd(dY, X)[0], wrt=("dY", "W", "b"), **SPARSE,
     **named("SparseEvolution, of its backward", SECTION))
def sparse_second(ddX, dY, X, W, b, W_mask):
    return sparse(W, b, W_mask)._bwd2(ddX, X, dY)


def normalisation(make, X, parameter):
    """A layer that normalises, then scales and shifts."""

    def layer(X, scaler, intercept):
        return made(make(), X, scaler=scaler, intercept=intercept)

    @vjp(of=lambda X, scaler, intercept: layer(X, scaler, intercept).forward(X), **named(make.__name__, SECTION),
         shapes={"X": X, "scaler": parameter, "intercept": parameter})
    def backward(dY, X, scaler, intercept):
        this = layer(X, scaler, intercept)
        this.forward(X)
        return this.backward(dY), this.gradients["scaler"], this.gradients["intercept"]


normalisation(BatchNorm1D, "n d", "d")
normalisation(BatchNorm2D, "n h w c", "c")
normalisation(LayerNorm1D, "n d", "d")
normalisation(LayerNorm2D, "n h w c", "h w c")


def embedding(label, pool):
    """Rows of W, looked up, then pooled over each example."""

    def layer(W):
        this = Embedding(W.shape[1], W.shape[0], pool)
        this.parameters, this.gradients = {"W": W}, {"W": np.zeros_like(W)}
        return this

    @vjp(of=lambda tokens, W: layer(W).forward(tokens), shapes={"tokens": "n t", "W": "v d"},
         domains={"tokens": integers_below("v")}, **named(label, SECTION))
    def backward(dY, tokens, W):
        this = layer(W)
        this.forward(tokens)
        this.backward(dY)
        return this.gradients["W"]


embedding("Embedding", None)
embedding("Embedding, sum", "sum")
embedding("Embedding, mean", "mean")


def without_parameters(label, make, shape):
    """A layer of one input."""

    @vjp(of=lambda X: make().forward(X), shapes={"X": shape}, **named(label, SECTION))
    def backward(dY, X):
        layer = make()
        layer.forward(X)
        return layer.backward(dY)


without_parameters("Softmax", Softmax, "n d")
without_parameters("Softmax, 3 axes", Softmax, "n l d")
without_parameters("Softmax, 4 axes", Softmax, "n h l d")
without_parameters("Softmax, axis 0", lambda: Softmax(dim=0), "n d")
without_parameters("Flatten, first", Flatten, "n h w c")
without_parameters("Flatten, last", lambda: Flatten("last"), "n h w c")
without_parameters("Flatten, none", lambda: Flatten(-1), "n h w c")


def of_two(make):
    """A layer of two inputs."""

    @vjp(of=lambda A, B: make(act_fn=Tanh()).forward([A, B]), shapes={"A": "n d", "B": "n d"},
         **named(make.__name__, SECTION))
    def backward(dY, A, B):
        layer = make(act_fn=Tanh())
        layer.forward([A, B])
        return layer.backward(dY)


of_two(Add)
of_two(Multiply)


def attention(label, middle="", scale=True, used=False):
    """Dot-product attention without dropout; `used` after another input was seen and flushed."""
    shapes = {"Q": f"n {middle} q d", "K": f"n {middle} k d", "V": f"n {middle} k v"}

    @vjp(of=lambda Q, K, V: DotProductAttention(scale).forward(Q, K, V), shapes=shapes, **named(label, SECTION))
    def backward(dY, Q, K, V):
        layer = DotProductAttention(scale)
        if used:
            layer.forward(2 * Q, K, V)
            layer.flush_gradients()
        layer.forward(Q, K, V)
        return layer.backward(dY)


attention("DotProductAttention")
attention("DotProductAttention, not scaled", scale=False)
attention("DotProductAttention, two heads", middle="2")
attention("DotProductAttention, after a flush", used=True)


def dropout(X, W, b):
    np.random.seed(0)  # noqa: NPY002
    return Dropout(made(FullyConnected(W.shape[1]), X, W=W, b=b), p=0.5)


def dropout_backward(dY, X, W, b):
    layer = dropout(X, W, b)
    layer.forward(X)
    return layer.backward(dY), layer.gradients["W"], layer.gradients["b"]


DROPOUT = {"of": lambda X, W, b: dropout(X, W, b).forward(X), "shapes": LINEAR}
vjp(**DROPOUT, **named("Dropout", SECTION))(dropout_backward)
vjp(**DROPOUT, **named("Dropout, of a copy", SECTION))(lambda dY, X, W, b: dropout_backward(dY.copy(), X, W, b))
