"""Section 6.1, the scales of Z and dZ in every layer: each scheme, and a small constant, in six layers of each kind.

The layers alternate between two widths, on which the schemes differ. What is stated are integrals over the normal
density; what is found are means over some networks, off by a few hundredths in finite width; a factor of 2 is 0.3.
"""

import itertools
from typing import Any

import numpy as np

import manual_bp as bp
from manual_bp.backprop import error_recursion
from verify import measurement
from verify.notes.initialization_statistics import NODES, WEIGHTS, signs, variance_of
from verify.notes.section_6 import SECTION

WIDTHS = (96, 48, 96, 48, 96, 48, 96)
SMALL = 0.01
NETWORKS, EXAMPLES = 16, 8
SCALES = (
    r"\log_{10} E[(Z^{[l]})^2] = \log_{10} n^{[l-1]} \operatorname{Var}(W^{[l]}) E[g(\zeta^{[l-1]})^2], \quad "
    r"\log_{10} E[(dZ^{[l]})^2] = \log_{10} n^{[l+1]} \operatorname{Var}(W^{[l+1]}) E[g'(\zeta^{[l]})^2] "
    r"E[(dZ^{[l+1]})^2]"
)


def mean_squares(activation: str, q: float) -> tuple[float, float]:
    """E[g(z)^2] and E[g'(z)^2] for z normal with variance q."""
    if activation == "relu":
        return q / 2, 1 / 2
    z = np.sqrt(q) * NODES
    a = np.tanh(z) if activation == "tanh" else 1 / (1 + np.exp(-z))
    slope = 1 - a**2 if activation == "tanh" else a * (1 - a)
    return float(WEIGHTS @ a**2 / WEIGHTS.sum()), float(WEIGHTS @ slope**2 / WEIGHTS.sum())


def expected_scales(activation: str, scheme: Any) -> Any:
    """log10 of the mean of Z^2 in each layer, and of dZ^2."""
    pairs = list(itertools.pairwise(WIDTHS))
    variances = [variance_of(scheme, n, n_prev) if isinstance(scheme, str) else scheme**2 for n_prev, n in pairs]
    of_A, slopes, Z2 = 1.0, [], []
    for (n_prev, _), variance in zip(pairs, variances, strict=True):
        Z2.append(n_prev * variance * of_A)
        of_A, of_slope = mean_squares(activation, Z2[-1])
        slopes.append(of_slope)
    dZ2 = [1.0]
    for l in range(len(pairs) - 1, 0, -1):
        dZ2.insert(0, pairs[l][1] * variances[l] * slopes[l - 1] * dZ2[0])
    return np.log10([Z2, dZ2])


def measured_scales(activation: str, scheme: Any) -> Any:
    rng, found = np.random.default_rng(0), []
    for _ in range(NETWORKS):
        layers = initial(rng, activation, scheme)
        trace = bp.forward(signs(rng, WIDTHS[0], EXAMPLES), layers)
        dZ = [signs(rng, WIDTHS[-1], EXAMPLES)]
        for l in range(len(layers) - 1, 0, -1):
            dZ.insert(0, error_recursion(layers[l].W, dZ[0], trace.Z[l - 1], layers[l - 1].g))
        found.append([[np.mean(x**2) for x in arrays] for arrays in (trace.Z, dZ)])
    return np.log10(np.mean(found, axis=0))


def initial(rng: np.random.Generator, activation: str, scheme: Any) -> list[bp.Layer]:
    if isinstance(scheme, str):
        return bp.initialize(rng, WIDTHS, (activation,) * (len(WIDTHS) - 1), scheme)
    return [
        bp.Layer(scheme * rng.standard_normal((n, n_prev)), np.zeros((n, 1)), bp.activation(activation))
        for n_prev, n in itertools.pairwise(WIDTHS)
    ]


for _activation, _what in (
    ("tanh", "with a scheme Z shrinks slowly and dZ stays within a factor of ten"),
    ("relu", "with He's weights neither scale drifts; Xavier's halve both in each layer"),
    ("sigmoid", "Z comes to rest with every scheme, and dZ vanishes with every scheme: a slope is a quarter at most"),
):
    measurement(
        equals=expected_scales, within=0.08, label=f"6.1@{_activation}", section=SECTION, equation=SCALES,
        domains={"activation": (_activation,), "scheme": ("xavier", "he", "bengio", SMALL)},
        uses=("6.1", "6.1.2var", "4.2rec"),
        because=f"six layers of {_activation}: {_what}; with a small constant both vanish, but for the Z of sigmoid",
    )(measured_scales)
