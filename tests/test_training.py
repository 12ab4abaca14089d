"""Running a training: the same as `manual_bp.train`, interrupted and resumed to the bit, stopped early, diverged."""

import gc
import os
import signal
from dataclasses import replace

import numpy as np
import pytest

import manual_bp as bp
from manual_bp.training import descent, mini_batches
from tests.trained import blobs, data, recipe, trained
from verify.training import saved_model
from verify.training.interruption import at_the_end_of_a_step
from verify.training.lockstep import parameters
from verify.training.prepared import accuracy
from verify.training.recipe import Recipe, RecipeError, per_layer
from verify.training.running import MASKS, Run, start
from verify.training.saved_model import ModelError, Source

SOURCE = Source("blobs", None, None, "0" * 64, ("x0", "x1", "x2"), ("a", "b", "c"))


def bits(layers) -> list[bytes]:
    return [x.tobytes() for pair in parameters(layers) for x in pair]


# -- the steps of manual_bp --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("keep", [None, (0.6, 0.8, 1.0)])
@pytest.mark.parametrize("patience", [None, 2])
def test_a_run_is_the_training_of_manual_bp(keep, patience):
    plan = recipe(keep=keep, l2=0.3, l1=0.1, epochs=30, rate=2.0, validation=0.2, patience=patience)
    run, prepared = trained(plan, lockstep=False), data(plan)
    valid = prepared.validation.X, prepared.validation.Y
    out = bp.train(
        prepared.train.X, prepared.train.Y, start(plan).layers, bp.loss("cross_entropy"), alpha=2.0, steps=30, lam=0.3,
        lam1=0.1, keep=keep, rng=np.random.default_rng((0, 0, MASKS)), validation=valid,
        stopping=patience and bp.EarlyStopping(patience),
    )
    assert bits(run.layers) == bits(out.layers)
    assert run.best_step == out.step
    assert [record.validation_loss for record in run.records] == out.validation
    if keep is None:
        assert [record.loss for record in run.records[: len(out.objective)]] == [float(J) for J in out.objective]


def test_a_step_shows_what_it_used():
    plan = recipe(keep=(0.6, 0.8, 1.0), l2=0.3)
    prepared, layers = data(plan), start(plan).layers
    X, Y = prepared.train.X, prepared.train.Y
    steps = descent(X, Y, layers, bp.loss("cross_entropy"), alpha=0.5, lam=0.3, keep=plan.keep, rng=np.random.default_rng(0))
    one, two = next(steps), next(steps)
    assert one.layers == layers
    assert two.layers == one.after
    assert one.examples is None
    g = bp.backprop(bp.forward(X, layers, one.dropout), layers, Y, bp.loss("cross_entropy"), one.dropout)
    for l, (before, after) in enumerate(zip(layers, one.after, strict=True)):
        assert np.allclose(one.dW[l], g.dW[l] + 0.3 / 36 * before.W, rtol=1e-9, atol=1e-15)
        assert np.array_equal(after.W, before.W - 0.5 * one.dW[l])
    assert (one.dropout[0].D != two.dropout[0].D).any()


def test_mini_batches_show_every_example_once_an_epoch():
    steps = mini_batches(3, 10, 4)
    epochs = [[next(steps) for _ in range(3)] for _ in range(2)]
    for epoch in epochs:
        assert [len(batch) for batch in epoch] == [4, 4, 2]
        assert sorted(np.concatenate(epoch)) == list(range(10))
    assert (np.concatenate(epochs[0]) != np.concatenate(epochs[1])).any()
    flat = epochs[0] + epochs[1]
    for k in range(6):
        assert np.array_equal(next(mini_batches(3, 10, 4, start=k)), flat[k])
    for size in (0, 11):
        with pytest.raises(ValueError, match=f"size is {size}; a batch has at least 1 and at most m = 10"):
            next(mini_batches(0, 10, size))


def test_the_penalties_of_a_mini_batch_have_the_m_of_the_set():
    X, labels = blobs()
    Y, layers = np.eye(3)[:, labels], bp.initialize(np.random.default_rng(0), [3, 3], ["softmax"])
    options = {"alpha": 0.5, "batches": mini_batches(0, 60, 20)}
    plain = next(descent(X.T, Y, layers, bp.loss("cross_entropy"), **options))
    options["batches"] = mini_batches(0, 60, 20)
    penalized = next(descent(X.T, Y, layers, bp.loss("cross_entropy"), lam=6.0, **options))
    assert np.allclose(penalized.dW[0] - plain.dW[0], 0.1 * layers[0].W, rtol=1e-10)
    assert penalized.objective - plain.objective == pytest.approx(0.05 * np.sum(layers[0].W ** 2), rel=1e-10)


