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
from manual_bp import activations, losses, notation, penalties
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
    return table[np.frombuffer(draw(st.binary(min_size=n, max_size=n)), np.uint8) % len(table)].reshape(shape)


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
    gs = [case.hidden, *(draw(st.sampled_from(COMPONENTWISE)) for _ in range(depth - 1))][: depth - 1] + [case.output]
    A = X = array(draw, (widths[0], m))
    params: list[tuple[Any, Any]] = []
    masks: list[Any] = []
    keep: list[Any] = []
    for l, (n_prev, n, g) in enumerate(zip(widths[:-1], widths[1:], gs, strict=True)):
        W, b, last = array(draw, (n, n_prev)), array(draw, (n, 1)), l == depth - 1
        if not last and case.kink and g in KINKED:
            W[0], b[0] = 0.0, 0.0
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
    for g, Z, dA in zip(hidden, hand["Z"], hand["dA"], strict=False):
        if g in KINKED and ((Z == 0) & (dA != 0)).any():        # where the derivative at 0 has an effect
            yield f"{g} at its kink"
    yield "one-hot targets" if set(np.unique(net.Y)) <= {0.0, 1.0} and (net.Y.sum(axis=0) == 1).all() else "soft targets"
    if (net.Y.sum(axis=0) != 1).any():
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
    dropout = [None if D is None else bp.Dropout(number(D), number(p)) for D, p in zip(net.masks, net.keep, strict=True)]
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
        out: dict[str, Any] = {
            "Z": list(trace.Z), "A": list(trace.A), "L": L, "J": J, "J, stable": network_loss(trace, layers, Y, loss),
            "objective": J + penalties.l2_penalty(weights, lam, m) + penalties.l1_penalty(weights, lam1, m),
            "dW, penalized": list(dW), "db, penalized": list(section_5.db),
            "W, updated": [layer.W for layer in stepped], "b, updated": [layer.b for layer in stepped],
        }
    for run, g in runs.items():
        for name in ("dZ", "dA", "dX", "dW", "db"):
            out[f"{name}, {run}"] = getattr(g, name)
    return out


def agree(net: Network, autodiff: dict[str, Any]) -> dict[str, Any]:
    """Assert that the hand side is the twin's, entry by entry within both bounds; returns the values by hand."""
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
    for name in ("dZ", "dX", "dW", "db"):
        for kind in ("", ", stable"):
            pair = values[f"{name}, section 4{kind}"], values[f"{name}, section 5{kind}"]
            assert [x.tobytes() for x in pair[0]] == [x.tobytes() for x in pair[1]], f"{name}: section 4 is not 5{kind}"
    return {"Z": values["Z"], "dA": values["dA, section 5"]}


def explore(case: Case, check: Callable[[Network], None]) -> None:
    """Draw this case's share of the profile's examples; no shrinking beyond what a failure needs."""

    @settings(max_examples=max(4, settings().max_examples // len(CASES)))
    @given(networks(case))
    def run(net: Network) -> None:
        check(net)

    run()


def run_case(case: Case) -> None:
    seen: set[str] = set()

    def check(net: Network) -> None:
        seen.update(met(net, agree(net, by_autodiff(net))))

    explore(case, check)
    missing = sorted(case.promises - seen)
    assert not missing, f"never drawn: {', '.join(missing)}"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_network_by_hand_is_its_twin(case):
    run_case(case)
