"""Sections 3 to 7 joined: full-batch gradient descent with dropout, L2, L1 and early stopping."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count, repeat

import numpy as np
from jaxtyping import Int

from manual_bp.backprop_a import backprop_a
from manual_bp.dropout import Dropout, draw_dropout
from manual_bp.early_stopping import EarlyStopping
from manual_bp.forward import forward
from manual_bp.gradient_descent import descend
from manual_bp.losses import Loss, batch_loss, require_targets
from manual_bp.notation import Gradients, Layer, Matrix, Trace
from manual_bp.penalties import l1_gradient, l1_penalty, l2_gradient, l2_penalty
from manual_bp.shapes import require_examples, require_not_negative, require_positive

Indices = Int[np.ndarray, " m"]
Backward = Callable[..., Gradients]


@dataclass(frozen=True, eq=False)
class Training:
    """The trained layers, the objective before each step (penalties included), the validation losses, and the step
    whose layers these are."""

    layers: tuple[Layer, ...]
    objective: list[np.floating]
    validation: list[float] = field(default_factory=list)
    step: int = 0


def network_loss(trace: Trace, layers: Sequence[Layer], Y: Matrix, loss: Loss) -> np.floating:
    """J of a batch, from Z[N] where the loss has a form for the output activation that is finite everywhere."""
    require_targets(Y, trace.A[-1])
    fused = loss.fused.get(layers[-1].g.name)
    return batch_loss(fused.value(trace.Z[-1], Y) if fused else loss.value(trace.A[-1], Y))


def regularized_gradients(
    layers: Sequence[Layer], dW: Sequence[Matrix], lam: float, lam1: float, m: int
) -> tuple[Matrix, ...]:
    """dW with the penalties' gradients; `lam` is the notes' lambda (L2), `lam1` the one of L1. Biases have none."""
    out = []
    for layer, dW_l in zip(layers, dW, strict=True):
        if lam:
            dW_l = l2_gradient(dW_l, layer.W, lam, m)                       # (7.1g)
        if lam1:
            dW_l = l1_gradient(dW_l, layer.W, lam1, m)                      # (7.1L1g@ours)
        out.append(dW_l)                                                    # (7.1) (7.1g@dual)
    return tuple(out)


@dataclass(frozen=True, eq=False)
class Step:
    """One step of gradient descent.

    layers, after : N Layer each, before the step and after it
    examples : the columns of X that it used; None for all
    dropout : the masks that it drew, or None
    trace : its forward pass
    objective : before the step, penalties included
    dW, db : its gradients, penalties included
    """

    layers: tuple[Layer, ...]
    examples: Indices | None
    dropout: tuple[Dropout | None, ...] | None
    trace: Trace
    objective: np.floating
    dW: tuple[Matrix, ...]
    db: tuple[Matrix, ...]
    after: tuple[Layer, ...]


def descent(
    X: Matrix,
    Y: Matrix,
    layers: Sequence[Layer],
    loss: Loss,
    *,
    alpha: float,
    lam: float = 0.0,
    lam1: float = 0.0,
    keep: Sequence[float] | None = None,
    rng: np.random.Generator | None = None,
    batches: Iterable[Indices] | None = None,
    backward: Backward = backprop_a,
) -> Iterator[Step]:
    """The steps of gradient descent, one after another: a step is taken when it is asked for.

    Parameters and errors as for `train`. Beside them:

    batches : the examples of each step, such as `mini_batches`, an extension: not in the notes. The penalties keep
        the m of the whole set. None: every step takes all examples
    backward : the backward pass: a function like `backprop_a`

    Source: notes, sections 3, 5, 6.2, 7.
    """
    layers, m = tuple(layers), require_examples("X", X)
    for examples in repeat(None) if batches is None else batches:
        X_, Y_ = (X, Y) if examples is None else (X[:, examples], Y[:, examples])
        dropout = None
        if keep is not None and rng is not None:
            widths = [layer.W.shape[0] for layer in layers]
            dropout = draw_dropout(rng, keep, widths, X_.shape[1])          # (7.train@dropout)
        trace, J = objective(X_, Y_, layers, loss, dropout, lam, lam1, m)
        with np.errstate(over="ignore", invalid="ignore"):
            gradients = backward(trace, layers, Y_, loss, dropout, stable=True)     # (7.train@saturated)
            dW = regularized_gradients(layers, gradients.dW, lam, lam1, m)
            after = tuple(descend(layers, dW, gradients.db, alpha))         # (7.train) (7.1g@b) (7.train@long)
        yield Step(layers, examples, dropout, trace, J, dW, gradients.db, after)
        layers = after


def mini_batches(seed: int, m: int, size: int, start: int = 0) -> Iterator[Indices]:
    """The examples of each step from step `start` on: every epoch all m of them once, shuffled, `size` a step.

    An extension: not in the notes. The order of an epoch depends on the seed and its number alone, so that training
    can go on in the middle. The last batch of an epoch may be smaller.
    """
    if not 1 <= size <= m:
        raise ValueError(f"size is {size}; a batch has at least 1 and at most m = {m} examples")
    each = -(-m // size)
    for step in count(start):
        epoch, k = divmod(step, each)
        if k == 0 or step == start:
            order = np.random.default_rng((seed, epoch)).permutation(m)
        yield order[k * size : (k + 1) * size]


def train(
    X: Matrix,
    Y: Matrix,
    layers: Sequence[Layer],
    loss: Loss,
    *,
    alpha: float,
    steps: int,
    lam: float = 0.0,
    lam1: float = 0.0,
    keep: Sequence[float] | None = None,
    rng: np.random.Generator | None = None,
    validation: tuple[Matrix, Matrix] | None = None,
    stopping: EarlyStopping | None = None,
) -> Training:
    """Train by the notes' recipe.

    Parameters
    ----------
    X, Y : arrays, shapes (n_x, m) and (n[N], m)
        Normalized features and targets in [0, 1].
    layers : sequence of N Layer
        The start, unchanged by training.
    loss : Loss
    alpha : learning rate, above 0
    steps : number of full-batch steps, 0 or more
    lam, lam1 : the L2 and L1 penalties' factors, 0 or more
    keep : keep probabilities, one per layer, the last 1; needs `rng`
    rng : numpy.random.Generator for the masks
    validation : (X, Y) of a validation set, for early stopping
    stopping : EarlyStopping; needs `validation`. Its patience and min_delta are used; its record stays as it is

    Returns
    -------
    Training
        With `stopping`, the layers of the best validation loss.

    Raises
    ------
    ValueError
        If shapes, labels or hyperparameters do not fit.
    FloatingPointError
        If the objective is no longer finite: the step is named.

    Source: notes, sections 3, 5, 6.2, 7.
    """
    require_positive("alpha", alpha)                                        # (7.train@refused)
    require_not_negative("lam", lam)
    require_not_negative("lam1", lam1)
    if steps < 0:
        raise ValueError(f"steps is {steps}; expected 0 or more")
    if keep is not None and rng is None:
        raise ValueError("keep was given without rng; expected a numpy.random.Generator to draw the masks from")
    if stopping is not None and validation is None:
        raise ValueError("stopping was given without validation; expected the validation set (X, Y)")
    layers, m = tuple(layers), require_examples("X", X)
    stopping = None if stopping is None else stopping.fresh()
    out = Training(layers, [])
    taken = descent(X, Y, layers, loss, alpha=alpha, lam=lam, lam1=lam1, keep=keep, rng=rng)
    for step in range(steps + 1):
        if validation is not None:
            J_val = float(network_loss(forward(validation[0], layers), layers, validation[1], loss))
            out.validation.append(J_val)                                    # (7.2x@validation)
            if stopping is not None and stopping.should_stop(step, J_val, layers):
                break
        if step == steps:
            _require_finite(objective(X, Y, layers, loss, None, lam, lam1, m)[1], step, alpha)
            break
        one = next(taken)
        _require_finite(one.objective, step, alpha)
        out.objective.append(one.objective)
        layers = one.after
    if stopping is None:
        return Training(layers, out.objective, out.validation, steps)
    best = tuple(stopping.best_layers)                                      # (7.3@train)
    return Training(best, out.objective, out.validation, stopping.best_step)


def objective(
    X: Matrix, Y: Matrix, layers: Sequence[Layer], loss: Loss, dropout: Sequence[Dropout | None] | None, lam: float,
    lam1: float, m: int,
) -> tuple[Trace, np.floating]:
    """The trace of a batch and its objective, with the penalties of a set of m examples; too large to be a number if
    training diverges."""
    weights = [layer.W for layer in layers]
    with np.errstate(over="ignore", invalid="ignore"):
        trace = forward(X, layers, dropout)
        penalty = l2_penalty(weights, lam, m) + l1_penalty(weights, lam1, m)
        return trace, network_loss(trace, layers, Y, loss) + penalty


def _require_finite(J: np.floating, step: int, alpha: float) -> None:
    if not np.isfinite(J):
        raise FloatingPointError(f"the objective is {J} at step {step}; try a smaller alpha than {alpha}")
