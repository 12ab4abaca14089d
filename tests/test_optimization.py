"""Sections 6 and 7 by hand: normalization, initialization, descent, penalties, dropout's law, early stopping, training."""

import math
import warnings
from statistics import NormalDist

import numpy as np
import pytest

import manual_bp as bp
from manual_bp import normalization, penalties
from manual_bp.dropout import draw_mask
from manual_bp.initialization import bengio, he, xavier
from manual_bp.training import network_loss, train

BCE, CE = bp.loss("binary_cross_entropy"), bp.loss("cross_entropy")
FALSE_ALARM = 1e-9
Z_ALARM = NormalDist().inv_cdf(1 - FALSE_ALARM / 2)


# -- normalization -----------------------------------------------------------------------------------------------------


def test_normalized_features_have_mean_0_and_variance_1():
    X = np.random.default_rng(0).normal(size=(3, 50)) * [[1.0], [300.0], [1e-3]] + [[5.0], [-2000.0], [0.5]]
    fitted = bp.fit_normalization(X)
    assert fitted.mu.shape == fitted.sigma.shape == (3, 1)
    assert np.allclose(fitted.mu[:, 0], X.mean(axis=1), rtol=1e-14)
    assert np.allclose(fitted.sigma[:, 0], X.std(axis=1), rtol=1e-12)
    out = fitted(X)
    assert np.abs(out.mean(axis=1)).max() < 1e-12
    assert np.abs(out.var(axis=1) - 1).max() < 1e-12


def test_E12_dividing_by_the_variance_leaves_one_over_it():
    X = np.array([[1.0, 3, 5, 7], [100, 300, 500, 700], [0.01, 0.03, 0.05, 0.07]]) * [[1], [1], [1]]
    centered = normalization.center(X, normalization.feature_mean(X))
    sigma2 = normalization.feature_variance(centered)
    assert np.allclose(sigma2[:, 0], [5, 5e4, 5e-4], rtol=1e-13)
    assert np.allclose(normalization.scale_printed(centered, sigma2).var(axis=1), [0.2, 2e-5, 2e3], rtol=1e-13)
    assert np.allclose(normalization.scale(centered, np.sqrt(sigma2)).var(axis=1), 1, rtol=1e-13)
    assert np.allclose(bp.fit_normalization(X)(X).var(axis=1), 1, rtol=1e-13)


@pytest.mark.parametrize(("value", "m"), [(2.0, 3), (0.1, 3), (0.1, 1), (1e300, 2), (0.0, 4)])
def test_E12b_a_constant_feature_is_centred_and_named(value, m):
    """0.1 in three columns has a variance of 1.9e-34 after rounding, not 0."""
    X = np.vstack([np.arange(2.0, m + 2), np.full(m, value)])
    rows = "rows 1 of X" if m > 1 else "rows 0, 1 of X"
    with pytest.warns(UserWarning, match=f"centred but not scaled: {rows}"):
        fitted = bp.fit_normalization(X)
    assert fitted.sigma[1].item() == 1
    assert np.abs(fitted(X)[1]).max() <= abs(value) * 2e-16
    assert np.isfinite(fitted(np.array([[7.0], [7.0]]))).all()


def test_E12b_the_rounded_variance_is_not_zero():
    X = np.full((1, 3), 0.1)
    sigma2 = normalization.feature_variance(normalization.center(X, normalization.feature_mean(X))).item()
    assert 0 < sigma2 < 1e-33


def test_a_varying_feature_brings_no_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        bp.fit_normalization(np.array([[1.0, 1.0 + 1e-15]]))


def test_E12c_the_test_set_takes_the_training_statistics():
    fitted = bp.fit_normalization(np.array([[0.0, 2.0, 4.0, 6.0]]))
    assert round(fitted(np.array([[10.0]])).item(), 4) == 3.1305


# -- initialization ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scheme", "variance"), [(xavier, lambda n, k: 1 / k), (he, lambda n, k: 2 / k), (bengio, lambda n, k: 2 / (k + n))]
)
@pytest.mark.parametrize("shape", [(4, 9), (9, 4), (5, 5), (1, 3)])
def test_the_scale_for_given_normals(scheme, variance, shape):
    normal = np.random.default_rng(0).normal(size=shape)
    assert np.allclose(scheme(normal), normal * math.sqrt(variance(*shape)), rtol=4e-16, atol=0)


