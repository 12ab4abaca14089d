"""Training as a whole, which joins sections 3 to 7."""

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from hypothesis import strategies as st

import manual_bp as bp
from verify import identity, measurement
from verify.notes import by_hand, twin
from verify.notes.dropout import refused
from verify.notes.networks import Architecture
from verify.notes.section_7 import SECTION
from verify.notes.seeded import network, seeded

ALPHA, STEPS, SEED = 0.125, 2, 7
SHALLOW = Architecture((2, 4, 3), 5, ("relu", "sigmoid"), "cross_entropy")  # a pair that has no fused form
DEEP = Architecture((3, 4, 2, 2), 5, ("tanh", "identity", "sigmoid"))
KEEP = (0.35, 0.8, 1.0)


# -- descent on the penalized objective --------------------------------------------------------------------------------


def trained(
    params: Any, activations: Any, loss: Any, X: Any, Y: Any, masks: Any, keep: Any, lam: Any, lam1: Any
) -> dict[str, Any]:
    """Parameters after so many steps as there are entries of `masks`, and the objective before each of them."""
    params, objective = list(params), []
    for D in masks:
        J, g = jax.value_and_grad(twin.regularized)(params, activations, loss, X, Y, D, keep, lam, lam1)
        params = [(W - ALPHA * dW, b - ALPHA * db) for (W, b), (dW, db) in zip(params, g, strict=True)]
        objective.append(J)
    return {"layers": [list(pair) for pair in params], "objective": objective, "step": 1.0 * len(masks)}


def reported(out: bp.Training) -> dict[str, Any]:
    """What training returned, in the twin's shape."""
    layers = [[layer.W, layer.b] for layer in out.layers]
    return {"layers": layers, "objective": out.objective, "step": float(out.step)}


def trained_without_dropout(
    params: Any, activations: Any, loss: Any, X: Any, Y: Any, masks: Any, keep: Any, lam: Any, lam1: Any
) -> Any:
    return trained(params, activations, loss, X, Y, [masks] * STEPS, keep, lam, lam1)


@identity(
    of=trained_without_dropout, inputs=seeded((SHALLOW,), 20, penalties=True), kink="autodiff",
    label="7.train", section=SECTION, uses=("6.2", "6.2b", "7.1", "7.1u"),
    equation=r"W^{[l]},\ b^{[l]} \text{ after two steps of training with L2 and L1, and } J \text{ before each}",
)
def training(params: Any, activations: Any, loss: Any, X: Any, Y: Any, lam: Any, lam1: Any) -> Any:
    layers = by_hand.layers_of(params, activations)
    return reported(bp.train(X, Y, layers, bp.loss(loss), alpha=ALPHA, steps=STEPS, lam=lam, lam1=lam1))


def biases_without_penalties(params: Any, activations: Any, loss: Any, X: Any, Y: Any, masks: Any, keep: Any) -> Any:
    def J(biases: Any) -> Any:
        chosen = [(W, b) for (W, _), b in zip(params, biases, strict=True)]
        return twin.values(chosen, activations, loss, X, Y, masks, keep)["J"]

    biases = [b for _, b in params]
    return [b - ALPHA * db for b, db in zip(biases, jax.grad(J)(biases), strict=True)]


@identity(
    of=biases_without_penalties, inputs=seeded((SHALLOW,), 12), kink="autodiff", label="7.1g@b", section=SECTION,
    uses=("6.2b", "7.1g", "7.1L1g@ours"),
    equation=r"b^{[l]} := b^{[l]} - \alpha\, dJ/db^{[l]} \text{ with L2 and L1 too}",
    because="biases are not penalised: their step is that of J alone",
)
def biases_with_penalties(params: Any, activations: Any, loss: Any, X: Any, Y: Any) -> Any:
    layers = by_hand.layers_of(params, activations)
    out = bp.train(X, Y, layers, bp.loss(loss), alpha=ALPHA, steps=1, lam=2.5, lam1=1.5)
    return [layer.b for layer in out.layers]


