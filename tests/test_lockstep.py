"""Training in lock-step: mistakes are found at the step where they begin and named, right programs are left alone."""

from dataclasses import replace

import numpy as np
import pytest

import manual_bp as bp
from manual_bp import training
from manual_bp.backprop_a import backprop_a
from manual_bp.penalties import l1_gradient
from tests.test_independence import graph, tops
from tests.trained import data, recipe, trained
from verify.numbers.running_error import Bounded
from verify.training.lockstep import in_bounds, parameters, relative_distance
from verify.training.recipe import Recipe
from verify.training.running import Run, start
from verify.training.twin import twin

DROPPED = recipe(keep=(0.8, 0.5, 1.0))
HALVED = recipe(keep=(0.5, 0.25, 1.0))
PLAIN = recipe()


def changed(**wrong):
    """`backprop_a` with some of its results changed: functions of (the list of that result, m)."""

    def backward(trace, layers, Y, loss, dropout, *, stable):
        g = backprop_a(trace, layers, Y, loss, dropout, stable=stable)
        return replace(g, **{k: tuple(f(list(getattr(g, k)), Y.shape[1])) for k, f in wrong.items()})

    return backward


def at(layer, f):
    """A change of one layer's entry alone."""
    return lambda values, m: [f(x, m) if l == layer else x for l, x in enumerate(values, start=1)]


def without_masks(*layers):
    """The backward pass without the masks of some layers."""

    def backward(trace, network, Y, loss, dropout, *, stable):
        kept = [None if l in layers else drop for l, drop in enumerate(dropout, start=1)]
        return backprop_a(trace, network, Y, loss, kept, stable=stable)

    return backward


def without_scale(layer):
    """The mask of a layer without its 1/keep, backward."""

    def backward(trace, layers, Y, loss, dropout, *, stable):
        kept = [bp.Dropout(d.D, 1.0) if l == layer else d for l, d in enumerate(dropout, start=1)]
        return backprop_a(trace, layers, Y, loss, kept, stable=stable)

    return backward


def without_slope(layer):
    """g' left out in one layer."""

    def backward(trace, layers, Y, loss, dropout, *, stable):
        flat = [replace(x, g=bp.activation("identity")) if l == layer else x for l, x in enumerate(layers, start=1)]
        return backprop_a(trace, flat, Y, loss, dropout, stable=stable)

    return backward


def off_at(layer, entry, factor):
    def f(x, m):
        x = x.copy()
        x[entry] *= factor
        return x

    return changed(dW=at(layer, f))


