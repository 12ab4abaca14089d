"""The network by hand against its JAX twin, over random networks; the tolerance is both sides' running error bound.

Each case forces a few features (an activation, a loss, masks, kinks, shapes) and leaves the rest to Hypothesis. A case
promises features; they are read off the arrays that were drawn, and a promise that was not kept is a failure.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any

import jax
import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import manual_bp as bp
from manual_bp import activations, losses, penalties
from manual_bp.training import network_loss, regularized_gradients
from verify.notes import twin
from verify.numbers.bounded_rules import BOUNDED_RULES
from verify.numbers.interpreter import evaluate
from verify.numbers.running_error import Bounded, lift

FORWARD, BACKPROP, BACKPROP_A, DROPOUT, TRAINING, DESCENT = (
    import_module(f"manual_bp.{name}")
    for name in ("forward", "backprop", "backprop_a", "dropout", "training", "gradient_descent")
)
COMPONENTWISE = ("sigmoid", "tanh", "relu", "leaky_relu", "identity")
KINKED = ("relu", "leaky_relu")
GRADIENTS = ("dZ", "dA", "dX", "dW", "db")
KEEP = (0.35, 0.6, 0.8, 0.9)
_SHORT = [1.0, 0.5, -1.0, 2.0, -0.5, 0.25, -2.0, 1.5, -0.75, 0.0]
VALUES = np.array([*_SHORT, *np.sin(1.0 + 2.0 * np.arange(246)) * 1.9])
UNIT = np.array([0.5, 0.0, 1.0, 0.25, *np.linspace(0.05, 0.95, 28)])


@dataclass(frozen=True)
class Case:
    """What the networks of one test have in common; `promises` are the features that must be met while it runs."""

    name: str
    loss: str
    output: str
    hidden: str = "tanh"
    depth: tuple[int, int] = (2, 5)
    m: tuple[int, int] = (1, 6)
    n_out: tuple[int, int] = (2, 5)
    dropout: bool = False
    kink: bool = False
    one_hot: bool = False
    square: bool = False
    distinct: bool = False
    penalties: bool = False
    printed: bool = False
    promises: frozenset[str] = frozenset()


@dataclass(frozen=True, eq=False)
class Network:
    """The twin's arguments, the penalties' factors and the learning rate."""

    params: list[tuple[Any, Any]]
    activations: tuple[str, ...]
    loss: str
    X: Any
    Y: Any
    masks: list[Any]
    keep: list[Any]
    lam: Any
    lam1: Any
    alpha: Any
    printed: bool = False

    def by_hand(self) -> tuple[str, ...]:
        """The activations' names on the side by hand: the printed forms too."""
        also = ("sigmoid", "tanh") if self.printed else ()
        return tuple(f"{g}_printed" if g in also else g for g in self.activations)


# -- networks ----------------------------------------------------------------------------------------------------------


def array(draw: Any, shape: tuple[int, ...], table: Any = VALUES) -> Any:
    """An array of a table's entries, one byte each."""
    n = int(np.prod(shape))
    codes = np.frombuffer(draw(st.binary(min_size=n, max_size=n)), np.uint8).astype(int)
    return table[codes % len(table)].reshape(shape)


def fitted(W: Any, b: Any, A_prev: Any, limit: float) -> tuple[Any, Any]:
    """W and b halved until abs(W A_prev + b) <= limit, so that no output saturates."""
    while np.abs(W @ A_prev + b).max() > limit:
        W, b = W / 2, b / 2
    return W, b


