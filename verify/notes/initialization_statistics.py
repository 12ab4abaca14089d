"""Section 6.1.2: the law of the initial weights, and what it makes of the variances in a network.

What is stated are closed forms, or integrals over the normal density by quadrature; what is found are draws. A draw
of a network has inputs of 1 and -1, so that E[x^2] is 1 exactly. In finite width the integrals are off by O(1/n):
tanh's fifth layer by 0.5 %, where 4 % would be seen.
"""

from typing import Any

import jax
import numpy as np
from numpy.polynomial.hermite_e import hermegauss

import manual_bp as bp
from manual_bp.forward import affine
from verify import between, identity, measurement, statistic
from verify.notes.section_6 import SECTION

SCHEMES = ("xavier", "he", "bengio")
GAINS = {"xavier": 1.0, "he": 2.0}
CASES = {
    "6.1.2var@tanh": ("tanh", "xavier", 5), "6.1.2var@sigmoid": ("sigmoid", "xavier", 4),
    "6.1.2var@relu": ("relu", "he", 3), "6.1.2var@relu-xavier": ("relu", "xavier", 3),
}
CALL, WIDTH, EXAMPLES = 20, 128, 4  # networks in a call, their widths, inputs of each
NODES, WEIGHTS = hermegauss(80)
FAN_IN = r"\text{the fan-in into a neuron should have variance 1}"


def signs(rng: np.random.Generator, *shape: int) -> Any:
    """Random numbers 1 and -1."""
    return rng.integers(0, 2, shape) * 2.0 - 1


# -- the law of the weights --------------------------------------------------------------------------------------------


def variance_of(scheme: str, n: int, n_prev: int) -> float:
    return {"xavier": 1 / n_prev, "he": 2 / n_prev, "bengio": 2 / (n_prev + n)}[scheme]


def weights(rng: np.random.Generator, scheme: str) -> tuple[Any, Any]:
    """The weights of two layers, divided by the stated deviation, flat."""
    first, second = bp.initialize(rng, (40, 100, 40), ("tanh", "tanh"), scheme)
    return tuple(layer.W.ravel() / variance_of(scheme, *layer.W.shape) ** 0.5 for layer in (first, second))


for _label, _scheme, _variance in (
    ("6.1.2X", "xavier", "1/n^{[l-1]}"),
    ("6.1.2H", "he", "2/n^{[l-1]}"),
    ("6.1.2B", "bengio", "2/(n^{[l-1]} + n^{[l]})"),
):

    @statistic(
        equals=[0.0, 0.0, 1.0, 1.0], draws=12_000, label=f"{_label}@law", section=SECTION, uses=(_label,),
        domains={"scheme": (_scheme,)},
        equation=rf"E[W^{{[l]}}_{{ij}}] = 0, \quad \operatorname{{Var}}(W^{{[l]}}_{{ij}}) = {_variance}",
        because="E22: what the scheme sets is the variance of the weights; the two layers have widths 40, 100, 40, and "
        "weights are divided by the stated deviation",
    )
    def standardized(rng: np.random.Generator, scheme: str) -> Any:
        first, second = weights(rng, scheme)
        return np.stack([first, second, first**2, second**2], axis=1)


@statistic(
    equals=[3.0, 3.0, 0.0, 0.0], draws=16_000, label="6.1.2X@normal", section=SECTION, domains={"scheme": SCHEMES},
    uses=("6.1.2X@law", "6.1.2H@law", "6.1.2B@law"),
    equation=r"E[W_{ij}^4] = 3 \operatorname{Var}(W_{ij})^2, \quad E[W_{ij} W_{i,j+1}] = 0, \quad "
    r"E[W^{[1]}_{ij} W^{[2]}_{ij}] = 0",
    because="the weights are normal, and independent of each other within a layer and between layers",
)
def fourth_moments_and_products(rng: np.random.Generator, scheme: str) -> Any:
    first, second = weights(rng, scheme)
    one, other = first[::2], first[1::2]
    return np.stack([one**4, second[::2] ** 4, one * other, one * second[::2]], axis=1)


# -- the fan-in of one layer -------------------------------------------------------------------------------------------


def fan_in_variance(A: Any, spread: Any, scheme: str) -> Any:
    n_prev = len(A)
    return n_prev * variance_of(scheme, 100, n_prev) * np.mean(A**2, axis=0) + spread**2


@statistic(
    equals=fan_in_variance, draws=12_000, label="6.1.2var", section=SECTION, shapes={"A": "n_prev m", "spread": ""},
    domains={"A": between(-2, 2), "spread": between(0, 1), "scheme": SCHEMES}, equation=FAN_IN,
    uses=("6.1.2X@law", "6.1.2H@law", "6.1.2B@law"),
    because="E22: read as the variance of W being chosen for the fan-in, whose variance for given A is n Var(W) times "
    "the mean of a^2, plus Var(b): 1 only if that mean makes it so",
)
def squared_fan_in(rng: np.random.Generator, A: Any, spread: Any, scheme: str) -> Any:
    (layer,) = bp.initialize(rng, (len(A), 100), ("identity",), scheme)
    return affine(layer.W, A, layer.b + spread * rng.standard_normal(layer.b.shape)) ** 2


