"""Section 6.1: what ten ReLU layers keep with the right initial weights, and what vanishes or explodes with others."""

from typing import Any

import numpy as np

import manual_bp as bp
from manual_bp.backprop import error_recursion
from verify import statistic
from verify.notes.initialization_statistics import signs
from verify.notes.section_6 import SECTION

CALL, DEPTH, WIDTH, EXAMPLES = 20, 10, 64, 8  # networks in a call, their layers and widths, inputs of each


def deep_scales(rng: np.random.Generator, deviation: Any) -> Any:
    """The mean of Z^2 in layer 10 over that in layer 1, and of dZ^2 in layer 1 over that in layer 10, of ReLU layers.

    `deviation` is that of the weights, or None for `initialize`.
    """
    out = []
    for _ in range(CALL):
        layers = _initialized(rng) if deviation is None else _of_deviation(rng, deviation)
        trace = bp.forward(signs(rng, WIDTH, EXAMPLES), layers)
        dZ = signs(rng, WIDTH, EXAMPLES)
        for l in range(DEPTH - 1, 0, -1):
            dZ = error_recursion(layers[l].W, dZ, trace.Z[l - 1], layers[l - 1].g)
        first = WIDTH * (2 / WIDTH if deviation is None else deviation**2)
        out.append([np.mean(trace.Z[-1] ** 2) / first, np.mean(dZ**2)])
    return np.array(out)


def _initialized(rng: np.random.Generator) -> list[bp.Layer]:
    return bp.initialize(rng, (WIDTH,) * (DEPTH + 1), ("relu",) * DEPTH)


def _of_deviation(rng: np.random.Generator, deviation: float) -> list[bp.Layer]:
    b, g = np.zeros((WIDTH, 1)), bp.activation("relu")
    return [bp.Layer(deviation * rng.standard_normal((WIDTH, WIDTH)), b, g) for _ in range(DEPTH)]


def kept() -> Any:
    return np.ones(2)


INITIALIZED = r"\text{Initialization helps speed up the learning process and avoid vanishing/exploding gradients}"

statistic(
    equals=kept, draws=200, label="6.1", section=SECTION, equation=INITIALIZED, domains={"deviation": (None,)},
    uses=("6.1.2H",),
    because="made precise: with ten ReLU layers and He's weights the last Z has the scale of the first, and the first "
    "dZ that of the last",
)(deep_scales)

for _label, _deviation, _what in (("6.1@small", 0.01, "vanish"), ("6.1@large", 1.0, "explode")):
    statistic(
        equals=kept, draws=100, label=_label, section=SECTION, uses=("6.1",), domains={"deviation": (_deviation,)},
        equation=rf"W^{{[l]}} = {_deviation:g} \, \text{{randn}}: \text{{ as in }} (6.1)", expect="refuted",
        corrected_by="6.1", counterexample={"deviation": _deviation},
        because=f"with such weights in ten layers of width {WIDTH} activations and gradients {_what}",
    )(deep_scales)


def rate(deviation: Any) -> Any:
    return np.full(2, 1.0 if deviation is None else (WIDTH * deviation**2 / 2) ** (DEPTH - 1))


statistic(
    equals=rate, draws=100, label="6.1@rate", section=SECTION, uses=("6.1",), domains={"deviation": (None, 0.01, 1.0)},
    equation=r"\left(\tfrac{1}{2} n \operatorname{Var}(W)\right)^{9}",
    because="each ReLU layer multiplies both scales by n Var(W) / 2, which He's weights make 1",
)(deep_scales)