@st.composite
def networks(draw: Any, case: Case) -> Network:
    depth, m = draw(st.integers(*case.depth)), draw(st.integers(*case.m))
    if case.square:
        widths = [m] * (depth + 1)
    elif case.distinct:
        widths = draw(st.permutations([n for n in range(2, 9) if n != m]))[: depth + 1]
    else:
        widths = [draw(st.integers(1, 6)) for _ in range(depth)] + [draw(st.integers(*case.n_out))]
    others = [draw(st.sampled_from(COMPONENTWISE)) for _ in range(depth - 2)]
    gs = [*([case.hidden] if depth > 1 else []), *others, case.output]
    A = X = array(draw, (widths[0], m))
    params: list[tuple[Any, Any]] = []
    masks: list[Any] = []
    keep: list[Any] = []
    for l, (n_prev, n, g) in enumerate(zip(widths[:-1], widths[1:], gs, strict=True)):
        W, b, last = array(draw, (n, n_prev)), array(draw, (n, 1)), l == depth - 1
        if not last and case.kink and g in KINKED:
            W[0], b[0] = 0.0, 0.0
        if case.penalties:
            W.flat[-1] = 0.0
        if last and g not in ("sigmoid", "softmax"):
            W, b = fitted(W, b * 0, A, 0.25)[0], 0.5 + b / 32    # outputs inside (0, 1), where the losses are defined
        else:
            W, b = fitted(W, b, A, 3.0)
        params.append((W, b))
        A = activations.ACTIVATIONS[g].g(W @ A + b)
        D, p = None, None
        if case.dropout and not last:
            D, p = array(draw, (n, m), np.array([1.0, 0.0])), np.float64(draw(st.sampled_from(KEEP)))
            D.flat[-1] = 0.0
            D.flat[0] = 1.0
            A = A * D / p
        masks.append(D)
        keep.append(p)
    K = widths[-1]
    Y = np.eye(K)[:, array(draw, (m,), np.arange(256)) % K] if case.one_hot else array(draw, (K, m), UNIT)
    lam, lam1 = (draw(st.sampled_from([0.7, 2.5])), draw(st.sampled_from([0.3, 1.5]))) if case.penalties else (0.0, 0.0)
    factors = np.float64(lam), np.float64(lam1), np.float64(draw(st.sampled_from([0.3, 0.01])))
    return Network(params, tuple(gs), case.loss, X, Y, masks, keep, *factors, printed=case.printed)


# -- features ----------------------------------------------------------------------------------------------------------

FEATURES = frozenset({
    *(f"{g}, hidden" for g in COMPONENTWISE),
    *(f"{g}, output" for g in (*COMPONENTWISE, "softmax")),
    "binary_cross_entropy", "cross_entropy of softmax", "cross_entropy of component-wise outputs",
    "mask drops and keeps", "two distinct keep probabilities",
    "relu at its kink", "leaky_relu at its kink",
    "one-hot targets", "soft targets", "targets that do not sum to 1",
    "square shapes", "widths distinct and not m", "m = 1", "m >= 3", "depth 1", "depth >= 3", "n[N] = 1", "n[N] >= 2",
    "lambda = 0", "lambda != 0", "lambda1 != 0", "a weight of zero under L1", "b != 0", "printed activations",
})


def met(net: Network, hand: dict[str, Any]) -> Iterator[str]:
    """The features that a network has, read off its arrays; `hand` are the values and gradients by hand."""
    *hidden, output = net.activations
    m, widths = net.X.shape[1], [net.X.shape[0], *(W.shape[0] for W, _ in net.params)]
    yield from (f"{g}, hidden" for g in hidden)
    yield f"{output}, output"
    if net.loss == "binary_cross_entropy":
        yield net.loss
    else:
        yield f"cross_entropy of {'softmax' if output == 'softmax' else 'component-wise outputs'}"
    drawn = [D for D in net.masks if D is not None]
    if any((D == 0).any() and (D == 1).any() for D in drawn):
        yield "mask drops and keeps"
    if len({float(p) for p in net.keep if p is not None}) >= 2:
        yield "two distinct keep probabilities"
    for g, Z, dA in zip(hidden, hand["Z"], hand["dA, section 5"], strict=False):
        if g in KINKED and ((Z == 0) & (dA != 0)).any():        # where the derivative at 0 has an effect
            yield f"{g} at its kink"
    sums = net.Y.sum(axis=0)
    yield "one-hot targets" if set(np.unique(net.Y)) <= {0.0, 1.0} and (sums == 1).all() else "soft targets"
    if (sums != 1).any():
        yield "targets that do not sum to 1"
    if m > 1 and set(widths) == {m}:
        yield "square shapes"
    if len({*widths, m}) == len(widths) + 1:
        yield "widths distinct and not m"
    if m == 1:
        yield "m = 1"
    if m >= 3:
        yield "m >= 3"
    if len(net.params) == 1:
        yield "depth 1"
    if len(net.params) >= 3:
        yield "depth >= 3"
    yield "n[N] = 1" if widths[-1] == 1 else "n[N] >= 2"
    yield "lambda != 0" if net.lam else "lambda = 0"
    if net.lam1:
        yield "lambda1 != 0"
        if any((W == 0).any() for W, _ in net.params):
            yield "a weight of zero under L1"
    if all((b != 0).any() for _, b in net.params):
        yield "b != 0"
    if net.by_hand() != net.activations:
        yield "printed activations"


