"""numpy-ml's activations: first and second derivatives."""

from jax import numpy as jnp
from numpy_ml.neural_nets import activations

from benchmarks.public.numpy_ml.findings import named
from verify import derivative

SECTION = "Activations"


def leaky_relu(z):
    """As documented; the package's own writes through boolean masks, which can't be traced."""
    return jnp.where(z > 0, z, 0.3 * z)


def claims(act, forward):
    """The first two derivatives of an activation."""

    @derivative(of=forward, shapes={"z": "n m"}, **named(f"{type(act).__name__}.grad", SECTION))
    def first(z):
        return act.grad(z)

    @derivative(of=forward, order=2, shapes={"z": "n m"}, **named(f"{type(act).__name__}.grad2", SECTION))
    def second(z):
        return act.grad2(z)


claims(activations.LeakyReLU(alpha=0.3), leaky_relu)
for act in (
    activations.Sigmoid(),
    activations.ReLU(),
    activations.Tanh(),
    activations.Affine(slope=2.0, intercept=0.5),
    activations.Identity(),
    activations.ELU(),
    activations.Exponential(),
    activations.SELU(),
    activations.HardSigmoid(),
    activations.SoftPlus(),
):
    claims(act, act.fn)