def test_an_epoch_of_mini_batches_is_recorded_once():
    run = trained(recipe(batch=10, epochs=3), lockstep=False)
    assert run.total == run.state.step == 12
    assert [record.step for record in run.records] == [0, 4, 8, 12]


def test_the_dtype_is_kept():
    run = trained(recipe(dtype="float32", keep=(0.5, 0.5, 1.0), l2=1.0, l1=1.0), lockstep=False)
    assert {x.dtype for pair in parameters(run.layers) for x in pair} == {np.dtype("float32")}


# -- interrupted and resumed -------------------------------------------------------------------------------------------

RESUMED = {
    "plain": recipe(epochs=9),
    "dropout and penalties": recipe(keep=(0.5, 0.8, 1.0), l1=0.2, l2=0.5, epochs=9),
    "early stopping": recipe(validation=0.2, patience=3, rate=1.0, epochs=60, keep=(0.5, 0.8, 1.0)),
    "mini-batches": recipe(batch=12, epochs=4, keep=(0.5, 0.8, 1.0), validation=0.2, patience=5, rate=1.0),
    "float32": recipe((6,), "relu", dtype="float32", epochs=9),
}


def interrupting(step: int):
    def report(now: int, loss: float) -> None:
        if now == step:
            raise KeyboardInterrupt

    return report


@pytest.mark.parametrize(
    ("name", "lockstep"), [*((name, False) for name in RESUMED), ("early stopping", True), ("mini-batches", True)]
)
def test_a_resumed_training_is_the_same_to_the_bit(name, lockstep, tmp_path):
    plan, path = RESUMED[name], tmp_path / "model.npz"
    whole = trained(plan, lockstep=lockstep)
    for step in (1, 4, 5) if not lockstep else (5,):
        run = Run(plan, data(plan), lockstep=lockstep)
        assert run.go(interrupting(step)) == "interrupted"
        assert run.state.step == step
        saved_model.save(path, run, SOURCE)
        saved = saved_model.load(path)
        assert saved.recipe == plan
        assert saved.lockstep is lockstep
        assert saved.why == "interrupted"
        resumed = Run(
            saved.recipe, data(plan), lockstep=lockstep, state=saved.state, records=saved.records, seconds=saved.seconds
        )
        assert resumed.go() == whole.why
        assert bits(resumed.layers) == bits(whole.layers)
        assert bits(resumed.state.layers) == bits(whole.state.layers)
        assert (resumed.best_step, resumed.state.step) == (whole.best_step, whole.state.step)
        assert resumed.records == whole.records
        assert resumed.seconds > saved.seconds
        if lockstep:
            assert resumed.lockstep.record() == whole.lockstep.record()


def test_early_stopping_stops_and_goes_back():
    run = trained(RESUMED["early stopping"], lockstep=False)
    assert run.why == "early stopping"
    losses = [record.validation_loss for record in run.records]
    assert run.best_step == int(np.argmin(losses)) == run.state.step - 3
    assert bits(run.layers) != bits(run.state.layers)
    plan = recipe(validation=0.2, patience=3, rate=0.5, epochs=60, batch=10)
    run = trained(plan, lockstep=False)
    losses = [record.validation_loss for record in run.records]
    assert run.best_step == 4 * int(np.argmin(losses)) == run.state.step - 12


@pytest.mark.parametrize("hidden", ["Lockstep.follow", "backprop_a"])
def test_an_interruption_within_a_step_leaves_whole_steps(monkeypatch, hidden):
    plan = RESUMED["early stopping"]
    whole, run, count = Run(plan, data(plan)), Run(plan, data(plan)), 0
    whole.go(interrupting(3))
    original = run.lockstep.follow if hidden == "Lockstep.follow" else run.backward

    def interrupted(*arguments, **named):
        nonlocal count
        count += 1
        if count == 4:
            raise KeyboardInterrupt
        return original(*arguments, **named)

    if hidden == "Lockstep.follow":
        monkeypatch.setattr(run.lockstep, "follow", interrupted)
    else:
        run.backward = interrupted
    assert run.go() == "interrupted"
    assert run.state.step == 3
    assert bits(run.state.layers) == bits(whole.state.layers)
    assert run.state.random == whole.state.random


