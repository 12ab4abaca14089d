"""numpy-ml's modules: layers put together. A module's parameters are a dict by component and name."""

import numpy as np
from hypothesis import strategies as st
from numpy_ml.neural_nets.activations import Tanh
from numpy_ml.neural_nets.modules import (
    BidirectionalLSTM,
    MultiHeadedAttentionModule,
    SkipConnectionConvModule,
    SkipConnectionIdentityModule,
    WavenetResidualModule,
)

from benchmarks.public.numpy_ml.findings import named
from benchmarks.public.numpy_ml.made import made, new
from verify import vjp

SECTION = "Modules"


def arrays(shapes):
    """A strategy for arrays of the given shapes, in dicts as they are."""
    def drawn(shapes, rng):
        if isinstance(shapes, dict):
            return {name: drawn(shape, rng) for name, shape in shapes.items()}
        return rng.standard_normal(shapes)

    return st.integers(0, 10**6).map(lambda seed: drawn(shapes, np.random.default_rng(seed)))


def given(module, parameters, inputs, first=made):
    """The module with these parameters; `inputs` are like those of its components."""
    for name, values in parameters.items():
        component = module.projections[name] if name in ("Q", "K", "V", "O") else getattr(module, name)
        first(component, inputs[name], **values)
    return module


def gradients(module, parameters):
    """What the backward pass left in the components."""
    found = module.gradients["components"]
    return {name: {key: found[name][key] for key in values} for name, values in parameters.items()}


WAVENET = {"conv_dilation": {"W": (2, 2, 3), "b": (1, 1, 3)}, "conv_1x1": {"W": (1, 3, 2), "b": (1, 1, 2)}}


def wavenet(X_main, X_skip, parameters):
    module = WavenetResidualModule(ch_residual=2, ch_dilation=3, dilation=1, kernel_width=2)
    given(module, parameters, {"conv_dilation": X_main, "conv_1x1": np.ones((*X_main.shape[:2], 3))})
    return module, module.forward(X_main, X_skip)


LINES = dict.fromkeys(("dY_main", "dY_skip", "X_main", "X_skip"), (3, 5, 2))


@vjp(of=lambda X_main, X_skip, parameters: wavenet(X_main, X_skip, parameters)[1],
     inputs=arrays({**LINES, "parameters": WAVENET}), **named("WavenetResidualModule", SECTION))
def wavenet_backward(dY_main, dY_skip, X_main, X_skip, parameters):
    module, _ = wavenet(X_main, X_skip, parameters)
    dX_main, dX_skip = module.backward(dY_skip, dY_main)
    return dX_main, dX_skip, gradients(module, parameters)


def skip(label, make, Y, components):
    """A residual block on volumes of (2, 4, 3, 2)."""

    def run(X, parameters):
        module = make(act_fn=Tanh())
        module.forward(np.zeros(X.shape))
        for component in module.components:
            component.flush_gradients()
        for name, values in parameters.items():
            layer = getattr(module, name)
            layer.parameters.update(values)
            layer.gradients.update({key: np.zeros_like(value) for key, value in values.items()})
        return module, module.forward(X)

    inputs = arrays({"dY": Y, "X": (2, 4, 3, 2), "parameters": components})

    @vjp(of=lambda X, parameters: run(X, parameters)[1], inputs=inputs, **named(label, SECTION))
    def backward(dY, X, parameters):
        module, _ = run(X, parameters)
        return module.backward(dY), gradients(module, parameters)


def conv(*kernel):
    return {"W": kernel, "b": (1, 1, 1, kernel[-1])}


def norm(channels):
    return {"scaler": (channels,), "intercept": (channels,)}


skip(
    "SkipConnectionIdentityModule",
    lambda act_fn: SkipConnectionIdentityModule(out_ch=3, kernel_shape1=(3, 3), kernel_shape2=(1, 3), act_fn=act_fn),
    Y=(2, 4, 3, 2),
    components={"conv1": conv(3, 3, 2, 3), "batchnorm1": norm(3), "conv2": conv(1, 3, 3, 2), "batchnorm2": norm(2)},
)
skip(
    "SkipConnectionConvModule",
    lambda act_fn: SkipConnectionConvModule(
        out_ch1=3, out_ch2=2, kernel_shape1=(2, 2), kernel_shape2=(2, 2), kernel_shape_skip=(3, 2), pad1=1, pad2=0,
        stride_skip=1, act_fn=act_fn,
    ),
    Y=(2, 4, 3, 2),
    components={
        "conv1": conv(2, 2, 2, 3), "batchnorm1": norm(3), "conv2": conv(2, 2, 3, 2), "batchnorm2": norm(2),
        "conv_skip": conv(3, 2, 2, 2), "batchnorm_skip": norm(2),
    },
)


def bidirectional(merge_mode, width):
    """Two LSTM cells of 2 units over 4 steps of 2 examples of 3 features; `width` is that of the output."""
    cell = {**{f"W{gate}": (5, 2) for gate in "fuco"}, **{f"b{gate}": (1, 2) for gate in "fuco"}}

    def run(X, parameters):
        module = BidirectionalLSTM(n_out=2, merge_mode=merge_mode)
        return given(module, parameters, dict.fromkeys(parameters, X[:, :, 0]), new)

    inputs = arrays({"dY": (2, width, 4), "X": (2, 3, 4), "parameters": {"cell_fwd": cell, "cell_bwd": cell}})

    @vjp(of=lambda X, parameters: run(X, parameters).forward(X), inputs=inputs,
         **named(f"BidirectionalLSTM, {merge_mode}", SECTION))
    def backward(dY, X, parameters):
        module = run(X, parameters)
        module.forward(X)
        return module.backward(dY), gradients(module, parameters)


bidirectional("concat", 4)
bidirectional("sum", 2)
bidirectional("average", 2)
bidirectional("multiply", 2)


def heads(Q, K, V, parameters):
    module = MultiHeadedAttentionModule(n_heads=2)
    module.kqv_dim, module.is_initialized = Q.shape[-1], True
    module._init_params()
    return given(module, parameters, dict.fromkeys(parameters, Q))


PROJECTIONS = {name: {"W": (4, 4), "b": (1, 4)} for name in ("Q", "K", "V", "O")}


@vjp(of=lambda Q, K, V, parameters: heads(Q, K, V, parameters).forward(Q, K, V),
     **named("MultiHeadedAttentionModule", SECTION),
     inputs=arrays({"dY": (3, 1, 4), **dict.fromkeys("QKV", (3, 4)), "parameters": PROJECTIONS}))
def heads_backward(dY, Q, K, V, parameters):
    module = heads(Q, K, V, parameters)
    module.forward(Q, K, V)
    return *module.backward(dY), gradients(module, parameters)