def masks_of_training(widths: Any, m: int) -> Any:
    """The masks of each step: of each hidden layer in turn, from uniform numbers of a generator with the same seed."""
    rng = np.random.default_rng(SEED)
    return [
        [rng.random((n, m)) < p if p < 1 else None for n, p in zip(widths, KEEP, strict=True)] for _ in range(STEPS)
    ]


def trained_with_dropout(params: Any, activations: Any, loss: Any, X: Any, Y: Any, lam: Any, lam1: Any) -> Any:
    masks = masks_of_training([len(b) for _, b in params], X.shape[1])
    return trained(params, activations, loss, X, Y, masks, KEEP, lam, lam1)


def with_dropout(seed: int) -> dict[str, Any]:
    """A network to train with dropout; its masks and probabilities are not drawn."""
    drawn = network(DEEP, seed, penalties=True)
    return {name: x for name, x in drawn.items() if name not in ("masks", "keep")}


@identity(
    of=trained_with_dropout, inputs=st.integers(0, 9).map(with_dropout), kink="autodiff", label="7.train@dropout",
    section=SECTION, uses=("7.train", "7.2a@draw", "7.2back"),
    equation=r"W^{[l]},\ b^{[l]} \text{ after two steps with dropout, L2 and L1, and } J \text{ before each}",
    because="each step draws its own masks, from the generator that is passed",
)
def training_with_dropout(params: Any, activations: Any, loss: Any, X: Any, Y: Any, lam: Any, lam1: Any) -> Any:
    layers, rng = by_hand.layers_of(params, activations), np.random.default_rng(SEED)
    return reported(bp.train(
        X, Y, layers, bp.loss(loss), alpha=ALPHA, steps=STEPS, lam=lam, lam1=lam1, keep=KEEP, rng=rng,
    ))


def validated(params: Any, activations: Any, loss: Any, X: Any, Y: Any, lam: Any, lam1: Any) -> Any:
    """J of the set (X^2, Y) before and after one step of training with dropout."""
    masks, nothing = masks_of_training([len(b) for _, b in params], X.shape[1])[:1], [None] * len(KEEP)
    out = trained(params, activations, loss, X, Y, masks, KEEP, lam, lam1)
    return [
        twin.values(layers, activations, loss, X**2, Y, nothing, nothing)["J"] for layers in (params, out["layers"])
    ]


@identity(
    of=validated, inputs=st.integers(0, 1).map(with_dropout), kink="autodiff", label="7.2x@validation",
    section=SECTION, uses=("7.2x", "7.train@dropout"), equation=r"J_{val} \text{ before and after a step}",
    because="the validation loss has neither masks nor penalties",
)
def validation_losses(params: Any, activations: Any, loss: Any, X: Any, Y: Any, lam: Any, lam1: Any) -> Any:
    layers, rng = by_hand.layers_of(params, activations), np.random.default_rng(SEED)
    return bp.train(
        X, Y, layers, bp.loss(loss), alpha=ALPHA, steps=1, lam=lam, lam1=lam1, keep=KEEP, rng=rng, validation=(X**2, Y),
    ).validation


SATURATED = st.tuples(st.sampled_from((40.0, -720.0, 3.0, -1.0, 800.0)), st.sampled_from((1.0, 0.0, 0.25))).map(
    lambda drawn: {"z": np.array([[drawn[0]]]), "y": np.array([[drawn[1]]])}
)


def saturated_step(z: Any, y: Any) -> Any:
    return {"W": z - ALPHA * (jax.nn.sigmoid(z) - y), "objective": jnp.sum(jax.nn.softplus(z) - z * y)}


@identity(
    of=saturated_step, inputs=SATURATED, label="7.train@saturated", section=SECTION,
    uses=("7.train", "2.BCE'@stable", "2.BCE@stable"), equation=r"W := W - \alpha (a - y), \quad a = \sigma(W)",
    because="training starts from a - y, which stays a number where the output is 0 or 1",
)
def training_of_saturated_output(z: Any, y: Any) -> Any:
    layers = [bp.Layer(z, np.zeros((1, 1)), bp.activation("sigmoid"))]
    out = bp.train(np.ones((1, 1)), y, layers, bp.loss("binary_cross_entropy"), alpha=ALPHA, steps=1)
    return {"W": out.layers[0].W, "objective": out.objective[0]}