@pytest.mark.parametrize("scheme", [None, "xavier", "he", "bengio"])
def test_initialize_scales_the_generators_normals_in_order(scheme):
    """He for relu and leaky_relu, Xavier elsewhere, where no scheme is named."""
    names, widths = ["tanh", "relu", "leaky_relu", "sigmoid"], [3, 5, 4, 6, 2]
    layers = bp.initialize(np.random.default_rng(5), widths, names, scheme)
    rng = np.random.default_rng(5)
    for layer, n_prev, n, name in zip(layers, widths[:-1], widths[1:], names, strict=True):
        chosen = scheme or {"relu": "he", "leaky_relu": "he"}.get(name, "xavier")
        assert (bp.INITIALIZATIONS[chosen](rng.standard_normal((n, n_prev))) == layer.W).all()
        assert layer.b.tolist() == [[0.0]] * n
        assert layer.g is bp.activation(name)


@pytest.mark.parametrize(("scheme", "variance"), [("xavier", 1 / 300), ("he", 2 / 300), ("bengio", 2 / 500)])
def test_the_variance_of_the_weights(scheme, variance):
    """The mean square of 60000 draws is normal with a relative deviation of sqrt(2 / 60000)."""
    (layer,) = bp.initialize(np.random.default_rng(0), [300, 200], ["tanh"], scheme)
    assert abs(np.mean(layer.W**2) / variance - 1) < Z_ALARM * math.sqrt(2 / layer.W.size)
    assert abs(np.mean(layer.W)) < Z_ALARM * math.sqrt(variance / layer.W.size)


def variances(names: list[str], scheme: str, widths: list[int]) -> list[float]:
    """Var(Z) down the layers for inputs with E[x^2] = 1."""
    rng = np.random.default_rng(2)
    layers = bp.initialize(rng, widths, names, scheme)
    return [float(Z.var()) for Z in bp.forward(rng.normal(size=(widths[0], 400)), layers).Z]


@pytest.mark.parametrize(
    ("name", "scheme", "wanted"),
    [
        ("tanh", "xavier", (1, 0.394, 0.236, 0.167, 0.128)),
        ("sigmoid", "xavier", (1, 0.293, 0.266)),
        ("relu", "he", (2, 2, 2)),
        ("relu", "xavier", (1, 0.5, 0.25)),
    ],
)
def test_E22_the_fan_in_does_not_keep_variance_1(name, scheme, wanted):
    """Within 15 %: the widths are finite; 1 is further away than that in every later layer."""
    got = variances([name] * len(wanted), scheme, [500] * (len(wanted) + 1))
    assert np.allclose(got, wanted, rtol=0.15)


@pytest.mark.parametrize(("n_prev", "n", "wanted"), [(100, 300, 0.5), (300, 100, 1.5)])
def test_E22_the_third_scheme_balances_two_widths(n_prev, n, wanted):
    assert np.allclose(variances(["tanh"], "bengio", [n_prev, n]), [wanted], rtol=0.15)


def test_E13_the_printed_call_is_a_type_error():
    with pytest.raises(TypeError, match="'tuple' object cannot be interpreted as an integer"):
        np.random.randn((2, 3))  # noqa: NPY002


# -- descent and penalties ---------------------------------------------------------------------------------------------


def small() -> tuple[np.ndarray, np.ndarray, list[bp.Layer]]:
    rng = np.random.default_rng(1)
    X, Y = rng.normal(size=(3, 8)), rng.random((2, 8))
    return X, Y, bp.initialize(rng, [3, 4, 2], ["tanh", "sigmoid"])


def test_descend_steps_against_the_gradient_and_leaves_the_layers():
    X, Y, layers = small()
    before = [(layer.W.copy(), layer.b.copy()) for layer in layers]
    g = bp.backprop(bp.forward(X, layers), layers, Y, BCE)
    stepped = bp.descend(layers, g.dW, g.db, 0.25)
    for (W, b), layer, new, dW, db in zip(before, layers, stepped, g.dW, g.db, strict=True):
        assert (W - 0.25 * dW == new.W).all()
        assert (new.b == b - 0.25 * db).all()
        assert (layer.W == W).all()
        assert (layer.b == b).all()
        assert new.g is layer.g