def mean_over_all_signs(a: Any, deviation: Any, spread: Any) -> Any:
    """The exact mean of (W a + b)^2 over all W and b that are plus or minus their deviations."""
    patterns = 1 - 2 * ((np.arange(32)[:, np.newaxis] >> np.arange(5)) & 1)
    z = deviation * (patterns[:, :4] @ a) + spread * patterns[:, 4:]
    return (z**2).mean(axis=0, keepdims=True)


@identity(
    of=mean_over_all_signs, label="6.1.2var@exact", section=SECTION, uses=("6.1.2var",),
    shapes={"a": "4 1", "deviation": "", "spread": ""},
    equation=r"\operatorname{Var}(Z_k) = n^{[l-1]} \operatorname{Var}(W) \frac{1}{n^{[l-1]}} \sum_j a_j^2 + "
    r"\operatorname{Var}(b)",
    because="E22: exact, whatever the law of W: here over all 32 choices of signs",
)
def variance_of_sums(a: Any, deviation: Any, spread: Any) -> Any:
    return len(a) * deviation**2 * np.mean(a**2, axis=0, keepdims=True) + spread**2


@statistic(
    equals=lambda widths: 2 * widths[0] / (widths[0] + widths[1]), draws=6000, label="6.1.2B@widths", section=SECTION,
    domains={"widths": ((100, 300), (300, 100), (200, 200))}, uses=("6.1.2var",),
    equation=r"\operatorname{Var}(Z_k) = \frac{2 n^{[l-1]}}{n^{[l-1]} + n^{[l]}} \quad (E[a^2] = 1)",
    because="E22: the third scheme gives the fan-in variance 1 only between layers of one width",
)
def squared_fan_in_between_widths(rng: np.random.Generator, widths: Any) -> Any:
    (layer,) = bp.initialize(rng, widths, ("identity",), "bengio")
    return affine(layer.W, signs(rng, widths[0], 1), layer.b)[:, 0] ** 2


# -- the fan-in down the layers ----------------------------------------------------------------------------------------


def next_variance(activation: str, gain: float, q: float) -> float:
    """gain * E[g(z)^2] for z normal with variance q."""
    if activation == "relu":
        return gain * q / 2
    z = np.sqrt(q) * NODES
    g = np.tanh(z) if activation == "tanh" else 1 / (1 + np.exp(-z))
    return gain * float(WEIGHTS @ g**2 / WEIGHTS.sum())


def variances(case: Any) -> Any:
    activation, scheme, depth = case
    q = [GAINS[scheme]]
    while len(q) < depth:
        q.append(next_variance(activation, GAINS[scheme], q[-1]))
    return np.array(q)


def squared_fan_ins(rng: np.random.Generator, case: Any) -> Any:
    """The mean of Z^2 in each layer, for some networks."""
    (activation, scheme, depth), out = case, []
    for _ in range(CALL):
        layers = bp.initialize(rng, (WIDTH,) * (depth + 1), (activation,) * depth, scheme)
        trace = bp.forward(signs(rng, WIDTH, EXAMPLES), layers)
        out.append([np.mean(Z**2) for Z in trace.Z])
    return np.array(out)


for _label, _case in CASES.items():
    statistic(
        equals=variances, draws=120, label=_label, section=SECTION, domains={"case": (_case,)}, uses=("6.1.2var",),
        equation=r"\operatorname{Var}(Z^{[l+1]}) = n^{[l]} \operatorname{Var}(W) E[g(\zeta)^2], \quad "
        r"\zeta \sim N(0, \operatorname{Var}(Z^{[l]}))",
        because=f"E22: {_case[0]} with {_case[1]}, layer after layer, inputs with E[x^2] = 1",
    )(squared_fan_ins)


def one_in_every_layer(case: Any) -> Any:
    return np.ones(case[2])


statistic(
    equals=one_in_every_layer, draws=100, label="6.1.2var@other", section=SECTION, equation=FAN_IN,
    domains={"case": (CASES["6.1.2var@tanh"],)}, uses=("6.1.2var",), expect="refuted", corrected_by="6.1.2var",
    counterexample={"case": CASES["6.1.2var@tanh"]},
    because="E22: read as a variance of 1 in every layer it is false: from the second layer on n Var(W) is multiplied "
    "by E[g(z)^2], which is not 1",
)(squared_fan_ins)


def resting_variance() -> Any:
    """q = E[sigmoid(z)^2] for z normal with variance q, by bisection on a fine grid of z."""
    z = np.linspace(-12, 12, 4001)
    density = np.exp(-(z**2) / 2)
    low, high = 0.0, 1.0
    for _ in range(50):
        q = (low + high) / 2
        mean = density @ np.asarray(jax.nn.sigmoid(np.sqrt(q) * z)) ** 2 / density.sum()
        low, high = (q, high) if mean > q else (low, q)
    return low


@measurement(
    equals=resting_variance, within=1e-9, label="6.1.2var@limit", section=SECTION, uses=("6.1.2var@sigmoid",),
    equation=r"\lim_{l \to \infty} \operatorname{Var}(Z^{[l]}) = q, \quad q = E[\sigma(\zeta)^2], \ \zeta \sim N(0, q)",
    because="E22: sigmoid with xavier comes to rest",
)
def variance_after_many_layers() -> Any:
    return variances(("sigmoid", "xavier", 40))[-1]