BCE, CE = "binary_cross_entropy", "cross_entropy"


def case(name: str, loss: str, output: str, *promises: str, **forced: Any) -> Case:
    return Case(name, loss, output, promises=frozenset(promises), **forced)


CASES = (
    case("one-neuron", BCE, "sigmoid", BCE, "depth 1", "m = 1", "n[N] = 1", "sigmoid, output", "lambda = 0",
         depth=(1, 1), m=(1, 1), n_out=(1, 1)),
    case("deep-tanh", BCE, "sigmoid", "depth >= 3", "tanh, hidden", "widths distinct and not m", "m >= 3", "b != 0",
         "mask drops and keeps", "two distinct keep probabilities", "lambda != 0", "soft targets",
         hidden="tanh", depth=(3, 5), m=(3, 6), distinct=True, dropout=True, penalties=True),
    case("relu-kink", BCE, "sigmoid", "relu at its kink", "relu, hidden", "n[N] >= 2", "mask drops and keeps",
         hidden="relu", depth=(2, 4), m=(3, 5), kink=True, dropout=True),
    case("leaky-kink-square", BCE, "sigmoid", "leaky_relu at its kink", "leaky_relu, hidden", "square shapes",
         hidden="leaky_relu", depth=(2, 4), m=(2, 4), kink=True, square=True),
    case("printed", BCE, "sigmoid", "printed activations", "sigmoid, hidden", "depth >= 3",
         hidden="sigmoid", depth=(3, 4), m=(2, 5), printed=True),
    case("tanh-output", BCE, "tanh", "tanh, output", "identity, hidden", "a weight of zero under L1", "lambda1 != 0",
         hidden="identity", depth=(2, 3), kink=True, penalties=True),
    case("identity-output", BCE, "identity", "identity, output", "sigmoid, hidden", hidden="sigmoid", depth=(2, 3)),
    case("softmax-one-hot", CE, "softmax", "cross_entropy of softmax", "softmax, output", "one-hot targets",
         "relu at its kink", hidden="relu", depth=(2, 4), m=(3, 6), one_hot=True, kink=True),
    case("softmax-soft", CE, "softmax", "soft targets", "targets that do not sum to 1", "mask drops and keeps",
         "lambda != 0", hidden="identity", depth=(3, 4), m=(3, 6), dropout=True, penalties=True, distinct=True),
    case("softmax-square", CE, "softmax", "depth 1", "square shapes", depth=(1, 1), m=(2, 4), square=True),
    case("sigmoid-cross-entropy", CE, "sigmoid", "cross_entropy of component-wise outputs", "leaky_relu at its kink",
         hidden="leaky_relu", depth=(2, 4), m=(2, 5), kink=True, dropout=True),
    case("relu-output", CE, "relu", "relu, output", "tanh, hidden", "cross_entropy of component-wise outputs",
         hidden="tanh", depth=(2, 3), distinct=True),
    case("leaky-output", CE, "leaky_relu", "leaky_relu, output", hidden="identity", depth=(2, 3), one_hot=True),
)


# -- the two sides -----------------------------------------------------------------------------------------------------


def by_autodiff(net: Network) -> dict[str, Any]:
    """Everything by the twin, as `Bounded` arrays."""
    inputs = (net.params, net.X, net.Y, net.masks, net.keep, net.lam, net.lam1, net.alpha)

    def program(params: Any, X: Any, Y: Any, masks: Any, keep: Any, lam: Any, lam1: Any, alpha: Any) -> dict[str, Any]:
        arguments = (net.activations, net.loss, X, Y, masks, keep)
        objective, d = jax.value_and_grad(twin.regularized)(params, *arguments, lam, lam1)
        return {
            **twin.values(params, *arguments), **twin.gradients(params, *arguments), "objective": objective,
            "dW, penalized": [dW for dW, _ in d], "db, penalized": [db for _, db in d],
            "W, updated": [W - alpha * dW for (W, _), (dW, _) in zip(params, d, strict=True)],
            "b, updated": [b - alpha * db for (_, b), (_, db) in zip(params, d, strict=True)],
        }

    with jax.enable_x64(True):
        jaxpr, shapes = jax.make_jaxpr(program, return_shape=True)(*inputs)
    leaves = [Bounded(x) for x in jax.tree_util.tree_leaves(inputs)]
    with np.errstate(all="ignore"):
        out = evaluate(jaxpr.jaxpr, jaxpr.consts, leaves, BOUNDED_RULES)
    return jax.tree_util.tree_unflatten(jax.tree_util.tree_structure(shapes), [lift(x) for x in out])