def test_E14_the_penalty_runs_over_all_layers_and_entries():
    assert penalties.l2_penalty([np.array([[1.0, 2.0]]), np.array([[3.0]])], 2.0, 1) == 14
    assert penalties.frobenius_squared(np.arange(1.0, 7.0).reshape(2, 3)) == 91
    assert penalties.l1_penalty([np.array([[1.0, -2.0]]), np.array([[-3.0]])], 2.0, 4) == 3


def test_E15_weight_decay_is_stable_below_2_and_flips_above_1():
    W, none = np.array([[1.0]]), np.array([[0.0]])
    factors = [penalties.l2_update(W, none, 1.0, lam, 4).item() for lam in (2.0, 4.0, 6.0, 8.0, 10.0)]
    assert factors == [0.5, 0.0, -0.5, -1.0, -1.5]


def test_decay_is_the_step_on_the_penalized_gradient():
    X, Y, layers = small()
    g = bp.backprop(bp.forward(X, layers), layers, Y, BCE)
    for layer, dW in zip(layers, g.dW, strict=True):
        step = layer.W - 0.3 * penalties.l2_gradient(dW, layer.W, 0.7, 8)
        assert np.allclose(penalties.l2_update(layer.W, dW, 0.3, 0.7, 8), step, rtol=1e-13)


def test_l1_has_no_gradient_at_zero():
    W = np.array([[0.0, -0.0, 2.0, -3.0]])
    assert penalties.l1_gradient(0 * W, W, 2.0, 4).tolist() == [[0, 0, 0.5, -0.5]]


# -- dropout's law -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("p", [0.05, 0.35, 0.6, 0.9])
def test_a_neuron_is_kept_with_probability_p(p):
    """The count is binomial: beyond Z_ALARM deviations once in 1e9 seeds."""
    D = draw_mask(np.random.default_rng(11), p, 200, 500)
    assert D.shape == (200, 500)
    assert D.dtype == np.bool_
    assert abs(D.mean() - p) < Z_ALARM * math.sqrt(p * (1 - p) / D.size)


def test_the_neurons_of_a_mask_are_independent():
    """Rows, columns and neighbours are uncorrelated: a mask per neuron, or per example, would not be."""
    D = draw_mask(np.random.default_rng(3), 0.6, 300, 400) - 0.6
    variance = 0.24
    for pairs in (D[:, 1:] * D[:, :-1], D[1:] * D[:-1]):
        assert abs(pairs.mean()) < Z_ALARM * variance / math.sqrt(pairs.size)


def test_dropout_keeps_the_expected_output_and_its_variance():
    """E[A D / p] = A and Var = A^2 (1 - p) / p, over 100000 masks."""
    A, p = np.full((1, 100_000), 3.0), 0.6
    out = bp.forward(A, [bp.Layer(np.eye(1), np.zeros((1, 1)), "identity")] * 2, [
        bp.Dropout(draw_mask(np.random.default_rng(4), p, 1, A.size), p), None,
    ]).A[1]
    deviation = 3 * math.sqrt((1 - p) / p)
    assert abs(out.mean() - 3) < Z_ALARM * deviation / math.sqrt(A.size)
    assert set(np.unique(out)) == {0.0, 3 / 0.6}


def test_draw_dropout_draws_one_mask_per_hidden_layer_and_none_at_1():
    drawn = bp.draw_dropout(np.random.default_rng(0), (0.5, 1, 0.8, 1), (3, 4, 5, 2), 6)
    assert [None if d is None else (d.D.shape, d.p) for d in drawn] == [((3, 6), 0.5), None, ((5, 6), 0.8), None]
    again = bp.draw_dropout(np.random.default_rng(0), (0.5, 1, 0.8, 1), (3, 4, 5, 2), 6)
    other = bp.draw_dropout(np.random.default_rng(1), (0.5, 1, 0.8, 1), (3, 4, 5, 2), 6)
    assert (drawn[0].D == again[0].D).all()
    assert (drawn[0].D != other[0].D).any()
    assert (drawn[2].D[:3] != drawn[0].D).any()


