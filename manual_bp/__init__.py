"""The notes "Vectorized backprop" (2017), implemented by hand in NumPy.

One module per section of the notes, each named by what it holds:

| section | module |
|---|---|
| 1 notations | `notation` |
| 2 loss and activation functions | `activations`, `losses` |
| 3 forward pass | `forward` |
| 4 backward pass | `backprop` |
| 5 alternative backward pass | `backprop_a` |
| 6 optimization | `normalization`, `initialization`, `gradient_descent` |
| 7 regularization | `penalties`, `dropout`, `early_stopping` |
| all of them joined | `training` |

A line that transcribes an equation carries its number, `# (4.5)`. What the notes leave out is filled in
and labelled *ours*; where the notes are wrong, the docstring names the erratum.
"""

from manual_bp.activations import ACTIVATIONS, Activation, activation, leaky_relu_activation
from manual_bp.backprop import backprop
from manual_bp.backprop_a import backprop_a
from manual_bp.dropout import Dropout, draw_dropout
from manual_bp.early_stopping import EarlyStopping
from manual_bp.forward import forward, predict
from manual_bp.gradient_descent import descend
from manual_bp.initialization import INITIALIZATIONS, initialize
from manual_bp.losses import LOSSES, Loss, batch_loss, loss
from manual_bp.normalization import Normalization, fit_normalization
from manual_bp.notation import Gradients, Layer, Trace
from manual_bp.training import Training, train

__all__ = [
    "ACTIVATIONS",
    "INITIALIZATIONS",
    "LOSSES",
    "Activation",
    "Dropout",
    "EarlyStopping",
    "Gradients",
    "Layer",
    "Loss",
    "Normalization",
    "Trace",
    "Training",
    "activation",
    "backprop",
    "backprop_a",
    "batch_loss",
    "descend",
    "draw_dropout",
    "fit_normalization",
    "forward",
    "initialize",
    "leaky_relu_activation",
    "loss",
    "predict",
    "train",
]