def by_hand(net: Network, number: Callable[[Any], Any]) -> dict[str, Any]:
    """Everything by hand, on the arrays that `number` makes of the inputs."""
    layers = [bp.Layer(number(W), number(b), g) for (W, b), g in zip(net.params, net.by_hand(), strict=True)]
    masks = zip(net.masks, net.keep, strict=True)
    dropout = [None if D is None else bp.Dropout(number(D), number(p)) for D, p in masks]
    X, Y, loss, m = number(net.X), number(net.Y), bp.loss(net.loss), net.X.shape[1]
    lam, lam1, alpha = number(net.lam), number(net.lam1), number(net.alpha)
    with np.errstate(all="ignore"):
        trace = bp.forward(X, layers, dropout)
        L = loss.value(trace.A[-1], Y)
        J = bp.batch_loss(L)
        runs = {
            "section 4": bp.backprop(trace, layers, Y, loss, dropout),
            "section 5": bp.backprop_a(trace, layers, Y, loss, dropout),
            "section 4, stable": bp.backprop(trace, layers, Y, loss, dropout, stable=True),
            "section 5, stable": bp.backprop_a(trace, layers, Y, loss, dropout, stable=True),
        }
        weights, section_5 = [layer.W for layer in layers], runs["section 5"]
        dW = regularized_gradients(layers, section_5.dW, lam, lam1, m)
        stepped = bp.descend(layers, dW, section_5.db, alpha)
        return {
            "Z": list(trace.Z), "A": list(trace.A), "L": L, "J": J, "J, stable": network_loss(trace, layers, Y, loss),
            **{f"{name}, {run}": getattr(g, name) for run, g in runs.items() for name in GRADIENTS},
            "objective": J + penalties.l2_penalty(weights, lam, m) + penalties.l1_penalty(weights, lam1, m),
            "dW, penalized": list(dW), "db, penalized": list(section_5.db),
            "W, updated": [layer.W for layer in stepped], "b, updated": [layer.b for layer in stepped],
        }


def agree(net: Network, autodiff: dict[str, Any]) -> dict[str, Any]:
    """Assert that the hand side is the twin's, entry by entry within both bounds; returns what is by hand."""
    values, bounds = by_hand(net, np.copy), by_hand(net, Bounded)
    for name, got in values.items():
        wanted = autodiff[name] if name in autodiff else autodiff[name.partition(", ")[0]]
        several = isinstance(got, (list, tuple))
        rows = zip(*((x if several else [x]) for x in (got, bounds[name], wanted)), strict=True)
        for l, (v, bounded, reference) in enumerate(rows):
            if v is None:       # dA of the hidden layers, which section 4 does not compute
                assert name.startswith("dA, section 4"), name
                continue
            at = f"{name}[{l}]"
            v = np.asarray(v)
            assert v.shape == reference.shape == bounded.shape, f"{at}: shapes {v.shape}, {reference.shape}"
            assert v.dtype == np.float64, f"{at}: {v.dtype}"
            assert np.isfinite(v).all(), f"{at} is not finite: {v}"
            assert np.isfinite(reference.v).all(), f"{at} by autodiff is not finite: {reference.v}"
            assert np.isfinite(bounded.e).all(), f"{at} has no bound"
            assert np.isfinite(reference.e).all(), f"{at} by autodiff has no bound"
            apart, allowed = np.abs(v - reference.v), bounded.e + reference.e
            assert (apart <= allowed).all(), f"{at}: {v} by hand, {reference.v} by autodiff, allowed {allowed}"
    return values


def equivalent(values: dict[str, Any]) -> dict[str, Any]:
    """Assert that section 5 is section 4, to the bit."""
    for name in ("dZ", "dX", "dW", "db"):
        for kind in ("", ", stable"):
            pair = values[f"{name}, section 4{kind}"], values[f"{name}, section 5{kind}"]
            assert [x.tobytes() for x in pair[0]] == [x.tobytes() for x in pair[1]], f"{name}: section 4 is not 5{kind}"
    return values