# -- early stopping ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("patience", "min_delta", "validation", "stops", "best"),
    [
        (2, 0.0, [5, 4, 3, 3, 3, 9], 4, 2),
        (1, 0.0, [5, 6, 1], 1, 0),
        (3, 0.0, [5, 6, 4, 5, 5, 3.9], None, 5),
        (2, 0.5, [5, 4.6, 4.4, 4.2, 1], None, 4),
        (2, 0.5, [5, 4.6, 4.5, 4.4], 2, 0),
        (2, 0.0, [float("inf"), 4, 5, 6], 3, 1),
    ],
)
def test_early_stopping(patience, min_delta, validation, stops, best):
    stopping = bp.EarlyStopping(patience, min_delta)
    layers = [[bp.Layer(np.full((1, 1), float(k)), np.zeros((1, 1)), "tanh")] for k in range(len(validation))]
    stopped = None
    for k, J in enumerate(validation):
        if stopping.should_stop(k, J, layers[k]):
            stopped = k
            break
    assert stopped == stops
    assert stopping.best_step == best
    assert stopping.best_loss == validation[best]
    assert stopping.best_layers[0].W.item() == best


def test_a_first_loss_of_nan_is_improved_on():
    stopping = bp.EarlyStopping(2)
    assert [stopping.should_stop(k, J, ()) for k, J in enumerate([float("nan"), 1.0, 0.5, 0.4])] == [False] * 4
    assert stopping.best_step == 3


def test_a_stopping_used_twice_does_not_return_layers_of_the_first_training():
    X, Y, layers = small()
    stopping = bp.EarlyStopping(2)
    first = train(X, Y, layers, BCE, alpha=0.5, steps=20, validation=(X, Y), stopping=stopping)
    second = train(X, 1 - Y, layers, BCE, alpha=0.5, steps=3, validation=(X, 1 - Y), stopping=stopping)
    assert second.layers[0].W.tobytes() != first.layers[0].W.tobytes()


def test_training_goes_back_to_the_best_layers():
    """A validation set that training moves away from: the loss there is least at the start."""
    X, Y, layers = small()
    out = train(
        X, Y, layers, BCE, alpha=0.5, steps=100, validation=(X, 1 - Y), stopping=bp.EarlyStopping(3),
    )
    best = int(np.argmin(out.validation))
    assert out.step == best < 97
    assert len(out.validation) == best + 3 + 1
    assert len(out.objective) == best + 3
    assert network_loss(bp.forward(X, out.layers), out.layers, 1 - Y, BCE) == out.validation[best] == min(out.validation)


def test_without_stopping_every_step_is_taken_and_recorded():
    X, Y, layers = small()
    out = train(X, Y, layers, BCE, alpha=0.5, steps=7, validation=(X, 1 - Y))
    assert (out.step, len(out.objective), len(out.validation)) == (7, 7, 8)


def test_patience_that_does_not_run_out():
    X, Y, layers = small()
    out = train(X, Y, layers, BCE, alpha=0.1, steps=5, validation=(X, Y), stopping=bp.EarlyStopping(2))
    assert (out.step, len(out.validation)) == (5, 6)
    assert out.validation == sorted(out.validation, reverse=True)


# -- training ----------------------------------------------------------------------------------------------------------


def test_training_is_descent_on_the_penalized_objective():
    """Two steps, written out."""
    X, Y, layers = small()
    out = train(X, Y, layers, BCE, alpha=0.4, steps=2, lam=0.6, lam1=0.2)
    m, objective = 8, []
    for _ in range(2):
        trace = bp.forward(X, layers)
        weights = [layer.W for layer in layers]
        squares, sizes = sum((W**2).sum() for W in weights), sum(np.abs(W).sum() for W in weights)
        objective.append(BCE.value(trace.A[-1], Y).sum() / m + 0.6 / (2 * m) * squares + 0.2 / m * sizes)
        g = bp.backprop(trace, layers, Y, BCE)
        layers = [
            bp.Layer(layer.W - 0.4 * (dW + 0.6 / m * layer.W + 0.2 / m * np.sign(layer.W)), layer.b - 0.4 * db, layer.g)
            for layer, dW, db in zip(layers, g.dW, g.db, strict=True)
        ]
    assert np.allclose(out.objective, objective, rtol=1e-13)
    for a, b in zip(out.layers, layers, strict=True):
        assert np.allclose(a.W, b.W, rtol=1e-12)
        assert np.allclose(a.b, b.b, rtol=1e-12)