PENALIZED = recipe(l2=0.7, l1=0.2)
MISTAKES = {
    "no mask in layer 1": (DROPPED, without_masks(1), 1, "W", "no mask in layer 1: dA needs D and 1/keep too (E16)"),
    "no mask in layer 2": (DROPPED, without_masks(2), 2, "W", "no mask in layer 2:"),
    "no masks": (DROPPED, without_masks(1, 2), 2, "W", "no mask in layers 1, 2:"),
    "no 1/keep": (DROPPED, without_scale(1), 1, "W", "differs by the factor 0.8: a mask's 1/keep is missing in layer 1"),
    "no 1/keep in a deeper layer": (DROPPED, without_scale(2), 2, "W", "factor 0.5: a mask's 1/keep is missing in layer 2"),
    "db without 1/m": (PLAIN, changed(db=lambda db, m: [x * m for x in db]), 3, "b", "db[3] differs by the factor 36: the factor 1/m is missing"),
    "dW with 1/m twice": (PLAIN, changed(dW=at(2, lambda x, m: x / m)), 2, "W", "the factor 1/m is there twice"),
    "sign": (PLAIN, changed(dW=at(1, lambda x, m: -x)), 1, "W", "dW[1] differs by the factor -1: the sign is wrong"),
    "sign beside penalties": (PENALIZED, changed(dW=at(2, lambda x, m: -x)), 2, "W", "the sign is wrong"),
    "zero": (PLAIN, changed(db=at(2, lambda x, m: 0 * x)), 2, "b", "it is zero"),
    "a factor": (PLAIN, changed(dW=at(2, lambda x, m: 1.001 * x)), 2, "W", "dW[2] differs by the factor 1.001"),
    "no g'": (PLAIN, without_slope(1), 1, "W", "lacks g'(Z[1])"),
    "not a number": (PLAIN, changed(dW=at(3, lambda x, m: x * np.nan)), 3, "W", "it is not finite"),
    "one entry by 1e-9": (PLAIN, off_at(2, (3, 1), 1 + 1e-9), 2, "W", None),
    "rows in another order": (PLAIN, changed(db=at(3, lambda x, m: x[::-1])), 3, "b", None),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_wrong_gradient_is_found_at_the_first_step(name):
    plan, backward, layer, parameter, hint = MISTAKES[name]
    run = Run(replace(plan, epochs=2), data(plan), backward=backward)
    run.go()
    parted = run.lockstep.parted
    assert (parted.step, parted.what, parted.layer, parted.parameter) == (1, "gradient", layer, parameter)
    assert parted.in_bounds > 100
    assert parted.hint is None if hint is None else hint in parted.hint
    assert parted.manual != parted.reference


def test_the_entry_and_both_values_are_named():
    run = trained(replace(PLAIN, epochs=1), backward=off_at(2, (3, 1), 1 + 1e-9))
    parted = run.lockstep.parted
    assert parted.entry == (3, 1)
    assert parted.manual == pytest.approx(parted.reference * (1 + 1e-9), rel=1e-13)
    assert f"dW[3, 1] of layer 2 is {parted.manual:.9g} by hand and {parted.reference:.9g} by autodiff" in str(parted)


def test_a_mistake_that_begins_later_is_found_there():
    """A bias that is penalised: nothing of it shows while the biases are zero."""

    def backward(trace, layers, Y, loss, dropout, *, stable):
        g = backprop_a(trace, layers, Y, loss, dropout, stable=stable)
        return replace(g, db=tuple(db + 0.01 * layer.b for db, layer in zip(g.db, layers, strict=True)))

    parted = trained(PLAIN, backward=backward).lockstep.parted
    assert (parted.step, parted.layer, parted.parameter) == (2, 3, "b")
    assert parted.hint == "db[3] is off by 0.01 b: biases are not penalised"


@pytest.mark.parametrize(
    ("name", "wrong", "hint"),
    [
        ("l2_gradient", lambda dW, W, lam, m: dW, "dW[3] lacks the L2 penalty, lambda/m W = 0.0194444 W"),
        ("l2_gradient", lambda dW, W, lam, m: dW + 2 * lam / m * W, "dW[3] is off by 0.0194444 W: the L2 penalty adds 0.0194444 W"),
        ("l1_gradient", lambda dW, W, lam, m: dW, "dW[3] lacks the L1 penalty, lambda/m sign(W) = 0.00555556 sign(W)"),
        ("l1_gradient", lambda dW, W, lam, m: l1_gradient(dW, W, -lam, m), "dW[3] is off by -0.0111111 sign(W): the L1 penalty"),
    ],
)
def test_a_wrong_penalty_is_named(monkeypatch, name, wrong, hint):
    monkeypatch.setattr(training, name, wrong)
    parted = trained(replace(PENALIZED, epochs=1)).lockstep.parted
    assert (parted.step, parted.what) == (1, "gradient")
    assert hint in parted.hint


@pytest.mark.parametrize(
    ("factor", "hint"), [(2.0, "the step of W[3] is 2 times that of gradient descent"), (-1.0, "the step of W[3] goes uphill")]
)
def test_a_wrong_step_is_told_from_a_wrong_gradient(monkeypatch, factor, hint):
    def descend(layers, dW, db, alpha):
        return [bp.Layer(x.W - factor * alpha * g, x.b - alpha * h, x.g) for x, g, h in zip(layers, dW, db, strict=True)]

    monkeypatch.setattr(training, "descend", descend)
    lockstep = trained(replace(PLAIN, epochs=2)).lockstep
    assert (lockstep.parted.step, lockstep.parted.what, lockstep.parted.hint) == (1, "parameters", hint)
    assert lockstep.worst < 1


def test_the_missing_mask_is_found_though_the_loss_still_falls():
    plan = replace(DROPPED, epochs=40)
    run = trained(plan, backward=without_masks(1, 2))
    assert run.lockstep.parted.step == 1
    assert run.records[-1].loss < 0.5 * run.records[0].loss
    assert run.lockstep.steps == 40
    assert run.records[-1].distance > 0.01


# -- no false alarms ---------------------------------------------------------------------------------------------------

RIGHT = [
    recipe((6,), "relu", seed=1, rate=1.0),
    recipe((6, 5), "leaky_relu", seed=2, l1=0.5, dtype="float32"),
    recipe((4, 4), "sigmoid", seed=3, keep=(0.1, 0.9, 1.0), l2=30.0),
    recipe((5,), "relu", seed=5, keep=(0.5, 1.0), outputs=1, batch=7, epochs=3, dtype="float32"),
    recipe((5, 5), "tanh", seed=6, outputs=1, rate=50.0, l2=3.0),
]


@pytest.mark.parametrize("plan", RIGHT, ids=lambda plan: f"{plan.activations[0]}-{plan.seed}")
def test_a_right_program_is_left_alone(plan: Recipe):
    for seed in range(3):
        run = trained(replace(plan, seed=plan.seed + 10 * seed, epochs=max(plan.epochs, 12)))
        assert run.lockstep.parted is None
        assert 0 < run.lockstep.worst < 1
        assert run.lockstep.steps == run.total


def test_the_two_stay_together():
    run = trained(recipe((8,), epochs=200))
    assert run.lockstep.distance < 1e-13
    assert run.records[-1].reference_loss == pytest.approx(run.records[-1].loss, rel=1e-12)


@pytest.mark.parametrize("plan", [HALVED, PENALIZED, RIGHT[0], recipe((5,), "sigmoid", outputs=1)], ids=range(4))
def test_the_bound_is_near_that_of_the_running_error(plan: Recipe):
    """Twice the bound of `verify.numbers`, since each of the two programs rounds; neither far below nor far above.

    A keep probability is a power of two here: others are inexact numbers there, and the same in both programs here.
    """
    train, layers = data(plan).train, start(plan).layers
    dropout = None
    if plan.keep is not None:
        dropout = bp.draw_dropout(np.random.default_rng(0), plan.keep, plan.widths[1:], train.X.shape[1])
    masks = [None if drop is None else drop.D for drop in dropout or [None] * len(layers)]
    bounds = twin(plan, train.X.shape[1]).check(parameters(layers), train.X, train.Y, masks)[2]
    bounded = [bp.Layer(Bounded(layer.W), Bounded(layer.b), layer.g) for layer in layers]
    with np.errstate(all="ignore"):
        trace = bp.forward(Bounded(train.X), bounded, dropout)
        g = backprop_a(trace, bounded, Bounded(train.Y), bp.loss(plan.loss), dropout, stable=True)
    for (W_bound, b_bound), dW, db in zip(bounds, g.dW, g.db, strict=True):
        for ours, theirs in ((W_bound, dW.e), (b_bound, db.e)):
            assert np.min(ours / theirs) > 1.5
            assert np.median(ours / theirs) < 5


# -- kinks, and what is compared ---------------------------------------------------------------------------------------


def test_entries_at_a_kink_are_counted():
    """The one feature is constant: it is 0 after centring, and so is Z[1] as long as b[1] is."""
    plan = Recipe((1, 4, 3), ("relu", "softmax"), 0.5, 1)
    run = trained(plan, constant=True)
    assert run.lockstep.at == 4 * 36
    assert run.lockstep.parted is None
    assert trained(replace(plan, activations=("tanh", "softmax")), constant=True).lockstep.at == 0


def test_entries_that_cross_a_kink_are_counted():
    plan = recipe((8,), "relu", epochs=1)
    run = Run(plan, data(plan))
    run.lockstep.params = [(-W, b) for W, b in run.lockstep.params]
    run.go()
    assert run.lockstep.crossed == 8 * 36


def test_in_bounds():
    manual, reference = np.array([1.0, 2.0, np.nan, 1.0, np.inf, 3.0]), np.array([1.0, 1.5, 1.0, np.nan, np.inf, 3.5])
    bound = np.array([0.1, 0.1, 0.1, 0.1, 0.1, np.inf])
    assert in_bounds(manual, reference, bound).tolist() == [0, 5, np.inf, 0, 0, 0]


def test_relative_distance():
    one = [(np.array([[2.0, -4.0]]), np.array([[0.0]]))]
    assert relative_distance(one, one) == 0
    assert relative_distance(one, [(np.array([[2.0, -3.0]]), np.array([[0.0]]))]) == 0.25
    assert relative_distance(one, [(one[0][0], np.array([[0.1]]))]) == float("inf")


def test_the_twin_knows_nothing_of_the_hand_derived_side():
    reached = graph("verify.training.twin")
    assert "verify.training.rounding" in reached
    assert "manual_bp" not in tops(reached)
    assert "manual_bp" in tops(graph("verify.training.lockstep"))
