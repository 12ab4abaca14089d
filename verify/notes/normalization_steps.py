"""Section 6.1.1, what normalization does to gradient descent: the steps it takes, and the learning rates it bears.

Two features without correlation, and a sigmoid output near its optimum, where the loss is a parabola in each weight:
its curvature is a quarter of the feature's variance, and a quarter along the bias. The deviations lie either side of 1.
"""

import math
from typing import Any

import numpy as np

import manual_bp as bp
from manual_bp.normalization import center, feature_mean, feature_variance, fit_normalization, scale_printed
from verify import measurement
from verify.notes.section_6 import SECTION
from verify.notes.weight_decay import edge

CURVATURE = 1 / 4  # of the loss in z, at z = 0
MOST = 90
DEVIATIONS = ((2.0, 1 / 2), (1 / 2, 3.0))
UNCORRELATED = np.array([[1.0, -1.0, 1.0, -1.0], [1.0, 1.0, -1.0, -1.0]])
MEANS = np.array([[5.0], [-20.0]])
SMALL = 1e-4  # weights whose sigmoid is a line


def features(deviations: Any, how: str) -> Any:
    """The two features: centred alone, so that the bias has nothing to learn, or scaled too."""
    X = MEANS + np.array(deviations)[:, np.newaxis] * UNCORRELATED
    if how == "corrected":
        return fit_normalization(X)(X)
    centred = center(X, feature_mean(X))
    return centred if how == "centred" else scale_printed(centred, feature_variance(centred))


def trained(X: Any, alpha: float, steps: int) -> tuple[bp.Training, Any]:
    """Training towards weights of 0, and where they start."""
    start = SMALL / np.sqrt(np.mean(X**2, axis=1, keepdims=True)).T
    layer, Y = bp.Layer(start, np.zeros((1, 1)), bp.activation("sigmoid")), np.full((1, X.shape[1]), 0.5)
    return bp.train(X, Y, [layer], bp.loss("binary_cross_entropy"), alpha=alpha, steps=steps), start


def steps_needed(deviations: Any) -> Any:
    """Each step multiplies the error by (kappa - 1)/(kappa + 1), kappa being the ratio of the variances."""
    kappa = (max(deviations) / min(deviations)) ** 2
    steps = math.ceil(math.log(100) / math.log((kappa + 1) / (kappa - 1)))
    return [steps, steps, 1]


@measurement(
    equals=steps_needed, within=0.5, label="6.1.1s@steps", section=SECTION, domains={"deviations": DEVIATIONS},
    uses=("6.1.1s", "6.1.1s*", "7.train"),
    equation=r"\text{steps to a hundredth of the error, for centred } X,\ X / \sigma^2,\ X / \sigma: \quad "
    r"\Bigl\lceil \frac{\log 100}{\log \frac{\kappa + 1}{\kappa - 1}} \Bigr\rceil,\ \text{the same},\ 1, \quad "
    r"\kappa = \frac{\max \sigma^2}{\min \sigma^2}",
    because="E12: to speed up learning, at the best learning rate of each: divided by the variance the features are as "
    "unlike as before, the small ones now the large ones, and learning is as slow; divided by the deviation it takes "
    "one step",
)
def steps_taken(deviations: Any) -> Any:
    out = []
    for how in ("centred", "printed", "corrected"):
        X = features(deviations, how)
        curvatures = CURVATURE * np.mean(X**2, axis=1)
        training, _ = trained(X, 2 / (curvatures.min() + curvatures.max()), MOST)
        excess = np.array(training.objective) - math.log(2)  # it falls with the square of the error
        out.append(np.argmax(excess <= 1e-4 * excess[0]))
    return np.array(out)


def largest_rates(deviations: Any) -> Any:
    """2 over the largest curvature."""
    return [8 / max(deviations) ** 2, 8 * min(deviations) ** 2, 8]


@measurement(
    equals=largest_rates, within=1e-6, label="6.1.1s@alpha", section=SECTION, domains={"deviations": DEVIATIONS},
    uses=("6.1.1s@steps",),
    equation=r"\text{the error falls for } X,\ X / \sigma^2,\ X / \sigma \iff \alpha < \frac{8}{\max \sigma^2},\ "
    r"\alpha < 8 \min \sigma^2,\ \alpha < 8",
    because="E12: divided by the variance the smallest feature bounds the learning rate; divided by the deviation no "
    "feature's scale does",
)
def edges_of_rates(deviations: Any) -> Any:
    def falls(X: Any, alpha: float) -> bool:
        training, start = trained(X, alpha, 1)
        return bool(np.all(np.abs(training.layers[0].W) < np.abs(start)))

    sets = [features(deviations, how) for how in ("centred", "printed", "corrected")]
    return np.array([edge(lambda alpha, X=X: falls(X, alpha), 1e-3, 1e3, 1e-8) for X in sets])