@pytest.mark.parametrize(
    ("names", "loss"), [(["tanh", "sigmoid"], BCE), (["relu", "softmax"], CE), (["leaky_relu", "sigmoid_printed"], BCE)]
)
def test_training_lowers_the_objective_at_every_step(names, loss):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(3, 30))
    Y = np.eye(2)[:, (X[0] > X[1]).astype(int)]
    layers = bp.initialize(rng, [3, 6, 2], names)
    out = train(X, Y, layers, loss, alpha=0.05, steps=60, lam=0.1, lam1=0.05)
    assert len(out.objective) == 60
    assert (np.diff(out.objective) < 0).all()
    assert out.objective[-1] < 0.8 * out.objective[0]


@pytest.mark.parametrize("seed", range(3))
def test_xor_is_learnt(seed):
    X, Y = np.array([[0.0, 0, 1, 1], [0, 1, 0, 1]]), np.array([[0.0, 1, 1, 0]])
    layers = bp.initialize(np.random.default_rng(seed), [2, 8, 1], ["tanh", "sigmoid"])
    X = bp.fit_normalization(X)(X)
    out = train(X, Y, layers, BCE, alpha=1.0, steps=800)
    assert out.objective[0] > 0.5
    assert out.objective[-1] < 0.02
    assert ((bp.predict(X, out.layers) > 0.5) == Y).all()


def test_training_survives_saturated_outputs():
    """Logits of 40 on both sides: the printed loss is infinite here, the stable one falls."""
    X, Y = np.array([[40.0, -40.0]]), np.array([[0.0, 1.0]])
    out = train(X, Y, [bp.Layer(np.eye(1), np.zeros((1, 1)), "sigmoid")], BCE, alpha=0.001, steps=5)
    assert out.objective[0] == 40
    assert (np.diff(out.objective) < 0).all()


def test_training_with_dropout_is_determined_by_the_generators_seed():
    X, Y, layers = small()

    def run(seed: int) -> bp.Training:
        return train(X, Y, layers, BCE, alpha=0.3, steps=12, keep=(0.6, 1), rng=np.random.default_rng(seed))

    a, b, other = run(4), run(4), run(5)
    assert a.objective == b.objective
    assert [layer.W.tobytes() for layer in a.layers] == [layer.W.tobytes() for layer in b.layers]
    assert a.objective != other.objective


def test_each_step_draws_new_masks():
    """With a constant mask a neuron that is off at first would stay where it was."""
    X, Y, layers = small()
    keep = (0.5, 1)
    out = train(X[:, :1], Y[:, :1], layers, BCE, alpha=0.3, steps=40, keep=keep, rng=np.random.default_rng(0))
    assert (out.layers[0].W != layers[0].W).all()


def test_no_dropout_on_the_validation_set():
    X, Y, layers = small()
    options = {"alpha": 0.3, "steps": 1, "validation": (X, Y)}
    plain = train(X, Y, layers, BCE, **options)
    dropped = train(X, Y, layers, BCE, **options, keep=(0.5, 1), rng=np.random.default_rng(0))
    assert plain.validation[0] == dropped.validation[0] == plain.objective[0]
    assert dropped.objective[0] != plain.objective[0]


def test_E21_the_gradients_of_one_step_use_the_weights_before_it():
    """Updating W[2] before computing dW[1] changes dW[1]; training's first step does not."""
    X, Y, layers = small()
    g = bp.backprop(bp.forward(X, layers), layers, Y, BCE)
    updated = [layers[0], bp.descend(layers, g.dW, g.db, 0.5)[1]]
    assert (bp.backprop(bp.forward(X, layers), updated, Y, BCE).dW[0] != g.dW[0]).any()
    out = train(X, Y, layers, BCE, alpha=0.5, steps=1)
    assert np.allclose(out.layers[0].W, layers[0].W - 0.5 * g.dW[0], rtol=1e-12)


def test_zero_steps_return_the_start():
    X, Y, layers = small()
    out = train(X, Y, layers, BCE, alpha=0.5, steps=0, validation=(X, Y))
    assert out.layers == tuple(layers)
    assert (out.objective, len(out.validation), out.step) == ([], 1, 0)
