"""numpy-ml's recurrent layers. Its RNN and LSTM are run; their cells are checked over all time steps."""

import numpy as np
from numpy_ml.neural_nets.layers import LSTM, RNN, LSTMCell, RNNCell

from benchmarks.public.numpy_ml.findings import named
from benchmarks.public.numpy_ml.made import made, new
from verify import runs, vjp

SECTION = "Sequences"


def runs_at_all(make):
    """Forward and backward of a recurrent layer on one sequence."""

    @runs(**named(f"{make.__name__} runs", SECTION))
    def once():
        layer = make(n_out=2)
        layer.backward(np.ones_like(layer.forward(np.ones((1, 3, 4)))))


runs_at_all(RNN)
runs_at_all(LSTM)


def steps(cell, dY):
    """The cotangents of the inputs over all time steps, backwards through time."""
    return np.stack([cell.backward(dy) for dy in dY[::-1]][::-1])


def rnn(label, first):
    """The cell over four time steps, `first` new or after the gradients of an earlier minibatch were flushed."""

    def run(X, **parameters):
        cell = first(RNNCell(len(parameters["ba"])), X[0], **parameters)
        return cell, np.stack([cell.forward(x) for x in X])

    @vjp(of=lambda X, Waa, Wax, ba, bx: run(X, Waa=Waa, Wax=Wax, ba=ba, bx=bx)[1], **named(label, SECTION),
         shapes={"X": "4 n i", "Waa": "o o", "Wax": "i o", "ba": "o 1", "bx": "o 1"})
    def by_hand(dY, X, Waa, Wax, ba, bx):
        cell, _ = run(X, Waa=Waa, Wax=Wax, ba=ba, bx=bx)
        return steps(cell, dY), *(cell.gradients[name] for name in ("Waa", "Wax", "ba", "bx"))


GATES = "fuco"


def lstm(label, first):
    """The same of an LSTM; W and b hold the parameters of the four gates."""

    def run(X, W, b):
        weights = {f"W{gate}": w for gate, w in zip(GATES, W, strict=True)}
        biases = {f"b{gate}": v for gate, v in zip(GATES, b, strict=True)}
        cell = first(LSTMCell(b.shape[-1]), X[0], **weights, **biases)
        return cell, np.stack([cell.forward(x)[0] for x in X])

    shapes = {"X": "4 n i", "W": "4 i+o o", "b": "4 1 o"}

    @vjp(of=lambda X, W, b: run(X, W, b)[1], shapes=shapes, **named(label, SECTION))
    def by_hand(dY, X, W, b):
        cell, _ = run(X, W, b)
        dX = steps(cell, dY)
        return dX, *(np.stack([cell.gradients[f"{name}{gate}"] for gate in GATES]) for name in "Wb")


for claims in (rnn, lstm):
    claims(f"{claims.__name__.upper()}Cell", new)
    claims(f"{claims.__name__.upper()}Cell, after a flush", made)