def after_fifteen_steps(alpha: Any) -> Any:
    """The one weight, which moves as its bias does, under the target 0.25; how many objectives there are; the step."""
    w, b = 2.0, 0.0
    for _ in range(15):
        error = 1 / (1 + math.exp(-w - b)) - 0.25
        w, b = w - alpha * error, b - alpha * error
    return np.array([w, 15.0, 15.0])


@measurement(
    equals=after_fifteen_steps, within=1e-12, label="7.train@long", section=SECTION, domains={"alpha": (0.5, 1e-9)},
    uses=("7.train@saturated",), equation=r"W := W - \alpha (a - y) \text{ fifteen times}",
    because="every step is taken, however little it changes, with the same learning rate",
)
def trained_for_long(alpha: Any) -> Any:
    layer = bp.Layer(np.full((1, 1), 2.0), np.zeros((1, 1)), bp.activation("sigmoid"))
    loss, y = bp.loss("binary_cross_entropy"), np.array([[0.25]])
    out = bp.train(np.array([[1.0]]), y, [layer], loss, alpha=alpha, steps=15)
    return np.array([out.layers[0].W.item(), len(out.objective), out.step])


@measurement(
    equals=lambda z: np.ones(1), within=1e-12, label="7.2x@far", section=SECTION, domains={"z": (-40.0, -18.0, 0.0)},
    uses=("7.2x", "2.sigmoid@stable"), equation=r"A^{[N]} (1 + e^{-z}) = 1 \text{ at test time}",
)
def saturated_prediction(z: Any) -> Any:
    layer = bp.Layer(np.ones((1, 1)), np.zeros((1, 1)), bp.activation("sigmoid"))
    return bp.predict(np.array([[z]]), [layer])[0] * (1 + np.exp(-z))



# -- arguments ---------------------------------------------------------------------------------------------------------

ONE = np.ones((1, 1))


def start(**options: Any) -> Any:
    """Training of a small network with one option that does not fit."""
    fitting: dict[str, Any] = {"alpha": 0.1, "steps": 2}
    if "stopping" in options:
        options["stopping"] = bp.EarlyStopping(options["stopping"])
    layers = [bp.Layer(ONE, ONE, bp.activation("tanh")), bp.Layer(ONE, ONE, bp.activation("sigmoid"))]
    return bp.train(ONE, ONE, layers, bp.loss("binary_cross_entropy"), **{**fitting, **options})


UNFITTING: tuple[dict[str, Any], ...] = (
    {"alpha": 0.0}, {"alpha": -0.1}, {"alpha": float("inf")}, {"steps": -1}, {"lam": -0.1}, {"lam1": -0.1},
    {"lam": float("nan")}, {"keep": (0.5, 1.0)}, {"keep": (0.5, 0.5), "rng": np.random.default_rng(0)},
    {"stopping": 1}, {"validation": (ONE, 2 * ONE)},
    {"alpha": 0.0, "steps": 0}, {"alpha": 1e200, "lam": 1.0, "steps": 3},
    {"steps": 0, "lam": 1.7e308, "lam1": 1.7e308},
)
UNFITTING_RULES = ((0, 0.0), (-1, 0.0), (1, -0.1), (1, float("nan")))


@measurement(
    equals=np.array([0.0] + [1.0] * (len(UNFITTING) + len(UNFITTING_RULES))), within=1e-9, label="7.train@refused",
    section=SECTION, uses=("7.train",),
    equation=r"\alpha > 0,\ \lambda \ge 0,\ \text{masks with a generator, a rule of stopping with a validation set}",
    because="1 where an argument that does not fit is refused; the first fits",
)
def what_is_refused() -> Any:
    return np.array(
        [refused(start)] + [refused(lambda options=options: start(**options)) for options in UNFITTING]
        + [refused(lambda rule=rule: bp.EarlyStopping(*rule)) for rule in UNFITTING_RULES]
    )
