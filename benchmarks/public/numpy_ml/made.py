"""A layer of numpy-ml with given parameters."""

import numpy as np


def made(layer, X, **parameters):
    """The layer after it has seen an input like X and been flushed, with these parameters."""
    layer.forward(np.zeros(X.shape))
    layer.flush_gradients()
    return _given(layer, parameters)


def new(layer, X, **parameters):
    """The layer before it has seen any input, with these parameters; X is like the input to come."""
    layer.n_in = X.shape[-1]
    layer._init_params()
    layer.is_initialized = True
    return _given(layer, parameters)


def _given(layer, parameters):
    layer.parameters.update(parameters)
    layer.gradients.update({name: np.zeros_like(value) for name, value in parameters.items()})
    return layer
