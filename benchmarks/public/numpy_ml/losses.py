"""numpy-ml's losses, and those of its boosted trees and of logistic regression."""

import numpy as np
from jax import nn
from jax import numpy as jnp
from numpy_ml.linear_models.lm import LogisticRegression, sigmoid
from numpy_ml.neural_nets.activations import Tanh
from numpy_ml.neural_nets.layers import Softmax
from numpy_ml.neural_nets.losses import CrossEntropy, NCELoss, SquaredError, VAELoss, WGAN_GPLoss
from numpy_ml.trees import losses as trees
from numpy_ml.utils.data_structures import DiscreteSampler

from benchmarks.public.numpy_ml.findings import named
from verify import between, gradient, mask, one_hot, positive

SECTION = "Losses"
ROWS = {"y": "n m", "y_pred": "n m"}


def squared_error(y, z):
    return SquaredError.loss(y, Tanh()(z))


@gradient(of=squared_error, wrt="z", shapes={"y": "n m", "z": "n m"}, **named("SquaredError", SECTION))
def squared_error_grad(y, z):
    return SquaredError.grad(y, Tanh()(z), z, Tanh())


def cross_entropy(y, z):
    """As documented, of the softmax's input; the package's own asserts that y is binary, which can't be traced."""
    return -jnp.sum(y.T * nn.log_softmax(z))


@gradient(of=cross_entropy, wrt="z", shapes={"y": "m n", "z": "n m"}, domains={"y": one_hot},
          **named("CrossEntropy", SECTION))
def cross_entropy_grad(y, z):
    return CrossEntropy.grad(y.T, Softmax().forward(z))


@gradient(of=VAELoss.loss, wrt=("y_pred", "t_log_var", "t_mean"), shapes={**ROWS, "t_mean": "n t", "t_log_var": "n t"},
          domains={"y": mask, "y_pred": between(0, 1)}, **named("VAELoss", SECTION))
def vae_grad(y, y_pred, t_mean, t_log_var):
    return VAELoss.grad(y, y_pred, t_mean, t_log_var)


def critic_loss(Y_fake, Y_real, gradInterp):
    return WGAN_GPLoss().loss(Y_fake, "C", Y_real, gradInterp)


@gradient(of=critic_loss, shapes={"Y_fake": "n", "Y_real": "n", "gradInterp": "n m"},
          **named("WGAN_GPLoss, critic", SECTION))
def critic_grad(Y_fake, Y_real, gradInterp):
    return WGAN_GPLoss().grad(Y_fake, "C", Y_real, gradInterp)


def generator_loss(Y_fake):
    return WGAN_GPLoss().loss(Y_fake, "G")


@gradient(of=generator_loss, shapes={"Y_fake": "n"}, **named("WGAN_GPLoss, generator", SECTION))
def generator_grad(Y_fake):
    return WGAN_GPLoss().grad(Y_fake, "G")


def nce(label, target, noise):
    """Noise-contrastive estimation of four classes, as documented; the package's own indexes by `range`."""
    log_q = np.log([0.1, 0.2, 0.3, 0.4])

    def loss(X, W, b):
        of_target = jnp.einsum("ncd,nd->cn", X, W[target]) + b[0, target] - log_q[target]
        of_noise = X @ W[noise].T + b[0, noise] - log_q[noise]
        return -nn.log_sigmoid(of_target).sum() - nn.log_sigmoid(-of_noise).sum()

    @gradient(of=loss, shapes={"X": "2 c d", "W": "4 d", "b": "1 4"}, **named(label, SECTION),
              domains={"X": between(-1, 1), "W": between(-1, 1), "b": between(-1, 1)})
    def grad(X, W, b):
        made = NCELoss(n_classes=4, noise_sampler=DiscreteSampler(np.exp(log_q)), num_negative_samples=len(noise))
        made.loss(X, target, noise)
        made.flush_gradients()
        made.parameters.update(W=W, b=b)
        made.loss(X, target, noise)
        return made.grad(update_params=False), made.gradients["W"], made.gradients["b"]


nce("NCELoss", target=np.array([0, 3]), noise=np.array([1, 2, 1]))
nce("NCELoss, a target among the noise", target=np.array([0, 3]), noise=np.array([1, 3, 1]))

squares, entropy = trees.MSELoss(), trees.CrossEntropyLoss()
gradient(of=squares, wrt="y_pred", shapes={"y": "n", "y_pred": "n"}, **named("trees.MSELoss", SECTION))(squares.grad)
gradient(of=entropy, wrt="y_pred", shapes=ROWS, domains={"y_pred": positive},
         **named("trees.CrossEntropyLoss", SECTION))(entropy.grad)


def logistic(norm, squared):
    """Logistic regression with a penalty as the code has it; the documentation forgets its square."""

    def loss(beta, X, y):
        t = X @ beta
        return (jnp.sum(jnp.logaddexp(0, t) - y * t) + 0.5 * 0.7 * squared(beta)) / X.shape[0]

    @gradient(of=loss, wrt="beta", shapes={"beta": "d", "X": "n d", "y": "n"}, domains={"y": mask},
              **named(f"LogisticRegression, {norm}", SECTION))
    def grad(beta, X, y):
        model = LogisticRegression(norm, gamma=0.7)
        model.beta = beta
        return model._NLL_grad(X, y, sigmoid(X @ beta))


logistic("l2", lambda beta: jnp.sum(beta**2))
logistic("l1", lambda beta: jnp.sum(jnp.abs(beta)) ** 2)