def explore(case: Case, check: Callable[[Network], None], **options: Any) -> None:
    """Draw this case's share of the profile's examples."""

    @settings(**{"max_examples": max(4, settings().max_examples // len(CASES)), **options})
    @given(networks(case))
    def run(net: Network) -> None:
        check(net)

    run()


def run_case(case: Case, **options: Any) -> None:
    """The property of one case, and its promises."""
    seen: set[str] = set()

    def check(net: Network) -> None:
        seen.update(met(net, equivalent(agree(net, by_autodiff(net)))))

    explore(case, check, **options)
    missing = sorted(case.promises - seen)
    assert not missing, f"never drawn: {', '.join(missing)}"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_network_by_hand_is_its_twin(case):
    run_case(case)


def test_the_cases_promise_every_feature():
    assert frozenset().union(*(case.promises for case in CASES)) == FEATURES


# -- the test's own test: the same few networks in every profile -------------------------------------------------------

FEW: dict[str, Any] = {"max_examples": 4, "derandomize": True, "database": None, "phases": [Phase.generate]}


@pytest.mark.parametrize(
    ("name", "change", "feature"),
    [
        ("relu-kink", {"dropout": False}, "mask drops and keeps"),
        ("relu-kink", {"depth": (1, 1)}, "relu at its kink"),
        ("softmax-one-hot", {"one_hot": False}, "one-hot targets"),
        ("softmax-one-hot", {"output": "sigmoid"}, "cross_entropy of softmax"),
        ("leaky-kink-square", {"m": (1, 1)}, "square shapes"),
        ("deep-tanh", {"penalties": False}, "lambda != 0"),
        ("deep-tanh", {"depth": (1, 2)}, "depth >= 3"),
        ("deep-tanh", {"m": (1, 2)}, "m >= 3"),
    ],
)
def test_a_feature_that_is_not_drawn_is_a_failure(name, change, feature):
    (chosen,) = (case for case in CASES if case.name == name)
    with pytest.raises(AssertionError, match=f"never drawn: .*{feature}"):
        run_case(replace(chosen, **change), **FEW)


@pytest.fixture(scope="module")
def sample():
    """One network of each case with its twin's answer; the property holds for all of them."""
    out = []
    for case in CASES:
        drawn: list[Network] = []
        explore(case, drawn.append, **FEW)
        out.append((drawn[-1], by_autodiff(drawn[-1])))
    for net, autodiff in out:
        agree(net, autodiff)
    return out


def failure(sample: list[tuple[Network, dict[str, Any]]]) -> str | None:
    """The first network's complaint, or None if the property holds for all."""
    for net, autodiff in sample:
        try:
            agree(net, autodiff)
        except (AssertionError, ValueError) as error:
            return str(error)
    return None


@dataclass(frozen=True)
class Mutant:
    """A wrong formula: the function of that name, in every module that has it, becomes `wrong(right)`."""

    name: str
    function: str
    wrong: Callable[[Callable[..., Any]], Callable[..., Any]]
    complaint: str


MODULES = (FORWARD, BACKPROP, BACKPROP_A, DROPOUT, TRAINING, DESCENT, bp, penalties)


MUTANTS = (
    Mutant("dW = 0", "weight_gradient", lambda f: lambda dZ, A: 0 * f(dZ, A), "dW"),
    Mutant("dW off by 1e-8", "weight_gradient", lambda f: lambda dZ, A: f(dZ, A) * (1 + 1e-8), "dW"),
    Mutant("dW without 1/m", "weight_gradient", lambda f: lambda dZ, A: dZ @ A.T, "dW"),
    Mutant("dW with 1/n", "weight_gradient", lambda f: lambda dZ, A: dZ @ A.T / dZ.shape[0], "dW"),
    Mutant("dW transposed", "weight_gradient", lambda f: lambda dZ, A: f(dZ, A).T, "dW"),
    Mutant("db without 1/m", "bias_gradient", lambda f: lambda dZ: np.sum(dZ, axis=1, keepdims=True), "db"),
    Mutant("db without keepdims", "bias_gradient", lambda f: lambda dZ: f(dZ)[:, 0], "db"),
    Mutant("db over the wrong axis", "bias_gradient",
           lambda f: lambda dZ: np.sum(dZ, axis=0, keepdims=True).T / dZ.shape[1], "db"),
    Mutant("db of one example", "bias_gradient", lambda f: lambda dZ: dZ[:, :1], "db"),
    Mutant("recursion with W not transposed", "error_recursion",
           lambda f: lambda W, dZ, Z, g: f(W.T, dZ, Z, g), "dZ|matmul"),
    Mutant("recursion without g'", "error_recursion", lambda f: lambda W, dZ, Z, g: W.T @ dZ, "dZ"),
    Mutant("recursion under dropout without the mask", "error_recursion_dropout",
           lambda f: lambda W, dZ, Z, D, p, g: f(W, dZ, Z, D * 0 + 1, p, g), "dZ"),
    Mutant("recursion under dropout without 1/p", "error_recursion_dropout",
           lambda f: lambda W, dZ, Z, D, p, g: f(W, dZ, Z, D, p, g) * p, "dZ"),
    Mutant("dA with W not transposed", "activation_gradient", lambda f: lambda W, dZ: f(W.T, dZ), "dA|dX|matmul"),
    Mutant("dA without the mask", "apply_mask_backward", lambda f: lambda dA, D, p: dA / p, "dZ|dA"),
    Mutant("dA without 1/p", "apply_mask_backward", lambda f: lambda dA, D, p: dA * D, "dZ|dA"),
    Mutant("dA of dropout with a mask of its own", "apply_mask_backward",
           lambda f: lambda dA, D, p: f(dA, 1 - D, p), "dZ|dA"),
    Mutant("g' twice", "activation_backward",
           lambda f: lambda dA, Z, g: f(dA, Z, g) * (1 if g.prime is None else g.prime(Z)), "dZ"),
    Mutant("b added by row", "affine", lambda f: lambda W, A, b: f(W, A, b * 0) + b[:1], "Z"),
    Mutant("no bias", "affine", lambda f: lambda W, A, b: f(W, A, b * 0), "Z"),
    Mutant("forward mask without 1/p", "apply_mask", lambda f: lambda A, D, p: A * D, "A|Z"),
    Mutant("J without 1/m", "batch_loss", lambda f: lambda L: np.sum(L), "J"),
    Mutant("L2 without the factor 2", "l2_penalty", lambda f: lambda w, lam, m: f(w, lam, m) * 2, "objective"),
    Mutant("L2 without the last layer", "l2_penalty", lambda f: lambda w, lam, m: f(w[:-1], lam, m), "objective"),
    Mutant("L2's gradient doubled", "l2_gradient", lambda f: lambda dW, W, lam, m: f(f(dW, W, lam, m), W, lam, m),
           "dW, penalized"),
    Mutant("L2's gradient without 1/m", "l2_gradient", lambda f: lambda dW, W, lam, m: dW + lam * W, "dW, penalized"),
    Mutant("L1 without the last layer", "l1_penalty", lambda f: lambda w, lam, m: f(w[:-1], lam, m), "objective"),
    Mutant("L1's sign(0) = 1", "l1_gradient",
           lambda f: lambda dW, W, lam, m: dW + lam / m * np.where(W >= 0, 1.0 + 0 * W, -1.0 + 0 * W), "dW, penalized"),
    Mutant("uphill", "update_weights", lambda f: lambda W, dW, alpha: f(W, -dW, alpha), "W, updated"),
    Mutant("biases stay", "update_biases", lambda f: lambda b, db, alpha: b, "b, updated"),
)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_wrong_formula_fails(mutant, sample, monkeypatch):
    places = [module for module in MODULES if hasattr(module, mutant.function)]
    assert places
    for module in places:
        monkeypatch.setattr(module, mutant.function, mutant.wrong(getattr(module, mutant.function)))
    complaint = failure(sample)
    assert complaint is not None, "the property holds for a wrong formula"
    assert any(complaint.startswith(word) for word in mutant.complaint.split("|")), complaint


def replaced(registry: dict[str, Any], name: str, **fields: Callable[..., Any]) -> tuple[dict[str, Any], str, Any]:
    return registry, name, replace(registry[name], **fields)


ONES, FUSED = np.ones_like, losses.Fused
WRONG_ENTRIES = {
    "relu'(0) = 0": replaced(activations.ACTIVATIONS, "relu", prime=lambda z: np.where(z > 0, ONES(z), 0 * z)),
    "leaky'(0) = eps": replaced(
        activations.ACTIVATIONS, "leaky_relu", prime=lambda z: np.where(z > 0, ONES(z), 0.01 * ONES(z))),
    "leaky' is relu'": replaced(activations.ACTIVATIONS, "leaky_relu", prime=activations.relu_prime),
    "leaky with another eps": replaced(
        activations.ACTIVATIONS, "leaky_relu", g=lambda z: np.maximum(0.02 * z, z)),
    "sigmoid' = s": replaced(activations.ACTIVATIONS, "sigmoid", prime=activations.sigmoid),
    "printed sigmoid' = s": replaced(activations.ACTIVATIONS, "sigmoid_printed", prime=activations.sigmoid),
    "tanh' = 1 - tanh": replaced(activations.ACTIVATIONS, "tanh", prime=lambda z: 1 - np.tanh(z)),
    "identity' = z": replaced(activations.ACTIVATIONS, "identity", prime=lambda z: z),
    "softmax as if component-wise": replaced(
        activations.ACTIVATIONS, "softmax",
        pullback=lambda dA, Z: dA * activations.softmax(Z) * (1 - activations.softmax(Z))),
    "softmax over the examples": replaced(
        activations.ACTIVATIONS, "softmax", g=lambda Z: activations.softmax(Z.T).T),
    "cross-entropy's sign": replaced(losses.LOSSES, CE, dA=lambda A, Y: Y / A),
    "binary cross-entropy without 1 - y": replaced(losses.LOSSES, BCE, dA=lambda A, Y: -Y / A),
    "binary cross-entropy of one output": replaced(
        losses.LOSSES, BCE, dA=lambda A, Y: losses.binary_cross_entropy_dA(A, Y[:1] + 0 * Y)),
    "cross-entropy for the binary one": replaced(losses.LOSSES, BCE, value=losses.cross_entropy),
    "softmax's fused dZ = a - y": replaced(
        losses.LOSSES, CE,
        fused={"softmax": FUSED(losses.softmax_cross_entropy, lambda Z, Y: activations.softmax(Z) - Y)}),
    "sigmoid's fused dZ = y - a": replaced(
        losses.LOSSES, BCE,
        fused={"sigmoid": FUSED(losses.sigmoid_binary_cross_entropy, lambda Z, Y: Y - activations.sigmoid(Z))}),
    "sigmoid's fused loss without the log": replaced(
        losses.LOSSES, BCE,
        fused={"sigmoid": FUSED(
            lambda Z, Y: np.sum(np.maximum(Z, 0) - Z * Y, axis=0, keepdims=True),
            losses.sigmoid_binary_cross_entropy_dZ)}),
}


@pytest.mark.parametrize("wrong", WRONG_ENTRIES)
def test_a_wrong_activation_or_loss_fails(wrong, sample, monkeypatch):
    registry, name, entry = WRONG_ENTRIES[wrong]
    monkeypatch.setitem(registry, name, entry)
    assert failure(sample) is not None, "the property holds for a wrong formula"


@pytest.mark.parametrize(
    ("function", "same"),
    [
        ("error_recursion_dropout", lambda W, dZ, Z, D, p, g: (W.T @ dZ) * g.prime(Z) * D / p),      # masks dZ, not dA
        ("error_recursion_dropout", lambda W, dZ, Z, D, p, g: (W.T @ dZ) * D * D / p * g.prime(Z)),  # masks twice
        ("weight_gradient", lambda dZ, A: (dZ / dZ.shape[1]) @ A.T),
        ("bias_gradient", lambda dZ: np.mean(dZ, axis=1, keepdims=True)),
        ("bias_gradient", lambda dZ: dZ @ np.ones((dZ.shape[1], 1)) / dZ.shape[1]),
        ("l1_gradient", lambda dW, W, lam, m: dW + np.sign(W) * (lam / m)),
    ],
)
def test_an_equivalent_formula_is_within_the_bounds(function, same, sample, monkeypatch):
    """Rounded in another way: section 4 need not be section 5 to the bit any more."""
    for module in (BACKPROP, BACKPROP_A, TRAINING):
        if hasattr(module, function):
            monkeypatch.setattr(module, function, same)
    assert failure(sample) is None


def test_a_zero_gradient_fails_under_hypothesis(monkeypatch):
    for module in (BACKPROP, BACKPROP_A):
        monkeypatch.setattr(module, "weight_gradient", lambda dZ, A_prev: 0 * (dZ @ A_prev.T))
    (chosen,) = (case for case in CASES if case.name == "deep-tanh")
    with pytest.raises(AssertionError, match="dW, section 4"):
        run_case(chosen, **FEW, report_multiple_bugs=False)