@pytest.mark.skipif(os.name == "nt", reason="SIGINT is sent")
def test_ctrl_c_is_not_lost_in_the_garbage_collector():
    """There Python drops the exception that it raises."""
    plan, asked = recipe(epochs=50), []
    before = signal.getsignal(signal.SIGINT)
    signal.signal(signal.SIGINT, signal.default_int_handler)

    def collecting(phase, info):
        if len(run.records) == 4 and not asked:
            asked.append(True)
            signal.raise_signal(signal.SIGINT)

    run = Run(plan, data(plan), lockstep=False)
    gc.callbacks.append(collecting)
    try:
        assert run.go(lambda step, loss: gc.collect() and None) == "interrupted"
        assert run.state.step == 4
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        gc.callbacks.remove(collecting)
        signal.signal(signal.SIGINT, before)


@pytest.mark.skipif(os.name == "nt", reason="SIGINT is sent")
def test_a_second_ctrl_c_does_not_wait():
    before = signal.getsignal(signal.SIGINT)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with at_the_end_of_a_step() as check:
            check()
            signal.raise_signal(signal.SIGINT)
            with pytest.raises(KeyboardInterrupt):
                signal.raise_signal(signal.SIGINT)
            with pytest.raises(KeyboardInterrupt):
                check()
    finally:
        signal.signal(signal.SIGINT, before)


def test_the_best_so_far_is_kept_on_interruption():
    """A validation loss that grows from some step on: its least is kept, not the last."""
    plan = recipe(rate=3.0, validation=0.2, epochs=60, l2=0.0)
    run = Run(plan, data(plan), lockstep=False)
    run.go(interrupting(50))
    losses = [record.validation_loss for record in run.records]
    best = int(np.argmin(losses))
    assert run.best_step == best < 49
    assert bits(run.layers) == bits(trained(replace(plan, epochs=best), lockstep=False).layers)
    assert bits(trained(plan, lockstep=False).layers) == bits(trained(plan, lockstep=False).state.layers)


def test_the_records_continue_after_more_epochs(tmp_path):
    plan, path = recipe(epochs=4, keep=(0.5, 0.8, 1.0)), tmp_path / "model.npz"
    saved_model.save(path, trained(plan, lockstep=False), SOURCE)
    saved = saved_model.load(path)
    more = Run(replace(plan, epochs=7), data(plan), lockstep=False, state=saved.state, records=saved.records)
    more.go()
    whole = trained(replace(plan, epochs=7), lockstep=False)
    assert bits(more.layers) == bits(whole.layers)
    assert more.records == whole.records


# -- divergence --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("batch", [None, 9])
def test_divergence_is_stopped_at_its_step(batch):
    plan = recipe((2,), "identity", rate=1e6, l2=1e3, epochs=400, batch=batch)
    run, losses = Run(plan, data(plan)), []
    assert run.go(lambda step, loss: losses.append(loss)) == "diverged"
    assert len(losses) == run.state.step
    assert np.isfinite(losses).all()
    assert 0 < run.state.step < run.total
    assert run.lockstep.parted is None
    assert np.isfinite(run.records[run.best_step // run.each].loss)
    assert all(np.isfinite(x).all() for pair in parameters(run.layers) for x in pair)
    with np.errstate(all="ignore"):
        assert not np.isfinite(sum(float(np.sum(layer.W**2)) for layer in run.state.layers))


# -- saved models ------------------------------------------------------------------------------------------------------


def test_a_saved_model_predicts_from_features_as_they_are(tmp_path):
    plan = recipe(epochs=40)
    run = trained(plan, lockstep=False)
    saved_model.save(tmp_path / "model.npz", run, SOURCE)
    saved = saved_model.load(tmp_path / "model.npz")
    X, labels = blobs()
    assert np.array_equal(saved.predict(X[48:].T), bp.predict(run.data.test.X, run.layers))
    assert accuracy(saved.predict(X[48:].T), labels[48:]) == accuracy(bp.predict(run.data.test.X, run.layers), labels[48:])
    assert saved.source == SOURCE
    assert [path.name for path in tmp_path.iterdir()] == ["model.npz"]


def damaged(tmp_path, change):
    path = tmp_path / "model.npz"
    saved_model.save(path, trained(recipe(epochs=1), lockstep=False), SOURCE)
    with np.load(path) as file:
        arrays = dict(file)
    change(arrays)
    np.savez(path, **arrays)
    return path


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda a: a.pop("about"), "is no model of manual-bp train"),
        (lambda a: a.update(about=np.array(str(a["about"]).replace('"format": 1', '"format": 2'))), "has format 2; this version reads 1"),
        (lambda a: a.pop("now_W1"), "is damaged"),
        (lambda a: a.update(b1=np.zeros((7, 1))), "is damaged"),
        (lambda a: a.update(about=np.array("[]")), "is no model of manual-bp train"),
    ],
)
def test_a_damaged_model_is_refused(tmp_path, change, message):
    with pytest.raises(ModelError, match=message):
        saved_model.load(damaged(tmp_path, change))


