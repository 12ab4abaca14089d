"""Section 7.3, early stopping. The notes give its heading alone; the rule is ours."""

from typing import Any

import numpy as np
from hypothesis import strategies as st

import manual_bp as bp
from verify import measurement, missing
from verify.notes.section_7 import SECTION

missing(label="7.3", section=SECTION, equation=r"\text{Early stopping}", because="a heading alone: no rule is given")

ENDLESS = -1  # for the step at which training stops, where it does not


def best_and_last(losses: Any, patience: Any, min_delta: Any) -> tuple[int, int]:
    """The best step, and the one at which training stops: from one best step to the next within the patience."""
    best = 0
    while True:
        window = range(best + 1, min(best + patience, len(losses) - 1) + 1)
        better = [
            t for t in window
            if losses[t] < losses[best] - min_delta or (np.isnan(losses[best]) and not np.isnan(losses[t]))
        ]
        if not better:
            return best, best + patience if best + patience < len(losses) else ENDLESS
        best = better[0]


def best_last_and_kept(losses: Any, patience: Any, min_delta: Any) -> Any:
    best, last = best_and_last(losses, patience, min_delta)
    return np.array([best, last, best])


RULES = {"patience": (1, 2, 3), "min_delta": (0.0, 0.5)}


@measurement(
    equals=best_last_and_kept, within=1e-9, label="7.3@ours", section=SECTION, shapes={"losses": "n"}, uses=("7.3",),
    domains={**RULES, "losses": st.sampled_from((3.0, 2.5, 2.0, 1.75, 1.5, 1.0, 0.25, float("nan"), float("inf")))},
    equation=r"\text{stop when } J_{val} \text{ has not fallen by more than a least amount for some steps (ours)}",
    because="the best step, the one to stop at (-1 for none), and the step whose layers are kept",
)
def stopping(losses: Any, patience: Any, min_delta: Any) -> Any:
    rule = bp.EarlyStopping(patience, min_delta)
    for step, J in enumerate(losses):
        layers = [bp.Layer(np.array([[float(step)]]), np.zeros((1, 1)), bp.activation("tanh"))]
        if rule.should_stop(step, float(J), layers):
            break
    else:
        step = ENDLESS
    assert np.array_equal(rule.best_loss, losses[rule.best_step], equal_nan=True)
    return np.array([rule.best_step, step, rule.best_layers[0].W.item()])


@measurement(
    equals=[0.0, 0.0, 1.0, 0.0, 0.0], within=1e-9, label="7.3@steps", section=SECTION, uses=("7.3@ours",),
    equation=r"t - t_{best} \ge \text{patience}, \quad \text{least amount 0 where none is given} \quad \text{(ours)}",
    because="whether to stop (1) at the steps 0, 2 and 5 with a patience of 3; the best step if the loss falls by 1e-5 "
    "from step 0 to step 1 is 1 (shown as what it lacks); the kept layers stay when the caller's list is cleared",
)
def steps_apart() -> Any:
    layers = [bp.Layer(np.zeros((1, 1)), np.zeros((1, 1)), bp.activation("tanh"))]
    rule, fine = bp.EarlyStopping(3), bp.EarlyStopping(1)
    stops = [rule.should_stop(step, J, layers) for step, J in ((0, 1.0), (2, 2.0), (5, 2.0))]
    for step, J in ((0, 1.0), (1, 1.0 - 1e-5)):
        fine.should_stop(step, J, layers)
    layers.clear()
    return np.array([*map(float, stops), 1.0 - fine.best_step, 1.0 - len(fine.best_layers)])


# -- training that stops early -----------------------------------------------------------------------------------------


def squashed(t: float) -> float:
    return 1 / (1 + np.exp(-t))


def mean_loss(w: list[float], b: float, points: Any) -> float:
    """J of a logistic regression, whose points are (x, y) with two features each."""
    a = [squashed(w[0] * x[0] + w[1] * x[1] + b) for x, _ in points]
    return float(np.mean([-y * np.log(a) - (1 - y) * np.log(1 - a) for a, (_, y) in zip(a, points, strict=True)]))


def logistic_path(points: Any, steps: int, alpha: float) -> list[tuple[list[float], float]]:
    """Weights and bias of a logistic regression from zero, before each step and after the last, in plain numbers."""
    w, b = [0.0, 0.0], 0.0
    path = [(w, b)]
    for _ in range(steps):
        off = [(squashed(w[0] * x[0] + w[1] * x[1] + b) - y) / len(points) for x, y in points]
        w = [w[j] - alpha * sum(e * x[j] for e, (x, _) in zip(off, points, strict=True)) for j in (0, 1)]
        b -= alpha * sum(off)
        path.append((w, b))
    return path


def logistic_data(seed: int) -> dict[str, Any]:
    """Training and validation sets of which the second differs, so that its loss falls first and rises then."""
    rng = np.random.default_rng(seed)
    X, X_val = rng.standard_normal((2, 4)), rng.standard_normal((2, 6))
    Y, Y_val = (np.where(x[:1] + x[1:] * s > 0, 1.0, 0.0) for x, s in ((X, 2.0), (X_val, -0.25)))
    rule = {"patience": int(rng.integers(1, 4)), "min_delta": float(rng.choice((0.0, 0.003))), "steps": 12}
    return {"X": X, "Y": Y, "X_val": X_val, "Y_val": Y_val, **rule}


def stopped_logistic(X: Any, Y: Any, X_val: Any, Y_val: Any, patience: Any, min_delta: Any, steps: Any) -> Any:
    points, others = list(zip(X.T, Y[0], strict=True)), list(zip(X_val.T, Y_val[0], strict=True))
    path = logistic_path(points, steps, 0.5)
    losses = [mean_loss(w, b, others) for w, b in path]
    best, last = best_and_last(np.array(losses), patience, min_delta)
    w, b = path[best]
    seen = len(losses) if last == ENDLESS else last + 1
    return np.array([*w, b, best, seen, seen - 1, sum(losses[:seen]), ENDLESS])


@measurement(
    equals=stopped_logistic, within=1e-9, inputs=st.integers(0, 39).map(logistic_data), label="7.3@train",
    section=SECTION, uses=("7.3@ours", "7.train"),
    equation=r"W,\ b \text{ of the best validation loss} \quad \text{(ours)}",
    because="weights, bias, best step, numbers of validation losses and of steps, sum of the losses; the rule that was "
    "passed stays as it is (-1 for no step) and serves again",
)
def stopped_training(X: Any, Y: Any, X_val: Any, Y_val: Any, patience: Any, min_delta: Any, steps: Any) -> Any:
    rule, loss = bp.EarlyStopping(patience, min_delta), bp.loss("binary_cross_entropy")
    layers = [bp.Layer(np.zeros((1, 2)), np.zeros((1, 1)), bp.activation("sigmoid"))]
    for other in (1 - Y, Y):
        out = bp.train(X, other, layers, loss, alpha=0.5, steps=steps, validation=(X_val, Y_val), stopping=rule)
    (layer,), J = out.layers, out.validation
    return np.array([*layer.W[0], layer.b.item(), out.step, len(J), len(out.objective), sum(J), rule.best_step])