@pytest.mark.parametrize(("content", "message"), [(None, "there is no model"), (b"text", "is no model: it is no NPZ file")])
def test_what_is_no_model_is_refused(tmp_path, content, message):
    path = tmp_path / "model.npz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ModelError, match=message):
        saved_model.load(path)


# -- recipes and data --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rate": 0.0}, "--rate is 0.0; expected a number above 0"), ({"rate": float("nan")}, "--rate is nan"),
        ({"rate": float("inf")}, "--rate is inf"), ({"epochs": -1}, "--epochs is -1"), ({"l1": -1.0}, "--l1 is -1.0"),
        ({"l2": float("inf")}, "--l2 is inf"), ({"keep": (0.0, 1.0, 1.0)}, "--keep is 0.0"),
        ({"keep": (0.5, 0.5, 0.5)}, "the output layer has no dropout"), ({"keep": (0.5, 1.0)}, "2 probabilities for 3 layers"),
        ({"activation": "softmax"}, "--activation is 'softmax'; known for hidden layers: relu"),
        ({"hidden": (0,), }, "a layer has 0 neurons"), ({"initialization": "zero"}, "known: xavier, he, bengio"),
        ({"patience": 0, "validation": 0.2}, "--patience is 0"), ({"patience": 3}, "--patience needs a validation set"),
        ({"validation": 1.0}, "--validation is 1.0"), ({"batch": 0}, "--batch is 0"), ({"seed": -1}, "--seed is -1"),
        ({"dtype": "float16"}, "--dtype is 'float16'; known: float64, float32"),
    ],
)
def test_a_recipe_that_cannot_be_followed(options, message):
    with pytest.raises(RecipeError) as raised:
        recipe(**options)
    assert message in str(raised.value)


def test_softmax_of_one_output_is_refused():
    with pytest.raises(RecipeError, match="softmax of one output is 1 always; take --output sigmoid"):
        Recipe((3, 1), ("softmax",), 0.1, 1)


def test_one_value_serves_all_hidden_layers():
    assert per_layer("--keep", (0.5,), 3) == (0.5, 0.5, 0.5)
    assert per_layer("--keep", (0.5, 0.8), 2) == (0.5, 0.8)
    assert per_layer("--keep", (0.5,), 0) == ()
    with pytest.raises(RecipeError, match="--keep has 2 values for 3 hidden layers"):
        per_layer("--keep", (0.5, 0.8), 3)


def test_features_are_normalized_by_the_training_set():
    prepared = data(recipe())
    assert np.allclose(prepared.train.X.mean(axis=1), 0, atol=1e-14)
    assert np.allclose(prepared.train.X.std(axis=1), 1)
    assert abs(prepared.test.X.mean()) > 1e-3
    assert prepared.constant == ()
    constant = data(recipe(), constant=True)
    assert constant.constant == ("x0",)
    assert not constant.test.X[0].any()


def test_accuracy():
    assert accuracy(np.array([[0.2, 0.9, 0.1], [0.8, 0.1, 0.9]]), np.array([1, 0, 0])) == pytest.approx(2 / 3)
    assert accuracy(np.array([[0.2, 0.9, 0.6, 0.5]]), np.array([0, 1, 0, 0])) == 0.75
